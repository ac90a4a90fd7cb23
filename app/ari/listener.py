"""What the client tells its owner."""

from app.ari.answer import Outcome
from app.ari.errors import AriError
from app.ari.messages import Event
from app.ari.request import Request


class Listener:
    """Override what you need. Everything is called on the loop's own thread: do not block.

    An exception from `on_event` ends `Client.run` with it: a reader with a bug must not go on deciding calls.
    """

    def on_event(self, event: Event) -> None:
        """An event, in order. Requests sent here leave at once."""

    async def on_connected(self) -> None:
        """Connected, event filter set. Subscribe and reconcile here; events wait until this returns."""

    def on_disconnected(self, error: AriError) -> None:
        """Not connected, and why: once per attempt that failed, and once per connection that was lost."""

    def on_outcome(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """A sent request ended, well or not, after so many seconds: for metrics, and to log failures nobody awaits."""
