"""A human's request is an event: it is handed to the dispatcher, and a refusal among the facts becomes an error."""

from app.acd.facts import RequestRefused
from app.api.errors import Refused, ServiceStopped
from app.calls.events import Event
from app.runtime.dispatcher import Dispatcher


def submit(dispatcher: Dispatcher, event: Event) -> None:
    """Let the brains handle a request. Raises `Refused`, `ServiceStopped`; nothing has changed then."""
    if dispatcher.is_stopped:
        raise ServiceStopped
    outcome = dispatcher.submit(event)
    if dispatcher.is_stopped:
        raise ServiceStopped
    for fact in outcome.facts:
        if isinstance(fact, RequestRefused):
            raise Refused(fact.code.replace("_", "-"), _sentence(fact.detail))


def _sentence(detail: str) -> str:
    text = detail[:1].upper() + detail[1:]
    return text if text.endswith(".") else f"{text}."
