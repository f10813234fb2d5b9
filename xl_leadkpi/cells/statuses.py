"""The words that mean won, lost or open, in seven languages: one list for status columns, stages and formulas."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FALSE_WORDS: Final = frozenset({"false", "no", "n", "0", "f", "fałsz", "nie", "нет", "ложь", "falsch", "nein", "falso",
                                "non", "faux", "não"})  # fmt: skip
"""Words of a column of marks that say no."""


@cache
def status_words() -> Mapping[str, tuple[str, ...]]:
    """Words by what they mean: ``won``, ``lost`` or ``open``. As people write them; case does not matter.

    >>> "Sold" in status_words()["won"], "Pending" in status_words()["open"]
    (True, True)
    """
    text = (files("xl_leadkpi.cells") / "statuses.json").read_text(encoding="utf-8")
    return {meaning: tuple(words) for meaning, words in json.loads(text).items()}
