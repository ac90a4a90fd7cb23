"""Unpacking Debian packages privately, with the real apt and dpkg, from a small archive made here."""

import hashlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.asterisk import bundle as bundles
from app.asterisk.apt import find_program
from app.asterisk.bundle import Bundle, cache_directory, ensure
from app.asterisk.errors import (
    AptMissing,
    BundleError,
    DownloadFailed,
    SpaceMissing,
    UnpackFailed,
    UnsupportedArchitecture,
)
from app.asterisk.mirror import Mirror

HELLO = Bundle(name="hello", suite="forky", packages=("hello",), proof="usr/bin/hello", megabytes=1)


def make_package(archive: Path, name: str, *, depends: str = "") -> str:
    """Build a package that holds one file; returns its entry in the list of packages."""
    tree = archive / f"{name}-tree"
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin" / name).write_text(f"#!/bin/sh\necho {name}\n")
    control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: a test\n"
    control += f"Depends: {depends}\n" if depends else ""
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(control)
    file = archive / "pool" / f"{name}_1.0_all.deb"
    file.parent.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "--build", str(tree), str(file)], check=True, capture_output=True)
    shutil.rmtree(tree)
    data = file.read_bytes()
    return f"{control}Filename: pool/{file.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian archive with `hello`, which depends on `world`; this machine's mirror from now on."""
    root = tmp_path / "archive"
    root.mkdir()
    entries = [make_package(root, "hello", depends="world"), make_package(root, "world")]
    folder = root / "dists/forky/main/binary-amd64"
    folder.mkdir(parents=True)
    (folder / "Packages").write_text("".join(f"{entry}\n" for entry in entries))
    listed = f" {hashlib.sha256((folder / 'Packages').read_bytes()).hexdigest()} {(folder / 'Packages').stat().st_size}"
    (root / "dists/forky/Release").write_text(
        f"Suite: forky\nCodename: forky\nArchitectures: amd64\nComponents: main\nSHA256:\n{listed} main/binary-amd64/Packages\n"
    )
    monkeypatch.setattr(bundles, "find_mirror", lambda: Mirror(f"file:{root}", "trusted=yes arch=amd64"))
    return root


def test_a_bundle_is_unpacked_with_its_dependencies(archive: Path, tmp_path: Path) -> None:
    """And what was downloaded for it is gone afterwards."""
    told: list[str] = []
    root = ensure(HELLO, cache=tmp_path / "cache", report=told.append)
    assert (root / "usr/bin/hello").exists()
    assert (root / "usr/bin/world").exists()
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"hello.lock", root.name}
    assert told[0] == "hello: reading the package list of Debian forky"
    assert "hello: unpacking 2 packages" in told


def test_a_bundle_that_is_there_needs_no_archive(archive: Path, tmp_path: Path) -> None:
    """The second time nothing is downloaded, and nothing is said."""
    first = ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None)
    shutil.rmtree(archive)
    told: list[str] = []
    assert ensure(HELLO, cache=tmp_path / "cache", report=told.append) == first
    assert told == []


def test_packages_may_be_left_out(archive: Path, tmp_path: Path) -> None:
    """A program for this machine's C library must not bring another along."""
    poorer = Bundle("hello", "forky", ("hello",), "usr/bin/hello", 1, left_out=("world",))
    assert poorer.directory != HELLO.directory
    assert not (ensure(poorer, cache=tmp_path / "cache", report=lambda _: None) / "usr/bin/world").exists()


def test_a_half_unpacked_bundle_is_made_anew(archive: Path, tmp_path: Path) -> None:
    """What a crash left, beside the place or in it without the proof, is no bundle."""
    cache = tmp_path / "cache"
    (cache / f"{HELLO.directory}.part/usr/bin").mkdir(parents=True)
    (cache / f"{HELLO.directory}.part/usr/bin/rubbish").touch()
    (cache / HELLO.directory / "usr").mkdir(parents=True)
    root = ensure(HELLO, cache=cache, report=lambda _: None)
    assert sorted(path.name for path in (root / "usr/bin").iterdir()) == ["hello", "world"]


def test_a_failed_download_is_told_and_the_next_try_succeeds(archive: Path, tmp_path: Path) -> None:
    """An interruption costs nothing but the time."""
    package = archive / "pool/world_1.0_all.deb"
    package.rename(package.with_suffix(".away"))
    with pytest.raises(DownloadFailed, match=r"Failed to fetch .*world_1\.0_all\.deb") as caught:
        ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None)
    assert caught.value.bundle == "hello"
    package.with_suffix(".away").rename(package)
    assert ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None).exists()


def test_an_archive_out_of_reach_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As without a network."""
    monkeypatch.setattr(bundles, "find_mirror", lambda: Mirror("http://127.0.0.1:9/debian", "trusted=yes"))
    with pytest.raises(DownloadFailed, match="it goes on where it stopped"):
        ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None)


def test_packages_without_the_proof_are_refused(archive: Path, tmp_path: Path) -> None:
    """A bundle that lacks its program would fail later and stranger."""
    wrong = Bundle("hello", "forky", ("hello",), "usr/bin/goodbye", 1)
    with pytest.raises(UnpackFailed, match="do not hold usr/bin/goodbye"):
        ensure(wrong, cache=tmp_path / "cache", report=lambda _: None)
    assert not (tmp_path / "cache" / wrong.directory).exists()


def test_a_disk_without_room_is_told_before_anything_is_downloaded(tmp_path: Path) -> None:
    """With what is needed, what is free and what to do."""
    huge = Bundle("hello", "forky", ("hello",), "usr/bin/hello", megabytes=10**9)
    with pytest.raises(SpaceMissing, match=r"expected 1000000000 MB free in .* point THIRDRING_CACHE"):
        ensure(huge, cache=tmp_path / "cache", report=lambda _: None)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """As a file where the directory should be."""
    (tmp_path / "cache").touch()
    with pytest.raises(BundleError, match="expected to write in"):
        ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None)


def test_an_unsupported_machine_is_told(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The architecture that was found, and those that are served."""
    dpkg = tmp_path / "dpkg"
    dpkg.write_text("#!/bin/sh\necho riscv64\n")
    dpkg.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedArchitecture, match="amd64, arm64, found 'riscv64'"):
        ensure(HELLO, cache=tmp_path / "cache", report=lambda _: None)


def test_a_machine_without_apt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that is missing, and the other way."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AptMissing, match="'apt-get' of Debian, found none"):
        find_program("apt-get")


def test_two_at_once_make_one_bundle(archive: Path, tmp_path: Path) -> None:
    """One works, the other waits, both have it. The lock is the kernel's: it holds between processes as between threads."""
    told: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        making = [pool.submit(ensure, HELLO, cache=tmp_path / "cache", report=told.append) for _ in range(2)]
    assert making[0].result() == making[1].result()
    assert told.count("hello: unpacking 2 packages") == 1


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"THIRDRING_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/thirdring"),
    ],
)
def test_the_cache_is_where_the_user_says(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own variable first, then the desktop's."""
    monkeypatch.delenv("THIRDRING_CACHE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_directory() == Path(expected)


@pytest.mark.parametrize(
    ("user", "expected"), [(0, "/var/cache/thirdring"), (1000, "/home/li/.cache/thirdring")]
)
def test_root_has_a_cache_that_others_can_read(
    user: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL does not run as root, and nobody else can look into root's home."""
    for name in ("THIRDRING_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/li")
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert cache_directory() == Path(expected)
