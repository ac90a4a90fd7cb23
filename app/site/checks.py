"""Mistakes between the parts of a site file, which no field can see alone.

The checks read the raw data and pass over what has a wrong shape, so that all mistakes of a file are found at once.
"""

from collections.abc import Iterator
from typing import Any

from app.asterisk.node_config import RESERVED_SECTIONS
from app.site.errors import Location
from app.site.fields import is_address
from app.site.names import entries, section

Problem = tuple[Location, str]


def check_relations(data: Any) -> Iterator[Problem]:
    """All mistakes between parts, each with the field to mend."""
    for check in (
        _shared_devices,
        _shared_extensions,
        _entry_points,
        _repeated_members,
        _overflow_circles,
        _ring_overflows,
        _trunk_addresses,
        _section_names,
    ):
        yield from check(data)


def _shared_devices(data: Any) -> Iterator[Problem]:
    for key, device, agent in _shared(data, "agents", "device"):
        problem = f'found "{device}", which is the device of agent "{agent}", expected a device of its own.'
        yield ("agents", key, "device"), problem


def _shared_extensions(data: Any) -> Iterator[Problem]:
    for key, extension, device in _shared(data, "devices", "extension"):
        problem = f'found "{extension}", which is the extension of "{device}", expected one of its own.'
        yield ("devices", key, "extension"), problem


def _shared(data: Any, kind: str, field: str) -> Iterator[tuple[str, str, str]]:
    """Entries whose value of a field an earlier entry has: the key, the value, and the key of the earlier one."""
    owners: dict[str, str] = {}
    for key, fields in entries(data, kind):
        value = fields.get(field)
        if isinstance(value, str) and owners.setdefault(value, key) != key:
            yield key, value, owners[value]


def _entry_points(data: Any) -> Iterator[Problem]:
    numbers = section(data, "entry_points")
    for device, fields in entries(data, "devices"):
        if isinstance(extension := fields.get("extension"), str) and extension in numbers:
            problem = f'found "{extension}", which is an entry point too, expected an extension that no entry point has.'
            yield ("devices", device, "extension"), problem


def _repeated_members(data: Any) -> Iterator[Problem]:
    for queue, fields in entries(data, "queues"):
        members = fields.get("members")
        first: dict[tuple[str, str], int] = {}
        for index, member in enumerate(members if isinstance(members, list) else []):
            who = _who(member)
            if who and first.setdefault(who, index) != index:
                problem = (
                    f'found {who[0]} "{who[1]}" a second time (also in place {first[who] + 1}). Keep one.'
                )
                yield ("queues", queue, "members", index), problem


def _who(member: Any) -> tuple[str, str] | None:
    if isinstance(member, str):
        return "agent", member
    fields = member if isinstance(member, dict) else {}
    named = ((kind, fields[kind]) for kind in ("agent", "team") if isinstance(fields.get(kind), str))
    return next(named, None)


_OVERFLOW_REASONS = ("full", "empty", "timeout", "closed")


def _overflow_circles(data: Any) -> Iterator[Problem]:
    """One mistake for each circle, at the step that closes it."""
    next_queues = {queue: dict(_overflows(data, queue)) for queue in section(data, "queues")}
    done: set[str] = set()
    for start in next_queues:
        if start in done:
            continue
        yield from _circles_from(start, (), next_queues, done)


def _circles_from(
    queue: str, path: tuple[str, ...], next_queues: dict[str, dict[Location, str]], done: set[str]
) -> Iterator[Problem]:
    path = (*path, queue)
    for location, target in next_queues[queue].items():
        if target in path:
            circle = " → ".join((*path[path.index(target) :], target))
            yield (
                location,
                f"found overflows that lead in a circle ({circle}), expected an end: a caller would never get out.",
            )
        elif target in next_queues and target not in done:
            yield from _circles_from(target, path, next_queues, done)
    done.add(queue)


def _overflows(data: Any, queue: str) -> Iterator[tuple[Location, str]]:
    for reason in _OVERFLOW_REASONS:
        for place in (("queues", queue), ("queue_defaults",)):
            target = _dig(data, (*place, "overflow", reason))
            if isinstance(target, dict) and isinstance(target.get("queue"), str):
                yield (*place, "overflow", reason, "queue"), target["queue"]
            if target is not None:
                break


_YES = frozenset({"true", "yes", "on", "y", "t", "1"})


def _ring_overflows(data: Any) -> Iterator[Problem]:
    """A call that overflows at a ring needs a place to go, or the caller would be hung up."""
    for queue in section(data, "queues"):
        places = (("queues", queue), ("queue_defaults",))
        if any(_dig(data, (*place, "overflow", "timeout")) is not None for place in places):
            continue
        for location in _overflowing_rings(data, places):
            problem = f'found `overflow`, but queue "{queue}" has no `overflow.timeout` to go to. Add it.'
            yield location, problem


def _overflowing_rings(data: Any, places: tuple[Location, ...]) -> Iterator[Location]:
    for field in ("agent_rings", "caller_rings"):
        written = [place for each in places if _dig(data, place := (*each, field)) is not None]
        place = written[0] if written else ()
        steps = _dig(data, place)
        for ring, step in steps.items() if written and isinstance(steps, dict) else ():
            if step == "overflow" or (isinstance(step, dict) and str(step.get("overflow")).lower() in _YES):
                yield (*place, ring)


def _trunk_addresses(data: Any) -> Iterator[Problem]:
    """An Asterisk of our own must know where to send a trunk's calls and where its calls come from."""
    if _dig(data, ("asterisk", "url")) is not None:
        return
    for trunk, fields in section(data, "trunks").items():
        host = fields.get("host") if isinstance(fields, dict) else None
        if host is None:
            yield (
                ("trunks", trunk),
                "found no `host`, which is needed: Thirdring runs the Asterisk and sends the calls.",
            )
        elif not fields.get("match") and not is_address(str(host)):
            problem = "found no `match`, which is needed beside a host name: the addresses that the carrier's calls come from."
            yield ("trunks", trunk), problem


def _section_names(data: Any) -> Iterator[Problem]:
    devices, trunks = section(data, "devices"), section(data, "trunks")
    for kind, names in (("devices", devices), ("trunks", trunks)):
        for name in RESERVED_SECTIONS & names.keys():
            yield (kind, name), f'found "{name}", a word that Asterisk uses itself, expected another name.'
    for name in trunks.keys() & devices.keys():
        yield ("trunks", name), f'found "{name}", which is a device too, expected a name of its own.'


def _dig(data: Any, location: Location) -> Any:
    for part in location:
        data = data.get(part) if isinstance(data, dict) else None
    return data
