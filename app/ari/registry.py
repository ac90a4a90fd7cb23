"""Which channels are ours: those that were handed to us, and those that we asked for, from before the request leaves.

A channel of a phone that is not in here is a call that Thirdring does not know.
"""


class Registry:
    """The ids of our channels, until Asterisk says that they are gone."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self._ids

    def add(self, channel_id: str) -> None:
        """It is ours from now on. May be called twice."""
        self._ids.add(channel_id)

    def discard(self, channel_id: str) -> None:
        """It is gone. May be called twice, and for others' channels."""
        self._ids.discard(channel_id)

    @property
    def ids(self) -> frozenset[str]:
        """All of them now."""
        return frozenset(self._ids)

    def replace(self, known: frozenset[str], listed: set[str]) -> None:
        """Of those `known` when Asterisk was asked only the `listed` ones remain. What was added since stays."""
        self._ids = (self._ids - known) | listed
