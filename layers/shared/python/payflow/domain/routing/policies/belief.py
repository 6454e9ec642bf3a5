"""What is believed of one arm's success rate, and how much it is worth to ask it again.

The belief is a distribution over a grid in log-odds: a hidden Markov model, filtered forward
(Rabiner, "A tutorial on hidden Markov models", 1989). Between two payments the rate diffuses a
little, and with a small hazard it jumps: mostly to where this arm has been before, by its own
long-run histogram, else anywhere. So an outage is seen within a few outcomes, since the jump was
expected; an arm that is left alone drifts back to what it usually is; and no rate of forgetting has
to be chosen for all of that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

POINTS: Final = 41
LOG_ODDS_MAX: Final = 4.0
"""The grid spans success rates from 1.8 % to 98.2 %."""

_STEP: Final = 2 * LOG_ODDS_MAX / (POINTS - 1)
_LOG_ODDS: Final = [-LOG_ODDS_MAX + _STEP * point for point in range(POINTS)]
RATES: Final = [1 / (1 + math.exp(-x)) for x in _LOG_ODDS]
_FAILURES: Final = [1 - rate for rate in RATES]

_GAIN_MIN: Final = 1e-9
"""A gain below this is not worth a thought."""

_SPREAD_MAX: Final = 0.25
"""The share that may move to a neighbour in one step of the diffusion, for it to stay stable."""

STEPS_MAX: Final = 100_000
"""More time than this changes nothing more: the belief is the histogram by then."""


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How rates are taken to move, per payment, and how eager the policy is to find out.

    One setting for every workload, found by search on pb1, pb2, pay2 of seeds 101 to 104 and some
    small ones besides; see docs/routing.md.
    """

    hazard: float = 0.00029
    """The probability of a jump."""
    elsewhere: float = 0.057
    """The share of jumps to anywhere instead of to where the arm has been."""
    diffusion: float = 4.7e-5
    """Variance of the slow movement, in log-odds squared."""
    prior_slope: float = 0.18
    """The prior is exp(slope × log-odds): good rates are a little more likely than bad ones."""
    prior_payments: float = 546.0
    """The weight of the prior in an arm's histogram."""
    memory_payments: float = 48_000.0
    """The histogram forgets beyond this weight."""
    reach: float = 3_000.0
    """For how many payments a discovery is taken to be worth something."""
    curvature: float = 1.3
    """Exponent of an outcome's information in the worth of asking."""
    patience: float = 7.0
    """How strongly outcomes still under way reduce the worth of asking once more."""


class Belief:
    """One arm's belief. Time is in payments and never runs backwards."""

    __slots__ = ("_dynamics", "_history", "_history_at", "_now", "_points", "_prior", "_weight")

    HISTORY_EVERY: Final = 16
    """The histogram takes in the belief at most once in so many payments, by time passed."""

    def __init__(self, dynamics: Dynamics, now: float = 0.0) -> None:
        self._dynamics = dynamics
        tilted = [math.exp(dynamics.prior_slope * x) for x in _LOG_ODDS]
        total = sum(tilted)
        self._prior = [value / total for value in tilted]
        self._points = self._prior
        self._weight = dynamics.prior_payments
        self._history = [self._weight * value for value in self._prior]
        self._now = self._history_at = now

    @property
    def now(self) -> float:
        """The time that the belief is of, in payments."""
        return self._now

    @property
    def mean(self) -> float:
        """The expected success rate."""
        return sum(map(float.__mul__, self._points, RATES))

    def advance(self, now: float) -> None:
        """Let time pass until `now`."""
        steps = min(now - self._now, STEPS_MAX)
        if steps <= 0:
            return
        self._now = now
        points = self._diffused(steps)
        dynamics = self._dynamics
        keep = math.exp(-dynamics.hazard * steps)
        back = (1 - keep) * (1 - dynamics.elsewhere) / self._weight
        anywhere = (1 - keep) * dynamics.elsewhere
        self._points = [
            keep * x + back * h + anywhere * p
            for x, h, p in zip(points, self._history, self._prior, strict=True)
        ]
        elapsed = min(now - self._history_at, STEPS_MAX)
        if elapsed >= self.HISTORY_EVERY:
            self._history_at = now
            self._remember(elapsed)

    def observe(self, success: bool) -> None:
        """Take in an outcome of now: Bayes' rule."""
        likelihood = RATES if success else _FAILURES
        points = list(map(float.__mul__, self._points, likelihood))
        scale = 1 / sum(points)
        self._points = [x * scale for x in points]

    def index(self, under_way: int) -> float:
        """The rate for sure that would be as good as asking this arm, with so many answers to come.

        Asking costs what the arm's mean falls short of that rate, and gains, for a while, what the
        arm may turn out to be above it: the index is where the two are equal. It is an index of
        indifference, as those of Gittins, 1979, and Whittle, "Restless bandits", 1988, with the
        worth of knowing in the place of their dynamic programme:

            index - mean = worth(told) × E(rate - index)+,  worth(told) = reach × told^curvature

        `told` is what an outcome tells of the gain (rate - index)+: the squared correlation of the
        two. In an outage one outcome tells nearly everything, and asking now and then is worth a
        lot; between arms that differ by a percent it tells almost nothing.
        """
        points = self._points
        firsts = list(map(float.__mul__, points, RATES))
        mean = sum(firsts)
        dynamics = self._dynamics
        mass = first = second = 0.0
        above, short = RATES[-1], -1.0
        for point in range(POINTS - 1, -1, -1):
            rate = RATES[point]
            gain = first - rate * mass
            worth = 0.0
            if gain > _GAIN_MIN:
                told = _told(rate, mean, (mass, first, second), gain)
                worth = dynamics.reach * math.pow(told, dynamics.curvature)
                if under_way:
                    worth /= math.pow(1 + under_way * told, dynamics.patience)
            surplus = mean - rate + worth * gain
            if surplus > 0:
                # Between this point and the one above, where asking was not worth it.
                return rate + (above - rate) * surplus / (surplus - short)
            above, short = rate, surplus
            mass += points[point]
            first += firsts[point]
            second += firsts[point] * rate
        return mean

    def _diffused(self, steps: float) -> list[float]:
        points = self._points
        moved = self._dynamics.diffusion * steps / (2 * _STEP * _STEP)
        rounds = 1 if moved <= _SPREAD_MAX else math.ceil(moved / _SPREAD_MAX)
        side = moved / rounds
        stay = 1 - 2 * side
        for _ in range(rounds):
            points = [
                stay * x + side * (lower + upper)
                for x, lower, upper in zip(
                    points, [points[0], *points], [*points[1:], points[-1]], strict=False
                )
            ]
        return points

    def _remember(self, elapsed: float) -> None:
        total = self._weight + elapsed
        fade = min(1.0, self._dynamics.memory_payments / total)
        self._history = [
            fade * (h + elapsed * x) for h, x in zip(self._history, self._points, strict=True)
        ]
        self._weight = fade * total


def _told(rate: float, mean: float, moments: tuple[float, float, float], gain: float) -> float:
    """The squared correlation of an outcome with the gain above `rate`, from 0 to 1.

    `moments` are mass, first and second moment of the belief above `rate`; `gain` is the mean of
    the gain. The covariance of outcome and gain is that of the arm's rate and the gain.
    """
    mass, first, second = moments
    variance = second - 2 * rate * first + rate * rate * mass - gain * gain
    if variance <= 0:
        return 0.0
    covariance = second - rate * first - mean * gain
    return min(1.0, covariance * covariance / (variance * mean * (1 - mean)))
