"""Checks of Asterisk: the program where we run it, and ARI wherever it answers."""

import asyncio

from app.ari.answer import Answer
from app.ari.errors import AriNotFound, AriUnauthorized, AriUnreachable
from app.ari.http import ask_once
from app.ari.request import Request
from app.ari.requests import asterisk as ask_asterisk
from app.ari.requests import playbacks
from app.ari.snapshots import AsteriskInfo, Module
from app.asterisk.bundle import ASTERISK, cache_directory
from app.asterisk.errors import AsteriskError
from app.asterisk.installation import OLDEST_TEXT, Version, private_installation, system_installation
from app.asterisk.render import PASSWORD_CHECK, lacking, needed_modules
from app.doctor.context import Context
from app.doctor.finding import Finding, error, listed, ok, warning
from app.site.model import Site

_NOT_RUNNING = "our own Asterisk does not run now; it is checked at each start"


async def check_installation(_context: Context, site: Site) -> Finding:
    """An Asterisk that we can run is on this machine, or can be unpacked."""
    if not site.asterisk.is_own:
        return ok("Asterisk program", "somebody else runs it")
    return await asyncio.to_thread(_check_installation)


def _check_installation() -> Finding:
    reason = ""
    if system := system_installation():
        try:
            system.require(needed_modules())
        except AsteriskError as problem:
            reason = f"; the system's own will not do: {problem}"
        else:
            return ok("Asterisk program", f"the system's own, version {system.version}")
    cache = cache_directory()
    if not (cache / ASTERISK.directory / ASTERISK.proof).exists():
        return ok("Asterisk program", f"a private one is unpacked into {cache} at the first start{reason}")
    private = private_installation()
    private.require(needed_modules())
    return ok("Asterisk program", f"a private one, version {private.version}{reason}")


async def check_ari(context: Context, site: Site) -> Finding:
    """ARI answers at its URL, to our user and password."""
    if (address := context.ari(site)) is None:
        return ok("ARI", _NOT_RUNNING)
    match await ask_once(address, ask_asterisk.info()):
        case Answer():
            return ok("ARI", f"{address.url} answers user `{address.user}`")
        case AriUnreachable() as problem:
            return error(
                "ARI",
                f"no answer at {address.url}: {problem}",
                advice="Start Asterisk with http.conf `enabled = yes`, and correct `asterisk.url` in the site file.",
            )
        case AriUnauthorized():
            return error(
                "ARI",
                f"{address.url} does not accept user `{address.user}` with our password",
                advice="Make `asterisk.user` and `asterisk.password` of the site file equal to ari.conf.",
            )
        case AriNotFound():
            return error(
                "ARI",
                f"{address.url} answers, but has no ARI",
                advice="Correct `asterisk.url` (it ends in `/ari`), and load res_ari and its parts: see dialplan/README.md.",
            )
        case problem:
            return error("ARI", str(problem), advice="See Asterisk's log for the reason.")


async def check_version(context: Context, site: Site) -> Finding:
    """The running Asterisk serves REST over the event websocket."""
    if (answer := await _answer(context, site, ask_asterisk.info())) is None:
        return ok("Asterisk version", "not known: ARI does not answer")
    version = Version.parse(answer.decode(AsteriskInfo).system.version)
    if not version.serves_rest_over_websocket:
        return error(
            "Asterisk version",
            f"{version} serves requests by HTTP only, expected {OLDEST_TEXT}",
            advice="Upgrade Asterisk, or leave `asterisk.url` out and let Thirdring run its own.",
        )
    return ok("Asterisk version", f"{version}, REST over the event websocket")


async def check_rights(context: Context, site: Site) -> Finding:
    """Our ARI user may act, not only look."""
    address = context.ari(site)
    if address is None or await _answer(context, site, ask_asterisk.ping()) is None:
        return ok("ARI rights", "not known: ARI does not answer")
    # Stopping a playback that does not exist changes nothing. Who may act is told 404; who may not is refused before that.
    outcome = await ask_once(address, playbacks.stop("thirdring-doctor"))
    if isinstance(outcome, AriNotFound):
        return ok("ARI rights", f"user `{address.user}` may read and write")
    return error(
        "ARI rights",
        f"user `{address.user}` may look but not act",
        advice="Set `read_only = no` for this user in ari.conf.",
    )


async def check_modules(context: Context, site: Site) -> Finding:
    """The modules that calls need are Running, above all the one that checks the phones' passwords."""
    if (answer := await _answer(context, site, ask_asterisk.modules())) is None:
        return ok("Asterisk modules", "not known: ARI does not answer")
    missing = lacking(module.name for module in answer.decode(list[Module]) if module.is_running)
    if PASSWORD_CHECK in missing:
        return error(
            "Asterisk modules",
            f"{PASSWORD_CHECK} is not Running: phones register with any password",
            advice="Load it in modules.conf before res_pjsip_registrar, and restart Asterisk.",
        )
    if missing:
        return warning(
            "Asterisk modules",
            f"not Running: {listed(missing)}",
            advice="Load them as dialplan/modules.conf.j2 does; its README says what each is for.",
        )
    return ok("Asterisk modules", f"all {len(needed_modules())} that calls need are Running")


async def _answer(context: Context, site: Site, request: Request) -> Answer | None:
    """The answer, or None where `check_ari` tells why there is none."""
    if (address := context.ari(site)) is None:
        return None
    outcome = await ask_once(address, request)
    return outcome if isinstance(outcome, Answer) else None
