"""The AsyncAPI document of the live stream is valid, is that of the code, and is kept by what is really said."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError, validator_for

from app.acd.events import LogInRequested
from app.live import asyncapi, hub
from tests.support.live_client import LiveServer, serving
from tests.support.stage import LIN, Stage

Json = dict[str, Any]
STANDARD = Path(__file__).parent / "asyncapi-3.0.0.schema.json"
"""The standard's own schema."""
EVERYTHING = ("queues", "agents", "calls", "alerts", "site")


def validator(schema: str) -> Draft202012Validator:
    """Judges what is said by one of the document's schemas. Nothing may be said that it does not know."""
    document = asyncapi.document()
    schemas = {name: _closed(each) for name, each in document["components"]["schemas"].items()}
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": schemas}}
    )


def _closed(schema: Json) -> Json:
    """Without room for fields that the shape does not name."""
    return schema | ({"additionalProperties": False} if "properties" in schema else {})


@pytest.fixture
async def server(stage: Stage) -> AsyncIterator[LiveServer]:
    """The stage, served, with something to tell of each kind."""
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c1")
    stage.call("c2")
    stage.clock.move(timedelta(seconds=20))
    async with serving(stage.api) as server:
        yield server


def test_the_document_is_an_asyncapi_document() -> None:
    """By the schema of the standard."""
    validator_for(json.loads(STANDARD.read_text())).validate(asyncapi.document())


def test_the_standards_schema_finds_a_mistake() -> None:
    """Else the test above would promise nothing."""
    document = asyncapi.document()
    document["operations"]["tell"]["action"] = "shout"
    with pytest.raises(ValidationError):
        validator_for(json.loads(STANDARD.read_text())).validate(document)


def test_each_reference_of_the_document_leads_somewhere() -> None:
    """Within the document."""
    document = asyncapi.document()
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for each in part for found in _references(each)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return own + [found for each in part.values() for found in _references(each)]


def test_the_committed_document_is_that_of_the_code() -> None:
    """If not: `python -m app.live.asyncapi`."""
    assert asyncapi.PATH.read_text(encoding="utf-8") == asyncapi.encoded()


async def test_a_real_snapshot_keeps_the_document(server: LiveServer) -> None:
    """With a thing of each kind."""
    async with server.wallboard() as board:
        await board.authenticate()
        await board.subscribe(*EVERYTHING)
        message = await board.hear()
    assert {each["topic"].partition(":")[0] for each in message["values"]} == {
        "queue",
        "agent",
        "call",
        "alert",
        "site",
    }
    validator("Snapshot").validate(message)


async def test_a_real_delta_keeps_the_document(stage: Stage, server: LiveServer) -> None:
    """Also when something is gone."""
    async with server.following(*EVERYTHING) as board:
        stage.puts_down("c2")
        message = await board.hear()
    assert {"topic": "call:c2", "value": None} in message["values"]
    validator("Delta").validate(message)


async def test_a_real_heartbeat_keeps_the_document(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the shortest message."""
    monkeypatch.setattr(hub, "HEARTBEAT_EVERY", timedelta(milliseconds=50))
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    async with server.following("queues") as board:
        message = await board.hear()
    validator("ServiceHeartbeat").validate(message)


@pytest.mark.parametrize(
    ("schema", "message", "is_valid"),
    [
        ("Authenticate", {"type": "authenticate", "token": "t"}, True),
        ("Authenticate", {"type": "authenticate"}, False),
        ("Subscribe", {"type": "subscribe", "topics": ["queues"]}, True),
        ("Subscribe", {"type": "subscribe", "topics": ["queues"], "resume": {"epoch": "e", "seq": 1}}, True),
        ("Subscribe", {"type": "subscribe", "topics": "queues"}, False),
        ("Subscribe", {"type": "subscribe", "topics": ["queues"], "loud": True}, False),
        ("Heartbeat", {"type": "heartbeat"}, True),
    ],
)
def test_client_messages_are_described_as_they_are_taken(
    schema: str, message: Json, *, is_valid: bool
) -> None:
    """What the document allows is what the service takes."""
    assert validator(schema).is_valid(message) is is_valid
