"""The add-in's VBA as it stands in the repository, run by pyOpenVBA's interpreter with a stubbed server."""

import pytest
from pyopenvba.interpreter._values import EMPTY, VBAArray, VBAErrorValue

from xl_leadkpi.addin import exports

from .vba_host import INTERPRETER, OMITTED

DIV0, VALUE, NAME, NUM, NA = map(VBAErrorValue, (2007, 2015, 2029, 2036, 2042))
SERVER_UNAVAILABLE, CALL_FAILED, DISCONNECTED = -2147023174, -2147023170, -2147417848


def fill(excel, address, value):
    excel.range(address).vba_set("Value", value)


def cells(array):
    rows, columns = (range(low, high + 1) for low, high in array.bounds)
    return [[array.get([row, column]) for column in columns] for row in rows]


def test_scalars(excel):
    assert excel.formula("CPL", 100.0, 4.0) == 25.0
    assert excel.calls == [("CPL", (100.0, 4.0), False, "")]


def test_cells_are_passed_by_value(excel):
    fill(excel, "A1", 1000.0)
    fill(excel, "B1", 40.0)
    assert excel.formula("CPL", excel.range("A1"), excel.range("B1")) == 25.0


def test_error_values_are_real_errors(excel):
    assert excel.formula("CPL", 100.0, 0.0) == DIV0
    assert excel.formula("CPL", -100.0, 4.0) == NUM
    assert excel.formula("CPL", "abc", 4.0) == VALUE
    assert excel.formula("CPL", NA, 4.0) == NA


def test_column_spills_with_errors_in_their_places(excel):
    for row, (spend, leads) in enumerate([(100.0, 4.0), (50.0, 0.0), ("n/a", 1.0)], start=1):
        fill(excel, f"A{row}", spend)
        fill(excel, f"B{row}", leads)
    result = excel.formula("CPL", excel.range("A1:A4"), excel.range("B1:B4"))
    assert cells(result) == [[25.0], [DIV0], [VALUE], [""]]


def test_omitted_and_empty_differ(excel):
    assert excel.formula("CAC", 100.0, 4.0) == 25.0
    assert excel.formula("CAC", 100.0, 4.0, excel.range("Z1")) == 25.0
    assert [call[1][2] for call in excel.calls] == [OMITTED, None]


def test_empty_required_cell_asks_no_python(excel):
    assert excel.formula("CPL", 100.0, excel.range("Z1")) == ""
    assert excel.formula("CPL", "", 4.0) == ""
    assert excel.formula("CAC", 100.0, EMPTY) == ""
    assert excel.calls == []


def test_error_goes_before_empty(excel):
    assert excel.formula("CPL", EMPTY, NA) == NA
    assert excel.formula("CAC", EMPTY, 4.0, NA) == NA


def test_whole_columns_are_cut_to_what_is_used(excel):
    for row in range(1, 4):
        fill(excel, f"A{row}", 10.0 * row)
        fill(excel, f"B{row}", 10.0)
    result = excel.formula("CPL", excel.range("A:A"), excel.range("B:B"))
    assert cells(result) == [[1.0], [2.0], [3.0]]
    result = excel.formula("CPL", excel.range("A2:A1048576"), excel.range("B2:B1048576"))
    assert cells(result) == [[2.0], [3.0]]


def test_columns_of_equal_size_stay_of_equal_size(excel):
    """On sheets used to different depths the deeper one counts for both: below the other's end are empty cells."""
    fill(excel, "A3", 30.0)
    sheets = excel.app.workbook.vba_get("Worksheets")
    other = sheets.vba_get("Add")
    leads = other.vba_get("Range", ["B1:B5"])
    leads.vba_set("Value", 10.0)
    first = excel.app.workbook.sheet_named("Sheet1").vba_get("Range", ["A:A"])
    result = excel.formula("CPL", first, other.vba_get("Range", ["B:B"]))
    assert cells(result) == [[""], [""], [3.0], [""], [""]]


def test_fixed_range_is_not_cut(excel):
    fill(excel, "A1", 10.0)
    assert len(cells(excel.formula("CPL", excel.range("A1:A20"), 2.0))) == 20


def test_whole_row(excel):
    fill(excel, "A1", 10.0)
    fill(excel, "B1", 20.0)
    assert cells(excel.formula("CPL", excel.range("1:1"), 10.0)) == [[1.0, 2.0]]


def test_empty_whole_column(excel):
    assert excel.formula("CPL", excel.range("X:X"), 2.0) in ("", [[""]])


def test_several_areas_are_refused(excel):
    assert excel.formula("CPL", excel.range("A1:A3,C1:C3"), 2.0) == VALUE
    excel.formula("KPIWHY")
    assert "several ranges" in excel.formula("KPIWHY", excel.range("A9"))


def test_array_constant(excel):
    constant = VBAArray([(1, 3)], items=[10.0, 20.0, 30.0])
    assert cells(excel.formula("CPL", constant, 10.0)) == [[1.0, 2.0, 3.0]]


def test_days_of_the_1904_system(excel, monkeypatch):
    book = excel.app.workbook
    original = type(book).vba_get
    monkeypatch.setattr(
        type(book), "vba_get", lambda self, name, *rest: True if name == "Date1904" else original(self, name, *rest)
    )
    fill(excel, "A1", 44320.0)  # 5 May 2025 in the 1904 system
    assert excel.formula("DATECOUNT", excel.range("A1"), 44320.0, 44320.0) == 1.0
    assert excel.calls[-1][2] is True
    assert excel.formula("CPL", excel.range("A1"), 10.0) == 4432.0
    assert excel.calls[-1][2] is False


def test_why_tells_of_the_cell(excel):
    excel.caller = excel.range("C2")
    assert excel.formula("CPL", 100.0, 0.0) == DIV0
    assert excel.calls[-1][3].endswith("Sheet1!$C$2")
    excel.caller = excel.range("D2")
    assert "leads=0" in excel.formula("KPIWHY", excel.range("C2"))
    assert "No failure" in excel.formula("KPIWHY", excel.range("C3"))
    excel.caller = excel.range("C2")
    excel.formula("CPL", 100.0, 4.0)
    assert "No failure" in excel.formula("KPIWHY", excel.range("C2"))


def test_why_without_a_cell_lists_failures(excel):
    excel.formula("CPL", 100.0, 0.0)
    header, *rows = cells(excel.formula("KPIWHY"))
    assert header[2:] == ["Function", "Arguments", "Result", "Reason"]
    assert rows[0][2:4] == ["CPL", "100, 0"]


def test_one_server_serves_all_calls(excel):
    for _ in range(5):
        excel.formula("CPL", 100.0, 4.0)
    assert len(excel.starts) == 1


@pytest.mark.parametrize("number", [SERVER_UNAVAILABLE, DISCONNECTED])
def test_server_gone_before_the_call_is_started_again(excel, number):
    excel.formula("CPL", 100.0, 4.0)
    excel.failures = [number]
    assert excel.formula("CPL", 100.0, 4.0) == 25.0
    first, second = excel.starts
    assert first != second
    assert excel.stops == [first]


def test_server_gone_again_is_no_loop(excel):
    excel.failures = [SERVER_UNAVAILABLE] * 9
    assert excel.formula("CPL", 100.0, 4.0) == VALUE
    assert len(excel.failures) == 7


def test_call_during_which_the_server_died_is_not_repeated(excel):
    excel.failures = [CALL_FAILED]
    assert excel.formula("CPL", 100.0, 4.0) == VALUE
    assert len(excel.calls) == 1
    assert excel.formula("CPL", 100.0, 4.0) == 25.0
    assert len(excel.starts) == 2


CONF = r"C:\Users\ann\AppData\Roaming\leadkpi\leadkpi.conf"


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        (None, "leadkpi.conf is missing. Run: leadkpi install"),
        ("", "does not say interpreter=..."),
        ("\x00\xff\x7f garbage without sense\n\n==\n", "does not say interpreter=..."),
        ("interpreter=", "does not say interpreter=..."),
        ("interpreter=python.exe", "must be on a drive of this computer, not python.exe"),
        (r"interpreter=\\server\share\python.exe", r"must be on a drive of this computer, not \\server\share"),
        (r"interpreter=.\python.exe", "must be on a drive of this computer"),
        (r"interpreter=C:\Windows\System32\cmd.exe", "must be python.exe or pythonw.exe"),
        (r"interpreter=C:\gone\python.exe", r"C:\gone\python.exe does not exist"),
        ('interpreter=C:\\a" & calc & "\\python.exe', "cannot be written in a command"),
        (r"interpreter=C:\$(CLSID)\python.exe", "cannot be written in a command"),
    ],
)
def test_unusable_configuration_gives_one_message(excel, conf, message):
    excel.files.pop(CONF)
    if conf is not None:
        excel.files[CONF] = conf
    assert excel.formula("CPL", 100.0, 4.0) == NA
    assert excel.formula("CPL", 200.0, 4.0) == NA
    assert message in excel.formula("KPIWHY", excel.range("A1"))
    assert excel.status.startswith("Lead KPI: ")
    assert message in excel.status
    assert excel.app.dialogs == [], "a function opens no dialog"
    assert excel.starts == []


def test_configuration_is_read_with_comments_and_spaces(excel):
    excel.files[CONF] = f"# written by hand\nother=1\n Interpreter = {INTERPRETER} \n"
    assert excel.formula("CPL", 100.0, 4.0) == 25.0


def test_missing_library(excel):
    excel.library_found = False
    assert excel.formula("CPL", 100.0, 4.0) == NA
    assert "xlwings64-0.37.8.dll is missing" in excel.formula("KPIWHY")


def test_python_that_does_not_start_is_not_tried_for_each_cell(excel):
    excel.refusal = "Python process exited before it was possible to create the interface object."
    for _ in range(50):
        assert excel.formula("CPL", 100.0, 4.0) == NA
    assert excel.attempts == 1
    assert excel.app.dialogs == []
    assert "Python process exited" in excel.formula("KPIWHY")
    excel.refusal = None
    assert excel.formula("CPL", 100.0, 4.0) == NA, "the pause is not over"


def test_status_bar_is_excels_own_again_once_python_answers(excel):
    excel.library_found = False
    assert excel.formula("CPL", 100.0, 4.0) == NA
    assert "is missing" in excel.status
    excel.library_found = True
    assert excel.formula("CPL", 100.0, 4.0) == NA, "the pause is not over"
    assert "is missing" in excel.status
    excel.app.interpreter.run("RestartForTest", [])
    assert excel.status is False
    assert excel.formula("CPL", 100.0, 4.0) == 25.0


def test_status_bar_of_others_is_left_alone(excel):
    excel.status = "Sheet 3 of 9 is being printed"
    assert excel.formula("CPL", 100.0, 4.0) == 25.0
    excel.failures = [CALL_FAILED]
    assert excel.formula("CPL", 100.0, 4.0) == VALUE
    assert excel.status == "Sheet 3 of 9 is being printed"


def test_python_that_is_gone_for_good_is_told_in_the_cell(excel):
    assert excel.formula("CPL", 100.0, 4.0) == 25.0
    excel.failures, excel.refusal = [SERVER_UNAVAILABLE], "it does not start any more"
    assert excel.formula("CPL", 100.0, 4.0) == NA
    assert "it does not start any more" in excel.formula("KPIWHY", excel.range("A1"))
    assert excel.app.dialogs == []


def test_every_wrapper_reaches_its_function(excel):
    """Each wrapper with its KPI's examples: the value that comes back is Python's own."""
    checked = 0
    for function in exports.FUNCTIONS.values():
        for example in function.kpi.examples if function.kpi else ():
            if all(isinstance(value, (int, float)) for value in example.arguments):
                value = excel.formula(function.name, *map(float, example.arguments))
                if isinstance(example.expected, (int, float)):
                    assert value == pytest.approx(example.expected, rel=1e-9), function.name
                    checked += 1
    assert checked > 50
