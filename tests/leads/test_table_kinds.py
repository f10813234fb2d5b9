"""Tables whose rows are no leads of their own: logs of stages, product lines, reports of ads, our own sheet."""

import random
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame, read_query
from xl_leadkpi.output_files import OutputFiles
from xl_leadkpi.sheets import lay_out, to_file

AS_OF = date(2026, 3, 1)
OPTIONS = ReadOptions(as_of=AS_OF, today=AS_OF)
STEPS = ("Prospecting", "Qualification", "Proposal", "Closed Won")
PLANS = [  # how far each deal comes, and where it ends
    ("A1", 4, "Closed Won"), ("A2", 3, "Closed Lost"), ("A3", 1, "Closed Lost"), ("A4", 2, None),
    ("A5", 4, "Closed Won"),
    ("A6", 2, "Closed Lost"), ("A7", 3, None), ("A8", 1, "Closed Lost"), ("A9", 3, "Closed Lost"),
]  # fmt: skip


def walks():
    """Each deal's stages with their days."""
    for number, (name, far, end) in enumerate(PLANS):
        day = date(2025, 6, 1) + timedelta(days=number)
        steps = list(STEPS[:far]) + ([end] if end == "Closed Lost" else [])
        yield name, [(step, day + timedelta(days=7 * n + number % 3)) for n, step in enumerate(steps)]


def stage_log(*, words=None, reverse=False, shuffled=False):
    rows = [
        [name, (words or {}).get(step, step), day.isoformat(), 100] for name, steps in walks() for step, day in steps
    ]
    if shuffled:
        random.Random(5).shuffle(rows)
    return rows[::-1] if reverse else rows


def figures(table):
    report = as_json(build(table, None, None, FunnelOptions()))
    return report["summary"], {row["stage"]: row["reached"] for row in report["stages"]}


def check(table, *, deals=True):
    summary, reached = figures(table)
    assert (summary["leads"], summary["won"], summary["lost"], summary["open"]) == (9, 2, 5, 2)
    assert reached["Proposal"] == 5
    assert reached["Won"] == 2
    if deals:
        assert summary["win_rate"] == pytest.approx(2 / 7)
    first = {row["lead_id"]: row for row in table.frame.rows(named=True)}
    day = date(2025, 6, 2) + timedelta(days=1)  # A2: the second deal
    assert first["A2"]["created"] == (day - date(1899, 12, 30)).days
    assert first["A2"]["d_proposal"] == first["A2"]["created"] + 14
    assert first["A2"]["d_lost"] == first["A2"]["created"] + 21
    assert first["A1"]["d_won"] == first["A1"]["created"] + 21
    assert "history_folded" in {found.kind for found in table.findings}


POLISH = {"Prospecting": "Nowy", "Qualification": "Kwalifikacja", "Proposal": "Oferta", "Closed Won": "Wygrana",
          "Closed Lost": "Przegrana"}  # fmt: skip
RUSSIAN = {"Prospecting": "Новая", "Qualification": "Квалификация", "Proposal": "Предложение",
           "Closed Won": "Успешно реализовано", "Closed Lost": "Закрыто и не реализовано"}  # fmt: skip


@pytest.mark.parametrize(
    ("header", "made"),
    [
        (["deal_id", "stage", "date_entered", "amount"], {}),
        (["Deal ID", "Stage", "Changed At", "Amount"], {"reverse": True}),
        (["Deal ID", "Stage", "Timestamp", "Amount"], {"shuffled": True}),
        (["ID szansy", "Etap", "Data zmiany", "Kwota"], {"words": POLISH}),
        (["ID сделки", "Этап", "Дата перехода", "Бюджет"], {"words": RUSSIAN, "reverse": True}),
    ],
)
def test_a_log_of_stages_counts_each_deal_once(header, made):
    table = read_frame([header, *stage_log(**made)], OPTIONS)
    check(table)
    assert table.frame["amount"].sum() == 900
    assert {word.word for word in table.words} >= set((made.get("words") or {"": "Qualification"}).values())


def changes():
    for name, steps in walks():
        for n, (step, day) in enumerate(steps):
            yield name, steps[n - 1][0] if n else None, step, day, steps


def test_from_and_to_is_a_history_in_any_order():
    header = ["Opportunity ID", "Opportunity Name", "From Stage", "To Stage", "Last Modified", "Amount", "Created Date"]
    rows = [[name, f"Order {name}", old, new, day, 100, steps[0][1]] for name, old, new, day, steps in changes()]
    check(read_frame([header, *rows, ["Grand Totals (30 records)"]], OPTIONS))
    check(read_frame([header, *rows[::-1]], OPTIONS))


def test_a_history_of_fields_tells_the_first_stage_by_what_stood_before():
    header = ["Opportunity ID", "Stage", "Created Date", "Field / Event", "Old Value", "New Value", "Edit Date"]
    rows = []
    for name, old, new, day, steps in changes():
        change = ["Stage", old, new] if old else ["Created.", None, None]
        rows.append([name, steps[-1][0], steps[0][1], *change, day])
        rows.append([name, steps[-1][0], steps[0][1], "Amount", "90", "100", day + timedelta(days=1)])
    check(read_frame([header, *rows], OPTIONS))


def test_events_unknown_to_the_funnel_change_no_outcome():
    rows = [[name, day, step] for name, steps in walks() for step, day in steps]
    rows += [["A1", date(2026, 1, 5), "renewed"], ["A5", date(2026, 1, 5), "renewed"]]
    table = read_frame([["account_id", "date", "event"], *rows], ReadOptions(as_of=AS_OF, today=AS_OF, kind="deals"))
    check(table)
    assert [word.word for word in table.words if word.stage is None] == ["renewed"]


def test_what_the_user_says_of_words_holds_for_every_step():
    words = {"Qualification": "Stufe zwei", "Closed Lost": "Dead"}
    said = {"Stufe zwei": "SQL", "Dead": "Lost"}
    options = ReadOptions(as_of=AS_OF, today=AS_OF, words=said)
    table = read_frame([["Deal ID", "Stage", "Entered", "Amount"], *stage_log(words=words)], options)
    check(table)
    assert "unused_stage_word" not in {found.kind for found in table.findings}


def test_a_deal_that_was_lost_and_came_back_is_what_it_is_last():
    rows = stage_log()
    rows += [["A3", "Proposal", "2025-12-01", 100], ["A3", "Closed Won", "2025-12-09", 100]]
    table = read_frame([["Deal ID", "Stage", "Entered", "Amount"], *rows], OPTIONS)
    lead = next(row for row in table.frame.rows(named=True) if row["lead_id"] == "A3")
    assert (lead["outcome"], lead["d_lost"], lead["furthest_stage"]) == ("won", None, 7)
    assert figures(table)[0]["won"] == 3


def test_a_log_of_what_is_no_stage_is_refused():
    rows = [
        [f"C{n}", f"2026-01-0{n + k + 1}", ("e-mail opened", "call", "visit")[k]] for n in range(6) for k in range(3)
    ]
    with pytest.raises(
        InputError,
        match=r"is a log of events \('Event' by 'Date'\), several rows for each 'Contact ID'.*--stage WORD=STAGE",
    ):
        read_frame([["Contact ID", "Date", "Event"], *rows], OPTIONS)


def test_a_log_that_stays_where_it_is_is_folded_there():
    frame = pl.LazyFrame(stage_log(), schema=["Deal ID", "Stage", "Date entered", "Amount"], orient="row")
    table = read_query(frame, OPTIONS)
    check(replace(table, frame=table.frame.collect()))
    unlike = pl.LazyFrame({"Deal ID": ["1", "2", "2"], "Stage": ["Won", "New", "Lost"], "Created": [AS_OF] * 3})
    assert read_query(unlike, OPTIONS).rows_read == 3


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # deals of customers: an identifier that comes again, with the same words
        (["Customer ID", "Date", "Status"],
         [[f"K{n % 5}", f"2025-{n % 9 + 1:02}-11", ("Won", "Lost", "Won", "Open")[n % 4]] for n in range(20)]),
        # leads whose rows were exported twice
        (["Lead ID", "Created", "Stage"],
         [[f"L{n % 15}", f"2025-05-{n % 15 + 1:02}", STEPS[n % 3]] for n in range(20)]),
        (["Lead ID", "Date", "Stage"], [[f"L{n}", f"2025-05-{n + 1:02}", STEPS[n % 4]] for n in range(20)]),
    ],
)  # fmt: skip
def test_rows_that_come_again_are_no_log_by_that_alone(header, rows):
    table = read_frame([header, *rows], ReadOptions(as_of=AS_OF, today=AS_OF, dedupe="none"))
    assert len(table.frame) == 20
    assert "history_folded" not in {found.kind for found in table.findings}


def few_go_on():
    """Leads of whom one in ten goes on, by time: a thousand rows tell of no lead twice."""
    day = date(2024, 1, 1)
    rows = [[f"L{n}", day + timedelta(days=n // 40), "Lead"] for n in range(4000)]
    rows += [[f"L{n}", day + timedelta(days=110 + n // 40), "Won"] for n in range(0, 4000, 10)]
    return sorted(rows, key=lambda row: row[1])


@pytest.mark.parametrize("header", [["id", "time", "stage"], ["Lead ID", "Changed at", "Status"]])
def test_a_log_of_leads_of_whom_few_go_on(header):
    options = ReadOptions(as_of=AS_OF, today=AS_OF, kind="leads")
    frame = pl.DataFrame(few_go_on(), schema=header, orient="row")
    for table in (
        read_frame([header, *few_go_on()], options),
        read_query(frame.lazy(), options),
        read_query(duckdb.from_arrow(frame.to_arrow()), options),
    ):
        rows = table.frame.lazy().collect("polars").to_native()
        assert "history_folded" in {found.kind for found in table.findings}
        assert (len(rows), rows["d_won"].count(), rows["created"].count()) == (4000, 400, 4000)


def test_a_log_of_leads_that_come_back_to_a_stage():
    steps = ("New", "Demo", "New", "Demo", "Proposal", "Demo", "Proposal", "Won")
    rows = [[f"L{n}", date(2025, 1, 1) + timedelta(days=n + 3 * k), steps[k]] for n in range(9) for k in range(n)]
    rows.sort(key=lambda row: row[1])
    table = read_frame([["id", "time", "stage"], *rows], ReadOptions(as_of=AS_OF, today=AS_OF))
    assert "history_folded" in {found.kind for found in table.findings}
    assert len(table.frame) == 8
    assert table.frame["d_won"].count() == 1


def test_leads_of_which_some_are_listed_twice_are_no_log():
    rows = [[f"L{n % 90}", date(2025, 1, 1) + timedelta(days=n), STEPS[n % 4]] for n in range(100)]
    table = read_frame([["Lead ID", "Date", "Stage"], *rows], ReadOptions(as_of=AS_OF, today=AS_OF))
    assert "history_folded" not in {found.kind for found in table.findings}


def test_changes_of_stage_and_status_are_no_headers_and_their_field_no_record():
    header = ["Deal ID", "Field Key", "Old Value", "New Value", "Log Time"]
    rows = [[f"D{n}", "Stage", None, "Qualified", date(2025, 1, n + 1)] for n in range(20)]
    rows += [[f"D{n}", "Stage", "Qualified", "Proposal Made", date(2025, 2, n + 1)] for n in range(10)]
    rows += [[f"D{n}", "Status", "Open", "Won", date(2025, 3, n + 1)] for n in range(5)]
    table = read_frame([header, *rows], ReadOptions(as_of=AS_OF, today=AS_OF))
    assert "title_rows" not in {found.kind for found in table.findings}
    assert len(table.frame) == 20
    assert [table.frame[day].count() for day in ("d_proposal", "d_won")] == [10, 5]


# --- product lines

LINES = [
    "Deal ID",
    "Deal Name",
    "Stage",
    "Created Date",
    "Owner",
    "Amount",
    "Product",
    "Quantity",
    "Unit Price",
    "Line Total",
]


def product_lines():
    for name, steps in walks():
        count = len(steps)
        total = sum(50.5 * (n + 1) for n in range(count))
        for n in range(count):
            yield [
                name,
                f"Order {name}",
                steps[-1][0],
                steps[0][1],
                "Eva",
                total,
                f"Item {n}",
                n + 1,
                50.5,
                50.5 * (n + 1),
            ]


def without(*headers):
    places = [n for n, header in enumerate(LINES) if header not in headers]
    return [[row[n] for n in places] for row in [LINES, *product_lines()]]


@pytest.mark.parametrize(
    ("table", "origin"),
    [
        (without(), "own: Amount"),
        (without("Amount"), "sum: Line Total"),
        (without("Amount", "Line Total"), "sum: Unit Price"),
        (without("Deal ID"), "own: Amount"),
        (without("Deal ID", "Amount"), "sum: Line Total"),
        (without("Quantity", "Unit Price", "Line Total"), "own: Amount"),
    ],
)
def test_product_lines_are_one_deal(table, origin):
    found = read_frame(table, OPTIONS)
    summary, _ = figures(found)
    assert (summary["leads"], summary["won"], summary["lost"]) == (9, 2, 5)
    assert summary["revenue"] == pytest.approx(2 * 505.0)
    (finding,) = [one for one in found.findings if one.kind == "product_lines"]
    assert (finding.count, finding.value) == (len(table) - 1 - 9, origin)
    assert found.frame["row_no"].to_list()[:3] == [2, 6, 10]


def test_a_table_in_another_language_sums_its_lines():
    header = ["Nazwa szansy", "Etap", "Data utworzenia", "Towar", "Ilość", "Wartość pozycji"]
    rows = [["Zamówienie 1", "Wygrana", "2025-05-01", f"Towar {n}", 1, f"{n} 100,50 zł"] for n in (1, 2)]
    rows += [["Zamówienie 2", "Oferta", "2025-05-02", "Towar 1", 2, "7,00 zł"]]
    table = read_frame([header, *rows], OPTIONS)
    assert table.frame["amount"].to_list() == [3201.0, 7.0]
    assert table.currency == "PLN"


@pytest.mark.parametrize(
    "table",
    [
        # updates of a deal: more than the product differs
        [["Deal ID", "Stage", "Created", "Amount", "Product"], ["1", "New", "2025-05-01", 100, "A"],
         ["1", "Won", "2025-05-01", 150, "B"], ["2", "New", "2025-05-02", 90, "A"],
         ["2", "Lost", "2025-05-02", 70, "C"]],
        # leads without identifier that are alike but for what they ask for
        [["Created", "Stage", "Source", "Product"], *[["2025-05-01", "New", "Web", f"P{n}"] for n in range(4)]],
        # one product each
        [["Deal ID", "Stage", "Created", "Amount", "Product"],
         *[[str(n), "New", "2025-05-01", 100, "A"] for n in range(4)]],
    ],
)  # fmt: skip
def test_a_product_alone_folds_nothing(table):
    found = read_frame(table, ReadOptions(as_of=AS_OF, today=AS_OF, dedupe="none"))
    assert len(found.frame) == 4
    assert "product_lines" not in {one.kind for one in found.findings}


# --- reports of ads


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["Day", "Campaign", "Impressions", "Clicks", "Cost"], ["2026-01-0{n}", "Brand", 900, 30, 12.5]),
        (["Account ID", "Campaign ID", "Clicks"], ["77", "C{n}", 30]),
        (["Dzień", "Kampania", "Wyświetlenia", "Kliknięcia", "Koszt"], ["0{n}.01.2026", "Marka", 900, 30, "12,50 zł"]),
        (["Дата", "Кампания", "Показы", "Клики", "Расход"], ["0{n}.01.2026", "Бренд", 900, 30, "12,50"]),
        (
            ["Campaign name", "Status", "Amount spent (USD)", "Reporting starts"],
            ["Brand {n}", "Active", 30, "2026-01-0{n}"],
        ),
    ],
)
def test_a_report_of_ads_is_refused_as_leads(header, row):
    rows = [[cell.format(n=n) if isinstance(cell, str) else cell for cell in row] for n in range(1, 7)]
    with pytest.raises(InputError, match=r"this is a report of ads.*--spend FILE"):
        read_frame([header, *rows], OPTIONS)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["Lead ID", "Created", "Clicks", "Impressions"], ["L{n}", "2026-01-02", 3, 9]),
        (["Email", "Created", "Clicks"], ["a{n}@example.com", "2026-01-02", 3]),
        (["Created", "Campaign", "Clicks", "Cost", "Stage"], ["2026-01-02", "C", 3, 9, "MQL"]),
    ],
)
def test_leads_with_clicks_stay_leads(header, row):
    rows = [[cell.format(n=n) if isinstance(cell, str) else cell for cell in row] for n in range(5)]
    assert len(read_frame([header, *rows], OPTIONS).frame) == 5


# --- our own sheet


def leads():
    rows = [
        [
            "Lead ID",
            "Created",
            "MQL date",
            "Status",
            "Stage",
            "Last open stage",
            "Source",
            "Owner",
            "Amount",
            "Lost reason",
        ]
    ]
    for n in range(40):
        status = ("Open", "Won", "Lost", "Open")[n % 4]
        stage = ("New", "Won", "Lost", "Proposal")[n % 4]
        far = (None, None, ("Meeting", "Lead", "Proposal")[n % 3], None)[n % 4]
        day = date(2025, 7, 1) + timedelta(days=n)
        mql = day + timedelta(days=3) if n % 3 else None
        rows.append(
            [
                f"L{n}",
                day,
                mql,
                status,
                stage,
                far,
                ("Web", "Fair")[n % 2],
                "Eva",
                100 + n,
                "Price" if n % 4 == 2 else None,
            ]
        )
    return rows


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("kind", ["leads", "deals"])
def test_our_own_sheet_gives_the_same_funnel(tmp_path, language, kind):
    options = ReadOptions(as_of=AS_OF, today=AS_OF, kind=kind, by=("owner",))
    table = read_frame(leads(), options)
    report = build(table, None, None, FunnelOptions())
    path = tmp_path / "funnel.xlsx"
    with OutputFiles() as files:
        to_file(lay_out(report, table, language=language, formulas="native", data_rows=1000), path, files)
        files.put_in_place()
    again = read(path, ReadOptions(as_of=AS_OF, today=AS_OF, by=("owner",)))
    one, other = as_json(report), as_json(build(again, None, None, FunnelOptions()))
    for part in one:
        if part not in {"header", "columns", "words", "findings", "quality"}:
            assert one[part] == other[part], part
    assert not {"unknown_words", "unused_stage_word"} & {found.kind for found in again.findings}
    assert {column.reason for column in again.columns if column.field} == {"values"}
