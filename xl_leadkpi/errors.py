"""What all rooms' exceptions for the user have in common, and how their messages quote."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_QUOTE = 60
_MOST_LISTED = 30
_SINGLE, _DOUBLE = "'‘’‚‛", '"“”„'
"""What PowerShell takes for quotation marks; other shells only the first of each."""
_WORKED_OUT = re.compile(r"[$`\\]|!(?![\s=(]|$)")
"""What a shell works out between double quotation marks."""


OWN_STAGES = "own_stages"
STAGE_NAMES, STAGE_WORDS, STANDS_FOR = (f"{OWN_STAGES}.{key}" for key in ("name", "words", "stands_for"))
"""What errors call the list of the user's stages, and what of one of them is at fault."""


class UserError(Exception):
    """Something the user can mend; the message says where the fault is and how. The command line prints just that.

    Attributes:
        setting: The option that is at fault and the value or the entry of it, None where the export is.
    """

    def __init__(self, message: str, setting: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.setting = setting


class InputError(UserError):
    """An export that cannot be used: the message names file, sheet, row, column, the expectation and the remedy."""


def brief(text: str) -> str:
    """The beginning of a text that a message quotes, which need not hold thousands of letters.

    >>> brief("Source"), brief("x" * 1000) == "x" * 60 + "..."
    ('Source', True)
    """
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


def shell_word(text: str) -> str:
    """A text as one word of a command, to be pasted in a shell; wherever that can be, in PowerShell too.

    >>> print(shell_word("New business"), shell_word("O'Neil & sons"))
    'New business' "O'Neil & sons"
    """
    if not any(mark in text for mark in _SINGLE):
        return f"'{text}'"
    if not any(mark in text for mark in _DOUBLE) and not _WORKED_OUT.search(text):
        return f'"{text}"'
    if os.name == "nt":
        return "'" + re.sub(f"([{_SINGLE}])", r"\1\1", text) + "'"
    return shlex.quote(text)


def listed(texts: Iterable[str]) -> str:
    """List for a message the headers of a table, its sheets or whatever there may be thousands of: some, each briefly.

    >>> listed(["Created", ""]), listed(map(str, range(100)))[-22:]
    ('Created, (blank)', '27, 28, 29 and 70 more')
    """
    names = [brief(text) or "(blank)" for text in texts]
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
