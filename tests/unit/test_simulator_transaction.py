"""Requests and responses survive a network that loses packets, and give up in the end."""

import pytest

from app.simulator import sip
from app.simulator.transaction import GIVE_UP, T2, ClientTransaction, ServerTransaction, State


def request(method: str) -> sip.Request:
    """A request with all that a transaction needs."""
    lines = [
        ("Via", "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKabc"),
        ("Max-Forwards", "70"),
        ("Route", "<sip:proxy;lr>"),
        ("From", "<sip:alice@a>;tag=1"),
        ("To", "<sip:bob@b>"),
        ("Call-ID", "call-1"),
        ("CSeq", f"7 {method}"),
    ]
    return sip.Request(method, "sip:bob@b", sip.Headers(lines), b"body")


def repeats(transaction: ClientTransaction | ServerTransaction, *, until: float = GIVE_UP) -> list[float]:
    """Let time pass: the moments at which a message is sent again, up to the end."""
    moments = []
    while (deadline := transaction.next_deadline) is not None and deadline <= until:
        if transaction.at_deadline(deadline) is not None:
            moments.append(deadline)
    return moments


def test_an_unanswered_invite_is_repeated_with_doubling_pauses_and_given_up() -> None:
    """Timers A and B: 0.5 s, doubled each time, 32 s in all."""
    client = ClientTransaction(request("INVITE"), now=0)
    assert repeats(client) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert client.state is State.TERMINATED


def test_any_other_request_is_repeated_at_least_every_four_seconds() -> None:
    """Timers E and F."""
    client = ClientTransaction(request("BYE"), now=0)
    assert repeats(client) == [0.5, 1.5, 3.5, *(3.5 + T2 * number for number in range(1, 8))]
    assert client.state is State.TERMINATED


def test_a_ringing_invite_is_repeated_no_more() -> None:
    """It may ring for as long as people like."""
    client = ClientTransaction(request("INVITE"), now=0)
    assert client.receive(client.request.response(180))
    assert (client.state, client.next_deadline) == (State.PROCEEDING, None)


def test_any_other_request_is_repeated_slowly_after_a_provisional_response() -> None:
    """Its final response may still be lost (17.1.2.2)."""
    client = ClientTransaction(request("BYE"), now=0)
    client.receive(client.request.response(100))
    assert repeats(client, until=10) == [0.5, 4.5, 8.5]


@pytest.mark.parametrize("status", [200, 486])
def test_the_last_word_is_news_once(status: int) -> None:
    """A repeat of a final response is no news, and nothing follows it."""
    client = ClientTransaction(request("INVITE"), now=0)
    assert client.receive(client.request.response(status))
    assert not client.receive(client.request.response(status))
    assert not client.receive(client.request.response(180))
    assert (client.state, client.next_deadline) == (State.COMPLETED, None)


def test_a_refused_invite_is_acknowledged_on_its_own_way() -> None:
    """RFC 3261 17.1.1.3: the same branch, route and number; the To of the response."""
    client = ClientTransaction(request("INVITE"), now=0)
    client.receive(client.request.response(486, to_tag="2"))
    ack = client.acknowledgement
    assert ack is not None
    assert (ack.method, ack.uri, ack.branch, ack.cseq, ack.to_tag) == (
        "ACK",
        "sip:bob@b",
        client.request.branch,
        (7, "ACK"),
        "2",
    )
    assert (ack.headers["Route"], ack.body) == ("<sip:proxy;lr>", b"")


@pytest.mark.parametrize(("method", "status"), [("INVITE", 180), ("INVITE", 200), ("BYE", 200)])
def test_nothing_but_a_refused_invite_is_acknowledged_by_the_transaction(method: str, status: int) -> None:
    """The ACK to a 2xx is the dialog's."""
    client = ClientTransaction(request(method), now=0)
    client.receive(client.request.response(status))
    assert client.acknowledgement is None


@pytest.mark.parametrize("status", [200, 486])
def test_the_last_word_to_an_invite_is_repeated_until_it_is_acknowledged(status: int) -> None:
    """Timer G, for refusals and for answers."""
    server = ServerTransaction(request("INVITE"))
    assert server.respond(server.request.response(status), now=0)
    assert repeats(server, until=8) == [0.5, 1.5, 3.5, 7.5]
    server.acknowledged()
    assert (server.state, server.next_deadline, server.repeated()) == (State.CONFIRMED, None, None)


def test_an_answer_that_nobody_acknowledges_is_given_up() -> None:
    """Timer H: 32 s."""
    server = ServerTransaction(request("INVITE"))
    server.respond(server.request.response(200), now=0)
    assert repeats(server)[-1] < GIVE_UP
    assert server.state is State.TERMINATED


def test_a_repeated_request_gets_the_last_response_again() -> None:
    """Nothing before the first, then always the newest."""
    server = ServerTransaction(request("INVITE"))
    said: list[sip.Response | None] = [server.repeated()]
    for status in (180, 200):
        server.respond(server.request.response(status), now=0)
        said.append(server.repeated())
    assert [response.status if response else None for response in said] == [None, 180, 200]


def test_the_response_to_anything_but_an_invite_waits_for_no_acknowledgement() -> None:
    """It is repeated only when the request is."""
    server = ServerTransaction(request("BYE"))
    server.respond(server.request.response(200), now=0)
    assert (server.state, server.next_deadline) == (State.COMPLETED, None)


def test_a_second_last_word_is_not_said() -> None:
    """An answer that crosses a CANCEL stands, or the other way round: never both."""
    server = ServerTransaction(request("INVITE"))
    assert server.respond(server.request.response(200), now=0)
    assert not server.respond(server.request.response(487), now=0)
    repeated = server.repeated()
    assert repeated is not None
    assert repeated.status == 200
