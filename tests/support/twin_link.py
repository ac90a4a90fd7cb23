"""The twin in process, behind the interface of `app.ari.client.Client`: no socket, no task, only the loop.

    link = TwinLink(listener)
    link.twin.add_phone("phone1", RingForEver())
    async with link:                       # connected: filter set, `on_connected` awaited
        link.twin.call("4001")             # listener.on_event(StasisStart(...)) follows in the loop's next turn

Answers and events come in the loop's next turn, events behind the answer to the request that caused them; with
`events_first=True` before it. The real one does either.
"""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from app.ari.answer import Answer, Outcome
from app.ari.client import Lane, State
from app.ari.errors import AriError, AriReplaced, AriUnreachable
from app.ari.inflight import InFlight
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.messages import Event, decode
from app.ari.repeats import RepeatFilter
from app.ari.request import Request
from app.ari.requests import applications
from tests.support.twin import Twin
from tests.support.twin_lane import TwinLane
from tests.support.twin_rest import Reply, TwinRest
from tests.support.twin_things import Json


class TwinLink:
    """What call control's shell sees of a client, with a twin behind it. `sent` holds every request, in order."""

    def __init__(self, listener: Listener, *, app: str = "thirdring", events_first: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._events_first = events_first
        self.twin = Twin(
            schedule=self._loop.call_later, now=lambda: datetime.now(UTC), emit=self._emit, app=app
        )
        self._rest = TwinRest(self.twin)
        self._ordered = TwinLane(self.twin, self._rest)
        self._in_flight = InFlight(listener.on_outcome)
        self._repeats = RepeatFilter()
        self._held: list[Event] | None = []
        self._answering: list[Event] | None = None
        self.state = State.CONNECTING
        self.sent: list[Request] = []

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def connect(self) -> None:
        """Connect as the client does: filter, reconcile, then the events that came meanwhile."""
        self._held = []
        self.twin.connect()
        self.state = State.RECONCILING
        await self.ask(applications.filter_events(self.twin.app))
        await self._listener.on_connected()
        self.state = State.CONNECTED
        held, self._held = self._held, None
        for event in held:
            self._listener.on_event(event)

    def lose(self) -> None:
        """The connection breaks: what is open fails, what happens from now on is not told."""
        error = AriUnreachable("the connection broke")
        self.twin.disconnect()
        self.state = State.CONNECTING
        self._in_flight.fail_all(lambda request: AriUnreachable(f"{request}: {error}", request=request))
        self._listener.on_disconnected(error)

    def replace(self) -> None:
        """Another controller takes the application."""
        self.twin.disconnect()
        self.state = State.REPLACED
        self._in_flight.fail_all(lambda request: AriReplaced(str(request), request=request))

    def close(self) -> None:
        """As the client's."""
        self.twin.disconnect()
        self.state = State.CLOSED

    def send(
        self, request: Request, *, lane: Lane = Lane.ORDERED, deadline: timedelta | None = None
    ) -> "asyncio.Future[Outcome]":
        """As the client's."""
        self.sent.append(request)
        seconds = (deadline or Limits().deadline).total_seconds()
        flight = self._in_flight.start(request, seconds=seconds)
        if self.state in (State.RECONCILING, State.CONNECTED):
            way = self._ordered if lane is Lane.ORDERED else TwinLane(self.twin, self._rest)
            self._loop.call_soon(self._submit, way, request, flight.id)
        else:
            self._in_flight.finish(flight, _not_sent(request, self.state))
        return flight.future

    def send_all(self, requests: Iterable[Request]) -> "list[asyncio.Future[Outcome]]":
        """As the client's."""
        return [self.send(request) for request in requests]

    async def ask(
        self, request: Request, *, lane: Lane = Lane.ORDERED, deadline: timedelta | None = None
    ) -> Answer:
        """As the client's."""
        outcome = await self.send(request, lane=lane, deadline=deadline)
        if isinstance(outcome, AriError):
            raise outcome
        return outcome

    def _submit(self, way: TwinLane, request: Request, flight_id: str) -> None:
        self._answering = []
        way.submit(request, lambda reply: self._answer(flight_id, reply))
        caused, self._answering = self._answering, None
        for event in caused:
            self._deliver(event)

    def _answer(self, flight_id: str, reply: Reply) -> None:
        if self._events_first and self._answering:
            caused, self._answering = self._answering, []
            for event in caused:
                self._deliver(event)
        self._in_flight.answered(flight_id, status=reply.status, reason=reply.reason, body=reply.body)

    def _emit(self, message: Json) -> None:
        raw = json.dumps(message).encode()
        event = decode(raw)
        if self._repeats.is_repeat(raw) or not isinstance(event, Event):
            return
        if self._answering is None:
            self._loop.call_soon(self._deliver, event)
        else:
            self._answering.append(event)

    def _deliver(self, event: Event) -> None:
        if self._held is None:
            self._listener.on_event(event)
        else:
            self._held.append(event)


def _not_sent(request: Request, state: State) -> AriError:
    kind = AriReplaced if state is State.REPLACED else AriUnreachable
    return kind(f"{request}: not sent, the link is {state}", request=request)
