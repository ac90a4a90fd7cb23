"""The incoming dialog: a call that reaches this phone."""

from collections.abc import Callable

from app.simulator import sip
from app.simulator.answering import Answer, Answering, Decline, PlayDead, RingForEver
from app.simulator.dialog import Dialog, DialogState, EndedBy, reason_header
from app.simulator.errors import MalformedSdp
from app.simulator.exchange import Station
from app.simulator.path import Path
from app.simulator.wire import Incoming

_GIVEN_UP = 480  # what a phone says that gives up ringing: temporarily unavailable


class IncomingDialog(Dialog):
    """Ring, answer or decline it by hand, or let an `Answering` do so by `follow`."""

    def __init__(
        self,
        station: Station,
        path: Path,
        incoming: Incoming,
        *,
        has_media: bool,
        when_over: Callable[[Dialog], None],
    ) -> None:
        super().__init__(station, path, has_media=has_media, when_over=when_over)
        self._incoming = incoming

    @property
    def invite(self) -> sip.Request:
        """The INVITE that came."""
        return self._incoming.request

    @property
    def caller_number(self) -> str:
        """Who calls, as the display of the phone shows it."""
        return sip.user_of(self.invite.headers["From"])

    @property
    def caller_name(self) -> str:
        """The name that the display shows beside the number."""
        return sip.display_name_of(self.invite.headers["From"])

    def follow(self, answering: Answering) -> None:
        """Behave as a person does, from now on and without further calls."""
        match answering:
            case Answer(rings=rings, after=after):
                self._ring_if(rings=rings)
                self._later(after.total_seconds(), lambda: self._follow_answer(answering))
            case Decline(rings=rings, after=after, status=status):
                self._ring_if(rings=rings)
                self._later(after.total_seconds(), lambda: self.decline(status))
            case RingForEver():
                self.ring()
            case PlayDead():
                pass

    def ring(self) -> None:
        """Say 180."""
        if self.state is DialogState.CALLING:
            headers = (("Contact", self._path.contact),)
            response = self.invite.response(180, to_tag=self._path.local_tag, headers=headers)
            self.wire.respond(self._incoming, response)
            self._ring()

    def answer(self, *, description: bytes | None = None) -> None:
        """Say 200. `description` replaces the SDP, which may be garbage. Declines with 488 when their SDP is."""
        if self.state >= DialogState.ANSWERED:
            return
        try:
            agreed = self._agree(self.invite.body)
        except MalformedSdp:
            self.decline(488)
            return
        self._accept(self._incoming, agreed if description is None else description)
        self._answer()

    def decline(self, status: int = 486, *, reason: str = "") -> None:
        """Say no, with any status from 300 to 699. `reason` becomes the Reason header."""
        if self.state < DialogState.ANSWERED:
            self._respond(self._incoming, status, reason_header(reason))
            self.status = status
            self._end(EndedBy.US)

    def _give_up(self, reason: str) -> None:
        self.decline(_GIVEN_UP, reason=reason)

    def _take_cancel(self, incoming: Incoming) -> None:
        """The caller takes the call back: 200 to the CANCEL, 487 to the INVITE (RFC 3261 9.2). Too late is no error."""
        self._respond(incoming, 200)
        if self.state < DialogState.ANSWERED:
            self.reasons += sip.parse_reasons(incoming.request)
            self._respond(self._incoming, 487)
            self.status = 487
            self._end(EndedBy.THEM)

    def _ring_if(self, *, rings: bool) -> None:
        if rings:
            self.ring()

    def _follow_answer(self, answering: Answer) -> None:
        self.answer(description=answering.description)
        if answering.hang_up_after is not None:
            self._later(answering.hang_up_after.total_seconds(), self.hang_up)
