"""Where a node keeps its files."""

from pathlib import Path

from app.asterisk.layout import Layout


def test_the_control_socket_lies_with_the_rest_where_its_path_is_short(tmp_path: Path) -> None:
    """So that an operator finds it."""
    assert Layout(Path("/srv/thirdring")).socket == Path("/srv/thirdring/run/asterisk.ctl")


def test_the_control_socket_lies_elsewhere_where_its_path_would_be_too_long() -> None:
    """The kernel takes 107 bytes. Two nodes never share one."""
    deep = Path("/srv") / ("x" * 100)
    assert len(str(Layout(deep).socket)) <= 100
    assert Layout(deep).socket != Layout(deep / "other").socket


def test_the_folder_of_recordings_is_made(tmp_path: Path) -> None:
    """Asterisk answers 500 to a recording where it is missing."""
    layout = Layout(tmp_path / "node")
    layout.create()
    assert (layout.spool / "recording").is_dir()


def test_secrets_lie_behind_a_closed_door(tmp_path: Path) -> None:
    """Nobody else may enter the folder of the configuration."""
    layout = Layout(tmp_path / "node")
    layout.create()
    assert layout.etc.stat().st_mode & 0o077 == 0


def test_sounds_of_the_installation_are_linked_under_the_name_that_asterisk_looks_for(tmp_path: Path) -> None:
    """Packages name the folder after the speaker."""
    (tmp_path / "share/sounds/en_US_f_Allison").mkdir(parents=True)
    (tmp_path / "share/sounds/en_US_f_Allison/beep.wav").touch()
    (tmp_path / "prompts").mkdir()
    layout = Layout(tmp_path / "node")
    layout.create()
    layout.link_data(tmp_path / "share", prompts=tmp_path / "prompts")
    layout.link_data(tmp_path / "share", prompts=tmp_path / "prompts")
    assert (layout.data / "sounds/en/beep.wav").exists()
    assert (layout.data / "sounds/thirdring").resolve() == tmp_path / "prompts"
