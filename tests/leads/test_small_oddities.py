"""Things exports do that are not worth a warning, or that one word explains."""

from datetime import date

import pytest

from xl_leadkpi.leads import ReadOptions, read, read_frame, read_spend_frame
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.columns import recognise

OPTIONS = ReadOptions(today=date(2025, 7, 1))
LINES = ["Lead ID;Created;Stage", *[f"{n};2025-05-0{n};New" for n in range(1, 9)]]


def kinds(table):
    return {found.kind: found.rows for found in table.findings}


@pytest.mark.parametrize("quoted", ["", '"Ne""w"'])
def test_empty_cells_at_the_end_of_a_row_are_no_finding(tmp_path, quoted):
    lines = LINES[:]
    lines[2] += ";;"
    lines[3] += "; "
    lines[5] += ';"x"'
    lines[6] += ";y"
    lines[8] = lines[8].replace("New", quoted or "New")
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert kinds(read(path, OPTIONS))["long_rows"] == (6, 7)


def test_empty_cells_beyond_a_selected_header_are_no_finding():
    rows = [line.split(";") for line in LINES]
    assert "long_rows" not in kinds(read_frame([rows[0], [*rows[1], None, ""], *rows[2:]], OPTIONS))
    assert kinds(read_frame([rows[0], [*rows[1], None, "x"], *rows[2:]], OPTIONS))["long_rows"] == (2,)


@pytest.mark.parametrize("word", ["не закрыта", "Niezamknięta", "not closed", "-"])
def test_a_day_that_has_not_come_is_missing_not_unreadable(word):
    days = [word] * 8 + ["2025-05-20", "2025-05-21"]
    rows = [[str(n), "2025-05-01", "Won" if day[0] == "2" else "New", day] for n, day in enumerate(days)]
    table = read_frame([["Lead ID", "Created", "Stage", "Won date"], *rows], OPTIONS)
    assert "unreadable_dates" not in kinds(table)
    assert table.frame["d_won"].to_list()[:8] == [None] * 8
    assert table.frame["outcome"].to_list() == ["open"] * 8 + ["won"] * 2
    mapped = recognise(["Won date"], [days], "leads", PIPELINE)
    assert [(column.field, column.reason) for column in mapped.columns] == [("won_date", "exact")]


def test_a_currency_after_a_comma_in_the_header():
    header = ["ID", "Дата создания", "Этап", "Бюджет, руб."]
    table = read_frame([header, ["1", "05.05.2025", "Новый", "1000"], ["2", "15.05.2025", "Новый", "2000"]], OPTIONS)
    assert table.currency == "RUB"
    assert table.frame["amount"].to_list() == [1000.0, 2000.0]


HEADER = ["account_name", "campaign_name", "adset_name", "date_start", "spend"]


def test_an_account_name_is_no_channel():
    rows = [["My shop", "Spring", "A", "2025-05-01", 10.0], ["My shop", "Summer", "B", "2025-05-02", 20.0]]
    table = read_spend_frame([HEADER, *rows], OPTIONS)
    assert {row[0] for row in table.rows} == {"Meta"}
    assert "channel_from_file" in kinds(table)


def test_an_account_name_that_names_the_channel_is_one():
    rows = [["Google Ads PL", "Spring", "A", "2025-05-01", 10.0], ["Google Ads PL", "Summer", "B", "2025-05-02", 20.0]]
    table = read_spend_frame([HEADER, *rows], OPTIONS)
    assert {row[0] for row in table.rows} == {"Google Ads PL"}
