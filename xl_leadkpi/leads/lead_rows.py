"""From typed fields to the lead table: when the table ends, the order of its stages, what stays of each row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from xl_leadkpi.leads import engine, rows
from xl_leadkpi.leads.as_of import as_it_stood
from xl_leadkpi.leads.duplicates import drop_duplicates, drop_duplicates_there
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.oddities import ahead_checks, check_counts, missing_evidence, odd_rows, row_checks
from xl_leadkpi.leads.percentiles import median
from xl_leadkpi.leads.table import STAGE_DATE, STAGES, Finding, LeadTable
from xl_leadkpi.leads.vocabulary import header_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.columns import ColumnMap
    from xl_leadkpi.leads.decode import Decoded
    from xl_leadkpi.leads.grid import Grid
    from xl_leadkpi.leads.options import ReadOptions

_DAY_ZERO = date(1899, 12, 30).toordinal()
_OLD_TABLE_DAYS = 60
_TEXT = ("lead_id", "name", "source", "campaign", "owner", "currency", "lost_reason")
_DAYS = ("created", "d_mql", "d_sql", "d_meeting", "d_opportunity", "d_proposal", "d_won", "d_lost", "expected_close")
_STAGE_DATES = frozenset({
    "created", "mql_date", "sql_date", "meeting_held", "meeting_booked", "opportunity_date", "proposal_date",
    "won_date", "lost_date", "close_date",
})  # fmt: skip

_OTHER_RECORD = frozenset({"lead", "leadid", "mql", "contact", "customer", "лида", "leada"})


def day_number(day: date) -> int:
    """Write a day as Excel does.

    >>> day_number(date(2025, 5, 5))
    45782
    """
    return day.toordinal() - _DAY_ZERO


def _cut(frame: rows.Frame) -> rows.Frame:
    return engine.cut(frame) if isinstance(frame, nw.LazyFrame) else frame


class LeadRows:
    """The rows of one table, on their way from typed fields to the lead table."""

    def __init__(self, decoded: Decoded, options: ReadOptions, *, is_deals: bool) -> None:
        self.decoded = decoded
        self.options = options
        self.is_deals = is_deals
        self.findings = decoded.findings
        self.keeps_times = False
        self.today = options.today or date.today()  # noqa: DTZ011 (the user's day)
        self.frame: rows.Frame = _cut(nw.from_native(decoded.frame, pass_through=False))

    def lead_table(self, grid: Grid, mapped: ColumnMap, by: Mapping[str, int]) -> LeadTable:
        """Classify the rows and put the table together.

        Args:
            grid: Where they came from.
            mapped: Its columns.
            by: Further columns to keep, by their name in the frame.

        Returns:
            The lead table.
        """
        fields = self.decoded.fields
        bound = day_number(self.options.as_of or self.today)
        facts = rows.Facts(fields, self.is_deals, bound)
        if bound < day_number(self.today):
            stood, findings, left = as_it_stood(self.frame, facts, self.decoded.header)
            self.frame = _cut(stood)
            self.findings += findings
            if not left:
                raise InputError(
                    f"As of {self.options.as_of}: every row of the table was created later. Give a later --as-of."
                )
        known = rows.Facts(fields, self.is_deals, max(bound, day_number(self.today)))
        dated = _cut(rows.dated(self.frame, facts))
        ahead = ahead_checks(known, self.decoded.header)
        days = rows.measure(dated, check_counts(ahead) | self._latest(dated, facts))
        as_of, reason = self._as_of(days)
        order = self._order(dated)
        self.keeps_times = self._keeps_times()
        frame = self._without_duplicates(dated, facts, order)
        self.findings += odd_rows(dated, ahead, days)
        checks = row_checks(frame, facts, self.decoded.header)
        counted = rows.measure(frame, check_counts(checks) | self._evidence(frame, order))
        self.findings += odd_rows(frame, checks, counted)
        self.findings += missing_evidence(facts, self.decoded.words, self.decoded.rows_read)
        stages, stages_dated = self._in_force(counted, order)
        currencies = self._currencies(frame)
        return LeadTable(
            frame=self._select(frame, by),
            stages=stages,
            dated=stages_dated,
            as_of=as_of,
            as_of_reason=reason,
            is_deals=self.is_deals,
            rows_read=self.decoded.rows_read,
            source_name=grid.name,
            currency=currencies[0] if len(currencies) == 1 else None,
            currencies=currencies,
            has_time=frozenset(self.decoded.has_time) if self.keeps_times else frozenset(),
            fields=frozenset(self._fed(frame)),
            by_labels={name: grid.headers[place] for name, place in by.items()},
            columns=mapped.columns,
            words=tuple(self.decoded.words),
            findings=tuple(self.findings),
        )

    def _latest(self, frame: rows.Frame, facts: rows.Facts) -> dict[str, nw.Expr]:
        """The latest of each kind of day, if the censoring date is to be told from them."""
        if self.options.as_of:
            return {}
        days = {
            name: rows.happened(name, facts) if name in facts.fields else nw.col(name)
            for name in _DAYS
            if name != "expected_close" and name in frame.columns
        }
        return {f"latest {name}": day.max() for name, day in days.items()}

    def _as_of(self, days: engine.Row) -> tuple[date, Literal["today", "given", "latest"]]:
        if self.options.as_of:
            return self.options.as_of, "given"
        latest = [day for name, day in days.items() if name.startswith("latest") and day is not None]
        if latest and day_number(self.today) - int(max(latest)) > _OLD_TABLE_DAYS:
            day = date.fromordinal(int(max(latest)) + _DAY_ZERO)
            self.findings.append(Finding("as_of_latest", 1, value=day.isoformat(), severity="info"))
            return day, "latest"
        return self.today, "today"

    def _order(self, frame: rows.Frame) -> tuple[str, ...]:
        if self.options.stage_order:
            unknown = [stage for stage in self.options.stage_order if stage not in STAGES]
            if unknown:
                raise InputError(f"Stage order: '{unknown[0]}' is none of {', '.join(STAGES)}.")
            return self.options.stage_order
        opportunity_first = False
        if "d_meeting" in frame.columns and "opportunity_date" in self.decoded.fields:
            gap = median(frame, nw.col("d_opportunity") - nw.col("d_meeting"))
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

    def _keeps_times(self) -> bool:
        """Keep times of day only if all stage dates have them: else a duration would mix hours and whole days."""
        sources = _STAGE_DATES & self.decoded.fields
        timed = sources & self.decoded.has_time
        if timed and timed != sources:
            self.findings.append(Finding("times_dropped", len(timed), value=", ".join(sorted(timed)), severity="info"))
        return bool(timed) and timed == sources

    def _classified(self, frame: rows.Frame, facts: rows.Facts, order: Sequence[str]) -> rows.Frame:
        """The furthest stage of rows with the days of their stages, and these as the durations will take them."""
        frame = self._response(_cut(rows.furthest(frame, order, facts)))
        there = [name for name in _DAYS if name in frame.columns]
        if self.keeps_times:
            return frame.with_columns(nw.col(*there).cast(nw.Float64))
        kinds = frame.collect_schema()
        days = [nw.col(name).cast(nw.Float64).floor().cast(nw.Int32) for name in there if not kinds[name].is_integer()]
        return frame.with_columns(*days) if days else frame

    def _response(self, frame: rows.Frame) -> rows.Frame:
        if "response_spent" in frame.columns:
            spent = nw.col("response_spent")
            return frame.with_columns(response_min=nw.when(spent.is_finite()).then(spent))
        if {"first_response", "created"} <= self.decoded.has_time:
            seconds = ((nw.col("first_response") - nw.col("created")) * 86_400).round(0)
            return frame.with_columns(response_min=nw.when(seconds >= 0).then(seconds / 60))
        return frame

    def _without_duplicates(self, dated: rows.Frame, facts: rows.Facts, order: Sequence[str]) -> rows.Frame:
        """The classified rows, one a lead."""
        of_lead = set(header_key(self.decoded.header.get("lead_id", "")).split()) & _OTHER_RECORD
        # Several deals of one lead carry the same lead's identifier and are no duplicates.
        dedupe = "none" if self.is_deals and of_lead else self.options.dedupe
        frame: rows.Frame
        if isinstance(self.frame, nw.LazyFrame):

            def classified(read: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
                return self._classified(_cut(rows.dated(read, facts)), facts, order).lazy()

            frame, findings = drop_duplicates_there(self.frame, classified, dedupe, is_deals=self.is_deals)
        else:
            frame = self._classified(dated, facts, order)
            assert isinstance(frame, nw.DataFrame)  # what is in memory stays there
            frame, findings = drop_duplicates(frame, dedupe, self.decoded.unique, is_deals=self.is_deals)
        self.findings += findings
        return frame

    @staticmethod
    def _evidence(frame: rows.Frame, order: Sequence[str]) -> dict[str, nw.Expr]:
        """How many rows speak for each stage."""
        counts: dict[str, nw.Expr] = {}
        for stage in order:
            rank = STAGES.index(stage) + 1
            stands = (nw.col("hw") == rank) | (nw.col("lost_from") == rank) | (nw.col("now_rank") == rank)
            counts[f"{stage} reached"] = stands.cast(nw.Int64).sum()
            if STAGE_DATE[stage] in frame.columns:
                counts[f"{stage} dated"] = nw.col(STAGE_DATE[stage]).count()
        return counts

    def _in_force(self, found: engine.Row, order: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        dated = tuple(stage for stage in order if found.get(f"{stage} dated"))
        below = {"Lead", "MQL", "SQL"} if self.is_deals else set()
        stages = tuple(
            stage
            for stage in order
            if stage not in below and (stage == "Lead" or found[f"{stage} reached"] or stage in dated)
        )
        return stages, tuple(stage for stage in dated if stage in stages)

    def _currencies(self, frame: rows.Frame) -> tuple[str, ...]:
        if "currency" not in frame.columns:
            return ()
        used = frame.filter(~nw.col("currency").is_null())
        if "amount" in frame.columns:
            used = used.filter(~nw.col("amount").is_null())
        [counted] = engine.collect([used.lazy().group_by("currency").agg(nw.len().alias("rows"))])
        counted.sort(key=lambda row: (-row["rows"], row["currency"]))
        found = tuple(str(row["currency"]) for row in counted)
        if len(found) > 1:
            count = sum(int(row["rows"]) for row in counted)
            self.findings.append(
                Finding("mixed_currencies", count, self.decoded.header.get("currency", ""), ", ".join(found))
            )
        return found

    def _fed(self, frame: rows.Frame) -> set[str]:
        fed = {name for name in (*_TEXT, *_DAYS, "amount", "response_min") if name in frame.columns}
        fed |= self.decoded.fields & {"stage", "status", "last_open_stage", "is_won", "is_closed"}
        return fed

    def _select(self, frame: rows.Frame, by: Mapping[str, int]) -> rows.Frame:
        there = set(frame.columns)
        day = nw.Float64 if self.keeps_times else nw.Int32
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
            nw.col("now_rank"),
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
