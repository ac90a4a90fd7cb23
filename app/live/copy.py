"""A client's copy of the floor: free of I/O, the same rules as the page's own (`app/web/src/live/copy.ts`).

    message     stands at `after` or beyond    stands below `after`
    snapshot    always taken: begin anew
    delta       taken                          a gap: not taken
    heartbeat   taken                          a gap: not taken

Values are whole things, so taking one twice is harmless.
"""

from collections.abc import Mapping
from typing import Any

Value = dict[str, Any]


class Copy:
    """What the client knows, and up to which number."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        """Topic of one thing to its present value."""
        self._epoch: str | None = None
        self._seq = -1

    @property
    def position(self) -> dict[str, Any] | None:
        """Where to resume; None: nothing is known yet."""
        return None if self._epoch is None else {"epoch": self._epoch, "seq": self._seq}

    def take(self, message: Mapping[str, Any]) -> set[str] | None:
        """Take in a message of the server; returns the topics that changed. None: something is missing, so it was not taken.

        Then subscribe again with `position`.
        """
        is_snapshot = message["type"] == "snapshot"
        if not is_snapshot and not self._follows_on(message):
            return None
        gone = set(self.values) if is_snapshot else set()
        if is_snapshot:
            self.values = {}
        self._epoch, self._seq = message["epoch"], message["seq"]
        members = message.get("values", ())
        for member in members:
            self._keep(member["topic"], member["value"])
        return gone | {member["topic"] for member in members}

    def _follows_on(self, message: Mapping[str, Any]) -> bool:
        return bool(message["epoch"] == self._epoch and message["after"] <= self._seq)

    def _keep(self, topic: str, value: Value | None) -> None:
        if value is None:
            self.values.pop(topic, None)
        else:
            self.values[topic] = value
