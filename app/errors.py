"""Errors of the whole program. Each part has a tree of its own beside its code; the texts tell what to do."""

from pathlib import Path


class ThirdringError(Exception):
    """Base of the errors below."""


class PortTaken(ThirdringError):
    """The REST interface cannot listen."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Expected to listen on {host}:{port}; {reason}. Set THIRDRING_PORT to a free port (0 picks one), or stop what uses it."
        )


class SettingInvalid(ThirdringError):
    """An environment variable of ours cannot be used."""

    def __init__(self, name: str, finding: str) -> None:
        super().__init__(
            f"Expected THIRDRING_{name.upper()} to be as app/settings.py says: {finding}. Correct or unset it."
        )


class PeriodInvalid(ThirdringError):
    """A period that somebody wrote on the command line."""


class DirectoryUnusable(ThirdringError):
    """A directory that we need can be neither made nor written to."""

    def __init__(self, directory: Path, finding: str) -> None:
        super().__init__(
            f"Expected a directory that we can write to at {directory}; found: {finding}. "
            "Name another by --data or THIRDRING_DATA_DIR, or give it to the user that runs Thirdring (`chown`)."
        )


class DirectoryInUse(ThirdringError):
    """Another service holds the directory. `holder` is its process id, if the lock file tells it."""

    def __init__(self, directory: Path, holder: str) -> None:
        super().__init__(
            f"{directory} is in use by process {holder or 'unknown'}. "
            "Stop that service, or give this one a directory of its own."
        )
        self.directory = directory
        self.holder = holder
