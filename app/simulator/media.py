"""Media: the sound of one call. Sends a tone or silence as RTP, keeps what comes back, and can be asked what was heard.

One clock serves all streams of a wire (`Pacer`): every 20 ms it lets each stream send one packet and empty its socket. So a
hundred streams cost one timer, no task, and no wake-up per packet. Arrival times are the kernel's, not the pacer's.
"""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Iterator
from secrets import randbits

from app.clock import SystemClock
from app.simulator import ear, g711, keypad, rtp, tones
from app.simulator.errors import NotInTime
from app.simulator.sdp import Direction, Session
from app.simulator.talker import Talker

PACKET_TIME = 0.02
KEPT_PACKETS = 500  # 10 s: as far back as a test can ask
_LATE = 5 * PACKET_TIME  # later than that, the clock starts anew: a burst of packets would sound like jitter
_SO_TIMESTAMPNS = (
    35  # Linux: the kernel writes on each datagram when it came (socket(7)); Python has no name for it
)
_TIMESPEC = struct.Struct("@ll")
_SILENT_FOR = 10 * PACKET_TIME  # so long without the tone, and it has stopped


class Pacer:
    """The 20 ms clock of all streams of a wire. It runs while there are streams."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._streams: dict[MediaStream, None] = {}  # a dict, for it keeps the order
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: "MediaStream") -> None:
        """Let the stream take part from the next tick on."""
        self._streams[stream] = None
        if self._timer is None:
            self._schedule(self._loop.time() + PACKET_TIME)

    def remove(self, stream: "MediaStream") -> None:
        """The stream has ended."""
        self._streams.pop(stream, None)

    def close(self) -> None:
        """Stop the clock and close every stream."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for stream in list(self._streams):
            stream.close()

    def _schedule(self, at: float) -> None:
        self._timer = self._loop.call_at(at, self._tick, at)

    def _tick(self, due_at: float) -> None:
        self._timer = None
        if not self._streams:
            return
        now = self._loop.time()
        # Read anew each time: the kernel stamps packets by the wall clock, and that may be set.
        wall_lead = SystemClock().now().timestamp() - now
        for stream in list(self._streams):
            stream.tick(wall_lead=wall_lead)
        self._schedule(due_at + PACKET_TIME if now - due_at < _LATE else now + PACKET_TIME)


class MediaStream:
    """One RTP stream in each direction. Bound at once; sends from `start` on, and silence until `play`."""

    def __init__(self, *, host: str, pacer: Pacer) -> None:
        self._socket = _even_socket(host)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.port: int = self._socket.getsockname()[1]
        self._pacer = pacer
        self._remote: tuple[str, int] | None = None
        # Random, as RFC 3550 5.1 asks: a stream that always began at 0 would never meet Asterisk's trap of "older" numbers.
        self._talker = Talker(sequence=randbits(16), timestamp=randbits(32), ssrc=randbits(32))
        self._keypad: int | None = None
        self._is_sending = True
        self._arrival: asyncio.Future[None] | None = None
        self.packets: deque[rtp.Packet] = deque(maxlen=KEPT_PACKETS)
        self.received = 0
        self._pacer.add(self)

    # Sending

    def start(self, remote: Session, *, direction: Direction) -> None:
        """Send where the peer wants it, in its first codec, if our direction lets us. May be called again after a change."""
        self._remote = (remote.host, remote.port) if remote.port and direction.sends else None
        self._keypad = remote.keypad
        self._talker.use(remote.codecs[0], remote.keypad)

    def play(self, frequency: int | None) -> None:
        """Send this tone from the next packet on; None: silence."""
        self._is_sending = True
        self._talker.play(frequency)

    def press(self, keys: str) -> None:
        """Press these keys, one after the other. Raises `ValueError` when one does not exist."""
        self._talker.press(keys)

    def stop_sending(self) -> None:
        """Send no packet at all until the next `play`, as phones do that suppress silence, or whose cable is pulled."""
        self._is_sending = False

    def close(self) -> None:
        """End the stream. May be called twice."""
        self._pacer.remove(self)
        self._socket.close()
        self._wake()

    def tick(self, *, wall_lead: float) -> None:
        """The pacer's beat: one packet out, all packets in. `wall_lead` is wall time minus the loop's time."""
        if self._remote is not None and self._is_sending:
            # A full buffer loses the packet, as a network does.
            with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
                self._socket.sendto(self._talker.next_packet(), self._remote)
        self._drain(wall_lead)

    # Receiving

    def _drain(self, wall_lead: float) -> None:
        before = self.received
        for data, wall in _datagrams(self._socket):
            packet = rtp.unpack(data, arrived_at=wall - wall_lead)
            if packet is not None:
                self.received += 1
                self.packets.append(packet)
        if self.received != before:
            self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
        self._arrival = None

    async def _next_packets(self) -> None:
        """Wait for the next drain that brings something."""
        if self._arrival is None:
            self._arrival = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._arrival)

    def _packets_from(self, number: int) -> list[rtp.Packet]:
        """The kept packets from this number on, counted over the stream's life."""
        missing = self.received - number
        return list(self.packets)[-missing:] if missing > 0 else []

    async def hears(self, frequency: int, *, within: float, since: float | None = None) -> float:
        """Wait until the tone is heard in packets that arrived at `since` (the loop's time; by default now) or later.

        Returns when its first packet came. Raises `NotInTime` with what was heard instead.
        """
        loop = asyncio.get_running_loop()
        since = loop.time() if since is None else since
        listener, seen = ear.Ear(frequency), self.received - len(self.packets)
        try:
            async with asyncio.timeout(within):
                while True:
                    fresh, seen = self._packets_from(seen), self.received
                    for packet in fresh:
                        heard = listener.hear(packet) if packet.arrived_at >= since else None
                        if heard is not None:
                            return heard
                    await self._next_packets()
        except TimeoutError:
            raise NotInTime(
                f"expected a tone of {frequency} Hz within {within} s; {self.describe(since=since)}"
            ) from None

    async def stops_hearing(self, frequency: int, *, within: float) -> float:
        """Wait until the tone was not heard for 200 ms. Returns when its last packet came, in the loop's time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while loop.time() < deadline:
            last = self.last_heard_at(frequency)
            if loop.time() - last > _SILENT_FOR:
                return last
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PACKET_TIME):
                    await self._next_packets()
        raise NotInTime(
            f"expected the tone of {frequency} Hz to stop within {within} s; {self.describe(since=deadline - 1)}"
        )

    # What was heard

    def last_heard_at(self, frequency: int) -> float:
        """When the last packet with the tone arrived; minus infinity when none did."""
        for packet in reversed(self.packets):
            samples = ear.samples_of(packet)
            if samples and tones.is_heard(samples, frequency):
                return packet.arrived_at
        return float("-inf")

    @property
    def keys(self) -> str:
        """The keys that the other side pressed in the last 10 s, in their order."""
        return "" if self._keypad is None else keypad.read(self.packets, self._keypad)

    def _sound(self, *, since: float) -> list[int]:
        """All samples that arrived at `since` or later, one behind the other."""
        return [
            sample
            for packet in self.packets
            if packet.arrived_at >= since
            for sample in ear.samples_of(packet) or ()
        ]

    def describe(self, *, since: float) -> str:
        """What came at `since` or later, in words for an error message."""
        samples = self._sound(since=since)
        if not samples:
            return f"no RTP came on port {self.port}"
        seconds = len(samples) / g711.SAMPLE_RATE
        loudest = max(range(100, 3500, 50), key=lambda frequency: tones.level(samples, frequency))
        return (
            f"{seconds:.2f} s of sound came on port {self.port}, {tones.total_level(samples):.0f} dBFS in all, "
            f"loudest near {loudest} Hz with {tones.level(samples, loudest):.0f} dBFS"
        )


def silent_socket(host: str) -> socket.socket:
    """A socket that takes RTP and is never read: its buffer fills and the kernel drops the rest, which costs nothing."""
    return _even_socket(host)


def _even_socket(host: str) -> socket.socket:
    """Bound to an even port: the odd one above it is for RTCP (RFC 3550 11), so that no RTCP comes to another's stream."""
    while True:
        candidate = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        candidate.settimeout(0)
        candidate.bind((host, 0))
        if candidate.getsockname()[1] % 2 == 0:
            return candidate
        candidate.close()


def _datagrams(source: socket.socket) -> Iterator[tuple[bytes, float]]:
    """All waiting datagrams with the wall time at which the kernel had them."""
    while True:
        try:
            data, ancillary, _, _ = source.recvmsg(2048, 64)
        except (BlockingIOError, ConnectionRefusedError):
            return
        seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
        yield data, seconds + nanoseconds / 1e9
