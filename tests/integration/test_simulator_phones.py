"""Simulated phones register at the real Asterisk and talk through it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.asterisk.installation import Installation
from app.asterisk.node_config import Extras
from app.asterisk.process import Asterisk
from app.simulator.answering import Answer, Decline, RingForEver
from app.simulator.dialog import EndedBy
from app.simulator.errors import MomentMissed, RegistrationRefused
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from app.simulator.wire_log import Flow
from tests.support.asterisk import node_config, password_of, run
from tests.support.until import until

pytestmark = pytest.mark.integration

# Asterisk itself joins the phones here: no controller is needed.
PLAIN_DIAL = """
[thirdring-entry]
exten => 2001,1,Dial(PJSIP/phone1)
 same => n,Hangup(${HANGUPCAUSE})
exten => 2002,1,Dial(PJSIP/transferring)
 same => n,Hangup()
[thirdring-phone]
exten => 2001,1,Dial(PJSIP/phone1)
 same => n,Hangup(${HANGUPCAUSE})
"""
# Transfers of the other phones wait for a controller (PJSIP_TRANSFER_HANDLING is ari-only).
TRANSFERRING = """
[transferring]
type = endpoint
context = thirdring-phone
disallow = all
allow = ulaw
direct_media = no
auth = transferring
aors = transferring
[transferring]
type = auth
auth_type = userpass
username = transferring
password = secret
[transferring]
type = aor
max_contacts = 1
remove_existing = yes
"""


@pytest.fixture(scope="module")
def server(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk that connects 2001 to phone1 and 2002 to the transferring phone."""
    directory = tmp_path_factory.mktemp("phones")
    config = replace(node_config(directory), extras=Extras(extensions=PLAIN_DIAL, pjsip=TRANSFERRING))
    node = Asterisk(config, directory=directory / "node", installation=installation)
    run(node.start())
    yield node
    run(node.stop())


def address(node: Asterisk) -> tuple[str, int]:
    """Where phones find the node."""
    return "127.0.0.1", node.ports.sip


@pytest.fixture
async def agent(server: Asterisk) -> AsyncIterator[Phone]:
    """phone1, registered."""
    async with Phone("phone1", password_of("phone1"), address(server)) as phone:
        await phone.register()
        yield phone


@pytest.fixture
async def transferring(server: Asterisk) -> AsyncIterator[Phone]:
    """A phone whose transfer key is served by Asterisk itself, registered."""
    async with Phone("transferring", "secret", address(server), answering=Answer()) as phone:
        await phone.register()
        yield phone


@pytest.fixture
async def caller(server: Asterisk) -> AsyncIterator[Phone]:
    """A stranger without a password."""
    async with Phone("outside", server=address(server)) as phone:
        yield phone


async def connect(caller: Phone, agent: Phone) -> tuple[OutgoingDialog, IncomingDialog]:
    """A call from the caller to 2001 that the agent has answered: both sides of it."""
    agent.answering = Answer(after=timedelta(milliseconds=20))
    there = await caller.call("2001", caller_number="13800001111")
    await there.until_answered()
    return there, await agent.next_call()


async def test_a_phone_with_the_right_password_registers_and_unregisters(asterisk: Asterisk) -> None:
    """The digest is accepted, the registration refreshed, and taken back."""
    async with Phone("phone7", password_of("phone7"), address(asterisk)) as phone:
        await phone.register()
        registered = phone.is_registered
        await phone.register()
        await phone.unregister()
        assert (registered, phone.is_registered) == (True, False)


async def test_a_phone_with_the_wrong_password_is_refused(asterisk: Asterisk) -> None:
    """Asterisk really checks the digest."""
    async with Phone("phone8", "wrong", address(asterisk)) as phone:
        with pytest.raises(RegistrationRefused) as refused:
            await phone.register()
        assert refused.value.status in (401, 403)
        assert not phone.is_registered


async def test_a_registration_is_refreshed_before_it_ends(asterisk: Asterisk) -> None:
    """The phone stays registered without being asked."""
    async with Phone("phone9", password_of("phone9"), address(asterisk)) as phone:
        await phone.register(expires_seconds=1)
        await until(
            lambda: len(phone.wire.log.every(method="REGISTER", status=200)) >= 2,
            "a second REGISTER is accepted",
        )
        assert phone.is_registered


async def test_caller_and_agent_hear_each_other_through_asterisk(caller: Phone, agent: Phone) -> None:
    """Sound flows both ways, and the agent's phone shows the caller's number."""
    there, here = await connect(caller, agent)
    there.play(600)
    here.play(1000)
    await there.hears(1000)
    await here.hears(600)
    assert here.caller_number == "13800001111"


async def test_a_registered_phone_calls_with_its_password(agent: Phone, server: Asterisk) -> None:
    """Asterisk challenges the INVITE of a known phone, and the answer is accepted."""
    agent.answering = Answer()
    async with Phone("phone2", password_of("phone2"), address(server)) as phone:
        there = await phone.call("2001")
        await there.until_answered()
        assert phone.wire.log.every(method="INVITE", status=401)


async def test_the_caller_hears_nothing_new_while_the_agent_holds(caller: Phone, agent: Phone) -> None:
    """Hold by re-INVITE is accepted by Asterisk; the agent's tone goes away and comes back."""
    there, here = await connect(caller, agent)
    here.play(1000)
    await there.hears(1000)
    await here.hold()
    await there.stops_hearing(1000)
    await here.unhold()
    await there.hears(1000)


async def test_a_hang_up_of_the_agent_reaches_the_caller(caller: Phone, agent: Phone) -> None:
    """Asterisk passes the BYE on."""
    there, here = await connect(caller, agent)
    here.hang_up()
    await there.until_ended()
    assert there.ended_by is EndedBy.THEM


async def test_a_registered_phone_hangs_up_cleanly(caller: Phone, agent: Phone) -> None:
    """The BYE of a phone with a password is answered with 200."""
    _, here = await connect(caller, agent)
    here.hang_up()
    await until(
        lambda: agent.wire.log.every(method="BYE", status=200, call_id=here.call_id), "the BYE is accepted"
    )


async def test_a_caller_that_gives_up_stops_the_agents_phone(caller: Phone, agent: Phone) -> None:
    """The CANCEL reaches the ringing phone."""
    agent.answering = RingForEver()
    there = await caller.call("2001")
    await there.until_ringing()
    here = await agent.next_call()
    there.hang_up()
    await here.until_ended()
    await there.until_ended()
    assert (here.ended_by, there.status) == (EndedBy.THEM, 487)


async def test_a_busy_agent_is_busy_for_the_caller(caller: Phone, agent: Phone) -> None:
    """486 is passed on."""
    agent.answering = Decline(status=486)
    there = await caller.call("2001")
    with pytest.raises(MomentMissed) as missed:
        await there.until_answered()
    assert missed.value.status == 486


async def test_asterisk_gets_its_options_answered(server: Asterisk) -> None:
    """A phone that shares its socket answers the qualify of Asterisk under its own name."""
    async with Wire() as wire:
        phone = Phone("phone3", password_of("phone3"), address(server), wire=wire)
        await phone.open()
        await phone.register()
        await server.console("pjsip qualify phone3")
        await until(
            lambda: wire.log.every(method="OPTIONS", status=200, flow=Flow.SENT), "the OPTIONS is answered"
        )


async def test_keys_that_the_caller_presses_reach_the_agent(caller: Phone, agent: Phone) -> None:
    """RFC 4733 events pass through Asterisk, in their order."""
    there, here = await connect(caller, agent)
    there.press("12#")
    await until(lambda: here.media.keys == "12#", "the agent's phone got three keys")


async def test_a_blind_transfer_moves_the_caller_and_is_reported(
    caller: Phone, agent: Phone, transferring: Phone
) -> None:
    """The REFER is accepted, the caller hears the new party, and the phone hears that it worked."""
    agent.answering = Answer()
    there = await caller.call("2002")
    here = await transferring.next_call()
    there.play(600)
    await here.hears(600)
    assert await here.transfer("2001") == 202
    target = await agent.next_call()
    await target.until_answered()
    target.play(1400)
    await there.hears(1400)
    await until(lambda: 200 in here.transfer_reports, "the transfer is reported as done")


async def test_an_attended_transfer_joins_the_two_calls(
    caller: Phone, agent: Phone, transferring: Phone
) -> None:
    """The phone speaks to the target first, then leaves both to each other."""
    agent.answering = Answer()
    there = await caller.call("2002")
    here = await transferring.next_call()
    consulted = await transferring.call("2001")
    target = await agent.next_call()
    there.play(600)
    target.play(1400)
    await here.hears(600)
    await consulted.hears(1400)
    assert await here.transfer_to(consulted) == 202
    await there.hears(1400)
    await target.hears(600)
