"""Requests that left and wait for their answer. Each ends exactly once: answered, timed out, or failed with the lane."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from app.ari.answer import Answer, Outcome
from app.ari.errors import AriError, AriTimeout, refusal
from app.ari.request import Request

OnOutcome = Callable[[Request, Outcome, float], None]
"""Told of each end: the request, how it ended, and the seconds it took."""


@dataclass(slots=True, eq=False)
class Flight:
    """One request on its way. `future` ends with an Outcome and never raises, so it may be left alone."""

    id: str
    request: Request
    sent_at: float
    deadline: float
    future: "asyncio.Future[Outcome]"
    timer: asyncio.TimerHandle | None = field(default=None)


class InFlight:
    """The flights of one lane, by id."""

    def __init__(self, on_outcome: OnOutcome) -> None:
        self._on_outcome = on_outcome
        self._flights: dict[str, Flight] = {}
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._flights)

    def start(self, request: Request, *, seconds: float) -> Flight:
        """Register `request` before it leaves: its answer, or an event it causes, may be there at once."""
        loop = asyncio.get_running_loop()
        self._last_id += 1
        now = loop.time()
        flight = Flight(str(self._last_id), request, now, now + seconds, loop.create_future())
        flight.timer = loop.call_at(flight.deadline, self._time_out, flight, seconds)
        self._flights[flight.id] = flight
        return flight

    def answered(self, flight_id: str, *, status: int, reason: str, body: str | bytes) -> None:
        """Asterisk answered. Unknown ids are answers that came after the deadline: nobody waits for them."""
        flight = self._flights.get(flight_id)
        if flight is not None:
            self.finish(flight, outcome_of(flight.request, status=status, reason=reason, body=body))

    def fail_all(self, error_for: Callable[[Request], AriError]) -> None:
        """The lane is gone: each flight ends with its own error, in the order they left."""
        for flight in list(self._flights.values()):
            self.finish(flight, error_for(flight.request))

    def finish(self, flight: Flight, outcome: Outcome) -> None:
        """End a flight. A second end is ignored."""
        if self._flights.pop(flight.id, None) is None:
            return
        if flight.timer is not None:
            flight.timer.cancel()
        if not flight.future.done():
            flight.future.set_result(outcome)
        self._on_outcome(flight.request, outcome, asyncio.get_running_loop().time() - flight.sent_at)

    def _time_out(self, flight: Flight, seconds: float) -> None:
        text = (
            f"{flight.request}: expected an answer within {seconds:g} s, got none. "
            "Asterisk may still carry it out: compare with its state before asking again."
        )
        self.finish(flight, AriTimeout(text, request=flight.request))


def outcome_of(request: Request, *, status: int, reason: str, body: str | bytes) -> Outcome:
    """An Answer for 2xx, the fitting error otherwise."""
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15.3.
        return Answer(status, body)
    return refusal(request, status=status, reason=_explain(reason, body))


def _explain(reason: str, body: str | bytes) -> str:
    """Asterisk's reason phrase, with the message in the body, which says more."""
    text = body if isinstance(body, str) else body.decode(errors="replace")
    return f"{reason} {text}" if text else reason


def ended(outcome: Outcome) -> "asyncio.Future[Outcome]":
    """A future that ended already, for a request that never leaves."""
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    future.set_result(outcome)
    return future
