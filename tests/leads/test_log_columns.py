"""Which column of a log says whose change a row tells, and which when: in the layouts of several systems."""

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read_frame, read_query
from xl_leadkpi.leads.model.findings import FindingKind

TODAY = date(2026, 3, 1)
WORDS = ("Qualified", "Meeting held", "Proposal", "Won")
DEALS = 8
FIRST = date(2025, 1, 6)


def changes():
    """Deals that go one stage further each; the expected day of closing is pushed by ten days with each change."""
    found = []
    for deal in range(DEALS):
        for step in range(1 + deal % len(WORDS)):
            day = FIRST + timedelta(days=7 * deal + 3 * step)
            found.append(
                {
                    "deal": 500 + deal,
                    "was": WORDS[step - 1] if step else None,
                    "word": WORDS[step],
                    "day": day,
                    "created": FIRST + timedelta(days=7 * deal),
                    "close": date(2025, 9, 1) + timedelta(days=deal + 10 * step),
                    "kind": 2 if step else 1,
                    "user": 7 + deal % 2,
                    "semantic": "S" if WORDS[step] == "Won" else "P",
                }
            )
    found.sort(key=lambda change: change["day"])
    for number, change in enumerate(found, 1):
        change["row"] = number
        change["pushed_by"] = 1
    return found


def table(layout):
    """A log in a layout: header to the value under it, or to what stands there in every row."""
    return [
        list(layout),
        *([change.get(value, value) if isinstance(value, str) else value for value in layout.values()]
          for change in changes()),
    ]  # fmt: skip


LEADS = [["Deal ID", "Created"], *([500 + deal, FIRST + timedelta(days=7 * deal)] for deal in range(DEALS))]


def options(**more):
    return ReadOptions(as_of=TODAY, today=TODAY, kind="deals", **more)


def on_duckdb(rows):
    frame = pl.DataFrame(rows[1:], schema=rows[0], orient="row")
    return duckdb.from_arrow(frame.to_arrow())


def everywhere(rows):
    """The log beside the deals and alone, in memory and on an engine."""
    return {
        "beside": read_frame(LEADS, options(), history=rows),
        "alone": read_frame(rows, options()),
        "alone on DuckDB": read_query(on_duckdb(rows), options()),
    }


def number(day):
    return (day - date(1899, 12, 30)).days


def check(rows, *, has_close=False):
    told = {}
    for change in changes():
        told.setdefault(str(change["deal"]), []).append(change)
    for where, found in everywhere(rows).items():
        leads = {row["lead_id"]: row for row in found.frame.lazy().collect("polars").to_native().to_dicts()}
        assert leads.keys() == told.keys(), where
        visits = found.history.visits.collect("polars").to_native().to_dicts()
        for lead, steps in told.items():
            own = sorted(visit["entered"] for visit in visits if visit["row_no"] == leads[lead]["row_no"])
            assert own == [number(step["day"]) for step in steps], (where, lead)
            assert leads[lead]["outcome"] == ("won" if steps[-1]["word"] == "Won" else "open"), (where, lead)
        if has_close:
            moved = found.history.changes["close_date"].collect("polars").to_native().to_dicts()
            assert len(moved) == len(changes()) - DEALS, where
            assert {one["value"] - one["before"] for one in moved} == {10}, where


# --- when

WITH_CLOSE = [
    {"Opportunity ID": "deal", "Stage": "word", "Amount": 100, "Close Date": "close", "Created Date": "day"},
    {"OpportunityId": "deal", "StageName": "word", "CloseDate": "close", "CreatedDate": "day"},
    {"CloseDate": "close", "CreatedDate": "day", "OpportunityId": "deal", "StageName": "word", "SystemModstamp": TODAY},
    {"Opportunity ID": "deal", "From Stage": "was", "To Stage": "word", "Close Date": "close", "Last Modified": "day",
     "Created Date": "created"},
    {"Opportunity ID": "deal", "From Stage": "was", "To Stage": "word", "Close Date": "close", "Created Date": "day"},
    {"Opportunity ID": "deal", "Stage": "word", "Close Date": "close", "Created Date": "created", "Edit Date": "day"},
    {"ID szansy": "deal", "Etap": "word", "Przewidywana data zamknięcia": "close", "Data utworzenia": "day"},
    {"ID сделки": "deal", "Стадия": "word", "Дата закрытия": "close", "Дата создания": "day"},
    {"ID сделки": "deal", "Предполагаемая дата закрытия": "close", "Дата изменения": "day", "Стадия": "word"},
    {"Lead-ID": "deal", "Phase": "word", "Abschlussdatum": "close", "Erstellt am": "day"},
    {"ID del negocio": "deal", "Etapa": "word", "Fecha de cierre": "close", "Fecha de creación": "day"},
]  # fmt: skip


@pytest.mark.parametrize("layout", WITH_CLOSE, ids=", ".join)
def test_a_day_of_closing_is_never_the_time_of_a_change(layout):
    check(table(layout), has_close=True)


def test_a_log_whose_only_days_are_those_of_closing_is_refused():
    rows = table({"Deal ID": "deal", "Stage": "word", "Close Date": "close"})
    with pytest.raises(
        InputError, match=r"When a deal is closed \(Close Date\) is not when it changed\..*history\.time"
    ):
        read_frame(LEADS, options(), history=rows)
    asked = options(fields={"history.time": "Close Date"})
    assert read_frame(LEADS, asked, history=rows).history is not None


# --- whose

WITH_OWN_ID = [
    {"ID": "row", "TYPE_ID": "kind", "OWNER_ID": "deal", "CREATED_TIME": "day", "STAGE_ID": "word"},
    {"ID": "row", "TYPE_ID": "kind", "OWNER_ID": "deal", "CREATED_TIME": "day", "CATEGORY_ID": 0,
     "STAGE_SEMANTIC_ID": "semantic", "STAGE_ID": "word"},
    {"ID": "row", "Идентификатор элемента": "deal", "Дата создания": "day", "Стадия": "word"},
    {"id": "row", "entity_id": "deal", "entity_type": "lead", "created_at": "day", "created_by": "user",
     "value_before": "was", "value_after": "word"},
    {"id": "row", "deal_id": "deal", "user_id": "user", "field_key": "stage_id", "old_value": "was",
     "new_value": "word", "log_time": "day"},
    {"id": "row", "item_id": "deal", "user_id": "user", "field_key": "stage_id", "old_value": "was",
     "new_value": "word", "log_time": "day"},
    {"Id": "row", "ParentId": "deal", "CreatedById": "user", "Field": "StageName", "OldValue": "was",
     "NewValue": "word", "CreatedDate": "day"},
    {"Id": "row", "OpportunityId": "deal", "StageName": "word", "CreatedDate": "day", "CreatedById": "user"},
    {"Change ID": "row", "Record ID": "deal", "Property name": "Deal Stage", "Property value": "word",
     "Change date": "day"},
    {"objectId": "deal", "propertyName": "dealstage", "value": "word", "timestamp": "day"},
    {"Nr": "row", "Nr zamówienia": "deal", "Data zmiany": "day", "Etap": "word"},
]  # fmt: skip


@pytest.mark.parametrize("layout", WITH_OWN_ID, ids=", ".join)
def test_the_number_of_a_change_is_not_that_of_its_deal(layout):
    check(table(layout))


@pytest.mark.parametrize("layout", WITH_OWN_ID[:7], ids=", ".join)
def test_a_header_tells_whose_changes_they_are_where_none_comes_again(layout):
    """As in a large log by time, whose first thousand rows tell of no deal twice."""
    header, *rows = table(layout)
    place = list(layout.values()).index("deal")
    seen = set()
    rows = [row for row in rows if row[place] not in seen and not seen.add(row[place])]
    found = read_frame(LEADS, options(), history=[header, *rows])
    assert {finding.kind.value for finding in found.findings} >= {"history_joined"}
    joined = next(one for one in found.findings if one.kind.value == "history_joined")
    assert (joined.count, joined.details["history"]) == (DEALS, header[place])


def test_of_two_columns_that_come_again_the_leads_tell_which():
    rows = table({"ID": "row", "Batch no. ID": "user", "Case ID": "deal", "Time": "day", "Stage": "word"})
    joined = read_frame(LEADS, options(), history=rows)
    assert next(one for one in joined.findings if one.kind.value == "history_joined").details["history"] == "Case ID"
    others = [LEADS[0], *([f"X{lead}", day] for lead, day in LEADS[1:])]
    said = r"several columns may say which lead or deal has changed: Batch no\. ID, Case ID\. .*{}=HEADER"
    with pytest.raises(InputError, match=said.format(r"history\.lead_id")):
        read_frame(others, options(), history=rows)
    with pytest.raises(InputError, match=said.format("lead_id")):
        read_frame(rows, options())
    with pytest.raises(InputError, match=said.format("lead_id")):
        read_query(on_duckdb(rows), options())
    assert len(read_frame(rows, options(fields={"lead_id": "Case ID"})).frame) == DEALS


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # deals of persons: a number of one's own, and one that comes again with other stages and days
        (["ID", "OWNER_ID", "Stage", "Created"],
         [[n, n % 3, WORDS[n % 4], date(2025, 1, 1) + timedelta(days=n)] for n in range(24)]),
        (["ID", "Parent ID", "Stage", "Created"],
         [[n, n % 8, WORDS[n // 8], date(2025, 1, 1) + timedelta(days=n)] for n in range(24)]),
        (["ID", "ID контакта", "Стадия", "Дата создания"],
         [[n, n % 8, WORDS[n // 8], date(2025, 1, 1) + timedelta(days=n)] for n in range(24)]),
        # deals listed twice by accident
        (["Deal ID", "Stage", "Created", "Close Date"],
         [[n % 20, WORDS[n % 4], date(2025, 1, 1) + timedelta(days=n % 20), date(2025, 9, 1)] for n in range(24)]),
    ],
)  # fmt: skip
def test_records_that_share_a_number_are_no_log(header, rows):
    found = read_frame([header, *rows], options(dedupe="none"))
    assert len(found.frame) == 24
    assert "history_folded" not in {finding.kind.value for finding in found.findings}


def test_deals_whose_identifier_is_called_a_deals_are_no_log():
    """The identifier of the deal is not that of a change beside it, whatever else the table lacks."""
    header = ["Deal - ID", "Deal - Title", "Deal - Status", "Deal - Value", "Deal - Deal created", "Deal - Won time"]
    rows = [[str(n), f"Project {n}", "Open", 100, f"2026-01-{n:02}", ""] for n in range(1, 20)]
    for row in rows[::2]:
        row[2], row[5] = "Won", row[4].replace("-01-", "-02-")
    table = read_frame([header, *rows], ReadOptions(as_of=date(2026, 6, 30)))
    assert FindingKind.HISTORY_FOLDED not in {one.kind for one in table.findings}
    won = table.frame.filter(table.frame["outcome"] == "won")
    assert set((won["d_won"] - won["created"]).to_list()) == {31}
