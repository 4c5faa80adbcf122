"""How sure a rate is: the interval that is shown beside it."""

from math import sqrt
from statistics import NormalDist


def wilson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """The Wilson score interval of a rate: its lower and upper bound, fractions from 0 to 1.

    `0 <= successes <= trials`, `trials >= 1`; `confidence` is a fraction such as 0.95. Without continuity correction;
    honest for few trials and for rates near 0 and 1. Source: E. B. Wilson, Probable Inference, the Law of Succession,
    and Statistical Inference, Journal of the American Statistical Association 22 (1927), 209-212: with `z` the normal
    quantile of (1 + confidence) / 2,

        (p + z²/2n ± z sqrt(p (1 - p) / n + z²/4n²)) / (1 + z²/n)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, spread = successes / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z * sqrt(rate * (1 - rate) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
