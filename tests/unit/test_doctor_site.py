"""The checks of the site file, its passwords and its sounds."""

from pathlib import Path

import pytest

from app.doctor import site as checks
from app.doctor.finding import Level
from app.site.model import Generated
from tests.support.asterisk_sounds import write_tone
from tests.support.doctor import HEAD, STAFFED, context_for, site_of


async def test_a_good_site_file_is_counted(tmp_path: Path) -> None:
    finding = await checks.check_site_file(context_for(tmp_path))
    assert finding.level is Level.OK
    assert "1 agents, 1 queues" in finding.detail


async def test_every_mistake_of_the_site_file_is_told(tmp_path: Path) -> None:
    finding = await checks.check_site_file(context_for(tmp_path, "nme: x\nlangage: y\n"))
    assert finding.level is Level.ERROR
    assert 'did you mean "name"?' in finding.detail
    assert 'did you mean "language"?' in finding.detail


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        (HEAD + "queues: {q: }\nentry_points: {40: q}\n", "queue q has no members"),
        (STAFFED.replace("wang: }", "wang: , li: }"), "agent li serves no queue"),
        (HEAD + "agents: {a: }\nqueues: {q: {members: [a]}}\n", "no entry point"),
        (
            HEAD + "agents: {a: {skills: {x: 2}}}\nqueues: {q: {members: [a]}}\n"
            "entry_points: {40: {queue: q, requires: {x: 3}}}\n",
            "entry point 40 requires skills that no member of queue q has",
        ),
    ],
)
async def test_a_gap_in_the_staffing_is_a_warning(tmp_path: Path, text: str, gap: str) -> None:
    context = context_for(tmp_path, text)
    finding = await checks.check_staffing(context, site_of(context))
    assert (finding.level, finding.detail.splitlines()[0].partition(":")[0]) == (Level.WARNING, gap)


async def test_a_required_level_that_relaxation_reaches_is_no_gap(tmp_path: Path) -> None:
    text = (
        HEAD + "agents: {a: {skills: {x: 2}}}\nqueues: {q: {members: [a], relaxation: {30s: 1}}}\n"
        "entry_points: {40: {queue: q, requires: {x: 3}}}\n"
    )
    context = context_for(tmp_path, text)
    assert (await checks.check_staffing(context, site_of(context))).level is Level.OK


async def test_a_password_in_plain_sight_is_a_warning_that_does_not_show_it(tmp_path: Path) -> None:
    context = context_for(tmp_path, STAFFED + "devices: {p: {extension: 10, password: geheim}}\n")
    finding = await checks.check_passwords(context, site_of(context))
    assert finding.level is Level.WARNING
    assert "device_p" in finding.detail
    assert "geheim" not in str(finding)


async def test_a_password_that_cannot_be_had_is_an_error(tmp_path: Path) -> None:
    text = STAFFED + "devices: {p: {extension: 10, password: {env: SURELY_NOT_SET}}}\n"
    context = context_for(tmp_path, text)
    finding = await checks.check_passwords(context, site_of(context))
    assert finding.level is Level.ERROR
    assert "SURELY_NOT_SET" in finding.detail


async def test_passwords_that_will_be_made_up_are_good(tmp_path: Path) -> None:
    context = context_for(tmp_path, STAFFED + "devices: {p: {extension: 10}}\n")
    assert (await checks.check_passwords(context, site_of(context))).level is Level.OK


@pytest.mark.parametrize(
    ("mode", "level"), [(0o600, Level.OK), (0o400, Level.OK), (0o640, Level.ERROR), (0o604, Level.ERROR)]
)
async def test_only_the_owner_may_read_the_secrets(tmp_path: Path, mode: int, level: Level) -> None:
    context = context_for(tmp_path)
    context.secrets.resolve(Generated(), "ari_password")
    context.secrets.path.chmod(mode)
    assert (await checks.check_secrets_file(context)).level is level


async def test_sounds_that_asterisk_can_play_are_good(tmp_path: Path) -> None:
    write_tone(tmp_path / "greeting.wav", hertz=1000, seconds=0.1)
    write_tone(tmp_path / "music" / "one.wav", hertz=1000, seconds=0.1)
    context = context_for(tmp_path, STAFFED + "asterisk: {greeting: greeting.wav, music: music}\n")
    assert (await checks.check_sounds(context, site_of(context))).level is Level.OK


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("greeting: none.wav", "none.wav does not exist"),
        ("greeting: site.yaml", "is not a wav file that can be read"),
        ("greeting: fast.wav", "has 16000 Hz, 16 bit, 1 channels, expected 8000 Hz"),
        ("music: empty", "has no wav file"),
        ("fallback: {message: none.wav}", "none.wav does not exist"),
    ],
)
async def test_a_sound_that_asterisk_cannot_play_is_named(tmp_path: Path, text: str, problem: str) -> None:
    content = bytearray(write_tone(tmp_path / "fast.wav", hertz=1000, seconds=0.1).read_bytes())
    content[24:28] = (16_000).to_bytes(4, "little")
    (tmp_path / "fast.wav").write_bytes(content)
    (tmp_path / "empty").mkdir()
    context = context_for(tmp_path, STAFFED + f"asterisk: {{{text}}}\n")
    finding = await checks.check_sounds(context, site_of(context))
    assert finding.level is Level.ERROR
    assert problem in finding.detail
