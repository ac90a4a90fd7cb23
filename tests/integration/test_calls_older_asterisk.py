"""An Asterisk that somebody else runs, too old for requests over the websocket: calls go through it all the same, by HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.acd.facts import OfferEnded
from app.acd.model import OfferOutcome
from app.ari.requests import asterisk
from app.calls.facts import CallEnded
from app.simulator.answering import Answer
from tests.support.asterisk import ARI_PASSWORD
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.hotline_site import ON_CONNECT, RING_ALL, SERVICE, hotline_site
from tests.support.older_asterisk import VERSION, older_asterisk
from tests.support.service import Hotline, RunningService

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 600, 1000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """Thirdring beside the older Asterisk."""
    directory: Path = tmp_path_factory.mktemp("older")
    theirs = older_asterisk(directory)
    await theirs.start()
    site = hotline_site(directory)
    site["asterisk"] = {"url": theirs.address.url, "user": "thirdring", "password": {"literal": ARI_PASSWORD}}
    service = RunningService(directory, site, theirs=theirs)
    await service.open()
    yield service
    await service.close()
    await theirs.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def hotline(service: RunningService) -> AsyncIterator[Hotline]:
    """It, with nobody at the desks."""
    async with Hotline(service) as hotline:
        yield hotline


async def test_it_is_the_older_one(hotline: Hotline) -> None:
    """Else the other tests here would prove nothing."""
    info = (await hotline.thirdring.link.client.ask(asterisk.info())).decode(dict)
    assert info["system"]["version"].startswith(str(VERSION))


async def test_a_caller_and_an_agent_hear_each_other(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(SERVICE)
    there.play(CALLER_HZ)
    here = await agent.next_call()
    here.play(AGENT_HZ)
    await here.hears(CALLER_HZ)
    await there.hears(AGENT_HZ)
    here.hang_up()
    await there.until_ended()
    await hotline.fact(CallEnded)


async def test_a_caller_waits_with_music_until_an_agent_comes(hotline: Hotline) -> None:
    there = await hotline.call(SERVICE)
    await there.hears(MUSIC_HZ)
    agent = await hotline.agent_while_calls_wait(1)
    here = await agent.next_call()
    here.answer()
    here.play(AGENT_HZ)
    await there.hears(AGENT_HZ)
    await there.stops_hearing(MUSIC_HZ)


async def test_a_caller_hears_ringing_where_the_site_says_so(hotline: Hotline) -> None:
    await hotline.agent(1)
    there = await hotline.call(ON_CONNECT)
    await there.until_ringing()


async def test_who_does_not_answer_is_left_for_the_next(hotline: Hotline) -> None:
    await hotline.agent(1)
    second = await hotline.agent(2, Answer())
    there = await hotline.call(SERVICE)
    await there.until_answered()
    await second.next_call()
    ended = await hotline.fact(OfferEnded, outcome=OfferOutcome.NO_ANSWER)
    assert ended.agent_id == "agent1"


async def test_of_two_phones_that_ring_the_loser_is_told_that_it_was_answered_elsewhere(
    hotline: Hotline,
) -> None:
    first, second = await hotline.agent(1), await hotline.agent(2)
    await hotline.call(RING_ALL)
    one, other = await first.next_call(), await second.next_call()
    one.answer()
    await other.until_ended()
    await hotline.until_talking()
