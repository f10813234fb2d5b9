"""The words that mean won, lost or open in a status column, in six languages.

Compared in lower case, without surplus spaces. Used in Python and written into the LAMBDAs.
"""

from typing import Final

WON: Final = (
    "won", "closedwon", "closed won", "closed-won", "deal won", "customer", "client", "evangelist",
    "wygrana", "wygrane", "sprzedane", "zakończone sukcesem", "zakończone wygraną", "klient",
    "успешно реализовано", "сделка успешна", "успешно", "выиграна", "продажа", "оплачено", "клиент",
    "gewonnen", "abgeschlossen gewonnen", "kunde", "ganado", "ganada", "cierre ganado", "cliente",
    "gagné", "gagnée", "fermé gagné",
)  # fmt: skip
LOST: Final = (
    "lost", "closedlost", "closed lost", "closed lost to competition", "disqualified", "unqualified", "junk lead",
    "closed - not converted", "rejected", "dead", "recycled",
    "przegrana", "przegrane", "utracone", "odrzucony", "niezakwalifikowany", "zakończone przegraną",
    "закрыто и не реализовано", "не реализовано", "сделка провалена", "отказ", "проиграна", "потеряна",
    "некачественный лид", "анализ причины провала",
    "verloren", "abgeschlossen verloren", "disqualifiziert", "perdido", "perdida", "cierre perdido", "descalificado",
    "perdu", "perdue", "fermé perdu", "disqualifié",
)  # fmt: skip
OPEN: Final = (
    "open", "in progress", "otwarta", "otwarte", "otwarty", "w toku", "открыта", "открыто", "открыт", "в работе",
    "offen", "abierto", "abierta", "en curso", "ouvert", "ouverte", "en cours",
)  # fmt: skip


def is_one_of(statuses: str, words: tuple[str, ...]) -> str:
    """Excel text that gives 1 for each cell of a range that holds one of the words, else 0.

    >>> is_one_of("C2:C9", ("won", "gained"))
    'MAP(TRIM(C2:C9),LAMBDA(word,SUM((word={"won","gained"})*1)))'
    """
    listed = ",".join(f'"{word}"' for word in words)
    return f"MAP(TRIM({statuses}),LAMBDA(word,SUM((word={{{listed}}})*1)))"
