"""How long the client waits for what."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Settings of a client; the defaults suit an Asterisk on the same machine or network."""

    deadline: timedelta = timedelta(seconds=2)
    """For a request's answer, unless `send` says otherwise."""
    connect_timeout: timedelta = timedelta(seconds=3)
    reconcile_timeout: timedelta = timedelta(seconds=10)
    """For `Listener.on_connected`."""
    ping_interval: timedelta = timedelta(seconds=1)
    ping_deadline: timedelta = timedelta(seconds=3)
    """Silence after which the node is asked by HTTP whether it lives."""
    silence_limit: timedelta = timedelta(seconds=30)
    """Silence after which the connection is dropped, even if the node lives."""
    first_delay: timedelta = timedelta(milliseconds=100)
    longest_delay: timedelta = timedelta(seconds=5)
    """Between attempts to connect: the first, and the longest that it grows to."""
    circuit_threshold: int = 3
    """Time-outs in a row that open the circuit."""
