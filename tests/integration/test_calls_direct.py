"""Calls that an agent starts: to the outside world by a trunk, to a colleague's phone, into a queue."""

import asyncio

import pytest

from app.acd.facts import OfferStarted, RequestRefused
from app.acd.model import AgentState, UnavailableReason
from app.calls.call import CallKind, LegRole, Phase
from app.calls.events import OriginateRequested
from app.calls.facts import CallEnded, CallStarted, LegFinished, LegStarted
from app.calls.hangup import HangUpParty
from app.ids import AgentId, new_call_id
from app.simulator.answering import Answer, Answering, Decline, RingForEver
from tests.support.hotline_site import RING_ALL, SERVICE
from tests.support.service import Hotline, logs_in
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

CUSTOMER = "13912345678"
CUSTOMER_HZ, AGENT_HZ = 600, 1000
USER_BUSY, NO_ANSWER = 17, 19


def originate(hotline: Hotline, number: str) -> None:
    """Agent 1 asks for a call to the number."""
    hotline.submit(OriginateRequested(new_call_id(), AgentId("agent1"), number))


# --- to the outside world ----------------------------------------------------------------------------------------


async def test_an_agents_call_rings_the_own_phone_first_and_then_the_customer(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    customer = await hotline.outside(CUSTOMER, Answer())
    originate(hotline, CUSTOMER)
    here, there = await agent.next_call(), await customer.next_call()
    here.play(AGENT_HZ)
    there.play(CUSTOMER_HZ)
    await there.hears(AGENT_HZ)
    await here.hears(CUSTOMER_HZ)
    assert here.caller_number == CUSTOMER
    assert (await hotline.fact(CallStarted)).kind is CallKind.OUTBOUND
    assert hotline.reason(1) is UnavailableReason.OUTBOUND
    there.hang_up()
    await here.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLEE
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


async def test_an_agent_hears_ringing_while_the_customers_phone_rings(hotline: Hotline) -> None:
    """The ring-back of the site's country: 450 Hz in China."""
    agent = await hotline.agent(1, Answer())
    await hotline.outside(CUSTOMER)
    originate(hotline, CUSTOMER)
    await (await agent.next_call()).hears(450)


@pytest.mark.parametrize("after_milliseconds", [0, 300])
@pytest.mark.parametrize(("status", "cause"), [(486, USER_BUSY), (480, NO_ANSWER), (404, 1), (603, 21)])
async def test_a_customer_who_does_not_take_the_call_ends_it_with_the_cause(
    hotline: Hotline, status: int, cause: int, after_milliseconds: int
) -> None:
    """The agent is free at once, and the record says why, however fast the refusal came."""
    agent = await hotline.agent(1, Answer())
    customer = await hotline.outside(CUSTOMER)
    originate(hotline, CUSTOMER)
    there = await customer.next_call()
    await asyncio.sleep(after_milliseconds / 1000)
    there.decline(status)
    await (await agent.next_call()).until_ended()
    callee = await hotline.fact(LegStarted, role=LegRole.CALLEE)
    assert (await hotline.fact(LegFinished, leg_id=callee.leg_id)).sip_code == status
    ended = await hotline.fact(CallEnded)
    assert (ended.ended_by, ended.cause) == (HangUpParty.CALLEE, cause)
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


async def test_a_customer_who_does_not_answer_in_time_ends_the_call(hotline: Hotline) -> None:
    """Three seconds in this site."""
    agent = await hotline.agent(1, Answer())
    customer = await hotline.outside(CUSTOMER)
    originate(hotline, CUSTOMER)
    there = await customer.next_call()
    await (await agent.next_call()).until_ended()
    await there.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


async def test_an_agent_who_gives_up_stops_the_customers_ringing(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    customer = await hotline.outside(CUSTOMER)
    originate(hotline, CUSTOMER)
    there = await customer.next_call()
    await there.until_ringing()
    (await agent.next_call()).hang_up()
    await there.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.AGENT


async def test_the_ringing_of_an_outside_number_is_written_down(hotline: Hotline) -> None:
    await hotline.agent(1, Answer())
    customer = await hotline.outside(CUSTOMER)
    originate(hotline, CUSTOMER)
    there = await customer.next_call()
    await there.until_ringing()
    callee = hotline.the_call.leg_of(LegRole.CALLEE)
    assert callee is not None
    await until(lambda: callee.ringing_at is not None, "no ringing")


async def test_an_agent_who_dials_an_outside_number_on_the_phone_gets_it(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    customer = await hotline.outside(CUSTOMER, Answer())
    here = await agent.call(CUSTOMER)
    here.play(AGENT_HZ)
    there = await customer.next_call()
    await there.hears(AGENT_HZ)
    assert here.status == 200
    await until(lambda: hotline.agent_view(1).state is AgentState.OUTBOUND, "the agent is not in a call")


async def test_an_outbound_call_needs_an_agent_who_is_logged_in(hotline: Hotline) -> None:
    originate(hotline, CUSTOMER)
    assert (await hotline.fact(RequestRefused)).code == "agent-not-logged-in"


async def test_a_call_to_a_number_that_nobody_has_is_refused(hotline: Hotline) -> None:
    await hotline.agent(1)
    originate(hotline, "nobody")
    assert (await hotline.fact(RequestRefused)).code == "number-not-dialable"


async def test_an_agent_whose_phone_declines_the_own_call_is_free_again(hotline: Hotline) -> None:
    await hotline.agent(1, Decline(status=603))
    originate(hotline, CUSTOMER)
    await hotline.fact(CallEnded)
    await until(lambda: hotline.reason(1) is None, "the agent is not free")


# --- to a colleague ----------------------------------------------------------------------------------------------


async def test_a_colleague_is_reached_by_the_extension(hotline: Hotline) -> None:
    first, second = await hotline.agent(1), await hotline.agent(2, Answer())
    there = await first.call("102")
    here = await second.next_call()
    there.play(CUSTOMER_HZ)
    here.play(AGENT_HZ)
    await there.hears(AGENT_HZ)
    await here.hears(CUSTOMER_HZ)
    assert here.caller_number == "101"
    assert (await hotline.fact(CallStarted)).kind is CallKind.INTERNAL
    assert [hotline.reason(number) for number in (1, 2)] == [UnavailableReason.OUTBOUND] * 2


async def test_a_colleague_sees_who_calls_when_the_call_was_asked_for_on_the_desk(hotline: Hotline) -> None:
    """The caller's own phone rings first and shows whom it will call."""
    first, second = await hotline.agent(1, Answer()), await hotline.agent(2)
    originate(hotline, "102")
    assert (await first.next_call()).caller_number == "102"
    assert (await second.next_call()).caller_number == "101"


async def test_a_colleague_in_a_call_is_busy(hotline: Hotline) -> None:
    """A talking agent's phone is not rung by colleagues; the one who dials gets the busy signal."""
    first, second = await hotline.agent(1, Answer()), await hotline.agent(2)
    await hotline.call(SERVICE)
    await first.next_call()
    await hotline.until_talking()
    there = await second.call("101")
    await there.until_ended()
    assert there.status == 486


@pytest.mark.parametrize(
    ("answering", "status"), [(Decline(status=486), 486), (Decline(status=603), 480)], ids=str
)
async def test_a_colleague_who_declines_is_told_to_the_one_who_dialled(
    hotline: Hotline, answering: Answering, status: int
) -> None:
    first = await hotline.agent(1)
    await hotline.agent(2, answering)
    there = await first.call("102")
    await there.until_ended()
    assert there.status == status
    await until(lambda: hotline.reason(1) is None and hotline.reason(2) is None, "somebody is not free")


async def test_a_colleagues_phone_that_is_not_registered_is_told_at_once(hotline: Hotline) -> None:
    first = await hotline.agent(1)
    there = await first.call("103")
    await there.until_ended(within=1)
    assert there.status == 480


async def test_no_offer_comes_while_a_colleague_rings(hotline: Hotline) -> None:
    """One ringing at a time: the phone that a colleague rings gets no offer on top."""
    first, second = await hotline.agent(1), await hotline.agent(2)
    await first.call("102")
    await second.next_call()
    await hotline.call(SERVICE)
    await until(lambda: hotline.in_phase(Phase.WAITING) == 2, "two calls wait")
    assert not hotline.told(OfferStarted)


async def test_an_agent_who_logs_in_while_the_phone_is_in_a_call_gets_no_offer_on_top(
    hotline: Hotline,
) -> None:
    """Not before that call is over."""
    first, second = await hotline.agent(1), await hotline.phone("phone2", Answer())
    there = await first.call("102")
    await second.next_call()
    await hotline.until_talking()
    hotline.submit(logs_in(2))
    await hotline.call(SERVICE)
    await until(lambda: hotline.in_phase(Phase.WAITING) == 1, "no call waits")
    assert not hotline.told(OfferStarted)
    second.answering = RingForEver()
    there.hang_up()
    await hotline.fact(OfferStarted)


async def test_a_number_that_nobody_has_is_refused_on_the_phone(hotline: Hotline) -> None:
    first = await hotline.agent(1)
    there = await first.call("9x9x")
    await there.until_ended()
    assert there.status == 404


# --- into a queue ------------------------------------------------------------------------------------------------


async def test_an_entry_number_dialled_on_a_phone_leads_into_its_queue(hotline: Hotline) -> None:
    first, second = await hotline.agent(1), await hotline.agent(2, Answer())
    there = await first.call(SERVICE)
    there.play(CUSTOMER_HZ)
    here = await second.next_call()
    await here.hears(CUSTOMER_HZ)
    assert here.caller_number == "101"


async def test_an_agent_who_calls_a_queue_is_not_offered_the_own_call(hotline: Hotline) -> None:
    """Everybody rings but the one who called, although the caller is a member too."""
    first, second = await hotline.agent(1), await hotline.agent(2, RingForEver())
    await first.call(RING_ALL)
    await second.next_call()
    assert not hotline.told(OfferStarted, agent_id="agent1")
    assert hotline.reason(1) is UnavailableReason.OUTBOUND
    assert (await hotline.fact(CallStarted)).kind is CallKind.INBOUND
