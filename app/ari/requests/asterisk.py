"""Requests about the node itself."""

from app.ari.request import Request


def info() -> Request:
    """Version, name, start time, last reload."""
    return Request(method="GET", path="asterisk/info")


def ping() -> Request:
    """Answers at once, unless the lane is blocked. Vital: it is how an open circuit learns that it may close."""
    return Request(method="GET", path="asterisk/ping", vital=True)


def modules() -> Request:
    """All loaded modules with their status."""
    return Request(method="GET", path="asterisk/modules")
