"""From typed fields to the lead table: when the table ends, the order of its stages, what stays of each row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.cells.days import date_of, day_number
from xl_leadkpi.engines.percentiles import median
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.cells.vocabulary import header_key
from xl_leadkpi.leads.lifecycle.as_of import snapshot_as_of
from xl_leadkpi.leads.lifecycle.conversion import ORIGINALS, convert
from xl_leadkpi.leads.lifecycle.duplicates import drop_duplicates, drop_duplicates_lazy
from xl_leadkpi.leads.lifecycle.outcome import happened, profile_of, with_furthest_stage, with_stage_days
from xl_leadkpi.leads.lifecycle.row_checks import (
    MOST_MONEY,
    ahead_checks,
    amount_checks,
    check_counts,
    customer_end_checks,
    customer_end_counts,
    evidence_counts,
    odd_rows,
    row_checks,
    row_counts,
    told_by_word,
)
from xl_leadkpi.leads.model.evidence import Fact, Need, TableShape, gather
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.options import today_of
from xl_leadkpi.leads.model.table import LeadTable
from xl_leadkpi.leads.recognition.cell_types import are_dates
from xl_leadkpi.leads.recognition.headers import names_leaving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.rules import Decoded
    from xl_leadkpi.leads.lifecycle.outcome import Frame, TableProfile
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.recognition.columns import ColumnMap

_OLD_TABLE_DAYS = 60
_MOST_MINUTES = 1e10  # more than all the days a table can hold
_TEXT = ("lead_id", "name", "source", "campaign", "owner", "currency", "lost_reason")
_WORDS_NAMED = 8
_DATES = 0.8

_OTHER_RECORD = frozenset({"lead", "leadid", "mql", "contact", "customer", "лида", "leada"})


def is_of_other_record(header: str) -> bool:
    """Tell whether the identifiers under a header are a lead's or a customer's, of whom there may be several deals."""
    return bool(set(header_key(header).split()) & _OTHER_RECORD)


def _checkpoint(frame: Frame) -> Frame:
    return engines.checkpoint(frame) if isinstance(frame, nw.LazyFrame) else frame


def _free_dates(grid: RawTable, mapped: ColumnMap) -> tuple[str, ...]:
    """Headers of the columns that hold dates and feed no field."""
    taken = set(mapped.position.values())
    return tuple(
        header
        for place, header in enumerate(grid.headers)
        if place not in taken and are_dates(grid.sample[place], _DATES)
    )


class LeadRows:
    """The rows of one table, on their way from typed fields to the lead table."""

    def __init__(self, decoded: Decoded, options: ReadOptions, *, is_deals: bool) -> None:
        self.decoded = decoded
        self.options = options
        self.pipeline = decoded.pipeline
        self.days = (*self.pipeline.date_columns, "d_lost", "expected_close", "customer_end")
        self.is_deals = is_deals
        self.findings = decoded.findings
        self.keeps_times = False
        self.today = today_of(options)
        self.frame: Frame = _checkpoint(nw.from_native(decoded.frame, pass_through=False))

    def lead_table(self, grid: RawTable, mapped: ColumnMap, by: Mapping[str, int]) -> LeadTable:
        """Classify the rows and put the table together.

        Args:
            grid: Where they came from.
            mapped: Its columns.
            by: Further columns to keep, by their name in the frame.

        Returns:
            The lead table.
        """
        bound = day_number(self.options.as_of or self.today)
        profile = profile_of(self.decoded, is_deals=self.is_deals, bound=bound, today=day_number(self.today))
        if bound < day_number(self.today):
            stood, findings, left = snapshot_as_of(self.frame, profile, self.decoded.header)
            self.frame = _checkpoint(stood)
            self.findings += findings
            if not left:
                raise InputError(
                    f"As of {self.options.as_of}: every row of {grid.place} was created later. Give a later --as-of.",
                    ("as_of", str(self.options.as_of)),
                )
        known = replace(profile, bound=max(bound, day_number(self.today)))
        dated = _checkpoint(with_stage_days(self.frame, profile))
        ahead = [
            *ahead_checks(known, self.decoded.header),
            *amount_checks(dated.columns, self.decoded.header),
        ]
        days = engines.measure(dated, check_counts(ahead) | self._latest(dated, profile))
        as_of, reason = self._as_of(days)
        order = self._order(dated)
        self.keeps_times = self._keeps_times()
        frame = self._without_duplicates(dated, profile, order)
        self.findings += odd_rows(dated, ahead, days)
        further = list(by)
        converted = self._converted(frame, grid)
        frame = frame if converted is None else converted
        further += [name for name in ORIGINALS if name in frame.columns]
        checks = [
            *row_checks(frame, profile, self.decoded.header),
            *customer_end_checks(frame.columns, day_number(as_of), self.decoded.header),
        ]
        counting = evidence_counts(frame, order, profile) | customer_end_counts(frame.columns)
        counted = engines.measure(frame, check_counts(checks) | counting)
        self.findings += odd_rows(frame, checks, counted)
        stages, stages_dated = self._in_force(counted, order)
        currencies = self._currencies(frame)
        fed = frozenset(self._fed(frame))
        shape = TableShape(
            fed | self.decoded.fields,
            self.is_deals,
            stages,
            self.pipeline,
            free_dates=_free_dates(grid, mapped) if not counted["created"] else (),
            currencies=currencies,
            words=tuple(word.word for word in sorted(self.decoded.words, key=lambda word: -word.count)[:_WORDS_NAMED]),
        )
        if grid.sources is not None:
            self.findings[:] = map(grid.sources.located, self.findings)
        evidence = gather(shape, row_counts(counted, order), self.findings)
        if not all(evidence.supports(Need(Fact.REACH_OF_LOST, stage)) for stage in stages):
            frame = frame.with_columns(lost_told=told_by_word(profile).cast(nw.Int8))
            further.append("lost_told")
        return LeadTable(
            frame=self._select(frame, further),
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
            fields=fed,
            by_labels={name: grid.headers[place] for name, place in by.items()},
            columns=mapped.columns,
            words=tuple(self.decoded.words),
            findings=tuple(self.findings),
            pipeline=self.pipeline,
            spellings=self.decoded.spellings,
            channel_names=self.options.channels,
            evidence=evidence,
            filters=self.decoded.filters,
            sources=grid.sources,
            conversion=self.decoded.conversion,
        )

    def _latest(self, frame: Frame, profile: TableProfile) -> dict[str, nw.Expr]:
        """The latest of each kind of day, if the censoring date is to be told from them."""
        if self.options.as_of:
            return {}
        # of these two the one is of the future, the other may be agreed beforehand
        left_out = {"expected_close"}
        if not names_leaving(self.decoded.header.get("customer_end", "")):
            left_out.add("customer_end")
        days = {
            name: happened(name, profile) if name in profile.fields else nw.col(name)
            for name in self.days
            if name not in left_out and name in frame.columns
        }
        return {f"latest {name}": day.max() for name, day in days.items()}

    def _as_of(self, days: engines.Row) -> tuple[date, Literal["today", "given", "latest"]]:
        if self.options.as_of:
            return self.options.as_of, "given"
        latest = [day for name, day in days.items() if name.startswith("latest") and day is not None]
        if latest and day_number(self.today) - int(max(latest)) > _OLD_TABLE_DAYS:
            day = date_of(max(latest))
            self.findings.append(Finding(FindingKind.AS_OF_LATEST, 1, details={"day": day}))
            return day, "latest"
        return self.today, "today"

    def _order(self, frame: Frame) -> tuple[str, ...]:
        if self.options.stage_order:
            unknown = [stage for stage in self.options.stage_order if stage not in self.pipeline]
            if unknown:
                raise InputError(f"Stage order: '{unknown[0]}' is none of {', '.join(self.pipeline.names)}.")
            if not {*self.options.stage_order} - {self.pipeline.won.name}:
                raise InputError(
                    f"Stage order: a funnel begins before {self.pipeline.won.name}. Name the stages that lead to it."
                )
            return self.options.stage_order
        floating, opportunity = self.pipeline.floating, self.pipeline.opportunity
        if floating is None or opportunity is None:
            return self.pipeline.names
        opportunity_first = False
        moved = (opportunity.name, floating.name)
        if floating.date_column in frame.columns and opportunity.date_field(self.decoded.fields):
            gap = median(frame, nw.col(opportunity.date_column) - nw.col(floating.date_column))
            if gap is not None:
                opportunity_first = gap < 0
                order = moved if opportunity_first else moved[::-1]
                self.findings.append(Finding(FindingKind.STAGE_ORDER, 1, details={"stages": order, "days": gap}))
        elif self.is_deals and (
            floating.date_column in frame.columns or any(word.stage == floating.name for word in self.decoded.words)
        ):
            # A deal is an opportunity from its first day, so its meetings come after.
            opportunity_first = True
            self.findings.append(Finding(FindingKind.STAGE_ORDER, 1, details={"stages": moved}))
        if not opportunity_first:
            return self.pipeline.names
        stages = [name for name in self.pipeline.names if name != floating.name]
        stages.insert(stages.index(opportunity.name) + 1, floating.name)
        return tuple(stages)

    def _keeps_times(self) -> bool:
        """Keep times of day only if all stage dates have them: else a duration would mix hours and whole days."""
        sources = {*self.pipeline.date_fields, "lost_date", "close_date"} & self.decoded.fields
        timed = sources & self.decoded.has_time
        if timed and timed != sources:
            fields = tuple(sorted(timed))
            self.findings.append(Finding(FindingKind.TIMES_DROPPED, len(timed), details={"fields": fields}))
        return bool(timed) and timed == sources

    def _classified(self, frame: Frame, profile: TableProfile, order: Sequence[str]) -> Frame:
        """The furthest stage of rows with the days of their stages, and these as the durations will take them."""
        frame = self._response(_checkpoint(with_furthest_stage(frame, order, profile)))
        if "amount" in frame.columns:
            frame = frame.with_columns(amount=nw.when(nw.col("amount").abs() < MOST_MONEY).then(nw.col("amount")))
        there = [name for name in self.days if name in frame.columns]
        if self.keeps_times:
            return frame.with_columns(nw.col(*there).cast(nw.Float64))
        kinds = frame.collect_schema()
        days = [nw.col(name).cast(nw.Float64).floor().cast(nw.Int32) for name in there if not kinds[name].is_integer()]
        return frame.with_columns(*days) if days else frame

    def _response(self, frame: Frame) -> Frame:
        if "response_spent" in frame.columns:
            spent = nw.col("response_spent")
            return frame.with_columns(response_min=nw.when(spent.abs() < _MOST_MINUTES).then(spent))
        if {"first_response", "created"} <= self.decoded.has_time:
            seconds = ((nw.col("first_response") - nw.col("created")) * 86_400).round(0)
            return frame.with_columns(response_min=nw.when(seconds >= 0).then(seconds / 60))
        return frame

    def _without_duplicates(self, dated: Frame, profile: TableProfile, order: Sequence[str]) -> Frame:
        """The classified rows, one a lead."""
        of_lead = is_of_other_record(self.decoded.header.get("lead_id", ""))
        # Several deals of one lead carry the same lead's identifier and are no duplicates.
        dedupe = "none" if self.is_deals and of_lead else self.options.dedupe
        frame: Frame
        if isinstance(self.frame, nw.LazyFrame):

            def classified(read: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
                return self._classified(_checkpoint(with_stage_days(read, profile)), profile, order).lazy()

            frame, findings = drop_duplicates_lazy(self.frame, classified, dedupe, is_deals=self.is_deals)
        else:
            frame = self._classified(dated, profile, order)
            assert isinstance(frame, nw.DataFrame)  # what is in memory stays there
            frame, findings = drop_duplicates(frame, dedupe, self.decoded.unique, is_deals=self.is_deals)
        self.findings += findings
        return frame

    def _in_force(self, found: engines.Row, order: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        dated = tuple(stage for stage in order if found.get(f"{stage} dated"))
        below = (
            {stage.name for stage in self.pipeline.before_opportunity}
            if self.is_deals and self.pipeline.opportunity
            else set()
        )
        # a word of a lead that has become a deal since names a stage that no row ends at
        named = self.decoded.named
        if named is None:
            named = {word.stage for word in self.decoded.words if word.count}
        stages = tuple(
            stage
            for stage in order
            if stage not in below
            and (stage == self.pipeline.entry.name or found[f"{stage} reached"] or stage in dated or stage in named)
        )
        opportunity, won = self.pipeline.opportunity, self.pipeline.won.name
        if stages == (won,) and self.is_deals and opportunity and opportunity.name in order:
            stages = (opportunity.name, won)  # which every deal has been, though nothing says more of it
        return stages, tuple(stage for stage in dated if stage in stages)

    def _converted(self, frame: Frame, grid: RawTable) -> Frame | None:
        """The rows with amounts in the currency of the report, unless those of their deals are already."""
        if self.options.rates is None or self.decoded.conversion is not None:
            return None
        found = convert(frame, self.options.rates, grid, self.decoded.header)
        if found is None:
            return None
        self.decoded.conversion = found.conversion
        self.findings += found.findings
        converted: Frame = found.frame
        return converted

    def _currencies(self, frame: Frame) -> tuple[str, ...]:
        if "currency" not in frame.columns:
            return ()
        used = frame.filter(~nw.col("currency").is_null())
        if "amount" in frame.columns:
            used = used.filter(~nw.col("amount").is_null())
        [counted] = engines.collect([used.lazy().group_by("currency").agg(nw.len().alias("rows"))])
        counted.sort(key=lambda row: (-row["rows"], row["currency"]))
        found = tuple(str(row["currency"]) for row in counted)
        if len(found) > 1:
            count = sum(int(row["rows"]) for row in counted)
            self.findings.append(
                Finding(
                    FindingKind.MIXED_CURRENCIES,
                    count,
                    self.decoded.header.get("currency", ""),
                    details={"currencies": found},
                )
            )
        return found

    def _fed(self, frame: Frame) -> set[str]:
        fed = {name for name in (*_TEXT, *self.days, "amount", "response_min") if name in frame.columns}
        fed |= self.decoded.fields & {"stage", "status", "last_open_stage", "is_won", "is_closed"}
        return fed

    def _select(self, frame: Frame, further: Sequence[str]) -> Frame:
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
            *[number(name, day) for name in self.days if name != "customer_end" or name in there],
            nw.when(outcome == 2)
            .then(nw.lit("won"))
            .otherwise(nw.when(outcome == 3).then(nw.lit("lost")).otherwise(nw.lit("open")))
            .alias("outcome"),
            nw.col("stage_now"),
            nw.col("current_stage"),
            nw.col("furthest_stage"),
            nw.col("lost_stage"),
            text("source"),
            text("campaign"),
            text("owner"),
            text("lost_reason"),
            number("amount", nw.Float64),
            text("currency"),
            number("response_min", nw.Float64),
            number("cohort_month", nw.Int32),
            *[nw.col(name) for name in ("medium", "probability") if name in there],
            *[nw.col(name) for name in further],
        )
