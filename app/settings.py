"""How this process runs: where its files are, what it listens on.

Set by environment variables (`THIRDRING_DATA_DIR`, `THIRDRING_DATABASE_URL`, ...), an `.env` file or files of secrets. What the site *is* (agents,
queues, numbers, whose Asterisk) stands in the site file instead, which can be reloaded.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from app.auth.model import Role
from app.errors import SettingInvalid

_SECRETS = Path("/run/secrets")
"""Where container platforms put secret files: `thirdring_database_url` there is THIRDRING_DATABASE_URL."""


_PREFIX = "THIRDRING_"
_READ_ELSEWHERE = frozenset({"THIRDRING_CACHE", "THIRDRING_TOKEN"})


class Settings(BaseSettings):
    """The process settings, with defaults that need nothing installed and listen on loopback only."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=".env",
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
        extra="ignore",
    )

    data_dir: Path = Field(default=Path("var"), description="Journal, database, secrets, Asterisk's files.")
    site: Path = Field(default=Path("site.yaml"), description="The site file.")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL by `postgresql+asyncpg://…`; without it SQLite in the data directory.",
    )
    keep_asterisk: bool = Field(
        default=False,
        description="Leave our own Asterisk and its calls running when the service stops: upgrades without a dropped call.",
    )
    host: str = Field(default="127.0.0.1", description="Address of the REST interface.")
    port: int = Field(
        default=8600, ge=0, le=65535, description="Port of the REST interface; 0 takes a free one."
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file of the certificate with its chain: the REST interface then speaks TLS. Needs `tls_key`.",
    )
    tls_key: Path | None = Field(default=None, description="PEM file of the certificate's key.")
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="A token of at least 32 characters that opens `/metrics` and nothing else: Prometheus'. None: make one by `thirdring token`.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Single sign-on: the address of the OpenID provider, exactly as it names itself. Needs the extra `oidc`.",
    )
    oidc_client_id: str = Field(default="", description="Who we are at the provider.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Its secret; a public client has none."
    )
    oidc_name: str = Field(default="", description="What the log-in page calls the provider.")
    oidc_scopes: str = Field(default="openid profile", description="What is asked for, with spaces between.")
    oidc_user_claim: str = Field(
        default="preferred_username", description="The claim that gives the user's name."
    )
    oidc_groups_claim: str = Field(
        default="groups",
        description="The claim that gives roles and teams; one within another is written `realm_access.roles`.",
    )
    oidc_roles: dict[str, Role] = Field(
        default_factory=dict,
        description='The role of each group, as JSON: `{"hotline-admins": "admin"}`. The first that fits counts; who has none stays out.',
    )
    oidc_teams: dict[str, str] = Field(
        default_factory=dict, description="The team of each group, as JSON. None: an admin says so."
    )
    oidc_agent_claim: str | None = Field(
        default=None,
        description="The claim with the id of the agent that the user is. None: an admin says so.",
    )
    log_level: str = "info"
    log_format: str = Field(default="console", pattern="^(console|json)$")


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like a setting of ours and are none: the name of each to what was meant, most likely.

    Others may begin with our name too, such as those that Kubernetes makes for a service called `thirdring`: these are not told.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields} | _READ_ELSEWHERE
    found = {name for name in environment if name.startswith(_PREFIX)} - known
    meant = {name: get_close_matches(name, sorted(known), n=1, cutoff=0.9) for name in sorted(found)}
    return {name: matches[0] for name, matches in meant.items() if matches}


def read_settings() -> Settings:
    """From the environment. Raises `SettingInvalid`; what was found is not shown, since it may be a secret."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingInvalid(str(first["loc"][0]), first["msg"]) from None
    except SettingsError as error:
        name = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingInvalid(name, "it is no JSON") from None
