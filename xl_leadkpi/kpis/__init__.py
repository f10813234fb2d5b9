"""Every KPI of the catalogue, by its Excel name.

>>> from xl_leadkpi import kpis
>>> kpis.CPL(12000, 300)
40.0
>>> kpis.CPL([12000, 500], [300, 0])
[40.0, #DIV/0!]
>>> kpis.CATALOGUE["CPL"].excel_text("B2", "C2")
'B2/C2'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xl_leadkpi.kpis import (
    conversion,
    cost,
    email,
    forecast,
    retention,
    returns,
    time,
    value,
    volume,
    web,
)
from xl_leadkpi.kpis.declaration import DECLARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.kpis.declaration import Kpi

FAMILIES: Final = {
    "volume": "Volume and stage counts",
    "web": "Web, social and media",
    "cost": "Cost per result",
    "conversion": "Conversion and win rates",
    "value": "Value, revenue and pipeline",
    "time": "Time and response",
    "email": "E-mail",
    "retention": "Retention and satisfaction",
    "returns": "Return, margin and growth",
    "forecast": "Forecast and targets",
}
"""The families in the catalogue's order; each is a module of the same name."""

_modules = (volume, web, cost, conversion, value, time, email, retention, returns, forecast)

CATALOGUE: Final[Mapping[str, Kpi]] = DECLARED
"""All KPIs by Excel name."""

globals().update(CATALOGUE)


def __getattr__(name: str) -> Kpi:
    """Name what was probably meant where a KPI is not in the catalogue."""
    from xl_leadkpi.kpis.search import nearest  # noqa: PLC0415 - only for a misspelt name

    hint = nearest(name)
    raise AttributeError(f"no KPI is called {name!r}" + (f"; did you mean {', '.join(hint)}?" if hint else ""))
