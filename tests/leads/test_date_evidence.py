"""Day or month first: decided with all that the file says, in spend and touches as in leads."""

from datetime import date

import pytest

from xl_leadkpi.leads import ReadOptions, read_frame, read_spend, read_spend_frame, read_touches_frame
from xl_leadkpi.leads.model.evidence import Fact

from .everywhere import NOW, PLACES, column, kinds, read_on


def day(text):
    return date.fromisoformat(text).toordinal() - date(1899, 12, 30).toordinal()


def deals(**columns):
    return {"Deal ID": ["a", "b"], "Stage": ["Won", "New"], **columns}


def months(table):
    return sorted({(row[2] // 12, row[2] % 12 + 1) for row in table.rows if row[2] is not None})


@PLACES
@pytest.mark.parametrize(("other", "expected"), [("25/03/2026", "2026-02-03"), ("03/25/2026", "2026-03-02")])
def test_a_column_that_tells_decides_those_written_alike(place, other, expected):
    table = read_on(place, deals(**{"Created": ["03/02/2026", "04/02/2026"], "Close Date": [other, None]}))
    assert column(table, "created")[0] == day(expected)
    assert "ambiguous_dates" not in kinds(table)


@PLACES
def test_a_column_that_feeds_no_field_tells_as_well(place):
    columns = {"Created": ["03/02/2026", "04/02/2026"], "Newsletter sent": ["25/03/2026", "01/04/2026"]}
    table = read_on(place, deals(**columns))
    assert column(table, "created")[0] == day("2026-02-03")
    assert "ambiguous_dates" not in kinds(table)


@PLACES
def test_a_column_written_otherwise_is_followed_but_not_trusted(place):
    table = read_on(place, deals(**{"Created": ["03/02/2026", "04/02/2026"], "Close Date": ["25-03-2026", None]}))
    assert column(table, "created")[0] == day("2026-02-03")
    assert kinds(table)["ambiguous_dates"][1:] == ("Created", {"order": "day first"})


@PLACES
def test_columns_that_contradict_each_other_are_named(place):
    columns = {
        "Created": ["03/02/2026", "04/02/2026"],
        "Close Date": ["25/03/2026", None],
        "Last Modified Date": ["03/26/2026", "03/27/2026"],
    }
    table = read_on(place, deals(**columns))
    assert column(table, "created")[0] == day("2026-03-02")  # the order of the language
    found = kinds(table)
    assert found["ambiguous_dates"][1] == "Created"
    assert found["contradictory_date_orders"] == (
        2, "", {"day_first": ("Close Date",), "month_first": ("Last Modified Date",)}
    )  # fmt: skip


@PLACES
def test_headers_that_are_not_english_write_the_day_first(place):
    table = read_on(
        place, {"ID": ["a", "b"], "Data utworzenia": ["03/02/2026", "04/02/2026"], "Etap": ["Nowy", "Nowy"]}
    )
    assert column(table, "created")[0] == day("2026-02-03")
    table = read_on(place, {"ID": ["a", "b"], "Created": ["03/02/2026", "04/02/2026"], "Stage": ["New", "New"]})
    assert column(table, "created")[0] == day("2026-03-02")


REPORTS = {
    "Spanish": ["Fecha", "Nombre de la campaña", "Importe gastado (EUR)"],
    "Spanish Google": ["Día", "Campaña", "Coste"],
    "German": ["Datum", "Kampagne", "Betrag"],
    "German Meta": ["Berichtsbeginn", "Kampagnenname", "Ausgegebener Betrag (EUR)"],
    "French": ["Jour", "Campagne", "Montant dépensé (EUR)"],
    "Italian": ["Inizio resoconto", "Nome della campagna", "Importo speso (EUR)"],
    "Italian Google": ["Giorno", "Campagna", "Costo"],
    "Portuguese": ["Dia", "Campanha", "Custo"],
    "Portuguese Meta": ["Início dos relatórios", "Nome da campanha", "Valor usado (BRL)"],
    "Polish": ["Data", "Kampania", "Kwota"],
    "Russian": ["Дата", "Кампания", "Расход"],
}


@pytest.mark.parametrize("language", REPORTS)
def test_spend_reports_of_seven_languages(language):
    rows = [["03/02/2026", "A", "1.250,75"], ["04/02/2026", "B", "3,5"], ["05/02/2026", "A", "12.000"]]
    table = read_spend_frame([REPORTS[language], *rows])
    assert sum(row[3] for row in table.rows) == pytest.approx(13_254.25)
    assert months(table) == [(2026, 2)]


def test_an_english_spend_report_has_the_month_first():
    table = read_spend_frame([["Date", "Campaign", "Cost"], ["03/02/2026", "A", 5], ["04/02/2026", "A", 5]])
    assert months(table) == [(2026, 3), (2026, 4)]
    assert "ambiguous_dates" in kinds(table)


def test_the_other_date_of_a_spend_report_decides():
    rows = [
        ["Reporting starts", "Reporting ends", "Campaign name", "Amount spent"],
        ["01/02/2026", "28/02/2026", "A", 9],
    ]
    table = read_spend_frame(rows)
    assert months(table) == [(2026, 2)]
    assert "ambiguous_dates" not in kinds(table)


def test_the_title_of_a_report_decides(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text(
        "Campaign report\n01/02/2026 - 28/02/2026\nDate,Campaign,Cost\n03/02/2026,A,5\n04/02/2026,A,6\n",
        encoding="utf-8",
    )
    table = read_spend([path])
    assert months(table) == [(2026, 2)]
    assert "ambiguous_dates" not in kinds(table)


@pytest.mark.parametrize(
    ("cells", "spend"),
    [
        (["1/9/2026 - 12/9/2026", "13/9/2026 - 30/9/2026"], {(2026, 9): 150.0}),
        (["2026-09-21 to 2026-10-10", "2026-09-01 – 2026-09-10"], {(2026, 9): 100.0, (2026, 10): 50.0}),
        (["od 01.09.2026 do 12.09.2026", "13.09.2026–30.09.2026"], {(2026, 9): 150.0}),
        (["Sep 1, 2026 - Sep 12, 2026", "Sep 13, 2026 - Sep 30, 2026"], {(2026, 9): 150.0}),
    ],
)
def test_ranges_of_days_in_one_cell(cells, spend):
    table = read_spend_frame([["Period", "Campaign", "Cost"], [cells[0], "A", 100], [cells[1], "A", 50]])
    assert {(row[2] // 12, row[2] % 12 + 1): row[3] for row in table.rows} == pytest.approx(spend)


@pytest.mark.parametrize(
    "month", ["settembre 2026", "set 2026", "setembro de 2026", "wrzesień 2026", "septiembre 2026", "сентябрь 2026"]
)
def test_months_by_name(month):
    table = read_spend_frame([["Month", "Campaign", "Cost"], [month, "A", 100]])
    assert months(table) == [(2026, 9)]


def test_touches_follow_their_other_columns():
    rows = [["Lead ID", "Time", "Channel", "Exported"], ["L1", "03/02/2026", "Ads", "25/03/2026"]]
    assert read_touches_frame(rows, ReadOptions()).frame["day"].to_list() == [day("2026-02-03")]


def test_dates_that_a_spreadsheet_has_read_the_other_way():
    # written day first: 03/02, 04/02 ... were taken for March 2nd, April 2nd; 25/02 stayed a text
    dates = [date(2026, month, 2) for month in (3, 4, 5, 6, 7)]
    rows = [["Lead ID", "Created", "Stage"], *[[n, cell, "New"] for n, cell in enumerate([*dates, "25/02/2026"])]]
    table = read_frame(rows, NOW)
    assert column(table, "created") == [*(day(f"2026-02-0{n}") for n in (3, 4, 5, 6, 7)), day("2026-02-25")]
    assert kinds(table)["swapped_dates"][:2] == (5, "Created")


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ([date(2026, 2, n) for n in (3, 4, 5, 6, 17)], "25/02/2026"),  # a seventeenth is read rightly
        ([date(2026, 2, n) for n in (3, 4, 5, 6, 7)], "08/02/2026"),  # the spreadsheet would have read this one
        ([date(2026, 2, n) for n in (3, 4)], "25/02/2026"),  # by chance
        ([date(2026, 2, n) for n in (3, 4, 5, 6, 7)], "2026-02-25"),
    ],
)
def test_dates_beside_texts_that_are_right(dates, text):
    rows = [["Lead ID", "Created", "Stage"], *[[n, cell, "New"] for n, cell in enumerate([*dates, text])]]
    table = read_frame(rows, NOW)
    assert column(table, "created")[:-1] == [day(cell.isoformat()) for cell in dates]
    assert "swapped_dates" not in kinds(table)


@pytest.mark.parametrize(
    "header",
    [
        "Est. Close Date", "Estimated close", "Projected Close Date", "Planned close date", "Close date (expected)",
        "Szacowana data zamknięcia", "Data zamknięcia (planowana)", "Ожидаемая дата закрытия",
        "Geplantes Abschlussdatum",
        "Fecha de cierre estimada",
        "Date de clôture estimée", "Data de fechamento prevista", "Data di chiusura prevista",
    ],
)  # fmt: skip
def test_an_expected_close_is_no_day_of_a_win(header):
    rows = [["1", "2025-01-05", "Won", "2025-03-01"], ["2", "2025-01-06", "Lost", "2025-03-02"]]
    table = read_frame([["Deal ID", "Created", "Stage", header], *rows], ReadOptions(today=date(2025, 6, 1)))
    assert table.frame["d_won"].to_list() == [None, None]
    assert Fact.WIN_DAYS in {need.fact for need in table.evidence.standings}
