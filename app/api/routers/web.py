"""The pages. They hold no figures, so they need no token: what they show comes by the live stream, which asks for one."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response

from app.api.pages import Page


def web_router(pages: Mapping[str, Page]) -> APIRouter:
    """One route per file: nothing else of the disk can be asked for."""
    router = APIRouter(include_in_schema=False)
    for path, page in pages.items():
        router.add_api_route(path, _sender(page), methods=["GET", "HEAD"], response_class=Response)
    return router


def _sender(page: Page) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        return Response(page.content, headers=dict(page.headers))

    return send
