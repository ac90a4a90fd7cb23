"""The page that Prometheus reads."""

from typing import Any

from fastapi import APIRouter, Response

from metrics.exposition import CONTENT_TYPE, Exposition

_EXAMPLE = 'thirdring_queue_calls{queue="service",state="waiting"} 3.0\n'
_AS_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}
}


def metrics_router(exposition: Exposition) -> APIRouter:
    """Metrics in Prometheus' text format. The token is asked for as anywhere: set `authorization` in Prometheus."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        operation_id="showMetrics",
        summary="Metrics for Prometheus",
        response_class=Response,
        responses=_AS_TEXT,
    )
    async def show_metrics() -> Response:
        """Counters, histograms and the state of the floor now. What each means stands in its HELP line."""
        return Response(await exposition.page(), media_type=CONTENT_TYPE)

    return router
