"""How often a log-in may fail. Pure.

Each key has so many free failures; beyond them each further one locks it for twice as long. They drain away, so many an hour as are
free: people who mistype now and then never come to a lock, however many share an address.

failures   1 … free - 1    free      free + 1   …
locked     no              first     2 x first  …  longest

What is counted by                                  so that
a browser in which this user has logged in before   nobody else's failures lock it
else the user at an address                         somebody elsewhere does not lock the user out
     and the user, wherever it is tried             many addresses together come to an end as well
     and the address, whoever is tried              many names do as well
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

_MOST_DOUBLINGS = 20
"""Far beyond any longest lock; keeps the numbers small."""

_NETWORK_BITS = 64
"""Of an IPv6 address: whoever has one has all of its network."""

KEPT = timedelta(days=1)
"""Failures that are older lock nothing."""


@dataclass(frozen=True, slots=True, order=True)
class FailureKey:
    """What failures are counted by. What is empty stands for anything."""

    user_name: str = ""
    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Failures:
    """How many are left of those that failed, when the last one was added."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many failures an hour are free, how long the first lock and the longest last."""

    free: int
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)

    def added(self, failures: Failures | None, now: datetime, *, count: int = 1) -> Failures:
        """Some more."""
        if failures is None:
            return Failures(count, now)
        drained = (now - failures.last_at) // (timedelta(hours=1) / self.free)
        return Failures(max(0, failures.count - max(0, drained)) + count, now)

    def locked_until(self, failures: Failures, now: datetime) -> datetime | None:
        """Until when these lock; None: they do not."""
        over = failures.count - self.free
        if over < 0:
            return None
        doubled: int = 2 ** min(over, _MOST_DOUBLINGS)
        until = failures.last_at + min(self.first * doubled, self.longest)
        return until if now < until else None


PER_USER = Limits(free=5)
"""At one address, or in one browser."""
PER_ADDRESS = Limits(free=20)
"""Many people may share one."""
PER_NAME = Limits(free=50)
"""From everywhere together. NIST SP 800-63B section 5.2.2 asks for at most 100."""


def limits_of(key: FailureKey) -> Limits:
    """How many failures it has."""
    if not key.user_name:
        return PER_ADDRESS
    return PER_USER if key.address or key.browser else PER_NAME


def keys_of(user_name: str, source: str, browser: str | None) -> Sequence[FailureKey]:
    """What an attempt is counted by; `browser` is one in which the user has logged in before."""
    if browser:
        return [FailureKey(user_name, browser=browser)]
    address = network_of(source)
    return [FailureKey(user_name, address), FailureKey(user_name), FailureKey(address=address)]


def network_of(source: str) -> str:
    """The part of an address that belongs to one party."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _NETWORK_BITS), strict=False))
    return source
