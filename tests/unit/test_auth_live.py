"""The live stream lets in whoever may see the floor, shows each no more than that, and ends when the right ends."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.acd.events import LogInRequested
from app.auth.identities import Identities
from app.auth.model import Permission, Role
from app.live import endpoint
from app.live.protocol import CloseCode
from tests.support.live_client import LiveServer, Wallboard, serving
from tests.support.people import COOKIE, People
from tests.support.stage import LIN, TOKEN, Stage
from tests.support.until import until


@pytest.fixture
async def people(stage: Stage) -> People:
    """LIN talks to a caller."""
    people = People(stage)
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c1")
    stage.picks_up("c1-1")
    return people


async def ended(board: Wallboard) -> ConnectionClosed:
    """How the service ends the connection, sooner or later."""
    try:
        while True:
            await board.hear()
    except ConnectionClosed as closed:
        return closed


async def refusal(server: LiveServer, token: str, *topics: str, **options: object) -> tuple[int, str]:
    """How a subscription is refused: code and reason."""
    async with server.wallboard() as board:
        await board.authenticate(token)
        await board.subscribe(*topics, **options)
        end = await ended(board)
    assert end.rcvd is not None
    return end.rcvd.code, end.rcvd.reason


async def seen(server: LiveServer, token: str, *topics: str, **options: object) -> dict[str, Any]:
    """What a token is shown."""
    async with server.wallboard() as board:
        await board.authenticate(token)
        await board.subscribe(*topics, **options)
        await board.hear()
        return board.values


def page(server: LiveServer, secret: str, **changed: str | None) -> dict[str, str]:
    """The headers of a page of ours that opens the stream."""
    headers = {"Cookie": f"{COOKIE}={secret}", "Origin": server.url, **changed}
    return {name: value for name, value in headers.items() if value is not None}


async def test_a_script_follows_what_its_permissions_reach(people: People) -> None:
    """And is told which topic is too much."""
    token = await people.token(Permission.AGENTS_SEE)
    async with serving(people.stage.api) as server:
        assert (await seen(server, token, "agents"))["agent:lin"]["state"] == "connected"
        assert await refusal(server, token, "agents", "calls") == (
            CloseCode.FORBIDDEN,
            "The role admin may not follow calls.",
        )


async def test_a_display_follows_its_topics_and_sees_numbers_masked(people: People) -> None:
    """One view, never more; a single call of the kind that it shows is part of it."""
    token = await people.display("calls", "agent:lin")
    async with serving(people.stage.api) as server:
        values = await seen(server, token, "call:c1", "agent:lin")
        assert values["call:c1"]["from_number"] == "138****8000"
        assert "site" in await seen(server, token, "site"), "without it no display can be read"
        assert (await refusal(server, token, "queues"))[0] == CloseCode.FORBIDDEN
        assert (await refusal(server, token, "agents"))[0] == CloseCode.FORBIDDEN
        code, reason = await refusal(server, token, "calls", numbers="full")
    assert (code, reason) == (
        CloseCode.FORBIDDEN,
        "The role display may see numbers of calls only masked.",
    )


async def test_a_page_is_known_by_its_session(people: People) -> None:
    """It subscribes at once; full numbers leave an entry in the audit log."""
    await people.user(Role.SHIFT_SUPERVISOR)
    secret = await people.session(Role.SHIFT_SUPERVISOR)
    async with (
        serving(people.stage.api) as server,
        server.wallboard(additional_headers=page(server, secret)) as board,
    ):
        await board.subscribe("calls", numbers="full")
        await board.hear()
        assert board.values["call:c1"]["from_number"] == "13800138000"
        await board.subscribe("calls", "queues", numbers="full")
        await board.hear()
        await board.subscribe("calls")
        await board.hear()
        await board.subscribe("calls", numbers="full")
        await board.hear()
    await people.access.audit.flush()
    noted = [
        (link.entry.actor, link.entry.action, link.entry.details["topics"])
        for link in await people.access.store.audit_links(after=0, limit=99)
        if link.entry.action.endswith("followLive") or link.entry.action == "unfollowLive"
    ]
    assert noted == [
        ("user:shift_supervisor", action, topics)
        for topics in (["calls"], ["calls", "queues"], ["calls"])
        for action in ("followLive", "unfollowLive")
    ]


async def test_a_page_may_show_a_token_instead(people: People) -> None:
    """A wallboard may run in a browser in which somebody is logged in."""
    await people.user(Role.SHIFT_SUPERVISOR)
    secret, token = await people.session(Role.SHIFT_SUPERVISOR), await people.display("queues")
    async with (
        serving(people.stage.api) as server,
        server.wallboard(additional_headers=page(server, secret)) as board,
    ):
        await board.authenticate(token)
        await board.subscribe("agents")
        assert (await ended(board)).rcvd.code == CloseCode.FORBIDDEN  # type: ignore[union-attr]  # it was received


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:1"])
async def test_a_cookie_without_our_origin_tells_nothing(people: People, origin: str | None) -> None:
    """Another site's page could make a browser send it: websockets know no other protection."""
    await people.user(Role.SHIFT_SUPERVISOR)
    secret = await people.session(Role.SHIFT_SUPERVISOR)
    async with serving(people.stage.api) as server:
        headers = page(server, secret, Origin=origin)
        if origin is not None:
            with pytest.raises(InvalidStatus, match="403"):
                async with server.wallboard(additional_headers=headers):
                    pass
            return
        async with server.wallboard(additional_headers=headers) as board:
            await board.subscribe("queues")
            assert (await ended(board)).rcvd.code == CloseCode.UNAUTHENTICATED  # type: ignore[union-attr]  # as above


async def test_the_stream_ends_when_the_token_is_revoked(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and not at the next look."""
    monkeypatch.setattr(endpoint, "_CHECK_EVERY_SECONDS", 60)
    token = await people.token(Permission.AGENTS_SEE)
    async with serving(people.stage.api) as server, server.wallboard() as board:
        await board.authenticate(token)
        await board.subscribe("agents")
        await board.hear()
        (kept,) = (await people.access.store.roll()).tokens
        async with people.stage.client(TOKEN) as admin:
            await admin.post(f"/api/v1/tokens/{kept.id}/revoke")
        people.stage.puts_down("c1-1")
        end = await ended(board)
    assert end.rcvd is not None
    assert (end.rcvd.code, end.rcvd.reason) == (
        CloseCode.UNAUTHENTICATED,
        "The session or the token is over. Log in again.",
    )


async def test_the_stream_ends_when_the_role_shrinks(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may follow less than before must ask for less."""
    monkeypatch.setattr(endpoint, "_CHECK_EVERY_SECONDS", 60)
    await people.user(Role.SHIFT_SUPERVISOR)
    secret = await people.session(Role.SHIFT_SUPERVISOR)
    async with (
        serving(people.stage.api) as server,
        server.wallboard(additional_headers=page(server, secret)) as board,
    ):
        await board.subscribe("calls")
        await board.hear()
        async with people.stage.client(TOKEN) as admin:
            await admin.patch("/api/v1/users/shift_supervisor", json={"role": "agent"})
        people.stage.puts_down("c1-1")
        assert (await ended(board)).rcvd.code == CloseCode.FORBIDDEN  # type: ignore[union-attr]  # as above


def _is_noted(identities: Identities, used_at: set[datetime]) -> bool:
    return set(identities._used_at.values()) == used_at


async def test_following_counts_as_use_of_the_session(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk that is only looked at does not fall asleep; after the shift it ends all the same."""
    monkeypatch.setattr(endpoint, "_CHECK_EVERY_SECONDS", 0.02)
    await people.user(Role.AGENT)
    secret = await people.session(Role.AGENT)
    identities = people.access.identities
    async with (
        serving(people.stage.api) as server,
        server.wallboard(additional_headers=page(server, secret)) as board,
    ):
        await board.subscribe("agents")
        await board.hear()
        for _ in range(2):
            people.stage.clock.move(identities.limits.idle - timedelta(seconds=1))
            used_at = {people.stage.clock.now()}
            await until(partial(_is_noted, identities, used_at), "expected following to count as use")
        people.stage.clock.move(identities.limits.absolute)
        people.stage.puts_down("c1-1")
        assert (await ended(board)).rcvd.code == CloseCode.UNAUTHENTICATED  # type: ignore[union-attr]  # as above
