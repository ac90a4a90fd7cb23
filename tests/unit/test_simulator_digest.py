"""The digest is the one of the RFCs."""

import pytest

from app.simulator import digest, sip
from app.simulator.digest import Challenge, Credentials

MUFASA = Credentials("Mufasa", "Circle of Life")


def response_of(value: str) -> str:
    """The proof inside an answer."""
    return sip.parameters_of(value.partition(" ")[2])["response"]


def challenged(*lines: tuple[str, str]) -> sip.Response:
    """A 401 with these lines."""
    return sip.Response(401, "Unauthorized", sip.Headers(lines))


@pytest.mark.parametrize(
    ("algorithm", "proof"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, proof: str) -> None:
    """RFC 7616 3.9.1."""
    challenge = Challenge(
        realm="http-auth@example.org",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm=algorithm,
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
        has_qop=True,
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    value = digest.answer(challenge, MUFASA, method="GET", uri="/dir/index.html", cnonce=cnonce)
    assert response_of(value) == proof


def test_the_example_of_rfc_2069_comes_out_without_qop() -> None:
    """An old server asks without qop (RFC 2617 3.2.2.1; the value is the erratum's to RFC 2069)."""
    challenge = Challenge(realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")
    credentials = Credentials("Mufasa", "CircleOfLife")
    value = digest.answer(challenge, credentials, method="GET", uri="/dir/index.html", cnonce="unused")
    assert response_of(value) == "1949323746fe6a43ef61f9606e7febea"
    assert "cnonce" not in value


def test_the_stronger_of_two_challenges_is_answered() -> None:
    """RFC 8760: SHA-256 goes before MD5, whichever comes first."""
    response = challenged(
        ("WWW-Authenticate", 'Digest realm="asterisk", nonce="n1", algorithm=MD5, qop="auth"'),
        (
            "WWW-Authenticate",
            'Digest realm="asterisk", nonce="n2", algorithm=SHA-256, qop="auth,auth-int", opaque="o"',
        ),
    )
    assert digest.read_challenge(response) == Challenge(
        realm="asterisk", nonce="n2", algorithm="SHA-256", opaque="o", has_qop=True
    )


def test_a_proxys_challenge_is_answered_in_the_proxys_header() -> None:
    """407 asks by Proxy-Authenticate."""
    challenge = digest.read_challenge(challenged(("Proxy-Authenticate", 'Digest realm="r", nonce="n"')))
    assert challenge is not None
    assert challenge.answer_header == "Proxy-Authorization"


def test_a_challenge_that_cannot_be_met_is_none() -> None:
    """Then the 401 stands as a refusal."""
    assert (
        digest.read_challenge(
            challenged(("WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm=WEIRD'))
        )
        is None
    )
    assert digest.read_challenge(challenged(("WWW-Authenticate", 'Basic realm="r"'))) is None
