"""Leads beside a history of their changes: what it tells where their own table is silent.

Where both speak the table of leads is believed, and what the history says otherwise is reported. Of an earlier day the
history alone knows: a lead that has changed since stands as the changes up to that day have left it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.fields.rules import outcomes_told
from xl_leadkpi.leads.lifecycle.as_of import FORECASTS, OF_NOW, Bound
from xl_leadkpi.leads.lifecycle.log_query import beside
from xl_leadkpi.leads.lifecycle.outcome import WAS_LOST, WAS_WON, outcome_of, profile_of
from xl_leadkpi.leads.lifecycle.row_checks import Check, check_counts, odd_rows
from xl_leadkpi.leads.lifecycle.visits import as_it_was, changes_of, passed_outcomes, standing, visits_of
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.history import CHANGED_FIELDS, History, Log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.fields.rules import Decoded
    from xl_leadkpi.leads.model.findings import Detail

    Rows = nw.LazyFrame[Any]

_SAMPLES = 3
_FEW_LEFT = 0.1
"""Share of wins and losses that are left again in any sales team, without a word being none."""
_OUTCOME_FIELDS = frozenset({"stage", "status", "won_date", "lost_date", "is_won", "is_lost", "deal_outcome"})


_KEYS = ("lead_id", "link_id", "name")
"""Fields of the leads that the identifier of a history may stand in."""


def identifiers_of(leads: Decoded) -> Rows | None:
    """Whatever may be the identifier of a lead in a history, as ``lead``; None where the leads have none."""
    frame = engines.lazy(nw.from_native(leads.frame))
    columns = frame.collect_schema().names()
    parts = [frame.select(lead=nw.col(name).cast(nw.String)) for name in _KEYS if name in columns]
    return nw.concat(parts).drop_nulls().unique() if parts else None


def no_changes(log: Log, leads: int) -> Finding:
    """That a history has none of the leads that are counted."""
    details: dict[str, Detail] = {"strangers": 0.0, "silent": float(leads)}
    return Finding(FindingKind.HISTORY_PARTLY, leads, f"{log.name}: {log.headers['id']}", details=details)


class HistoryJoin:
    """Leads that are completed with a history of their changes.

    Of leads that were made of the log itself (``is_own``) nothing but amounts and close dates of a past day can be new.

    Attributes:
        history: The visits and changes, with the identifier (``lead_id``) until :meth:`of_table` knows the rows.
    """

    def __init__(
        self,
        leads: Decoded,
        log: Log,
        bound: Bound,
        *,
        is_deals: bool,
        place: str,
        is_own: bool = False,
        visits: Rows | None = None,
        is_filtered: bool = False,
    ) -> None:
        self.leads = leads
        self.is_filtered = is_filtered
        self.bound = bound
        self.is_deals = is_deals
        self.place = place
        self.pipeline = leads.pipeline
        self.findings: list[Finding] = []
        self.checks: list[Check] = []
        self.is_lazy = isinstance(leads.frame, nw.LazyFrame)
        frame = leads.frame if self.is_lazy else nw.from_native(leads.frame, eager_only=True)
        self.frame: Rows = frame.lazy()
        self.log = beside(log, self.frame)
        # asked again and again, and as few rows as there are leads
        starts = engines.detached(self.log.starts, in_memory=self.log.in_memory)
        self.log = log = replace(self.log, starts=starts)
        self.key = "lead_id" if is_own else self._key()
        self.visits = visits_of(log, bound.day, None if is_own else self._created()) if visits is None else visits
        self.changes = {name: changes_of(log, name) for name in CHANGED_FIELDS if name in log.values}

    # --- which lead is which

    def _named(self, rows: Rows) -> Rows:
        """Rows a lead with the lead's identifier instead of its number."""
        if self.log.names is None:
            return rows.rename({"lead": "history_id"})
        return rows.join(self.log.names.rename({"lead_id": "history_id"}), on="lead").drop("lead")

    def _key(self) -> str:
        """The field of the leads that the history's identifier stands in: that which most of them share."""
        there = [name for name in _KEYS if name in self.frame.collect_schema().names()]
        if not there:
            raise InputError(
                f"{self.place} has no column with an identifier, and {self.log.place} is joined on one "
                f"('{brief(self.log.headers['id'])}'). Name it with --map lead_id=HEADER."
            )
        ids = self._named(self.log.starts.select("lead"))
        counted = {}
        for name in there:
            own = self.frame.select(history_id=name).drop_nulls().unique()
            counted[name] = int(engines.measure(own.join(ids, on="history_id", how="semi"), {"n": nw.len()})["n"])
        key = max(counted, key=lambda name: counted[name])
        if not counted[key]:
            raise self._strangers(there[0], ids)
        self._tell_of_join(key, counted[key], ids)
        return key

    def _strangers(self, key: str, ids: Rows) -> InputError:
        own = _samples(self.frame.select(history_id=key))
        return InputError(
            f"{self.log.place}, column '{brief(self.log.headers['id'])}' ({_samples(ids)}) has no identifier of "
            f"{self.place}, column '{brief(self.leads.header.get(key, key))}' ({own}). Give the history of the same "
            "records, or name the columns with --map history.lead_id=HEADER and --map lead_id=HEADER."
        )

    def _tell_of_join(self, key: str, matched: int, ids: Rows) -> None:
        details = {"lead": self.leads.header.get(key, key), "history": self.log.headers["id"]}
        self.findings.append(Finding(FindingKind.HISTORY_JOINED, matched, self.log.headers["id"], details=details))
        own = self.frame.select(history_id=key).drop_nulls().unique()
        met, there = (engines.measure(rows, {"n": nw.len()})["n"] for rows in (ids, own))
        # of leads that a filter has left out the history knows more, and nothing is odd about that
        strangers, silent = 0 if self.is_filtered else int(met) - matched, int(there) - matched
        if strangers or silent:
            self.findings.append(
                Finding(
                    FindingKind.HISTORY_PARTLY,
                    strangers + silent,
                    self.log.headers["id"],
                    details={"strangers": float(strangers), "silent": float(silent)},
                )
            )

    def _created(self) -> Rows | None:
        """When each lead of the log was created, as the table of leads says."""
        if "created" not in self.leads.fields:
            return None
        told = self.frame.select(lead_id=self.key, created=nw.col("created").cast(nw.Float64))
        told = told.filter(~nw.col("lead_id").is_null()).group_by("lead_id").agg(nw.col("created").min())
        if self.log.names is None:
            return told.rename({"lead_id": "lead"})
        return told.join(self.log.names, on="lead_id").drop("lead_id")

    # --- what it tells

    def completed(self) -> Decoded:
        """The leads with what the history says of them."""
        self._check_order()
        told = self.log.starts.select("lead", "created").join(
            standing(self.visits, self.pipeline), on="lead", how="left"
        )  # fmt: skip
        told = self._named(told)
        told = told.rename({name: f"history_{name}" for name in told.collect_schema().names() if name != "history_id"})
        frame = self._joined(told)
        if self.bound.is_past:
            frame = self._as_of(frame)
        frame = self._with_first(frame)
        frame = self._with_outcomes(frame)
        frame = self._with_days(frame)
        drop = [name for name in frame.collect_schema().names() if name.startswith("history_")]
        self._put(frame.drop(*drop))
        known = {one.word for one in self.leads.words}
        self.leads.words += [replace(word, table="history") for word in self.log.words if word.word not in known]
        self.leads.findings += [*self._own_findings(), *self.findings]
        return self.leads

    def of_own_log(self) -> Decoded:
        """The leads that were made of the log itself: with amounts and close dates of the day that is counted."""
        self._check_order()
        self._same_clock()
        if self.bound.is_past and self.changes:
            frame = self._with_values_then(self.frame)
            frame = frame.with_columns(**self._as_they_were(frame, {}))
            self._put(frame.drop(*[f"history_was_{name}" for name in self.changes]))
        self.leads.findings += self.findings
        return self.leads

    def _same_clock(self) -> None:
        """All days that the log tells have times if some have: a day on which nothing happened but at midnight, too."""
        time = self.log.headers["time"]
        if self.log.has_time:
            told = {field for field, header in self.leads.header.items() if f"{header}: ".startswith(f"{time}: ")}
            self.leads.has_time |= told & self.leads.fields

    def _put(self, frame: Rows) -> None:
        self.leads.frame = frame if self.is_lazy else nw.to_native(frame.collect().sort("row_no"))

    def _check_order(self) -> None:
        """Changes that do not follow from those before them."""
        known = ~nw.col("since").is_null()
        breaks = known & (nw.col("from_stage") > 0) & (nw.col("before") != nw.col("from_stage"))
        at_once = known & (nw.col("since") == nw.col("entered"))
        goes_back = (nw.col("stage") < nw.col("before")) & (nw.col("before") < self.pipeline.won_index)
        unclear = at_once & (breaks if self.log.has_before else goes_back)
        checks = [Check(FindingKind.HISTORY_ORDER, unclear, self._of_log("time"))]
        if self.log.has_before:
            checks.append(Check(FindingKind.HISTORY_BREAKS, breaks & ~at_once, self._of_log("word")))
        self._find(self.visits, checks)
        self._check_outcomes()
        if not self.bound.is_past:
            ahead = nw.col("day") >= self.bound.day + 1
            self._find(self.log.steps, [Check(FindingKind.FUTURE_DATES, ahead, self._of_log("time"))])

    def _check_outcomes(self) -> None:
        """Words for an outcome that most leads which come to them leave behind."""
        if not (self.log.outcomes and self._may_be_passed()):
            return
        stages = {word.word: word.stage for word in self.log.words}
        [counted] = engines.collect([passed_outcomes(self.log, self.bound.day)])
        for row in counted:
            reached, passed = int(row["reached"]), int(row["passed"])
            if passed > 1 and passed > reached / 2:
                word = self.log.outcomes[int(row["outcome"]) - 1]
                details: dict[str, Detail] = {"word": word, "stage": stages.get(word) or "", "reached": float(reached)}
                self.findings.append(Finding(FindingKind.PASSED_OUTCOME, passed, self._of_log("word"), details=details))

    def _may_be_passed(self) -> bool:
        """Whether it is worth looking at the words: what they mean is left by many, or what comes after is unknown."""
        if any(word.stage is None for word in self.log.words):
            return True
        left = ~nw.col("left").is_null()
        ends = self.visits.filter(nw.col("stage") >= self.pipeline.won_index)
        counted = engines.measure(ends, {"all": nw.len(), "left": left.cast(nw.Int64).sum()})
        return int(counted["left"] or 0) > max(1, _FEW_LEFT * int(counted["all"]))

    def _find(self, frame: Rows, checks: Sequence[Check]) -> None:
        self.findings += odd_rows(frame, checks, engines.measure(frame, check_counts(checks)))

    def _of_log(self, name: str) -> str:
        """A column of the log as a finding names it."""
        return f"{self.log.name}: {self.log.headers[name]}"

    def _own_findings(self) -> list[Finding]:
        """What was odd about the log itself, with its name."""
        return [
            replace(one, column=f"{self.log.name}: {one.column}" if one.column else self.log.name)
            for one in self.log.findings
        ]

    def _joined(self, told: Rows) -> Rows:
        frame = self.frame.join(told, left_on=self.key, right_on="history_id", how="left")
        if not self.bound.is_past:
            return engines.detached(frame, in_memory=not self.is_lazy)
        later = self.log.steps.filter(nw.col("day") >= self.bound.day + 1)
        moved = self._named(later.group_by("lead").agg(nw.len().alias("history_changes_since")))
        frame = self._with_values_then(frame.join(moved, left_on=self.key, right_on="history_id", how="left"))
        return engines.detached(frame, in_memory=not self.is_lazy)

    def _with_values_then(self, frame: Rows) -> Rows:
        """Beside each lead what has changed since the day that is counted, as it was then."""
        for name, changes in self.changes.items():
            was = self._named(as_it_was(changes, self.bound.day)).rename({"was": f"history_was_{name}"})
            frame = frame.join(was, left_on=self.key, right_on="history_id", how="left")
        return frame

    def _as_of(self, frame: Rows) -> Rows:
        """Take leads that have changed since back to how they stood."""
        fields, bound = self.leads.fields, self.bound.day
        moved = ~nw.col("history_changes_since").is_null()
        counted = engines.measure(
            frame, {"leads": moved.cast(nw.Int64).sum(), "changes": nw.col("history_changes_since").sum()}
        )
        if counted["leads"]:
            details = {"changes": float(counted["changes"])}
            self.findings.append(Finding(FindingKind.HISTORY_LATER, int(counted["leads"]), details=details))
        past: dict[str, nw.Expr] = {}
        forgotten = (*OF_NOW, *self.pipeline.flags)
        for name in fields & {*forgotten}:
            past[name] = nw.when(~moved).then(nw.col(name))
        for name in fields & {*self.pipeline.date_fields, "lost_date", *FORECASTS}:
            if name != "created":
                # a forecast of today is none of that day
                keeps = ~moved if name in FORECASTS else ~(moved & (nw.col(name) >= bound + 1))
                past[name] = nw.when(keeps | nw.col(name).is_null()).then(nw.col(name))
        past |= self._as_they_were(frame, past)
        now = nw.col("history_now")
        if "stage" in fields:
            past["stage"] = nw.when(moved).then(now).otherwise(nw.col("stage")).cast(nw.Int8)
        else:
            past["stage"] = nw.when(moved).then(now).cast(nw.Int8)
            self._adds("stage")
        return frame.with_columns(**past)

    def _as_they_were(self, frame: Rows, past: Mapping[str, nw.Expr]) -> dict[str, nw.Expr]:
        """Amount and close date as they stood, of leads in which they have changed since."""
        found, there = {}, frame.collect_schema().names()
        close = next((name for name in FORECASTS if name in self.leads.fields), None)
        for name, field in (("close_date", close), ("amount", "amount")):
            if f"history_was_{name}" in there and field in self.leads.fields:
                own = past.get(str(field), nw.col(str(field))).cast(nw.Float64)
                found[str(field)] = nw.coalesce(nw.col(f"history_was_{name}"), own)
        return found

    def _adds(self, field: str, *, with_time: bool = False) -> None:
        self.leads.fields.add(field)
        self.leads.header.setdefault(field, self.log.headers["time" if with_time else "word"])
        if with_time and self.log.has_time:
            self.leads.has_time.add(field)
        if field == "stage":
            self.leads.told |= outcomes_told("stage", self.log.headers["word"], self.log.words, self.pipeline)

    def _with_first(self, frame: Rows) -> Rows:
        """Where nothing says when a lead was created its first change does; a change before it is reported."""
        first, begun = nw.col("history_first"), nw.col("history_created")
        if "created" not in self.leads.fields:
            self._adds("created", with_time=True)
            return frame.with_columns(created=begun, cohort_month=month_number(begun).cast(nw.Int32))
        own = nw.col("created").cast(nw.Float64)
        early = first.floor() < nw.col("history_own_created").floor()
        self.checks.append(Check(FindingKind.HISTORY_BEFORE_CREATION, early, self.leads.header.get("created", "")))
        month = nw.coalesce(nw.col("cohort_month").cast(nw.Int32), month_number(begun).cast(nw.Int32))
        return frame.with_columns(history_own_created=own, created=nw.coalesce(own, begun), cohort_month=month)

    def _with_outcomes(self, frame: Rows) -> Rows:
        """The stage now and at the loss where the table is silent; reports where the two disagree."""
        fields, now = self.leads.fields, nw.col("history_now")
        if not _OUTCOME_FIELDS & fields:
            self._adds("stage")
            frame = frame.with_columns(stage=now.cast(nw.Int8))
        elif "stage" in fields:
            own = nw.col("history_own_stage")
            differs = (own > 0) & (now > 0) & (own != now)
            self.checks.append(Check(FindingKind.HISTORY_DISAGREES, differs, self.leads.header.get("stage", "")))
            stage = nw.coalesce(nw.col("stage"), now).cast(nw.Int8)
            frame = frame.with_columns(history_own_stage=nw.col("stage"), stage=stage)
        before = nw.when(nw.col("history_last_open") > 0).then(nw.col("history_last_open"))
        if "last_open_stage" in fields:
            frame = frame.with_columns(last_open_stage=nw.coalesce(nw.col("last_open_stage"), before).cast(nw.Int8))
        else:
            frame = frame.with_columns(last_open_stage=before.cast(nw.Int8))
            self._adds("last_open_stage")
        return frame

    def _with_days(self, frame: Rows) -> Rows:
        """The first day of each stage, and those of win and loss where the history agrees that it is one."""
        profile = profile_of(self.leads, is_deals=self.is_deals, bound=self.bound.day)
        frame = frame.with_columns(history_outcome=outcome_of(profile))
        days = {
            stage.date_field(self.leads.fields) or stage.date_fields[-1]: nw.col(f"history_{stage.date_column}")
            for stage in self.pipeline.inner
        }
        days |= self._closings()
        own = {field: nw.col(field).cast(nw.Float64) for field in days if field in self.leads.fields}
        for field, day in own.items():
            apart = day.floor() != days[field].floor()
            self.checks.append(Check(FindingKind.HISTORY_DAYS_DIFFER, apart, self.leads.header.get(field, "")))
        asked = {f"day {field}": day.count() for field, day in days.items()} | check_counts(self.checks)
        counted = engines.measure(frame, asked)
        self.findings += odd_rows(frame, self.checks, counted)
        told = [field for field in days if field not in own and counted[f"day {field}"]]
        for field in told:
            self._adds(field, with_time=True)
        new = {field: nw.coalesce(day, days[field]) for field, day in own.items()}
        new |= {field: days[field] for field in told}
        return frame.with_columns(**new) if new else frame

    def _closings(self) -> dict[str, nw.Expr]:
        """The days of win and loss where the history agrees with the outcome and the table has no day of its own."""
        now, outcome = nw.col("history_now"), nw.col("history_outcome")
        pipeline = self.pipeline
        found: dict[str, nw.Expr] = {}
        for field, code, stands, day in (
            (pipeline.won.date_fields[-1], pipeline.won_index, WAS_WON, nw.col("history_won_day")),
            ("lost_date", pipeline.lost_index, WAS_LOST, nw.col("history_lost_day")),
        ):
            agreed = nw.when((now == code) & (outcome == stands)).then(day)
            if "close_date" in self.leads.fields:
                closed = nw.col("close_date").cast(nw.Float64)
                if field not in self.leads.fields:
                    apart, header = agreed.floor() != closed.floor(), self.leads.header.get("close_date", "")
                    self.checks.append(Check(FindingKind.HISTORY_DAYS_DIFFER, apart, header))
                agreed = nw.when(closed.is_null()).then(agreed)
            found[field] = agreed
        return found

    # --- the visits of the leads that are counted

    def of_table(self, table: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> History:
        """The history of the leads that a table counts, by their rows in it."""
        log, in_memory = self.log, self.log.in_memory
        counted = engines.to_same_backend(table.select("row_no"), self.frame)
        own = self.frame.select("row_no", lead_id=self.key).filter(~nw.col("lead_id").is_null())
        own = own.join(counted, on="row_no", how="semi").group_by("lead_id").agg(nw.col("row_no").min())
        rows = engines.to_same_backend(own, self.visits)
        if log.names is not None:
            rows = rows.join(log.names, on="lead_id").select("lead", "row_no")
        else:
            rows = rows.rename({"lead_id": "lead"})
        rows = engines.detached(rows, in_memory=in_memory)

        def of_rows(some: Rows, *columns: str) -> Rows:
            return engines.detached(some.join(rows, on="lead").select("row_no", *columns), in_memory=in_memory)

        codes = frozenset(self.pipeline.codes[word.stage] for word in log.words if word.stage)
        return History(
            of_rows(self.visits.drop("row_no"), "stage", "entered", "left", "before", "place", "is_timed"),
            {
                name: of_rows(one.filter(nw.col("day") < self.bound.day + 1), "day", "before", "value")
                for name, one in self.changes.items()
            },
            log.name,
            codes,
            log.has_time,
        )


def _samples(rows: Rows) -> str:
    [some] = engines.collect([rows.select("history_id").drop_nulls().unique().sort("history_id").head(_SAMPLES)])
    return ", ".join(f"'{brief(str(row['history_id']))}'" for row in some)
