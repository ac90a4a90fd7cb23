"""`python -m tests.bench.wallboard`: from an event to the picture of it, and what weeks of deltas do to the page's memory.

An event enters the dispatcher; the page, in a real Chromium on the same machine, notes when the frame that shows it was painted. Both
clocks are the machine's. Then so many deltas follow that a busy floor needs days for them.
"""

import argparse
import asyncio
import time
from itertools import count
from statistics import quantiles
from typing import Any

from playwright.async_api import CDPSession, Page

from app.acd.events import PauseRequested, ResumeRequested
from app.ids import AgentId, PauseCode
from app.live import rounds
from tests.support.chromium import chromium
from tests.support.live_client import serving
from tests.support.scene import Scene
from tests.support.stage import TOKEN

FULL_HD = {"width": 1920, "height": 1080}
MIB = 1024 * 1024
AGENTS = 16
_LOOKS = 5
"""How often memory is looked at."""
_PACE_SECONDS = 0.001

# Notes, in the page, when a frame with another text in an agent's card was painted: the second callback after the change comes
# behind the paint of the first.
_NOTE_PAINTS = """() => {
  window.paints = [];
  const card = document.querySelector('[data-agent="a1"] .doing');
  const painted = () => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => paints.push(performance.timeOrigin + performance.now());
    channel.port2.postMessage(0);
  });
  new MutationObserver(painted).observe(card, {childList: true, subtree: true, characterData: true});
}"""


async def main(*, events: int, deltas: int) -> None:
    """Measure both, and print."""
    scene = Scene()
    scene.log_in(*range(1, AGENTS + 1))
    async with serving(scene.api) as server, chromium() as browser:
        page = await browser.new_page(viewport=FULL_HD)  # type: ignore[arg-type]  # width and height
        await page.goto(f"{server.url}/wallboard?lang=en#token={TOKEN}")
        await page.locator('[data-agent="a1"]').wait_for()
        print(f"page: Chromium {browser.version}, {AGENTS} agents, 4 queues")
        await _measure_paint(scene, page, events)
        await _measure_memory(scene, page, deltas)


async def _measure_paint(scene: Scene, page: Page, events: int) -> None:
    await page.evaluate(_NOTE_PAINTS)
    delays = []
    for number in range(events):
        began = time.time()
        _change(scene, 1, number)
        painted = await _next_paint(page, number)
        delays.append(painted - began * 1000)
    cuts = quantiles(delays, n=100)
    print(
        f"event to painted: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms, {events} events"
    )


async def _next_paint(page: Page, number: int) -> float:
    while len(paints := await page.evaluate("paints")) <= number:
        await asyncio.sleep(0.02)
    moment: float = paints[number]
    return moment


async def _measure_memory(scene: Scene, page: Page, deltas: int) -> None:
    rounds._GATHER_SECONDS = 0  # One delta per change: a real floor needs days for so many.
    devtools = await page.context.new_cdp_session(page)
    heard = _count_messages(devtools)
    await devtools.send("Network.enable")
    began = time.monotonic()
    print(f"memory: {await _heap(devtools):.2f} MiB at the start")
    for part in range(1, _LOOKS + 1):
        await _tell(scene, heard, deltas * part // _LOOKS)
        held, seconds = await _heap(devtools), time.monotonic() - began
        print(f"memory: {held:.2f} MiB after {heard[0]} deltas, {seconds:.0f} s")
    nodes = await page.evaluate("() => document.querySelectorAll('*').length")
    print(f"memory: {nodes} elements on the page")


async def _tell(scene: Scene, heard: list[int], until: int) -> None:
    """Change one thing after the other until the page has heard so many messages."""
    for number in count():
        if heard[0] >= until:
            return
        _change(scene, 1 + number % AGENTS, number // AGENTS)
        await asyncio.sleep(_PACE_SECONDS)


def _count_messages(devtools: CDPSession) -> list[int]:
    """Counts the messages that reach the page."""
    heard = [0]

    def add(_: Any) -> None:
        heard[0] += 1

    devtools.on("Network.webSocketFrameReceived", add)
    return heard


def _change(scene: Scene, agent: int, number: int) -> None:
    """An agent pauses, or is back."""
    agent_id = AgentId(f"a{agent}")
    event = ResumeRequested(agent_id) if number % 2 else PauseRequested(agent_id, PauseCode("lunch"))
    scene.dispatcher.submit(event)


async def _heap(devtools: CDPSession) -> float:
    """What the page's script holds after its garbage was collected."""
    await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    return float(usage["usedSize"]) / MIB


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--deltas", type=int, default=100_000)
    wanted = parser.parse_args()
    asyncio.run(main(events=wanted.events, deltas=wanted.deltas))
