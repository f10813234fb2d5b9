"""DuckDB files received from others: only the named table is read, and nothing else of this machine."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from xl_leadkpi import engines
from xl_leadkpi.cli import main
from xl_leadkpi.engines.duckdb import connection
from xl_leadkpi.errors import InputError

duckdb = pytest.importorskip("duckdb")

ROWS = """SELECT 'L' || i AS "Lead ID", DATE '2025-01-01' + i::INT AS Created, 'Won' AS Stage FROM range({}) t(i)"""


@pytest.fixture
def database(tmp_path):
    secret = tmp_path / "salaries.csv"
    secret.write_text("Lead ID,Created,Stage\nS1,2025-01-01,Won\n")
    path = tmp_path / "sales.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE leads AS {ROWS.format(60)}")
        connection.execute("CREATE VIEW own AS SELECT * FROM leads WHERE Stage = 'Won'")
        connection.execute(f"CREATE VIEW spy AS SELECT * FROM read_csv('{secret}')")
        connection.execute(f"CREATE MACRO peek() AS TABLE SELECT * FROM read_text('{secret}')")
        connection.execute("CREATE VIEW spy_by_macro AS SELECT leads.*, content FROM leads, peek()")
        connection.execute(f"CREATE VIEW spy_by_name AS SELECT leads.*, g.file FROM leads, glob('{tmp_path}/*') g")
        connection.execute("CREATE SCHEMA crm")
        connection.execute(f"CREATE TABLE crm.deals AS {ROWS.format(10)}")
        connection.execute(f"CREATE TABLE crm.leads AS {ROWS.format(12)}")
        connection.execute(f"CREATE VIEW crm.recent AS {ROWS.format(7)}")
        connection.execute("CREATE SCHEMA old")
        connection.execute(f"CREATE TABLE old.deals2 AS {ROWS.format(5)}")
        connection.execute(f"CREATE TABLE crm.deals2 AS {ROWS.format(5)}")
        connection.execute(
            'CREATE TABLE "odd ""name; types" AS SELECT *, INTERVAL 1 DAY AS span, 1::HUGEINT AS huge, '
            "'101'::BIT AS bits, MAP {'a': 1} AS map, uuid() AS uuid, TIME '01:00' AS clock, 1 AS rowid, 2 AS row_no "
            "FROM leads"
        )
    return path


def rows(database, table):
    return engines.collect([engines.scan_table(database, table)])[0]


@pytest.mark.parametrize("view", ["spy", "spy_by_macro", "spy_by_name"])
def test_a_view_reads_no_other_file(database, view):
    with pytest.raises(InputError, match=f"the view '{view}' cannot be read out of this file alone.*CREATE TABLE"):
        rows(database, view)


def test_a_view_of_its_own_tables_is_read(database):
    found = rows(database, "own")
    assert len(found) == 60
    assert sorted(row["row_no"] for row in found) == list(range(2, 62))
    assert len(rows(database, "crm.recent")) == 7


def test_nothing_is_fetched_or_loaded_because_a_file_asks_for_it():
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        assert connection().execute(f"SELECT current_setting('{setting}')").fetchall() == [(False,)]


def test_tables_of_other_schemas(database):
    assert len(rows(database, "leads")) == 60
    assert len(rows(database, "LEADS")) == 60
    assert len(rows(database, "crm.leads")) == 12
    assert len(rows(database, "deals")) == 10
    with pytest.raises(InputError, match=r"several tables 'deals2'. Name one of them: crm\.deals2, old\.deals2\."):
        rows(database, "deals2")
    with pytest.raises(InputError, match=r"no table or view 'none'.*leads.*crm\.deals"):
        rows(database, "none")


def test_columns_of_odd_types_and_names(database, tmp_path, capsys):
    address = f"duckdb:///{database}?table=odd%20%22name%3B%20types"
    out = str(tmp_path / "out.json")
    assert main(["funnel", address, "--as-of", "2026-11-01", "--json", out, "--by", "row_no"]) == 0
    assert "60 rows read" in capsys.readouterr().out
    assert main(["funnel", address, "--json", out, "--map", "lead_id=uuid"]) == 0
    assert main(["funnel", address, "--json", out, "--map", "lead_id=span"]) == 1
    assert "column 'span' is of type Duration" in capsys.readouterr().err


def test_a_database_of_another_kind_is_refused_by_its_name(tmp_path):
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as crm:
        crm.execute("CREATE TABLE leads (a)")
    crm.close()
    with pytest.raises(InputError, match=r"crm\.db is an SQLite database, not one of DuckDB"):
        engines.scan_table(path, "leads")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another event there")
@pytest.mark.parametrize("is_view", [True, False])
def test_ctrl_c_ends_a_query_at_once_and_leaves_nothing(tmp_path, is_view):
    path, scratch = tmp_path / "slow.db", tmp_path / "scratch"
    scratch.mkdir()
    with duckdb.connect(str(path)) as connection:
        slow = "SELECT sum(a.i * b.i) AS Amount FROM range(100000000000) a(i), range(1000) b(i)"
        connection.execute(f"CREATE VIEW leads AS {slow}")
    code = (
        "import sys; from xl_leadkpi import engines; from xl_leadkpi.cli import main\n"
        "from xl_leadkpi.engines.duckdb import connection\nfrom xl_leadkpi.engines.protocol import query\n"
        "print('ready', flush=True)\n"
    )
    if is_view:
        code += f"sys.exit(main(['funnel', 'duckdb:///{path}?table=leads', '--json', '-', '--quiet']))"
    else:
        code += (
            "import xl_leadkpi.cli.funnel as funnel\n"
            "def run(options):\n"
            "    with engines.faults(): engines.collect([query(connection().sql("
            f'"{slow}"))])\n'
            "funnel.run = run\n"
            f"sys.exit(main(['funnel', '{path}', '--json', '-']))"
        )
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(scratch)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert running.stdout.readline() == "ready\n"
        time.sleep(6)  # to be in the midst of the query
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, said) == (130, "leadkpi: interrupted; nothing was written\n")
    assert list(scratch.iterdir()) == []


def test_ctrl_c_that_a_library_hides_is_still_ctrl_c():
    def interrupted():
        try:
            raise KeyboardInterrupt
        finally:
            raise type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol"})("calling o160.getResult")

    with pytest.raises(KeyboardInterrupt), engines.faults():
        interrupted()
    with pytest.raises(KeyboardInterrupt), engines.faults():
        raise RuntimeError("Query interrupted")
