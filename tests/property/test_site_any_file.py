"""Whatever stands in a file, loading it gives a site or names mistakes that stand in the file. Nothing else."""

import re
import string
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.site import document
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
@given(
    data=st.recursive(
        st.text(max_size=30) | st.sampled_from(WORDS),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
    style=st.fixed_dictionaries(
        {
            "default_flow_style": st.sampled_from([None, True, False]),
            "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
            "allow_unicode": st.booleans(),
            "indent": st.integers(2, 5),
            "width": st.integers(10, 90),
        }
    ),
)
def test_both_parsers_make_the_same_of_a_file(tmp_path: Path, data: Any, style: dict[str, Any]) -> None:
    """The quick one is libyaml's; the one in Python is asked where that one fails."""
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(data, **style), encoding="utf-8")
    quickly = read_document(path)
    with patch("app.site.document._QuickLoader", document._Loader):
        slowly = read_document(path)
    assert (quickly.data, quickly.mistakes) == (slowly.data, slowly.mistakes)
    assert {key: place.line for key, place in quickly.places.items()} == {
        key: place.line for key, place in slowly.places.items()
    }


@once
@given(data=st.data())
def test_a_good_file_with_one_value_replaced(tmp_path: Path, data: st.DataObject) -> None:
    """Each place of a real site file meets values that do not belong there."""
    example = read_document(EXAMPLE)
    location = data.draw(st.sampled_from(sorted(filter(None, example.places), key=str)))
    example.value(location[:-1])[location[-1]] = data.draw(values)
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(example.data, allow_unicode=True), encoding="utf-8")
    check(path)
