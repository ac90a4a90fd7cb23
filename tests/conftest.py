"""Fixtures that every test may ask for by name. They are written in tests/support."""

pytest_plugins = [
    "tests.support.asterisk",
    "tests.support.databases",
    "tests.support.accounts",  # After what it imports: pytest rewrites a plugin before its first import.
    "tests.support.figures",
    "tests.support.service",
    "tests.support.service_process",
    "tests.support.stage",
]
