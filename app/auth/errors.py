"""What can go wrong with users, sessions and tokens. No text tells a secret, or which half of a log-in was wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from app.api.errors import ApiError
from app.auth.model import Permission

if TYPE_CHECKING:
    from app.auth.passwords import Weakness


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
    """A password that the rules do not let pass; `weaknesses` names each that it breaks."""

    def __init__(self, weaknesses: "Sequence[Weakness]") -> None:
        super().__init__(
            "weak-password",
            f"The password is too easy to guess: {'; '.join(each.detail for each in weaknesses)}. Choose another.",
            errors=[
                {"pointer": "/password", "code": each.code, "detail": each.detail} for each in weaknesses
            ],
        )


class WrongUserName(AuthError):
    """A text that can be no user name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "wrong-user-name",
            f"Expected a user name of 1 to 64 letters, digits and `_.@-`, got {name[:100]!r}.",
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


class SignOnRefused(LoginRefused):
    """A log-in by the provider did not come to an end. The page tells by the code what to do; `noted` is for the audit."""

    @classmethod
    def stale(cls, finding: str) -> Self:
        """The browser did not begin this log-in, or it is over."""
        return cls("sign-on-stale", f"This log-in is over or began elsewhere: {finding}. Begin again.")

    @classmethod
    def by_provider(cls, error: str) -> Self:
        """The provider said no, or the person did there."""
        detail = f"The provider refused: {error[:100]!r}. Try again, or ask its admin."
        return cls("sign-on-refused", detail, noted={"error": error[:100]})

    @classmethod
    def unproven(cls, finding: str) -> Self:
        """What came from the provider proves nothing."""
        detail = f"What the provider sent is no proof: {finding}. Ask an admin to check the settings of both sides."
        return cls("sign-on-unproven", detail, noted={"finding": finding})

    @classmethod
    def without_name(cls, claim: str, *, subject: str) -> Self:
        """The provider gave no user name that can be one."""
        detail = f"Expected the claim {claim} to be a user name of 1 to 64 letters, digits and `_.@-`. Ask an admin."
        return cls("sign-on-no-name", detail, noted={"subject": subject})

    @classmethod
    def without_role(cls, claim: str, *, subject: str, name: str) -> Self:
        """No group of the person has a role here."""
        detail = f"No value of the claim {claim} gives {name!r} a role here. Ask an admin."
        return cls("sign-on-no-role", detail, noted={"subject": subject, "name": name})

    @classmethod
    def name_taken(cls, name: str, *, subject: str) -> Self:
        """Another user has that name, and nobody said that both are the same person."""
        detail = (
            f"There is a user {name!r} already whom the provider's person does not belong to. "
            f"If both are the same, an admin says so: `thirdring user link {name} SUBJECT`."
        )
        return cls("sign-on-name-taken", detail, noted={"subject": subject, "name": name})

    @classmethod
    def disabled(cls, name: str) -> Self:
        """An admin of ours disabled the user."""
        return cls("sign-on-disabled", f"The user {name!r} is disabled. Ask an admin.", noted={"name": name})


class ProviderAway(AuthError):
    """The provider does not answer, or not as OpenID Connect asks it to."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "sign-on-away",
            f"The provider of single sign-on cannot be asked now: {reason}. Try again later, or log in with a password.",
        )
        self.reason = reason


class SubjectTaken(AuthError):
    """The provider's person belongs to another user."""

    def __init__(self, subject: str, owner: str) -> None:
        super().__init__(
            "subject-taken",
            f"{subject!r} belongs to the user {owner!r} already. Unlink it there first.",
        )


class NoSignOn(AuthError):
    """There is no single sign-on."""

    def __init__(self) -> None:
        super().__init__(
            "no-sign-on", "Expected single sign-on to be set up (THIRDRING_OIDC_ISSUER); it is not."
        )


class NoOwnPassword(AuthError):
    """The user logs in by the provider."""

    def __init__(self) -> None:
        super().__init__(
            "no-own-password",
            "This user has no password here: it logs in by the provider. Change the password there.",
        )
