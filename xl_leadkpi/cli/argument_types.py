"""What an option takes: from the text of a command line to its value, and what it is in a project file."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xl_leadkpi.leads.model.conditions import Condition


def pair(text: str) -> tuple[str, str]:
    """Two names with an equals sign between them."""
    left, sign, right = text.partition("=")
    if not sign or not left.strip() or not right.strip():
        raise argparse.ArgumentTypeError(f"{text!r} has no two sides; write NAME=VALUE")
    return left.strip(), right.strip()


def encoding(text: str) -> tuple[str, str]:
    """An encoding, alone or of one kind of table."""
    table, _, name = text.rpartition("=")
    return table.strip(), name.strip()


def day(text: str) -> date:
    """A day of the calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; give one like 2026-06-30") from None


def _number(text: str, kind: type[float], low: float, high: float, what: str) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is out of range or no number; give {what}")
    return value


def days(text: str) -> int:
    """A number of days."""
    return int(_number(text, int, 1, 10_000, "a number of days, 1 or more"))


def groups(text: str) -> int:
    """A number of rows of a breakdown."""
    return int(_number(text, int, 1, 1_000, "a number of rows, 1 to 1000"))


def rows(text: str) -> int:
    """A number of rows of a sheet."""
    return int(_number(text, int, 0, 1_048_575, "a number of rows, 0 to 1048575"))


def fraction(text: str) -> float:
    """A share."""
    from xl_leadkpi.funnel.options import share

    try:
        return share(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def month(text: str) -> int:
    """A month of the year."""
    return int(_number(text, int, 1, 12, "a month, 1 to 12"))


def period(text: str) -> str:
    """A period, checked; which days it has depends on where the year begins."""
    from xl_leadkpi.leads.model.periods import read_period

    try:
        read_period(text)
    except UserError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None
    return text.strip()


def condition(text: str) -> Condition:
    """A condition on a column."""
    from xl_leadkpi.leads.model.conditions import parse_condition

    try:
        return parse_condition(text)
    except UserError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def target(text: str) -> tuple[str, float]:
    """A key figure and its target."""
    from xl_leadkpi.funnel.targets import read_target

    figure, wanted = pair(text)
    try:
        number = read_target(figure, wanted)
    except UserError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None
    return figure, number


def rate(text: str) -> str:
    """An exchange rate, or a file of rates."""
    from pathlib import Path

    from xl_leadkpi.leads.rates import fixed_rate

    try:
        if not Path(text).exists():
            fixed_rate(text)
    except UserError as fault:
        raise argparse.ArgumentTypeError(str(fault).removeprefix("--rate ")) from None
    return text


def currency(text: str) -> str:
    """A currency, as its code."""
    from xl_leadkpi.leads.rates import code_of

    code = code_of(text)
    if code is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no code of a currency; give one such as EUR")
    return code


@dataclass(frozen=True, slots=True)
class TomlKind:
    """What a value is in a project file.

    Attributes:
        types: As TOML reads it.
        words: What is expected, for messages.
        example: A value of the kind, as it is written.
    """

    types: tuple[type, ...]
    words: str
    example: str


TEXT = TomlKind((str,), "a text in quotation marks", '"NAME"')
WHOLE = TomlKind((int,), "a whole number", "30")
NUMBER = TomlKind((int, float), "a number", "0.5")
DAY = TomlKind((date,), "a day such as 2026-06-30, without quotation marks", "2026-06-30")
FLAG = TomlKind((bool,), "true or false", "true")
PAIRS = TomlKind((dict,), 'a table of NAME = "VALUE"', '{ "NAME" = "VALUE" }')
NUMBERS = TomlKind((dict,), "a table of NAME = NUMBER", '{ "NAME" = 250 }')
MONTH = TomlKind((int,), "a month, 1 to 12", "4")
PERIOD = TomlKind((str, int, date), 'a period such as "2026-Q2"', '"2026-Q2"')
CONDITION = TomlKind((str,), "a condition in quotation marks", '"Source in (Web, Ads)"')
CURRENCY = TomlKind((str,), 'the code of a currency such as "EUR"', '"EUR"')
RATE = TomlKind((str,), 'a rate such as "EUR=4.25", or a file of rates', '"EUR=4.25"')
ANY = TomlKind((str, int, float, date), "a value", '"VALUE"')
"""What an option takes whose kind is not listed: whatever its own check accepts."""

KINDS: Mapping[Callable[[str], Any] | None, TomlKind] = {
    None: TEXT,
    Path: TEXT,
    day: DAY,
    days: WHOLE,
    groups: WHOLE,
    rows: WHOLE,
    month: MONTH,
    period: PERIOD,
    condition: CONDITION,
    rate: RATE,
    currency: CURRENCY,
    fraction: NUMBER,
    pair: PAIRS,
    encoding: PAIRS,
    target: NUMBERS,
}
"""By the ``type`` of an option of ``argparse``, what it is in a project file."""
