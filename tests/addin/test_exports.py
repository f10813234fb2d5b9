"""Calls as the server makes them: every function, no exception, and a reason for every error."""

import random
from datetime import datetime, timedelta

import pytest

from xl_leadkpi.addin import exports
from xl_leadkpi.addin.diagnostics import KEPT
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.leads import read_frame

CELL = "[Book1]Sheet1!$C$2"
NA = -2146826246
LEADS = (
    ("Lead ID", "Created", "Won date", "Stage", "Source", "Amount", "Country"),
    ("L1", 45662.0, 45700.0, "Won", "Ads", 1000.0, "PL"),
    ("L2", 45689.0, None, "New", "SEO", None, "DE"),
    ("L3", 45690.0, None, "Lost", "Ads", NA, "PL"),
)
SPEND = (("Date", "Channel", "Cost"), (45662.0, "Ads", 300.0))


def call(name, *values, **options):
    return exports.call(name, values, caller=CELL, **options)


def why():
    return exports.call("KPIWHY", (CELL,))[0][0]


def test_every_kpi_is_exported():
    assert set(exports.FUNCTIONS) == {
        *CATALOGUE, "FUNNEL", "KPITABLE", "COHORTS", "EXPLAIN", "ATTRIBUTION", "KPIHELP", "KPIWHY",
    }  # fmt: skip


ODD_VALUES = (
    None, "", "abc", True, -1.0, 0.0, 1e308, NA, -2147352572, (), ((),), ((None,),), ((NA, "x"), (None, 1.0)),
    object(), b"x",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(exports.FUNCTIONS))
def test_nothing_raises(name):
    function = exports.FUNCTIONS[name]
    for value in ODD_VALUES:
        for count in {0, 1, function.required, len(function.parameters), 255}:
            rows = exports.call(name, [value] * count)
            assert all(type(cell) in (float, str, bool) for row in rows for cell in row), value
            assert len({len(row) for row in rows}) == 1, value


@pytest.mark.parametrize(
    ("name", "values", "shown", "reason"),
    [
        ("CPL", (100.0, 0.0), "#DIV/0!", "no value where leads=0"),
        ("CPL", (-100.0, 4.0), "#NUM!", "no value where spend<0"),
        ("CPL", ("abc", 4.0), "#VALUE!", "spend holds a text where a number is expected"),
        ("CPL", (100.0, True), "#VALUE!", "leads holds TRUE or FALSE where a number is expected"),
        ("CPL", (100.0, NA), "#N/A", "leads holds #N/A, which is passed on"),
        ("CPL", (100.0,), "#VALUE!", "needs leads"),
        ("CPL", (100.0, 1.0, 2.0), "#VALUE!", "takes at most 2 arguments, 3 were given"),
        ("CPX", (100.0,), "#NAME?", "there is no function 'CPX'; nearest: CP"),
        ("FUNNEL", (1.0,), "#VALUE!", "a table is a range with a header row"),
        ("FUNNEL", (LEADS, "Colour"), "#VALUE!", "there is no column 'Colour' to group by"),
        ("KPITABLE", ("CPX", LEADS, "source"), "#VALUE!", "there is no KPI 'CPX'"),
        ("KPITABLE", ("NPS", LEADS, "source"), "#VALUE!", "NPS needs promoters, detractors, responses"),
        ("COHORTS", (LEADS, "SQL"), "#VALUE!", "there is no stage 'SQL'; cohorts of this table are counted to: Won"),
        ("COHORTS", (LEADS, "lead"), "#VALUE!", "every lead is in 'Lead' from the first day; cohorts of this table"),
        ("ATTRIBUTION", (LEADS, "best"), "#VALUE!", "there is no attribution model 'best'"),
    ],
)
def test_reason_of_an_error(name, values, shown, reason):
    assert call(name, *values) == [[shown]]
    assert reason in why()


def test_reason_of_errors_within_a_range():
    call("CPL", ((1.0,), (2.0,)), ((1.0,), (0.0,)))
    assert "CPL(2 x 1 cells, 2 x 1 cells): no value where leads=0" in why()
    call("CPL", ((1.0,), (2.0,)), ((1.0,), (2.0,), (3.0,)))
    assert "different size" in why()


def test_reason_goes_when_the_cell_has_a_value():
    call("CPL", 100.0, 0.0)
    call("CPL", 100.0, 4.0)
    assert why() == "No failure is known of this cell."


def test_failures_are_listed_latest_first_and_not_without_end():
    for number in range(KEPT + 50):
        exports.call("CPL", (float(number), 0.0))
    header, *rows = exports.call("KPIWHY", (-2147352572,))
    assert header == ["Time", "Cell", "Function", "Arguments", "Result", "Reason"]
    assert len(rows) == KEPT
    assert rows[0][2:] == ["CPL", f"{KEPT + 49}, 0", "#DIV/0!", "no value where leads=0"]


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("FUNNEL", (-2147352572, 1.0), "FUNNEL(leads) needs leads"),
        ("FUNNEL", (), "FUNNEL(leads) needs leads"),
        ("KPITABLE", (-2147352572, 1.0, "source"), "KPITABLE(kpi, leads, by) needs kpi"),
    ],
)
def test_an_argument_that_is_left_out_is_named(name, arguments, reason):
    assert call(name, *arguments) == [["#VALUE!"]]
    assert why().endswith(reason)


def test_omitted_in_the_middle():
    omitted = -2147352572
    assert call("CACPAYBACK", 1200.0, 100.0, omitted) == call("CACPAYBACK", 1200.0, 100.0)
    assert call("DATECOUNT", ((45782.0,), (45783.0,)), omitted, 45782.0) == [[1.0]]


def test_funnel():
    header, *rows = call("FUNNEL", LEADS)
    assert header[:2] == ["Stage", "Reached"]
    assert [row[:2] for row in rows] == [["Lead", 3.0], ["Won", 1.0]]


def test_funnel_by_group_with_spend():
    header, *rows = call("FUNNEL", LEADS, "source", SPEND)
    assert {"Group", "Leads", "Won", "Win rate", "Spend", "CPL"} <= set(header)
    assert [row[header.index("CPL")] for row in rows] == [150.0, "", 100.0]
    header, *rows = call("FUNNEL", LEADS, "Country")
    assert [row[0] for row in rows] == ["PL", "DE", "(total)"]


@pytest.mark.parametrize(
    ("kpi", "by", "expected"),
    [
        ("LEADCONV", "source", [["Ads", 0.5], ["SEO", 0.0], ["(total)", 1 / 3]]),
        ("cpl", "Source", [["Ads", 150.0], ["SEO", ""], ["(total)", 100.0]]),
        ("WINLOSS", "source", None),
        ("LEADCONV", "month", [["2025-01", 1.0], ["2025-02", 0.0]]),
    ],
)
def test_kpi_table(kpi, by, expected):
    header, *rows = call("KPITABLE", kpi, LEADS, by, SPEND)
    assert header[1] == kpi.upper()
    if expected is not None:
        assert rows == expected


def test_tables_in_the_1904_system_give_the_same():
    days_1904 = (LEADS[0], *((row[0], row[1] - 1462, row[2] and row[2] - 1462, *row[3:]) for row in LEADS[1:]))
    for name in ("FUNNEL", "COHORTS"):
        assert call(name, days_1904, date1904=True) == call(name, LEADS)
    assert call("COHORTS", LEADS)[1][:3] == ["2025-01", 1.0, 0.0]


def test_cohorts_of_leads_without_dates_of_winning():
    assert call("COHORTS", [row[:2] + row[3:] for row in LEADS]) == [["#VALUE!"]]
    assert "do not say when" in why()


STEPS = ("1. New lead", "2. Discovery call", "3. Demo held", "4. Second meeting", "5. Offer sent")
"""Three of them are meetings in the usual funnel."""


def own_stages(leads=200, *, dated=STEPS[1:], seed=1):
    """Leads in stages of the user's own: the table as rows, and of each lead how many stages it reached and when."""
    drawn = random.Random(seed)
    header = ("Lead ID", "Created", "Stage", "Source", *(f'Date entered "{name}"' for name in dated), "Won date")
    rows, known = [header], []
    for number in range(leads):
        created = 45_658 + drawn.randrange(180)
        reached = drawn.randint(1, len(STEPS) + 1)
        days = [created]
        for _ in range(reached - 1):
            days.append(days[-1] + drawn.randrange(60))
        won = reached > len(STEPS)
        entered = [float(days[STEPS.index(name)]) if STEPS.index(name) < reached else None for name in dated]
        rows.append((f"L{number}", float(created), "Won" if won else STEPS[reached - 1], drawn.choice("AB"), *entered,
                     float(days[-1]) if won else None))  # fmt: skip
        known.append(days)
    return tuple(rows), known


def test_funnel_has_the_stages_of_the_table():
    table, known = own_stages()
    _, *rows = call("FUNNEL", table)
    reached = [[name, float(sum(len(days) > place for days in known))] for place, name in enumerate((*STEPS, "Won"))]
    assert [row[:2] for row in rows] == reached
    header, *_, total = call("FUNNEL", table, "source")
    by_name = dict(zip(header, total, strict=True))
    assert [[name, by_name[name]] for name in STEPS[1:]] == reached[1:-1]


@pytest.mark.parametrize(
    ("given", "place"),
    [(name, place) for place, name in enumerate(STEPS) if place]
    + [("2. DISCOVERY CALL", 1), (" won ", 5), ("Won", 5), (None, 5), ("meeting", None)],
)
def test_cohorts_are_counted_to_any_stage(given, place):
    """Beside a plain count of the leads whose month of entry is not later than so many months after their own."""
    table, known = own_stages()
    if place is None:  # whichever of them the table takes for the usual meeting
        (place,) = (STEPS.index(stage.name) for stage in read_frame(list(map(list, table))).pipeline
                    if stage.stands_for == "Meeting")  # fmt: skip
    header, *rows = call("COHORTS", table, *([] if given is None else [given]))
    assert header[:3] == ["Month", "Leads", "Rate 0"]
    months = [[month_of(day) for day in days] for days in known]
    assert [row[0] for row in rows] == [
        f"{month // 12}-{month % 12 + 1:02}" for month in sorted({m[0] for m in months})
    ]
    for row, month in zip(rows, sorted({m[0] for m in months}), strict=True):
        own = [one for one in months if one[0] == month]
        assert row[1] == len(own)
        filled = [value for value in row[2:] if value != ""]
        assert len(filled) > 1
        assert filled == [
            pytest.approx(sum(len(one) > place and one[place] - month <= after for one in own) / len(own))
            for after in range(len(filled))
        ]


def month_of(day):
    when = datetime(1899, 12, 30) + timedelta(day)
    return when.year * 12 + when.month - 1


def test_days_of_a_stage_are_not_those_of_another_that_stands_for_the_usual_one():
    """Her "3. Demo held" holds words of the usual meeting, for which "2. Discovery call" stands."""
    table, _ = own_stages()
    only_one, _ = own_stages(dated=STEPS[2:3])
    assert call("COHORTS", only_one, STEPS[2]) == call("COHORTS", table, STEPS[2])
    assert call("COHORTS", only_one, "Meeting") == [["#VALUE!"]]
    assert "when they got to '2. Discovery call'" in why()


def test_a_stage_without_days_has_no_cohorts():
    table, _ = own_stages(dated=STEPS[1:3])
    assert call("COHORTS", table, "5. offer sent") == [["#VALUE!"]]
    assert "do not say when they came in and when they got to '5. Offer sent'" in why()
    assert call("COHORTS", table, "Trial") == [["#VALUE!"]]
    assert f"there is no stage 'Trial'; cohorts of this table are counted to: {', '.join(STEPS[1:])}, Won" in why()


def test_help():
    assert call("KPIHELP", "WINRATE")[0] == ["WINRATE: Win rate"]
    assert call("KPIHELP", "koszt leada")[1][0] == "CPL"
    assert len(call("KPIHELP")) == len(CATALOGUE) + 1


def test_macros_are_on_the_list_or_not_run():
    for name in ("os.system", "", "build", "exports.call"):
        assert exports.run_macro(name, None).startswith("There is no macro")


TOUCHES = (
    ("Lead ID", "Time", "Channel"),
    ("L1", 45700.0, "Ads"), ("L1", 45705.0, "SEO"), ("L1", 45710.0, "Mail"), ("L1", 45720.0, "Web"),
)  # fmt: skip


@pytest.mark.parametrize(
    "model", ["first", "last", "linear", "position", "u_shaped", "ushape", "U-Shaped", "decay", "time decay"]
)
def test_a_model_credits_a_table_of_touches_as_it_weights_one_path(model):
    table = {row[0]: row[1] for row in call("ATTRIBUTION", TOUCHES, model)[1:]}
    channels = tuple((row[2],) for row in TOUCHES[1:])
    weights = call("ATTRIB", channels, model, ((20.0,), (15.0,), (10.0,), (0.0,)))
    assert [table[channel] for (channel,) in channels] == pytest.approx([weight for (weight,) in weights])


TOUCHED = (("L1", "Ads"), ("L1", "SEO"), ("L2", "SEO"), ("L3", "Ads"))
WON_AND_LOST = (
    ("Lead ID", "Created", "Won date", "Status"),
    ("L1", 45690.0, 45710.0, "Won"),
    ("L2", 45690.0, None, "Lost"),
    ("L3", 45690.0, 45710.0, "Won"),
)


@pytest.mark.parametrize(
    ("model", "credited"),
    [
        # L1 came by Ads and SEO, L2 by SEO alone, L3 by Ads alone
        *((name, {"Ads": 1.5, "SEO": 0.5}) for name in ("shapley", "Shapley counts", "simplified Shapley value")),
        *((name, {"Ads": 2.0, "SEO": 0.0}) for name in ("shapley_rates", "Conversion-rate Shapley", "Shapley rate")),
    ],
)
def test_two_shapley_values_by_their_names(model, credited):
    touches = (TOUCHES[0], *((lead, 45700.0, name) for lead, name in TOUCHED))
    table = {row[0]: row[1] for row in call("ATTRIBUTION", touches, model, WON_AND_LOST)[1:]}
    assert {name: table[name] for name in credited} == pytest.approx(credited)


def test_rates_want_the_leads_that_are_not_won_too():
    assert call("ATTRIBUTION", TOUCHES, "shapley rates") == [["#VALUE!"]]
    assert "shapley_rates compares the paths that were won with the others: pass all leads" in why()


DEALS = [
    ["Deal ID", "Stage", "Won date", "Lost date", "Amount", "Source", "Region"],
    ["1", "Won", "2025-01-10", None, 100.0, "Ads", "N"],
    ["2", "Lost", None, "2025-02-10", 100.0, "SEO", "N"],
    ["3", "Won", "2025-04-10", None, 300.0, "Ads", "S"],
    ["4", "Won", "2025-05-10", None, 200.0, "SEO", "S"],
    ["5", "Won", "2025-06-30", None, 100.0, "SEO", "N"],
]
COSTS = [["Month", "Channel", "Cost"], ["2025-02-01", "Ads", 50.0], ["2025-05-01", "Ads", 90.0]]


def test_explain_gives_the_parts_of_a_change():
    header, whole, *factors = call("EXPLAIN", DEALS, "revenue", "", "2025-Q2")
    assert header == ["Factor", "From", "To", "Part", "Share", "Tested"]
    assert whole == ["(total)", 100.0, 600.0, 500.0, 1.0, "unclear"]
    assert [row[:3] for row in factors] == [
        ["days", 90.0, 91.0],
        ["closed", 2.0, 3.0],
        ["win_rate", 0.5, 1.0],
        ["deal", 100.0, 200.0],
    ]
    assert sum(row[3] for row in factors) == pytest.approx(500)
    for by in ("Source", "region"):
        header, *groups, total = call("EXPLAIN", DEALS, "REVENUE", by, "2025-Q2", "2025-Q1")
        assert header == ["Group", "From", "To", "Part", "Share", "Volume", "Mix", "Rate", "Deal", "Tested"]
        assert [total[0], *total[1:4]] == ["(total)", 100.0, 600.0, 500.0]
        assert sum(row[3] for row in groups) == pytest.approx(500)
        assert all(sum(row[5:9]) == pytest.approx(row[3], abs=1e-8) for row in groups)
    cost = call("EXPLAIN", DEALS, "cac", "", "2025-Q2", "2025-Q1", COSTS)
    assert cost[1][:4] == ["(total)", 50.0, 30.0, -20.0]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("profit", "", "2025-Q2"), "there is no figure 'profit'; there are revenue, won, cac and lead_conversion"),
        (("revenue", "", ""), "name the period, such as 2026-Q2"),
        (("revenue", "", "2025-Q2", "none"), "name the period, such as 2026-Q2"),
        (("revenue", "", "spring"), "spring"),
        (("revenue", "", 2026.0), "nothing was created or closed in the period 2026"),
        (("revenue", "", "2025-Q2", "2024-Q2"), "The first day of the table is 2025-01-10"),
        (("revenue", "owner", "2025-Q2"), "not known by owner: it takes two groups or more"),
        (("cac", "", "2025-Q2"), "there is no spend"),
    ],
)
def test_explain_says_why_it_cannot(values, reason):
    assert call("EXPLAIN", DEALS, *values) == [["#VALUE!"]]
    assert reason in why()
