"""Requests about channels. Traps are in the docstrings: several of these wait for a running playback."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from math import ceil

from app.ari.request import Request, path, query


class HangUpReason(StrEnum):
    """Why we hang up, as the phone is told: `Reason` header, or the status that rejects an unanswered caller."""

    BUSY = "busy"
    CONGESTION = "congestion"
    NO_ANSWER = "no_answer"
    UNALLOCATED = "unallocated"
    ANSWERED_ELSEWHERE = "answered_elsewhere"


def originate(
    channel_id: str,
    *,
    endpoint: str,
    context: str,
    extension: str,
    ring_timeout: timedelta,
    variables: Mapping[str, str],
    caller_id: str = "",
) -> Request:
    """Ring `endpoint`; on answer the leg runs `extension` of `context`, which hands it to us.

    The dialplan way survives the death of the controller; a leg made with `app=` would be dropped on answer.
    `ring_timeout` is rounded up to whole seconds. 500 (AriAllocationFailed): the endpoint is not registered.
    """
    parameters = query(
        endpoint=endpoint,
        context=context,
        extension=extension,
        priority=1,
        channelId=channel_id,
        callerId=caller_id,
        timeout=_seconds(ring_timeout),
    )
    return Request(method="POST", path="channels", query=parameters, body={"variables": dict(variables)})


def show(channel_id: str) -> Request:
    """One channel's snapshot."""
    return Request(method="GET", path=path("channels", channel_id))


def show_all() -> Request:
    """Snapshots of all channels of the node, other applications' included."""
    return Request(method="GET", path="channels")


def answer(channel_id: str) -> Request:
    """Send 200. Waits for a running playback, and ends the channel's music: send `start_moh` again behind it."""
    return Request(method="POST", path=path("channels", channel_id, "answer"))


def ring(channel_id: str) -> Request:
    """Send 180 to an unanswered caller; an answered one hears the ringing tone.

    The tone stays until `ring_stop`: bridged without it, the channel hears the tone and the other party by turns.
    """
    return Request(method="POST", path=path("channels", channel_id, "ring"))


def ring_stop(channel_id: str) -> Request:
    """End the ringing tone."""
    return Request(method="DELETE", path=path("channels", channel_id, "ring"))


def hang_up(channel_id: str, *, reason: HangUpReason | None = None) -> Request:
    """End the channel; None: for no special reason. 404: it had ended already."""
    return Request(method="DELETE", path=path("channels", channel_id), query=query(reason=reason), vital=True)


def start_moh(channel_id: str, *, moh_class: str = "") -> Request:
    """Play music until `stop_moh`. Left on, it is mixed with the agent and nobody notices."""
    return Request(method="POST", path=path("channels", channel_id, "moh"), query=query(mohClass=moh_class))


def stop_moh(channel_id: str) -> Request:
    """End the music. Always before bridging."""
    return Request(method="DELETE", path=path("channels", channel_id, "moh"))


def play(channel_id: str, playback_id: str, *, media: Sequence[str]) -> Request:
    """Play `media` in order. Ends the channel's music for good: send `start_moh` right behind."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "play", playback_id),
        query=query(media=",".join(media)),
    )


def decline_transfer(channel_id: str) -> Request:
    """Tell the phone which pressed its transfer key that nothing comes of it. Since 20.13, 21.8, 22.3."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "transfer_progress"),
        query=query(states="channel_declined"),
    )


def continue_in_dialplan(
    channel_id: str, *, context: str = "", extension: str = "", priority: int | None = None
) -> Request:
    """Hand the channel back to the dialplan. Its StasisEnd follows; for callers that is the last event."""
    parameters = query(context=context, extension=extension, priority=priority)
    return Request(method="POST", path=path("channels", channel_id, "continue"), query=parameters)


def _seconds(duration: timedelta) -> int:
    return ceil(duration.total_seconds())
