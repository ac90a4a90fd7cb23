"""What a test wants to know of a dashboard."""

from typing import Any

Json = dict[str, Any]


def panels(dashboard: Json) -> list[Json]:
    """Its panels."""
    found: list[Json] = dashboard["panels"]
    return found


def expressions(dashboard: Json) -> list[str]:
    """All its queries."""
    return [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
