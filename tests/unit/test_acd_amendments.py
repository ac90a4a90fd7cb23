"""A changed floor in parts: each part small, the floor whole after each, and in the end the new one."""

from dataclasses import replace

from app.acd.amendments import amended, difference, growth, shrinkage
from app.acd.events import FloorAmended
from app.acd.model import Floor, Overflow, Target, TargetKind
from app.acd.rings import RingLimit
from app.ids import AgentId, PauseCode
from tests.support.acd import Story, floor, member, needs, queue, seconds
from tests.support.acd import agent as person

OLD = floor(queue("support", "ann bob"), queue("sales", "bob"))


def parts(old: Floor, new: Floor, *, at_a_time: int = 1) -> list[FloorAmended]:
    """First what grows, then what shrinks."""
    more = growth(old, new, agents_at_a_time=at_a_time, members_at_a_time=at_a_time)
    return [*more, *shrinkage(old, new, agents_at_a_time=at_a_time)]


def is_whole(site: Floor) -> bool:
    """Every member exists, and every queue to which another sends calls."""
    members = {each.agent_id for of in site.queues.values() for each in of.members}
    targets = [of.overflow.full for of in site.queues.values()]
    return members <= site.agents.keys() and all(
        target.value in site.queues for target in targets if target.kind is TargetKind.QUEUE
    )


def test_the_same_floor_has_no_parts() -> None:
    assert parts(OLD, replace(OLD)) == []
    assert difference(OLD, OLD) == FloorAmended()


def test_only_what_is_different_is_named() -> None:
    new = floor(queue("support", "ann bob"), queue("sales", "bob", wrap_up=seconds(9)))
    assert parts(OLD, new) == [FloorAmended(queues=(new.queues[queue("sales").id],))]


def test_after_each_part_the_floor_is_whole_and_in_the_end_it_is_the_new_one() -> None:
    """A new agent, a new queue to which an old one sends calls, and another agent and queue gone."""
    overflow = Overflow(full=Target(TargetKind.QUEUE, "night"))
    new = floor(queue("support", "ann cat", overflow=overflow), queue("night", "cat"))
    site = OLD
    for part in parts(OLD, new):
        site = amended(site, part)
        assert is_whole(site), part
    assert site == new


def test_parts_are_no_larger_than_asked_for() -> None:
    """A queue counts for its members and for a hundred more, as calls may be waiting. One that is larger is a part by itself."""
    new = floor(queue("a", "p q r"), queue("b", "p"), queue("c", "q"), queue("d", "r"))
    made = list(growth(Floor(), new, agents_at_a_time=2, members_at_a_time=202))
    assert [len(part.agents) for part in made if part.agents] == [2, 1]
    assert [[of.id for of in part.queues] for part in made if part.queues] == [["a"], ["b", "c"], ["d"]]


def test_pause_codes_and_rings_come_first() -> None:
    new = replace(OLD, pause_codes=frozenset({PauseCode("tea")}), rings=RingLimit(seconds(9)))
    assert parts(OLD, new) == [FloorAmended(pause_codes=new.pause_codes, rings=new.rings)]


def test_a_queue_whose_member_comes_belongs_to_the_change() -> None:
    """It named the agent before, who had no seat then."""
    names_cat = queue("support", [member("ann"), member("cat")])
    old = Floor(OLD.agents, {names_cat.id: names_cat}, OLD.pause_codes)
    new = replace(old, agents={**old.agents, person("cat").id: person("cat")})
    assert [part.queues for part in parts(old, new)] == [(), (names_cat,)]


def test_an_agent_who_learns_a_skill_takes_the_call_that_waits_for_it() -> None:
    """Though no queue changed."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.call("c1", requires=needs(english=1))
    assert not story.ringing
    taught = replace(story.floor, agents={AgentId("ann"): person("ann", skills={"english": 1})})
    for part in parts(story.floor, taught):
        story.tell(part)
    assert story.ringing == {"ann": "c1"}


def test_a_call_keeps_its_place_while_its_queue_changes_around_it() -> None:
    story = Story(queue("support", "ann"))
    for call_id in ("c1", "c2"):
        story.call(call_id)
        story.now += seconds(1)
    for part in parts(story.floor, floor(queue("support", "ann bob", ageing_per_minute=2.0))):
        story.tell(part)
    assert [story.engine.position(call.id) for call in story.engine.calls()] == [1, 2]
    story.log_in("bob")
    assert story.ringing == {"bob": "c1"}
