"""Checks of the machine: Python, clocks, time zones, disk, name resolution."""

import asyncio
import ctypes
import os
import shutil
import socket
import struct
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.doctor.context import Context, nearest_existing
from app.doctor.finding import Finding, error, listed, ok, warning
from app.site.model import Site

_OLDEST_PYTHON = (3, 11)
_LITTLE, _TOO_LITTLE = 2_000_000_000, 200_000_000
_SLOW_LOOKUP_SECONDS = 0.5
_RESULT_UNSYNCHRONISED = 5
_LARGE_ERROR_MS = 1_000


async def check_python(_context: Context) -> Finding:
    """Python is one that Thirdring is made for."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return error("Python", f"version {found}, expected 3.11 or newer", advice="Install a newer Python.")
    return ok("Python", f"version {found}")


async def check_wall_clock(context: Context) -> Finding:
    """The date is not before the program was installed."""
    installed = _installed_at()
    if context.now < installed:
        return error(
            "Wall clock",
            f"the clock says {context.now:%Y-%m-%d %H:%M} UTC, but Thirdring was installed {installed:%Y-%m-%d %H:%M} UTC",
            advice="Set the clock, best by NTP: `timedatectl set-ntp true`.",
        )
    return ok("Wall clock", f"{context.now:%Y-%m-%d %H:%M:%S} UTC")


def _installed_at() -> datetime:
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)


async def check_time_source(_context: Context) -> Finding:
    """The kernel says that its clock is kept in step with a time source. This needs no network."""
    result, largest_error_ms = _kernel_clock()
    if result == _RESULT_UNSYNCHRONISED:
        return warning(
            "Time source",
            "the kernel's clock is not synchronised: times in reports will drift",
            advice="Run an NTP client on this machine or its host: `timedatectl set-ntp true`, chrony or systemd-timesyncd.",
        )
    if result < 0:
        return ok("Time source", "the kernel does not tell here (a container, perhaps); look at the host")
    if largest_error_ms > _LARGE_ERROR_MS:
        return warning(
            "Time source",
            f"synchronised, but the clock may be wrong by {largest_error_ms} ms",
            advice="See why the NTP client does not reach its servers: `chronyc tracking` or `timedatectl timesync-status`.",
        )
    return ok("Time source", f"synchronised, wrong by {largest_error_ms} ms at most")


def _kernel_clock() -> tuple[int, int]:
    """adjtimex(2), reading only: its result, and the largest error in milliseconds."""
    buffer = ctypes.create_string_buffer(512)
    try:
        result = int(ctypes.CDLL(None).adjtimex(buffer))
    except (OSError, AttributeError):
        return -1, 0
    # struct timex begins with: unsigned int modes; long offset, freq, maxerror (microseconds).
    largest_error = struct.unpack_from("@Illl", buffer.raw)[3]
    return result, largest_error // 1_000


async def check_monotonic_clock(_context: Context) -> Finding:
    """Waits are measured by a clock that never goes back."""
    clock = time.get_clock_info("monotonic")
    if not clock.monotonic or clock.adjustable:
        return error(
            "Monotonic clock",
            f"{clock.implementation} can go back",
            advice="Run Thirdring on Linux with CLOCK_MONOTONIC.",
        )
    return ok("Monotonic clock", f"{clock.implementation}, resolution {clock.resolution * 1e9:.0f} ns")


async def check_time_zones(_context: Context, site: Site) -> Finding:
    """The data of every time zone of the site is there."""
    calendars = [queue.calendar for queue in site.floor.queues.values() if queue.calendar]
    zones = sorted({site.time_zone, *(calendar.time_zone for calendar in calendars)})
    missing = [zone for zone in zones if not _has_zone(zone)]
    if missing:
        return error(
            "Time zones",
            f"no data for {listed(missing)}",
            advice="Install the package `tzdata`, newest version.",
        )
    return ok("Time zones", f"{listed(zones)}; tzdata {_tzdata()}")


def _has_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _tzdata() -> str:
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "of the system"


async def check_data_directory(context: Context) -> Finding:
    """The data directory can be written, or made."""
    directory = context.settings.data_dir.absolute()
    existing = nearest_existing(directory)
    if not existing.is_dir():
        return error(
            "Data directory",
            f"{existing} is not a directory",
            advice="Set THIRDRING_DATA_DIR to a directory.",
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        return error(
            "Data directory",
            f"{existing} cannot be written by user {os.geteuid()}",
            advice="Give it to the user that runs Thirdring (`chown`), or set THIRDRING_DATA_DIR to another directory.",
        )
    return ok("Data directory", f"{directory}{'' if existing == directory else ' (made at the first start)'}")


async def check_disk(context: Context) -> Finding:
    """There is room for the journal, and for recordings where our own Asterisk puts them."""
    places = {nearest_existing(path) for path in (context.settings.data_dir, context.layout.spool)}
    place = min(places, key=lambda path: shutil.disk_usage(path).free)
    free = shutil.disk_usage(place).free
    detail = f"{free / 1e9:.1f} GB free in {place}"
    advice = "Make room, or set THIRDRING_DATA_DIR to a larger disk."
    if free < _TOO_LITTLE:
        return error("Disk", f"{detail}, expected 0.2 GB at the very least", advice=advice)
    if free < _LITTLE:
        return warning("Disk", f"{detail}, expected 2 GB", advice=advice)
    return ok("Disk", detail)


async def check_own_name(_context: Context) -> Finding:
    """The question for the host's own name is answered at once: Asterisk asks it, and SIP stalls up to 5 s meanwhile."""
    name = socket.gethostname()
    lookup = await _look_up(name)
    advice = f"Add the line `127.0.1.1 {name}` to /etc/hosts."
    if lookup.seconds > _SLOW_LOOKUP_SECONDS:
        detail = f"looking up `{name}` takes {lookup.seconds:.1f} s, and all SIP waits meanwhile"
        return error("Own host name", detail, advice=advice)
    if not lookup.is_found:
        return warning(
            "Own host name", f"`{name}` has no address; SIP stalls when name servers are slow", advice=advice
        )
    return ok("Own host name", f"`{name}` resolves in {lookup.seconds * 1_000:.0f} ms")


async def check_trunk_names(_context: Context, site: Site) -> Finding:
    """The host of every trunk resolves."""
    hosts = {trunk.host.partition(":")[0] for trunk in site.trunks.values() if trunk.host}
    lookups = await asyncio.gather(*(_look_up(host) for host in sorted(hosts)))
    missing = [lookup.host for lookup in lookups if not lookup.is_found]
    if missing:
        return error(
            "Trunks' host names",
            f"{listed(missing)}: no address",
            advice="Correct `trunks` in the site file, or the machine's name servers.",
        )
    return ok("Trunks' host names", listed(sorted(hosts)) or "no trunks")


@dataclass(frozen=True, slots=True)
class _Lookup:
    """How a question for a name ended, and how long it took."""

    host: str
    seconds: float
    is_found: bool


async def _look_up(host: str) -> _Lookup:
    began = time.monotonic()
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        return _Lookup(host, time.monotonic() - began, is_found=False)
    return _Lookup(host, time.monotonic() - began, is_found=True)
