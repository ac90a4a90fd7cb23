"""What the checks look at."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from app.ari.address import Address
from app.asterisk.layout import Layout
from app.asterisk.ports import Ports
from app.asterisk.running import left_running
from app.settings import Settings
from app.site.errors import Mistake, SiteError
from app.site.loader import load_site
from app.site.model import Site
from app.site.secret_store import ARI_PASSWORD, Secrets


@dataclass(frozen=True, slots=True)
class Context:
    """The site as it is configured. `site` is None when its file has mistakes, which `mistakes` names.

    Looking changes nothing: no password is made up, no directory and no database is made.
    """

    settings: Settings
    now: datetime
    secrets: Secrets
    site: Site | None = None
    mistakes: tuple[Mistake, ...] = ()

    @classmethod
    def gather(cls, settings: Settings, *, now: datetime) -> Self:
        """Read the site file; whatever is wrong with it is left to its check."""
        secrets = Secrets(settings.data_dir)
        try:
            return cls(settings, now, secrets, load_site(settings.site, today=now.date()))
        except SiteError as error:
            return cls(settings, now, secrets, mistakes=error.mistakes)

    @property
    def layout(self) -> Layout:
        """Where our own Asterisk keeps its files."""
        return Layout((self.settings.data_dir / "asterisk").absolute())

    @property
    def own_ports(self) -> Ports | None:
        """The ports of our own Asterisk while it runs."""
        if (found := left_running(self.layout)) is None:
            return None
        child, ports = found
        child.close()
        return ports

    @property
    def own_rest_port(self) -> int | None:
        """The port of the service while it runs with this data directory."""
        try:
            told = json.loads((self.settings.data_dir / "service.json").read_text(encoding="utf-8"))
            return urlsplit(str(told["url"])).port
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def ari(self, site: Site) -> Address | None:
        """Where ARI is and who we are there; None while our own Asterisk does not run. Raises `SecretError`."""
        ports = self.own_ports
        url = site.asterisk.url or (f"http://127.0.0.1:{ports.http}/ari" if ports else None)
        password = self.secrets.known(site.asterisk.password, ARI_PASSWORD)
        if url is None or password is None:
            return None
        return Address(url=url, user=site.asterisk.user, password=password, app=site.asterisk.app)


def nearest_existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    path = path.absolute()
    return path if path.exists() else nearest_existing(path.parent)
