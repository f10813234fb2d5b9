"""What an engine cannot do, or is not there to do, ends in one message that says what to do instead."""

import os
import re
import shutil

import polars as pl
import pytest

from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.engines import faults
from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.files.warehouse import find_spec


@pytest.fixture
def leads(tmp_path):
    path = tmp_path / "leads.parquet"
    sample.leads(50).with_columns(pl.col("Created").dt.date()).drop("First contacted").write_parquet(path)
    return path


def refusal(capsys, *arguments):
    assert main(["funnel", *map(str, arguments), "--json", "-"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = [line for line in printed.err.splitlines() if line.startswith("leadkpi: ")]
    return line


def test_a_missing_extra(leads, capsys, monkeypatch):
    monkeypatch.setattr(
        "xl_leadkpi.leads.files.warehouse.find_spec", lambda name: None if name == "duckdb" else find_spec(name)
    )
    assert "pip install duckdb pyarrow" in refusal(capsys, leads, "--engine", "duckdb")


def test_no_java(leads, capsys, monkeypatch):
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    monkeypatch.setattr(SparkSession, "getActiveSession", staticmethod(lambda: None))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delitem(os.environ, "JAVA_HOME", raising=False)
    assert "Spark needs Java 17" in refusal(capsys, leads, "--engine", "spark")


def test_no_master(leads, capsys, monkeypatch):
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    monkeypatch.setattr(SparkSession, "getActiveSession", staticmethod(lambda: None))
    monkeypatch.setenv("JAVA_HOME", "/anywhere")
    said = refusal(capsys, leads, "--spark-master", "spark://127.0.0.1:9")
    assert "no Spark master answers at spark://127.0.0.1:9" in said


def test_a_master_for_another_engine(leads, capsys):
    said = refusal(capsys, leads, "--engine", "polars", "--spark-master", "spark://127.0.0.1:9")
    assert "--spark-master goes with --engine spark" in said


def test_no_such_file(tmp_path, capsys):
    assert "there is no such file" in refusal(capsys, tmp_path / "none.parquet", "--engine", "duckdb")
    assert "no file fits this pattern" in refusal(capsys, tmp_path / "*.parquet")


def test_databases(tmp_path, capsys):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "sales.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE leads (a INTEGER)")
    assert "name the table" in refusal(capsys, f"duckdb:///{path}")
    assert "there is no such file" in refusal(capsys, f"duckdb:///{tmp_path}/none.db?table=leads")
    assert "no table or view 'deals'. Name one of those there are: leads." in refusal(
        capsys, f"duckdb:///{path}?table=deals"
    )
    with duckdb.connect(str(tmp_path / "many.db")) as connection:
        for number in range(40):
            connection.execute(f"CREATE TABLE t{number:02} (a INTEGER)")
    assert "t28, t29 and 10 more." in refusal(capsys, f"duckdb:///{tmp_path}/many.db?table=deals")
    (tmp_path / "no.db").write_text("no database")
    assert f"duckdb:///{tmp_path}/no.db?table=leads: the file is damaged or no DuckDB database (IO Error" in refusal(
        capsys, f"duckdb:///{tmp_path}/no.db?table=leads"
    )
    assert "leave --engine out" in refusal(capsys, f"duckdb:///{path}?table=leads", "--engine", "polars")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_deals_are_joined_beforehand(leads, capsys, engine):
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    assert f"{engine} counts these where they are: join the two there" in refusal(
        capsys, leads, "--deals", leads, "--engine", engine
    )


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("stage", ["Deal Stage", "Lead Status"])
def test_rows_without_anything_in_them(tmp_path, capsys, engine, stage):
    blank = pl.Series([None, None], dtype=pl.String)
    pl.DataFrame({"ID": blank, "Created": blank, stage: blank}).write_parquet(tmp_path / "leads.parquet")
    assert "leads.parquet has no data row" in refusal(capsys, tmp_path / "leads.parquet", "--engine", engine)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_parts_of_unlike_types(tmp_path, capsys, engine):
    pl.DataFrame({"Lead ID": ["a"], "Amount": [1.5]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"Lead ID": ["b"], "Amount": ["1.5"]}).write_parquet(tmp_path / "2.parquet")
    said = refusal(capsys, tmp_path / "*.parquet", "--engine", engine)
    assert f"2.parquet: column 'Amount' is of type String, in {tmp_path}/1.parquet of type Float64" in said


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_damaged_file(leads, capsys, engine):
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    whole = leads.read_bytes()
    leads.write_bytes(whole[:-50])
    assert f"{leads} is a damaged Parquet file. Export it again." in refusal(capsys, leads, "--engine", engine)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_part_with_damaged_pages(leads, tmp_path, capsys, engine):
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    sample.leads(5000).with_columns(pl.col("Created").dt.date()).drop("First contacted").write_parquet(leads)
    (tmp_path / "more.parquet").write_bytes(leads.read_bytes())
    pages = bytearray(leads.read_bytes())
    pages[10_000:40_000] = bytes(byte ^ 0x5A for byte in pages[10_000:40_000])
    leads.write_bytes(pages)
    said = refusal(capsys, tmp_path / "*.parquet", "--engine", engine)
    assert f"{leads} is a damaged Parquet file. Export it again." in said


def test_parts_of_another_kind(leads, tmp_path, capsys):
    (tmp_path / "leads.csv").write_text("Lead ID\n1\n")
    # they are read together into memory, which no other engine does
    assert "--engine duckdb reads Parquet files" in refusal(capsys, tmp_path / "leads.*", "--engine", "duckdb")


@pytest.mark.parametrize("files", [[], ["leads.parquet"]], ids=["a table", "Parquet"])
@pytest.mark.parametrize(
    ("kind", "words", "remedy"),
    [
        ("OutOfMemoryException", "Out of Memory Error: could not allocate block of size 256.0 KiB", "split it"),
        ("IOException", "IO Error: Could not write file: No space left on device", "TMPDIR|TEMP"),
        (
            "OutOfMemoryException",
            "Out of Memory Error: failed to offload a block.\nSet by the 'max_temp_directory_size' setting.",
            "TMPDIR|TEMP",
        ),
    ],
)
def test_without_room_for_the_rows(tmp_path, files, kind, words, remedy):
    duckdb = pytest.importorskip("duckdb")
    with pytest.raises(InputError) as said, faults("leads", lambda: [tmp_path / name for name in files]):
        raise getattr(duckdb, kind)(words)
    message = str(said.value)
    assert re.search(remedy, message)
    assert "KiB" not in message
    assert "damaged" not in message
    assert "export it again" not in message
    assert ("--engine polars" in message) == (remedy == "split it" and bool(files))


def test_a_time_stamp_of_a_table_beyond_the_years_of_duckdb(tmp_path, capsys):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "sales.db")) as made:
        made.execute(
            "CREATE TABLE leads AS SELECT n AS \"Lead ID\", '290000-01-01'::TIMESTAMP_MS AS Created, 'Won' AS Stage "
            "FROM range(9) t(n)"
        )
    said = refusal(capsys, f"duckdb:///{tmp_path}/sales.db?table=leads")
    assert said.endswith("lies beyond the years that DuckDB counts. Correct it where the table is made.")
