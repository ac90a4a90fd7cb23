"""The site file as a site: what each part of the file becomes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.acd.hours import is_open
from app.acd.model import Strategy, Target, TargetKind, UnavailableReason
from app.asterisk.for_site import node_config
from app.calls.model import AnswerWhen, WaitingSound
from app.ids import AgentId, DeviceId, EntryNumber, QueueId
from app.site.errors import SiteError
from app.site.loader import SiteFile, load_site
from app.site.model import FallbackAction, FromEnvironment, FromFile, Generated, InPlainSight, Site
from app.site.secret_store import Secrets

EXAMPLES = Path("app/site/examples")
TODAY = date(2026, 11, 21)
HEAD = "name: Test\ntime_zone: Asia/Shanghai\n"

Load = Callable[[str], Site]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the text of a site file."""

    def load_text(text: str) -> Site:
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        return load_site(path, today=TODAY)

    return load_text


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_loads(example: Path) -> None:
    assert load_site(example, today=TODAY).floor.queues


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_an_asterisk_can_be_configured_for_every_example(example: Path, tmp_path: Path) -> None:
    """What the loader lets through, Asterisk's configuration takes. Files of secrets are on the site's machine only."""
    site = load_site(example, today=TODAY)
    site = replace(site, asterisk=replace(site.asterisk, password=Generated()))
    config = node_config(site, Secrets(tmp_path, environment={"HOTLINE_CARRIER_PASSWORD": "1234"}))
    assert len(config.devices) == len(site.calls.devices)
    assert len(config.trunks) == len(site.trunks)


def test_the_demo_has_eight_agents_each_with_a_phone_and_an_extension() -> None:
    site = load_site(EXAMPLES / "demo.yaml", today=TODAY)
    assert [str(agent) for agent in site.floor.agents] == [f"agent{n}" for n in range(1, 9)]
    assert [agent.device_id for agent in site.floor.agents.values()] == [f"phone{n}" for n in range(1, 9)]
    assert [device.extension for device in site.calls.devices.values()] == [str(n) for n in range(101, 109)]
    assert {number: it.queue_id for number, it in site.calls.entry_points.items()} == {
        "4001": "service",
        "4002": "complaints",
        "4003": "orders",
    }


def test_in_the_demo_some_agent_can_take_each_entry_point_at_once() -> None:
    site = load_site(EXAMPLES / "demo.yaml", today=TODAY)
    for entry_point in site.calls.entry_points.values():
        members = site.floor.queues[entry_point.queue_id].members
        skills = [site.floor.agents[member.agent_id].skills for member in members if member.level == 0]
        assert any(all(has.get(it.skill, 0) >= it.level for it in entry_point.requires) for has in skills)


def test_a_site_is_a_value() -> None:
    """Two loads of one file are equal, so that a reload can tell that nothing changed."""
    path = EXAMPLES / "hotline.yaml"
    assert load_site(path, today=TODAY) == load_site(path, today=TODAY)


def test_chinese_names_and_ids_are_kept(load: Load) -> None:
    site = load(
        HEAD + "agents: {王芳: {name: 王芳}}\nqueues: {投诉: {members: [王芳]}}\npause_codes: [用餐]\n"
    )
    assert site.floor.agents[AgentId("王芳")].name == "王芳"
    assert site.floor.queues[QueueId("投诉")].members[0].agent_id == "王芳"
    assert site.floor.pause_codes == {"用餐"}


def test_values_that_yaml_would_take_for_something_else_stay_what_they_are(load: Load) -> None:
    """Leading zeros, words such as `no`, and numbers as names are text where text belongs."""
    site = load(
        HEAD + "agents: {007: {name: no}}\nqueues: {on: {members: [007]}}\nentry_points: {0571: on}\n"
    )
    assert site.floor.agents[AgentId("007")].name == "no"
    assert site.calls.entry_points[EntryNumber("0571")].queue_id == "on"


def test_what_is_left_out_has_the_name_of_its_key(load: Load) -> None:
    site = load(
        HEAD + "devices: {p: {extension: 10}}\nagents: {wang: }\nqueues: {q: }\nentry_points: {40: q}\n"
    )
    assert site.floor.agents[AgentId("wang")].name == "wang"
    assert site.calls.queue_names == {"q": "q"}
    assert site.calls.devices[DeviceId("p")].name == "p"
    assert site.calls.entry_points[EntryNumber("40")].name == "40"


def test_a_queue_takes_what_it_does_not_say_from_the_defaults(load: Load) -> None:
    site = load(
        HEAD + "queue_defaults: {wrap_up: 10s, strategy: linear, delays: {busy: 1m}, max_length: 5}\n"
        "queues: {a: , b: {wrap_up: 20s, delays: {declined: 2m}, max_length: none}}\n"
    )
    a, b = site.floor.queues[QueueId("a")], site.floor.queues[QueueId("b")]
    assert (a.wrap_up, b.wrap_up) == (timedelta(seconds=10), timedelta(seconds=20))
    assert a.strategy is b.strategy is Strategy.LINEAR
    assert (b.delays.busy, b.delays.declined) == (timedelta(minutes=1), timedelta(minutes=2))
    assert (a.max_length, b.max_length) == (5, None)


def test_a_target_of_a_queue_replaces_the_target_of_the_defaults_whole(load: Load) -> None:
    site = load(
        HEAD + "queue_defaults: {overflow: {full: {message: busy}, timeout: {voicemail: box}}}\n"
        "queues: {a: {overflow: {full: {queue: b}}}, b: {overflow: {full: hang_up, closed: {number: 110}}}}\n"
    )
    a, b = site.floor.queues[QueueId("a")].overflow, site.floor.queues[QueueId("b")].overflow
    assert a.full == Target(TargetKind.QUEUE, "b")
    assert a.timeout == Target(TargetKind.VOICEMAIL, "box")
    assert b.full == Target(TargetKind.HANG_UP)
    assert b.closed == Target(TargetKind.NUMBER, "110")


def test_teams_and_skills_are_spread_out_and_an_agent_named_singly_goes_by_that_entry(load: Load) -> None:
    site = load(
        HEAD + "agents:\n  a: {team: early, skills: {english: 2}}\n  b: {team: early}\n"
        "  c: {team: late, skills: {english: 1}}\n  d: {skills: [english]}\n"
        "queues:\n  q: {members: [{team: early}, {skill: english, level: 1}, {agent: b, level: 3, weight: 7}]}\n"
        "  r: {members: [{skill: english, at_least: 2}]}\n"
    )
    members = site.floor.queues[QueueId("q")].members
    assert [(m.agent_id, m.level, m.position, m.weight) for m in members] == [
        ("a", 0, 0, 1),
        ("b", 3, 1, 7),
        ("c", 1, 2, 1),
        ("d", 1, 3, 1),
    ]
    assert [member.agent_id for member in site.floor.queues[QueueId("r")].members] == ["a"]
    assert site.teams == {"early": ("a", "b"), "late": ("c",)}


def test_steps_are_in_rising_order_whatever_the_order_in_the_file(load: Load) -> None:
    queue = load(HEAD + "queues: {q: {widening: {1m: 2, 0s: 0, 30s: 1}}}").floor.queues[QueueId("q")]
    assert [(step.after.seconds, step.value) for step in queue.widening] == [(0, 0), (30, 1), (60, 2)]


def test_reasons_become_a_set_and_none_takes_them_away(load: Load) -> None:
    site = load(
        HEAD + "queue_defaults: {join_unless: [logged_out, paused]}\nqueues: {a: , b: {join_unless: none}}\n"
    )
    reasons = {UnavailableReason.LOGGED_OUT, UnavailableReason.PAUSED}
    assert site.floor.queues[QueueId("a")].join_unless == frozenset(reasons)
    assert site.floor.queues[QueueId("b")].join_unless is None


def test_an_entry_point_says_how_its_callers_wait(load: Load) -> None:
    site = load(
        HEAD + "agents: {a: {skills: {english: 3}}}\nqueues: {q: {members: [a]}}\n"
        "entry_points: {4001: {queue: q, answer: on_connect, waiting: ringback, requires: {english: 2}, priority: 4}}\n"
    )
    entry_point = site.calls.entry_points[EntryNumber("4001")]
    assert entry_point.answer is AnswerWhen.ON_CONNECT
    assert entry_point.waiting is WaitingSound.RINGBACK
    assert [(it.skill, it.level) for it in entry_point.requires] == [("english", 2)]
    assert entry_point.priority == 4


def test_an_entry_point_may_be_somebodys_own(load: Load) -> None:
    """Of an agent whom the file knows, who need not serve the queue."""
    text = (
        HEAD
        + "agents: {{a: }}\nqueues: {{q: }}\nentry_points: {{41: q, 42: {{queue: q, owner: {}}}, 43: {{queue: q, owner: a, owner_for: 5s}}}}\n"
    )
    numbers = load(text.format("a")).calls.entry_points
    assert [(it.owner, it.owner_for.total_seconds()) for it in numbers.values()] == [
        (None, 20),
        ("a", 20),
        ("a", 5),
    ]
    with pytest.raises(SiteError, match=r'entry_points.42.owner: found "b", expected an agent of this file'):
        load(text.format("b"))


def test_outside_calls_leave_by_the_trunk(load: Load) -> None:
    site = load(HEAD + "queues: {q: }\ntrunks: {carrier: {host: 192.0.2.1}}\noutbound: {trunk: carrier}\n")
    assert site.calls.outbound == "PJSIP/{number}@carrier"
    assert site.trunks["carrier"].match == ("192.0.2.1",)


def test_without_outbound_nobody_calls_out(load: Load) -> None:
    assert load(HEAD + "queues: {q: }").calls.outbound is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("cn", 5.0), ("us", 6.0), ("gb", 3.0), ("[1500ms, 3500ms]", 5.0)],
)
def test_a_ring_is_one_cycle_of_the_cadence(load: Load, text: str, seconds: float) -> None:
    site = load(HEAD + f"queues: {{q: }}\ncadence: {text}\n")
    assert site.cadence.ring == timedelta(seconds=seconds)
    assert site.floor.rings.span == timedelta(seconds=3 * seconds)


def test_passwords_are_references_and_never_shown(load: Load, tmp_path: Path) -> None:
    site = load(
        HEAD + "queues: {q: }\ndevices:\n  a: {extension: 10}\n  b: {extension: 11, password: {env: B}}\n"
        "  c: {extension: 12, password: {file: c.txt}}\n  d: {extension: 13, password: geheim}\n"
    )
    assert list(site.device_passwords.values()) == [
        Generated(),
        FromEnvironment("B"),
        FromFile(tmp_path / "c.txt"),
        InPlainSight("geheim"),
    ]
    assert "geheim" not in repr(site)


def test_an_asterisk_that_somebody_else_runs_needs_its_address_and_password(load: Load) -> None:
    site = load(
        HEAD + "queues: {q: }\nasterisk: {url: 'http://pbx:8088/ari', password: {env: ARI}}\ntrunks: {x: }\n"
    )
    assert not site.asterisk.is_own
    assert site.asterisk.password == FromEnvironment("ARI")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("{}", FallbackAction.WAIT),
        ("{dial: [p]}", FallbackAction.DIAL),
        ("{message: m.wav}", FallbackAction.MESSAGE),
    ],
)
def test_the_fallback_waits_dials_or_plays_a_message(load: Load, text: str, action: FallbackAction) -> None:
    site = load(
        HEAD + f"queues: {{q: }}\ndevices: {{p: {{extension: 10}}}}\nasterisk: {{fallback: {text}}}\n"
    )
    assert site.asterisk.is_own
    assert site.asterisk.fallback.action is action


def test_public_holidays_of_china_bring_make_up_days_with_the_weekday_they_stand_for(load: Load) -> None:
    """Saturday 14 February 2026 was worked for Friday 20 February, by order of the State Council."""
    text = (
        HEAD + "queues: {q: {calendar: c}}\ncalendars: {c: {hours: {mon-fri: 09:00-18:00}, holidays: cn}}\n"
    )
    calendar = load(text).floor.queues[QueueId("q")].calendar
    assert calendar is not None
    assert date(2026, 10, 1) in calendar.holidays
    assert date(2026, 2, 20) in calendar.holidays
    assert calendar.make_up_days[date(2026, 2, 14)] == 4
    assert {day.year for day in calendar.holidays} == {2026, 2027, 2028}


def test_a_calendar_reads_hours_own_dates_and_holiday_hours(load: Load) -> None:
    text = (
        HEAD
        + "queues: {q: {calendar: c}}\ncalendars:\n  c:\n    hours: {mon-fri: [09:00-12:00, 13:00-18:00], 'sat,sun': 22:00-06:00}\n"
        "    closed: [2026-12-24]\n    holiday_hours: 10:00-11:00\n    make_up_days: {2026-12-26: wed}\n    time_zone: Europe/Berlin\n"
    )
    calendar = load(text).floor.queues[QueueId("q")].calendar
    assert calendar is not None
    assert [(sorted(it.weekdays), it.opens, it.closes) for it in calendar.hours] == [
        ([0, 1, 2, 3, 4], time(9), time(12)),
        ([0, 1, 2, 3, 4], time(13), time(18)),
        ([5, 6], time(22), time(6)),
    ]
    assert calendar.holidays == {date(2026, 12, 24)}
    assert calendar.holiday_hours[0].opens == time(10)
    assert calendar.make_up_days == {date(2026, 12, 26): 2}
    assert calendar.time_zone == "Europe/Berlin"


def test_round_the_clock_is_always_open(load: Load) -> None:
    text = HEAD + "queues: {q: {calendar: c}}\ncalendars: {c: {hours: {daily: 00:00-24:00}}}\n"
    calendar = load(text).floor.queues[QueueId("q")].calendar
    assert all(is_open(calendar, datetime(2026, 11, 21, hour, 59, tzinfo=UTC)) for hour in range(24))


def test_a_reload_tells_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "queues: {q: {wrap_up: 10s}}\n")
    site_file = SiteFile(path, today=TODAY)
    path.write_text(HEAD + "queues: {q: {wrap_up: 15s}}\n")
    assert site_file.reload(today=TODAY) == ["floor.queues.q.wrap_up: 10s, now 15s"]
    assert site_file.site.floor.queues[QueueId("q")].wrap_up == timedelta(seconds=15)


def test_a_reload_of_a_broken_file_keeps_the_old_site(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "queues: {q: }\n")
    site_file = SiteFile(path, today=TODAY)
    before = site_file.site
    path.write_text("name: [")
    with pytest.raises(SiteError):
        site_file.reload(today=TODAY)
    assert site_file.site is before
