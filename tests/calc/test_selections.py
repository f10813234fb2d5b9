"""Selections that users really make: what they mean, and clear words where they mean nothing."""

import datetime as dt

import pytest

from xl_leadkpi.addin import macros
from xl_leadkpi.addin.selection import SelectionError, find_tables, table_at

from .conftest import fill, select

HEADER = ["Lead ID", "Created", "Status", "Source", "Amount"]


def lead(number, **other):
    row = {
        "Lead ID": f"L{number:03}",
        "Created": dt.datetime(2025, 1, 1) + dt.timedelta(days=number),
        "Status": "Won" if number % 4 == 0 else "New",
        "Source": "Ads" if number % 2 else "Fair",
        "Amount": 100.0 * number,
    }
    return list((row | other).values())


LEADS = [lead(number) for number in range(1, 13)]


@pytest.fixture
def sheet(book):
    one = book.sheets[0]
    one.name = "Leads"
    fill(one, [HEADER, *LEADS])
    return one


def numbers(table):
    """The numbers of the leads read, however many title lines stand above."""
    return [
        int(row[0][1:]) for row in table.rows if isinstance(row[0], str) and row[0][:1] == "L" and row[0][1:].isdigit()
    ]


ALL = list(range(1, 13))


@pytest.mark.parametrize("address", ["A1", "C7", "E13", "A1:E13", "A:E", "1:13", "A1:XFD1048576", "B4:B4", "C3:C5"])
def test_the_whole_table_is_meant(sheet, address):
    address = address.replace("XFD", "AMJ")  # LibreOffice 7.4 has 1024 columns
    table = table_at(sheet.range(address))
    assert numbers(table) == ALL
    assert table.rows[0] == HEADER
    assert (table.first_row, table.address) == (1, "Leads!A1:E13")


def test_one_cell_grows_to_its_excel_table(sheet):
    sheet.tables.add(sheet.range("A1:E9"), name="tblExport")
    table = table_at(sheet.range("B3"))
    assert numbers(table) == ALL[:8]
    assert table.address == "Leads!A1:E9"


def test_a_click_beside_the_only_table_means_that_table(sheet):
    assert numbers(table_at(sheet.range("J20"))) == ALL


def test_an_empty_sheet(book):
    with pytest.raises(SelectionError, match="There is no table around the selected cell of Sheet1"):
        table_at(book.sheets[0].range("B2"))


def test_title_lines_above_the_header(book):
    one = book.sheets[0]
    fill(one, [["Export of all leads"], ["made on 1 July"], HEADER, *LEADS])
    table = table_at(one.range("C8"))
    assert numbers(table) == ALL
    assert table.first_row == 1


def test_blank_rows_inside_the_table(book):
    one = book.sheets[0]
    fill(one, [HEADER, *LEADS[:4], [None], *LEADS[4:8], [None], [None], *LEADS[8:]])
    for address in ("B2", "B8", "B14"):
        table = table_at(one.range(address))
        assert numbers(table) == ALL, address
        assert table.rows[0] == HEADER


def test_a_blank_row_below_the_header(book):
    one = book.sheets[0]
    fill(one, [HEADER, [None], *LEADS])
    assert table_at(one.range("C9")).rows[0] == HEADER


def test_another_table_below_is_not_read(book):
    one = book.sheets[0]
    fill(one, [HEADER, *LEADS, [None], ["Month", "Channel", "Cost"], ["2025-01", "Ads", 500.0]])
    assert numbers(table_at(one.range("B3"))) == ALL
    assert table_at(one.range("B3")).address == "Sheet1!A1:E13"


def test_rows_without_their_header(sheet):
    table = table_at(sheet.range("A5:E9"))
    assert table.rows[0] == HEADER
    assert numbers(table) == [4, 5, 6, 7, 8]
    assert table.first_row == 4  # so that row numbers in the quality list are those of the sheet
    assert table.notes


def test_the_rows_that_a_filter_shows(sheet):
    table = table_at(sheet.range("A1:E2,A6:E7,A12:E12"))
    assert table.rows[0] == HEADER
    assert numbers(table) == [1, 5, 6, 11]
    assert any("Only the selected rows are counted" in note for note in table.notes)


def test_columns_apart(sheet):
    table = table_at(sheet.range("A1:B13,E1:E13"))
    assert table.rows[0] == ["Lead ID", "Created", "Amount"]
    assert table_at(sheet.range("A:B,E:E")).rows == table.rows


def test_areas_that_do_not_belong_together_are_refused(sheet):
    with pytest.raises(SelectionError, match="neither to the same columns nor to the same rows"):
        table_at(sheet.range("A1:B5,C7:E9"))


def test_too_many_areas_are_refused(sheet):
    with pytest.raises(SelectionError, match="too many separate areas"):
        table_at(sheet.range(",".join(f"A{row}:E{row}" for row in range(1, 60, 2))))


def test_hidden_rows_count(sheet):
    sheet.range("4:6").api.Rows.IsVisible = False
    assert numbers(table_at(sheet.range("B2"))) == ALL


def test_merged_cells(book):
    one = book.sheets[0]
    fill(one, [["All leads"], HEADER, *LEADS])
    one.range("A1:E1").merge()
    one.range("D4").clear_contents()  # as Excel does when it merges
    one.range("D3:D4").merge()
    table = table_at(one.range("B6"))
    assert numbers(table) == ALL
    assert table.rows[3][3] is None  # only the first of merged cells holds the value


# through the macro ----------------------------------------------------------------------------------------------------


def counted(book, address="B2"):
    select(book.sheets["Leads"], address)
    message = macros.build_funnel(book)
    if "leadkpi_summary" not in book.names:
        return message
    keys, values = book.names["leadkpi_summary"].refers_to_range.value
    return dict(zip(keys, values, strict=True))


def test_a_row_of_totals_is_no_lead(book, sheet):
    fill(sheet, [["Total", None, None, None, 7800.0]], "A14")
    assert counted(book)["leads"] == 12


def test_the_totals_row_of_an_excel_table(book, sheet):
    fill(sheet, [["Sum", None, None, None, 7800.0]], "A14")
    sheet.tables.add(sheet.range("A1:E14"), name="tblExport").impl.xl.TotalsRow = True
    assert numbers(table_at(sheet.range("B3"))) == ALL
    assert counted(book)["leads"] == 12


def test_dates_as_text(book, sheet):
    sheet.range("B2:B13").options("raw").formula = [[f"'{row[1]:%d.%m.%Y}"] for row in LEADS]
    assert sheet.range("B2").value == "02.01.2025"
    assert counted(book)["leads"] == 12
    assert book.sheets["Funnel_Data"].range("C2:D2").value  # dates were understood


def test_formulas_with_errors(book, sheet):
    sheet.range("E3:E4").formula = [["=1/0"], ["=NA()"]]
    figures = counted(book)
    assert figures["leads"] == 12
    assert figures["revenue"] == pytest.approx(400 + 800 + 1200)


def test_formulas_that_look_like_attacks_stay_text(book, sheet):
    sheet.range("D2:D4").options("raw").formula = [["'=1+1"], ["'@cmd"], ["'-2+3"]]
    assert counted(book)["leads"] == 12
    cells = [cell for row in book.sheets["Funnel"].used_range.value for cell in row]
    assert {"=1+1", "@cmd", "-2+3"} <= set(cells)


def test_a_table_without_headers_is_refused_with_what_was_found(book):
    one = book.sheets[0]
    one.name = "Leads"
    fill(one, LEADS)
    message = counted(book)
    assert "Leads!A1:E12 has no header row" in message
    assert book.sheet_names == ["Leads"]


def test_headers_that_say_nothing_are_refused_with_what_was_found(book):
    one = book.sheets[0]
    one.name = "Leads"
    fill(one, [["Colour", "Weight"], ["red", 5.0], ["blue", 6.0]])
    message = counted(book)
    assert "no column of a lead table was recognised. Found: Colour, Weight." in message
    assert "--map" not in message
    assert book.sheet_names == ["Leads"]


def test_a_protected_sheet_can_be_read(book, sheet):
    counted(book)  # 7.4 makes no cell styles for conditions once any sheet is protected; Excel has no such rule
    fill(sheet, [lead(13)], "A14")
    sheet.api.protect("secret")
    assert counted(book)["leads"] == 13


def test_a_protected_funnel_is_left_alone(book, sheet):
    counted(book)
    funnel = book.sheets["Funnel"]
    before = funnel.used_range.formula
    funnel.api.protect("secret")
    select(sheet, "B2")
    assert "take the protection off" in macros.build_funnel(book)
    assert funnel.used_range.formula == before
    assert not any(name.startswith("~") for name in book.sheet_names)


def test_a_protected_workbook_says_so(book, sheet, monkeypatch):
    def refuse(*_):
        raise OSError("Add method of Sheets class failed")  # as Excel does; Calc's own protection does not bind UNO

    monkeypatch.setattr(type(book.impl.sheets), "add", refuse)
    select(sheet, "B2")
    assert "take the protection off" in macros.build_funnel(book)
    assert book.sheet_names == ["Leads"]


def test_a_chart_is_selected(book, sheet, office, monkeypatch):
    monkeypatch.setattr(type(office.impl), "selection", None)
    assert "A chart or a picture is selected" in macros.build_funnel(book)


@pytest.mark.parametrize("name", ["It's Anna's", "Лиды 2025", "Zażółć gęślą", "1st quarter", "A1", "a!b", "潜在客户"])
def test_names_of_sheets(book, sheet, name):
    sheet.name = name
    select(sheet, "B2")
    assert macros.build_funnel(book) == ""
    assert macros.refresh(book) == ""
    assert name.replace("'", "''") in book.sheets["Funnel"].range("B2").value


def test_a_workbook_with_300_sheets(book, sheet):
    for number in range(300):
        book.api.Sheets.insertNewByName(f"S{number}", 1)
    assert counted(book)["leads"] == 12


def test_spend_is_found_but_a_table_of_leads_with_costs_is_not_spend(book, sheet):
    fill(book.sheets.add("Ads"), [["Report"], ["Day", "Campaign", "Cost"], [dt.datetime(2025, 1, 5), "Brand", 500.0]])
    fill(book.sheets.add("Other"), [[*HEADER, "Cost"], [*LEADS[0], 3.0], [*LEADS[1], 4.0]])
    fill(book.sheets.add("Touches"), [["Lead ID", "Time", "Channel"], ["L001", dt.datetime(2025, 1, 1), "Ads"]])
    spend, touches = find_tables(book, {"Leads"})
    assert [table.sheet for table in spend] == ["Ads"]
    assert [table.sheet for table in touches] == ["Touches"]


def test_a_hidden_sheet_of_spend_is_not_used(book, sheet):
    ads = book.sheets.add("Ads")
    fill(ads, [["Day", "Campaign", "Cost"], [dt.datetime(2025, 1, 5), "Brand", 500.0]])
    ads.visible = False
    assert find_tables(book, {"Leads"}) == ([], [])


def test_several_tables_of_spend_are_added_up(book, sheet):
    for name in ("Google", "Meta"):
        fill(book.sheets.add(name), [["Day", "Channel", "Cost"], [dt.datetime(2025, 1, 5), name, 500.0]])
    assert counted(book)["spend"] == 1000
