"""Leads and deals in two exports: find the identifier both share and complete each lead with its deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.leads import rows
from xl_leadkpi.leads.as_of import as_it_stood, later_leads
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.table import STAGES, Finding
from xl_leadkpi.leads.vocabulary import header_key

if TYPE_CHECKING:
    import polars as pl

    from xl_leadkpi.leads.columns import ColumnMap
    from xl_leadkpi.leads.decode import Decoded
    from xl_leadkpi.leads.grid import Grid

_ID_WORDS = frozenset(
    {"id", "ids", "key", "identifier", "leadid", "number", "nr", "numer", "номер", "ид", "uuid", "guid"}
)
_KEY_FIELDS = ("lead_id", "link_id", "email")
_ROWS_NAMED = 20
_PRIORITY = {2: 3, 1: 2, 3: 1}  # of several deals of one lead a won one speaks first, then an open one
_FILLED_FROM_DEAL = (
    "name",
    "company",
    "source",
    "campaign",
    "owner",
    "currency",
    "lost_reason",
    "mql_date",
    "sql_date",
)


@dataclass(frozen=True, slots=True)
class _Pair:
    lead: str
    deal: str
    matched: int
    exact_header: bool


def key_columns(grid: Grid, mapped: ColumnMap) -> dict[str, int]:
    """List the columns that may hold a shared identifier: column name in the frame to position."""
    places = {mapped.position[name] for name in _KEY_FIELDS if name in mapped.position}
    places |= {place for place, header in enumerate(grid.headers) if _ID_WORDS.intersection(header_key(header).split())}
    return {f"key_{place}": place for place in sorted(places)}


def join_deals(
    leads: Decoded, deals: Decoded, lead_grid: Grid, deal_grid: Grid, bound: int, *, is_past: bool = False
) -> Decoded:
    """Complete leads with their deals.

    A lead with several deals is won if any of them is, else open if any is; its amount is the sum of the won deals (of
    the open ones where none is won, of the lost ones where all are lost), its stage the furthest. Owner, source and
    other texts of the lead stay, blank ones come from the deal. Deals of unknown leads are reported and left out.

    Args:
        leads: The leads, with ``key_...`` columns.
        deals: The deals, likewise.
        lead_grid: Where the leads came from.
        deal_grid: Where the deals came from.
        bound: Excel day number of the censoring date.
        is_past: That day is over: what came later is to be forgotten.

    Returns:
        The completed leads.

    Raises:
        InputError: No identifier of the deals occurs among the leads.
    """
    pair = _shared_key(leads.frame, deals.frame, lead_grid, deal_grid)
    lead_header = lead_grid.headers[int(pair.lead.removeprefix("key_"))]
    deal_header = deal_grid.headers[int(pair.deal.removeprefix("key_"))]
    findings = [
        Finding("joined_on", pair.matched, deal_header, f"{lead_header} = {deal_header}", severity="info"),
        *(replace(found, column=f"{deal_grid.name}: {found.column}") for found in deals.findings),
    ]
    facts = rows.Facts(deals.fields, is_deals=True, bound=bound)
    table: nw.DataFrame[Any] = nw.from_native(deals.frame, eager_only=True).rename({pair.deal: "key"})
    standing: rows.Frame = table
    later = None
    if is_past:
        later = later_leads(table, facts)
        standing, odd, _ = as_it_stood(table, facts, deals.header)
        findings += [replace(found, column=f"{deal_grid.name}: {found.column}") for found in odd]
    standing = rows.furthest(rows.dated(standing, facts), STAGES, facts)
    assert isinstance(standing, nw.DataFrame)  # what is in memory stays there
    table = standing
    known = nw.from_native(leads.frame, eager_only=True).select(nw.col(pair.lead).alias("key")).unique()
    homeless = table.join(known, on="key", how="anti")
    if len(homeless):
        numbers = tuple(int(row) for row in homeless.sort("row_no")["row_no"].head(_ROWS_NAMED).to_list())
        findings.append(Finding("deals_without_lead", len(homeless), f"{deal_grid.name}: {deal_header}", rows=numbers))
    several = (
        table.group_by("key").agg(nw.len().alias("deals")).filter((nw.col("deals") > 1) & ~nw.col("key").is_null())
    )
    if len(several):
        findings.append(Finding("several_deals", len(several), deal_header, severity="info"))
    one = _one_row_a_lead(table)
    if later is not None:
        joined = nw.from_native(leads.frame, eager_only=True).join(later, left_on=pair.lead, right_on="key", how="left")
        leads.frame = nw.to_native(joined.sort("row_no"))
    merged, fields = _merge(nw.from_native(leads.frame, eager_only=True), one, leads.fields, pair.lead)
    leads.frame = nw.to_native(merged)
    leads.fields = fields
    leads.findings += findings
    leads.words += deals.words
    leads.has_time |= deals.has_time
    leads.header = {**deals.header, **leads.header}
    return leads


def _shared_key(leads: pl.DataFrame, deals: pl.DataFrame, lead_grid: Grid, deal_grid: Grid) -> _Pair:
    pairs = []
    lead_keys = [name for name in leads.columns if name.startswith("key_")]
    deal_keys = [name for name in deals.columns if name.startswith("key_")]
    for lead in lead_keys:
        values = leads[lead].drop_nulls().unique()
        lead_header = header_key(lead_grid.headers[int(lead.removeprefix("key_"))])
        for deal in deal_keys:
            matched = int(deals[deal].is_in(values.implode()).sum() or 0)
            same = header_key(deal_grid.headers[int(deal.removeprefix("key_"))]) == lead_header
            pairs.append(_Pair(lead, deal, matched, same))
    best = max(pairs, key=lambda pair: (pair.matched, pair.exact_header), default=None)
    if best is None or best.matched == 0:
        raise InputError(
            f"{deal_grid.place}: no column holds identifiers of the leads in {lead_grid.place}. Looked at "
            f"{_names(deal_grid, deal_keys)} of the deals and {_names(lead_grid, lead_keys)} of the leads. Export the "
            "deals with the lead's ID or e-mail (Salesforce: Converted Opportunity ID in the leads)."
        )
    return best


def _names(grid: Grid, keys: list[str]) -> str:
    return ", ".join(f"'{grid.headers[int(key.removeprefix('key_'))]}'" for key in keys) or "no ID column"


def _one_row_a_lead(table: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Reduce deals to one row a lead: figures added up, texts of the deal that speaks first."""
    table = table.filter(~nw.col("key").is_null()).with_columns(
        priority=rows.translate(nw.col("outcome"), _PRIORITY, nw.Int8)
    )
    columns = set(table.columns)
    best = table.sort("priority", "hw", "row_no", descending=[True, True, False]).unique(
        "key", keep="first", maintain_order=True
    )
    sums: list[nw.Expr] = [nw.col("hw").max().alias("deal_hw")]
    sums += [
        nw.col(name).min().alias(f"deal_{name}")
        for name in ("d_opportunity", "d_meeting", "d_proposal", "d_won", "expected_close")
        if name in columns
    ]
    if "d_lost" in columns:
        sums.append(nw.col("d_lost").max().alias("deal_d_lost"))
    texts = [name for name in (*_FILLED_FROM_DEAL, "stage", "last_open_stage", "lost_from") if name in columns]
    one = best.select(
        "key",
        "priority",
        nw.col("outcome").alias("deal_outcome"),
        *[nw.col(name).alias(f"deal_{name}") for name in texts],
    )
    one = one.join(table.group_by("key").agg(*sums), on="key", how="left")
    if "amount" in columns:
        speaking = table.join(one.select("key", nw.col("priority").alias("speaks")), on="key", how="left")
        speaking = speaking.filter((nw.col("priority") == nw.col("speaks")) & ~nw.col("amount").is_null())
        one = one.join(speaking.group_by("key").agg(nw.col("amount").sum().alias("deal_amount")), on="key", how="left")
    return one.drop("priority")


def _merge(
    leads: nw.DataFrame[Any], deals: nw.DataFrame[Any], fields: set[str], key: str
) -> tuple[nw.DataFrame[Any], set[str]]:
    fields = set(fields)
    table = leads.join(deals, left_on=key, right_on="key", how="left").sort("row_no")
    there = set(table.columns)
    new: dict[str, nw.Expr] = {}

    def fill(name: str, deal: str, *, deal_first: bool = False) -> None:
        if deal not in there:
            return
        both = [nw.col(name), nw.col(deal)] if name in fields else [nw.col(deal)]
        new[name] = nw.coalesce(*(reversed(both) if deal_first else both)) if len(both) > 1 else both[0]
        fields.add(name)

    for name in _FILLED_FROM_DEAL:
        fill(name, f"deal_{name}")
    fill("amount", "deal_amount", deal_first=True)
    fill("stage", "deal_stage", deal_first=True)
    fill("last_open_stage", "deal_lost_from", deal_first=True)
    fill("opportunity_date", "deal_d_opportunity")
    fill("meeting_held" if "meeting_held" in fields else "meeting_booked", "deal_d_meeting")
    fill("proposal_date", "deal_d_proposal")
    fill("won_date", "deal_d_won", deal_first=True)
    fill("lost_date", "deal_d_lost", deal_first=True)
    fill("expected_close", "deal_expected_close", deal_first=True)
    fields |= {"deal_outcome", "deal_hw"}
    return table.with_columns(**new), fields
