"""The path of a dialog: where its next request goes and which numbers it carries (RFC 3261 12.2). Pure.

A registration has a path too: it is a row of requests with one Call-ID and growing numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.simulator import sip

USER_AGENT = "Thirdring simulator"
ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, INFO, UPDATE"

SocketAddress = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Path:
    """One side's view of a dialog. `local` and `remote` are whole From and To values, with their tags.

    Datagrams always go to `peer`: a phone here knows one server, and what the server's Contact and Record-Route name is
    written into the request but not looked up.
    """

    call_id: str
    local: str
    remote: str
    target: str
    peer: SocketAddress
    sent_by: str
    contact: str
    routes: tuple[str, ...] = ()
    number: int = 0

    @classmethod
    def of_invite(
        cls, invite: sip.Request, *, tag: str, peer: SocketAddress, sent_by: str, contact: str
    ) -> "Path":
        """The called side's path: everything is read from the INVITE (12.1.1)."""
        return cls(
            call_id=invite.call_id,
            local=f"{invite.headers['To']};tag={tag}",
            remote=invite.headers["From"],
            target=sip.uri_of(invite.headers.get("Contact")) or sip.uri_of(invite.headers["From"]),
            peer=peer,
            sent_by=sent_by,
            contact=contact,
            routes=tuple(invite.headers.every("Record-Route")),
        )

    @property
    def local_tag(self) -> str:
        """Our tag: requests of the other side carry it in To."""
        return sip.tag_of(self.local)

    def request(
        self, method: str, *, branch: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> sip.Request:
        """The next request on this path. Its number is one more than the last."""
        self.number += 1
        return self._make(method, self.number, branch, (("Contact", self.contact), *headers), body)

    def acknowledgement(self, invite: sip.Request, *, branch: str) -> sip.Request:
        """The ACK to the 2xx that answered this INVITE (13.2.2.4). Call `learn` with the 2xx first."""
        carried = [
            pair for pair in invite.headers.pairs if pair[0] in ("Authorization", "Proxy-Authorization")
        ]
        return self._make("ACK", invite.cseq[0], branch, carried, b"")

    def learn(self, message: sip.Message, *, is_answer: bool) -> None:
        """Take over what a message of the other side says about the path: its tag, its address, the way there (12.1.2)."""
        contact = message.headers.get("Contact")
        if contact:
            self.target = sip.uri_of(contact)
        if is_answer:
            self.remote = message.headers.get("To", self.remote)
            self.routes = tuple(reversed(message.headers.every("Record-Route")))

    def _make(
        self, method: str, number: int, branch: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> sip.Request:
        return sip.Request(
            method,
            self.target,
            sip.Headers(
                [
                    ("Via", f"SIP/2.0/UDP {self.sent_by};rport;branch={sip.MAGIC_COOKIE}{branch}"),
                    ("Max-Forwards", "70"),
                    *(("Route", route) for route in self.routes),
                    ("From", self.local),
                    ("To", self.remote),
                    ("Call-ID", self.call_id),
                    ("CSeq", f"{number} {method}"),
                    ("User-Agent", USER_AGENT),
                    *headers,
                ]
            ),
            body,
        )


def cancellation(invite: sip.Request, headers: Iterable[tuple[str, str]] = ()) -> sip.Request:
    """The CANCEL of an INVITE: its Via, route, From, To and number (9.1)."""
    kept = [pair for pair in invite.headers.pairs if pair[0] in _CANCELLED]
    numbered = ("CSeq", f"{invite.cseq[0]} CANCEL")
    return sip.Request("CANCEL", invite.uri, sip.Headers([*kept, numbered, *headers]))


_CANCELLED = frozenset({"Via", "Max-Forwards", "Route", "From", "To", "Call-ID", "User-Agent"})
