"""Several files as one table: whatever each looks like, the funnel is that of all their rows."""

import csv
import io
import math
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read
from xl_leadkpi.leads.model.findings import FindingKind

NOW = ReadOptions(as_of=date(2026, 6, 30), today=date(2026, 6, 30))
FIELDS = ("id", "created", "stage", "amount", "source", "won", "owner")
HEADERS = {
    "en": ("Lead ID", "Created", "Stage", "Amount", "Source", "Won date", "Owner"),
    "pl": ("ID leada", "Data utworzenia", "Etap", "Kwota", "Źródło", "Data wygrania", "Opiekun"),
    "de": ("Lead-ID", "Erstellt am", "Phase", "Betrag", "Quelle", "Gewonnen am", "Besitzer"),
}
STAGES = ("Lead", "MQL", "SQL", "Opportunity", "Won", "Lost")


def write(path, headers, rows, delimiter=",", encoding="utf-8", title=()):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([*([line] for line in title), headers, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def findings(table, kind):
    return [found for found in table.findings if found.kind is kind]


def column(table, name):
    return dict(table.frame.select("lead_id", name).iter_rows())


# --- the same figures as of one file ----------------------------------------------------------------------------------

DRESSES = st.fixed_dictionaries(
    {
        "language": st.sampled_from(sorted(HEADERS)),
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "cp1250", "utf-16"]),
        "days": st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %b %Y"]),
        "decimal": st.sampled_from([".", ","]),
        "order": st.permutations(range(len(FIELDS))),
        "title": st.sampled_from([(), ("Export of leads",)]),
    }
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.sampled_from(STAGES),
        st.one_of(st.none(), st.integers(100, 9_999_999)),
        st.sampled_from(["Ads", "Fair", "Referral", ""]),
        st.integers(1, 120),
        st.sampled_from(["Owner 1", "Owner 2"]),
    ),
    min_size=8,
    max_size=40,
)
PLAIN = {"language": "en", "delimiter": ",", "encoding": "utf-8", "days": "%Y-%m-%d", "decimal": ".", "title": ()}


def leads_of(rows):
    for number, (day, stage, cents, source, cycle, owner) in enumerate(rows):
        created = date(2025, 1, 1) + timedelta(day)
        won = created + timedelta(cycle) if stage == "Won" else None
        yield f"L{number}", created, stage, cents, source, won, owner


def dressed(path, leads, dress):
    def cell(value, field):
        if value is None:
            return ""
        if isinstance(value, date):
            return value.strftime(dress["days"])
        return f"{value / 100:.2f}".replace(".", dress["decimal"]) if field == "amount" else value

    order = dress.get("order", range(len(FIELDS)))
    headers = [HEADERS[dress["language"]][place] for place in order]
    rows = [[cell(lead[place], FIELDS[place]) for place in order] for lead in leads]
    return write(path, headers, rows, dress["delimiter"], dress["encoding"], dress["title"])


def figures(paths):
    """All blocks but the list of what was odd, which names rows and files."""
    content = as_json(build(read(paths, NOW), options=FunnelOptions()))
    for name in ("source", "built_at"):
        content["header"].pop(name)
    for name in ("quality", "backwards", "columns", "words"):
        content.pop(name, None)
    return content


def differences(one, other, place=""):
    """Where two contents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from (f"{place}.{name}" for name in one.keys() ^ other.keys())
        for name in one.keys() & other.keys():
            yield from differences(one[name], other[name], f"{place}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{place}[{at}]")
    elif isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{place}: {one} {other}"
    elif one != other:
        yield f"{place}: {one} {other}"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(rows=ROWS, dresses=st.lists(DRESSES, min_size=2, max_size=4), seed=st.randoms(use_true_random=False))
def test_a_table_in_parts_is_the_table(tmp_path, rows, dresses, seed):
    leads = list(leads_of(rows))
    whole = figures([dressed(tmp_path / "whole.csv", leads, PLAIN)])
    part_of = [seed.randrange(len(dresses)) for _ in leads]
    parts = [[lead for lead, part in zip(leads, part_of, strict=True) if part == at] for at in range(len(dresses))]
    paths = [
        dressed(tmp_path / f"part{at}.csv", part, dress)
        for at, (part, dress) in enumerate(zip(parts, dresses, strict=True))
        if part
    ]
    assert not list(differences(figures(paths), whole))


# --- what only its own file tells -----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    """Hand-made: one American file with a total, one Polish."""
    write(
        tmp_path / "2025.csv",
        ["Lead ID", "Created", "Stage", "Amount", "Source"],
        [
            ["1", "01/13/2025", "Won", "1,200.50", "Ads"],
            ["2", "01/02/2025", "Lead", "", "Ads"],
            ["3", "01/05/2025", "SQL", "", "Fair"],
            ["Total", "", "", "1,200.50", ""],
        ],
    )
    write(
        tmp_path / "2026.csv",
        ["Etap", "Kwota", "Data utworzenia", "ID leada", "Miasto"],
        [["Wygrana", "2 000,50", "05.02.2026", "4", "Gdynia"], ["MQL", "", "07.02.2026", "3", "Sopot"]],
        ";",
        "cp1250",
    )
    return [tmp_path / "2025.csv", tmp_path / "2026.csv"]


def test_each_file_is_read_by_its_own_evidence(files):
    table = read(files, NOW)
    assert column(table, "created") == {"1": 45670, "2": 45659, "4": 46058, "3": 46060}
    assert column(table, "amount") == {"1": 1200.5, "2": None, "4": 2000.5, "3": None}
    assert column(table, "source") == {"1": "Ads", "2": "Ads", "4": None, "3": None}
    assert (table.rows_read, table.source_name) == (6, "2025.csv, 2026.csv")
    assert findings(table, FindingKind.TOTAL_ROWS)[0].rows_said() == "2025.csv: 5"


def test_the_later_file_holds_for_a_repeated_identifier_and_says_so(files):
    table = read(files, NOW)
    assert column(table, "stage_now")["3"] == "MQL"
    [found] = findings(table, FindingKind.LATER_FILE)
    assert (found.count, found.column, found.rows_said()) == (1, "Lead ID", "2025.csv: 4")
    assert found.details == {"ids": 1.0, "earlier": ("2025.csv",), "later": ("2026.csv",)}
    # the other way round the other row counts, whole: a blank of it is not filled from the one left out
    again = read(files[::-1], NOW)
    assert (column(again, "stage_now")["3"], column(again, "source")["3"]) == ("SQL", "Fair")
    every = read(files, ReadOptions(as_of=NOW.as_of, today=NOW.today, dedupe="none"))
    assert (len(every.frame), findings(every, FindingKind.LATER_FILE)) == (5, [])


def test_columns_are_named_as_any_of_the_files_has_them(files):
    options = ReadOptions(as_of=NOW.as_of, today=NOW.today, by=("Miasto",), fields={"amount": "Kwota"})
    table = read(files, options)
    assert column(table, "by_0") == {"1": None, "2": None, "4": "Gdynia", "3": "Sopot"}
    assert column(table, "amount")["1"] == 1200.5  # the file without that header is read as always
    with pytest.raises(InputError, match=r"2025.csv and 2026.csv: there is no column 'Kwoty'"):
        read(files, ReadOptions(fields={"amount": "Kwoty"}))


def test_an_undecided_file_goes_by_the_others_and_says_so(tmp_path):
    headers = ["Lead ID", "Created", "Stage"]
    day_first = write(tmp_path / "a.csv", headers, [["1", "13/02/2025", "Won"], ["2", "01/02/2025", "Lead"]])
    open_one = write(tmp_path / "b.csv", headers, [["3", "03/04/2025", "Lead"]])
    alone, both = read(open_one, NOW), read([day_first, open_one], NOW)
    assert column(alone, "created")["3"] == 45720  # 4 March, as English has it
    assert column(both, "created")["3"] == 45750  # 3 April, as the other file has it
    [found] = findings(both, FindingKind.DATE_ORDER_OF_FILES)
    assert (found.files, found.details) == (("b.csv",), {"order": "day first"})
    month_first = write(tmp_path / "c.csv", headers, [["4", "02/13/2025", "Won"]])
    torn = read([day_first, month_first, open_one], NOW)
    assert column(torn, "created") == {"1": 45701, "2": 45689, "4": 45701, "3": 45720}
    assert [one.files for one in findings(torn, FindingKind.AMBIGUOUS_DATES)] == [("b.csv",)]


def test_amounts_of_different_headers_are_in_their_own_units_and_currencies(tmp_path):
    one = write(
        tmp_path / "a.csv", ["Lead ID", "Created", "Stage", "Amount (kEUR)"], [["1", "2025-01-05", "Won", "1.5"]]
    )
    two = write(tmp_path / "b.csv", ["Lead ID", "Created", "Stage", "Kwota (PLN)"], [["2", "2025-01-05", "Won", "900"]])
    table = read([one, two], NOW)
    assert (column(table, "amount"), column(table, "currency")) == ({"1": 1500, "2": 900}, {"1": "EUR", "2": "PLN"})
    assert set(table.currencies) == {"EUR", "PLN"}
    assert table.currency is None
    bare = write(tmp_path / "c.csv", ["Lead ID", "Created", "Stage", "Amount"], [["3", "2025-01-05", "Won", "70"]])
    half = read([one, bare], NOW)
    assert column(half, "currency") == {"1": "EUR", "3": None}
    [found] = findings(half, FindingKind.FILE_WITHOUT_CURRENCY)
    assert (found.files, found.count, found.details) == (("c.csv",), 1, {"currencies": ("EUR",)})
    same = write(
        tmp_path / "d.csv", ["Lead ID", "Created", "Stage", "Amount (kEUR)"], [["4", "2025-01-05", "Won", "2"]]
    )
    assert column(read([one, same], NOW), "amount") == {"1": 1500, "4": 2000}


def test_probabilities_as_shares_and_as_per_cent_are_one_column(tmp_path):
    headers = ["Deal ID", "Created", "Stage", "Amount", "Probability"]
    rows = [["1", "2026-01-05", "Proposal", "100", "0.5"], ["2", "2026-01-05", "Lost", "100", "0"]]
    shares = write(tmp_path / "a.csv", headers, rows)
    cents = write(tmp_path / "b.csv", headers, [["3", "2026-01-05", "Proposal", "100", "40"]])
    whole = write(tmp_path / "c.csv", headers, [[*row[:4], str(float(row[4]) * 100)] for row in rows] + [["3", *_OF_3]])
    weighted = [
        as_json(build(read(one, NOW)))["summary"]["weighted_pipeline"]
        for one in ([shares, cents], [cents, shares], whole)
    ]
    assert len(set(weighted)) == 1


_OF_3 = ["2026-01-05", "Proposal", "100", "40"]


def test_statuses_that_are_stages_are_put_below_stages(tmp_path):
    one = write(
        tmp_path / "a.csv", ["Lead ID", "Created", "Status"], [["1", "2025-01-05", "SQL"], ["2", "2025-01-05", "MQL"]]
    )
    two = write(
        tmp_path / "b.csv", ["Lead ID", "Created", "Stage", "Status"], [["3", "2025-01-05", "Opportunity", "Open"]]
    )
    assert column(read([one, two], NOW), "stage_now") == {"1": "SQL", "2": "MQL", "3": "Opportunity"}


# --- which files ----------------------------------------------------------------------------------------------------


def test_a_file_named_twice_or_copied_is_read_once(files, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(files[0].read_bytes())
    table = read([files[0], files[0], copy], NOW)
    assert len(table.frame) == 3
    assert [one.details["first"] for one in findings(table, FindingKind.FILE_AGAIN)] == ["2025.csv", "2025.csv"]


def test_files_without_an_identifier_are_told(tmp_path):
    one = write(tmp_path / "a.csv", ["Lead ID", "Created", "Stage"], [["1", "2026-01-05", "SQL"]])
    other = write(tmp_path / "b.csv", ["Created", "Stage"], [["2026-01-06", "SQL"]])
    [told] = findings(read([one, other], NOW), FindingKind.FILES_WITHOUT_ID)
    assert (told.count, told.details["names"]) == (1, ("b.csv",))
    alike = ReadOptions(as_of=NOW.as_of, today=NOW.today, dedupe="none")  # where nobody asks who is who
    assert findings(read([one, other], alike), FindingKind.FILES_WITHOUT_ID) == []
    again = write(tmp_path / "c.csv", ["Lead ID", "Created", "Stage"], [["2", "2026-01-05", "SQL"]])
    assert findings(read([one, again], NOW), FindingKind.FILES_WITHOUT_ID) == []


def test_files_of_one_name_are_told_by_their_folders(files, tmp_path):
    (tmp_path / "x").mkdir()
    other = write(tmp_path / "x" / "2025.csv", ["Lead ID", "Created", "Stage"], [["9", "2025-03-01", "Won"]])
    table = read([files[0], other], NOW)
    assert table.sources.names == (str(files[0]), str(other))
    assert table.sources.place(int(table.frame.filter(table.frame["lead_id"] == "9")["row_no"][0])) == (str(other), 2)


def test_leads_and_deals_are_no_one_table(tmp_path):
    leads = write(tmp_path / "l.csv", ["Lead ID", "Created", "Lead status"], [["1", "2025-01-05", "MQL"]])
    deals = write(tmp_path / "d.csv", ["Deal ID", "Deal created", "Deal stage"], [["7", "2025-01-05", "Proposal"]])
    with pytest.raises(
        InputError, match=r"l.csv holds leads and d.csv holds deals.*leadkpi funnel l.csv --deals d.csv"
    ):
        read([leads, deals], NOW)
    assert len(read([leads, deals], ReadOptions(as_of=NOW.as_of, today=NOW.today, kind="deals")).frame) == 2


def test_a_file_that_is_no_table_of_leads_is_named(files, tmp_path):
    odd = write(tmp_path / "odd.csv", ["x", "y"], [["1", "2"]])
    with pytest.raises(InputError, match=r"^odd.csv, row 1: no column of a lead table was recognised"):
        read([*files, odd], NOW)
    undated = write(tmp_path / "u.csv", ["Lead ID", "Created", "Stage"], [["1", "soon", "Won"], ["2", "later", "Lead"]])
    with pytest.raises(InputError, match=r"^u.csv, column 'Created', row 2: 'soon' is not a date"):
        read([*files, undated], NOW)


def test_deals_of_several_files_join_leads_of_several_files(tmp_path):
    leads = [
        write(tmp_path / f"l{at}.csv", ["Lead ID", "Created"], [[str(at), "2025-01-05"], [str(at + 5), "2025-01-06"]])
        for at in (1, 2)
    ]
    deals = [
        write(tmp_path / "d1.csv", ["Deal ID", "Lead ID", "Stage", "Amount"], [["D1", "1", "Won", "100"]]),
        write(
            tmp_path / "d2.csv",
            ["Stage", "Lead ID", "Deal ID", "Amount"],
            [["Won", "7", "D2", "30"], ["Lost", "9", "D3", "5"]],
        ),
    ]
    table = read(leads, NOW, deals)
    assert column(table, "amount") == {"1": 100, "6": None, "2": None, "7": 30}
    [homeless] = findings(table, FindingKind.DEALS_WITHOUT_LEAD)
    assert homeless.rows_said() == "d2.csv: 3"


def test_deals_of_several_files_join_leads_whose_amounts_name_their_currency(tmp_path):
    rows = [f"{n},{100 * n} EUR,2026-01-0{n},SQL" for n in range(1, 9)]
    (tmp_path / "leads.csv").write_text("Record ID,Value,Create Date,Stage\n" + "\n".join(rows))
    for name, numbers in (("a", (1, 2)), ("b", (3, 4))):
        deals = [f"D{n},{n},Closed Won,2026-02-0{n}" for n in numbers]
        (tmp_path / f"{name}.csv").write_text("Deal ID,Lead ID,Deal Stage,Close Date\n" + "\n".join(deals))
    table = read(tmp_path / "leads.csv", NOW, deals=[tmp_path / "a.csv", tmp_path / "b.csv"])
    assert dict(zip(table.frame["lead_id"], table.frame["outcome"], strict=True)) == {
        str(n): "won" if n < 5 else "open" for n in range(1, 9)
    }
    assert table.currency == "EUR"


def test_two_columns_that_fit_equally_mean_the_same_in_every_file(tmp_path):
    deals = ReadOptions(as_of=NOW.as_of, today=NOW.today, kind="deals")
    one = write(tmp_path / "1.csv", ["Deal ID", "Lead ID", "Created", "Stage"], [["D1", "7", "2025-01-05", "Won"]])
    two = write(tmp_path / "2.csv", ["Lead ID", "Deal ID", "Created", "Stage"], [["8", "D2", "2025-01-05", "Won"]])
    alone = [*column(read(one, deals), "created"), *column(read(two, deals), "created")]
    assert alone == ["D1", "8"]  # the first of two that fit equally
    assert set(column(read([one, two], deals), "created")) == {"D1", "D2"}


def test_a_log_in_parts_is_one_log(tmp_path):
    headers = ["Lead ID", "Stage", "Changed at"]
    first = [["1", "Lead", "2025-01-01"], ["2", "Lead", "2025-01-02"]]
    changes = [*first, ["1", "SQL", "2025-02-01"], ["2", "Lost", "2025-02-02"], ["1", "Won", "2025-03-01"]]
    whole = write(tmp_path / "log.csv", headers, changes)
    parts = [write(tmp_path / "1.csv", headers, changes[:2]), write(tmp_path / "2.csv", headers, changes[2:])]
    one, other = read(whole, NOW), read(parts, NOW)
    for name in ("created", "d_sql", "d_won", "outcome"):
        assert column(one, name) == column(other, name)
    assert not findings(other, FindingKind.LATER_FILE)


def test_rows_of_a_history_are_named_as_its_own(tmp_path):
    leads = [
        write(tmp_path / f"{at}.csv", ["Lead ID", "Created", "Stage"], [[str(at), "2025-01-05", "SQL"]])
        for at in (1, 2)
    ]
    changes = [["1", "MQL", "2025-01-06"], ["2", "MQL", "2025-01-07"], ["2", "SQL", ""]]
    history = write(tmp_path / "log.csv", ["Lead ID", "Stage", "Changed at"], changes)
    table = read(leads, NOW, history=history)
    [found] = findings(table, FindingKind.INCOMPLETE_CHANGES)
    assert found.rows_said() == "log.csv: 4"
    assert column(table, "d_mql") == {"1": 45663, "2": 45664}


def test_workbooks_and_parquet_files_stand_beside_text(files, tmp_path):
    import polars as pl

    frame = pl.DataFrame({"Lead ID": [8], "Created": [date(2026, 3, 1)], "Stage": ["Won"], "Amount": [10.5]})
    frame.write_excel(tmp_path / "x.xlsx")
    frame.with_columns(pl.lit(9).alias("Lead ID")).write_parquet(tmp_path / "y.parquet")
    table = read([*files, tmp_path / "x.xlsx", tmp_path / "y.parquet"], NOW)
    assert {name: column(table, "created")[name] for name in ("8", "9")} == {"8": 46082, "9": 46082}
    assert len(table.frame) == 6
