"""New questions in the dataset's style: other numbers, more terms, other names.

Promises: a new question keeps the wording of the dataset, so the same rules read it. The lengths of its numbers go beyond
the dataset's. Does not promise that its answer has the form that its module's answers have (`forms` finds that out), nor
that it is another question than the one it is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from . import algebra, arithmetic, comparison, integers, measurement
from .wording import perturbed, renamed

Author = Callable[[str, Random], str]

_AUTHORS: dict[str, Author] = {
    "arithmetic__add_or_sub": arithmetic.decimals(18),
    "arithmetic__mul": arithmetic.decimals(12),
    "arithmetic__div": arithmetic.quotient,
    "arithmetic__add_or_sub_in_base": arithmetic.bases,
    "arithmetic__nearest_integer_root": arithmetic.root,
    "arithmetic__simplify_surd": algebra.coefficients,
    "algebra__linear_1d": algebra.linear,
    "algebra__linear_2d": algebra.linear,
    "algebra__polynomial_roots": algebra.polynomial,
    "algebra__sequence_next_term": algebra.sequence,
    "algebra__sequence_nth_term": algebra.sequence,
    "calculus__differentiate": algebra.coefficients,
    "comparison__closest": comparison.closest,
    "comparison__kth_biggest": comparison.kth,
    "comparison__pair": comparison.pair,
    "comparison__sort": comparison.sort,
    "measurement__conversion": measurement.quantity,
    "measurement__time": measurement.time,
    "numbers__base_conversion": arithmetic.bases,
    "numbers__div_remainder": integers.remainder,
    "numbers__gcd": integers.common_divisor,
    "numbers__is_factor": integers.factor,
    "numbers__is_prime": integers.prime,
    "numbers__lcm": integers.common_multiple,
    "numbers__list_prime_factors": integers.prime_factors,
    "numbers__place_value": integers.place,
    "numbers__round_number": integers.rounding,
    "polynomials__simplify_power": algebra.exponents,
    "probability__swr_p_level_set": measurement.chance,
    "probability__swr_p_sequence": measurement.chance,
    "polynomials__coefficient_named": algebra.coefficients,
    "polynomials__collect": algebra.coefficients,
    "polynomials__evaluate": algebra.coefficients,
    "polynomials__expand": algebra.coefficients,
    "polynomials__add": algebra.coefficients,
    "polynomials__compose": algebra.coefficients,
}
_LONG = ("arithmetic__add_sub_multiple", "arithmetic__mixed", "arithmetic__mul_div_multiple")


def vary(question: str, module: str, others: Sequence[str], rng: Random) -> str:
    """A new question out of one of a module; longer arithmetic is put together with some of the others of its module."""
    if module in _LONG:
        return arithmetic.longer(question, rng, others)
    if module in _AUTHORS:
        question = _AUTHORS[module](question, rng)
        return renamed(question, rng) if module.startswith("polynomials") else question
    return renamed(perturbed(question, rng) if rng.random() < 0.6 else question, rng)
