"""From the lead table to the funnel report: ask the engine everything at once, then put the answers into blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel.anonymise import with_pseudonyms
from xl_leadkpi.funnel.context import NO_REPORTS, funnel_context
from xl_leadkpi.funnel.figures import Answers, Figures
from xl_leadkpi.funnel.histories import visits_in_force
from xl_leadkpi.funnel.months import OneStageCohorts
from xl_leadkpi.funnel.options import UNKEPT, FunnelOptions
from xl_leadkpi.funnel.period import check_period
from xl_leadkpi.funnel.report import Block, FunnelReport
from xl_leadkpi.funnel.sections import SECTIONS
from xl_leadkpi.funnel.stages import StagesSection, stages_of
from xl_leadkpi.funnel.summary import SummarySection, header
from xl_leadkpi.leads.channels import with_channels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.report import NamedBlocks
    from xl_leadkpi.funnel.section import Queries, Section
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.pseudonyms import Pseudonyms
    from xl_leadkpi.leads.model.reports import Reports
    from xl_leadkpi.leads.model.table import LeadTable, SpendTable, TouchTable


def build(
    leads: LeadTable | Any,
    spend: SpendTable | Any | None = None,
    touches: TouchTable | Any | None = None,
    options: FunnelOptions | None = None,
    reports: Reports | None = None,
) -> FunnelReport:
    r"""Count the whole funnel.

    A file, or several, may stand for a table, and any frame: pandas, Polars eager or lazy, a DuckDB relation, a
    PySpark DataFrame, a list of rows with the header among the first. They are read with the usual options; lazy ones
    are counted where they are, and only grouped results are fetched.

    Args:
        leads: One row a lead.
        spend: What marketing cost, by channel, campaign and month.
        touches: Contacts before the conversion, for attribution.
        options: How to count; None takes the defaults.
        reports: Reports of web traffic, e-mailings and social networks.

    Returns:
        Every block of the funnel sheet.

    Raises:
        InputError: A table cannot be used; the message says where, why and what to do.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "leads.csv")
    ...     _ = path.write_text("Lead ID,Created,Won date\n1,2025-01-10,2025-02-01\n2,2025-01-20,\n")
    ...     report = build(path)
    >>> report.summary["lead_conversion"].values
    (0.5,)
    """
    leads, spend, touches = with_channels(*_tables(leads, spend, touches))
    reports = reports or NO_REPORTS
    if leads.pseudonyms is not None:
        spend, touches, reports = _without_titles(leads.pseudonyms, spend, touches, reports)
    context = funnel_context(leads, options or FunnelOptions(), spend, touches)
    context = replace(context, visits=visits_in_force(context), reports=reports)
    figures = _figures(context, SECTIONS)
    blocks = {name: block for section in SECTIONS for name, block in section.blocks(figures).items()}
    report = FunnelReport(
        header=header(figures),
        blocks=blocks,
        stage_pipeline=context.pipeline,
        columns=figures.columns,
        words=leads.words,
        stages_told_by=leads.stages_told_by,
        stages_wanted=leads.stages_wanted,
        chosen_pipeline=leads.chosen_pipeline,
        channels=leads.channels or (),
        findings=figures.findings,
        parameters={name: value for name, value in asdict(context.options).items() if name not in UNKEPT},
        evidence=figures.context.evidence,
        absent=_absent(blocks, figures),
        leads=leads,
    )
    return with_pseudonyms(report, leads)


def _without_titles(
    names: Pseudonyms, spend: SpendTable | None, touches: TouchTable | None, reports: Reports
) -> tuple[SpendTable | None, TouchTable | None, Reports]:
    """The other tables, without what their findings may give away of persons."""

    def shown(table: Any) -> Any:
        return table and replace(table, findings=names.findings(table.findings))

    kinds = {kind: shown(getattr(reports, kind)) for kind in ("traffic", "email", "social")}
    return shown(spend), shown(touches), replace(reports, **kinds)


def build_stages(leads: LeadTable, options: FunnelOptions) -> Block:
    """Count the stages alone, of leads without spend and touches.

    Args:
        leads: One row a lead.
        options: How to count.
    """
    figures = _figures(funnel_context(leads, options, None, None), (SummarySection(), StagesSection()))
    return stages_of(figures, spend=None)


def build_cohorts(leads: LeadTable, stage: str, options: FunnelOptions | None = None) -> Block:
    """Count how each month's leads come to one stage.

    Args:
        leads: One row a lead.
        stage: Name of a stage in force.
        options: How to count; None takes the defaults.

    Returns:
        By month of creation, the share of its leads that had come to the stage so many months later; empty where no
        days tell, or for the first stage.

    >>> from datetime import datetime
    >>> from xl_leadkpi.leads import read_frame
    >>> rows = [["Lead ID", "Created", "SQL date"], ["1", datetime(2025, 1, 5), datetime(2025, 2, 9)],
    ...         ["2", datetime(2025, 1, 9), None]]
    >>> block = build_cohorts(read_frame(rows), "SQL")
    >>> [block[key].values[0] for key in ("leads", "rate_0")]
    [2, 0.0]
    """
    section = OneStageCohorts(leads.pipeline[stage])
    figures = _figures(funnel_context(leads, options or FunnelOptions(), None, None), (SummarySection(), section))
    cohorts = section.blocks(figures)["cohorts"]
    assert isinstance(cohorts, Block)
    return cohorts


def _figures(context: FunnelContext, sections: Sequence[Section]) -> Figures:
    answers = _ask(section.queries(context) for section in sections)
    check_period(context, answers)
    figures = Figures(context, answers)
    figures.answers |= _ask(section.follow_up(figures) for section in sections)
    return figures


def _absent(blocks: NamedBlocks, figures: Figures) -> dict[str, Finding]:
    """Why there is none of the blocks that are missing."""
    context = figures.context
    evidence, won = context.evidence, context.pipeline.won.name
    there = {name for name, block in blocks.items() if block is not None}
    for name, parts in blocks.items():
        if isinstance(parts, Mapping):
            there |= {f"{name}.{field}" for field in parts}
        elif parts is not None:
            labels = parts.columns[0].values if parts.columns else ()
            there |= {f"{name}.{column.key}" for column in parts.columns}
            there |= {f"{name}[{label}].{column.key}" for label in labels for column in parts.columns}
    needed = {name.format(won=won): fact for section in SECTIONS for name, fact in section.needs.items()}
    missing = {name: fact for name, fact in needed.items() if name not in there}
    counted = {name: why for section in SECTIONS for name, why in section.reasons(figures).items() if name not in there}
    return {name: why for name, fact in missing.items() if (why := evidence[fact].why) is not None} | counted


def _tables(leads: Any, spend: Any, touches: Any) -> tuple[LeadTable, SpendTable | None, TouchTable | None]:
    """Read the files and frames among the tables."""
    from xl_leadkpi import leads as reading  # noqa: PLC0415 - heavy, rarely used
    from xl_leadkpi.leads.model.table import LeadTable, SpendTable, TouchTable  # noqa: PLC0415

    if not isinstance(leads, LeadTable):
        files = _files(leads)
        leads = reading.read(files) if files else reading.read_frame(leads)
    if not (spend is None or isinstance(spend, SpendTable)):
        files = _files(spend)
        spend = reading.read_spend(files) if files else reading.read_spend_frame(spend)
    if not (touches is None or isinstance(touches, TouchTable)):
        files = _files(touches)
        if len(files) > 1:
            raise InputError("touches: several files are not united; give one, or a data frame of all.")
        touches = reading.read_touches(files[0]) if files else reading.read_touches_frame(touches)
    return leads, spend, touches


def _files(given: Any) -> list[Path]:
    """The files that are named, none where rows are given."""
    several = given if isinstance(given, list | tuple) else [given]
    return [Path(one) for one in several] if all(isinstance(one, str | PathLike) for one in several) else []


def _ask(asked: Iterable[Queries]) -> Answers:
    """Run all queries together."""
    queries = {query: rows for one in asked for query, rows in one.items()}
    return dict(zip(queries, engines.collect(list(queries.values())), strict=True))
