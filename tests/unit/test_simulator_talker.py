"""What a phone sends, packet by packet: sound, keys, and numbers that wrap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator import g711, keypad, rtp, tones
from app.simulator.sdp import Codec
from app.simulator.talker import Talker


def talker(*, sequence: int = 7, timestamp: int = 1000) -> Talker:
    """A talker with known numbers."""
    return Talker(sequence=sequence, timestamp=timestamp, ssrc=1)


def packets(talker: Talker, count: int) -> list[rtp.Packet]:
    """The next packets, read again."""
    read = [rtp.unpack(talker.next_packet(), arrived_at=0.02 * number) for number in range(count)]
    return [packet for packet in read if packet is not None]


def test_a_talker_without_a_tone_sends_silence() -> None:
    """Packets flow, as Asterisk's rtp_timeout wants."""
    assert [g711.decode(packet.payload, Codec.PCMU) for packet in packets(talker(), 2)] == [[0] * 160] * 2


def test_numbers_grow_and_wrap() -> None:
    """16 bits of sequence, 32 bits of time."""
    sent = packets(talker(sequence=0xFFFF, timestamp=0xFFFFFFFF), 2)
    assert [packet.sequence for packet in sent] == [0xFFFF, 0]
    assert [packet.timestamp for packet in sent] == [0xFFFFFFFF, 159]


def test_the_codec_is_the_one_that_the_other_side_wants() -> None:
    """The same tone, packed in another way."""
    speaker = talker()
    speaker.play(1000)
    speaker.use(Codec.PCMA, None)
    packet = packets(speaker, 1)[0]
    assert packet.payload_type == Codec.PCMA.value
    assert tones.is_heard(g711.decode(packet.payload, Codec.PCMA), 1000)


@given(st.text(keypad.KEYS, max_size=6))
def test_pressed_keys_are_read_in_their_order(keys: str) -> None:
    """Twice the same key is two keys."""
    speaker = talker()
    speaker.press(keys)
    assert keypad.read(packets(speaker, 7 * len(keys) + 2), 101) == keys


@given(lost=st.sets(st.integers(0, 6), max_size=6))
def test_a_key_is_read_while_one_of_its_last_three_packets_comes(lost: set[int]) -> None:
    """The end of a key is sent three times for that."""
    speaker = talker()
    speaker.press("5")
    came = [packet for number, packet in enumerate(packets(speaker, 7)) if number not in lost]
    assert keypad.read(came, 101) == ("" if {4, 5, 6} <= lost else "5")


def test_sound_goes_on_after_a_key_at_its_own_time() -> None:
    """The clock of the stream does not stop under a key (RFC 4733 2.5.1.2)."""
    speaker = talker(timestamp=0)
    speaker.press("5")
    sent = packets(speaker, 9)
    assert [packet.timestamp for packet in sent] == [0] * 7 + [7 * 160, 8 * 160]
    assert [packet.payload_type for packet in sent] == [101] * 7 + [0] * 2


def test_what_is_no_key_is_refused_before_anything_is_sent() -> None:
    """The mistake is named at once."""
    with pytest.raises(ValueError, match="expected one of"):
        talker().press("12x")
