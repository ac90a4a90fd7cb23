"""The audit log: who did what, to what, from where, with which result. Pure: entries and their chain.

Each entry's hash covers the entry, its number and the hash of the one before. Who changes, removes or inserts an entry would have to
change all hashes behind it, and the last one is known outside the database too.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.auth.errors import AuditTampered

BEGINNING = "0" * 64
"""The hash before the first entry."""

DONE, FAILED = "done", "failed"
"""Results beside the codes of problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did or tried. It holds no secret and no keypad digit, and numbers only masked.

    `id` is the entry's own, so that it is written once however often it is tried.
    """

    id: str
    at: datetime
    actor: str
    role: str
    source: str
    """The address it came from, or `command line`."""
    action: str
    object: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What was asked, and small values before and after."""
    result: str = DONE


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry as it stands in the log."""

    seq: int
    entry: AuditEntry
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are asked for; None asks nothing. `since` is included, `until` is not."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    source: str | None = None
    result: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it was last seen."""

    seq: int = 0
    hash: str = BEGINNING


def chained(entries: Iterable[AuditEntry], head: Head) -> list[ChainedEntry]:
    """The entries as they follow a head."""
    links: list[ChainedEntry] = []
    for entry in entries:
        seq = head.seq + 1
        head = Head(seq, _hash(seq, entry, head.hash))
        links.append(ChainedEntry(seq, entry, head.hash))
    return links


def verified(links: Iterable[ChainedEntry], head: Head) -> Head:
    """The head behind these entries, which must follow `head`. Raises `AuditTampered` at the first that does not."""
    for link in links:
        if link.seq != head.seq + 1:
            raise AuditTampered(head.seq + 1, f"is missing; {link.seq} follows {head.seq}")
        if link.hash != _hash(link.seq, link.entry, head.hash):
            raise AuditTampered(link.seq, "was changed, or one before it")
        head = Head(link.seq, link.hash)
    return head


def _hash(seq: int, entry: AuditEntry, before: str) -> str:
    members = [
        before,
        seq,
        entry.id,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor,
        entry.role,
        entry.source,
        entry.action,
        entry.object,
        write_details(entry.details),
        entry.result,
    ]
    return sha256(json.dumps(members, ensure_ascii=False).encode()).hexdigest()


def write_details(details: Mapping[str, Any]) -> str:
    """The details as they are kept: one text for one content."""
    return json.dumps(details, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
