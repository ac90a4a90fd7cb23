"""Questions to a starting Asterisk over ARI: whether it is up, and what runs in it."""

import base64
from types import TracebackType
from typing import Any, Self

import aiohttp

from app.asterisk.node_config import AriUser

_OK = 200
_DEADLINE = aiohttp.ClientTimeout(total=5)


class Probe:
    """A short-lived HTTP client. Use it in an `async with`."""

    def __init__(self, url: str, user: AriUser) -> None:
        self._url = url
        credentials = base64.b64encode(f"{user.name}:{user.password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        self._session = aiohttp.ClientSession(headers=headers, timeout=_DEADLINE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def is_up(self) -> bool:
        """Whether ARI answers: it does so once Asterisk is fully booted."""
        return await self._get("asterisk/ping") is not None

    async def version(self) -> str | None:
        """What Asterisk calls its version; None while it does not answer."""
        info = await self._get("asterisk/info") or {}
        version: str | None = info.get("system", {}).get("version")
        return version

    async def running_modules(self) -> frozenset[str]:
        """The modules that Asterisk calls Running."""
        modules = await self._get("asterisk/modules") or []
        return frozenset(module["name"] for module in modules if module["status"] == "Running")

    async def channels(self) -> int:
        """How many channels there are."""
        return len(await self._get("channels") or [])

    async def _get(self, path: str) -> Any | None:
        """The decoded answer; None while Asterisk does not serve it."""
        try:
            async with self._session.get(f"{self._url}/{path}") as answer:
                return await answer.json() if answer.status == _OK else None
        except aiohttp.ClientError:
            return None
