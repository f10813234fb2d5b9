"""Reports of other tools from files and frames: read, added up by month, held against each other."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.files.open import open_frame, open_table
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.reports import ReportTable, by_month
from xl_leadkpi.leads.reports.email import EmailExport
from xl_leadkpi.leads.reports.social import SocialExport
from xl_leadkpi.leads.reports.traffic import TrafficExport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.reports import ReportKind, ReportRow
    from xl_leadkpi.leads.model.table import ColumnMatch
    from xl_leadkpi.leads.reports.export import ReportExport

_EXPORTS: Mapping[ReportKind, type[ReportExport]] = {
    "traffic": TrafficExport, "email": EmailExport, "social": SocialExport,
}  # fmt: skip


def read_traffic(paths: Sequence[Path | str] | Path | str, options: ReadOptions | None = None) -> ReportTable:
    """Read reports of web traffic: sessions, users, bounces and conversions by channel and month.

    Args:
        paths: Reports of GA4, Universal Analytics, Yandex Metrica, Search Console, Ahrefs, or any table of visits.
        options: How to read them; ``fields`` may name ``tr_...`` fields.

    Returns:
        The measures, with the list of oddities.

    Raises:
        InputError: A file is no such report, or two of them count the same visits.
    """
    return _read("traffic", paths, options)


def read_email(paths: Sequence[Path | str] | Path | str, options: ReadOptions | None = None) -> ReportTable:
    """Read campaign reports of e-mail systems: sent, delivered, opened, clicked by campaign and month.

    Args:
        paths: Reports of Mailchimp, HubSpot, GetResponse, SendPulse, UniSender, or any table of e-mailings.
        options: How to read them; ``fields`` may name ``em_...`` fields.

    Returns:
        The measures, with the list of oddities.

    Raises:
        InputError: A file is no such report, or two of them hold the same e-mailing.
    """
    return _read("email", paths, options)


def read_social(paths: Sequence[Path | str] | Path | str, options: ReadOptions | None = None) -> ReportTable:
    """Read insights of pages of social networks: followers, impressions and interactions by network and month.

    Args:
        paths: Reports of LinkedIn, Facebook, or any table of a page's measures by day.
        options: How to read them; ``fields`` may name ``so_...`` fields.

    Returns:
        The measures, with the list of oddities.

    Raises:
        InputError: A file is no such report, or two of them count the same.
    """
    return _read("social", paths, options)


def read_report_frame(
    data: Any, kind: ReportKind, options: ReadOptions | None = None, source_name: str = "selection"
) -> ReportTable:
    """Read a report from a data frame or a list of rows.

    Args:
        data: pandas or Polars frame, or a list of rows with the header among the first 15.
        kind: ``traffic``, ``email`` or ``social``.
        options: How to read it.
        source_name: Its name for messages.

    Returns:
        The measures, with the list of oddities.

    Raises:
        InputError: It is no such report.

    >>> rows = [["Month", "Channel", "Sessions", "Bounce rate"], ["202601", "Direct", 200, "45.5%"]]
    >>> [row] = read_report_frame(rows, "traffic").rows
    >>> row.label, row.month, dict(row.values)
    ('Direct', 24312, {'sessions': 200.0, 'bounces': 91.0})
    """
    options = options or ReadOptions()
    return _together(kind, [open_frame(data, kind, options, source_name)], options)


def _read(kind: ReportKind, paths: Sequence[Path | str] | Path | str, options: ReadOptions | None) -> ReportTable:
    options = replace(options or ReadOptions(), sheet=None)
    several = [paths] if isinstance(paths, str | Path) else paths
    return _together(kind, (open_table(Path(path), kind, options) for path in several), options)


def _together(kind: ReportKind, grids: Iterable[RawTable], options: ReadOptions) -> ReportTable:
    read: list[tuple[str, tuple[ReportRow, ...]]] = []
    columns: list[ColumnMatch] = []
    findings: list[Finding] = []
    totals: dict[str, list[dict[str, float]]] = defaultdict(list)
    for grid in grids:
        export = _EXPORTS[kind](grid, options)
        rows = export.rows()
        for name, others in read:
            _refuse_twice(kind, (name, others), (grid.name, rows))
        read.append((grid.name, rows))
        columns += export.mapped.columns
        totals[export.tool()].append(export.total)
        findings += [
            replace(found, column=f"{grid.name}: {found.column}" if found.column else grid.name)
            for found in export.findings
        ]
    united = _united([row for _, rows in read for row in rows])
    stated = {tool: own[0] for tool, own in totals.items() if len(own) == 1 and own[0]}
    names = ", ".join(name for name, _ in read)
    return ReportTable(kind, by_month(kind, united), tuple(columns), tuple(findings), names, stated)


_NamedRows = tuple[str, "tuple[ReportRow, ...]"]


def _refuse_twice(kind: ReportKind, one: _NamedRows, other: _NamedRows) -> None:
    """Stop where two files count the same: their sum would count it twice."""
    known = _Counted(kind, other[1])
    row = next((row for row in one[1] if known.has(row)), None)
    if row is not None:
        again = next(again for again in other[1] if _is_twice(kind, row, again))
        what = ", ".join(sorted({*row.values} & {*again.values}))
        whose = row.label or row.campaign or row.tool or "the same"
        raise InputError(
            f"{one[0]}, {other[0]}: both hold {what} of {whose}{_span(row, again)}. "
            "Added up they would count twice: leave one file out, or export different days."
        )


class _Counted:
    """What a file has counted, in which a row of another is looked up: two files may have 100,000 campaigns each."""

    def __init__(self, kind: ReportKind, rows: Iterable[ReportRow]) -> None:
        self._kind = kind
        self._undated: set[Any] = set()
        spans: dict[Any, list[tuple[int, int]]] = defaultdict(list)
        self._same: set[Any] = set()
        for row in rows:
            self._same.add(_figures_of(row))
            for key in self._keys(row):
                if row.first is None or row.last is None:
                    self._undated.add(key)
                else:
                    spans[key].append((row.first, row.last))
        self._starts = {key: [first for first, _ in sorted(found)] for key, found in spans.items()}
        self._ends = {key: [*accumulate((last for _, last in sorted(found)), max)] for key, found in spans.items()}

    def _keys(self, row: ReportRow) -> Iterator[Any]:
        label = row.label if self._kind == "social" else None
        return ((row.tool, label, name) for name in row.values)

    def has(self, row: ReportRow) -> bool:
        """Whether :func:`_is_twice` holds for the row and one of the file's."""
        if self._kind == "email":
            return bool(row.values) and _figures_of(row) in self._same
        return any(self._overlaps(key, row) for key in self._keys(row))

    def _overlaps(self, key: Any, row: ReportRow) -> bool:
        starts = self._starts.get(key, ())
        if key in self._undated or not starts or row.first is None or row.last is None:
            return key in self._undated or bool(starts)
        begun = bisect_right(starts, row.last)
        return begun > 0 and self._ends[key][begun - 1] >= row.first


def _figures_of(row: ReportRow) -> tuple[Any, ...]:
    """What two rows of one e-mailing have in common: several a day are usual, the same figures of one name are not."""
    return row.tool, row.label, row.campaign, row.first, frozenset(row.values.items())


def _is_twice(kind: ReportKind, row: ReportRow, again: ReportRow) -> bool:
    if row.tool != again.tool or not {*row.values} & {*again.values}:
        return False
    if kind == "email":
        return _figures_of(row) == _figures_of(again)
    if kind == "social" and row.label != again.label:
        return False
    return _overlap(row, again)


def _overlap(row: ReportRow, again: ReportRow) -> bool:
    """Whether two rows are of the same days; where days are unknown they may be."""
    if row.first is None or row.last is None or again.first is None or again.last is None:
        return True
    return row.first <= again.last and again.first <= row.last


def _span(row: ReportRow, again: ReportRow) -> str:
    if row.first is None or row.last is None or again.first is None or again.last is None:
        return ""
    return f" from {date_of(max(row.first, again.first))} to {date_of(min(row.last, again.last))}"


def _united(rows: Iterable[ReportRow]) -> list[ReportRow]:
    """Rows that several files have of the same days put together: each says what the others do not."""
    found: dict[tuple[Any, ...], list[ReportRow]] = defaultdict(list)
    for row in rows:
        same = found[row.tool, row.label, row.campaign, row.month]
        place = next(
            (n for n, one in enumerate(same) if not {*one.values} & {*row.values} and _overlap(one, row)), None
        )
        if place is None:
            same.append(row)
        else:
            same[place] = _both(same[place], row)
    return [row for same in found.values() for row in same]


def _both(one: ReportRow, other: ReportRow) -> ReportRow:
    values = {**one.values, **other.values}
    gaps = {name: why for name, why in {**one.gaps, **other.gaps}.items() if name not in values}
    first = min((day for day in (one.first, other.first) if day is not None), default=None)
    last = max((day for day in (one.last, other.last) if day is not None), default=None)
    return replace(one, values=values, gaps=gaps, first=first, last=last)
