"""Every offer says why this call went to this agent, and why not to the others."""

from app.acd.commands import OfferCall
from app.acd.events import DeviceChanged, PauseRequested
from app.acd.model import DeviceState, OfferOutcome, Step, Strategy
from app.ids import AgentId, DeviceId, PauseCode
from tests.support.acd import START, Story, agent, member, needs, only, queue, seconds


def test_the_explanation_counts_everybody_who_was_passed_over() -> None:
    """Each member has one reason, or was eligible."""
    members = [
        member(name, level=int(name == "fay")) for name in ("ann", "bob", "cat", "dan", "eve", "fay", "gil")
    ]
    english = {"english": 2}
    story = Story(
        queue("support", members, strategy=Strategy.LONGEST_IDLE, widening=(Step(seconds(20), 1),)),
        agents=[agent(name, skills=english) for name in ("ann", "bob", "cat", "dan", "fay")],
    )
    story.log_in("ann", "bob", "cat", "dan", "eve", "fay")
    story.tell(PauseRequested(AgentId("cat"), PauseCode("lunch")))
    story.tell(DeviceChanged(DeviceId("phone-dan"), DeviceState.UNREACHABLE))
    why = only(story.call("c1", requires=needs(english=2)), OfferCall).why
    assert dict(why.passed_over) == {
        "logged_out": 1,
        "paused": 1,
        "device_unreachable": 1,
        "unskilled": 1,
        "above_level": 1,
    }
    assert why.eligible == 2
    assert [each.agent_id for each in why.candidates] == ["ann", "bob"]
    assert sum(count for _, count in why.passed_over) + why.eligible == len(members)


def test_the_explanation_shows_the_keys_in_the_order_of_the_strategy() -> None:
    """The chosen agent first; at most three."""
    story = Story(queue("support", "ann bob cat dan", strategy=Strategy.LINEAR))
    story.log_in("dan", "cat", "bob", "ann")
    why = only(story.call("c1"), OfferCall).why
    assert [each.key for each in why.candidates] == [(0, 0, "ann"), (0, 1, "bob"), (0, 2, "cat")]
    assert why.strategy is Strategy.LINEAR


def test_the_explanation_tells_the_calls_side_too() -> None:
    """Wait, position, weight, effective priority, what was still required and allowed."""
    story = Story(
        queue(
            "support",
            [member("ann", level=1)],
            weight=3,
            ageing_per_minute=2.0,
            relaxation=(Step(seconds(30), 1),),
            widening=(Step(seconds(60), 1),),
        ),
        agents=[agent("ann", skills={"english": 2})],
    )
    story.call("c0", requires=needs(english=9))
    story.call("c1", requires=needs(english=3), priority=1)
    story.wait(90)
    assert story.now == START + seconds(90)
    story.log_in("ann")
    offer = only(story.decisions[-1], OfferCall)
    assert (offer.why.waited, offer.why.position, offer.why.queue_weight) == (seconds(90), 1, 3)
    assert offer.why.effective_priority == 4.0
    assert (offer.why.requires, offer.why.level_limit) == (needs(english=2), 1)


def test_after_a_miss_the_explanation_says_that_the_other_agent_rests() -> None:
    """The next best is chosen, and the reason for the first is told."""
    story = Story(queue("support", "ann bob", strategy=Strategy.LINEAR))
    story.log_in("ann", "bob")
    story.call("c1")
    why = only(story.fail("ann", OfferOutcome.FAILED), OfferCall).why
    assert [each.agent_id for each in why.candidates] == ["bob"]
    assert dict(why.passed_over) == {"resting": 1}
