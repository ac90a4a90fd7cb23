"""The log-in page has words for all that the service can say to it, and its files keep to the rules of the pages."""

import inspect
import re

import pytest

from app.api.pages import BUILT, PAGES
from app.auth import errors, passwords
from app.auth.errors import LoginRefused
from app.auth.model import Role

TEXTS = (BUILT.parent / "src" / "text" / "login_texts.ts").read_text(encoding="utf-8")
SOURCE = inspect.getsource(errors) + inspect.getsource(passwords)
SIGN_ON = set(re.findall(r'"((?:sign-on|no-sign-on)[a-z-]*)"', SOURCE))
WEAKNESSES = set(re.findall(r'Weakness\(\s*"([a-z-]+)"', SOURCE))


@pytest.mark.parametrize(
    "code", sorted({*SIGN_ON, LoginRefused().code, "too-many-attempts", "accounts-away", "weak-password"})
)
def test_both_languages_tell_each_way_in_which_a_log_in_can_fail(code: str) -> None:
    """By its code."""
    assert len(re.findall(rf'"{code}": "', TEXTS)) == 2


@pytest.mark.parametrize("code", sorted(WEAKNESSES | set(Role)))
def test_both_languages_have_a_word_for_each_role_and_each_rule_of_passwords(code: str) -> None:
    """By its code."""
    assert len(re.findall(rf'^ +"?{code}"?: "', TEXTS, re.MULTILINE)) == 2


def test_there_is_something_to_look_for() -> None:
    """The patterns above find what they are meant to."""
    assert {"sign-on-away", "no-sign-on"} <= SIGN_ON
    assert {"length", "row"} <= WEAKNESSES


def test_the_form_sends_nothing_by_itself() -> None:
    """Its script does: without it, a browser would write the password into the address. The policy forbids that, too."""
    policy = PAGES["/login"].headers["Content-Security-Policy"]
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
