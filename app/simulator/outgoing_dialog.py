"""The outgoing dialog: a call that this phone makes."""

from collections.abc import Callable, Iterable

from app.simulator import sip
from app.simulator.dialog import SDP_TYPE, Dialog, DialogState, EndedBy, reason_header
from app.simulator.exchange import Exchange, Station
from app.simulator.path import ALLOW, Path

_RINGING = (180, 183)


class OutgoingDialog(Dialog):
    """The INVITE goes out when it is made."""

    def __init__(
        self,
        station: Station,
        path: Path,
        *,
        has_media: bool,
        when_over: Callable[[Dialog], None],
        headers: Iterable[tuple[str, str]] = (),
        description: bytes | None = None,
    ) -> None:
        super().__init__(station, path, has_media=has_media, when_over=when_over)
        self._takes_back: str | None = None
        self._may_cancel = False
        self._invite = Exchange(self, path, self._hear)
        offer = self._ours.to_bytes() if description is None else description
        self._invite.send("INVITE", headers=(("Allow", ALLOW), SDP_TYPE, *headers), body=offer)

    @property
    def invite(self) -> sip.Request:
        """The INVITE as it was sent last."""
        return self._invite.request

    def _give_up(self, reason: str) -> None:
        """A CANCEL must wait for the first response (RFC 3261 9.1). The call ends with the INVITE's final response."""
        if self._takes_back is None:
            self._takes_back = reason
            if self._may_cancel:
                self._invite.cancel(reason_header(reason))

    def _hear(self, response: sip.Response) -> None:
        if response.is_provisional:
            self._hear_provisional(response)
        elif response.is_success:
            self._hear_answer(response)
        else:
            self._hear_refusal(response)

    def _hear_provisional(self, response: sip.Response) -> None:
        if self._takes_back is not None and not self._may_cancel:
            self._invite.cancel(reason_header(self._takes_back))
        self._may_cancel = True
        if response.status in _RINGING:
            self._ring()
        if response.body:
            self._hear_description(response.body)

    def _hear_answer(self, response: sip.Response) -> None:
        """An answer that crosses our CANCEL on its way is accepted, then hung up (RFC 3261 9.1)."""
        self._path.learn(response, is_answer=True)
        self._invite.acknowledge()
        if self.state is DialogState.ENDED:
            return
        self._hear_description(response.body)
        self._answer()
        if self._takes_back is not None:
            self.hang_up(self._takes_back)

    def _hear_refusal(self, response: sip.Response) -> None:
        self.status = response.status
        self.reasons += sip.parse_reasons(response)
        self._end(self._ended_by(response))

    def _ended_by(self, refusal: sip.Response) -> EndedBy:
        if self._takes_back is not None:
            return EndedBy.US
        # The wire's own 408 stands for silence; a real one has the other side's tag.
        return EndedBy.THEM if refusal.to_tag else EndedBy.NOBODY
