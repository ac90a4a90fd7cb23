"""Identifiers: distinct types, so that no call is mistaken for an agent, and how new ones are made.

Brains never make an id out of nothing: ids come with the event, or are derived from one that did (an offer's id is its
call's id and the number of the attempt). So the same events give the same ids on every machine.
"""

import os
import time
from typing import NewType

CallId = NewType("CallId", str)
OfferId = NewType("OfferId", str)
AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
DeviceId = NewType("DeviceId", str)
LegId = NewType("LegId", str)
MissedId = NewType("MissedId", str)
BridgeId = NewType("BridgeId", str)
NodeId = NewType("NodeId", str)
EntryNumber = NewType("EntryNumber", str)
SkillName = NewType("SkillName", str)
PauseCode = NewType("PauseCode", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_call_id() -> CallId:
    """An id for a call that we start ourselves: sorts by time, unique across controllers (48 + 40 bits)."""
    milliseconds = time.time_ns() // 1_000_000
    return CallId(f"call-{_base32(milliseconds, 10)}{_base32(int.from_bytes(os.urandom(5), 'big'), 8)}")
