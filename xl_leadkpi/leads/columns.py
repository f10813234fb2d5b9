"""Which column feeds which field: the recogniser (funnel specification, section 11)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from xl_leadkpi.leads.evidence import Evidence, evidence
from xl_leadkpi.leads.headers import Kind, find_column, is_field, meanings
from xl_leadkpi.leads.table import ColumnMatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THRESHOLD = 0.6
TIE = 0.05
CLOSE = 0.2  # a second field this near is worth showing to the user
DAMAGED = 0.1  # share of cells of the right type that makes a column worth reading at all
WIDE = 1000  # columns beyond this are recognised by their whole header only

DATES = frozenset({
    "created", "mql_date", "sql_date", "opportunity_date", "meeting_booked", "meeting_held", "proposal_date",
    "won_date", "lost_date", "close_date", "expected_close", "modified", "sp_date", "sp_end", "to_time",
})  # fmt: skip
NUMBERS = frozenset({
    "amount", "probability", "sp_spend", "sp_impressions", "sp_clicks", "sp_reach", "sp_conversions",
})  # fmt: skip
FLAGS = frozenset({"is_won", "is_closed", "is_converted"})
STAGE_WORDS = frozenset({"stage", "status", "last_open_stage"})
FEW_TEXTS = frozenset({"source", "owner", "campaign", "medium", "sp_channel", "sp_campaign", "to_channel"})

# Where two fields score the same, the one that says more comes first (expected close before close).
_SPECIFIC_FIRST = (
    "expected_close", "won_date", "lost_date", "last_open_stage", "mql_date", "sql_date", "opportunity_date",
    "meeting_held", "meeting_booked", "proposal_date", "first_response", "modified", "is_won", "is_closed",
    "is_converted", "link_id", "lost_reason", "currency", "sp_currency", "sp_end", "campaign", "pipeline",
    "probability", "stage", "status", "close_date", "created", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The outcome of recognising one table's columns.

    Attributes:
        columns: One entry a column of the source.
        position: Field to column position (from 0).
        refused: Fields whose header was found but whose cells are of another type: field to column position.
        ties: Fields where two columns were equally good: ``(field, header taken, header left)``.
    """

    columns: tuple[ColumnMatch, ...]
    position: Mapping[str, int]
    refused: Mapping[str, int] = field(default_factory=dict)
    ties: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    field: str
    column: int
    reason: str
    length: int


def recognise(
    headers: Sequence[str], sample: Sequence[Sequence[object]], kind: Kind, user: Mapping[str, str] | None = None
) -> ColumnMap:
    """Assign fields to columns: each column and each field once, the best score first.

    Args:
        headers: Headers as they stand in the source.
        sample: For each column, up to some hundred cells.
        kind: Which table it is.
        user: Field to header, as the user wants it; ``"-"`` on either side unmaps.

    Returns:
        The column map.

    >>> found = recognise(["Deal - Value", "Deal - Add time"], [["10,50"], ["2025-05-05 10:00"]], "leads")
    >>> [(column.header, column.field, column.score) for column in found.columns]
    [('Deal - Value', 'amount', 1.2), ('Deal - Add time', 'created', 1.2)]
    """
    assignment = _Assignment(headers, sample, kind, user or {})
    assignment.choose()
    assignment.take_damaged()
    assignment.take_first_contact()
    return assignment.column_map()


class _Assignment:
    """Fields on their way to columns."""

    def __init__(
        self, headers: Sequence[str], sample: Sequence[Sequence[object]], kind: Kind, user: Mapping[str, str]
    ) -> None:
        self.headers = headers
        self.kind = kind
        self.facts = [evidence(cells, months=kind == "spend") for cells in sample]
        self.taken, self.unmapped_columns, self.unmapped_fields = _user_wishes(
            headers, {name: header for name, header in user.items() if name == "-" or is_field(name, kind)}
        )
        self.used = {column: name for name, column in self.taken.items()}
        self.chosen: dict[int, _Candidate] = {}
        self.ties: list[tuple[str, str, str]] = []
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
            meant, forbidden = meanings(header, self.kind, whole_only=column >= WIDE)
            if forbidden:
                self.never.add(column)
            for meaning in meant:
                if meaning.field in self.unmapped_fields:
                    self.left_out.setdefault(column, meaning.field)
                    continue
                score = meaning.score + type_evidence(meaning.field, self.facts[column])
                if score >= THRESHOLD - 1e-9:
                    found.append(_Candidate(score, meaning.field, column, meaning.reason, meaning.length))
                elif meaning.score >= 0.8:
                    self.refused.setdefault(meaning.field, column)
            is_exact = any(meaning.reason == "exact" for meaning in meant)
            if self.kind in {"leads", "deals"} and not is_exact and not forbidden and _are_stages(self.facts[column]):
                found.append(_Candidate(THRESHOLD, "stage", column, "values", 0))
        return sorted(found, key=lambda c: (-c.score, _specificity(c.field), -c.length, c.column))

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
                self.ties.append((candidate.field, self.headers[winner.column], self.headers[candidate.column]))
            if candidate.reason == "exact":
                closed.add(candidate.column)

    def _take(self, candidate: _Candidate) -> None:
        self.taken[candidate.field] = candidate.column
        self.used[candidate.column] = candidate.field
        self.chosen[candidate.column] = candidate

    def take_damaged(self) -> None:
        """Take a column whose header fits but of whose cells only some have the right type, if there is no better."""
        for name, column in self.refused.items():
            if name in self.taken or column in self.used or name not in DATES | NUMBERS:
                continue
            facts = self.facts[column]
            share = max(facts.dates, facts.serials) if name in DATES else facts.numbers
            if share >= DAMAGED:
                self._take(_Candidate(0.5, name, column, "exact", 0))

    def take_first_contact(self) -> None:
        """Where no column says when a lead was created, the day of the first contact is the earliest that is known."""
        column = self.taken.get("first_response")
        if column is None or "created" in self.taken or column not in self.chosen or self.facts[column].dates < 0.8:
            return
        del self.taken["first_response"]
        self._take(replace(self.chosen[column], field="created"))

    def column_map(self) -> ColumnMap:
        """Write down what became of each column."""
        refused = {name: column for name, column in self.refused.items() if name not in self.taken}
        columns = tuple(self._match(column, header) for column, header in enumerate(self.headers))
        return ColumnMap(columns, self.taken, refused, tuple(self.ties))

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


def _user_wishes(headers: Sequence[str], user: Mapping[str, str]) -> tuple[dict[str, int], set[int], set[str]]:
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


def _specificity(name: str) -> int:
    return _SPECIFIC_FIRST.index(name) if name in _SPECIFIC_FIRST else len(_SPECIFIC_FIRST)


def _are_stages(facts: Evidence) -> bool:
    """Tell a stage column under an unknown header by its values."""
    return facts.known_stages >= 0.6 and facts.distinct >= 2


def type_evidence(name: str, facts: Evidence) -> float:
    """Say how much the cells speak for a field: added to the score of the header."""
    if facts.filled == 0:
        return -0.1  # of two columns with the same header the one that has values
    share = _share_of_type(name, facts)
    if share is not None:
        return 0.2 if share >= 0.8 else -0.5
    if name in STAGE_WORDS and facts.known_stages >= 0.6:
        return 0.4
    if facts.dates >= 0.8 and name not in {"first_response", "name"}:
        return -0.5
    if name in FEW_TEXTS and facts.filled >= 10 and facts.distinct <= facts.filled / 2:
        return 0.1
    return 0.0


def _share_of_type(name: str, facts: Evidence) -> float | None:
    """Share of the cells that have the field's type; None for fields of text."""
    if name in DATES:
        return max(facts.dates, facts.serials)
    if name in NUMBERS:
        return facts.numbers
    return facts.flags if name in FLAGS else None
