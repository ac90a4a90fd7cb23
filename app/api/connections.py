"""Connections that ask for nothing: nobody who only knows our address may use up what calls need.

Under `app/api/shield.py`, which looks at requests: this is about those that never become one.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_WITHIN_SECONDS = 10.0
"""A client that has not sent a whole request after so long, or twice so long at most, is let go."""
CONNECTION_LIMIT = 1_500
"""Connections of all kinds, of which 1,000 may follow the live stream. Each takes a file descriptor, which the journal needs too."""


class Http(H11Protocol):
    """uvicorn's HTTP. It would wait for a request for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the client in, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTION_LIMIT:
            transport.abort()
        else:
            self._look_again()

    def _look_again(self) -> None:
        self.loop.call_later(REQUEST_WITHIN_SECONDS, self._look, self.cycle)

    def _look(self, before: object) -> None:
        """Whether a request came since then; `before` is the newest at that time."""
        if self not in self.connections:  # Gone, or a live stream now.
            return
        is_owed = self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
        if is_owed and self.cycle is before:
            self.transport.abort()
        else:
            self._look_again()
