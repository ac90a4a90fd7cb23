"""Who may do what: a walk of everybody through every operation and every live topic, held against the two tables below.

The tables are the specification. `A`: about anybody; `T`: about the agents of the own teams; `O`: about oneself as an agent; `-`: never.
A new operation is denied to all but admins until it stands in `app/auth/permissions.py`, and this test fails until it stands here.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from itertools import product

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from app.acd.events import LogInRequested
from app.auth.actor import ADMIN_TOKEN_NAME, admin_token_holder
from app.auth.identities import principal_of
from app.auth.model import Permission, Principal, Role
from app.auth.permissions import FOR_EVERYBODY, FOR_NOBODY_IN_PARTICULAR, GRANTS, RULES, allows_operation
from app.ids import AgentId, CallId
from app.live.protocol import CloseCode, Numbers, View
from app.live.rights import Rights
from app.live.topics import parse_topics
from tests.support.accounts import user
from tests.support.live_client import LiveServer, serving
from tests.support.missed_calls import ListMissedCalls, missed
from tests.support.people import MATE, OWN, STRANGER, People, page_headers
from tests.support.stage import LIN, WANG, Stage

ROLES = (
    Role.AGENT,
    Role.SENIOR_AGENT,
    Role.TEAM_LEADER,
    Role.SHIFT_SUPERVISOR,
    Role.INFORMATION_DESK,
    Role.COMPLAINT_DESK,
    Role.MANAGER,
    Role.OPERATIONS,
    Role.DISPLAY,
    Role.ADMIN,
)

OPERATIONS = """
                      agent senior leader super info compl manager ops display admin
    listQueues          A     A      A      A    A     A      A     A     A      A
    showQueue           A     A      A      A    A     A      A     A     A      A
    listAgents          A     A      A      A    A     A      A     A     A      A
    showAgent           A     A      A      A    A     A      A     A     A      A
    logIn               O     O      T      A    O     O      -     -     -      A
    logOut              O     O      T      A    O     O      -     -     -      A
    pause               O     O      T      A    O     O      -     -     -      A
    resume              O     O      T      A    O     O      -     -     -      A
    endWrapUp           O     O      T      A    O     O      -     -     -      A
    extendWrapUp        O     O      T      A    O     O      -     -     -      A
    originateCall       O     O      T      A    O     O      -     -     -      A
    listCalls           O     T      T      A    A     A      A     A     A      A
    showCall            O     T      T      A    A     A      A     A     A      A
    hangUpCall          O     O      T      A    O     O      -     -     -      A
    showReport          -     -      T      A    -     -      A     -     -      A
    showRingReport      -     -      T      A    -     -      A     -     -      A
    listCallsBehind     -     -      T      A    -     -      A     -     -      A
    exportQueueLog      -     -      -      A    -     -      -     -     -      A
    listMissedCalls     O     O      T      A    O     O      A     -     -      A
    showMissedCall      O     O      T      A    O     O      A     -     -      A
    sumCharges          O     O      T      A    O     O      A     -     -      A
    disputeMissedCall   O     O      T      A    O     O      -     -     -      A
    recoverMissedCall   O     O      T      A    O     O      -     -     -      A
    waiveMissedCall     -     -      -      -    -     -      A     -     -      A
    showMetrics         -     -      -      -    -     -      -     A     -      A
    reloadSite          -     -      -      -    -     -      -     A     -      A
    listUsers           -     -      -      -    -     -      -     -     -      A
    showUser            -     -      -      -    -     -      -     -     -      A
    addUser             -     -      -      -    -     -      -     -     -      A
    changeUser          -     -      -      -    -     -      -     -     -      A
    setPassword         -     -      -      -    -     -      -     -     -      A
    closeSessionsOfUser -     -      -      -    -     -      -     -     -      A
    unlockUser          -     -      -      -    -     -      -     -     -      A
    linkUser            -     -      -      -    -     -      -     -     -      A
    listTokens          -     -      -      -    -     -      -     A     -      A
    addToken            -     -      -      -    -     -      -     A     -      A
    revokeToken         -     -      -      -    -     -      -     A     -      A
    listAuditEntries    -     -      -      -    -     -      A     -     -      A
    showVersion         A     A      A      A    A     A      A     A     A      A
    listFigures         A     A      A      A    A     A      A     A     A      A
    showSession         A     A      A      A    A     A      A     A     A      A
    closeSession        A     A      A      A    A     A      A     A     A      A
    closeAllSessions    A     A      A      A    A     A      A     A     A      A
    changeOwnPassword   A     A      A      A    A     A      A     A     A      A
"""

TOPICS = """
                      agent senior leader super info compl manager ops display admin
    site                A     A      A      A    A     A      A     A     A      A
    queues              A     A      A      A    A     A      A     A     A      A
    agents              A     A      A      A    A     A      A     A     A      A
    teams               A     A      A      A    A     A      A     A     A      A
    alerts              -     -      A      A    -     -      A     A     A      A
    calls               O     T      T      A    A     A      A     A     A      A
    calls-full          O     O      T      A    O     A      -     -     -      A
    callbacks           -     -      -      A    A     A      A     A     A      A
    callbacks-full      -     -      -      A    -     A      -     -     -      A
"""
"""`-full`: with unmasked numbers. There are no callbacks yet: they are about everybody."""

ASKING_ABOUT = ("/calls", "/reports", "/rings", "/missed-calls", "/charges")
"""Ends of paths whose query says whom a request is about."""

BODIES = {"/dispute": {"reason": "in a call"}, "/recover": {"call_id": "c-own"}}
"""By the end of the path: operations that find out whom they are about only when their body is valid."""

WITHOUT_PROOF = {"isAlive", "isReady", "listLogInWays", "openSession"}

SEES_NUMBERS = {
    Role.AGENT: "O",
    Role.SENIOR_AGENT: "O",
    Role.TEAM_LEADER: "T",
    Role.SHIFT_SUPERVISOR: "A",
    Role.INFORMATION_DESK: "O",
    Role.COMPLAINT_DESK: "A",
    Role.MANAGER: "-",
    Role.OPERATIONS: "-",
    Role.DISPLAY: "-",
    Role.ADMIN: "A",
}
"""Whose callers' numbers each role sees in full."""

REACHED: dict[str, set[AgentId | None]] = {
    "A": {OWN, MATE, STRANGER, None},
    "T": {OWN, MATE},
    "O": {OWN},
    "-": set(),
}
"""About whom a letter allows a request; None: about everybody."""

NUMBER = "13800138000"
TEAMS = {"early": (OWN, MATE), "late": (STRANGER,)}
CALL_OF = {OWN: "c-own", MATE: "c-mate", None: "c-nobody"}
"""Of the calls on the floor, and of those in the ledger of missed ones."""


def read(table: str) -> dict[str, dict[Role, str]]:
    """The letters of a table by row and role."""
    rows = [line.split() for line in table.strip().splitlines()[1:]]
    return {name: dict(zip(ROLES, letters, strict=True)) for name, *letters in rows}


SPECIFIED = read(OPERATIONS)


def principal(role: Role) -> Principal:
    """A user of a role, who is an agent and leads a team."""
    return principal_of(user(role=role, agent_id=OWN, teams=("early",)))


# --- operations ------------------------------------------------------------------------------------------------------


def test_the_table_names_every_operation() -> None:
    """Those that are served, and those that have a rule."""
    served = {
        operation["operationId"]
        for path in Stage(is_measured=True).api.openapi()["paths"].values()
        for operation in path.values()
    }
    named = set(SPECIFIED) | WITHOUT_PROOF
    assert served == named == set(RULES) | FOR_EVERYBODY | FOR_NOBODY_IN_PARTICULAR


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_a_grant_has_nothing(role: Role) -> None:
    """Every role is in the tables, and an operation that nobody knows is for admins alone."""
    assert allows_operation(principal(role), "somethingNew", (), TEAMS) is (role is Role.ADMIN)
    nobody = principal_of(user(role=role))
    assert allows_operation(nobody, "pause", [OWN], TEAMS) is (SPECIFIED["pause"][role] == "A")


def test_the_admin_token_may_do_everything() -> None:
    """It is the way in at the first start."""
    holder = admin_token_holder()
    assert holder.name == ADMIN_TOKEN_NAME
    assert holder.grants == GRANTS[Role.ADMIN]
    assert all(allows_operation(holder, operation, (), TEAMS) for operation in SPECIFIED)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An open service with a ledger: OWN, MATE and nobody were on duty when these calls were missed."""
    entries = [missed(name, on_duty=[about] if about else []) for about, name in CALL_OF.items()]
    stage = Stage(missed=ListMissedCalls(entries), is_measured=True)
    stage.open()
    yield stage
    stage.dispatcher.stop()


@pytest.fixture
async def people(stage: Stage) -> People:
    """A floor on which one call talks to LIN, one to WANG, and one waits."""
    people = People(stage)
    for agent_id in (LIN, WANG):
        stage.dispatcher.submit(LogInRequested(agent_id))
        call_id = stage.call(CALL_OF[agent_id])
        stage.picks_up(f"{call_id}-1")
    stage.call(CALL_OF[None])
    return people


def requests(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Every operation with its method and path."""
    for path, operations in stage.api.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation["operationId"] not in WITHOUT_PROOF:
                yield operation["operationId"], method.upper(), path


def filled(path: str, about: AgentId | None) -> str:
    """The path with its ids."""
    ids = {"agent_id": str(about), "queue_id": "service"}
    ids |= dict.fromkeys(("call_id", "missed_id"), CALL_OF.get(about, CALL_OF[None]))
    return path.format_map(defaultdict(lambda: "none", ids))


async def ask(client: httpx2.AsyncClient, method: str, path: str, about: AgentId | None) -> httpx2.Response:
    """One request about somebody. Its body is refused as invalid by whatever would change something."""
    if method == "GET":
        query = {"agent_id": about} if about and path.endswith(ASKING_ABOUT) else {}
        return await client.get(filled(path, about), params=query)
    body = next((each for end, each in BODIES.items() if path.endswith(end)), None)
    body = body or ({"agent_id": about} if about else {})
    return await client.request(method, filled(path, about), json=body)


def subjects(path: str) -> list[AgentId | None]:
    """About whom a request to this path can be."""
    if "{call_id}" in path or "{missed_id}" in path:
        return [OWN, MATE, None]
    if "{agent_id}" in path:
        return [OWN, MATE, STRANGER]
    return [OWN, MATE, STRANGER, None] if path.endswith(ASKING_ABOUT) else [None]


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gets_through_exactly_where_the_table_says(people: People, role: Role) -> None:
    """Every operation, about oneself, a team mate, another team's agent and nobody; by a session, as a page does it."""
    await people.user(role)
    differences = []
    for operation, method, path in requests(people.stage):
        for about in subjects(path):
            async with people.browser(await people.session(role)) as client:
                answer = await ask(client, method, path, about)
            assert answer.status_code not in (401, 500), (operation, answer.text)
            is_allowed = answer.status_code != 403 or answer.json()["code"] != "forbidden"
            letter = SPECIFIED[operation][role]
            if is_allowed is not (about in REACHED[letter]):
                differences.append((operation, about, letter, answer.status_code))
    assert differences == []


async def test_nobody_gets_through_anywhere(people: People) -> None:
    """Without a proof there is nothing but the probes and the log-in."""
    async with people.stage.client(token=None) as client:
        for operation, method, path in requests(people.stage):
            assert (await ask(client, method, path, OWN)).status_code == 401, operation


async def test_a_display_gets_through_nowhere_but_to_itself(people: People) -> None:
    """Its token is for the live stream."""
    async with people.stage.client(await people.display("queues")) as client:
        passed = {
            operation
            for operation, method, path in requests(people.stage)
            if (await ask(client, method, path, OWN)).status_code != 403
        }
    assert passed == FOR_EVERYBODY


async def test_a_script_gets_through_where_its_permissions_reach(people: People) -> None:
    """And nowhere else, even though an admin made its token."""
    async with people.stage.client(await people.token(Permission.AGENTS_SEE)) as client:
        passed = {
            operation
            for operation, method, path in requests(people.stage)
            if (await ask(client, method, path, OWN)).status_code != 403
        }
    assert passed == FOR_EVERYBODY | {"listAgents", "showAgent"}


@pytest.mark.parametrize("role", [role for role in ROLES if role is not Role.DISPLAY])
async def test_numbers_are_in_full_exactly_for_whom_the_table_says(people: People, role: Role) -> None:
    """In a call's details and in lists."""
    await people.user(role)
    seen = {about: await _number(people, role, call_id) for about, call_id in CALL_OF.items()}
    for about, number in seen.items():
        if number is not None:
            is_full = about in REACHED[SEES_NUMBERS[role]]
            assert number == (NUMBER if is_full else "138****8000"), about


async def _number(people: People, role: Role, call_id: str) -> str | None:
    headers = page_headers(await people.session(role))
    async with people.stage.client(token=None) as client:
        answer = await client.get(f"/api/v1/calls/{call_id}", headers=headers)
    return None if answer.status_code == 403 else str(answer.json()["from_number"])


# --- live topics -----------------------------------------------------------------------------------------------------

AGENTS_OF_CALL = {CallId("c-own"): {OWN}, CallId("c-mate"): {MATE}, CallId("c-stranger"): {STRANGER}}
RIGHTS = Rights(TEAMS, lambda call_id: AGENTS_OF_CALL.get(call_id, set()))

ROW_BY_TOPIC: dict[str, tuple[str, AgentId | None]] = {
    "site": ("site", None),
    "queues": ("queues", None),
    "queue:service": ("queues", None),
    "agents": ("agents", None),
    f"agent:{OWN}": ("agents", OWN),
    f"agent:{STRANGER}": ("agents", STRANGER),
    "team:early": ("teams", MATE),
    "team:late": ("teams", STRANGER),
    "team:nobody": ("teams", None),
    "alerts": ("alerts", None),
    "alert:ring": ("alerts", None),
    "calls": ("calls", None),
    "call:c-own": ("calls", OWN),
    "call:c-mate": ("calls", MATE),
    "call:c-stranger": ("calls", STRANGER),
    "call:c-unknown": ("calls", None),
    "callbacks": ("callbacks", None),
    "callback:cb-1": ("callbacks", None),
}
"""Every kind of topic, with its row and whom it is about."""
VIEWS = list(product(ROW_BY_TOPIC, Numbers))


def may_follow(role: Role, topic: str, numbers: Numbers) -> bool:
    """What the table says."""
    table, (row, about) = read(TOPICS), ROW_BY_TOPIC[topic]
    rows = [row, f"{row}-full"] if numbers is Numbers.FULL and f"{row}-full" in table else [row]
    return all(about in REACHED[table[each][role]] for each in rows)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_follows_exactly_what_the_table_says(role: Role) -> None:
    """Every topic, masked and in full."""
    for topic, numbers in VIEWS:
        refusal = RIGHTS.refusal(principal(role), View(parse_topics([topic]), numbers))
        assert (refusal is None) is may_follow(role, topic, numbers), (topic, refusal)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_told_exactly_what_the_table_says(people: People, role: Role) -> None:
    """Through the websocket, by the session of a page; and no number in full in what is masked."""
    await people.user(role)
    headers = page_headers(await people.session(role))
    async with serving(people.stage.api) as server:
        for topic, numbers in VIEWS:
            if topic == "call:c-stranger":
                continue  # There is none on this floor.
            told = await _told(server, headers | {"Origin": server.url}, topic, numbers)
            assert (told is not None) is may_follow(role, topic, numbers), (topic, numbers)
            assert told is None or (NUMBER in told) is (numbers is Numbers.FULL and "from_number" in told), (
                topic
            )


async def _told(server: LiveServer, headers: dict[str, str], topic: str, numbers: Numbers) -> str | None:
    """The snapshot of a topic as it came; None: it is refused."""
    async with server.wallboard(additional_headers=headers) as board:
        await board.subscribe(topic, numbers=numbers.value)
        try:
            return str(await board.connection.recv())
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code != CloseCode.FORBIDDEN:
                raise
            return None


async def test_callbacks_are_followed_though_there_are_none(people: People) -> None:
    """A page that shows them is ready for the day on which there are."""
    async with serving(people.stage.api) as server, server.following("callbacks", "callback:cb-1") as board:
        assert {topic: value for topic, value in board.values.items() if value} == {}


def test_one_topic_too_many_refuses_the_whole() -> None:
    """A client sees at once what it may not, and not only later that something is missing."""
    view = View(parse_topics(["queues", "calls"]), Numbers.MASKED)
    assert RIGHTS.refusal(principal(Role.AGENT), view) == "The role agent may not follow calls."
