"""Columns of types and names that no export has: left alone where they are not needed, named where they are."""

import json
from datetime import date, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from xl_leadkpi.cli import main
from xl_leadkpi.leads import InputError, ReadOptions, read_frame

pytestmark = pytest.mark.long

ROWS = 60
LEADS = pl.DataFrame(
    {
        "Lead ID": [f"L{n}" for n in range(ROWS)],
        "Created": [date(2025, 1, 1) + timedelta(n) for n in range(ROWS)],
        "Stage": ["Won", "New", "Lost"] * (ROWS // 3),
        "Amount": [float(n) for n in range(ROWS)],
    }
)
ENGINES = pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])


@pytest.fixture
def count(tmp_path, capsys):
    def run(frame, engine, *options, code=0):
        path = tmp_path / "leads.parquet"
        frame.write_parquet(path)
        return of(path, engine, *options, code=code)

    def of(path, engine, *options, code=0):
        if engine == "duckdb":
            pytest.importorskip("duckdb")
        how = [] if engine == "memory" else ["--engine", engine]
        arguments = ["funnel", str(path), *map(str, options), *how, "--as-of", "2026-11-01", "--json", "-"]
        assert main(arguments) == code
        printed = capsys.readouterr()
        if code:
            return printed.err.splitlines()[-1]
        found = json.loads(printed.out)
        for changing in ("source", "built_at"):
            found["header"].pop(changing, None)
        return found

    run.of = of
    return run


def column(name, values, kind=None):
    return pl.Series(name, values * (ROWS // len(values)), dtype=kind)


def written(frame, folder):
    frame.write_parquet(folder / "second.parquet")
    return folder / "second.parquet"


@ENGINES
@pytest.mark.parametrize(
    "odd",
    [
        column("Tags", [["a", "b"]]),
        column("Meta", [{"a": [1]}]),
        column("Point", [[1.0, 2.0]], pl.Array(pl.Float64, 2)),
        column("Raw", [b"\xff\x00"]),
        column("Took", [timedelta(hours=3)]),
        column("Took", [2**62]).cast(pl.Duration("ms")),
        column("Hour", [time(3)]),
        column("Nothing", [None], pl.Null),
    ],
    ids=lambda odd: str(odd.dtype),
)
def test_a_column_that_is_not_needed_is_left(count, engine, odd):
    found = count(LEADS.with_columns(odd), engine)
    assert found["summary"] == count(LEADS, engine)["summary"]


@ENGINES
@pytest.mark.parametrize(
    "odd",
    [
        column("Stage", [["Won"]]),
        column("Created", [{"day": date(2025, 1, 1)}]),
        column("Lead ID", [b"\xff\x00"]),
    ],
    ids=lambda odd: str(odd.dtype),
)
def test_a_column_that_is_needed_is_named(count, engine, odd):
    said = count(LEADS.with_columns(odd), engine, code=1)
    assert f"column '{odd.name}' is of type {str(odd.dtype).partition('(')[0]}" in said
    assert "leave it out with --map" in said


def test_texts_written_as_bytes_are_texts(count):
    whole = count(LEADS, "memory")
    assert count(LEADS.with_columns(pl.col("Lead ID").cast(pl.Binary)), "memory") == whole


@ENGINES
@pytest.mark.parametrize("name", ["Created", "Won date"])
@pytest.mark.parametrize("day", [-(2**31), -99_000_000, -719_530, 2**31 - 1])
def test_days_far_out_are_no_days(count, engine, name, day):
    days = pl.Series(name, [day if n == 5 else 20_200 + n for n in range(ROWS)], dtype=pl.Int32).cast(pl.Date)
    blank = pl.when(pl.int_range(ROWS) != 5).then(pl.col(name)).alias(name)
    found = count(LEADS.with_columns(days), engine)
    expected = count(LEADS.with_columns(days).with_columns(blank), engine)
    assert found["summary"] == expected["summary"]
    [finding] = [one for one in found["quality"] if one["finding"] == "unreadable_dates"]
    assert (finding["count"], finding["column"]) == (1, name)


@ENGINES
@pytest.mark.parametrize("unit", ["ms", "us"])
def test_time_stamps_far_out_are_no_days(count, engine, unit):
    stamps = pl.Series("Created", [2**63 - 1 if n == 5 else 0 for n in range(ROWS)]).cast(pl.Datetime(unit))
    found = count(LEADS.with_columns(stamps), engine)
    assert [one["count"] for one in found["quality"] if one["finding"] == "unreadable_dates"] == [1]


def test_a_time_stamp_that_duckdb_cannot_hold(count):
    stamps = pl.Series("Created", [-(2**63) if n == 5 else 0 for n in range(ROWS)]).cast(pl.Datetime("ms"))
    said = count(LEADS.with_columns(stamps), "duckdb", code=1)
    assert "beyond the years that DuckDB counts" in said
    assert "--engine polars" in said


@ENGINES
def test_identifiers_that_are_no_numbers(count, engine):
    numbers = [None if n % 3 == 0 else float(n) for n in range(ROWS)]
    odd = [float("nan") if number is None else number for number in numbers]
    expected = count(LEADS.with_columns(pl.Series("Lead ID", numbers)), engine)
    assert count(LEADS.with_columns(pl.Series("Lead ID", odd)), engine) == expected
    far = [float("inf") if n % 3 == 0 else n * 1e300 for n in range(ROWS)]
    assert count(LEADS.with_columns(pl.Series("Lead ID", far)), engine)["summary"]["leads"] == 41


@ENGINES
@pytest.mark.parametrize("kind", [pl.Int64, pl.UInt64, pl.Decimal(20, 0)], ids=str)
def test_long_identifiers_stay_apart(count, engine, kind):
    numbers = pl.Series("Lead ID", [Decimal(2**62 + n) for n in range(ROWS)], dtype=pl.Decimal(20, 0)).cast(kind)
    assert count(LEADS.with_columns(numbers), engine)["summary"]["leads"] == ROWS


@ENGINES
@pytest.mark.parametrize(
    "name", ["filename", "file_row_number", "row_no", "ROW_NO", "FileName", "rowid", "leadkpi_text_0", "_metadata", "n"]
)
def test_columns_named_as_the_engines_name_theirs(count, engine, name):
    groups = pl.Series("Region", [f"r{n % 4}" for n in range(ROWS)])
    expected = count(LEADS.with_columns(groups), engine, "--by", "Region")
    found = count(LEADS.with_columns(groups.alias(name)), engine, "--by", name)
    assert found["by"][name] == expected["by"]["Region"]
    assert [one["header"] for one in found["columns"]][-1] == name
    renamed = count(LEADS.rename({"Lead ID": name}), engine, "--map", f"lead_id={name}")
    assert renamed["summary"] == expected["summary"]


@ENGINES
@pytest.mark.parametrize(
    ("day", "kind"),
    [
        *((day, kind) for day in (2_932_897, 17_500_000, -719_529) for kind in ("date", "stamp")),
        (-(2**31), "date"),  # as a time stamp beyond what DuckDB holds
    ],
)
def test_days_far_out_are_no_names_and_no_groups(count, engine, day, kind):
    days = pl.Series("Renewal", [day if n == 5 else 20_200 + n % 2 for n in range(ROWS)], dtype=pl.Int32).cast(pl.Date)
    if kind == "stamp":
        days = days.cast(pl.Datetime("ms"))
    blank = pl.when(pl.int_range(ROWS) != 5).then(pl.col("Renewal")).alias("Renewal")
    frame = LEADS.with_columns(days)
    found, expected = (count(one, engine, "--by", "Renewal") for one in (frame, frame.with_columns(blank)))
    assert found["by"] == expected["by"]
    [finding] = [one for one in found["quality"] if one["finding"] == "unreadable_dates"]
    assert (finding["count"], finding["column"], finding["rows"]) == (1, "Renewal", "7")
    named = count(frame.drop("Lead ID"), engine, "--map", "lead_id=Renewal")
    assert (
        named["summary"]
        == count(frame.with_columns(blank).drop("Lead ID"), engine, "--map", "lead_id=Renewal")["summary"]
    )


WIDE = [Decimal("8" * 58 + f"{n:02}") for n in range(ROWS)]


def with_decimals(path, **columns):
    """Write the leads with decimals of more digits than Polars has."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = LEADS.to_arrow()
    for name, (values, kind) in columns.items():
        one = arrow.array(values, arrow.decimal256(*kind))
        place = table.schema.get_field_index(name)
        table = table.append_column(name, one) if place < 0 else table.set_column(place, name, one)
    parquet.write_table(table, path)


@ENGINES
def test_decimals_of_many_digits_that_are_not_needed_are_left(tmp_path, count, engine):
    with_decimals(tmp_path / "wide.parquet", Serial=(WIDE, (60, 0)), Rate=([Decimal("1.5")] * ROWS, (76, 38)))
    assert count.of(tmp_path / "wide.parquet", engine)["summary"] == count(LEADS, engine)["summary"]


@pytest.mark.parametrize("engine", ["memory", "polars"])
@pytest.mark.parametrize("options", [["--map", "lead_id=Serial"], ["--by", "Serial"]], ids=lambda said: said[0])
def test_decimals_of_many_digits_that_are_needed_are_named(tmp_path, count, engine, options):
    with_decimals(tmp_path / "wide.parquet", Serial=(WIDE, (60, 0)))
    said = count.of(tmp_path / "wide.parquet", engine, *options, code=1)
    assert "column 'Serial' is of type" in said
    assert "cast it to a" in said
    assert options[0] in said


def test_amounts_of_many_digits_on_duckdb(tmp_path, count):
    with_decimals(tmp_path / "wide.parquet", Amount=([Decimal(n) for n in range(ROWS)], (60, 20)))
    assert count.of(tmp_path / "wide.parquet", "duckdb")["summary"] == count(LEADS, "duckdb")["summary"]


def test_a_damaged_file_beside_one_with_decimals_of_many_digits(tmp_path, count):
    with_decimals(tmp_path / "1.parquet", Serial=(WIDE, (60, 0)))
    LEADS.write_parquet(tmp_path / "2.parquet")
    content = bytearray((tmp_path / "2.parquet").read_bytes())
    content[4:200] = bytes(196)
    (tmp_path / "2.parquet").write_bytes(content)
    said = count.of(tmp_path / "*.parquet", "duckdb", code=1)
    assert "2.parquet is a damaged Parquet file" in said


@ENGINES
def test_two_columns_of_one_name_are_no_damage(tmp_path, count, engine):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = LEADS.to_arrow()
    parquet.write_table(table.append_column("Stage", pyarrow.nulls(ROWS, pyarrow.string())), tmp_path / "twice.parquet")
    said = count.of(tmp_path / "twice.parquet", engine, code=1)
    assert "twice.parquet holds several columns named 'Stage'. Rename all but one" in said


@ENGINES
@pytest.mark.parametrize(
    "odd",
    [
        column("Region", [b"\xff\x00"]),
        column("Region", [["n", "s"]]),
        column("Region", [{"a": 1}]),
        column("Region", [[1.0, 2.0]], pl.Array(pl.Float64, 2)),
    ],
    ids=lambda odd: str(odd.dtype),
)
def test_groups_of_what_is_no_cell_are_named(count, engine, odd):
    said = count(LEADS.with_columns(odd), engine, "--by", "Region", code=1)
    assert "column 'Region' is of type" in said
    assert "out of --by" in said


NO_CELLS = [[b"\xff\x00"], [["a"]], [{"a": 1}]]


@pytest.mark.parametrize("odd", NO_CELLS, ids=str)
def test_deals_are_joined_whatever_else_looks_like_a_key(tmp_path, count, odd):
    deals = LEADS.select(pl.col("Lead ID"), pl.col("Stage").alias("Deal stage"), "Amount")
    leads = LEADS.select("Lead ID", "Created")
    expected = count(leads, "memory", "--deals", written(deals, tmp_path))
    keys = [column("Account ID", odd), column("Deal UUID", odd)]
    found = count(
        leads.with_columns(keys),
        "memory",
        "--deals",
        written(deals.with_columns(keys).select(pl.all().reverse()), tmp_path),
    )
    assert found["summary"] == expected["summary"]
    assert expected["summary"]["won"] == ROWS // 3


@pytest.mark.parametrize("odd", NO_CELLS, ids=str)
def test_spend_is_added_up_whatever_stands_first(tmp_path, count, odd):
    spend = pl.DataFrame(
        {"Date": [date(2025, 1, 1 + n % 28) for n in range(ROWS)], "Cost": [float(n) for n in range(ROWS)]}
    )
    expected = count(LEADS, "memory", "--spend", written(spend, tmp_path))
    found = count(LEADS, "memory", "--spend", written(spend.select(column("Key", odd), pl.all()), tmp_path))
    assert found["summary"] == expected["summary"]
    assert expected["summary"]["spend"] == sum(range(ROWS))


@pytest.mark.parametrize("odd", NO_CELLS, ids=str)
@pytest.mark.parametrize("table", ["--spend", "--touches", "--deals"])
def test_a_column_of_a_second_table_that_is_needed_is_named(tmp_path, count, table, odd):
    name, others = {
        "--spend": ("Cost", {"Date": [date(2025, 1, 1)] * ROWS}),
        "--touches": ("Channel", {"Lead ID": LEADS["Lead ID"], "Time": [date(2025, 1, 1)] * ROWS}),
        "--deals": ("Deal stage", {"Lead ID": LEADS["Lead ID"]}),
    }[table]
    said = count(
        LEADS, "memory", table, written(pl.DataFrame(others).with_columns(column(name, odd)), tmp_path), code=1
    )
    assert f"column '{name}' is of type" in said
    assert "leave it out with --map" in said


def test_numbers_of_any_length_in_a_duckdb_table(tmp_path, capsys):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "sales.db")) as made:
        made.execute(
            "CREATE TABLE leads AS SELECT (repeat('7', 60) || n)::BIGNUM AS \"Lead ID\", DATE '2025-01-01' AS Created, "
            "'Won' AS Stage, (n || '00')::BIGNUM AS Amount FROM range(100, 140) t(n)"
        )
    assert main(["funnel", f"duckdb:///{tmp_path}/sales.db?table=leads", "--as-of", "2025-11-01", "--json", "-"]) == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert (summary["leads"], summary["revenue"]) == (40, 100.0 * sum(range(100, 140)))


@pytest.mark.parametrize("cells", [[["a"]], [{"a": 1}], [{1}], [b"\xff"]], ids=str)
def test_cells_of_pandas_that_are_none(cells):
    pandas = pytest.importorskip("pandas")
    frame = LEADS.to_pandas()
    expected = read_frame(frame, ReadOptions(as_of=date(2025, 11, 1)))
    frame["Tags"] = pandas.Series(cells * ROWS)
    found = read_frame(frame, ReadOptions(as_of=date(2025, 11, 1)))
    assert found.frame.to_native().equals(expected.frame.to_native())
    for options in (ReadOptions(by=("Tags",)), ReadOptions(fields={"lead_id": "Tags"})):
        with pytest.raises(InputError, match=r"column 'Tags' is of type object.*leave it out with --map"):
            read_frame(frame, options)


@pytest.mark.parametrize(
    "number", [10**400, Decimal("1e400"), Decimal("Infinity"), float("inf")], ids=lambda n: str(n)[:9]
)
def test_cells_of_pandas_beyond_all_numbers(number):
    pandas = pytest.importorskip("pandas")
    frame = LEADS.to_pandas()
    frame["Amount"] = pandas.Series([number if n == 5 else n for n in range(ROWS)], dtype=object)
    table = read_frame(frame, ReadOptions(as_of=date(2025, 11, 1)))
    [finding] = [one for one in table.findings if one.kind in {"unparsed_amounts", "amounts_too_large"}]
    assert (finding.count, finding.rows) == (1, (7,))
    assert table.frame["amount"].sum() == sum(range(ROWS)) - 5
