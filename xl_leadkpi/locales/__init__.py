"""The languages: one file each, with every text that is shown and how numbers, days and plurals are written.

A new language is a new file beside ``pl.json``, named after the language. What headers, stages and statuses of an
export may be called is something else: that stands in the word lists of ``leads``, for more languages than these.

>>> locale("pl").funnel["sheet.title"], locale("ru").plural_form(21)
('Lejek leadów', 'one')
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENGLISH: Final = "en"
"""The language of the declarations; shown where nobody has said which one is wanted."""

Section = Literal["funnel", "workbooks", "explain"]

_FOLDER: Final = Path(__file__).parent
_PRIMARY_LANGUAGE: Final = 0x3FF
"""The bits of Excel's number of a language that do not tell one country from another."""


class MissingTextError(LookupError):
    """A language has no text of a key."""

    def __init__(self, language: str, key: str) -> None:
        super().__init__(f"no text {key!r} in the language {language!r} (xl_leadkpi/locales/{language}.json)")


@dataclass(frozen=True, slots=True)
class FindingText:
    """What is said of a kind of finding.

    Attributes:
        title: In a few words.
        meaning: What was found and how it was treated.
        remedy: What the user can do, ``""`` where nothing need be done.
    """

    title: str
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True)
class FunctionText:
    """What is said of an Excel function.

    English has none of it: that stands in the declarations.

    Attributes:
        meaning: What it gives, in a sentence.
        arguments: What to pass for each parameter.
        title: Name of the KPI in words; a function that is no KPI has none.
        aliases: Its other names.
        pitfalls: What to mind.
        remarks: Rules that are not plain conditions.
    """

    meaning: str
    arguments: Mapping[str, str]
    title: str = ""
    aliases: tuple[str, ...] = ()
    pitfalls: str = ""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class PluralRule:
    """Which whole numbers ask for a form of a noun.

    Attributes:
        numbers: These very numbers.
        ends: Numbers whose last digits are these ...
        but: ... unless they are these.
    """

    numbers: tuple[int, ...] = ()
    ends: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def holds(self, number: int) -> bool:
        """Whether a number asks for the form."""
        digits = f"{number:02}"  # so that 01 to 09 can be told from 11 to 19
        return number in self.numbers or (digits.endswith(self.ends) and not digits.endswith(self.but))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Locale:
    """One language.

    Attributes:
        language: Its code, which is the name of its file.
        name: What its speakers call it.
        name_in_english: What English speakers call it.
        excel_language: Number of the language of Excel's menus (LCID), e.g. 1045.
        decimal: Sign before decimals.
        thousands: Sign between thousands.
        list_separator: Sign between the arguments of a formula as Excel shows it.
        plural: The rules of a noun's forms; a number that none of them takes asks for ``many``.
        months: The twelve months, shortened.
        month_format: Excel number format of a month.
        day_format: Excel number format of a day.
        day: A day as text, of ``{day}``, ``{month}`` (numbers), ``{name}`` (of the month), ``{year}``.
        large_numbers: Short words for ``thousand``, ``million``, ``billion``, ``trillion``.
        signs_before: Signs of currencies that stand before the amount, with a space; ``$`` and the like always do.
        header_letters: Letters that tell headers in this language from those in others.
        header_words: Words that do, in lower case.
        excel_words: What Excel of this language calls TRUE and FALSE, in lower case.
        templates_folder: What Office of this language calls the folder of templates that it makes in Documents.
        funnel: Texts of the funnel's workbook, by key.
        findings: Of each kind of finding.
        workbooks: Texts of the workbooks with the functions, and of the ribbon, by key.
        explain: Texts around a KPI's own where it is explained, by key.
        functions: Of each Excel function; what is not there is shown in English.
    """

    language: str
    name: str
    name_in_english: str
    excel_language: int
    decimal: str
    thousands: str
    list_separator: str
    plural: Mapping[str, PluralRule]
    months: tuple[str, ...]
    month_format: str
    day_format: str
    day: str
    large_numbers: Mapping[str, str]
    signs_before: tuple[str, ...]
    header_letters: frozenset[str]
    header_words: frozenset[str]
    excel_words: tuple[str, ...]
    templates_folder: str
    funnel: Mapping[str, str]
    findings: Mapping[str, FindingText]
    workbooks: Mapping[str, str]
    explain: Mapping[str, str]
    functions: Mapping[str, FunctionText]

    @property
    def plural_forms(self) -> tuple[str, ...]:
        """The forms that a counted noun has."""
        return (*self.plural, "many")

    def plural_form(self, number: int) -> str:
        """Form of a noun after a whole number.

        >>> [locale("pl").plural_form(number) for number in (1, 3, 12, 22)]
        ['one', 'few', 'many', 'few']
        """
        return next((form for form, rule in self.plural.items() if rule.holds(number)), "many")

    def text(self, section: Section, key: str) -> str:
        """The text of a key.

        Raises:
            MissingTextError: If there is none.
        """
        texts: Mapping[str, str] = getattr(self, section)
        try:
            return texts[key]
        except KeyError:
            raise MissingTextError(self.language, f"{section}: {key}") from None


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages there are: English first.

    >>> languages()
    ('en', 'pl', 'ru')
    """
    found = sorted(file.stem for file in _FOLDER.glob("*.json"))
    return (ENGLISH, *(language for language in found if language != ENGLISH))


@cache
def locale(language: str) -> Locale:
    """Read a language; each is read when it is first asked for.

    Args:
        language: One of :func:`languages`.

    Raises:
        ValueError: If there is no such language.
    """
    if language not in languages():
        raise ValueError(f"there is no language {language!r}; there are {', '.join(languages())}")
    made = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    made["plural"] = {form: _plural_rule(**rule) for form, rule in made["plural"].items()}
    made["findings"] = {kind: FindingText(**texts) for kind, texts in made["findings"].items()}
    made["functions"] = {name: _function_text(**texts) for name, texts in made.get("functions", {}).items()}
    for name in ("months", "signs_before", "excel_words"):
        made[name] = tuple(made[name])
    for name in ("header_letters", "header_words"):
        made[name] = frozenset(made[name])
    return Locale(language=language, **made)


def _function_text(aliases: list[str] | None = None, **texts: Any) -> FunctionText:
    return FunctionText(aliases=tuple(aliases or ()), **texts)


def _plural_rule(**rule: list[int] | list[str]) -> PluralRule:
    return PluralRule(tuple(rule.get("is", ())), tuple(rule.get("ends", ())), tuple(rule.get("except", ())))  # type: ignore[arg-type] # digits are texts


def every_locale() -> Iterator[Locale]:
    """All languages, English first; for what is read back in whichever language it was written."""
    return map(locale, languages())


def language_of_excel(number: int) -> str | None:
    """The language that Excel calls by a number (LCID), whatever the country; None if it is none of these.

    >>> language_of_excel(1045), language_of_excel(2057), language_of_excel(1031)
    ('pl', 'en', None)
    """
    wanted = number & _PRIMARY_LANGUAGE
    return next((one.language for one in every_locale() if one.excel_language & _PRIMARY_LANGUAGE == wanted), None)


def in_every_language(section: Section, key: str) -> tuple[str, ...]:
    """The text of a key in all languages that have it.

    >>> in_every_language("funnel", "label.Won")
    ('Won', 'Wygrana', 'Выигрыш')
    """
    texts: Iterator[Mapping[str, str]] = (getattr(one, section) for one in every_locale())
    return tuple(found[key] for found in texts if key in found)
