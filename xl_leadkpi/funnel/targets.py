"""Targets that the user sets for key figures, beside what has come of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.report import Column
from xl_leadkpi.funnel.section import Section
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.model.stage import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.options import FunnelOptions
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.stage import Pipeline

FIGURES = (
    "leads", "won", "revenue", "average_deal", "win_rate", "win_rate_mature", "lead_to_opportunity", "lead_conversion",
    "lead_conversion_mature", "cycle_days_median", "response_minutes_median", "pipeline", "weighted_pipeline",
    "velocity", "spend", "cpl", "cpl_paid", "cac", "cac_paid", "roas", "roas_paid", "romi", "romi_paid",
)  # fmt: skip
"""Key figures that a target may be set for, besides the counts of the stages, by their keys in the summary."""
_SHARES = frozenset({"win_rate", "win_rate_mature", "lead_to_opportunity", "lead_conversion", "lead_conversion_mature"})
"""Figures that are at most 1."""
_PER_CENT = frozenset({"romi", "romi_paid"})
"""Figures in per cent that may be more than all."""
_SUMS = frozenset({"leads", "won", "revenue"})
"""Figures that grow with the days of a period, besides the counts of the stages."""
_NEAREST = 3
_USUAL = {stage.name.casefold(): stage.count_key for stage in PIPELINE.inner}


def figures_with_targets(pipeline: Pipeline) -> tuple[str, ...]:
    """The figures that a target may be set for, the counts of the stages in their order after that of the leads.

    Args:
        pipeline: The stages of the table.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> figures_with_targets(PIPELINE)[:4]
    ('leads', 'mql', 'sql', 'meetings')
    """
    first, *others = FIGURES
    return (first, *(stage.count_key for stage in pipeline.inner), *others)


def read_target(figure: str, text: str) -> float:
    """A target as somebody writes it.

    Args:
        figure: The figure it is of, by its key or as the user calls it.
        text: A number above 0; of a share also a percentage.

    Raises:
        InputError: It is neither, or more than all of what is a share.

    >>> read_target("won", "250"), read_target("revenue", "2 500,5"), read_target("win_rate", "12.5 %")
    (250.0, 2500.5, 0.125)
    """
    number = text.strip()
    is_per_cent = number.endswith("%")
    value = _number(number.removesuffix("%").strip())
    if value is None or not isfinite(value) or value <= 0:
        raise InputError(f"'{brief(text)}' is no target. Give a number above 0 such as 250, or a share such as 25%.")
    key = figure.strip().casefold()
    if is_per_cent and key not in _SHARES | _PER_CENT:
        raise InputError(f"'{brief(text)}' is a share, and {figure} is none. Give a number such as 250.")
    value /= 100 if is_per_cent else 1
    if key in _SHARES and value > 1:
        raise InputError(f"{figure} is a share, and {value:g} is more than all. Write 25% or 0.25.")
    return value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        read: float | None = parse_amounts(pl.Series([text])).values[0]
        return read


class TargetsSection(Section):
    """What was aimed at, what came, and how much of the target that is."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """A row a target; None without targets."""
        pipeline = figures.context.pipeline
        wanted, order = by_key(figures.context.options.targets, pipeline), figures_with_targets(pipeline)
        if not wanted:
            return {"targets": None}
        return {"targets": _block(figures, {key: wanted[key] for key in order if key in wanted})}


def by_key(targets: Mapping[str, float], pipeline: Pipeline) -> dict[str, float]:
    """The targets by the keys of their figures.

    Args:
        targets: A stage may be named as the user calls it; 0 stands for none.
        pipeline: The stages of the table.

    Raises:
        InputError: There is no such figure.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> by_key({"Meeting": 30.0, "won": 0.0}, PIPELINE)
    {'meetings': 30.0}
    """
    keys = figures_with_targets(pipeline)
    own = {stage.name.casefold(): stage.count_key for stage in pipeline.inner}
    # a stage of the user's own may bear the name of a usual one without standing for it
    names = {_USUAL[name]: key for name, key in own.items() if name in _USUAL} | {key: key for key in keys} | own
    found: dict[str, float] = {}
    for name, target in targets.items():
        key = names.get(name.strip().casefold())
        if key is None:
            near = difflib.get_close_matches(name.casefold(), names, _NEAREST, 0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise InputError(
                f"There is no figure '{brief(name)}' to set a target for.{hint} There are: {', '.join(keys)}.",
                ("target", name),
            )
        if key in _SHARES and target > 1:
            raise InputError(f"{key} is a share, and {target:g} is more than all. Write 0.25.", ("target", name))
        found[key] = target
    return {key: target for key, target in found.items() if target}


@dataclass(frozen=True, slots=True)
class _Actual:
    """What came of a figure.

    Attributes:
        column: The figure in the summary, None where the table has none.
        value: What came, None where nobody knows.
        basis: Of which leads it is, where a period is asked for.
        why: Why it is unknown.
    """

    column: Column | None = None
    value: float | None = None
    basis: str | None = None
    why: Finding | None = None

    def meets(self, target: float, elapsed: float | None, *, adds_up: bool) -> str | None:
        """Whether a target is met, by which way is better; None where nobody can say.

        Args:
            target: What was aimed at.
            elapsed: Share of the days of a period that still runs; None where all of it has been.
            adds_up: The figure grows with the days, as a count does: one that is reached stays so, and one that is not
                is on track where as much of it has come as of the days. Any other may still turn either way.
        """
        if self.value is None or self.column is None or self.column.better is None:
            return None
        is_met = self.value >= target if self.column.better == "higher" else self.value <= target
        if elapsed is None or (is_met and adds_up):
            return "yes" if is_met else "no"
        return "on_track" if is_met or (adds_up and self.value >= elapsed * target) else "behind"


def _block(figures: Figures, targets: dict[str, float]) -> Block:
    rows = [_came(figures, key) for key in targets]
    gaps: Gaps = {row: one.why for row, one in enumerate(rows) if one.why is not None}
    elapsed = share_of_days(figures.context.options, figures.context.table.as_of)
    sums = _SUMS.union(stage.count_key for stage in figures.context.pipeline.inner)
    met = [
        one.meets(target, elapsed, adds_up=key in sums)
        for one, (key, target) in zip(rows, targets.items(), strict=True)
    ]
    columns = [
        values_column("figure", "text", targets),
        # as they are elsewhere: a rate is no sum, whose last digits are left out
        Column("actual", "number", tuple(one.value for one in rows)),
        Column("target", "number", tuple(targets.values())),
        kpi_column("attained", "fraction", "QUOTAATT", "actual", "target"),
        values_column("met", "text", met),
        values_column("elapsed", "fraction", [elapsed] * len(rows)),
        values_column("basis", "text", [one.basis for one in rows]),
        values_column("unit", "text", [one.column and one.column.unit for one in rows], on_sheet=False),
    ]
    return block("tblTarget", columns, own_gaps={"actual": gaps})


def share_of_days(options: FunnelOptions, as_of: date) -> float | None:
    """Share of the days of the period that are over.

    Args:
        options: The period.
        as_of: The last day that is counted.

    Returns:
        None where all of them are, or the period has not both ends.

    >>> from datetime import date
    >>> from xl_leadkpi.funnel import FunnelOptions
    >>> april = FunnelOptions(period_from=date(2026, 4, 1), period_to=date(2026, 4, 30))
    >>> [share_of_days(april, date(2026, month, day)) for month, day in ((3, 31), (4, 3), (4, 30))]
    [0.0, 0.1, None]
    """
    first, last = options.period_from, options.period_to
    if first is None or last is None or as_of >= last:
        return None
    return max((as_of - first).days + 1, 0) / ((last - first).days + 1)


def _came(figures: Figures, key: str) -> _Actual:
    if key not in figures.summary:
        return _Actual()
    table, basis = figures.summary, "created" if figures.closed else None
    if figures.closed is not None and key in figures.closed:
        table, basis = figures.closed, "closed"
    gap = table.unknown.get(key)
    value = table[key].values[0]
    is_figure = isinstance(value, int | float)  # else there is none, or an error value
    return _Actual(figures.summary[key], value if is_figure else None, basis, gap.why if gap else None)


def named_targets(targets: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Targets as the counting takes them; a later one stands instead of an earlier one of the same figure.

    >>> named_targets([("won", 10.0), ("Won", 12.0), ("Meeting", 5.0), ("meetings", 6.0)])
    {'won': 12.0, 'meetings': 6.0}
    """
    names = ((name.strip().casefold(), target) for name, target in targets)
    return {_USUAL.get(name, name): target for name, target in names}
