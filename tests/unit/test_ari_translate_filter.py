"""What is kept in Asterisk, and what is read."""

from app.ari import messages
from app.ari.devices import DeviceWatch
from app.ari.registry import Registry
from app.ari.translate import UNREAD, Translator


def test_nothing_that_is_read_is_kept_in_asterisk() -> None:
    """A type in both lists would be an event that never comes."""
    registry = Registry()
    translator = Translator(registry, DeviceWatch(registry), is_leg=lambda _: True)
    read = {kind.__name__ for kind in translator._handlers}
    assert read.isdisjoint(UNREAD)
    assert read <= {kind.__name__ for kind in messages.EVENTS}


def test_what_the_client_itself_needs_is_not_kept_in_asterisk() -> None:
    """Without it a controller that was replaced would go on acting."""
    assert {"ApplicationReplaced", "ApplicationRegistered", "RESTResponse"}.isdisjoint(UNREAD)
