"""Sound: packed, unpacked, and found again by ear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator import g711, rtp, sdp, tones
from app.simulator.ear import Ear
from app.simulator.errors import MalformedSdp
from app.simulator.sdp import Codec, Direction, Session

OFFER = Session(host="10.0.0.1", port=4000)
OURS = Session(host="127.0.0.1", port=5000)


def tone(frequency: int, codec: Codec = Codec.PCMU) -> list[int]:
    """One packet of the tone, as it is heard."""
    return g711.decode(tones.frames(frequency, codec)[0], codec)


def packet(payload: bytes, at: float, kind: int = 0) -> rtp.Packet:
    """A packet that arrived at this time."""
    return rtp.Packet(at, 1, 160, kind, payload)


@pytest.mark.parametrize(
    ("codec", "samples", "packed"),
    [
        (Codec.PCMU, [0, 32635, -32635, 1000, -1000], bytes([0xFF, 0x80, 0x00, 0xCE, 0x4E])),
        (Codec.PCMA, [0, 32767, -32768, 1000, -1000], bytes([0xD5, 0xAA, 0x2A, 0xFA, 0x7A])),
    ],
)
def test_g711_packs_known_samples_as_the_standard_does(
    codec: Codec, samples: list[int], packed: bytes
) -> None:
    """Values of the ITU's reference tables."""
    assert g711.encode(samples, codec) == packed


@given(codec=st.sampled_from(Codec), byte=st.integers(0, 255))
def test_every_byte_of_g711_survives_unpacking_and_packing(codec: Codec, byte: int) -> None:
    """But for the two zeros of mu-law, which are one."""
    sample = g711.decode(bytes([byte]), codec)
    again = g711.encode(sample, codec)[0]
    assert again == byte or (codec is Codec.PCMU and sample == [0])


@given(codec=st.sampled_from(Codec), sample=st.integers(-32000, 32000))
def test_g711_keeps_a_sample_within_its_step(codec: Codec, sample: int) -> None:
    """The error is at most a sixteenth of the sample, or a small step near zero."""
    heard = g711.decode(g711.encode([sample], codec), codec)[0]
    assert abs(heard - sample) <= max(16, abs(sample) / 16)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("frequency", [440, 600, 1000, 1400, 2600])
def test_a_tone_is_heard_at_the_level_at_which_it_is_sent(codec: Codec, frequency: int) -> None:
    """Goertzel finds what `frames` made, to half a decibel."""
    sound = [sample for frame in tones.frames(frequency, codec) for sample in g711.decode(frame, codec)]
    assert tones.level(sound, frequency) == pytest.approx(tones.LEVEL_DBFS, abs=0.5)
    assert tones.is_heard(sound, frequency)


@given(
    st.sampled_from([600, 1000, 1400, 1800, 2200, 2600]), st.sampled_from([600, 1000, 1400, 1800, 2200, 2600])
)
def test_a_tone_is_not_taken_for_another(sent: int, sought: int) -> None:
    """One packet is enough to tell the tones of a test apart."""
    assert tones.is_heard(tone(sent), sought) is (sent == sought)


def test_several_tones_are_heard_in_one_sound() -> None:
    """A conference of three is heard as three."""
    mixed = [sum(samples) for samples in zip(tone(600), tone(1000), tone(1400), strict=True)]
    assert [tones.is_heard(mixed, frequency) for frequency in (600, 1000, 1400, 1800)] == [
        True,
        True,
        True,
        False,
    ]


def test_silence_is_no_tone() -> None:
    """Nothing is heard in nothing, and its level is the floor."""
    assert not tones.is_heard([0] * 160, 1000)
    assert tones.level([], 1000) == tones.total_level([0] * 160) == tones.SILENCE_DBFS


@given(st.integers(100, 3900))
def test_the_frames_of_a_tone_join_without_a_click(frequency: int) -> None:
    """A tone played twice round has all its power in one place: a jump of its phase would spread it."""
    frames = tones.frames(frequency, Codec.PCMU) * 2
    sound = [sample for frame in frames for sample in g711.decode(frame, Codec.PCMU)]
    assert tones.level(sound, frequency) == pytest.approx(tones.total_level(sound), abs=0.05)


def test_the_ear_is_certain_after_three_packets_and_tells_when_the_first_came() -> None:
    """60 ms make a tone; the moment is the first packet's."""
    ear, payload = Ear(1000), tones.frames(1000, Codec.PCMU)[0]
    assert ear.hear(packet(payload, 0.00)) is None
    assert ear.hear(packet(payload, 0.02)) is None
    heard = ear.hear(packet(payload, 0.04))
    assert heard == 0.00


def test_an_interrupted_tone_is_not_heard() -> None:
    """Music mixed in packet by packet leaves no three in a row."""
    ear = Ear(1000)
    frames = [tones.frames(1000, Codec.PCMU)[0], tones.frames(1800, Codec.PCMU)[0]] * 5
    assert [ear.hear(packet(frame, 0.0)) for frame in frames] == [None] * 10


def test_a_keypad_event_does_not_interrupt_a_tone() -> None:
    """Packets without sound are passed over."""
    ear, payload = Ear(1000), tones.frames(1000, Codec.PCMU)[0]
    heard = [ear.hear(packet(payload, 0.0, kind)) for kind in (0, 101, 0, 101, 0)]
    assert heard[-1] is not None


@given(
    payload_type=st.integers(0, 63),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=160),
    is_first=st.booleans(),
)
def test_an_rtp_packet_is_read_as_it_was_written(
    *, payload_type: int, sequence: int, timestamp: int, payload: bytes, is_first: bool
) -> None:
    """Packing and unpacking are each other's inverse."""
    data = rtp.pack(
        payload_type=payload_type,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=1,
        payload=payload,
        is_first=is_first,
    )
    assert rtp.unpack(data, arrived_at=1.5) == rtp.Packet(1.5, sequence, timestamp, payload_type, payload)


@pytest.mark.parametrize("data", [b"", b"\x80" * 11, b"\x80\xc8" + bytes(20), b"\x00" + bytes(20)])
def test_what_is_no_rtp_is_passed_over(data: bytes) -> None:
    """RTCP, other versions and fragments."""
    assert rtp.unpack(data, arrived_at=0) is None


def test_extensions_sources_and_padding_are_no_sound() -> None:
    """RFC 3550 5.1 and 5.3.1."""
    header = bytes([0xB1, 0]) + bytes(10) + bytes(4) + b"\xbe\xde\x00\x01" + bytes(4)
    read = rtp.unpack(header + b"sound" + b"\x00\x00\x03", arrived_at=0)
    assert read is not None
    assert read.payload == b"sound"


@given(
    port=st.integers(1, 65535),
    codecs=st.permutations(list(Codec)).map(tuple) | st.sampled_from(Codec).map(lambda codec: (codec,)),
    direction=st.sampled_from(Direction),
    version=st.integers(1, 100),
    keypad=st.none() | st.integers(96, 127),
)
def test_a_description_is_read_as_it_was_written(
    port: int, codecs: tuple[Codec, ...], direction: Direction, version: int, keypad: int | None
) -> None:
    """Writing and reading are each other's inverse, but for the version, which the reader has no use for."""
    written = Session(
        host="10.0.0.1", port=port, codecs=codecs, direction=direction, version=version, keypad=keypad
    )
    read = sdp.parse(written.to_bytes())
    assert (read.host, read.port, read.codecs, read.direction, read.keypad) == (
        "10.0.0.1",
        port,
        codecs,
        direction,
        keypad,
    )


@pytest.mark.parametrize(
    ("offered", "wish", "answered"),
    [
        (Direction.SENDRECV, Direction.SENDRECV, Direction.SENDRECV),
        (Direction.SENDONLY, Direction.SENDRECV, Direction.RECVONLY),
        (Direction.RECVONLY, Direction.SENDRECV, Direction.SENDONLY),
        (Direction.INACTIVE, Direction.SENDRECV, Direction.INACTIVE),
        (Direction.SENDRECV, Direction.SENDONLY, Direction.SENDONLY),
        (Direction.SENDONLY, Direction.SENDONLY, Direction.INACTIVE),
    ],
)
def test_a_direction_is_answered_by_its_mirror(
    offered: Direction, wish: Direction, answered: Direction
) -> None:
    """RFC 3264 6.1, cut to what we want ourselves."""
    assert sdp.answer(OFFER.changed(direction=offered), OURS, wish=wish).direction is answered


def test_an_answer_takes_the_first_common_codec_of_the_offer() -> None:
    """Their order counts."""
    offer = Session(host="10.0.0.1", port=4000, codecs=(Codec.PCMA, Codec.PCMU))
    assert sdp.answer(offer, OURS).codecs == (Codec.PCMA,)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"garbage", "m=audio"),
        (b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 9 111\r\n", "PCMU or PCMA"),
        (b"v=0\r\nm=audio 4000 RTP/AVP 0\r\n", "c=IN IP4"),
    ],
)
def test_a_description_without_common_sound_is_malformed(body: bytes, expected: str) -> None:
    """The error says what is missing."""
    with pytest.raises(MalformedSdp, match=expected):
        sdp.parse(body)


def test_an_unspecified_address_is_hold() -> None:
    """As RFC 2543 wrote it: the other side does not want to hear us."""
    read = sdp.parse(b"v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n")
    assert not read.direction.receives
