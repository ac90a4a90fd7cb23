"""From declarations to the `Site` value."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from app.calls.model import CallSettings, Charges, Device, EntryPoint
from app.calls.shifts import Shift, Shifts
from app.ids import AgentId, DeviceId, EntryNumber, QueueId
from app.site.declarations import (
    AgentDeclaration,
    AsteriskDeclaration,
    CredentialDeclaration,
    EntryPointDeclaration,
    FallbackDeclaration,
    PoliciesDeclaration,
    SiteDeclaration,
    TrunkDeclaration,
)
from app.site.fields import is_address
from app.site.floor import build_floor, requirements
from app.site.model import (
    AsteriskSettings,
    Credential,
    Fallback,
    FallbackAction,
    FromEnvironment,
    FromFile,
    Generated,
    InPlainSight,
    Policies,
    Site,
    Trunk,
)


def build_site(declared: SiteDeclaration, *, folder: Path, today: date) -> Site:
    """The site that valid declarations describe. Relative paths count from `folder`, holidays from `today`."""
    return Site(
        name=declared.name,
        language=declared.language,
        time_zone=declared.time_zone,
        cadence=declared.cadence,
        floor=build_floor(declared, today=today),
        calls=_calls(declared),
        device_passwords={
            DeviceId(name): _password(device.password, folder) for name, device in declared.devices.items()
        },
        teams=_teams(declared.agents),
        trunks={name: _trunk(name, trunk, folder) for name, trunk in declared.trunks.items()},
        asterisk=_asterisk(declared.asterisk, folder),
        policies=_policies(declared.policies),
    )


def _calls(declared: SiteDeclaration) -> CallSettings:
    settings = CallSettings(
        entry_points={
            EntryNumber(number): _entry_point(number, it) for number, it in declared.entry_points.items()
        },
        devices={
            DeviceId(key): Device(DeviceId(key), device.extension, device.name or key)
            for key, device in declared.devices.items()
        },
        queue_names={QueueId(key): queue.name or key for key, queue in declared.queues.items()},
        charges=_charges(declared.policies),
        shifts=_shifts(declared),
    )
    if (outbound := declared.outbound) is None:
        return settings
    dial = f"PJSIP/{{number}}@{outbound.trunk}"
    return replace(settings, outbound=dial, outbound_ring_timeout=outbound.ring_timeout)


def _entry_point(number: str, declared: EntryPointDeclaration) -> EntryPoint:
    return EntryPoint(
        number=EntryNumber(number),
        queue_id=QueueId(declared.queue),
        name=declared.name or number,
        answer=declared.answer,
        waiting=declared.waiting,
        music=declared.music,
        priority=declared.priority,
        requires=requirements(declared.requires),
        owner=AgentId(declared.owner) if declared.owner else None,
        owner_for=declared.owner_for,
    )


def _policies(declared: PoliciesDeclaration) -> Policies:
    return Policies(
        rings=declared.rings,
        short_abandon=declared.short_abandon,
        service_level_percent=declared.service_level_percent,
        service_level_within=declared.service_level_within,
        service_level_formula=declared.service_level_formula,
    )


def _charges(declared: PoliciesDeclaration) -> Charges:
    missed = declared.missed_calls
    return Charges(
        agent=missed.agent,
        supervisor=missed.supervisor,
        supervisor_on_duty=missed.on_duty,
        spared=declared.short_abandon,
    )


def _shifts(declared: SiteDeclaration) -> Shifts:
    shifts = (Shift(name, *shift.hours, shift.supervisor) for name, shift in declared.shifts.items())
    return Shifts(declared.time_zone, tuple(shifts))


def _teams(agents: Mapping[str, AgentDeclaration]) -> dict[str, tuple[AgentId, ...]]:
    teams: dict[str, tuple[AgentId, ...]] = {}
    for id_, agent in agents.items():
        if agent.team:
            teams[agent.team] = (*teams.get(agent.team, ()), AgentId(id_))
    return teams


def _trunk(id_: str, declared: TrunkDeclaration, folder: Path) -> Trunk:
    return Trunk(
        id=id_,
        host=declared.host,
        match=_match(declared),
        user=declared.user,
        password=_password(declared.password, folder) if declared.password else None,
        registers=declared.registers,
    )


def _match(declared: TrunkDeclaration) -> tuple[str, ...]:
    return tuple(declared.match) or ((declared.host,) if declared.host and is_address(declared.host) else ())


def _asterisk(declared: AsteriskDeclaration, folder: Path) -> AsteriskSettings:
    return AsteriskSettings(
        url=declared.url,
        user=declared.user,
        password=_password(declared.password, folder),
        app=declared.app,
        address=declared.address,
        callers_from=None if declared.callers_from is None else tuple(declared.callers_from),
        sip_port=declared.sip_port,
        rtp_ports=declared.rtp_ports,
        rtp_timeout=declared.rtp_timeout,
        greeting=folder / declared.greeting if declared.greeting else None,
        music=folder / declared.music if declared.music else None,
        prompts=folder / declared.prompts if declared.prompts else None,
        fallback=_fallback(declared.fallback, folder),
    )


def _fallback(declared: FallbackDeclaration, folder: Path) -> Fallback:
    if declared.dial:
        return Fallback(FallbackAction.DIAL, declared.after, devices=tuple(map(DeviceId, declared.dial)))
    if declared.message:
        return Fallback(FallbackAction.MESSAGE, declared.after, message=folder / declared.message)
    return Fallback(FallbackAction.WAIT, declared.after)


def _password(declared: CredentialDeclaration | None, folder: Path) -> Credential:
    if declared is None:
        return Generated()
    if declared.env:
        return FromEnvironment(declared.env)
    if declared.file:
        return FromFile(folder / declared.file)
    return InPlainSight(declared.literal or "")
