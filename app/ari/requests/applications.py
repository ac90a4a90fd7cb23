"""Requests about our Stasis application: what it is told of."""

from collections.abc import Iterable

from app.ari.request import Request, path, query

NOISE = ("ChannelVarset", "ChannelDialplan", "ChannelConnectedLine")
"""Events that nobody reads: without them a call sends 19 instead of 57."""


def filter_events(app: str, *, disallowed: Iterable[str] = NOISE) -> Request:
    """Keep these event types from us. Never send an `allowed` list: it silences the answers to requests too."""
    return Request(
        method="PUT",
        path=path("applications", app, "eventFilter"),
        body={"disallowed": [{"type": kind} for kind in disallowed]},
    )


def subscribe(app: str, sources: Iterable[str]) -> Request:
    """Listen to sources: `of_channel`, `of_endpoint`. Counted: each needs its own `unsubscribe`.

    422: one of them does not exist; those before it in the list are subscribed nevertheless.
    A subscription outlives our connection. Events of a channel that is also in our Stasis then come twice; the
    client drops the repeats.
    """
    parameters = query(eventSource=",".join(sources))
    return Request(method="POST", path=path("applications", app, "subscription"), query=parameters)


def unsubscribe(app: str, sources: Iterable[str]) -> Request:
    """Undo one `subscribe`."""
    parameters = query(eventSource=",".join(sources))
    return Request(method="DELETE", path=path("applications", app, "subscription"), query=parameters)


def of_channel(channel_id: str) -> str:
    """A channel: all its events. It must exist already, so its first events may be missed."""
    return f"channel:{channel_id}"


def of_endpoint(technology: str, resource: str = "") -> str:
    """An endpoint, or all of a technology: registration, and every channel of it from its first event on."""
    return f"endpoint:{technology}/{resource}" if resource else f"endpoint:{technology}"
