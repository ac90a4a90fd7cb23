"""The one error of the routing engine. Everything that can happen on a floor is an outcome, not an error."""


class IllegalMove(Exception):
    """A state machine was asked for a move that its table does not have. The state is unchanged.

    It means a mistake in the engine, never one of a human or of the world.
    """

    def __init__(self, machine: str, state: str, move: str, legal: tuple[str, ...]) -> None:
        self.machine, self.state, self.move, self.legal = machine, state, move, legal
        super().__init__(machine, state, move, legal)

    def __str__(self) -> str:
        expected = ", ".join(self.legal) or "no move at all"
        return f"{self.machine} {self.state} allows {expected}; the move asked for was {self.move}"
