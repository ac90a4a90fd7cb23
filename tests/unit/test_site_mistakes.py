"""Mistakes in a site file: each is named with line, column, field, what was found and what was expected."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.site.errors import Mistake, SiteError
from app.site.loader import load_site

TODAY = date(2026, 11, 21)
GOOD = """\
name: Hotline
time_zone: Asia/Shanghai
devices:
  phone1: {extension: 101}
agents:
  wang: {device: phone1, skills: {english: 3}, team: early}
queues:
  service: {members: [wang]}
entry_points:
  4001: service
"""

Mistakes = Callable[[str | bytes], tuple[Mistake, ...]]


@pytest.fixture
def mistakes(tmp_path: Path) -> Mistakes:
    """All mistakes of the text of a site file."""

    def of(text: str | bytes) -> tuple[Mistake, ...]:
        path = tmp_path / "site.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SiteError) as caught:
            load_site(path, today=TODAY)
        return caught.value.mistakes

    return of


def test_the_text_that_the_mistakes_below_are_put_into_is_good(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD)
    assert load_site(path, today=TODAY).name == "Hotline"


@pytest.mark.parametrize(
    ("good", "bad", "place", "field", "problem"),
    [
        ("name: Hotline", "nme: Hotline", "1:1", "name", "found no `name`, which is needed"),
        ("name: Hotline", "name: Hotline\nlangage: en", "2:1", "langage", 'unknown field "langage"; did you mean "language"?'),
        ("skills:", "skils:", "6:26", "agents.wang.skils", 'did you mean "skills"?'),
        ("[wang]", "[wnag]", "8:23", "queues.service.members[0]", 'found "wnag", expected an agent of this file; did you mean "wang"?'),
        ("[wang]", "[{team: erly}]", "8:30", "queues.service.members[0].team", 'did you mean "early"?'),
        ("[wang]", "[{skill: englisch}]", "8:31", "queues.service.members[0].skill", 'did you mean "english"?'),
        ("[wang]", "[{team: early, skill: english}]", "8:23", "queues.service.members[0]", "exactly one of agent, team, skill"),
        ("[wang]", "[wang, {agent: wang}]", "8:29", "queues.service.members[1]", "a second time"),
        ("[wang]", "wang", "8:22", "queues.service.members", 'found "wang", expected a list'),
        ("[wang]}", "[wang], ring_timeout: 0s}", "8:44", "queues.service.ring_timeout", 'found "0s", expected a duration longer than zero'),
        ("[wang]}", "[wang], ring_timeout: 15}", "8:44", "queues.service.ring_timeout", "such as `15s`"),
        ("[wang]}", "[wang], strategy: longest_idel}", "8:40", "queues.service.strategy", 'did you mean "longest_idle"?'),
        ("[wang]}", "[wang], max_length: 0}", "8:42", "queues.service.max_length", "a number of at least 1"),
        ("[wang]}", "[wang], max_length: few}", "8:42", "queues.service.max_length", 'found "few", expected a whole number'),
        ("[wang]}", "[wang], calendar: office}", "8:40", "queues.service.calendar", "a calendar of this file. There is none yet."),
        ("[wang]}", "[wang], overflow: {full: service}}", "8:47", "queues.service.overflow.full", "`{queue: …}`"),
        ("[wang]}", "[wang], overflow: {full: {queue: x}}}", "8:55", "queues.service.overflow.full.queue", "a queue of this file"),
        ("[wang]}", "[wang], overflow: {full: {queue: service}}}", "8:55", "queues.service.overflow.full.queue", "service → service"),
        ("[wang]}", "[wang], widening: {60s: 1, 1m: 2}}", "8:40", "queues.service.widening", "each waiting time once"),
        ("[wang]}", "[wang], leave_when: [pausd]}", "8:43", "queues.service.leave_when[0]", 'did you mean "paused"?'),
        ("4001: service", "4001: servce", "10:9", "entry_points.4001", 'did you mean "service"?'),
        ("4001: service", "4o01: service", "10:3", "entry_points.4o01", "a telephone number"),
        ("4001: service", "101: service", "4:23", "devices.phone1.extension", "which is an entry point too"),
        ("4001: service", "4001: {}", "10:3", "entry_points.4001.queue", "found no `queue`, which is needed"),
        ("Asia/Shanghai", "Asia/Shanghei", "2:12", "time_zone", 'did you mean "Asia/Shanghai"?'),
        ("device: phone1", "device: phone2", "6:18", "agents.wang.device", 'did you mean "phone1"?'),
        ("  wang:", "  li: {device: phone1}\n  wang:", "7:18", "agents.wang.device", 'which is the device of agent "li"'),
        ("  phone1:", "  phone2: {extension: 101}\n  phone1:", "5:23", "devices.phone1.extension", 'which is the extension of "phone2"'),
        ("  phone1:", "  电话: {extension: 102}\n  phone1:", "4:3", "devices.电话", "ASCII letters"),
        ("  phone1:", "  general: {extension: 102}\n  phone1:", "4:12", "devices.general", "a word that Asterisk uses itself"),
        ("{extension: 101}", "{extension: 1o1}", "4:23", "devices.phone1.extension", "2 to 15 digits"),
        ("{extension: 101}", "{extension: 101, name: 'a;b'}", "4:34", "devices.phone1.name", "none of them ;"),
        ("{extension: 101}", "{extension: 101, password: {env: A, file: b}}", "4:38", "devices.phone1.password", "exactly one of env, file, literal"),
        ("name: Hotline", "name: Hotline\ncadence: cnn", "2:10", "cadence", 'did you mean "cn"?'),
        ("name: Hotline", "name: Hotline\ncadence: [1s]", "2:10", "cadence", "bursts and pauses in turn"),
        ("name: Hotline", "name: Hotline\ntrunks: {t: {host: sip.example}}", "2:13", "trunks.t", "found no `match`"),
        ("name: Hotline", "name: Hotline\ntrunks: {t: }", "2:13", "trunks.t", "found no `host`"),
        ("name: Hotline", "name: Hotline\nasterisk: {url: 'http://a/ari'}", "2:11", "asterisk", "`password` beside `url`"),
        ("name: Hotline", "name: Hotline\nasterisk: {url: http://a, password: b}", "2:17", "asterisk.url", "the base address of ARI"),
        ("name: Hotline", "name: Hotline\nasterisk: {rtp_ports: 20000-10000}", "2:23", "asterisk.rtp_ports", "a range of ports"),
        ("name: Hotline", "name: Hotline\nasterisk: {fallback: {dial: [phone1], message: a}}", "2:22", "asterisk.fallback", "either `dial` or `message`"),
        ("name: Hotline", "name: Hotline\npolicies: []", "2:11", "policies", "found a list, expected fields with values"),
        ("name: Hotline", "name: Hotline\ncalendars: {c: {hours: {monn: 09:00-18:00}}}", "2:25", "calendars.c.hours.monn", "weekdays such as `mon-fri`"),
        ("name: Hotline", "name: Hotline\ncalendars: {c: {hours: {mon: 09:00-25:00}}}", "2:30", "calendars.c.hours.mon", "hours such as"),
        ("name: Hotline", "name: Hotline\ncalendars: {c: {hours: {}, closed: [2026-02-30]}}", "2:37", "calendars.c.closed[0]", "a date such as"),
        ("name: Hotline", "name: Hotline\ncalendars: {c: {hours: {}, holidays: xx}}", "2:38", "calendars.c.holidays", "a country code"),
        ("name: Hotline", "name: Hotline\ncalendars: {c: {hours: {}, holidays: {country: de, region: XX}}}", "2:60", "calendars.c.holidays.region", "a region of DE"),
        ("name: Hotline", "name: Hotline\nname: Again", "2:1", "name", 'found "name" twice, first in line 1'),
        ("name: Hotline", "name: !secret Hotline", "1:7", "name", 'found the tag "!secret"'),
        ("name: Hotline", "name: {a: b}", "1:7", "name", "found fields, expected text"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_place_field_and_what_was_expected(
    mistakes: Mistakes, *, good: str, bad: str, place: str, field: str, problem: str
) -> None:
    assert GOOD.count(good) == 1
    found = [it for it in mistakes(GOOD.replace(good, bad)) if it.field == field]
    assert [f"{it.place.line}:{it.place.column}" for it in found] == [place]
    assert problem in found[0].problem


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "1:1", "the file is empty"),
        ("# nothing but a comment\n", "1:1", "the file is empty"),
        ("just words", "1:1", 'found "just words", expected fields with values'),
        ("- a\n- b\n", "1:1", "found a list, expected fields with values"),
        ("name: a\n\tlanguage: en\n", "2:1", "found a tab, expected spaces"),
        ("name: [a\n", "2:1", "not valid YAML"),
        ("name: a: b\n", "1:8", "not valid YAML"),
        ("a: &x 1\nb: *x\n", "2:4", "found an alias"),
        ("a: 1\n---\nb: 2\n", "2:1", "found a second document"),
        ("a: \x07\n", "1:4", "found the control character U+0007"),
        (b"\x7fELF\x02\x00\x00", "1:6", "this is a binary file"),
        ("name: a\nhotline: 热线\n".encode("gb18030"), "2:10", "which is not UTF-8"),
        ("[" * 4000, "1:1", "nests too deeply"),
        ("? [a, b]\n: 1\n", "1:3", "found a key that is empty or has parts of its own"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_site_file_is_named_with_place(
    mistakes: Mistakes, text: str | bytes, place: str, problem: str
) -> None:
    found = [it for it in mistakes(text) if problem in it.problem]
    assert [f"{it.place.line}:{it.place.column}" for it in found] == [place]


def test_all_mistakes_of_a_file_come_at_once_in_the_order_of_the_file(mistakes: Mistakes) -> None:
    """Syntax of values, unknown fields, references and relations between parts do not hide one another."""
    text = GOOD.replace("skills:", "skils:").replace("[wang]", "[wnag]").replace("Asia/Shanghai", "Mars")
    text = text.replace("  wang:", "  li: {device: phone1}\n  wang:").replace("4001: service", "4001: servce")
    found = mistakes(text)
    assert [it.field for it in found] == [
        "time_zone",
        "agents.wang.device",
        "agents.wang.skils",
        "queues.service.members[0]",
        "entry_points.4001",
    ]


def test_a_circle_of_overflows_is_named_once_with_its_way(mistakes: Mistakes) -> None:
    queues = "  a: {overflow: {full: {queue: b}}}\n  b: {overflow: {timeout: {queue: c}}}\n  c: {overflow: {closed: {queue: a}}}\n"
    found = mistakes(GOOD.replace("queues:\n", "queues:\n" + queues))
    assert len(found) == 1
    assert "a → b → c → a" in found[0].problem


def test_a_circle_through_the_defaults_is_found(mistakes: Mistakes) -> None:
    found = mistakes(
        GOOD.replace("queues:\n", "queue_defaults: {overflow: {full: {queue: service}}}\nqueues:\n")
    )
    assert [it.field for it in found] == ["queue_defaults.overflow.full.queue"]


def test_two_queues_may_overflow_to_the_same_third(tmp_path: Path) -> None:
    """That is no circle."""
    queues = "  a: {overflow: {full: {queue: service}}}\n  b: {overflow: {full: {queue: service}, timeout: {queue: a}}}\n"
    path = tmp_path / "site.yaml"
    path.write_text(GOOD.replace("queues:\n", "queues:\n" + queues))
    assert len(load_site(path, today=TODAY).floor.queues) == 3


def test_a_password_is_never_shown(mistakes: Mistakes) -> None:
    found = mistakes(GOOD.replace("{extension: 101}", "{extension: 101, password: 'my secret [1]'}"))
    assert [it.field for it in found] == ["devices.phone1.password"]
    assert "my secret" not in str(found[0])
    assert "a password (not shown)" in found[0].problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"none\.yaml:1:1: the file does not exist"):
        load_site(tmp_path / "none.yaml", today=TODAY)


def test_a_directory_is_no_site_file(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="this is a directory"):
        load_site(tmp_path, today=TODAY)


def test_a_mistake_reads_like_a_compiler_message(mistakes: Mistakes) -> None:
    (mistake,) = mistakes(GOOD.replace("4001: service", "4001: servce"))
    assert str(mistake) == (
        f'{mistake.path}:10:9: entry_points.4001: found "servce", expected a queue of this file; '
        'did you mean "service"? Known: service.'
    )
