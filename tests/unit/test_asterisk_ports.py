"""Ports of a node."""

import socket
from collections.abc import Iterator

import pytest

from app.asterisk.errors import PortInUse
from app.asterisk.node_config import AriUser, NodeConfig
from app.asterisk.ports import check_ports, choose_ports

USER = AriUser(password="secret")


@pytest.fixture
def taken() -> Iterator[int]:
    """A TCP port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


def test_ports_that_are_not_given_are_free() -> None:
    """They can be checked right after."""
    config = NodeConfig(ari=USER)
    check_ports(config, choose_ports(config))


def test_given_ports_are_kept() -> None:
    """Phones are configured with them."""
    free = choose_ports(NodeConfig(ari=USER))
    config = NodeConfig(ari=USER, sip_port=free.sip, http_port=free.http, rtp_ports=(20_000, 20_100))
    ports = choose_ports(config)
    assert (ports.sip, ports.http) == (free.sip, free.http)
    assert (ports.rtp_first, ports.rtp_last) == (20_000, 20_100)


def test_the_sound_ports_begin_with_an_even_one() -> None:
    """RTP takes the even port of a pair, RTCP the odd one (RFC 3550, 11)."""
    ports = choose_ports(NodeConfig(ari=USER))
    assert ports.rtp_first % 2 == 0
    assert ports.rtp_last % 2 == 1


def test_a_port_that_somebody_listens_on_is_named(taken: int) -> None:
    """With its purpose and address."""
    with pytest.raises(
        PortInUse, match=rf"expected HTTP \(TCP\) port {taken} on 127\.0\.0\.1 to be free"
    ) as caught:
        choose_ports(NodeConfig(ari=USER, http_port=taken))
    assert caught.value.port == taken


def test_a_port_that_was_taken_in_the_meantime_is_noticed() -> None:
    """Between the choice and the start another program may come."""
    config = NodeConfig(ari=USER)
    ports = choose_ports(config)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", ports.sip))
        with pytest.raises(PortInUse, match=r"SIP \(UDP\)"):
            check_ports(config, ports)
