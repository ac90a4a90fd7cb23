"""The images that a composition runs, as files for an engine: ours, and stand-ins for those of others.

No image of others can be had from Debian's archive. For PostgreSQL's and Prometheus' there are Debian's programs with what
compose.yaml asks of the images: their users, folders, variables and health checks. So it is proven that the composition starts,
is healthy, keeps its data and ends with such a PostgreSQL and such a Prometheus; not that those very versions do, nor what else
the official images do at their start. Grafana's has no stand-in.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from app.asterisk.bundle import ensure
from app.asterisk.program import with_own_libraries
from tests.support.buildah import Buildah
from tests.support.databases import POSTGRESQL
from tests.support.engine import ENGINE
from tests.support.images import TARGETS, build_target
from tests.support.prometheus import PROMETHEUS

_FILES: Final = Path(__file__).parent / "stand-ins"
_POSTGRESQL: Final = "usr/lib/postgresql/15"


def export_images(buildah: Buildah, names: Iterable[str], folder: Path) -> list[Path]:
    """Build what has these names in compose.yaml and write an archive of each. For `thirdring-asterisk` and `postgres:17.6` the
    targets `asterisk` and `postgres` are built.
    """
    context = _context(buildah.store / "stand-ins")
    archives = []
    for name in names:
        target = name.rpartition("/")[2].partition(":")[0].removeprefix("thirdring-")
        if target in TARGETS:
            build_target(buildah, target)
        else:
            buildah.build(context=context, target=target, mounts={})
        archives.append(folder / f"{target}.tar")
        buildah.export(target, archives[-1], name=name)
    return archives


def _context(folder: Path) -> Path:
    """The Dockerfile of the stand-ins with the programs beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_FILES, folder)
    _copy_postgresql(ensure(POSTGRESQL), folder / "postgres")
    (folder / "prometheus").mkdir()
    shutil.copy2(ensure(PROMETHEUS) / "usr/bin/prometheus", folder / "prometheus")
    # Prometheus' own image is made of busybox, too.
    shutil.copy2(ensure(ENGINE) / "bin/busybox", folder / "prometheus")
    return folder


def _copy_postgresql(root: Path, into: Path) -> None:
    """The server without its compiler of queries, which is larger than the rest, and the libraries that it needs."""
    for place in (_POSTGRESQL, "usr/share/postgresql"):
        shutil.copytree(root / place, into / place, ignore=shutil.ignore_patterns("bitcode", "llvmjit*"))
    for name in ("postgres", "initdb"):
        program = with_own_libraries(root, f"{_POSTGRESQL}/bin/{name}")
        listed = subprocess.run(
            ["ldd", *program.argv], check=True, capture_output=True, text=True, env=program.environment()
        )
        for word in listed.stdout.split():
            if word.startswith(str(root)):
                library = Path(word)
                folder = into / "usr/lib" / library.parent.name
                folder.mkdir(exist_ok=True)
                shutil.copy2(library, folder)
