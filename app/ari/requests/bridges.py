"""Requests about bridges."""

from collections.abc import Sequence

from app.ari.request import Request, path, query


def create(bridge_id: str, *, name: str = "") -> Request:
    """Make a bridge in which all hear each other, under our own id. 409: the id is taken. `name` stands in every snapshot."""
    parameters = query(type="mixing", bridgeId=bridge_id, name=name)
    return Request(method="POST", path="bridges", query=parameters)


def show(bridge_id: str) -> Request:
    """One bridge's snapshot, with the ids of its channels."""
    return Request(method="GET", path=path("bridges", bridge_id))


def show_all() -> Request:
    """Snapshots of all bridges. Only they tell who is in which: a channel's snapshot names no bridge."""
    return Request(method="GET", path="bridges")


def add_channels(bridge_id: str, channel_ids: Sequence[str]) -> Request:
    """Put channels in; one that is in another bridge moves. Waits for a running playback: stop it first.

    400: a channel does not exist. 422: a channel is not in Stasis. 404: no such bridge.
    """
    parameters = query(channel=",".join(channel_ids))
    return Request(method="POST", path=path("bridges", bridge_id, "addChannel"), query=parameters)


def destroy(bridge_id: str) -> Request:
    """End the bridge. Its channels stay up."""
    return Request(method="DELETE", path=path("bridges", bridge_id))
