"""Asterisk's own command line, over its control socket: what `asterisk -rx` does, without starting a program."""

import asyncio
from pathlib import Path

from app.asterisk.errors import ConsoleFailed

_ONCE = "cli quit after "
"""Asked so, Asterisk answers one command and closes the connection."""


async def ask(socket: Path, command: str, *, deadline: float = 10.0) -> str:
    """The text that Asterisk answers to `command`. Raises `ConsoleFailed`."""
    try:
        async with asyncio.timeout(deadline):
            return await _ask(socket, command)
    except (OSError, TimeoutError) as error:
        raise ConsoleFailed(socket, str(error) or f"no answer within {deadline:.0f} s") from error


async def _ask(socket: Path, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        await reader.readline()  # Asterisk greets with its host name, process id and version.
        writer.write(f"{_ONCE}{command}\0".encode())
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    return answer.replace(b"\0", b"").decode(errors="replace").strip()
