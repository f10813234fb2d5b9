"""Names of columns that are this package's or an engine's own, and how a user's column of that name gives way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESERVED = re.compile(
    "(row_no|leadkpi_.*|rowid|filename|file_row_number|_metadata)(?<!\u2060)", re.IGNORECASE | re.DOTALL
)
_NOT_OURS = "\N{WORD JOINER}"  # nobody sees it


def freed(names: Iterable[str]) -> dict[str, str]:
    """Other names for the columns of the user's that are called as ours or an engine's are.

    Engines do not tell upper from lower case, so neither does this.
    """
    return {name: name + _NOT_OURS for name in names if _RESERVED.fullmatch(name)}


def header_of(name: str) -> str:
    """The user's own name of a column that had to give way to one of ours.

    >>> [header_of(name) for name in ("Stage", *freed(["row_no", "Stage"]).values())]
    ['Stage', 'row_no']
    """
    own = name.removesuffix(_NOT_OURS)
    return own if _RESERVED.fullmatch(own) else name
