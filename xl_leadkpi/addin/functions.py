"""Every function as an xlwings user-defined function: ``CPL``, ``WINRATE`` ... ``FUNNEL``, ``KPIWHY``.

xlwings' own *Import Functions* takes this module as it is. The add-in's generated VBA does not need that import: it
calls the same functions through the server (:mod:`xl_leadkpi.addin.server`).
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import xlwings as xw

from xl_leadkpi.addin.exports import CATEGORY, FUNCTIONS, ExcelFunction, call

if TYPE_CHECKING:
    from collections.abc import Callable


def _udf(function: ExcelFunction) -> Callable[..., list[list[Any]]]:
    def udf(*values: Any) -> list[list[Any]]:
        return call(function.name, values)

    udf.__name__ = udf.__qualname__ = function.name
    udf.__doc__ = function.help
    # xlwings reads names and defaults from here; an omitted argument arrives as its default, unconverted.
    udf.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(
                parameter.shown,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=_OMITTED if parameter.optional else Parameter.empty,
            )
            for parameter in function.parameters
        ]
    )
    for parameter in function.parameters:
        udf = xw.arg(parameter.shown, "raw", doc=parameter.help)(udf)
    udf = xw.ret("raw")(udf)
    # Last, as a decorator on top is: each of the others sets the category back to xlwings' own.
    return xw.func(category=CATEGORY)(udf)


_OMITTED = -2147352572

globals().update({name: _udf(function) for name, function in FUNCTIONS.items()})

__all__ = sorted(FUNCTIONS)  # noqa: PLE0605 - the catalogue names them
