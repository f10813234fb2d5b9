"""The words of six languages that exports are written in, and how two spellings of one header meet."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

# ł has no Unicode decomposition, so stripping accents leaves it; dotless i and ø likewise.
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d"})
_PREFIX = r"^(deal|lead|person|organi[sz]ation)\s+[-–—]\s+"
_BRACKETED_UNIT = r"[\(\[]([^()\[\]]*)[\)\]]\s*\*?\s*$"
_LAST_WORD = r",\s*([^\s,]+)\s*$"  # "Бюджет, руб."

CURRENCY_SIGNS = {
    "zł": "PLN", "pln": "PLN", "€": "EUR", "eur": "EUR", "$": "USD", "us$": "USD", "usd": "USD", "ca$": "CAD",
    "c$": "CAD", "cad": "CAD", "a$": "AUD", "au$": "AUD", "aud": "AUD", "£": "GBP", "gbp": "GBP", "chf": "CHF",
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "р.": "RUB", "rub": "RUB", "rur": "RUB", "₴": "UAH", "грн": "UAH",
    "грн.": "UAH", "uah": "UAH", "kč": "CZK", "czk": "CZK", "ft": "HUF", "huf": "HUF", "r$": "BRL", "brl": "BRL",
    "₸": "KZT", "kzt": "KZT", "byn": "BYN", "¥": "JPY", "jpy": "JPY", "cny": "CNY", "₹": "INR", "inr": "INR",
    "sek": "SEK", "nok": "NOK", "dkk": "DKK", "try": "TRY", "₺": "TRY", "mxn": "MXN", "ron": "RON", "bgn": "BGN",
    "ars": "ARS", "clp": "CLP", "cop": "COP", "zar": "ZAR", "aed": "AED", "ils": "ILS", "₪": "ILS", "nzd": "NZD",
    "nz$": "NZD", "mx$": "MXN", "hk$": "HKD", "hkd": "HKD", "s$": "SGD", "sgd": "SGD", "krw": "KRW", "₩": "KRW",
}  # fmt: skip
"""Sign or code, casefolded, to ISO 4217 code."""


@cache
def vocabulary() -> dict[str, Any]:
    """Read the package's word lists: fields of the three tables, stages, never-map phrases, months, totals."""
    text = (files("xl_leadkpi.leads") / "vocabulary.json").read_text(encoding="utf-8")
    words: dict[str, Any] = json.loads(text)
    return words


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
    without_prefix = re.sub(_PREFIX, "", header.strip(), flags=re.IGNORECASE)
    return _key(without_prefix)


@cache
def full_header_key(header: str) -> str:
    """Normalise a header like :func:`header_key`, but keep the prefix that says what the column belongs to.

    >>> full_header_key("Person - Name*")
    'person name'
    """
    return _key(header.strip())


def _key(header: str) -> str:
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
def total_words() -> frozenset[str]:
    """Return first words of rows that repeat a sum, normalised."""
    return frozenset(plain(word) for word in vocabulary()["totals"])


def is_total(cell: object) -> bool:
    """Tell whether a cell labels a row of totals.

    >>> is_total("Total: Account"), is_total("Итого"), is_total("Totally Spies Ltd"), is_total("Total : compte")
    (True, True, False, True)
    """
    if not isinstance(cell, str) or len(cell) > 60:
        return False
    words = plain(cell)
    return words in total_words() or (":" in cell and plain(cell.split(":")[0]) in total_words())
