"""What the command does to be quick at its start and its end."""

import gc
import subprocess
import sys

import pytest

from xl_leadkpi.cli import main

LEADS = "Lead ID,Created,Won date,Source\n1,2025-01-10,2025-02-01,Fair\n2,2025-01-20,,Mail\n"


@pytest.fixture
def command(tmp_path):
    leads = tmp_path / "leads.csv"
    leads.write_text(LEADS)
    return ["funnel", str(leads), "-o", str(tmp_path / "funnel.xlsx"), "--quiet"]


def test_help_loads_no_engine():
    program = (
        "import sys\n"
        "from xl_leadkpi.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sorted({'polars', 'narwhals', 'pandas', 'duckdb', 'xlsxwriter'} & {*sys.modules}), file=sys.stderr)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not found.stderr.strip()


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_collected_afterwards_as_before(command, collects):
    if not collects:
        gc.disable()
    try:
        assert main(command) == 0
        assert gc.isenabled() is collects
    finally:
        gc.enable()


def test_the_process_ends_without_a_search_for_garbage(command):
    program = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.get_freeze_count()))\n"  # run after what is registered later
        "from xl_leadkpi.cli import main\n"
        f"main({command!r})\n"
    )
    frozen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(frozen) > 10_000


def test_no_network_is_imported_to_write_a_workbook(command):
    program = f"import sys\nfrom xl_leadkpi.cli import main\nmain({command!r})\nprint(*sys.modules)\n"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "xlsxwriter" in loaded
    assert not {"urllib.request", "http.client", "pandas"}.intersection(loaded)
