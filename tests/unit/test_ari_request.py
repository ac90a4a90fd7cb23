"""Requests are values that say exactly what Asterisk is to be asked."""

from datetime import timedelta

import pytest

from app.ari.request import Request, path
from app.ari.requests import applications, bridges, channels, playbacks
from app.ari.requests.channels import HangUpReason


def originate(ring_timeout: timedelta, *, caller_id: str = "") -> Request:
    """A leg with this time-out."""
    return channels.originate(
        "leg",
        endpoint="PJSIP/phone1",
        context="thirdring-leg",
        extension="leg",
        ring_timeout=ring_timeout,
        variables={"TR_LEG": "leg"},
        caller_id=caller_id,
    )


@pytest.mark.parametrize(
    ("segment", "quoted"),
    [("a/b", "a%2Fb"), ("50%", "50%25"), ("a b", "a%20b"), ("ü", "%C3%BC"), ("a?b#c", "a%3Fb%23c")],
)
def test_an_id_of_any_signs_stays_one_segment_of_the_path(segment: str, quoted: str) -> None:
    """Nothing in an id can change which resource is meant."""
    assert path("channels", segment, "answer") == f"channels/{quoted}/answer"


def test_query_values_are_quoted_in_a_request_line_only() -> None:
    """Over the websocket they travel as plain text."""
    request = bridges.create("b", name="50% a&b=c")
    assert ("name", "50% a&b=c") in request.query
    assert request.target == "bridges?type=mixing&bridgeId=b&name=50%25+a%26b%3Dc"


def test_what_is_not_given_is_not_sent() -> None:
    """An empty parameter would mean something else than none."""
    assert channels.hang_up("c").query == ()
    assert channels.hang_up("c", reason=HangUpReason.ANSWERED_ELSEWHERE).query == (
        ("reason", "answered_elsewhere"),
    )


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(14_999, "15"), (15_000, "15"), (15_001, "16"), (1, "1")]
)
def test_a_ring_timeout_is_rounded_up_to_whole_seconds(milliseconds: int, seconds: str) -> None:
    """Asterisk counts seconds; it must never give up before we do."""
    assert dict(originate(timedelta(milliseconds=milliseconds)).query)["timeout"] == seconds


def test_a_request_in_a_log_names_no_number() -> None:
    """Callers' numbers stand in the query and in the body."""
    assert str(originate(timedelta(seconds=1), caller_id="<13800001111>")) == "POST channels"


def test_what_frees_a_blocked_lane_is_vital() -> None:
    """Hang-ups and stopped playbacks leave even when the circuit is open."""
    assert channels.hang_up("c").vital
    assert playbacks.stop("p").vital
    assert not channels.answer("c").vital


def test_sources_of_events_are_joined_in_one_request() -> None:
    """One request subscribes to many."""
    request = applications.subscribe(
        "app", [applications.of_endpoint("PJSIP", "phone1"), applications.of_channel("c")]
    )
    assert request.query == (("eventSource", "endpoint:PJSIP/phone1,channel:c"),)
