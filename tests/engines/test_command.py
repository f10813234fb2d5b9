"""``leadkpi funnel`` on Parquet files and DuckDB tables: the same JSON whatever counts, and the choice said aloud."""

import json
import shutil
from glob import escape

import openpyxl
import polars as pl
import pytest

from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.engines import scan_parquet
from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.files.warehouse import choose_engine, find_table

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    leads = sample.leads(1000).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    leads.write_parquet(folder / "all.parquet")
    leads.head(400).write_parquet(folder / "part-1.parquet")
    leads.tail(-400).write_parquet(folder / "part-2.parquet")
    return folder


def figures(capsys, *arguments):
    assert main(["funnel", *arguments, "--as-of", "2026-06-30", "--json", "-"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    for changing in ("source", "built_at"):
        found["header"].pop(changing, None)
    return found, printed.err


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_parts_count_like_the_whole(folder, capsys, engine):
    whole, said = figures(capsys, str(folder / "all.parquet"))
    assert "engine: polars, in memory (1 Parquet file" in said
    parts, said = figures(capsys, str(folder / "part-*.parquet"), "--engine", engine)
    assert f"engine: {engine} (2 Parquet files" in said
    assert parts == whole


def test_a_pattern_that_fits_one_file_is_that_file(folder, capsys):
    whole, _ = figures(capsys, str(folder / "all.parquet"))
    assert figures(capsys, str(folder / "al*.parquet"))[0] == whole


@pytest.fixture
def bracketed(folder, tmp_path):
    """Names that a pattern could take for one."""
    inside = tmp_path / "export [2026] {a}"
    inside.mkdir()
    for number in (1, 2):
        shutil.copy(folder / f"part-{number}.parquet", inside / f"leads [{number}]*.parquet")
    return inside


@pytest.mark.parametrize("engine", [None, "polars", "duckdb"])
def test_a_name_with_brackets_is_a_name(folder, bracketed, capsys, engine):
    how = ["--engine", engine] if engine else []
    whole, _ = figures(capsys, str(folder / "part-1.parquet"))
    assert figures(capsys, str(bracketed / "leads [1]*.parquet"), *how)[0] == whole
    parts, _ = figures(capsys, str(folder / "part-*.parquet"), *how)
    assert figures(capsys, f"{escape(str(bracketed))}/*.parquet", *how)[0] == parts
    pl.read_parquet(folder / "part-1.parquet").write_csv(bracketed / "leads [1].csv")
    assert figures(capsys, str(bracketed / "leads [1].csv"))[0]["summary"] == whole["summary"]


@pytest.mark.usefixtures("spark")
def test_a_name_with_brackets_is_a_name_on_spark(bracketed):
    paths = sorted(bracketed.iterdir())
    on_polars, on_spark = (scan_parquet(paths, name).select("row_no", "Lead ID") for name in ("polars", "spark"))
    expected = on_polars.collect().rows()
    assert len(expected) > 700
    assert sorted(tuple(row) for row in on_spark.to_native().collect()) == sorted(expected)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_stand_in_the_order_of_the_files(folder, tmp_path, engine):
    written = tmp_path / "funnel.xlsx"
    parts = str(folder / "part-*.parquet")
    assert main(["funnel", parts, "--engine", engine, "--data", "500", "-o", str(written)]) == 0
    book = openpyxl.load_workbook(written, read_only=True)
    numbers = [row[0] for row in book["Funnel_Data"].iter_rows(min_row=2, max_col=1, values_only=True)]
    book.close()
    assert len(numbers) == 500
    assert numbers == sorted(numbers)
    # some rows are duplicates and not among them
    assert numbers[-1] < 540


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("kinds", [(pl.Int64, pl.Float64), (pl.Float64, pl.Int64), (pl.Decimal(12, 2), pl.Float64)])
def test_parts_of_unlike_numbers_lose_no_cents(tmp_path, capsys, engine, kinds):
    leads = sample.leads(400).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    cents = pl.when(pl.int_range(pl.len()) % 2 == 1).then(0.49).otherwise(0.0)
    parts = [leads.head(200), leads.tail(200)]
    parts = [
        (one if kind == pl.Int64 else one.with_columns(pl.col("Amount") + cents)).with_columns(
            pl.col("Amount").cast(kind)
        )
        for one, kind in zip(parts, kinds, strict=True)
    ]
    pl.concat([one.with_columns(pl.col("Amount").cast(pl.Float64)) for one in parts]).write_csv(tmp_path / "all.csv")
    for number, one in enumerate(parts):
        one.write_parquet(tmp_path / f"{number}.parquet")
    whole, _ = figures(capsys, str(tmp_path / "all.csv"))
    found, _ = figures(capsys, str(tmp_path / "*.parquet"), "--engine", engine)
    assert whole["summary"]["revenue"] % 1 != 0
    for figure in ("revenue", "pipeline", "average_deal", "won", "leads"):
        assert found["summary"][figure] == pytest.approx(whole["summary"][figure], rel=1e-12), figure


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_amounts_that_are_no_numbers(tmp_path, capsys, engine):
    leads = sample.leads(200).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    place = pl.int_range(pl.len())
    odd = pl.when(place == 3).then(float("inf")).when(place == 4).then(float("nan")).otherwise(pl.col("Amount"))
    leads.with_columns(odd.alias("Amount")).write_parquet(tmp_path / "odd.parquet")
    blank = pl.when(place.is_in([3, 4])).then(None).otherwise(pl.col("Amount"))
    leads.with_columns(blank.alias("Amount")).write_parquet(tmp_path / "blank.parquet")
    how = [] if engine == "memory" else ["--engine", engine]
    found, _ = figures(capsys, str(tmp_path / "odd.parquet"), *how)
    expected, _ = figures(capsys, str(tmp_path / "blank.parquet"))
    assert found["summary"] == pytest.approx(expected["summary"], nan_ok=True)
    [finding] = [one for one in found["quality"] if one["value"] == "inf"]
    assert finding["count"] == 1


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_minutes_that_are_no_numbers(tmp_path, capsys, engine):
    leads = sample.leads(200).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    place = pl.int_range(pl.len())
    odd = pl.when(place == 3).then(float("inf")).when(place == 4).then(float("nan")).otherwise(place * 1.5)
    leads.with_columns(odd.alias("Response time")).write_parquet(tmp_path / "odd.parquet")
    blank = pl.when(~place.is_in([3, 4])).then(place * 1.5)
    leads.with_columns(blank.alias("Response time")).write_parquet(tmp_path / "blank.parquet")
    how = ["--map", "first_response=Response time", *([] if engine == "memory" else ["--engine", engine])]
    expected, _ = figures(capsys, str(tmp_path / "blank.parquet"), *how)
    assert expected["response"][0]["answered"] > 150
    assert figures(capsys, str(tmp_path / "odd.parquet"), *how)[0]["response"] == expected["response"]


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_dates_that_python_has_not(tmp_path, capsys, engine):
    leads = sample.leads(200).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    odd = pl.when(pl.int_range(pl.len()) == 7).then(pl.lit(5_250_000).cast(pl.Date)).otherwise(pl.col("Lost date"))
    leads.with_columns(odd.alias("Lost date")).write_parquet(tmp_path / "odd.parquet")
    how = [] if engine == "memory" else ["--engine", engine]
    found, _ = figures(capsys, str(tmp_path / "odd.parquet"), *how)
    assert found["summary"]["leads"] == 200
    assert "unreadable_dates" in {one["finding"] for one in found["quality"]}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_table_without_dates(tmp_path, capsys, engine):
    sample.leads(200).select("Lead ID", "Status", "Source").write_parquet(tmp_path / "few.parquet")
    whole, _ = figures(capsys, str(tmp_path / "few.parquet"))
    assert figures(capsys, str(tmp_path / "few.parquet"), "--engine", engine)[0] == whole


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_amount_column_without_an_amount(tmp_path, capsys, engine):
    leads = sample.leads(50).with_columns(pl.lit("").alias("Amount"), pl.col("Created").dt.date())
    leads.drop("First contacted").write_parquet(tmp_path / "blank.parquet")
    whole, _ = figures(capsys, str(tmp_path / "blank.parquet"))
    found, _ = figures(capsys, str(tmp_path / "blank.parquet"), "--engine", engine)
    assert found == whole


def test_an_amount_of_a_database_is_a_number(tmp_path, capsys):
    leads = sample.leads(200)
    leads.write_parquet(tmp_path / "float.parquet")
    leads.with_columns(pl.col("Amount").cast(pl.Decimal(12, 2))).write_parquet(tmp_path / "decimal.parquet")
    expected, _ = figures(capsys, str(tmp_path / "float.parquet"))
    assert figures(capsys, str(tmp_path / "decimal.parquet"))[0] == expected


def test_a_duckdb_table(folder, capsys, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "sales.db")) as connection:
        connection.execute(f"CREATE TABLE leads AS SELECT * FROM read_parquet('{folder / 'all.parquet'}')")
    whole, _ = figures(capsys, str(folder / "all.parquet"))
    found, said = figures(capsys, f"duckdb:///{tmp_path / 'sales.db'}?table=leads")
    assert "engine: duckdb (a DuckDB table)" in said
    assert found == whole


def test_several_or_large_files_go_to_duckdb(folder):
    pytest.importorskip("duckdb")
    assert choose_engine(find_table(str(folder / "part-*.parquet")))[0] == "duckdb"
    assert choose_engine(find_table(str(folder / "all.parquet")))[0] == "memory"


def test_an_engine_for_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Created\n1,2025-01-01\n")
    with pytest.raises(InputError, match="Convert it to Parquet"):
        choose_engine(find_table(str(path)), "duckdb")
