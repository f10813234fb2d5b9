"""Names and arguments are public for ever: nothing of ``public_names.json`` may go or change; additions join it."""

import json
import keyword
import re

import pytest

from xl_leadkpi import kpis
from xl_leadkpi.kpis import CATALOGUE

from .regenerate import NAMES, public_names, published

PUBLIC = json.loads(NAMES.read_text(encoding="utf-8"))
VBA_KEYWORDS = """
and as boolean byref byte byval call case class const currency date debug declare dim do double each else elseif empty
end enum eqv erase error event exit false for friend function get global gosub goto if imp implements in integer is let
like long loop lset me mod new next not nothing null object on open option optional or paramarray preserve print private
property public put raiseevent redim rem resume return rset select set single static step stop string sub then to true
type typeof until variant wend while with xor
"""
CELL = re.compile(r"[A-Z]{1,3}\d+|R\d*C?\d*|C\d*")
"""What Excel takes for a cell: ABC40, of no more than three letters (the last column is XFD), or R1C1."""


@pytest.mark.parametrize(
    ("name", "is_cell"),
    [("ABC40", True), ("CPL1", True), ("R1C1", True), ("RC", True), ("RULEOF40", False), ("CPL", False)],
)
def test_what_looks_like_a_cell(name, is_cell):
    assert bool(CELL.fullmatch(name)) == is_cell


@pytest.mark.parametrize("name", PUBLIC)
def test_kpi_is_as_published(name):
    assert published(CATALOGUE[name]) == PUBLIC[name]


def test_every_kpi_is_published():
    """After a KPI was added: ``python -m tests.kpis.regenerate``."""
    assert set(CATALOGUE) == set(PUBLIC)
    assert NAMES.read_text(encoding="utf-8") == public_names()


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_names_suit_excel_and_vba(kpi):
    # at most 12 letters, so that nobody mistypes it
    assert re.fullmatch(r"[A-Z][A-Z0-9]{2,11}", kpi.name)
    assert not CELL.fullmatch(kpi.name)
    for argument in kpi.arguments:
        assert argument.name.isidentifier()
        assert not keyword.iskeyword(argument.name)
        assert argument.name.casefold() not in VBA_KEYWORDS.split()
        assert argument.name.casefold() != kpi.name.casefold()


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(AttributeError, match=r"^no KPI is called 'WINRAT'; did you mean WINRATE, WINRATEIF\?$"):
        kpis.WINRAT  # noqa: B018
    with pytest.raises(AttributeError, match=r"no KPI is called 'XYZZY'$"):
        kpis.XYZZY  # noqa: B018


def test_wrong_number_of_arguments_is_the_programmers_error():
    with pytest.raises(TypeError, match="needs leads"):
        kpis.CPL(1)
    with pytest.raises(TypeError, match="at most 2"):
        kpis.CPL(1, 2, 3)
    with pytest.raises(TypeError, match="no argument 'lead'"):
        kpis.CPL(1, lead=3)
    with pytest.raises(TypeError, match="'spend' twice"):
        kpis.CPL(1, spend=3, leads=4)
