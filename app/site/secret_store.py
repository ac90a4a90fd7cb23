"""The passwords of a site: those that the site file refers to, and those that Thirdring makes up and keeps.

Made-up ones stand in `secrets.json` in the data directory, readable by its owner alone. Delete an entry to have a new one made.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.ids import DeviceId
from app.site.model import Credential, FromEnvironment, FromFile, Generated, InPlainSight, Site

FILE_NAME = "secrets.json"
ARI_PASSWORD = "ari_password"  # noqa: S105 - the name of a secret, not a secret
ADMIN_TOKEN = "admin_token"  # noqa: S105 - as above

_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
_LENGTH = 26
"""26 of 32 signs are 130 bits. No sign looks like another, since people type them into phones."""


class SecretError(Exception):
    """A password cannot be had. The text says where it was looked for and what to do; it never holds a password."""


class Secrets:
    """Gives out passwords; makes up and keeps those that nobody has set. Safe with several processes at once."""

    def __init__(self, data_dir: Path, *, environment: Mapping[str, str] = os.environ) -> None:
        self.path = data_dir / FILE_NAME
        self._environment = environment
        self._kept: dict[str, str] = {}

    def ari_password(self, site: Site) -> str:
        """The password of the ARI user. Raises `SecretError`."""
        return self.resolve(site.asterisk.password, ARI_PASSWORD)

    def admin_token(self) -> str:
        """The token that guards the REST interface, made at first start. Raises `SecretError`."""
        return self._keep(ADMIN_TOKEN)

    def device_passwords(self, site: Site) -> dict[DeviceId, str]:
        """The SIP passwords of the site's devices; all that are to be made up are written in one go. Raises `SecretError`."""
        names = {device: f"device_{device}" for device in site.device_passwords}
        generated = [
            names[device] for device, it in site.device_passwords.items() if isinstance(it, Generated)
        ]
        self._keep_all(generated)
        return {device: self.resolve(it, names[device]) for device, it in site.device_passwords.items()}

    def resolve(self, credential: Credential, name: str) -> str:
        """The password that a credential stands for; `name` is the one to keep a made-up password under."""
        match credential:
            case FromEnvironment(variable):
                return self._from_environment(variable, name)
            case FromFile(path):
                return _from_file(path, name)
            case InPlainSight(value):
                return value
        return self._keep(name)

    def known(self, credential: Credential, name: str) -> str | None:
        """As `resolve`, but None instead of making a password up: for those who only look."""
        if isinstance(credential, Generated):
            return _read(self.path).get(name)
        return self.resolve(credential, name)

    def _from_environment(self, variable: str, name: str) -> str:
        value = self._environment.get(variable)
        if not value:
            raise SecretError(
                f"{name}: expected the environment variable {variable}, which the site file names; it is not set. Set it."
            )
        return value

    def _keep(self, name: str) -> str:
        self._keep_all([name])
        return self._kept[name]

    def _keep_all(self, names: Iterable[str]) -> None:
        if self._kept.keys() >= set(names):
            return
        with _only_one(self.path.parent):
            self._kept = _read(self.path)
            made_up = {name: _make_up() for name in names if name not in self._kept}
            if made_up:
                self._kept |= made_up
                _write(self.path, self._kept)


def _make_up() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _from_file(path: Path, name: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretError(f"{name}: expected a password in the first line of {path}: {reason}.") from None
    if not lines or not lines[0]:
        raise SecretError(f"{name}: expected a password in the first line of {path}, which is empty.")
    return lines[0]


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SecretError(
            f"{path} cannot be read: {error.strerror}. Give it to the user that runs Thirdring."
        ) from None
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise SecretError(
            f"{path} is damaged: expected a JSON object with a text for each name. Restore it from a backup; "
            "or delete it, and give the phones the new passwords that are made."
        )
    return kept


def _write(path: Path, kept: Mapping[str, str]) -> None:
    """All or nothing: a crash leaves the old file or the new one."""
    beside = path.with_suffix(".new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            json.dump(kept, file, indent=2, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except OSError as error:
        raise SecretError(
            f"{path} cannot be written: {error.strerror}. Make room, or make it writable."
        ) from None


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Holds other processes off while one reads and writes. The lock is on the directory: the file itself is replaced."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SecretError(f"the data directory {directory} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
