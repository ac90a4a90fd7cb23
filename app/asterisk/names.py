"""The name of this host: Asterisk looks it up when it starts, and where that takes long, so does the start.

A name that stands neither in the hosts file nor in a domain name server that answers costs five seconds a question.
"""

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from datetime import timedelta
from threading import Thread
from typing import Final

SHORT_LOOKUPS: Final[Mapping[str, str]] = {"RES_OPTIONS": "timeout:1 attempts:1"}
"""Environment of a process that must not wait long for name servers (resolv.conf(5))."""

ADVICE: Final = (
    "the name of this host is not resolved within a second, which delays the start of Asterisk and calls to trunks: "
    "add it to /etc/hosts, behind 127.0.1.1"
)


async def own_name_is_quick(*, within: timedelta = timedelta(seconds=1)) -> bool:
    """Whether asking for the host's own name is answered in time. An answer that there is no such name is one."""
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()

    def look_up() -> None:
        with contextlib.suppress(OSError):
            socket.getaddrinfo(socket.gethostname(), None)
        with contextlib.suppress(RuntimeError):  # The loop ended before the name server answered.
            loop.call_soon_threadsafe(answered.set)

    # A daemon: the question cannot be taken back, and nobody shall wait for it at exit.
    Thread(target=look_up, daemon=True).start()
    try:
        async with asyncio.timeout(within.total_seconds()):
            await answered.wait()
    except TimeoutError:
        return False
    return True
