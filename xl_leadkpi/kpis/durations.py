"""Durations between two ranges of dates, and the statistic of them that was asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import at_least

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECONDS_A_DAY: Final = 86_400
_MEAN: Final = -1.0

# "p97.5" is read as the number after the p, with a point wherever the program runs, and has to come back as the same
# text: "p 90", "p90%", "p097.5" are refused. Excel writes numbers with the decimal sign of the system: MID(1/2,2,1).
STATISTIC_LETS: Final = (
    "count_,SUM(complete*1)",
    "word,LOWER(TRIM(stat_))",
    'percent,NUMBERVALUE(MID(word,2,9),".",",")',
    'known,(percent>=0)*(SUBSTITUTE("p"&percent,MID(1/2,2,1),".")=word)',
    'named,IF(word="mean",-1,IF(word="median",0.5,IF(known,percent/100,#VALUE!)))',
    'quantile,IF(stat_<"",stat_,IF(ISLOGICAL(stat_),#VALUE!,named))',
)
STATISTIC_ZERO: Final = "count_+0*quantile=0"
"""No duration at all; a statistic nobody knows comes through as its error."""
STATISTIC_IMPOSSIBLE: Final = '(quantile>1)+(quantile<0)*(IF(stat_<"",1,quantile<>-1))'
STATISTIC_VALUE: Final = (
    'IF((quantile=-1)*(stat_>=""),SUM(IF(complete,durations,0))/count_,PERCENTILE(durations,quantile))'
)


def days_between(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days from start to end of the rows that have both; a negative duration is a mistake in the data and left out.

    >>> days_between(np.array([1.0, 5.0, np.nan]), np.array([3.5, 4.0, 9.0]))
    array([2.5])
    """
    complete = at_least(ends, starts)
    found: NDArray[np.float64] = ends[complete] - starts[complete]
    return found


def minutes_between(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minutes from start to end, to the second: day fractions are binary, three minutes come out a bit longer.

    >>> minutes_between(np.array([45782.4]), np.array([45782.4 + 3 / 1440]))
    array([3.])
    """
    return np.floor(days_between(starts, ends) * SECONDS_A_DAY + 0.5) / 60


def statistic(durations: NDArray[np.float64], wanted: Any) -> float | CellError:
    """The mean, the median or a quantile (``PERCENTILE.INC``, NumPy's linear interpolation).

    Args:
        durations: The durations.
        wanted: ``"mean"``, ``"median"``, ``"p90"``, or a quantile of 0..1.

    Returns:
        The statistic, ``#VALUE!`` for one that is not known, ``#NUM!`` outside 0..1.

    Raises:
        ZeroDivisionError: If there is no duration.

    >>> statistic(np.array([1.0, 2.0, 6.0]), "mean"), statistic(np.array([1.0, 2.0, 6.0]), "p50")
    (3.0, 2.0)
    """
    quantile = _quantile(wanted)
    if quantile is None:
        return CellError.VALUE
    if not durations.size:
        raise ZeroDivisionError
    if quantile == _MEAN and isinstance(wanted, str):
        return float(durations.sum()) / durations.size
    return float(np.quantile(durations, quantile)) if 0 <= quantile <= 1 else CellError.NUM


def _quantile(wanted: Any) -> float | None:
    if isinstance(wanted, float):
        return wanted
    if not isinstance(wanted, str):
        return None
    word = wanted.lower().strip(" ")
    if word in {"mean", "median"}:
        return _MEAN if word == "mean" else 0.5
    return float(word[1:]) / 100 if re.fullmatch(r"p(0|[1-9]\d*)(\.\d*[1-9])?", word) else None


def complete_text(first: str, last: str) -> str:
    """Excel text that is 1 where a pair has both ends, in order."""
    return f"ISNUMBER({first})*ISNUMBER({last})*({last}>={first})"


def statistic_text(durations: str, complete: str, stat: str | None) -> str:
    """Excel text of a statistic; an array formula before Excel 365."""
    chosen = f"IF(({complete}),{durations})"
    if stat is None or stat == '"mean"':
        return f"AVERAGE({chosen})"
    if stat == '"median"':
        return f"MEDIAN({chosen})"
    named = re.fullmatch(r'"p([\d.]+)"', stat)
    return f"PERCENTILE({chosen},{f'{float(named[1]) / 100:g}' if named else stat})"
