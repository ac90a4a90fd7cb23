"""Asterisk's events in call control's words: each row of the measured table of who hung up, and the phones' states."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.acd.events import DeviceChanged
from app.acd.model import DeviceState
from app.ari import messages as ari
from app.ari.devices import DeviceWatch
from app.ari.registry import Registry
from app.ari.snapshots import Bridge, CallerId, Channel, Endpoint
from app.ari.translate import Translator, caller_arrived
from app.calls.events import (
    Event,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegRinging,
    PhoneDialled,
    TransferRequested,
)
from app.calls.hangup import LegEnd
from app.ids import BridgeId, CallId, DeviceId, LegId

LEG = LegId("leg")
PHONE = DeviceId("phone1")
STAMP = "2026-11-21T12:00:00.000+0000"


class Ear:
    """A translator that knows one leg, and the phones it watches."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.devices = DeviceWatch(self.registry)
        self.devices.watch([PHONE])
        self._translator = Translator(self.registry, self.devices, is_leg=lambda leg_id: leg_id == LEG)

    def hear(self, *told: ari.Event) -> list[Event]:
        """What these events mean, in order."""
        return [ours for event in told for ours in self._translator.translate(event)]


@pytest.fixture
def ear() -> Ear:
    return Ear()


def channel(channel_id: str = LEG, *, state: str = "Up", **variables: str) -> Channel:
    """A snapshot."""
    return Channel(channel_id, "PJSIP/phone1-1", state, STAMP, channelvars=variables)


def told(kind: Any, **fields: Any) -> Any:
    """An event of Asterisk's."""
    return kind(timestamp=STAMP, **fields)


def hang_up_request(*, soft: bool = False, cause: int = 0, tech_cause: int = 0) -> Any:
    """Somebody wants the channel to end."""
    return told(ari.ChannelHangupRequest, channel=channel(), soft=soft, cause=cause, tech_cause=tech_cause)


def destroyed(*, cause: int, tech_cause: int = 0, after: float = 0) -> Any:
    """The channel is gone, so many seconds after it came to be."""
    at = (datetime.fromisoformat(STAMP) + timedelta(seconds=after)).isoformat()
    return ari.ChannelDestroyed(timestamp=at, channel=channel(), cause=cause, tech_cause=tech_cause)


def left() -> Any:
    """The channel left our application."""
    return told(ari.StasisEnd, channel=channel())


@pytest.mark.parametrize(
    ("requests", "gone", "expected"),
    [
        ([hang_up_request(tech_cause=486)], destroyed(cause=17, tech_cause=486), (LegEnd.BY_PHONE, 17, 486)),
        ([hang_up_request(tech_cause=603)], destroyed(cause=21, tech_cause=603), (LegEnd.BY_PHONE, 21, 603)),
        ([hang_up_request()], destroyed(cause=16), (LegEnd.BY_PHONE, 16, None)),
        ([], destroyed(cause=19, tech_cause=480, after=1), (LegEnd.BY_TIMER, 19, 480)),
        ([], destroyed(cause=17, tech_cause=486, after=0.02), (LegEnd.BY_PHONE, 17, 486)),
        ([], destroyed(cause=19, tech_cause=480, after=0.02), (LegEnd.BY_PHONE, 19, 480)),
        ([], destroyed(cause=20, after=0.02), (LegEnd.BY_TIMER, 20, None)),
        ([], destroyed(cause=34, tech_cause=503, after=0.02), (LegEnd.BY_TIMER, 34, 503)),
        ([hang_up_request(soft=True, cause=32)], destroyed(cause=26), (LegEnd.BY_US, 26, None)),
        ([hang_up_request(soft=True, cause=1)], destroyed(cause=44), (LegEnd.BY_NETWORK, 44, None)),
        (
            [hang_up_request(), hang_up_request(soft=True, cause=32)],
            destroyed(cause=16),
            (LegEnd.BY_PHONE, 16, None),
        ),
    ],
    ids=[
        "busy",
        "declined",
        "hung up",
        "rang out",
        "busy at once",
        "unavailable at once",
        "no phone",
        "no way",
        "deleted",
        "silent",
        "the phone was first",
    ],
)
def test_a_legs_end_tells_who_ended_it(
    ear: Ear, requests: list[ari.Event], gone: ari.Event, expected: tuple[LegEnd, int, int | None]
) -> None:
    assert ear.hear(*requests, gone) == [LegEnded(LEG, *expected)]


@pytest.mark.parametrize(("timestamp", "created"), [("", STAMP), ("noon", STAMP), (STAMP, "")])
def test_a_refusal_with_a_time_stamp_that_is_none_ends_its_leg_and_nothing_else(
    ear: Ear, timestamp: str, created: str
) -> None:
    """How old the channel was is not known: it counts as one that rang out."""
    phones = Channel(LEG, "PJSIP/phone1-1", "Down", created)
    gone = ari.ChannelDestroyed(timestamp=timestamp, channel=phones, cause=17, tech_cause=486)
    assert ear.hear(gone) == [LegEnded(LEG, LegEnd.BY_TIMER, 17, 486)]


def test_a_caller_ends_by_leaving_the_application(ear: Ear) -> None:
    """Nothing else comes from a caller."""
    assert ear.hear(hang_up_request(cause=127, tech_cause=487), left()) == [
        LegEnded(LEG, LegEnd.BY_PHONE, 127, 487)
    ]


def test_a_caller_who_is_gone_before_asterisk_tells_of_hang_ups_ended_unseen(ear: Ear) -> None:
    """The application hears of a hang-up from the moment on at which it has the channel."""
    assert ear.hear(left()) == [LegEnded(LEG, LegEnd.UNSEEN, 16)]


def test_news_of_a_channel_that_is_no_leg_are_not_passed_on(ear: Ear) -> None:
    other = channel("other")
    assert not ear.hear(
        told(ari.ChannelStateChange, channel=channel("other", state="Ringing")),
        told(ari.ChannelHold, channel=other),
        told(ari.StasisEnd, channel=other),
    )


def test_a_channel_that_begins_to_ring_is_a_leg_that_rings(ear: Ear) -> None:
    changed = [told(ari.ChannelStateChange, channel=channel(state=state)) for state in ("Ringing", "Up")]
    assert ear.hear(*changed) == [LegRinging(LEG)]


def test_a_leg_that_comes_from_the_dialplan_was_answered_even_if_nobody_knows_it(ear: Ear) -> None:
    """Call control hangs it up then."""
    assert ear.hear(told(ari.StasisStart, channel=channel("stray"), args=["leg", "stray"])) == [
        LegAnswered(LegId("stray"))
    ]


def test_a_leg_that_waited_for_a_controller_was_answered_when_the_dialplan_says(ear: Ear) -> None:
    waited = told(ari.StasisStart, channel=channel(), args=["leg", LEG, "1700000000123"])
    assert ear.hear(waited) == [LegAnswered(LEG, datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC))]


def test_entering_a_bridge_is_told_with_the_bridge(ear: Ear) -> None:
    entered = told(ari.ChannelEnteredBridge, channel=channel(), bridge=Bridge("b"))
    assert ear.hear(entered) == [LegJoined(LEG, BridgeId("b"))]


def test_the_transfer_key_is_told_of_the_leg_it_was_pressed_on(ear: Ear) -> None:
    pressed = told(ari.ChannelTransfer, referred_by=ari.ReferredBy(channel()))
    other = told(ari.ChannelTransfer, referred_by=ari.ReferredBy(channel("other")))
    assert ear.hear(pressed, other) == [TransferRequested(LEG)]


# --- phones --------------------------------------------------------------------------------------------------------


def phone_is(state: str, *channel_ids: str) -> Any:
    """What Asterisk tells of the phone."""
    endpoint = Endpoint("PJSIP", PHONE, state, list(channel_ids))
    return told(ari.EndpointStateChange, endpoint=endpoint)


@pytest.mark.parametrize(
    ("state", "channels", "expected"),
    [
        ("online", [], DeviceState.REACHABLE),
        ("online", ["ours"], DeviceState.REACHABLE),
        ("online", ["ours", "strange"], DeviceState.BUSY_ELSEWHERE),
        ("offline", [], DeviceState.UNREACHABLE),
        ("unknown", ["ours"], DeviceState.UNREACHABLE),
    ],
)
def test_a_phone_is_what_its_registration_and_its_channels_make_it(
    ear: Ear, state: str, channels: list[str], expected: DeviceState
) -> None:
    ear.registry.add("ours")
    assert ear.hear(phone_is(state, *channels)) == [DeviceChanged(PHONE, expected)]


def test_only_changes_of_a_phone_are_told(ear: Ear) -> None:
    assert len(ear.hear(phone_is("online"), phone_is("online"), phone_is("offline"))) == 2


def test_a_phone_that_dials_is_busy_elsewhere_until_the_call_turns_out_to_be_ours(ear: Ear) -> None:
    dials = told(
        ari.StasisStart, channel=channel("new", state="Ring", TR_DEVICE=PHONE), args=["phone", "102"]
    )
    assert ear.hear(phone_is("online", "new"), dials) == [
        DeviceChanged(PHONE, DeviceState.BUSY_ELSEWHERE),
        PhoneDialled(CallId("new"), PHONE, "102"),
        DeviceChanged(PHONE, DeviceState.REACHABLE),
    ]


def test_a_phone_of_which_nothing_was_heard_is_unreachable_once(ear: Ear) -> None:
    """Asterisk does not know it, or not yet."""
    assert ear.devices.miss() == [DeviceChanged(PHONE, DeviceState.UNREACHABLE)]
    assert not ear.devices.miss()
    assert ear.hear(phone_is("online")) == [DeviceChanged(PHONE, DeviceState.REACHABLE)]


def test_what_was_begun_after_the_question_stays_ours() -> None:
    """The lists do not have it yet."""
    registry = Registry()
    registry.add("old")
    known = registry.ids
    registry.add("new")
    registry.replace(known, {"seen"})
    assert registry.ids == {"new", "seen"}


def test_a_caller_cannot_steer_a_terminal_or_turn_a_line_around() -> None:
    """Number and name come from a stranger; what can be read of them stays."""
    shown = msgspec.structs.replace(
        channel(), caller=CallerId(name="\u202e<b>王芳\x1b[2J\x00\u200f", number="139\x1b[2J\n")
    )
    arrived = caller_arrived(shown, "4001")
    assert (arrived.name, arrived.number) == ("<b>王芳[2J", "139[2J")
