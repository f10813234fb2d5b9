"""The KPIs as named LAMBDAs, as Excel stores them: with prefixes for parameters and for newer functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.workbooks.sources import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xl_leadkpi.workbooks.sources import Words

# What the file format itself knows; everything else a LAMBDA may call is listed with the prefix that a file needs.
_KNOWN: Final = frozenset(
    [
        "ABS",
        "CHIDIST",
        "COLUMNS",
        "COUNT",
        "COUNTIF",
        "COUNTIFS",
        "FIND",
        "IF",
        "IFERROR",
        "INDEX",
        "INT",
        "ISERROR",
        "ISLOGICAL",
        "ISNUMBER",
        "LOWER",
        "MATCH",
        "MAX",
        "MID",
        "MIN",
        "MOD",
        "NORMSINV",
        "PERCENTILE",
        "ROUND",
        "ROUNDUP",
        "ROWS",
        "SQRT",
        "SUBSTITUTE",
        "SUM",
        "SUMIFS",
        "SUMPRODUCT",
        "TRIM",
    ]
)
_NEWER: Final = {
    **dict.fromkeys(
        [
            "IFNA",
            "ISOMITTED",
            "LAMBDA",
            "LET",
            "MAP",
            "REDUCE",
            "SCAN",
            "BYROW",
            "BYCOL",
            "SEQUENCE",
            "TAKE",
            "DROP",
            "TOCOL",
            "TOROW",
            "VSTACK",
            "HSTACK",
            "XMATCH",
            "PERCENTILE.INC",
            "NORM.S.INV",
            "NUMBERVALUE",
        ],
        "_xlfn.",
    ),
    "FILTER": "_xlfn._xlws.",
    "SORT": "_xlfn._xlws.",
}
_LONGEST_COMMENT: Final = 255
_LONGEST_FORMULA: Final = 8192

_TOKEN: Final = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*") | (?P<error>\#[A-Z/0]+[!?]?) | (?P<number>\d+(?:\.\d+)?(?:E[+-]?\d+)?)
    | \[(?P<optional>[A-Za-z_]\w*)\] | (?P<function>[A-Z][A-Z0-9.]*)(?=\() | (?P<name>[A-Za-z_]\w*) | (?P<rest>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def as_in_file(lambda_text: str) -> str:
    """Write a LAMBDA the way a file holds it.

    A parameter called like a KPI gets another name: within the LAMBDA it would stand in the way of that KPI's.

    Raises:
        ValueError: If it calls a function whose spelling in files is not known.

    >>> as_in_file('LAMBDA(a,[b],IF(ISOMITTED(b),"a",a))')
    '_xlfn.LAMBDA(_xlpm.a,_xlop.b,IF(_xlfn.ISOMITTED(_xlpm.b),"a",_xlpm.a))'
    """
    return "".join(_stored_token(match) for match in _TOKEN.finditer(lambda_text))


def _stored_token(match: re.Match[str]) -> str:
    if match["optional"]:
        return f"_xlop.{_local(match['optional'])}"
    if match["function"]:
        name = match["function"]
        if name not in _KNOWN and name not in _NEWER:
            raise ValueError(f"how does a file spell the function {name}?")
        return _NEWER.get(name, "") + name
    if match["name"] and match["name"] not in {"TRUE", "FALSE"}:
        return f"_xlpm.{_local(match['name'])}"
    return match[0]


def _local(name: str) -> str:
    return f"{name}_given" if name.upper() in CATALOGUE else name


def definitions(words: Words = ENGLISH) -> Iterator[tuple[str, str, str]]:
    """Name, definition and description of every KPI, in alphabetical order as Excel keeps them."""
    for name in sorted(CATALOGUE):
        definition = as_in_file(CATALOGUE[name].lambda_text())
        if len(definition) > _LONGEST_FORMULA:
            raise ValueError(f"{name}: its LAMBDA is longer than Excel takes")
        yield name, definition, words.description(FUNCTIONS[name])[:_LONGEST_COMMENT]
