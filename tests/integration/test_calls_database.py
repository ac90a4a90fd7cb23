"""The database fails while people call: nobody on the phone notices, somebody is told why, and in the end everything is written down."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.runtime.health import Level, Part
from app.simulator.answering import Answer
from app.simulator.dialog import Dialog
from tests.support import databases
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.databases import Outage, PostgresServer, TestDatabase
from tests.support.full_disk import files_of_at_most
from tests.support.hotline_site import SERVICE, hotline_site
from tests.support.service import Hotline, RunningService
from tests.support.service_process import ServiceProcess
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

CALLER_HZ, AGENT_HZ = 600, 1000
_OF_ENDED = 'SELECT count(*) FROM "call" WHERE ended_by IS NOT NULL'


@pytest_asyncio.fixture(loop_scope="session")
async def service(tmp_path: Path, database: TestDatabase) -> AsyncIterator[RunningService]:
    """A service that writes into this database."""
    service = RunningService(tmp_path, hotline_site(tmp_path), database_url=database.url)
    await service.open()
    yield service
    await service.close()


def part(service: RunningService, name: str) -> Part:
    """How a part of the service is."""
    return next(part for part in service.thirdring.service.health().parts if part.name == name)


async def talk(one: Dialog, other: Dialog) -> None:
    """Both hear each other."""
    one.play(CALLER_HZ)
    other.play(AGENT_HZ)
    await asyncio.gather(one.hears(AGENT_HZ), other.hears(CALLER_HZ))


@pytest.mark.parametrize(
    ("database", "outage", "words"),
    [
        pytest.param("sqlite", databases.locked, "locked by another program", id="sqlite-locked"),
        pytest.param("sqlite", databases.read_only, "read-only", id="sqlite-read-only"),
        pytest.param("sqlite", databases.full, "full", id="sqlite-full"),
        pytest.param("postgres", databases.stopped, "does not answer|broke", id="postgres-stopped"),
        pytest.param("postgres", databases.read_only, "read-only", id="postgres-read-only"),
        pytest.param("postgres", databases.full, "full", id="postgres-full"),
    ],
    indirect=["database"],
)
async def test_calls_go_on_while_the_database_fails_and_are_all_in_it_afterwards(
    service: RunningService, database: TestDatabase, outage: Outage, words: str
) -> None:
    """One talks through all of it, one comes and is answered meanwhile, one comes meanwhile and leaves."""
    engine = service.thirdring.journal.database.engine
    async with Hotline(service) as hotline:
        agents = [await hotline.agent(number, Answer()) for number in (1, 2)]
        first = await hotline.call(SERVICE)
        here = await agents[0].next_call()
        await talk(first, here)
        async with outage(database, engine):
            second = await hotline.call(SERVICE)
            await talk(second, await agents[1].next_call())
            third = await hotline.call(SERVICE)
            await third.hears(MUSIC_HZ)
            third.hang_up()
            await until(lambda: part(service, "database").level is Level.DEGRADED, "nobody says so")
            assert re.search(words, part(service, "database").detail)
            assert service.thirdring.service.health().is_ready
            await talk(first, here)
        first.hang_up()
        second.hang_up()
        await until(lambda: part(service, "database").level is Level.OK, "it is not noticed to be back")

        async def are_written() -> bool:
            return await database.rows(_OF_ENDED) == [(3,)]

        await until(are_written, "a call is missing in the database")
    assert service.thirdring.journal.status().lost_rows == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_calls_go_on_while_the_disk_is_full_and_are_all_written_down_afterwards(
    service: RunningService, database: TestDatabase, tmp_path: Path
) -> None:
    """Neither the journal's files nor the database can grow."""
    async with Hotline(service) as hotline:
        agents = [await hotline.agent(number, Answer()) for number in (1, 2)]
        first = await hotline.call(SERVICE)
        here = await agents[0].next_call()
        await talk(first, here)
        files = [file for file in (tmp_path / "data" / "journal").iterdir() if file.is_file()]
        with files_of_at_most(max(file.stat().st_size for file in files)):
            second = await hotline.call(SERVICE)
            await talk(second, await agents[1].next_call())
            await until(lambda: part(service, "journal").level is Level.DEGRADED, "nobody says so")
            assert part(service, "journal").detail
            assert service.thirdring.journal.status().held_rows > 0
            await talk(first, here)
        first.hang_up()
        second.hang_up()
        await until(lambda: part(service, "journal").level is Level.OK, "it is not noticed to have room")

        async def are_written() -> bool:
            return await database.rows(_OF_ENDED) == [(2,)]

        await until(are_written, "a call is missing in the database")
    assert service.thirdring.journal.status().lost_rows == 0


async def test_a_restart_with_the_database_away_goes_on_with_all_calls(
    tmp_path: Path, postgres_server: PostgresServer, postgres_database: TestDatabase
) -> None:
    """What is on the disk is enough: who talks and who waits notices nothing."""
    environment = {"THIRDRING_DATABASE_URL": postgres_database.url}
    async with ServiceProcess(tmp_path, environment=environment) as service:
        phone = await service.phone("phone1")
        phone.answering = Answer()
        await service.log_in("agent1")
        first = await (await service.caller("13800000001")).call("4001")
        here = await phone.next_call()
        await talk(first, here)
        waiting = await (await service.caller("13800000002")).call("4001")
        await waiting.hears(MUSIC_HZ)
        await asyncio.to_thread(postgres_server.kill)
        try:
            await service.killed()
            await service.start()
            await talk(first, here)
            await waiting.hears(MUSIC_HZ)
            here.hang_up()
            await talk(waiting, await phone.next_call())
            assert "database_away_at_start" in service.log()
            assert databases.PASSWORD not in service.log()
        finally:
            await asyncio.to_thread(postgres_server.start)
        waiting.hang_up()

        async def are_written() -> bool:
            return await postgres_database.rows(_OF_ENDED) == [(2,)]

        await until(are_written, "a call is missing in the database")
