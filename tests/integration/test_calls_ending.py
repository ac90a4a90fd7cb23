"""How calls end: who hangs up, when, and what is written down about it."""

import asyncio
from datetime import timedelta

import pytest

from app.acd.facts import CallLeft, OfferEnded
from app.acd.model import AgentState, ExitReason, OfferOutcome
from app.calls.call import LegRole
from app.calls.events import HangUpRequested
from app.calls.facts import CallEnded, LegFinished, LegStarted
from app.calls.hangup import HangUpParty, LegEnd
from app.simulator.answering import Answer
from app.simulator.dialog import EndedBy
from app.simulator.wire_log import Flow
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.hotline_site import NO_ENTRY, ON_CONNECT, RTP_TIMEOUT_SECONDS, SERVICE, WRAP_UP
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

NORMAL_CLEARING, UNALLOCATED = 16, 1
MANY = 12


async def ended_leg(hotline: Hotline, role: LegRole) -> LegFinished:
    """How the only leg in that role ended."""
    started = await hotline.fact(LegStarted, role=role)
    return await hotline.fact(LegFinished, leg_id=started.leg_id)


async def test_an_agent_who_hangs_up_releases_the_caller_and_is_named(hotline: Hotline) -> None:
    """R13: an agent never hangs up on a caller; so it is written down who did."""
    there, here = await hotline.talk()
    here.hang_up()
    await there.until_ended()
    assert there.ended_by is EndedBy.THEM
    assert there.cause == NORMAL_CLEARING
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.AGENT
    assert (await ended_leg(hotline, LegRole.AGENT)).end is LegEnd.BY_PHONE
    assert (await ended_leg(hotline, LegRole.CALLER)).end is LegEnd.BY_US


async def test_a_caller_who_hangs_up_frees_the_agent_and_is_named(hotline: Hotline) -> None:
    there, here = await hotline.talk()
    there.hang_up()
    await here.until_ended()
    assert here.cause == NORMAL_CLEARING
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLER
    assert (await ended_leg(hotline, LegRole.AGENT)).end is LegEnd.BY_US
    assert (await ended_leg(hotline, LegRole.CALLER)).end is LegEnd.BY_PHONE
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


async def test_callers_who_cancel_at_once_are_named_as_well(hotline: Hotline) -> None:
    """Some are gone before Asterisk has begun to tell us of their hang-up. It was no system who did it."""
    await hotline.agent(1)
    caller = await hotline.caller()
    for _ in range(4 * MANY):
        there = await caller.call(SERVICE)
        there.hang_up()
        await there.until_ended()
    await until(lambda: len(hotline.told(CallEnded)) == 4 * MANY, "a call has not ended")
    assert {ended.ended_by for ended in hotline.told(CallEnded)} == {HangUpParty.CALLER}
    assert {left.reason for left in hotline.told(CallLeft)} == {ExitReason.ABANDONED}


async def test_when_both_hang_up_at_once_the_call_ends_once(hotline: Hotline) -> None:
    there, here = await hotline.talk()
    there.hang_up()
    here.hang_up()
    ended = await hotline.fact(CallEnded)
    await until(lambda: len(hotline.told(LegFinished)) == 2, "a leg's end is missing")
    assert ended.ended_by in {HangUpParty.CALLER, HangUpParty.AGENT}
    assert len(hotline.told(CallEnded)) == 1


async def test_a_reason_that_the_phone_gives_is_stored_as_the_cause(hotline: Hotline) -> None:
    _, here = await hotline.talk()
    here.hang_up("Q.850;cause=31")
    assert (await ended_leg(hotline, LegRole.AGENT)).cause == 31


async def test_a_call_that_somebody_ends_from_outside_ends_for_both(hotline: Hotline) -> None:
    there, here = await hotline.talk()
    hotline.submit(HangUpRequested(hotline.the_call.id))
    await there.until_ended()
    await here.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


async def test_after_a_call_with_wrap_up_the_agent_has_time_for_notes(hotline: Hotline) -> None:
    there, _ = await hotline.talk(WRAP_UP)
    there.hang_up()
    await until(lambda: hotline.agent_view(1).state is AgentState.WRAP_UP, "no wrap-up")


async def test_a_caller_who_leaves_while_waiting_is_counted_as_abandoned(hotline: Hotline) -> None:
    there = await hotline.call(SERVICE)
    await there.until_answered()
    there.hang_up()
    assert (await hotline.fact(CallLeft)).reason is ExitReason.ABANDONED
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLER


async def test_a_caller_who_cancels_before_the_answer_is_counted_as_abandoned(hotline: Hotline) -> None:
    there = await hotline.call(ON_CONNECT)
    await there.until_ringing()
    there.hang_up()
    await there.until_ended()
    assert (await hotline.fact(CallLeft)).reason is ExitReason.ABANDONED
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLER


@pytest.mark.parametrize("entry", [SERVICE, ON_CONNECT])
async def test_a_caller_who_leaves_while_the_phone_rings_stops_the_ringing(
    hotline: Hotline, entry: str
) -> None:
    """The agent has missed nothing: the offer is withdrawn, and the agent is free for the next."""
    agent = await hotline.agent(1)
    there = await hotline.call(entry)
    here = await agent.next_call()
    await here.until_ringing()
    await until(lambda: there.state > 1, "nothing came back to the caller")
    there.hang_up()
    await here.until_ended()
    assert here.status == 487
    assert (await hotline.fact(OfferEnded)).outcome is OfferOutcome.WITHDRAWN
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


@pytest.mark.parametrize("milliseconds", range(MANY))
async def test_a_caller_who_leaves_in_the_moment_of_the_answer_leaves_nobody_stuck(
    hotline: Hotline, milliseconds: int
) -> None:
    """The BYE comes before, during or after the join. Whatever came first: both end, the call ends once, the agent is free."""
    agent = await hotline.agent(1)
    there = await hotline.call(SERVICE)
    here = await agent.next_call()
    await there.until_answered()
    here.answer()
    asyncio.get_running_loop().call_later(milliseconds / 2000, there.hang_up)
    await here.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLER
    offer = await hotline.fact(OfferEnded)
    # FAILED: Asterisk refused to join a caller who is gone before it told us that the caller is.
    assert offer.outcome in {OfferOutcome.ANSWERED, OfferOutcome.WITHDRAWN, OfferOutcome.FAILED}
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


async def test_a_caller_who_vanishes_is_missed_after_the_silence_limit(hotline: Hotline) -> None:
    """No BYE comes: the network ended the call, and the agent is freed."""
    agent = await hotline.agent(1, Answer())
    phone = await hotline.caller()
    await phone.call(SERVICE)
    here = await agent.next_call()
    await hotline.until_talking()
    phone.vanish()
    await here.until_ended(within=RTP_TIMEOUT_SECONDS + 3)
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.NETWORK
    assert (await ended_leg(hotline, LegRole.CALLER)).end is LegEnd.BY_NETWORK


async def test_a_caller_who_vanishes_while_waiting_leaves_the_queue(hotline: Hotline) -> None:
    """And no agent is rung for a dead line."""
    phone = await hotline.caller()
    call = await phone.call(SERVICE)
    await call.hears(MUSIC_HZ)
    phone.vanish()
    ended = await hotline.fact(CallEnded)
    assert ended.ended_by is HangUpParty.NETWORK
    assert (await hotline.fact(CallLeft)).reason is ExitReason.FAULT


async def test_a_caller_who_vanishes_before_the_answer_holds_the_agent_no_longer_than_the_silence_limit(
    hotline: Hotline,
) -> None:
    """While nothing is answered nothing is sent: who answers hears nobody, and is freed without a hang-up."""
    agent = await hotline.agent(1)
    phone = await hotline.caller()
    call = await phone.call(ON_CONNECT)
    await call.until_ringing()
    here = await agent.next_call()
    phone.vanish()
    here.answer()
    await here.until_ended(within=RTP_TIMEOUT_SECONDS + 3)
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.NETWORK
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


async def test_an_agents_phone_that_vanishes_in_a_call_releases_the_caller(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(SERVICE)
    await agent.next_call()
    await hotline.until_talking()
    agent.vanish()
    await there.until_ended(within=RTP_TIMEOUT_SECONDS + 3)
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.NETWORK


async def test_a_number_that_is_no_entry_is_refused_as_unknown(hotline: Hotline) -> None:
    there = await hotline.call(NO_ENTRY)
    await there.until_ended()
    assert there.status == 404
    ended = await hotline.fact(CallEnded)
    assert (ended.ended_by, ended.cause) == (HangUpParty.SYSTEM, UNALLOCATED)


async def test_the_next_call_of_an_agent_who_was_hung_up_on_gets_a_fresh_leg(hotline: Hotline) -> None:
    """BYE and the next INVITE follow each other on the same phone; neither disturbs the other."""
    agent = await hotline.agent(1, Answer(after=timedelta(milliseconds=20)))
    first = await hotline.call(SERVICE)
    await agent.next_call()
    await hotline.until_talking()
    second = await hotline.call(SERVICE)
    first.hang_up()
    await agent.next_call()
    await hotline.until_talking()
    assert second.status == 200
    byes = hotline.wire.log.every(method="BYE", flow=Flow.RECEIVED)
    assert len(byes) == 1
