"""What a row of typed fields says: outcome, furthest stage, days of each stage (sections 3 and 4).

Everything here is expressions over a Narwhals frame, the same for pandas and Polars. The few eager steps - single
figures drawn from the whole table - stand in :mod:`~xl_leadkpi.engines` and :mod:`duplicates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.engines.expressions import translate
from xl_leadkpi.leads.model.stage import LOST, OPEN, WON
from xl_leadkpi.leads.recognition.headers import names_decision

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xl_leadkpi.leads.fields.rules import Decoded
    from xl_leadkpi.leads.model.stage import Pipeline, Stage

    Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]

WAS_OPEN, WAS_WON, WAS_LOST = 1, 2, 3
_CERTAIN = 100  # per cent
_OF_SALES = frozenset({"probability", "lost_reason", "expected_close", "amount"})
"""Fields that a list of contacts has not."""


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What is known about a table before its rows are read.

    Attributes:
        fields: Fields the table has.
        is_deals: Its rows are deals.
        bound: Excel day number after which nothing has happened yet.
        pipeline: Its stages.
        told: Outcomes that words of its columns tell, as field and outcome: ``("status", "Won")``. ``Open`` is among
            them where it says that nothing has come of a row, whatever other columns say.
        today: Excel day number of today, if it comes before the bound: a forecast is no past day.
        has_decisions: Its close dates are days of decisions, which no open deal has.
    """

    fields: Collection[str]
    is_deals: bool
    bound: int
    pipeline: Pipeline
    told: frozenset[tuple[str, str]] = frozenset()
    today: int | None = None
    has_decisions: bool = False

    def tells(self, field: str, outcome: str) -> bool:
        """Tell whether some word of a column means an outcome."""
        return (field, outcome) in self.told

    @property
    def tells_losses(self) -> bool:
        """A word, a date or a pair of flags says which rows are lost."""
        says = any(outcome == LOST for _, outcome in self.told)
        dated_or_flagged = {"lost_date", "is_lost"} & set(self.fields)
        return says or bool(dated_or_flagged) or {"is_won", "is_closed"} <= set(self.fields)

    @property
    def tells_wins(self) -> bool:
        """A word, a date or a flag says which rows are won."""
        says = any(outcome == WON for _, outcome in self.told)
        return says or bool({"won_date", "is_won"} & set(self.fields))


def profile_of(decoded: Decoded, *, is_deals: bool, bound: int, today: int | None = None) -> TableProfile:
    """Say what is known about a table once its cells are read.

    Args:
        decoded: The table.
        is_deals: Its rows are deals.
        bound: Excel day number after which nothing has happened yet.
        today: Excel day number of today.
    """
    decides = names_decision(decoded.header.get("close_date", ""))
    return TableProfile(
        decoded.fields,
        is_deals,
        bound,
        decoded.pipeline,
        told=frozenset(decoded.told),
        today=today,
        has_decisions=decides,
    )


def happened(name: str, profile: TableProfile) -> nw.Expr:
    """Take a date column up to the censoring date; null where the table has no such column."""
    if name not in profile.fields:
        return nw.lit(None, dtype=nw.Float64)
    column = nw.col(name)
    return nw.when(column < profile.bound + 1).then(column)


def outcome_of(profile: TableProfile) -> nw.Expr:
    """Decide won, lost or open: what status, dates, stage and the pair of flags say outright, else what they imply."""
    options = [*_stated(profile), *_implied(profile)]
    return nw.coalesce(*options, _outcome(WAS_OPEN))


def is_implied(outcome: int, profile: TableProfile) -> nw.Expr | None:
    """Tell rows that only flags, a probability or a reason make won or lost; None where nothing of a table could."""
    implied = _implied(profile)
    if not implied:
        return None
    stated = _stated(profile)
    undecided = nw.coalesce(*stated, nw.lit(None, dtype=nw.Int8)).is_null() if stated else None
    said = nw.coalesce(*implied, _outcome(WAS_OPEN)) == outcome
    return said & undecided if undecided is not None else said


def implying_fields(profile: TableProfile) -> tuple[str, ...]:
    """The fields by which a row may be won or lost though no word says so."""
    names = ("is_active", "is_archived", "probability", "lost_reason", "is_closed", "is_won")
    return tuple(name for name in names if name in profile.fields)


def _outcome(code: int) -> nw.Expr:
    return nw.lit(code, dtype=nw.Int8)


def _stated(profile: TableProfile) -> list[nw.Expr]:
    """Outcomes that a row states, the first that says: status, days, stage word, flags."""
    options: list[nw.Expr] = []
    fields, pipeline = profile.fields, profile.pipeline
    if "deal_outcome" in fields:
        options.append(nw.col("deal_outcome"))
    if "status" in fields:
        options.append(_of_status(profile))
    won, lost = happened("won_date", profile), happened("lost_date", profile)
    if "won_date" in fields and "lost_date" in fields:
        options.append(
            nw.when((~won.is_null()) & (lost.is_null() | (won >= lost)))
            .then(_outcome(WAS_WON))
            .otherwise(nw.when(~lost.is_null()).then(_outcome(WAS_LOST)))
        )
    elif "won_date" in fields:
        options.append(nw.when(~won.is_null()).then(_outcome(WAS_WON)))
    elif "lost_date" in fields:
        options.append(nw.when(~lost.is_null()).then(_outcome(WAS_LOST)))
    if "stage" in fields:
        stage = nw.col("stage")
        options.append(
            nw.when(stage == pipeline.won_index)
            .then(_outcome(WAS_WON))
            .otherwise(nw.when(stage == pipeline.lost_index).then(_outcome(WAS_LOST)))
        )
    if "is_won" in fields:
        closed = nw.col("is_closed") if "is_closed" in fields else nw.lit(value=False)
        options.append(
            nw.when(nw.col("is_won"))
            .then(_outcome(WAS_WON))
            .otherwise(nw.when(closed & ~nw.col("is_won")).then(_outcome(WAS_LOST)))
        )
    if "is_lost" in fields:
        options.append(nw.when(nw.col("is_lost")).then(_outcome(WAS_LOST)))
    return options


def _of_status(profile: TableProfile) -> nw.Expr:
    """What the status says. That a lead is open denies only what the status itself could have told.

    Beside a lifecycle stage, which tells the wins, a lead status tells losses alone: a customer stays one, whatever
    was noted while it was a lead.
    """
    status, pipeline = nw.col("status"), profile.pipeline
    lost, is_open = status == pipeline.lost_index, status == pipeline.open_index
    if not (profile.tells("status", WON) or profile.tells("status", OPEN)):
        if profile.tells("stage", WON):
            lost = lost & ~_is_true(nw.col("stage") == pipeline.won_index)
        is_open = is_open & ~_won_elsewhere(profile) if profile.tells("status", LOST) else nw.lit(value=False)
    still = nw.when(is_open).then(_outcome(WAS_OPEN))
    ended = nw.when(lost).then(_outcome(WAS_LOST)).otherwise(still)
    return nw.when(status == pipeline.won_index).then(_outcome(WAS_WON)).otherwise(ended)


def _won_elsewhere(profile: TableProfile) -> nw.Expr:
    """A column other than the status tells the win."""
    says = [nw.lit(value=False)]
    if "stage" in profile.fields:
        says.append(_is_true(nw.col("stage") == profile.pipeline.won_index))
    if "won_date" in profile.fields:
        says.append(~happened("won_date", profile).is_null())
    if "is_won" in profile.fields:
        says.append(_is_true(nw.col("is_won")))
    return reduce(or_, says)


def _is_true(condition: nw.Expr) -> nw.Expr:
    return condition.fill_null(value=False)


def _implied(profile: TableProfile) -> list[nw.Expr]:
    """Outcomes of rows that state none: flags, a probability, a reason, each only where another sign agrees."""
    rules = (_ends_at_zero, _ends_certain, _put_aside, _has_reason, _not_won, _closed_otherwise)
    return [outcome for rule in rules if (outcome := rule(profile)) is not None]


def _lost_where(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(_outcome(WAS_LOST))


def _aside(profile: TableProfile) -> nw.Expr | None:
    """The row was archived: out of the list of active ones."""
    says = [~nw.col("is_active")] if "is_active" in profile.fields else []
    says += [nw.col("is_archived")] if "is_archived" in profile.fields else []
    return reduce(or_, map(_is_true, says)) if says else None


def _is_over(profile: TableProfile) -> nw.Expr | None:
    """The close date has come."""
    if "close_date" not in profile.fields:
        return None
    today = profile.bound if profile.today is None else min(profile.bound, profile.today)
    return _is_true(nw.col("close_date") < today + 1)


def _ends_at_zero(profile: TableProfile) -> nw.Expr | None:
    """No chance is left and the deal is over. A new lead may have a probability of 0 as well."""
    if "probability" not in profile.fields:
        return None
    signs = [sign for sign in (_aside(profile), _is_over(profile)) if sign is not None]
    signs += [~nw.col("lost_reason").is_null()] if "lost_reason" in profile.fields else []
    signs += [_is_true(nw.col("is_closed"))] if "is_closed" in profile.fields else []
    return _lost_where((nw.col("probability") <= 0) & reduce(or_, signs)) if signs else None


def _ends_certain(profile: TableProfile) -> nw.Expr | None:
    """Certain and decided on a day that has come, where nothing else in the table tells a win."""
    over = _is_over(profile)
    if "probability" not in profile.fields or profile.tells_wins or not profile.has_decisions or over is None:
        return None
    return nw.when((nw.col("probability") >= _CERTAIN) & over).then(_outcome(WAS_WON))


def _put_aside(profile: TableProfile) -> nw.Expr | None:
    """Archived among deals. In a list of contacts it says nothing of a sale."""
    aside = _aside(profile)
    if aside is None or not (profile.is_deals or _OF_SALES & set(profile.fields)):
        return None
    return _lost_where(aside & nw.col("probability").is_null() if "probability" in profile.fields else aside)


def _has_reason(profile: TableProfile) -> nw.Expr | None:
    """A reason of loss, where nothing else in the table tells a loss; else it may be left from before a new start."""
    others = {"probability", "is_active", "is_archived"} & set(profile.fields)
    if "lost_reason" not in profile.fields or profile.tells_losses or others:
        return None
    reason = ~nw.col("lost_reason").is_null()
    ahead = "close_date" in profile.fields
    return _lost_where(reason & ~_is_true(nw.col("close_date") >= profile.bound + 1) if ahead else reason)


def _not_won(profile: TableProfile) -> nw.Expr | None:
    """Not won, and the day of the decision is past. An open stage and a close date of the past are only late."""
    over = _is_over(profile)
    if "is_won" not in profile.fields or {"is_closed", "is_lost"} & set(profile.fields) or over is None:
        return None
    lost = ~nw.col("is_won") & over
    stands = "stage" in profile.fields and not profile.has_decisions
    return _lost_where(lost & nw.col("stage").is_null() if stands else lost)


def _closed_otherwise(profile: TableProfile) -> nw.Expr | None:
    """Closed: won at a probability of 100 or where losses have a flag, else lost, if the table tells its wins."""
    if "is_closed" not in profile.fields or "is_won" in profile.fields:
        return None
    closed = _is_true(nw.col("is_closed"))
    if "is_lost" in profile.fields and not profile.tells_wins:
        return nw.when(closed & ~nw.col("is_lost")).then(_outcome(WAS_WON))
    lost = _lost_where(closed) if profile.tells_wins else nw.lit(None, dtype=nw.Int8)
    if "probability" not in profile.fields:
        return lost if profile.tells_wins else None
    return nw.when(closed & (nw.col("probability") >= _CERTAIN)).then(_outcome(WAS_WON)).otherwise(lost)


def with_stage_days(frame: Frame, profile: TableProfile) -> Frame:
    """Add the outcome (as a number) and the day of every stage, each only where it has happened.

    The close-date trap: a close date is the expected one while the deal is open, so it counts as the day of winning or
    losing only for rows that are won or lost. Likewise estimated amounts are those of rows that are not won.
    """
    frame = frame.with_columns(outcome=outcome_of(profile))
    is_won, is_lost, is_open = (nw.col("outcome") == code for code in (WAS_WON, WAS_LOST, WAS_OPEN))
    close = happened("close_date", profile)
    expected = [nw.col(name) for name in ("expected_close", "close_date") if name in profile.fields]
    new: dict[str, nw.Expr] = {}
    for stage in profile.pipeline.inner:
        field = stage.date_field(profile.fields)
        days = [happened(name, profile) for name in (field, _begun(stage, profile)) if name is not None]
        if days:
            day = nw.coalesce(*days) if len(days) > 1 else days[0]
            flag = flag_of(stage, profile)
            # a day of the decision stands beside those that were turned down, too
            new[stage.date_column] = nw.when(_is_true(nw.col(flag)) | nw.col(flag).is_null()).then(day) if flag else day
    if "created" in profile.fields:
        new["created"] = happened("created", profile)
        new["created_read"] = nw.col("created")
    if "cohort_month" in frame.columns:
        new["cohort_month"] = nw.when(nw.col("created") < profile.bound + 1).then(nw.col("cohort_month"))
    if {"won_date", "close_date"} & set(profile.fields):
        new["d_won"] = nw.when(is_won).then(_first(("won_date", "close_date"), profile, {"close_date": close}))
    if {"lost_date", "close_date"} & set(profile.fields):
        new["d_lost"] = nw.when(is_lost).then(_first(("lost_date", "close_date"), profile, {"close_date": close}))
    if expected:
        new["expected_close"] = nw.when(is_open).then(nw.coalesce(*expected) if len(expected) > 1 else expected[0])
    if {"amount", "amount_estimated"} <= set(profile.fields):
        # what a deal brought is known once it is won; what a lost one was worth is what it was expected to bring
        likely = nw.coalesce("amount_estimated", "amount")
        new["amount"] = nw.when(is_won).then(nw.col("amount")).otherwise(likely)
    return frame.with_columns(**new) if new else frame


def flag_of(stage: Stage, profile: TableProfile) -> str | None:
    """The field that says by yes or no whether a stage was reached."""
    return stage.flag if stage.flag in profile.fields else None


def _begun(stage: Stage, profile: TableProfile) -> str | None:
    """The field with the day on which a deal became what it is from its first day: an opportunity."""
    is_begun = profile.is_deals and stage is profile.pipeline.opportunity and "created" in profile.fields
    return "created" if is_begun else None


def _first(names: Sequence[str], profile: TableProfile, ready: dict[str, nw.Expr]) -> nw.Expr:
    there = [ready.get(name, happened(name, profile)) for name in names if name in profile.fields]
    return nw.coalesce(*there) if len(there) > 1 else there[0]


def with_furthest_stage(frame: Frame, order: Sequence[str], profile: TableProfile) -> Frame:
    """Add the furthest stage, the stage now and the stage before the loss.

    Args:
        frame: Rows with the days of the stages.
        order: Stages in order.
        profile: About the table.

    Returns:
        The rows with ``furthest_stage``, ``lost_stage`` and ``current_stage`` (indexes in the pipeline), ``stage_now``
        and ``furthest_rank``, the rank of the furthest stage: its number from 1 in ``order``.
    """
    pipeline = profile.pipeline
    rank_of = {stage.name: _rank(stage.name, order, pipeline) for stage in pipeline}
    start = rank_of[pipeline.names[pipeline.opportunity_index - 1]] if profile.is_deals and pipeline.opportunity else 1
    won_index = nw.lit(pipeline.won_index, dtype=nw.Int8)
    is_won, is_lost = nw.col("outcome") == WAS_WON, nw.col("outcome") == WAS_LOST
    traces: list[nw.Expr] = [
        nw.when(~nw.col(stage.date_column).is_null()).then(nw.lit(rank_of[stage.name], dtype=nw.Int8))
        for stage in map(pipeline.__getitem__, order)
        if stage in pipeline.inner and stage.date_column in frame.columns
    ]
    now = _stage_rank("stage", rank_of, pipeline) if "stage" in profile.fields else None
    before = _stage_rank("last_open_stage", rank_of, pipeline) if "last_open_stage" in profile.fields else None
    traces += [expression for expression in (now, before) if expression is not None]
    if "deal_furthest_stage" in profile.fields:
        ranks = {pipeline.index(name): rank for name, rank in rank_of.items()}
        traces.append(translate(nw.col("deal_furthest_stage"), ranks, nw.Int8))
    if "is_converted" in profile.fields and pipeline.converted:
        traces.append(nw.when(nw.col("is_converted")).then(nw.lit(rank_of[pipeline.converted.name], dtype=nw.Int8)))
    flags = {stage: flag_of(stage, profile) for stage in pipeline.inner}
    traces += [
        nw.when(nw.col(flag)).then(nw.lit(rank_of[stage.name], dtype=nw.Int8)) for stage, flag in flags.items() if flag
    ]
    traces.append(nw.when(is_won).then(nw.lit(rank_of[pipeline.won.name], dtype=nw.Int8)))
    # No evidence means the start. Names, because Narwhals on pandas wants them distinct.
    traces = [expression.fill_null(start).alias(f"trace_{number}") for number, expression in enumerate(traces)]
    # Spark's greatest() wants two
    furthest = nw.max_horizontal(*traces) if len(traces) > 1 else traces[0]
    frame = frame.with_columns(furthest_rank=furthest.cast(nw.Int8))

    given = [expression for expression in (before, now) if expression is not None]
    lost_rank = nw.coalesce(*given, nw.col("furthest_rank")) if given else nw.col("furthest_rank")
    if profile.is_deals:
        lost_rank = nw.max_horizontal(lost_rank, nw.lit(start, dtype=nw.Int8))
    frame = frame.with_columns(
        furthest_stage=_stage_index(nw.col("furthest_rank"), order, pipeline),
        lost_stage=nw.when(is_lost).then(_stage_index(lost_rank, order, pipeline)),
    )
    standing = nw.when(nw.col("furthest_stage") < pipeline.won_index).then(nw.col("furthest_stage"))
    if now is not None:
        stated = nw.max_horizontal(now, nw.lit(start, dtype=nw.Int8)) if profile.is_deals else now
        stated = _stage_index(stated, order, pipeline)
        # A stage word nobody knows (0) leaves the stage unknown; a blank one is told by the dates.
        standing = nw.when(~(nw.col("stage") == 0) | nw.col("stage").is_null()).then(
            nw.when(now.is_null()).then(standing).otherwise(stated)
        )
    current_stage = nw.when(is_won).then(won_index).otherwise(nw.when(~is_lost).then(standing))
    frame = frame.with_columns(current_stage=current_stage)
    name = translate(nw.col("current_stage"), dict(enumerate(pipeline.names, 1)), nw.String)
    return frame.with_columns(stage_now=nw.when(is_lost).then(nw.lit(LOST)).otherwise(name))


def _stage_index(rank: nw.Expr, order: Sequence[str], pipeline: Pipeline) -> nw.Expr:
    """Translate ranks in the order to indexes in the pipeline; the same where the order is the usual one."""
    if tuple(order) == pipeline.names:
        return rank
    return translate(rank, {number: pipeline.index(stage) for number, stage in enumerate(order, 1)}, nw.Int8)


def _rank(stage: str, order: Sequence[str], pipeline: Pipeline) -> int:
    """Find a stage's rank in the order, from 1; a stage left out counts as the nearest one before it."""
    for candidate in reversed(pipeline.names[: pipeline.index(stage)]):
        if candidate in order:
            return order.index(candidate) + 1
    return 1


def _stage_rank(column: str, rank_of: dict[str, int], pipeline: Pipeline) -> nw.Expr:
    """Translate stage indexes to ranks in the order; won, lost, open and unknown words to null."""
    if all(rank_of[stage] == number for number, stage in enumerate(pipeline.names, 1)):
        return nw.when(nw.col(column).is_between(1, pipeline.won_index - 1)).then(nw.col(column))
    return translate(nw.col(column), {pipeline.index(name): rank_of[name] for name in pipeline.names[:-1]}, nw.Int8)
