"""The twin's REST interface: a table of operations, with Asterisk's own refusals."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from app.ari.request import Request
from tests.support.twin import Twin
from tests.support.twin_things import Json, TwinBridge, TwinChannel

Query = Mapping[str, str]
Operation = Callable[..., "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer to a request."""

    status: int
    reason: str
    body: str = ""


class Refusal(Exception):
    """Ends an operation with a refusal."""

    def __init__(self, status: int, reason: str, message: str, *, key: str = "message") -> None:
        super().__init__(message)
        self.reply = Reply(status, reason, json.dumps({key: message}))


_DONE = Reply(204, "No Content")
_NOT_IN_STASIS = "Channel not in Stasis application"
_CAUSES = {None: 16, "busy": 17, "no_answer": 19, "answered_elsewhere": 26, "congestion": 34}


class TwinRest:
    """Carries out requests, one at a time, at once. `would_wait` says whether Asterisk would let one wait."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._operations = _compile(self._table())

    def carry_out(self, request: Request) -> Reply:
        """Asterisk's answer. 501: the twin does not know this operation."""
        found = self._find(request)
        if found is None:
            return Reply(501, "Not Implemented", json.dumps({"message": f"the twin does not know {request}"}))
        operation, ids = found
        try:
            return operation(*ids, dict(request.query), request.body or {})
        except Refusal as refusal:
            return refusal.reply

    def would_wait(self, request: Request) -> bool:
        """Whether a running playback holds this request up, and with it all behind it on its connection."""
        return any(
            self._twin.channels[id_].playbacks for id_ in _held_up(request) if id_ in self._twin.channels
        )

    def _find(self, request: Request) -> tuple[Operation, tuple[str, ...]] | None:
        for method, pattern, operation in self._operations:
            match = pattern.fullmatch(request.path) if method == request.method else None
            if match:
                return operation, tuple(unquote(part) for part in match.groups())
        return None

    def _table(self) -> dict[str, Operation]:
        return {
            "GET asterisk/ping": lambda _q, _b: _json({"ping": "pong"}),
            "GET asterisk/info": self._info,
            "GET channels": lambda _q, _b: _json([c.snapshot() for c in self._twin.channels.values()]),
            "POST channels": self._originate,
            "GET channels/{}": lambda id_, _q, _b: _json(self._channel(id_).snapshot()),
            "DELETE channels/{}": self._hang_up,
            "POST channels/{}/answer": self._answer,
            "POST channels/{}/ring": self._ring,
            "DELETE channels/{}/ring": self._ring,
            "POST channels/{}/moh": self._start_moh,
            "DELETE channels/{}/moh": self._stop_moh,
            "POST channels/{}/play/{}": self._play,
            "POST channels/{}/continue": self._continue,
            "GET playbacks/{}": self._show_playback,
            "DELETE playbacks/{}": self._stop_playback,
            "GET bridges": lambda _q, _b: _json([b.snapshot() for b in self._twin.bridges.values()]),
            "POST bridges": self._create_bridge,
            "GET bridges/{}": lambda id_, _q, _b: _json(self._bridge(id_).snapshot()),
            "DELETE bridges/{}": self._destroy_bridge,
            "POST bridges/{}/addChannel": self._add_channels,
            "GET endpoints": self._endpoints,
            "PUT applications/{}/eventFilter": self._filter,
            "POST applications/{}/subscription": self._subscribe,
            "DELETE applications/{}/subscription": self._unsubscribe,
        }

    # Channels.

    def _channel(self, channel_id: str) -> TwinChannel:
        channel = self._twin.channels.get(channel_id)
        if channel is None:
            raise Refusal(404, "Not Found", "Channel not found")
        return channel

    def _ours(self, channel_id: str) -> TwinChannel:
        channel = self._channel(channel_id)
        if not channel.is_in_stasis:
            raise Refusal(409, "Conflict", _NOT_IN_STASIS)
        return channel

    def _originate(self, query: Query, body: Json) -> Reply:
        technology, _, device = query["endpoint"].partition("/")
        channel_id = query.get("channelId", "")
        if channel_id in self._twin.channels:
            raise Refusal(409, "Conflict", "Channel with given unique ID already exists")
        phone = self._twin.phones.get(device)
        if technology != "PJSIP" or phone is None or not phone.is_registered:
            raise Refusal(500, "Internal Server Error", "Allocation failed", key="error")
        leg = self._twin.originate(
            channel_id,
            device,
            variables=body.get("variables", {}),
            shows=query.get("callerId", ""),
            ring_timeout=float(query.get("timeout", "30")),
        )
        return _json(leg.snapshot())

    def _hang_up(self, channel_id: str, query: Query, _body: Json) -> Reply:
        channel = self._channel(channel_id)
        self._twin.hang_up(channel, cause=_CAUSES.get(query.get("reason"), 16))
        return _DONE

    def _answer(self, channel_id: str, _query: Query, _body: Json) -> Reply:
        self._twin.answer(self._ours(channel_id))
        return _DONE

    def _ring(self, channel_id: str, _query: Query, _body: Json) -> Reply:
        self._ours(channel_id)
        return _DONE

    def _start_moh(self, channel_id: str, _query: Query, _body: Json) -> Reply:
        self._ours(channel_id).has_moh = True
        return _DONE

    def _stop_moh(self, channel_id: str, _query: Query, _body: Json) -> Reply:
        self._ours(channel_id).has_moh = False
        return _DONE

    def _play(self, channel_id: str, playback_id: str, query: Query, _body: Json) -> Reply:
        playback = self._twin.play(self._ours(channel_id), playback_id, query["media"])
        return _json(playback.snapshot(), status=201, reason="Created")

    def _continue(self, channel_id: str, _query: Query, _body: Json) -> Reply:
        self._twin.leave_to_dialplan(self._ours(channel_id))
        return _DONE

    # Playbacks.

    def _show_playback(self, playback_id: str, _query: Query, _body: Json) -> Reply:
        playback = self._twin.playbacks.get(playback_id)
        if playback is None:
            raise Refusal(404, "Not Found", "Playback not found")
        return _json(playback.snapshot())

    def _stop_playback(self, playback_id: str, _query: Query, _body: Json) -> Reply:
        playback = self._twin.playbacks.get(playback_id)
        if playback is None:
            raise Refusal(404, "Not Found", "Playback not found")
        self._twin.stop(playback)
        return _DONE

    # Bridges.

    def _bridge(self, bridge_id: str) -> TwinBridge:
        bridge = self._twin.bridges.get(bridge_id)
        if bridge is None:
            raise Refusal(404, "Not found", "Bridge not found")
        return bridge

    def _create_bridge(self, query: Query, _body: Json) -> Reply:
        bridge_id = query["bridgeId"]
        if bridge_id in self._twin.bridges:
            raise Refusal(409, "Conflict", f"Bridge with id '{bridge_id}' already exists")
        bridge = self._twin.create_bridge(bridge_id, name=query.get("name", ""), kind=query["type"])
        return _json(bridge.snapshot())

    def _destroy_bridge(self, bridge_id: str, _query: Query, _body: Json) -> Reply:
        self._twin.destroy_bridge(self._bridge(bridge_id))
        return _DONE

    def _add_channels(self, bridge_id: str, query: Query, _body: Json) -> Reply:
        bridge = self._bridge(bridge_id)
        for channel in self._members(query):
            self._twin.join(bridge, channel)
        return _DONE

    def _members(self, query: Query) -> list[TwinChannel]:
        channels = [self._twin.channels.get(id_) for id_ in query["channel"].split(",")]
        if not all(channels):
            raise Refusal(400, "Bad Request", "Channel not found")
        members = [channel for channel in channels if channel is not None]
        if not all(channel.is_in_stasis for channel in members):
            raise Refusal(422, "Unprocessable Entity", _NOT_IN_STASIS)
        return members

    # The node, its endpoints and our application.

    def _info(self, _query: Query, _body: Json) -> Reply:
        return _json(
            {
                "system": {"version": "22.10.1-twin", "entity_id": "twin"},
                "status": {"startup_time": self._twin.started_at, "last_reload_time": self._twin.started_at},
            }
        )

    def _endpoints(self, _query: Query, _body: Json) -> Reply:
        return _json([phone.snapshot() for phone in self._twin.phones.values()])

    def _application(self, app: str) -> Reply:
        assert app == self._twin.app
        return _json(
            {"name": app, "channel_ids": [c.id for c in self._twin.channels.values() if c.is_in_stasis]}
        )

    def _filter(self, app: str, _query: Query, body: Json) -> Reply:
        reply = self._application(app)
        self._twin.filtered = {entry["type"] for entry in body["disallowed"]}
        return reply

    def _subscribe(self, app: str, query: Query, _body: Json) -> Reply:
        reply = self._application(app)
        for source in query["eventSource"].split(","):
            if not self._exists(source):
                raise Refusal(422, "Unprocessable Entity", "Event source does not exist")
            self._twin.subscriptions[source] += 1
        return reply

    def _unsubscribe(self, app: str, query: Query, _body: Json) -> Reply:
        reply = self._application(app)
        for source in query["eventSource"].split(","):
            self._twin.subscriptions[source] = max(0, self._twin.subscriptions[source] - 1)
        return reply

    def _exists(self, source: str) -> bool:
        kind, _, name = source.partition(":")
        known: Mapping[str, Any] = {
            "channel": self._twin.channels,
            "bridge": self._twin.bridges,
            "endpoint": {"PJSIP"} | {f"PJSIP/{device}" for device in self._twin.phones},
        }
        return name in known.get(kind, ())


def _compile(table: Mapping[str, Operation]) -> list[tuple[str, re.Pattern[str], Operation]]:
    compiled = []
    for line, operation in table.items():
        method, _, template = line.partition(" ")
        compiled.append((method, re.compile(template.replace("{}", "([^/]+)")), operation))
    return compiled


def _held_up(request: Request) -> list[str]:
    """The ids of channels whose playback this request waits for."""
    parts = [unquote(part) for part in request.path.split("/")]
    match (request.method, *parts):
        case ("POST", "channels", channel_id, "answer"):
            return [channel_id]
        case ("POST", "bridges", _, "addChannel"):
            return dict(request.query)["channel"].split(",")
        case _:
            return []


def _json(body: object, *, status: int = 200, reason: str = "OK") -> Reply:
    return Reply(status, reason, json.dumps(body))
