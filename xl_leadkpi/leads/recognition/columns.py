"""Which column feeds which field: the recogniser (funnel specification, section 11)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from xl_leadkpi.errors import brief
from xl_leadkpi.leads.cells.vocabulary import header_key, is_of_deal
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.leads.model.table import ColumnMatch
from xl_leadkpi.leads.recognition.cell_types import CellTypes, cell_types
from xl_leadkpi.leads.recognition.headers import (
    Kind,
    Meaning,
    find_column,
    is_actual,
    is_count,
    is_field,
    is_weighted,
    meanings,
    names_outcome,
    needs_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.model.stage import Pipeline

LEAST_SCORE = 0.6
TIE = 0.05
CLOSE = 0.2  # a second field this near is worth showing to the user
_LOOKED_AT = 100
_MOST_SAMPLES = 3
DAMAGED = 0.1  # share of cells of the right type that makes a column worth reading at all
WIDE = 1000  # columns beyond this are recognised by their whole header only

_OTHER_DATES = (
    "lost_date", "close_date", "expected_close", "customer_end", "modified", "deleted_at", "sp_date", "sp_end",
    "to_time",
)  # fmt: skip
NUMBERS = frozenset({
    "amount", "amount_estimated", "probability", "sp_spend", "sp_impressions", "sp_clicks", "sp_reach",
    "sp_conversions",
})  # fmt: skip
MARKS = ("is_deleted", "sync_deleted", "is_test", "is_duplicate")
"""Flags that say that a row is no lead."""
_OTHER_FLAGS = ("is_won", "is_lost", "is_closed", "is_converted", "is_active", "is_archived", *MARKS)
STAGE_WORDS = frozenset({"stage", "status", "last_open_stage"})
FEW_TEXTS = frozenset({"source", "owner", "campaign", "medium", "sp_channel", "sp_campaign", "to_channel"})
HEADLINE = frozenset({
    "lead_id", "created", "stage", "status", "is_won", "won_date", "lost_date", "close_date", "amount", "currency",
    "sp_date", "sp_spend", "sp_currency",
})  # fmt: skip
"""Fields whose column changes a headline figure."""
_NAMES = frozenset({
    "name", "company", "contact", "email", "phone", "source", "medium", "campaign", "owner", "lost_reason",
    "sp_channel", "sp_campaign", "to_channel", "to_campaign",
})  # fmt: skip
_OF_PEOPLE = frozenset({"company", "contact", "source", "medium", "campaign", "owner"})
_MOSTLY = 0.8
_REFUSED_FLAGS = frozenset({"is_won", "is_closed", "is_converted"})
_DAYS_OF_FLAGS = {"is_closed": "close_date", "is_won": "won_date", "is_lost": "lost_date", "is_deleted": "deleted_at"}
"""Under the header of a flag ("Closed") a column of days tells when that was."""


@cache
def date_fields(pipeline: Pipeline) -> frozenset[str]:
    """Fields that hold days, those of the stages among them."""
    return frozenset({*pipeline.date_fields, *_OTHER_DATES})


@cache
def flag_fields(pipeline: Pipeline) -> frozenset[str]:
    """Fields that say yes or no."""
    return frozenset({*pipeline.flags, *_OTHER_FLAGS})


@cache
def _specific_first(pipeline: Pipeline) -> tuple[str, ...]:
    """Where two fields score the same, the one that says more comes first (expected close before close)."""
    return (
        "expected_close", *pipeline.won.date_fields, "lost_date", "customer_end", "last_open_stage",
        *(field for stage in pipeline.inner for field in reversed(stage.date_fields)),
        "first_response", "modified", "is_won", "is_closed", "is_converted", "is_lost", *reversed(pipeline.flags),
        "link_id", "lost_reason", "currency", "sp_currency", "sp_end", "campaign", "pipeline", "probability", "stage",
        "status", "close_date", "created", "source",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The outcome of recognising one table's columns.

    Attributes:
        columns: One entry a column of the source.
        position: Field to column position (from 0).
        refused: Fields whose header was found but whose cells are of another type: field to column position.
        ties: Fields where two columns were equally good: ``(field, header taken, header left)``.
        headline_ties: Those that change a headline figure: their columns hold other values.
        free_dates: Headers of columns of dates that feed no field.
    """

    columns: tuple[ColumnMatch, ...]
    position: Mapping[str, int]
    refused: Mapping[str, int] = field(default_factory=dict)
    ties: tuple[tuple[str, str, str], ...] = ()
    headline_ties: tuple[tuple[str, str, str], ...] = ()
    free_dates: tuple[str, ...] = ()

    def tie_findings(self) -> list[Finding]:
        """Report the columns that fitted equally: a warning where headline figures depend on it, else a note."""
        return [
            Finding(
                FindingKind.HEADLINE_TIE if tie in self.headline_ties else FindingKind.COLUMN_TIE,
                1,
                tie[1],
                details=dict(zip(("field", "taken", "left"), tie, strict=True)),
            )
            for tie in self.ties
        ]


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    field: str
    column: int
    reason: str
    length: int


def recognise(
    headers: Sequence[str],
    sample: Sequence[Sequence[object]],
    kind: Kind,
    pipeline: Pipeline,
    user: Mapping[str, str] | None = None,
) -> ColumnMap:
    """Assign fields to columns: each column and each field once, the best score first.

    Args:
        headers: Headers as they stand in the source.
        sample: For each column, up to some hundred cells.
        kind: Which table it is.
        pipeline: The stages whose days and words it may have.
        user: Field to header, as the user wants it; ``"-"`` on either side unmaps.

    Returns:
        The column map.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> headers, cells = ["Deal - Value", "Deal - Add time"], [["10,50"], ["2025-05-05 10:00"]]
    >>> found = recognise(headers, cells, "leads", PIPELINE)
    >>> [(column.header, column.field, column.score) for column in found.columns]
    [('Deal - Value', 'amount', 1.2), ('Deal - Add time', 'created', 1.2)]
    """
    assignment = _Assignment(headers, sample, kind, pipeline, user or {})
    assignment.choose()
    assignment.take_second_words()
    assignment.take_damaged()
    assignment.take_first_contact()
    assignment.take_estimates()
    return assignment.column_map()


class _Assignment:
    """Fields on their way to columns."""

    def __init__(
        self,
        headers: Sequence[str],
        sample: Sequence[Sequence[object]],
        kind: Kind,
        pipeline: Pipeline,
        user: Mapping[str, str],
    ) -> None:
        self.headers = headers
        self.sample = sample
        self.kind = kind
        self.pipeline = pipeline
        self.dates = date_fields(pipeline)
        self.is_report = kind in REPORT_KINDS
        self.beside_deals = kind in {"leads", "deals"} and any(map(is_of_deal, headers))
        self.profile = [cell_types(cells, pipeline, months=kind == "spend" or self.is_report) for cells in sample]
        self.taken, self.unmapped_columns, self.unmapped_fields = _user_overrides(
            headers, {name: header for name, header in user.items() if name == "-" or is_field(name, kind, pipeline)}
        )
        self.used = {column: name for name, column in self.taken.items()}
        self.chosen: dict[int, _Candidate] = {}
        self.ties: list[tuple[str, int, int]] = []
        self.refused: dict[str, int] = {}
        self.never: set[int] = set()
        self.left_out: dict[int, str] = {}
        self.candidates = self._candidates()

    def _candidates(self) -> list[_Candidate]:
        """List every field each column may feed, the best first."""
        found: list[_Candidate] = []
        for column, header in enumerate(self.headers):
            if column in self.used or column in self.unmapped_columns:
                continue
            # "Sessions per user" holds the word and counts something else: in a report whole headers alone count
            whole_only = column >= WIDE or self.is_report
            meant, forbidden = meanings(
                header, self.kind, self.pipeline, whole_only=whole_only, beside_deals=self.beside_deals
            )
            if forbidden:
                self.never.add(column)
            for meaning in self._by_days(meant, column):
                if meaning.field in self.unmapped_fields:
                    self.left_out.setdefault(column, meaning.field)
                    continue
                score = meaning.score + self._type_score(meaning, column)
                if score >= LEAST_SCORE - 1e-9:
                    found.append(_Candidate(score, meaning.field, column, meaning.reason, meaning.length))
                elif meaning.score >= 0.8 and meaning.field in self.dates | NUMBERS | _REFUSED_FLAGS:
                    self.refused.setdefault(meaning.field, column)
            is_exact = any(meaning.reason == "exact" for meaning in meant)
            if self.kind in {"leads", "deals"} and not is_exact and not forbidden and _are_stages(self.profile[column]):
                found.append(_Candidate(LEAST_SCORE, "stage", column, "values", 0))
        order = {name: rank for rank, name in enumerate(_specific_first(self.pipeline))}
        return sorted(found, key=lambda c: (-c.score, order.get(c.field, len(order)), -c.length, c.column))

    def _by_days(self, meant: Sequence[Meaning], column: int) -> list[Meaning]:
        """What a header means, of a flag the day where its column holds days."""
        if self.profile[column].dates < _MOSTLY:
            return [*meant]
        days = {**_DAYS_OF_FLAGS, **{stage.flag: stage.date_fields[-1] for stage in self.pipeline.inner if stage.flag}}
        read = [replace(one, field=days.get(one.field, one.field)) for one in meant]
        # a header may mean both, as the Russian "Закрыта" does
        return [max(same, key=lambda one: one.score) for _, same in _by_field(read)]

    def _type_score(self, meaning: Meaning, column: int) -> float:
        if self.is_report:  # days are written as 202601 or 0003 there, rates as texts: the header alone decides
            return 0.0 if self.profile[column].filled else -0.3
        header, is_whole = self.headers[column], meaning.reason == "exact"
        return type_score(meaning.field, self.profile[column], self.pipeline, header, is_whole=is_whole)

    def choose(self) -> None:
        """Take the candidates in turn."""
        closed: set[int] = set()  # columns whose own field another column took: not to be forced into a weaker one
        for candidate in self.candidates:
            if candidate.column in self.used or candidate.column in closed:
                continue
            if candidate.field not in self.taken:
                self._take(candidate)
                continue
            winner = self.chosen.get(self.taken[candidate.field])
            if winner and winner.score - candidate.score <= TIE:
                self.ties.append((candidate.field, winner.column, candidate.column))
            if candidate.reason == "exact":
                closed.add(candidate.column)

    def _take(self, candidate: _Candidate) -> None:
        self.taken[candidate.field] = candidate.column
        self.used[candidate.column] = candidate.field
        self.chosen[candidate.column] = candidate

    def take_second_words(self) -> None:
        """Of two columns of stage words one says how far a lead came, the other what became of it: read both."""
        spare = [one for one in self.candidates if one.field in {"stage", "status"} and one.column not in self.used]
        missing = {"stage", "status"} - set(self.taken) - self.unmapped_fields
        if not spare or len(missing) != 1:
            return
        [there] = {"stage", "status"} - missing
        taken, second = self.taken[there], spare[0]
        if names_outcome(self.headers[second.column]) == names_outcome(self.headers[taken]):
            return
        wanted = "status" if names_outcome(self.headers[second.column]) else "stage"
        if wanted == there:
            if taken not in self.chosen:
                return  # the user has said which it is
            self._take(replace(self.chosen[taken], field=missing.pop()))
        self._take(replace(second, field=wanted))

    def take_damaged(self) -> None:
        """Take a column whose header fits but of whose cells only some have the right type, if there is no better."""
        for name, column in self.refused.items():
            if name in self.taken or column in self.used or name not in self.dates | NUMBERS:
                continue
            profile = self.profile[column]
            share = max(profile.dates, profile.serials) if name in self.dates else profile.numbers
            if share >= DAMAGED:
                self._take(_Candidate(0.5, name, column, "exact", 0))

    def take_first_contact(self) -> None:
        """Where no column says when a lead was created, the day of the first contact is the earliest that is known."""
        column = self.taken.get("first_response")
        if column is None or "created" in self.taken or column not in self.chosen or self.profile[column].dates < 0.8:
            return
        del self.taken["first_response"]
        self._take(replace(self.chosen[column], field="created"))

    def take_estimates(self) -> None:
        """Keep estimated amounts beside actual ones, and alone where they are all there is.

        Beside a plain amount they are something else of the same deal; in a table of a system whose expected revenue
        is the amount times its probability they are no amounts.
        """
        column = self.taken.get("amount_estimated")
        if column is None or column not in self.chosen:
            return
        amount = self.taken.get("amount")
        if amount is not None and is_actual(self.headers[amount]):
            return
        del self.taken["amount_estimated"]
        weighted = is_weighted(self.headers, column)
        if amount is None and "amount" not in self.unmapped_fields and not weighted:
            self._take(replace(self.chosen[column], field="amount"))
            return
        del self.used[column], self.chosen[column]
        if weighted:
            self.never.add(column)

    def column_map(self) -> ColumnMap:
        """Write down what became of each column."""
        refused = {
            name: column for name, column in self.refused.items() if name not in self.taken and column not in self.used
        }
        columns = tuple(
            replace(self._match(column, header), samples=_samples(self.sample[column]))
            for column, header in enumerate(self.headers)
        )
        ties = [tie for tie in self.ties if tie[2] not in self.used]
        grave = [tie for tie in ties if tie[0] in HEADLINE and self._differ(*tie[1:])]
        free = tuple(
            header
            for column, header in enumerate(self.headers)
            if column not in self.used and column not in self.unmapped_columns and self.profile[column].dates >= _MOSTLY
        )
        return ColumnMap(columns, self.taken, refused, self._named(ties), self._named(grave), free)

    def _differ(self, taken: int, left: int) -> bool:
        return list(self.sample[taken]) != list(self.sample[left])

    def _named(self, ties: Sequence[tuple[str, int, int]]) -> tuple[tuple[str, str, str], ...]:
        return tuple((name, self.headers[taken], self.headers[left]) for name, taken, left in ties)

    def _match(self, column: int, header: str) -> ColumnMatch:
        winner = self.chosen.get(column)
        if winner:
            near = [c.field for c in self.candidates if c.column == column and winner.score - c.score <= CLOSE]
            runner = next((name for name in near if name != winner.field), None)
            score = round(winner.score, 2)
            return ColumnMatch(column + 1, header, winner.field, score, winner.reason, runner, self.kind)
        if column in self.used:
            return ColumnMatch(column + 1, header, self.used[column], 1.0, "user", None, self.kind)
        if column in self.unmapped_columns or column in self.left_out:
            return ColumnMatch(column + 1, header, None, 0.0, "user", self.left_out.get(column), self.kind)
        return ColumnMatch(column + 1, header, None, 0.0, "never" if column in self.never else "", None, self.kind)


def _by_field(meant: Sequence[Meaning]) -> list[tuple[str, list[Meaning]]]:
    return [(name, [one for one in meant if one.field == name]) for name in dict.fromkeys(one.field for one in meant)]


def _samples(cells: Sequence[object]) -> tuple[str, ...]:
    """The first few different cells that hold anything."""
    found: dict[str, None] = {}
    for cell in cells[:_LOOKED_AT]:
        text = " ".join(str(cell).split()) if cell is not None else ""
        if text:
            found.setdefault(brief(text))
        if len(found) == _MOST_SAMPLES:
            break
    return tuple(found)


def _user_overrides(headers: Sequence[str], user: Mapping[str, str]) -> tuple[dict[str, int], set[int], set[str]]:
    columns: dict[str, int] = {}
    unmapped_columns: set[int] = set()
    unmapped_fields: set[str] = set()
    for name, header in user.items():
        if header == "-":
            unmapped_fields.add(name)
            continue
        position = find_column(headers, header)
        if position is None:
            continue  # the caller reports headers that are in no table
        if name == "-":
            unmapped_columns.add(position)
        else:
            columns[name] = position
    return columns, unmapped_columns, unmapped_fields


def _are_stages(profile: CellTypes) -> bool:
    """Tell a stage column under an unknown header by its values."""
    return profile.known_stages >= 0.6 and profile.distinct >= 2


def type_score(name: str, profile: CellTypes, pipeline: Pipeline, header: str = "", *, is_whole: bool = True) -> float:
    """Say how much the cells speak for a field: added to the score of the header.

    Args:
        name: The field.
        profile: What the cells look like.
        pipeline: The stages whose days and flags are fields.
        header: The header.
        is_whole: It means the field as a whole, not by some of its words.
    """
    if profile.filled == 0:
        return -0.3 if is_whole else -0.1  # of two columns that mean the same the one that has values
    share = _share_of_type(name, profile, pipeline)
    if share is not None:
        return 0.2 if share >= _MOSTLY else -0.5
    if _is_another(name, profile, header, is_whole=is_whole):
        return -0.5
    if name in STAGE_WORDS and profile.known_stages >= 0.6:
        return 0.4
    few = name in FEW_TEXTS and profile.filled >= 10 and profile.distinct <= profile.filled / 2
    return 0.1 if few else 0.0


def _is_another(name: str, profile: CellTypes, header: str, *, is_whole: bool) -> bool:
    """Tell cells that speak against a field of texts."""
    if name in _NAMES and not _may_be_names(name, profile, header, is_whole=is_whole):
        return True
    if name in STAGE_WORDS and not profile.known_stages and needs_words(header):
        return True
    return profile.dates >= _MOSTLY and name not in {"first_response", "name"} and profile.known_stages < 0.6


def _may_be_names(name: str, profile: CellTypes, header: str, *, is_whole: bool) -> bool:
    """Tell cells that may name someone or something from answers of yes or no, and from counts."""
    if max(profile.spelt_flags, profile.flags if name in {"email", "phone"} else 0.0) >= _MOSTLY:
        return False
    if name == "email":
        return profile.numbers < _MOSTLY
    if name == "phone" or is_count(header):
        return profile.counts < _MOSTLY
    # a number may be the ID of an owner, but "Sales reps" of 3 are no owner
    is_id = is_whole or "id" in header_key(header).split()
    return name not in _OF_PEOPLE or is_id or profile.numbers < _MOSTLY


def _share_of_type(name: str, profile: CellTypes, pipeline: Pipeline) -> float | None:
    """Share of the cells that have the field's type; None for fields of text."""
    if name in date_fields(pipeline):
        return max(profile.dates, profile.serials)
    if name in NUMBERS:
        return profile.numbers
    return profile.flags if name in flag_fields(pipeline) else None
