"""Asterisk 16.28, which serves requests by HTTP alone, run as somebody else runs theirs: Thirdring only gets its address.

It is the newest old one that Debian still offers. What its owner changes in our configuration files is what `dialplan/README.md` says.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.installation import Installation, Version
from app.asterisk.node_config import Extras
from app.asterisk.process import Asterisk
from app.asterisk.program import Program
from tests.support.asterisk import ARI_PASSWORD, node_config

VERSION: Final = Version(16, 28)
_BUNDLE: Final = Bundle(
    name="asterisk",
    suite="bullseye",
    packages=("asterisk",),
    proof="usr/sbin/asterisk",
    megabytes=500,
    left_out=(
        "libc6",
    ),  # Its own is older than the machine's and would be loaded into the machine's programs.
)
# No `permit` and `deny`: they came with 16.30, 18.16 and 20.1.
_ARI_CONF: Final = f"""
[general]
enabled = yes
channelvars = TR_CALL,TR_LEG,TR_DEVICE
[thirdring]
type = user
read_only = no
password = {ARI_PASSWORD}
"""


class _AsItIs(Installation):
    """Its owner runs it, whatever we would say of its version."""

    def require(self, _modules: object) -> None:
        """Ask for nothing."""


def older_asterisk(directory: Path) -> Asterisk:
    """Not started yet; unpacked now, if it is not there."""
    root = ensure(_BUNDLE)
    libraries = (root / "usr/lib", root / "usr/lib/x86_64-linux-gnu", root / "lib/x86_64-linux-gnu")
    program = Program((str(root / _BUNDLE.proof),), {"LD_LIBRARY_PATH": ":".join(map(str, libraries))})
    config = replace(node_config(directory), extras=Extras(files={"ari.conf": _ARI_CONF}))
    installation = _AsItIs(VERSION, program, root / "usr/lib/asterisk/modules", root / "usr/share/asterisk")
    return Asterisk(config, directory=directory / "node", installation=installation)
