"""Requests about endpoints: Asterisk's word for devices and trunks."""

from app.ari.request import Request, path


def show(technology: str, resource: str) -> Request:
    """One endpoint: its state and the ids of its channels."""
    return Request(method="GET", path=path("endpoints", technology, resource))


def show_all(technology: str = "") -> Request:
    """All endpoints, or those of one technology. One with channels that are not ours is busy outside Thirdring."""
    return Request(method="GET", path=path("endpoints", technology) if technology else "endpoints")
