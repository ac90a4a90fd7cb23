"""The pages. They hold no figures, so they need no token: what they show comes by the live stream, which asks for one."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from app.api.pages import FRONT, Page


def web_router(pages: Mapping[str, Page]) -> APIRouter:
    """One route per file: nothing else of the disk can be asked for. Who names the service alone comes to the wallboard."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route(FRONT, _to_wallboard, methods=["GET", "HEAD"], response_class=Response)
    for path, page in pages.items():
        router.add_api_route(path, _sender(page), methods=["GET", "HEAD"], response_class=Response)
    return router


async def _to_wallboard() -> Response:
    return RedirectResponse("/wallboard")


def _sender(page: Page) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        return Response(page.content, headers=dict(page.headers))

    return send
