"""Which of the old code pages a text was written in: the one in which its words mean something.

The bytes above 127 are read in each page. A page scores by the words of headers and stages it gives, and by how usual
its letters are in one language of the page: letters beyond a language's alphabet, signs inside words, two scripts in
one word and capitals behind small letters speak against it.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from math import log
from typing import TYPE_CHECKING

from xl_leadkpi.leads.recognition.headers import is_header
from xl_leadkpi.leads.recognition.stage_words import find_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

# Letters beyond ASCII, the usual ones first, as texts of each language have them.
_LANGUAGES = {
    "pl": "łąężóśćńź",
    "cs": "íáéěřšžýčůúďťňóö",
    "sk": "áéíčšžýťľúôňďäóĺŕ",
    "hu": "áéöóőüíúű",
    "ro": "îâăşţșț",
    "sl": "čšžćđ",
    "de": "üäößé",
    "fr": "éèêàçîôûâùëïœæ",
    "es": "óíáéñúü¿¡ºª",
    "pt": "ãçáéíóêõúâàôü",
    "it": "àèòùìé",
    "nordic": "åäöøæéü",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "uk": "оаинвіертсклудмпязьбгйчхцїюєжщґшф",
    "bg": "аоиетнрсвлкдпмзягъбучцщжшхйфью",
}
_PAGES: Mapping[str, tuple[tuple[str, ...], float]] = {
    "cp1252": (("de", "fr", "es", "pt", "it", "nordic"), 0.0),
    "cp1250": (("pl", "cs", "sk", "hu", "ro", "sl", "de"), 0.0),
    "cp1251": (("ru", "uk", "bg"), 0.0),
    "iso8859-2": (("pl", "cs", "sk", "hu", "ro", "sl"), 2.0),
    "koi8-r": (("ru",), 2.0),
    "cp866": (("ru",), 3.0),
    "cp852": (("pl", "cs", "sk", "hu", "ro", "sl"), 3.0),
    "cp850": (("de", "fr", "es", "pt", "it", "nordic"), 3.0),
    "mac-cyrillic": (("ru", "uk"), 4.0),
    "mac-latin2": (("pl", "cs", "sk", "hu"), 4.0),
    "mac-roman": (("de", "fr", "es", "pt", "it", "nordic"), 4.0),
}
"""Code pages that exports come in, the usual ones first: their languages, and how much rarer they are."""
_SIGNS = frozenset("€–—„“”‚‘’«»…№\u00a0")
_JOINING = frozenset("–’\u00a0")
_VOWELS = frozenset("aeiouáéíóú")
_CYRILLIC = frozenset({"ru", "uk", "bg"})
_BETWEEN_WORDS = frozenset("£§©®°²³·•™¹ºªµ±×")
_RARE, _FOREIGN, _SIGN, _CONTROL = 6.0, 9.0, 2.5, 20.0
_LATIN_LETTER = 2.5  # in Latin scripts few letters are beyond ASCII, in Cyrillic all are
_NEIGHBOURS = 1.0
_TWO_SCRIPTS = 8.0
_LATE_CAPITAL = 3.0
_INSIDE = 5.0
_MEANS = 6.0
_MOST_WORDS, _MOST_CELLS = 300, 300
_LONGEST = 255  # letters of a word or cell that are looked at
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_CELL = re.compile(rb"[^\t\n\r;,|\"]+")


def single_byte(head: bytes, expected: ExpectedHeaders) -> str:
    """Choose the code page in which a text means something.

    Args:
        head: Its beginning; no UTF-8.
        expected: Which headers and stages to look for.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> from xl_leadkpi.leads.recognition.headers import ExpectedHeaders
    >>> single_byte("Etap;Źródło;Wartość".encode("cp1250"), ExpectedHeaders("leads", PIPELINE))
    'cp1250'
    >>> single_byte("Этап;Бюджет".encode("koi8-r"), ExpectedHeaders("leads", PIPELINE))
    'koi8-r'
    """
    words, cells = _beyond_ascii(_WORD, head, _MOST_WORDS), _beyond_ascii(_CELL, head, _MOST_CELLS)
    return max(_PAGES, key=lambda page: _score(page, words, cells, expected))


def _beyond_ascii(pattern: re.Pattern[bytes], head: bytes, most: int) -> list[bytes]:
    """The first different pieces that a code page reads in its own way."""
    pieces = (match[0][:_LONGEST].strip() for match in pattern.finditer(head))
    return list(islice(dict.fromkeys(piece for piece in pieces if not piece.isascii()), most))


def _score(page: str, words: Iterable[bytes], cells: Iterable[bytes], expected: ExpectedHeaders) -> float:
    languages, rarity = _PAGES[page]
    read = [_read(word, page) for word in words]
    likely = max(sum(_likely(word, language) for word in read) for language in languages)
    texts = (_read(cell, page) for cell in cells)
    known = (is_header(text, expected) or find_whole(text, expected.pipeline) is not None for text in texts)
    return likely - rarity + _MEANS * sum(known)


def _read(text: bytes, page: str) -> str:
    return text.decode(page, "replace")


def _likely(word: str, language: str) -> float:
    """How likely the letters of a word are in a language, as a logarithm."""
    costs = _costs(language)
    is_cyrillic = language in _CYRILLIC
    score = 0.0
    for before, letter, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if not letter.isascii():
            score -= costs.get(letter) or _unusual(letter, is_word=len(word) > 1)
            score -= 0 if is_cyrillic else _NEIGHBOURS * (not before.isascii())
            score -= _INSIDE * (letter in _SIGNS and letter not in _JOINING and before.isalpha() and after.isalpha())
            score -= _INSIDE * (letter in "ñÑ" and after.lower() not in _VOWELS)
        if before.isalpha() and letter.isalpha():
            score -= _TWO_SCRIPTS * (is_cyrillic and before.isascii() != letter.isascii())
            score -= _LATE_CAPITAL * (before.islower() and letter.isupper())
    return score


def _unusual(letter: str, *, is_word: bool) -> float:
    if letter in _SIGNS or (letter in _BETWEEN_WORDS and not is_word):
        return _SIGN
    if letter.isalpha():
        return _RARE
    return _CONTROL if letter == "\ufffd" or not letter.isprintable() else _FOREIGN


@cache
def _costs(language: str) -> Mapping[str, float]:
    """The cost of each letter: the rarer, the more."""
    letters = _LANGUAGES[language]
    is_cyrillic = language in _CYRILLIC
    weights = [1 / (rank + 2) for rank in range(len(letters))]
    costs: dict[str, float] = {}
    for letter, weight in zip(letters, weights, strict=True):
        cost = -log(weight / sum(weights)) + (0 if is_cyrillic else _LATIN_LETTER)
        costs[letter] = costs[letter.upper()[:1]] = cost
    return costs
