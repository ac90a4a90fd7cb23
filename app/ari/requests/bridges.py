"""Requests about bridges."""

from collections.abc import Sequence
from enum import StrEnum

from app.ari.request import Request, path, query


class BridgeType(StrEnum):
    """`MIXING`: all hear each other. `HOLDING`: nobody does; music plays."""

    MIXING = "mixing"
    HOLDING = "holding"


def create(bridge_id: str, *, name: str = "", bridge_type: BridgeType = BridgeType.MIXING) -> Request:
    """Make a bridge under our own id. 409: the id is taken. `name` stands in every snapshot: the call's id."""
    parameters = query(type=bridge_type, bridgeId=bridge_id, name=name)
    return Request(method="POST", path="bridges", query=parameters)


def show(bridge_id: str) -> Request:
    """One bridge's snapshot, with the ids of its channels."""
    return Request(method="GET", path=path("bridges", bridge_id))


def show_all() -> Request:
    """Snapshots of all bridges. Only they tell who is in which: a channel's snapshot names no bridge."""
    return Request(method="GET", path="bridges")


def add_channels(
    bridge_id: str, channel_ids: Sequence[str], *, role: str = "", mute: bool = False
) -> Request:
    """Put channels in; one that is in another bridge moves. Waits for a running playback: stop it first.

    400: a channel does not exist. 422: a channel is not in Stasis. 404: no such bridge.
    """
    parameters = query(channel=",".join(channel_ids), role=role, mute=mute or None)
    return Request(method="POST", path=path("bridges", bridge_id, "addChannel"), query=parameters)


def remove_channels(bridge_id: str, channel_ids: Sequence[str]) -> Request:
    """Take channels out. They stay up, in silence. Waits for a running playback."""
    parameters = query(channel=",".join(channel_ids))
    return Request(method="POST", path=path("bridges", bridge_id, "removeChannel"), query=parameters)


def destroy(bridge_id: str) -> Request:
    """End the bridge. Its channels stay up."""
    return Request(method="DELETE", path=path("bridges", bridge_id))


def start_moh(bridge_id: str, *, moh_class: str = "") -> Request:
    """Play music into the bridge; in a mixing bridge all hear it over the talk."""
    return Request(method="POST", path=path("bridges", bridge_id, "moh"), query=query(mohClass=moh_class))


def stop_moh(bridge_id: str) -> Request:
    """End the bridge's music."""
    return Request(method="DELETE", path=path("bridges", bridge_id, "moh"))


def play(bridge_id: str, playback_id: str, *, media: Sequence[str], language: str = "") -> Request:
    """Play `media` to all in the bridge, mixed with the talk."""
    return Request(
        method="POST",
        path=path("bridges", bridge_id, "play", playback_id),
        query=query(media=",".join(media), lang=language),
    )
