"""A directory of ours: made when it is missing, and refused in plain words when it is none of ours to write to."""

import os
from pathlib import Path

from app.errors import DirectoryUnusable


def make_directory(directory: Path) -> None:
    """Make it, for us alone, unless it is there. Raises `DirectoryUnusable` when it cannot be made or written to."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DirectoryUnusable(directory, error.strerror or str(error)) from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise DirectoryUnusable(directory, f"user {os.geteuid()} may not write there")
