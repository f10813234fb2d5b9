"""The weights of attribution models: how the credit for a conversion is shared among the touches before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.grid import Grid
from xl_leadkpi.cells.values import BLANK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODELS: Final = ("first", "last", "linear", "ushape", "decay", "wshape")

_LISTED: Final = "{" + ",".join(f'"{model}"' for model in MODELS) + "}"

PATH_LETS: Final = (
    f"name,IF(SUM((LOWER(TRIM(model))={_LISTED})*1)=0,#VALUE!,LOWER(TRIM(model)))",
    "path,TOCOL(TRIM(touches))",
    'age,TOCOL(IF(days_before_="","",days_before_))',
    'matching,IF(name="decay",IF(ROWS(age)=ROWS(path),1,#VALUE!),1)',
    'present,matching*(path<>"")*IF(name="decay",age<"",1)',
    "touched,SUM(present)",
    "position,present*SCAN(0,present,LAMBDA(total,one,total+one))",
    "roles,0.3*((position=1)+(position=lead_touch_)+(position=opp_touch_))*present",
    "others,present*(roles=0)",
    "power,IF(present,2^((MIN(IF(present,age,1E+300))-age)/half_life_),0)",
)
POSITIONS_OUTSIDE: Final = (
    '(name="wshape")*(touched>0)*((lead_touch_<1)+(lead_touch_>touched)+(lead_touch_<>INT(lead_touch_))'
    "+(opp_touch_<1)+(opp_touch_>touched)+(opp_touch_<>INT(opp_touch_)))"
)
WEIGHTS_TEXT: Final = (
    'IF(touched=0,"",IF(present,'
    'IF(name="first",(position=1)*1,IF(name="last",(position=touched)*1,IF(name="linear",present/touched,'
    'IF(name="ushape",IF(touched<3,present/touched,IF((position=1)+(position=touched),0.4,0.2/(touched-2))),'
    'IF(name="decay",power/SUM(power),IF(SUM(others)=0,roles/0.9,roles+others*0.1/SUM(others))))))),""))'
)


def weights_of_path(
    touches: Sequence[str], model: Any, days_before: Any, half_life: float, positions: tuple[float, float]
) -> Grid | CellError | str:
    """Weights of the touches of one path, see :func:`xl_leadkpi.kpis.forecast.attribution_weights`.

    Args:
        touches: Channels, in time order; ``""`` is no touch.
        model: One of ``MODELS``.
        days_before: Days from each touch to the conversion.
        half_life: Days in which a touch loses half its weight.
        positions: Of the touches that made the lead and the opportunity, from 1.

    Returns:
        The weights, blank beside a blank touch; ``""`` for a path without touches.

    Raises:
        ZeroDivisionError: If the half-life is zero.
    """
    name = model.lower().strip(" ") if isinstance(model, str) else ""
    ages = np.atleast_1d(days_before)
    if name not in MODELS or (name == "decay" and len(ages) != len(touches)):
        return CellError.VALUE
    present = np.array([touch != "" for touch in touches], dtype=bool)
    if name == "decay":
        present &= np.isfinite(ages)
    touched = int(present.sum())
    if touched == 0:
        return BLANK
    if name == "decay" and half_life == 0:
        raise ZeroDivisionError
    if name == "wshape" and not all(1 <= position <= touched and position == int(position) for position in positions):
        return CellError.NUM
    weights = np.full(len(touches), np.nan)
    weights[present] = _weights(name, touched, ages[present] if name == "decay" else ages, half_life, positions)
    return Grid(weights)


def _weights(
    name: str, touched: int, ages: NDArray[np.float64], half_life: float, positions: tuple[float, float]
) -> NDArray[np.float64]:
    place = np.arange(1, touched + 1)
    weights = np.full(touched, 1 / touched)
    if name == "first":
        weights = (place == 1) * 1.0
    elif name == "last":
        weights = (place == touched) * 1.0
    elif name == "ushape" and touched > 2:
        weights = np.where((place == 1) | (place == touched), 0.4, 0.2 / (touched - 2))
    elif name == "decay":
        power = 2 ** ((ages.min() - ages) / half_life)
        weights = power / power.sum()
    elif name == "wshape":
        roles = 0.3 * ((place == 1) * 1.0 + (place == positions[0]) + (place == positions[1]))
        others = roles == 0
        weights = roles + others * 0.1 / others.sum() if others.any() else roles / 0.9
    return weights
