"""Requests about endpoints: Asterisk's word for devices and trunks."""

from app.ari.request import Request


def show_all() -> Request:
    """All endpoints. One with channels that are not ours is busy outside Thirdring."""
    return Request(method="GET", path="endpoints")
