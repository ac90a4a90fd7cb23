"""What is derived from the declarations has followed them: the schema for editors and the reference page."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.site import reference
from app.site.document import read_document
from app.site.schema import site_schema

EXAMPLES = sorted(Path("app/site/examples").glob("*.yaml"))
AGAIN = "run `python -m app.site.reference`"


def as_an_editor_reads(value: Any) -> Any:
    """The data of a site file with numbers and truth values, as YAML's editors take them."""
    if isinstance(value, dict):
        return {key: as_an_editor_reads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads(inner) for inner in value]
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return {"true": True, "false": False}.get(value, value)


def test_the_schema_file_is_up_to_date() -> None:
    assert reference.SCHEMA_FILE.read_text(encoding="utf-8") == reference.schema_text(), AGAIN


def test_the_reference_page_is_up_to_date() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert reference.page_text(page) == page, AGAIN


def test_every_field_of_the_schema_stands_in_the_reference_page() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    tables = page.partition("## All fields")[2]
    for name, group in reference.groups().items():
        for form in (group, *group.get("anyOf", ())):
            missing = [field for field in form.get("properties", {}) if f"| `{field}` |" not in tables]
            assert not missing, f"{name}: {AGAIN}"
    assert set(reference.groups()) == set(reference._HEADINGS)


def test_every_field_says_what_it_means() -> None:
    lines = reference.PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `") and line.endswith("|  |")] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_editors_find_no_mistake_in_an_example(example: Path) -> None:
    data = as_an_editor_reads(read_document(example).data)
    assert [str(error) for error in jsonschema_rs.validator_for(site_schema()).iter_errors(data)] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_names_the_schema_in_its_first_line(example: Path) -> None:
    name = example.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
    assert (example.parent / name).resolve() == reference.SCHEMA_FILE.resolve()


@pytest.mark.parametrize(
    "text",
    [
        "{langage: en}",
        "{cadence: cnn}",
        "{queues: {q: {strategy: longest_idel}}}",
        "{queues: {q: {ring_timeout: 15 seconds}}}",
        "{queues: {q: {members: [{agnt: wang}]}}}",
        "{queues: {q: {max_length: nothing}}}",
        "{devices: {p: {extension: abc}}}",
        "{calendars: {c: {hours: {mon: 9 to 5}}}}",
    ],
)
def test_editors_find_a_mistake_where_the_loader_does(tmp_path: Path, text: str) -> None:
    head = {"name": "x", "time_zone": "UTC", "queues": {"q": None}}
    path = tmp_path / "site.yaml"
    path.write_text(text)
    validator = jsonschema_rs.validator_for(site_schema())
    assert validator.is_valid(head)
    assert not validator.is_valid(head | as_an_editor_reads(read_document(path).data))


@pytest.mark.parametrize(
    "text",
    [
        "{queues: {q: {max_length: none, overflow: {full: hang_up}, members: [wang, {team: early}]}}}",
        "{queues: {投诉: {calendar: none}}, entry_points: {4001: 投诉}}",
        "{agents: {wang: , li: {skills: [english]}}, pause_codes: [用餐]}",
        "{calendars: {c: {hours: {mon: 09:00-18:00, tue: [09:00-12:00]}, holidays: cn}}}",
        "{devices: {p: {extension: 101, password: {env: P}}, q: {extension: 0102, password: abc}}}",
    ],
)
def test_editors_accept_every_short_form(tmp_path: Path, text: str) -> None:
    head = {"name": "x", "time_zone": "UTC", "queues": {"q": None}}
    path = tmp_path / "site.yaml"
    path.write_text(text)
    errors = jsonschema_rs.validator_for(site_schema()).iter_errors(
        head | as_an_editor_reads(read_document(path).data)
    )
    assert [str(error) for error in errors] == []
