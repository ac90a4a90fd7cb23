"""A real Prometheus for tests, which scrapes one service often."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import isfinite
from pathlib import Path
from typing import Any

import aiohttp

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.program import Program, with_own_libraries
from tests.support.ports import free_port
from tests.support.until import until

# Only the programs are wanted; its pages and their scripts are most of what it depends on.
PROMETHEUS = Bundle(
    name="prometheus",
    suite="bookworm",
    packages=("prometheus",),
    proof="usr/bin/promtool",
    megabytes=400,
    left_out=(
        "fonts-glyphicons-halflings",
        "libc6",
        "libjs-bootstrap",
        "libjs-bootstrap4",
        "libjs-d3",
        "libjs-eonasdan-bootstrap-datetimepicker",
        "libjs-jquery",
        "libjs-jquery-hotkeys",
        "libjs-moment",
        "libjs-moment-timezone",
        "libjs-mustache",
        "libjs-popper.js",
        "libjs-rickshaw",
        "perl-base",
        "tzdata",
    ),
)
METRICS = Path(__file__).parents[2] / "metrics"
_STARTED_WITHIN = 20.0


class Prometheus:
    """Answers queries."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def is_ready(self) -> bool:
        """Whether it takes queries."""
        try:
            async with self._http.get(f"{self._url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def values(self, expression: str) -> list[float]:
        """The values of an instant query; fails if Prometheus does not understand it."""
        async with self._http.get(f"{self._url}/api/v1/query", params={"query": expression}) as answer:
            body: dict[str, Any] = await answer.json()
        assert body["status"] == "success", (expression, body)
        return [float(sample["value"][1]) for sample in body["data"]["result"]]

    async def is_filled(self, expression: str) -> bool:
        """Whether an instant query has a value that can be shown: nothing divided by nothing has none."""
        return any(map(isfinite, await self.values(expression)))


@asynccontextmanager
async def scraping(directory: Path, *, url: str, token: str) -> AsyncIterator[Prometheus]:
    """A Prometheus that reads a service by our own configuration, but twice a second, with rules that are evaluated every second."""
    listen = f"127.0.0.1:{free_port()}"
    program = with_own_libraries(ensure(PROMETHEUS), "usr/bin/prometheus")
    arguments = (
        f"--config.file={configuration(directory, target=url.removeprefix('http://'), token=token)}",
        f"--storage.tsdb.path={directory / 'series'}",
        f"--web.listen-address={listen}",
    )
    log = directory / "prometheus.log"
    process = await asyncio.to_thread(_start, program, arguments, log)
    try:
        async with aiohttp.ClientSession() as http:
            prometheus = Prometheus(http, f"http://{listen}")
            await until(prometheus.is_ready, f"Prometheus does not start: see {log}", timeout=_STARTED_WITHIN)
            yield prometheus
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


def _start(program: Program, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("w") as out:
        return subprocess.Popen(
            program.command(*arguments), env=program.environment(), stdout=out, stderr=out, cwd="/"
        )


def configuration(directory: Path, *, target: str, token: str) -> Path:
    """`metrics/prometheus.yaml` and its rules, for another address and token, and more often."""
    secret, rules = directory / "token", directory / "rules"
    secret.touch(mode=0o600)
    secret.write_text(token)
    rules.mkdir()
    for file in (METRICS / "rules").glob("*.yaml"):
        (rules / file.name).write_text(file.read_text().replace("interval: 15s", "interval: 1s"))
    text = (METRICS / "prometheus.yaml").read_text()
    for ours, here in (
        ("scrape_interval: 15s", "scrape_interval: 500ms"),
        ("evaluation_interval: 15s", "evaluation_interval: 1s"),
        ("/run/secrets/thirdring_metrics_token", str(secret)),
        ("thirdring:8600", target),
    ):
        assert ours in text
        text = text.replace(ours, here)
    written = directory / "prometheus.yaml"
    written.write_text(text)
    return written


def promtool(*arguments: str, cwd: Path = METRICS) -> str:
    """What Prometheus' own tool says; fails with it when it is not content."""
    program = with_own_libraries(ensure(PROMETHEUS), "usr/bin/promtool")
    done = subprocess.run(
        program.command(*arguments),
        env=program.environment(),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
