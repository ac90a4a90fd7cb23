"""Calls that their queue does not keep: full, closed, waited too long. Where they go, and what the caller is told."""

from pathlib import Path

import pytest

from app.acd.facts import CallLeft, OfferEnded
from app.acd.model import ExitReason, OfferOutcome
from app.calls.call import Phase
from app.calls.facts import CallEnded
from app.calls.hangup import HangUpParty
from app.simulator.answering import Answer, Decline
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.hotline_site import (
    CLOSED,
    CLOSED_TO_NUMBER,
    CLOSED_TO_QUEUE,
    IMPATIENT,
    IMPATIENT_HANG_UP,
    MESSAGE_HZ,
    SMALL,
    TO_MESSAGE,
    VOICEMAIL,
)
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

CALLER_HZ, HELPER_HZ = 600, 1000


async def test_a_full_queue_is_busy(hotline: Hotline) -> None:
    """One may wait; the second is told so at once, and the first waits on."""
    first = await hotline.call(SMALL)
    await first.until_answered()
    second = await hotline.call(SMALL)
    await second.until_ended()
    assert second.status == 486
    assert (await hotline.fact(CallLeft)).reason is ExitReason.JOIN_FULL
    await first.hears(MUSIC_HZ)


async def test_a_closed_queue_without_another_way_is_busy(hotline: Hotline) -> None:
    there = await hotline.call(CLOSED)
    await there.until_ended()
    assert there.status == 486
    assert (await hotline.fact(CallLeft)).reason is ExitReason.CLOSED
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


async def test_a_closed_queue_can_send_its_callers_to_a_phone(hotline: Hotline) -> None:
    helper = await hotline.phone("phone4")
    there = await hotline.call(CLOSED_TO_NUMBER)
    here = await helper.next_call()
    await there.until_ringing()
    here.answer()
    await there.until_answered()
    there.play(CALLER_HZ)
    here.play(HELPER_HZ)
    await there.hears(HELPER_HZ)
    await here.hears(CALLER_HZ)
    assert here.caller_number in there.invite.headers["From"]
    here.hang_up()
    await there.until_ended()
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLEE


async def test_a_closed_queue_can_send_its_callers_to_another_queue(hotline: Hotline) -> None:
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(CLOSED_TO_QUEUE)
    here = await agent.next_call()
    here.play(HELPER_HZ)
    await there.hears(HELPER_HZ)
    assert here.caller_name == "Service"


async def test_a_message_is_played_to_its_end_and_then_the_call_ends(hotline: Hotline) -> None:
    there = await hotline.call(TO_MESSAGE)
    heard = await there.hears(MESSAGE_HZ)
    await there.until_ended()
    assert there.ended_at is not None
    assert there.ended_at - heard > 0.45
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


async def test_a_closed_queue_can_take_a_message_that_is_there_to_be_heard(hotline: Hotline) -> None:
    there = await hotline.call(VOICEMAIL)
    await there.until_answered()
    there.play(CALLER_HZ)
    assert hotline.thirdring.asterisk is not None
    box = hotline.thirdring.asterisk.layout.spool / "voicemail" / "night"
    await until(lambda: recorded_seconds(box) > 1.5, "nothing is recorded")
    there.hang_up()
    await until(lambda: len(list(box.glob("*.wav"))) == 1, "the message is gone")
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


def recorded_seconds(box: Path) -> float:
    """The length of the one message in the box, 8 kHz at 16 bit; 0 while there is none."""
    return sum(path.stat().st_size for path in box.glob("*.wav")) / 16_000


async def test_a_caller_who_waited_too_long_is_sent_to_a_phone_and_keeps_the_music_until_it_answers(
    hotline: Hotline,
) -> None:
    helper = await hotline.phone("phone4")
    there = await hotline.call(IMPATIENT)
    here = await helper.next_call()
    await there.hears(MUSIC_HZ)
    here.answer()
    here.play(HELPER_HZ)
    await there.hears(HELPER_HZ)
    await there.stops_hearing(MUSIC_HZ)
    assert (await hotline.fact(CallLeft)).reason is ExitReason.TIMEOUT


async def test_a_caller_who_waited_too_long_while_a_phone_rang_leaves_it_in_peace(hotline: Hotline) -> None:
    agent = await hotline.agent(1)
    helper = await hotline.phone("phone4", Answer())
    await hotline.call(IMPATIENT)
    here = await agent.next_call()
    await here.until_ended()
    await helper.next_call()
    assert (await hotline.fact(OfferEnded)).outcome is OfferOutcome.WITHDRAWN


async def test_a_caller_who_waited_too_long_hears_the_end_where_there_is_no_other_way(
    hotline: Hotline,
) -> None:
    there = await hotline.call(IMPATIENT_HANG_UP)
    await there.until_answered()
    await there.until_ended()
    assert (await hotline.fact(CallLeft)).reason is ExitReason.TIMEOUT
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.SYSTEM


async def test_a_caller_is_told_when_the_phone_that_should_help_is_busy(hotline: Hotline) -> None:
    await hotline.phone("phone4", Decline(status=486))
    there = await hotline.call(CLOSED_TO_NUMBER)
    await there.until_ended()
    assert there.status == 486


async def test_a_caller_is_told_when_the_phone_that_should_help_is_not_there(hotline: Hotline) -> None:
    there = await hotline.call(CLOSED_TO_NUMBER)
    await there.until_ended()
    assert there.status in {480, 503}


async def test_a_diverted_caller_who_hangs_up_stops_the_ringing(hotline: Hotline) -> None:
    helper = await hotline.phone("phone4")
    there = await hotline.call(CLOSED_TO_NUMBER)
    here = await helper.next_call()
    await there.until_ringing()
    there.hang_up()
    await here.until_ended()
    assert hotline.in_phase(Phase.DIVERTED) == 0
    assert (await hotline.fact(CallEnded)).ended_by is HangUpParty.CALLER
