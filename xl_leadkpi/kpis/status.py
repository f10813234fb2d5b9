"""What a status means to a KPI: won, lost or open. Used in Python and written into the LAMBDAs.

Case, surplus spaces, accents and the separators between words do not matter.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from xl_leadkpi.cells.statuses import FALSE_WORDS, status_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Status = Literal["won", "lost", "open"]

_SEPARATORS: Final = "-_/"
_LONGEST_TEXT: Final = 255
# Neither has a Unicode decomposition.
_UNDECOMPOSED: Final = str.maketrans({"ł": "l", "ß": "ss"})


def statuses_of(words: Sequence[str]) -> list[Status | None]:
    """What the words of a status column mean, None for words of no list.

    Args:
        words: As :func:`xl_leadkpi.cells.values.read_words` reads them.

    >>> statuses_of(["won", "closed-won", "gagne", "verloren", "in progress", "maybe"])
    ['won', 'won', 'won', 'lost', 'open', None]
    """
    known = {word: _MEANING.get(_key(word)) for word in set(words)}
    return [known[word] for word in words]


def is_status(statuses: str, status: Status) -> str:
    """Excel text that gives 1 for each cell of a range whose word means the status, else 0.

    >>> is_status("C2:C9", "open")[:44]
    'MAP(C2:C9,LAMBDA(word,ISNUMBER(FIND("|"&TRIM'
    """
    word = "LOWER(word)"
    for separator in _SEPARATORS:
        word = f'SUBSTITUTE({word},"{separator}"," ")'
    # one text with bars between the words, because a formula takes 8,192 characters and an array spends three a word
    listed = "&".join(f'"{text}"' for text in _lines(_WORDS[status]))
    return f'MAP({statuses},LAMBDA(word,ISNUMBER(FIND("|"&TRIM({word})&"|",{listed}))*1))'


def _lines(words: Sequence[str]) -> list[str]:
    """The words between bars, in texts as long as Excel takes."""
    lines = ["|"]
    for word in words:
        if len(lines[-1]) + len(word) >= _LONGEST_TEXT:
            lines.append("")
        lines[-1] += f"{word}|"
    return lines


def says_no(word: str) -> bool:
    """Whether a mark says that something is not so: a blank, a dash, 0 or a word for no.

    Args:
        word: As :func:`xl_leadkpi.cells.values.read_words` reads it.

    >>> [says_no(word) for word in ("", "-", "0", "false", "nie", "45782", "opp-17", "yes")]
    [True, True, True, True, True, False, False, False]
    """
    return word in _NO


def no_text(cell: str) -> str:
    """Excel text that gives 1 where the mark in a cell says no, else 0; FALSE says so in every language of Excel's."""
    listed = ",".join(f'"{word}"' for word in _NO)
    return f"IF(ISLOGICAL({cell}),1-{cell},(SUM((TRIM({cell})={{{listed}}})*1)>0)*1)"


def _key(word: str) -> str:
    for separator in _SEPARATORS:
        word = word.replace(separator, " ")
    return " ".join(part for part in word.lower().split(" ") if part)


def _unaccented(word: str) -> str:
    """The word as it is typed where a keyboard has no accents; й is a letter of its own."""
    letters = (
        letter if letter == "й" else unicodedata.normalize("NFD", letter)[0] for letter in word.translate(_UNDECOMPOSED)
    )
    return "".join(letters)


def _spellings(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelling for word in map(_key, words) for spelling in (word, _unaccented(word))))


_WORDS: Final[Mapping[Status, tuple[str, ...]]] = {
    status: _spellings(status_words()[status]) for status in ("won", "lost", "open")
}
_NO: Final = (
    "",
    "-",
    *dict.fromkeys(spelling for word in sorted(FALSE_WORDS) for spelling in (word, _unaccented(word))),
)
_MEANING: Final[Mapping[str, Status]] = {word: status for status, words in _WORDS.items() for word in words}
