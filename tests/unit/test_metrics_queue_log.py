"""The queue log, event by event, in the format that Asterisk documents; and out of a real database."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.acd import facts as acd
from app.acd.model import AgentStatus, ExitReason, Floor, Membership, OfferOutcome, Queue
from app.calls import facts as calls
from app.calls.call import CallKind
from app.calls.facts import Fact
from app.calls.hangup import HangUpParty
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId
from app.runtime.codec import encode_facts
from app.store.past_queue_log import queue_log
from metrics.intervals import Period
from metrics.queue_log import (
    Line,
    QueuedCall,
    Seat,
    call_lines,
    in_order,
    offer_lines,
    queues_of,
    seat_lines,
)
from metrics.records import Offer
from tests.support.databases import TestDatabase
from tests.support.journals import NOON, running_journal

START = datetime.fromtimestamp(1_366_720_340, UTC)
LIN = AgentId("lin")


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


WAITS = QueuedCall(
    call_id=CallId("1366720340.303267"),
    queue_id=QueueId("service"),
    entered_at=START,
    from_number="13800138000",
    position=3,
)
"""A call that enters as the third."""


def texts(lines: Iterable[Line]) -> list[str]:
    """As they are written, without the call and the queue, which are always the same."""
    return [str(line).replace("|1366720340.303267|service|", "|…|") for line in lines]


ENTERS = "1366720340|…|NONE|ENTERQUEUE||13800138000|3"


def test_a_call_that_waits_has_entered() -> None:
    """ENTERQUEUE(url|callerid|position)."""
    (line,) = call_lines(WAITS)
    assert str(line) == "1366720340|1366720340.303267|service|NONE|ENTERQUEUE||13800138000|3"


@pytest.mark.parametrize(("by_agent", "event"), [(True, "COMPLETEAGENT"), (False, "COMPLETECALLER")])
def test_an_answered_call_connects_and_completes(by_agent: bool, event: str) -> None:  # noqa: FBT001 - a parameter of the test
    """CONNECT(holdtime|bridged channel|ringtime), COMPLETE…(holdtime|calltime|origposition): whole seconds."""
    call = replace(
        WAITS,
        connected_at=at(12.9),
        completed_at=at(73.5),
        agent_id=LIN,
        offer_id=OfferId("c-1"),
        ring=timedelta(seconds=4.7),
        is_ended_by_agent=by_agent,
    )
    assert texts(call_lines(call)) == [
        ENTERS,
        "1366720352|…|Agent/lin|CONNECT|12|c-1|4",
        f"1366720413|…|Agent/lin|{event}|12|60|3",
    ]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (ExitReason.ABANDONED, "ABANDON|2|3|15"),
        (ExitReason.FAULT, "ABANDON|2|3|15"),
        (ExitReason.REMOVED, "ABANDON|2|3|15"),
        (ExitReason.TIMEOUT, "EXITWITHTIMEOUT|2|3|15"),
        (ExitReason.EMPTY, "EXITEMPTY|2|3|15"),
        (ExitReason.KEY, "EXITWITHKEY||2|3|15"),
    ],
)
def test_a_call_that_leaves_says_how(reason: ExitReason, line: str) -> None:
    """ABANDON and EXIT…(position|origposition|waittime); EXITWITHKEY has the key first, which is not known."""
    call = replace(WAITS, left_at=at(15.2), left_position=2, exit_reason=reason)
    assert texts(call_lines(call)) == [ENTERS, f"1366720355|…|NONE|{line}"]


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (OfferOutcome.NO_ANSWER, "RINGNOANSWER|15250"),
        (OfferOutcome.DECLINED, "RINGNOANSWER|15250"),
        (OfferOutcome.BUSY, "RINGNOANSWER|15250"),
        (OfferOutcome.UNREACHABLE, "RINGNOANSWER|15250"),
        (OfferOutcome.WITHDRAWN, "RINGCANCELED|15250"),
        (OfferOutcome.ANSWERED, None),
        (OfferOutcome.ANSWERED_ELSEWHERE, None),
    ],
)
def test_an_offer_that_was_not_answered_says_how_long_it_rang(
    outcome: OfferOutcome, event: str | None
) -> None:
    """RINGNOANSWER and RINGCANCELED(ringtime): milliseconds."""
    offer = Offer(
        offer_id=OfferId("c-1"),
        call_id=CallId("1366720340.303267"),
        queue_id=QueueId("service"),
        agent_id=LIN,
        started_at=START,
        ended_at=at(15.25),
        outcome=outcome,
    )
    expected = [f"1366720355|…|Agent/lin|{event}"] if event else []
    assert texts(offer_lines(offer)) == expected


def test_a_shift_is_log_in_pauses_and_log_out() -> None:
    """ADDMEMBER, PAUSE(reason), UNPAUSE, REMOVEMEMBER in each queue; PAUSEALL(reason) and UNPAUSEALL lead."""

    def seat(seconds: float, status: AgentStatus, code: str | None = None) -> Seat:
        return Seat(
            agent_id=LIN,
            since=at(seconds),
            status=status,
            pause_code=PauseCode(code) if code else None,
        )

    shift = [
        seat(0, AgentStatus.AVAILABLE),
        seat(10, AgentStatus.PAUSED, "lunch"),
        seat(20, AgentStatus.PAUSED, "training"),
        seat(30, AgentStatus.AVAILABLE),
        seat(40, AgentStatus.PAUSED, "lunch"),
        seat(50, AgentStatus.LOGGED_OUT),
    ]
    lines = [str(line) for line in seat_lines(shift, [QueueId("service"), QueueId("sales")])]
    assert [line.removeprefix("13667203") for line in lines if "|sales|" not in line] == [
        "40|NONE|service|Agent/lin|ADDMEMBER|",
        "50|NONE|NONE|Agent/lin|PAUSEALL|lunch",
        "50|NONE|service|Agent/lin|PAUSE|lunch",
        "60|NONE|NONE|Agent/lin|UNPAUSEALL|",
        "60|NONE|service|Agent/lin|UNPAUSE|",
        "60|NONE|NONE|Agent/lin|PAUSEALL|training",
        "60|NONE|service|Agent/lin|PAUSE|training",
        "70|NONE|NONE|Agent/lin|UNPAUSEALL|",
        "70|NONE|service|Agent/lin|UNPAUSE|",
        "80|NONE|NONE|Agent/lin|PAUSEALL|lunch",
        "80|NONE|service|Agent/lin|PAUSE|lunch",
        "90|NONE|service|Agent/lin|REMOVEMEMBER|",
    ]
    service = [line.replace("|service|", "|…|") for line in lines if "|service|" in line]
    assert service == [line.replace("|sales|", "|…|") for line in lines if "|sales|" in line]


def test_agents_are_members_of_the_queues_that_the_site_file_says() -> None:
    """In its order."""
    queues = [QueueId(name) for name in ("service", "sales")]
    members = (Membership(LIN), Membership(AgentId("wang")))
    floor = Floor(
        queues={queues[0]: Queue(queues[0], "", members), queues[1]: Queue(queues[1], "", members[:1])}
    )
    assert queues_of(floor) == {LIN: queues, AgentId("wang"): queues[:1]}


def test_a_number_makes_neither_a_field_nor_a_line() -> None:
    """A caller chooses what stands there."""
    (line,) = call_lines(replace(WAITS, from_number="1|2\n3"))
    assert str(line).endswith("|ENTERQUEUE||123|3")


def test_lines_are_in_the_order_in_which_things_happened() -> None:
    """Within a second too; those outside of the period are left out."""
    lines = [Line(at(seconds), "c", "q", "NONE", "X") for seconds in (5.2, 5.1, 9, -1)]
    assert [line.at for line in in_order(lines, since=START, until=at(9))] == [at(5.1), at(5.2)]


async def test_the_queue_log_is_written_from_the_database(tmp_path: Path, database: TestDatabase) -> None:
    """A call that waits, is answered, and ends: whatever the database."""
    call, queue, offer, agent = CallId("c1"), QueueId("sales"), OfferId("c1-1"), AgentId("ann")
    second = [NOON + timedelta(seconds=seconds) for seconds in range(100)]
    facts: list[Fact] = [
        acd.AgentStatusChanged(second[0], agent, AgentStatus.AVAILABLE, device_id=DeviceId("phone1")),
        calls.CallStarted(second[1], call, CallKind.INBOUND, second[1], "4001", "", "400"),
        acd.CallQueued(second[1], call, queue, second[1], 0, 1),
        acd.CallConnected(second[9], call, queue, agent, offer, second[1], second[9]),
        acd.CallCompleted(second[60], call, queue, agent, second[9]),
        calls.CallEnded(second[60], call, HangUpParty.AGENT, 16, second[9]),
        acd.CallLeft(second[70], CallId("c2"), queue, second[70], ExitReason.JOIN_FULL, None, 0),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in facts:
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        async with journal.database.engine.connect() as connection:
            period = Period(NOON, NOON + timedelta(hours=1))
            lines = await queue_log(connection, period, {agent: [queue]})
    noon = int(NOON.timestamp())
    assert [str(line) for line in lines] == [
        f"{noon}|NONE|sales|Agent/ann|ADDMEMBER|",
        f"{noon + 1}|c1|sales|NONE|ENTERQUEUE||4001|1",
        f"{noon + 9}|c1|sales|Agent/ann|CONNECT|8|c1-1|0",
        f"{noon + 60}|c1|sales|Agent/ann|COMPLETEAGENT|8|51|1",
    ]
