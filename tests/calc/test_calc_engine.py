"""The engine behaves as xlwings and Excel do, as far as the macros rely on it."""

import datetime as dt

import pytest

from .calc_grammar import from_calc, to_calc


@pytest.mark.parametrize(
    ("excel", "calc"),
    [
        ("=SUM(A1:A3,2)", "=SUM(A1:A3;2)"),
        ('=IF(A1>0,"a,b;c",Funnel!B2)', '=IF(A1>0;"a,b;c";$Funnel.B2)'),
        ("='It''s'!$A$1/1.5", "=$'It''s'.$A$1/1.5"),
    ],
)
def test_grammar_there_and_back(excel, calc):
    assert to_calc(excel) == calc
    assert from_calc(calc) == excel


def test_grammar_refuses_what_it_cannot_translate():
    with pytest.raises(NotImplementedError):
        to_calc("=SUM(tblLeads[Amount])")


def test_values_keep_their_types(book):
    sheet = book.sheets[0]
    moment = dt.datetime(2026, 6, 30, 14, 5)
    rows = [["Źródło", dt.datetime(2026, 1, 2), 5.5], [None, moment, -3.0]]
    sheet.range("B2").value = rows
    assert sheet.range("B2:D3").value == rows
    assert sheet.used_range.address == "$B$2:$D$3"


def test_texts_are_texts_with_or_without_an_apostrophe(book):
    cells = book.sheets[0].range("A1:A3")
    cells.options("raw").formula = [["'=1+1"], ["'007"], ["plain"]]
    assert cells.value == ["=1+1", "007", "plain"]
    cells.options("raw").formula = [["'=1+1"], ["=1+1"], ["'-5"]]
    assert cells.value == ["=1+1", 2.0, "-5"]


def test_errors(book):
    cells = book.sheets[0].range("A1:B1")
    cells.formula = [["=1/0", "=NA()"]]
    assert cells.value == [None, None]
    assert cells.options(err_to_str=True).value == ["#DIV/0!", "#N/A"]


def test_formats_go_to_several_areas_at_once(book):
    sheet = book.sheets[0]
    cells = sheet.range("A1:B2,D5")
    cells.font.bold, cells.color, cells.number_format = True, "#17406D", "0.0%"
    cells.borders.set(["edge_bottom"], line_style="continuous", weight="thin", color="#FF0000")
    assert cells.address == "$A$1:$B$2,$D$5"
    for address, formatted in (("B2", True), ("D5", True), ("C1", False)):
        cell = sheet.range(address)
        assert cell.font.bold is formatted
        assert (cell.color == (0x17, 0x40, 0x6D)) is formatted
        assert (cell.number_format == "0.0%") is formatted


def test_a_condition_is_relative_to_the_active_cell_and_comes_first(book):
    sheet = book.sheets[0]
    cells = sheet.range("B2:B3")
    cells.select()
    cells.conditional_formats.add_custom("=A2=1", fill_color="#FF0000")
    cells.conditional_formats.add_custom("=A2>0", fill_color="#00FF00")
    entries = [sheet.range("B3").api.ConditionalFormat.getByIndex(i) for i in range(2)]
    assert [(one.Formula1, one.SourcePosition.Row, one.SourcePosition.Column) for one in entries] == [
        ("A2>0", 1, 1),
        ("A2=1", 1, 1),
    ]


def test_a_copied_sheet_can_be_restored_from(book):
    sheet = book.sheets[0]
    sheet.range("A1:B1").formula = [["'01", "=A1&1"]]
    sheet.range("A1").color = "#FF0000"
    copy = sheet.copy(name="kept")
    sheet.range("A1:B1").clear()
    sheet.range("A1:B1").copy_from(copy.range("A1:B1"), "formulas")
    sheet.range("A1:B1").copy_from(copy.range("A1:B1"), "formats")
    assert sheet.range("A1:B1").value == ["01", "011"]
    assert sheet.range("A1").color == (255, 0, 0)


def test_names_follow_a_renamed_sheet(book):
    book.names.add("mark", "='Sheet1'!$A$1")
    book.names.add("words", '="A1:B2,"&"C3,"')
    book.sheets[0].name = "It's new"
    assert book.names["mark"].refers_to_range.sheet.name == "It's new"
    assert book.names["words"].refers_to == '="A1:B2,"&"C3,"'


def test_what_the_macros_do_not_call_is_not_there(book):
    sheet = book.sheets[0]
    for call in (
        lambda: sheet.pictures,
        lambda: sheet.range("A1").insert("down"),
        lambda: sheet.range("A1").conditional_formats.add_color_scale(["#FF0000", "#00FF00"]),
        lambda: sheet.range("A1").formula_array,
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_calls_are_counted_once_each(book):
    from .calc_members import Counted

    sheet, before = book.sheets[0], Counted.calls
    sheet.range("A1:B2,D4").font.bold = True
    assert Counted.calls - before == 3  # range, font, bold
    assert (len(sheet.tables), list(sheet.charts)) == (0, [])
    assert Counted.calls - before == 8  # tables, its length; charts, its length for the list, its loop
