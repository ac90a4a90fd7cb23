"""The site file: load it again."""

from fastapi import APIRouter
from pydantic import Field

from app.api.errors import SiteRejected
from app.api.problems import described
from app.api.schemas.base import Shape
from app.runtime.service import Service
from app.site.errors import Mistake, SiteError


class SiteChanges(Shape):
    """What a reload changed, in plain words; empty: nothing."""

    changes: list[str] = Field(description="One sentence each.")


def site_router(service: Service) -> APIRouter:
    """The operations on the site."""
    router = APIRouter(prefix="/site", tags=["site"])

    @router.post(
        "/reload",
        operation_id="reloadSite",
        summary="Load the site file again",
        responses=described("site-rejected", "service-stopped"),
    )
    async def reload_site() -> SiteChanges:
        """Calls and agents keep their state. A file with mistakes changes nothing, and each mistake is named."""
        try:
            return SiteChanges(changes=await service.reload_site())
        except SiteError as error:
            raise _rejected(error) from error

    return router


def _rejected(error: SiteError) -> SiteRejected:
    count = len(error.mistakes)
    mistakes = "1 mistake" if count == 1 else f"{count} mistakes"
    return SiteRejected(
        "site-rejected",
        f"The site file has {mistakes}; the old one stays in force. Mend it and reload.",
        errors=[_as_member(mistake) for mistake in error.mistakes],
    )


def _as_member(mistake: Mistake) -> dict[str, str | int]:
    return {
        "file": mistake.path.name,
        "line": mistake.place.line,
        "column": mistake.place.column,
        "field": mistake.field,
        "detail": mistake.problem,
    }
