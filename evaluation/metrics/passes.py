"""Estimators from counts alone: of n graded samples of one problem, c are right.

Each is the exact expectation over all ways to draw k of the n samples, so nothing is drawn and no sample is preferred.
All raise `ValueError` when there are fewer than k samples; none pads, none warns.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, comb


def pass_ratio(n: int, c: int) -> float:
    """PassRatio@k: the expected share of right ones among k samples, c / n for every k; its mean is pass@1.

    >>> pass_ratio(8, 2)
    0.25
    """
    _check(n, c, 1)
    return c / n


def pass_at_k(n: int, c: int, k: int) -> float:
    """P(at least one of k samples is right) = 1 - C(n-c, k) / C(n, k), unbiased (Chen et al. 2021, arXiv 2107.03374).

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    _check(n, c, k)
    return 1 - comb(n - c, k) / comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """pass^k, P(all of k samples are right) = C(c, k) / C(n, k) (Yao et al. 2024, arXiv 2406.12045).

    >>> pass_hat_k(4, 3, 2)
    0.5
    """
    _check(n, c, k)
    return comb(c, k) / comb(n, k)


def g_pass_at_k(n: int, c: int, k: int, tau: float) -> float:
    """G-Pass@k_tau: P(at least tau k of k samples, and at least one, are right) (Liu et al. 2024, arXiv 2412.13147).

    The sum of the hypergeometric C(c, j) C(n-c, k-j) / C(n, k) over j >= max(1, ceil(tau k)).

    >>> g_pass_at_k(4, 3, 2, 1.0)
    0.5
    """
    if not 0 <= tau <= 1:
        raise ValueError(f"tau is {tau:g}; it is a share from 0 to 1")
    return _at_least(n, c, k, max(1, ceil(tau * k - 1e-9)))


def mean_g_pass_at_k(n: int, c: int, k: int) -> float:
    """mG-Pass@k: G-Pass@k averaged over tau from 1/2 to 1, 2/k times the sum over j > ceil(k/2) (arXiv 2412.13147).

    It needs k >= 2. As the paper defines it, an odd k misses half a step: all right gives 2/k floor(k/2).

    >>> mean_g_pass_at_k(4, 3, 4), mean_g_pass_at_k(4, 4, 4)
    (0.5, 1.0)
    """
    if k < 2:
        raise ValueError(f"k is {k}; mG-Pass@k needs at least 2")
    return 2 / k * sum(_at_least(n, c, k, j) for j in range(ceil(k / 2) + 1, k + 1))


def instability_gap(n: int, c: int, k: int) -> float:
    """pass@k - PassRatio@k: what can be done at all less what is done reliably.

    >>> instability_gap(4, 1, 4)
    0.75
    """
    return pass_at_k(n, c, k) - pass_ratio(n, c)


def powers_of_two(n: int) -> tuple[int, ...]:
    """1, 2, 4 and so on up to n, and n itself: where curves over k are worked out.

    >>> powers_of_two(12)
    (1, 2, 4, 8, 12)
    """
    return tuple(sorted({1 << i for i in range(n.bit_length()) if 1 << i <= n} | ({n} if n else set())))


def shared_k(counts: Sequence[int]) -> int:
    """The largest power of two that at least half of the problems have samples for; 1 where that is none.

    One problem with few samples does not decide for all.

    >>> shared_k([9, 8, 1]), shared_k([8, 8, 3, 3]), shared_k([])
    (8, 8, 1)
    """
    middle = sorted(counts, reverse=True)[(len(counts) - 1) // 2] if counts else 1
    return 1 << max(middle, 1).bit_length() - 1


def _at_least(n: int, c: int, k: int, least: int) -> float:
    _check(n, c, k)
    return sum(comb(c, j) * comb(n - c, k - j) for j in range(least, min(c, k) + 1)) / comb(n, k)


def _check(n: int, c: int, k: int) -> None:
    if not 0 <= c <= n:
        raise ValueError(f"{c} of {n} samples cannot be right")
    if k < 1:
        raise ValueError(f"k is {k}; it is at least 1")
    if k > n:
        raise ValueError(f"k is {k}, but there are only {n} samples")
