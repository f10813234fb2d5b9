"""From any export to one clean lead table: the room's front door."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import polars as pl

from xl_leadkpi.leads import rows
from xl_leadkpi.leads.columns import ColumnMap, recognise
from xl_leadkpi.leads.decode import ROWS_NAMED, Decoded, Decoder, clean_text, labels, wanted_columns
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.headers import find_column
from xl_leadkpi.leads.join import join_deals, key_columns
from xl_leadkpi.leads.options import ReadOptions
from xl_leadkpi.leads.parse import looks_like_date
from xl_leadkpi.leads.sources import open_frame, open_table
from xl_leadkpi.leads.stages import CODE, find_stage
from xl_leadkpi.leads.table import STAGE_DATE, STAGES, Finding, LeadTable
from xl_leadkpi.leads.vocabulary import full_header_key, plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.leads.grid import Grid

_DAY_ZERO = date(1899, 12, 30).toordinal()
_OLD_TABLE_DAYS = 60
_TEXT = ("lead_id", "name", "source", "campaign", "owner", "currency", "lost_reason")
_DAYS = ("created", "d_mql", "d_sql", "d_meeting", "d_opportunity", "d_proposal", "d_won", "d_lost", "expected_close")


def read(
    path: Path | str,
    options: ReadOptions | None = None,
    deals: Path | str | None = None,
    progress: Callable[[str], None] | None = None,
) -> LeadTable:
    """Read an export of leads or deals from a file.

    Args:
        path: CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet file.
        options: How to read it.
        deals: A second export with the deals of these leads, joined on the identifier both share.
        progress: Called with a word on what is being done.

    Returns:
        The lead table, with its list of oddities.

    Raises:
        InputError: The file cannot be used; the message says where, why and what to do.
    """
    options = options or ReadOptions()
    tell = progress or (lambda _: None)
    tell("reading")
    grid = open_table(Path(path), "leads", options)
    deal_grid = open_table(Path(deals), "deals", options) if deals is not None else None
    return _build(grid, options, deal_grid, tell)


def read_frame(
    data: Any, options: ReadOptions | None = None, source_name: str = "selection", first_row: int = 1
) -> LeadTable:
    """Read leads from a selected range or a data frame.

    Args:
        data: pandas or Polars frame, or a list of rows (the header among the first 15) as xlwings hands it over.
        options: How to read it.
        source_name: Name of the range for the sheet and for messages.
        first_row: Row number of the first row (of a frame: of its header) in the source.

    Returns:
        The lead table; its frame is pandas for a pandas frame, else Polars.

    Raises:
        InputError: The data cannot be used.

    >>> table = read_frame([["Lead ID", "Created", "Stage"], ["L1", "2025-01-05", "Won"], ["L2", "2025-02-01", "New"]])
    >>> table.frame["outcome"].to_list(), table.stages
    (['won', 'open'], ('Lead', 'Won'))
    """
    options = options or ReadOptions()
    grid = open_frame(data, "leads", options, source_name, first_row)
    table = _build(grid, options, None, lambda _: None)
    if type(data).__module__.split(".")[0] == "pandas":
        return replace(table, frame=_as_pandas(table.frame))
    return table


def _build(grid: Grid, options: ReadOptions, deal_grid: Grid | None, tell: Callable[[str], None]) -> LeadTable:
    tell("recognising columns")
    mapped, is_deals, by = _recognise(grid, options, "leads")
    tell("reading leads")
    keys = key_columns(grid, mapped) if deal_grid else {}
    decoded = _decode(grid, mapped, options, by, keys, is_deals=is_deals and deal_grid is None)
    columns = mapped.columns
    if deal_grid:
        tell("joining deals")
        deal_map, _, _ = _recognise(deal_grid, options, "deals")
        deals = _decode(deal_grid, deal_map, options, {}, key_columns(deal_grid, deal_map), is_deals=True)
        bound = _day(options.as_of or options.today or date.today())  # noqa: DTZ011 (the user's day)
        decoded = join_deals(decoded, deals, grid, deal_grid, bound)
        columns += deal_map.columns
        is_deals = False
    tell("classifying")
    table = _Rows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return replace(table, columns=columns)


def _recognise(
    grid: Grid, options: ReadOptions, kind: Literal["leads", "deals"]
) -> tuple[ColumnMap, bool, dict[str, int]]:
    mapped = recognise(grid.headers, grid.sample, kind, options.fields)
    for name, header in options.fields.items():
        if "-" not in (name, header) and kind == "leads" and find_column(grid.headers, header) is None:
            raise InputError(
                f"{grid.place}: there is no column '{header}' to map to {name}. The columns are: {_listed(grid.headers)}."
            )
    by: dict[str, int] = {}
    for number, wanted in enumerate(options.by if kind == "leads" else ()):
        place = mapped.position.get(wanted)
        if place is None:
            place = find_column(grid.headers, wanted)
        if place is None:
            raise InputError(
                f"{grid.place}: there is no column '{wanted}' to group by. The columns are: {_listed(grid.headers)}."
            )
        by[f"by_{number}"] = place
    useful = set(mapped.position) & {"created", "stage", "status", "won_date", "lead_id", "close_date", "is_won"}
    if not useful:
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: no column of a lead table was recognised. Found: "
            f"{_listed(grid.headers)}. Needed: at least a creation date or a stage (or status) column, better also "
            "an identifier, source, owner and amount. Name them with --map FIELD=HEADER, for example "
            "--map created='Date of enquiry'."
        )
    return mapped, _holds_deals(grid, mapped, kind), by


def _listed(headers: Sequence[str]) -> str:
    shown = [header or "(blank)" for header in headers[:30]]
    return ", ".join(shown) + (f" and {len(headers) - 30} more" if len(headers) > 30 else "")


def _holds_deals(grid: Grid, mapped: ColumnMap, kind: str) -> bool:
    """Tell deals from leads by the words of the headers, then by the fields and the stage words."""
    if kind == "deals":
        return True
    deal_words, lead_words = (
        frozenset(plain(word) for word in vocabulary()[key]) for key in ("deal_words", "lead_words")
    )
    deal_votes = lead_votes = 0
    for column in mapped.columns:
        if column.field in {"source", "campaign", "link_id", "opportunity_date", "won_date", "lost_date"}:
            continue
        words = set(full_header_key(column.header).split())
        deal_votes += bool(words & deal_words) and not words & lead_words
        lead_votes += bool(words & lead_words) and not words & deal_words
    if {"mql_date", "sql_date"} & set(mapped.position):
        return False
    if deal_votes != lead_votes:
        return deal_votes > lead_votes
    has = set(mapped.position)
    if not (
        has & {"stage", "status"}
        and "amount" in has
        and has & {"close_date", "expected_close", "pipeline", "probability"}
    ):
        return False
    place = mapped.position.get("stage", mapped.position.get("status", 0))
    stages = {find_stage(str(cell)) for cell in grid.sample[place][:200] if cell}
    return "MQL" not in stages


def _decode(
    grid: Grid,
    mapped: ColumnMap,
    options: ReadOptions,
    by: Mapping[str, int],
    keys: Mapping[str, int],
    *,
    is_deals: bool,
) -> Decoded:
    positions, identifiers = wanted_columns(mapped, [*by.values(), *keys.values()])
    loaded = grid.load(positions, identifiers)
    extra = {}
    for name, place in by.items():
        extra[name] = loaded.columns[place].spread(labels(loaded.columns[place]))
    for name, place in keys.items():
        extra[name] = loaded.columns[place].spread(clean_text(loaded.columns[place].as_text()))
    decoder = Decoder(grid, loaded, mapped, options, is_deals=is_deals)
    decoder.columns.update(extra)
    loaded.columns.clear()
    findings = [*grid.notes, *loaded.findings]
    decoded = decoder.run()
    decoded.findings[:0] = findings
    decoded.findings += _map_findings(grid, mapped)
    if decoded.frame.is_empty():
        raise InputError(f"{grid.place}: there is a header line in row {grid.first_row - 1} but no data row below it.")
    created = mapped.position.get("created", mapped.refused.get("created"))
    if created is not None and "created" in mapped.refused:
        texts = [cell for cell in grid.sample[created] if cell not in (None, "") and not looks_like_date(str(cell))]
        if texts:
            raise InputError(
                f"{grid.place}, column '{grid.headers[created]}', row {grid.first_row}: '{str(texts[0])[:40]}' is not a "
                "date, nor are the others. Expected dates such as 2025-05-31 or 31.05.2025. If the dates stand "
                "in another column, name it with --map created=HEADER."
            )
    return decoded


def _map_findings(grid: Grid, mapped: ColumnMap) -> list[Finding]:
    findings = [
        Finding("guessed_column", 1, column.header, f"{column.field} ({column.score:.2f})", severity="info")
        for column in mapped.columns
        if column.field and column.score < 0.8
    ]
    findings += [
        Finding("column_tie", 1, taken, f"{name}: '{taken}' taken, '{left}' left", severity="info")
        for name, taken, left in mapped.ties
    ]
    findings += [Finding("refused_column", 1, grid.headers[place], name) for name, place in mapped.refused.items()]
    return findings


class _Rows:
    """The rows of one table, on their way from typed fields to the lead table."""

    def __init__(self, decoded: Decoded, options: ReadOptions, *, is_deals: bool) -> None:
        self.decoded = decoded
        self.options = options
        self.is_deals = is_deals
        self.findings = decoded.findings
        self.today = options.today or date.today()  # noqa: DTZ011 (the user's day)
        self.frame: nw.DataFrame[Any] = nw.from_native(decoded.frame, eager_only=True)

    def lead_table(self, grid: Grid, mapped: ColumnMap, by: Mapping[str, int]) -> LeadTable:
        fields = self.decoded.fields
        bound = _day(self.options.as_of or self.today)
        facts = rows.Facts(fields, self.is_deals, bound)
        frame = rows.dated(self.frame, facts)
        as_of, reason = self._as_of(frame, facts)
        order = self._order(frame)
        frame = rows.furthest(frame, order, facts)
        frame = self._calendar_days(frame)
        frame = self._without_duplicates(frame)
        self._odd_rows(frame, facts)
        stages, dated = self._in_force(frame, order)
        currencies = self._currencies(frame)
        return LeadTable(
            frame=self._select(frame, by),
            stages=stages,
            dated=dated,
            as_of=as_of,
            as_of_reason=reason,
            is_deals=self.is_deals,
            rows_read=self.decoded.rows_read,
            source_name=grid.name,
            currency=currencies[0] if len(currencies) == 1 else None,
            currencies=currencies,
            has_time=frozenset(self.decoded.has_time),
            fields=frozenset(self._fed(frame)),
            by_labels={name: grid.headers[place] for name, place in by.items()},
            columns=mapped.columns,
            words=tuple(self.decoded.words),
            findings=tuple(self.findings),
        )

    def _as_of(self, frame: nw.DataFrame[Any], facts: rows.Facts) -> tuple[date, Literal["today", "given", "latest"]]:
        if self.options.as_of:
            return self.options.as_of, "given"
        days = {
            name: rows.happened(name, facts) if name in facts.fields else nw.col(name)
            for name in ("created", "d_mql", "d_sql", "d_meeting", "d_opportunity", "d_proposal", "d_won", "d_lost")
            if name in frame.columns
        }
        latest = [
            value for value in rows.measure(frame, {k: v.max() for k, v in days.items()}).values() if value is not None
        ]
        if latest and _day(self.today) - int(max(latest)) > _OLD_TABLE_DAYS:
            day = date.fromordinal(int(max(latest)) + _DAY_ZERO)
            self.findings.append(Finding("as_of_latest", 1, value=day.isoformat(), severity="info"))
            return day, "latest"
        return self.today, "today"

    def _order(self, frame: nw.DataFrame[Any]) -> tuple[str, ...]:
        if self.options.stage_order:
            unknown = [stage for stage in self.options.stage_order if stage not in STAGES]
            if unknown:
                raise InputError(f"Stage order: '{unknown[0]}' is none of {', '.join(STAGES)}.")
            return self.options.stage_order
        opportunity_first = False
        if "d_meeting" in frame.columns and "opportunity_date" in self.decoded.fields:
            gap = rows.measure(frame, {"gap": (nw.col("d_opportunity") - nw.col("d_meeting")).median()})["gap"]
            if gap is not None:
                opportunity_first = gap < 0
                order = "Opportunity, Meeting" if opportunity_first else "Meeting, Opportunity"
                self.findings.append(Finding("meeting_order", 1, value=f"{order} ({gap:g} d)", severity="info"))
        elif self.is_deals and any(word.stage == "Meeting" for word in self.decoded.words):
            # A deal is an opportunity from its first day, so its meetings come after.
            opportunity_first = True
            self.findings.append(Finding("meeting_order", 1, value="Opportunity, Meeting", severity="info"))
        if not opportunity_first:
            return STAGES
        stages = list(STAGES)
        stages.remove("Meeting")
        stages.insert(stages.index("Opportunity") + 1, "Meeting")
        return tuple(stages)

    def _calendar_days(self, frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
        """Keep times of day only if all stage dates have them: else a duration would mix hours and whole days."""
        frame = self._response(frame)
        there = [name for name in _DAYS if name in frame.columns]
        sources = {"created", "mql_date", "sql_date", "meeting_held", "meeting_booked", "opportunity_date",
                   "proposal_date", "won_date", "lost_date", "close_date"} & self.decoded.fields  # fmt: skip
        timed = sources & self.decoded.has_time
        whole = [name for name in there if not frame[name].dtype.is_integer()]
        if timed and timed == sources:
            return frame.with_columns(nw.col(*there).cast(nw.Float64))
        if timed:
            self.findings.append(Finding("times_dropped", len(timed), value=", ".join(sorted(timed)), severity="info"))
        self.decoded.has_time.clear()
        return frame.with_columns(*[nw.col(name).cast(nw.Float64).floor().cast(nw.Int32) for name in whole])

    def _response(self, frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
        if "response_spent" in frame.columns:
            return frame.with_columns(response_min=nw.col("response_spent"))
        if {"first_response", "created"} <= self.decoded.has_time:
            seconds = ((nw.col("first_response") - nw.col("created")) * 86_400).round(0)
            return frame.with_columns(response_min=nw.when(seconds >= 0).then(seconds / 60))
        return frame

    def _without_duplicates(self, frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
        from xl_leadkpi.leads.duplicates import drop_duplicates  # noqa: PLC0415

        frame, findings = drop_duplicates(frame, self.options.dedupe, self.decoded.unique, is_deals=self.is_deals)
        self.findings += findings
        return frame

    def _in_force(self, frame: nw.DataFrame[Any], order: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        counts: dict[str, nw.Expr] = {}
        for stage in order:
            rank = STAGES.index(stage) + 1
            stands = (nw.col("hw") == rank) | (nw.col("lost_from") == rank) | (nw.col("stage_now") == stage)
            counts[f"{stage} reached"] = stands.sum()
            if STAGE_DATE[stage] in frame.columns:
                counts[f"{stage} dated"] = nw.col(STAGE_DATE[stage]).count()
        found = rows.measure(frame, counts)
        dated = tuple(stage for stage in order if found.get(f"{stage} dated"))
        below = {"Lead", "MQL", "SQL"} if self.is_deals else set()
        stages = tuple(
            stage
            for stage in order
            if stage not in below and (stage == "Lead" or found[f"{stage} reached"] or stage in dated)
        )
        return stages, tuple(stage for stage in dated if stage in stages)

    def _currencies(self, frame: nw.DataFrame[Any]) -> tuple[str, ...]:
        if "currency" not in frame.columns:
            return ()
        used = frame.filter(~nw.col("currency").is_null())
        if "amount" in frame.columns:
            used = used.filter(~nw.col("amount").is_null())
        counted = (
            used.group_by("currency").agg(nw.len().alias("rows")).sort("rows", "currency", descending=[True, False])
        )
        found = tuple(str(code) for code in counted["currency"].to_list())
        if len(found) > 1:
            self.findings.append(
                Finding("mixed_currencies", len(used), self.decoded.header.get("currency", ""), ", ".join(found))
            )
        return found

    def _odd_rows(self, frame: nw.DataFrame[Any], facts: rows.Facts) -> None:
        """Count and locate what is odd about single rows."""
        columns = set(frame.columns)
        won, lost, is_open = (nw.col("outcome") == code for code in (2, 3, 1))
        masks: dict[str, tuple[nw.Expr, str, str]] = {}
        header = self.decoded.header
        if "created" in columns:
            masks["no_created_date"] = (nw.col("created").is_null(), header["created"], "")
        if "d_won" in columns:
            masks["won_without_date"] = (won & nw.col("d_won").is_null(), "", "")
        if "amount" in columns:
            masks["won_without_amount"] = (won & nw.col("amount").is_null(), header["amount"], "")
        if "lost_reason" in columns:
            masks["lost_without_reason"] = (lost & nw.col("lost_reason").is_null(), header["lost_reason"], "")
        against = []
        if "status" in facts.fields and "stage" in facts.fields:
            against += [won & (nw.col("stage") == CODE["Lost"]), lost & (nw.col("stage") == CODE["Won"])]
            against += [is_open & (nw.col("stage") == CODE["Won"]), is_open & (nw.col("stage") == CODE["Lost"])]
        if "won_date" in facts.fields:
            against.append(~won & ~rows.happened("won_date", facts).is_null())
        if "lost_date" in facts.fields:
            against.append(~lost & ~rows.happened("lost_date", facts).is_null())
        if against:
            masks["contradictions"] = (nw.any_horizontal(*against, ignore_nulls=True), "", "")
        for name in sorted(facts.fields & {
            "created", "mql_date", "sql_date", "meeting_booked", "meeting_held", "opportunity_date", "proposal_date",
            "won_date", "lost_date",
        }):  # fmt: skip
            masks[f"future_dates {name}"] = (nw.col(name) >= facts.bound + 1, header.get(name, ""), "")
        if "response_min" in columns and "first_response" in columns:
            masks["negative_response"] = (nw.col("first_response") < nw.col("created"), header["first_response"], "")
        self._note_missing_outcome(facts)
        counts = rows.measure(frame, {name: mask.cast(nw.Int64).sum() for name, (mask, _, _) in masks.items()})
        for name, (mask, column, value) in masks.items():
            count = counts[name]
            if not count:
                continue
            kind = name.partition(" ")[0]
            severity: Literal["info", "warning"] = (
                "info" if kind in {"lost_without_reason", "won_without_amount"} else "warning"
            )
            self.findings.append(
                Finding(kind, int(count), column, value, rows.locate(frame, mask, ROWS_NAMED), severity)
            )

    def _note_missing_outcome(self, facts: rows.Facts) -> None:
        telling = {"status", "stage", "won_date", "lost_date", "is_won", "deal_outcome"} & set(facts.fields)
        if not telling:
            self.findings.append(Finding("no_outcome", self.decoded.rows_read))
        dates = {"mql_date", "sql_date", "meeting_booked", "meeting_held", "opportunity_date", "proposal_date"}
        reach = dates | {"last_open_stage", "deal_hw"} | ({"stage"} if "status" in facts.fields else set())
        lost = sum(word.count for word in self.decoded.words if word.stage == "Lost")
        if lost and not self.is_deals and not reach & set(facts.fields):
            self.findings.append(Finding("lost_reach_unknown", lost, self.decoded.header.get("stage", "")))

    def _fed(self, frame: nw.DataFrame[Any]) -> set[str]:
        fed = {name for name in (*_TEXT, *_DAYS, "amount", "response_min") if name in frame.columns}
        fed |= self.decoded.fields & {"stage", "status", "last_open_stage", "is_won", "is_closed"}
        return fed

    def _select(self, frame: nw.DataFrame[Any], by: Mapping[str, int]) -> nw.DataFrame[Any]:
        there = set(frame.columns)
        day = nw.Float64 if self.decoded.has_time else nw.Int32
        if "name" not in there:
            for other in ("company", "contact"):
                if other in there:
                    frame = frame.rename({other: "name"})
                    there.add("name")
                    break

        def text(name: str) -> nw.Expr:
            return nw.col(name) if name in there else nw.lit(None, dtype=nw.String).alias(name)

        def number(name: str, dtype: Any) -> nw.Expr:
            return nw.col(name).cast(dtype) if name in there else nw.lit(None, dtype=dtype).alias(name)

        outcome = nw.col("outcome")
        return frame.select(
            nw.col("row_no"),
            text("lead_id"),
            text("name"),
            *[number(name, day) for name in _DAYS],
            nw.when(outcome == 2)
            .then(nw.lit("won"))
            .otherwise(nw.when(outcome == 3).then(nw.lit("lost")).otherwise(nw.lit("open")))
            .alias("outcome"),
            nw.col("stage_now"),
            nw.col("hw"),
            nw.col("lost_from"),
            text("source"),
            text("campaign"),
            text("owner"),
            text("lost_reason"),
            number("amount", nw.Float64),
            text("currency"),
            number("response_min", nw.Float64),
            number("cohort_month", nw.Int32),
            *[nw.col(name) for name in by],
        )


def _day(day: date) -> int:
    return day.toordinal() - _DAY_ZERO


def _as_pandas(frame: Any) -> nw.DataFrame[Any]:
    import numpy as np  # noqa: PLC0415 (only for who already has pandas)
    import pandas as pd  # noqa: PLC0415

    native: pl.DataFrame = nw.to_native(frame)
    columns: dict[str, Any] = {}
    for series in native.iter_columns():
        missing = series.is_null().to_numpy()
        if series.dtype == pl.String:
            columns[series.name] = pd.array(series.to_list(), dtype="str")
        elif series.dtype.is_integer():
            values = series.fill_null(0).to_numpy().astype(np.int64 if series.dtype == pl.Int64 else np.int32)
            columns[series.name] = pd.arrays.IntegerArray(values.copy(), missing.copy())
        else:
            columns[series.name] = pd.arrays.FloatingArray(series.fill_null(0.0).to_numpy().copy(), missing.copy())
    return nw.from_native(pd.DataFrame(columns), eager_only=True)
