"""`thirdring demo` tells where the wallboard is."""

from app.simulator.demo import _foot


def test_the_demo_prints_an_address_that_opens_the_wallboard() -> None:
    """The token is in the fragment, which no browser sends."""
    foot = _foot({"url": "http://127.0.0.1:8600", "sip_port": 5060}, "secret")
    assert "http://127.0.0.1:8600/wallboard#token=secret" in foot
    assert "sip:4001@127.0.0.1:5060" in foot
