"""Actions become requests: one burst, in the order given, not awaited.

Only a refusal that changes what happens next is told to call control. No answer at all (connection lost, time-out) is not a refusal:
the request may have been carried out, and the reconcile that follows finds out.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import structlog

from app.ari.answer import Outcome
from app.ari.devices import TECHNOLOGY
from app.ari.errors import AriConflict, AriNotFound, AriRefused
from app.ari.registry import Registry
from app.ari.request import Request
from app.ari.requests import applications, bridges, channels
from app.calls import actions
from app.calls.events import Event, JoinRefused, LegEnded, LegRefused, PromptFinished
from app.calls.hangup import HangUpReason, LegEnd

_log = structlog.get_logger(__name__)

LEG_CONTEXT, LEG_EXTENSION = "thirdring-leg", "leg"
PROMPTS = "sound:thirdring/"

_REASONS = {
    HangUpReason.NORMAL: None,
    HangUpReason.ANSWERED_ELSEWHERE: channels.HangUpReason.ANSWERED_ELSEWHERE,
    HangUpReason.BUSY: channels.HangUpReason.BUSY,
    HangUpReason.NO_ANSWER: channels.HangUpReason.NO_ANSWER,
    HangUpReason.CONGESTION: channels.HangUpReason.CONGESTION,
    HangUpReason.UNKNOWN_NUMBER: channels.HangUpReason.UNALLOCATED,
}


class Future(Protocol):
    """What a sent request gives back."""

    def add_done_callback(self, callback: Callable[["Future"], object], /) -> object:
        """Call it when the outcome is there."""
        ...

    def result(self) -> Outcome:
        """The outcome."""
        ...


class Sender(Protocol):
    """The part of the client that is needed here."""

    def send_all(self, requests: Sequence[Request]) -> "Sequence[Future]":
        """Send in order, in one write."""
        ...

    def doubt(self) -> None:
        """What we believe of Asterisk is wrong: look at it again."""
        ...


class Performer:
    """Carries out actions, and submits what Asterisk refused."""

    def __init__(
        self, sender: Sender, registry: Registry, *, app: str, submit: Callable[[Event], object]
    ) -> None:
        self._sender = sender
        self._registry = registry
        self._app = app
        self._submit = submit

    def perform(self, wanted: Sequence[actions.Action]) -> None:
        """Send the requests for these actions, in one write."""
        pairs = [(action, request) for action in wanted for request in self._requests(action)]
        futures = self._sender.send_all([request for _, request in pairs])
        for (action, _), future in zip(pairs, futures, strict=True):
            refusal = _refusal(action)
            if refusal is not None:
                future.add_done_callback(partial(self._on_done, refusal))

    def _on_done(self, refusal: Callable[[AriRefused], Event | None], future: Future) -> None:
        outcome = future.result()
        told = refusal(outcome) if isinstance(outcome, AriRefused) else None
        if told is not None:
            self._submit(told)
        if isinstance(told, JoinRefused):
            self._sender.doubt()  # One of the legs, or the bridge, is not what we believed.

    def _requests(self, action: actions.Action) -> Iterator[Request]:
        if isinstance(action, actions.RingPhone | actions.DialNumber):
            self._registry.add(action.leg_id)
        yield _REQUESTS[type(action)](action)
        if isinstance(action, actions.DialNumber):
            # Our phones are subscribed to, trunks are not: without this nothing is heard before the answer.
            yield applications.subscribe(self._app, [applications.of_channel(action.leg_id)])


def _ring_phone(action: actions.RingPhone) -> Request:
    shown = caller_id(action.shows_name, action.shows_number)
    return _originate(action, f"{TECHNOLOGY}/{action.device_id}", shown)


def _dial_number(action: actions.DialNumber) -> Request:
    return _originate(action, action.dial, caller_id("", action.shows_number))


def _originate(action: actions.RingPhone | actions.DialNumber, endpoint: str, shown: str) -> Request:
    """Into the dialplan, not into the application: such a leg survives our death while it rings."""
    return channels.originate(
        action.leg_id,
        endpoint=endpoint,
        context=LEG_CONTEXT,
        extension=LEG_EXTENSION,
        ring_timeout=action.give_up_after,
        variables={"TR_LEG": action.leg_id, "TR_CALL": action.call_id},
        caller_id=shown,
    )


def _play_prompt(action: actions.PlayPrompt) -> Request:
    return channels.play(action.leg_id, f"{action.leg_id}-prompt", media=[PROMPTS + action.prompt])


def _send_to_dialplan(action: actions.SendToDialplan) -> Request:
    return channels.continue_in_dialplan(
        action.leg_id, context=action.context, extension=action.extension, priority=1
    )


_REQUESTS: dict[type, Callable[[Any], Request]] = {
    actions.RingPhone: _ring_phone,
    actions.DialNumber: _dial_number,
    actions.HangUpLeg: lambda action: channels.hang_up(action.leg_id, reason=_REASONS[action.reason]),
    actions.AnswerLeg: lambda action: channels.answer(action.leg_id),
    actions.StartMusic: lambda action: channels.start_moh(action.leg_id, moh_class=action.music),
    actions.StopMusic: lambda action: channels.stop_moh(action.leg_id),
    actions.StartRingback: lambda action: channels.ring(action.leg_id),
    actions.StopRingback: lambda action: channels.ring_stop(action.leg_id),
    actions.PlayPrompt: _play_prompt,
    actions.DeclineTransfer: lambda action: channels.decline_transfer(action.leg_id),
    actions.CreateBridge: lambda action: bridges.create(action.bridge_id, name=action.bridge_id),
    actions.JoinBridge: lambda action: bridges.add_channels(action.bridge_id, action.leg_ids),
    actions.DestroyBridge: lambda action: bridges.destroy(action.bridge_id),
    actions.SendToDialplan: _send_to_dialplan,
}


def caller_id(name: str, number: str) -> str:
    """What the phone shows, in Asterisk's form. Signs that would end a part of it early are left out."""
    shown = "".join(sign for sign in name if sign.isprintable() and sign not in '"<>\\')
    digits = "".join(sign for sign in number if sign.isalnum() or sign in "+*#-._")
    return f'"{shown}" <{digits}>'


def _refusal(action: actions.Action) -> Callable[[AriRefused], Event | None] | None:
    """What a refusal of this action means, if it matters."""
    teller = _REFUSALS.get(type(action))
    return partial(teller, action) if teller is not None else None


def _not_made(action: actions.RingPhone | actions.DialNumber, refused: AriRefused) -> Event | None:
    return None if isinstance(refused, AriConflict) else LegRefused(action.leg_id, refused.reason)


def _not_joined(action: actions.JoinBridge, refused: AriRefused) -> Event | None:
    return None if isinstance(refused, AriConflict) else JoinRefused(action.bridge_id, refused.reason)


def _not_played(action: actions.PlayPrompt, refused: AriRefused) -> Event | None:
    if isinstance(refused, AriConflict):
        return None
    _log.warning("prompt_not_played", leg_id=action.leg_id, detail=refused.reason)
    return PromptFinished(action.leg_id)


def _gone(action: actions.HangUpLeg, refused: AriRefused) -> Event | None:
    """Its end is told by an event. Should that have been missed, this is the last chance to hear of it."""
    return LegEnded(action.leg_id, LegEnd.BY_US) if isinstance(refused, AriNotFound) else None


_REFUSALS: dict[type, Callable[[Any, AriRefused], Event | None]] = {
    actions.RingPhone: _not_made,
    actions.DialNumber: _not_made,
    actions.JoinBridge: _not_joined,
    actions.PlayPrompt: _not_played,
    actions.HangUpLeg: _gone,
}
