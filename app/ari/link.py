"""The link between one Asterisk and the dispatcher: events in, actions out, a reconcile on every connect."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from app.acd.events import DeviceChanged
from app.ari.address import Address
from app.ari.answer import Outcome
from app.ari.client import Client, Ending, Lane, State, Transport
from app.ari.devices import TECHNOLOGY, DeviceWatch
from app.ari.errors import AriError, AriRefused
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.messages import Event
from app.ari.perform import Performer
from app.ari.registry import Registry
from app.ari.request import Request
from app.ari.requests import applications, endpoints
from app.ari.snapshots import Endpoint
from app.ari.survey import survey
from app.ari.translate import UNREAD, Translator
from app.calls.actions import Action
from app.calls.events import AsteriskAway
from app.calls.events import Event as OurEvent
from app.clock import Clock
from app.ids import DeviceId, LegId

_log = structlog.get_logger(__name__)

_PHONES_AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class LinkMeter:
    """Who measures the link. An event's lag is by Asterisk's clock, which may differ from ours on another machine."""

    on_event_lag: Callable[[float], None]
    on_round_trip: Callable[[Outcome, float], None]


class AriLink(Listener):
    """Owns the client. `perform` may be called at any time: what cannot be sent is found by the next reconcile."""

    def __init__(
        self,
        address: Address,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        submit: Callable[[OurEvent], object],
        is_leg: Callable[[LegId], bool],
        transport: Transport = Transport.WEBSOCKET,
        limits: Limits | None = None,
        meter: LinkMeter | None = None,
    ) -> None:
        self._meter = meter
        self._app = address.app
        self._clock = clock
        self._submit = submit
        self._registry = Registry()
        self._devices = DeviceWatch(self._registry)
        self._subscribed: set[DeviceId] = set()
        self._translator = Translator(self._registry, self._devices, is_leg=is_leg)
        self.client = Client(address, self, jitter=jitter, transport=transport, unread=UNREAD, limits=limits)
        self._performer = Performer(self.client, self._registry, app=address.app, submit=submit)
        self.trouble: str = "not connected yet"
        self.first_try = asyncio.Event()
        """Set once Asterisk was reconciled with, or could not be."""
        self.reconciled = asyncio.Event()
        """Set while the present connection has had its reconcile."""

    async def run(self) -> Ending:
        """Stay connected until closed or replaced by another controller."""
        return await self.client.run()

    def perform(self, wanted: Sequence[Action]) -> None:
        """Carry out actions, in order."""
        self._performer.perform(wanted)

    def watch(self, device_ids: Iterable[DeviceId]) -> None:
        """The site's phones, at the start and after a reload. New ones are unreachable until Asterisk is asked for them."""
        self._submit_all(self._devices.watch(device_ids))
        self._subscribed.intersection_update(self._devices.device_ids)
        if self.client.state is State.CONNECTED:
            self._submit_all(self._devices.miss())

    async def meet_new_phones(self) -> None:
        """Asterisk knows the new phones now. Raises `AriError`, unless there is no connection: the next one asks for all phones.

        Only theirs are looked at: events go on meanwhile, and are newer than any list.
        """
        new = set(self._devices.device_ids) - self._subscribed
        try:
            await self._subscribe(sorted(new))
            known = (await self.client.ask(endpoints.show_all(), lane=Lane.ESCAPE)).decode(list[Endpoint])
        except AriError:
            if self.reconciled.is_set():
                raise
            return
        self._submit_all(self._look_at(endpoint for endpoint in known if endpoint.resource in new))

    # --- what the client tells -----------------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """Translate and submit, in order."""
        for ours in self._translator.translate(event):
            self._submit(ours)
        self._measure_lag(event)

    async def on_connected(self) -> None:
        """Subscribe to the phones, then find out what was missed."""
        began = perf_counter()
        # What is asked for from here on may not be done yet when Asterisk is listed; what was asked for before is, by the answers.
        asked_at, known = self._clock.now(), self._registry.ids
        await self._subscribe(self._devices.device_ids)
        seen = await survey(self.client, self._app)
        self._registry.replace(known, {leg.leg_id for leg in seen.seen.legs})
        self._submit(replace(seen.seen, asked_at=asked_at, devices=tuple(self._look_at(seen.endpoints))))
        self.trouble = ""
        self.reconciled.set()
        self.first_try.set()
        milliseconds = round((perf_counter() - began) * 1000, 1)
        _log.info("reconciled", legs=len(seen.seen.legs), milliseconds=milliseconds)

    def on_disconnected(self, error: AriError) -> None:
        """Say so once per connection; the client tries again by itself."""
        if self.reconciled.is_set() or self.trouble != str(error):
            _log.warning("asterisk_disconnected", reason=str(error))
        if self.reconciled.is_set():
            self._submit(AsteriskAway())
        self.trouble = str(error)
        self.reconciled.clear()
        self.first_try.set()

    def on_outcome(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """Log what went wrong and nobody awaits. "Not found" is usual: it ended while we wrote."""
        if self._meter is not None:
            self._meter.on_round_trip(outcome, seconds)
        if isinstance(outcome, AriError):
            _log.debug("request_failed", request=str(request), reason=str(outcome), seconds=round(seconds, 4))

    def _measure_lag(self, event: Event) -> None:
        if self._meter is not None:
            with suppress(ValueError):  # A time stamp that is none must not end the connection.
                self._meter.on_event_lag((self._clock.now() - event.at).total_seconds())

    def _look_at(self, listed: Iterable[Endpoint]) -> list[DeviceChanged]:
        """What is new about these phones, and about those that Asterisk does not know."""
        changes = [self._devices.see(endpoint) for endpoint in listed]
        return [changed for changed in changes if changed is not None] + self._devices.miss()

    def _submit_all(self, events: Iterable[OurEvent]) -> None:
        for event in events:
            self._submit(event)

    async def _subscribe(self, device_ids: Iterable[DeviceId]) -> None:
        """In batches, by HTTP: each answer lists all that we listen to (see `survey.py`).

        One phone that Asterisk does not know must not keep us from the others.
        """
        for outcome, batch in await self._ask_for(_batches(list(device_ids), _PHONES_AT_A_TIME)):
            if isinstance(outcome, AriRefused) and len(batch) > 1:
                for alone, (device_id,) in await self._ask_for(_batches(batch, 1)):
                    self._on_subscribed([device_id], alone)
            else:
                self._on_subscribed(batch, outcome)

    async def _ask_for(self, batches: list[list[DeviceId]]) -> list[tuple[Outcome, list[DeviceId]]]:
        requests = [
            applications.subscribe(self._app, [applications.of_endpoint(TECHNOLOGY, each) for each in batch])
            for batch in batches
        ]
        futures = [self.client.send(request, lane=Lane.ESCAPE) for request in requests]
        return [(await future, batch) for future, batch in zip(futures, batches, strict=True)]

    def _on_subscribed(self, device_ids: list[DeviceId], outcome: Outcome) -> None:
        if isinstance(outcome, AriRefused):
            _log.error(
                "phone_unknown_to_asterisk",
                devices=device_ids,
                advice="add it to pjsip.conf of that Asterisk",
            )
        elif isinstance(outcome, AriError):
            raise outcome
        else:
            self._subscribed.update(device_ids)


def _batches(device_ids: list[DeviceId], size: int) -> list[list[DeviceId]]:
    return [device_ids[start : start + size] for start in range(0, len(device_ids), size)]
