"""TLS: whether certificate and key can be used, found out before anything starts."""

import ssl
from pathlib import Path

from app.errors import ThirdringError


class TlsUnusable(ThirdringError):
    """The service was told to speak TLS and cannot."""

    def __init__(self, certificate: Path | None, key: Path | None, reason: str) -> None:
        super().__init__(
            f"Expected a certificate with its chain in THIRDRING_TLS_CERTIFICATE ({certificate}) and its key in "
            f"THIRDRING_TLS_KEY ({key}), both PEM and readable; {reason}. Correct the paths, or unset both to serve without TLS."
        )


def check_tls(certificate: Path | None, key: Path | None) -> None:
    """Whether the service can speak TLS with these; with neither it speaks none. Raises `TlsUnusable`."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise TlsUnusable(certificate, key, "one of them is not set")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise TlsUnusable(certificate, key, error.strerror or str(error)) from None
