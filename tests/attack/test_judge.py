"""The judge of the attacks: each thing that may be wrong is seen."""

import json
import sys

import pytest

from tests.attack import formats, judge
from tests.attack.columnar import SECRET
from tests.attack.inputs import Attack
from tests.attack.processes import Command, Outcome

WORKBOOK = formats.zipped(dict(formats.xlsx_parts([("Funnel", [["Stage", 1.5]])])))


@pytest.fixture
def case(tmp_path):
    """An attack that has not been run: leads, and an old workbook to be replaced."""
    for name in ("work", "tmp", "home"):
        (tmp_path / name).mkdir()
    work = tmp_path / "work"
    (work / "leads.csv").write_text("ID,Stage\n1,Won\n")
    (work / "funnel.xlsx").write_bytes(b"old")
    command = Command(["funnel", "leads.csv", "-o", "funnel.xlsx", "--json", "funnel.json"], work)
    outputs = [work / "funnel.xlsx", work / "funnel.json"]
    return Attack("", command, [], outputs, 16, [work / "leads.csv"])


def _judged(case, changes=(), **outcome):
    folder = case.command.folder
    before = judge.state(folder.parent)
    for name, content in dict(changes).items():
        path = folder / name
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
    ended = {"code": 0, "in_time": True, "seconds": 1.0, "cpu": 1.0, "peak": 1 << 28, **outcome}
    return judge.faults(case, Outcome(**ended), before)


WRITTEN = {"funnel.xlsx": WORKBOOK, "funnel.json": b'{"leads": 1.5}'}
OWN_FAULT = (
    "leadkpi: this is a fault of leadkpi, not of your file: KeyError: 'x' (blocks.py, line 3); please report it with "
    "what leadkpi --debug COMMAND ... prints\n"
)
REFUSED = "leadkpi: leads.csv, row 3: no day; export it again\n"


def test_all_is_well(case):
    assert _judged(case, WRITTEN) == []
    assert judge.check_workbook(WORKBOOK) == []


def test_a_refusal_is_well(case):
    assert _judged(case, code=1, err=REFUSED) == []


@pytest.mark.parametrize(
    ("fault", "changes", "outcome"),
    [
        ("traceback: KeyError: 'x'", {}, {"code": 1, "err": "Traceback (most recent call last):\nKeyError: 'x'\n"}),
        ("panic shown", {}, {"code": 1, "err": "thread 'x' panicked at a.rs:1\nleadkpi: leads.csv: export again\n"}),
        ("own fault: KeyError: 'x' (blocks.py, line 3)", {}, {"code": 1, "err": OWN_FAULT}),
        ("abort", {}, {"code": -6, "err": "memory allocation of 1 bytes failed"}),
        ("exit 3", {}, {"code": 3}),
        ("hangs", {}, {"in_time": False, "code": -9}),
        ("memory", WRITTEN, {"peak": 3 << 30}),
        ("slow", WRITTEN, {"cpu": 21.0}),
        ("0 messages", {}, {"code": 1, "err": ""}),
        ("2 messages", {}, {"code": 1, "err": REFUSED * 2}),
        ("a message that names no file", {}, {"code": 1, "err": "leadkpi: no day; export it again\n"}),
        ("a message without remedy", {}, {"code": 1, "err": "leadkpi: leads.csv: no day\n"}),
        ("a message of thousands", {}, {"code": 1, "err": f"leadkpi: leads.csv: export again {'x' * 2_000}\n"}),
        ("an engine's own words", {}, {"code": 1, "err": "leadkpi: leads.csv: Binder Error: x; BinderError, check\n"}),
        ("lost: work/leads.csv", {**WRITTEN, "leads.csv": None}, {}),
        ("changed: work/leads.csv", {**WRITTEN, "leads.csv": b"x"}, {}),
        ("left: work/.funnel", {**WRITTEN, ".funnel.tmp": b"x"}, {}),
        ("left: tmp/leadkpi", {**WRITTEN, "../tmp/leadkpi-x": b"x"}, {}),
        ("exit 0, and not written: work/funnel.json", {"funnel.xlsx": WORKBOOK}, {}),
        ("exit 0, and not written: work/funnel.xlsx", {"funnel.json": b"{}"}, {}),
        ("exit 1, and written: work/funnel.xlsx", {"funnel.xlsx": WORKBOOK}, {"code": 1, "err": REFUSED}),
        ("broken workbook", {**WRITTEN, "funnel.xlsx": b"x"}, {}),
        ("broken JSON", {**WRITTEN, "funnel.json": b'{"a": NaN}'}, {}),
        ("a figure beyond all numbers", {**WRITTEN, "funnel.json": b'{"a": 1e999}'}, {}),
        ("read a file that was not named", {**WRITTEN, "funnel.json": json.dumps([SECRET]).encode()}, {}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_seen(fault, changes, outcome, case):
    assert any(found.startswith(fault) for found in _judged(case, changes, **outcome))


@pytest.mark.parametrize(
    ("part", "old", "new", "fault"),
    [
        ("xl/worksheets/sheet1.xml", "Stage", "&#1;", "reference to invalid character"),
        ("xl/worksheets/sheet1.xml", "Stage", "\x01", "not well-formed"),
        ("xl/worksheets/sheet1.xml", "Stage", "\ufffe", "not well-formed|a character that XML does not have"),
        ("xl/worksheets/sheet1.xml", "Stage", "x" * 32_768, "a cell longer"),
        ("xl/worksheets/sheet1.xml", "Stage", "_x005F_x000D_" * 4_682, "a cell longer"),
        ("xl/worksheets/sheet1.xml", "1.5", "inf", "a cell that is no number"),
        ("xl/workbook.xml", "Funnel", "x" * 32, "a sheet name that is none"),
        ("xl/workbook.xml", "</workbook>", "", "no element found"),
    ],
)
def test_what_excel_refuses_is_seen(part, old, new, fault):
    parts = dict(formats.xlsx_parts([("Funnel", [["Stage", 1.5]])]))
    parts[part] = parts[part].replace(old, new)
    found = judge.check_workbook(formats.zipped(parts))
    assert any(one in said for one in fault.split("|") for said in found), found


def test_an_escape_counts_as_what_it_stands_for():
    parts = dict(formats.xlsx_parts([("Funnel", [["Stage", 1.5]])]))
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("Stage", "_x005F_x000D_" * 4_681)
    assert judge.check_workbook(formats.zipped(parts)) == []


@pytest.mark.parametrize("words", [["--json", "a.xlsx"], ["--json", "-", "--json", "a.xlsx"]])
def test_figures_are_json_whatever_their_file_is_called(case, words):
    case.command.words[2:] = words
    case.outputs[:] = [case.command.folder / "a.xlsx"]
    assert _judged(case, {"a.xlsx": b'{"leads": 1}'}) == []
    assert _judged(case, {"a.xlsx": b"x"}) != []


@pytest.mark.skipif(sys.platform == "win32", reason="not every user may make links there")
def test_figures_are_json_behind_a_link(case):
    case.command.words[2:] = ["--json", "old.xlsx"]
    (case.command.folder / "real.xlsx").write_bytes(b"old")
    (case.command.folder / "old.xlsx").symlink_to("real.xlsx")
    case.outputs[:] = [case.command.folder / "old.xlsx", case.command.folder / "real.xlsx"]
    assert _judged(case, {"real.xlsx": b'{"leads": 1}'}) == []


def test_tables_with_odd_headers_are_seen():
    parts = dict(formats.xlsx_parts([("Funnel", [["Stage", 1.5]])]))
    parts["xl/tables/table1.xml"] = (
        '<table><tableColumns><tableColumn name="A"/><tableColumn name="a"/></tableColumns></table>'
    )
    assert judge.check_workbook(formats.zipped(parts)) == ["a table with the same header twice"]
    parts["xl/tables/table1.xml"] = f'<table><tableColumns><tableColumn name="{"x" * 256}"/></tableColumns></table>'
    assert "a table header that is empty or longer" in judge.check_workbook(formats.zipped(parts))[0]


@pytest.mark.parametrize(("place", "faults"), [("runpy.py", []), ("xl_leadkpi/cli/funnel.py", ["traceback"])])
def test_a_signal_before_the_command_begins_is_pythons_own(case, place, faults):
    case.command.signal.update(number=2, after=0.01)
    said = f'Traceback (most recent call last):\n  File "/x/{place}", line 3, in run\n    x()\nKeyboardInterrupt\n'
    found = _judged(case, code=-2, err=said)
    assert [one.partition(":")[0] for one in found] == faults
