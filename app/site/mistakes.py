"""Validation errors as mistakes with a place, in words: what was found, what was expected."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.site.document import Document
from app.site.errors import Location, Mistake
from app.site.fields import did_you_mean
from app.site.schema import site_schema

_EXPECTED = {
    "bool_parsing": "`true` or `false`",
    "bool_type": "`true` or `false`",
    "dict_type": "fields with values, as `key: value`",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_type": "a whole number",
    "less_than_equal": "a number of at most {le}",
    "list_type": "a list, as `[one, two]`",
    "model_type": "fields with values, as `key: value`",
    "expected": "{what}",
    "string_pattern_mismatch": "text of the form `{pattern}`",
    "string_type": "text",
    "too_short": "at least {min_length} entry",
}
_PARTS_OF_NO_FIELD = {"[key]"}
_LONGEST = 60


def mistakes_of(error: ValidationError, document: Document) -> Iterator[Mistake]:
    """One mistake for each error, in the words of the site file."""
    for details in error.errors(include_url=False):
        location = tuple(part for part in details["loc"] if part not in _PARTS_OF_NO_FIELD)
        yield _mistake(details, location, document)


def _mistake(details: ErrorDetails, location: Location, document: Document) -> Mistake:
    if details["type"] == "extra_forbidden":
        return document.mistake(location, _unknown_field(location), at_key=True)
    if details["type"] == "missing":
        return document.mistake(location, _missing_field(location), at_key=True)
    is_key = len(location) < len(details["loc"])
    found = f'"{location[-1]}"' if is_key else _found(document, document.written(location))
    problem = f"found {found}, expected {_expected(details)}"
    return document.mistake(document.written(location), _sentence(problem), at_key=is_key)


def _unknown_field(location: Location) -> str:
    known = frozenset(_schema_at(location[:-1]).get("properties", ()))
    hint = did_you_mean(location[-1], known)
    return f'found the unknown field "{location[-1]}"{hint or "."} Fields here: {", ".join(sorted(known))}.'


def _missing_field(location: Location) -> str:
    description = _schema_at(location).get("description", "")
    return f"found no `{location[-1]}`, which is needed: {description}"


def _expected(details: ErrorDetails) -> str:
    template = _EXPECTED.get(details["type"])
    context = details.get("ctx", {})
    if details["type"] != "enum":
        return template.format(**context) if template else details["msg"]
    values = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    return f"one of {', '.join(values)}{did_you_mean(details['input'], frozenset(values))}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _found(document: Document, location: Location) -> str:
    if "password" in location:
        return "a password (not shown)"
    value = document.value(location)
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _LONGEST else f'"{value[:_LONGEST]}…"'
    return "a list" if isinstance(value, list) else "fields"


_site_schema = cache(site_schema)  # Made at the first mistake: a good file needs none.


def _schema_at(location: Location) -> dict[str, Any]:
    """The JSON schema of the field at that location: the one source of names and descriptions."""
    schema = _site_schema()
    for part in location:
        schema = _inner(_resolved(schema), part)
    return _resolved(schema)


def _inner(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    if isinstance(part, int):
        return dict(schema.get("items", {}))
    if part in (properties := schema.get("properties", {})):
        return dict(properties[part])
    patterns = list(schema.get("patternProperties", {}).values())
    return dict(schema.get("additionalProperties") or next(iter(patterns), {}))


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follows a reference, and of several forms takes the one with fields."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(
            {**_site_schema()["$defs"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
        )
    forms = [_resolved(form) for form in schema.get("anyOf", ())]
    with_fields = (form for form in forms if {"properties", "patternProperties", "items"} & form.keys())
    return {**schema, **next(with_fields, {})}
