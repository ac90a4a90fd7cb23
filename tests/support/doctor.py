"""A site for the doctor to look at, made from the text of its file."""

from datetime import UTC, datetime
from pathlib import Path

from app.doctor.context import Context
from app.settings import Settings
from app.site.model import Site

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HEAD = "name: Test\ntime_zone: Asia/Shanghai\n"
STAFFED = HEAD + "agents: {wang: }\nqueues: {q: {members: [wang]}}\nentry_points: {4001: q}\n"


def context_for(directory: Path, text: str = STAFFED, **settings: object) -> Context:
    """What the checks are given when the site file in `directory` has this text."""
    path = directory / "site.yaml"
    path.write_text(text, encoding="utf-8")
    values: dict[str, object] = {"site": path, "data_dir": directory / "data", "port": 0, **settings}
    return Context.gather(Settings.model_validate(values), now=NOW)


def site_of(context: Context) -> Site:
    """The site of a context whose file has no mistakes."""
    assert context.site is not None, context.mistakes
    return context.site
