"""Where Asterisk's REST interface is, and who we are there."""

import base64
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from app.ari.request import Request

_SECURE = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`url` is the base of the interface, such as `http://127.0.0.1:8088/ari`.

    The password goes into a header, never into a URL, a log or a repr. Raises ValueError for a URL that cannot be used.
    """

    url: str
    user: str
    password: str = field(repr=False)
    app: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _SECURE or not parts.hostname:
            raise ValueError(
                f"ARI URL: expected http://host:port/ari or https://host:port/ari, got {self.url!r}"
            )
        if parts.username or parts.password:
            raise ValueError(
                "ARI URL: expected no user or password in it; give them as settings of their own"
            )

    @property
    def host(self) -> str:
        """Host name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """TCP port."""
        return urlsplit(self.url).port or (443 if self.is_secure else 80)

    @property
    def is_secure(self) -> bool:
        """Whether TLS is used."""
        return urlsplit(self.url).scheme == "https"

    def tls(self) -> ssl.SSLContext | None:
        """Whom to trust where TLS is used: the machine's authorities, or those that SSL_CERT_FILE names."""
        return ssl.create_default_context() if self.is_secure else None

    @property
    def events_url(self) -> str:
        """The websocket of our application."""
        scheme, _, rest = self.url.rstrip("/").partition("://")
        return f"{_SECURE[scheme]}://{rest}/events?{urlencode({'app': self.app})}"

    @property
    def authorization(self) -> str:
        """The value of the Authorization header (RFC 7617). Asterisk's ARI knows Basic only: use TLS off loopback."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def url_of(self, request: Request) -> str:
        """The URL of a request sent by HTTP."""
        return f"{self.url.rstrip('/')}/{request.target}"
