"""Stages of the user's own on Settings: shown in order, edited there, and read back."""

import pytest
from openpyxl import load_workbook

from tests.leads.test_own_stages import MADE_UP, ZOHO, by_probability, deals, reading
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read_frame
from xl_leadkpi.sheets import lay_out, read_edits, to_file

PAIRS = [(name, 15 * place) for place, name in enumerate(ZOHO, start=1)]
ROWS = deals(ZOHO, [by_probability(PAIRS)])


def workbook(path, rows=ROWS, language="en", **options):
    leads = read_frame(rows, reading(**options))
    to_file(lay_out(build(leads), leads, language=language), path)
    return path


def stage_cells(path):
    """The cells of the table of stages, a row each, and the workbook."""
    book = load_workbook(path)
    rows = list(book["Settings"].iter_rows(max_col=8))
    [top] = [number for number, row in enumerate(rows) if row[0].value == "tblStages"]
    found = []
    for row in rows[top + 1 :]:
        if row[1].value is None:
            break
        found.append(row)
    return book, found


def stages(path, rows=ROWS):
    edits = read_edits(path)
    table = read_frame(rows, reading(own_stages=edits.stages, words=edits.words))
    return [row["stage"] for row in as_json(build(table))["stages"]]


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_stages_are_shown_and_read_back_unchanged(tmp_path, language):
    path = workbook(tmp_path / "a.xlsx", language=language)
    _, rows = stage_cells(path)
    assert [(row[1].value, row[2].value, row[3].value) for row in rows] == [
        (name, place, name) for place, name in enumerate(ZOHO, start=1)
    ]
    assert all(row[7].value for row in rows)
    edits = read_edits(path)
    assert (edits.stages, edits.words) == ((), {})


def test_renamed_moved_and_left_out(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    book, rows = stage_cells(path)
    rows[0][3].value = "Fit"
    rows[1][2].value = 3.5  # behind the fourth row's three
    rows[3][2].value = 3
    rows[2][2].value = 2
    rows[5][2].value = None
    rows[3][4].value = "Meeting"
    book.save(path)
    assert stages(path) == ["Fit", "Value Proposition", "Identify Decision Makers", "Needs Analysis",
                            "Proposal/Price Quote", "Won"]  # fmt: skip
    edits = read_edits(path)
    assert {one.name: one.stands_for for one in edits.stages}["Identify Decision Makers"] == "Meeting"
    assert edits.stages[0].words == ("Qualification",)
    # what was edited once stays so in the workbook made with it
    again = workbook(tmp_path / "b.xlsx", own_stages=edits.stages)
    assert read_edits(again).stages == edits.stages


def test_words_that_no_order_is_known_of_are_put_in_order_by_hand(tmp_path):
    rows = deals(MADE_UP)
    path = workbook(tmp_path / "a.xlsx", rows)
    book, cells = stage_cells(path)
    assert {row[1].value for row in cells} == {*MADE_UP}
    assert all(row[2].value is None for row in cells)
    assert read_edits(path).stages == ()
    for row in cells:
        row[2].value = 1 + MADE_UP.index(row[1].value)
    book.save(path)
    assert stages(path, rows) == [*MADE_UP, "Won"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (2, "first", r"Settings, cell C\d+: 'first' is no place in an order; write 1, 2, 3"),
        (4, "Demo", r"Settings, cell E\d+: 'Demo' is none of MQL, SQL, Meeting, Opportunity, Proposal"),
        (3, "Negotiation/Review", r"Settings, cell D\d+: Stages: 'Negotiation/Review': two stages have this name"),
    ],
)
def test_bad_cells_are_named(tmp_path, column, value, said):
    path = workbook(tmp_path / "a.xlsx")
    book, rows = stage_cells(path)
    rows[1][column].value = value
    book.save(path)
    with pytest.raises(InputError, match=said):
        read_edits(path)


def test_a_target_goes_with_its_stage(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    book, rows = stage_cells(path)
    [target] = [row for row in book["Settings"].iter_rows() if row[4].value == "Needs Analysis" and row[1].value]
    target[2].value = 40
    book.save(path)
    assert read_edits(path).targets == {"Needs Analysis": 40}
    [renamed] = [row for row in rows if row[1].value == "Needs Analysis"]
    renamed[3].value = "Needs"
    book.save(path)
    assert read_edits(path).targets == {"Needs": 40}
    renamed[2].value = None  # left out
    book.save(path)
    assert read_edits(path).targets == {}
