"""Text files that are odd but plausible: each is read as a spreadsheet reads it, or ends in one message."""

import polars as pl
import pytest

from tests.growth import growth
from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame, read_spend_frame
from xl_leadkpi.leads.cells.dates import parse_dates
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.stage_words import find_stage

HEADER = "Lead ID,Created,Stage,Name"


def leads(folder, text, encoding="utf-8", **options):
    path = folder / "leads.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read(path, ReadOptions(**options))


def column(table, name):
    return table.frame[name].to_list()


def kinds(table):
    return {finding.kind for finding in table.findings}


# quotation marks and line breaks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('5" screen', '5" screen'),
        ('"5"" screen"', '5" screen'),
        ('5" x 6" tile', '5" x 6" tile'),
        ('"quoted"and not', "quotedand not"),
        ('"a ""b"", c"', 'a "b", c'),
        ('"two\nlines"', "two lines"),
        ("a\rb", "a b"),
        ('a\r"b', 'a "b'),
    ],
)
def test_a_quotation_mark_opens_a_text_only_where_a_cell_begins(tmp_path, cell, name):
    table = leads(tmp_path, f'{HEADER}\nL1,2025-01-01,Won,{cell}\nL2,2025-01-02,Lead,7" tablet\nL3,2025-01-03,Lost,c\n')
    assert column(table, "name") == [name, '7" tablet', "c"]
    assert "open_quote" not in kinds(table)


def test_a_pair_of_stray_quotation_marks_does_not_hide_a_delimiter(tmp_path):
    table = leads(tmp_path, f'{HEADER}\nL1,2025-01-01,Won,5" a\nL2,2025-01-02,Lead,6" b\n')
    assert column(table, "lead_id") == ["L1", "L2"]
    table = leads(tmp_path, 'Lead ID,Name,Created,Stage\nL1,5" a,2025-01-01,6" Won\n')
    assert column(table, "name") == ['5" a']


@pytest.mark.parametrize(
    "header", ['Lead ID,Created,St"age,Name', 'Lead ID,Created,Stage,Na"me', 'Lead ID"5,Created,Stage,x']
)
def test_a_stray_quotation_mark_in_the_header_loses_no_row(tmp_path, header):
    table = leads(tmp_path, f"{header}\nL1,2025-01-01,Won,a\nL2,2025-01-02,Lead,b\n")
    assert column(table, "outcome") == ["won", "open"]


def test_a_quotation_mark_never_closed_is_reported_and_takes_no_row_with_it(tmp_path):
    table = leads(tmp_path, f'{HEADER}\nL1,2025-01-01,Won,"open\nL2,2025-01-02,Lead,b\nL3,2025-01-03,Lost,c\n')
    assert column(table, "name") == ["open", "b", "c"]
    assert [finding.rows for finding in table.findings if finding.kind == "open_quote"] == [(2,)]


def test_lines_that_end_in_cr_may_hold_line_feeds_in_their_cells(tmp_path):
    table = leads(tmp_path, f'{HEADER}\rL1,2025-01-01,Won,"a\nb"\rL2,2025-01-02,Lead,c\r')
    assert column(table, "name") == ["a b", "c"]


@pytest.mark.parametrize("sign", ["^", "]", "¦", "~", "-", "&"])
def test_any_delimiter_may_be_named(tmp_path, sign):
    text = f'{HEADER}\nL1,20250101,Won,"a, b"\nL2,20250102,Lead,c\n'.replace(",", sign).replace(
        f"a{sign} b", f"a{sign}b"
    )
    table = leads(tmp_path, f"sep={sign}\n{text}")
    assert column(table, "name") == [f"a{sign}b", "c"]


# length and width -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["header", "row", "quoted"])
def test_a_line_may_be_longer_than_what_is_looked_at_first(tmp_path, place):
    long = "x" * 600_000
    text = {
        "header": f"{HEADER},{long}\nL1,2025-01-01,Won,a,b\n",
        "row": f"{HEADER},Notes\nL1,2025-01-01,Won,a,{long}\n",
        "quoted": f'{HEADER},Notes\nL1,2025-01-01,Won,a,"{"a line" * 9}\n{long}"\n',
    }[place]
    table = leads(tmp_path, f"{text}L2,2025-01-02,Lead,b,c\n")
    assert column(table, "lead_id") == ["L1", "L2"]


def test_twenty_thousand_columns(tmp_path):
    width = 20_000
    names = ",".join(f"Column {number}" for number in range(width))
    table = leads(
        tmp_path, f"{HEADER},{names}\nL1,2025-01-01,Won,a{',v' * width}\nL2,2025-01-02,Lead,b{',v' * width}\n"
    )
    assert column(table, "outcome") == ["won", "open"]


def test_messages_do_not_quote_a_whole_cell(tmp_path):
    with pytest.raises(InputError) as caught:
        leads(tmp_path, f"{'x' * 50_000},{'y' * 50_000}\n1,2\n3,4\n")
    assert str(caught.value).startswith("leads.csv, row 1: no column of a lead table")
    assert len(str(caught.value)) < 1000
    with pytest.raises(InputError) as caught:
        leads(tmp_path, f"{HEADER},{'x' * 50_000}\nL1,2025-01-01,Won,a,b\n", by=("Country",))
    assert len(str(caught.value)) < 1000


def test_long_texts_as_stage_words_take_time_by_their_length_alone(tmp_path):
    def table(length):
        words = [f'"{number} {"a " * length}"' for number in range(50)]
        rows = "".join(f"L{number},2025-01-01,{word},x\n" for number, word in enumerate(words))
        return leads(tmp_path, f"{HEADER}\n{rows}")

    assert growth(table, 4_000) < 8
    assert sum(finding.kind == "unknown_words" for finding in table(15_000).findings) == 20
    assert find_stage("Proposal sent", PIPELINE) == "Proposal"


# encodings ------------------------------------------------------------------------------------------------------------

CYRILLIC = "Номер лида;Дата создания;Стадия;Источник\nА1;01.02.2025;Выиграна;Яндекс\nА2;13.02.2025;Новый;Яндекс\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [CYRILLIC, f"{HEADER}\nА1,2025-02-01,Won,a\nА2,2025-02-02,Lead,b\n"])
def test_utf_16_with_or_without_a_byte_order_mark(tmp_path, encoding, text):
    table = leads(tmp_path, text, encoding)
    assert column(table, "lead_id") == ["А1", "А2"]
    assert column(table, "outcome") == ["won", "open"]


def test_a_nul_byte_does_not_make_utf_16(tmp_path):
    table = leads(tmp_path, f"{HEADER}\nL1,2025-01-01,Won,a\0\nL2,2025-01-02,Lead,b\n")
    assert column(table, "name") == ["a", "b"]


# digits and amounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("١٢٣", 123.0),
        ("１，２３４．５０", 1234.5),
        ("१२३", 123.0),
        ("(১২)", -12.0),
        ("١٢٬٣٤٥", 12345.0),
        ("١٢٫٥٠٠", 12.5),
        ("￥５００", 500.0),
        ("²", None),
        ("½", None),
    ],
)
def test_decimal_digits_of_any_script_are_digits(text, value):
    assert parse_amounts(pl.Series([text, "7.25"])).values.to_list() == [value, 7.25]
    if value is not None:
        table = read_frame([["Lead ID", "Created", "Stage", "Amount"], ["1", "2025-01-01", "Won", text]])
        assert column(table, "amount") == [value]


def test_digits_of_any_script_in_dates():
    texts = ["٢٠٢٥-٠١-٠٥", "２０２５／０１／０５", "٥ мая ٢٠٢٥", "2025-01-05 ١٢:٠٠"]
    assert parse_dates(pl.Series(texts)).days.to_list() == [45662.0, 45662.0, 45782.0, 45662.5]


@pytest.mark.parametrize("text", ["1e308", "9" * 400, "9" * 309, "inf", 1e308, -1e308, float("inf")])
def test_what_no_money_can_be_is_left_out_and_named(text):
    rows = [
        ["Lead ID", "Created", "Stage", "Amount"],
        ["1", "2025-01-01", "Won", text],
        ["2", "2025-01-02", "Won", 5.0],
    ]
    table = read_frame(rows)
    assert column(table, "amount") == [None, 5.0]
    found = [one for one in table.findings if one.kind in {"amounts_too_large", "unparsed_amounts"}]
    assert [(one.column, one.rows) for one in found] == [("Amount", (2,))]


def test_amounts_that_money_can_be_stay():
    rows = [["Lead ID", "Created", "Stage", "Amount"], ["1", "2025-01-01", "Won", "1 000 000 000 000 000.50"]]
    table = read_frame(rows)
    assert column(table, "amount") == [1_000_000_000_000_000.5]
    assert "amounts_too_large" not in kinds(table)


def test_so_it_is_with_spend():
    table = read_spend_frame([["Month", "Channel", "Cost"], ["2025-01", "Ads", "9" * 400], ["2025-01", "Ads", 5.0]])
    assert table.rows == (("Ads", None, 24300, 5.0, None, None),)
    assert [(one.kind, one.rows) for one in table.findings if one.severity == "warning"] == [
        ("amounts_too_large", (2,))
    ]


# half a character ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mixed", [False, True], ids=["texts", "texts and numbers"])
def test_half_a_character_is_shown_as_such(mixed):
    """A formula such as ``LEFT`` cuts a picture sign in two, and Excel hands the half over."""
    rows = [["Lead ID", "Stage", "Source", "Half \ud83d"], ["\udfff1", "Won", "Ads \ud83d", 5.0 if mixed else "x"]]
    rows += [["2", "Lost", 7.0 if mixed else "Ads", "\ud83d"], ["3", "\ud83e\udd84", "\ud83e\udd84", "x"]]
    table = read_frame(rows, ReadOptions(by=("Half \ufffd",)))
    assert column(table, "lead_id") == ["\ufffd1", "2", "3"]
    assert column(table, "source") == ["Ads \ufffd", "7" if mixed else "Ads", "🦄"]
