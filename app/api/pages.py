"""The pages as they were built from `app/web`: a few small files, read once.

/                   to the wallboard
/wallboard          built/wallboard.html    asked for anew each time: it names the files below
/assets/NAME        built/assets/NAME       the name holds a digest of the content, so it may be kept for ever
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FRONT = "/"
BUILT = Path(__file__).parents[1] / "web" / "built"

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    content: bytes
    headers: Mapping[str, str]


def read_pages(built: Path = BUILT) -> dict[str, Page]:
    """All files of the build by the path under which they are served."""
    return {_path(file, built): _page(file) for file in sorted(built.rglob("*")) if file.is_file()}


def _path(file: Path, built: Path) -> str:
    name = file.relative_to(built)
    return f"/{name.with_suffix('') if file.suffix == '.html' else name}"


def _page(file: Path) -> Page:
    headers = {"Content-Type": _MEDIA_TYPES[file.suffix]}
    if file.suffix == ".html":
        headers["Content-Security-Policy"] = _POLICY
    else:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return Page(file.read_bytes(), headers)


PAGES = read_pages()
