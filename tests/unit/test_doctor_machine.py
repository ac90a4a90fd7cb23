"""The checks of the machine, its ports and its disk."""

import json
import os
import shutil
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.doctor import machine, ports
from app.doctor.finding import Level
from tests.support.doctor import HEAD, context_for, site_of


async def test_this_python_is_good(tmp_path: Path) -> None:
    assert (await machine.check_python(context_for(tmp_path))).level is Level.OK


async def test_a_python_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "sys", SimpleNamespace(version_info=(3, 10, 4)))
    finding = await machine.check_python(context_for(tmp_path))
    assert (finding.level, finding.detail) == (Level.ERROR, "version 3.10.4, expected 3.11 or newer")


async def test_a_clock_before_the_installation_is_wrong(tmp_path: Path) -> None:
    context = context_for(tmp_path)
    assert (await machine.check_wall_clock(context)).level is Level.OK
    wrong = replace(context, now=datetime(1970, 1, 2, tzinfo=UTC))
    assert (await machine.check_wall_clock(wrong)).level is Level.ERROR


@pytest.mark.parametrize(
    ("answer", "level", "detail"),
    [
        ((0, 3), Level.OK, "synchronised, wrong by 3 ms at most"),
        ((0, 1_000), Level.OK, "1000 ms"),
        ((0, 1_001), Level.WARNING, "wrong by 1001 ms"),
        ((5, 0), Level.WARNING, "not synchronised"),
        ((-1, 0), Level.OK, "does not tell"),
    ],
)
async def test_the_kernel_tells_whether_its_clock_is_kept_in_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, int], level: Level, detail: str
) -> None:
    monkeypatch.setattr(machine, "_kernel_clock", lambda: answer)
    finding = await machine.check_time_source(context_for(tmp_path))
    assert finding.level is level
    assert detail in finding.detail


def test_the_kernel_answers_here() -> None:
    result, largest_error_ms = machine._kernel_clock()
    assert -1 <= result <= 5
    assert largest_error_ms >= 0


async def test_waits_are_measured_by_a_clock_that_never_goes_back(tmp_path: Path) -> None:
    assert (await machine.check_monotonic_clock(context_for(tmp_path))).level is Level.OK


@pytest.mark.parametrize(
    ("seconds", "is_found", "level"),
    [
        (0.5, True, Level.OK),
        (0.6, True, Level.ERROR),
        (5.0, False, Level.ERROR),
        (0.0, False, Level.WARNING),
    ],
)
async def test_a_host_name_that_is_answered_slowly_or_not_stalls_sip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, seconds: float, is_found: bool, level: Level
) -> None:
    async def look_up(host: str) -> machine._Lookup:
        return machine._Lookup(host, seconds, is_found=is_found)

    monkeypatch.setattr(machine, "_look_up", look_up)
    monkeypatch.setattr(socket, "gethostname", lambda: "pbx")
    finding = await machine.check_own_name(context_for(tmp_path))
    assert finding.level is level
    assert ("127.0.1.1 pbx" in finding.advice) == (level is not Level.OK)


async def test_a_name_of_this_machine_is_found_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    assert (await machine.check_own_name(context_for(tmp_path))).level is Level.OK


async def test_a_trunk_whose_name_does_not_resolve_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_up(host: str) -> machine._Lookup:
        return machine._Lookup(host, 0.0, is_found=host == "127.0.0.1")

    monkeypatch.setattr(machine, "_look_up", look_up)
    text = (
        HEAD + "queues: {q: }\ntrunks:\n  a: {host: a.invalid, match: [192.0.2.1]}\n  b: {host: 127.0.0.1}\n"
    )
    context = context_for(tmp_path, text)
    finding = await machine.check_trunk_names(context, site_of(context))
    assert (finding.level, finding.detail) == (Level.ERROR, "a.invalid: no address")


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (199_999_999, Level.ERROR),
        (200_000_000, Level.WARNING),
        (1_999_999_999, Level.WARNING),
        (2_000_000_000, Level.OK),
    ],
)
async def test_a_full_disk_is_told_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    assert (await machine.check_disk(context_for(tmp_path))).level is level


async def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert (await machine.check_data_directory(context_for(tmp_path))).level is Level.ERROR


async def test_a_data_directory_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    finding = await machine.check_data_directory(context_for(tmp_path))
    assert finding.level is Level.ERROR
    assert "cannot be written" in finding.detail


async def test_a_data_directory_is_made_at_the_first_start(tmp_path: Path) -> None:
    finding = await machine.check_data_directory(context_for(tmp_path))
    assert finding.level is Level.OK
    assert "made at the first start" in finding.detail


async def test_the_time_zones_of_the_site_have_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_for(tmp_path)
    assert (await machine.check_time_zones(context, site_of(context))).level is Level.OK
    monkeypatch.setattr(machine, "_has_zone", lambda _name: False)
    finding = await machine.check_time_zones(context, site_of(context))
    assert (finding.level, finding.detail) == (Level.ERROR, "no data for Asia/Shanghai")


async def test_a_rest_port_in_use_is_named_with_its_user(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = await ports.check_http_port(context_for(tmp_path, port=port))
    assert finding.level is Level.ERROR
    assert f"127.0.0.1:{port}: in use by" in finding.detail
    assert f"(process {os.getpid()})" in finding.detail


async def test_a_rest_port_used_by_the_running_service_is_good(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        context = context_for(tmp_path, port=port)
        context.settings.data_dir.mkdir()
        told = {"url": f"http://127.0.0.1:{port}", "sip_port": None}
        (context.settings.data_dir / "service.json").write_text(json.dumps(told))
        assert (await ports.check_http_port(context)).level is Level.OK


async def test_a_free_rest_port_is_good(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert (await ports.check_http_port(context_for(tmp_path, port=port))).level is Level.OK


async def test_a_sip_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        context = context_for(tmp_path, HEAD + f"queues: {{q: }}\nasterisk: {{sip_port: {port}}}\n")
        finding = await ports.check_sip_port(context, site_of(context))
    assert finding.level is Level.ERROR
    assert f"(process {os.getpid()})" in finding.detail


async def test_an_address_that_is_not_of_this_machine_is_named(tmp_path: Path) -> None:
    context = context_for(tmp_path, HEAD + "queues: {q: }\nasterisk: {address: 192.0.2.1}\n")
    finding = await ports.check_sip_port(context, site_of(context))
    assert finding.level is Level.ERROR
    assert "cannot assign requested address" in finding.detail


@pytest.mark.parametrize(("last", "level"), [(10006, Level.WARNING), (10007, Level.OK)])
async def test_there_are_enough_rtp_ports_for_a_call_at_every_phone(
    tmp_path: Path, last: int, level: Level
) -> None:
    text = HEAD + "queues: {q: }\ndevices: {a: {extension: 10}, b: {extension: 11}}\n"
    context = context_for(tmp_path, text + f"asterisk: {{rtp_ports: 10000-{last}}}\n")
    assert (await ports.check_rtp_ports(context, site_of(context))).level is level


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({"host": "127.0.0.1"}, Level.OK),
        ({"host": "localhost"}, Level.OK),
        ({"host": "::1"}, Level.OK),
        ({"host": "0.0.0.0"}, Level.WARNING),
        ({"host": "192.0.2.1"}, Level.WARNING),
        ({"host": "0.0.0.0", "tls_key": "/nowhere/key.pem"}, Level.ERROR),
    ],
)
async def test_an_interface_on_the_network_without_tls_is_named(
    tmp_path: Path, settings: dict[str, str], level: Level
) -> None:
    assert (await ports.check_transport(context_for(tmp_path, **settings))).level is level
