"""The dialog: one call as a phone sees it, from the INVITE to the BYE (RFC 3261 sections 12 to 15).

Theory. A dialog goes one way through its states and never back:

    CALLING   the INVITE went out, or came in
    RINGING   a 180 or 183 was heard, or said
    ANSWERED  a 200 was heard, or said: sound flows
    ENDED     hung up, cancelled, declined, timed out

    CALLING -> RINGING -> ANSWERED -> ENDED; any state may be skipped. A moment that can no longer come is *missed*, and who
    waits for it gets `MomentMissed`.

`OutgoingDialog` and `IncomingDialog` differ in how the call begins. All else is here.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from enum import IntEnum, StrEnum

from app.simulator import sdp, sip
from app.simulator.digest import Credentials
from app.simulator.errors import ChangeRefused, MalformedSdp, MomentMissed, NoMedia, NotInTime
from app.simulator.exchange import Exchange, Station
from app.simulator.media import MediaStream
from app.simulator.milestone import Milestone
from app.simulator.path import ALLOW, Path
from app.simulator.wire import Incoming, Wire

_SIPFRAG = re.compile(rb"SIP/2\.0 (\d{3})")
SDP_TYPE = ("Content-Type", "application/sdp")


class DialogState(IntEnum):
    """How far the call is. It only grows."""

    CALLING = 1
    RINGING = 2
    ANSWERED = 3
    ENDED = 4


class EndedBy(StrEnum):
    """Who ended the call."""

    US = "us"
    THEM = "them"
    NOBODY = "nobody"  # no answer came to a request in 32 s, or our phone vanished


class Dialog:
    """What both directions share. Get one from `Phone.call` or `Phone.next_call`.

    Times ending in `_at` are the loop's, in seconds; None until they come. `status` is the final response to the INVITE.
    `within` is in seconds, None for ever; a wait that lasts longer raises `NotInTime` with the messages so far.
    """

    def __init__(
        self, station: Station, path: Path, *, has_media: bool, when_over: Callable[["Dialog"], None]
    ) -> None:
        self._station = station
        self._path = path
        self._when_over = when_over
        self._has_vanished = False
        self._media = MediaStream(host=station.wire.host, pacer=station.wire.pacer) if has_media else None
        self._ours = sdp.Session(
            host=station.wire.host, port=self._media.port if self._media else _sink_port(station)
        )
        self._theirs: sdp.Session | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._ringing = Milestone()
        self._answered = Milestone()
        self._ended = Milestone()
        self.state = DialogState.CALLING
        self.started_at = station.wire.now()
        self.status: int | None = None
        self.ended_by: EndedBy | None = None
        self.reasons: list[sip.Reason] = []
        self.transfer_reports: list[int] = []
        station.wire.adopt(path.call_id, path.local_tag, self)

    # What is known

    @property
    def call_id(self) -> str:
        """The Call-ID: the key to the wire log."""
        return self._path.call_id

    @property
    def wire(self) -> Wire:
        """The socket of the phone."""
        return self._station.wire

    @property
    def credentials(self) -> Credentials | None:
        """Who the phone is."""
        return self._station.credentials

    @property
    def has_vanished(self) -> bool:
        """True when the cable is pulled, of the whole phone or for this call."""
        return self._has_vanished or self._station.has_vanished

    @property
    def ringing_at(self) -> float | None:
        """When the first 180 or 183 went."""
        return self._ringing.at

    @property
    def answered_at(self) -> float | None:
        """When the 200 went."""
        return self._answered.at

    @property
    def ended_at(self) -> float | None:
        """When the call ended for this phone."""
        return self._ended.at

    @property
    def cause(self) -> int | None:
        """The Q.850 cause that the other side gave with its BYE, CANCEL or refusal; None when it gave none."""
        return next((reason.cause for reason in self.reasons if reason.protocol.upper() == "Q.850"), None)

    @property
    def is_held_by_them(self) -> bool:
        """The other side does not want our sound."""
        return self._theirs is not None and not self._theirs.direction.receives

    @property
    def has_sound(self) -> bool:
        """The phone plays and hears."""
        return self._media is not None

    @property
    def media(self) -> MediaStream:
        """The sound. Raises `NoMedia` when the phone has none."""
        if self._media is None:
            raise NoMedia("expected a phone with sound, but it was made with media=False")
        return self._media

    def story(self) -> str:
        """The messages of this call so far, one a line."""
        return self.wire.log.story(self.call_id)

    # Waiting

    async def until_ringing(self, within: float | None = 5) -> None:
        """Wait for the first ringing. Raises `MomentMissed` when the call is answered or over without one."""
        await self._until(self._ringing, "ringing", within)

    async def until_answered(self, within: float | None = 5) -> None:
        """Wait for the answer. Raises `MomentMissed` when the call ends without one."""
        await self._until(self._answered, "answered", within)

    async def until_ended(self, within: float | None = 5) -> None:
        """Wait for the end, however it comes."""
        await self._until(self._ended, "ended", within)

    async def _until(self, milestone: Milestone, expected: str, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                came = await milestone.wait()
        except TimeoutError:
            text = f"expected the call to be {expected} within {within} s, but it is {self.state.name}\n{self.story()}"
            raise NotInTime(text) from None
        if not came:
            raise MomentMissed(expected, state=self.state.name, status=self.status, story=self.story())

    # Sound

    def play(self, frequency: int | None) -> None:
        """Send this tone from now on; None: silence."""
        self.media.play(frequency)

    async def hears(self, frequency: int, *, within: float = 3, since: float | None = None) -> float:
        """Wait until the tone is heard. See `MediaStream.hears`."""
        return await self.media.hears(frequency, within=within, since=since)

    async def stops_hearing(self, frequency: int, *, within: float = 3) -> float:
        """Wait until the tone is gone. See `MediaStream.stops_hearing`."""
        return await self.media.stops_hearing(frequency, within=within)

    def press(self, keys: str) -> None:
        """Press these keys, one after the other. Raises `ValueError` when one does not exist."""
        self.media.press(keys)

    # Acting

    def hang_up(self, reason: str = "") -> None:
        """End the call, whatever its state. `reason` becomes the Reason header. May be called twice."""
        if self.state is DialogState.ANSWERED:
            Exchange(self, self._path).send("BYE", headers=reason_header(reason))
            self._end(EndedBy.US)
        elif self.state is not DialogState.ENDED:
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        """End a call that is not answered yet."""
        raise NotImplementedError

    async def hold(self) -> None:
        """Put the other side on hold by a re-INVITE. Raises `ChangeRefused`."""
        await self._change(sdp.Direction.SENDONLY)

    async def unhold(self) -> None:
        """Take the other side back. Raises `ChangeRefused`."""
        await self._change(sdp.Direction.SENDRECV)

    async def _change(self, direction: sdp.Direction) -> None:
        """Offer another direction and wait for the answer (RFC 3261 14.1)."""
        if self.state is not DialogState.ANSWERED:
            raise ChangeRefused(f"expected an answered call, but it is {self.state.name}\n{self.story()}")
        offer = self._ours.changed(direction=direction)
        exchange = Exchange(self, self._path)
        final = await exchange.ask("INVITE", headers=(("Allow", ALLOW), SDP_TYPE), body=offer.to_bytes())
        if not final.is_success:
            raise ChangeRefused(
                f"expected 200 to the re-INVITE, got {final.status} {final.reason}\n{self.story()}"
            )
        self._ours = offer
        self._path.learn(final, is_answer=True)
        exchange.acknowledge()
        self._hear_description(final.body)

    async def transfer(self, number: str) -> int:
        """Press the transfer key and dial: a blind transfer (RFC 3515). Returns the status of the REFER, 202 as a rule.

        What becomes of it is in `transfer_reports`. The call itself goes on until somebody hangs up.
        """
        target = sip.address_of(self._path.target) or self._path.peer
        return await self._refer(f"<sip:{number}@{target[0]}:{target[1]}>")

    async def transfer_to(self, consulted: "Dialog") -> int:
        """Join the other side with the party of another call of this phone: an attended transfer (RFC 3891)."""
        path = consulted._path  # noqa: SLF001 - another dialog's path, in the dialog's own class
        tags = f"to-tag%3D{sip.tag_of(path.remote)}%3Bfrom-tag%3D{path.local_tag}"
        return await self._refer(f"<{path.target}?Replaces={path.call_id.replace('@', '%40')}%3B{tags}>")

    async def _refer(self, refer_to: str) -> int:
        headers = (("Refer-To", refer_to), ("Referred-By", self._path.contact))
        return (await Exchange(self, self._path).ask("REFER", headers=headers)).status

    def vanish(self) -> None:
        """Pull the cable in this call only: nothing more is sent, nothing is heard, nothing is said."""
        self._has_vanished = True
        if self._media is not None:
            self._media.stop_sending()
        self._media = None
        self._end(EndedBy.NOBODY)

    # What the other side does

    def take_request(self, incoming: Incoming) -> None:
        """A request inside the dialog came."""
        takers = {
            "BYE": self._take_bye,
            "INVITE": self._take_change,
            "CANCEL": self._take_cancel,
            "NOTIFY": self._take_notify,
        }
        takers.get(incoming.request.method, self._take_other)(incoming)

    def _take_bye(self, incoming: Incoming) -> None:
        self._respond(incoming, 200)
        self.reasons += sip.parse_reasons(incoming.request)
        self._end(EndedBy.THEM)

    def _take_cancel(self, incoming: Incoming) -> None:
        """Only a call that is not answered can be taken back; `IncomingDialog` knows more."""
        self._respond(incoming, 481)

    def _take_change(self, incoming: Incoming) -> None:
        """A re-INVITE: hold, or another address for the sound (RFC 3261 14.2)."""
        if self.state is not DialogState.ANSWERED:
            self._respond(incoming, 491 if self.state is not DialogState.ENDED else 481)
            return
        self._path.learn(incoming.request, is_answer=False)
        try:
            answer = self._agree(incoming.request.body)
        except MalformedSdp:
            self._respond(incoming, 488)
            return
        self._accept(incoming, answer)

    def _take_notify(self, incoming: Incoming) -> None:
        """A report on a transfer carries the status line of the new call (RFC 3515 2.4.5)."""
        self._respond(incoming, 200)
        reported = _SIPFRAG.match(incoming.request.body)
        if reported:
            self.transfer_reports.append(int(reported[1]))

    def _take_other(self, incoming: Incoming) -> None:
        understood = incoming.request.method in ("OPTIONS", "INFO", "UPDATE")
        self._respond(incoming, 200 if understood else 501)

    def _respond(self, incoming: Incoming, status: int, headers: Iterable[tuple[str, str]] = ()) -> None:
        response = incoming.request.response(status, to_tag=self._path.local_tag, headers=headers)
        self.wire.respond(incoming, response)

    def _accept(self, incoming: Incoming, description: bytes) -> None:
        headers = (("Contact", self._path.contact), ("Allow", ALLOW), SDP_TYPE)
        response = incoming.request.response(
            200, to_tag=self._path.local_tag, headers=headers, body=description
        )
        incoming.when_unacknowledged = self._hang_up_unacknowledged
        self.wire.respond(incoming, response)

    def _hang_up_unacknowledged(self) -> None:
        """Nobody acknowledged the 200 in 32 s: the session is confirmed, but to be ended (RFC 3261 13.3.1.4)."""
        if self.state is DialogState.ANSWERED:
            Exchange(self, self._path).send("BYE")
            self._end(EndedBy.NOBODY)

    # Sound is agreed on

    def _agree(self, offer: bytes) -> bytes:
        """Our answer to their offer; our offer when they sent none. Raises `MalformedSdp`."""
        if not offer:
            self._ours = self._ours.changed(direction=self._ours.direction)
            return self._ours.to_bytes()
        theirs = sdp.parse(offer)
        answer = sdp.answer(theirs, self._ours, wish=self._ours.direction)
        self._ours = self._ours.changed(direction=self._ours.direction)
        self._use(theirs, answer.direction)
        return answer.to_bytes()

    def _hear_description(self, body: bytes) -> None:
        """Their answer to our offer. None or a broken one leaves the sound as it is."""
        try:
            theirs = sdp.parse(body)
        except MalformedSdp:
            return
        self._use(theirs, sdp.Direction.of(sends=theirs.direction.receives, receives=theirs.direction.sends))

    def _use(self, theirs: sdp.Session, direction: sdp.Direction) -> None:
        self._theirs = theirs
        if self._media is not None:
            self._media.start(theirs, direction=direction)

    # The states

    def _ring(self) -> None:
        if self.state is DialogState.CALLING:
            self.state = DialogState.RINGING
            self._ringing.reach(self.wire.now())

    def _answer(self) -> None:
        self.state = DialogState.ANSWERED
        self.status = 200
        self._ringing.miss()
        self._answered.reach(self.wire.now())

    def _end(self, by: EndedBy) -> None:
        if self.state is DialogState.ENDED:
            return
        self.state, self.ended_by = DialogState.ENDED, by
        for timer in self._timers:
            timer.cancel()
        for moment in (self._ringing, self._answered):
            moment.miss()
        self._ended.reach(self.wire.now())
        if self._media is not None:
            self._media.close()
        self.wire.release(self.call_id, self._path.local_tag)
        self._when_over(self)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after a while, unless the call has ended by then."""
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))


def _sink_port(station: Station) -> int:
    port: int = station.wire.sink.getsockname()[1]
    return port


def reason_header(reason: str) -> tuple[tuple[str, str], ...]:
    """The Reason line, if there is one to say (RFC 3326)."""
    return (("Reason", reason),) if reason else ()
