"""One report of another tool: its columns, days, labels and numbers, whatever it measures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import polars as pl

from xl_leadkpi.errors import InputError, listed
from xl_leadkpi.leads.cells.blanks import MISSING
from xl_leadkpi.leads.cells.vocabulary import is_total, plain
from xl_leadkpi.leads.fields.in_memory import odd_cells
from xl_leadkpi.leads.fields.report_totals import SAME_SUM, labelled_totals, unlabelled_total
from xl_leadkpi.leads.fields.rules import labels, read_amounts
from xl_leadkpi.leads.fields.spans import first_day_of, month_number, split_by_days
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.reports import MEASURES, ReportRow, by_month
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import ExpectedHeaders, is_header
from xl_leadkpi.leads.recognition.other_rows import other_row_findings
from xl_leadkpi.leads.recognition.report_kind import REPORT_NAMES, kind_of_report
from xl_leadkpi.leads.reports.days import ReportDays, RowDays
from xl_leadkpi.leads.reports.rates import read_shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xl_leadkpi.leads.cells.raw_table import Loaded, RawColumn, RawTable
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.reports import ReportKind

Label = Literal["label", "campaign", "detail"]
_LABELS: tuple[Label, ...] = get_args(Label)
_ODD_NUMBERS = frozenset({FindingKind.UNPARSED_AMOUNTS, FindingKind.SCALED_COLUMN})
_PREFIX: Mapping[ReportKind, str] = {"traffic": "tr_", "email": "em_", "social": "so_"}
_DAYS = ("date", "month", "year", "nth_day", "nth_month", "nth_week")
_HEADERS_OF_ANOTHER = 2


class ReportExport:
    """One report; what it measures is said by the subclasses.

    Attributes:
        kind: Which report it is.
        main: The measure that its total row is told by, the first of these that it has.
        wanted: Fields any of which makes it usable, with a header for the message.
        label_field, campaign_field, detail_field: Fields of its labels.
        are_weeks_likely: Rows that are all of Mondays are weeks.
    """

    kind: ReportKind
    main: tuple[str, ...]
    wanted: tuple[str, ...]
    example: str
    label_field = ""
    campaign_fields: tuple[str, ...] = ()
    detail_field = ""
    are_weeks_likely = False

    def __init__(self, grid: RawTable, options: ReadOptions) -> None:
        self.grid = grid
        self.options = options
        self.mapped = recognise(grid.headers, grid.sample, self.kind, options.pipeline, options.fields)
        self.findings: list[Finding] = [*grid.notes, *self.mapped.tie_findings()]
        self._refuse_another()
        self.loaded: Loaded = self._first_table(grid.load(sorted({*self.mapped.position.values()}), frozenset()))
        self.findings += self.loaded.findings
        self.gaps: dict[str, FindingKind] = {}
        self.total: dict[str, float] = {}
        self.known: dict[str, pl.Series] = {}
        self.are_days_told = True

    # what the subclasses say ------------------------------------------------------------------------------------------

    def tool(self) -> str:
        """The tool that made it, ``""`` where nothing tells."""
        raise NotImplementedError

    def measures(self) -> dict[str, pl.Series]:
        """Its measures by the names of ``MEASURES``, a value a row."""
        raise NotImplementedError

    def check(self) -> None:
        """Stop where its rows count the same more than once.

        Raises:
            InputError: They do.
        """

    def default_label(self) -> str | None:
        """What its rows are of where no column says it."""
        return None

    @property
    def is_never_blank(self) -> bool:
        """Its tool leaves no label blank but that of the total."""
        return False

    @property
    def is_of_month(self) -> bool:
        """What it says of a day is of the whole month: the last one counts."""
        return False

    # reading ----------------------------------------------------------------------------------------------------------

    def rows(self) -> tuple[ReportRow, ...]:
        """Its measures by label, campaign and month."""
        self.check()
        frame = self._without_totals(self._frame())
        return by_month(self.kind, self._as_rows(self._months(frame)))

    def has(self, field: str) -> bool:
        """Whether it has a column of a field."""
        return _PREFIX[self.kind] + field in self.mapped.position

    def header(self, field: str) -> str:
        """Header of a field."""
        return self.grid.headers[self.mapped.position[_PREFIX[self.kind] + field]]

    def column(self, field: str) -> RawColumn | None:
        """Cells of a field."""
        place = self.mapped.position.get(_PREFIX[self.kind] + field)
        return None if place is None else self.loaded.columns[place]

    def numbers(self, field: str, *, blank: float | None = 0.0) -> pl.Series | None:
        """Counts of a field, None without such a column.

        Args:
            field: The field.
            blank: What a blank cell says: nothing was counted, or nothing is known.
        """
        column = self.column(field)
        if column is None:
            return None
        if field not in self.known:
            header = self.header(field)
            read = read_amounts(column, header)
            is_label = pl.Series([is_total(text) for text in column.text], dtype=pl.Boolean)
            for odd in read.odd:
                if odd.kind in _ODD_NUMBERS:
                    mask = None if odd.mask is None else odd.mask & ~is_label
                    self.findings += odd_cells(replace(odd, mask=mask), column, self.grid, header)
            filled = ~column.as_text().str.strip_chars().str.to_lowercase().is_in([*MISSING]).fill_null(value=True)
            frame = pl.DataFrame({"n": column.spread(read.values), "filled": column.spread(filled)})
            is_filled = pl.col("filled").fill_null(value=False)
            self.known[field] = frame.select(pl.when(is_filled).then("n").otherwise(pl.lit(blank)).alias("n"))["n"]
        return self.known[field]

    def shares(self, field: str) -> pl.Series | None:
        """Shares of a field, None without such a column."""
        column = self.column(field)
        if column is None:
            return None
        read = read_shares(column, self.header(field))
        if read.is_unclear:
            self.findings.append(Finding(FindingKind.RATE_UNCLEAR, self.loaded.rows, self.header(field)))
        return column.spread(read.values)

    def words(self) -> set[str]:
        """Words of its file's name and of the lines above its header."""
        return set(plain(" ".join((*self.grid.title, Path(self.grid.name).stem))).split())

    def labels(self, field: str) -> pl.Series:
        """Texts of a field."""
        column = self.column(field) if field else None
        if column is None:
            return pl.repeat(None, self.loaded.rows, dtype=pl.String, eager=True)
        return column.spread(labels(column))

    def _refuse_another(self) -> None:
        """Stop where the table is another report, or none."""
        prefix = _PREFIX[self.kind]
        if any(prefix + field in self.mapped.position for field in self.wanted):
            other = kind_of_report(self.grid.headers, self.options.pipeline)
            if other in (None, self.kind) or self.options.fields.keys() & {prefix + field for field in self.wanted}:
                return
        other = kind_of_report(self.grid.headers, self.options.pipeline)
        place = f"{self.grid.place}, row {self.grid.first_row - 1}"
        if other is not None and other != self.kind:
            raise InputError(
                f"{place}: this is a {REPORT_NAMES[other]} (columns {listed(self.grid.headers)}), not a "
                f"{REPORT_NAMES[self.kind]}. Give it with --{other} FILE."
            )
        raise InputError(
            f"{place}: no column of a {REPORT_NAMES[self.kind]} was recognised. Found: {listed(self.grid.headers)}. "
            f"Expected a header such as {self.example}; or name it with --map {prefix}{self.wanted[0]}=HEADER."
        )

    def _first_table(self, loaded: Loaded) -> Loaded:
        """The rows up to where another header stands: below it is another table."""
        expected = ExpectedHeaders(self.kind, self.options.pipeline)
        heads = pl.repeat(0, loaded.rows, dtype=pl.UInt32, eager=True)
        for place, column in loaded.columns.items():
            header = self.grid.headers[place]
            marks = [text is not None and (text == header or is_header(text, expected)) for text in column.text]
            heads += column.spread(pl.Series(marks, dtype=pl.Boolean)).fill_null(value=False).cast(pl.UInt32)
        ends = (heads >= _HEADERS_OF_ANOTHER).arg_true()
        if not len(ends):
            return loaded
        end = int(ends[0])
        number = end + self.grid.first_row
        self.findings.append(Finding(FindingKind.OTHER_TABLES, 1, rows=(number,)))
        kept = pl.int_range(end, dtype=pl.UInt32, eager=True)
        columns = {place: column.take(kept) for place, column in loaded.columns.items()}
        beyond = {place: text for place, text in loaded.beyond.items() if place < end}
        return replace(loaded, columns=columns, rows=end, beyond=beyond)

    def _frame(self) -> pl.DataFrame:
        days = self._days()
        rows = self.loaded.rows
        fields = (self.label_field, self._campaign_field(), self.detail_field)
        texts: dict[str, pl.Series] = {name: self.labels(field) for name, field in zip(_LABELS, fields, strict=True)}
        frame = pl.DataFrame({**texts, "first": days.first, "last": days.last, **self.measures()})
        numbers = pl.int_range(self.grid.first_row, self.grid.first_row + rows, dtype=pl.Int64, eager=True)
        return frame.with_columns(row_no=numbers)

    def _campaign_field(self) -> str:
        return next((field for field in self.campaign_fields if self.has(field)), "")

    def _days(self) -> RowDays:
        fields = {name: column for name in _DAYS if (column := self.column(name)) is not None}
        headers = {name: self.header(name) for name in fields}
        found = ReportDays(self.grid, fields, headers, self.loaded.rows).read(
            self.options.locale, in_weeks=self.are_weeks_likely
        )
        self.findings += found.findings
        self.are_days_told = found.told_by_rows
        return found

    def _measured(self, frame: pl.DataFrame) -> list[str]:
        return [name for name in MEASURES[self.kind] if name in frame.columns]

    def _without_totals(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that are records; what the total says of all of them is kept."""
        fields = (self.label_field, *self.campaign_fields, self.detail_field, *_DAYS)
        marked, other = labelled_totals(self.grid, self.loaded, (self.column(field) for field in fields if field))
        frame = frame.with_columns(total=marked)
        main = next((name for name in self.main if name in frame.columns), None)
        if main is not None:
            names = [name for name in _LABELS if 0 < frame[name].null_count() < len(frame)]
            place = unlabelled_total(frame, names or ["first"], main, is_never_blank=self.is_never_blank)
            if place is not None:
                frame = frame.with_columns(total=pl.col("total") | (pl.int_range(len(frame), eager=True) == place))
        totals = frame.filter("total")
        self.findings += other_row_findings(replace(other, totals=()), self.grid.first_row)
        numbers = [place + self.grid.first_row for place in (*other.footers, *other.groups)]
        frame = frame.filter(~pl.col("total") & ~pl.col("row_no").is_in(numbers))
        frame = frame.filter(pl.any_horizontal(pl.col(*self._measured(frame)).is_not_null()))
        frame = self._without_empty(frame)
        frame, parents = self._without_parents(frame, main)
        lines = sorted([*totals["row_no"], *parents])
        if lines:
            self.findings.append(Finding(FindingKind.TOTAL_ROWS, len(lines), rows=tuple(lines[:ROWS_NAMED])))
        if frame.is_empty():
            raise InputError(
                f"{self.grid.place}: there is no row with a number below the header. Export the report with its rows."
            )
        if len(totals) == 1 and main is not None:
            self._keep_total(totals, frame, main)
        return frame

    def _without_empty(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Without rows that hold neither a label nor a day of their own nor a number but 0: lines left blank."""
        is_blank = pl.all_horizontal(pl.col(*_LABELS).is_null())
        is_zero = pl.all_horizontal(pl.col(*self._measured(frame)).fill_null(0.0) == 0)
        is_undated = pl.col("first").is_null() if self.are_days_told else pl.lit(value=True)
        return frame.filter(~(is_blank & is_zero & is_undated))

    def _without_parents(self, frame: pl.DataFrame, main: str | None) -> tuple[pl.DataFrame, list[int]]:
        """Without rows that sum up those below them: their detail is blank, that of the others is not."""
        if main is None or not 0 < frame["detail"].null_count() < len(frame):
            return frame, []
        keys = ["label", "first", "last"]
        detail = pl.col("detail")
        sums = frame.group_by(keys).agg(
            parent=pl.col(main).filter(detail.is_null()).sum(),
            parts=pl.col(main).filter(detail.is_not_null()).sum(),
            n=detail.is_not_null().sum(),
        )
        same = (pl.col("n") > 0) & ((pl.col("parent") - pl.col("parts")).abs() <= SAME_SUM * pl.col("parts"))
        joined = frame.join(sums.filter(same).select(keys), on=keys, how="semi", nulls_equal=True)
        parents = joined.filter(detail.is_null())["row_no"].to_list()
        return frame.filter(~pl.col("row_no").is_in(parents)), parents

    def _keep_total(self, totals: pl.DataFrame, frame: pl.DataFrame, main: str) -> None:
        row = totals.row(0, named=True)
        whole, own = float(frame[main].sum() or 0), row[main]
        self.total = {name: row[name] for name in self._measured(frame) if row[name] is not None}
        if own is not None and own > whole * (1 + SAME_SUM) and MEASURES[self.kind][main] == "sum":
            details = {"total": float(own), "sum": whole}
            found = Finding(FindingKind.ROWS_MISSING, 1, rows=(int(row["row_no"]),), details=details)
            self.findings.append(found)

    def _months(self, frame: pl.DataFrame) -> pl.DataFrame:
        undated = frame.filter(pl.col("first").is_null())["row_no"]
        if len(undated):
            rows = tuple(undated.head(ROWS_NAMED)) if self.are_days_told else ()
            header = next((self.header(name) for name in _DAYS if self.has(name)), "")
            self.findings.append(Finding(FindingKind.REPORT_WITHOUT_DATE, len(undated), header, rows=rows))
        frame = frame.with_columns(last=pl.coalesce("last", "first")).with_columns(
            last=pl.max_horizontal("first", "last"), month=month_number(pl.col("first"))
        )
        across = (pl.col("month") != month_number(pl.col("last"))).fill_null(value=False)
        if self.is_of_month:
            last = frame.sort("last").unique(["label", "month"], keep="last", maintain_order=True)
            start = first_day_of(pl.col("month"))
            return last.with_columns(first=start, last=first_day_of(pl.col("month") + 1) - 1)
        if not self.are_days_told:
            return frame.with_columns(month=pl.when(~across).then("month"))
        shared = [name for name in self._measured(frame) if MEASURES[self.kind][name] == "sum"]
        parted = frame.filter(across)
        if parted.is_empty():
            return frame
        # a person of a week in two months cannot be shared out; a level is that of its last day
        levels = [name for name in self._measured(frame) if MEASURES[self.kind][name] == "level"]
        others = [name for name in self._measured(frame) if name not in {*shared, *levels}]
        frame = frame.with_columns(pl.when(~across).then(pl.col(name)).alias(name) for name in others)
        parts = split_by_days(frame.with_columns(ends=pl.col("last")), shared)
        is_end = pl.col("last") == pl.col("ends")
        parts = parts.with_columns(pl.when(is_end).then(pl.col(name)).alias(name) for name in levels)
        return parts.filter(pl.any_horizontal(pl.col(*self._measured(parts)).is_not_null())).drop("ends")

    def _as_rows(self, frame: pl.DataFrame) -> Iterable[ReportRow]:
        tool, default = self.tool(), self.default_label()
        measured = self._measured(frame)
        for row in frame.iter_rows(named=True):
            values = {name: float(row[name]) for name in measured if row[name] is not None}
            gaps = dict(self.gaps)
            gaps |= {
                name: FindingKind.NOT_IN_ALL_REPORTS
                for name in measured
                if name not in values and MEASURES[self.kind][name] == "sum" and name not in gaps
            }
            first, last, month = (None if row[name] is None else int(row[name]) for name in ("first", "last", "month"))
            yield ReportRow(tool, row["label"] or default, row["campaign"], month, first, last, values, gaps)
