"""The wire: one UDP socket that many phones share, with the transactions that run over it.

A shell around `transaction`: it reads datagrams, finds whom they concern and keeps the timers. In-dialog requests go to the
dialog by Call-ID and tag, new ones to the phone by the user of the request's address.
"""

import asyncio
import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, Self

from app.clock import SystemClock
from app.simulator import sip
from app.simulator.errors import MalformedMessage
from app.simulator.media import Pacer, silent_socket
from app.simulator.path import SocketAddress
from app.simulator.tokens import new_token
from app.simulator.transaction import LINGER, ClientTransaction, ServerTransaction, State
from app.simulator.wire_log import Flow, WireLog

_log = logging.getLogger(__name__)

_LARGEST_DATAGRAM = 65_535
_DATAGRAMS_AT_ONCE = 64  # then the loop gets its turn: timers and sound wait meanwhile
_BUFFER_BYTES = 4 * 1024 * 1024  # a burst of 200 phones fits; the kernel may grant less


class Owner(Protocol):
    """Whose transaction it is. One that vanished sends nothing more, not even repeats."""

    @property
    def has_vanished(self) -> bool:
        """True from the moment the phone's cable is pulled."""
        ...


class RequestTaker(Owner, Protocol):
    """A phone or a dialog: takes requests in."""

    def take_request(self, incoming: "Incoming") -> None:
        """A request came. Answer it with `Wire.respond`, now or later."""
        ...


class Incoming:
    """A request of theirs on its way through the simulator: its transaction, where it came from, who deals with it."""

    __slots__ = ("peer", "taker", "timer", "transaction", "when_unacknowledged")

    def __init__(self, transaction: ServerTransaction, peer: SocketAddress, taker: RequestTaker) -> None:
        self.transaction = transaction
        self.peer = peer
        self.taker = taker
        self.timer: asyncio.TimerHandle | None = None
        self.when_unacknowledged: Callable[[], None] | None = None

    @property
    def request(self) -> sip.Request:
        """The request itself."""
        return self.transaction.request


class Outgoing:
    """A request of ours: its transaction, where it goes, who hears the responses."""

    __slots__ = ("heard", "owner", "peer", "timer", "transaction")

    def __init__(
        self,
        transaction: ClientTransaction,
        peer: SocketAddress,
        owner: Owner,
        heard: Callable[[sip.Response], None],
    ) -> None:
        self.transaction = transaction
        self.peer = peer
        self.owner = owner
        self.heard = heard
        self.timer: asyncio.TimerHandle | None = None


class Wire:
    """One socket. `open` it in a running loop before use and `close` it after; `async with` does both."""

    host = "127.0.0.1"

    def __init__(self, *, log_length: int = 20_000) -> None:
        self._log_length = log_length
        self._users: dict[str, RequestTaker] = {}
        self._dialogs: dict[tuple[str, str], RequestTaker] = {}
        self._clients: dict[tuple[str, str], Outgoing] = {}
        self._servers: dict[tuple[str, str], Incoming] = {}
        self._accepted: dict[tuple[str, str, int], Incoming] = {}
        self._over: deque[tuple[float, Callable[[], object]]] = deque()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def open(self) -> None:
        """Bind the socket to a free port and begin to listen."""
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._socket.bind((self.host, 0))
        self.address: SocketAddress = self._socket.getsockname()
        self.sink = silent_socket(self.host)
        self.pacer = Pacer(self._loop)
        started, origin = self._now_by_both_clocks()
        self.log = WireLog(started=started, origin=origin, length=self._log_length)
        self._loop.add_reader(self._socket, self._read)

    def _now_by_both_clocks(self) -> tuple[datetime, float]:
        """The wall time and the loop's at one moment: the closest reading of a few, for a busy machine may stop us between the two."""
        readings = []
        for _ in range(5):
            before = self._loop.time()
            wall = SystemClock().now()
            readings.append((self._loop.time() - before, wall, before))
        _, wall, origin = min(readings)
        return wall, origin

    def close(self) -> None:
        """Stop everything on this wire at once, without a good-bye. May be called twice."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self.sink.close()
        self.pacer.close()
        pending: list[Outgoing | Incoming] = [*self._clients.values(), *self._servers.values()]
        for each in pending:
            _cancel_timer(each)

    def now(self) -> float:
        """The loop's time in seconds."""
        return self._loop.time()

    # Who is reached by this wire

    def attach(self, user: str, phone: RequestTaker) -> None:
        """New requests for this user go to this phone. Raises `ValueError` when another phone has the name."""
        if self._users.setdefault(user, phone) is not phone:
            raise ValueError(
                f"expected one phone per user on a wire, got a second {user!r}: give it a wire of its own"
            )

    def detach(self, user: str) -> None:
        """The phone is gone."""
        self._users.pop(user, None)

    def adopt(self, call_id: str, tag: str, dialog: RequestTaker) -> None:
        """Requests inside this dialog go to it."""
        self._dialogs[call_id, tag] = dialog

    def release(self, call_id: str, tag: str) -> None:
        """The dialog is over. It still takes what comes late, for a while."""
        self._forget_later(lambda: self._dialogs.pop((call_id, tag), None))

    # Sending

    def send_request(
        self, request: sip.Request, *, to: SocketAddress, owner: Owner, heard: Callable[[sip.Response], None]
    ) -> Outgoing:
        """Send a request and repeat it until it is answered. `heard` gets each new response; silence is a 408."""
        outgoing = Outgoing(ClientTransaction(request, now=self.now()), to, owner, heard)
        self._clients[request.branch, request.method] = outgoing
        self._transmit(request, to, owner)
        self._set_timer(outgoing)
        return outgoing

    def acknowledge(self, outgoing: Outgoing, ack: sip.Request) -> None:
        """Send the ACK to a 2xx, now and for each repeat of the 2xx."""
        outgoing.transaction.acknowledgement = ack
        self._transmit(ack, outgoing.peer, outgoing.owner)

    def respond(self, incoming: Incoming, response: sip.Response) -> None:
        """Answer a request. A final response to an INVITE is repeated until its ACK comes."""
        if not incoming.transaction.respond(response, now=self.now()):
            return
        self._transmit(response, incoming.peer, incoming.taker)
        self._set_timer(incoming)
        if not response.is_provisional:
            self._forget_server_later(incoming, response)

    def _transmit(self, message: sip.Message, to: SocketAddress, owner: Owner) -> None:
        if owner.has_vanished:
            return
        self.log.add(self.now(), Flow.SENT, to, message)
        # A full buffer loses the message, as a network does; the repeat brings it.
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.sendto(message.to_bytes(), to)

    # Receiving

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                data, peer = self._socket.recvfrom(_LARGEST_DATAGRAM)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if data.strip():  # an empty line keeps a way through a firewall open (RFC 5626 3.5.1)
                self._take(data, peer)

    def _take(self, data: bytes, peer: SocketAddress) -> None:
        try:
            message = sip.parse(data)
            message.check()
        except MalformedMessage as mistake:
            self.log.malformed += 1
            _log.warning("malformed SIP message ignored", extra={"peer": peer, "mistake": str(mistake)})
            return
        self.log.add(self.now(), Flow.RECEIVED, peer, message)
        if isinstance(message, sip.Response):
            self._take_response(message)
        else:
            self._take_request(message, peer)

    def _take_response(self, response: sip.Response) -> None:
        outgoing = self._clients.get((response.branch, response.cseq[1]))
        if outgoing is None or outgoing.owner.has_vanished:
            return
        is_news = outgoing.transaction.receive(response)
        self._set_timer(outgoing)
        acknowledgement = outgoing.transaction.acknowledgement
        if acknowledgement and not response.is_provisional:
            self._transmit(acknowledgement, outgoing.peer, outgoing.owner)
        if is_news:
            if outgoing.transaction.state is State.COMPLETED:
                self._forget_client_later(outgoing)
            outgoing.heard(response)

    def _take_request(self, request: sip.Request, peer: SocketAddress) -> None:
        if request.method == "ACK":
            self._take_acknowledgement(request)
            return
        known = self._servers.get((request.branch, request.method))
        if known is not None:
            self._answer_repeat(known)
        elif request.method == "CANCEL":
            self._take_cancel(request, peer)
        else:
            self._take_new_request(request, peer)

    def _take_acknowledgement(self, ack: sip.Request) -> None:
        """The ACK to a refusal has the INVITE's branch; the ACK to a 2xx is found by its dialog and number (17.1.1.3)."""
        accepted = ack.call_id, ack.from_tag, ack.cseq[0]
        incoming = self._servers.get((ack.branch, "INVITE")) or self._accepted.get(accepted)
        if incoming is not None:
            incoming.transaction.acknowledged()
            self._set_timer(incoming)

    def _answer_repeat(self, incoming: Incoming) -> None:
        response = incoming.transaction.repeated()
        if response is not None:
            self._transmit(response, incoming.peer, incoming.taker)

    def _take_cancel(self, cancel: sip.Request, peer: SocketAddress) -> None:
        """A CANCEL goes where its INVITE went (RFC 3261 9.2)."""
        invite = self._servers.get((cancel.branch, "INVITE"))
        if invite is None:
            self._refuse(cancel, peer, 481)
        else:
            self._hand_over(cancel, peer, invite.taker)

    def _take_new_request(self, request: sip.Request, peer: SocketAddress) -> None:
        if request.to_tag:
            taker, status = self._dialogs.get((request.call_id, request.to_tag)), 481
        else:
            taker, status = self._users.get(sip.user_of(request.uri)), 404
        if taker is None:
            self._refuse(request, peer, status)
        else:
            self._hand_over(request, peer, taker)

    def _hand_over(self, request: sip.Request, peer: SocketAddress, taker: RequestTaker) -> None:
        if taker.has_vanished:
            return
        incoming = Incoming(ServerTransaction(request), peer, taker)
        self._servers[request.branch, request.method] = incoming
        taker.take_request(incoming)

    def _refuse(self, request: sip.Request, peer: SocketAddress, status: int) -> None:
        incoming = Incoming(ServerTransaction(request), peer, _NOBODY)
        self._servers[request.branch, request.method] = incoming
        self.respond(incoming, request.response(status, to_tag=new_token()))

    # Time

    def _set_timer(self, each: Outgoing | Incoming) -> None:
        """One timer per unfinished transaction. A finished one needs none."""
        _cancel_timer(each)
        deadline = each.transaction.next_deadline
        if deadline is not None:
            each.timer = self._loop.call_at(deadline, self._at_deadline, each)

    def _at_deadline(self, each: Outgoing | Incoming) -> None:
        if isinstance(each, Outgoing):
            self._at_client_deadline(each)
        else:
            self._at_server_deadline(each)

    def _at_client_deadline(self, outgoing: Outgoing) -> None:
        request = outgoing.transaction.at_deadline(self.now())
        if outgoing.owner.has_vanished:
            return
        if request is None:
            self._forget_client_later(outgoing)
            outgoing.heard(outgoing.transaction.request.response(408))
            return
        self._transmit(request, outgoing.peer, outgoing.owner)
        self._set_timer(outgoing)

    def _at_server_deadline(self, incoming: Incoming) -> None:
        response = incoming.transaction.at_deadline(self.now())
        if incoming.taker.has_vanished:
            return
        if response is not None:
            self._transmit(response, incoming.peer, incoming.taker)
            self._set_timer(incoming)
        elif incoming.when_unacknowledged is not None:
            incoming.when_unacknowledged()

    def _forget_client_later(self, outgoing: Outgoing) -> None:
        request = outgoing.transaction.request
        self._forget_later(lambda: self._clients.pop((request.branch, request.method), None))

    def _forget_server_later(self, incoming: Incoming, response: sip.Response) -> None:
        request = incoming.request
        self._forget_later(lambda: self._servers.pop((request.branch, request.method), None))
        if incoming.transaction.is_invite and response.is_success:
            accepted = request.call_id, request.from_tag, request.cseq[0]
            self._accepted[accepted] = incoming
            self._forget_later(lambda: self._accepted.pop(accepted, None))

    def _forget_later(self, forget: Callable[[], object]) -> None:
        """Ended things linger equally long, so a queue does it and no timer is needed."""
        now = self.now()
        self._over.append((now + LINGER, forget))
        while self._over[0][0] <= now:
            self._over.popleft()[1]()


class _Nobody:
    """Owns the refusals that the wire itself sends."""

    has_vanished = False

    def take_request(self, incoming: Incoming) -> None:
        """Never called: refusals are answered before anybody could take them."""


_NOBODY = _Nobody()


def _cancel_timer(each: Outgoing | Incoming) -> None:
    if each.timer is not None:
        each.timer.cancel()
        each.timer = None
