"""Leads and deals in two exports: complete each lead with its deals, each deal counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi.engines.expressions import translate
from xl_leadkpi.leads.fields.filters import KEPT
from xl_leadkpi.leads.lifecycle.as_of import later_leads, snapshot_as_of
from xl_leadkpi.leads.lifecycle.conversion import ORIGINALS, convert
from xl_leadkpi.leads.lifecycle.outcome import (
    WAS_LOST,
    WAS_OPEN,
    WAS_WON,
    profile_of,
    with_furthest_stage,
    with_stage_days,
)
from xl_leadkpi.leads.lifecycle.row_checks import told_by_word
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.rules import Decoded
    from xl_leadkpi.leads.lifecycle.as_of import Bound
    from xl_leadkpi.leads.lifecycle.join_keys import JoinKeys
    from xl_leadkpi.leads.lifecycle.outcome import Frame, TableProfile
    from xl_leadkpi.leads.model.options import Dedupe
    from xl_leadkpi.leads.model.rates import Rates
    from xl_leadkpi.leads.model.stage import Pipeline

_PRIORITY = {WAS_WON: 3, WAS_OPEN: 2, WAS_LOST: 1}  # of several deals of one lead a won one speaks first, then an open
_OF_ALL_LEADS = frozenset({"source", "campaign"})
"""Where leads have none, those of the deals tell nothing of the leads without a deal: a group would win all of its."""


def _filled_from_deal(pipeline: Pipeline) -> tuple[str, ...]:
    """Fields that a deal fills where the lead's are blank."""
    days = (field for stage in pipeline.before_opportunity[1:] for field in stage.date_fields)
    return ("name", "company", "source", "campaign", "owner", "currency", "lost_reason", *days)


def _of_deals_alone(pipeline: Pipeline) -> tuple[str, ...]:
    """Fields that only an opportunity of the lead's own can fill."""
    days = (field for stage in pipeline.of_deals if not stage.floats for field in stage.date_fields)
    return (*days, "lost_date", "close_date", "expected_close", "customer_end", "lost_reason")


class DealJoin:
    """Leads that are completed with their deals.

    A lead with several deals is won if any of them is, else open if any is; its amount is the sum of the won deals (of
    the open ones where none is won, of the lost ones where all are lost), its stage the furthest. Owner, source and
    other texts of the lead stay, blank ones come from the deal; amounts are those of the deals alone. Deals of unknown
    leads are reported and left out.

    A deal of several leads is one deal. It goes to the first of them that has no other deal, in the order of the deal's
    cell, else of their creation. The others have shared it: they are no opportunities, wins or losses of their own.
    """

    def __init__(
        self,
        leads: Decoded,
        deals: Decoded,
        keys: JoinKeys,
        deal_grid: RawTable,
        dedupe: Dedupe,
        *,
        rates: Rates | None = None,
    ) -> None:
        self.rates = rates
        self.leads = leads
        self.deals = deals
        self.pipeline = leads.pipeline
        self.pair, self.second = keys.choose()
        self.number = keys.own_number_of_deals(self.pair)
        self.deal_grid = deal_grid
        self.findings: list[Finding] = []
        self.leads.frame = leads.frame.with_columns(lead=_lead_numbers(leads, dedupe))
        self.deals.frame = deals.frame.with_columns(deal_row=pl.int_range(pl.len(), dtype=pl.Int64))

    def completed(self, bound: Bound) -> Decoded:
        """Complete the leads.

        Args:
            bound: The censoring date.

        Returns:
            The completed leads.
        """
        self._tell_of_join()
        profile = profile_of(self.deals, is_deals=True, bound=bound.day)
        table = self._converted(self._standing(profile, is_past=bound.is_past))
        one_of = self._one_of_each(table)
        shares = self._shares(one_of)
        homes = _homes(shares)
        deals = table.join(one_of, on="deal_row").filter(pl.col("deal") == pl.col("deal_row"))
        deals = deals.join(homes, on="deal", how="left", maintain_order="left")
        self._tell_of_homeless(deals)
        self._tell_of_several(deals)
        shared = shares.join(homes, on="lead", how="anti")
        self._tell_of_shared(shared)
        one = _one_row_a_lead(nw.from_native(deals.rename({"lead": "key"}), eager_only=True), self.pipeline)
        merged, fields = _merge(
            nw.from_native(self.leads.frame, eager_only=True),
            one,
            self.leads.fields,
            self.pipeline,
            has_amounts="amount" in deals.columns,
        )
        if not profile.tells_wins and "stage" in fields:
            # a deal of which nothing says that it is won does not take back the win that its lead says
            taken_back = (nw.col("deal_outcome") == WAS_OPEN) & (nw.col("stage") == self.pipeline.won_index)
            kept = nw.when(~taken_back.fill_null(value=False)).then(nw.col("deal_outcome"))
            merged = merged.with_columns(deal_outcome=kept)
        leads = self.leads
        leads.frame = _without_shared(nw.to_native(merged), shared["lead"], fields, self.pipeline).drop("lead")
        leads.fields = fields
        leads.spellings = None
        leads.findings += self.findings
        leads.named = {word.stage for word in leads.words if word.count}
        leads.words += self.deals.words
        leads.has_time |= self.deals.has_time
        leads.header = {**self.deals.header, **leads.header}
        return leads

    def _note(self, kind: FindingKind, rows: pl.Series, details: dict[str, Any], count: int | None = None) -> None:
        """Note rows of the deals."""
        where = f"{self.deal_grid.name}: {self.pair.deal.header}"
        named = tuple(int(row) for row in rows.sort().head(ROWS_NAMED))
        self.findings.append(Finding(kind, len(rows) if count is None else count, where, named, details))

    def _take_over(self, found: Iterable[Finding]) -> None:
        """Findings made about the deals alone, with their table's name."""
        for one in found:
            where = f"{self.deal_grid.name}: {one.column}" if one.column else self.deal_grid.name
            self.findings.append(replace(one, column=where))

    def _tell_of_join(self) -> None:
        pair, second = self.pair, self.second
        details = {"lead": pair.lead.header, "deal": pair.deal.header}
        self.findings.append(Finding(FindingKind.JOINED_ON, pair.matched, pair.deal.header, details=details))
        if second is not None:
            details = {"taken": f"{pair.headers} ({pair.matched})", "left": f"{second.headers} ({second.matched})"}
            self.findings.append(Finding(FindingKind.JOIN_TIE, second.matched, second.deal.header, details=details))
        self._take_over(self.deals.findings)

    def _standing(self, profile: TableProfile, *, is_past: bool) -> pl.DataFrame:
        """The deals as they stood on the censoring date; leads with later ones are marked."""
        everything: Frame = nw.from_native(self.deals.frame, eager_only=True)
        standing = everything
        if is_past:
            standing, odd, _ = snapshot_as_of(everything, profile, self.deals.header)
            self._take_over(odd)
            numbers = self.leads.frame.select("lead").with_columns(lead_row=pl.int_range(pl.len(), dtype=pl.UInt32))
            links = self.pair.links.join(numbers, on="lead_row").select(pl.col("deal_row").cast(pl.Int64), key="lead")
            of_leads = self.deals.frame.join(links, on="deal_row")
            later = nw.to_native(later_leads(nw.from_native(of_leads, eager_only=True), profile))
            self.leads.frame = self.leads.frame.join(later, left_on="lead", right_on="key", how="left").sort("row_no")
        standing = with_furthest_stage(with_stage_days(standing, profile), self.pipeline.names, profile)
        # where no word says from which stage a deal was lost, its first one is no answer
        standing = standing.with_columns(lost_stage=nw.when(told_by_word(profile)).then(nw.col("lost_stage")))
        # a deal that is being qualified is an opportunity, and says nothing of who was qualified before
        early = [name for name in ("stage", "last_open_stage") if name in profile.fields and self.pipeline.opportunity]
        standing = standing.with_columns(*(_no_earlier_than_opportunity(name, self.pipeline) for name in early))
        table: pl.DataFrame = nw.to_native(standing)
        return table

    def _converted(self, table: pl.DataFrame) -> pl.DataFrame:
        """The deals with amounts in the currency of the report: those of one lead may be in several."""
        frame: Frame = nw.from_native(table, eager_only=True)
        found = self.rates and convert(frame, self.rates, self.deal_grid, self.deals.header)
        if not found:
            return table
        self.leads.conversion = found.conversion
        self._take_over(found.findings)
        converted: pl.DataFrame = nw.to_native(found.frame)
        return converted

    def _one_of_each(self, table: pl.DataFrame) -> pl.DataFrame:
        """For each row (``deal_row``) the one that stands for its deal (``deal``).

        An export of associations repeats a deal for each of them.
        """
        rows = table.select("deal_row", deal="deal_row")
        if self.number is None or table[self.number.name].drop_nulls().is_unique().all():
            return rows
        number = self.number.name
        order = ["furthest_stage", *(["modified"] if "modified" in table.columns else [])]
        descending = [*[True] * len(order), False]
        best = table.drop_nulls(number).sort(*order, "row_no", descending=descending, nulls_last=True)
        best = best.unique(number, keep="first", maintain_order=True).select(number, best="deal_row")
        rows = table.select("deal_row", "row_no", number).join(best, on=number, how="left")
        rows = rows.select("deal_row", "row_no", deal=pl.coalesce("best", "deal_row"))
        repeats = rows.filter(pl.col("deal") != pl.col("deal_row"))["row_no"]
        where = f"{self.deal_grid.name}: {self.number.header}"
        named = tuple(int(row) for row in repeats.sort().head(ROWS_NAMED))
        self.findings.append(Finding(FindingKind.DUPLICATE_IDS, len(repeats), where, named))
        return rows.select("deal_row", "deal")

    def _shares(self, one_of: pl.DataFrame) -> pl.DataFrame:
        """Which leads have a part in which deal: ``deal`` and ``lead``, the first to have it first."""
        created = ["created"] if "created" in self.leads.frame.columns else []
        about = self.leads.frame.select("lead", *created).with_columns(lead_row=pl.int_range(pl.len(), dtype=pl.UInt32))
        links = self.pair.links.with_columns(pl.col("deal_row").cast(pl.Int64)).join(about, on="lead_row")
        links = links.join(one_of, on="deal_row").filter(pl.col("lead") >= 0)
        links = links.sort("deal", "place", *created, "lead_row", nulls_last=True)
        return links.select("deal", "lead").unique(maintain_order=True)

    def _tell_of_homeless(self, deals: pl.DataFrame) -> None:
        """Deals without a lead, and what is missing with them."""
        homeless = deals.filter(pl.col("lead").is_null())
        if len(homeless):
            won = homeless.filter(pl.col("outcome") == WAS_WON)
            details = {"won": float(len(won)), "revenue": _sums(won)}
            self._note(FindingKind.DEALS_WITHOUT_LEAD, homeless["row_no"], details)

    def _tell_of_several(self, deals: pl.DataFrame) -> None:
        """Leads with several deals, and what is not counted of these."""
        several = deals.filter(pl.col("lead").is_not_null() & (pl.len().over("lead") > 1))
        if several.is_empty():
            return
        details: dict[str, Any] = {"deals": float(len(several))}
        self._note(FindingKind.SEVERAL_DEALS, several["row_no"], details, several["lead"].n_unique())
        rank = pl.col("outcome").replace_strict(_PRIORITY, return_dtype=pl.Int8)
        unheard = several.filter(rank < rank.max().over("lead"))
        if len(unheard):
            lost, still_open = (unheard.filter(pl.col("outcome") == code) for code in (WAS_LOST, WAS_OPEN))
            details = {
                "lost": float(len(lost)),
                "lost_amount": _sums(lost),
                "open": float(len(still_open)),
                "open_amount": _sums(still_open),
            }
            self._note(FindingKind.DEALS_NOT_COUNTED, unheard["row_no"], details)

    def _tell_of_shared(self, shared: pl.DataFrame) -> None:
        """Leads that have a part in a deal that counts for another."""
        leads = self.leads.frame.filter(pl.col("lead").is_in(shared["lead"].implode()))
        if len(leads):
            rows = tuple(int(row) for row in leads["row_no"].sort().head(ROWS_NAMED))
            details = {"deals": float(shared["deal"].n_unique())}
            self.findings.append(Finding(FindingKind.SHARED_DEALS, len(leads), self.pair.lead.header, rows, details))


def _no_earlier_than_opportunity(name: str, pipeline: Pipeline) -> nw.Expr:
    first = pipeline.opportunity_index
    column = nw.col(name)
    return nw.when(column.is_between(1, first - 1)).then(nw.lit(first, dtype=nw.Int8)).otherwise(column).alias(name)


def _lead_numbers(leads: Decoded, dedupe: Dedupe) -> pl.Series:
    """Number the leads: rows that will be taken for one lead are one.

    Where repeated rows are to stay, the first has the deals; the others have numbers below 0.
    """
    wanted = {"id": ("lead_id",), "id+email": ("email", "lead_id"), "none": ("lead_id",)}[dedupe]
    names = [name for name in wanted if name in leads.frame.columns]
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    # addresses differ in case, which was not looked at
    if not names or (dedupe != "id+email" and leads.unique.issuperset(names)):
        return pl.select(lead=pl.int_range(len(leads.frame), dtype=pl.Int64)).to_series()
    texts = [pl.col(name).str.to_lowercase() if name == "email" else pl.col(name) for name in names]
    rows = leads.frame.select(row=row, text=pl.coalesce(*texts))
    first = pl.when(pl.col("text").is_null()).then("row").otherwise(pl.col("row").min().over("text"))
    if dedupe == "none":
        first = pl.when(first == pl.col("row")).then("row").otherwise(-1 - pl.col("row"))
    numbers: pl.Series = rows.select(lead=first)["lead"]
    return numbers


def _homes(shares: pl.DataFrame) -> pl.DataFrame:
    """Choose one lead for each deal: deals of one lead first; a deal of several goes to the first without a deal.

    >>> _homes(pl.DataFrame({"deal": [0, 0, 1], "lead": [5, 6, 5]})).sort("deal").rows()
    [(0, 6), (1, 5)]
    """
    is_only = shares["deal"].is_unique()
    only = shares.filter(is_only)
    taken = set(only["lead"].to_list())
    several = shares.filter(~is_only).group_by("deal", maintain_order=True).agg("lead")
    chosen: dict[int, int] = {}
    for deal, leads in several.iter_rows():
        chosen[deal] = next((lead for lead in leads if lead not in taken), leads[0])
        taken.add(chosen[deal])
    homes = pl.DataFrame({"deal": list(chosen), "lead": list(chosen.values())}, schema=shares.schema)
    return pl.concat([only, homes])


def _sums(deals: pl.DataFrame) -> str:
    """The amounts of deals added up, each currency for itself."""
    if "amount" not in deals.columns:
        return ""
    deals = deals.drop_nulls("amount")
    if "currency" not in deals.columns:
        return f"{deals['amount'].sum():,.2f}" if len(deals) else ""
    sums = deals.group_by("currency").agg(pl.sum("amount")).sort("currency", nulls_last=True)
    return " + ".join(f"{amount:,.2f} {currency or ''}".strip() for currency, amount in sums.iter_rows())


def _one_row_a_lead(table: nw.DataFrame[Any], pipeline: Pipeline) -> nw.DataFrame[Any]:
    """Reduce deals to one row a lead: figures added up, texts of the deal that speaks first."""
    table = table.filter(~nw.col("key").is_null()).with_columns(
        priority=translate(nw.col("outcome"), _PRIORITY, nw.Int8)
    )
    columns = set(table.columns)
    best = table.sort("priority", "furthest_stage", "row_no", descending=[True, True, False]).unique(
        "key", keep="first", maintain_order=True
    )
    sums: list[nw.Expr] = [nw.col("furthest_stage").max().alias("deal_furthest_stage")]
    sums += [
        nw.col(name).min().alias(f"deal_{name}")
        for name in (*(stage.date_column for stage in pipeline.of_deals), "expected_close")
        if name in columns
    ]
    if "d_lost" in columns:
        sums.append(nw.col("d_lost").max().alias("deal_d_lost"))
    texts = [
        name for name in (*_filled_from_deal(pipeline), "stage", "last_open_stage", "lost_stage") if name in columns
    ]
    texts += [name for name in table.columns if name.startswith(KEPT)]
    one = best.select(
        "key",
        "priority",
        nw.col("outcome").alias("deal_outcome"),
        *[nw.col(name).alias(f"deal_{name}") for name in texts],
    )
    one = one.join(table.group_by("key").agg(*sums), on="key", how="left")
    if "customer_end" in columns:
        one = one.join(_customer_ends(_speaking(table, one)), on="key", how="left")
    if "amount" in columns:
        speaking = _speaking(table, one).filter(~nw.col("amount").is_null())
        amount = nw.col("amount").sum().alias("deal_amount")
        if "currency" in columns:
            # amounts in different currencies are no sum
            known = speaking.group_by("key").agg(amount, nw.col("currency").n_unique().alias("currencies"))
            known = known.with_columns(deal_amount=nw.when(nw.col("currencies") == 1).then(nw.col("deal_amount")))
            one = one.join(known.drop("currencies"), on="key", how="left")
            if "amount_original" in columns:
                one = one.join(_originals(speaking), on="key", how="left")
        else:
            one = one.join(speaking.group_by("key").agg(amount), on="key", how="left")
    return one.drop("priority")


def _speaking(table: nw.DataFrame[Any], one: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """The deals that speak for each lead: those of the priority that it has."""
    speaking = table.join(one.select("key", nw.col("priority").alias("speaks")), on="key", how="left")
    return speaking.filter(nw.col("priority") == nw.col("speaks"))


def _customer_ends(speaking: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """When the customer ended: with the last of the deals that speak for it, and not while one of these has no end."""
    end = nw.col("customer_end")
    ends = speaking.group_by("key").agg(
        end.max().alias("deal_customer_end"), end.count().alias("ended"), nw.len().alias("deals")
    )
    is_over = nw.col("ended") == nw.col("deals")
    return ends.select("key", deal_customer_end=nw.when(is_over).then(nw.col("deal_customer_end")))


def _originals(speaking: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """What the deals of each lead add up to in their own currency, where that is one."""
    own = speaking.group_by("key").agg(
        nw.col("amount_original").sum(),
        nw.col("currency_original").n_unique().alias("currencies"),
        nw.col("currency_original").max(),
    )
    is_one = nw.col("currencies") == 1
    return own.with_columns(*(nw.when(is_one).then(nw.col(name)).alias(name) for name in ORIGINALS)).drop("currencies")


def _merge(
    leads: nw.DataFrame[Any],
    deals: nw.DataFrame[Any],
    fields: Collection[str],
    pipeline: Pipeline,
    *,
    has_amounts: bool,
) -> tuple[nw.DataFrame[Any], set[str]]:
    fields = set(fields)
    table = leads.join(deals, left_on="lead", right_on="key", how="left").sort("row_no")
    there = set(table.columns)
    new: dict[str, nw.Expr] = {}

    def fill(name: str, deal: str, *, deal_first: bool = False) -> None:
        if deal not in there:
            return
        both = [nw.col(name), nw.col(deal)] if name in fields else [nw.col(deal)]
        new[name] = nw.coalesce(*(reversed(both) if deal_first else both)) if len(both) > 1 else both[0]
        fields.add(name)

    for name in _filled_from_deal(pipeline):
        if name in _OF_ALL_LEADS and name not in fields:
            continue
        fill(name, f"deal_{name}", deal_first=name == "currency" and has_amounts)
    if {"medium", "source"} <= fields and "deal_source" in there:
        # a deal's source comes without the medium of the lead's
        new["medium"] = nw.when(~nw.col("source").is_null()).then(nw.col("medium"))
    if has_amounts:
        # what a lead may bring is an estimate, which the deals have taken the place of
        new["amount"] = nw.col("deal_amount")
        fields.add("amount")
        if "amount_estimated" in fields:
            new["amount_estimated"] = nw.col("deal_amount")
    fill("stage", "deal_stage", deal_first=True)
    fill("last_open_stage", "deal_lost_stage", deal_first=True)
    for stage in pipeline.of_deals:
        field = stage.date_field(fields) or stage.date_fields[0]
        fill(field, f"deal_{stage.date_column}", deal_first=stage is pipeline.won)
    fill("lost_date", "deal_d_lost", deal_first=True)
    fill("expected_close", "deal_expected_close", deal_first=True)
    fill("customer_end", "deal_customer_end", deal_first=True)
    fields |= {"deal_outcome", "deal_furthest_stage"}
    return table.with_columns(**new), fields


def _without_shared(
    leads: pl.DataFrame, shared: pl.Series, fields: Collection[str], pipeline: Pipeline
) -> pl.DataFrame:
    """Take the opportunity from leads whose only deals count for another lead: it would be counted once a lead."""
    if shared.is_empty():
        return leads
    here = pl.col("lead").is_in(shared.unique().implode())
    last = pipeline.index(pipeline.before_opportunity[-1].name)
    new = [pl.when(here).then(WAS_OPEN).otherwise("deal_outcome").cast(pl.Int8).alias("deal_outcome")]
    new += [
        pl.when(here & (pl.col(name) >= pipeline.opportunity_index))
        .then(last)
        .otherwise(name)
        .cast(pl.Int8)
        .alias(name)
        for name in ("stage", "last_open_stage")
        if name in fields
    ]
    new += [
        pl.when(~here).then(name).alias(name)
        for name in (*_of_deals_alone(pipeline), "status", "amount", "amount_estimated", *ORIGINALS)
        if name in fields or (name in ORIGINALS and name in leads.columns)
    ]
    return leads.with_columns(new)
