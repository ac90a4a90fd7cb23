"""Checks of the site file, its passwords and its sounds."""

import stat
import wave
from collections.abc import Iterator
from pathlib import Path

from app.acd.model import Queue
from app.calls.model import EntryPoint
from app.doctor.context import Context
from app.doctor.finding import Finding, error, listed, ok, warning
from app.site.model import Credential, InPlainSight, Site
from app.site.secret_store import ARI_PASSWORD, SecretError

_MODE = 0o600
_SOUND_RATE = 8_000


async def check_site_file(context: Context) -> Finding:
    """The site file has no mistakes. With mistakes, the checks that need a site are left out."""
    path = context.settings.site
    if context.site is None:
        return error(
            "Site file",
            "\n".join(map(str, context.mistakes)),
            advice="Mend the file, then run this again: what needs the site was not checked.",
        )
    floor = context.site.floor
    return ok("Site file", f"{path}: {len(floor.agents)} agents, {len(floor.queues)} queues")


async def check_staffing(_context: Context, site: Site) -> Finding:
    """Somebody can answer every queue and every entry point, and everybody has something to do."""
    gaps = [*_empty_queues(site), *_entry_points_beyond_everybody(site), *_idle_agents(site)]
    if not site.calls.entry_points:
        gaps.append("no entry point: callers can dial nothing")
    if gaps:
        return warning(
            "Staffing",
            "\n".join(gaps),
            advice="Correct `members`, `skills` or `entry_points` in the site file.",
        )
    return ok("Staffing", "every queue and entry point has agents who can answer")


def _empty_queues(site: Site) -> Iterator[str]:
    return (f"queue {queue.id} has no members" for queue in site.floor.queues.values() if not queue.members)


def _idle_agents(site: Site) -> Iterator[str]:
    serving = {member.agent_id for queue in site.floor.queues.values() for member in queue.members}
    return (f"agent {agent} serves no queue" for agent in site.floor.agents if agent not in serving)


def _entry_points_beyond_everybody(site: Site) -> Iterator[str]:
    for entry_point in site.calls.entry_points.values():
        queue = site.floor.queues[entry_point.queue_id]
        if queue.members and not _can_be_answered(site, entry_point, queue):
            yield f"entry point {entry_point.number} requires skills that no member of queue {queue.id} has"


def _can_be_answered(site: Site, entry_point: EntryPoint, queue: Queue) -> bool:
    relaxed = max((step.value for step in queue.relaxation), default=0)
    return any(
        all(
            site.floor.agents[member.agent_id].skills.get(it.skill, 0) >= it.level - relaxed
            for it in entry_point.requires
        )
        for member in queue.members
    )


async def check_passwords(context: Context, site: Site) -> Finding:
    """Every password can be had, and none stands in the site file for all to read."""
    credentials = dict(_credentials(site))
    if missing := list(_missing(context, credentials)):
        return error(
            "Passwords", "\n".join(missing), advice="Set what is named, in the environment of the service."
        )
    plain = [name for name, credential in credentials.items() if isinstance(credential, InPlainSight)]
    if plain:
        return warning(
            "Passwords",
            f"in the site file in plain sight: {listed(plain)}",
            advice="Write `{env: NAME}` or `{file: path}`, or leave `password` out to have one made up.",
        )
    return ok("Passwords", f"{len(credentials)}, none of them in the site file")


def _credentials(site: Site) -> Iterator[tuple[str, Credential]]:
    yield ARI_PASSWORD, site.asterisk.password
    for device, credential in site.device_passwords.items():
        yield f"device_{device}", credential
    for trunk in site.trunks.values():
        if trunk.password is not None:
            yield f"trunk_{trunk.id}", trunk.password


def _missing(context: Context, credentials: dict[str, Credential]) -> Iterator[str]:
    for name, credential in credentials.items():
        try:
            context.secrets.known(credential, name)
        except SecretError as problem:
            yield str(problem)


async def check_secrets_file(context: Context) -> Finding:
    """Only its owner can read the file of made-up passwords."""
    path = context.secrets.path
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return ok("Secrets file", f"{path} (made at the first start)")
    if mode & ~_MODE:
        return error(
            "Secrets file",
            f"{path} has mode {mode:o}, expected {_MODE:o}: other users can read the passwords",
            advice=f"Run `chmod 600 {path}`, and make new passwords if somebody may have read it.",
        )
    return ok("Secrets file", f"{path}, mode {mode:o}")


async def check_sounds(_context: Context, site: Site) -> Finding:
    """The sound files that the site names exist and are what Asterisk plays."""
    asterisk = site.asterisk
    problems = [_sound_problem(path) for path in (asterisk.greeting, asterisk.fallback.message) if path]
    problems += [_music_problem(asterisk.music)] if asterisk.music else []
    if found := [problem for problem in problems if problem]:
        return error(
            "Sound files",
            "\n".join(found),
            advice="Correct the paths under `asterisk`, or convert the files.",
        )
    return ok("Sound files", f"{len(problems)} of our own" if problems else "those that come with Asterisk")


def _sound_problem(path: Path) -> str:
    """What is wrong with a file; empty when nothing is."""
    try:
        with wave.open(str(path), "rb") as sound:
            found = (sound.getframerate(), sound.getsampwidth() * 8, sound.getnchannels())
    except FileNotFoundError:
        return f"{path} does not exist"
    except (OSError, EOFError, wave.Error):
        return f"{path} is not a wav file that can be read"
    if found != (_SOUND_RATE, 16, 1):
        return (
            f"{path} has {found[0]} Hz, {found[1]} bit, {found[2]} channels, expected 8000 Hz, 16 bit, mono"
        )
    return ""


def _music_problem(directory: Path) -> str:
    files = sorted(directory.glob("*.wav"))
    if not files:
        return f"{directory} has no wav file, expected a directory of music"
    return next(filter(None, map(_sound_problem, files)), "")
