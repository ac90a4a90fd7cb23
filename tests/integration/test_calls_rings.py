"""Rings and missed calls on the real Asterisk: counted from the 180 on the wire, and read back from the ledger."""

from datetime import datetime, timedelta

import pytest

from app.acd.facts import CallConnected, OfferEnded, OfferRang
from app.api.missed_calls import MissedKind
from app.calls.facts import CallMissed
from app.calls.missed import MissCause
from app.ids import MissedId
from app.simulator.wire_log import Flow
from app.store.past_missed_calls import PastMissedCalls
from tests.support.hotline_site import ON_CONNECT, SERVICE, WATCHED
from tests.support.live_client import LiveServer
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

TOLERANCE = timedelta(milliseconds=20)


def stream_of(hotline: Hotline) -> LiveServer:
    """Where its live stream is."""
    thirdring = hotline.thirdring
    return LiveServer(thirdring.url.removeprefix("http://"), token=thirdring.service.admin_token)


@pytest.mark.parametrize("entry", [SERVICE, ON_CONNECT])
async def test_an_agents_rings_count_from_the_180_on_the_wire(hotline: Hotline, entry: str) -> None:
    """And the caller's from the call's coming, be it to music or to ring-back."""
    agent = await hotline.agent(1)
    there = await hotline.call(entry)
    here = await agent.next_call()
    await here.until_ringing()
    await until(lambda: hotline.told(OfferRang), "no ringing was written down")
    here.answer()
    await hotline.until_talking()
    rings, caller = (await hotline.fact(OfferEnded)).rings, (await hotline.fact(CallConnected)).rings
    assert rings is not None
    assert caller is not None
    log = hotline.wire.log
    rang, *_ = log.every(method="INVITE", status=180, flow=Flow.SENT, call_id=here.call_id)
    came, *_ = log.every(method="INVITE", flow=Flow.SENT, call_id=there.call_id)
    assert abs(rings.since - rang.wall) < TOLERANCE
    assert abs(caller.since - came.wall) < TOLERANCE
    assert (rings.number, rings.is_within, caller.number, caller.is_within) == (1, True, 1, True)


@pytest.mark.timeout(30)
async def test_a_websocket_client_hears_that_the_supervisor_is_called_at_the_second_ring(
    hotline: Hotline,
) -> None:
    """One ring of 5 s after the 180 on the wire, with call, queue, agent and ring; over when the agent picks up."""
    agent = await hotline.agent(1)
    async with stream_of(hotline).following("alerts") as board:
        there = await hotline.call(WATCHED)
        here = await agent.next_call()
        await here.until_ringing()
        topic = f"alert:ring_reached:{hotline.the_call.id}"
        alert = await board.hear_of(topic, patience=8)
        rang, *_ = hotline.wire.log.every(method="INVITE", status=180, flow=Flow.SENT, call_id=here.call_id)
        late = datetime.fromisoformat(alert["since"]) - rang.wall - timedelta(seconds=5)
        assert abs(late) < 5 * TOLERANCE
        assert (alert["queue_id"], alert["agent_id"]) == (f"queue{WATCHED}", "agent1")
        assert (alert["ring"], alert["severity"]) == (2, "warning")
        here.answer()
        await board.hear_of_end(topic)
    there.hang_up()


async def test_a_caller_who_gives_up_stands_in_the_ledger(hotline: Hotline) -> None:
    """With the agent who let the phone ring, and the offer that rang out before."""
    await hotline.agent(1)
    there = await hotline.call(SERVICE)
    ended = await hotline.fact(OfferEnded)
    there.hang_up()
    fact = await hotline.fact(CallMissed)
    ledger = PastMissedCalls(hotline.thirdring.journal.database.engine)
    call = await until(lambda: ledger.missed_call(MissedId(fact.call_id)), "the call is not in the ledger")
    offer = await until(lambda: ledger.missed_call(MissedId(ended.offer_id)), "nor is the offer")
    assert (call.kind, call.cause, call.ring) == (MissedKind.CALL, MissCause.CALLER_LEFT, 1)
    assert "agent1" in [each.agent_id for each in call.on_duty]
    assert (offer.kind, offer.cause, offer.agent_id) == (MissedKind.OFFER, MissCause.IGNORED, "agent1")
