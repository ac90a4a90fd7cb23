"""The images of the Dockerfile: built, and run as their own user. Where they cannot be built, the tests are skipped."""

import os
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Final

import pytest

from tests.support.figures import Figures
from tests.support.images import Image, Mounts, built_images
from tests.support.ports import free_port
from tests.support.until import until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

_USER: Final = 8600
_LARGEST: Final = {"thirdring": 190, "asterisk": 280}
"""Megabytes that a target may add to its base."""
_READY_WITHIN: Final = 30.0
_SITE: Final = """
name: Image
time_zone: Asia/Shanghai
asterisk: {{url: "http://127.0.0.1:{http}/ari", password: {{file: ari_password}}, sip_port: {sip}}}
devices: {{phone1: {{extension: 101}}}}
agents: {{agent1: {{name: 王芳, device: phone1}}}}
queues: {{service: {{members: [agent1]}}}}
entry_points: {{4001: service}}
"""


@pytest.fixture(scope="module")
def images() -> Iterator[dict[str, Image]]:
    """Both images by their targets."""
    with built_images() as images:
        yield images


@pytest.fixture(scope="module")
def thirdring(images: dict[str, Image]) -> Image:
    """The image of the service."""
    return images["thirdring"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the images' user. Not pytest's own: nobody but its owner may look into that one."""
    with tempfile.TemporaryDirectory(prefix="thirdring-image-", dir="/tmp") as name:
        os.chown(name, _USER, _USER)
        yield Path(name)


@pytest.mark.parametrize("target", ["thirdring", "asterisk"])
def test_an_image_runs_as_an_ordinary_user_and_is_small(
    images: dict[str, Image], target: str, figures: Figures
) -> None:
    """No root, and no more on top of Debian than the program needs."""
    image = images[target]
    assert image.runs("id", "-u").shown.strip() == str(_USER)
    figures(f"image {target}, without its base", f"{image.own_megabytes} MB")
    assert image.own_megabytes <= _LARGEST[target]


@pytest.mark.parametrize("target", ["thirdring", "asterisk"])
def test_an_image_holds_nothing_that_builds_programs(images: dict[str, Image], target: str) -> None:
    """No compiler, no pip, no package lists; and nothing that the build was lent."""
    found = images[target].runs(
        "sh",
        "-c",
        "command -v gcc cc make pip pip3; find /var/lib/apt/lists /run/lent /etc/pip.conf -type f -size +0",
    )
    assert [line for line in found.shown.splitlines() if line.startswith("/")] == []


def test_the_image_holds_no_tests(thirdring: Image) -> None:
    """Only the four folders of the program, which Python finds."""
    assert thirdring.runs("python3", "-c", "import app, dialplan, ivr, metrics").status == 0
    assert "No module named 'tests'" in thirdring.runs("python3", "-c", "import tests").shown


def test_the_image_holds_the_pages_that_were_built_but_not_what_builds_them(thirdring: Image) -> None:
    """Browsers need the first; the sources and their packages stay behind."""
    pages = "/opt/thirdring/lib/python3.11/site-packages/app/web"
    assert thirdring.runs("test", "-f", f"{pages}/built/wallboard.html").status == 0
    assert thirdring.runs("find", pages, "-name", "node_modules", "-o", "-name", "*.ts").shown == ""


def test_the_entry_point_is_the_command_and_up_its_default(thirdring: Image) -> None:
    """`docker run thirdring` runs the service; `docker run thirdring doctor` looks at it."""
    assert (thirdring.config["Entrypoint"], thirdring.config["Cmd"]) == (["thirdring"], ["up"])
    shown = thirdring.runs("thirdring", "--help").shown
    assert re.search(r"^ +up +run the service", shown, re.MULTILINE)


def test_the_image_checks_a_site_file(thirdring: Image) -> None:
    """The one of compose.yaml, mounted where it is there."""
    example = Path("app/site/examples/compose.yaml").absolute()
    checked = thirdring.runs("thirdring", "check-site", mounts={example: "/etc/thirdring/site.yaml"})
    assert "no mistakes. 2 agents" in checked.shown


def test_a_missing_site_file_is_named(thirdring: Image) -> None:
    """With the place where it is expected."""
    checked = thirdring.runs("thirdring", "check-site")
    assert checked.status == 1
    assert "/etc/thirdring/site.yaml" in checked.shown


def test_the_health_check_fails_while_nothing_runs(images: dict[str, Image]) -> None:
    """Else it could not tell a service that died."""
    for image in images.values():
        assert image.runs(*_health_check(image), THIRDRING_PORT=str(free_port())).status != 0


async def test_the_two_images_make_a_hotline(
    images: dict[str, Image], folder: Path, figures: Figures
) -> None:
    """The service writes Asterisk's configuration, Asterisk starts with it, the service takes calls, and both end in order."""
    thirdring, asterisk = images["thirdring"], images["asterisk"]
    port, mounts, of_asterisk = _prepare(folder)
    rendered = thirdring.runs("thirdring", "render-asterisk", "--into=/etc/asterisk", mounts=mounts)
    assert rendered.status == 0, rendered.shown
    began = time.monotonic()
    running = [asterisk.starts("asterisk", "-f", mounts=of_asterisk, log=folder / "asterisk.log")]
    try:
        await until(
            lambda: asterisk.runs(*_health_check(asterisk), mounts=of_asterisk).status == 0,
            "expected Asterisk's health check to pass",
            timeout=_READY_WITHIN,
        )
        log = folder / "thirdring.log"
        running.append(thirdring.starts("thirdring", "up", mounts=mounts, log=log, THIRDRING_PORT=str(port)))
        await until(
            lambda: _is_ready(port) or running[1].has_ended,
            "expected the service to be ready",
            timeout=_READY_WITHIN,
        )
        assert _is_ready(port), log.read_text()[-3000:]
        figures("both images, from nothing to ready", f"{time.monotonic() - began:.1f} s")
        assert thirdring.runs(*_health_check(thirdring), THIRDRING_PORT=str(port)).status == 0
    finally:
        statuses = [command.stop() for command in reversed(running)]
    assert statuses == [0, 0]
    assert '"event": "stopping"' in log.read_text()


def _prepare(folder: Path) -> tuple[int, Mounts, Mounts]:
    """A site with its secret: the service's port, what the service sees, what Asterisk sees."""
    site = _SITE.format(http=free_port(), sip=free_port(SOCK_DGRAM))
    (folder / "site.yaml").write_text(site, encoding="utf-8")
    (folder / "ari_password").write_text("secret-of-this-test\n")
    for name in ("data", "asterisk", "run"):
        (folder / name).mkdir()
        os.chown(folder / name, _USER, _USER)
    configuration = {folder / "asterisk": "/etc/asterisk"}
    # The health check runs in another container: it finds Asterisk's socket in a common folder.
    of_asterisk = configuration | {folder / "run": "/run/asterisk"}
    own = {
        folder / "site.yaml": "/etc/thirdring/site.yaml",
        folder / "ari_password": "/etc/thirdring/ari_password",
        folder / "data": "/var/lib/thirdring",
    }
    return free_port(), own | configuration, of_asterisk


def _health_check(image: Image) -> list[str]:
    """The command that the image names, as an engine runs it."""
    kind, *command = image.config["Healthcheck"]["Test"]
    return ["/bin/sh", "-c", *command] if kind == "CMD-SHELL" else command


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
