"""The link, with the twin of Asterisk behind it: whom it listens to."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.acd.events import DeviceChanged
from app.acd.model import DeviceState
from app.ari.link import AriLink
from app.calls.events import AsteriskSeen, Event
from app.clock import SystemClock
from app.ids import DeviceId
from tests.support.twin_server import TwinServer
from tests.support.until import until

PHONES = [DeviceId(f"phone{number}") for number in range(250)]
UNKNOWN = PHONES[120]


class Ear:
    """Keeps what the link submits."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Hear one."""
        self.heard.append(event)

    def states(self, device_id: DeviceId) -> list[DeviceState]:
        """What became of a phone, one after the other."""
        found = [event.devices if isinstance(event, AsteriskSeen) else (event,) for event in self.heard]
        changes = (each for some in found for each in some if isinstance(each, DeviceChanged))
        return [change.state for change in changes if change.device_id == device_id]


@asynccontextmanager
async def linked(server: TwinServer, ear: Ear) -> AsyncIterator[AriLink]:
    """A link that watches all phones, and is reconciled."""
    link = AriLink(
        server.address(),
        clock=SystemClock(),
        jitter=random.random,
        submit=ear,
        is_leg=lambda _leg_id: False,
    )
    link.watch(PHONES)
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(link.reconciled.wait(), 10)
    yield link
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def subscriptions(server: TwinServer) -> int:
    """How many requests asked for events."""
    return sum(request.path.endswith("/subscription") for _, request in server.requests)


async def test_many_phones_are_listened_to_by_few_requests() -> None:
    """Each answer lists all that we listen to: one request for each of ten thousand phones would never come to an end."""
    ear = Ear()
    async with TwinServer() as server:
        for device_id in PHONES:
            server.twin.add_phone(device_id)
        async with linked(server, ear):
            assert subscriptions(server) == 3
            server.twin.unregister(PHONES[-1])
            await until(lambda: DeviceState.UNREACHABLE in ear.states(PHONES[-1]), "nothing is heard of it")


async def test_a_phone_that_asterisk_does_not_know_keeps_us_from_no_other() -> None:
    """Its batch is asked for once more, each by itself. When Asterisk knows the phone, it is listened to as well."""
    ear = Ear()
    async with TwinServer() as server:
        for device_id in PHONES:
            if device_id != UNKNOWN:
                server.twin.add_phone(device_id)
        async with linked(server, ear) as link:
            assert ear.states(UNKNOWN) == [DeviceState.UNREACHABLE]
            for neighbour in (PHONES[101], PHONES[199]):
                server.twin.unregister(neighbour)
            await until(lambda: ear.states(PHONES[199])[-1] is DeviceState.UNREACHABLE, "nothing is heard")
            assert ear.states(PHONES[101]) == [DeviceState.REACHABLE, DeviceState.UNREACHABLE]
            asked = subscriptions(server)
            server.twin.add_phone(UNKNOWN)
            await link.meet_new_phones()
            assert subscriptions(server) == asked + 1
            assert ear.states(UNKNOWN) == [DeviceState.UNREACHABLE, DeviceState.REACHABLE]
