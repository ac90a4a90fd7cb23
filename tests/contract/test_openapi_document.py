"""The OpenAPI document tells a client all it needs: names, words, and examples that are true."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for

from app.api.openapi import TAGS
from app.api.problems import KINDS, MEDIA_TYPE
from tests.support.stage import Stage

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of a service."""
    return Stage().api.openapi()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """All operations."""
    return (operation for path in document["paths"].values() for operation in path.values())


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The content of every answer and every body: its media type and what stands there."""
    for operation in operations(document):
        yield from operation.get("requestBody", {"content": {}})["content"].items()
        for answer in operation["responses"].values():
            yield from answer["content"].items()


def test_each_operation_has_a_name_words_and_a_tag(document: dict[str, Any]) -> None:
    """Names are unique: clients are generated from them."""
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))
    known = {tag["name"] for tag in TAGS}
    for operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= known


def test_each_body_and_each_answer_has_an_example(document: dict[str, Any]) -> None:
    """Success and problems alike."""
    for _, content in contents(document):
        assert content.get("example") is not None or content["examples"]


def test_each_example_is_true(document: dict[str, Any]) -> None:
    """It has the shape that it is an example of, and nothing that the shape does not know."""
    for _, content in contents(document):
        examples = [each["value"] for each in content.get("examples", {}).values()] or [content["example"]]
        schema = _closed({**content["schema"], "components": document["components"]})
        for example in examples:
            validator_for(schema).validate(example)


def test_each_parameter_has_words_and_its_example_is_true(document: dict[str, Any]) -> None:
    """Cursors and kinds have none: each list has its own."""
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (operation["operationId"], parameter["name"])
            examples = (
                [parameter["example"]] if "example" in parameter else parameter["schema"].get("examples", [])
            )
            assert examples or parameter["name"] in {"cursor", "kind"}, parameter["name"]
            schema = {**parameter["schema"], "components": document["components"]}
            for example in examples:
                validator_for(schema).validate(example)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with all its shapes closed against unknown fields, but for problems, which RFC 9457 lets grow."""
    shapes = {
        name: shape
        if name == "Problem" or "properties" not in shape
        else {**shape, "additionalProperties": False}
        for name, shape in schema["components"]["schemas"].items()
    }
    return {**schema, "components": {"schemas": shapes}}


def test_each_operation_tells_its_problems(document: dict[str, Any]) -> None:
    """As problem+json, each code with an example; what needs the token says that it may be missing."""
    for operation in operations(document):
        problems = [
            content for answer in operation["responses"].values() for content in answer["content"].items()
        ]
        assert {media for media, _ in problems} <= {MEDIA_TYPE, "application/json", "text/csv", "text/plain"}
        assert ("401" in operation["responses"]) is (operation.get("security") != [])


def test_each_code_of_an_example_has_the_status_under_which_it_stands(document: dict[str, Any]) -> None:
    """So that nobody waits for a 404 that comes as a 409."""
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            examples = answer["content"].get(MEDIA_TYPE, {}).get("examples", {})
            for code, example in examples.items():
                kind = KINDS.get(code)
                assert example["value"]["status"] == int(status) == (kind.status if kind else 409)


def test_the_open_operations_are_the_probes_and_logging_in(document: dict[str, Any]) -> None:
    """Everything else asks who it is."""
    opened = {
        operation["operationId"] for operation in operations(document) if operation.get("security") == []
    }
    assert opened == {"isAlive", "isReady", "listLogInWays", "openSession"}
    assert document["security"] == [{"token": []}]
