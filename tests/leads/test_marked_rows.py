"""Rows that a column or a status marks as no lead: left out, counted and named."""

import pytest

from xl_leadkpi.errors import InputError

from .same_reading import found, read_everywhere


def ids(table):
    return table.frame["lead_id"].to_list()


@pytest.mark.parametrize(
    ("header", "yes", "no", "kind"),
    [
        ("IsDeleted", "true", "false", "deleted_rows"),
        ("_fivetran_deleted", "TRUE", "FALSE", "deleted_rows"),
        ("__deleted", "t", "f", "deleted_rows"),
        ("Usunięty", "tak", "nie", "deleted_rows"),
        ("Excluído", "sim", "não", "deleted_rows"),
        ("deleted_at", "2025-03-04 10:00", "", "deleted_rows"),
        ("_sdc_deleted_at", "2025-03-04", "", "deleted_rows"),
        ("Data usunięcia", "04.03.2025", "", "deleted_rows"),
        ("Is Test", "1", "0", "test_rows"),
        ("Тестовый", "да", "нет", "test_rows"),
        ("Is Duplicate", "Yes", "No", "duplicate_rows"),
        ("Merged", "Yes", "No", "duplicate_rows"),
        ("Merged Into ID", "17", "", "duplicate_rows"),
        ("Dublette", "ja", "nein", "duplicate_rows"),
    ],
)
def test_marked_rows_are_left_out(header, yes, no, kind):
    table = read_everywhere(
        f"Lead ID|Created|Stage|{header}", f"1|2025-01-02|Won|{yes}", f"2|2025-01-03|Won|{no}", f"3|2025-01-04|New|{no}"
    )
    assert ids(table) == ["2", "3"]
    assert found(table, kind) == [(1, header, "")]
    assert [word.count for word in table.words if word.word == "Won"] == [1]


def test_each_row_is_named_by_its_first_mark():
    table = read_everywhere(
        "Lead ID|Created|Stage|is_deleted|_fivetran_deleted|is_test",
        "1|2025-01-02|Mystery|true|true|false",
        "2|2025-01-02|New|false|true|true",
        "3|2025-01-02|New|false|false|false",
    )
    assert ids(table) == ["3"]
    assert found(table, "deleted_rows") == [(1, "is_deleted", ""), (1, "_fivetran_deleted", "")]
    assert found(table, "test_rows") == found(table, "unknown_words") == []


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Duplicate", "duplicate_rows"), ("Дубль", "duplicate_rows"), ("Merged", "duplicate_rows"),
     ("Test lead", "test_rows"), ("Lead testowy", "test_rows"), ("Excluído", "deleted_rows")],
)  # fmt: skip
def test_a_status_may_say_so(word, kind):
    lines = (f"1|2025-01-02|{word}", "2|2025-01-03|Qualified", "3|2025-01-04|Lost")
    table = read_everywhere("Lead ID|Created|Lead Status", *lines)
    assert ids(table) == ["2", "3"]
    assert found(table, kind) == [(1, "Lead Status", "")]
    kept = read_everywhere("Lead ID|Created|Lead Status", *lines, words={word: "Lost"})
    assert kept.frame["outcome"].to_list() == ["lost", "open", "lost"]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Merged record IDs", "17;18"),  # of the others, which were merged into this one
        ("Possible duplicate", "Yes"),
        ("Test group", "Yes"),
        ("Test", "B"),
        ("Deleted by", "Ann"),
    ],
)
def test_what_looks_like_a_mark_and_is_none(header, cell):
    table = read_everywhere(f"Lead ID|Created|Stage|{header}", f"1|2025-01-02|Won|{cell}", f"2|2025-01-03|New|{cell}")
    assert ids(table) == ["1", "2"]


def test_the_user_may_count_them_all_the_same():
    lines = ("1|2025-01-02|Won|true", "2|2025-01-03|New|false")
    table = read_everywhere("Lead ID|Created|Stage|is_deleted", *lines, fields={"is_deleted": "-"})
    assert ids(table) == ["1", "2"]


def test_a_table_of_nothing_else_is_refused_with_its_column():
    with pytest.raises(InputError, match=r"column 'IsDeleted' marks every row.*--map is_deleted=-"):
        read_everywhere("Lead ID|Created|Stage|IsDeleted", "1|2025-01-02|Won|true", "2|2025-01-03|New|true")
