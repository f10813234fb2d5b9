"""Reports of web traffic in the layouts that the tools write; the truth is counted by hand from the rows."""

import tracemalloc
from random import Random

import pytest
import xlsxwriter

from tests.leads.saved_reports import kinds, saver, with_gaps
from xl_leadkpi.leads import InputError, ReadOptions, read, read_spend
from xl_leadkpi.leads.files import stacked_text
from xl_leadkpi.leads.model.reports import ReportRow
from xl_leadkpi.leads.reports import read as read_reports
from xl_leadkpi.leads.reports import read_report_frame, read_traffic

JANUARY, FEBRUARY, MARCH = (2026 * 12 + n for n in range(3))


@pytest.fixture
def saved(tmp_path):
    return saver(tmp_path, "traffic.csv")


def measured(table):
    """By tool, label and month the measures, those that are unknown with the reason."""
    return {(row.tool, row.label, row.month): with_gaps(row) for row in table.rows}


GA4_PREAMBLE = (
    "# ----------------------------------------\n# Traffic acquisition: Session primary channel group\n"
    "# Account: Demo\n# Property: Demo - GA4\n# ----------------------------------------\n# \n# All Users\n"
    "# Start date: 20260101\n# End date: {end}\n"
)
GA4_TABLE = (
    "Session primary channel group (Default Channel Group),Sessions,Engaged sessions,Engagement rate,"
    "Average engagement time per session,Events per session,Event count,Key events,Session key event rate,"
    "Total revenue\n"
)
GA4_ROWS = (
    "Organic Search,600,420,0.7,61.2,5.5,3300,12,0.02,0\nDirect,300,120,0.4,33.1,4.1,1230,3,0.01,0\n"
    "Paid Search,100,60,0.6,40.0,4.4,440,5,0.05,0\n"
)
GA4 = {
    ("GA4", "Organic Search", JANUARY): {
        "sessions": 600, "engaged_sessions": 420, "bounces": 180, "conversions": 12,
    },
    ("GA4", "Direct", JANUARY): {"sessions": 300, "engaged_sessions": 120, "bounces": 180, "conversions": 3},
    ("GA4", "Paid Search", JANUARY): {"sessions": 100, "engaged_sessions": 60, "bounces": 40, "conversions": 5},
}  # fmt: skip


@pytest.mark.parametrize(
    "total",
    [
        "",
        ",1000,600,0.6,48.9,4.97,4970,20,0.02,0\n",  # no label at all
        ",1000,600,0.6,48.9,4.97,4970,20,0.02,0,Grand total\n",  # the label beyond the last header
        "Totals,1000,600,0.6,48.9,4.97,4970,20,0.02,0\n",
    ],
)
def test_ga4_and_its_total_right_below_the_header(saved, total):
    table = read_traffic(saved(GA4_PREAMBLE.format(end="20260131") + "\n" + GA4_TABLE + total + GA4_ROWS))
    assert measured(table) == GA4
    assert kinds(table).get("total_rows") == (1 if total else None)
    assert table.totals.get("GA4", {}).get("sessions") == (1000 if total else None)


def test_a_total_at_the_end_without_a_label(saved):
    content = GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS + ",1000,600,0.6,48.9,4.97,4970,20,0.02,0\n"
    assert measured(read_traffic(saved(content))) == GA4


@pytest.mark.parametrize("label", ["", ",Grand total"])
def test_a_total_larger_than_its_rows_says_that_rows_are_missing(saved, label):
    total = f",1200,600,0.6,48.9,4.97,4970,20,0.02,0{label}\n"
    table = read_traffic(saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + total + GA4_ROWS))
    assert measured(table) == GA4
    [missing] = [found for found in table.findings if found.kind == "rows_missing"]
    assert (missing.details["total"], missing.details["sum"], missing.rows) == (1200, 1000, (11,))


@pytest.mark.parametrize("is_first", [True, False])
def test_the_second_table_of_a_ga4_file_is_no_rows_of_the_first(saved, is_first):
    series = GA4_PREAMBLE.format(end="20260131") + "Nth day,Organic Search,Direct\n0000,20,10\n0001,30,11\n\n"
    own = GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS + "\n"
    table = read_traffic(saved(series + own if is_first else own + series))
    assert measured(table) == GA4
    [other] = [found for found in table.findings if found.kind == "other_tables"]
    assert other.rows == ((10,) if is_first else (24,))
    assert "Nth day" in other.value


def test_a_second_table_below_an_empty_line_alone(saved):
    below = "\nDay Index,Users\n1/1/26,55\n1/2/26,60\n,115\n"
    assert measured(read_traffic(saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS + below))) == GA4


def test_what_remarks_part_from_the_table_is_no_row_of_it(saved):
    below = "# ----\n# Segments\n# ----\nSegment 1,55,9\nSegment 2,60,8\n"
    assert measured(read_traffic(saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS + below))) == GA4


def test_a_second_table_in_a_frame():
    rows = [["Channel", "Date", "Sessions"], ["Direct", "2026-01-05", 5], [None, None, None], ["Date", "Sessions"]]
    rows += [["2026-01-05", 7]]
    table = read_report_frame(rows, "traffic")
    assert measured(table) == {("", "Direct", JANUARY): {"sessions": 5}}
    assert kinds(table)["other_tables"] == 1


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Date", ("20260105", "20260106", "20260210")),
        ("Date + hour (YYYYMMDDHH)", ("2026010500", "2026010513", "2026021023")),
        ("Year month", ("202601", "202601", "202602")),
        ("Nth day", ("0004", "0005", "0040")),
        ("Nth month", ("0000", "0000", "0001")),
        ("Day index", ("4", "5", "40")),
    ],
)
def test_days_as_ga4_writes_them(saved, header, cells):
    rows = "".join(f"Direct,{cell},{10 * n},{n}\n" for n, cell in enumerate(cells, start=1))
    content = (
        GA4_PREAMBLE.format(end="20260228") + f"Session default channel group,{header},Sessions,Total users\n" + rows
    )
    assert measured(read_traffic(saved(content))) == {
        ("GA4", "Direct", JANUARY): {"sessions": 30, "users": "users_not_added"},
        ("GA4", "Direct", FEBRUARY): {"sessions": 30, "users": 3},
    }


def test_the_month_and_the_year_in_columns_of_their_own(saved):
    rows = "Session default channel group,Month,Year,Day,Sessions\nDirect,01,2026,05,7\nDirect,12,2025,31,4\n"
    table = read_traffic(saved(rows))
    assert measured(table) == {
        ("GA4", "Direct", JANUARY): {"sessions": 7}, ("GA4", "Direct", JANUARY - 1): {"sessions": 4},
    }  # fmt: skip


def test_numbers_of_a_workbook_as_days():
    rows = [["Session default channel group", "Date", "Sessions"], ["Direct", 20260105, 7], ["Direct", 20260205.0, 4]]
    assert {row.month: row.values["sessions"] for row in read_report_frame(rows, "traffic").rows} == {
        JANUARY: 7, FEBRUARY: 4,
    }  # fmt: skip


def test_a_month_that_is_not_over_ends_where_the_report_ends(saved):
    content = GA4_PREAMBLE.format(end="20260214") + "Session default channel group,Year month,Sessions\n"
    rows = read_traffic(saved(content + "Direct,202601,30\nDirect,202602,14\n")).rows
    assert [(row.month, row.last - row.first + 1) for row in rows] == [(JANUARY, 31), (FEBRUARY, 14)]


def test_ga4_in_polish_with_commas_and_percents(saved):
    table = read_traffic(saved(
        "# ----\n# Pozyskiwanie ruchu\n# Data rozpoczęcia: 20260101\n# Data zakończenia: 20260131\n# ----\n"
        "Podstawowa grupa kanałów sesji (Domyślna grupa kanałów);Sesje;Sesje z zaangażowaniem;"
        "Współczynnik zaangażowania;Użytkownicy;Kluczowe zdarzenia\n"
        ";3 500;2 000;57,1%;2 900;70;Suma końcowa\nOrganic Search;1 500;900;60%;1 300;30\n"
        "Direct;2 000;1 100;55%;1 700;40\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("GA4", "Organic Search", JANUARY): {
            "sessions": 1500, "users": 1300, "engaged_sessions": 900, "bounces": 600, "conversions": 30,
        },
        ("GA4", "Direct", JANUARY): {
            "sessions": 2000, "users": 1700, "engaged_sessions": 1100, "bounces": 900, "conversions": 40,
        },
    }  # fmt: skip
    assert table.totals["GA4"]["users"] == 2900


def test_ga4_in_russian(saved):
    table = read_traffic(saved(
        "# ----\n# Дата начала: 20260201\n# Дата окончания: 20260228\n# ----\n"
        "Основная группа каналов сеанса (Группа каналов по умолчанию),Сеансы,Сеансы с взаимодействием,"
        "Ключевые события\n"
        "Organic Search,80,60,4\nDirect,20,5,1\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("GA4", "Organic Search", FEBRUARY): {
            "sessions": 80, "engaged_sessions": 60, "bounces": 20, "conversions": 4,
        },
        ("GA4", "Direct", FEBRUARY): {"sessions": 20, "engaged_sessions": 5, "bounces": 15, "conversions": 1},
    }  # fmt: skip


def test_universal_analytics(saved):
    table = read_traffic(saved(
        "# ----------------------------------------\n# All Web Site Data\n# Channels\n# 20260101-20260228\n"
        "# ----------------------------------------\n\n"
        "Default Channel Grouping,Month of Year,Users,New Users,Sessions,Bounce Rate,Pages / Session,"
        "Avg. Session Duration,Goal Conversion Rate,Goal Completions,Goal Value\n"
        'Organic Search,202601,"1,100",900,"1,200",45.00%,2.11,00:01:23,2.00%,24,$0.00\n'
        'Organic Search,202602,700,600,800,50.00%,2.00,00:01:03,1.00%,8,$0.00\n'
        'Referral,202602,90,80,100,20.00%,3.00,00:02:03,0.00%,0,$0.00\n'
        ',,"1,800","1,580","2,100",45.71%,2.11,00:01:17,1.52%,32,$0.00\n\n'
        "Day Index,Users\n1/1/26,55\n1/2/26,60\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Universal Analytics", "Organic Search", JANUARY): {
            "sessions": 1200, "users": 1100, "bounces": 540, "conversions": 24,
        },
        ("Universal Analytics", "Organic Search", FEBRUARY): {
            "sessions": 800, "users": 700, "bounces": 400, "conversions": 8,
        },
        ("Universal Analytics", "Referral", FEBRUARY): {
            "sessions": 100, "users": 90, "bounces": 20, "conversions": 0,
        },
    }  # fmt: skip
    assert kinds(table) == {"other_tables": 1, "total_rows": 1}


METRICA = (
    "Источник трафика\tДата визита\tВизиты\tПосетители\tОтказы\tГлубина просмотра\tВремя на сайте\n"
    "Итого и средние\t\t60\t50\t{}\t2,10\t00:01:40\n"
    "Переходы из поисковых систем\t2026-01-05\t20\t18\t{}\t2,1\t00:01:40\n"
    "Переходы из поисковых систем\t2026-01-06\t30\t28\t{}\t2,2\t00:01:10\n"
    "Прямые заходы\t2026-02-06\t10\t9\t{}\t2,0\t00:02:40\n"
)


@pytest.mark.parametrize(
    ("shares", "encoding"),
    [
        (("16,67", "10,00", "20,00", "20"), "utf-16"),
        (("16,67 %", "10 %", "20 %", "20 %"), "utf-8"),
        (("0,1667", "0,1", "0,2", "0,2"), "cp1251"),
    ],
)
def test_metrica_in_russian(saved, shares, encoding):
    table = read_traffic(saved(METRICA.format(*shares), encoding))
    assert measured(table) == {
        ("Yandex Metrica", "Переходы из поисковых систем", JANUARY): {
            "sessions": 50, "bounces": 8, "users": "users_not_added",
        },
        ("Yandex Metrica", "Прямые заходы", FEBRUARY): {"sessions": 10, "users": 9, "bounces": 2},
    }  # fmt: skip
    assert table.totals["Yandex Metrica"]["users"] == 50


def test_metrica_for_a_span_of_days_told_by_its_title(saved):
    table = read_traffic(saved(
        "Отчёт «Источники, сводка» за период с 2026-01-01 по 2026-03-31\n\n"
        "Источник трафика;Источник трафика (детально);Визиты;Отказы, %\n"
        "Итого и средние;;150;12,00\nПоисковые системы;;100;13,00\nПоисковые системы;Яндекс;70;10,00\n"
        "Поисковые системы;Google;30;20,00\nПрямые заходы;;50;10,00\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Yandex Metrica", "Поисковые системы", None): {"sessions": 100, "bounces": 13},
        ("Yandex Metrica", "Прямые заходы", None): {"sessions": 50, "bounces": 5},
    }
    assert kinds(table)["total_rows"] == 2  # the total of all, and that of the search engines
    assert {row.last - row.first + 1 for row in table.rows} == {90}


def test_a_share_that_may_be_a_percent_is_none(saved):
    table = read_traffic(saved("Источник трафика;Дата визита;Визиты;Отказы, %\nПрямые заходы;2026-01-05;20;0,8\n"))
    assert measured(table) == {("Yandex Metrica", "Прямые заходы", JANUARY): {
        "sessions": 20, "bounces": "not_in_all_reports",
    }}  # fmt: skip
    assert kinds(table)["rate_unclear"] == 1


@pytest.mark.parametrize(
    "header",
    [
        "Date,Clicks,Impressions,CTR,Position",
        "Data,Kliknięcia,Wyświetlenia,CTR,Pozycja",
        "Дата,Клики,Показы,CTR,Позиция",
        "Datum,Klicks,Impressionen,CTR,Position",
        "Fecha,Clics,Impresiones,CTR,Posición",
    ],
)
def test_search_console_knows_organic_search_alone(saved, header):
    rows = "2026-01-30,10,500,2%,9.5\n2026-01-31,0,300,0%,11\n2026-02-01,7,700,1%,8.1\n"
    assert measured(read_traffic(saved(f"{header}\n{rows}"))) == {
        ("Search Console", "Organic Search", JANUARY): {"sessions": 10, "impressions": 800},
        ("Search Console", "Organic Search", FEBRUARY): {"sessions": 7, "impressions": 700},
    }


def test_a_search_console_workbook_is_read_at_its_days(tmp_path):
    path = tmp_path / "performance.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, label, cells in (
            ("Queries", "Top queries", ["crm", "lead scoring", "funnel", "pipeline"]),
            ("Chart", "Date", ["2026-01-30", "2026-01-31"]),
            ("Pages", "Top pages", ["/", "/blog", "/price"]),
        ):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [label, "Clicks", "Impressions", "CTR", "Position"])
            for row, cell in enumerate(cells, start=1):
                sheet.write_row(row, 0, [cell, 10 * row, 100, 0.1, 9.5])
    assert measured(read_traffic(path)) == {
        ("Search Console", "Organic Search", JANUARY): {"sessions": 30, "impressions": 200}
    }


def test_ahrefs_estimates_a_month_anew_each_day(saved):
    rows = "2026-01-01,900\n2026-01-15,950\n2026-01-31,1000\n2026-02-01,1010\n"
    table = read_traffic(saved(f"Date,Avg. organic traffic\n{rows}"))
    assert measured(table) == {
        ("Ahrefs", "Organic Search", JANUARY): {"sessions": 1000},
        ("Ahrefs", "Organic Search", FEBRUARY): {"sessions": 1010},
    }
    assert kinds(table)["traffic_estimated"] == 4


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Date", "9999-12-31"),
        ("Date", "0000-00-00"),
        ("Nth month", "99999999"),
        ("Nth day", "2026013099"),
    ],
)
def test_days_of_no_calendar_are_none(saved, header, cell):
    content = f"# Start date: 20260101\n# End date: 20260228\nChannel,{header},Sessions\nDirect,{cell},5\n"
    table = read_traffic(saved(content))
    assert measured(table) == {("", "Direct", None): {"sessions": 5}}
    assert kinds(table)["report_without_date"] == 1


def test_months_counted_beyond_the_calendar_are_none(saved):
    content = "# 9990-01-01 - 9999-12-31\nChannel,Nth month,Sessions\nDirect,0,5\nDirect,120,6\n"
    table = read_traffic(saved(content))
    assert measured(table) == {
        ("", "Direct", 9990 * 12): {"sessions": 5}, ("", "Direct", None): {"sessions": 6},
    }  # fmt: skip


def test_a_file_of_many_tables_keeps_each_line_once(saved):
    content = "".join(f"# Report {n}\nDate,Channel,Sessions\n2026-01-05,Direct,{n}\n" for n in range(5_000))
    tracemalloc.start()
    try:
        table = read_traffic(saved(content))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert measured(table) == {("", "Direct", JANUARY): {"sessions": 0}}
    assert peak < 50 << 20


def test_a_table_with_blank_lines_is_put_together_once(saved, monkeypatch):
    made = []

    class Table(stacked_text._Table):
        def __init__(self, *parts):
            made.append(len(parts[0]))
            super().__init__(*parts)

    monkeypatch.setattr(stacked_text, "_Table", Table)
    table = read_traffic(saved("Date,Channel,Sessions\n" + "2026-01-05,Direct,1\n\n" * 500))
    assert measured(table) == {("", "Direct", JANUARY): {"sessions": 500}}
    assert sum(made) < 10


def test_weeks_are_shared_out_but_people_are_not(saved):
    table = read_traffic(saved("Week,Channel,Sessions,Users\n2026-01-26,Direct,70,40\n2026-02-02,Direct,7,5\n"))
    assert measured(table) == {
        ("", "Direct", JANUARY): {"sessions": 60},  # 26 to 31 January: 6 of 7 days
        ("", "Direct", FEBRUARY): {"sessions": 17, "users": "users_not_added"},
    }


def test_names_that_hold_a_measure_are_none(saved):
    with pytest.raises(InputError, match=r"no column of a report of web traffic.*--map tr_sessions=HEADER"):
        read_traffic(saved("Date,Channel,Sessions per user,Average session duration\n2026-01-05,Direct,1.2,33\n"))


def test_a_column_may_be_named(saved):
    path = saved("Date,Channel,Hits of the site\n2026-01-05,Direct,12\n")
    table = read_traffic(path, ReadOptions(fields={"tr_sessions": "Hits of the site"}))
    assert measured(table) == {("", "Direct", JANUARY): {"sessions": 12}}


def test_a_cell_that_is_no_number_leaves_the_sum_unknown(saved):
    table = read_traffic(saved("Date,Channel,Sessions,Users\n2026-01-05,Direct,12,3\n2026-01-06,Direct,n.d.,4\n"))
    assert measured(table) == {("", "Direct", JANUARY): {"sessions": "not_in_all_reports", "users": "users_not_added"}}
    assert kinds(table)["unparsed_amounts"] == 1


def test_a_report_without_days_is_in_no_month(saved):
    table = read_traffic(saved("Channel,Sessions\nDirect,12\nReferral,3\n"))
    assert measured(table) == {("", "Direct", None): {"sessions": 12}, ("", "Referral", None): {"sessions": 3}}
    assert kinds(table) == {"report_without_date": 2}


def test_segments_overlap(saved):
    rows = "All Users,Direct,100\nMobile traffic,Direct,60\n"
    with pytest.raises(
        InputError, match=r"'Segment': the visits come in several segments \(All Users, Mobile traffic\)"
    ):
        read_traffic(saved(f"Segment,Session default channel group,Sessions\n{rows}"))
    one = read_traffic(saved("Segment,Session default channel group,Sessions\nAll Users,Direct,100\n,,100\n"))
    assert measured(one) == {("GA4", "Direct", None): {"sessions": 100}}


def test_two_periods_set_side_by_side_are_each_of_their_days(saved):
    table = read_traffic(saved(
        "# ----\n# Channels\n# 20260201-20260228\n# ----\n\n"
        "Default Channel Grouping,Date Range,Users,Sessions,Bounce Rate\n"
        'Direct,"Feb 1, 2026 - Feb 28, 2026",50,80,50.00%\nDirect,"Jan 1, 2026 - Jan 31, 2026",40,60,25.00%\n'
        "Direct,% Change,25.00%,33.33%,100.00%\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Universal Analytics", "Direct", JANUARY): {"sessions": 60, "users": 40, "bounces": 15},
        ("Universal Analytics", "Direct", FEBRUARY): {"sessions": 80, "users": 50, "bounces": 40},
    }


# several files


def test_files_of_different_months_are_added(saved):
    files = [
        saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS, name="january.csv"),
        saved(
            (GA4_PREAMBLE.format(end="20260228") + GA4_TABLE + GA4_ROWS).replace("20260101", "20260201"),
            name="february.csv",
        ),
    ]
    table = read_traffic(files)
    sessions = {(row.label, row.month): row.values["sessions"] for row in table.rows}
    assert sessions == {
        (label, month): count
        for label, count in (("Organic Search", 600), ("Direct", 300), ("Paid Search", 100))
        for month in (JANUARY, FEBRUARY)
    }
    assert table.totals == {}


def test_the_same_visits_twice_are_refused(saved):
    one = saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS, name="channels.csv")
    other = saved("Date,Session default channel group,Sessions\n20260105,Direct,9\n", name="days.csv")
    with pytest.raises(InputError, match=r"channels\.csv, days\.csv: both hold sessions .* 2026-01-05 to 2026-01-05"):
        read_traffic([one, other])


@pytest.mark.parametrize("kind", ["traffic", "email", "social"])
def test_files_are_held_against_each_other_as_each_row_against_each(kind):
    draw = Random(1)
    name, other = {"traffic": ("sessions", "users"), "email": ("sent", "opened"), "social": ("clicks", "shares")}[kind]

    def row():
        first = draw.choice((None, draw.randint(46_000, 46_400)))
        last = None if first is None else first + draw.choice((0, 0, 6, 27))
        values = {measure: float(draw.randint(1, 9)) for measure in (name, other) if draw.random() < 0.6}
        return ReportRow(draw.choice(("", "GA4")), draw.choice("ab"), draw.choice("xy"), None, first, last, values)

    met = []
    for _ in range(500):
        known, new = [row() for _ in range(draw.randint(0, 4))], row()
        expected = any(read_reports._is_twice(kind, new, one) for one in known)
        assert read_reports._Counted(kind, known).has(new) == expected
        met.append(expected)
    assert {*met} == {True, False}


def test_rows_of_large_files_are_looked_up_in_each_other(saved, monkeypatch):
    pairs = []
    plain = read_reports._is_twice
    monkeypatch.setattr(read_reports, "_is_twice", lambda *pair: pairs.append(pair) or plain(*pair))
    header = "Date,Channel,Sessions\n"
    months = [
        saved(header + "".join(f"2026-{month}-05,C{n},1\n" for n in range(300)), name=f"{month}.csv")
        for month in ("01", "02")
    ]
    assert len(read_traffic(months).rows) == 600
    assert len(pairs) < 600


def test_two_tools_are_kept_apart(saved):
    one = saved(GA4_PREAMBLE.format(end="20260131") + GA4_TABLE + GA4_ROWS, name="ga4.csv")
    other = saved("Date,Clicks,Impressions,CTR,Position\n2026-01-05,10,500,2%,9.5\n", name="gsc.csv")
    table = read_traffic([one, other])
    assert measured(table) == GA4 | {
        ("Search Console", "Organic Search", JANUARY): {"sessions": 10, "impressions": 500}
    }
    assert table.tools == ("GA4", "Search Console")


# the wrong option


ADS = "Day,Campaign,Cost,Impressions,Clicks\n2026-01-05,Brand,12.5,900,30\n2026-01-06,Brand,11.5,800,20\n"
MAIL = (
    "Campaign,Send date,Sent,Delivered,Unique opens,Unique clicks\nA,2026-01-05,100,90,30,5\nB,2026-01-06,100,90,30,5\n"
)
SOCIAL = "Date,Impressions,Reactions,Comments,Shares\n2026-01-05,100,3,2,1\n2026-01-06,100,3,2,1\n"
CONSOLE = "Date,Clicks,Impressions,CTR,Position\n2026-01-05,10,500,2%,9.5\n2026-01-06,11,500,2%,9.4\n"


@pytest.mark.parametrize(("content", "option"), [(ADS, "spend"), (MAIL, "email"), (SOCIAL, "social")])
def test_another_report_is_refused_as_traffic(saved, content, option):
    with pytest.raises(InputError, match=rf"row 1: this is a report of .*Give it with --{option} FILE"):
        read_traffic(saved(content))


@pytest.mark.parametrize(
    ("content", "option"),
    [(GA4_TABLE + GA4_ROWS, "traffic"), (CONSOLE, "traffic"), (MAIL, "email"), (SOCIAL, "social")],
)
def test_a_report_is_refused_as_spend_and_as_leads(saved, content, option):
    with pytest.raises(InputError, match=rf"this is a report of .*--{option} FILE"):
        read_spend([saved(content)])
    with pytest.raises(InputError, match=rf"this is a report of .*not a table of leads.*--{option} FILE"):
        read(saved(content))


@pytest.mark.parametrize(
    "content",
    [
        "Email,Created,Sessions,Users,Bounce rate\na@example.com,2026-01-05,3,1,1\nb@example.com,2026-01-06,3,1,1\n",
        "Record ID,Create Date,Sent,Delivered,Opened,Clicked\n1,2026-01-05,3,3,1,1\n2,2026-01-06,3,3,1,1\n",
        "Created,Stage,Sessions,Users\n2026-01-05,MQL,3,1\n2026-01-06,SQL,3,1\n",
    ],
)
def test_leads_with_such_columns_stay_leads(saved, content):
    assert len(read(saved(content)).frame) == 2


# months without their year --------------------------------------------------------------------------------------------


def months_of(table):
    return {divmod(row.month, 12): row.values["sessions"] for row in table.rows}


def ga4_months(start, end, months, header="Month"):
    lines = f"# All Users\n# Start date: {start}\n# End date: {end}\n" if start else ""
    rows = "".join(f"Direct,{month},{n}\n" for n, month in enumerate(months, start=1))
    return f"{lines}Session primary channel group (Default Channel Group),{header},Sessions\n{rows}"


@pytest.mark.parametrize(
    ("months", "header"),
    [
        ([f"{n:02}" for n in range(1, 9)], "Month"),
        (range(1, 9), "Miesiąc"),
        (["January", "February", "March", "April", "May", "June", "July", "August"], "Month"),
        (["0000", "0001", "0002", "0003", "0004", "0005", "0006", "0007"], "Month Index"),
        ([f"2025{n:02}" for n in range(1, 9)], "Month of the year"),
    ],
)
def test_months_are_of_the_year_that_the_lines_above_name(saved, months, header):
    table = read_traffic(saved(ga4_months("20250101", "20250831", months, header)))
    assert months_of(table) == {(2025, n): n + 1 for n in range(8)}


def test_months_go_on_into_the_next_year(saved):
    table = read_traffic(saved(ga4_months("20241115", "20250214", ["11", "12", "01", "02"])))
    assert months_of(table) == {(2024, 10): 1, (2024, 11): 2, (2025, 0): 3, (2025, 1): 4}


def test_a_month_outside_of_the_days_above_is_none(saved):
    table = read_traffic(saved(ga4_months("20250301", "20250430", ["09", "03", "04"])))
    assert {row.month for row in table.rows} == {None, 2025 * 12 + 2, 2025 * 12 + 3}
    assert kinds(table)["report_without_date"] == 1


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (
            "20240501",
            "20250831",
            r"row 6, column 'Month': '05' may be of two years, for the report covers 2024-05-01 to",
        ),
        ("", "", r"row 2, column 'Month': '04' is a month without its year, and no line above the header says which"),
    ],
)
def test_a_month_of_no_year_or_of_two_is_refused(saved, start, end, said):
    with pytest.raises(InputError, match=f"{said}.* Export the report with the year beside the month"):
        read_traffic(saved(ga4_months(start, end, ["04", "05"])))
