"""The audit log has every change by a human and every look at unmasked personal data, and no secret."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.acd.events import LogInRequested
from app.auth.access import Access
from app.auth.audit import AuditEntry, Head
from app.auth.audit_log import AuditLog
from app.auth.audited import NOTED_FIELDS, SELF_NOTED
from app.auth.errors import AccountsAway
from app.auth.model import Permission, Role
from app.store.waiting_audit import SpooledWaiting
from tests.support.accounts import PASSWORD, entry
from tests.support.memory_store import MemoryStore
from tests.support.metrics_records import ListRecords
from tests.support.people import People
from tests.support.stage import LIN, Stage

SAFE = {"get", "head"}


@pytest.fixture
async def people(stage: Stage) -> AsyncIterator[People]:
    """LIN is at a seat, and a call waits."""
    people = People(stage)
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c1")
    yield people
    for each in await log_of(people.access):
        assert PASSWORD not in json.dumps(each.details)
        assert "trt_" not in json.dumps(each.details)


async def log_of(access: Access) -> list[AuditEntry]:
    """The whole log, oldest first, without what the test itself prepared."""
    await access.audit.flush()
    return [link.entry for link in await access.store.audit_links(after=0, limit=1000)]


async def last(people: People) -> AuditEntry:
    """The newest entry."""
    return (await log_of(people.access))[-1]


def test_every_operation_that_changes_something_is_noted(stage: Stage) -> None:
    """By itself, or by the trail: each has its line in one of the two tables."""
    changing = {
        operation["operationId"]
        for path in stage.api.openapi()["paths"].values()
        for method, operation in path.items()
        if method not in SAFE
    }
    assert changing == set(NOTED_FIELDS) | SELF_NOTED


async def test_a_change_is_noted_with_who_what_and_what_became_of_it(people: People) -> None:
    """Small values before and after."""
    await people.user(Role.SHIFT_SUPERVISOR)
    async with people.browser(await people.session(Role.SHIFT_SUPERVISOR)) as page:
        await page.post("/api/v1/agents/lin/pause", json={"code": "lunch"})
    noted = await last(people)
    assert (noted.actor, noted.role) == ("user:shift_supervisor", "shift_supervisor")
    assert (noted.action, noted.object, noted.result) == ("pause", "agent:lin", "done")
    assert noted.source == "127.0.0.1"
    assert noted.details == {"code": "lunch", **_pended("paused")}


def _pended(status: str) -> dict[str, Any]:
    """LIN is offered a call, so a pause waits."""
    return {"before": {"pending": None}, "after": {"pending": status}}


@pytest.mark.parametrize(
    ("path", "body", "result"),
    [
        ("/api/v1/agents/lin/pause", {"code": "nonsense"}, "refused"),
        ("/api/v1/agents/nobody/log-out", None, "refused"),
        ("/api/v1/agents/lin/pause", {"code": 7}, "refused"),
    ],
)
async def test_what_was_refused_is_noted_as_refused(
    people: People, path: str, body: dict[str, object] | None, result: str
) -> None:
    """It was tried, after all."""
    async with people.stage.client() as admin:
        await admin.post(path, json=body)
    assert (await last(people)).result == result


async def test_what_is_no_text_is_noted_as_far_as_it_can_be(people: People) -> None:
    """Half a surrogate pair is JSON, but no UTF-8: it must not keep an attempt out of the log."""
    async with people.stage.client() as admin:
        headers = {"Content-Type": "application/json"}
        answer = await admin.post("/api/v1/agents/lin/pause", content=b'{"code": "\\ud800"}', headers=headers)
    assert answer.status_code == 422
    noted = await last(people)
    assert (noted.action, noted.result, noted.details) == ("pause", "refused", {"code": "?"})


@pytest.mark.parametrize(
    ("name", "noted_as"), [("li%00n", "agent:lin"), ("x" * 5_000, f"agent:{'x' * 128}")], ids=["NUL", "long"]
)
async def test_an_address_that_names_nonsense_is_noted_as_far_as_a_database_takes_it(
    people: People, name: str, noted_as: str
) -> None:
    """PostgreSQL refuses both, and every entry behind would wait for ever."""
    async with people.stage.client() as admin:
        answer = await admin.post(f"/api/v1/agents/{name}/pause", json={"code": "lunch"})
    assert answer.status_code == 422
    assert (await last(people)).object == noted_as


async def test_what_was_forbidden_is_noted(people: People) -> None:
    """Reading included: somebody tries doors."""
    await people.user(Role.AGENT)
    async with people.browser(await people.session(Role.AGENT)) as page:
        await page.get("/api/v1/audit")
    noted = await last(people)
    assert (noted.actor, noted.action, noted.result) == ("user:agent", "listAuditEntries", "forbidden")


async def test_a_look_at_full_numbers_is_noted_and_one_at_masked_ones_is_not(people: People) -> None:
    """The supervisor sees the number, the manager does not."""
    for role in (Role.SHIFT_SUPERVISOR, Role.MANAGER):
        await people.user(role)
        async with people.browser(await people.session(role)) as page:
            await page.get("/api/v1/calls/c1")
            await page.get("/api/v1/calls")
    looks = [each for each in await log_of(people.access) if each.action in {"showCall", "listCalls"}]
    assert [(each.actor, each.action, each.object, each.details) for each in looks] == [
        ("user:shift_supervisor", "showCall", "call:c1", {}),
        ("user:shift_supervisor", "listCalls", "", {"calls": ["c1"]}),
    ]


async def test_a_look_at_many_is_noted_with_whose_data_it_showed(people: People) -> None:
    """Only those that it showed in full, and how they were asked for."""
    await people.user(Role.AGENT)
    async with people.browser(await people.session(Role.AGENT)) as page:
        await page.get("/api/v1/calls", params={"agent_id": LIN, "state": "live"})
        people.stage.picks_up("c1-1")
        people.stage.call("c2")
        await page.get("/api/v1/calls", params={"agent_id": LIN, "state": "live"})
    noted = await last(people)
    assert (noted.actor, noted.action) == ("user:agent", "listCalls")
    assert noted.details == {"agent_id": "lin", "state": "live", "calls": ["c1"]}


async def test_an_export_is_noted_with_its_period() -> None:
    """It shows all numbers."""
    stage = Stage(records=ListRecords([]))
    async with stage.client() as admin:
        assert (await admin.get("/api/v1/reports/queue-log", params={"day": "2026-11-20"})).status_code == 200
    (noted,) = await log_of(stage.access)
    assert (noted.action, noted.details) == ("exportQueueLog", {"day": "2026-11-20"})


async def test_a_number_that_was_dialled_is_noted_masked(people: People) -> None:
    """The log is no address book."""
    async with people.stage.client() as admin:
        await admin.post("/api/v1/calls", json={"agent_id": "lin", "number": "13912345678"})
    noted = await last(people)
    assert noted.details["number"] == "139****5678"


async def test_fields_that_nobody_named_are_not_noted(people: People) -> None:
    """Whatever a client sends."""
    async with people.stage.client() as admin:
        await admin.post("/api/v1/agents/lin/pause", json={"code": "lunch", "digits": "4711"})
    assert "digits" not in (await last(people)).details


async def test_a_new_user_is_noted_once_and_without_the_password(people: People) -> None:
    """Together with the change."""
    body = {"name": "chen", "password": PASSWORD, "role": "agent", "agent_id": "lin"}
    async with people.stage.client() as admin:
        await admin.post("/api/v1/users", json=body)
        await admin.patch("/api/v1/users/chen", json={"role": "team_leader", "teams": ["early"]})
    added, changed = await log_of(people.access)
    assert (added.action, added.object, added.details["after"]["role"]) == ("addUser", "user:chen", "agent")
    assert changed.details == {
        "before": {"role": "agent", "teams": []},
        "after": {"role": "team_leader", "teams": ["early"]},
    }


async def test_logging_in_and_failing_to_is_noted(people: People) -> None:
    """A name that nobody has is not: it may be a password in the wrong field."""
    async with people.stage.client() as admin:
        await admin.post("/api/v1/users", json={"name": "chen", "password": PASSWORD, "role": "agent"})
    async with people.stage.client(token=None) as client:
        for name, password in (("chen", "wrong"), (PASSWORD.replace(" ", "-"), "x"), ("chen", PASSWORD)):
            await client.post("/api/v1/session", json={"name": name, "password": password})
    tries = [(each.actor, each.result) for each in (await log_of(people.access))[1:]]
    assert tries == [("user:chen", "login-refused"), ("user:unknown", "login-refused"), ("user:chen", "done")]


async def test_the_log_is_searched_by_what_it_says(people: People) -> None:
    """With cursors that new entries do not shift."""
    async with people.stage.client() as admin:
        for code in ("lunch", "培训", "lunch"):
            await admin.post("/api/v1/agents/lin/pause", json={"code": code})
        await admin.post("/api/v1/agents/lin/resume")
        first = (await admin.get("/api/v1/audit", params={"action": "pause", "limit": 2})).json()
        await admin.post("/api/v1/agents/lin/pause", json={"code": "lunch"})
        second = (
            await admin.get("/api/v1/audit", params={"action": "pause", "limit": 2, "cursor": first["next"]})
        ).json()
        wrong = await admin.get("/api/v1/audit", params={"cursor": "x"})
        await admin.post("/api/v1/agents/nobody/log-out")
        by_result = (await admin.get("/api/v1/audit", params={"result": "refused"})).json()["entries"]
        by_source = (await admin.get("/api/v1/audit", params={"source": "192.0.2.1"})).json()["entries"]
    assert [each["seq"] for each in first["entries"] + second["entries"]] == [3, 2, 1]
    assert [each["details"]["code"] for each in first["entries"]] == ["lunch", "培训"]
    assert second["next"] is None
    assert ([each["action"] for each in by_result], by_source) == (["logOut"], [])
    assert wrong.json()["code"] == "wrong-cursor"


def test_no_operation_changes_or_removes_an_entry(stage: Stage) -> None:
    """There is one, and it reads."""
    paths = {path: set(each) for path, each in stage.api.openapi()["paths"].items() if "audit" in path}
    assert paths == {"/api/v1/audit": {"get"}}


# --- while the database is away --------------------------------------------------------------------------------------


class Away(MemoryStore):
    """A store that can be away."""

    is_away = True

    async def write_audit(self, entries: Any) -> None:
        """As `AccountStore.write_audit`."""
        if self.is_away:
            raise AccountsAway("as a test")
        await super().write_audit(entries)


async def test_entries_wait_for_the_database_and_survive_a_kill(tmp_path: Path) -> None:
    """In order, each once; what was written before the kill is not written twice."""
    store, first, second = Away(), entry("pause"), entry("resume")
    log = AuditLog(store, SpooledWaiting(tmp_path))
    log.note(first)
    with pytest.raises(AccountsAway):
        await log.flush()
    log.note(second)  # And now the process is killed: nothing is closed.
    store.is_away = False
    for _ in range(2):
        waiting = SpooledWaiting(tmp_path)
        await AuditLog(store, waiting).flush()
        waiting.close()
    assert [link.entry for link in await store.audit_links(after=0, limit=9)] == [first, second]
    log.close()


async def test_the_end_of_the_log_is_kept_when_it_grows(tmp_path: Path) -> None:
    """Whoever cuts the log off cannot take back what was seen."""
    store, heads = MemoryStore(), list[Head]()
    log = AuditLog(store, SpooledWaiting(tmp_path), keep_head=heads.append)
    for _ in range(2):
        log.note(entry())
        await log.flush()
    await log.flush()
    assert [head.seq for head in heads] == [1, 2]
    log.close()


async def test_who_may_not_see_the_log_does_not(people: People) -> None:
    """A script needs the permission, by name."""
    async with people.stage.client(await people.token(Permission.AGENTS_SEE)) as script:
        assert (await script.get("/api/v1/audit")).status_code == 403
    async with people.stage.client(await people.token(Permission.AUDIT_SEE)) as script:
        assert (await script.get("/api/v1/audit")).status_code == 200
