"""Phones on a bad network, and phones that have to identify themselves: real UDP on loopback."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from app.simulator import digest, sip
from app.simulator.answering import Answer
from app.simulator.dialog import EndedBy
from app.simulator.digest import Challenge, Credentials
from app.simulator.errors import RegistrationRefused
from app.simulator.phone import Phone
from app.simulator.wire import Incoming, Wire
from app.simulator.wire_log import Flow
from tests.support.until import until

Address = tuple[str, int]
NONCE = "nonce-1"


class LossyWay(asyncio.DatagramProtocol):
    """A way between a caller and a server that loses the first packet of each kind: each request, each response."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._caller: Address | None = None
        self._seen: set[str] = set()
        self.lost: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        # Python 3.11's own class is not derived from the protocol's: no isinstance.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Lose it or pass it on."""
        if addr != self._server:
            self._caller = addr
        message = sip.parse(data)
        kind = f"{message.start_line.partition(' sip:')[0]} {message.cseq[1]}"
        if kind not in self._seen:
            self._seen.add(kind)
            self.lost.append(kind)
            return
        self._transport.sendto(data, self._server if addr != self._server else self._caller)


class Registrar:
    """Answers REGISTER as RFC 3261 10.3 asks: who cannot prove the password is challenged, then refused."""

    has_vanished = False

    def __init__(self, wire: Wire, credentials: Credentials) -> None:
        self._wire = wire
        self._credentials = credentials
        self.expiries: list[str] = []

    def take_request(self, incoming: Incoming) -> None:
        """Judge one REGISTER."""
        request = incoming.request
        given = request.headers.get("Authorization")
        if not given:
            challenge = (("WWW-Authenticate", f'Digest realm="r", nonce="{NONCE}", qop="auth"'),)
            self._wire.respond(incoming, request.response(401, to_tag="r", headers=challenge))
            return
        status = 200 if self._proves(given, request.uri) else 403
        if status == 200:
            self.expiries.append(request.headers["Expires"])
        self._wire.respond(incoming, request.response(status, to_tag="r", headers=(("Expires", "60"),)))

    def _proves(self, given: str, uri: str) -> bool:
        fields = sip.parameters_of(given.partition(" ")[2])
        challenge = Challenge(realm="r", nonce=NONCE, has_qop=True)
        expected = digest.answer(
            challenge, self._credentials, method="REGISTER", uri=uri, cnonce=fields["cnonce"]
        )
        return fields["response"] == sip.parameters_of(expected.partition(" ")[2])["response"]


@pytest.fixture
async def registrar() -> AsyncIterator[tuple[Address, Registrar]]:
    """Knows `phone1` with the password `secret`."""
    async with Wire() as wire:
        registrar = Registrar(wire, Credentials("phone1", "secret"))
        wire.attach("", registrar)  # a REGISTER is sent to the server and not to a user
        yield wire.address, registrar


async def test_a_phone_proves_its_password_and_is_registered(registrar: tuple[Address, Registrar]) -> None:
    """The challenge is met with the next number on the same Call-ID (RFC 3261 22.2)."""
    address, _ = registrar
    async with Phone("phone1", "secret", address) as phone:
        await phone.register()
        sent = phone.wire.log.every(method="REGISTER", flow=Flow.SENT)
        assert phone.is_registered
        assert [entry.message.cseq[0] for entry in sent] == [1, 2]
        assert len({entry.message.call_id for entry in sent}) == 1


async def test_a_wrong_password_is_refused_after_one_try(registrar: tuple[Address, Registrar]) -> None:
    """The phone does not go on guessing."""
    address, _ = registrar
    async with Phone("phone1", "wrong", address) as phone:
        with pytest.raises(RegistrationRefused, match="expected 200 to the REGISTER of phone1, got 403"):
            await phone.register()
        assert len(phone.wire.log.every(method="REGISTER", flow=Flow.SENT)) == 2
        assert not phone.is_registered


async def test_a_phone_without_password_is_refused_by_the_challenge(
    registrar: tuple[Address, Registrar],
) -> None:
    """The 401 is the answer then."""
    address, _ = registrar
    async with Phone("phone1", server=address) as phone:
        with pytest.raises(RegistrationRefused) as refused:
            await phone.register()
        assert refused.value.status == 401


async def test_unregistering_asks_for_no_more_time(registrar: tuple[Address, Registrar]) -> None:
    """Expires 0 ends a registration (RFC 3261 10.2.2)."""
    address, server = registrar
    async with Phone("phone1", "secret", address) as phone:
        await phone.register(expires_seconds=120)
        await phone.unregister()
        assert server.expiries == ["120", "0"]
        assert not phone.is_registered


async def test_a_call_survives_the_loss_of_every_first_packet() -> None:
    """INVITE, 180, 200, ACK, BYE and its 200 are each lost once: the call takes longer, that is all."""
    async with Wire() as wire, Phone("bob", wire=wire, answering=Answer()) as bob:
        loop = asyncio.get_running_loop()
        transport, way = await loop.create_datagram_endpoint(lambda: LossyWay(wire.address), ("127.0.0.1", 0))
        async with Phone("alice", server=transport.get_extra_info("sockname")) as alice:
            there = await alice.call("bob")
            await there.until_answered()
            here = await bob.next_call()
            await until(lambda: "ACK ACK" in way.lost, "the first ACK is lost")
            there.hang_up()
            await here.until_ended()
            await until(lambda: alice.wire.log.every(method="BYE", status=200), "the BYE is accepted")
        transport.close()
    assert here.ended_by is EndedBy.THEM
    assert sorted(way.lost) == sorted(
        [
            "INVITE INVITE",
            "SIP/2.0 180 Ringing INVITE",
            "SIP/2.0 200 OK INVITE",
            "ACK ACK",
            "BYE BYE",
            "SIP/2.0 200 OK BYE",
        ]
    )


async def test_noise_on_the_wire_is_counted_and_harms_nothing() -> None:
    """A stranger's packet is ignored, and the phone still answers."""
    async with Wire() as wire, Phone("bob", wire=wire, answering=Answer()):
        loop = asyncio.get_running_loop()
        noise, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=wire.address)
        for data in (
            b"\r\n\r\n",
            b"\xff\x00",
            b"INVITE sip:bob@x SIP/2.0\r\n\r\n",
            b"SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n",
        ):
            noise.sendto(data)
        await until(lambda: wire.log.malformed == 3, "three malformed packets are counted")
        noise.close()
        async with Phone("alice", server=wire.address) as alice:
            there = await alice.call("bob")
            await there.until_answered()


async def test_a_request_for_an_unknown_dialog_is_answered_481() -> None:
    """A phone that lost its calls in a power cut says so (RFC 3261 12.2.2)."""
    async with Wire() as wire, Wire() as other:
        headers = sip.Headers(
            [
                ("Via", f"SIP/2.0/UDP {other.host}:{other.address[1]};branch=z9hG4bKlost"),
                ("From", "<sip:a@b>;tag=1"),
                ("To", "<sip:b@b>;tag=2"),
                ("Call-ID", "lost"),
                ("CSeq", "1 BYE"),
            ]
        )
        heard: list[sip.Response] = []
        owner = Phone("owner", wire=other)
        other.send_request(
            sip.Request("BYE", "sip:b@b", headers), to=wire.address, owner=owner, heard=heard.append
        )
        await until(lambda: heard, "a response comes")
        assert heard[0].status == 481


async def test_two_phones_cannot_have_one_name_on_one_wire() -> None:
    """A call could reach the wrong one."""
    async with Wire() as wire, Phone("bob", wire=wire):
        with pytest.raises(ValueError, match="expected one phone per user"):
            await Phone("bob", wire=wire).open()
