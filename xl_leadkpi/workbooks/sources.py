"""Text sources of the workbooks: words, sample rows, ribbon, VBA. No binary among them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xl_leadkpi import locales
from xl_leadkpi.locales import Locale, locale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.addin.exports import ExcelFunction, Parameter

_INSTALLED: Final = Path(__file__).parent / "template"
_IN_SOURCE_TREE: Final = Path(__file__).parents[2] / "workbook_template"


def folder() -> Path:
    """Where the sources are: inside the installed package, or in the source tree."""
    return _INSTALLED if _INSTALLED.is_dir() else _IN_SOURCE_TREE


@dataclass(frozen=True, slots=True)
class Words:
    """Every word of the workbooks in one language.

    >>> Words("pl")("score.target")
    'Cel'
    """

    language: str

    def __call__(self, key: str) -> str:
        """The text of a key.

        Raises:
            MissingTextError: If the language has none.
        """
        return self.locale.text("workbooks", key)

    @property
    def locale(self) -> Locale:
        """The language with all that is its own."""
        return locale(self.language)

    def meaning(self, function: ExcelFunction) -> str:
        """What a function gives, in a sentence; in English where the language does not say it yet.

        >>> from xl_leadkpi.addin.exports import FUNCTIONS
        >>> Words("pl").meaning(FUNCTIONS["REVENUE"])
        'Suma kwot wygranych transakcji.'
        """
        own = self.locale.functions.get(function.name)
        if own:
            return own.meaning
        return function.help.removeprefix(f"{function.kpi.title}: ") if function.kpi else function.help

    def argument(self, function: ExcelFunction, parameter: Parameter) -> str:
        """What to pass for a parameter of a function."""
        own = self.locale.functions.get(function.name)
        return own.arguments.get(parameter.name, parameter.help) if own else parameter.help

    def description(self, function: ExcelFunction) -> str:
        """Title and meaning of a function.

        >>> from xl_leadkpi.addin.exports import FUNCTIONS
        >>> Words("ru").description(FUNCTIONS["AOV"])
        'Средний чек: Средняя выручка с заказа.'
        """
        title = f"{function.kpi.title_in(self.language)}: " if function.kpi else ""
        return title + self.meaning(function)

    def call(self, written: str) -> str:
        """A call as Excel shows it where this language is spoken: where decimals have a comma, a semicolon parts.

        >>> Words("pl").call("ROMI(revenue, marketing_cost)")
        'ROMI(revenue; marketing_cost)'
        """
        return written.replace(", ", f"{self.locale.list_separator} ")

    def all(self, group: str) -> tuple[str, ...]:
        """The words of a group, in their order.

        >>> Words("en").all("status")
        ('Open', 'Won', 'Lost')
        """
        return tuple(self(key) for key in keys() if key.startswith(f"{group}."))


def keys() -> tuple[str, ...]:
    """Key of every text, in their order."""
    return tuple(locale(locales.ENGLISH).workbooks)


ENGLISH: Final = Words(locales.ENGLISH)

STAGES: Final = tuple(key.removeprefix("stage.") for key in keys() if key.startswith("stage."))
"""The stages that the words of the workbooks name, from lead to win."""
_STAGE_DAYS: Final = STAGES[1:-1]
LEAD_FIELDS: Final = (
    "id", "created", "source", "owner", "stage", "status", "amount", "first_response", *_STAGE_DAYS, "closed", "reason",
)  # fmt: skip
SPEND_FIELDS: Final = ("month", "source", "spend", "impressions", "clicks")
MOMENTS: Final = frozenset({"created", "first_response"})
DAYS: Final = frozenset({*_STAGE_DAYS, "closed", "month"})
NUMBERS: Final = frozenset({"amount", "spend", "impressions", "clicks"})

Value = str | float | datetime | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample rows by column, in the words of one language."""

    leads: Mapping[str, list[Value]]
    spend: Mapping[str, list[Value]]


def sample(words: Words) -> Sample:
    """Read the sample rows.

    >>> rows = sample(Words("en"))
    >>> rows.leads["status"][0], len(rows.leads["id"]), len(rows.spend["month"])
    ('Won', 164, 36)
    """
    return Sample(_rows("leads", LEAD_FIELDS, words), _rows("spend", SPEND_FIELDS, words))


def _rows(name: str, fields: tuple[str, ...], words: Words) -> dict[str, list[Value]]:
    with (folder() / "sample" / f"{name}.csv").open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    return {field: [_value(field, row[field], words) for row in rows] for field in fields}


def _value(field: str, written: str, words: Words) -> Value:
    if not written:
        return None
    if field in MOMENTS or field in DAYS:
        return datetime.fromisoformat(written)
    if field in NUMBERS:
        return float(written)
    return written if field == "id" else words(f"{field}.{written}")
