"""Runs all checks. One that crashes or hangs becomes a finding of its own; the others still run."""

import asyncio
from collections.abc import Awaitable, Callable

from app.doctor import accounts, asterisk, database, machine, ports, site
from app.doctor.context import Context
from app.doctor.finding import Finding, Level, error
from app.site.model import Site

Check = Callable[[Context], Awaitable[Finding]]
SiteCheck = Callable[[Context, Site], Awaitable[Finding]]

_DEADLINE_SECONDS = 15.0

CHECKS: tuple[Check, ...] = (
    machine.check_python,
    machine.check_wall_clock,
    machine.check_time_source,
    machine.check_monotonic_clock,
    machine.check_own_name,
    machine.check_data_directory,
    machine.check_disk,
    database.check_database,
    accounts.check_admins,
    accounts.check_audit,
    accounts.check_sign_on,
    ports.check_http_port,
    ports.check_transport,
    site.check_secrets_file,
    site.check_site_file,
)
"""What needs no site."""

SITE_CHECKS: tuple[SiteCheck, ...] = (
    site.check_staffing,
    site.check_passwords,
    site.check_sounds,
    machine.check_time_zones,
    machine.check_trunk_names,
    ports.check_sip_port,
    ports.check_rtp_ports,
    asterisk.check_installation,
    asterisk.check_ari,
    asterisk.check_version,
    asterisk.check_rights,
    asterisk.check_modules,
)
"""What can be checked only when the site file has no mistakes."""


async def examine(
    context: Context,
    *,
    checks: tuple[Check, ...] = CHECKS,
    site_checks: tuple[SiteCheck, ...] = SITE_CHECKS,
    deadline: float = _DEADLINE_SECONDS,
) -> list[Finding]:
    """One finding for each check, in the order of the lists. They run beside each other."""
    jobs = [_guarded(check.__name__, check(context), deadline) for check in checks]
    if context.site is not None:
        jobs += [_guarded(check.__name__, check(context, context.site), deadline) for check in site_checks]
    return list(await asyncio.gather(*jobs))


def exit_status(findings: list[Finding]) -> int:
    """1 when something does not work, else 0."""
    return int(any(finding.level is Level.ERROR for finding in findings))


async def _guarded(name: str, check: Awaitable[Finding], deadline: float) -> Finding:
    title = name.removeprefix("check_").replace("_", " ").capitalize()
    try:
        async with asyncio.timeout(deadline):
            return await check
    except TimeoutError:
        return error(
            title, f"no result within {deadline:g} s", advice="See what is slow there, then run this again."
        )
    except Exception as crash:  # noqa: BLE001 - whatever happens in one check, the others are wanted
        return error(
            title,
            f"the check failed: {type(crash).__name__}: {crash}",
            advice="If this is not clear, report it.",
        )
