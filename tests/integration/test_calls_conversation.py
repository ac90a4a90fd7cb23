"""Caller and agent talk: what each of them hears and sees, from the first ring to the last word. Judged by ear and by the wire."""

import asyncio
from datetime import timedelta

import pytest

from app.acd.facts import CallConnected
from app.acd.model import AgentState
from app.calls.call import Phase
from app.calls.facts import CallEnded, CallHoldChanged
from app.simulator import sip
from app.simulator.answering import Answer
from app.simulator.dialog import DialogState
from app.simulator.wire_log import Flow
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.hotline_site import CHINESE, MUSIC_UNANSWERED, ON_CONNECT, SERVICE
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

CALLER_HZ, AGENT_HZ = 600, 1000
RINGING, PROGRESS, OK, ACCEPTED, DECLINED = 180, 183, 200, 202, 603


async def test_a_caller_and_an_agent_hear_each_other(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(SERVICE)
    there.play(CALLER_HZ)
    here = await agent.next_call()
    here.play(AGENT_HZ)
    await here.hears(CALLER_HZ)
    await there.hears(AGENT_HZ)


async def test_music_plays_while_a_caller_waits_and_is_silent_once_the_agent_speaks(hotline: Hotline) -> None:
    """Music that is left on would be mixed with the agent's voice, and nobody but the caller would notice."""
    agent = await hotline.agent(1)
    there = await hotline.call(SERVICE)
    await there.hears(MUSIC_HZ)
    here = await agent.next_call()
    here.answer()
    here.play(AGENT_HZ)
    heard = await there.hears(AGENT_HZ)
    await there.stops_hearing(MUSIC_HZ)
    assert there.media.last_heard_at(MUSIC_HZ) < heard + 0.06


async def test_a_caller_is_answered_at_once_where_the_site_says_so(hotline: Hotline) -> None:
    """Nobody is there to take the call: the 200 is Thirdring's own."""
    there = await hotline.call(SERVICE)
    await there.until_answered(within=1)
    await there.hears(MUSIC_HZ)


async def test_a_caller_hears_ringing_and_is_answered_only_when_the_agent_answers(hotline: Hotline) -> None:
    """A caller who is not answered does not pay."""
    agent = await hotline.agent(1)
    there = await hotline.call(ON_CONNECT)
    await there.until_ringing()
    here = await agent.next_call()
    assert there.state is DialogState.RINGING
    here.answer()
    await there.until_answered()
    assert here.answered_at is not None
    assert there.answered_at is not None
    assert here.answered_at <= there.answered_at
    here.play(AGENT_HZ)
    there.play(CALLER_HZ)
    await there.hears(AGENT_HZ)
    await here.hears(CALLER_HZ)
    log = hotline.wire.log
    assert log.every(method="INVITE", status=RINGING, flow=Flow.RECEIVED, call_id=there.call_id)
    assert not log.every(method="INVITE", status=PROGRESS, call_id=there.call_id), (
        "ring-back is no early media"
    )


async def test_an_unanswered_caller_hears_music_as_early_media(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    there = await hotline.call(MUSIC_UNANSWERED)
    await there.hears(MUSIC_HZ)
    assert there.state is DialogState.RINGING
    here = await agent.next_call()
    here.answer()
    here.play(AGENT_HZ)
    await there.until_answered()
    await there.hears(AGENT_HZ)
    await there.stops_hearing(MUSIC_HZ)


async def test_the_agents_phone_shows_the_callers_number_and_the_queue(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    there = await hotline.call(SERVICE)
    here = await agent.next_call()
    assert here.caller_number == sip.user_of(there.invite.headers["From"])
    assert here.caller_name == "Service"


async def test_a_queues_chinese_name_stands_on_the_agents_phone(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    await hotline.call(CHINESE)
    assert (await agent.next_call()).caller_name == "业务咨询"


async def test_the_hold_key_gives_the_caller_music_and_shows_the_agent_as_holding(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(SERVICE)
    here = await agent.next_call()
    here.play(AGENT_HZ)
    await there.hears(AGENT_HZ)
    await hotline.until_talking()

    await here.hold()
    await there.hears(MUSIC_HZ)
    await until(lambda: hotline.agent_view(1).state is AgentState.HELD, "the agent is not shown as holding")

    await here.unhold()
    await there.hears(AGENT_HZ)
    await there.stops_hearing(MUSIC_HZ)
    await until(lambda: hotline.agent_view(1).state is AgentState.CONNECTED, "the hold does not end")
    assert [fact.is_held for fact in hotline.told(CallHoldChanged)] == [True, False]


async def test_a_caller_who_holds_leaves_the_agent_connected(hotline: Hotline) -> None:
    """Hold is the agent's action in the figures; a caller's own is written down, and the agent hears music."""
    there, here = await hotline.talk()
    await there.hold()
    await here.hears(MUSIC_HZ)
    await hotline.fact(CallHoldChanged, is_held=True)
    assert hotline.agent_view(1).state is AgentState.CONNECTED
    assert hotline.the_call.held_since is None


async def test_when_both_hold_each_gives_back_only_the_own_hold(hotline: Hotline) -> None:
    """The agent's hold lasts until the agent ends it, whatever the caller's phone does meanwhile."""
    there, here = await hotline.talk()

    await there.hold()
    await here.hold()
    await until(lambda: len(hotline.told(CallHoldChanged, is_held=True)) == 2, "one of them is not on hold")
    assert hotline.agent_view(1).state is AgentState.HELD

    # What the first to come back hears is not judged: on a busy machine Asterisk then sends its music twice, packet by packet.
    await there.unhold()
    await hotline.fact(CallHoldChanged, is_held=False)
    assert hotline.agent_view(1).state is AgentState.HELD
    assert hotline.the_call.held_since is not None

    await here.unhold()
    await until(lambda: hotline.agent_view(1).state is AgentState.CONNECTED, "the agent's hold does not end")
    here.play(AGENT_HZ)
    there.play(CALLER_HZ)
    await asyncio.gather(there.hears(AGENT_HZ), here.hears(CALLER_HZ))
    await asyncio.gather(there.stops_hearing(MUSIC_HZ), here.stops_hearing(MUSIC_HZ))
    held = [fact.at for fact in hotline.told(CallHoldChanged, leg_id=hotline.the_call.winner)]
    assert hotline.the_call.held == held[1] - held[0]


async def test_when_the_agent_takes_the_call_back_first_the_callers_hold_goes_on(hotline: Hotline) -> None:
    there, here = await hotline.talk()
    await here.hold()
    await there.hold()
    await until(lambda: len(hotline.told(CallHoldChanged, is_held=True)) == 2, "one of them is not on hold")

    await here.unhold()
    await until(lambda: hotline.agent_view(1).state is AgentState.CONNECTED, "the agent's hold does not end")
    assert hotline.the_call.held_since is None

    await there.unhold()
    here.play(AGENT_HZ)
    there.play(CALLER_HZ)
    await asyncio.gather(there.hears(AGENT_HZ), here.hears(CALLER_HZ))
    assert hotline.agent_view(1).state is AgentState.CONNECTED


@pytest.mark.parametrize("leaver", ["caller", "agent"])
async def test_who_hangs_up_while_both_hold_ends_the_call_and_the_hold(hotline: Hotline, leaver: str) -> None:
    """The hold counts until the end, and the agent is free."""
    there, here = await hotline.talk()
    await here.hold()
    await there.hold()
    await until(lambda: len(hotline.told(CallHoldChanged, is_held=True)) == 2, "one of them is not on hold")
    winner = hotline.the_call.winner
    leaves, stays = (there, here) if leaver == "caller" else (here, there)
    leaves.hang_up()
    await stays.until_ended()
    ended = await hotline.fact(CallEnded)
    began = await hotline.fact(CallHoldChanged, leg_id=winner)
    assert ended.held_ms == round((ended.at - began.at).total_seconds() * 1000)
    await until(lambda: hotline.agent_view(1).state is AgentState.IDLE, "the agent is not free")


async def test_the_transfer_key_is_declined_and_the_talk_goes_on(hotline: Hotline) -> None:
    """The phone hears 603 about it; Asterisk by itself would have moved the caller out of our hands."""
    there, here = await hotline.talk()
    assert await here.transfer(SERVICE) == ACCEPTED
    await until(
        lambda: here.transfer_reports[-1:] == [DECLINED], "the phone is not told that nothing comes of it"
    )
    here.play(AGENT_HZ)
    there.play(CALLER_HZ)
    await asyncio.gather(there.hears(AGENT_HZ), here.hears(CALLER_HZ))
    assert hotline.the_call.phase is Phase.TALKING


async def test_a_caller_cannot_send_the_agent_away(hotline: Hotline) -> None:
    there, here = await hotline.talk()
    assert await there.transfer(SERVICE) == DECLINED
    here.play(AGENT_HZ)
    there.play(CALLER_HZ)
    await asyncio.gather(there.hears(AGENT_HZ), here.hears(CALLER_HZ))
    assert hotline.the_call.phase is Phase.TALKING


async def test_an_agent_who_answers_late_is_connected_all_the_same(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer(after=timedelta(milliseconds=700)))
    there = await hotline.call(SERVICE)
    there.play(CALLER_HZ)
    here = await agent.next_call()
    await here.hears(CALLER_HZ)
    connected = await hotline.fact(CallConnected, agent_id="agent1")
    assert connected.at - connected.answered_at < timedelta(milliseconds=500)


async def test_a_call_that_comes_while_nobody_is_there_waits_for_the_first_to_log_in(
    hotline: Hotline,
) -> None:
    there = await hotline.call(SERVICE)
    await there.hears(MUSIC_HZ)
    agent = await hotline.agent_while_calls_wait(1)
    (await agent.next_call()).answer()
    await hotline.until_talking()
