"""What happened, told by SIP messages: the callers' INVITEs and those to the agents' phones, and what came of each.

Moments are seconds since 1970.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from app.simulator import sip
from app.simulator.wire_log import Flow, WireEntry

_ANSWERED_ELSEWHERE = 26
_CANCELLED = 487
_RINGS, _PROGRESS, _OK, _REFUSED = 180, 183, 200, 300


class Unclear(AssertionError):
    """The wire can be read in two ways: the floor did something that it should not."""


@dataclass(slots=True, eq=False)
class Ringing:
    """An INVITE to an agent's phone. `over` is when it was picked up, refused or cancelled."""

    phone: str
    number: str
    queue: str
    """What the phone showed as the caller's name."""
    began: float
    rang: float | None
    picked_up: float | None
    refused: int | None
    over: float | None
    is_elsewhere: bool
    """Cancelled because another phone took the call: the CANCEL said so."""
    hung_up: float | None
    hung_up_by_phone: bool
    holds: list[tuple[float, float]]
    call: "Call | None" = None
    outcome: str = ""

    @property
    def rang_for(self) -> float:
        """How long the bell rang."""
        return 0.0 if self.rang is None or self.over is None else self.over - self.rang


@dataclass(slots=True, eq=False)
class Call:
    """An INVITE of a caller. `over` is the first BYE or CANCEL on the caller's side, or the refusal."""

    number: str
    dialled: str
    began: float
    heard_ringing: float | None
    refused: int | None
    over: float | None
    left_by_caller: bool
    ringings: list[Ringing] = field(default_factory=list)

    @property
    def winner(self) -> Ringing | None:
        """The phone that took it."""
        taken = [each for each in self.ringings if each.picked_up is not None]
        if len(taken) > 1:
            raise Unclear(f"{len(taken)} phones picked up the call of {self.number}")
        return taken[0] if taken else None

    @property
    def ended(self) -> float | None:
        """When the first of the two hung up."""
        moments = [self.over, self.winner.hung_up if self.winner else None]
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def is_ended_by_agent(self) -> bool:
        """Whether the agent's phone said BYE before the caller's did."""
        won = self.winner
        return won is not None and won.hung_up_by_phone and won.hung_up == self.ended


def calls_of(entries: Iterable[WireEntry]) -> list[Call]:
    """The calls in a log of the callers, in the order in which they came."""
    return sorted((_call(each) for each in _dialogs(entries)), key=lambda call: call.began)


def ringings_of(entries: Iterable[WireEntry]) -> list[Ringing]:
    """The offers in a log of the agents' phones, in the order in which they came."""
    return sorted((_ringing(each) for each in _dialogs(entries)), key=lambda ringing: ringing.began)


def _dialogs(entries: Iterable[WireEntry]) -> list[list[WireEntry]]:
    """The messages of each dialog that began with an INVITE."""
    by_id = sorted(entries, key=lambda entry: entry.message.call_id)
    groups = [list(group) for _, group in groupby(by_id, key=lambda entry: entry.message.call_id)]
    return [group for group in groups if _is(group[0], "INVITE")]


def _is(entry: WireEntry, method: str, flow: Flow | None = None) -> bool:
    message = entry.message
    return isinstance(message, sip.Request) and message.method == method and flow in (None, entry.flow)


def _first(entries: list[WireEntry], fits: Callable[[WireEntry], bool]) -> float | None:
    return next((entry.wall.timestamp() for entry in entries if fits(entry)), None)


def _answers(entries: list[WireEntry]) -> list[tuple[int, float]]:
    """(status, moment) of every response to the first INVITE."""
    number = entries[0].message.cseq[0]
    return [
        (entry.message.status, entry.wall.timestamp())
        for entry in entries
        if isinstance(entry.message, sip.Response) and entry.message.cseq == (number, "INVITE")
    ]


def _refusal(answers: list[tuple[int, float]]) -> tuple[int | None, float | None]:
    refusals = (each for each in answers if each[0] >= _REFUSED and each[0] != _CANCELLED)
    return next(refusals, (None, None))


def _earliest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _call(entries: list[WireEntry]) -> Call:
    invite, answers = entries[0].message, _answers(entries)
    assert isinstance(invite, sip.Request)
    status, refused_at = _refusal(answers)
    left = _first(entries, lambda each: _is(each, "BYE", Flow.SENT) or _is(each, "CANCEL", Flow.SENT))
    sent_away = _first(entries, lambda each: _is(each, "BYE", Flow.RECEIVED))
    over = _earliest(left, sent_away, refused_at)
    return Call(
        number=sip.user_of(invite.headers["From"]),
        dialled=sip.user_of(invite.uri),
        began=entries[0].wall.timestamp(),
        heard_ringing=next((at for each, at in answers if each in (_RINGS, _PROGRESS)), None),
        refused=status,
        over=over,
        left_by_caller=left is not None and left == over,
    )


def _ringing(entries: list[WireEntry]) -> Ringing:
    invite, answers = entries[0].message, _answers(entries)
    assert isinstance(invite, sip.Request)
    picked_up = next((at for status, at in answers if status == _OK), None)
    status, refused_at = _refusal(answers)
    cancel = next((entry for entry in entries if _is(entry, "CANCEL", Flow.RECEIVED)), None)
    ours = _first(entries, lambda each: _is(each, "BYE", Flow.SENT))
    theirs = _first(entries, lambda each: _is(each, "BYE", Flow.RECEIVED))
    return Ringing(
        phone=sip.user_of(invite.uri),
        number=sip.user_of(invite.headers["From"]),
        queue=sip.display_name_of(invite.headers["From"]),
        began=entries[0].wall.timestamp(),
        rang=next((at for each, at in answers if each == _RINGS), None),
        picked_up=picked_up,
        refused=status,
        over=picked_up or refused_at or (cancel.wall.timestamp() if cancel else None),
        is_elsewhere=cancel is not None and _ANSWERED_ELSEWHERE in _causes(cancel),
        hung_up=_earliest(ours, theirs),
        hung_up_by_phone=ours is not None and ours == _earliest(ours, theirs),
        holds=_holds(entries),
    )


def _causes(entry: WireEntry) -> list[int | None]:
    return [reason.cause for reason in sip.parse_reasons(entry.message)]


def _holds(entries: list[WireEntry]) -> list[tuple[float, float]]:
    """From each re-INVITE that wants no sound to the one that wants it back. A call that ended meanwhile has no second one."""
    changes = [
        (entry.wall.timestamp(), b"a=sendonly" in entry.message.body)
        for entry in entries[1:]
        if _is(entry, "INVITE", Flow.SENT)
    ]
    begun = [at for at, is_hold in changes if is_hold]
    ended = [at for at, is_hold in changes if not is_hold]
    return list(zip(begun, ended, strict=False))
