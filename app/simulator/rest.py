"""What simulated agents do at their desks, by the REST interface of the service."""

from typing import Any

import aiohttp

from app.ids import AgentId, DeviceId, PauseCode

_FAULTS = frozenset({401, 404, 422, 500, 503})


class RestActions:
    """Fills in `AgentActions`. A refusal ("no wrap-up to end") is a fact of the floor, not a fault."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = f"{url}/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def log_in(self, agent: AgentId, device: DeviceId) -> None:
        """Take the seat."""
        await self._post(f"agents/{agent}/log-in", {"device_id": device})

    async def log_out(self, agent: AgentId) -> None:
        """Leave the seat."""
        await self._post(f"agents/{agent}/log-out", {})

    async def pause(self, agent: AgentId, code: PauseCode) -> None:
        """Take a break."""
        await self._post(f"agents/{agent}/pause", {"code": code})

    async def resume(self, agent: AgentId) -> None:
        """Be ready again."""
        await self._post(f"agents/{agent}/resume", {})

    async def end_wrap_up(self, agent: AgentId) -> None:
        """The notes are done."""
        await self._post(f"agents/{agent}/wrap-up/end", {})

    async def call(self, call_id: str) -> dict[str, Any]:
        """One call with its offers and the reasons for them."""
        async with self._http.get(f"{self._url}/calls/{call_id}", headers=self._headers) as answer:
            found: dict[str, Any] = await answer.json()
            return found if answer.ok else {}

    async def display_token(self) -> str:
        """A token for a wallboard, good for a day. It follows the floor and can do nothing else."""
        body = {"label": "demo wallboard", "kind": "display", "days": 1}
        async with self._http.post(f"{self._url}/tokens", json=body, headers=self._headers) as answer:
            if not answer.ok:
                raise RuntimeError(f"expected the service to make a token, got {answer.status}")
            secret: str = (await answer.json())["secret"]
            return secret

    async def add_user(self, user: dict[str, object]) -> None:
        """Somebody who can log in to the pages. One who is there already stays as it is."""
        async with self._http.post(f"{self._url}/users", json=user, headers=self._headers) as answer:
            if not answer.ok and (await answer.json())["code"] != "user-exists":
                raise RuntimeError(f"expected the service to make a user, got {answer.status}")

    async def _post(self, path: str, body: dict[str, str]) -> None:
        async with self._http.post(f"{self._url}/{path}", json=body, headers=self._headers) as answer:
            await answer.read()
            if answer.status in _FAULTS:
                raise RuntimeError(f"expected the service to take {path}, got {answer.status}")
