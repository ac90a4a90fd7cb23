"""The `thirdring` command. One subcommand, one job; `thirdring --help` lists them."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from app.auth.arguments import add_audit_command, add_data_argument, add_token_command, add_user_command
from app.errors import ThirdringError
from app.logs import configure_logs
from app.settings import Settings, misspelt, read_settings

_log = structlog.get_logger(__name__)

_FAILED = 1
_INTERRUPTED = 130
_OURS_ALONE = 0o077
"""Nobody else on this machine reads what we write: it holds callers' numbers, recordings and passwords."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit status. Known errors are printed as one paragraph, never as a trace."""
    parser = _parser()
    wanted = parser.parse_args(arguments)
    try:
        settings = read_settings()
    except ThirdringError as error:
        return _print_error(error, _FAILED)
    if wanted.site is not None:
        settings.site = wanted.site
    if wanted.data is not None:
        settings.data_dir = wanted.data
    configure_logs(level=settings.log_level, as_json=settings.log_format == "json")
    for name, meant in misspelt(os.environ).items():
        _log.warning("setting_unknown", name=name, did_you_mean=meant)
    run: Callable[[argparse.Namespace, Settings], int] = wanted.run
    before = os.umask(_OURS_ALONE)
    try:
        return run(wanted, settings)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except _known_errors() as error:
        sys.stderr.write(f"thirdring: {error}\n")
        return _FAILED
    finally:
        os.umask(before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="thirdring", description="Asterisk carries the calls, Thirdring decides."
    )
    parser.set_defaults(site=None, data=None)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, run, what in (
        ("up", _up, "run the service, with an Asterisk of its own unless the site file names one"),
        ("demo", _demo, "run a demonstration floor until Ctrl-C, shown live"),
        ("watch", _watch, "show the floor of a running service live in the terminal"),
        ("doctor", _doctor, "check all that a site needs, and say what to do"),
        (
            "render-asterisk",
            _render_asterisk,
            "write the configuration of an Asterisk that somebody else runs",
        ),
        ("check-site", _check_site, "check the site file and name every mistake"),
        ("replay", _replay, "replay the journal and compare every outcome with what was written down"),
        ("rebuild", _rebuild, "make the derived tables anew from the journal"),
        ("export", _export, "print past calls in the format of another system"),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument(
            "--site", type=Path, help="the site file (default: THIRDRING_SITE, else site.yaml)"
        )
        command.add_argument(
            "--data", type=Path, help="the data directory (default: THIRDRING_DATA_DIR, else var)"
        )
        command.set_defaults(run=run)
        if name == "doctor":
            command.add_argument("--json", action="store_true", help="findings as JSON")
        if name == "watch":
            command.add_argument(
                "--url", help="the service (default: the one that runs on the data directory)"
            )
            command.add_argument("--seconds", type=float, help="stop by itself after so long")
        if name == "demo":
            command.add_argument("--seconds", type=float, help="stop by itself after so long")
            command.add_argument("--seed", type=int, help="another plan of callers")
        if name == "render-asterisk":
            _add_access(command)
        if name == "export":
            _add_export(command)
    for name, run, what, add_arguments in (
        ("user", _user, "add, list and change users", add_user_command),
        ("token", _token, "add, list and revoke tokens", add_token_command),
        ("audit", _audit, "check the audit log", add_audit_command),
    ):
        command = commands.add_parser(name, help=what, description=what)
        add_data_argument(command)
        add_arguments(command)
        command.set_defaults(run=run)
    return parser


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "what", choices=["queue-log"], help="queue-log: Asterisk's, for QueueMetrics and Asternic"
    )
    when = "a day of the site's calendar, or an instant such as 2026-11-21T08:30:00+08:00"
    command.add_argument("--from", dest="since", required=True, metavar="WHEN", help=f"included: {when}")
    command.add_argument("--to", dest="until", required=True, metavar="WHEN", help="not included: as above")


def _add_access(command: argparse.ArgumentParser) -> None:
    command.add_argument("--into", type=Path, required=True, help="its directory, such as /etc/asterisk")
    command.add_argument("--listen", default="127.0.0.1", help="address where it serves ARI (%(default)s)")
    for option, who in (
        ("--controllers-from", "may use ARI"),
        ("--callers-from", "may call without a trunk"),
    ):
        command.add_argument(
            option, action="append", metavar="NETWORK", help=f"who {who} (127.0.0.0/8); may be given again"
        )


def _known_errors() -> tuple[type[Exception], ...]:
    """The documented trees. Imported here: the command line must start fast."""
    from app.api.errors import ApiError  # noqa: PLC0415 - as above
    from app.ari.errors import AriError  # noqa: PLC0415 - as above
    from app.asterisk.errors import AsteriskError  # noqa: PLC0415 - as above
    from app.runtime.codec import UnknownKindError  # noqa: PLC0415 - as above
    from app.site.errors import SiteError  # noqa: PLC0415 - as above
    from app.site.secret_store import SecretError  # noqa: PLC0415 - as above
    from app.store.errors import StoreError  # noqa: PLC0415 - as above

    return (
        ThirdringError,
        ApiError,
        AriError,
        AsteriskError,
        SecretError,
        SiteError,
        StoreError,
        UnknownKindError,
    )


# --- up ----------------------------------------------------------------------------------------------------------------


def _up(_wanted: argparse.Namespace, settings: Settings) -> int:
    gc.disable()  # Until the program is read in, which makes no garbage: calls may be waiting for it.
    from app.main import Stopped  # noqa: PLC0415 - only this command needs the whole service

    status = 0
    try:
        asyncio.run(_run_service(settings))
    except* Stopped as stopped:
        for error in _leaves(stopped):
            status = _print_error(error, error.status if isinstance(error, Stopped) else _FAILED)
    except* _known_errors() as known:
        for error in _leaves(known):
            status = _print_error(error, _FAILED)
    return status


def _print_error(error: BaseException, status: int) -> int:
    sys.stderr.write(f"thirdring: {error}\n")
    return status


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors in a group of groups."""
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


async def _run_service(settings: Settings) -> None:
    from app.main import running  # noqa: PLC0415 - only this command needs the whole service

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as thirdring:
        where = settings.data_dir / "service.json"
        asterisk = thirdring.asterisk
        told = {"url": thirdring.url, "sip_port": asterisk.ports.sip if asterisk else None}
        await asyncio.to_thread(_write_whole, where, json.dumps(told))
        _log.info("listening", url=thirdring.url, site=str(settings.site), data=str(settings.data_dir))
        try:
            await stop.wait()
        finally:
            with suppress(OSError):
                await asyncio.to_thread(where.unlink)
        _log.info("stopping")


def _write_whole(path: Path, text: str) -> None:
    """Whoever looks finds the whole text or no file."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


# --- the others --------------------------------------------------------------------------------------------------------


def _demo(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.simulator.demo import run_demo  # noqa: PLC0415 - only this command needs the simulator

    return run_demo(settings, seconds=wanted.seconds, seed=wanted.seed)


def _watch(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.live.watch import run_watch  # noqa: PLC0415 - only this command draws

    token = os.environ.get("THIRDRING_TOKEN")
    return run_watch(settings.data_dir, url=wanted.url, token=token, seconds=wanted.seconds)


def _user(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.auth.command import run_user  # noqa: PLC0415 - only this command needs accounts

    return run_user(wanted, settings)


def _token(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.auth.command import run_token  # noqa: PLC0415 - only this command needs accounts

    return run_token(wanted, settings)


def _audit(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.auth.command import run_audit  # noqa: PLC0415 - only this command needs the audit log

    return run_audit(wanted, settings)


def _doctor(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.doctor import run_doctor  # noqa: PLC0415 - only this command needs the checks

    return run_doctor(settings, as_json=wanted.json)


def _check_site(_wanted: argparse.Namespace, settings: Settings) -> int:
    from app.clock import SystemClock  # noqa: PLC0415 - only this command reads the clock here
    from app.site.loader import load_site  # noqa: PLC0415 - as above

    site = load_site(settings.site, today=SystemClock().now().date())
    floor = site.floor
    sys.stdout.write(
        f"{settings.site}: no mistakes. {len(floor.agents)} agents, {len(floor.queues)} queues, "
        f"{len(site.calls.entry_points)} entry numbers, {len(site.calls.devices)} phones.\n"
    )
    return 0


def _render_asterisk(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.asterisk.elsewhere import Access, files_for, put_down  # noqa: PLC0415 - only this command writes them
    from app.clock import SystemClock  # noqa: PLC0415 - as above
    from app.site.loader import load_site  # noqa: PLC0415 - as above
    from app.site.secret_store import Secrets  # noqa: PLC0415 - as above

    site = load_site(settings.site, today=SystemClock().now().date())
    access = Access.of(wanted.listen, controllers=wanted.controllers_from, callers=wanted.callers_from)
    files = files_for(site, Secrets(settings.data_dir), access)
    put_down(files, wanted.into)
    sys.stdout.write(
        f"{wanted.into}: {len(files)} files. They hold passwords: only their owner can read them.\n"
    )
    return 0


def _replay(_wanted: argparse.Namespace, settings: Settings) -> int:
    from app.runtime.maintenance import replay  # noqa: PLC0415 - only this command reads the journal

    return asyncio.run(replay(settings))


def _rebuild(_wanted: argparse.Namespace, settings: Settings) -> int:
    from app.runtime.maintenance import rebuild_history  # noqa: PLC0415 - only this command reads the journal

    return asyncio.run(rebuild_history(settings))


def _export(wanted: argparse.Namespace, settings: Settings) -> int:
    from app.clock import SystemClock  # noqa: PLC0415 - only this command reads the clock here
    from app.runtime.maintenance import export_queue_log, period_of  # noqa: PLC0415 - as above
    from app.site.loader import load_site  # noqa: PLC0415 - as above
    from metrics.queue_log import queues_of  # noqa: PLC0415 - as above

    site = load_site(settings.site, today=SystemClock().now().date())
    period = period_of(wanted.since, wanted.until, time_zone=site.time_zone)
    return asyncio.run(export_queue_log(settings, period, queues_of(site.floor)))


if __name__ == "__main__":
    sys.exit(main())
