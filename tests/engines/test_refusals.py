"""What an engine cannot do, or is not there to do, ends in one message that says what to do instead."""

import os
import shutil

import polars as pl
import pytest

from xl_leadkpi.cli import main
from xl_leadkpi.leads import sample
from xl_leadkpi.leads.warehouse import find_spec


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
        "xl_leadkpi.leads.warehouse.find_spec", lambda name: None if name == "duckdb" else find_spec(name)
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
    (tmp_path / "no.db").write_text("no database")
    assert f"duckdb:///{tmp_path}/no.db?table=leads cannot be counted where it is: IO Error" in refusal(
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
    assert "is no Parquet file" in refusal(capsys, tmp_path / "leads.*")
