"""Amounts in one currency: at which rate each is converted, and what is told where there is none."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads.everywhere import NOW, PLACES, column, read_on
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read, read_spend
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.rates import Rates
from xl_leadkpi.leads.rates import read_rates

LEADS = """\
Lead ID,Created,Stage,Amount,Currency,Won date
1,2025-01-06,Won,100,EUR,2025-01-18
2,2025-01-06,Won,200,PLN,2025-02-01
3,2025-01-07,Opportunity,10,USD,
4,2025-01-08,Lost,50,EUR,
"""
RATES = "Date,Currency,Rate\n2025-01-03,EUR,4.20\n2025-01-17,EUR,4.30\n2025-01-07,EUR,4.25\n"


def with_rates(*said, target=None):
    return replace(NOW, rates=read_rates(said, target))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "rates.csv").write_text(RATES)
    return tmp_path


def amounts(table):
    return dict(table.frame.select("lead_id", "amount").iter_rows())


def originals(table):
    rows = table.frame.select("lead_id", "amount_original", "currency_original").iter_rows()
    return {row[0]: row[1:] for row in rows}


# --- which rate -----------------------------------------------------------------------------------------------------


def test_one_rate_holds_for_all_days(folder):
    table = read("leads.csv", with_rates("EUR=4.25", "USD=4"))
    assert amounts(table) == {"1": 425, "2": 200, "3": 40, "4": 212.5}
    assert (table.currency, table.currencies) == ("PLN", ("PLN",))
    report = as_json(build(table))
    assert (report["summary"]["revenue"], report["summary"]["pipeline"], report["currencies"]) == (625, 40, None)
    assert report["header"]["rates"] == [
        {"currency": "EUR", "rate": 4.25, "file": None},
        {"currency": "USD", "rate": 4.0, "file": None},
    ]


def test_rates_of_days_are_those_of_the_amount_s_own_day(folder):
    table = read("leads.csv", with_rates("rates.csv", "USD=4"))
    # 1: won on Saturday 18 January, Friday's rate; 4: lost, so of the day after its creation's last rate
    assert amounts(table) == pytest.approx({"1": 430, "2": 200, "3": 40, "4": 212.5})
    assert [one.file for one in table.conversion.used] == ["rates.csv", None]


def test_what_the_table_has_is_kept(folder):
    table = read("leads.csv", with_rates("EUR=4.25", "USD=4"))
    kept = {
        row[0]: row[1:] for row in table.frame.select("lead_id", "amount_original", "currency_original").iter_rows()
    }
    assert kept == {"1": (100, "EUR"), "2": (200, "PLN"), "3": (10, "USD"), "4": (50, "EUR")}
    assert not {"amount_original", "currency_original"} & {*read("leads.csv", NOW).frame.columns}


def test_without_rates_each_currency_stands_for_itself(folder):
    table = read("leads.csv", NOW)
    assert (table.currency, set(table.currencies), table.conversion) == (None, {"EUR", "PLN", "USD"}, None)
    report = as_json(build(table))
    assert report["header"]["rates"] == []
    assert {row["currency"] for row in report["currencies"]} == {"EUR", "PLN", "USD"}


DAYS = st.integers(0, 60).map(lambda day: date(2025, 1, 1) + timedelta(day))
ROWS = st.lists(
    st.tuples(
        DAYS,
        st.integers(0, 60),
        st.sampled_from(["Won", "Lost", "SQL"]),
        st.one_of(st.none(), st.integers(1, 10**6)),
        st.sampled_from(["EUR", "USD", "PLN", "CHF"]),
    ),
    min_size=4,
    max_size=25,
)
GAPS = st.lists(st.tuples(st.sampled_from([1, 2, 3, 8, 8, 9]), st.integers(100, 900)), min_size=60, max_size=60)
"""Days from one rate to the next, and the rate: of nine days one has none."""
TABLE = st.fixed_dictionaries({"EUR": GAPS, "USD": GAPS}).map(
    lambda gaps: {
        (currency, -3 + sum(gap for gap, _ in steps[:at])): rate
        for currency, steps in gaps.items()
        for at, (_, rate) in enumerate(steps)
    }
)


def looked_up(table, currency, day):
    """The rate by a plain loop over the days back."""
    if currency == "PLN":
        return 1.0
    if currency == "CHF":
        return 4.5
    for back in range(8):
        if (currency, day - back) in table:
            return table[currency, day - back] / 100
    return None


@pytest.mark.parametrize("place", ["memory", "polars"])
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, table=TABLE)
def test_converted_amounts_are_those_of_plain_loops(place, rows, table):
    start = date(2025, 1, 1)
    expected, missing = {}, False
    for number, (created, cycle, stage, amount, currency) in enumerate(rows):
        day = (created - start).days + (cycle if stage == "Won" else 0)
        rate = looked_up(table, currency, day)
        missing |= amount is not None and rate is None
        expected[f"L{number}"] = None if amount is None or rate is None else amount * rate
    daily = {}
    for (currency, day), rate in table.items():
        number = (start - date(1899, 12, 30)).days + day
        daily.setdefault(currency, {})[number] = rate / 100
    rates = Rates("PLN", {"CHF": 4.5}, {one: tuple(sorted(days.items())) for one, days in daily.items()}, ("r.csv",))
    columns = {
        "Lead ID": list(expected),
        "Created": [row[0] for row in rows],
        "Stage": [row[2] for row in rows],
        "Won date": pl.Series([row[0] + timedelta(row[1]) if row[2] == "Won" else None for row in rows], dtype=pl.Date),
        "Amount": pl.Series([row[3] for row in rows], dtype=pl.Int64),
        "Currency": [row[4] for row in rows],
    }
    if missing:
        with pytest.raises(InputError, match=r"has no rate"):
            read_on(place, columns, replace(NOW, rates=rates))
        return
    if all(row[3] is None for row in rows):
        return
    found = read_on(place, columns, replace(NOW, rates=rates))
    assert len(column(found, "lead_id")) == len(rows)
    assert dict(zip(column(found, "lead_id"), column(found, "amount"), strict=True)) == pytest.approx(expected)


def test_a_rate_holds_for_seven_days_and_until_the_next():
    rates = Rates("PLN", {}, {"EUR": ((100, 4.0), (102, 4.1), (120, 4.2))})
    each = {day: rate for _, day, rate in rates.each_day(["EUR"])}
    expected = {100: 4.0, 101: 4.0, **dict.fromkeys(range(102, 110), 4.1), **dict.fromkeys(range(120, 128), 4.2)}
    assert each == expected
    assert len(list(rates.each_day(["EUR"]))) == len(expected)
    assert {day: rates.of("EUR", day) for day in range(90, 140) if rates.of("EUR", day)} == expected


@PLACES
def test_every_engine_converts_alike(place, folder):
    columns = {
        "Lead ID": ["1", "2", "3"],
        "Created": [date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 8)],
        "Stage": ["Won", "SQL", "Lost"],
        "Won date": [date(2025, 1, 18), None, None],
        "Amount": [100.0, 10.0, None],
        "Currency": ["EUR", "PLN", "EUR"],
    }
    table = read_on(place, columns, with_rates("rates.csv", target="PLN"))
    assert column(table, "amount") == pytest.approx([430, 10, None])
    assert column(table, "currency_original") == ["EUR", "PLN", "EUR"]
    assert table.currency == "PLN"
    with pytest.raises(InputError, match=r"column 'Amount': the amount is in EUR, which has no rate"):
        read_on(place, columns, with_rates("USD=4", target="PLN"))


# --- which currency the report is in --------------------------------------------------------------------------------


def test_the_currency_of_the_report_is_the_one_without_a_rate_or_the_one_named(folder):
    assert read("leads.csv", with_rates("EUR=4.25", "USD=4")).currency == "PLN"
    table = read("leads.csv", with_rates("PLN=0.25", "USD=0.9", target="EUR"))
    assert (table.currency, amounts(table)["2"]) == ("EUR", 50)
    (folder / "rates.csv").write_text("date;currency;rate;to\n2025-01-01;EUR;4,2;PLN\n2025-01-01;EUR;1,1;USD\n")
    table = read("leads.csv", with_rates("rates.csv", "EUR=4.25", "USD=4", target="PLN"))
    assert amounts(table)["1"] == 425  # one rate for all days overrules those of days
    with pytest.raises(InputError, match=r"rates.csv, column 'to': there are rates into PLN, USD. Name the currency"):
        read_rates(["rates.csv"])
    with pytest.raises(InputError, match=r"there is no rate into CHF, only into PLN, USD"):
        read_rates(["rates.csv"], "CHF")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["EUR=4.25"], r"leads.csv: PLN, USD have no rate, so nothing tells which of them the report is in"),
        (["EUR=4", "PLN=1", "USD=4"], r"leads.csv: every currency met \(EUR, PLN, USD\) has a rate"),
    ],
)
def test_a_currency_that_nothing_tells_is_asked_for(folder, said, message):
    with pytest.raises(InputError, match=message):
        read("leads.csv", with_rates(*said))


def test_every_pipeline_of_a_table_is_in_the_currency_of_the_report(folder):
    lines = LEADS.replace("Currency,", "Currency,Pipeline,").replace("EUR,", "EUR,West,").replace("PLN,", "PLN,East,")
    (folder / "leads.csv").write_text(lines.replace("USD,", "USD,West,"))
    table = read("leads.csv", with_rates("EUR=4.25", "USD=4"))
    assert {name: part.currency for name, part in table.of_pipelines.items()} == {"West": "PLN", "East": "PLN"}
    assert amounts(table.of_pipelines["West"]) == {"1": 425, "3": 40, "4": 212.5}


# --- what has no rate -----------------------------------------------------------------------------------------------


def test_a_currency_without_a_rate_is_told_with_its_place_and_the_remedy(folder):
    with pytest.raises(InputError) as told:
        read("leads.csv", with_rates("EUR=4.25", target="PLN"))
    assert str(told.value).startswith(
        "leads.csv, row 4, column 'Amount': the amount is in USD, which has no rate. Give it with --rate USD=RATE "
        "(what 1 USD is in PLN)"
    )


def test_a_day_without_a_rate_is_told_with_its_place_and_the_remedy(folder):
    (folder / "leads.csv").write_text(LEADS + "5,2025-03-05,Opportunity,9,EUR,\n")
    with pytest.raises(InputError, match=r"^leads.csv, row 6, .*: rates.csv has no rate of EUR for 2025-03-05"):
        read("leads.csv", with_rates("rates.csv", "USD=4"))
    (folder / "more.csv").write_text("Lead ID,Created,Stage,Amount,Currency\n6,2025-03-06,SQL,9,EUR\n")
    (folder / "leads.csv").write_text(LEADS)
    with pytest.raises(InputError, match=r"^more.csv, row 2, .*: rates.csv has no rate of EUR for 2025-03-06"):
        read(["leads.csv", "more.csv"], with_rates("rates.csv", "USD=4"))


def test_an_amount_without_a_day_is_blank_and_told(folder):
    (folder / "leads.csv").write_text(LEADS + "5,,Opportunity,9,EUR,\n")
    table = read("leads.csv", with_rates("rates.csv", "USD=4"))
    assert amounts(table)["5"] is None
    [found] = [one for one in table.findings if one.kind is FindingKind.RATE_WITHOUT_DAY]
    assert (found.count, found.rows, found.column) == (1, (6,), "Amount")


def test_an_amount_without_a_currency_is_in_that_of_the_report_and_told(folder):
    (folder / "leads.csv").write_text(LEADS + "5,2025-01-09,Opportunity,9,,\n")
    table = read("leads.csv", with_rates("EUR=4.25", "USD=4"))
    assert amounts(table)["5"] == 9
    [found] = [one for one in table.findings if one.kind is FindingKind.AMOUNTS_WITHOUT_CURRENCY]
    assert (found.rows, found.details) == ((6,), {"currency": "PLN"})


# --- deals and spend ------------------------------------------------------------------------------------------------


def test_deals_of_one_lead_in_several_currencies_add_up(folder):
    (folder / "l.csv").write_text("Lead ID,Created\n1,2025-01-02\n2,2025-01-02\n")
    (folder / "d.csv").write_text(
        "Deal ID,Lead ID,Created,Stage,Amount,Currency\nD1,1,2025-01-06,Won,100,EUR\nD2,1,2025-01-07,Won,50,PLN\n"
        "D3,2,2025-01-07,Won,10,EUR\n"
    )
    assert amounts(read("l.csv", NOW, "d.csv")) == {"1": None, "2": 10}
    table = read("l.csv", with_rates("EUR=4"), "d.csv")
    assert amounts(table) == {"1": 450, "2": 40}
    assert table.currency == "PLN"
    originals = {
        row[0]: row[1:] for row in table.frame.select("lead_id", "amount_original", "currency_original").rows()
    }
    assert originals == {"1": (None, None), "2": (10, "EUR")}
    with pytest.raises(InputError, match=r"^d.csv, row 2, column 'Amount': the amount is in EUR, which has no rate"):
        read("l.csv", with_rates("USD=4", target="PLN"), "d.csv")


def test_spend_is_converted_at_the_rate_of_its_day(folder):
    (folder / "s.csv").write_text("Date,Channel,Cost (EUR)\n2025-01-07,Ads,10\n2025-01-18,Ads,20\n")
    (folder / "t.csv").write_text("Date,Channel,Cost,Currency\n2025-01-31,Fair,5,PLN\n2025-01-31,Fair,1,USD\n")
    spend = read_spend(["s.csv", "t.csv"], with_rates("rates.csv", "USD=4", target="PLN"))
    assert {row[0]: row[3] for row in spend.rows} == pytest.approx({"Ads": 10 * 4.25 + 20 * 4.3, "Fair": 5 + 4})
    assert spend.currency == "PLN"
    assert [one.currency for one in spend.conversion.used] == ["EUR", "USD"]
    with pytest.raises(InputError, match=r"the spend is in EUR and PLN and USD.*give a rate of the other one"):
        read_spend(["s.csv", "t.csv"], NOW)
    with pytest.raises(InputError, match=r"^t.csv, row 3, column 'Cost': the spend is in USD, which has no rate"):
        read_spend(["t.csv"], with_rates("EUR=4", target="PLN"))
    (folder / "s.csv").write_text("Date,Channel,Cost (EUR)\n2025-02-07,Ads,10\n")
    with pytest.raises(InputError, match=r"^s.csv, row 2, .*: rates.csv has no rate of EUR for 2025-02-07"):
        read_spend(["s.csv"], with_rates("rates.csv", target="PLN"))


def test_costs_and_revenue_meet_in_one_currency(folder):
    (folder / "s.csv").write_text("Date,Channel,Cost (EUR)\n2025-01-07,Ads,10\n")
    options = with_rates("EUR=4.25", "USD=4", target="PLN")
    summary = as_json(build(read("leads.csv", options), read_spend(["s.csv"], options)))["summary"]
    assert (summary["spend"], summary["roas"]) == (42.5, pytest.approx(625 / 42.5))


# --- tables of rates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Data;Waluta;Kurs\n03.01.2025;EUR;4,2000\n07.01.2025;euro;4,2500\n",
        "Дата,Валюта,Курс\n2025-01-03,EUR,4.2\n2025-01-07,€,4.25\n",
        "Fecha\tMoneda\tTipo de cambio\n2025-01-03\tEUR\t4.2\n2025-01-07\tEUR\t4.25\n",
        "Rates of the bank\n\nDate,Code,Units,Rate\n2025-01-03,EUR,100,420\n2025-01-07,EUR,1,4.25\n",
        "data;1EUR;100HUF;nr tabeli;\n;euro;forint (Węgry);;\n20250103;4,2000;1,0000;2;\n20250107;4,2500;1,0300;3;\n",
    ],
)
def test_tables_of_rates_are_read_in_many_forms(folder, text):
    (folder / "rates.csv").write_text(text)
    rates = read_rates(["rates.csv"], "PLN")
    assert rates.daily["EUR"] == ((45660, 4.2), (45664, 4.25))
    assert rates.daily.get("HUF", ((0, 0.01),))[0][1] == 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Date,Currency\n2025-01-03,EUR\n", r"rates.csv, row 1: there is no column rate, so this is no table of rates"),
        ("Date,Currency,Rate\n2025-01-03,EUR,0\n", r"rates.csv, row 2, column 'Rate': this is not a number above 0"),
        ("Date,Currency,Rate\n,EUR,4\n", r"rates.csv, row 2, column 'Date': this is not a day such as 2025-05-31"),
        ("Date,Currency,Rate\n2025-01-03,,4\n", r"rates.csv, row 2, column 'Currency': this is not a code such as EUR"),
        (
            "Date,Currency,Rate\n2025-01-03,EUR,4\n2025-01-03,EUR,4.1\n",
            r"rates.csv, row 3: EUR is 4 on 2025-01-03 and 4.1 as well. Keep one of the two rows",
        ),
    ],
)
def test_a_table_of_rates_at_fault_is_told_with_its_place(folder, text, message):
    (folder / "rates.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_rates(["rates.csv"], "PLN")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["EUR=0"], r"--rate EUR=0: '0' is no number above 0. Write EUR=4.25"),
        (["EUR=four"], r"'four' is no number above 0"),
        (["12=4"], r"'12' is no code of a currency such as EUR"),
        (["EUR=4", "EUR=5"], r"--rate: EUR is 4 and 5 as well. Give one rate of it"),
        (["PLN=2"], r"--rate PLN=2: PLN is the currency of the report. Leave the rate out"),
        (["none.csv"], r"none.csv: there is no such file"),
    ],
)
def test_a_rate_that_is_none_is_told(folder, said, message):
    with pytest.raises(InputError, match=message):
        read_rates(said, "PLN")


# --- the European Central Bank's table ------------------------------------------------------------------------------


CODES = ("USD", "JPY", "BGN", "CYP", "CZK", "DKK", "GBP", "HUF", "PLN", "SEK")


def of_the_ecb(rows):
    """Rates laid out as in eurofxref-hist.csv: a day a row, the latest first, a comma at the end."""
    lines = [",".join(("Date", *CODES, ""))]
    return "\n".join([*lines, *(",".join((day, *map(str, rates), "")) for day, rates in rows)])


def of_a_euro(row, code):
    return 1.0 if code == "EUR" else row[CODES.index(code)]


def test_rates_of_the_european_central_bank_are_read_as_they_are(tmp_path):
    days = {
        "2026-06-30": (1.15, 165.2, 1.9558, "N/A", 24.7, 7.46, 0.85, 400.1, 4.25, 11.2),
        "2026-06-29": (1.14, 164.9, 1.9558, "N/A", 24.8, 7.46, 0.851, 401.1, 4.26, 11.3),
    }
    (tmp_path / "ecb.csv").write_text(of_the_ecb(days.items()))
    for target in (None, "PLN", "USD"):
        rates = read_rates([str(tmp_path / "ecb.csv")], target)
        assert rates.target == (target or "EUR")
        assert "CYP" not in rates.daily
        for code in {*CODES, "EUR"} - {"CYP", rates.target}:
            expected = [of_a_euro(row, rates.target) / of_a_euro(row, code) for _, row in sorted(days.items())]
            assert [rate for _, rate in rates.daily[code]] == pytest.approx(expected)
    (tmp_path / "odd.csv").write_text(of_the_ecb([("2026-06-30", (-1.15, 165.2, *(0,) * 8))]))
    assert read_rates([str(tmp_path / "odd.csv")]).daily.keys() == {"JPY"}
    with pytest.raises(InputError, match=r"ecb.csv: there is no rate into CHF, only into BGN"):
        read_rates([str(tmp_path / "ecb.csv")], "CHF")


@pytest.mark.parametrize("change", ["without yen", "with the euro", "the other way round"])
def test_other_tables_with_a_column_a_currency_say_nothing_of_their_direction(tmp_path, change):
    text = of_the_ecb([("2026-06-30", (0.87, 0.006, 0.51, 1.7, 0.04, 0.13, 1.17, 0.0025, 0.235, 0.09))])
    text = {"without yen": text.replace("JPY", "THB"), "with the euro": text.replace("BGN", "EUR")}.get(change, text)
    (tmp_path / "wide.csv").write_text(text)
    with pytest.raises(InputError, match=r"no column currency nor rate, so this is no table of rates"):
        read_rates([str(tmp_path / "wide.csv")])
