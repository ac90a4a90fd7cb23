"""Answering: what a phone does when it is called. Values only; `IncomingDialog.follow` acts."""

from dataclasses import dataclass
from datetime import timedelta

_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Ring (or not), answer after a while, and hang up after another while, if one is given.

    `description` replaces the session description in the 200: garbage, for example.
    """

    after: timedelta = _AT_ONCE
    rings: bool = True
    hang_up_after: timedelta | None = None
    description: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Ring (or not) and say no with this status after a while: 486 busy, 603 decline, 480, 404, 503 ..."""

    status: int = 486
    after: timedelta = _AT_ONCE
    rings: bool = False


@dataclass(frozen=True, slots=True)
class RingForEver:
    """Ring until the caller gives up, or until somebody answers by hand."""


@dataclass(frozen=True, slots=True)
class PlayDead:
    """Say nothing to the INVITE, not even 100. OPTIONS and everything else is answered."""


Answering = Answer | Decline | RingForEver | PlayDead
