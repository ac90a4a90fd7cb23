"""buildah, unpacked privately as Asterisk is: builds images and runs what is in them, without a container engine.

Root is needed, and Debian's archive. Containers share the machine's network, so all of them meet on the loopback address.
"""

import fcntl
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from app.asterisk.bundle import Bundle, cache_directory, ensure
from app.asterisk.mirror import DEBIAN_KEYRING, find_mirror
from tests.support.libraries import write_library_table

# Built for this machine's C library, which therefore stays the machine's own.
_BUNDLE: Final = Bundle(
    name="buildah",
    suite="bookworm",
    packages=("buildah", "debootstrap"),
    proof="usr/bin/buildah",
    megabytes=300,
    left_out=("libc6",),
)
_NEWEST_SCRIPT: Final = "sid"
"""debootstrap's script for suites that are younger than itself."""
_SLIM: Final = """\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
"""
"""As in Debian's own slim images: no manuals, and no waiting for the disk, since a build that fails is thrown away."""
_APT_SETTINGS: Final = ("Acquire::Check-", "Acquire::http", "Acquire::https")


class CannotBuild(Exception):
    """This machine does not let us build images; the text says why."""


class Buildah:
    """buildah with a store of its own in the cache: what was built before is built quickly again."""

    def __init__(self, store: Path, root: Path) -> None:
        self.store, self._root = store, root
        self._configure()

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        """One process at a time works in the store. Raises `CannotBuild` without the rights, `BundleError` without the program."""
        _check_rights()
        root = ensure(_BUNDLE)
        store = cache_directory() / "images"
        store.mkdir(parents=True, exist_ok=True)
        with (store / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield cls(store, root)

    # ---- commands --------------------------------------------------------------------------------------------------

    def run(self, *arguments: str) -> str:
        """What a command prints. Fails the test with its last words."""
        done = subprocess.run(
            self.command(*arguments), check=False, capture_output=True, text=True, env=self.environment
        )
        assert done.returncode == 0, f"buildah {arguments[0]}: {(done.stdout + done.stderr)[-4000:]}"
        return done.stdout

    def command(self, *arguments: str) -> list[str]:
        """A command line. The program finds its libraries by a table that it alone sees in the place of the machine's."""
        mount = f"mount --bind {shlex.quote(str(self._libraries))} /etc/ld.so.cache"
        program = str(self._root / _BUNDLE.proof)
        return ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh", program, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """Where its settings are."""
        return os.environ | {
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_REGISTRIES_CONF": str(self.store / "registries.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.store / "storage.conf"),
        }

    def build(self, *, context: Path, target: str, mounts: Mapping[Path, Path]) -> None:
        """Build a target of the context's Dockerfile; the image has the target's name. Mounts stay out of it."""
        volumes = [f"--volume={source}:{place}:ro" for source, place in mounts.items()]
        options = ("--layers", "--format=docker", "--pull-never", self._policy)
        self.run("build", *options, *volumes, f"--target={target}", f"--tag={target}", str(context))

    def export(self, target: str, archive: Path, *, name: str) -> None:
        """Write an image to a file, by the name under which an engine shall load it."""
        self.run("push", "--quiet", self._policy, target, f"docker-archive:{archive}:{name}")

    def start_from(self, image: str, *, name: str) -> None:
        """Make a container. One of that name that was left over is removed."""
        subprocess.run(self.command("rm", name), check=False, capture_output=True, env=self.environment)
        self.run("from", "--pull-never", self._policy, f"--name={name}", image)

    def ensure_base(self, name: str, *, suite: str) -> None:
        """Make the smallest Debian of that suite an image of that name, unless there is one."""
        if name in self.run("images", "--format={{.Name}}:{{.Tag}}").split():
            return
        folder = self.store / f"base-{suite}"
        shutil.rmtree(folder, ignore_errors=True)
        self._debootstrap(suite, folder)
        self.start_from("scratch", name="base")
        self.run("add", "--quiet", "base", str(folder), "/")
        self.run("commit", "--quiet", "--rm", self._policy, "base", name)
        shutil.rmtree(folder)

    # ---- how -------------------------------------------------------------------------------------------------------

    @property
    def _policy(self) -> str:
        return f"--signature-policy={self.store / 'policy.json'}"

    def _configure(self) -> None:
        (self.store / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        (self.store / "registries.conf").write_text("unqualified-search-registries = []\n")
        folders = f'graphroot = "{self.store / "layers"}"\nrunroot = "{self.store / "run"}"\n'
        (self.store / "storage.conf").write_text(f'[storage]\ndriver = "overlay"\n{folders}')
        self._libraries = write_library_table(self._root, self.store)

    def _debootstrap(self, suite: str, folder: Path) -> None:
        home = self._root / "usr/share/debootstrap"
        script = home / "scripts" / (suite if (home / "scripts" / suite).exists() else _NEWEST_SCRIPT)
        options = ("--variant=minbase", f"--keyring={DEBIAN_KEYRING}")
        command = ["sh", str(self._root / "usr/sbin/debootstrap"), *options]
        command += [suite, str(folder), find_mirror().uri, str(script)]
        # It brings its own wget along; all else that it calls is in every Debian.
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin:{self._root / 'usr/bin'}"
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"DEBOOTSTRAP_DIR": str(home), "PATH": path},
        )
        assert done.returncode == 0, f"debootstrap {suite}: {done.stdout[-2000:]}"
        (folder / "etc/apt/apt.conf.d/90machine").write_text(_apt_settings())
        (folder / "etc/dpkg/dpkg.cfg.d/90slim").write_text(_SLIM)


def _apt_settings() -> str:
    """How this machine reaches its package archives, and what it expects of them."""
    dumped = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    return "".join(f"{line}\n" for line in dumped.splitlines() if line.startswith(_APT_SETTINGS))


def _check_rights() -> None:
    if os.geteuid() != 0:
        raise CannotBuild("only root may build images with debootstrap and a chroot")
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0:
        raise CannotBuild("this machine allows no mounts, which building images needs")
