"""The subcommand `thirdring doctor`."""

import asyncio
import sys

from app.clock import SystemClock
from app.doctor.context import Context
from app.doctor.examination import examine, exit_status
from app.doctor.report import as_json as findings_as_json
from app.doctor.report import show
from app.settings import Settings


def run_doctor(settings: Settings, *, as_json: bool = False) -> int:
    """Check everything and print what was found; returns the exit status: 1 when something does not work."""
    context = Context.gather(settings, now=SystemClock().now())
    findings = asyncio.run(examine(context))
    if as_json:
        sys.stdout.write(findings_as_json(findings) + "\n")
    else:
        show(findings, file=sys.stdout)
    return exit_status(findings)
