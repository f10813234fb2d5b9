"""Identifiers that a spreadsheet has shortened: no identifiers, so no row is lost by them."""

import polars as pl
import pytest

from xl_leadkpi.leads import InputError, read, read_touches_frame

from .everywhere import PLACES, column, kinds, read_on


def leads(ids, **more):
    size = len(ids)
    return {
        "Record ID": ids, "Created": [f"2026-01-{n % 28 + 1:02}" for n in range(size)], "Stage": ["Won"] * size, **more,
    }  # fmt: skip


@PLACES
@pytest.mark.parametrize("shortened", ["7.40123E+11", "7,40123E+11", "7E+15", "7.4e+11"])
def test_shortened_ids_keep_their_rows(place, shortened):
    table = read_on(place, leads([shortened, shortened, "740123000001", "740123000001", shortened]))
    assert column(table, "lead_id") == [None, None, "740123000001", None]
    found = kinds(table)
    assert found["ruined_ids"] == (3, "Record ID", {"example": shortened})
    assert found["duplicate_ids"][0] == 1


@PLACES
def test_long_ids_that_all_end_in_zeros_have_lost_their_digits(place):
    table = read_on(place, leads(["123456789012345000", "123456789012346000", "123456789012347000"] * 2))
    assert column(table, "lead_id") == [None] * 6
    assert kinds(table)["ruined_ids"][0] == 6


@PLACES
@pytest.mark.parametrize(
    "ids",
    [
        ["123456789012345000", "123456789012345017", "123456789012345030"],  # not all of them end so
        ["1234567890123450", "1234567890123451", "1234567890123460"],
        ["1E5", "2E5", "3E5"],  # as parts are numbered
        ["00QE+12A", "00QE+12B", "00QE+12C"],
        ["740123000000", "740124000000", "740125000000"],
    ],
)
def test_ids_that_are_whole(place, ids):
    table = read_on(place, leads([*ids, ids[0]]))
    assert column(table, "lead_id") == ids
    assert "ruined_ids" not in kinds(table)


@PLACES
def test_numbers_beyond_what_a_spreadsheet_tells_apart(place):
    table = read_on(place, leads([1.2345678901234567e17, 1.2345678901234567e17, 740123000001.0]))
    assert column(table, "lead_id") == [None, None, "740123000001"]
    assert kinds(table)["ruined_ids"][0] == 2


@PLACES
def test_whole_numbers_of_a_typed_table_are_exact(place):
    ids = pl.Series([123456789012345600, 123456789012345700, 123456789012345800], dtype=pl.Int64)
    table = read_on(place, leads(ids.to_list()))
    assert len(column(table, "lead_id")) == 3


@PLACES
def test_phones_that_were_shortened_are_not_the_same(place):
    table = read_on(place, leads(["a", "b"], Phone=["4.47912E+11", "4.47912E+11"]))
    assert "same_phone" not in kinds(table)
    assert kinds(table)["ruined_ids"][1] == "Phone"


def test_touches_of_shortened_ids_meet_no_lead():
    rows = [["Lead ID", "Time", "Channel"], ["7.4E+11", "2026-01-02", "Ads"], ["L1", "2026-01-02", "Ads"]]
    table = read_touches_frame(rows)
    assert table.frame["lead_id"].to_list() == ["L1"]
    assert kinds(table)["ruined_ids"][:2] == (1, "Lead ID")


def test_deals_cannot_be_joined_on_them_and_the_message_says_why(tmp_path):
    (tmp_path / "leads.csv").write_text("Lead ID,Created,Stage\n7.4E+11,2026-01-02,New\n7.4E+11,2026-01-03,New\n")
    (tmp_path / "deals.csv").write_text("Deal ID,Contact ID,Create date,Stage,Amount\nd1,7.4E+11,2026-01-02,Won,5\n")
    with pytest.raises(InputError, match=r"Excel has shortened.*leads\.csv.*Lead ID.*row 2.*7\.4E\+11.*deals\.csv"):
        read(tmp_path / "leads.csv", deals=tmp_path / "deals.csv")


@PLACES
def test_what_is_no_number_is_not_called_shortened(place):
    table = read_on(place, leads([float("nan"), 740123000001.0, None]))
    assert column(table, "lead_id") == [None, "740123000001", None]
    assert "ruined_ids" not in kinds(table)
