"""apt, used as an ordinary user: its own state, cache and source list in a directory of ours.

The machine's apt settings (proxy, certificates) still apply; its package database is neither read nor written.
An empty status file makes apt resolve every dependency down to the C library.
"""

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.asterisk.errors import AptMissing, DownloadFailed
from app.asterisk.mirror import Mirror

Report = Callable[[str], None]
"""Told about progress, one short line at a time."""

_REPORT_EVERY = 25
_COUNT = re.compile(r"(\d+) newly installed")
_GOT = re.compile(r"^Get:(\d+) ")

_CONFIGURATION = """\
Dir::State "{directory}/state";
Dir::State::status "{directory}/status";
Dir::Cache "{directory}/cache";
Dir::Etc::sourcelist "{directory}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Debug::NoLocking "1";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::NeverAutoRemove;
"""


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """An apt that lives in `directory` and knows one suite of one mirror."""

    directory: Path
    mirror: Mirror
    suite: str

    @property
    def archives(self) -> Path:
        """Where the downloaded packages lie."""
        return self.directory / "cache" / "archives"

    def download(self, packages: Sequence[str], *, name: str, report: Report) -> list[Path]:
        """Fetch `packages` with all they depend on; returns the package files.

        What an interrupted run fetched is not fetched again. Raises `AptMissing`, `DownloadFailed`.
        """
        self._prepare()
        report(f"{name}: reading the package list of Debian {self.suite}")
        self._run(["update"], name=name, on_line=_ignore)
        arguments = ["install", "--download-only", "--yes", "--no-install-recommends", *packages]
        self._run(arguments, name=name, on_line=_progress(name, report))
        return sorted(self.archives.glob("*.deb"))

    def clear(self) -> None:
        """Drop the downloaded packages; the package list goes too, it would be stale next time."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _prepare(self) -> None:
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        (self.directory / "status").touch()
        (self.directory / "sources.list").write_text(self.mirror.source_line(self.suite))
        (self.directory / "apt.conf").write_text(_CONFIGURATION.format(directory=self.directory))

    def _run(self, arguments: Sequence[str], *, name: str, on_line: Report) -> None:
        # The option, not APT_CONFIG: only what stands on the command line overrides the machine's own files.
        command = [find_program("apt-get"), "-c", str(self.directory / "apt.conf"), *arguments]
        tail: deque[str] = deque(maxlen=8)
        with subprocess.Popen(  # noqa: S603 - a fixed program, arguments from our own bundles
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"LC_ALL": "C"},
        ) as process:
            for line in process.stdout or ():
                tail.append(line.rstrip())
                on_line(line)
        if process.returncode != 0:
            raise DownloadFailed(name, "\n".join(tail))


def find_program(name: str) -> str:
    """The full path of a program of Debian's package tools; `AptMissing` if it is not there."""
    found = shutil.which(name)
    if not found:
        raise AptMissing(name)
    return found


def _ignore(_line: str) -> None:
    """Nothing to tell."""


def _progress(name: str, report: Report) -> Report:
    total = 0

    def on_line(line: str) -> None:
        nonlocal total
        if count := _COUNT.search(line):
            total = int(count[1])
            report(f"{name}: downloading {total} packages")
        elif (got := _GOT.match(line)) and int(got[1]) % _REPORT_EVERY == 0:
            report(f"{name}: downloaded {got[1]} of {total} packages")

    return on_line
