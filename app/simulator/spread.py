"""Spreads: how long things take when people do them. Pure: the source of luck is given.

Talk times and patience of callers are close to lognormal (Brown et al., "Statistical analysis of a telephone call center",
JASA 100, 2005); the other kinds are for what a site knows, or wants to provoke.
"""

import math
from random import Random
from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class Fixed(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed"
):
    """Always the same."""

    value: NotNegative

    def draw(self, _: Random) -> float:
        """The value."""
        return self.value


class Uniform(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="uniform"
):
    """Anything between two values, each as likely."""

    low: NotNegative
    high: NotNegative

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"expected low <= high, got low {self.low} and high {self.high}")

    def draw(self, random: Random) -> float:
        """A value."""
        return random.uniform(self.low, self.high)


class Exponential(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="exponential"
):
    """Without memory: what has lasted long is as likely to end as what has just begun."""

    mean: Positive
    at_most: float = math.inf

    def draw(self, random: Random) -> float:
        """A value."""
        return min(random.expovariate(1 / self.mean), self.at_most)


class Lognormal(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="lognormal"
):
    """Most near the median, a few far above. `sigma` 0.5 is mild, 1.0 is wild."""

    median: Positive
    sigma: NotNegative
    at_most: float = math.inf

    def draw(self, random: Random) -> float:
        """A value."""
        return min(random.lognormvariate(math.log(self.median), self.sigma), self.at_most)


Spread = Fixed | Uniform | Exponential | Lognormal
