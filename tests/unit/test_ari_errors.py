"""Each refusal of Asterisk becomes one error of a documented tree, which carries the data and says what to do."""

import pytest

from app.ari.address import Address
from app.ari.answer import Answer
from app.ari.errors import (
    AriAllocationFailed,
    AriConflict,
    AriError,
    AriInvalid,
    AriNotFound,
    AriRefused,
    AriUnauthorized,
)
from app.ari.inflight import outcome_of
from app.ari.requests import asterisk

REQUEST = asterisk.ping()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, AriInvalid),
        (404, AriNotFound),
        (409, AriConflict),
        (412, AriConflict),
        (422, AriInvalid),
        (500, AriRefused),
        (503, AriRefused),
        (300, AriRefused),
    ],
)
def test_a_status_outside_2xx_is_a_refusal_of_its_kind(status: int, kind: type[AriRefused]) -> None:
    """With status and reason as data."""
    outcome = outcome_of(REQUEST, status=status, reason="Because", body='{"message":"of this"}')
    assert type(outcome) is kind
    assert outcome.status == status
    assert outcome.reason == 'Because {"message":"of this"}'
    assert outcome.request is REQUEST


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_status_of_2xx_is_an_answer(status: int) -> None:
    """With its body."""
    assert outcome_of(REQUEST, status=status, reason="", body="[]") == Answer(status, "[]")


def test_a_leg_that_could_not_be_made_has_a_kind_of_its_own() -> None:
    """Asterisk says 500 for a phone that is not registered."""
    outcome = outcome_of(
        REQUEST, status=500, reason="Internal Server Error", body='{"error":"Allocation failed"}'
    )
    assert isinstance(outcome, AriAllocationFailed)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_says_which_setting_to_check(status: int) -> None:
    """Retrying would not help."""
    outcome = outcome_of(REQUEST, status=status, reason="Unauthorized", body="")
    assert isinstance(outcome, AriUnauthorized)
    assert "Check the ARI user and password in the settings against ari.conf" in str(outcome)


def test_every_error_is_of_one_tree() -> None:
    """One `except` is enough."""
    assert issubclass(AriRefused, AriError)
    assert issubclass(AriUnauthorized, AriError)


@pytest.mark.parametrize("url", ["127.0.0.1:8088", "ws://127.0.0.1:8088/ari", "http://", ""])
def test_a_url_that_cannot_be_used_says_what_is_expected(url: str) -> None:
    """At construction, not at the first connect."""
    with pytest.raises(ValueError, match="expected http://host:port/ari"):
        Address(url=url, user="u", password="p", app="a")


def test_a_password_in_the_url_is_refused() -> None:
    """It would end in logs."""
    with pytest.raises(ValueError, match="no user or password"):
        Address(url="http://u:p@127.0.0.1:8088/ari", user="u", password="p", app="a")


def test_the_password_stands_in_no_text() -> None:
    """Neither in the repr nor in the URL of the events."""
    address = Address(url="http://127.0.0.1:8088/ari/", user="u", password="very-secret", app="a b")
    assert "very-secret" not in repr(address)
    assert address.events_url == "ws://127.0.0.1:8088/ari/events?app=a+b"
    assert address.url_of(REQUEST) == "http://127.0.0.1:8088/ari/asterisk/ping"
