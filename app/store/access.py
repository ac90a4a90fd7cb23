"""Accounts and audit over the service's database and data directory."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.auth.access import Access
from app.auth.sign_on_settings import SignOnSettings
from app.clock import Clock
from app.store.accounts import StoredAccounts
from app.store.audit_head import AuditHeadFile
from app.store.waiting_audit import SpooledWaiting

DIRECTORY = "audit"


def open_access(
    engine: AsyncEngine,
    data_dir: Path,
    *,
    clock: Clock,
    admin_token: str,
    metrics_token: str = "",
    sign_on: SignOnSettings | None = None,
) -> Access:
    """As the service has it. One at a time per data directory; `await close()` at the end."""
    return Access.over(
        StoredAccounts(engine),
        clock=clock,
        admin_token=admin_token,
        metrics_token=metrics_token,
        waiting=SpooledWaiting(data_dir / DIRECTORY),
        keep_head=head_file(data_dir).keep,
        sign_on=sign_on,
    )


def head_file(data_dir: Path) -> AuditHeadFile:
    """Where the end of the audit log is remembered."""
    return AuditHeadFile(data_dir / DIRECTORY / "head.json")
