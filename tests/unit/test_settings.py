"""The settings of the process, as the environment gives them."""

import pytest

from app.settings import misspelt


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("THIRDRING_DATABASE_ULR", "THIRDRING_DATABASE_URL"),
        ("THIRDRING_DATA_DIRECTORY", None),
        ("THIRDRING_PROT", "THIRDRING_PORT"),
        ("THIRDRING_LOGLEVEL", "THIRDRING_LOG_LEVEL"),
    ],
)
def test_a_slip_in_a_name_is_told(found: str, meant: str | None) -> None:
    """Else the service runs, on another database than somebody meant."""
    assert misspelt({found: "x"}) == ({found: meant} if meant else {})


@pytest.mark.parametrize(
    "name",
    [
        "THIRDRING_PORT",
        "THIRDRING_TOKEN",
        "THIRDRING_CACHE",
        "THIRDRING_SERVICE_HOST",
        "THIRDRING_PORT_8600_TCP_ADDR",
        "PATH",
    ],
)
def test_names_that_are_ours_or_of_somebody_else_are_not(name: str) -> None:
    """Kubernetes makes some that begin as ours do."""
    assert misspelt({name: "x"}) == {}
