"""The phone: registers, calls, and is called."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Self

from app.simulator import sip
from app.simulator.answering import Answering, RingForEver
from app.simulator.dialog import Dialog
from app.simulator.digest import Credentials
from app.simulator.errors import NotInTime, RegistrationRefused
from app.simulator.exchange import Exchange
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.path import ALLOW, Path, SocketAddress
from app.simulator.tokens import new_token
from app.simulator.wire import Incoming, Wire

_log = logging.getLogger(__name__)

_EXPIRES_SECONDS = 300
_REFRESH_AFTER = 0.8  # of the granted time
_SHORTEST_REFRESH = 0.5  # seconds; Asterisk rounds what is left of a second down to 0
_KEPT_CALLS = 100


class Phone:
    """A SIP phone.

    `answering` is what it does when called, and may be changed at any time; a function chooses anew for each call.
    `wire` is a socket to share with other phones; without one the phone opens its own. `media=False` makes calls without
    sound: descriptions are true, packets are neither sent nor read. `server` is an IPv4 address and a port. Use with `async with`, or `open` and `close`.
    """

    def __init__(
        self,
        user: str,
        password: str | None = None,
        server: SocketAddress = ("127.0.0.1", sip.DEFAULT_PORT),
        *,
        wire: Wire | None = None,
        media: bool = True,
        answering: Answering | Callable[[IncomingDialog], Answering] = RingForEver(),  # noqa: B008 - a frozen value
    ) -> None:
        self.user = user
        self.credentials = Credentials(user, password) if password is not None else None
        self.server = server
        self.answering = answering
        self.is_registered = False
        self.has_vanished = False
        self._has_media = media
        self._owns_wire = wire is None
        self.wire = wire or Wire()
        self._dialogs: dict[Dialog, None] = {}
        self._calls: deque[IncomingDialog] = deque(maxlen=_KEPT_CALLS)
        self._call_came = asyncio.Event()
        self._refresh: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def open(self) -> None:
        """Be reachable. Does not register."""
        if self._owns_wire:
            await self.wire.open()
        self.wire.attach(self.user, self)
        host, port = self.wire.address
        self._sent_by = f"{host}:{port}"
        self._contact = f"<sip:{self.user}@{self._sent_by}>"
        self._registration = self._path_to(f"sip:{_domain(self.server)}", caller=self.user, called=self.user)

    def close(self) -> None:
        """Hang up every call and be gone. Does not unregister."""
        for dialog in list(self._dialogs):
            dialog.hang_up()
        self._stop_refreshing()
        self.wire.detach(self.user)
        if self._owns_wire:
            self.wire.close()

    # Registration

    async def register(self, *, expires_seconds: int = _EXPIRES_SECONDS) -> None:
        """Tell the server where the phone is, and again before that ends. Call it anew to refresh at once.

        Raises `RegistrationRefused`, after 32 s without any response with status 408.
        """
        response = await self._send_register(expires_seconds)
        self.is_registered = response.is_success
        if not response.is_success:
            raise RegistrationRefused(self.user, status=response.status, reason=response.reason)
        self._refresh_later(_granted_seconds(response, self._contact, asked=expires_seconds))

    async def unregister(self) -> None:
        """Tell the server that the phone is gone. Raises `RegistrationRefused`."""
        self._stop_refreshing()
        response = await self._send_register(0)
        self.is_registered = False
        if not response.is_success:
            raise RegistrationRefused(self.user, status=response.status, reason=response.reason)

    async def _send_register(self, expires_seconds: int) -> sip.Response:
        return await Exchange(self, self._registration).ask("REGISTER", headers=_wish(expires_seconds))

    def _refresh_later(self, granted_seconds: int) -> None:
        self._stop_refreshing()
        delay = max(granted_seconds * _REFRESH_AFTER, _SHORTEST_REFRESH)
        self._refresh = asyncio.get_running_loop().call_later(delay, self._refresh_now, granted_seconds)

    def _refresh_now(self, granted_seconds: int) -> None:
        exchange = Exchange(self, self._registration, self._hear_refresh)
        exchange.send("REGISTER", headers=_wish(granted_seconds))
        self._refresh_later(granted_seconds)

    def _hear_refresh(self, response: sip.Response) -> None:
        if response.is_provisional:
            return
        self.is_registered = response.is_success
        if not response.is_success:
            _log.warning("registration not refreshed", extra={"status": response.status})

    def _stop_refreshing(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None

    # Calls

    async def call(
        self,
        number: str,
        *,
        caller_number: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        description: bytes | None = None,
    ) -> OutgoingDialog:
        """Call a number of the server. Returns as soon as the INVITE is out: wait on the dialog for what becomes of it.

        `caller_number` stands in From instead of the user. Asterisk finds an endpoint by that, so a phone with a password
        leaves it alone, and a stranger takes none that is a phone's name. `description` replaces the SDP, which may be garbage.
        """
        uri = f"sip:{number}@{_domain(self.server)}"
        path = self._path_to(uri, caller=caller_number or self.user, called=number)
        dialog = OutgoingDialog(
            self,
            path,
            has_media=self._has_media,
            when_over=self._forget,
            headers=headers,
            description=description,
        )
        self._dialogs[dialog] = None
        return dialog

    async def next_call(self, within: float | None = 5) -> IncomingDialog:
        """The next call that came, or comes, and was not taken from here yet."""
        try:
            async with asyncio.timeout(within):
                while not self._calls:
                    self._call_came.clear()
                    await self._call_came.wait()
        except TimeoutError:
            raise NotInTime(f"expected a call for {self.user} within {within} s, but none came") from None
        return self._calls.popleft()

    @property
    def dialogs(self) -> tuple[Dialog, ...]:
        """The calls that have not ended, oldest first."""
        return tuple(self._dialogs)

    def vanish(self) -> None:
        """Pull the cable: from now on nothing is sent and nothing is heard, in no call. `reappear` plugs it in."""
        self.has_vanished = True
        self._stop_refreshing()
        for dialog in list(self._dialogs):
            dialog.vanish()

    def reappear(self) -> None:
        """Come back as after a power cut: reachable, without calls, not registered anew."""
        self.has_vanished = False
        self.is_registered = False

    def take_request(self, incoming: Incoming) -> None:
        """A request outside of any dialog came."""
        method = incoming.request.method
        if method == "INVITE":
            self._take_invite(incoming)
        else:
            status = 200 if method in ("OPTIONS", "NOTIFY") else 501
            self.wire.respond(
                incoming, incoming.request.response(status, to_tag=new_token(), headers=(("Allow", ALLOW),))
            )

    def _take_invite(self, incoming: Incoming) -> None:
        path = Path.of_invite(
            incoming.request,
            tag=new_token(),
            peer=incoming.peer,
            sent_by=self._sent_by,
            contact=self._contact,
        )
        dialog = IncomingDialog(self, path, incoming, has_media=self._has_media, when_over=self._forget)
        incoming.taker = dialog
        self._dialogs[dialog] = None
        self._calls.append(dialog)
        self._call_came.set()
        dialog.follow(self.answering(dialog) if callable(self.answering) else self.answering)

    def _forget(self, dialog: Dialog) -> None:
        self._dialogs.pop(dialog, None)

    def _path_to(self, uri: str, *, caller: str, called: str) -> Path:
        domain = _domain(self.server)
        return Path(
            call_id=f"{new_token()}@{self._sent_by}",
            local=f"<sip:{caller}@{domain}>;tag={new_token()}",
            remote=f"<sip:{called}@{domain}>",
            target=uri,
            peer=self.server,
            sent_by=self._sent_by,
            contact=self._contact,
        )


def _wish(expires_seconds: int) -> tuple[tuple[str, str], ...]:
    return (("Expires", str(expires_seconds)), ("Allow", ALLOW))


def _domain(server: SocketAddress) -> str:
    host, port = server
    return host if port == sip.DEFAULT_PORT else f"{host}:{port}"


def _granted_seconds(response: sip.Response, contact: str, *, asked: int) -> int:
    """How long the registration holds: our contact's own time, else the response's, else what we asked for (10.2.4)."""
    for value in response.headers.every("Contact"):
        if sip.uri_of(value) == sip.uri_of(contact):
            granted = sip.parameters_of(value.rpartition(">")[2]).get("expires", "")
            if granted.isdigit():
                return int(granted)
    stated = response.headers.get("Expires")
    return int(stated) if stated.isdigit() else asked
