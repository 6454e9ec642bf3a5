"""Seeded chance in pure arithmetic: the same seed gives the same draws on every machine, for ever.

The domain does not import `random`; what a policy draws comes from its seed and nothing else.
"""

from __future__ import annotations

import math
from typing import Final

_MASK: Final = (1 << 64) - 1
_GAMMA: Final = 0x9E3779B97F4A7C15
_TO_UNIT: Final = 2.0**-53


class Chance:
    """SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).

    Not for secrets.
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) & _MASK

    def random(self) -> float:
        """A uniform draw from [0, 1)."""
        self._state = state = (self._state + _GAMMA) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((state ^ (state >> 31)) >> 11) * _TO_UNIT

    def below(self, n: int) -> int:
        """A uniform draw from 0 … n - 1."""
        return int(self.random() * n)

    def normal(self) -> float:
        """A draw from the standard normal distribution (Box and Muller, 1958)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
        return radius * math.cos(2.0 * math.pi * self.random())

    def gamma(self, shape: float) -> float:
        """A draw from Gamma(shape, 1), shape > 0.

        Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
        """
        if shape < 1.0:
            # Their section 6: a draw of shape + 1, scaled by U^(1/shape).
            return float(self.gamma(shape + 1.0) * (1.0 - self.random()) ** (1.0 / shape))
        d = shape - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x = self.normal()
            v = (1.0 + c * x) ** 3
            if v > 0.0 and math.log(1.0 - self.random()) < 0.5 * x * x + d - d * v + d * math.log(
                v
            ):
                return d * v

    def beta(self, a: float, b: float) -> float:
        """A draw from Beta(a, b)."""
        x = self.gamma(a)
        return x / (x + self.gamma(b))
