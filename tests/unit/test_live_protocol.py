"""What a client may say, and when: judged without a socket."""

import json

import pytest

from app.live.protocol import (
    MESSAGE_LIMIT,
    TOPIC_LIMIT,
    CloseCode,
    LiveError,
    Numbers,
    Position,
    Session,
    value,
)
from app.live.topics import Key, Kind, WrongTopic, parse_topics

TOKEN = "right"
AUTHENTICATE = '{"type":"authenticate","token":"right"}'


@pytest.fixture
def session() -> Session:
    """A client that said nothing yet."""
    return Session(lambda token: token == TOKEN)


def end_of(session: Session, text: str) -> CloseCode:
    """How a message ends the connection."""
    with pytest.raises(LiveError) as raised:
        session.receive(text)
    return raised.value.code


def test_the_right_token_authenticates(session: Session) -> None:
    """And is not a subscription."""
    assert session.receive(AUTHENTICATE) is None
    assert session.is_authenticated


def test_a_wrong_token_ends_the_connection(session: Session) -> None:
    """The session stays unauthenticated."""
    assert end_of(session, '{"type":"authenticate","token":"wrong"}') is CloseCode.UNAUTHENTICATED
    assert not session.is_authenticated


@pytest.mark.parametrize("text", ['{"type":"subscribe","topics":["queues"]}', '{"type":"heartbeat"}'])
def test_anything_before_the_token_ends_the_connection(session: Session, text: str) -> None:
    """Strangers hear nothing."""
    assert end_of(session, text) is CloseCode.UNAUTHENTICATED


def test_the_token_comes_once(session: Session) -> None:
    """Twice is a mistake of the client."""
    session.receive(AUTHENTICATE)
    assert end_of(session, AUTHENTICATE) is CloseCode.BAD_MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"type":"shout"}',
        '{"type":"authenticate"}',
        '{"type":"authenticate","token":5}',
        '{"type":"authenticate","token":"right","extra":1}',
        '{"type":"authenticate","token":"\\ud800"}',
        '{"type":"authenticate","token":"\ud800"}',
    ],
)
def test_what_is_no_message_ends_the_connection(session: Session, text: str) -> None:
    """With what was expected, and never with the token."""
    with pytest.raises(LiveError) as raised:
        session.receive(text)
    assert raised.value.code is CloseCode.BAD_MESSAGE
    assert "right" not in raised.value.detail


@pytest.mark.parametrize(("length", "is_taken"), [(MESSAGE_LIMIT, True), (MESSAGE_LIMIT + 1, False)])
def test_a_message_has_a_longest_length(session: Session, length: int, *, is_taken: bool) -> None:
    """One character more ends the connection."""
    text = AUTHENTICATE.ljust(length)
    if is_taken:
        session.receive(text)
    else:
        assert end_of(session, text) is CloseCode.BAD_MESSAGE


def test_a_subscription_names_topics(session: Session) -> None:
    """Numbers are masked unless asked for; the beginning is a snapshot unless a position is given."""
    session.receive(AUTHENTICATE)
    wanted = session.receive('{"type":"subscribe","topics":["queues","call:1.2","agent:王伟"]}')
    assert wanted is not None
    assert wanted.view.topics.kinds == {Kind.QUEUE}
    assert wanted.view.topics.keys == {Key(Kind.CALL, "1.2"), Key(Kind.AGENT, "王伟")}
    assert (wanted.view.numbers, wanted.resume) == (Numbers.MASKED, None)


def test_a_subscription_may_resume(session: Session) -> None:
    """At an epoch and a number."""
    session.receive(AUTHENTICATE)
    wanted = session.receive(
        '{"type":"subscribe","topics":["calls"],"numbers":"full","resume":{"epoch":"e","seq":7}}'
    )
    assert wanted is not None
    assert (wanted.view.numbers, wanted.resume) == (Numbers.FULL, Position("e", 7))


@pytest.mark.parametrize(
    ("count", "is_taken"), [(0, False), (1, True), (TOPIC_LIMIT, True), (TOPIC_LIMIT + 1, False)]
)
def test_the_number_of_topics_has_bounds(session: Session, count: int, *, is_taken: bool) -> None:
    """At least one, at most 256."""
    session.receive(AUTHENTICATE)
    text = json.dumps({"type": "subscribe", "topics": [f"agent:a{number}" for number in range(count)]})
    if is_taken:
        assert session.receive(text)
    else:
        assert end_of(session, text) is CloseCode.BAD_MESSAGE


@pytest.mark.parametrize("topic", ["", "queue", "queue:", "phones", "phone:1", ":x", "Queues"])
def test_what_is_no_topic_is_shown_back(topic: str) -> None:
    """With what a topic looks like."""
    with pytest.raises(WrongTopic, match="queue:ID") as raised:
        parse_topics([topic])
    assert repr(topic) in str(raised.value)


def test_a_kind_contains_each_of_it_and_a_key_only_itself() -> None:
    """What a client follows."""
    topics = parse_topics(["queues", "agent:lin"])
    assert Key(Kind.QUEUE, "any") in topics
    assert Key(Kind.AGENT, "lin") in topics
    assert Key(Kind.AGENT, "wang") not in topics


def test_views_are_equal_whatever_the_order_of_topics(session: Session) -> None:
    """So that their clients share messages."""
    session.receive(AUTHENTICATE)
    one = session.receive('{"type":"subscribe","topics":["queues","calls"]}')
    other = session.receive('{"type":"subscribe","topics":["calls","queues","calls"]}')
    assert one is not None
    assert other is not None
    assert one.view == other.view
    assert hash(one.view) == hash(other.view)


def test_a_reason_fits_into_a_close_frame() -> None:
    """123 bytes, and no half character."""
    reason = LiveError(CloseCode.BAD_MESSAGE, "很" * 100).reason
    assert reason == "很" * 41


def test_a_value_is_json_whatever_its_id() -> None:
    """Ids with quotes and in other scripts; null when the thing is gone."""
    assert json.loads(value('agent:"王"', b'{"a":1}')) == {"topic": 'agent:"王"', "value": {"a": 1}}
    assert json.loads(value("call:1", None)) == {"topic": "call:1", "value": None}
