"""Two simulated phones call each other over UDP on loopback, with sound."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.simulator.answering import Answer, Decline, PlayDead, RingForEver
from app.simulator.dialog import DialogState, EndedBy
from app.simulator.errors import MomentMissed, NoMedia, NotInTime
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from app.simulator.wire_log import Flow
from tests.support.until import until

Pair = tuple[Phone, Phone]


@pytest.fixture
async def phones() -> AsyncIterator[Pair]:
    """A caller and the phone that it reaches, each with a socket of its own."""
    async with Wire() as wire, Phone("bob", wire=wire) as bob, Phone("alice", server=wire.address) as alice:
        yield alice, bob


async def talk(phones: Pair) -> tuple[OutgoingDialog, IncomingDialog]:
    """The caller's call is answered: both sides of it."""
    alice, bob = phones
    bob.answering = Answer()
    there = await alice.call("bob")
    await there.until_answered()
    return there, await bob.next_call()


async def test_both_parties_hear_each_others_tone(phones: Pair) -> None:
    """Sound flows both ways once a call is answered."""
    there, here = await talk(phones)
    there.play(600)
    here.play(1000)
    await there.hears(1000)
    await here.hears(600)


async def test_the_caller_learns_of_ringing_and_then_of_the_answer(phones: Pair) -> None:
    """Ringing comes before the answer, and both moments are kept."""
    alice, bob = phones
    bob.answering = Answer(after=timedelta(milliseconds=50))
    there = await alice.call("bob")
    await there.until_ringing()
    assert there.state is DialogState.RINGING
    await there.until_answered()
    assert there.ringing_at is not None
    assert there.answered_at is not None
    assert there.answered_at - there.ringing_at >= 0.045


async def test_a_phone_that_answers_without_ringing_misses_the_ringing(phones: Pair) -> None:
    """Who waits for a ringing that can no longer come is told so at once."""
    alice, bob = phones
    bob.answering = Answer(rings=False)
    there = await alice.call("bob")
    with pytest.raises(MomentMissed, match="expected the call to be ringing, but it is ANSWERED"):
        await there.until_ringing()


async def test_the_called_phone_shows_the_callers_number(phones: Pair) -> None:
    """The number in From is what the display shows."""
    alice, bob = phones
    await alice.call("bob", caller_number="13800001111")
    here = await bob.next_call()
    assert here.caller_number == "13800001111"


async def test_a_header_of_ones_own_reaches_the_called_phone(phones: Pair) -> None:
    """What `call` is given as headers stands in the INVITE."""
    alice, bob = phones
    await alice.call("bob", headers=[("X-Call-Ref", "ref-42")])
    here = await bob.next_call()
    assert here.invite.headers["X-Call-Ref"] == "ref-42"


async def test_the_party_that_hangs_up_is_known_on_both_sides(phones: Pair) -> None:
    """A BYE ends the call by *us* here and by *them* there, with its cause."""
    there, here = await talk(phones)
    there.hang_up("Q.850;cause=16")
    await here.until_ended()
    assert (there.ended_by, here.ended_by, here.cause) == (EndedBy.US, EndedBy.THEM, 16)


async def test_the_called_party_can_hang_up(phones: Pair) -> None:
    """An answer policy may end the call by itself."""
    alice, bob = phones
    bob.answering = Answer(hang_up_after=timedelta(milliseconds=20))
    there = await alice.call("bob")
    await there.until_ended()
    assert there.ended_by is EndedBy.THEM
    assert there.answered_at is not None


async def test_a_caller_that_gives_up_ends_the_ringing(phones: Pair) -> None:
    """A CANCEL ends both sides; the INVITE gets its 487."""
    alice, bob = phones
    there = await alice.call("bob")
    await there.until_ringing()
    here = await bob.next_call()
    there.hang_up('SIP;cause=200;text="Call completed elsewhere"')
    await there.until_ended()
    await here.until_ended()
    assert (there.ended_by, there.status) == (EndedBy.US, 487)
    assert here.ended_by is EndedBy.THEM
    assert here.reasons[0].text == "Call completed elsewhere"


async def test_a_caller_that_gives_up_at_once_cancels_after_the_first_response(phones: Pair) -> None:
    """No CANCEL goes out before the called side said anything (RFC 3261 9.1)."""
    alice, bob = phones
    there = await alice.call("bob")
    there.hang_up()
    await there.until_ended()
    first = alice.wire.log.every(status=180, flow=Flow.RECEIVED)[0]
    cancel = alice.wire.log.every(method="CANCEL")[0]
    assert cancel.at >= first.at
    assert bob.dialogs == ()


@pytest.mark.parametrize("status", [404, 480, 486, 503, 600, 603])
async def test_a_declined_call_ends_with_the_status_of_the_refusal(phones: Pair, status: int) -> None:
    """Every refusal reaches the caller as it was said."""
    alice, bob = phones
    bob.answering = Decline(status=status)
    there = await alice.call("bob")
    with pytest.raises(MomentMissed) as missed:
        await there.until_answered()
    assert missed.value.status == status
    assert there.ended_by is EndedBy.THEM


async def test_a_phone_on_hold_hears_nothing_until_it_is_taken_back(phones: Pair) -> None:
    """Hold stops the sound of the held party; unhold brings both back."""
    there, here = await talk(phones)
    there.play(600)
    here.play(1000)
    await there.hears(1000)
    await there.hold()
    held_before = here.is_held_by_them
    await there.stops_hearing(1000)
    await there.unhold()
    assert (held_before, here.is_held_by_them) == (True, False)
    await there.hears(1000)
    await here.hears(600)


async def test_a_phone_that_vanished_says_nothing_more(phones: Pair) -> None:
    """No BYE, no sound, no answer: the other side is left alone."""
    alice, bob = phones
    there, here = await talk(phones)
    there.play(600)
    await here.hears(600)
    alice.vanish()
    await here.stops_hearing(600)
    sent_before = len(alice.wire.log.every(flow=Flow.SENT))
    here.hang_up()
    await until(
        lambda: len(bob.wire.log.every(method="BYE", flow=Flow.SENT)) == 2, "the unheard BYE is repeated"
    )
    assert len(alice.wire.log.every(flow=Flow.SENT)) == sent_before
    assert there.ended_by is EndedBy.NOBODY


async def test_a_phone_that_came_back_can_call_again(phones: Pair) -> None:
    """After a power cut the phone works, without its old calls."""
    alice, bob = phones
    bob.answering = Answer()
    alice.vanish()
    alice.reappear()
    there = await alice.call("bob")
    await there.until_answered()


async def test_a_phone_that_plays_dead_never_rings(phones: Pair) -> None:
    """The INVITE is repeated by the caller, and nothing comes back."""
    alice, bob = phones
    bob.answering = PlayDead()
    there = await alice.call("bob")
    with pytest.raises(NotInTime, match=r"expected the call to be ringing within 0\.7 s, but it is CALLING"):
        await there.until_ringing(within=0.7)
    assert len(alice.wire.log.every(method="INVITE")) == 2


async def test_an_answer_with_a_broken_description_still_answers(phones: Pair) -> None:
    """Garbage in the 200 leaves the caller in a call without sound."""
    alice, bob = phones
    bob.answering = Answer(description=b"garbage")
    there = await alice.call("bob")
    await there.until_answered()
    with pytest.raises(NotInTime, match=r"no RTP came|sound came"):
        await there.hears(1000, within=0.1)


async def test_a_number_that_nobody_has_is_refused_with_404(phones: Pair) -> None:
    """The wire itself refuses calls for phones it does not know."""
    alice, _ = phones
    there = await alice.call("carol")
    await there.until_ended()
    assert there.status == 404


async def test_a_phone_answers_by_hand(phones: Pair) -> None:
    """A test can ring and answer when it likes."""
    alice, bob = phones
    bob.answering = RingForEver()
    there = await alice.call("bob")
    here = await bob.next_call()
    here.answer()
    await there.until_answered()


async def test_an_answer_is_chosen_for_each_call(phones: Pair) -> None:
    """A function as answering sees the call before it decides."""
    alice, bob = phones
    bob.answering = lambda call: Decline(status=603) if call.caller_number == "spam" else Answer()
    unwanted = await alice.call("bob", caller_number="spam")
    wanted = await alice.call("bob", caller_number="friend")
    await unwanted.until_ended()
    await wanted.until_answered()
    assert unwanted.status == 603


async def test_phones_share_a_socket() -> None:
    """Two phones on one wire can call each other."""
    async with Wire() as wire:
        bob = Phone("bob", wire=wire, answering=Answer())
        alice = Phone("alice", server=wire.address, wire=wire)
        await bob.open()
        await alice.open()
        there = await alice.call("bob")
        await there.until_answered()
        here = await bob.next_call()
        here.play(1000)
        await there.hears(1000)


async def test_a_phone_without_media_calls_and_says_that_it_has_no_sound() -> None:
    """Without sound the call itself works."""
    async with Wire() as wire:
        bob = Phone("bob", wire=wire, answering=Answer(), media=False)
        alice = Phone("alice", server=wire.address, wire=wire, media=False)
        await bob.open()
        await alice.open()
        there = await alice.call("bob")
        await there.until_answered()
        with pytest.raises(NoMedia):
            there.play(600)


async def test_one_call_can_vanish_while_the_phone_goes_on(phones: Pair) -> None:
    """A caller drops out without BYE; another call of the same phone is not touched."""
    alice, bob = phones
    bob.answering = Answer()
    lost = await alice.call("bob", caller_number="1")
    kept = await alice.call("bob", caller_number="2")
    await lost.until_answered()
    await kept.until_answered()
    here = await bob.next_call()
    lost.vanish()
    here.hang_up()
    kept.hang_up()
    await kept.until_ended()
    await until(
        lambda: len(bob.wire.log.every(method="BYE", flow=Flow.SENT)) == 2, "the unheard BYE is repeated"
    )
    assert not alice.wire.log.every(method="BYE", status=200, flow=Flow.SENT)
    assert alice.wire.log.every(method="BYE", status=200, flow=Flow.RECEIVED)


async def test_an_offer_that_cannot_be_read_is_declined(phones: Pair) -> None:
    """Garbage as description: 488, and nobody hangs."""
    alice, bob = phones
    bob.answering = Answer()
    there = await alice.call("bob", description=b"garbage")
    await there.until_ended()
    assert there.status == 488
