"""Rings as pages see them: instants to count down to, of the caller and of the agent whose phone rings."""

from datetime import datetime, timedelta
from typing import Any

from app.acd.events import LogInRequested
from app.api.schemas.base import write_instant
from app.calls.events import LegRinging
from app.ids import LegId
from app.live.marks import Marks
from app.live.topics import Key, Kind
from tests.support.stage import LIN, Stage


async def shown(stage: Stage, path: str) -> Any:
    """A thing as the interface shows it."""
    async with stage.client() as client:
        return (await client.get(f"/api/v1/{path}")).json()


def later(at: datetime, seconds: float) -> str:
    """An instant after another, as it is shown."""
    return write_instant(at + timedelta(seconds=seconds))


async def test_a_ringing_phone_has_an_instant_to_count_down_to(stage: Stage) -> None:
    """Three rings of 5 s from the first 180; none before it, and none once the call is taken."""
    stage.dispatcher.submit(LogInRequested(LIN))
    call_id = stage.call("c1")
    assert (await shown(stage, "agents/lin"))["rings_until"] is None
    stage.clock.move(timedelta(seconds=1))
    rang_at = stage.clock.now()
    stage.dispatcher.submit(LegRinging(LegId(f"{call_id}-1")))
    agent = await shown(stage, "agents/lin")
    assert (agent["ringing_at"], agent["rings_until"]) == (later(rang_at, 0), later(rang_at, 15))
    stage.clock.move(timedelta(seconds=6))
    stage.picks_up(f"{call_id}-1")
    agent = await shown(stage, "agents/lin")
    assert (agent["ringing_at"], agent["rings_until"]) == (None, None)


async def test_a_waiting_caller_has_an_instant_to_count_down_to(stage: Stage) -> None:
    """From the arrival, for who hears music."""
    arrived_at = stage.clock.now()
    stage.call("c1")
    call = await shown(stage, "calls/c1")
    assert (call["rings_from"], call["rings_until"]) == (later(arrived_at, 0), later(arrived_at, 15))


async def test_an_offer_that_was_answered_tells_its_ring(stage: Stage) -> None:
    """6 s after the first 180 is the second ring."""
    stage.dispatcher.submit(LogInRequested(LIN))
    call_id = stage.call("c1")
    stage.dispatcher.submit(LegRinging(LegId(f"{call_id}-1")))
    stage.clock.move(timedelta(seconds=6))
    stage.picks_up(f"{call_id}-1")
    (offer,) = (await shown(stage, "calls/c1"))["offers"]
    assert (offer["outcome"], offer["ring"], offer["is_within_rings"]) == ("answered", 2, True)


async def test_the_first_ringing_of_a_phone_is_news_of_its_agent(stage: Stage) -> None:
    """Nothing else about the agent changes at that moment."""
    stage.dispatcher.submit(LogInRequested(LIN))
    call_id = stage.call("c1")
    marks = Marks(stage.board)
    event = LegRinging(LegId(f"{call_id}-1"))
    marks.add(event, stage.dispatcher.submit(event).facts)
    assert Key(Kind.AGENT, LIN) in marks.take()
