"""What can go wrong between us and Asterisk: one tree, each error with its data and the next thing to do.

Failures travel as values: a sent request always ends with an `Outcome` (see `answer.py`), which is an `Answer` or
one of these. Nobody has to await a request that does not matter; nothing warns about it.
"""

from app.ari.request import Request


class AriError(Exception):
    """Base of all. `request` is what we asked, or None when the failure concerns the connection itself."""

    def __init__(self, text: str, *, request: Request | None = None) -> None:
        super().__init__(text)
        self.request = request


class AriUnreachable(AriError):
    """No connection: not there, not ARI, or lost meanwhile. What was asked may have been done; reconcile."""


class AriUnauthorized(AriError):
    """Asterisk does not accept our user, or the user may not do this. A setting is wrong; retrying does not help."""


class AriReplaced(AriError):
    """Another controller took our application. It owns the calls now: stop acting."""


class AriCircuitOpen(AriError):
    """Not sent, because Asterisk left several requests unanswered. Comes back by itself."""


class AriTimeout(AriError):
    """No answer before the deadline. Asterisk may still carry the request out, late: do not assume it did not."""


class AriRefused(AriError):
    """Asterisk answered, and said no. `status` and `reason` are its own."""

    def __init__(self, text: str, *, request: Request, status: int, reason: str) -> None:
        super().__init__(text, request=request)
        self.status = status
        self.reason = reason


class AriNotFound(AriRefused):
    """404: the channel, bridge or playback is not there, or no longer. Usual when it ended while we wrote."""


class AriConflict(AriRefused):
    """409 or 412: it is there, in a state that forbids this. The id is taken, or the channel left Stasis."""


class AriInvalid(AriRefused):
    """Any other 4xx: a parameter is wrong, or names something that does not exist (addChannel says 400 for that)."""


class AriAllocationFailed(AriRefused):
    """500 "Allocation failed": the endpoint is unregistered or unknown, so no leg was made and no event follows."""


_REFUSALS: dict[int, type[AriRefused]] = {404: AriNotFound, 409: AriConflict, 412: AriConflict}
_UNAUTHORIZED = (401, 403)


def refusal(request: Request, *, status: int, reason: str) -> AriError:
    """The error for an answer outside 2xx."""
    if status in _UNAUTHORIZED:
        return _unauthorized(request, status=status)
    text = f"{request}: expected a 2xx answer, got {status} {reason}"
    return _kind(status, reason)(text, request=request, status=status, reason=reason)


def _kind(status: int, reason: str) -> type[AriRefused]:
    if "allocation failed" in reason.lower():
        return AriAllocationFailed
    if 400 <= status < 500:  # noqa: PLR2004 - the class of client errors, RFC 9110 section 15.5.
        return _REFUSALS.get(status, AriInvalid)
    return AriRefused


def _unauthorized(request: Request, *, status: int) -> AriUnauthorized:
    return AriUnauthorized(
        f"{request}: expected a 2xx answer, got {status}. "
        "Check the ARI user and password in the settings against ari.conf, and that the user is not read_only.",
        request=request,
    )
