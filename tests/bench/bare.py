"""The least that a controller can do over ARI: ring a phone for each caller, decide nothing, keep nothing.

What (b) costs here is the price of asking a second process at all. Run by `tests.bench.telephony` as a process of its own:
`python -m tests.bench.bare URL AGENTS`, the password in BENCH_ARI_PASSWORD.
"""

import os
import socket
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from app.ari.address import Address
from app.ari.messages import StasisEnd, StasisStart
from app.ari.perform import LEG_CONTEXT, LEG_EXTENSION
from app.ari.protocol import AriProtocol, Opened, Received
from app.ari.request import Request
from app.ari.requests import applications, channels
from app.ari.translate import UNREAD


def main() -> None:
    """One blocking socket, until the process is ended."""
    url, agents = sys.argv[1], int(sys.argv[2])
    address = Address(url=url, user="thirdring", password=os.environ["BENCH_ARI_PASSWORD"], app="thirdring")
    protocol, ids, legs = AriProtocol(address), count(1), dict[str, str]()
    with socket.create_connection((address.host, address.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        protocol.connect()
        connection.sendall(protocol.data_to_send())
        while data := connection.recv(65536):
            for received in protocol.receive(data):
                for request in _answers(received, legs, agents):
                    protocol.request(str(next(ids)), request)
            if waiting := protocol.data_to_send():
                connection.sendall(waiting)


def _answers(received: Received, legs: dict[str, str], agents: int) -> Iterator[Request]:
    if isinstance(received, Opened):
        yield applications.filter_events("thirdring", disallowed=UNREAD)
        print("ready", flush=True)
    elif isinstance(received, StasisStart) and received.args[0] == "entry":
        caller = received.channel
        number = len(legs) + 1
        legs[caller.id] = f"leg-{number}"
        yield channels.originate(
            legs[caller.id],
            endpoint=f"PJSIP/phone{number % agents + 1}",
            context=LEG_CONTEXT,
            extension=LEG_EXTENSION,
            ring_timeout=timedelta(seconds=15),
            variables={"TR_LEG": legs[caller.id]},
            caller_id=caller.caller.number,
        )
    elif isinstance(received, StasisEnd) and received.channel.id in legs:
        yield channels.hang_up(legs[received.channel.id])


if __name__ == "__main__":
    main()
