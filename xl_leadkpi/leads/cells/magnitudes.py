"""Thousands, millions and millionths: beside an amount ("$1.5K", "2 mln zł") or in a header ("Amount (kEUR)").

Nothing is guessed from the size of an amount: without a word it is what it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from xl_leadkpi.leads.cells.currencies import CURRENCY_SIGNS, SHARED_SIGNS

Doubt = Literal["", "letter", "language"]

_MILLIONTH, _THOUSAND, _MILLION, _BILLION = -6, 3, 6, 9

_WORDS = {
    **dict.fromkeys((
        "k", "tys", "tysiąc", "tysiące", "tysięcy", "tysiącach", "тыс", "тысяч", "тысяча", "тысячи", "тысячах",
        "тис", "tsd", "tausend", "thousand", "thousands", "ths", "miles", "millier", "milliers", "migliaia", "mila",
        "milhar", "milhares", "tis", "tisíc",
    ), _THOUSAND),
    **dict.fromkeys((
        "mln", "mio", "mn", "mill", "млн", "миллион", "миллиона", "миллионов", "миллионах", "million", "millions",
        "millionen", "milion", "miliony", "milionów", "milionach", "millón", "millones", "milione", "milioni",
        "milhão", "milhões",
    ), _MILLION),
    **dict.fromkeys((
        "bn", "mld", "mrd", "mlrd", "mds", "млрд", "миллиард", "миллиарда", "миллиардов", "billion", "billions",
        "miliard", "miliardy", "miliardów", "milliarde", "milliarden", "milliard", "milliards", "miliardo",
        "miliardi", "bilhão", "bilhões",
    ), _BILLION),
}  # fmt: skip
"""Words for powers of ten, casefolded and without full stops."""

_OF_CURRENCY = {"tkr": _THOUSAND, "kkr": _THOUSAND, "mkr": _MILLION, "mdkr": _BILLION}
"""Words of several countries' crowns, which say no code."""

_CAPITALS = {"K": _THOUSAND, "M": _MILLION, "B": _BILLION, "MM": _MILLION}
_SMALL = {"m": _MILLION, "b": _BILLION, "mm": _MILLION}
"""Letters that mean millions beside money only: "10 m" may be months or metres."""

_THOUSANDS_OF = re.compile(r"T(?=€|EUR|CHF|SEK|NOK|DKK|USD|GBP)")  # "TEUR", "T€"; a T alone may mean trillions
_MILLIARDS_OF = re.compile(r"Md(?=€|EUR|CHF|USD|$)")

_IN_PORTUGUESE = {"mi": _MILLION, "bi": _BILLION}
_MIL = "mil"
_MIL_IS_THOUSAND = frozenset({"EUR", "BRL", "MXN", "COP", "CLP", "ARS", "PEN", "UYU"})
_MIL_IS_MILLION = frozenset({"CZK", "RON", "GBP", "HUF"})
_THOUSAND_HEADERS = re.compile(
    r"\b(?:importe|monto|valor|ingresos?|cost[eo]|gastos?|gastado|presupuesto|ventas|facturaci[oó]n|custos?|receitas?|"
    r"faturamento|investimento|investido|despesas?|vendas?|reais|r\$)(?![^\W\d_])",
    re.IGNORECASE,
)
_MILLION_HEADERS = re.compile(r"\b(?:revenue|sales|spend|spent|income|turnover|deal|budget)\b", re.IGNORECASE)

_SIGN_OR_WORD = re.compile(r"^[+-]?\(?[+-]?(.*?)0(.*?)\)?-?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands beside the number of an amount.

    Attributes:
        currency: ISO code, if a currency is told.
        power: Power of ten that a word for a unit stands for; None where there is no such word.
        doubt: ``letter`` where it is a unit beside money only; ``language`` where languages differ in it.
    """

    currency: str | None = None
    power: int | None = None
    doubt: Doubt = ""


@cache
def read_mark(form: str) -> Mark | None:
    """Read what stands beside a number; None where it is nothing that stands beside an amount.

    Args:
        form: The amount without spaces, with a 0 in place of its number.

    >>> read_mark("$0K"), read_mark("0tys.zł"), read_mark("0kr"), read_mark("0kg")
    (Mark(currency='USD', power=3, doubt=''), Mark(currency='PLN', power=3, doubt=''), Mark(currency=None, power=None, \
doubt=''), None)
    """
    match = _SIGN_OR_WORD.match(form)
    if not match:
        return None
    before, after = (part.strip("+-") for part in match.groups())
    if not before or not after:
        return _read_part(before or after, is_before=bool(before))
    marks = [_read_part(part, is_before=part is before) for part in (before, after)]
    return _together(*marks)


def _together(one: Mark | None, other: Mark | None) -> Mark | None:
    if one is None or other is None:
        return None
    if (one.currency and other.currency and one.currency != other.currency) or (one.power and other.power):
        return None
    power = one if one.power else other
    return Mark(one.currency or other.currency, power.power, power.doubt)


def _read_part(part: str, *, is_before: bool) -> Mark | None:
    """Read letters and signs before or after a number: a currency, a unit, or both."""
    sign = _bare(part)
    if not sign:
        return Mark()
    if sign in _CURRENCIES:
        return Mark(_CURRENCIES[sign])
    if sign in SHARED_SIGNS and (is_before or sign != "m$"):
        return Mark()  # "M$ 5" is a peso or a ringgit; "5 M$" are millions of dollars
    if sign in _OF_CURRENCY:
        return Mark(power=_OF_CURRENCY[sign])
    return _power(part) or _unit_and_currency(part)


def _unit_and_currency(part: str) -> Mark | None:
    """Read a unit and a currency written as one: "tys.zł", "k€", "$M"."""
    for end in range(len(part) - 1, 0, -1):
        for unit, currency in ((part[:end], part[end:]), (part[end:], part[:end])):
            sign = _bare(currency)
            found = _power(unit, of=currency) if sign in _CURRENCIES or sign in SHARED_SIGNS else None
            if found:
                return Mark(_CURRENCIES.get(sign), found.power, found.doubt)
    return None


def _power(word: str, of: str = "") -> Mark | None:
    """Read a word for a unit, beside the currency ``of`` where there is one."""
    bare = _bare(word)
    if word in _CAPITALS:
        return Mark(power=_CAPITALS[word])
    if bare in _WORDS:
        return Mark(power=_WORDS[bare])
    if (_THOUSANDS_OF.match(word + of) and word == "T") or (_MILLIARDS_OF.match(word + of) and word == "Md"):
        return Mark(power=_THOUSAND if word == "T" else _BILLION)
    if word in _SMALL:
        return Mark(power=_SMALL[word], doubt="letter")
    if bare in {_MIL, *_IN_PORTUGUESE}:
        return Mark(power=_IN_PORTUGUESE.get(bare, _THOUSAND), doubt="language")
    return None


def _bare(text: str) -> str:
    return text.replace(".", "").casefold()


_CURRENCIES = {_bare(sign): code for sign, code in CURRENCY_SIGNS.items()}


def settled_power(form: str, header: str, *, has_units: bool) -> int | None:
    """Power of ten of the unit beside a number, if the rest of its column leaves no doubt.

    Args:
        form: See :func:`read_mark`.
        header: Header of the column.
        has_units: Other cells of the column have a unit that is beyond doubt.

    Returns:
        The power; 0 where there is no unit, None where it is doubtful what is meant.

    >>> settled_power("0m", "Term", has_units=False), settled_power("£0m", "Amount", has_units=False)
    (None, 6)
    >>> settled_power("0mil", "Importe", has_units=False), settled_power("$0mil", "Amount", has_units=False)
    (3, None)
    """
    mark = read_mark(form)
    if mark is None or mark.power is None:
        return 0 if mark else None
    money = mark.currency or header_money(header)
    if mark.doubt == "letter":
        is_shared = any(sign in form.casefold() for sign in ("$", "kr"))
        return mark.power if money or has_units or is_shared else None
    if mark.doubt == "language":
        return _settled_word(form, header, money)
    return mark.power


def _settled_word(form: str, header: str, money: str | None) -> int | None:
    """What ``mil``, ``mi`` and ``bi`` mean beside a currency and under a header."""
    is_iberian = money in _MIL_IS_THOUSAND or bool(_THOUSAND_HEADERS.search(header))
    word = re.sub(r"[^a-z]", "", form.casefold().replace("r$", ""))
    short = next((power for name, power in _IN_PORTUGUESE.items() if word == name), None)
    if short is not None:
        return short if money == "BRL" or bool(_THOUSAND_HEADERS.search(header)) else None
    if is_iberian:
        return _THOUSAND
    return _MILLION if money in _MIL_IS_MILLION else None


def header_money(header: str) -> str | None:
    """The first currency that a header names as a word or a sign of its own."""
    return next((_CURRENCIES[word] for word in map(_bare, _tokens(header)) if word in _CURRENCIES), None)


# --- units of a whole column

_LITTLE_WORDS = frozenset({
    "in", "of", "w", "we", "в", "en", "em", "de", "di", "d", "von", "x", "the", "a", "us",
})  # fmt: skip
_ZEROS = re.compile(r"^1?[,. ]?0{3}['’]?s?$")
_MICROS = frozenset({"micros", "micro", "mikro", "микро"})


@dataclass(frozen=True, slots=True)
class HeaderUnit:
    """A header that says in which unit its amounts are.

    Attributes:
        rest: The header without it.
        power: Power of ten of the unit.
        currency: ISO code that stands with the unit.
    """

    rest: str
    power: int
    currency: str | None = None

    def scaled(self, amounts: Any) -> Any:
        """Amounts in whole units: a number, a series or an expression; never times a fraction, which is not exact.

        >>> HeaderUnit("Cost", 3).scaled(1.5), HeaderUnit("Cost", -6).scaled(2_100_000.0)
        (1500.0, 2.1)
        """
        factor = 10.0 ** abs(self.power)
        return amounts * factor if self.power > 0 else amounts / factor


@cache
def header_unit(header: str) -> HeaderUnit | None:
    """Find the unit of a column in its header; None where it names none.

    >>> header_unit("Kwota [tys. zł]"), header_unit("metrics.cost_micros"), header_unit("Amount (CZK)")
    (HeaderUnit(rest='Kwota', power=3, currency='PLN'), HeaderUnit(rest='metrics.cost', power=-6, currency=None), None)
    """
    header = header.strip().rstrip("*").rstrip()
    bracket = re.search(r"[(\[]([^()\[\]]*)[)\]]$", header)
    if bracket:
        rest = header[: bracket.start()].rstrip(" ,:-")
        if not rest:
            return None
        unit = _unit_of(bracket[1], header, rest, is_apart=True)
        if unit is None and _bare(bracket[1].strip()) in _CURRENCIES:
            named = header_unit(rest)  # "Valor em milhares (R$)"
            unit = named and HeaderUnit(named.rest, named.power, _CURRENCIES[_bare(bracket[1].strip())])
        return unit
    rest, _, last = header.rpartition(",")
    if rest and (unit := _unit_of(last, header, rest.rstrip(), is_apart=True)):
        return unit
    # the longest end of the header that is all unit: "in thousands of EUR", "w tys. zł", "_micros"
    for start in _WORD_STARTS.finditer(header):
        rest = header[: start.start()].rstrip(" _,:-")
        if rest and (unit := _unit_of(header[start.start() :], header, rest, is_apart=False)):
            return unit
    return None


_WORD_STARTS = re.compile(r"(?<=[\s_])(?=[^\s_])|(?<=[a-zа-я])(?=[A-ZА-Я])")
_BETWEEN_TOKENS = re.compile(r"[\s_/()\[\]:-]+|,(?!\d)|['’](?=\D|$)")


def _tokens(text: str) -> list[str]:
    return [part for part in _BETWEEN_TOKENS.split(text) if part]


def _unit_of(text: str, header: str, rest: str, *, is_apart: bool) -> HeaderUnit | None:
    """Read a part of a header as a unit and nothing else.

    Args:
        text: The part.
        header: The whole header.
        rest: The header without it.
        is_apart: It stands in brackets or after a comma, where a letter alone is a unit, too.
    """
    powers: list[int] = []
    currency: str | None = None
    is_sure = is_apart
    for token in _tokens(text):
        if token.casefold() in _LITTLE_WORDS:
            is_sure = True
            continue
        if token.casefold() in _MICROS:
            powers.append(_MILLIONTH)
            continue
        bare = token.lstrip("$€£'’x×")
        if _ZEROS.match(bare) and (is_apart or bare != token):
            powers.append(_THOUSAND)
            currency = currency or _CURRENCIES.get(token.removesuffix(bare))
            continue
        mark = _read_part(token, is_before=False)
        if mark is None:
            return None
        currency = currency or mark.currency
        is_sure = is_sure or bool(mark.currency) or _bare(token) in SHARED_SIGNS
        if mark.power is not None:
            power = _header_power(token, mark, header, is_sure=is_sure)
            if power is None:
                return None
            powers.append(power)
    return HeaderUnit(rest, powers[0], currency) if len(powers) == 1 else None


def _header_power(token: str, mark: Mark, header: str, *, is_sure: bool) -> int | None:
    """Power of a unit in a header: a letter alone needs brackets or a currency, a word of two languages the others."""
    if mark.doubt == "language":
        power = _settled_word("0" + token, header, mark.currency or header_money(header))
        if power is None and _bare(token) == _MIL and _MILLION_HEADERS.search(header):
            return _MILLION
        return power
    return mark.power if is_sure or token not in _UNSURE else None


_UNSURE = frozenset({*_CAPITALS, *_SMALL, "k", "Miles", "miles", "Mill", "mill", "mn", "MN"})
