"""How this process runs: where its files are, what it listens on.

Set by environment variables (`THIRDRING_DATA_DIR`, `THIRDRING_DATABASE_URL`, ...), an `.env` file or files of secrets. What the site *is* (agents,
queues, numbers, whose Asterisk) stands in the site file instead, which can be reloaded.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS = Path("/run/secrets")
"""Where container platforms put secret files: `thirdring_database_url` there is THIRDRING_DATABASE_URL."""


class Settings(BaseSettings):
    """The process settings, with defaults that need nothing installed and listen on loopback only."""

    model_config = SettingsConfigDict(
        env_prefix="THIRDRING_",
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
    log_level: str = "info"
    log_format: str = Field(default="console", pattern="^(console|json)$")
