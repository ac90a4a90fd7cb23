"""What can go wrong in the simulator, as one tree. Outcomes of a call (busy, declined, no answer) are not errors."""


class SimulatorError(Exception):
    """The root: catch it to catch everything below."""


class MalformedMessage(SimulatorError):
    """A datagram is no SIP message. `data` is what came."""

    def __init__(self, expected: str, *, data: bytes) -> None:
        super().__init__(f"expected {expected}, got {data[:80]!r}")
        self.data = data


class MalformedSdp(SimulatorError):
    """A session description that nobody can talk by. `body` is what came."""

    def __init__(self, expected: str, *, body: bytes) -> None:
        super().__init__(f"expected {expected}, got {body[:80]!r}")
        self.body = body


class RegistrationRefused(SimulatorError):
    """The registrar said no. `status` is its SIP code; 408 stands for silence."""

    def __init__(self, user: str, *, status: int, reason: str) -> None:
        super().__init__(
            f"expected 200 to the REGISTER of {user}, got {status} {reason}: check user, password and server"
        )
        self.user = user
        self.status = status


class MomentMissed(SimulatorError):
    """A moment was awaited that can no longer come. `status` is the final response to the INVITE, if there was one."""

    def __init__(self, expected: str, *, state: str, status: int | None, story: str) -> None:
        super().__init__(f"expected the call to be {expected}, but it is {state} (status {status})\n{story}")
        self.status = status


class NotInTime(SimulatorError):
    """A moment did not come before the deadline. The text tells what came instead."""


class NoMedia(SimulatorError):
    """Sound was asked of a phone that was made with `media=False`, or of a call that has none yet."""


class ScenarioMistake(SimulatorError):
    """A scenario file says something that cannot be played. The text names the field, what stands there and what may."""


class ChangeRefused(SimulatorError):
    """The other side did not agree to hold, or to take the call back."""
