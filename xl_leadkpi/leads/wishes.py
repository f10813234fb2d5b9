"""What the user says about columns and words, checked before anything is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.headers import find_column
from xl_leadkpi.leads.stages import CODE, named_stage, split_number
from xl_leadkpi.leads.table import Finding
from xl_leadkpi.leads.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xl_leadkpi.leads.grid import Grid
    from xl_leadkpi.leads.options import ReadOptions
    from xl_leadkpi.leads.table import StageWord

_TABLES = ("leads", "deals")


def checked(options: ReadOptions) -> ReadOptions:
    """Check the names of fields and stages, and write the stages as the funnel does.

    Raises:
        InputError: A field or stage is unknown; the message lists those there are.
    """
    for name in options.fields:
        _check_field(name)
    words = {}
    for word, stage in options.words.items():
        named = named_stage(stage)
        if named is None:
            raise InputError(f"Stage word '{word}': '{stage}' is no stage. The stages are: {', '.join(CODE)}.")
        words[word] = named
    return replace(options, words=words) if words else options


def _check_field(name: str) -> None:
    table, _, field = name.rpartition(".")
    known = list(vocabulary()["lead"])
    others = [*vocabulary()["spend"], *vocabulary()["touch"]]
    if name == "-" or (field in known and table in ("", *_TABLES)) or (name in others):
        return
    import difflib  # noqa: PLC0415 (only for a mistake)

    near = difflib.get_close_matches(field, [*known, *others], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InputError(f"There is no field '{name}' to map a column to.{hint} The fields are: {', '.join(known)}.")


def of_table(fields: Mapping[str, str], table: str) -> dict[str, str]:
    """Take the wishes that concern a table: those for any table, and its own (``deals.amount``).

    >>> of_table({"amount": "Total", "deals.owner": "Rep"}, "deals")
    {'amount': 'Total', 'owner': 'Rep'}
    """
    common = {name: header for name, header in fields.items() if "." not in name}
    own = {name.partition(".")[2]: header for name, header in fields.items() if name.partition(".")[0] == table}
    return {**common, **{name: header for name, header in own.items() if name}}


def check_headers(fields: Mapping[str, str], grids: Mapping[str, Grid]) -> None:
    """Check that every header named stands in one of the tables.

    Args:
        fields: Field to header, as the user wants it.
        grids: The tables read, by ``leads`` and ``deals``.

    Raises:
        InputError: A header is in none of them.
    """
    for name, header in fields.items():
        table, _, field = name.rpartition(".")
        if "-" in (name, header) or field not in vocabulary()["lead"]:
            continue
        looked_at = [grid for kind, grid in grids.items() if table in ("", kind)]
        if not looked_at:
            raise InputError(f"'{name}' maps a column of the {table}, but no such table is given.")
        if all(find_column(grid.headers, header) is None for grid in looked_at):
            raise InputError(
                f"{' and '.join(grid.place for grid in looked_at)}: there is no column '{header}' to map to {field}. "
                f"The columns are: {'; '.join(listed(grid.headers) for grid in looked_at)}."
            )


def listed(headers: Iterable[str]) -> str:
    """List the headers of a table for a message, the first thirty of them."""
    names = [header or "(blank)" for header in headers]
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


def unused_words(words: Iterable[str], understood: Iterable[StageWord]) -> list[Finding]:
    """Find the words whose stage the user gave, but which stand in no stage or status column."""
    met = {
        plain(text) for word in understood if word.origin == "user" for text in (word.word, split_number(word.word)[1])
    }
    return [Finding("unused_stage_word", 1, value=word) for word in words if plain(word) not in met]
