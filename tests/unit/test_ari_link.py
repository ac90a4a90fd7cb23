"""The link between the dispatcher and one Asterisk: what it tells of connections that come and go, and of phones."""

from app.acd.facts import CallConnected, OfferStarted
from app.acd.model import OfferOutcome, UnavailableReason
from app.calls.events import AsteriskAway, AsteriskSeen
from app.calls.facts import CallEnded
from tests.support.switchboards import AGENTS, PHONES, SERVICE
from tests.support.twin_hotline import TwinHotline, twin_hotline
from tests.support.until import until

ANN = AGENTS[0]


def count(hotline: TwinHotline, kind: type) -> int:
    """How many such events were dispatched."""
    return sum(isinstance(event, kind) for event in hotline.events)


async def test_a_lost_connection_is_told_once_and_calls_go_on_when_it_is_back() -> None:
    async with twin_hotline() as hotline:
        await hotline.server.stop()
        await until(lambda: count(hotline, AsteriskAway), "nobody says so")
        assert hotline.board.engine.is_suspended
        hotline.twin.call(SERVICE)
        await hotline.log_in(ANN)
        assert not any(isinstance(fact, OfferStarted) for fact in hotline.facts)
        await hotline.server.start()
        await hotline.until_fact(CallConnected)
        assert (count(hotline, AsteriskAway), count(hotline, AsteriskSeen)) == (1, 2)


async def test_a_call_of_another_application_is_none_of_ours() -> None:
    """On an Asterisk that somebody else runs there may be others. Nobody is hung up on because we connect."""
    async with twin_hotline() as hotline:
        await hotline.server.stop()
        theirs = hotline.twin.call(SERVICE)
        for timer in theirs.timers:
            timer.cancel()
        theirs.is_in_stasis, theirs.arguments = True, ("theirs", "menu", SERVICE)
        await hotline.server.start()
        await until(lambda: count(hotline, AsteriskSeen) > 1, "not connected again")
        assert not hotline.board.calls
        assert not theirs.has_ended


async def test_a_phone_that_a_reload_takes_away_is_unreachable_and_back_when_it_is_back() -> None:
    """Its agent is offered no call, and is not blamed for missing any."""
    async with twin_hotline() as hotline:
        await hotline.log_in(ANN)
        hotline.link.watch(PHONES[1:])
        assert hotline.reason(ANN) is UnavailableReason.DEVICE_UNREACHABLE
        hotline.link.watch(PHONES)
        await hotline.link.meet_new_phones()
        await until(lambda: hotline.reason(ANN) is None, "the phone stays unreachable")


async def test_a_phone_that_a_reload_gives_back_while_asterisk_is_away_is_met_at_the_next_connect() -> None:
    """Nothing went wrong, and nobody needs to reload once more."""
    async with twin_hotline() as hotline:
        await hotline.log_in(ANN)
        hotline.link.watch(PHONES[1:])
        await hotline.server.stop()
        await until(lambda: count(hotline, AsteriskAway), "nobody says so")
        hotline.link.watch(PHONES)
        await hotline.link.meet_new_phones()
        await hotline.server.start()
        await until(lambda: hotline.reason(ANN) is None, "the phone stays unreachable")


async def test_a_caller_who_is_gone_without_a_word_is_missed_at_the_first_join() -> None:
    """A refusal that nobody expected says that our picture is wrong. Otherwise agent after agent would answer for nobody."""
    async with twin_hotline() as hotline:
        caller = hotline.twin.call(SERVICE)
        await until(lambda: caller.has_moh, "no music")
        del hotline.twin.channels[caller.id]
        await hotline.log_in(ANN)
        await hotline.until_fact(CallEnded)
        assert hotline.outcomes() == [OfferOutcome.FAILED]
