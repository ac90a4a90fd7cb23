"""What came of a request: Asterisk's answer, or the error that took its place."""

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from app.ari.errors import AriError

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. `body` is JSON text, or empty."""

    status: int
    body: str | bytes = ""

    def decode(self, shape: type[Shape]) -> Shape:
        """The body as `shape`, e.g. `decode(list[Channel])`. Raises msgspec.ValidationError when it does not fit."""
        return msgspec.json.decode(self.body, type=shape)


Outcome = Answer | AriError
"""How each sent request ends. A value, never raised: `Client.ask` raises for those who prefer that."""
