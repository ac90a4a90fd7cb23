"""The wire log finds messages, and tells their story."""

from datetime import UTC, datetime

import pytest

from app.simulator import sip
from app.simulator.wire_log import Flow, WireLog

STARTED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PEER = ("127.0.0.1", 5060)


def message(method: str, call_id: str = "call-1", status: int | None = None) -> sip.Message:
    """A request, or the response to one."""
    headers = sip.Headers([("Call-ID", call_id), ("CSeq", f"1 {method}")])
    request = sip.Request(method, "sip:4001@b", headers)
    return request if status is None else request.response(status)


@pytest.fixture
def log() -> WireLog:
    """One answered call and the beginning of another."""
    log = WireLog(started=STARTED, origin=100.0)
    log.add(100.000, Flow.SENT, PEER, message("INVITE"))
    log.add(100.005, Flow.RECEIVED, PEER, message("INVITE", status=180))
    log.add(101.500, Flow.RECEIVED, PEER, message("INVITE", status=200))
    log.add(101.501, Flow.SENT, PEER, message("INVITE", "call-2"))
    log.add(102.000, Flow.RECEIVED, PEER, message("BYE"))
    log.add(102.001, Flow.SENT, PEER, message("BYE", status=200))
    return log


def test_times_are_kept_in_milliseconds_and_for_people(log: WireLog) -> None:
    """Subtract `at` for what happened when; read `wall` for what time it was."""
    first, ringing = list(log)[:2]
    assert ringing.at - first.at == pytest.approx(0.005)
    assert ringing.wall == STARTED.replace(microsecond=5000)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 6),
        ({"method": "INVITE"}, 2),
        ({"method": "INVITE", "call_id": "call-2"}, 1),
        ({"status": 200}, 2),
        ({"method": "INVITE", "status": 200}, 1),
        ({"flow": Flow.SENT}, 3),
        ({"method": "BYE", "flow": Flow.SENT}, 0),
    ],
)
def test_entries_are_found_by_what_is_known_of_them(log: WireLog, wanted: dict[str, str], count: int) -> None:
    """`method` alone finds requests; with `status`, the responses to them."""
    assert len(log.every(**wanted)) == count  # type: ignore[arg-type]  # each case names its own keywords


def test_a_story_has_one_line_for_each_message_of_a_call(log: WireLog) -> None:
    """What an error message shows."""
    assert (
        log.story("call-2") == "  08:00:01.501 -> INVITE sip:4001@b SIP/2.0 (CSeq 1 INVITE, Call-ID call-2)"
    )
    assert len(log.story("call-1").splitlines()) == 5
    assert log.story("unknown") == "  (no message on the wire)"


def test_the_oldest_entries_make_room() -> None:
    """A log of days stays small."""
    log = WireLog(started=STARTED, origin=0, length=2)
    for number in range(5):
        log.add(number, Flow.SENT, PEER, message("OPTIONS"))
    assert [entry.at for entry in log] == [3, 4]
