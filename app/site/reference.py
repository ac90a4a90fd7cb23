"""Writes what is derived from the declarations: the JSON schema for editors and the tables of the reference page.

Run `python -m app.site.reference` after changing `declarations.py`; a test fails when the files have not followed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.site.schema import site_schema

FOLDER = Path(__file__).parent
SCHEMA_FILE = FOLDER / "site.schema.json"
PAGE = FOLDER / "README.md"
_BEGIN, _END = "<!-- reference: begin, written by reference.py -->\n", "<!-- reference: end -->\n"

_HEADINGS = {
    "SiteDeclaration": "The top of the file",
    "AsteriskDeclaration": "`asterisk`",
    "FallbackDeclaration": "`asterisk.fallback`",
    "DeviceDeclaration": "`devices.<id>`",
    "CredentialDeclaration": "`password` of a device, a trunk or `asterisk`",
    "TrunkDeclaration": "`trunks.<name>`",
    "OutboundDeclaration": "`outbound`",
    "AgentDeclaration": "`agents.<id>`",
    "QueuePolicy": "`queue_defaults`, and each of `queues`",
    "QueueDeclaration": "`queues.<id>`, besides the fields above",
    "MemberDeclaration": "`queues.<id>.members[]`",
    "OverflowDeclaration": "`overflow`",
    "TargetDeclaration": "`overflow.<reason>`",
    "DelaysDeclaration": "`delays`",
    "AutoPauseDeclaration": "`auto_pause`",
    "RingStepDeclaration": "`agent_rings.<ring>`, `caller_rings.<ring>`",
    "EntryPointDeclaration": "`entry_points.<number>`",
    "CalendarDeclaration": "`calendars.<name>`",
    "HolidaysDeclaration": "`calendars.<name>.holidays`",
    "ShiftDeclaration": "`shifts.<name>`",
    "PoliciesDeclaration": "`policies`",
    "MissedCallsDeclaration": "`policies.missed_calls`",
}
"""Every group of fields in the order of the page. A group that is missing here has no place in the reference: a test tells."""


def schema_text() -> str:
    """The text of `site.schema.json`."""
    return json.dumps(site_schema(), indent=2, ensure_ascii=False) + "\n"


def page_text(page: str) -> str:
    """The reference page with its tables as the declarations have them now, the rest as it was."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}\n{_reference()}\n{_END}{rest.partition(_END)[2]}"


def groups() -> dict[str, dict[str, Any]]:
    """Every group of fields by the name of its declaration, as JSON schema."""
    top = site_schema()
    return {"SiteDeclaration": top} | {name: it for name, it in top["$defs"].items() if _fields(it)}


def _reference() -> str:
    known = groups()
    return "\n".join("\n".join(_section(name, known)) for name in _HEADINGS)


def _section(name: str, known: dict[str, dict[str, Any]]) -> Iterator[str]:
    group = known[name]
    inherited = _fields(known["QueuePolicy"]) if name == "QueueDeclaration" else {}
    yield f"### {_HEADINGS[name]}\n\n{group['description']}\n"
    yield "| field | default | meaning |\n|---|---|---|"
    for field, its in _fields(group).items():
        if field not in inherited:
            yield f"| `{field}` | {_default(field, its, group)} | {_meaning(its)} |"
    yield ""


def _fields(group: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a group; a group with a short form has them in one of its forms."""
    forms = (group, *group.get("anyOf", ()))
    return next((dict(form["properties"]) for form in forms if "properties" in form), {})


def _default(field: str, its: dict[str, Any], group: dict[str, Any]) -> str:
    forms = (group, *group.get("anyOf", ()))
    if any(field in form.get("required", ()) for form in forms):
        return "**needed**"
    value = its.get("default")
    if value is None or isinstance(value, dict | list):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _meaning(its: dict[str, Any]) -> str:
    values = _choices(its)
    meaning = its.get("description") or _referred(its).get("description", "")
    return f"{meaning} One of {', '.join(f'`{value}`' for value in values)}." if values else meaning


def _choices(its: dict[str, Any]) -> list[str]:
    """The values of a field that has a fixed choice of them, itself or in a list."""
    forms = [its, its.get("items", {}), *its.get("anyOf", ())]
    forms += [form.get("items", {}) for form in forms]
    return next((values for form in forms if (values := _referred(form).get("enum"))), [])


def _referred(its: dict[str, Any]) -> dict[str, Any]:
    name = its.get("$ref", "").rpartition("/")[2]
    return dict(site_schema()["$defs"][name]) if name else its


def write() -> None:
    """Bring both files up to date."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
