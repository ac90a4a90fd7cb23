"""Requests about playbacks."""

from app.ari.request import Request, path


def show(playback_id: str) -> Request:
    """A playback that runs. 404: it has ended, or never was."""
    return Request(method="GET", path=path("playbacks", playback_id))


def stop(playback_id: str) -> Request:
    """End a playback. Frees the requests that wait for it, so it is vital and may take the escape lane."""
    return Request(method="DELETE", path=path("playbacks", playback_id), vital=True)
