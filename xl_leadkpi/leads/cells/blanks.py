"""Texts that say there is no value."""

from __future__ import annotations

MISSING = frozenset({"", "-", "--", "---", "—", "–", "−", "n/a", "na", "#n/a", "null", "none", "nan", "nat", "brak",
                     "нет", "(blank)", "k.a.", "(none)", "не указано"})  # fmt: skip
"""Texts that stand for no value, casefolded."""

NOT_YET = frozenset({"не закрыта", "не закрыт", "не закрыто", "не выиграна", "открыта", "в работе", "niezamknięta",
                     "niezamknięty", "niezamknięte", "nie zamknięta", "nie zamknięto", "otwarta", "w toku",
                     "not closed", "not yet closed", "still open", "open", "not yet", "pending", "tbd", "offen",
                     "nicht geschlossen", "no cerrado", "abierto", "ouvert", "non fermé"})  # fmt: skip
"""Texts that stand in a column of dates where the day has not come yet, casefolded."""


def is_missing(text: str) -> bool:
    """Tell whether a text stands for no value.

    >>> [is_missing(text) for text in ("--", " brak ", "0", "unknown")]
    [True, True, False, False]
    """
    return text.strip().casefold() in MISSING
