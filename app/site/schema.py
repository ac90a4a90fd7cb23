"""The JSON schema of a site file: for editors, for the reference page, and for naming known fields in mistakes."""

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from app.acd.rings import Cadence
from app.site.declarations import SiteDeclaration
from app.site.fields import write_duration

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Writes defaults as a site file would."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return write_duration(dft)
        return dft.name if isinstance(dft, Cadence) else super().encode_default(dft)


def site_schema() -> dict[str, Any]:
    """The schema, with definitions by the name of their declaration."""
    return {"$schema": _DIALECT, **SiteDeclaration.model_json_schema(schema_generator=_Generator)}
