"""Where programs find the libraries of an unpacked bundle when no variable can tell them."""

import subprocess
from pathlib import Path


def write_library_table(root: Path, folder: Path) -> Path:
    """The machine's table of libraries with the bundle's behind, to be mounted in the place of the machine's.

    A library path in the environment would not do for programs that start themselves anew without it.
    """
    listed, table = folder / "ld.so.conf", folder / "ld.so.cache"
    libraries = [str(found) for place in ("usr/lib", "lib") for found in root.glob(f"{place}/*-gnu")]
    listed.write_text("\n".join(["include /etc/ld.so.conf", *libraries, ""]))
    subprocess.run(["/sbin/ldconfig", "-X", "-f", listed, "-C", table], check=True)
    return table
