"""Find a KPI by any of its names in any of the languages."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from operator import itemgetter
from typing import TYPE_CHECKING

from xl_leadkpi.kpis.declaration import DECLARED
from xl_leadkpi.kpis.provenance import misnomers
from xl_leadkpi.locales import languages

if TYPE_CHECKING:
    from xl_leadkpi.kpis.declaration import Kpi


def nearest(name: str) -> list[str]:
    """Names of the catalogue that look most like a misspelt one, best first, at most three.

    >>> from xl_leadkpi import kpis
    >>> nearest("winrat")[0]
    'WINRATE'
    """
    return get_close_matches(name.upper(), DECLARED, cutoff=0.7)


def search(words: str) -> list[Kpi]:
    """KPIs whose name, titles, aliases or description hold all the words, in any language; best matches first.

    >>> from xl_leadkpi import kpis
    >>> search("koszt leada")[0].name, search("процент побед")[0].name
    ('CPL', 'WINRATE')
    """
    wanted = _folded(words)
    found = [(_rank(kpi, wanted), kpi) for kpi in DECLARED.values()]
    return [kpi for rank, kpi in sorted(found, key=itemgetter(0)) if rank < _NOWHERE]


_NOWHERE = 4


def _rank(kpi: Kpi, wanted: str) -> int:
    """0: the very name, 1: inside a name, 2: all words in one name, 3: all words in the description."""
    names = [kpi.name, *misnomers(kpi.name)]
    for language in languages():
        names += [kpi.title_in(language), *kpi.aliases_in(language)]
    folded = [_folded(name) for name in names]
    if wanted in folded:
        return 0
    if any(wanted in name for name in folded):
        return 1
    words = wanted.split()
    if any(all(word in name for word in words) for name in folded):
        return 2
    description = _folded(kpi.__doc__ or "")
    return 3 if all(word in description for word in words) else _NOWHERE


def _folded(words: str) -> str:
    """Case, accents and punctuation do not matter; nor does ё for е, ł for l."""
    plain = unicodedata.normalize("NFKD", words.casefold()).replace("ł", "l")
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())
