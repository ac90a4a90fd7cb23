"""What is written down: every moment in milliseconds, in order, as it was on the wire; and the record replays to the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from app.acd.facts import CallConnected, CallQueued, OfferEnded, OfferRang, OfferStarted
from app.calls.call import LegRole
from app.calls.facts import CallEnded, CallStarted, LegFinished, LegStarted
from app.runtime.recovery import first_difference
from app.simulator.dialog import Dialog
from app.simulator.wire_log import Flow
from tests.support.hotline_site import ON_CONNECT, SERVICE
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

TOLERANCE = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class Moments:
    """One call's moments, by their names."""

    arrived: datetime
    offered: datetime
    rang: datetime
    answered: datetime
    bridged: datetime
    ended: datetime


async def moments(hotline: Hotline) -> Moments:
    """What was written down about the only call."""
    connected = await hotline.fact(CallConnected)
    return Moments(
        arrived=(await hotline.fact(CallStarted)).arrived_at,
        offered=(await hotline.fact(OfferStarted)).at,
        rang=(await hotline.fact(OfferRang)).at,
        answered=connected.answered_at,
        bridged=connected.at,
        ended=(await hotline.fact(CallEnded)).at,
    )


def on_wire(
    hotline: Hotline, dialog: Dialog, method: str, *, flow: Flow, status: int | None = None
) -> datetime:
    """When the first such message of this call was on the wire."""
    entry, *_ = hotline.wire.log.every(method=method, status=status, flow=flow, call_id=dialog.call_id)
    return entry.wall


@pytest.mark.parametrize("entry", [SERVICE, ON_CONNECT])
async def test_every_moment_of_a_call_is_written_down_in_order_and_as_it_was_on_the_wire(
    hotline: Hotline, entry: str
) -> None:
    agent = await hotline.agent(1)
    there = await hotline.call(entry)
    here = await agent.next_call()
    await here.until_ringing()
    await until(lambda: hotline.told(OfferRang), "no ringing was written down")
    here.answer()
    await hotline.until_talking()
    there.hang_up()
    await here.until_ended()
    told = await moments(hotline)

    in_order = [told.arrived, told.offered, told.rang, told.answered, told.bridged, told.ended]
    assert in_order == sorted(in_order)
    wire = {
        "arrived": on_wire(hotline, there, "INVITE", flow=Flow.SENT),
        "offered": on_wire(hotline, here, "INVITE", flow=Flow.RECEIVED),
        "rang": on_wire(hotline, here, "INVITE", flow=Flow.SENT, status=180),
        "answered": on_wire(hotline, here, "INVITE", flow=Flow.SENT, status=200),
        "ended": on_wire(hotline, there, "BYE", flow=Flow.SENT),
    }
    apart = {name: getattr(told, name) - at for name, at in wire.items()}
    print({name: f"{gap / timedelta(milliseconds=1):.1f} ms" for name, gap in apart.items()})  # noqa: T201 - the figures are the result
    assert all(abs(gap) < TOLERANCE for gap in apart.values()), apart


async def test_the_legs_of_a_call_are_written_down_with_their_moments(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    there = await hotline.call(SERVICE)
    here = await agent.next_call()
    await here.until_ringing()
    await until(lambda: hotline.told(OfferRang), "no ringing was written down")
    here.answer()
    await hotline.until_talking()
    there.hang_up()
    started = await hotline.fact(LegStarted, role=LegRole.AGENT)
    leg = await hotline.fact(LegFinished, leg_id=started.leg_id)
    assert (started.device_id, started.agent_id) == ("phone1", "agent1")
    assert leg.ringing_at is not None
    assert leg.answered_at is not None
    assert leg.joined_at is not None
    assert started.at <= leg.ringing_at <= leg.answered_at <= leg.joined_at <= leg.at


async def test_a_call_that_goes_to_a_second_agent_keeps_its_arrival(hotline: Hotline) -> None:
    """The wait is counted from the caller's arrival, not from the offer that succeeded."""
    first = await hotline.agent(1)
    await hotline.agent(2)
    await hotline.call(SERVICE)
    (await first.next_call()).decline(603)
    await until(lambda: len(hotline.told(OfferStarted)) == 2, "no second offer")
    queued = await hotline.fact(CallQueued)
    assert queued.enqueued_at == (await hotline.fact(CallStarted)).arrived_at
    assert (await hotline.fact(OfferEnded)).at <= hotline.told(OfferStarted)[1].at


async def test_the_whole_record_replays_to_the_same_outcomes(hotline: Hotline) -> None:
    """Everything that this service has been told so far, handled again by a new switchboard."""
    agent = await hotline.agent(1)
    there = await hotline.call(SERVICE)
    here = await agent.next_call()
    here.answer()
    await hotline.until_talking()
    there.hang_up()
    await here.until_ended()
    await hotline.fact(CallEnded)
    assert await first_difference(hotline.thirdring.journal) is None
