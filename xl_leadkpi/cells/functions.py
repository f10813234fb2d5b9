"""The worksheet functions that formulas need: the same name computes with numbers and arrays and prints on symbols."""

from __future__ import annotations

from functools import lru_cache
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
    return call("SQRT", sqrt, number) if isinstance(number, Expression) else np.sqrt(number)


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


@lru_cache(maxsize=256)
def _quantile(probability: float) -> float:
    from statistics import NormalDist  # noqa: PLC0415 - a tenth of NumPy's import time, needed by one KPI

    return NormalDist().inv_cdf(probability) if 0 < probability < 1 else float("nan")
