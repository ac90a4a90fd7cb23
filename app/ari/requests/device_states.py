"""Requests about device states."""

from app.ari.request import Request, path


def show(name: str) -> Request:
    """The state of a device, such as `PJSIP/phone1`. Never 404: an unknown device is INVALID, an unregistered one UNAVAILABLE."""
    return Request(method="GET", path=path("deviceStates", name))
