"""The site as pages need to know it."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import Shape
from app.site.model import Language, Site
from metrics.terms import ServiceLevel

_MILLISECOND = timedelta(milliseconds=1)


class SiteShape(Shape):
    """What a page needs to show the floor in the site's own terms."""

    name: str
    language: Language
    time_zone: Annotated[str, Field(description="IANA name, such as Asia/Shanghai.")]
    ring_ms: Annotated[int, Field(description="The length of one ring: a cycle of the site's cadence.")]
    rings: Annotated[int, Field(description="Calls are to be answered before one more ring begins.")]
    service_level_formula: ServiceLevel
    service_level_percent: Annotated[float, Field(description="The target: this share of calls …")]
    service_level_ms: Annotated[int, Field(description="… is served within this time.")]


def site_shape(site: Site) -> SiteShape:
    """The site as it is shown."""
    return SiteShape(
        name=site.name,
        language=site.language,
        time_zone=site.time_zone,
        ring_ms=round(site.floor.rings.ring / _MILLISECOND),
        rings=site.floor.rings.rings,
        service_level_formula=site.policies.service_level_formula,
        service_level_percent=site.policies.service_level_percent,
        service_level_ms=round(site.policies.service_level_within / _MILLISECOND),
    )
