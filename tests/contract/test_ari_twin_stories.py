"""The same stories, told to the twin and to the real Asterisk, go the same way: events by party, and answers to requests."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from difflib import ndiff

import pytest

from app.ari.request import Request
from app.ari.requests import applications, bridges, channels, playbacks
from app.ari.requests.channels import HangUpReason
from app.ari.snapshots import Channel
from app.asterisk.process import Asterisk
from app.simulator.answering import Answer, Decline, PlayDead, RingForEver
from tests.support.twin_floors import BRIDGE, DEVICE, LEG, Floor, Tale, real_floor, twin_floor

pytestmark = pytest.mark.integration

Story = Callable[[Floor], Awaitable[None]]

_SHORTLY = timedelta(milliseconds=50)
_RINGING = "ChannelStateChange Ringing"


async def a_caller_arrives_and_gives_up(floor: Floor) -> None:
    """Rings, unanswered; the caller cancels."""
    await _caller_arrives(floor)
    floor.people.caller_hangs_up()
    await floor.until("caller", "StasisEnd Ring")


async def a_caller_hears_music_and_an_announcement(floor: Floor) -> None:
    """Answered, music, a playback that is stopped, one that is missing; the caller hangs up."""
    await _caller_arrives(floor)
    caller = floor.recorder.caller_id
    await floor.ask(channels.answer(caller), channels.start_moh(caller))
    await floor.ask(channels.play(caller, "pb-1", media=["tone:ring"]), channels.start_moh(caller))
    await floor.until("playback", "PlaybackStarted playing")
    await floor.ask(playbacks.show("pb-1"), playbacks.stop("pb-1"))
    await floor.until("playback", "PlaybackFinished done")
    await floor.until_refused(playbacks.show("pb-1"))
    await floor.ask(playbacks.stop("pb-1"))
    floor.people.caller_hangs_up()
    await floor.until("caller", "StasisEnd Up")


async def an_agent_answers_and_the_agent_hangs_up(floor: Floor) -> None:
    """The whole way, ended by the agent's phone."""
    await _talk(floor)
    floor.people.agent_hangs_up()
    await floor.until("leg", "StasisEnd Up")


async def an_agent_answers_and_the_caller_hangs_up(floor: Floor) -> None:
    """The whole way, ended by the caller; we hang up the agent's leg."""
    await _talk(floor)
    floor.people.caller_hangs_up()
    await floor.until("caller", "StasisEnd Up")
    await floor.ask(channels.hang_up(LEG))
    await floor.until("leg", "StasisEnd Up")


async def a_caller_who_waits_with_music_is_connected(floor: Floor) -> None:
    """Answered early, with music that ends before the bridge."""
    await _caller_arrives(floor)
    caller = floor.recorder.caller_id
    await floor.ask(channels.answer(caller), channels.start_moh(caller))
    floor.people.agent_behaves(Answer(after=_SHORTLY))
    await floor.ask(_ring_agent(), bridges.create(BRIDGE, name="call"))
    await floor.until("leg", "StasisStart leg")
    await floor.ask(channels.stop_moh(caller), bridges.add_channels(BRIDGE, [caller, LEG]))
    await floor.until("leg", "ChannelEnteredBridge Up")
    await floor.ask(channels.hang_up(LEG), channels.hang_up(caller))
    await floor.until("leg", "StasisEnd Up")
    await floor.until("caller", "StasisEnd Up")
    await floor.ask(bridges.destroy(BRIDGE))
    await floor.until("bridge", "BridgeDestroyed")
    await floor.until_refused(bridges.show(BRIDGE))
    await floor.ask(bridges.destroy(BRIDGE))


async def an_agent_declines_as_busy(floor: Floor) -> None:
    """486."""
    await _agent_declines(floor, Decline(status=486, after=_SHORTLY, rings=True))


async def an_agent_declines_for_good(floor: Floor) -> None:
    """603."""
    await _agent_declines(floor, Decline(status=603, after=_SHORTLY, rings=True))


async def an_agents_phone_refuses_without_ringing(floor: Floor) -> None:
    """480 at once."""
    await _agent_declines(floor, Decline(status=480))


async def an_agent_does_not_answer(floor: Floor) -> None:
    """Asterisk's own time-out ends the leg."""
    await _rings_out(floor, RingForEver())


async def an_agents_phone_is_dead(floor: Floor) -> None:
    """Never a sign of it; Asterisk's own time-out ends the leg."""
    await _rings_out(floor, PlayDead())


async def an_agents_phone_is_not_registered(floor: Floor) -> None:
    """No leg is made."""
    await _caller_arrives(floor)
    await floor.people.agent_leaves()
    await floor.ask(_ring_agent())


async def an_offer_is_withdrawn(floor: Floor) -> None:
    """We hang up the ringing leg: answered elsewhere. Twice, as may happen."""
    await _caller_arrives(floor)
    await _ring(floor)
    await floor.ask(channels.hang_up(LEG, reason=HangUpReason.ANSWERED_ELSEWHERE))


async def the_caller_cancels_while_the_agent_rings(floor: Floor) -> None:
    """The leg goes on ringing until we end it."""
    await _caller_arrives(floor)
    await _ring(floor)
    floor.people.caller_hangs_up()
    await floor.until("caller", "StasisEnd Ring")
    await floor.ask(channels.show(LEG), channels.hang_up(LEG))


async def both_hang_up_at_once(floor: Floor) -> None:
    """Two phones, one moment."""
    await _talk(floor)
    floor.people.agent_hangs_up()
    floor.people.caller_hangs_up()
    await floor.until("leg", "StasisEnd Up")
    await floor.until("caller", "StasisEnd Up")
    await floor.ask(bridges.destroy(BRIDGE))


async def the_agent_cancels_before_the_bridge(floor: Floor) -> None:
    """The winner of an offer hangs up before we connect: joining is refused."""
    await _caller_arrives(floor)
    floor.people.agent_behaves(Answer(after=_SHORTLY, hang_up_after=None))
    await floor.ask(_ring_agent(), bridges.create(BRIDGE))
    await floor.until("leg", "StasisStart leg")
    floor.people.agent_hangs_up()
    await floor.until("leg", "StasisEnd Up")


async def a_call_is_handed_back_to_the_dialplan(floor: Floor) -> None:
    """Our dialplan hangs up."""
    await _caller_arrives(floor)
    await floor.ask(channels.answer(floor.recorder.caller_id))
    await floor.ask(channels.continue_in_dialplan(floor.recorder.caller_id))
    await floor.until_asterisk_has("nobody is left", lambda found: not found)


async def requests_about_what_is_not_there_are_refused(floor: Floor) -> None:
    """Each refusal has Asterisk's own status."""
    await _caller_arrives(floor)
    caller = floor.recorder.caller_id
    await _ring(floor)
    await floor.ask(
        _ring_agent(),
        channels.answer("none"),
        channels.hang_up("none"),
        channels.show("none"),
        channels.answer(LEG),
        channels.start_moh(LEG),
        channels.play(LEG, "pb-2", media=["tone:ring"]),
        playbacks.stop("none"),
        bridges.create(BRIDGE),
        bridges.create(BRIDGE),
        bridges.add_channels(BRIDGE, ["none"]),
        bridges.add_channels(BRIDGE, [LEG]),
        bridges.add_channels("none", [caller]),
        bridges.destroy(BRIDGE),
        applications.subscribe("thirdring", [applications.of_channel("none")]),
    )
    await floor.until_refused(bridges.show(BRIDGE))
    await floor.ask(bridges.destroy(BRIDGE))


async def an_agent_answers_while_the_controller_is_away(floor: Floor) -> None:
    """The leg waits in the dialplan and is ours as soon as the controller is back."""
    await _caller_arrives(floor)
    await _ring(floor)
    await floor.leave()
    await floor.people.agent_answers()
    await floor.until_asterisk_has("the leg is answered", lambda found: _has(found, LEG, "Up"))
    await floor.arrive()
    await floor.until("leg", "StasisStart leg")


async def a_caller_comes_while_the_controller_is_away(floor: Floor) -> None:
    """The dialplan keeps the caller and tries again."""
    await floor.leave()
    await floor.people.call()
    await floor.until_asterisk_has(
        "the caller waits", lambda found: any(c.dialplan.app_name == "Wait" for c in found)
    )
    await floor.arrive()
    await floor.until("caller", "StasisStart entry")
    await floor.ask(channels.ring(floor.recorder.caller_id))


async def a_caller_leaves_while_the_controller_is_away(floor: Floor) -> None:
    """Nothing tells it later: a reconcile must find out. The leg goes on ringing."""
    await _caller_arrives(floor)
    await _ring(floor)
    await floor.leave()
    floor.people.caller_hangs_up()
    await floor.until_asterisk_has("only the leg is left", lambda found: [c.id for c in found] == [LEG])
    await floor.arrive()
    await floor.ask(channels.show(LEG), bridges.show_all())


async def an_agent_calls_from_the_phone(floor: Floor) -> None:
    """What a phone dials is ours too."""
    await floor.people.agent_dials("4002")
    await floor.until("agent's call", "StasisStart phone")
    floor.people.agent_hangs_up()
    await floor.until("agent's call", "StasisEnd Ring")


STORIES: list[Story] = [
    a_caller_arrives_and_gives_up,
    a_caller_hears_music_and_an_announcement,
    an_agent_answers_and_the_agent_hangs_up,
    an_agent_answers_and_the_caller_hangs_up,
    a_caller_who_waits_with_music_is_connected,
    an_agent_declines_as_busy,
    an_agent_declines_for_good,
    an_agents_phone_refuses_without_ringing,
    an_agent_does_not_answer,
    an_agents_phone_is_dead,
    an_agents_phone_is_not_registered,
    an_offer_is_withdrawn,
    the_caller_cancels_while_the_agent_rings,
    both_hang_up_at_once,
    the_agent_cancels_before_the_bridge,
    a_call_is_handed_back_to_the_dialplan,
    requests_about_what_is_not_there_are_refused,
    an_agent_answers_while_the_controller_is_away,
    a_caller_comes_while_the_controller_is_away,
    a_caller_leaves_while_the_controller_is_away,
    an_agent_calls_from_the_phone,
]
SOURCES = {
    "devices": [applications.of_endpoint("PJSIP", DEVICE)],
    "technology": [applications.of_endpoint("PJSIP")],
}


@pytest.mark.parametrize("sources", ["devices", "technology"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_a_story_goes_the_same_way_on_the_twin_and_on_asterisk(
    asterisk: Asterisk, story: Story, sources: str
) -> None:
    """Each party's events, in order, and the status of each request are equal."""
    async with real_floor(asterisk, SOURCES[sources]) as floor:
        await story(floor)
        await floor.until_over()
        real = floor.tale()
    async with twin_floor(SOURCES[sources]) as floor:
        await story(floor)
        await floor.until_over()
        twin = floor.tale()
    assert _differences(twin, real) == []


def _has(found: list[Channel], channel_id: str, state: str) -> bool:
    return any(channel.id == channel_id and channel.state == state for channel in found)


def _differences(twin: Tale, real: Tale) -> list[str]:
    """Lines that only the twin has (-) or only Asterisk (+)."""
    return [
        f"{party}: {line}"
        for party in sorted(twin | real)
        for line in ndiff(twin.get(party, []), real.get(party, []))
        if line[0] in "-+"
    ]


async def _caller_arrives(floor: Floor) -> None:
    await floor.people.call()
    await floor.until("caller", "StasisStart entry")
    await floor.ask(channels.ring(floor.recorder.caller_id))


def _ring_agent(seconds: int = 5) -> Request:
    return channels.originate(
        LEG,
        endpoint=f"PJSIP/{DEVICE}",
        context="thirdring-leg",
        extension="leg",
        ring_timeout=timedelta(seconds=seconds),
        variables={"TR_LEG": LEG},
    )


async def _ring(floor: Floor) -> None:
    floor.people.agent_behaves(RingForEver())
    await floor.ask(_ring_agent())
    await floor.until("leg", _RINGING)


async def _talk(floor: Floor) -> None:
    await _caller_arrives(floor)
    floor.people.agent_behaves(Answer(after=_SHORTLY))
    caller = floor.recorder.caller_id
    await floor.ask(_ring_agent(), bridges.create(BRIDGE, name="call"))
    await floor.until("leg", "StasisStart leg")
    await floor.ask(channels.answer(caller), bridges.add_channels(BRIDGE, [caller, LEG]))
    await floor.until("leg", "ChannelEnteredBridge Up")


async def _agent_declines(floor: Floor, decline: Decline) -> None:
    await _caller_arrives(floor)
    floor.people.agent_behaves(decline)
    await floor.ask(_ring_agent())
    await floor.until_leg_destroyed()


async def _rings_out(floor: Floor, answering: RingForEver | PlayDead) -> None:
    await _caller_arrives(floor)
    floor.people.agent_behaves(answering)
    await floor.ask(_ring_agent(seconds=1))
    await floor.until_leg_destroyed()
