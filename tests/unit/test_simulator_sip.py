"""SIP messages are read as they are meant and written as RFC 3261 wants them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator import sip
from app.simulator.errors import MalformedMessage

INVITE = (
    b"INVITE sip:4001@127.0.0.1:5060 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bKabc\r\n"
    b'From: "Li, Qiang" <sip:13800001111@10.0.0.1;tag=no>;tag=from-1\r\n'
    b"To: <sip:4001@127.0.0.1>\r\n"
    b"Call-ID: call-1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Contact: <sip:13800001111@10.0.0.1:5070>\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)

words = st.text(string.ascii_letters + string.digits + "-._~", min_size=1, max_size=12)
# A value is what stands between the colon and the line end, without the spaces around it.
values = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=40
).filter(lambda text: text == text.strip())
names = words.filter(lambda name: name.lower() not in sip._LONG_NAMES and name.lower() != "content-length")
headers = st.lists(st.tuples(names, values), max_size=8)
bodies = st.binary(max_size=200)


def with_length(pairs: list[tuple[str, str]], body: bytes) -> sip.Headers:
    """What a parsed message has that a made one lacks."""
    return sip.Headers([*pairs, ("Content-Length", str(len(body)))])


@given(method=words, user=words, pairs=headers, body=bodies)
def test_every_request_is_read_as_it_was_written(
    method: str, user: str, pairs: list[tuple[str, str]], body: bytes
) -> None:
    """Writing and reading are each other's inverse."""
    uri = f"sip:{user}@127.0.0.1"
    written = sip.Request(method, uri, sip.Headers(pairs), body).to_bytes()
    assert sip.parse(written) == sip.Request(method, uri, with_length(pairs, body), body)


@given(status=st.integers(100, 699), reason=words, pairs=headers, body=bodies)
def test_every_response_is_read_as_it_was_written(
    status: int, reason: str, pairs: list[tuple[str, str]], body: bytes
) -> None:
    """Writing and reading are each other's inverse."""
    written = sip.Response(status, reason, sip.Headers(pairs), body).to_bytes()
    assert sip.parse(written) == sip.Response(status, reason, with_length(pairs, body), body)


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda noise: INVITE[:150] + noise))
def test_noise_is_either_a_message_or_malformed(data: bytes) -> None:
    """No datagram raises anything else: a stranger's packet cannot stop a test."""
    try:
        message = sip.parse(data)
        message.check()
    except MalformedMessage:
        return
    assert message.to_bytes()


def test_a_request_tells_who_calls_whom() -> None:
    """The parts that dialogs and transactions are found by."""
    invite = sip.parse(INVITE)
    assert isinstance(invite, sip.Request)
    assert (invite.method, invite.uri, invite.body) == ("INVITE", "sip:4001@127.0.0.1:5060", b"v=0\n")
    assert (invite.call_id, invite.cseq, invite.branch) == ("call-1", (7, "INVITE"), "z9hG4bKabc")
    assert (invite.from_tag, invite.to_tag) == ("from-1", "")
    assert sip.user_of(invite.headers["From"]) == "13800001111"
    assert sip.display_name_of(invite.headers["From"]) == "Li, Qiang"
    assert sip.address_of(invite.headers["Contact"]) == ("10.0.0.1", 5070)


@pytest.mark.parametrize(
    "tolerated",
    [
        INVITE.replace(b"\r\n", b"\n"),
        b"\r\n\r\n" + INVITE,
        INVITE.replace(b"Content-Length: 4\r\n", b""),
        INVITE.replace(b"Call-ID:", b"i  :").replace(b"From:", b"f:").replace(b"Via:", b"v:"),
        INVITE.replace(b"Call-ID: call-1", b"CALL-id:\r\n\tcall-1"),
        INVITE + b"trailing noise",
    ],
)
def test_careless_spelling_is_understood(tolerated: bytes) -> None:
    """Short names, folded lines, bare line feeds, a missing length (RFC 4475)."""
    message = sip.parse(tolerated)
    assert message.call_id == "call-1"
    assert message.cseq == (7, "INVITE")
    assert message.branch == "z9hG4bKabc"
    assert message.from_tag == "from-1"
    assert message.body == b"v=0\n"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SIP/2.0 abc OK\r\n\r\n",
        INVITE.replace(b"Call-ID: call-1", b"nonsense"),
        b"\xff\xfe",
    ],
)
def test_what_is_no_sip_is_named(data: bytes) -> None:
    """The error shows what came."""
    with pytest.raises(MalformedMessage, match=r"expected .* got"):
        sip.parse(data)


def test_a_message_without_branch_is_malformed() -> None:
    """A transaction could not be found by it."""
    with pytest.raises(MalformedMessage, match="branch"):
        sip.parse(INVITE.replace(b";branch=z9hG4bKabc", b"")).check()


def test_a_response_copies_what_the_request_is_known_by() -> None:
    """RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq; and the To gets our tag."""
    invite = sip.parse(INVITE)
    assert isinstance(invite, sip.Request)
    response = invite.response(180, to_tag="to-1", headers=[("Contact", "<sip:a@b>")])
    assert response.start_line == "SIP/2.0 180 Ringing"
    assert [name for name, _ in response.headers.pairs] == ["Via", "From", "To", "Call-ID", "CSeq", "Contact"]
    assert response.to_tag == "to-1"
    assert response.branch == invite.branch


def test_several_values_on_one_line_are_several() -> None:
    """A comma inside quotes or brackets separates nothing (RFC 3261 7.3.1)."""
    headers = sip.Headers([("Route", '"a, b" <sip:x@y;lr>, <sip:z?a=1,2>'), ("route", "<sip:last>")])
    assert headers.every("Route") == ['"a, b" <sip:x@y;lr>', "<sip:z?a=1,2>", "<sip:last>"]


def test_reasons_are_read_with_protocol_cause_and_text() -> None:
    """RFC 3326, as Asterisk writes it."""
    bye = sip.Request(
        "BYE",
        "sip:a@b",
        sip.Headers([("Reason", 'Q.850;cause=16, SIP;cause=200;text="Call completed elsewhere"')]),
    )
    assert sip.parse_reasons(bye) == [
        sip.Reason("Q.850", 16),
        sip.Reason("SIP", 200, "Call completed elsewhere"),
    ]
