"""When a session is over. Pure.

opened ── used ── used ────────────── idle ──▶ over          nobody used it for so long
opened ── used ── used ── used ── … ─ absolute ─▶ over       however much it is used
opened ── the user's epoch rises ──▶ over                    password changed, disabled, logged out everywhere
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.auth.model import Session, User


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts unused, and at most: a shift with its hand-over."""

    idle: timedelta = timedelta(hours=1)
    absolute: timedelta = timedelta(hours=12)


def is_over(session: Session, user: User | None, *, now: datetime, limits: SessionLimits) -> bool:
    """Whether the session opens nothing any more."""
    if user is None or user.is_disabled or user.epoch != session.epoch:
        return True
    return now >= ends_at(session, limits)


def ends_at(session: Session, limits: SessionLimits) -> datetime:
    """When the session ends if nobody uses it again."""
    return min(session.used_at + limits.idle, session.opened_at + limits.absolute)
