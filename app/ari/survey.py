"""What Asterisk has, listed after every connect. `app/calls/recover.py` finds out what was missed.

Lists are asked for by HTTP, for they grow with the floor: Asterisk (22.10.1) builds a message to a websocket on the stack of its
thread, and one of about half a megabyte, a thousand channels, ends it with all its calls.
"""

from dataclasses import dataclass

from app.ari.answer import Answer, Outcome
from app.ari.client import Client, Lane
from app.ari.requests import asterisk, bridges, channels, endpoints
from app.ari.snapshots import AsteriskInfo, Bridge, Channel, ChannelState, Endpoint
from app.ari.translate import answered_at, arrived_at, two
from app.calls.events import AsteriskSeen, SeenLeg
from app.ids import BridgeId, DeviceId, LegId


@dataclass(frozen=True, slots=True)
class Survey:
    """One look at the node."""

    seen: AsteriskSeen
    endpoints: tuple[Endpoint, ...]


async def survey(client: Client, app: str) -> Survey:
    """List channels, bridges and endpoints, once all is done that was asked for before. `app` is our application. Raises `AriError`."""
    info = await client.ask(asterisk.info())  # By the ordered lane, and so behind all that went before.
    requests = [channels.show_all(), bridges.show_all(), endpoints.show_all()]
    futures = [client.send(request, lane=Lane.ESCAPE) for request in requests]
    listed, bridged, known = [_answer(await future) for future in futures]
    seen = _in_our_words(
        info.decode(AsteriskInfo), listed.decode(list[Channel]), bridged.decode(list[Bridge]), app
    )
    return Survey(seen, tuple(known.decode(list[Endpoint])))


def _answer(outcome: Outcome) -> Answer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _in_our_words(info: AsteriskInfo, listed: list[Channel], bridged: list[Bridge], app: str) -> AsteriskSeen:
    """Channels that are neither callers, phones nor legs of ours are left out."""
    bridge_by_channel = {
        channel_id: BridgeId(bridge.id) for bridge in bridged for channel_id in bridge.channels
    }
    legs = (_seen_leg(channel, bridge_by_channel.get(channel.id), app) for channel in listed)
    return AsteriskSeen(
        info.started_at,
        tuple(leg for leg in legs if leg is not None),
        tuple(BridgeId(bridge.id) for bridge in bridged),
    )


def _seen_leg(channel: Channel, bridge_id: BridgeId | None, app: str) -> SeenLeg | None:
    made_by_us = bool(channel.channelvars.get("TR_LEG"))
    arguments = _stasis_arguments(channel, app)
    kind, dialled = two(arguments)
    if not made_by_us and not kind:
        return None
    return SeenLeg(
        leg_id=LegId(channel.id),
        is_ringing=channel.state == ChannelState.RINGING,
        is_up=channel.state == ChannelState.UP,
        is_ours_now=bool(kind),
        made_by_us=made_by_us,
        bridge_id=bridge_id,
        number=channel.caller.number,
        name=channel.caller.name,
        dialled=dialled,
        device_id=DeviceId(channel.channelvars.get("TR_DEVICE", "")) if kind == "phone" else None,
        arrived_at=arrived_at(channel),
        answered_at=answered_at(arguments) if made_by_us else None,
    )


def _stasis_arguments(channel: Channel, app: str) -> list[str]:
    """What the dialplan said when it handed the channel over to us; empty when it is not ours."""
    owner, *arguments = channel.dialplan.app_data.split(",")
    return arguments if channel.dialplan.app_name == "Stasis" and owner == app else []
