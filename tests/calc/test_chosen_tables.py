"""Spend and touches from the tables that the user names in Settings, and rows that a filter hides."""

import datetime as dt

import pytest

from xl_leadkpi.addin import macros
from xl_leadkpi.locales import in_every_language

from .conftest import fill, select
from .test_selections import HEADER, LEADS, lead

SPEND = ["Day", "Channel", "Cost"]


@pytest.fixture
def leads(book):
    """Leads, two tables of spend on sheets of their own and one of touches; one cell of the leads is selected."""
    sheet = book.sheets[0]
    sheet.name = "Leads"
    fill(sheet, [HEADER, *LEADS])
    for name, cost in (("Google", 500.0), ("Meta", 70.0)):
        fill(book.sheets.add(name, after=book.sheets[-1]), [SPEND, [dt.datetime(2025, 1, 5), "Ads", cost]])
    touches = book.sheets.add("Web", after=book.sheets[-1])
    fill(touches, [["Lead ID", "Time", "Channel"], ["L004", dt.datetime(2025, 1, 1), "Ads"]])
    select(sheet, "B2")
    return sheet


def figures(book):
    keys, values = book.names["leadkpi_summary"].refers_to_range.value
    return dict(zip(keys, values, strict=True))


def parameter(book, name):
    """The line of a parameter in Settings: the cell with its value, and what stands beside it."""
    cells = next(table for table in book.sheets["Settings"].tables if table.name == "tblParameters").range
    words = in_every_language("funnel", f"option.{name}")
    line = next(i for i, row in enumerate(cells.value) if row[0] in words)
    return cells[line, 1], cells.value[line]


def columns_of(book):
    """Which tables the columns in Funnel_Map are of."""
    columns = next(table for table in book.sheets["Funnel_Map"].tables if table.name == "tblColumns").range.value
    return {row[-1] for row in columns[1:]}


def choose(book, name, value):
    parameter(book, name)[0].value = value
    return macros.refresh(book)


def test_the_map_says_where_spend_and_touches_were_found_and_how_to_name_others(book, leads):
    assert macros.build_funnel(book) == ""
    assert figures(book)["spend"] == 570
    assert parameter(book, "spend_table")[1] == [
        "Table of spend", "Google; Meta", "Google; Meta",
        "Sheet or Excel table with the spend; several with ; between, or none",
    ]  # fmt: skip
    assert parameter(book, "touches_table")[1][1:3] == ["Web", "Web"]


@pytest.mark.parametrize(
    ("header", "none", "meaning"),
    [
        ("Data utworzenia", "brak", "Arkusz lub tabela Excela z kontaktami albo brak"),
        ("Дата создания", "нет", "Лист или таблица Excel с касаниями либо нет"),
    ],
)
def test_the_map_says_so_in_the_language_of_the_workbook(book, header, none, meaning):
    fill(book.sheets[0], [["ID", header, "Status"], ["1", dt.datetime(2025, 1, 5), "Won"]])
    select(book.sheets[0], "A1")
    assert macros.build_funnel(book) == ""
    assert parameter(book, "touches_table")[1][1:] == [none, none, meaning]


@pytest.mark.parametrize(
    ("named", "spend"), [("Meta", 70), ("meta; GOOGLE", 570), ("none", None), ("brak", None), ("нет", None), ("", 570)]
)
def test_the_tables_named_are_taken(book, leads, named, spend):
    assert macros.build_funnel(book) == ""
    assert choose(book, "spend_table", named) == ""
    assert figures(book).get("spend") == spend


def test_a_choice_is_kept_until_it_is_what_would_be_found(book, leads):
    assert macros.build_funnel(book) == ""
    assert choose(book, "spend_table", "Meta") == ""
    select(leads, "B2")
    assert macros.build_funnel(book) == ""
    assert parameter(book, "spend_table")[1][1:3] == ["Meta", "Google; Meta"]
    assert figures(book)["spend"] == 70
    book.sheets["Google"].delete()
    assert macros.refresh(book) == ""
    fill(book.sheets.add("New", after=leads), [SPEND, [dt.datetime(2025, 1, 5), "Ads", 1.0]])
    assert macros.refresh(book) == ""
    assert parameter(book, "spend_table")[1][1:3] == ["New; Meta", "New; Meta"]
    assert figures(book)["spend"] == 71


def test_an_excel_table_beside_the_leads_on_a_hidden_sheet_or_not_recognised_can_be_named(book, leads):
    fill(leads, [["Note", None, None], SPEND, [dt.datetime(2025, 1, 5), "Ads", 9.0]], "J3")
    leads.tables.add(leads.range("J4:L5"), name="tblBudget")
    book.sheets["Meta"].visible = False
    assert macros.build_funnel(book) == ""
    assert figures(book)["spend"] == 500
    assert choose(book, "spend_table", "tblBudget; Meta") == ""
    assert figures(book)["spend"] == 79
    assert "touches" in columns_of(book)
    assert choose(book, "touches_table", "none") == ""
    assert "touches" not in columns_of(book)


def test_what_the_funnel_itself_made_is_no_spend(book, leads):
    assert macros.build_funnel(book) == ""
    assert "no Excel table called 'tblSpend'" in choose(book, "spend_table", "tblSpend")
    assert "no sheet" in choose(book, "spend_table", "Funnel_Data")


@pytest.mark.parametrize("name", ["spend_table", "touches_table"])
def test_a_table_that_is_not_there_is_refused_in_clear_words_and_nothing_changes(book, leads, name):
    assert macros.build_funnel(book) == ""
    before = book.sheets["Funnel"].used_range.formula
    message = choose(book, name, "Gogle")
    cell = parameter(book, name)[0].get_address(False, False)
    assert message == (
        f"Settings, cell {cell}: there is no sheet and no Excel table called 'Gogle'. Write the name of a sheet "
        "(Leads, Google, Meta, Web) or of an Excel table, several with ; between, or none; empty the cell to have them "
        "looked for."
    )
    assert book.sheets["Funnel"].used_range.formula == before


def test_a_table_that_is_no_spend_is_refused_with_what_it_holds(book, leads):
    fill(book.sheets.add("Notes", after=leads), [["Colour", "Weight"], ["red", 5.0]])
    select(leads, "B2")
    assert macros.build_funnel(book) == ""
    message = choose(book, "spend_table", "Notes")
    assert "Notes!A1:B2" in message
    assert "Colour" in message


def test_which_of_several_touches_were_read_is_said(book, leads):
    fill(
        book.sheets.add("Mail", after=book.sheets[-1]),
        [["Lead ID", "Time", "Channel"], ["L008", dt.datetime(2025, 1, 2), "Mail"]],
    )
    select(leads, "B2")
    message = macros.build_funnel(book)
    assert message == "Touches were read from Web, not from Mail: name another in Settings."
    assert choose(book, "touches_table", "Mail") == ""
    assert parameter(book, "touches_table")[1][1:3] == ["Mail", "Web"]


# rows that a filter hides ---------------------------------------------------------------------------------------------


def quality(book):
    """Lines of the quality list in Funnel_Map."""
    return next(table for table in book.sheets["Funnel_Map"].tables if table.name == "tblQuality").range.value[1:]


def hide(sheet, *rows):
    for address in rows:
        sheet.range(address).api.Rows.IsVisible = False


@pytest.mark.parametrize(
    ("created", "finding", "remedy"),
    [
        ("Created", "Hidden rows counted like the others", "to leave them out, copy the visible rows"),
        ("Data utworzenia", "Ukryte wiersze policzone jak inne", "skopiuj widoczne wiersze do osobnego arkusza"),
        ("Дата создания", "Скрытые строки учтены наравне с другими", "скопируйте видимые строки на отдельный лист"),
    ],
)
def test_hidden_rows_that_were_counted_are_told(book, created, finding, remedy):
    sheet = book.sheets[0]
    sheet.name = "Leads"
    fill(sheet, [["Lead ID", created, *HEADER[2:]], *LEADS])
    hide(sheet, "4:6", "9:9")
    sheet.range("C:C").api.Columns.IsVisible = False  # a hidden column is no hidden row
    select(sheet, "B2")
    assert macros.build_funnel(book) == ""
    assert figures(book)["leads"] == 12
    (line,) = [row for row in quality(book) if row[0] == finding]
    assert line[2].startswith("Leads!A1:E13: ")
    assert remedy in line[2]
    assert line[3] == 4
    assert any(finding in row for row in book.sheets["Funnel"].used_range.value)


def test_rows_of_spend_that_are_hidden_are_told_too(book, leads):
    fill(book.sheets["Google"], [[dt.datetime(2025, 1, 6), "Ads", 30.0]], "A3")
    hide(book.sheets["Google"], "3:3")
    assert macros.build_funnel(book) == ""
    assert figures(book)["spend"] == 600
    (line,) = [row for row in quality(book) if row[0].startswith("Hidden rows")]
    assert (line[2].partition(":")[0], line[3]) == ("Google!A1", 1)


def test_hidden_rows_elsewhere_on_the_sheet_do_not_matter(book, leads):
    fill(leads, [["Month", "Channel", "Cost"], ["2025-01", "Ads", 5.0]], "A20")
    hide(leads, "21:21")
    assert macros.build_funnel(book) == ""
    assert not any(row[0].startswith("Hidden rows") for row in quality(book))


def test_rows_picked_by_the_user_are_hers_to_pick(book, leads):
    hide(leads, "3:5")
    select(leads, "A1:E2,A6:E9")
    assert "Only the selected rows are counted" in macros.build_funnel(book)
    assert figures(book)["leads"] == 5
    assert not any(row[0].startswith("Hidden rows") for row in quality(book))


def test_one_more_lead_hidden_by_a_filter_is_counted(book, leads):
    fill(leads, [lead(13)], "A14")
    hide(leads, "14:14")
    assert macros.build_funnel(book) == ""
    assert figures(book)["leads"] == 13
