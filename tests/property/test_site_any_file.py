"""Whatever stands in a file, loading it gives a site or names mistakes that stand in the file. Nothing else."""

import re
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.site.document import read_document
from app.site.errors import Mistake, SiteError
from app.site.loader import load_site
from app.site.reference import groups

pytestmark = pytest.mark.thorough

TODAY = date(2026, 11, 21)
EXAMPLE = Path("app/site/examples/hotline.yaml")
FIELDS = sorted(
    {
        field
        for it in groups().values()
        for form in (it, *it.get("anyOf", ()))
        for field in form.get("properties", ())
    }
)
WORDS = [
    "none",
    "hang_up",
    "15s",
    "0s",
    "09:00-18:00",
    "mon-fri",
    "cn",
    "4001",
    "wang",
    "service",
    "2026-10-01",
    "-1",
    "",
    "1e9",
]

BREAKS = re.compile(rb"\r|\n|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""What YAML 1.1 takes for the end of a line."""

scalars = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(), st.text(string.printable, max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS + WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)

once = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)


def mistakes_in(path: Path) -> tuple[Mistake, ...]:
    try:
        load_site(path, today=TODAY)
    except SiteError as error:
        return error.mistakes
    return ()


def check(path: Path) -> None:
    lines = len(BREAKS.split(path.read_bytes()))
    for mistake in mistakes_in(path):
        assert 1 <= mistake.place.line <= lines
        assert mistake.problem


@once
@given(content=st.binary(max_size=60))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(content)
    check(path)


@once
@given(data=st.dictionaries(st.sampled_from(FIELDS), values, max_size=8))
def test_any_values_under_known_names(tmp_path: Path, data: dict[str, Any]) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    check(path)


@once
@given(data=st.data())
def test_a_good_file_with_one_value_replaced(tmp_path: Path, data: st.DataObject) -> None:
    """Each place of a real site file meets values that do not belong there."""
    document = read_document(EXAMPLE)
    location = data.draw(st.sampled_from(sorted(filter(None, document.places), key=str)))
    document.value(location[:-1])[location[-1]] = data.draw(values)
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(document.data, allow_unicode=True), encoding="utf-8")
    check(path)
