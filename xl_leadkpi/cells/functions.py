"""The worksheet functions that formulas need: the same name computes with numbers and arrays and prints on symbols."""

from __future__ import annotations

from functools import lru_cache
from math import erfc
from typing import Any

import numpy as np

from xl_leadkpi.cells.formula import Expression, call

_DIGITS = 15
"""Significant digits that Excel keeps."""


def sqrt(number: Any) -> Any:
    """Square root, ``SQRT``.

    >>> float(sqrt(2.25))
    1.5
    """
    if isinstance(number, Expression):
        return call("SQRT", sqrt, number)
    root = np.sqrt(number)
    return float(root) if type(number) in {float, int} else root  # a number of Python's refuses to be divided by zero


def round_half_away(number: Any, digits: Any) -> Any:
    """Round half away from zero as Excel's ``ROUND`` does (Python and NumPy round half to even), to 15 digits at most.

    >>> float(round_half_away(0.5, 0)), float(round_half_away(-2.5, 0))
    (1.0, -3.0)
    """
    if isinstance(number, Expression):
        return call("ROUND", round_half_away, number, digits)
    with np.errstate(divide="ignore"):  # zero has no magnitude
        spare = _DIGITS - 1 - np.floor(np.log10(np.abs(number)))
    scale = 10.0 ** np.clip(spare, 0, digits)
    return np.copysign(np.floor(np.abs(number) * scale + 0.5) / scale, number)


def round_up(number: Any) -> Any:
    """Round away from zero to a whole number, ``ROUNDUP(number,0)``.

    >>> float(round_up(2.1)), float(round_up(-2.1))
    (3.0, -3.0)
    """
    if isinstance(number, Expression):
        return call("ROUNDUP", lambda value, _digits: round_up(value), number, 0)
    return np.copysign(np.ceil(np.abs(number)), number)


def normal_quantile(probability: Any) -> Any:
    """Quantile of the standard normal distribution, ``NORMSINV``; nan outside 0..1.

    ``NORMSINV`` rather than ``NORM.S.INV``: the new name is stored with a prefix that not every program reads.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    if isinstance(probability, Expression):
        return call("NORMSINV", normal_quantile, probability)
    if isinstance(probability, np.ndarray):
        # Few distinct confidences a range: look each up once.
        distinct, places = np.unique(probability, return_inverse=True)
        return np.array([_quantile(float(value)) for value in distinct])[places].reshape(probability.shape)
    return _quantile(float(probability))


def chi_square_tail(statistic: Any) -> Any:
    """Chance that the square of a standard normal number exceeds this, ``CHIDIST(statistic,1)``.

    Of the square of a z it is the two-sided p-value. ``CHIDIST`` for the reason of ``NORMSINV``; unlike 1 less
    ``NORMSDIST`` it keeps its digits where the chance is small.

    >>> round(chi_square_tail(1.959963984540054**2), 12)
    0.05
    """
    if isinstance(statistic, Expression):
        return call("CHIDIST", lambda value, _freedom: chi_square_tail(value), statistic, 1)
    if isinstance(statistic, np.ndarray):
        return np.array([_tail(value) for value in statistic.ravel().tolist()]).reshape(statistic.shape)
    return _tail(float(statistic))


def _tail(statistic: float) -> float:
    return erfc(sqrt(statistic / 2)) if statistic >= 0 else float("nan")


@lru_cache(maxsize=256)
def _quantile(probability: float) -> float:
    from statistics import NormalDist  # noqa: PLC0415 - a tenth of NumPy's import time, needed by one KPI

    return NormalDist().inv_cdf(probability) if 0 < probability < 1 else float("nan")
