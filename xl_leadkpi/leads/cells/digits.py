"""Digits of all scripts, and the signs that stand between them."""

from __future__ import annotations

import unicodedata
from functools import cache

import polars as pl

_OTHER_DIGIT = r"[\p{Nd}&&[^0-9]]"
_LAST_DIGIT = 0x1FBF9
_FULL_WIDTH_SIGNS = dict(zip("．，－＋／：（）％￥＄￡￦　", ".,-+/:()%¥$£₩ ", strict=True))


def ascii_digits(texts: pl.Series) -> pl.Series:
    """Write decimal digits of any script as 0 to 9, with the signs that stand between them.

    >>> ascii_digits(pl.Series(["١٢٬٣٤٥٫٥", "１，２３４．５０", "१२", "12 ½"])).to_list()
    ['12345.50000', '1,234.50', '12', '12 ½']
    """
    found = texts.str.contains(_OTHER_DIGIT)
    if not found.any():
        return texts
    frame = pl.DataFrame({"text": texts, "found": found})
    # An Arabic decimal sign is one whatever follows; with zeros nobody takes it for one of thousands.
    marked = pl.col("text").str.replace_all("٬", "", literal=True).str.replace(r"٫(\p{Nd}+)$", ".${1}0000")
    digits = _other_digits()
    written = marked.str.replace_many(list(digits), list(digits.values()))
    return frame.select(text=pl.when("found").then(written).otherwise("text"))["text"]


@cache
def _other_digits() -> dict[str, str]:
    digits = {
        chr(code): str(unicodedata.decimal(chr(code)))
        for code in range(0x80, _LAST_DIGIT + 1)
        if unicodedata.category(chr(code)) == "Nd"
    }
    return {**digits, **_FULL_WIDTH_SIGNS, "٫": "."}


@cache
def _digit_table() -> dict[int, str]:
    return str.maketrans({**_other_digits(), "٬": ""})


def with_ascii_digits(text: str) -> str:
    """Write one text as :func:`ascii_digits` does."""
    if text.isascii() or not any(letter > "\x7f" and letter.isdecimal() for letter in text):
        return text
    return text.translate(_digit_table())
