"""Student's t distribution: its tail and its quantile, to 12 digits, so that no statistics library is needed."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, sqrt


def two_sided_p(t: float, df: float) -> float:
    """P(|T| >= |t|) for `df` degrees of freedom, the regularised incomplete beta function I_x(df/2, 1/2), x = df/(df+t^2).

    >>> round(two_sided_p(2.228, 10), 4)
    0.05
    """
    return _incomplete_beta(df / 2, 0.5, df / (df + t * t))


@lru_cache(maxsize=1024)
def quantile(df: float, confidence: float = 0.95) -> float:
    """The t with P(|T| <= t) = `confidence`, by bisection.

    >>> round(quantile(99), 4)
    1.9842
    """
    low, high = 0.0, 1.0
    while two_sided_p(high, df) > 1 - confidence:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, df) > 1 - confidence else (low, middle)
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), on the side where it converges fast."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    return front * _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method (Thompson and Barnett 1986)."""
    denominator = 1.0
    value, ratio = 1.0, 1e300
    for i in range(1, 10 * int(10 + sqrt(a + b))):
        m = i // 2
        if i % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1 / (1 + term * denominator)
        ratio = 1 + term / ratio
        value *= denominator * ratio
        if abs(denominator * ratio - 1) < 1e-15:
            break
    return value
