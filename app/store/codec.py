"""How values of the brains become bytes of the journal, and values again.

A list of values is JSON, `[["OfferRang", {"at": …, "offer_id": …}], …]`: readable with any tool, and safe to extend. A field that
this program does not know is ignored; a field that the bytes lack takes its default.
"""

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from app.store.errors import StoreError


class UnknownValueError(StoreError):
    """The bytes name a type that this program does not know: a newer one wrote them."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The journal has a {name!r}, which this program does not know. Use the program that wrote it."
        )
        self.name = name


class Codec:
    """Encodes and decodes lists of values whose types are the members of one union, told apart by their names."""

    def __init__(self, union: Any) -> None:
        """Raises `ValueError` if two types of the union share a name."""
        types = get_args(union) or (union,)
        self._decoders = {kind.__name__: msgspec.json.Decoder(kind) for kind in types}
        if len(self._decoders) < len(types):
            raise ValueError(
                f"Expected types with different names, got {sorted(kind.__name__ for kind in types)}."
            )
        self._encoder = msgspec.json.Encoder()
        self._list = msgspec.json.Decoder(list[tuple[str, msgspec.Raw]])

    def encode(self, values: Iterable[object]) -> bytes:
        """The bytes of these values; none for no values."""
        named = [(type(value).__name__, value) for value in values]
        return self._encoder.encode(named) if named else b""

    def decode(self, data: bytes) -> list[Any]:
        """The values again. Raises `UnknownValueError`, and `msgspec.DecodeError` for bytes that are none of ours."""
        return [self._value(name, raw) for name, raw in self._list.decode(data)] if data else []

    def _value(self, name: str, raw: msgspec.Raw) -> Any:
        decoder = self._decoders.get(name)
        if decoder is None:
            raise UnknownValueError(name)
        return decoder.decode(raw)
