"""Requests about channels. Traps are in the docstrings: several of these wait for a running playback."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from math import ceil

from app.ari.request import Request, path, query


class HangUpReason(StrEnum):
    """Why we hang up, as the phone is told: `Reason` header, or the status that rejects an unanswered caller."""

    NORMAL = "normal"
    BUSY = "busy"
    CONGESTION = "congestion"
    NO_ANSWER = "no_answer"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    UNALLOCATED = "unallocated"
    NORMAL_UNSPECIFIED = "normal_unspecified"
    NUMBER_INCOMPLETE = "number_incomplete"
    CODEC_MISMATCH = "codec_mismatch"
    INTERWORKING = "interworking"
    FAILURE = "failure"
    ANSWERED_ELSEWHERE = "answered_elsewhere"


class Direction(StrEnum):
    """Seen from Asterisk: `IN` is what comes from the phone, `OUT` what the phone hears."""

    NONE = "none"
    IN = "in"
    OUT = "out"
    BOTH = "both"


class TransferState(StrEnum):
    """What a phone that asked for a transfer is told about it."""

    PROGRESS = "channel_progress"
    ANSWERED = "channel_answered"
    UNAVAILABLE = "channel_unavailable"
    DECLINED = "channel_declined"


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


def create(
    channel_id: str, *, endpoint: str, app: str, app_args: str, variables: Mapping[str, str]
) -> Request:
    """Make a leg in Stasis without ringing. Wait for its StasisStart before `dial`, or that gives 409."""
    parameters = query(endpoint=endpoint, app=app, appArgs=app_args, channelId=channel_id)
    return Request(
        method="POST", path="channels/create", query=parameters, body={"variables": dict(variables)}
    )


def dial(channel_id: str, *, ring_timeout: timedelta, caller: str = "") -> Request:
    """Ring a leg made by `create`."""
    parameters = query(caller=caller, timeout=_seconds(ring_timeout))
    return Request(method="POST", path=path("channels", channel_id, "dial"), query=parameters)


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


def progress(channel_id: str) -> Request:
    """Send 183 with SDP: early media. Music and playbacks on an unanswered channel do so themselves."""
    return Request(method="POST", path=path("channels", channel_id, "progress"))


def hang_up(
    channel_id: str, *, reason: HangUpReason | None = None, reason_code: int | None = None
) -> Request:
    """End the channel. Give `reason` or `reason_code` (Q.850), not both. 404: it had ended already."""
    if reason is not None and reason_code is not None:
        raise ValueError(
            f"hang_up of {channel_id}: expected reason or reason_code, got both ({reason}, {reason_code})"
        )
    parameters = query(reason=reason, reason_code=reason_code)
    return Request(method="DELETE", path=path("channels", channel_id), query=parameters, vital=True)


def start_moh(channel_id: str, *, moh_class: str = "") -> Request:
    """Play music until `stop_moh`. Left on, it is mixed with the agent and nobody notices."""
    return Request(method="POST", path=path("channels", channel_id, "moh"), query=query(mohClass=moh_class))


def stop_moh(channel_id: str) -> Request:
    """End the music. Always before bridging."""
    return Request(method="DELETE", path=path("channels", channel_id, "moh"))


def play(channel_id: str, playback_id: str, *, media: Sequence[str], language: str = "") -> Request:
    """Play `media` in order. Ends the channel's music for good: send `start_moh` right behind."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "play", playback_id),
        query=query(media=",".join(media), lang=language),
    )


def mute(channel_id: str, *, direction: Direction) -> Request:
    """Silence one direction, or both."""
    return Request(method="POST", path=path("channels", channel_id, "mute"), query=query(direction=direction))


def unmute(channel_id: str, *, direction: Direction) -> Request:
    """Undo `mute`."""
    return Request(
        method="DELETE", path=path("channels", channel_id, "mute"), query=query(direction=direction)
    )


def hold(channel_id: str) -> Request:
    """Tell the channel that it is held. The other party is still heard by the agent: see the facts on hold."""
    return Request(method="POST", path=path("channels", channel_id, "hold"))


def unhold(channel_id: str) -> Request:
    """Undo `hold`."""
    return Request(method="DELETE", path=path("channels", channel_id, "hold"))


def snoop(
    channel_id: str, snoop_id: str, *, app: str, app_args: str, spy: Direction, whisper: Direction
) -> Request:
    """Listen to a channel (`spy`) and speak into it (`whisper`). It follows the channel, not the call."""
    parameters = query(spy=spy, whisper=whisper, app=app, appArgs=app_args)
    return Request(method="POST", path=path("channels", channel_id, "snoop", snoop_id), query=parameters)


def show_variable(channel_id: str, *, name: str) -> Request:
    """A channel variable or dialplan function. 404: not set."""
    return Request(method="GET", path=path("channels", channel_id, "variable"), query=query(variable=name))


def set_variable(channel_id: str, *, name: str, value: str) -> Request:
    """Set a channel variable. Waits for a running playback. An empty value unsets it."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "variable"),
        query=query(variable=name, value=value),
    )


def set_variables(channel_id: str, *, variables: Mapping[str, str]) -> Request:
    """Set several channel variables at once (Asterisk 22)."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "variables"),
        body={"variables": dict(variables)},
    )


def continue_in_dialplan(
    channel_id: str, *, context: str = "", extension: str = "", priority: int | None = None
) -> Request:
    """Hand the channel back to the dialplan. Its StasisEnd follows; for callers that is the last event."""
    parameters = query(context=context, extension=extension, priority=priority)
    return Request(method="POST", path=path("channels", channel_id, "continue"), query=parameters)


def send_dtmf(channel_id: str, *, digits: str) -> Request:
    """Send keypad digits to the phone."""
    return Request(method="POST", path=path("channels", channel_id, "dtmf"), query=query(dtmf=digits))


def transfer_progress(channel_id: str, *, state: TransferState) -> Request:
    """Tell the phone that asked for a transfer how it went. Does not hang it up."""
    return Request(
        method="POST",
        path=path("channels", channel_id, "transfer_progress"),
        query=query(states=state),
    )


def _seconds(duration: timedelta) -> int:
    return ceil(duration.total_seconds())
