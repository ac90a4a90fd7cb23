"""What a display may follow: topics of the live stream, checked when its token is made."""

from collections.abc import Sequence

from app.auth.errors import WrongTopics
from app.live.topics import WrongTopic, parse_topics

WHOLE_FLOOR = ("site", "queues", "agents", "calls", "alerts")
"""What a wallboard shows unless its token says less. Numbers are masked."""


def topics_of(wanted: Sequence[str]) -> Sequence[str]:
    """The topics of a new display. Raises `WrongTopics`."""
    topics = list(dict.fromkeys(wanted or WHOLE_FLOOR))
    try:
        parse_topics(topics)
    except WrongTopic as error:
        raise WrongTopics(str(error)) from None
    return topics
