"""The live state: hears every entry of the journal and tells clients what it changed.

In the dispatcher's turn an entry is only kept aside. A moment later, outside the turn, what gathered is brought to the clients in
one round (`rounds.py`): the touched things are found (`marks.py`), each is encoded once per way of showing it (`values.py`), and one message per
view goes to all its clients. With no client around, not even that: the hub sleeps. It stays awake for a while after the last
one left, so that a client that lost its connection can resume.
"""

import asyncio
import secrets
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial
from time import perf_counter

import structlog

from app.acd.events import FloorChanged
from app.acd.hours import is_open
from app.api.present import PresentCalls
from app.calls.events import Event, SettingsChanged
from app.calls.facts import Fact
from app.calls.turn import Outcome
from app.ids import QueueId
from app.live.alert_book import AlertBook
from app.live.audience import Audience, Audiences
from app.live.marks import Marks
from app.live.outbox import Delta, Outbox
from app.live.protocol import HEARTBEAT_EVERY, CloseCode, Frames, LiveError, Position, Subscription, View
from app.live.ring import Ring
from app.live.rounds import Rounds
from app.live.teams import Teams
from app.live.today import Today
from app.live.topics import Key
from app.live.values import Values
from app.live.wire import packet_of
from app.runtime.service import Service

_log = structlog.get_logger(__name__)

CLIENT_LIMIT = 1_000
_AWAKE_SECONDS = 120
_LOOK_EVERY_SECONDS = 1
"""How often what changes by time alone is looked at: calendars, the day, alerts, the health of the service's parts."""
_SNAPSHOT_STEP = 100
"""How many things are encoded for a snapshot before others may work: calls must not wait for a wallboard."""


class Hub:
    """The clients and what they follow."""

    def __init__(
        self,
        service: Service,
        present: PresentCalls,
        today: Today,
        *,
        on_told: Callable[[float], None] | None = None,
    ) -> None:
        """`on_told` hears how many seconds it took from a change until the last client was told."""
        self._on_told = on_told
        self._service = service
        self._site = service.site
        self._frames = Frames(secrets.token_hex(8))
        self._teams = Teams()
        self._alerts = AlertBook(service)
        self._values = Values(service, present, self._alerts, self._teams, today)
        self._marks = Marks(present.board)
        self._today = today
        self._today_revision = today.revision
        self._ring = Ring()
        self._audiences = Audiences(self._teams)
        self._rounds = Rounds(self._tell, self._end_round)
        self._line = asyncio.Lock()
        self._snapshots: dict[View, bytes] = {}
        """Those that show all that was told, until more is."""
        self._is_open: dict[QueueId, bool] = {}
        self._pending: list[tuple[Event, tuple[Fact, ...]]] = []
        self._pending_since = self._telling_since = 0.0
        """Moments of the oldest change that waits, and of the oldest that is being told; 0: none is."""
        self._heard = 0
        self._told = 0
        self._is_awake = False
        self._sleep_timer: asyncio.TimerHandle | None = None
        self._look_timer: asyncio.TimerHandle | None = None

    @property
    def client_count(self) -> int:
        """How many clients follow something."""
        return len(self._audiences)

    # --- in the dispatcher's turn ------------------------------------------------------------------------------------

    def on_entry(self, seq: int, event: Event, outcome: Outcome) -> None:
        """Hear an entry. Cheap: it is kept aside, and only while somebody may want to know."""
        self._heard = seq
        if self._is_awake:
            if not self._pending:
                self._pending_since = perf_counter()
            self._pending.append((event, outcome.facts))
            self._rounds.want()

    # --- clients -----------------------------------------------------------------------------------------------------

    def follow(self, client: Outbox, wanted: Subscription) -> None:
        """Let the client have what it follows: what it missed, or a snapshot; then every change. Replaces what it followed.

        Raises `LiveError` when there are too many clients.
        """
        self._wake()
        self._audiences.part(client)
        if len(self._audiences) >= CLIENT_LIMIT:
            raise LiveError(CloseCode.TOO_MANY_CLIENTS, f"{CLIENT_LIMIT} clients follow already. Try later.")
        now = asyncio.get_running_loop().time()
        audience = self._audiences.join(client, wanted.view, seq=self._told, at=now)
        missed = self._missed(wanted.resume)
        if wanted.resume is None or missed is None or not client.is_empty:
            client.want_snapshot()
        else:
            keys = [key for key in missed if self._audiences.shows(wanted.view, key)]
            client.put(self._delta(keys, audience, after=wanted.resume.seq))

    def leave(self, client: Outbox) -> None:
        """The client is gone. May be called twice."""
        self._audiences.part(client)
        if not self._audiences and self._is_awake and self._sleep_timer is None:
            loop = asyncio.get_running_loop()
            self._sleep_timer = loop.call_later(_AWAKE_SECONDS, self._sleep)

    async def snapshot(self, client: Outbox) -> bytes:
        """Everything the client follows, as it goes over the wire.

        All may want one at once, after a reload or a restart. So they stand in line, and one is for all who want the same.
        """
        async with self._line:
            view, snapshots = self._audiences.of_client(client).view, self._snapshots
            if view not in snapshots:
                snapshots[view] = await self._snapshot(view)
            return snapshots[view]

    async def _snapshot(self, view: View) -> bytes:
        """Built in steps: what changes meanwhile comes behind it as a delta, so it need not be of one moment."""
        seq, at, members = self._told, self._service.clock.now(), []
        for index, key in enumerate(self._values.keys(view), start=1):
            members.append(self._values.member(key, view.numbers))
            if index % _SNAPSHOT_STEP == 0:
                await asyncio.sleep(0)
        return packet_of(self._frames.snapshot(members, seq=seq, at=at))

    # --- what they get -----------------------------------------------------------------------------------------------

    def _missed(self, position: Position | None) -> set[Key] | None:
        """What changed after a position; None when only a snapshot can tell."""
        if position is None or position.epoch != self._frames.epoch:
            return None
        return self._ring.since(position.seq)

    def _delta(self, keys: list[Key], audience: Audience, *, after: int) -> Delta:
        values = {key: self._values.member(key, audience.view.numbers) for key in keys}
        now = self._service.clock.now()
        return Delta(values, after=after, seq=self._told, at=now, encode=self._encode)

    def _encode(self, delta: Delta) -> bytes:
        values = delta.values.values()
        return self._frames.delta(values, after=delta.after, seq=delta.seq, at=delta.at)

    def _heartbeat(self, audience: Audience) -> Delta:
        """Nothing changed since the delta before."""
        now = self._service.clock.now()
        return Delta({}, after=audience.last, seq=self._told, at=now, encode=self._encode_heartbeat)

    def _encode_heartbeat(self, delta: Delta) -> bytes:
        return self._frames.heartbeat(after=delta.after, seq=delta.seq, at=delta.at)

    # --- in a round --------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        self._telling_since, self._pending_since = self._pending_since, 0.0
        pending, self._pending = self._pending, []
        self._snapshots = {}
        try:
            self._tell_of(pending)
        except Exception as fault:  # noqa: BLE001 - whatever it is, clients must not take old values for new ones
            _log.error("live_round_failed", error=type(fault).__name__)
            self._start_over()

    def _end_round(self) -> None:
        if self._telling_since and self._on_told is not None:
            self._on_told(perf_counter() - self._telling_since)

    def _tell_of(self, pending: list[tuple[Event, tuple[Fact, ...]]]) -> None:
        self._told = self._heard
        if any(isinstance(event, FloorChanged | SettingsChanged) for event, _ in pending):
            self._start_over()
            return
        for event, facts in pending:
            self._marks.add(event, facts)
        touched = self._marks.take()
        self._send_changes(touched | self._alerts.look_at(touched))

    def _send_changes(self, keys: AbstractSet[Key]) -> None:
        self._values.forget(keys)
        self._ring.add(self._told, keys)
        keys_by_audience: dict[Audience, list[Key]] = {}
        for key in keys:
            for audience in self._audiences.of_key(key):
                keys_by_audience.setdefault(audience, []).append(key)
        now = asyncio.get_running_loop().time()
        silent_since = now + _LOOK_EVERY_SECONDS - HEARTBEAT_EVERY.total_seconds()
        for audience in self._audiences:
            if audience in keys_by_audience:
                self._rounds.tell(audience, partial(self._changes, audience, keys_by_audience[audience]))
            elif audience.told_at < silent_since:
                self._rounds.tell(audience, partial(self._heartbeat, audience))

    def _changes(self, audience: Audience, keys: list[Key]) -> Delta | None:
        """What changed for an audience; a snapshot must do when that cannot be encoded."""
        try:
            delta = self._delta(keys, audience, after=audience.last)
        except Exception as fault:  # noqa: BLE001 - whatever it is, clients must not take old values for new ones
            _log.error("live_delta_failed", error=type(fault).__name__)
            return None
        audience.last = delta.seq
        return delta

    def _start_over(self) -> None:
        """Anything may have changed: every client gets a snapshot."""
        self._begin()
        self._rounds.forget()
        for audience in self._audiences:
            audience.last = self._told
            self._rounds.tell(audience, _a_snapshot)
        self._rounds.want()

    # --- what changes by time alone ----------------------------------------------------------------------------------

    def _look(self) -> None:
        self._look_timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_SECONDS, self._look)
        if self._site is not self._service.site:
            self._start_over()
            return
        self._mark_calendars()
        self._mark_day()
        self._marks.add_keys(self._alerts.look_at_time())
        self._rounds.want()

    def _mark_calendars(self) -> None:
        """Mark the queues that opened or closed since the last look."""
        was_open, self._is_open = self._is_open, self._open_queues()
        for queue_id, opened in self._is_open.items():
            if was_open.get(queue_id, opened) is not opened:
                self._marks.add_queue(queue_id)

    def _mark_day(self) -> None:
        """Mark all queues when a day began, or when what it was so far is known."""
        if self._today_revision != self._today.revision:
            self._today_revision = self._today.revision
            for queue in self._service.dispatcher.board.engine.queues():
                self._marks.add_queue(queue.id)

    def _open_queues(self) -> dict[QueueId, bool]:
        queues, now = self._service.dispatcher.board.engine.floor.queues, self._service.clock.now()
        return {queue.id: is_open(queue.calendar, now) for queue in queues.values() if queue.calendar}

    # --- awake and asleep --------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._sleep_timer is not None:
            self._sleep_timer.cancel()
            self._sleep_timer = None
        if not self._is_awake:
            self._is_awake = True
            self._told = self._heard
            self._begin()
            self._look()

    def _sleep(self) -> None:
        self._sleep_timer = None
        self._is_awake = False
        self._pending.clear()
        self._values.forget_all()
        self._snapshots = {}
        if self._look_timer is not None:
            self._look_timer.cancel()

    def _begin(self) -> None:
        self._site = self._service.site
        self._teams.learn(self._site.teams)
        self._ring.begin(self._told)
        self._values.forget_all()
        self._snapshots = {}
        self._marks.take()
        self._marks.learn_floor()
        self._alerts.begin()


def _a_snapshot() -> None:
    """What an audience is told that must know everything anew."""
