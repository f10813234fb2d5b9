"""What depends on the language of Excel and Windows: separators, names of functions and constants, number format codes.

Only functions that the macros write are listed; the names are Microsoft's.
"""

import re
from dataclasses import dataclass

from .com_objects import ExcelError

ENGLISH = 0x409
NO_BREAK_SPACE = "\u00a0"

_NAMES = """
ABS          MODUŁ.LICZBY         ABS
AND          ORAZ                 UND
AVERAGE      ŚREDNIA              MITTELWERT
COUNT        ILE.LICZB            ANZAHL
COUNTA       ILE.NIEPUSTYCH       ANZAHL2
COUNTIF      LICZ.JEŻELI          ZÄHLENWENN
COUNTIFS     LICZ.WARUNKI         ZÄHLENWENNS
DATE         DATA                 DATUM
DAY          DZIEŃ                TAG
EOMONTH      NR.SER.OST.DN.MIES   MONATSENDE
FALSE        FAŁSZ                FALSCH
HYPERLINK    HIPERŁĄCZE           HYPERLINK
IF           JEŻELI               WENN
IFERROR      JEŻELI.BŁĄD          WENNFEHLER
INDEX        INDEKS               INDEX
INT          ZAOKR.DO.CAŁK        GANZZAHL
ISERROR      CZY.BŁĄD             ISTFEHLER
ISNUMBER     CZY.LICZBA           ISTZAHL
ISTEXT       CZY.TEKST            ISTTEXT
LEN          DŁ                   LÄNGE
MATCH        PODAJ.POZYCJĘ        VERGLEICH
MAX          MAX                  MAX
MEDIAN       MEDIANA              MEDIAN
MIN          MIN                  MIN
MONTH        MIESIĄC              MONAT
N            N                    N
NA           BRAK                 NV
NOT          NIE                  NICHT
OR           LUB                  ODER
REPT         POWT                 WIEDERHOLEN
ROUND        ZAOKR                RUNDEN
SQRT         PIERWIASTEK          WURZEL
SUM          SUMA                 SUMME
SUMIF        SUMA.JEŻELI          SUMMEWENN
SUMIFS       SUMA.WARUNKÓW        SUMMEWENNS
SUMPRODUCT   SUMA.ILOCZYNÓW       SUMMENPRODUKT
TRUE         PRAWDA               WAHR
YEAR         ROK                  JAHR
#N/A         #N/D!                #NV
#REF!        #ADR!                #BEZUG!
#VALUE!      #ARG!                #WERT!
#DIV/0!      #DZIEL/0!            #DIV/0!
#NAME?       #NAZWA?              #NAME?
#NUM!        #LICZBA!             #ZAHL!
#NULL!       #ZERO!               #NULL!
"""
TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*") | (?P<sheet>(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!) | (?P<error>\#[A-Z]+(?:/[A-Z0]+)?[!?]?)
    | (?P<word>\$?[^\W\d][\w.$\\?]*) | (?P<number>\d+(?:[.,]\d+)?(?:E[+-]?\d+)?) | (?P<space>\s+) | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Language:
    """A language of Excel's menus, Windows set to the same country.

    Attributes:
        dates: The English letters of date codes to the local ones.
    """

    name: str
    lcid: int
    separator: str
    decimal: str
    thousands: str
    general: str
    dates: dict
    names: dict

    def localized(self, formula):
        """An English formula as this Excel shows it."""
        if self.lcid == ENGLISH:
            return formula
        return "".join(self._localized(formula))

    def _localized(self, formula):
        for kind, text, called in tokens(formula, "."):
            if kind == "number":
                yield text.replace(".", self.decimal)
            elif kind == "mark" and text == ",":
                yield self.separator
            elif kind == "error" or (kind == "word" and (called or text in ("TRUE", "FALSE"))):
                if called and text not in self.names and text in ALL_NAMES:
                    raise AssertionError(f"languages.py lacks {text} in {self.name}")
                yield self.names.get(text, text)
            else:
                yield text

    def english(self, formula):
        """A formula typed in this language, in English; what this Excel would not take raises."""
        if self.lcid == ENGLISH:
            for kind, text, _ in tokens(formula, "."):
                if kind == "mark" and text == ";":
                    raise ExcelError("There is a problem with this formula")
            return formula
        return "".join(self._english(formula))

    def _english(self, formula):
        back = {local: english for english, local in self.names.items()}
        for kind, text, called in tokens(formula, self.decimal):
            if kind == "number":
                yield text.replace(self.decimal, ".")
            elif kind == "mark" and text in (",", "."):
                raise ExcelError("There is a problem with this formula")
            elif kind == "mark" and text == self.separator:
                yield ","
            elif kind == "error" or (kind == "word" and (called or text in back)):
                if text not in back:
                    raise ExcelError(f"{self.name} knows no {text}")
                yield back[text]
            else:
                yield text

    def english_format(self, code):
        """A number format code of this language in English."""
        if self.lcid == ENGLISH:
            return checked_format(code)
        if code == self.general:
            return "General"
        if code == "General":
            raise ExcelError("Unable to set the NumberFormat property")
        back = {local: english for english, local in self.dates.items()}
        found = []
        for quoted, letter in format_parts(code):
            if quoted:
                found.append(quoted)
            elif letter == self.decimal:
                found.append(".")
            elif letter == self.thousands:
                found.append(",")
            elif letter in ".,":
                found.append("\\" + letter)
            elif letter.isalpha() and letter != "E" and letter not in back:
                raise ExcelError("Unable to set the NumberFormat property")
            else:
                found.append(back.get(letter, letter))
        return "".join(found)


def checked_format(code):
    if len(code) > 255 or code.count(";") > 3:
        raise ExcelError("Unable to set the NumberFormat property")
    for quoted, letter in format_parts(code):
        if not quoted and letter.isalpha() and letter not in "yYmMdDhHsSeEgGbBAPaplnrO":
            raise ExcelError(f"Unable to set the NumberFormat property: {code}")
    return code


def format_parts(code):
    """The letters of a number format code; texts and colours as a whole, first of the two."""
    for part in re.finditer(r'"[^"]*"|\\.|_.|\[[^\]]*\]|.', code, re.DOTALL):
        text = part[0]
        yield (text, "") if len(text) > 1 else ("", text)


def tokens(formula, decimal):
    """Kind, text, and whether it is called as a function, of every part of a formula."""
    parts = [(match.lastgroup, match[0]) for match in TOKEN.finditer(formula)]
    i = 0
    while i < len(parts):
        kind, text = parts[i]
        if kind == "number" and decimal not in text and re.search("[.,]", text):  # 1,2 is two numbers in English
            first, mark, rest = re.match(r"(\d+)([.,])(.*)", text).groups()
            yield "number", first, False
            yield "mark", mark, False
            parts[i] = ("number", rest)
            continue
        following = parts[i + 1][1] if i + 1 < len(parts) else ""
        yield kind, text, kind == "word" and following == "("
        i += 1


_ROWS = [line.split() for line in _NAMES.strip().splitlines()]
ALL_NAMES = {row[0] for row in _ROWS}
_DATES = {letter: letter for letter in "ymdhs"}
LANGUAGES = {
    "en-US": Language("en-US", ENGLISH, ",", ".", ",", "General", _DATES, {row[0]: row[0] for row in _ROWS}),
    "pl-PL": Language(
        "pl-PL", 0x415, ";", ",", NO_BREAK_SPACE, "Standardowy", {**_DATES, "y": "r"}, {row[0]: row[1] for row in _ROWS}
    ),
    "de-DE": Language(
        "de-DE", 0x407, ";", ",", ".", "Standard", {"y": "J", "m": "M", "d": "T", "h": "h", "s": "s"},
        {row[0]: row[2] for row in _ROWS},
    ),
}  # fmt: skip
