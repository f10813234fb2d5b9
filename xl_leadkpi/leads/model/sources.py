"""The files that one table is put together of, and the places of its rows in them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xl_leadkpi.leads.model.findings import Finding

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files of a table in the order of its rows, which are numbered through all of them.

    Attributes:
        names: The files.
        ends: The last number that a row of each file may have.
    """

    names: tuple[str, ...]
    ends: tuple[int, ...]

    def place(self, row: int) -> tuple[str, int]:
        """The file of a row, and its number there.

        >>> SourceFiles(("2025.csv", "2026.csv"), (101, 151)).place(104)
        ('2026.csv', 3)
        """
        at = min(bisect_left(self.ends, row), len(self.names) - 1)
        return self.names[at], row - (self.ends[at - 1] if at else 0)

    def located(self, finding: Finding) -> Finding:
        """The finding with each of its rows as the file it stands in numbers it."""
        if finding.files or not finding.rows:
            return finding
        places = [self.place(row) for row in finding.rows]
        return replace(finding, rows=tuple(row for _, row in places), files=tuple(name for name, _ in places))

    def with_more(self, other: SourceFiles) -> SourceFiles:
        """These files and those of a second table, whose rows are numbered after these."""
        return SourceFiles((*self.names, *other.names), (*self.ends, *other.ends))


def named(names: Iterable[str]) -> str:
    """Files in a few words.

    >>> named(["1.csv", "2.csv"]), named([f"{month}.csv" for month in range(12)])
    ('1.csv, 2.csv', '0.csv, 1.csv, 2.csv and 9 more')
    """
    every = list(names)
    rest = len(every) - _MOST_NAMED
    return ", ".join(every[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
