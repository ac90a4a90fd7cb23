"""Where one node keeps its files: everything below one directory of ours, nothing in the machine's own places."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

_LONGEST_SOCKET_PATH = 100
"""The kernel allows 107 bytes for the path of a socket; Asterisk's is `asterisk.ctl`, its client adds a suffix."""
_VOICES = ("en", "en_US_f_Allison")
"""Names under which packages install Asterisk's English sounds."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of a node below `root`."""

    root: Path

    @property
    def etc(self) -> Path:
        """The rendered configuration; holds secrets, so only we may read it."""
        return self.root / "etc"

    @property
    def data(self) -> Path:
        """Sounds and documentation: links to those of the installation and to our own."""
        return self.root / "data"

    @property
    def state(self) -> Path:
        """Asterisk's own database: registrations outlive a restart in it."""
        return self.root / "state"

    @property
    def spool(self) -> Path:
        """Recordings lie in its folder `recording`."""
        return self.root / "spool"

    @property
    def log(self) -> Path:
        """Asterisk's log files."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """The control socket. Elsewhere when the path would be too long for one."""
        near = self.root / "run"
        if len(str(near / "asterisk.ctl")) <= _LONGEST_SOCKET_PATH:
            return near
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"thirdring-{digest}"

    @property
    def socket(self) -> Path:
        """Asterisk's control socket."""
        return self.run / "asterisk.ctl"

    def create(self) -> None:
        """Make the folders. Asterisk makes none itself and answers 500 to a recording without `spool/recording`."""
        for folder in (self.root, self.etc, self.data / "sounds", self.state / "keys", self.log, self.run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("recording", "tmp", "monitor", "outgoing"):
            (self.spool / name).mkdir(parents=True, exist_ok=True)

    def link_data(self, installation_data: Path, *, prompts: Path | None) -> None:
        """Point `data` to the installation's documentation and sounds, and to our own prompts."""
        for name in ("documentation", "moh", "rest-api"):
            _link(self.data / name, installation_data / name)
        voice = next((v for v in _VOICES if (installation_data / "sounds" / v).is_dir()), _VOICES[0])
        _link(self.data / "sounds" / "en", installation_data / "sounds" / voice)
        if prompts:
            _link(self.data / "sounds" / "thirdring", prompts)

    def remove_run(self) -> None:
        """After a clean stop nothing of the run stays behind, least of all outside of our own directory."""
        shutil.rmtree(self.run, ignore_errors=True)

    def forget_run(self) -> None:
        """Remove what a dead Asterisk left: its socket would mislead the next one."""
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir(parents=True, exist_ok=True, mode=0o700)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    if target.exists():
        link.symlink_to(target)
