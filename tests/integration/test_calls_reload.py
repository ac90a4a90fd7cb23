"""The site file changes while calls are in progress: what is new holds from then on, and nobody in a call notices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from app.acd.model import UnavailableReason
from app.calls.call import Phase
from app.simulator.answering import Answer
from app.site.errors import SiteError
from tests.support.asterisk import password_of
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.full_disk import files_of_at_most
from tests.support.hotline_site import ON_CONNECT, SERVICE, Json, hotline_site
from tests.support.service import Hotline, StartService, logs_in
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

CALLER_HZ, AGENT_HZ = 600, 1000
NEW_ENTRY = "4900"


@pytest.fixture
def site(tmp_path: Path) -> Json:
    """The site before the change."""
    return hotline_site(tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def own_hotline(start_service: StartService, site: Json) -> AsyncIterator[Hotline]:
    """A hotline whose site may be changed."""
    async with Hotline(await start_service(site)) as hotline:
        yield hotline


async def reload(hotline: Hotline, site: Json) -> list[str]:
    """Write the site file and have it read."""
    hotline.service.write_site(site)
    return await hotline.thirdring.service.reload_site()


def with_a_fifth_agent(site: Json) -> Json:
    """A new phone, a new agent at it, and a new number that leads to both; the service queue has another name."""
    devices = {
        **site["devices"],
        "phone5": {"extension": "105", "password": {"literal": password_of("phone5")}},
    }
    agents = {**site["agents"], "agent5": {"device": "phone5"}}
    service = {**site["queues"][f"queue{SERVICE}"], "name": "Renamed"}
    queues = {**site["queues"], f"queue{SERVICE}": service, "new": {"members": ["agent5"]}}
    return {
        **site,
        "devices": devices,
        "agents": agents,
        "queues": queues,
        "entry_points": {**site["entry_points"], NEW_ENTRY: "new"},
    }


async def test_calls_go_on_through_a_reload(own_hotline: Hotline, site: Json) -> None:
    """One talks, one waits. The first hears its agent all along; the second is offered under the queue's new name."""
    hotline = own_hotline
    agent = await hotline.agent(1, Answer())
    talking = await hotline.call(SERVICE)
    here = await agent.next_call()
    here.play(AGENT_HZ)
    await talking.hears(AGENT_HZ)
    await hotline.until_talking()
    waiting = await hotline.call(SERVICE)
    await waiting.hears(MUSIC_HZ)

    assert await reload(hotline, with_a_fifth_agent(site))

    await hotline.phone_of_new_agent(5)
    await talking.hears(AGENT_HZ)
    await waiting.hears(MUSIC_HZ)
    here.hang_up()
    assert (await agent.next_call()).caller_name == "Renamed"
    assert waiting.ended_at is None


async def test_a_new_phone_and_a_new_number_work_after_a_reload(own_hotline: Hotline, site: Json) -> None:
    hotline = own_hotline
    await reload(hotline, with_a_fifth_agent(site))
    agent = await hotline.phone_of_new_agent(5)
    await hotline.call(NEW_ENTRY)
    await agent.next_call()


async def test_an_agent_at_a_new_phone_is_unreachable_until_it_registers(
    own_hotline: Hotline, site: Json
) -> None:
    hotline = own_hotline
    await reload(hotline, with_a_fifth_agent(site))
    hotline.submit(logs_in(5))
    await until(
        lambda: hotline.reason(5) is UnavailableReason.DEVICE_UNREACHABLE, "the phone counts as reachable"
    )


async def test_a_reload_that_fails_changes_nothing(own_hotline: Hotline, site: Json) -> None:
    hotline = own_hotline
    agent = await hotline.agent(1)
    with pytest.raises(SiteError):
        await reload(hotline, {**site, "entry_points": {SERVICE: "no-such-queue"}})
    await hotline.call(SERVICE)
    await agent.next_call()


async def test_a_reload_on_a_full_disk_ends_nothing_and_the_next_one_is_whole(
    own_hotline: Hotline, site: Json
) -> None:
    """Asterisk's files cannot be written then: the log says so, calls go on, and with room again the new phone is there."""
    own_hotline.service.write_site(with_a_fifth_agent(site))
    with capture_logs() as logs, files_of_at_most(10):
        await own_hotline.thirdring.service.reload_site()
        await until(
            lambda: any(each["event"] == "asterisk_not_reloaded" for each in logs), "expected it to be told"
        )
    await own_hotline.thirdring.service.reload_site()
    agent = await own_hotline.phone_of_new_agent(5)
    await own_hotline.call(NEW_ENTRY)
    await agent.next_call()


async def test_a_number_that_is_taken_away_keeps_its_callers(own_hotline: Hotline, site: Json) -> None:
    """The number is refused from now on; who came by it before waits on and is served."""
    hotline = own_hotline
    there = await hotline.call(ON_CONNECT)
    await there.until_ringing()
    entries = {number: entry for number, entry in site["entry_points"].items() if number != ON_CONNECT}
    await reload(hotline, {**site, "entry_points": entries})
    late = await hotline.call(ON_CONNECT)
    await late.until_ended()
    assert late.status == 404
    assert hotline.in_phase(Phase.WAITING) == 1
    agent = await hotline.agent_while_calls_wait(1)
    (await agent.next_call()).answer()
    await hotline.until_talking()
