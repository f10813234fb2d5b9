"""Text sources of the workbooks: words in three languages, sample rows, ribbon, VBA. No binary among them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.addin.exports import ExcelFunction, Parameter

Language = Literal["en", "pl", "ru"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "pl", "ru")

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

    language: Language

    def __call__(self, key: str) -> str:
        """The text of a key."""
        return _texts()[key][LANGUAGES.index(self.language)]

    def meaning(self, function: ExcelFunction) -> str:
        """What a function gives, in a sentence.

        >>> from xl_leadkpi.addin.exports import FUNCTIONS
        >>> Words("pl").meaning(FUNCTIONS["REVENUE"])
        'Suma kwot wygranych transakcji.'
        """
        if self.language != "en":
            return _functions(self.language)[function.name].meaning
        title = f"{function.kpi.title['en']}: " if function.kpi else ""
        return function.help.removeprefix(title)

    def argument(self, function: ExcelFunction, parameter: Parameter) -> str:
        """What to pass for a parameter of a function."""
        if self.language == "en":
            return parameter.help
        return _functions(self.language)[function.name].arguments[parameter.name]

    def description(self, function: ExcelFunction) -> str:
        """Title and meaning of a function.

        >>> from xl_leadkpi.addin.exports import FUNCTIONS
        >>> Words("ru").description(FUNCTIONS["AOV"])
        'Средний чек: Средняя выручка с заказа.'
        """
        title = f"{function.kpi.title[self.language]}: " if function.kpi else ""
        return title + self.meaning(function)

    def call(self, written: str) -> str:
        """A call as Excel shows it where this language is spoken: a comma there is a decimal one.

        >>> Words("pl").call("ROMI(revenue, marketing_cost)")
        'ROMI(revenue; marketing_cost)'
        """
        return written if self.language == "en" else written.replace(", ", "; ")

    def all(self, group: str) -> tuple[str, ...]:
        """The words of a group, in their order.

        >>> Words("en").all("status")
        ('Open', 'Won', 'Lost')
        """
        return tuple(self(key) for key in _texts() if key.startswith(f"{group}."))


def keys() -> tuple[str, ...]:
    """Key of every text, in their order."""
    return tuple(_texts())


@cache
def _texts() -> Mapping[str, tuple[str, str, str]]:
    texts: dict[str, tuple[str, str, str]] = json.loads((folder() / "texts.json").read_text(encoding="utf-8"))
    return texts


@dataclass(frozen=True, slots=True)
class _FunctionWords:
    meaning: str
    arguments: Mapping[str, str]


@cache
def _functions(language: Language) -> Mapping[str, _FunctionWords]:
    """What each function gives and takes; in English that stands in the declarations."""
    texts = json.loads((folder() / "functions" / f"{language}.json").read_text(encoding="utf-8"))
    return {name: _FunctionWords(**words) for name, words in texts.items()}


ENGLISH: Final = Words("en")

LEAD_FIELDS: Final = (
    "id", "created", "source", "owner", "stage", "status", "amount", "first_response",
    "mql", "sql", "meeting", "opportunity", "closed", "reason",
)  # fmt: skip
SPEND_FIELDS: Final = ("month", "source", "spend", "impressions", "clicks")
MOMENTS: Final = frozenset({"created", "first_response"})
DAYS: Final = frozenset({"mql", "sql", "meeting", "opportunity", "closed", "month"})
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
