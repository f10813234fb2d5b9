"""Amounts as exports write them (section 12): whole columns of distinct texts at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import polars as pl

from xl_leadkpi.leads.cells.blanks import MISSING
from xl_leadkpi.leads.cells.digits import ascii_digits, with_ascii_digits
from xl_leadkpi.leads.cells.magnitudes import read_mark, settled_power

SCIENTIFIC = r"^[+-]?\d(?:[.,]\d+)?[eE]\+\d{2}$"
"""A number as Excel shows it where it has more than eleven digits; most of them are lost."""
_NUMBER = r"([0-9][0-9.,]*)"
_LONGEST_FORM = 40
_NUMBER_SHAPE = r"^[+-]?(?:\d{1,3}(?:[.,' ]\d{2,3})*(?:[.,]\d+)?|\d+(?:[.,]\d+)?)-?$"


@dataclass(frozen=True, slots=True)
class Amounts:
    """A parsed column of distinct amount texts, all series of its length.

    Attributes:
        values: The amounts, null where missing or unparsed; a unit beside the number is reckoned in.
        currency: ISO code found beside the number, else null.
        unparsed: True where there is a text but no amount.
        ambiguous: True where one separator before exactly three digits was read as thousands without evidence.
        in_units: True where a unit stands beside the number ("1.5K", "2 mln").
    """

    values: pl.Series
    currency: pl.Series
    unparsed: pl.Series
    ambiguous: pl.Series
    in_units: pl.Series


def parse_amounts(texts: pl.Series, header: str = "") -> Amounts:
    """Parse distinct amount texts of one column; the column decides what a lone separator means.

    Args:
        texts: The texts.
        header: Header of the column; its currency and language settle what a doubtful unit means.

    Returns:
        The amounts and what was odd.

    >>> found = parse_amounts(pl.Series(["1 234,50 zł", "(1,200.00)", "1.234", "99,90", "12k", "2 mln zł"]))
    >>> found.values.to_list(), found.currency.to_list()
    ([1234.5, -1200.0, 1234.0, 99.9, 12000.0, 2000000.0], ['PLN', None, None, None, None, 'PLN'])
    """
    frame = texts.alias("text").cast(pl.String).to_frame()
    plain_number = frame["text"].str.contains(r"^-?[0-9]+(?:\.[0-9]+)?$")
    ambiguous_shape = r"^-?[1-9]\d{0,2}\.\d{3}$"
    if plain_number.all() and not frame["text"].str.contains(ambiguous_shape).any():
        # The usual case, a million distinct decimals: no text needs a second look.
        none = pl.Series([False]).new_from_index(0, len(texts))
        no_text = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
        return Amounts(frame["text"].cast(pl.Float64), no_text, none, none, none)
    text = pl.col("text")
    frame = ascii_digits(frame["text"]).to_frame()
    frame = frame.with_columns(
        clean=text.str.replace_all("[\u2212\u2013\u2014\u2012]", "-").str.replace_all(
            r"[\s\u00a0\u202f\u2009\u2007'’`]", ""
        )
    )
    clean = pl.col("clean")
    frame = frame.with_columns(
        missing=clean.is_null() | clean.str.to_lowercase().is_in([*MISSING, "неуказано"]),
        written=clean.str.extract(_NUMBER),
        form=clean.str.replace(_NUMBER, "0"),
        scientific=clean.str.contains(SCIENTIFIC),
    )
    frame = frame.with_columns(
        sign=pl.col("form").str.replace_all(r"[0.,()+-]", ""),
        negative=pl.col("form").str.contains(r"^[^0]*-|-[^0]*$|^\(.*\)$"),
        # a full stop before the number ends a word ("руб.1500"), unless no letter stands before it ("$.50")
        digits=pl.concat_str(
            pl.when(pl.col("form").str.contains(r"^(?:[^0]*[^\p{L}0])?[.,]0")).then(pl.lit("0.")).otherwise(pl.lit("")),
            pl.col("written").str.strip_chars_end(".,"),
        ),
        shape=pl.col("written").is_not_null() & ~pl.col("form").str.contains(r"[0-9].*[0-9]|^.+-.*-$"),
    )
    marks = _marks(frame["form"].filter(frame["sign"] != ""), header)
    digits = pl.col("digits")
    after_last = digits.str.extract(r"[.,](\d*)$")
    has_dot, has_comma = digits.str.contains(".", literal=True), digits.str.contains(",", literal=True)
    separators = digits.str.count_matches(r"[.,]")
    frame = frame.join(marks, on="form", how="left", maintain_order="left").with_columns(
        kind=pl.when(separators == 0)
        .then(pl.lit("integer"))
        .when(has_dot & has_comma)
        .then(pl.lit("both"))
        .when(separators > 1)
        .then(
            pl.when(digits.str.contains(r"^\d{1,3}(?:[.,]\d{3})+$|^\d{1,2}(?:,\d{2})+,\d{3}$"))
            .then(pl.lit("groups"))
            .otherwise(pl.lit("bad"))
        )
        .when((after_last.str.len_bytes() != 3) | digits.str.contains(r"^(?:0|\d{4,})?[.,]"))
        .then(pl.lit("decimal"))
        .otherwise(pl.lit("lone")),
        last=digits.str.extract(r"([.,])\d*$"),
        power=pl.when(pl.col("sign") == "").then(0).otherwise(pl.col("power")),
    )
    votes = frame.filter(pl.col("kind").is_in(["decimal", "both"]) & ~pl.col("missing"))["last"]
    commas, dots = int((votes == ",").sum()), int((votes == ".").sum())
    decimal_mark = "," if commas > dots else "." if dots else None
    kind, last = pl.col("kind"), pl.col("last")
    is_decimal = kind.is_in(["decimal", "both"]) | (
        (kind == "lone") & (last == pl.lit(decimal_mark)).fill_null(value=False)
    )
    whole = digits.str.replace(r"[.,]\d*$", "").str.replace_all(r"[.,]", "")
    number = (
        pl.when(is_decimal)
        .then(pl.concat_str(whole, pl.lit("."), after_last))
        .otherwise(digits.str.replace_all(r"[.,]", ""))
    )
    # the unit goes into the text of the number, so that 141.56K is 141560 to the last digit
    number = pl.concat_str(number, pl.lit("e"), pl.col("power").cast(pl.String)).cast(pl.Float64, strict=False)
    usable = ~pl.col("missing") & pl.col("power").is_not_null() & pl.col("shape") & (kind != "bad")
    if decimal_mark is None:
        # "1.234 mln" is a thousandfold of itself in the other reading, and nobody writes so many millions with a unit
        usable &= (kind != "lone") | (pl.col("power") == 0)
    frame = frame.with_columns(
        value=pl.when(pl.col("scientific"))
        .then(clean.str.replace(",", ".").cast(pl.Float64, strict=False))
        .when(usable)
        .then(pl.when("negative").then(-number).otherwise(number)),
    ).with_columns(
        unparsed=~pl.col("missing") & pl.col("value").is_null(),
        ambiguous=usable & (kind == "lone") & pl.lit(decimal_mark is None),
        in_units=(usable & (pl.col("power") != 0)).fill_null(value=False),
    )
    return Amounts(
        frame["value"],
        frame.select(pl.when(pl.col("value").is_not_null()).then("currency"))["currency"],
        frame["unparsed"],
        frame["ambiguous"],
        frame["in_units"],
    )


def _marks(forms: pl.Series, header: str) -> pl.DataFrame:
    """What stands beside the numbers of a column: ``form``, ``currency``, and ``power``, null where it is unknown."""
    distinct = [form for form in forms.unique().to_list() if form and len(form) <= _LONGEST_FORM]
    found = {form: mark for form in sorted(distinct) if (mark := read_mark(form))}
    has_units = any(mark.power and not mark.doubt for mark in found.values())
    return pl.DataFrame(
        {
            "form": list(found),
            "currency": [mark.currency for mark in found.values()],
            "power": [settled_power(form, header, has_units=has_units) for form in found],
        },
        schema={"form": pl.String, "currency": pl.String, "power": pl.Int32},
    )


@cache
def _number_shape() -> re.Pattern[str]:
    return re.compile(_NUMBER_SHAPE)


def looks_like_number(text: str) -> bool:
    """Tell whether one text may be a number or an amount of money.

    >>> [looks_like_number(text) for text in ("1 234,50 zł", "(12.00)", "5%", "$1.5K", "2018.02.26", "12 Main St")]
    [True, True, True, True, False, False]
    """
    if len(text) > 40 or not any(letter.isdigit() for letter in text):
        return False
    text = with_ascii_digits(text)
    bare = re.sub(r"[\s\u00a0\u202f\u2009'’]", "", text.strip().replace("−", "-"))
    if re.match(SCIENTIFIC, bare):
        return True
    number = re.search(_NUMBER, bare)
    if number is None:
        return False
    form = bare.replace(number[0], "0", 1)
    mark = read_mark(form.removesuffix("%"))
    if mark is None or (mark.doubt == "letter" and not mark.currency):
        return False
    return bool(_number_shape().match(number[0].strip(".,")))
