"""What changed and why, in sentences of three languages and as tables."""

from dataclasses import replace
from datetime import date

import pytest

from xl_leadkpi.funnel.blocks import block, values_column
from xl_leadkpi.sheets import lay_out
from xl_leadkpi.sheets.change_sentences import change_sentences, span_text
from xl_leadkpi.sheets.formats import Formats
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.tables import header_fits
from xl_leadkpi.sheets.texts import Texts

from . import test_layout
from .sheet_reports import compared

FACTORS = ("factor", "unit", "from", "to", "part", "share", "tested")
CAUSES = ("group", "field", "measure", "kind", "unit", "from", "to", "part", "share")
TEXT = {"factor", "unit", "tested", "group", "field", "measure", "kind"}

REVENUE = [
    ("(total)", "money", 1_390_000.0, 1_210_000.0, -180_000.0, 1.0, "told"),
    ("days", "days", 92, 90, -28_000.0, 0.156, "exact"),
    ("closed", "count", 300, 240, -240_000.0, 1.333, "told"),
    ("win_rate", "fraction", 0.31, 0.32, 18_000.0, -0.1, "unclear"),
    ("deal", "money", 14_946.0, 15_755.0, 70_000.0, -0.389, "told"),
]
WON = [("(total)", "count", 93, 77, -16, 1.0, "unclear"), ("closed", "count", 300, 240, -16, 1.0, "told")]
CAC = [("(total)", "money", 500.0, 610.0, 110.0, 1.0, "told"),
       ("spend", "money", 46_500.0, 46_970.0, 5.5, 0.05, "exact"),
       ("closed", "count", 300, 240, 104.4, 0.95, "told")]  # fmt: skip
CONVERSION = [("(total)", "fraction", 0.08, 0.062, -0.018, 1.0, "told")]
GOOGLE = ("Google Ads", "source", "revenue", "mix", "fraction", 0.4, 0.25, -144_000.0, 0.8)
BRAND = ("Brand", "campaign", "revenue", "mix", "fraction", 0.2, 0.1, -90_000.0, 0.5)
BROWN = ("Brown", "owner", "revenue", "deal", "money", 9_000.0, 18_000.0, 61_000.0, -0.339)

SAID = {
    "en": [
        "Revenue $1.21 m: $180 k (13%) less than in Q1 2026.",
        "77 deals won: 16 (17%) less than in Q1 2026.",
        "Fewer closed opportunities took $240 k, larger deals gave $70,000 back.",
        "Source Google Ads: share of closed opportunities 40.0% → 25.0%, −$144 k, 80% of the loss.",
        "Owner Brown: average deal $9,000 → $18,000, +$61,000.",
        (
            "Spend per win $610: $110 (22%) more than in Q1 2026; "
            "fewer closed opportunities raised it by $104, more spend raised it by $5.50."
        ),
    ],
    "pl": [
        "Przychód $1,21 mln: o $180 tys. (13%) mniej niż w okresie 1. kw. 2026.",
        "77 wygranych szans: o 16 (17%) mniej niż w okresie 1. kw. 2026.",
        "Mniej zamkniętych szans: −$240 tys., większe transakcje: +$70 000.",
        "Źródło Google Ads: udział w zamkniętych szansach 40,0% → 25,0%, −$144 tys., 80% spadku.",
        "Opiekun Brown: średnia transakcja $9 000 → $18 000, +$61 000.",
        (
            "Wydatki na wygraną $610: o $110 (22%) więcej niż w okresie 1. kw. 2026; "
            "mniej zamkniętych szans: +$104, wyższe wydatki: +$5,50."
        ),
    ],
    "ru": [
        "Выручка $1,21 млн: на $180 тыс. (13%) меньше, чем за 1 кв. 2026.",
        "77 выигранных сделок: на 16 (17%) меньше, чем за 1 кв. 2026.",
        "Меньше закрытых сделок: −$240 тыс., более крупные сделки: +$70 000.",
        "Источник Google Ads: доля в закрытых сделках 40,0% → 25,0%, −$144 тыс., 80% снижения.",
        "Ответственный Brown: средняя сделка $9 000 → $18 000, +$61 000.",
        (
            "Расходы на выигрыш $610: на $110 (22%) больше, чем за 1 кв. 2026; "
            "меньше закрытых сделок: +$104, более высокие расходы: +$5,50."
        ),
    ],
}


def made(name, keys, rows):
    columns = zip(*rows, strict=True) if rows else [()] * len(keys)
    return block(
        name,
        [
            values_column(key, "text" if key in TEXT else "number", column)
            for key, column in zip(keys, columns, strict=True)
        ],
    )


@pytest.fixture(scope="module")
def report():
    _, found = compared()
    header = replace(found.header, compared_from=date(2026, 1, 1), compared_to=date(2026, 3, 31))
    return replace(found, header=header)


def said(report, language="en", *, changes, causes=()):
    changes = {name: made(name, FACTORS, rows) for name, rows in changes.items()}
    blocks = {**report.blocks, "changes": changes, "causes": made("causes", CAUSES, list(causes))}
    texts, formats = Texts(language), Formats(language, "USD")
    return [
        one.replace("\N{NO-BREAK SPACE}", " ")
        for one in change_sentences(replace(report, blocks=blocks), texts, formats)
    ]


ALL = {"revenue": REVENUE, "won": WON, "cac": CAC, "lead_conversion_mature": CONVERSION}


@pytest.mark.parametrize("language", SAID)
def test_what_is_told_is_said_in_the_order_of_its_weight(report, language):
    assert said(report, language, changes=ALL, causes=[GOOGLE, BRAND, BROWN]) == SAID[language]


def test_a_campaign_is_named_where_its_channel_is_not(report):
    sentences = said(report, changes={"revenue": REVENUE}, causes=[BRAND])
    assert sentences[-1] == "Campaign Brand: share of closed opportunities 20.0% → 10.0%, −$90,000, 50% of the loss."


def untold(rows):
    return [(*row[:-1], "unclear") for row in rows if row[-1] != "exact"]


def test_what_cannot_be_told_is_not_said(report):
    sentences = said(report, changes={name: untold(rows) for name, rows in ALL.items()})
    assert sentences == [*SAID["en"][:2], "The change is within what chance alone does."]
    whole = [REVENUE[0], *untold(REVENUE[1:])]
    assert said(report, changes={"revenue": whole})[1].startswith("That is more than chance alone does, but no single")
    assert said(report, changes={"lead_conversion_mature": untold(CONVERSION)}) == []


def test_a_share_changes_by_points(report):
    assert said(report, changes={"lead_conversion_mature": CONVERSION}) == [
        "Lead → won in 90 days 6.2%: 1.8 points less than in Q1 2026."
    ]


def test_nothing_to_compare_with_and_nothing_changed(report):
    same = [("(total)", "count", 0, 5, 5, 1.0, "unclear"), ("closed", "count", 0, 9, 5, 1.0, "unclear")]
    assert said(report, changes={"won": same})[0] == "5 deals won: 5 more than in Q1 2026."
    even = [("(total)", "count", 1, 1, 0, None, "unclear"), ("closed", "count", 1, 1, 0, None, "unclear")]
    assert said(report, changes={"won": even}) == ["1 deal won, as in Q1 2026."]
    assert (
        change_sentences(replace(report, blocks={**report.blocks, "changes": None}), Texts("en"), Formats("en", None))
        == []
    )


def test_fewer_days_are_said_where_they_weigh(report):
    february = [REVENUE[0], ("days", "days", 31, 28, -135_000.0, 0.75, "exact")]
    assert said(report, changes={"revenue": february})[1] == "Fewer days took $135 k."


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {1: "1 deal won", 2: "2 deals won"}),
        ("pl", {1: "1 wygrana szansa", 3: "3 wygrane szanse", 5: "5 wygranych szans", 22: "22 wygrane szanse"}),
        (
            "ru",
            {
                1: "1 выигранная сделка",
                3: "3 выигранные сделки",
                11: "11 выигранных сделок",
                21: "21 выигранная сделка",
            },
        ),
    ],
)
def test_wins_follow_their_number(language, forms):
    """Plural rules of Unicode CLDR."""
    assert {n: Texts(language).counted("wins", n, str(n)) for n in forms} == forms


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 4, 1), date(2026, 6, 30), "Q2 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "Feb 2026"),
        (date(2025, 1, 1), date(2025, 12, 31), "2025"),
        (date(2026, 2, 1), date(2026, 4, 30), "the period 1 Feb 2026 – 30 Apr 2026"),
        (date(2026, 1, 1), date(2026, 3, 30), "the period 1 Jan 2026 – 30 Mar 2026"),
        (None, date(2026, 3, 30), "30 Mar 2026"),
    ],
)
def test_periods_have_names(first, last, shown):
    assert span_text(first, last, Texts("en"), Formats("en", None)) == shown
    # a fiscal quarter has another number
    fiscal = span_text(first, last, Texts("en"), Formats("en", None), fiscal_start=4)
    assert (fiscal == shown) == (not shown.startswith(("Q", "20")))


def cells_of(sheet, row):
    found = {}
    for area in sheet.areas:
        if area.row <= row <= area.last_row:
            for place, cells in enumerate(area.cells):
                found[area.column + place] = cells.values[row - area.row]
    return found


def test_the_sheet_has_sentences_table_and_chart():
    leads, found = compared()
    sheet = lay_out(found, leads)["Funnel"]
    table = next(one for one in sheet.tables if one.name == "tblChange")
    rows = [cells_of(sheet, row) for row in range(table.place.row + 1, table.place.last_row + 1)]
    expected = [row for block in found.changes.values() for row in block.rows()]
    assert len(rows) == len(expected) > 8
    assert [row[4] for row in rows] == [row["part"] for row in expected]
    assert {row[1] for row in rows} >= {"Revenue", "Won", "Spend per win", "– Win rate", "– Average deal", "– Spend"}
    texts = [value for area in sheet.areas for cells in area.cells for value in cells.values if isinstance(value, str)]
    sentences = change_sentences(
        found, Texts("en", found.header.win_basis), Formats("en", found.header.currency, "EUR")
    )
    assert len(sentences) >= 3
    assert set(sentences) <= set(texts)
    assert [chart.name for chart in sheet.charts].count("Changes") == 1


def test_the_chart_leads_from_one_figure_to_the_other():
    leads, found = compared()
    book = lay_out(found, leads)
    hidden = next(sheet for sheet in book.sheets if sheet.hidden)
    chart = next(chart for chart in book["Funnel"].charts if chart.name == "Changes")
    first, last = chart.series[0].values.row, chart.series[0].values.last_row
    rows = [cells_of(hidden, row) for row in range(first, last + 1)]
    whole, *factors = found.changes["revenue"].rows()
    level = whole["from"]
    assert rows[0][2] == level
    for row, factor in zip(rows[1:-1], factors, strict=True):
        after = level + factor["part"]
        assert (row[1], row[1] + row[2]) == pytest.approx((min(level, after), max(level, after)))
        level = after
    assert level == pytest.approx(rows[-1][2])
    assert rows[-1][2] == whole["to"]


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_nothing_lies_over_anything(language):
    leads, found = compared()
    layout = lay_out(found, leads, language=language, data_rows=5)
    test_layout.test_no_two_areas_overlap(layout)
    for name, most in (("Funnel", 9), ("Funnel_Summary", 12)):
        test_layout.test_no_chart_covers_cells_or_another_chart(layout, name, most)
    sheet = layout["Funnel"]
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    tables = [table for table in sheet.tables if table.name in ("tblChange", "tblCause")]
    for table in tables:
        for column, header in enumerate(table.headers[1:], start=2):
            assert header_fits(header, widths[column]), header
        for row in range(table.place.row + 1, table.place.last_row + 1):
            for area in (area for area in sheet.areas if area.row == row):
                for place, cells in enumerate(area.cells[1:6], start=area.column + 1):
                    [value] = cells.values
                    if isinstance(value, int | float):
                        shown = test_layout.as_displayed(value, cells.style.number_format)
                        assert text_width(shown, cells.style.size) <= widths[place] - 4, shown
    assert tables
