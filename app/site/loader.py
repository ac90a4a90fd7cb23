"""Loads the site file: text, then shape, then relations, then the value. All mistakes of a file come at once."""

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from app.site.build import build_site
from app.site.changes import changes
from app.site.checks import check_relations
from app.site.declarations import SiteDeclaration
from app.site.document import Document, read_document
from app.site.errors import Mistake, SiteError
from app.site.mistakes import mistakes_of
from app.site.model import Site
from app.site.names import defined_names


def load_site(path: Path, *, today: date) -> Site:
    """The site that the file describes. `today` (at the site) says which years' holidays to look up.

    Raises `SiteError` with every mistake of the file.
    """
    document = read_document(path)
    if document.data is None:
        raise SiteError(document.mistakes)
    declared, mistakes = _validate(document)
    if declared is None or mistakes:
        raise SiteError(mistakes)
    return build_site(declared, folder=path.absolute().parent, today=today)


def _validate(document: Document) -> tuple[SiteDeclaration | None, list[Mistake]]:
    mistakes = list(document.mistakes)
    mistakes += [document.mistake(location, problem) for location, problem in check_relations(document.data)]
    try:
        return SiteDeclaration.model_validate(document.data, context=defined_names(document.data)), mistakes
    except ValidationError as error:
        return None, [*mistakes, *mistakes_of(error, document)]


class SiteFile:
    """The site in use and the file it came from."""

    def __init__(self, path: Path, *, today: date) -> None:
        """Load it. Raises `SiteError`."""
        self.path = path
        self.site = load_site(path, today=today)

    def reload(self, *, today: date) -> list[str]:
        """Take the file as it is now and tell what changed, in plain words. On `SiteError` the old site stays in use."""
        old, self.site = self.site, load_site(self.path, today=today)
        return changes(old, self.site)
