"""The client: one Asterisk node, one application, kept connected.

    Listener <-- on_event --+                                +-- ordered lane: the websocket (or one HTTP worker)
                            |  Client.run()   Client.send() -+
    Listener <-- on_connected, on_disconnected               +-- escape lane: a few HTTP connections

**Order.** Requests of the ordered lane are carried out in the order sent, one at a time. Some wait for a running playback
and hold up all behind them (answer, addChannel): stop the playback first, or use the
escape lane. Events come in order, one by one, on the loop's own thread.

**Connecting.** `run` connects; sets the event filter; awaits `on_connected`, where the owner subscribes and reconciles;
and only then delivers the events that came meanwhile, in order. So a reconcile sees a picture that is newer than every
event before it and perhaps newer than some after it: apply events idempotently. If `on_connected` fails with an AriError,
the connection is dropped and tried again.

**Failing.** A lost connection fails what is open, calls `on_disconnected`, and is tried again after a back-off, for ever.
Only a wrong password at the first attempt is raised: somebody must change a setting. Asterisk replays nothing: that is
what the reconcile is for.

**Unsure.** A request without an answer, or held back by the open circuit, leaves the owner with a wrong picture; or the owner finds
that it has one (`doubt`). As soon as Asterisk answers again, `on_connected` is awaited once more on the same connection.

**Frozen or blocked?** While a request waits for a playback, Asterisk answers neither pings nor requests on that websocket,
but it lives and its events go on. So after `ping_deadline` without a byte the node is asked by HTTP: if that answers,
the lane is blocked and the circuit deals with it; if not, or after `silence_limit`, the connection is dropped.

**Replaced.** Another controller that connects under the same application name owns the calls from then on, but Asterisk
would still obey us. `ApplicationReplaced` therefore closes everything at once: open and later requests end with
AriReplaced, and `run` returns `Ending.REPLACED`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from enum import Enum, StrEnum, auto
from typing import Any

from app.ari.address import Address
from app.ari.answer import Answer, Outcome
from app.ari.backoff import Backoff
from app.ari.circuit import Circuit
from app.ari.connection import Connection, open_connection
from app.ari.errors import AriCircuitOpen, AriError, AriReplaced, AriTimeout, AriUnauthorized, AriUnreachable
from app.ari.http import HttpLane
from app.ari.inflight import ended
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.messages import ApplicationReplaced, Event, UnknownEvent
from app.ari.request import Request
from app.ari.requests import applications, asterisk
from app.ari.requests.applications import NOISE

_ESCAPE_WORKERS = 4


class Lane(Enum):
    """By which way a request goes."""

    ORDERED = auto()
    ESCAPE = auto()


class Transport(StrEnum):
    """What carries the ordered lane. `HTTP` is for Asterisk before 20.14, 21.9 and 22.4."""

    WEBSOCKET = "websocket"
    HTTP = "http"


class State(StrEnum):
    """Where the client is in its life. The last two are final."""

    CONNECTING = "connecting"
    RECONCILING = "reconciling"
    CONNECTED = "connected"
    CLOSED = "closed"
    REPLACED = "replaced"


class Ending(StrEnum):
    """Why `run` returned."""

    CLOSED = "closed"
    REPLACED = "replaced"


_ENDING_BY_STATE = {State.CLOSED: Ending.CLOSED, State.REPLACED: Ending.REPLACED}
_REACHABLE = (State.RECONCILING, State.CONNECTED)


class Client:
    """See the module. Use it from one loop; `jitter` gives numbers in [0, 1), such as `random.Random().random`.

    `unread` names the types of events that Asterisk shall keep to itself.
    """

    def __init__(
        self,
        address: Address,
        listener: Listener,
        *,
        jitter: Callable[[], float],
        transport: Transport = Transport.WEBSOCKET,
        unread: Iterable[str] = NOISE,
        limits: Limits | None = None,
    ) -> None:
        self._address = address
        self._listener = listener
        self._unread = tuple(unread)
        self._limits = limits or Limits()
        self._circuit = Circuit(threshold=self._limits.circuit_threshold)
        self._backoff = _backoff(self._limits, jitter)
        self._escape = HttpLane(
            address, workers=_ESCAPE_WORKERS, on_answer=_ignore, on_outcome=listener.on_outcome
        )
        self._ordered_http = self._make_ordered_http() if transport is Transport.HTTP else None
        self._connection: Connection | None = None
        self._held: list[Event] | None = None
        self._was_connected = False
        self._is_unsure = False
        """Requests were not carried out, or perhaps not: the owner must look around again."""
        self._ended: asyncio.Future[Any] | None = None
        self.state = State.CONNECTING
        self.event_counts: Counter[str] = Counter()
        """Events received, by type; a metric."""

    @property
    def is_circuit_open(self) -> bool:
        """Whether ordinary requests are held back because Asterisk does not answer."""
        return self._circuit.is_open

    @property
    def circuit_openings(self) -> int:
        """How often the circuit opened; a metric."""
        return self._circuit.opened

    def send(
        self, request: Request, *, lane: Lane = Lane.ORDERED, deadline: timedelta | None = None
    ) -> "asyncio.Future[Outcome]":
        """Send now. The future ends with an Answer or an AriError as its *value*; it never raises and may be dropped.

        While the circuit is open, vital requests take the escape lane and the others end with AriCircuitOpen.
        """
        error = self._objection(request, lane)
        if error is not None:
            self._listener.on_outcome(request, error, 0.0)
            return ended(error)
        seconds = (deadline or self._limits.deadline).total_seconds()
        if lane is Lane.ESCAPE or self._circuit.is_open:
            return self._escape.send(request, seconds=seconds)
        return self._send_ordered(request, seconds=seconds)

    def send_all(self, requests: Iterable[Request]) -> "list[asyncio.Future[Outcome]]":
        """Send a burst by the ordered lane: in order, in one write."""
        with self._connection.burst() if self._connection else nullcontext():
            return [self.send(request) for request in requests]

    async def ask(
        self, request: Request, *, lane: Lane = Lane.ORDERED, deadline: timedelta | None = None
    ) -> Answer:
        """Send, and wait for the answer. Raises the AriError that `send` would give as a value."""
        outcome = await self.send(request, lane=lane, deadline=deadline)
        if isinstance(outcome, AriError):
            raise outcome
        return outcome

    def doubt(self) -> None:
        """Something shows that the owner has a wrong picture: let it look around again, within a `ping_interval`."""
        self._is_unsure = True

    def close(self) -> None:
        """Make `run` end in good order. Safe to repeat, and before `run`."""
        self._end(State.CLOSED)

    async def run(self) -> Ending:
        """Stay connected until `close`, or until replaced. Call once.

        Raises AriUnauthorized at the first attempt only, and whatever the listener's `on_event` raises.
        """
        self._ended = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as group:
            lanes = [group.create_task(lane.run()) for lane in (self._escape, self._ordered_http) if lane]
            # As a value: raised inside the group it would come out wrapped in an ExceptionGroup.
            [fault] = await asyncio.gather(self._stay_connected(), return_exceptions=True)
            for lane in lanes:
                lane.cancel()
        if fault is not None:
            raise fault
        return _ENDING_BY_STATE[self.state]

    # Life of connections.

    @property
    def _is_over(self) -> bool:
        return self.state in _ENDING_BY_STATE

    def _end(self, state: State) -> None:
        if self._is_over:
            return
        self.state = state
        if self._ended is not None:
            self._ended.set_result(None)

    async def _stay_connected(self) -> None:
        while not self._is_over:
            try:
                await self._live()
            except AriError as error:
                if isinstance(error, AriUnauthorized) and not self._was_connected:
                    raise
                self._listener.on_disconnected(error)
                await self._wait(self._backoff.delay())

    async def _live(self) -> None:
        """One connection, from the attempt to its loss. Returns when the client is over, raises otherwise."""
        self.state = State.CONNECTING
        self._held = []
        connection = Connection(
            self._address,
            on_event=self._on_event,
            on_answer=self._circuit.on_answer,
            on_outcome=self._on_ordered_outcome,
        )
        seconds = self._limits.connect_timeout.total_seconds()
        await open_connection(connection, self._address, seconds=seconds)
        self._connection = connection
        try:
            await self._reconcile()
            await self._watch(connection)
        finally:
            self._connection = None
            await connection.close()

    async def _reconcile(self) -> None:
        """Filter, let the owner look around, then deliver what came meanwhile."""
        if self._held is None:
            self._held = []
        self._is_unsure = False
        self._circuit.on_answer()
        self._advance(State.RECONCILING)
        # By HTTP: the answer lists all channels of the application (see `survey.py`).
        wanted = applications.filter_events(self._address.app, disallowed=self._unread)
        await self.ask(wanted, lane=Lane.ESCAPE)
        await self._let_owner_reconcile()
        self._was_connected = True
        self._backoff.reset()
        self._advance(State.CONNECTED)
        self._release()

    def _advance(self, state: State) -> None:
        if not self._is_over:
            self.state = state

    async def _let_owner_reconcile(self) -> None:
        seconds = self._limits.reconcile_timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                await self._listener.on_connected()
        except TimeoutError as error:
            raise AriTimeout(
                f"Expected to be reconciled within {seconds:g} s of connecting, was not"
            ) from error

    async def _watch(self, connection: Connection) -> None:
        """Until the connection is lost or the client is over, see that Asterisk lives."""
        while not self._is_over and not connection.lost.done():
            await self._wait(self._limits.ping_interval.total_seconds(), connection.lost)
            if not connection.lost.done():
                await self._check(connection)
            if self._is_unsure and self._circuit.is_clear and not connection.lost.done():
                await self._reconcile()
        if connection.lost.done():
            raise connection.lost.result()

    async def _check(self, connection: Connection) -> None:
        connection.ping()
        if self._circuit.is_open:
            # The half-open probe: its answer closes the circuit.
            self._send_ordered(asterisk.ping(), seconds=self._limits.deadline.total_seconds())
        silence = timedelta(seconds=asyncio.get_running_loop().time() - connection.heard_at)
        if silence > self._limits.silence_limit or (
            silence > self._limits.ping_deadline and not await self._lives()
        ):
            text = f"Expected Asterisk at {self._address.url} to answer pings, heard nothing for {silence}"
            connection.abort(AriUnreachable(text))

    async def _lives(self) -> bool:
        seconds = self._limits.deadline.total_seconds()
        return isinstance(await self._escape.send(asterisk.ping(), seconds=seconds), Answer)

    async def _wait(self, seconds: float, *futures: "asyncio.Future[Any]") -> None:
        """Until the time is over, or one of `futures` is done, or the client is over."""
        assert self._ended is not None  # noqa: S101 - `run` made it before anything waits.
        await asyncio.wait((self._ended, *futures), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    # Events.

    def _on_event(self, event: Event) -> None:
        self.event_counts[event.type if isinstance(event, UnknownEvent) else type(event).__name__] += 1
        if isinstance(event, ApplicationReplaced):
            self._replaced()
        if self._held is None:
            self._listener.on_event(event)
        else:
            self._held.append(event)

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for event in held:
            self._listener.on_event(event)

    def _replaced(self) -> None:
        """Fence ourselves: Asterisk would still obey us."""
        self._end(State.REPLACED)
        self._escape.fail_all(_replaced)
        if self._ordered_http is not None:
            self._ordered_http.fail_all(_replaced)
        if self._connection is not None:
            self._connection.abort(AriReplaced(_REPLACED))

    # Requests.

    def _objection(self, request: Request, lane: Lane) -> AriError | None:
        """Why `request` may not leave now, if so."""
        if self.state is State.REPLACED:
            return _replaced(request)
        if self.state not in _REACHABLE:
            return AriUnreachable(f"{request}: not sent, the client is {self.state}", request=request)
        if self._circuit.is_open and lane is Lane.ORDERED and not request.vital:
            self._is_unsure = True
            return AriCircuitOpen(
                f"{request}: not sent, as Asterisk left the last requests unanswered", request=request
            )
        return None

    def _send_ordered(self, request: Request, *, seconds: float) -> "asyncio.Future[Outcome]":
        if self._ordered_http is not None:
            return self._ordered_http.send(request, seconds=seconds)
        assert self._connection is not None  # noqa: S101 - `_objection` let only reachable states pass.
        return self._connection.send(request, seconds=seconds)

    def _on_ordered_outcome(self, request: Request, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, AriTimeout):
            self._is_unsure = True
            self._circuit.on_timeout()
        self._listener.on_outcome(request, outcome, seconds)

    def _make_ordered_http(self) -> HttpLane:
        return HttpLane(
            self._address,
            workers=1,
            on_answer=self._circuit.on_answer,
            on_outcome=self._on_ordered_outcome,
        )


_REPLACED = (
    "Another controller connected under our application's name and owns the calls now. We act no more."
)


def _replaced(request: Request) -> AriReplaced:
    return AriReplaced(f"{request}: not done. {_REPLACED}", request=request)


def _backoff(limits: Limits, jitter: Callable[[], float]) -> Backoff:
    return Backoff(
        first=limits.first_delay.total_seconds(),
        longest=limits.longest_delay.total_seconds(),
        jitter=jitter,
    )


def _ignore() -> None:
    """The escape lane's answers say nothing about the ordered lane."""
