"""Which leads are won, by formulas: those of that status, and those in the stage of the win whose status says nothing.

That is what ``leadkpi funnel`` counts; one in the stage of the win that is open or lost by its status is not won.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xl_leadkpi.workbooks.page import Given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.workbooks.lists import Win
    from xl_leadkpi.workbooks.sources import Words
    from xl_leadkpi.workbooks.tables import TableColumns


@dataclass(frozen=True, slots=True)
class WonLeads:
    """The won ones of the table of leads.

    Attributes:
        leads: The table.
        win: What the stage of the win is called.
        words: The words of the workbook.
    """

    leads: TableColumns
    win: Win
    words: Words

    def count(self, conditions: Sequence[str], chosen: Sequence[bool]) -> Given:
        """How many of them fulfil some conditions, and which rows these are true of."""
        written = "+".join(f"COUNTIFS({','.join([*conditions, *those])})" for those in self._conditions)
        return Given(written, sum(one and won for one, won in zip(chosen, self.values, strict=True)))

    def total(self, field: str, conditions: Sequence[str], chosen: Sequence[bool]) -> Given:
        """What a column of theirs comes to."""
        column = self.leads[field]
        written = "+".join(f"SUMIFS({','.join([column.text, *conditions, *those])})" for those in self._conditions)
        values = zip(column.value, chosen, self.values, strict=True)
        return Given(written, float(sum(value for value, one, won in values if one and won and value != "")))

    @property
    def each(self) -> str:
        """A formula that gives 1 for each of them and 0 for each other lead."""
        stage, status = self.leads["stage"].text, self.leads["status"].text
        says_else = "*".join(f'({status}<>"{self.words(f"status.{one}")}")' for one in ("won", "open", "lost"))
        return f'(({status}="{self.words("status.won")}")+({stage}={self.win.name.text})*{says_else})'

    @property
    def values(self) -> list[bool]:
        """Which of the leads there are now."""
        won, *other = (self.words(f"status.{one}") for one in ("won", "open", "lost"))
        rows = zip(self.leads["stage"].value, self.leads["status"].value, strict=True)
        return [status == won or (stage == self.win.name.value and status not in other) for stage, status in rows]

    @property
    def _conditions(self) -> tuple[list[str], list[str]]:
        """Conditions of the two kinds, which no lead fulfils both."""
        stage, status = self.leads["stage"].text, self.leads["status"].text
        says_else = [f'{status},"<>{self.words(f"status.{one}")}"' for one in ("won", "open", "lost")]
        return [f'{status},"{self.words("status.won")}"'], [f"{stage},{self.win.criterion.text}", *says_else]
