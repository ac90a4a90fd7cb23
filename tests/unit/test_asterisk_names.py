"""The trap of a host that does not know its own name."""

import socket
from datetime import timedelta
from threading import Event

import pytest

from app.asterisk.names import own_name_is_quick


async def test_a_name_that_is_answered_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry in the hosts file is found at once."""
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    assert await own_name_is_quick()


async def test_an_answer_that_there_is_no_such_name_is_quick_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only waiting hurts."""

    def refuse(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert await own_name_is_quick()


async def test_a_name_server_that_keeps_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer may come later, or never: nobody waits for it."""
    answered = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answered.wait(10))
    assert not await own_name_is_quick(within=timedelta(milliseconds=50))
    answered.set()
