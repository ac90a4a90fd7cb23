"""The way to Asterisk over TLS, for a controller on another machine: both lanes, and a certificate that nobody vouches for."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.ari.address import Address
from app.ari.client import Client, Lane, State
from app.ari.errors import AriError
from app.ari.listener import Listener
from app.ari.requests import asterisk as node
from app.ari.snapshots import AsteriskInfo
from app.asterisk.node_config import Extras
from tests.support.asterisk import ARI_PASSWORD, StartAsterisk, node_config
from tests.support.certificates import make_certificate
from tests.support.until import until

pytestmark = pytest.mark.integration

_HTTP_CONF = """
[general]
enabled = yes
bindaddr = 127.0.0.1
bindport = {plain}
tlsenable = yes
tlsbindaddr = 127.0.0.1:{port}
tlscertfile = {certificate}
tlsprivatekey = {key}
"""


class Troubles(Listener):
    """Notes why there is no connection."""

    def __init__(self) -> None:
        self.errors: list[AriError] = []

    def on_disconnected(self, error: AriError) -> None:
        """Part of Listener."""
        self.errors.append(error)


@pytest.fixture
async def address(start_asterisk: StartAsterisk, tmp_path: Path) -> Address:
    """Asterisk over TLS."""
    made = make_certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = node_config(tmp_path)
    running = await start_asterisk(config)
    text = _HTTP_CONF.format(plain=running.ports.http, port=port, certificate=made.certificate, key=made.key)
    await running.reload(replace(config, extras=Extras(files={"http.conf": text})))
    await running.console("module reload http")
    return Address(
        url=f"https://127.0.0.1:{port}/ari", user="thirdring", password=ARI_PASSWORD, app="thirdring"
    )


@pytest.fixture
async def troubles() -> Troubles:
    """What went wrong."""
    return Troubles()


@pytest.fixture
async def trust(address: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Address:
    """The site's own authority is named as for any program of the machine: SSL_CERT_FILE."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return address


@pytest.fixture
async def client(address: Address, troubles: Troubles) -> AsyncIterator[Client]:
    """A running client."""
    client = Client(address, troubles, jitter=random.random)
    running = asyncio.create_task(client.run())
    yield client
    client.close()
    await running


@pytest.mark.usefixtures("trust")
async def test_both_lanes_go_over_tls(client: Client) -> None:
    """Events and requests alike."""
    await until(lambda: client.state is State.CONNECTED, "not connected over TLS")
    for lane in Lane:
        info = (await client.ask(node.info(), lane=lane)).decode(AsteriskInfo)
        assert info.system.version


async def test_a_certificate_that_nobody_vouches_for_is_refused(client: Client, troubles: Troubles) -> None:
    """And the reason is told."""
    await until(lambda: troubles.errors, "expected to be told why there is no connection")
    assert "certificate verify failed" in str(troubles.errors[0])
    assert client.state is State.CONNECTING
