"""The running service, as its interfaces see it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from app.clock import Clock
from app.runtime.dispatcher import Dispatcher
from app.runtime.health import Health
from app.site.model import Site


@dataclass(slots=True)
class Service:
    """What `app/api` and `app/live` work with. Built by `app/main.py`.

    Read the state from `dispatcher.board` (cheap views); change it only by `dispatcher.submit(event)`.
    """

    dispatcher: Dispatcher
    clock: Clock
    site: Site
    admin_token: str
    data_dir: Path
    health: Callable[[], Health]
    reload_site: Callable[[], Awaitable[list[str]]]
    """Loads the site file again; returns the changes in plain words. Raises `SiteError` and keeps the old one."""
