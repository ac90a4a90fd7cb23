"""The site while the service runs: told to the brains at the start, and part by part when its file is loaded again."""

import asyncio
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from app.acd.amendments import growth, shrinkage
from app.acd.events import FloorAmended, FloorChanged
from app.acd.model import Floor
from app.ari.link import AriLink
from app.calls.events import SettingsChanged
from app.clock import Clock
from app.runtime.dispatcher import Dispatcher
from app.runtime.garbage import calm
from app.site.loader import SiteFile


class SiteChanges:
    """Gives the site to the brains, and its phones to the link."""

    def __init__(self, site_file: SiteFile, *, dispatcher: Dispatcher, link: AriLink, clock: Clock) -> None:
        self._file = site_file
        self._dispatcher = dispatcher
        self._link = link
        self._clock = clock
        self._reloading = asyncio.Lock()

    def begin(self) -> None:
        """Tell the brains what the site is now, unless they know."""
        if self._dispatcher.board.engine.floor != self._file.site.floor:
            self._dispatcher.submit(FloorChanged(self._file.site.floor))
        self._tell_settings()
        self._link.watch(self._file.site.calls.devices)

    async def reload(self) -> list[str]:
        """Load the site file again; see `Service.reload_site`.

        Calls go on meanwhile: the file is read and compared in a thread, and the brains take it over part by part.
        """
        async with self._reloading:
            with calm():
                told = await asyncio.to_thread(self._file.reload, today=self._today())
                floor = self._dispatcher.board.engine.floor
                more, less = await asyncio.to_thread(_parts, floor, self._file.site.floor)
                self._link.watch(self._file.site.calls.devices)
                await self._take_over(more)
                self._tell_settings()
                await self._take_over(less)
        return told

    def _tell_settings(self) -> None:
        if self._dispatcher.board.settings != self._file.site.calls:
            self._dispatcher.submit(SettingsChanged(self._file.site.calls))

    async def _take_over(self, parts: Iterable[FloorAmended]) -> None:
        for part in parts:
            self._dispatcher.submit(part)
            await asyncio.sleep(0)

    def _today(self) -> date:
        return self._clock.now().astimezone(ZoneInfo(self._file.site.time_zone)).date()


def _parts(old: Floor, new: Floor) -> tuple[list[FloorAmended], list[FloorAmended]]:
    return list(growth(old, new)), list(shrinkage(old, new))
