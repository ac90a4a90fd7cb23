"""What the watch over an Asterisk tells: values, for whoever keeps the log and the books."""

from dataclasses import dataclass
from datetime import timedelta

from app.asterisk.errors import AsteriskError


@dataclass(frozen=True, slots=True)
class Died:
    """Asterisk ended and nobody asked it to. Its calls are lost; it is started again after `restart_in`."""

    status: int | None
    """Exit status, negative for a signal; None for an adopted process."""
    restart_in: timedelta


@dataclass(frozen=True, slots=True)
class Restarted:
    """Asterisk is ready again, on the same ports."""

    ready_after: timedelta


@dataclass(frozen=True, slots=True)
class RestartFailed:
    """A new start did not succeed, perhaps for a full disk; the next try follows after `restart_in`."""

    error: AsteriskError | OSError
    restart_in: timedelta


Incident = Died | Restarted | RestartFailed
