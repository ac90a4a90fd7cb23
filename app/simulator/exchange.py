"""The exchange: a request and what becomes of it, the second try with credentials included (RFC 3261 22.2)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from app.simulator import digest, sip
from app.simulator.path import Path, cancellation
from app.simulator.tokens import new_token
from app.simulator.wire import Outgoing, Owner, Wire

_CHALLENGES = (401, 407)


class Station(Owner, Protocol):
    """What a dialog and an exchange need of their phone."""

    @property
    def wire(self) -> Wire:
        """The socket."""
        ...

    @property
    def credentials(self) -> digest.Credentials | None:
        """Who the phone is; None when it has no password."""
        ...


def _ignore(_: sip.Response) -> None:
    """Whatever the other side says."""


class Exchange:
    """One question to the other side. `heard` gets every new response but a challenge that is met."""

    def __init__(self, station: Station, path: Path, heard: Callable[[sip.Response], None] = _ignore) -> None:
        self._station = station
        self._path = path
        self._heard = heard
        self._has_identified = False

    def send(self, method: str, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        """Ask. Call once."""
        self._method, self._headers, self._body = method, tuple(headers), body
        self._transmit(())

    async def ask(
        self, method: str, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> sip.Response:
        """Ask, and wait for the final response; silence is a 408. Call once, instead of `send`."""
        final: asyncio.Future[sip.Response] = asyncio.get_running_loop().create_future()

        def settle(response: sip.Response) -> None:
            if not response.is_provisional and not final.done():
                final.set_result(response)

        self._heard = settle
        self.send(method, headers=headers, body=body)
        return await final

    @property
    def request(self) -> sip.Request:
        """The request as it was sent last."""
        return self._outgoing.transaction.request

    def acknowledge(self) -> None:
        """Send the ACK to the 2xx. The path must have learnt from the 2xx."""
        ack = self._path.acknowledgement(self.request, branch=new_token())
        self._station.wire.acknowledge(self._outgoing, ack)

    def cancel(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Take the INVITE back. Its final response still comes, a 487 as a rule."""
        self._station.wire.send_request(
            cancellation(self.request, headers), to=self._path.peer, owner=self._station, heard=_ignore
        )

    def _transmit(self, identification: Iterable[tuple[str, str]]) -> None:
        headers = (*self._headers, *identification)
        request = self._path.request(self._method, branch=new_token(), headers=headers, body=self._body)
        self._outgoing: Outgoing = self._station.wire.send_request(
            request, to=self._path.peer, owner=self._station, heard=self._take
        )

    def _take(self, response: sip.Response) -> None:
        identification = None if self._has_identified else self._identification(response)
        if identification is None:
            self._heard(response)
        else:
            self._has_identified = True
            self._transmit([identification])

    def _identification(self, response: sip.Response) -> tuple[str, str] | None:
        """The header that meets the challenge; None when there is none, or no way to meet it: then it is a refusal."""
        credentials = self._station.credentials
        challenge = digest.read_challenge(response) if response.status in _CHALLENGES else None
        if challenge is None or credentials is None:
            return None
        value = digest.answer(
            challenge, credentials, method=self._method, uri=self._path.target, cnonce=new_token()
        )
        return challenge.answer_header, value
