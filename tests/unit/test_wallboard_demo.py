"""`thirdring demo` tells where the wallboard is."""

from app.simulator.demo import _foot


def test_the_demo_shows_the_address_of_the_wallboard_and_its_token() -> None:
    """The link holds both, in the fragment, which no browser sends; a line of a small terminal holds each."""
    foot = _foot({"url": "http://127.0.0.1:65535", "sip_port": 65535}, "trt_" + "x" * 43)
    lines = foot.plain.splitlines()
    assert "Wallboard: http://127.0.0.1:65535/wallboard" in lines
    assert f"Its token: trt_{'x' * 43}" in lines
    assert all(len(line) <= 80 for line in lines)
    assert any(str(span.style).endswith(f"/wallboard#token=trt_{'x' * 43}") for span in foot.spans)
