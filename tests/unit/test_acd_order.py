"""Who comes first: calls among each other, agents among each other, owners before all."""

from collections import Counter

import pytest

from app.acd.commands import OfferCall
from app.acd.events import LogInRequested, LogOutRequested, PauseRequested, ResumeRequested
from app.acd.facts import CallQueued
from app.acd.model import Membership, OfferOutcome, Step, Strategy, UnavailableReason
from app.ids import AgentId, CallId, PauseCode
from tests.support.acd import Story, agent, member, needs, only, queue, seconds

ANN, BOB = AgentId("ann"), AgentId("bob")


def served(story: Story, name: str, calls: int) -> list[str]:
    """Which calls this agent gets, one after the other."""
    order = []
    for _ in range(calls):
        order.append(str(story.connect(name)))
        story.finish(order[-1])
    return order


# --- calls ---------------------------------------------------------------------------------------------------------


def test_first_come_first_served() -> None:
    """Equal in everything: arrival decides, then the id."""
    story = Story(queue("support", "ann"))
    for call_id in ("b", "a"):
        story.call(call_id)
    story.now += seconds(1)
    story.call("c")
    story.log_in("ann")
    assert served(story, "ann", 3) == ["a", "b", "c"]


def test_a_higher_priority_overtakes() -> None:
    """Whatever the arrival."""
    story = Story(queue("support", "ann"))
    story.call("old")
    story.call("urgent", priority=1)
    story.log_in("ann")
    assert served(story, "ann", 2) == ["urgent", "old"]


@pytest.mark.parametrize(("earlier", "first"), [(59.999, "urgent"), (60, "old"), (60.001, "old")])
def test_ageing_lets_an_old_call_catch_up(earlier: float, first: str) -> None:
    """One point a minute: after exactly one minute both are equal, and arrival decides."""
    story = Story(queue("support", "ann", ageing_per_minute=1.0))
    story.call("old")
    story.now += seconds(earlier)
    story.call("urgent", priority=1)
    story.log_in("ann")
    assert served(story, "ann", 1) == [first]


def test_one_order_holds_across_all_queues_of_an_agent() -> None:
    """Equal weight and priority: arrival decides, not the queue."""
    story = Story(queue("sales", "ann"), queue("support", "ann"))
    for call_id, to in (("c1", "support"), ("c2", "sales"), ("c3", "support")):
        story.call(call_id, to=to)
        story.now += seconds(1)
    story.log_in("ann")
    assert served(story, "ann", 3) == ["c1", "c2", "c3"]


def test_a_weightier_queue_goes_first() -> None:
    """Before any priority in a lighter one."""
    story = Story(queue("sales", "ann", weight=1), queue("support", "ann"))
    story.call("c1", to="support", priority=9)
    story.call("c2", to="sales")
    story.log_in("ann")
    assert served(story, "ann", 2) == ["c2", "c1"]


def test_queues_that_age_differently_are_compared_at_the_instant() -> None:
    """The faster one overtakes in time."""
    for waited, first in ((60, "slow"), (121, "fast")):
        story = Story(queue("fast", "ann", ageing_per_minute=1.0), queue("slow", "ann"))
        story.call("slow", to="slow", priority=2)
        story.call("fast", to="fast")
        story.wait(waited)
        story.log_in("ann")
        assert served(story, "ann", 1) == [first]


def test_the_position_is_told_and_kept() -> None:
    """1 is next; a ringing call keeps its position until it is connected."""
    story = Story(queue("support", "ann"))
    story.call("c1")
    assert only(story.call("c2"), CallQueued).position == 2
    story.log_in("ann")
    assert (story.engine.position(CallId("c1")), story.engine.position(CallId("c2"))) == (1, 2)
    story.connect("ann")
    assert (story.engine.position(CallId("c1")), story.engine.position(CallId("c2"))) == (None, 1)


# --- agents --------------------------------------------------------------------------------------------------------


def chosen(strategy: Strategy, calls: int = 6, **rules: object) -> list[str]:
    """Whom this strategy chooses, call after call, when everybody is free again each time."""
    members = [member("ann", position=2), member("bob", position=0, weight=3), member("cat", position=1)]
    story = Story(queue("support", members, strategy=strategy, **rules))
    story.log_in("ann", "bob", "cat")
    names = []
    for number in range(calls):
        names.append(only(story.call(f"c{number}"), OfferCall).agent_id)
        story.serve(names[-1])
    return [str(name) for name in names]


def test_linear_begins_at_the_top_each_time() -> None:
    """By position."""
    assert chosen(Strategy.LINEAR, 3) == ["bob", "bob", "bob"]


def test_round_robin_goes_round() -> None:
    """By position, from where it was."""
    assert chosen(Strategy.ROUND_ROBIN) == ["bob", "cat", "ann", "bob", "cat", "ann"]


def test_longest_idle_takes_whoever_waits_longest() -> None:
    """Log-in order first, then the order in which calls ended."""
    assert chosen(Strategy.LONGEST_IDLE) == ["ann", "bob", "cat", "ann", "bob", "cat"]


def test_fewest_calls_counts_answered_calls() -> None:
    """Equal counts: longest idle."""
    assert chosen(Strategy.FEWEST_CALLS) == ["ann", "bob", "cat", "ann", "bob", "cat"]


def test_least_talk_time_prefers_who_talked_less() -> None:
    """A long call counts for more than two short ones."""
    story = Story(queue("support", "ann bob", strategy=Strategy.LEAST_TALK_TIME))
    story.log_in("ann", "bob")
    story.call("c1")
    call_id = story.connect("ann")
    story.wait(300)
    story.finish(call_id)
    for number in range(2, 5):
        assert only(story.call(f"c{number}"), OfferCall).agent_id == "bob"
        story.serve("bob")


def test_the_same_seed_draws_the_same_agents() -> None:
    """Another seed draws others."""
    for strategy in (Strategy.RANDOM, Strategy.WEIGHTED_RANDOM):
        assert chosen(strategy, 20, seed=7) == chosen(strategy, 20, seed=7)
        assert chosen(strategy, 20, seed=7) != chosen(strategy, 20, seed=8)


def test_random_is_even_and_weighted_random_follows_the_weights() -> None:
    """600 draws; bob has three of five tickets."""
    even = Counter(chosen(Strategy.RANDOM, 600))
    assert all(150 < even[name] < 250 for name in ("ann", "bob", "cat"))
    weighted = Counter(chosen(Strategy.WEIGHTED_RANDOM, 600))
    assert all(90 < weighted[name] < 150 for name in ("ann", "cat"))
    assert 320 < weighted["bob"] < 400


def test_round_robin_remembers_its_place_when_members_come_and_go() -> None:
    """The mark is who came last, not an index."""

    def members(*names: str) -> list[Membership]:
        return [
            member(name, position=number)
            for number, name in enumerate(("ann", "bob", "cat", "dan"))
            if name in names
        ]

    rules = {"strategy": Strategy.ROUND_ROBIN}
    story = Story(queue("support", members("ann", "bob", "cat"), **rules), agents=[agent("dan")])
    story.log_in("ann", "bob", "cat", "dan")
    for number, name in ((1, "ann"), (2, "bob")):
        assert only(story.call(f"c{number}"), OfferCall).agent_id == name
        story.serve(name)
    story.reload(queue("support", members("ann", "cat", "dan"), **rules), agents=[agent("bob")])
    assert only(story.call("c3"), OfferCall).agent_id == "cat"


def test_the_best_skilled_agent_comes_first() -> None:
    """Among those who have the skill at all."""
    story = Story(
        queue("support", "ann bob cat", strategy=Strategy.SKILLS),
        agents=[agent("ann", skills={"english": 2}), agent("bob", skills={"english": 5}), agent("cat")],
    )
    story.log_in("ann", "bob", "cat")
    for number, name in ((1, "bob"), (2, "ann")):
        assert only(story.call(f"c{number}", requires=needs(english=2)), OfferCall).agent_id == name
    story.call("c3", requires=needs(english=2))
    assert "cat" not in story.ringing


def test_lower_levels_come_first_whatever_the_strategy() -> None:
    """Level 1 only when nobody of level 0 is free."""
    story = Story(queue("support", [member("ann", level=1), member("bob")]))
    story.log_in("ann", "bob")
    story.call("c1")
    story.call("c2")
    assert story.ringing == {"bob": "c1", "ann": "c2"}


@pytest.mark.parametrize(("waited", "rings"), [(19.999, False), (20, True), (20.001, True)])
def test_levels_widen_with_the_wait(waited: float, rings: bool) -> None:  # noqa: FBT001 - a case
    """Before its first step only the lowest level serves."""
    story = Story(
        queue("support", [member("ann", level=0), member("bob", level=2)], widening=(Step(seconds(20), 2),))
    )
    story.log_in("bob")
    story.call("c1")
    story.wait(waited)
    assert (story.ringing == {"bob": "c1"}) is rings


@pytest.mark.parametrize(("waited", "rings"), [(29.999, False), (30, True), (30.001, True)])
def test_required_skills_relax_with_the_wait(waited: float, rings: bool) -> None:  # noqa: FBT001 - a case
    """The level sinks by the step's value."""
    story = Story(
        queue("support", "ann", relaxation=(Step(seconds(30), 1),)),
        agents=[agent("ann", skills={"english": 2})],
    )
    story.log_in("ann")
    story.call("c1", requires=needs(english=3))
    story.wait(waited)
    assert (story.ringing == {"ann": "c1"}) is rings


def test_a_call_that_nobody_is_skilled_for_does_not_hold_up_the_others() -> None:
    """The next call in line is served."""
    story = Story(queue("support", "ann"))
    story.call("c1", requires=needs(english=1))
    story.call("c2")
    story.log_in("ann")
    assert story.ringing == {"ann": "c2"}


def test_a_miss_does_not_cost_the_place_among_the_idle_unless_the_queue_says_so() -> None:
    """`no_answer_resets_idle` decides."""
    for resets, first in ((False, "ann"), (True, "bob")):
        story = Story(queue("support", "ann bob", no_answer_resets_idle=resets))
        story.log_in("ann", "bob")
        story.call("c1")
        story.ring("ann")
        story.wait(15)
        story.leave("c1")
        story.wait(30)
        assert only(story.call("c2"), OfferCall).agent_id == first


# --- owners --------------------------------------------------------------------------------------------------------


def test_a_call_waits_for_its_owner() -> None:
    """Though others are free; the owner need not even be a member."""
    story = Story(queue("support", "bob"), agents=[agent("ann")])
    story.log_in("ann", "bob")
    story.tell(PauseRequested(ANN, PauseCode("lunch")))
    story.call("c1", owner=ANN, owner_for=seconds(30))
    assert not story.ringing
    offer = only(story.tell(ResumeRequested(ANN)), OfferCall)
    assert (offer.agent_id, offer.why.owner_first) == ("ann", True)


@pytest.mark.parametrize(("waited", "ringing"), [(29.999, {}), (30, {"bob": "c1"}), (30.001, {"bob": "c1"})])
def test_after_the_owners_time_the_call_goes_to_the_queue(waited: float, ringing: dict[str, str]) -> None:
    """And the explanation says why the owner is out."""
    story = Story(queue("support", "ann bob"))
    story.log_in("ann", "bob")
    story.tell(PauseRequested(ANN, PauseCode("lunch")))
    story.call("c1", owner=ANN, owner_for=seconds(30))
    decision = story.wait(waited)
    assert story.ringing == ringing
    if ringing:
        why = only(decision, OfferCall).why
        assert (why.owner_first, why.owner_out) == (False, UnavailableReason.PAUSED)


def test_a_call_whose_owner_is_logged_out_goes_straight_to_the_queue() -> None:
    """With the reason in the explanation."""
    story = Story(queue("support", "ann bob"))
    story.log_in("bob")
    why = only(story.call("c1", owner=ANN, owner_for=seconds(30)), OfferCall).why
    assert why.owner_out is UnavailableReason.LOGGED_OUT


def test_when_the_owner_logs_out_the_call_goes_to_the_queue_at_once() -> None:
    """And comes back to the owner who logs in while the time runs."""
    story = Story(queue("support", "bob"), agents=[agent("ann")])
    story.log_in("ann")
    story.tell(PauseRequested(ANN, PauseCode("lunch")))
    story.call("c1", owner=ANN, owner_for=seconds(60))
    story.tell(LogOutRequested(ANN))
    assert story.tell(LogInRequested(ANN)).commands
    assert story.ringing == {"ann": "c1"}
    story.fail("ann", OfferOutcome.DECLINED)
    story.tell(LogOutRequested(ANN))
    story.log_in("bob")
    assert story.ringing == {"bob": "c1"}


def test_an_owners_own_call_comes_before_the_ordinary_order() -> None:
    """Even when others have waited longer."""
    story = Story(queue("support", "ann"))
    story.call("old")
    story.log_in("ann")
    story.call("older")
    story.call("own", owner=ANN, owner_for=seconds(600))
    assert served(story, "ann", 3) == ["old", "own", "older"]


def test_a_higher_priority_comes_before_an_owners_own_call() -> None:
    """Equal priority does not."""
    for priority, order in ((0, ["own", "other"]), (1, ["other", "own"])):
        story = Story(queue("support", "ann"))
        story.log_in("ann")
        story.call("first")
        story.call("own", owner=ANN, owner_for=seconds(600))
        story.call("other", priority=priority)
        assert served(story, "ann", 3) == ["first", *order]


def test_an_owner_who_declines_may_be_asked_again_within_the_owners_time() -> None:
    """Nobody else is asked meanwhile."""
    story = Story(queue("support", "ann bob"))
    story.log_in("ann", "bob")
    story.call("c1", owner=ANN, owner_for=seconds(60))
    story.fail("ann", OfferOutcome.DECLINED)
    assert not story.ringing
    story.wait(10)
    assert story.ringing == {"ann": "c1"}
