"""What can go wrong with users, sessions and tokens. No text tells a secret, or which half of a log-in was wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.api.errors import ApiError
from app.auth.model import Permission


class AuthError(ApiError):
    """The root."""


class Unauthenticated(AuthError):
    """Nobody knows who asks."""

    def __init__(self, detail: str) -> None:
        super().__init__("unauthenticated", detail)


class Forbidden(AuthError):
    """It is known who asks, and that one may not."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)


class ForgedRequest(AuthError):
    """A request with a session's cookie that the service's own pages did not make."""

    def __init__(self, found: str) -> None:
        super().__init__(
            "forged-request",
            f"A request with a session's cookie needs the service's own Origin and the header X-CSRF-Token; {found}. "
            "GET /api/v1/session tells the token.",
        )


class LoginRefused(AuthError):
    """No such user, a wrong password, or a disabled user: it is not told which. `noted` is for the audit alone."""

    def __init__(
        self,
        code: str = "login-refused",
        detail: str = "User name and password do not belong together. Try again, or ask an admin.",
        *,
        noted: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.noted = noted or {}


class TooManyAttempts(AuthError):
    """Log-ins failed too often; `retry_after` tells when the next is looked at."""

    def __init__(self, until: datetime, *, now: datetime) -> None:
        super().__init__(
            "too-many-attempts",
            f"Log-ins failed too often. Try again after {until:%Y-%m-%d %H:%M:%S} UTC, or let an admin unlock the user.",
            retry_after=until - now,
        )


class NoSession(AuthError):
    """Who asks has no session of a user."""

    def __init__(self) -> None:
        super().__init__("no-session", "Expected the session of a user; a token has none. Log in first.")


class WeakPassword(AuthError):
    """A password that the rules do not let pass; `findings` names each that it breaks."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__(
            "weak-password",
            f"The password is too easy to guess: {'; '.join(findings)}. Choose another.",
            errors=[{"pointer": "/password", "detail": finding} for finding in findings],
        )


class UserExists(AuthError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__("user-exists", f"There is a user {name!r} already. Choose another name.")


class UnknownUser(AuthError):
    """No user has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "unknown-user", f"No user has the name {name!r}. List the users to see which there are."
        )


class LastAdmin(AuthError):
    """Without this user nobody could manage users any more."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "last-admin",
            f"{name!r} is the last user who is an admin and can log in. Make another admin first, then change this one.",
        )


class UnknownToken(AuthError):
    """No token has that id."""

    def __init__(self, id_: str) -> None:
        super().__init__(
            "unknown-token", f"No token has the id {id_!r}. List the tokens to see which there are."
        )


class BeyondOwner(AuthError):
    """A token was to get more than the one who makes it has."""

    def __init__(self, permissions: Sequence[Permission]) -> None:
        super().__init__(
            "beyond-owner", f"A token gets no more than its owner has; you lack {', '.join(permissions)}."
        )


class WrongTopics(AuthError):
    """A display was to follow what is no topic."""

    def __init__(self, reason: str) -> None:
        super().__init__("wrong-topics", reason, errors=[{"pointer": "/topics", "detail": reason}])


class AccountsAway(AuthError):
    """Users, sessions and the audit log cannot be read or changed now. Calls are not concerned."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "accounts-away",
            f"Users and sessions cannot be read or changed now: {reason}. Who is logged in stays so; "
            "the admin token works. Try again later.",
        )


class AuditTampered(AuthError):
    """The audit log is not what was written."""

    def __init__(self, seq: int, finding: str) -> None:
        super().__init__(
            "audit-tampered",
            f"The audit log is not what was written: entry {seq} {finding}. Compare it with a backup of the database, "
            "and find out who could write there.",
        )
        self.seq = seq


class NoPassword(AuthError):
    """No password came."""

    def __init__(self, found: str) -> None:
        super().__init__(
            "no-password",
            f"Expected a password, typed twice or in the first line of standard input; {found}.",
        )


class NothingAllowed(AuthError):
    """A token for a script was to be allowed nothing."""

    def __init__(self) -> None:
        super().__init__(
            "nothing-allowed",
            "Expected what the token may do: --permission, once or more, or --display for a wallboard; neither came.",
        )
