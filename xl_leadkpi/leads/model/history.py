"""What has happened to leads, change by change: the stages they were in, one visit a row, and what else changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import narwhals as nw

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.table import StageWord

    Rows = nw.LazyFrame[Any]

CHANGED_FIELDS = ("amount", "close_date")
"""Fields other than the stage whose changes are counted."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log of changes with typed columns, on its way to a :class:`History`.

    Attributes:
        steps: Stages entered, a row each: ``lead``, ``day``, ``order`` among those of one day, ``row_no``, ``stage``
            (its number in the pipeline, lost included) and ``from_stage``, the one left, null where that is not told.
        starts: One row a lead: ``lead``; ``first``, the day of its first row; ``created`` and ``is_told``, 1 where a
            column or an earlier row than the first change says so.
        keys: Every row: ``row_no``, ``lead``, ``day``, ``order``.
        values: Values of :data:`CHANGED_FIELDS` that the log has: ``lead``, ``day``, ``order``, ``value`` and ``old``.
        names: ``lead`` and ``lead_id`` where leads are numbered; None where ``lead`` is the identifier itself.
        place: File and sheet, for messages.
        name: The file.
        headers: What the columns are called: ``id``, ``time``, ``word``.
        words: How each stage word was understood.
        findings: What was odd.
        rows: Rows of the log.
        has_time: Its days have a time of day.
        in_memory: Its rows are in memory.
        has_before: It tells what was left, too.
        won_index: Number of the win where rows say no more than that a lead is open, of which ``stage`` and
            ``from_stage`` are less than 0: the first stage, were there none before; 0 where no row does.
        said: Every row about the stage that has a word: ``lead``, ``day``, ``order``, ``stage``, 0 where the word is
            unknown, and ``outcome``, the place of the word among ``outcomes`` from 1, else 0.
        outcomes: Words that mean won or lost.
    """

    steps: Rows
    starts: Rows
    keys: Rows
    values: Mapping[str, Rows]
    names: Rows | None
    place: str
    name: str
    headers: Mapping[str, str]
    words: tuple[StageWord, ...] = ()
    findings: tuple[Finding, ...] = ()
    rows: int = 0
    has_time: bool = False
    in_memory: bool = True
    has_before: bool = False
    won_index: int = 0
    said: Rows | None = None
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The visits of stages that the leads of a table have made up to its censoring date.

    A visit is the time from the entry into a stage to the entry into another one; a lead that comes back to a stage
    makes a second visit of it. Won and lost are visited like stages: who is reopened leaves them.

    Attributes:
        visits: ``row_no``, the lead's row in the table; ``stage``, a number of the pipeline, lost included;
            ``entered`` and ``left``, Excel day numbers, the latter null while the lead is still there; ``before``, the
            stage that it came from, null at the first; ``place``, ascending in time for each lead; ``is_timed``, 0
            where nobody knows when the visit began.
        changes: By field, changes of its value: ``row_no``, ``day``, ``before`` and ``value``.
        source_name: The file.
        codes: Numbers of the stages that its words may mean.
        has_time: Its days have a time of day.
    """

    visits: Rows
    changes: Mapping[str, Rows] = field(default_factory=dict)
    source_name: str = ""
    codes: frozenset[int] = frozenset()
    has_time: bool = False
