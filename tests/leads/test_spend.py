"""Spend exports of the ad platforms (funnel specification, sections 7, 10 and 12) and touches."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.golden import GOLDEN
from xl_leadkpi.leads import InputError, read_spend, read_spend_frame, read_touches
from xl_leadkpi.leads.fields.spans import report_range

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5


@pytest.fixture
def saved(tmp_path):
    def save(content: str, encoding: str = "utf-8", name: str = "spend.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        return path

    return save


def by_key(table):
    return {(channel, campaign, month): spend for channel, campaign, month, spend, _, _ in table.rows}


GOOGLE = (
    "Campaign report\nMay 1, 2025 - June 30, 2025\n"
    "Day\tCampaign\tCampaign ID\tCurrency code\tCost\tImpr.\tClicks\tConversions\tCost / conv.\tAvg. CPC\n"
    "2025-05-31\tBrand\t11\tPLN\t1,200.50\t1,000\t10\t1.50\t800.33\t120.05\n"
    "2025-06-01\tBrand\t11\tPLN\t99.50\t500\t5\t0.00\t--\t19.90\n"
    "2025-06-01\tGeneric\t12\tPLN\t--\t--\t--\t0.00\t--\t--\n"
    "Total: Campaigns\t--\t--\tPLN\t1,300.00\t1,500\t15\t1.50\t866.67\t86.67\n"
    "Total: Account\t--\t--\tPLN\t1,300.00\t1,500\t15\t1.50\t866.67\t86.67\n"
)


def test_google_ads_excel_csv(saved):
    table = read_spend([saved(GOOGLE, "utf-16")])
    assert table.currency == "PLN"
    assert by_key(table) == {("Google Ads", "Brand", MAY): 1200.5, ("Google Ads", "Brand", JUNE): 99.5}
    assert table.rows[0][4:] == (1000.0, 10.0)
    assert {found.kind: found.count for found in table.findings} == {
        "title_rows": 2,
        "total_rows": 2,
        "channel_from_file": 5,
    }


def test_meta_in_polish_with_an_unlabelled_total(saved):
    table = read_spend([saved(
        "Nazwa kampanii;Dzień;Wydana kwota (PLN);Wyświetlenia;Zasięg;Kliknięcia linku;Wyniki\n"
        ";2025-05-01;300,50;30;20;3;\nA;2025-05-01;100,25;10;9;1;2\nB;2025-06-01;200,25;20;19;2;\n", "cp1250",
    )])  # fmt: skip
    assert table.currency == "PLN"
    assert by_key(table) == {("Meta", "A", MAY): 100.25, ("Meta", "B", JUNE): 200.25}


def test_linkedin_months_first(saved):
    table = read_spend([saved(
        'Campaign Performance Report (in UTC)\nReport Start: May 1, 2025\nReport End: June 2, 2025\n\n'
        "Start Date (in UTC),Account Name,Campaign Group Name,Campaign Name,Total Spent,Impressions,Clicks,Currency\n"
        '5/1/2025,LinkedIn,G,Leaders,"1,000.00",9,8,EUR\n6/2/2025,LinkedIn,G,Leaders,50.00,9,8,EUR\n'
        'Total,,,,"1,050.00",18,16,\n'
    )])  # fmt: skip
    assert table.currency == "EUR"
    assert by_key(table) == {("LinkedIn", "Leaders", MAY): 1000.0, ("LinkedIn", "Leaders", JUNE): 50.0}


def test_yandex_direct(saved):
    table = read_spend([saved(
        "Статистика\nКлиент\nза период\nс 01.05.2025 по 30.06.2025\n"
        "Дата;Кампания;Показы;Клики;Расход (руб.);CTR (%);Ср. цена клика (руб.);Конверсии\n"
        "01.05.2025;Бренд;100;5;500,50;5,00;100,10;1\n02.06.2025;Бренд;100;5;12 500,00;5,00;2500,00;1\n"
        "Итого;;200;10;13 000,50;5,00;1300,05;2\n",
        "cp1251",
    )])  # fmt: skip
    assert table.currency == "RUB"
    assert by_key(table) == {("Yandex Direct", "Бренд", MAY): 500.5, ("Yandex Direct", "Бренд", JUNE): 12500.0}


def test_a_report_without_days_is_usable_if_it_lies_in_one_month(saved):
    one = "Campaign report\n{}\nCampaign,Cost\nBrand,100\n"
    assert by_key(read_spend([saved(one.format('"May 1, 2025 - May 31, 2025"'))])) == {(None, "Brand", MAY): 100.0}
    two = read_spend([saved(one.format('"May 1, 2025 - June 30, 2025"'))])
    assert by_key(two) == {(None, "Brand", None): 100.0}
    assert [found.kind for found in two.findings if found.severity == "warning"] == ["spend_range"]


SPANS = [["Start date", "End date", "Channel", "Cost"], ["2024-12-20", "2025-03-05", "Ads", 760.0]]


def test_a_row_over_several_months_is_shared_out_by_days():
    found = by_key(read_spend_frame(SPANS))
    december = 2024 * 12 + 11
    assert found == {("Ads", None, december + n): 10.0 * days for n, days in enumerate((12, 31, 28, 5))}


@pytest.mark.parametrize("end", ["9999-12-31", "31.12.2099", "2035-01-02"])
def test_an_end_that_is_none_tells_no_month(end):
    rows = [*SPANS, ["2025-01-01", end, "Ads", 500.0], ["2025-05-01", "2025-05-31", "Ads", 31.0]] * 400
    table = read_spend_frame([rows[0], *(row for row in rows if row[0] != "Start date")])
    found = by_key(table)
    assert found[("Ads", None, None)] == 500.0 * 400
    assert found[("Ads", None, MAY)] == 31.0 * 400
    [finding] = [found for found in table.findings if found.kind == "spend_range"]
    assert (finding.count, finding.column, finding.rows[:2]) == (400, "selection: End date", (3, 6))


def test_the_last_week_of_the_calendar():
    rows = [["Week", "Channel", "Cost"], ["9999-12-27", "Ads", 70.0], ["2025-05-05", "Ads", 7.0]]
    assert by_key(read_spend_frame(rows)) == {
        ("Ads", None, MAY): 7.0,
        ("Ads", None, 9999 * 12 + 11): 50.0,
        ("Ads", None, 10_000 * 12): 20.0,
    }


def test_weeks_are_shared_out_by_days():
    rows = [["Week", "Channel", "Cost"], ["2025-05-26", "Ads", 70.0], ["2025-06-02", "Ads", 7.0]]
    assert by_key(read_spend_frame(rows)) == {
        ("Ads", None, MAY): 60.0,
        ("Ads", None, JUNE): 17.0,
    }  # 26 to 31 May: 6 days


def test_reporting_ends_spreads_a_row():
    rows = [["Reporting starts", "Reporting ends", "Channel", "Cost"], ["2025-05-22", "2025-06-10", "Ads", 200.0]]
    assert by_key(read_spend_frame(rows)) == {("Ads", None, MAY): 100.0, ("Ads", None, JUNE): 100.0}


def test_spend_of_two_currencies_is_refused(saved):
    rows = "Date,Channel,Amount spent ({})\n2025-05-01,Ads,5\n"
    with pytest.raises(InputError, match=r"a\.csv, b\.csv: the spend is in EUR and PLN"):
        read_spend([saved(rows.format("EUR"), name="a.csv"), saved(rows.format("PLN"), name="b.csv")])


def test_spend_without_a_cost_column_is_refused(saved):
    with pytest.raises(
        InputError, match=r"no column with the amount spent.*Found: Date, Channel, CPC.*--map sp_spend="
    ):
        read_spend([saved("Date,Channel,CPC\n2025-05-01,Ads,5\n")])


def test_golden_spend():
    table = read_spend([GOLDEN / "golden_spend.csv"])
    expected = json.loads((GOLDEN / "golden_expected.json").read_text())
    by_channel = defaultdict(float)
    for channel, _, _, spend, _, _ in table.rows:
        by_channel[channel] += spend
    assert sum(by_channel.values()) == expected["spend_total"]
    assert by_channel == {name: row["spend"] for name, row in expected["by_source"].items() if "spend" in row}


def test_kag_totals(shared):
    table = read_spend([shared / "data" / "ads_kag" / "KAG_conversion_data_7cols.csv"])
    truth = json.loads((shared / "data" / "truth" / "ads_kag.json").read_text())["kag"]["total"]
    ((channel, campaign, month, spend, impressions, clicks),) = table.rows
    assert (channel, campaign, month) == (None, None, None)
    assert spend == pytest.approx(truth["spend"], abs=1e-6)
    assert (impressions, clicks) == (truth["impressions"], truth["clicks"])


def test_report_ranges():
    assert [day.isoformat() for day in report_range("1 September 2025 – 30 September 2025")] == [
        "2025-09-01",
        "2025-09-30",
    ]
    assert report_range("Campaign report") is None


def test_touches(saved):
    table = read_touches(saved(
        "Lead ID,Touch time,Channel,Campaign\nL2,2025-01-03 10:00,Google Ads,Brand\nL1,2025-01-02,Email,\n"
        "L1,2025-01-01 12:00,google ads,Brand\n,2025-01-01,Email,\nL3,,Email,\n"
    ))  # fmt: skip
    assert table.frame.rows() == [
        ("L1", 45658.5, "Google Ads", "Brand"),
        ("L1", 45659.0, "Email", None),
        ("L2", 45660 + 10 / 24, "Google Ads", "Brand"),
    ]
    assert [(found.kind, found.count, found.rows) for found in table.findings] == [("incomplete_touches", 2, (5, 6))]
    with pytest.raises(InputError, match="no column with the channel"):
        read_touches(saved("Lead ID,Time\nL1,2025-01-01\n"))


def test_two_columns_of_cost_are_a_warning(saved):
    content = "Day,Campaign,Cost,Spend\n2025-05-31,Brand,10,12\n2025-06-01,Brand,20,24\n"
    [tie] = [one for one in read_spend([saved(content)]).findings if one.kind == "headline_tie"]
    assert (tie.severity, tie.value) == ("warning", "sp_spend: 'Cost' taken, 'Spend' left")
    same = content.replace("10,12", "10,10").replace("20,24", "20,20")
    assert [one for one in read_spend([saved(same)]).findings if one.kind == "headline_tie"] == []
