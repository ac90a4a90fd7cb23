"""What waits for one client is bounded, and the latest value wins."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.live.mask import masked
from app.live.outbox import Delta, Outbox
from app.live.protocol import CloseCode, LiveError
from app.live.ring import Ring
from app.live.topics import Key, Kind

FINAL_TEXT = 0x81
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def key(number: int) -> Key:
    """Some call."""
    return Key(Kind.CALL, str(number))


class Encoder:
    """Counts how often a delta is encoded."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, delta: Delta) -> bytes:
        """The values, readable."""
        self.count += 1
        return f"{delta.seq}:".encode() + b" ".join(delta.values.values())


def delta(seq: int, encode: Encoder, **values: str) -> Delta:
    """Values by call."""
    keyed = {Key(Kind.CALL, id_): text.encode() for id_, text in values.items()}
    return Delta(keyed, after=seq - 1, seq=seq, at=NOON, encode=encode)


async def taken(outbox: Outbox) -> str | None:
    """The next message; None for a snapshot."""
    found = await asyncio.wait_for(outbox.take(), timeout=5)
    return text_of(found.packet) if found else None


def text_of(packet: bytes) -> str:
    """What a short packet says."""
    assert packet[0] == FINAL_TEXT
    assert packet[1] == len(packet) - 2
    return packet[2:].decode()


def has_nothing(outbox: Outbox) -> bool:
    """Whether taking would wait."""
    taking = outbox.take()
    try:
        taking.send(None)
    except StopIteration:
        return False
    taking.close()
    return True


async def test_a_delta_is_encoded_once_for_all_who_get_it() -> None:
    """They share the very same text."""
    encode, boxes = Encoder(), [Outbox() for _ in range(3)]
    change = delta(1, encode, a="1")
    for box in boxes:
        box.put(change)
    frames = [await taken(box) for box in boxes]
    assert frames == ["1:1"] * 3
    assert encode.count == 1


class Taker:
    """A client's end that takes what is written, or not."""

    def __init__(self) -> None:
        self.takes = True
        self.heard: list[str] = []

    def write(self, packet: bytes) -> bool:
        """Keep it, if the client takes it."""
        if self.takes:
            self.heard.append(text_of(packet))
        return self.takes


async def test_what_a_client_takes_at_once_does_not_wait_for_its_writer() -> None:
    """Nothing is left to take."""
    client, encode = Taker(), Encoder()
    outbox = Outbox(client.write)
    outbox.put(delta(1, encode, a="1"))
    assert (client.heard, has_nothing(outbox)) == (["1:1"], True)


async def test_nothing_overtakes_what_waits_or_is_being_sent() -> None:
    """The writer sends it first; what came meanwhile follows; then the short way is open again."""
    client, encode = Taker(), Encoder()
    outbox = Outbox(client.write)
    client.takes = False
    outbox.put(delta(1, encode, a="1"))
    client.takes = True
    outbox.put(delta(2, encode, b="2"))
    assert await taken(outbox) == "2:1 2"
    outbox.put(delta(3, encode, a="3"))
    assert (await taken(outbox), client.heard) == ("3:3", [])
    assert has_nothing(outbox)
    outbox.put(delta(4, encode, a="4"))
    assert client.heard == ["4:4"]


@pytest.mark.parametrize("takes", [True, False])
async def test_a_heartbeat_is_only_for_who_waits_for_nothing(*, takes: bool) -> None:
    """Whoever has something to come gets that instead; a change makes a waiting heartbeat needless."""
    client, encode = Taker(), Encoder()
    outbox = Outbox(client.write)
    client.takes = takes
    outbox.put(delta(1, encode))
    assert client.heard == (["1:"] if takes else [])
    outbox.want_snapshot()
    outbox.put(delta(2, encode))
    assert await taken(outbox) is None
    assert has_nothing(outbox)


async def test_the_latest_value_of_each_thing_wins() -> None:
    """A client that was away for a while gets one message with the newest of each."""
    outbox, encode = Outbox(), Encoder()
    outbox.put(delta(1, encode, a="old", b="kept"))
    outbox.put(delta(2, encode, a="new", c="more"))
    assert await taken(outbox) == "2:new kept more"
    assert has_nothing(outbox)


async def test_merging_for_one_client_changes_nothing_for_another() -> None:
    """What they share stays as it is."""
    slow, quick, encode = Outbox(), Outbox(), Encoder()
    first, second = delta(1, encode, a="1"), delta(2, encode, a="2")
    for outbox in (slow, quick):
        outbox.put(first)
    assert await taken(quick) == "1:1"
    for outbox in (slow, quick):
        outbox.put(second)
    assert await taken(quick) == "2:2"
    assert await taken(slow) == "2:2"


async def test_a_snapshot_makes_what_waits_void() -> None:
    """Only what comes behind it is sent behind it."""
    outbox, encode = Outbox(), Encoder()
    outbox.put(delta(1, encode, a="old"))
    outbox.want_snapshot()
    outbox.put(delta(2, encode, a="new"))
    assert await taken(outbox) is None
    assert await taken(outbox) == "2:new"
    assert has_nothing(outbox)


@pytest.mark.parametrize(("count", "is_slow"), [(3, False), (4, True)])
async def test_more_things_than_the_limit_end_the_connection(count: int, *, is_slow: bool) -> None:
    """Only for a client that does not keep up: a single large change is not its fault."""
    outbox, encode = Outbox(key_limit=3), Encoder()
    outbox.put(delta(1, encode, a="1"))
    others = {key(number): b"1" for number in range(count - 1)}
    outbox.put(Delta(others, after=1, seq=2, at=NOON, encode=encode))
    if is_slow:
        with pytest.raises(LiveError) as raised:
            await taken(outbox)
        assert raised.value.code is CloseCode.TOO_SLOW
    else:
        assert await taken(outbox) == "2:1 1 1"


async def test_one_large_change_is_sent_whatever_its_size() -> None:
    """The limit is for what gathers."""
    outbox = Outbox(key_limit=1)
    outbox.put(delta(1, Encoder(), a="1", b="2"))
    assert await taken(outbox) == "1:1 2"


# --- the ring ------------------------------------------------------------------------------------------------------


def test_the_ring_tells_what_changed_after_a_number() -> None:
    """Each thing once."""
    ring = Ring()
    ring.begin(10)
    ring.add(12, {key(1), key(2)})
    ring.add(15, {key(2), key(3)})
    assert ring.since(10) == {key(1), key(2), key(3)}
    assert ring.since(12) == {key(2), key(3)}
    assert ring.since(15) == set()


@pytest.mark.parametrize("seq", [9, 16, -1])
def test_the_ring_knows_nothing_before_its_beginning_and_beyond_its_end(seq: int) -> None:
    """Only a snapshot can tell."""
    ring = Ring()
    ring.begin(10)
    ring.add(15, {key(1)})
    assert ring.since(seq) is None


def test_a_number_at_which_nothing_changed_is_known_too() -> None:
    """A client has it from a heartbeat, and must not need a snapshot for that."""
    ring = Ring(entries=1)
    ring.begin(10)
    ring.add(12, {key(1)})
    ring.add(15, set())
    assert ring.since(15) == set()
    assert ring.since(10) == {key(1)}


def test_an_empty_ring_knows_its_beginning() -> None:
    """A client that has this number missed nothing."""
    ring = Ring()
    ring.begin(10)
    assert ring.since(10) == set()
    assert ring.since(11) is None


def test_a_full_ring_forgets_its_oldest_entry() -> None:
    """Whoever stood before it needs a snapshot; whoever stands right behind it does not."""
    ring = Ring(entries=2)
    ring.begin(0)
    for seq in (1, 2, 3):
        ring.add(seq, {key(seq)})
    assert ring.since(0) is None
    assert ring.since(1) == {key(2), key(3)}


# --- masked numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+86*******8000"),
        ("84512345", "******45"),
        ("8451234", "*****34"),
        ("10086", "***86"),
        ("4001", "4001"),
        ("", ""),
    ],
)
def test_masked_numbers_are_recognised_and_cannot_be_called(number: str, shown: str) -> None:
    """Extensions of the site, up to four digits, are nobody's private data."""
    assert masked(number) == shown
