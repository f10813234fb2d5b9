"""From the changes of a log to visits of stages, and from these to what the log says of each lead.

Expressions that every engine runs: one look at the neighbours of a row, then group-bys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines

if TYPE_CHECKING:
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.stage import Pipeline

    Rows = nw.LazyFrame[Any]

ORDER = ("day", "order")
"""What puts the changes of a lead in order; those of one moment stand as the file has them."""
_CODES = 64
"""More than a pipeline has stages: a place and a stage fit into one number, of which the greatest is the latest."""
_COLUMNS = ("lead", "row_no", "stage", "entered", "left", "before", "since", "from_stage", "place", "is_timed")


def starts_of(rows: Rows, is_step: nw.Expr | None) -> Rows:
    """When each lead of a log began: as a column says, else on the day of its first row, if that is no step itself.

    Args:
        rows: ``lead`` and ``day``; ``told``, the day of creation, where the log has one.
        is_step: Rows about the stage; None where all are.

    Returns:
        ``lead``; ``first``, the day of its first row; ``created``; ``is_told``, 1 where that is more than a guess.
    """
    there, day = rows.collect_schema().names(), nw.col("day")
    told = nw.col("told") if "told" in there else nw.lit(None, dtype=nw.Float64)
    rows = rows.with_columns(told=told, step=day if is_step is None else nw.when(is_step).then(day))
    starts = rows.group_by("lead").agg(nw.col("told").min(), nw.col("step").min(), day.min().alias("first"))
    known = ~nw.col("told").is_null() | (nw.col("first") < nw.col("step")).fill_null(value=False)
    return starts.select("lead", "first", created=nw.coalesce("told", "first"), is_told=known.cast(nw.Int8))


def visits_of(log: Log, bound: int, created: Rows | None = None) -> Rows:
    """The visits of stages up to a day.

    Args:
        log: The changes.
        bound: Excel day number of the last day.
        created: ``lead`` and ``created`` as another table tells them; None takes the log's own.

    Returns:
        One row a visit, see :class:`~xl_leadkpi.leads.model.history.History`, worked out once: ``lead``, ``row_no`` in
        the log, ``stage``, ``entered``, ``left``, ``before``, ``place``, ``is_timed``; and ``since``, the day of the
        change before, and ``from_stage``, the stage that the row says was left.
    """
    steps = log.steps.filter(nw.col("day") < bound + 1)
    starts, in_memory = _starts(log, created), log.in_memory
    parts = []
    for some in [steps] if in_memory else engines.partitioned(steps, "lead"):
        told = _with_reopened(some, log.won_index) if log.won_index else some
        found = _visits(told, starts, has_before=log.has_before, in_memory=in_memory)
        parts.append(engines.detached(found, in_memory=in_memory))
    return parts[0] if len(parts) == 1 else nw.concat(parts)


def _starts(log: Log, created: Rows | None) -> Rows:
    if created is None:
        return log.starts
    told = created.select("lead", told=nw.col("created").cast(nw.Float64))
    starts = log.starts.join(told, on="lead", how="left")
    return starts.select(
        "lead",
        created=nw.coalesce("told", "created"),
        is_told=nw.when(nw.col("told").is_null()).then(nw.col("is_told")).otherwise(nw.lit(1)),
    )


def _with_reopened(steps: Rows, won: int) -> Rows:
    """Rows that only say "open" with the open stage that came last before them, else the first."""
    found = engines.runs(steps, "stage", within="lead", order=ORDER, start="day")
    stage = nw.col("stage").cast(nw.Int64)
    packed = nw.when((stage > 0) & (stage < won)).then(nw.col("place") * _CODES + stage).otherwise(nw.lit(0))
    found = found.with_columns(packed=packed)
    found = found.with_columns(last=nw.col("packed").cum_max().over("lead", order_by="place"))
    last = nw.col("last") - (nw.col("last") // _CODES) * _CODES
    again = nw.when(last > 0).then(last).otherwise(-stage)
    told = nw.when(stage > 0).then(stage).otherwise(again)
    return found.select("lead", *ORDER, "row_no", "from_stage", stage=told.cast(nw.Int8))


def _visits(steps: Rows, starts: Rows, *, has_before: bool, in_memory: bool) -> Rows:
    found = engines.runs(steps, "stage", within="lead", order=ORDER, start="day")
    found = found.rename({"day": "entered", "until": "left"})
    if not has_before:
        return found.with_columns(before=nw.col("before").cast(nw.Int8), is_timed=nw.lit(1, dtype=nw.Int8)).select(
            *_COLUMNS
        )
    found = engines.detached(found, in_memory=in_memory)
    stage, left = nw.col("stage"), nw.col("from_stage").abs()
    is_first = nw.col("before").is_null() & (left != 0).fill_null(value=False)
    # what stood before the first change was entered when the lead was created
    first = found.filter(is_first).join(starts, on="lead", how="left")
    since = nw.when(nw.col("created") < nw.col("entered")).then(nw.col("created")).otherwise(nw.col("entered"))
    told = nw.col("is_told").fill_null(0).cast(nw.Int8)
    begun = first.filter(left != stage).select(
        "lead",
        "row_no",
        stage=left,
        entered=since,
        left=nw.col("entered"),
        before=nw.lit(None, dtype=nw.Int8),
        since=nw.lit(None, dtype=nw.Float64),
        from_stage=nw.lit(None, dtype=nw.Int8),
        place=nw.col("place") - 1,
        is_timed=told,
    )
    longer = first.filter(left == stage).with_columns(entered=since, before=nw.lit(None, dtype=nw.Int8), is_timed=told)
    differs = nw.when(is_first).then(left)
    others = found.filter(~(is_first & (left == stage))).with_columns(
        before=nw.coalesce("before", differs).cast(nw.Int8), is_timed=nw.lit(1, dtype=nw.Int8)
    )
    return nw.concat([rows.select(*_COLUMNS) for rows in (begun, longer, others)])


def passed_outcomes(log: Log, bound: int) -> Rows:
    """How many leads each word for an outcome was said of, and of how many of them something else was said later.

    Args:
        log: The changes.
        bound: Excel day number of the last day.

    Returns:
        ``outcome``, the place of the word among ``log.outcomes`` from 1; ``reached`` and ``passed``.
    """
    assert log.said is not None
    said = log.said.filter(nw.col("day") < bound + 1)
    found = engines.runs(said, "stage", within="lead", order=ORDER, start="day").filter(nw.col("outcome") > 0)
    passed = found.with_columns(passed=(~nw.col("until").is_null()).cast(nw.Int8))
    of_leads = passed.group_by("lead", "outcome").agg(nw.col("passed").max())
    counted = of_leads.group_by("outcome").agg(nw.len().alias("reached"), nw.col("passed").cast(nw.Int64).sum())
    return counted.sort("outcome")


def standing(visits: Rows, pipeline: Pipeline) -> Rows:
    """What the visits say of each lead.

    Args:
        visits: The visits, see :func:`visits_of`.
        pipeline: The stages.

    Returns:
        One row a lead: ``lead``; ``first``, the day of its first change; ``now``, the stage it is in; ``last_open``,
        the last one short of an outcome (0 if there was none); the first day of each stage by the name of its column;
        ``lost_day``, the last loss, and ``won_day``, the first win after it.
    """
    stage, entered = nw.col("stage"), nw.col("entered")
    won, lost = pipeline.won_index, pipeline.lost_index
    packed = nw.col("place") * _CODES + stage.cast(nw.Int64)
    marked = visits.with_columns(
        now=nw.when(nw.col("left").is_null()).then(stage),
        packed_open=nw.when(stage < won).then(packed),
        lost_day=nw.when(stage == lost).then(entered),
        **{one.date_column: nw.when(stage == pipeline.index(one.name)).then(entered) for one in pipeline.inner},
    )
    found = marked.group_by("lead").agg(
        nw.col("now").max(),
        nw.col("packed_open").max(),
        nw.col("lost_day").max(),
        nw.col("entered").min().alias("first"),
        *[nw.col(one.date_column).min() for one in pipeline.inner],
    )
    wins = visits.filter(stage == won).select("lead", "entered").join(found.select("lead", "lost_day"), on="lead")
    after = wins.filter(nw.col("lost_day").is_null() | (entered >= nw.col("lost_day")))
    won_days = after.group_by("lead").agg(nw.col("entered").min().alias("won_day"))
    found = found.join(won_days, on="lead", how="left")
    places = nw.col("packed_open") - (nw.col("packed_open") // _CODES) * _CODES
    return found.with_columns(last_open=places.fill_null(0).cast(nw.Int8)).drop("packed_open")


def changes_of(log: Log, field: str) -> Rows:
    """The changes of a field's value, of all days.

    Args:
        log: The changes.
        field: One of :data:`~xl_leadkpi.leads.model.history.CHANGED_FIELDS`.

    Returns:
        ``lead``, ``day``, ``before``, ``value`` and ``place``, ascending in time for each lead; worked out once.
    """
    values = log.values[field].filter(~nw.col("value").is_null())
    found = engines.runs(values, "value", within="lead", order=ORDER, start="day")
    found = found.with_columns(before=nw.coalesce("before", "old"))
    found = found.filter(~nw.col("before").is_null() & (nw.col("before") != nw.col("value")))
    return engines.detached(found.select("lead", "day", "before", "value", "place"), in_memory=log.in_memory)


def as_it_was(changes: Rows, bound: int) -> Rows:
    """What stood before the first change after a day: ``lead`` and ``was``, for leads with such a change."""
    later = changes.filter(nw.col("day") >= bound + 1)
    first = later.group_by("lead").agg(nw.col("place").min())
    return later.join(first, on=["lead", "place"]).select("lead", was=nw.col("before"))
