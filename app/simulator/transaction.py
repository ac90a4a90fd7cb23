"""Transactions: one request and its responses over a network that loses packets (RFC 3261 section 17, RFC 6026). Pure.

Theory. UDP drops packets, on loopback too when a buffer is full. So a request is sent again until something comes back, and
a final response to an INVITE is sent again until its ACK comes. The four machines of the RFC are two here, because a machine
differs from its sibling only in what it repeats and for how long:

    client  CALLING     sent, nothing heard      INVITE: again after 0.5, 1, 2 ... s (timer A); others: the same, at most 4 s (E)
            PROCEEDING  a 1xx came               INVITE: repeats no more; others: every 4 s
            COMPLETED   the last word came       each repeat of it gets the same ACK again (INVITE), or nothing
            TERMINATED  32 s passed (B, F)       nobody answered
    server  PROCEEDING  the user decides         each repeat of the request gets the last response again
            COMPLETED   the last word was said   INVITE: again after 0.5, 1 ... 4 s until the ACK (timer G)
            CONFIRMED   the ACK came             (INVITE only)
            TERMINATED  32 s without ACK (H)

A 2xx to an INVITE is repeated by the same machine, though RFC 3261 13.3.1.4 gives that work to the user: one rule, not two.
What a machine hands out is a message to send; it never sends.
Deadlines are data: ask `next_deadline`, call `at_deadline` when it has come. Whoever keeps a transaction forgets it
`LINGER` seconds after its end, so that late repeats still find it.
"""

from dataclasses import dataclass
from enum import Enum, auto

from app.simulator import sip

T1 = 0.5  # RFC 3261 17.1.1.1: an estimate of the round trip
T2 = 4.0
GIVE_UP = 64 * T1  # timers B, F and H
LINGER = 64 * T1  # timers D, I, J, K and L


class State(Enum):
    """Where a transaction stands. See the module's theory."""

    CALLING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


@dataclass(slots=True)
class Repetition:
    """When a message is due again: the interval doubles up to a cap, until it is given up."""

    due_at: float
    gives_up_at: float
    cap: float
    interval: float = T1

    @classmethod
    def starting(cls, now: float, *, cap: float) -> "Repetition":
        """The first repeat is due after T1."""
        return cls(due_at=now + T1, gives_up_at=now + GIVE_UP, cap=cap)

    @property
    def next_deadline(self) -> float:
        """The next moment at which something is to be done."""
        return min(self.due_at, self.gives_up_at)

    def advance(self, now: float) -> None:
        """A repeat goes out now: set the next one."""
        self.interval = min(self.interval * 2, self.cap)
        self.due_at = now + self.interval


# (state, "1xx" or "final") -> the next state. What is not listed leaves the state as it is.
_CLIENT = {
    (State.CALLING, "1xx"): State.PROCEEDING,
    (State.CALLING, "final"): State.COMPLETED,
    (State.PROCEEDING, "final"): State.COMPLETED,
}


class ClientTransaction:
    """A request of ours. Send `request` first; then feed responses and deadlines in."""

    __slots__ = ("_repetition", "acknowledgement", "request", "state")

    def __init__(self, request: sip.Request, *, now: float) -> None:
        self.request = request
        self.state = State.CALLING
        self.acknowledgement: sip.Request | None = None
        self._repetition: Repetition | None = Repetition.starting(now, cap=GIVE_UP if self.is_invite else T2)

    @property
    def is_invite(self) -> bool:
        """An INVITE waits for a human; every other request is answered by a machine."""
        return self.request.method == "INVITE"

    @property
    def next_deadline(self) -> float | None:
        """When `at_deadline` wants to be called. None: never."""
        return self._repetition.next_deadline if self._repetition else None

    def receive(self, response: sip.Response) -> bool:
        """Take a response in. True when the user is to see it; false for the repeat of a final one.

        After a final response to an INVITE send `acknowledgement`, at once and for each repeat; the user sets it for a 2xx.
        """
        is_news = self.state in (State.CALLING, State.PROCEEDING)
        kind = "1xx" if response.is_provisional else "final"
        self.state = _CLIENT.get((self.state, kind), self.state)
        if self.state is State.COMPLETED or self.is_invite:
            self._repetition = None
        elif self._repetition:
            self._repetition.interval = T2
        if is_news and self.is_invite and kind == "final" and not response.is_success:
            self.acknowledgement = _acknowledge(self.request, response)
        return is_news

    def at_deadline(self, now: float) -> sip.Request | None:
        """The request, to be sent again. None: the time is over, treat it as a 408 (RFC 3261 8.1.3.1)."""
        if self._repetition is None or now >= self._repetition.gives_up_at:
            self.state, self._repetition = State.TERMINATED, None
            return None
        self._repetition.advance(now)
        return self.request


class ServerTransaction:
    """A request of theirs. Answer with `respond`; then feed repeats, the ACK and deadlines in."""

    __slots__ = ("_repetition", "_said", "request", "state")

    def __init__(self, request: sip.Request) -> None:
        self.request = request
        self.state = State.PROCEEDING
        self._said: sip.Response | None = None
        self._repetition: Repetition | None = None

    @property
    def is_invite(self) -> bool:
        """Only the final response to an INVITE is acknowledged."""
        return self.request.method == "INVITE"

    @property
    def next_deadline(self) -> float | None:
        """When `at_deadline` wants to be called. None: never."""
        return self._repetition.next_deadline if self._repetition else None

    def respond(self, response: sip.Response, *, now: float) -> bool:
        """True when the response is to be sent. False when the last word was already said: it stands."""
        if self.state is not State.PROCEEDING:
            return False
        self._said = response
        if not response.is_provisional:
            self.state = State.COMPLETED
            self._repetition = Repetition.starting(now, cap=T2) if self.is_invite else None
        return True

    def repeated(self) -> sip.Response | None:
        """The request came again: the response to send again, if anything was said yet."""
        return None if self.state is State.CONFIRMED else self._said

    def acknowledged(self) -> None:
        """The ACK came. May come more than once."""
        if self.state is State.COMPLETED:
            self.state, self._repetition = State.CONFIRMED, None

    def at_deadline(self, now: float) -> sip.Response | None:
        """The response to send again. None: no ACK came in time and `state` is TERMINATED."""
        if self._repetition is None or now >= self._repetition.gives_up_at:
            self.state, self._repetition = State.TERMINATED, None
            return None
        self._repetition.advance(now)
        return self._said


def _acknowledge(invite: sip.Request, response: sip.Response) -> sip.Request:
    """The ACK to a refusal: the INVITE's own Via and route, the response's To (RFC 3261 17.1.1.3)."""
    number, _ = invite.cseq
    kept = [
        pair
        for pair in invite.headers.pairs
        if pair[0] in ("Via", "Max-Forwards", "Route", "From", "Call-ID")
    ]
    headers = sip.Headers([*kept, ("To", response.headers.get("To")), ("CSeq", f"{number} ACK")])
    return sip.Request("ACK", invite.uri, headers)
