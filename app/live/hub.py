"""The live state: hears every entry of the journal and tells clients what it changed.

In the dispatcher's turn an entry is only kept aside. A moment later, outside the turn, what gathered is brought to the clients in
one go: the touched things are found (`marks.py`), each is encoded once per way of showing it (`values.py`), and one message per
view goes to all its clients. With no client around, not even that: the hub sleeps. It stays awake for a while after the last
one left, so that a client that lost its connection can resume.
"""

import asyncio
import secrets

import structlog

from app.acd.events import FloorChanged
from app.acd.hours import is_open
from app.api.present import PresentCalls
from app.calls.events import Event, SettingsChanged
from app.calls.facts import Fact
from app.calls.turn import Outcome
from app.ids import QueueId
from app.live.marks import Marks
from app.live.outbox import Delta, Outbox
from app.live.protocol import CloseCode, Frames, LiveError, Position, Subscription, View
from app.live.ring import Ring
from app.live.topics import Key, Kind
from app.live.values import Values
from app.runtime.service import Service

_log = structlog.get_logger(__name__)

CLIENT_LIMIT = 1_000
_COALESCE_SECONDS = 0.01
_AWAKE_SECONDS = 120
_CALENDAR_SECONDS = 1
_SNAPSHOT_STEP = 100
"""How many things are encoded for a snapshot before others may work: calls must not wait for a wallboard."""


class Hub:
    """The clients and what they follow."""

    def __init__(self, service: Service, present: PresentCalls) -> None:
        self._service = service
        self._frames = Frames(secrets.token_hex(8))
        self._values = Values(present.board, present, service.clock.now)
        self._marks = Marks(present.board)
        self._ring = Ring()
        self._view_by_client: dict[Outbox, View] = {}
        self._clients_by_view: dict[View, set[Outbox]] = {}
        self._views_by_topic: dict[Kind | Key, set[View]] = {}
        self._is_open: dict[QueueId, bool] = {}
        self._pending: list[tuple[Event, tuple[Fact, ...]]] = []
        self._heard = 0
        self._told = 0
        self._is_awake = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._sleep_timer: asyncio.TimerHandle | None = None
        self._calendar_timer: asyncio.TimerHandle | None = None

    # --- in the dispatcher's turn ------------------------------------------------------------------------------------

    def on_entry(self, seq: int, event: Event, outcome: Outcome) -> None:
        """Hear an entry. Cheap: it is kept aside, and only while somebody may want to know."""
        self._heard = seq
        if self._is_awake:
            self._pending.append((event, outcome.facts))
            self._schedule_flush()

    # --- clients -----------------------------------------------------------------------------------------------------

    def follow(self, client: Outbox, wanted: Subscription) -> None:
        """Let the client have what it follows: what it missed, or a snapshot; then every change. Replaces what it followed.

        Raises `LiveError` when there are too many clients.
        """
        self._wake()
        self._part(client)
        self._join(client, wanted.view)
        missed = self._missed(wanted.resume)
        if missed is None:
            client.want_snapshot()
        else:
            client.put(self._delta([key for key in missed if key in wanted.view.topics], wanted.view))

    def leave(self, client: Outbox) -> None:
        """The client is gone. May be called twice."""
        self._part(client)
        if not self._view_by_client and self._is_awake and self._sleep_timer is None:
            loop = asyncio.get_running_loop()
            self._sleep_timer = loop.call_later(_AWAKE_SECONDS, self._sleep)

    async def snapshot(self, client: Outbox) -> str:
        """Everything the client follows.

        Built in steps: what changes meanwhile comes behind it as a delta, so it need not be of one moment.
        """
        view, members = self._view_by_client[client], []
        seq, at = self._told, self._service.clock.now()
        for index, key in enumerate(self._values.keys(view), start=1):
            members.append(self._values.member(key, view.numbers))
            if index % _SNAPSHOT_STEP == 0:
                await asyncio.sleep(0)
        return self._frames.snapshot(members, seq=seq, at=at).decode()

    def heartbeat(self) -> str:
        """The message that tells a client that nothing changed."""
        return self._frames.heartbeat(seq=self._told, at=self._service.clock.now()).decode()

    def _join(self, client: Outbox, view: View) -> None:
        if len(self._view_by_client) >= CLIENT_LIMIT:
            raise LiveError(CloseCode.TOO_MANY_CLIENTS, f"{CLIENT_LIMIT} clients follow already. Try later.")
        self._view_by_client[client] = view
        self._clients_by_view.setdefault(view, set()).add(client)
        for topic in view.topics:
            self._views_by_topic.setdefault(topic, set()).add(view)

    def _part(self, client: Outbox) -> None:
        view = self._view_by_client.pop(client, None)
        if view is None:
            return
        self._clients_by_view[view].discard(client)
        if not self._clients_by_view[view]:
            self._drop(view)

    def _drop(self, view: View) -> None:
        del self._clients_by_view[view]
        for topic in view.topics:
            self._views_by_topic[topic].discard(view)
            if not self._views_by_topic[topic]:
                del self._views_by_topic[topic]

    # --- what they get -----------------------------------------------------------------------------------------------

    def _missed(self, position: Position | None) -> set[Key] | None:
        """What changed after a position; None when only a snapshot can tell."""
        if position is None or position.epoch != self._frames.epoch:
            return None
        return self._ring.since(position.seq)

    def _delta(self, keys: list[Key], view: View) -> Delta:
        values = {key: self._values.member(key, view.numbers) for key in keys}
        return Delta(values, seq=self._told, at=self._service.clock.now(), encode=self._encode)

    def _encode(self, delta: Delta) -> str:
        return self._frames.delta(delta.values.values(), seq=delta.seq, at=delta.at).decode()

    # --- outside the turn --------------------------------------------------------------------------------------------

    def _schedule_flush(self) -> None:
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(_COALESCE_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        pending, self._pending = self._pending, []
        try:
            self._tell(pending)
        except Exception as fault:  # noqa: BLE001 - whatever it is, clients must not take old values for new ones
            _log.error("live_flush_failed", error=type(fault).__name__)
            self._start_over()

    def _tell(self, pending: list[tuple[Event, tuple[Fact, ...]]]) -> None:
        self._told = self._heard
        if any(isinstance(event, FloorChanged | SettingsChanged) for event, _ in pending):
            self._start_over()
            return
        for event, facts in pending:
            self._marks.add(event, facts)
        self._send_changes(self._marks.take())

    def _send_changes(self, keys: frozenset[Key]) -> None:
        self._values.forget(keys)
        self._ring.add(self._told, keys)
        keys_by_view: dict[View, list[Key]] = {}
        for key in keys:
            for view in self._views_of(key):
                keys_by_view.setdefault(view, []).append(key)
        for view, followed in keys_by_view.items():
            delta = self._delta(followed, view)
            for client in self._clients_by_view[view]:
                client.put(delta)

    def _views_of(self, key: Key) -> set[View]:
        return self._views_by_topic.get(key.kind, set()) | self._views_by_topic.get(key, set())

    def _start_over(self) -> None:
        """Anything may have changed: every client gets a snapshot."""
        self._begin()
        for client in self._view_by_client:
            client.want_snapshot()

    def _watch_calendars(self) -> None:
        """Mark the queues that opened or closed since the last look."""
        was_open, self._is_open = self._is_open, self._open_queues()
        for queue_id, opened in self._is_open.items():
            if was_open.get(queue_id, opened) is not opened:
                self._marks.add_queue(queue_id)
        self._schedule_flush()
        self._calendar_timer = asyncio.get_running_loop().call_later(_CALENDAR_SECONDS, self._watch_calendars)

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
            self._watch_calendars()

    def _sleep(self) -> None:
        self._sleep_timer = None
        self._is_awake = False
        self._pending.clear()
        self._values.forget_all()
        if self._calendar_timer is not None:
            self._calendar_timer.cancel()

    def _begin(self) -> None:
        self._ring.begin(self._told)
        self._values.forget_all()
        self._marks.take()
        self._marks.learn_floor()
