"""Single sign-on as the process settings have it: `THIRDRING_OIDC_…`. Found out before anything starts."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from app.auth.claims import ClaimRules
from app.errors import ThirdringError
from app.loopback import is_loopback
from app.settings import Settings


class SignOnMisconfigured(ThirdringError):
    """Single sign-on was asked for and cannot be."""

    def __init__(self, finding: str) -> None:
        super().__init__(
            f"Single sign-on: {finding}. Correct it, or unset THIRDRING_OIDC_ISSUER to do without."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnSettings:
    """The provider, who we are there, and what its claims mean here."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = ""
    """What the log-in page calls it."""
    scopes: tuple[str, ...] = ("openid", "profile")
    rules: ClaimRules = field(default_factory=ClaimRules)


def sign_on_settings(settings: Settings) -> SignOnSettings | None:
    """As the process settings say; None: passwords only. Raises `SignOnMisconfigured`."""
    if settings.oidc_issuer is None:
        return None
    if find_spec("joserfc") is None:
        raise SignOnMisconfigured("expected the package joserfc; install thirdring with its extra `oidc`")
    if not is_safe(settings.oidc_issuer):
        raise SignOnMisconfigured(
            f"expected THIRDRING_OIDC_ISSUER to be an https address, got {settings.oidc_issuer!r}"
        )
    if not settings.oidc_client_id:
        raise SignOnMisconfigured("expected THIRDRING_OIDC_CLIENT_ID, as the provider gave it; it is not set")
    if not settings.oidc_roles:
        raise SignOnMisconfigured(
            'expected THIRDRING_OIDC_ROLES to give some group a role, as {"hotline-admins": "admin"}; nobody could log in'
        )
    secret = settings.oidc_client_secret
    return SignOnSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        name=settings.oidc_name,
        scopes=tuple(dict.fromkeys(("openid", *settings.oidc_scopes.split()))),
        rules=ClaimRules(
            user_name=settings.oidc_user_claim,
            groups=settings.oidc_groups_claim,
            roles=settings.oidc_roles,
            teams=settings.oidc_teams,
            agent_id=settings.oidc_agent_claim,
        ),
    )


def is_safe(url: str) -> bool:
    """Whether nobody in between can read or change what is said there: by TLS, or within this machine."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return is_loopback(parts.hostname or "")
    return parts.scheme == "https" and bool(parts.hostname)
