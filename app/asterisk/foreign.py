"""An Asterisk that somebody else runs: what it can do, and what it lacks. Ours is looked at when it starts."""

from collections.abc import Sequence

import msgspec
import structlog

from app.ari.address import Address
from app.ari.answer import Answer
from app.ari.client import Client, Lane, Transport
from app.ari.http import ask_once
from app.ari.requests.asterisk import info, modules
from app.ari.snapshots import AsteriskInfo, Module
from app.asterisk.errors import ModulesMissing
from app.asterisk.installation import Version
from app.asterisk.render import PASSWORD_CHECK, lacking

_log = structlog.get_logger(__name__)


async def transport_of(address: Address) -> Transport:
    """Requests over the event websocket, unless an older Asterisk answers there.

    Whatever else does not answer as Asterisk does is left to the link to tell.
    """
    answer = await ask_once(address, info())
    if not isinstance(answer, Answer):
        return Transport.WEBSOCKET
    try:
        found = answer.decode(AsteriskInfo)
    except msgspec.DecodeError:
        return Transport.WEBSOCKET
    is_old = not Version.parse(found.system.version).serves_rest_over_websocket
    return Transport.HTTP if is_old else Transport.WEBSOCKET


async def missing_modules(client: Client) -> Sequence[str]:
    """What it lacks of what we need. Raises `ModulesMissing` when it would let any password pass."""
    answer = await client.send(modules(), lane=Lane.ESCAPE)
    if not isinstance(answer, Answer):
        _log.error("asterisk_modules_not_told", reason=str(answer))
        return ()
    missing = lacking(module.name for module in answer.decode(list[Module]) if module.is_running)
    if PASSWORD_CHECK in missing:
        raise ModulesMissing([PASSWORD_CHECK], where="in the Asterisk of the site file")
    if missing:
        _log.error("asterisk_modules_missing", modules=missing)
    return missing
