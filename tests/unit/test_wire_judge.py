"""The wire's judge itself, on a wire of a few messages: what it reads from them, and that it sees what is wrong."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.simulator import sip
from app.simulator.wire_log import Flow, WireEntry
from tests.support import judged_floor, judged_site, wire_judge, wire_records, wire_story
from tests.support.judged_floor import Deed
from tests.support.judged_site import Rules
from tests.support.wire_judge import WireJudge
from tests.support.wire_story import Unclear

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
LIN, LIN_PHONE = "agent1", "phone1"
DEEDS = [Deed(NINE.timestamp() - 10, LIN, "log-in"), Deed(NINE.timestamp() + 50, LIN, "log-out")]


class Log:
    """One side's messages; `call` is the Call-ID of the dialog."""

    def __init__(self, call: str, *, from_: str, uri: str, flow: Flow) -> None:
        self.entries: list[WireEntry] = []
        self._call = call
        self._uri = uri
        self._from = from_
        self._flow = flow
        self._invite = self._request("INVITE")

    def _request(self, method: str, *, reason: str = "") -> sip.Request:
        lines = [("Via", "SIP/2.0/UDP x;branch=z9hG4bK1"), ("From", self._from), ("To", f"<{self._uri}>")]
        lines += [("Call-ID", self._call), ("CSeq", f"1 {method}"), *([("Reason", reason)] if reason else [])]
        return sip.Request(method, self._uri, sip.Headers(lines))

    def _add(self, at: float, flow: Flow, message: sip.Message) -> "Log":
        wall = NINE + timedelta(seconds=at)
        self.entries.append(WireEntry(at, wall, flow, ("127.0.0.1", 5060), message))
        return self

    def invite(self, at: float) -> "Log":
        """The call begins."""
        return self._add(at, self._flow, self._invite)

    def answer(self, at: float, status: int) -> "Log":
        """A response to the INVITE, the other way."""
        back = Flow.RECEIVED if self._flow is Flow.SENT else Flow.SENT
        return self._add(at, back, self._invite.response(status, to_tag="t"))

    def sends(self, at: float, method: str) -> "Log":
        """We hang up."""
        return self._add(at, Flow.SENT, self._request(method))

    def hears(self, at: float, method: str, *, reason: str = "") -> "Log":
        """They hang up."""
        return self._add(at, Flow.RECEIVED, self._request(method, reason=reason))


def caller(number: str, at: float, *, dials: str = "4001") -> Log:
    """Somebody calls."""
    return Log(
        f"c{number}-{at}", from_=f"<sip:{number}@x>;tag=1", uri=f"sip:{dials}@x", flow=Flow.SENT
    ).invite(at)


def rung(number: str, at: float, *, queue: str = "service", phone: str = LIN_PHONE) -> Log:
    """A phone is rung."""
    from_ = f'"{queue}" <sip:{number}@x>;tag=1'
    return Log(f"a{number}-{at}-{phone}", from_=from_, uri=f"sip:{phone}@x", flow=Flow.RECEIVED).invite(at)


def judge(callers: list[Log], phones: list[Log]) -> WireJudge:
    """Reads them."""
    return WireJudge(
        Rules(),
        callers=[entry for log in callers for entry in log.entries],
        phones=[entry for log in phones for entry in log.entries],
        deeds=DEEDS,
    )


def values(judge: WireJudge, *names: str) -> list[float | None]:
    """Figures of everything, with T = 1.5 s and short abandons below 1 s."""
    figures = judge.figures(within=1.5, short=1.0)
    return [figures[name].value for name in names]


TALKED = caller("1", 0).answer(0.01, 200).sends(5, "BYE")
TAKEN = rung("1", 0.1).answer(0.1, 180).answer(0.85, 200).hears(5.01, "BYE")
GAVE_UP = caller("2", 10).answer(10.01, 200).sends(12.2, "BYE")
IGNORED = rung("2", 10.1).answer(10.1, 180).hears(12.1, "CANCEL")


def test_an_answered_call_and_one_that_gave_up_are_counted() -> None:
    """The first within three rings of half a second, the second after its phone rang out."""
    read = judge([TALKED, GAVE_UP], [TAKEN, IGNORED])
    assert values(read, "offered", "answered", "abandoned", "short_abandons") == [2, 1, 1, 0]
    assert values(read, "offers", "rna", "agent_rings_within", "agent_rings_over") == [2, 1, 1, 1]
    assert values(read, "asa", "avg_ring", "avg_talk", "service_level") == pytest.approx(
        [0.85, 0.75, 4.15, 0.5]
    )
    assert values(read, "ended", "call_time", "resolved_in_time", "holds") == pytest.approx(
        [2, 5 + 2.2, 2, 0]
    )
    assert values(read, "talking", "wrapping_up", "logged_in") == pytest.approx([4.15, 0.4, 60])


def test_a_border_of_resolutions_is_where_no_call_is() -> None:
    """Calls of 1, 2, 4 and 5 seconds, all abandoned: 3 lies in the gap, and two calls are below."""
    there = [
        caller(str(number), 10 * number).answer(10 * number + 0.01, 200).sends(10 * number + lasted, "BYE")
        for number, lasted in enumerate((1, 2, 4, 5))
    ]
    read = judge(there, [])
    assert read.clear_resolution() == pytest.approx(3, abs=0.001)
    figures = read.figures(within=1.5, short=1.0, resolve=read.clear_resolution())
    assert figures["resolved_in_time"].value == 2


def test_who_waits_too_long_has_a_stay_in_each_queue() -> None:
    """Sales keeps its callers for 2.6 s; the wait begins once."""
    there = caller("3", 0, dials="4002").answer(0.01, 180).sends(4, "CANCEL")
    read = judge([there], [])
    assert [(stay.queue, stay.how, round(stay.waited, 3)) for stay in read.stays] == [
        ("sales", "overflowed", 2.6),
        ("service", "abandoned", 4.0),
    ]


def test_a_phone_that_stops_ringing_says_why_only_by_what_else_happened() -> None:
    """Answered elsewhere by the CANCEL's own word, taken back because the caller left; otherwise it is unclear."""
    elsewhere = rung("1", 0.1, phone="phone2").answer(0.1, 180)
    elsewhere.hears(0.86, "CANCEL", reason="Q.850;cause=26")
    assert [each.outcome for each in judge([TALKED], [TAKEN, elsewhere]).ringings] == [
        "answered",
        "elsewhere",
    ]
    left = caller("2", 10).answer(10.01, 200).sends(11, "BYE")
    stopped = rung("2", 10.1).answer(10.1, 180).hears(11.01, "CANCEL")
    assert [each.outcome for each in judge([left], [stopped]).ringings] == ["taken_back"]
    with pytest.raises(Unclear):
        judge([GAVE_UP], [rung("2", 10.1).answer(10.1, 180).hears(11, "CANCEL")])


def test_a_report_that_is_off_by_one_or_by_more_than_20_ms_is_found() -> None:
    """And one that says something that the judge cannot count."""
    read = judge([TALKED, GAVE_UP], [TAKEN, IGNORED])
    figures: dict[str, Any] = {
        name: each.value for name, each in read.figures(within=1.5, short=1.0, resolve=5.0).items()
    }
    terms = {
        "within_seconds": 1.5,
        "short_abandon_seconds": 1.0,
        "resolve_within_seconds": 5.0,
        "service_level": "answered_and_abandoned",
    }

    def differences(**changed: object) -> list[str]:
        return read.differences({"terms": terms, "rows": [], "total": {"figures": figures | changed}})

    assert differences() == []
    assert differences(asa=0.869) == []
    assert len(differences(asa=0.871, offered=3, transfers=0)) == 3
    assert "does not know it" in differences(brand_new=1)[0]


def test_the_judge_shares_nothing_with_what_it_judges() -> None:
    """It imports no report, no formula and no table: only messages of the simulator, and the other parts of itself."""
    for module in (wire_judge, wire_records, wire_story, judged_floor, judged_site):
        tree = ast.parse(Path(module.__file__ or "").read_text())
        imported = {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
        }
        ours = {name for name in imported if name.startswith(("app.", "metrics"))}
        assert all(name.startswith("app.simulator") or name == "app.clock" for name in ours), module
