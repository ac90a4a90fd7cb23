"""What we ask of Asterisk and what we read from it, held against the description that Asterisk itself ships (rest-api/*.json)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, get_args, get_origin

import msgspec
import pytest

from app.ari import messages, snapshots
from app.ari.request import Request
from app.ari.requests import applications, asterisk, bridges, channels, endpoints, playbacks
from app.ari.requests.channels import HangUpReason
from app.asterisk.installation import Installation

pytestmark = pytest.mark.integration

Json = dict[str, Any]
_SECONDS = timedelta(seconds=20)

BUILDS = [
    partial(applications.filter_events, "app"),
    partial(
        applications.subscribe,
        "app",
        [applications.of_endpoint("PJSIP", "phone1"), applications.of_channel("c")],
    ),
    partial(applications.unsubscribe, "app", [applications.of_endpoint("PJSIP")]),
    partial(asterisk.info),
    partial(asterisk.modules),
    partial(asterisk.ping),
    partial(bridges.add_channels, "b", ["c", "d"]),
    partial(bridges.create, "b", name="call"),
    partial(bridges.destroy, "b"),
    partial(bridges.show, "b"),
    partial(bridges.show_all),
    partial(channels.answer, "c"),
    partial(channels.continue_in_dialplan, "c", context="x", extension="s", priority=1),
    partial(channels.decline_transfer, "c"),
    *(partial(channels.hang_up, "c", reason=reason) for reason in HangUpReason),
    partial(
        channels.originate,
        "c",
        endpoint="PJSIP/p",
        context="thirdring-leg",
        extension="leg",
        ring_timeout=_SECONDS,
        variables={"TR_LEG": "c"},
        caller_id='"Queue" <4001>',
    ),
    partial(channels.play, "c", "p", media=["sound:a", "sound:b"]),
    partial(channels.ring, "c"),
    partial(channels.ring_stop, "c"),
    partial(channels.show, "c"),
    partial(channels.show_all),
    partial(channels.start_moh, "c", moh_class="default"),
    partial(channels.stop_moh, "c"),
    partial(endpoints.show_all),
    partial(playbacks.show, "p"),
    partial(playbacks.stop, "p"),
]
"""Every builder, with every parameter."""

REQUESTS = [build() for build in BUILDS]


SNAPSHOTS = (
    snapshots.Channel,
    snapshots.Bridge,
    snapshots.Endpoint,
    snapshots.Playback,
)
PARTS = {
    messages.Peer: "Peer",
    messages.ReferredBy: "ReferredBy",
    snapshots.CallerId: "CallerID",
    snapshots.Dialplan: "DialplanCEP",
    snapshots.AsteriskInfo: "AsteriskInfo",
    snapshots.SystemInfo: "SystemInfo",
    snapshots.StatusInfo: "StatusInfo",
}


@dataclass(frozen=True, slots=True)
class Description:
    """The rest-api files of one Asterisk."""

    operations: list[tuple[str, Json]]
    """Path template and operation."""
    models: dict[str, Json]

    def operation(self, request: Request) -> Json | None:
        """The operation that `request` is, if Asterisk has it."""
        found = (
            operation
            for template, operation in self.operations
            if operation["httpMethod"] == request.method and _fits(template, request.path)
        )
        # `channels/create` fits `channels/{channelId}` too: what is spelled out wins, as in Asterisk.
        return min(found, key=lambda operation: len(_in(operation, "path")), default=None)

    def properties(self, model: str) -> dict[str, Json]:
        """A model's own properties and those of its bases."""
        bases = [name for name, base in self.models.items() if model in base.get("subTypes", ())]
        inherited = {key: value for base in bases for key, value in self.properties(base).items()}
        own: dict[str, Json] = self.models[model]["properties"]
        return inherited | own


@pytest.fixture(scope="module")
def description(installation: Installation) -> Description:
    """What the real Asterisk says that it can do."""
    files = [json.loads(path.read_text()) for path in sorted((installation.data / "rest-api").glob("*.json"))]
    operations = [
        (api["path"].strip("/"), operation)
        for file in files
        for api in file.get("apis", ())
        for operation in api.get("operations", ())
    ]
    return Description(
        operations, {name: model for file in files for name, model in file.get("models", {}).items()}
    )


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_asterisk_has_every_operation_that_we_ask_for(description: Description, request_: Request) -> None:
    """Method and path are those of an operation."""
    assert description.operation(request_) is not None


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_asterisk_knows_every_parameter_that_we_give(description: Description, request_: Request) -> None:
    """Names exist, values have the type and stand in the list of those allowed."""
    known = _in(description.operation(request_), "query")
    for name, value in request_.query:
        assert name in known
        assert _is_allowed(known[name], value), (name, value, known[name])


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_we_give_every_parameter_that_asterisk_requires(description: Description, request_: Request) -> None:
    """Nothing that is required is missing, in the query or as a body."""
    operation = description.operation(request_)
    given = {name for name, _ in request_.query}
    required = {name for name, parameter in _in(operation, "query").items() if parameter.get("required")}
    assert required <= given
    assert not (request_.body and not _in(operation, "body"))


def test_every_builder_is_among_those_that_are_checked() -> None:
    """A builder that is added must be added here as well."""
    modules = (applications, asterisk, bridges, channels, endpoints, playbacks)
    builders = {value for module in modules for value in vars(module).values() if _is_builder(value)}
    assert builders == {build.func for build in BUILDS}


@pytest.mark.parametrize("kind", messages.EVENTS, ids=lambda kind: kind.__name__)
def test_every_field_that_we_read_from_an_event_is_in_asterisks_model(
    description: Description, kind: type[messages.Event]
) -> None:
    """The event exists under this name, its fields under theirs, with the type that we expect."""
    assert _differences(description, kind, kind.__name__) == []


@pytest.mark.parametrize("kind", [*messages.EVENTS, *SNAPSHOTS], ids=lambda kind: kind.__name__)
def test_every_field_that_we_cannot_do_without_is_always_sent(
    description: Description, kind: type[msgspec.Struct]
) -> None:
    """A field without a default is one that Asterisk's model marks as required."""
    properties = description.properties(kind.__name__)
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    sent = {name for name, property_ in properties.items() if property_.get("required")}
    assert needed - sent <= _SENT_THOUGH_NOT_MARKED.get(kind.__name__, set())


@pytest.mark.parametrize("kind", SNAPSHOTS, ids=lambda kind: kind.__name__)
def test_every_field_that_we_read_from_a_snapshot_is_in_asterisks_model(
    description: Description, kind: type[msgspec.Struct]
) -> None:
    """As for events."""
    assert _differences(description, kind, kind.__name__) == []


@pytest.mark.parametrize(("kind", "model"), PARTS.items(), ids=lambda part: getattr(part, "__name__", part))
def test_every_field_that_we_read_from_a_part_is_in_asterisks_model(
    description: Description, kind: type[msgspec.Struct], model: str
) -> None:
    """As for events."""
    assert _differences(description, kind, model) == []


def test_the_answer_to_a_request_over_the_websocket_has_the_fields_that_we_read(
    description: Description,
) -> None:
    """RESTResponse is how answers come."""
    assert _differences(description, messages.RESTResponse, "RESTResponse") == []


def test_asterisk_has_the_events_that_we_filter_out(description: Description) -> None:
    """A misspelt name would filter nothing, silently."""
    assert set(applications.NOISE) <= set(description.models)


# Described as optional, yet sent each time: the stories in test_ari_twin_stories.py see it.
_SENT_THOUGH_NOT_MARKED = {"ChannelEnteredBridge": {"channel"}}
_TYPES: dict[Any, set[str]] = {
    str: {"string", "Date"},
    int: {"int", "long"},
    bool: {"boolean"},
}
_SPELLING = {"int": r"-?\d+", "long": r"-?\d+", "boolean": "true|false"}


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _in(operation: Json | None, kind: str) -> dict[str, Json]:
    assert operation is not None
    return {
        parameter["name"]: parameter
        for parameter in operation.get("parameters", ())
        if parameter["paramType"] == kind
    }


def _is_allowed(parameter: Json, value: str) -> bool:
    allowed = parameter.get("allowableValues", {})
    if allowed.get("valueType") == "LIST" and value not in allowed["values"]:
        return False
    return re.fullmatch(_SPELLING.get(parameter["dataType"], ".*"), value) is not None


def _is_builder(value: object) -> bool:
    return callable(value) and getattr(value, "__annotations__", {}).get("return") is Request


def _differences(description: Description, kind: type[msgspec.Struct], model: str) -> list[str]:
    properties = description.properties(model)
    return [
        f"{model}.{field.name}: we read {field.type}, Asterisk has {properties.get(field.name, 'no such field')}"
        for field in msgspec.structs.fields(kind)
        if field.name not in properties or not _has_type(field.type, properties[field.name]["type"])
    ]


def _has_type(ours: Any, theirs: str) -> bool:
    if get_origin(ours) is list:
        return theirs.startswith("List[") and _has_type(get_args(ours)[0], theirs[5:-1])
    if get_origin(ours) is dict:
        return theirs in ("object", "containers")
    return any(theirs in _names(member) for member in _members(ours))


def _members(ours: Any) -> Iterator[Any]:
    yield from (member for member in get_args(ours) or (ours,) if member is not type(None))


def _names(ours: Any) -> set[str]:
    return _TYPES.get(ours) or {PARTS.get(ours, ours.__name__)}
