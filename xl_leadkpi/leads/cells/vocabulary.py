"""The words of seven languages that exports are written in, and how two spellings of one header meet."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.cells.statuses import status_words
from xl_leadkpi.leads.cells.currencies import CURRENCY_SIGNS
from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.model.stage import LOST, PIPELINE, WON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.model.stage import Pipeline

Section = Literal["lead", "spend", "touch", "traffic", "email", "social"]
"""The tables, as the vocabulary calls them."""
REPORT_SECTIONS = frozenset({"traffic", "email", "social"})
"""Those of them that are reports of other tools."""

# ł has no Unicode decomposition, so stripping accents leaves it; dotless i and ø likewise.
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d"})
_OF_DEAL = "deal|lead|negócio|negocio|negociação|trato|affaire|transaction|szansa sprzedaży|szansa|сделка|лид|geschäft"
_OF_CONTACT = (
    "person|organi[sz]ation|contact|account|pessoa|organização|contato|persona|organización|contacto|personne|osoba|"
    "organizacja|kontakt|человек|контакт|организация|компания"
)
_PREFIX = rf"^({_OF_DEAL}|{_OF_CONTACT})\s+[-–—]\s+"
_DEAL_PREFIX = re.compile(rf"^({_OF_DEAL})\s+[-–—]\s+", re.IGNORECASE)
_CONTACT_PREFIX = re.compile(rf"^({_OF_CONTACT})\s+[-–—]\s+", re.IGNORECASE)
_BRACKETED_UNIT = r"[\(\[]([^()\[\]]*)[\)\]]\s*\*?\s*$"
_LAST_WORD = r",\s*([^\s,]+)\s*$"  # "Бюджет, руб."

_LONGEST_HEADER = 255  # letters of a header that are looked at; a sentence of them names no field
_LONGEST_LABEL, _LONGEST_HEADING, _LONGEST_FOOTER = 60, 200, 1000
_COUNTED = re.compile(r"^(.*\S)\s*\(\s*(\d{1,3}(?:[ \u00a0\u202f.,]?\d{3})*)\s*([^\W\d]*)\s*\)\s*$", re.DOTALL)
_COPYRIGHT = re.compile(r"(?:©|copyright\s*(?:©|\(c\))?|\(c\))\s*\d{4}", re.IGNORECASE)


@cache
def vocabulary() -> dict[str, Any]:
    """Read the package's word lists: fields of the three tables, stages, never-map phrases, months, totals.

    The words for won, lost and open are those that the KPIs know as well.
    """
    text = (files("xl_leadkpi.leads.cells") / "vocabulary.json").read_text(encoding="utf-8")
    words: dict[str, Any] = json.loads(text)
    statuses = status_words()
    words["stages"] |= {WON: statuses["won"], LOST: statuses["lost"]}
    words["open"] = statuses["open"]
    return words


@cache
def report_headers() -> dict[str, dict[str, list[str]]]:
    """The headers of the reports of other tools: web analytics, e-mailings, pages of social networks."""
    found: dict[str, dict[str, list[str]]] = json.loads(
        (files("xl_leadkpi.leads.cells") / "report_headers.json").read_text(encoding="utf-8")
    )
    return found


@cache
def field_headers(section: Section, pipeline: Pipeline) -> Mapping[str, tuple[str, ...]]:
    """The headers of every field of a table.

    A table of leads has fields for the days of the stages in its pipeline, and of no others; one that the user has
    named, or no language has words for, is called by its name.

    >>> from xl_leadkpi.leads.model.stage import OwnStage, own_pipeline
    >>> own = own_pipeline([OwnStage("Enquiry"), OwnStage("Offer")])
    >>> field_headers("lead", own)["stage_offer_date"][0], "mql_date" in field_headers("lead", own)
    ('Offer date', False)
    """
    words: Mapping[str, list[str]] = report_headers()[section] if section in REPORT_SECTIONS else vocabulary()[section]
    if section != "lead":
        return {field: tuple(headers) for field, headers in words.items()}
    there = {*pipeline.date_fields, *pipeline.flags}
    absent = {*PIPELINE.date_fields, *PIPELINE.flags} - there
    found = {field: tuple(headers) for field, headers in words.items() if field not in absent}
    # "Close date" stays what it is, though a stage may be called so; of two stages the one with the name has the day
    others = {full_header_key(header) for field, headers in found.items() if field not in there for header in headers}
    named = {
        stage.name: tuple(day for day in _days_of(stage.name) if full_header_key(day) not in others)
        for stage in pipeline
        if stage.is_own
    }
    taken = {full_header_key(day) for days in named.values() for day in days}
    for field in there & found.keys():
        found[field] = tuple(header for header in found[field] if full_header_key(header) not in taken)
    for stage in pipeline:
        for field in stage.date_fields:
            found.setdefault(field, named.get(stage.name) or _days_of(stage.name))
        found[stage.date_fields[-1]] = tuple(dict.fromkeys((*found[stage.date_fields[-1]], *named.get(stage.name, ()))))
    return found


def _days_of(stage: str) -> tuple[str, ...]:
    """Headers that a column with the days of a stage may have."""
    return tuple(form.format(stage) for form in vocabulary()["days_of_stages"])


def plain(text: str) -> str:
    """Casefold, strip accents, and turn everything but letters and digits into single spaces.

    >>> plain("  Źródło_leadu №1 ")
    'zrodlo leadu no1'
    """
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKC", text).casefold().translate(_UNDECOMPOSED)
        decomposed = unicodedata.normalize("NFD", folded)
        folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in folded).split())


@cache
def header_key(header: str) -> str:
    """Normalise a header (funnel specification, section 11): no case, accents, prefix, unit or punctuation.

    >>> header_key("Deal - Currency of value"), header_key("IsClosedWon"), header_key("Amount spent (PLN)")
    ('currency of value', 'is closed won', 'amount spent')
    """
    without_prefix = re.sub(_PREFIX, "", header[:_LONGEST_HEADER].strip(), flags=re.IGNORECASE)
    return _key(without_prefix)


@cache
def full_header_key(header: str) -> str:
    """Normalise a header like :func:`header_key`, but keep the prefix that says what the column belongs to.

    >>> full_header_key("Person - Name*")
    'person name'
    """
    return _key(header[:_LONGEST_HEADER].strip())


def is_of_contact(header: str) -> bool:
    """Tell whether a header says that its column belongs to the person or the company, not to the deal.

    >>> is_of_contact("Pessoa - ID"), is_of_contact("Negócio - ID")
    (True, False)
    """
    return bool(_CONTACT_PREFIX.match(header[:_LONGEST_HEADER].strip()))


def is_of_deal(header: str) -> bool:
    """Tell whether a header says that its column belongs to the deal or the lead."""
    return bool(_DEAL_PREFIX.match(header[:_LONGEST_HEADER].strip()))


def _key(header: str) -> str:
    scaled = header_unit(header)
    if scaled:
        header = scaled.rest
    unit = re.search(_BRACKETED_UNIT, header)
    if unit and _is_unit(unit[1]):
        header = header[: unit.start()]
    after = re.search(_LAST_WORD, header)
    if after and after[1].casefold() in CURRENCY_SIGNS:
        header = header[: after.start()]
    header = re.sub(r"[\s,]+[₽€$£₴]\s*$", "", header)
    return plain(re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", header))


def _is_unit(text: str) -> bool:
    return text.strip().casefold() in CURRENCY_SIGNS or text.strip().casefold() in {"%", "in utc", "utc", "days"}


def header_currency(header: str) -> str | None:
    """Find the currency that stands in a header.

    >>> header_currency("Wydana kwota (PLN)"), header_currency("Бюджет, руб."), header_currency("Amount")
    ('PLN', 'RUB', None)
    """
    scaled = header_unit(header)
    if scaled and scaled.currency:
        return scaled.currency
    unit = re.search(_BRACKETED_UNIT, header)
    after = re.search(_LAST_WORD, header)
    candidates = [found[1] for found in (unit, after) if found]
    candidates += re.findall(r"[₽€$£₴]|\b[A-Z]{3}\b", header)
    for candidate in candidates:
        code = CURRENCY_SIGNS.get(candidate.strip().casefold())
        if code:
            return code
    return None


@cache
def day_first_headers() -> frozenset[str]:
    """Return headers of languages that write the day before the month, normalised."""
    return frozenset(header_key(word) for word in vocabulary()["day_first_headers"])


@cache
def _words(key: str) -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()[key])


def is_total(cell: object) -> bool:
    """Tell whether a cell labels a row of totals, with or without the number of rows it counts.

    >>> is_total("Total: Account"), is_total("Итого"), is_total("Totally Spies Ltd"), is_total("Total : compte")
    (True, True, False, True)
    >>> is_total("Grand Totals (23 records)"), is_total("Razem: 15"), is_total("Total leads"), is_total("Total 5")
    (True, True, False, False)
    """
    if not isinstance(cell, str) or len(cell) > _LONGEST_LABEL:
        return False
    words = plain(cell)
    if words in _words("totals") or (":" in cell and plain(cell.split(":")[0]) in _words("totals")):
        return True
    return _without_count(cell, words) in _words("totals")


def is_subtotal(cell: object) -> bool:
    """Tell whether a cell labels a row with a figure about the rows of a group.

    >>> is_subtotal("Subtotal"), is_subtotal("Zwischensumme"), is_subtotal("Average Joe Ltd")
    (True, True, False)
    """
    return is_total(cell) or (
        isinstance(cell, str) and len(cell) <= _LONGEST_LABEL and plain(cell) in _words("subtotals")
    )


def _without_count(cell: str, words: str) -> str:
    """The words of a label without the number of rows it tells; ``""`` where it tells none."""
    parts = words.split()
    generic = _words("records")
    kept = [word for word in parts if not word.isdigit() and word not in generic]
    digits = sum(word.isdigit() for word in parts)
    if digits:
        kept = [word for word in kept if word not in _words("counted_records")]
    says_rows = len(kept) + digits < len(parts) or (digits and (":" in cell or "(" in cell))
    return " ".join(kept) if says_rows else ""


def counted_group(cell: object) -> tuple[str, int, bool] | None:
    """Read the heading of a group of rows that tells how many they are.

    Returns:
        Its name, the number, and whether a word says that rows are counted; None where it is no such heading.

    >>> counted_group("Won (4)"), counted_group("Stage: Closed Won (1,204 records)"), counted_group("Acme (Poland)")
    (('Won', 4, False), ('Stage: Closed Won', 1204, True), None)
    """
    found = _COUNTED.match(cell) if isinstance(cell, str) and len(cell) <= _LONGEST_HEADING else None
    if found is None:
        return None
    noun = plain(found[3])
    if noun and noun not in _words("records") | _words("counted_records"):
        return None
    return found[1].strip(), int(re.sub(r"\D", "", found[2])), bool(noun)


def is_footer(cell: object) -> bool:
    """Tell whether a cell holds what a program writes below its report.

    >>> is_footer("Copyright (c) 2000-2026 Example, inc."), is_footer("©2026 Example"), is_footer("Copyright Agency")
    (True, True, False)
    """
    if not isinstance(cell, str):
        return False
    words = f" {plain(cell[:_LONGEST_FOOTER])} "
    return bool(_COPYRIGHT.search(cell)) or any(f" {phrase} " in words for phrase in _words("footers"))
