"""Names that the grammar of answers knows."""

from __future__ import annotations

FUNCTIONS = frozenset(
    ["sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "asin", "acos", "atan", "sinh", "cosh",
     "tanh", "coth", "sech", "csch", "arccot", "arcsec", "arccsc", "arcsinh", "arccosh", "arctanh", "asinh", "acosh",
     "atanh", "log", "ln", "lg", "exp", "sqrt", "abs", "Abs", "floor", "ceil", "factorial", "gcd", "lcm", "max", "min",
     "binomial", "cbrt", "erf", "erfc"]
)  # fmt: skip
"""Functions that may be written without brackets round their argument."""
CONSTANTS = {"pi": "pi", "e": "e", "E": "e", "i": "i", "I": "i", "j": "i", "oo": "oo", "inf": "oo", "infty": "oo"}
"""Names of numbers."""
GREEK = frozenset(
    ["alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu",
     "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
     "Pi", "Sigma", "Phi", "Psi", "Omega", "hbar", "ell"]
)  # fmt: skip
"""Letters that are written as commands."""
OPERANDS = frozenset(
    ["frac", "sqrt", "surd", "pi", "infty", "binom", "overline", "vec", "overrightarrow", "boxed", "mathbf", "lfloor",
     "lceil", "lvert", "begin", "sum", "prod", "int", "lim", "hat", "dot", "ddot"]
)  # fmt: skip
"""Other commands with which a factor may begin."""
RELATIONS = {
    "=": "=", "==": "=", "!=": "!=", "ne": "!=", "neq": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "le": "<=",
    "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "in": "in",
    "approx": "~", "equiv": "=",
}  # fmt: skip
"""Signs of relations, each in one spelling."""
MATRICES = ("pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array", "vmatrix")
"""Environments that hold a matrix; the last stands for its determinant."""
PYTHON_TYPES = (
    "Matrix",
    "Rational",
    "Fraction",
    "Integer",
    "Float",
    "FiniteSet",
    "Interval",
    "Intervalopen",
    "IntervalLopen",
    "IntervalRopen",
    "Union",
    "Intersection",
    "Complement",
    "And",
    "Or",
    "array",
    "Decimal",
    "Sum",
    "Product",
    "Integral",
    "Limit",
    "Derivative",
)
"""Names that Python and sympy print before brackets."""
LETTERS = frozenset("abcdfghkmnpqrstuvwxyzABCDPQRSTXYZ")
"""Letters that stand side by side as a product; words with others in them are words."""
