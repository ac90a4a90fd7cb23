"""Calls over REST: live and past, with every moment, and the reason for every decision."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.api.errors import HistoryAway
from app.api.history import CallFilter, CallRecord, Place
from app.calls.actions import HangUpLeg, RingPhone
from app.calls.events import LegEnded, LegHeld
from app.calls.hangup import LegEnd
from app.ids import CallId, LegId
from tests.support.stage import Stage


async def shown(client: httpx2.AsyncClient, call_id: str) -> Any:
    """The call as it is shown."""
    answer = await client.get(f"/api/v1/calls/{call_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_waiting_call_shows_its_caller_and_its_place(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    """Names in any script."""
    stage.call("c1", "13800138000", "张三")
    call = await shown(client, "c1")
    assert (call["from_number"], call["from_name"], call["to_number"]) == ("13800138000", "张三", "4001")
    assert (call["phase"], call["state"], call["position"]) == ("waiting", "waiting", 1)


async def test_an_answered_call_has_all_its_moments(stage: Stage, client: httpx2.AsyncClient) -> None:
    """Arrival, ringing, answer and bridge, to the millisecond; on the call and on the agent's leg."""
    await client.post("/api/v1/agents/lin/log-in")
    stage.call("c1")
    stage.clock.move(timedelta(milliseconds=7))
    stage.rings("c1-1")
    stage.clock.move(timedelta(milliseconds=4_123))
    stage.picks_up("c1-1")
    call = await shown(client, "c1")
    _, leg = call["legs"]
    assert (call["arrived_at"], call["answered_at"]) == (
        "2026-11-21T08:30:00.000Z",
        "2026-11-21T08:30:04.130Z",
    )
    assert (leg["ringing_at"], leg["joined_at"]) == ("2026-11-21T08:30:00.007Z", "2026-11-21T08:30:04.130Z")
    assert (call["phase"], call["agent_id"], call["outcome"]) == ("talking", "lin", "connected")


async def test_each_offer_tells_how_it_ended_and_why_it_was_made(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    """The first agent declined, the second is rung: both with the reasons of that moment."""
    for agent in ("lin", "王伟"):
        await client.post(f"/api/v1/agents/{agent}/log-in")
    stage.call("c1")
    stage.rings("c1-1")
    stage.dispatcher.submit(LegEnded(LegId("c1-1"), LegEnd.BY_PHONE, 21, 603))
    first, second = (await shown(client, "c1"))["offers"]
    assert (first["agent_id"], first["outcome"]) == ("lin", "declined")
    assert first["why"]["summary"] == "Agent lin: longest idle, of 2 eligible."
    assert [each["agent_id"] for each in first["why"]["candidates"]] == ["lin", "王伟"]
    assert first["why"]["candidates"][0]["key"] == {"level": 0, "idle_since": "2026-11-21T08:30:00.000Z"}
    assert (second["agent_id"], second["outcome"]) == ("王伟", None)
    assert second["why"]["summary"] == "Agent 王伟: longest idle, of 1 eligible. Passed over: 1 resting."


async def test_a_call_that_ended_is_still_shown(stage: Stage, client: httpx2.AsyncClient) -> None:
    """With who ended it; its legs are over."""
    await client.post("/api/v1/agents/lin/log-in")
    stage.call("c1")
    stage.picks_up("c1-1")
    stage.puts_down("c1-1")
    call = await shown(client, "c1")
    assert (call["phase"], call["ended_by"], call["outcome"]) == (None, "agent", "connected")
    assert [(leg["role"], leg["end"]) for leg in call["legs"]] == [("caller", "by_us"), ("agent", "by_phone")]


async def test_a_held_call_says_since_when(stage: Stage, client: httpx2.AsyncClient) -> None:
    """An instant, from which the page counts."""
    await client.post("/api/v1/agents/lin/log-in")
    stage.call("c1")
    stage.picks_up("c1-1")
    stage.dispatcher.submit(LegHeld(LegId("c1-1")))
    assert (await shown(client, "c1"))["held_since"] == "2026-11-21T08:30:00.000Z"


async def test_a_call_whose_beginning_nobody_heard_is_shown_from_the_switchboard(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    """The service was started during the call, and its database is away."""
    stage.dispatcher.listeners.clear()
    stage.call("c1")
    call = await shown(client, "c1")
    assert (call["from_number"], call["queue_id"], call["position"]) == ("13800138000", "service", 1)
    assert [leg["role"] for leg in call["legs"]] == ["caller"]


async def test_originate_rings_the_agents_phone_first(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The new call is answered, and its address."""
    await client.post("/api/v1/agents/lin/log-in")
    answer = await client.post("/api/v1/calls", json={"agent_id": "lin", "number": "+8613900139000"})
    call = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/calls/{call['id']}")
    assert (call["kind"], call["agent_id"], call["to_number"]) == ("outbound", "lin", "+8613900139000")
    assert [type(action) for action in stage.performed] == [RingPhone]


@pytest.mark.parametrize(
    ("agent", "number", "status", "code"),
    [
        ("lin", "10086", 409, "agent-not-logged-in"),
        ("nobody", "10086", 409, "agent-not-logged-in"),
        ("王伟", "1*6", 409, "number-not-dialable"),
        ("lin", "call me", 422, "invalid-request"),
        ("lin", "1" * 33, 422, "invalid-request"),
    ],
)
async def test_an_origination_that_cannot_be_is_refused(
    client: httpx2.AsyncClient, agent: str, number: str, status: int, code: str
) -> None:
    """Without a seat, or to a number that cannot be dialled."""
    await client.post("/api/v1/agents/王伟/log-in")
    answer = await client.post("/api/v1/calls", json={"agent_id": agent, "number": number})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_hang_up_ends_a_call_and_all_its_legs(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The answer shows the end already."""
    stage.call("c1")
    call = (await client.post("/api/v1/calls/c1/hang-up")).json()
    assert (call["phase"], call["ended_by"], call["outcome"]) == (None, "system", "removed")
    assert [action.leg_id for action in stage.performed if isinstance(action, HangUpLeg)] == ["c1"]


async def test_hang_up_twice_is_no_error(stage: Stage, client: httpx2.AsyncClient) -> None:
    """A call that has ended stays as it is."""
    stage.call("c1")
    first = (await client.post("/api/v1/calls/c1/hang-up")).json()
    stage.clock.move(timedelta(seconds=1))
    assert (await client.post("/api/v1/calls/c1/hang-up")).json() == first


async def test_a_call_that_never_was_is_not_found(client: httpx2.AsyncClient) -> None:
    """Neither to see nor to end."""
    for answer in (await client.get("/api/v1/calls/c9"), await client.post("/api/v1/calls/c9/hang-up")):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-call")


@pytest.mark.parametrize("length", [128, 129])
async def test_an_id_may_have_128_characters(client: httpx2.AsyncClient, length: int) -> None:
    """A longer one is not looked up."""
    answer = await client.get(f"/api/v1/calls/{'c' * length}")
    assert answer.json()["code"] == ("unknown-call" if length == 128 else "invalid-request")


# --- lists ---------------------------------------------------------------------------------------------------------


async def listed(client: httpx2.AsyncClient, **query: str | int) -> list[str]:
    """The ids of a list."""
    answer = await client.get("/api/v1/calls", params=query)
    assert answer.status_code == 200, answer.text
    return [call["id"] for call in answer.json()["calls"]]


def arrive(stage: Stage, *call_ids: str) -> None:
    """Calls arrive, one a second."""
    for call_id in call_ids:
        stage.call(call_id)
        stage.clock.move(timedelta(seconds=1))


async def test_live_calls_are_listed_newest_first(stage: Stage, client: httpx2.AsyncClient) -> None:
    """Ended ones are another list."""
    arrive(stage, "a", "b", "c")
    stage.puts_down("b")
    assert await listed(client) == ["c", "a"]
    assert await listed(client, state="ended") == ["b"]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])])
@pytest.mark.parametrize("state", ["live", "ended"])
async def test_pages_show_each_call_once(
    stage: Stage, client: httpx2.AsyncClient, state: str, limit: int, sizes: list[int]
) -> None:
    """Whatever the length of a page, and none is empty at the end."""
    arrive(stage, "a", "b", "c")
    for call_id in ("a", "b", "c") if state == "ended" else ():
        stage.puts_down(call_id)
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        query = {"state": state, "limit": str(limit), "cursor": cursor or ""}
        page = (await client.get("/api/v1/calls", params=query)).json()
        pages.append([call["id"] for call in page["calls"]])
        cursor = page["next"]
        if cursor is None:
            break
    assert [len(page) for page in pages] == sizes
    assert [call_id for page in pages for call_id in page] == ["c", "b", "a"]


async def test_calls_of_the_same_instant_are_not_lost_between_pages(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    """The id decides among equals."""
    for call_id in ("a", "b", "c"):
        stage.call(call_id)
    first = (await client.get("/api/v1/calls", params={"limit": 2})).json()
    assert [call["id"] for call in first["calls"]] == ["c", "b"]
    assert await listed(client, limit=2, cursor=first["next"]) == ["a"]


async def test_a_call_that_arrives_between_two_pages_does_not_shift_them(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    """The cursor is a place, not a number of calls."""
    arrive(stage, "a", "b", "c")
    first = (await client.get("/api/v1/calls", params={"limit": 2})).json()
    arrive(stage, "d")
    assert await listed(client, limit=2, cursor=first["next"]) == ["a"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"queue_id": "service"}, ["c", "b", "a"]),
        ({"queue_id": "sales"}, []),
        ({"agent_id": "lin"}, ["a"]),
        ({"kind": "inbound"}, ["c", "b", "a"]),
        ({"kind": "outbound"}, []),
        ({"outcome": "connected"}, ["a"]),
        ({"since": "2026-11-21T08:30:01Z"}, ["c", "b"]),
        ({"until": "2026-11-21T08:30:01Z"}, ["a"]),
        ({"since": "2026-11-21T16:30:01+08:00", "until": "2026-11-21T08:30:02Z"}, ["b"]),
    ],
)
async def test_filters(
    stage: Stage, client: httpx2.AsyncClient, query: dict[str, str], found: list[str]
) -> None:
    """Queue, agent, kind, outcome; arrival from, included, and until, not included."""
    await client.post("/api/v1/agents/lin/log-in")
    arrive(stage, "a")
    stage.picks_up("a-1")
    arrive(stage, "b", "c")
    assert await listed(client, **query) == found


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"state": "dead"}, "state"),
        ({"since": "2026-11-21T08:30:00"}, "since"),
        ({"until": "1795262400"}, "until"),
        ({"until": "-0.5"}, "until"),
        ({"colour": "blue"}, "colour"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "x" * 513}, "cursor"),
        ({"cursor": "日本"}, "cursor"),
        ({"cursor": "MDoA"}, "cursor"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: httpx2.AsyncClient, query: dict[str, str], parameter: str
) -> None:
    """An instant without a time zone is one; a cursor with a NUL in it too."""
    answer = await client.get("/api/v1/calls", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


async def test_the_longest_page_has_200_calls(stage: Stage, client: httpx2.AsyncClient) -> None:
    """That limit is allowed."""
    arrive(stage, *(f"c{number:03}" for number in range(201)))
    assert len(await listed(client, limit=200)) == 200


# --- the history ---------------------------------------------------------------------------------------------------


class AwayHistory:
    """A database that does not answer."""

    async def call(self, call_id: CallId) -> CallRecord | None:
        """As `History.call`."""
        del call_id
        raise HistoryAway("the database does not answer")

    async def ended_calls(self, wanted: CallFilter, *, behind: Place | None, limit: int) -> list[CallRecord]:
        """As `History.ended_calls`."""
        del wanted, behind, limit
        raise HistoryAway("the database does not answer")


async def test_without_a_database_live_calls_are_shown_and_past_ones_are_away() -> None:
    """The problem says that calls go on."""
    stage = Stage(history=AwayHistory())
    stage.open()
    stage.call("c1")
    async with stage.client() as client:
        assert await listed(client) == ["c1"]
        assert (await shown(client, "c1"))["phase"] == "waiting"
        for path in ("/api/v1/calls?state=ended", "/api/v1/calls/c2"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "history-away")
            assert "Calls go on" in answer.json()["detail"]
    stage.dispatcher.stop()
