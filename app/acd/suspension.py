"""While Asterisk is away nobody can be rung, joined or sent elsewhere, and nobody hears of those who answer or hang up.

So routing is suspended: no offer is made, and no ring time, wait or step comes due, for it would be told of what nobody has seen.
What is the agents' own goes on: they log in and out, pause, and end their wrap-up. Behind the suspension everything that became
due comes due, and everybody who waits is looked at anew.
"""

from datetime import timedelta

from app.acd import derived
from app.acd.state import State

_GRACE = timedelta(seconds=2)
"""For ringing that ran out meanwhile. A phone that was picked up tries twice a second to be handed over (`dialplan/`)."""


def suspend(state: State) -> None:
    """Nothing can be done for a call from now on. May be told twice."""
    if state.suspended_since is None:
        state.suspended_since = state.now
    state.timers.suspend()


def resume(state: State) -> None:
    """Go on. May be told twice."""
    since, state.suspended_since = state.suspended_since, None
    if since is None:
        return
    state.timers.resume()
    if since < state.now:
        for offer in state.offers.values():
            offer.ring_deadline = max(offer.ring_deadline, state.now + _GRACE)
    derived.build(state)
