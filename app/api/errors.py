"""What a request can run into, in the words of the service. `problems.py` turns each into an answer; HTTP is not known here."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any


class ApiError(Exception):
    """The root. `code` is stable, `detail` says what was found, what is expected and what to do."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        """When the same request can be answered otherwise, if that is known."""


class UnknownThing(ApiError):
    """No queue, agent or call has that id."""

    def __init__(self, thing: str, id_: str) -> None:
        super().__init__(
            f"unknown-{thing}", f"No {thing} has the id {id_!r}. List the {thing}s to see which there are."
        )


class Refused(ApiError):
    """The brains refused a human's request: it makes no sense now, and nothing changed."""


class ServiceStopped(ApiError):
    """The dispatcher takes in nothing more."""

    def __init__(self) -> None:
        super().__init__(
            "service-stopped",
            "The service is stopping or has failed and takes no requests. Try again when /health/ready says so.",
        )


class NotReady(ApiError):
    """Calls cannot be taken now; `errors` names the parts that are down."""


class HistoryAway(ApiError):
    """Past calls cannot be read now. Live calls are not concerned."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "history-away",
            f"Past calls cannot be read now: {reason}. Calls go on, and are written down. Try again later.",
        )


class SiteRejected(ApiError):
    """The site file has mistakes; the old one stays in force."""


class WrongCursor(ApiError):
    """A cursor that no page of ours has given."""

    def __init__(self, cursor: str) -> None:
        super().__init__(
            "wrong-cursor",
            f"Expected the `next` of an earlier page as `cursor`, got {cursor[:100]!r}. "
            "Start again without a cursor.",
            errors=[{"parameter": "cursor", "detail": "not a cursor of this list"}],
        )
