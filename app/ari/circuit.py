"""The circuit: after several unanswered requests in a row, spare Asterisk and the callers of more of them.

    CLOSED --(threshold time-outs without an answer between)--> OPEN --(any answer)--> CLOSED

There is no third state: while OPEN the client goes on asking for a ping (the half-open probe), and the answer to it, or a
late answer to anything else, closes the circuit. Pure: it is told what happened and asked what is allowed.
"""


class Circuit:
    """Counts time-outs of one lane."""

    def __init__(self, *, threshold: int) -> None:
        self._threshold = threshold
        self._unanswered = 0
        self.opened = 0
        """How often it opened since the start; a metric."""

    @property
    def is_open(self) -> bool:
        """Whether ordinary requests are held back. Vital ones never are."""
        return self._unanswered >= self._threshold

    @property
    def is_clear(self) -> bool:
        """Whether Asterisk answered after the last time-out, if there was one."""
        return self._unanswered == 0

    def on_answer(self) -> None:
        """Asterisk answered something, be it a refusal or late."""
        self._unanswered = 0

    def on_timeout(self) -> None:
        """A deadline passed without an answer."""
        self._unanswered += 1
        if self._unanswered == self._threshold:
            self.opened += 1
