"""People at the doors of a stage: users of every role with a session, displays, scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import httpx2

from app.api.auth_cookie import CSRF_HEADER
from app.auth.credentials import csrf_token_of, hash_of
from app.auth.model import Permission, Role, Session, TokenKind, User, UserName
from app.ids import AgentId
from tests.support.accounts import BOSS, entry, user
from tests.support.stage import LIN, WANG, Stage

OWN, MATE, STRANGER = LIN, WANG, AgentId("zhao")
"""Whom a request is about: the user's own agent, another of the user's team, one of another team."""

ORIGIN = "http://127.0.0.1:8600"
COOKIE = "thirdring-session"
_numbers = count(1)


class People:
    """Lets people in without typing passwords."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.access = stage.access
        site = stage.service.site
        stage.service.site = replace(site, teams={"early": (OWN, MATE), "late": (STRANGER,)})

    async def user(self, role: Role, name: str = "") -> User:
        """A user who is the agent LIN and leads the team `early`."""
        made = user(name or role, role=role, agent_id=OWN, teams=("early",))
        await self.access.store.add_user(made, entry())
        await self.access.identities.refresh()
        return made

    async def session(self, name: str) -> str:
        """A new session of a user: its secret."""
        secret, now = f"secret-{next(_numbers)}", self.stage.clock.now()
        users = {each.name: each for each in (await self.access.store.roll()).users}
        session = Session(
            secret_hash=hash_of(secret),
            user_name=UserName(name),
            epoch=users[UserName(name)].epoch,
            opened_at=now,
            used_at=now,
        )
        await self.access.store.open_session(
            session, entry(), instead_of=None, over_before=now - timedelta(days=9)
        )
        return secret

    async def token(self, *permissions: Permission, days: int = 1) -> str:
        """A script's token."""
        made = await self.access.administration.add_token(
            BOSS, label="script", kind=TokenKind.SCRIPT, lasts=timedelta(days=days), permissions=permissions
        )
        return made.secret

    async def display(self, *topics: str) -> str:
        """A wallboard's token."""
        made = await self.access.administration.add_token(
            BOSS, label="wallboard", kind=TokenKind.DISPLAY, lasts=timedelta(days=1), topics=topics
        )
        return made.secret

    @asynccontextmanager
    async def browser(self, secret: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A page of ours with a session: it sends all that belongs to it."""
        async with self.stage.client(token=None) as client:
            client.headers |= page_headers(secret)
            yield client


def page_headers(secret: str) -> dict[str, str]:
    """What a page of ours sends."""
    return {"Cookie": f"{COOKIE}={secret}", "Origin": ORIGIN, CSRF_HEADER: csrf_token_of(secret)}
