"""What Excel may call: every function and macro, once. The UDFs, the VBA and the server's allow-list come from here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.addin import tables
from xl_leadkpi.addin.diagnostics import failures
from xl_leadkpi.addin.variants import OMITTED, decode, encode
from xl_leadkpi.cells import CellError
from xl_leadkpi.cells.grid import errors_in
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.attribution import MODELS
from xl_leadkpi.kpis.elementwise import ElementwiseKpi
from xl_leadkpi.kpis.reasons import cells_of, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xl_leadkpi.kpis.declaration import Kpi

CATEGORY: Final = "Lead KPI"
"""The functions' category in Excel's function wizard."""

LONGEST_HELP: Final = 253
"""Characters of a description: Excel takes 255, its wizard damages the last argument's beyond 253."""


_SHOWN: Final = {
    "arpc": "revenue_per_customer",
    "cac": "acquisition_cost",
    "cltv": "lifetime_value",
    "engagements": "interactions",
    "impressions": "impressions_served",
    "lifetime": "customer_lifetime",
    "mrr": "monthly_recurring_revenue",
    "reach": "people_reached",
    "revenue": "revenue_amount",
}
"""Arguments that bear the name of a function, and what Excel calls them; of any other such the name ends in ``_value``.

VBA keeps one spelling of a name in a whole project: beside an argument ``revenue`` Excel shows =revenue(...).
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function as Excel sees it.

    Attributes:
        name: As the function itself calls it.
        help: What to pass.
        optional: May be left out.
        holds_days: Numbers in it are days: in a workbook of the 1904 date system they are shifted.
        by_address: The function gets the address of the cell, not its value.
        shown_as: Its name in Excel, where that is neither its own nor one of ``_SHOWN``.
    """

    name: str
    help: str
    optional: bool = False
    holds_days: bool = False
    by_address: bool = False
    shown_as: str = ""

    @property
    def shown(self) -> str:
        """Its name in VBA and in the function wizard: never that of a function, whatever the case."""
        return self.shown_as or _SHOWN.get(self.name, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcelFunction:
    """One function as Excel sees it.

    Attributes:
        name: Its name.
        help: One sentence for the wizard.
        parameters: In order.
        compute: Gets the decoded arguments, those left out not at all; what it gives is encoded.
        over_tables: Takes raw tables, some of whose columns hold days; ``compute`` is told of the 1904 date system.
        blank_if_blank: An empty cell in a required argument gives an empty text, so VBA need not ask Python.
        kpi: The KPI behind it; None for a function over a table.
    """

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    compute: Callable[..., Any]
    over_tables: bool = False
    blank_if_blank: bool = False
    kpi: Kpi | None = None

    @property
    def required(self) -> int:
        """How many arguments must be given."""
        return sum(not parameter.optional for parameter in self.parameters)

    @property
    def minds_days(self) -> bool:
        """Whether it matters from which year the workbook counts days."""
        return self.over_tables or any(parameter.holds_days for parameter in self.parameters)


def call(name: str, values: Sequence[Any], *, date1904: bool = False, caller: str = "") -> list[list[Any]]:
    """Call a function the way a cell does. Never raises: what goes wrong is ``#VALUE!``, and ``KPIWHY`` tells why.

    Args:
        name: Name of the function.
        values: The arguments as COM brings them.
        date1904: The workbook counts days from 1904.
        caller: Address of the calling cell.

    Returns:
        Rows of what Excel can show, see :func:`~xl_leadkpi.addin.variants.encode`.

    >>> call("CPL", (12000.0, 340.0)), call("CPL", (12000.0, 0.0)), call("CPX", ())
    ([[35.294117647058826]], [['#DIV/0!']], [['#NAME?']])
    """
    arguments: tuple[Any, ...] = ()
    try:
        function = FUNCTIONS.get(name)
        if function is None:
            failures.record(caller, name, (), CellError.NAME, _unknown(name))
            return encode(CellError.NAME)
        arguments = _decode_arguments(function, values, date1904=date1904)
        result = _compute(function, arguments, date1904=date1904)
        rows = encode(result, date1904=date1904)
        error = _first_error(result, function)
    except BaseException as problem:  # noqa: BLE001
        _refuse_no_error(problem)  # an exception would become a text in the cell
        failures.record(caller, name, arguments, CellError.VALUE, str(problem) or type(problem).__name__)
        return encode(CellError.VALUE)
    if error is not None:
        failures.record(caller, name, arguments, error, _reason(function, arguments, error))
    elif caller:
        failures.clear(caller)
    return rows


def _refuse_no_error(problem: BaseException) -> None:
    """Raise again what ends the process; a panic of a library written in Rust, which is no Exception, does not."""
    if not isinstance(problem, Exception) and type(problem).__name__ != "PanicException":
        raise problem


def _decode_arguments(function: ExcelFunction, values: Sequence[Any], *, date1904: bool) -> tuple[Any, ...]:
    parameters = function.parameters
    if len(values) > len(parameters):
        raise TypeError(f"{function.name} takes at most {len(parameters)} arguments, {len(values)} were given")
    if not date1904:
        return tuple(map(decode, values))
    return tuple(
        decode(value, date1904=parameter.holds_days) for value, parameter in zip(values, parameters, strict=False)
    )


def _compute(function: ExcelFunction, arguments: tuple[Any, ...], *, date1904: bool) -> Any:
    compute = partial(function.compute, date1904=date1904) if function.over_tables else function.compute
    if len(arguments) == len(function.parameters) and not any(value is OMITTED for value in arguments):
        return compute(*arguments)
    given = {
        parameter.name: value
        for parameter, value in zip(function.parameters, arguments, strict=False)
        if value is not OMITTED
    }
    needed = [parameter.name for parameter in function.parameters if not parameter.optional]
    left_out = [name for name in needed if name not in given]
    if left_out and function.kpi is None:  # a KPI says so itself
        raise TypeError(f"{function.name}({', '.join(needed)}) needs {', '.join(left_out)}")
    return compute(*arguments) if len(given) == len(arguments) else compute(**given)


def _first_error(result: Any, function: ExcelFunction) -> CellError | None:
    if isinstance(result, CellError):
        return result
    # In a table an error value is a figure like any other: a channel without customers has no CAC.
    if function.kpi is None:
        return None
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        if np.isfinite(result).all():
            return None
        result = errors_in(result)
    return next((cell for cell in cells_of(result) if isinstance(cell, CellError)), None)


def _reason(function: ExcelFunction, arguments: tuple[Any, ...], error: CellError) -> str:
    if function.kpi is None:
        return "there is no value for these arguments"
    return reason(function.kpi, [None if value is OMITTED else value for value in arguments], error)


def _unknown(name: str) -> str:
    near = get_close_matches(name.upper(), FUNCTIONS, n=3)
    return f"there is no function {name[:40]!r}" + (f"; nearest: {', '.join(near)}" if near else "")


def _of_kpi(kpi: Kpi) -> ExcelFunction:
    parameters = tuple(
        Parameter(argument.name, _fitted(argument.meaning), argument.optional, argument.unit == "date")
        for argument in kpi.arguments
    )
    return ExcelFunction(
        name=kpi.name,
        help=_fitted(_kpi_help(kpi)),
        parameters=parameters,
        compute=kpi,
        blank_if_blank=isinstance(kpi, ElementwiseKpi) and all(a.optional or a.blank is None for a in kpi.arguments),
        kpi=kpi,
    )


def _kpi_help(kpi: Kpi) -> str:
    return f"{kpi.title}: {kpi.meaning}"


def _fitted(text: str) -> str:
    return text if len(text) <= LONGEST_HELP else text[: LONGEST_HELP - 3] + "..."


def _kpi_why(cell: str = "") -> Any:
    return failures.table() if not cell else failures.reason(cell) or "No failure is known of this cell."


_LEADS: Final = Parameter("leads", "raw leads with their header row: one row a lead")
_SPEND: Final = Parameter("spend", "marketing spend with its header row", optional=True)

_REACHED: Final = Parameter(
    "stage", "a stage of the table after the first, by your own name or the usual one: MQL, Opportunity, Won (default)",
    optional=True,
)  # fmt: skip

_OVER_TABLES: Final = (
    ExcelFunction(
        name="FUNNEL",
        help="Funnel of a table of raw leads: how many reach each stage, yours or the usual ones, step and cumulative "
        "conversion; or one row a group.",
        parameters=(
            _LEADS,
            Parameter("by", "group rows by this: source, campaign, owner or a header of the table", optional=True),
            _SPEND,
        ),
        compute=tables.funnel,
        over_tables=True,
    ),
    ExcelFunction(
        name="KPITABLE",
        help="One KPI for each group of a table of raw leads, with a total.",
        parameters=(
            Parameter("kpi", "name of the KPI, e.g. CPL or WINRATE"),
            _LEADS,
            Parameter("by", "group by this: source, campaign, owner, month or a header of the table"),
            _SPEND,
        ),
        compute=tables.kpi_table,
        over_tables=True,
    ),
    ExcelFunction(
        name="COHORTS",
        help="Share of each month's leads that got to a stage, by months since they came in.",
        parameters=(_LEADS, _REACHED),
        compute=tables.cohorts,
        over_tables=True,
    ),
    ExcelFunction(
        name="EXPLAIN",
        help="What each factor, or each group, adds to the change of a figure between two periods: exact parts, and "
        "whether each can be told from chance.",
        parameters=(
            _LEADS,
            Parameter("measure", "revenue, won, cac or lead_conversion"),
            Parameter("by", 'group by this: source, campaign, owner or a header of the table; "" gives the factors'),
            Parameter("period", "the period, e.g. 2026-Q2, 2026-05 or 2026-01-15..2026-02-20"),
            Parameter("compared", "the period to compare with, or year-ago; the one before if left out", optional=True),
            _SPEND,
        ),
        compute=tables.explain,
        over_tables=True,
    ),
    ExcelFunction(
        name="ATTRIBUTION",
        help="Credit of each channel for conversions, from a table of touches.",
        parameters=(
            Parameter("touches", "touches with their header row: lead, time, channel"),
            Parameter("model", ", ".join(model.name for model in MODELS)),
            Parameter("leads", "raw leads: those won are the conversions; without it every lead is one", optional=True),
        ),
        compute=tables.attribution,
        over_tables=True,
    ),
    ExcelFunction(
        name="KPIHELP",
        help="What a KPI means: formula, arguments, rules, pitfalls. Without a name: the list of all KPIs.",
        parameters=(Parameter("topic", "name of the KPI or words to search for", optional=True),),
        compute=tables.kpi_help,
    ),
    ExcelFunction(
        name="KPIWHY",
        help="Why a cell with a KPI shows an error. Without a cell: the last failures.",
        parameters=(Parameter("cell", "the cell that shows the error", optional=True, by_address=True),),
        compute=_kpi_why,
    ),
)


def _spelled_apart(functions: Sequence[ExcelFunction]) -> Iterator[ExcelFunction]:
    """No parameter bears the name of a function, whichever functions there are."""
    names = {function.name.lower() for function in functions}
    for function in functions:
        parameters = [
            replace(one, shown_as=f"{one.name}_value") if one.shown.lower() in names else one
            for one in function.parameters
        ]
        yield replace(function, parameters=tuple(parameters))


FUNCTIONS: Final[Mapping[str, ExcelFunction]] = MappingProxyType(
    {function.name: function for function in _spelled_apart((*map(_of_kpi, CATALOGUE.values()), *_OVER_TABLES))}
)
"""Every function, by name: nothing else can be called."""


def run_macro(name: str, workbook: Any) -> str:
    """Run a macro. Never raises: what goes wrong is told.

    >>> run_macro("format_disk", None)
    "There is no macro 'format_disk'."
    """
    from xl_leadkpi.addin.macros import MACROS  # noqa: PLC0415 - a sheet of formulas never needs them

    macro = MACROS.get(name)
    if macro is None:
        return f"There is no macro {name[:40]!r}."
    try:
        return macro(workbook)
    except BaseException as problem:  # noqa: BLE001
        _refuse_no_error(problem)  # an exception would end in a box with a traceback
        failures.record("", name, (), CellError.VALUE, str(problem) or type(problem).__name__)
        return f"{name} failed: {problem}"
