"""``--anonymise`` as a user gives it: no byte of what is written tells of a person or a company."""

import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.leads.test_anonymise import assert_same_figures
from xl_leadkpi.cli import main
from xl_leadkpi.cli.funnel import PSEUDONYM_KEY

KEY = "a secret that nobody knows"
OWNERS = ("Anna Nowakowska", "Пётр Чайковский", "Won", "anna  nowakowska", "")
COMPANIES = ("Google", "Zażółć Gęślą", "ООО Ромашка")
STAGES = ("New", "MQL", "SQL", "Won", "Lost")
SECRETS = (
    "Nowakowska", "nowakowska", "Чайковский", "Gęślą", "Ромашка", "Kowalczyk", "Jan 1", "zolc.example", "600-1", "RX-1",
    "Roof for", "Secretny", "partner.example",
)  # fmt: skip
"""Texts of persons and companies in the files and options below."""
NOTE = {
    "en": "shown under pseudonyms", "pl": "pokazane pod pseudonimami", "ru": "показаны под псевдонимами"
}  # fmt: skip


def contacts(numbers=range(60)):
    """Lines of an export; what a line says depends on its number alone."""
    for n in numbers:
        day = f"2025-{n % 9 + 1:02}-{n % 27 + 1:02}"
        won = f"2025-{n % 9 + 2:02}-{n % 27 + 1:02}" if STAGES[n % 5] in ("Won", "Lost") else ""
        company, owner, source = COMPANIES[n % 3], OWNERS[n % 4 if n else 4], ("Google", "SEO", "Fair")[n % 3]
        yield (
            f"RX-1{n:03},Roof for {company} {n},{company},Jan {n + 100} Kowalczyk,jan{n}@zolc.example,600-1{n:03},"
            f"{day},{won},{STAGES[n % 5]},{source},{owner},{100 + n},ref{n % 4}@partner.example"
        )


HEADER = (
    "Record ID,Deal Name,Company,Contact Name,Email,Phone,Create Date,Close Date,Deal Stage,Source,Deal owner,Amount,"
    "Via"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PSEUDONYM_KEY, KEY)
    lines = ["Deals of Anna Nowakowska,,,", "", HEADER, *contacts()]
    (tmp_path / "deals.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def funnel(capsys, *words, files=("deals.csv",)):
    """Everything that a run writes, as one text, and its JSON."""
    words = [*files, *words, "--as-of", "2025-12-31", "-o", "out.xlsx", "--json", "out.json"]
    assert main(["funnel", *words]) == 0
    out, err = capsys.readouterr()
    with zipfile.ZipFile("out.xlsx") as parts:
        written = [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
    text = Path("out.json").read_text(encoding="utf-8")
    return "\n".join([*written, text, out, err]), json.loads(text)


def told(text, secrets=SECRETS):
    return [word for word in secrets if word in text]


BREAKDOWNS = ("--by", "Company", "--by", "Via", "--by", "Deal Name", "--where", "Deal owner!=Jan Secretny")


def test_nothing_written_tells_of_a_person_or_a_company(folder, capsys):
    words = [*BREAKDOWNS, "--period", "2025-Q3"]
    before, plain = funnel(capsys, *words)
    after, shown = funnel(capsys, *words, "--anonymise")
    assert set(SECRETS) - set(told(before)) <= {"nowakowska", "Kowalczyk", "Jan 1", "zolc.example", "600-1"}
    assert not told(after)
    assert_same_figures(plain, shown)
    assert [row["group"] for row in shown["by"]["source"]] == [row["group"] for row in plain["by"]["source"]]
    assert "Google" in {row["group"] for row in shown["by"]["source"]}
    assert "Google" not in {row["group"] for row in shown["by"]["Company"]}
    assert "Won" not in {row["group"] for row in shown["by"]["owner"]}
    assert "Won" in {row["stage"] for row in shown["stages"]}


@pytest.mark.parametrize("language", NOTE)
def test_the_workbook_says_that_it_shows_pseudonyms(folder, language, capsys):
    after, _ = funnel(capsys, *BREAKDOWNS, "--anonymise", "--language", language)
    assert not told(after)
    sheet = load_workbook(folder / "out.xlsx")["Funnel"]
    assert [cell.value for [cell] in sheet["B4:B9"] if NOTE[language] in str(cell.value)]


def test_with_a_secret_pseudonyms_last_whatever_the_order_of_rows(folder, capsys):
    (folder / "other.csv").write_text("\n".join([HEADER, *reversed(list(contacts(range(30))))]), encoding="utf-8")
    owners = []
    for name in ("deals.csv", "other.csv", "deals.csv"):
        _, shown = funnel(capsys, "--anonymise", files=(name,))
        owners.append({row["group"] for row in shown["by"]["owner"]})
    assert owners[0] == owners[1] == owners[2]
    assert len(owners[0]) == 5  # three owners, none, all


@pytest.mark.parametrize("other", ["quite another secret", ""])
def test_with_another_secret_they_are_others(folder, other, capsys, monkeypatch):
    _, first = funnel(capsys, "--anonymise")
    monkeypatch.setenv(PSEUDONYM_KEY, other)
    text, second = funnel(capsys, "--anonymise")
    groups = [{row["group"] for row in found["by"]["owner"]} for found in (first, second)]
    assert groups[0] & groups[1] == {"(none)", "(total)"}
    assert (f"set {PSEUDONYM_KEY} to a secret of 16 letters" in text) is not other


def test_a_short_secret_is_named(folder, capsys, monkeypatch):
    monkeypatch.setenv(PSEUDONYM_KEY, "short")
    assert main(["funnel", "deals.csv", "--anonymise", "-o", "out.xlsx"]) == 1
    assert f"{PSEUDONYM_KEY}: The secret of the pseudonyms is shorter than 16" in capsys.readouterr().err


def test_joined_deals_and_several_files(folder, capsys):
    (folder / "leads.csv").write_text(
        "Record ID,Full Name,Company,Email,Created,Owner\n"
        + "\n".join(
            f"RX-1{n:03},Jan {n + 100} Kowalczyk,{COMPANIES[n % 3]},jan{n}@zolc.example,2025-01-05,Anna Nowakowska"
            for n in range(60)
        ),
        encoding="utf-8",
    )
    more = ("--deals", "deals.csv", "--by", "Company")
    _, plain = funnel(capsys, *more, files=("leads.csv",))
    text, shown = funnel(capsys, *more, "--anonymise", files=("leads.csv",))
    assert not told(text)
    assert_same_figures(plain, shown)
    (folder / "later.csv").write_text("\n".join([HEADER, *contacts(range(50, 70))]), encoding="utf-8")
    files = ("deals.csv", "later.csv")
    _, plain = funnel(capsys, files=files)
    text, shown = funnel(capsys, "--anonymise", files=files)
    assert not told(text)
    assert_same_figures(plain, shown)


def test_a_history_and_visits_that_end_before_they_begin(folder, capsys):
    lines = [
        f"RX-1{n:03},{stage},2025-{n % 9 + 1:02}-{day}" for n in range(60) for stage, day in (("SQL", 20), ("MQL", 27))
    ]
    (folder / "log.csv").write_text("Record ID,Stage,Changed at\n" + "\n".join(lines), encoding="utf-8")
    _, plain = funnel(capsys, "--history", "log.csv")
    text, shown = funnel(capsys, "--history", "log.csv", "--anonymise")
    assert not told(text)
    assert_same_figures(plain, shown)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_on_engines(folder, engine, capsys):
    pl = pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    pl.read_csv((folder / "deals.csv").read_bytes().split(b"\n", 2)[2], try_parse_dates=True).write_parquet(
        "deals.parquet"
    )
    words, files = (*BREAKDOWNS, "--engine", engine), ("deals.parquet",)
    _, plain = funnel(capsys, *words, files=files)
    text, shown = funnel(capsys, *words, "--anonymise", files=files)
    assert not told(text)
    assert_same_figures(plain, shown)
    _, memory = funnel(capsys, *BREAKDOWNS, "--anonymise")
    assert [[row["group"] for row in rows] for rows in shown["by"].values()] == [
        [row["group"] for row in rows] for rows in memory["by"].values()
    ]


def test_the_project_file_can_ask_for_it_and_its_filters_are_hidden(folder, capsys):
    (folder / "leadkpi.toml").write_text(
        'anonymise = true\nwhere = ["Deal owner!=Anna Nowakowska"]\n[inputs]\nleads = "deals.csv"\n'
    )
    text, shown = funnel(capsys, files=())
    assert not told(text)
    assert shown["header"]["filters"][0]["left"] == 31  # but 29: 14 of the one spelling, 15 of the other
    text, again = funnel(capsys, "--reuse-map", "out.xlsx", files=())
    assert_same_figures(shown, again)


def test_edits_of_a_workbook_with_pseudonyms_are_kept(folder, capsys):
    _, before = funnel(capsys, "--anonymise", "--where", "Deal owner!=Won")
    book = load_workbook(folder / "out.xlsx")
    [cell] = [row[1] for row in book["Funnel_Map"]["B1:C200"] if row[0].value == "SQL"]
    cell.value = "Lost"
    book.save(folder / "edited.xlsx")
    assert main(["funnel", "deals.csv", "--reuse-map", "edited.xlsx", "-o", "out.xlsx"]) == 1
    assert "has a pseudonym in it, which no row has: give it again with --where 'Deal owner" in capsys.readouterr().err
    words = ("--reuse-map", "edited.xlsx", "--where", "Deal owner!=Won")
    text, after = funnel(capsys, "--anonymise", *words)
    assert not told(text)
    assert after["header"]["filters"] == before["header"]["filters"]
    assert (before["summary"]["lost"], after["summary"]["lost"]) == (9, 18)  # 12 of each word, but 3 of Won's


def test_the_cause_of_a_change_is_named_by_its_pseudonym(folder, capsys):
    """One of two owners won all of her deals in one quarter and none in the next."""
    rows = [
        f"RX-1{quarter}{n:03},Roof for {n},2025-{month:02}-01,2025-{month:02}-{n % 20 + 5:02},{stage},{owner},100"
        for quarter, month in ((1, 1), (2, 4))
        for n in range(60)
        for owner, stage in (
            ("Anna Nowakowska", "Won" if quarter == 1 else "Lost"),
            ("Пётр Чайковский", ("Won", "Lost")[n % 2]),
        )
    ]
    lines = [f"{n}{row}" for n, row in enumerate(rows)]
    header = "Record ID,Deal Name,Create Date,Close Date,Deal Stage,Deal owner,Amount"
    (folder / "deals.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    before, plain = funnel(capsys, "--period", "2025-Q2")
    text, shown = funnel(capsys, "--period", "2025-Q2", "--anonymise")
    assert "Anna Nowakowska" in {row["group"] for row in plain["causes"]}
    assert "Nowakowska" in before
    assert not told(text)
    assert_same_figures(plain, shown)


def test_touches_and_spend(folder, capsys):
    touches = [f"RX-1{n:03},2025-01-0{n % 9 + 1},{('Google', 'SEO')[n % 2]}" for n in range(80)]
    (folder / "touches.csv").write_text("Lead ID,Time,Channel\n" + "\n".join(touches))
    (folder / "spend.csv").write_text("Account of Anna Nowakowska,,\n\nMonth,Channel,Spend\n2025-01,Google,50\n")
    words = ("--touches", "touches.csv", "--spend", "spend.csv")
    before, plain = funnel(capsys, *words)
    text, shown = funnel(capsys, *words, "--anonymise")
    assert "Account of Anna" in before
    assert not told(text)
    assert_same_figures(plain, shown)
    assert shown["attribution"] == plain["attribution"]
