"""Which rows the user wants counted: conditions on columns, as she writes them.

A condition compares what stands in a cell of the table, not what the funnel makes of it: ``Source=Google Ads`` finds
the rows where the export says so, whatever other spellings count as the same channel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from xl_leadkpi.errors import InputError, brief

if TYPE_CHECKING:
    from collections.abc import Iterator

Operator = Literal["=", "!=", "<", "<=", ">", ">="]
OPERATORS: tuple[Operator, ...] = get_args(Operator)

_SIGNS: dict[str, Operator] = {
    **{operator: operator for operator in OPERATORS}, "==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">=",
}  # fmt: skip
_SIGN = re.compile(r"==|!=|<>|<=|>=|[=<>≠≤≥]")
_LIST = re.compile(r"\s+(not\s+)?in\s*\((.*)\)\s*\Z", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"\s*(['\"])(.*?)\1\s*", re.DOTALL)
_IN_A_LIST = re.compile("[,();]")
_EXPECTED = (
    "Write it as COLUMN=VALUE, with !=, <, <=, > or >= for =, or as COLUMN in (VALUE, VALUE) or COLUMN not in (...); "
    "names and values with signs of these stand in quotation marks, a blank cell is ''"
)


def _shown(text: str, is_odd: object = None) -> str:
    """A name or a value, in quotation marks where it would be read otherwise without them."""
    if text and not is_odd and text == text.strip() and text[0] not in "'\"":
        return text
    mark = '"' if "'" in text else "'"
    return f"{mark}{text}{mark}"


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to stand in a column of a row that is counted.

    Texts are compared without case and outer blanks, numbers and dates by their value; a day without a clock, a month,
    a quarter, a week and a year mean all of their time. ``!=`` holds wherever ``=`` does not, in blank cells too.

    Attributes:
        column: Header of the column or name of its field; ``deals.`` or ``leads.`` before it says of which table.
        operator: How it is compared; with several values ``=`` means one of them, ``!=`` none of them.
        values: What it is compared with; ``""`` is a blank cell.
    """

    column: str
    operator: Operator
    values: tuple[str, ...]

    def __str__(self) -> str:
        """The condition as it is shown, and may be written again: ``Source in (Web, Ads)``."""
        column = _shown(self.column, _SIGN.search(self.column) or _LIST.search(f" {self.column} "))
        if len(self.values) == 1:
            return f"{column} {self.operator} {_shown(self.values[0], ';' in self.values[0])}"
        shown = ", ".join(_shown(value, _IN_A_LIST.search(value)) for value in self.values)
        return f"{column} {'in' if self.operator == '=' else 'not in'} ({shown})"

    @property
    def is_order(self) -> bool:
        """It asks for less or more, which only numbers and dates are."""
        return self.operator not in ("=", "!=")

    @property
    def holds_for_blank(self) -> bool:
        """It holds where the cell is blank."""
        return not self.is_order and ("" in self.values) == (self.operator == "=")


@dataclass(frozen=True, slots=True)
class Filtered:
    """What a filter left.

    Attributes:
        asked: The condition as it is shown, or the word that was left out.
        is_word: It is such a word.
        rows: Rows before it.
        left: Rows after it.
    """

    asked: str
    is_word: bool
    rows: int
    left: int


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Args:
        text: What the user wrote.

    Returns:
        The condition.

    Raises:
        InputError: It is none; the message says how one is written.

    >>> parse_condition("Pipeline=New business")
    Condition(column='Pipeline', operator='=', values=('New business',))
    >>> str(parse_condition("Source not in (Web, 'Ads, paid', '')"))
    "Source not in (Web, 'Ads, paid', '')"
    >>> parse_condition("Value in (EUR) >= 5").column, parse_condition("'a=b' != ''").column
    ('Value in (EUR)', 'a=b')
    """
    quoted = _QUOTED.match(text)
    column = quoted[2] if quoted else None
    start = quoted.end() if quoted else 0
    found = _list(text, start) or _comparison(text, start)
    if found is None:
        raise _refused(text, "is no condition" if _SIGN.search(text) is None else "cannot be read")
    name, operator, values = found
    if column is None:
        column = name.strip()
    elif name.strip():
        raise _refused(text, f"has '{brief(name.strip())}' after the name of the column")
    if not column:
        raise _refused(text, "names no column")
    return _checked(text, Condition(column, operator, values))


def _checked(text: str, condition: Condition) -> Condition:
    if condition.is_order and condition.values == ("",):
        raise _refused(text, f"has nothing after {condition.operator}")
    return condition


def _refused(text: str, why: str) -> InputError:
    return InputError(f"The condition '{brief(text)}' {why}. {_EXPECTED}.")


def _comparison(text: str, start: int) -> tuple[str, Operator, tuple[str, ...]] | None:
    sign = _SIGN.search(text, start)
    if sign is None:
        return None
    operator = _SIGNS[sign[0]]
    return text[start : sign.start()], operator, (_unquoted(text[sign.end() :]),)


def _list(text: str, start: int) -> tuple[str, Operator, tuple[str, ...]] | None:
    """A condition with a list of values; ``Value in (EUR) >= 5`` is none, nor is ``Value in (EUR) = (5)``."""
    rest = f" {text[start:]}"
    place = 0
    while (found := _LIST.search(rest, place)) is not None:
        place = found.start() + 1
        name, inside = rest[1 : found.start()], found[2]
        if _SIGN.search(name) or not _is_balanced(inside):
            continue
        values = tuple(_values(inside))
        if not any(values) and "'" not in inside and '"' not in inside:
            raise _refused(text, "has no value between the brackets")
        return name, "!=" if found[1] else "=", tuple(dict.fromkeys(values))
    return None


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def _values(text: str) -> Iterator[str]:
    """The values between commas; what stands in quotation marks may have commas itself."""
    place = 0
    while place <= len(text):
        quoted = _QUOTED.match(text, place)
        if quoted and text[quoted.end() : quoted.end() + 1] in ("", ","):
            yield quoted[2]
            place = quoted.end() + 1
        else:
            end = text.find(",", place)
            end = len(text) if end < 0 else end
            yield text[place:end].strip()
            place = end + 1


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else text.strip()
