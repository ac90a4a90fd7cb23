"""The live stream as an AsyncAPI 3.0 document: what is said, by whom, in which shapes. Committed as `asyncapi.json`.

`python -m app.live.asyncapi` writes it anew. Client messages and shapes are those of the code; the service's own messages, which are
put together from encoded parts, are described here, and a test holds real ones against this description.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from pydantic.json_schema import models_json_schema

from app.api.schemas.agent import AgentShape
from app.api.schemas.alert import AlertShape
from app.api.schemas.call import CallShape
from app.api.schemas.queue import QueueShape
from app.api.schemas.site import SiteShape
from app.live.protocol import AUTHENTICATE_IN, HEARTBEAT_EVERY, Authenticate, CloseCode, Heartbeat, Subscribe

Json = dict[str, Any]

PATH = Path(__file__).parent / "asyncapi.json"
_REF = "#/components/schemas/{}"
_SHAPES = (QueueShape, AgentShape, CallShape, AlertShape, SiteShape)
_DESCRIPTION = f"""\
Tells what the floor is like now, and every change within some milliseconds.

A client authenticates within {AUTHENTICATE_IN.total_seconds():g} s, subscribes, gets a snapshot, and then deltas; after \
{HEARTBEAT_EVERY.total_seconds():g} s without one, a heartbeat. Numbers (`seq`) are those of the journal and jump. A client whose \
number is below `after` missed a delta: it subscribes again with `resume`. Instants, never durations.

The service ends a connection with one of these codes: {", ".join(f"{code} {code.name.lower()}" for code in CloseCode)}; \
or 1012 when it restarts.
"""


def document() -> Json:
    """The whole document. No version but that of the protocol: a new release of the service does not change it."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Thirdring live stream", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": "/api/v1/live",
                "description": "A websocket. All messages are JSON objects in text frames.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages()},
            }
        },
        "operations": {
            "hear": _operation("receive", "The client says", "authenticate", "subscribe", "alive"),
            "tell": _operation("send", "The service says", "snapshot", "delta", "heartbeat"),
        },
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _operation(action: str, summary: str, *messages: str) -> Json:
    names = [{"$ref": f"#/channels/live/messages/{name}"} for name in messages]
    return {"action": action, "summary": summary, "channel": {"$ref": "#/channels/live"}, "messages": names}


def _messages() -> Json:
    """Message names to messages. Both sides have a heartbeat; the client's is `alive` here."""
    return {
        "authenticate": _message("Who asks. First, and once.", "Authenticate"),
        "subscribe": _message(
            "Follow this from now on; replaces what was followed. Topics: queues, agents, calls, callbacks, alerts, "
            "site, queue:ID, agent:ID, call:ID, callback:ID, alert:ID, team:ID. There are no callbacks yet: their snapshot is empty.",
            "Subscribe",
        ),
        "alive": _message("The client is alive. Not answered, and not needed.", "Heartbeat"),
        "snapshot": _message("Everything that is followed. What the client kept before is void.", "Snapshot"),
        "delta": _message("What changed since the delta that `after` numbers.", "Delta"),
        "heartbeat": _message("Nothing changed; `after` numbers the last delta.", "ServiceHeartbeat"),
    }


def _message(summary: str, schema: str) -> Json:
    return {"summary": summary, "payload": {"$ref": _REF.format(schema)}}


def _schemas() -> Json:
    _, own = msgspec.json.schema_components(
        [Authenticate, Subscribe, Heartbeat], ref_template=_REF.format("{name}")
    )
    _, shapes = models_json_schema(
        [(shape, "serialization") for shape in _SHAPES], ref_template=_REF.format("{model}")
    )
    return {**own, **shapes["$defs"], "Value": _value(), **_service_messages()}


def _service_messages() -> Json:
    values = {"values": {"type": "array", "items": {"$ref": _REF.format("Value")}}}
    after = {"after": {"type": "integer", "description": "The number of the delta before."}}
    return {
        "Snapshot": _service_message("snapshot", values),
        "Delta": _service_message("delta", after | values),
        "ServiceHeartbeat": _service_message("heartbeat", after),
    }


def _service_message(type_: str, fields: Json) -> Json:
    properties = {
        "type": {"const": type_},
        "epoch": {"type": "string", "description": "Names this run of the service."},
        "seq": {"type": "integer", "description": "How far the client has come."},
        "at": {"type": "string", "format": "date-time", "description": "The service's clock."},
        **fields,
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _value() -> Json:
    shapes = [{"$ref": _REF.format(shape.__name__)} for shape in _SHAPES]
    properties = {
        "topic": {"type": "string", "description": "The topic of one thing.", "examples": ["queue:service"]},
        "value": {"description": "The thing as it is now; null: gone.", "anyOf": [*shapes, {"type": "null"}]},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["topic", "value"],
        "additionalProperties": False,
    }


def encoded() -> str:
    """The document as it is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(encoded(), encoding="utf-8")
    sys.stdout.write(f"wrote {PATH.name}\n")
