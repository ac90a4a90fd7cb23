"""The command line of users, tokens and audit: what may be said. Light, since each start of `thirdring` reads it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.auth.model import LONGEST_TOKEN_DAYS, Permission, Role

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it


def add_user_command(command: argparse.ArgumentParser) -> None:
    """`thirdring user …`. Passwords come by prompt or standard input, never as an argument: others see arguments."""
    commands = command.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = _add(commands, "add", help="a new user; the password is asked for, or read from standard input")
    add.add_argument("name")
    roles = [str(role) for role in Role]
    add.add_argument(
        "--role", required=True, choices=roles, metavar="ROLE", help=f"one of {', '.join(roles)}"
    )
    add.add_argument("--display-name", default="", help="how the user is called")
    add.add_argument("--agent", help="the agent that the user is, by its id in the site file")
    add.add_argument(
        "--team", action="append", default=[], help="a team that the user leads; may be given again"
    )
    _add(commands, "list", help="all users")
    for what, help_ in (
        ("disable", "end all sessions and tokens of a user, and let it log in no more"),
        ("enable", "let a disabled user log in again"),
        ("unlock", "let a user log in at once who was locked out after too many failures"),
        ("password", "give a user another password, asked for or read from standard input"),
    ):
        _add(commands, what, help=help_).add_argument("name")
    link = _add(commands, "link", help="let a person of the provider of single sign-on log in as this user")
    link.add_argument("name")
    link.add_argument("subject", help="the provider's name for the person (`sub`); the audit log has it")
    _add(commands, "unlink", help="let nobody log in as this user by single sign-on").add_argument("name")


def add_token_command(command: argparse.ArgumentParser) -> None:
    """`thirdring token …`."""
    commands = command.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = _add(commands, "add", help="a new token; its secret is printed this once")
    add.add_argument("label", help="what it is for")
    permissions = [str(permission) for permission in Permission]
    add.add_argument(
        "--permission",
        action="append",
        default=[],
        choices=permissions,
        metavar="PERMISSION",
        help=f"for a script; may be given again: {', '.join(permissions)}",
    )
    add.add_argument(
        "--display", action="store_true", help="for a wallboard: follows its topics, nothing else"
    )
    add.add_argument(
        "--topic",
        action="append",
        default=[],
        help="of a display (default: the whole floor); may be given again",
    )
    add.add_argument(
        "--days",
        type=_days,
        default=90,
        metavar=f"1..{LONGEST_TOKEN_DAYS}",
        help="how long it holds (%(default)s)",
    )
    _add(commands, "list", help="all tokens")
    _add(commands, "revoke", help="end a token now").add_argument("id")


def add_audit_command(command: argparse.ArgumentParser) -> None:
    """`thirdring audit …`."""
    commands = command.add_subparsers(dest="what", required=True, metavar="WHAT")
    _add(commands, "verify", help="check that the audit log is what was written")


def add_data_argument(command: argparse.ArgumentParser) -> None:
    """Which service it is about. It may stand before or behind what is to be done."""
    command.add_argument(
        "--data",
        type=Path,
        default=argparse.SUPPRESS,
        help="the data directory (default: THIRDRING_DATA_DIR, else var)",
    )


def _days(text: str) -> int:
    """How long a token holds. Not by `choices`: a refusal would name them all."""
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_TOKEN_DAYS:
        raise argparse.ArgumentTypeError(f"expected 1 to {LONGEST_TOKEN_DAYS} days, got {text!r}")
    return int(text)


def _add(commands: "Commands", name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's word
    command: argparse.ArgumentParser = commands.add_parser(name, help=help)
    add_data_argument(command)
    return command
