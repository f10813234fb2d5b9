"""Which columns of leads and deals hold the same identifier.

The header says whose numbers a column holds: the row's own, another record's, an owner's. Values only confirm it: two
tables that both number their rows from 1 match best where nothing joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

import polars as pl

from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.vocabulary import full_header_key, plain, vocabulary
from xl_leadkpi.leads.overrides import of_table
from xl_leadkpi.leads.recognition.headers import find_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.rules import Decoded
    from xl_leadkpi.leads.model.table import ColumnMatch
    from xl_leadkpi.leads.recognition.columns import ColumnMap

Table = Literal["leads", "deals"]

_ID_WORDS = frozenset({
    "id", "ids", "key", "identifier", "leadid", "number", "nr", "numer", "номер", "ид", "uuid", "guid",
    "identyfikator", "идентификатор", "nummer", "kennung", "identificador", "identifiant", "numero",
})  # fmt: skip
_FILLERS = frozenset({
    "associated", "converted", "primary", "related", "linked", "record", "system", "unique", "internal", "crm", "of",
    "the", "original", "originating", "created", "hubspot", "pipedrive", "salesforce", "zoho", "bitrix", "bitrix24",
    "amocrm", "livespace", "associes", "asociados", "associados", "zugeordnete", "powiazane", "powiazany", "связанные",
})  # fmt: skip
_KEY_FIELDS = ("lead_id", "link_id", "email")
_OWN = {"leads": ("lead", "contact", "own", "client"), "deals": ("deal", "own")}
_FOREIGN_FIRST = {"leads": ("deal", "contact", "client", "lead"), "deals": ("lead", "contact", "client", "deal")}
_APART = frozenset({"owner", "attribute", "email", "company"})
_RECORDS = frozenset({"lead", "contact", "client", "deal"})
_LINKS = frozenset({("own", "lead"), ("own", "contact"), ("deal", "own")})
"""Kinds of a link and of the numbers it points to: of the leads' column, of the deals'."""
_SEVERAL = r"[;,|]"
_DECIMAL = r"^(\d+)\.0+$"
_MOST_AMBIGUOUS = 0.1
"""Share of the joined deals whose identifier stands several times on both sides."""
_ODD_SHARE = 0.2
_RARELY = 0.05
_CONFIRMING = ("email", "phone", "name", "company", "contact")


class Standing(IntEnum):
    """How much the headers of two columns say for their being one identifier; the most first."""

    SAME_RECORD = 1  # Lead ID in both
    LINK = 2  # Lead ID in the deals, ID in the leads
    EMAIL = 3
    SAME_WORDS = 4  # an identifier of some other thing, called alike in both
    LOOSE = 5  # two numberings, as far as the headers go
    COMPANY = 6


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column that may hold identifiers.

    Attributes:
        name: Its name in the frame.
        header: Its header.
        kind: The record its identifiers are of (``lead``, ``contact``, ``client``, ``deal``, ``company``, ``owner``,
            ``attribute``); ``own`` where the header says no more than ID, ``email``, ``other``.
        is_own: It numbers the table's own rows.
        is_chosen: The user named it as what joins the tables.
    """

    name: str
    header: str
    kind: str
    is_own: bool
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns, and the deals that one value in both would join.

    Attributes:
        lead: Column of the leads.
        deal: Column of the deals.
        standing: What the headers say for it.
        links: ``deal_row``, ``lead_row`` and ``place``, the place of the lead's identifier in the deal's cell.
        matched: Deals joined.
        met: Identifiers that stand on both sides.
        by_chance: As many would in two numberings of the same span, by accident.
        is_ambiguous: Too many of the identifiers stand several times on both sides.
    """

    lead: KeyColumn
    deal: KeyColumn
    standing: Standing
    links: pl.DataFrame
    matched: int
    met: int
    by_chance: float
    is_ambiguous: bool

    @property
    def headers(self) -> str:
        """Both headers, as a message names them."""
        return f"{brief(self.lead.header)} = {brief(self.deal.header)}"

    @property
    def is_beyond_chance(self) -> bool:
        """The values match too well for an accident."""
        spread: float = 3 * self.by_chance**0.5 + (self.by_chance > _RARELY)
        return self.met > self.by_chance + spread


@cache
def _records() -> Mapping[str, frozenset[str]]:
    return {kind: frozenset(plain(word) for word in words) for kind, words in vocabulary()["record_kinds"].items()}


@cache
def record_kind(header: str, table: Table) -> str:
    """Tell whose identifiers a column holds by its header.

    >>> [record_kind(header, "deals") for header in ("Deal - Contact person ID", "Record ID", "Opportunity Owner ID")]
    ['contact', 'own', 'owner']
    >>> record_kind("ConvertedOpportunityId", "leads"), record_kind("External ID", "leads")
    ('deal', 'other')
    """
    text = full_header_key(header)
    words = set(text.split())
    words |= {word[: -len(end)] for word in words for end in ("id", "ids") if word.endswith(end)}
    found = {
        kind
        for kind, names in _records().items()
        if words & names or any(" " in name and name in text for name in names)
    }
    for kind in ("owner", "attribute", "company", *_FOREIGN_FIRST[table]):
        if kind in found:
            return kind
    return "other" if set(text.split()) - _ID_WORDS - _FILLERS else "own"


def key_columns(grid: RawTable, mapped: ColumnMap) -> dict[str, int]:
    """List the columns that may hold a shared identifier: column name in the frame to position."""
    places = {mapped.position[name] for name in _KEY_FIELDS if name in mapped.position}
    places |= {
        place for place, header in enumerate(grid.headers) if _ID_WORDS.intersection(full_header_key(header).split())
    }
    mapped_places = set(mapped.position.values())
    return {f"key_{place}": place for place in sorted(places) if place in mapped_places or grid.is_usable(place)}


def with_own_identifier(grid: RawTable, mapped: ColumnMap, table: Table) -> ColumnMap:
    """Let the field ``lead_id`` be fed by the table's own numbers, where its header fits a link to the other as well.

    Args:
        grid: The table.
        mapped: Its columns, as each header alone says.
        table: Which of the two it is.
    """
    taken = mapped.position.get("lead_id")
    if taken is None or mapped.columns[taken].reason == "user":
        return mapped
    kinds = {
        place: record_kind(header, table)
        for place, header in enumerate(grid.headers)
        if place == taken or (mapped.columns[place].field is None and _is_identifier(header) and grid.is_usable(place))
    }
    own = min(
        (place for place, kind in kinds.items() if kind in _OWN[table]),
        key=lambda place: (_OWN[table].index(kinds[place]), place),
        default=taken,
    )
    ties = tuple(tie for tie in mapped.ties if tie[0] != "lead_id")
    if own == taken or kinds[taken] == kinds[own]:
        return replace(mapped, ties=ties) if own == taken and len(kinds) == len(set(kinds.values())) else mapped
    columns = list(mapped.columns)
    columns[own] = _fed(columns[own], "lead_id", columns[taken])
    columns[taken] = _fed(columns[taken], None, columns[taken])
    return replace(mapped, columns=tuple(columns), position={**mapped.position, "lead_id": own}, ties=ties)


def _is_identifier(header: str) -> bool:
    return bool(_ID_WORDS.intersection(full_header_key(header).split()))


def _fed(column: ColumnMatch, field: str | None, like: ColumnMatch) -> ColumnMatch:
    runner_up = None if field else like.field
    return replace(
        column,
        field=field,
        score=like.score if field else 0.0,
        reason=like.reason if field else "",
        runner_up=runner_up,
    )


class JoinKeys:
    """The identifiers of two tables, and which of them joins the tables."""

    def __init__(
        self,
        leads: tuple[Decoded, RawTable, ColumnMap],
        deals: tuple[Decoded, RawTable, ColumnMap],
        fields: Mapping[str, str],
    ) -> None:
        self._read: dict[tuple[Table, str], pl.DataFrame] = {}
        self.leads, self.lead_grid, lead_map = leads
        self.deals, self.deal_grid, deal_map = deals
        self.deal_columns = _columns(self.deals, self.deal_grid, deal_map, "deals", fields)
        is_decided = any(column.is_chosen for column in self.deal_columns)
        self.lead_columns = _columns(self.leads, self.lead_grid, lead_map, "leads", fields, is_decided=is_decided)

    def choose(self) -> tuple[Pair, Pair | None]:
        """Find the identifier both tables share.

        Returns:
            The pair that joins them, and another one that would join them otherwise and nearly as well.

        Raises:
            InputError: No pair joins them safely.
        """
        pairs = self._pairs()
        named = [any(column.is_chosen for column in columns) for columns in (self.lead_columns, self.deal_columns)]
        if any(named):
            chosen = [pair for pair in pairs if [pair.lead.is_chosen, pair.deal.is_chosen] == named]
            if not chosen:
                raise self._nothing_in_chosen()
            return min(chosen, key=_rank), None
        safe = [pair for pair in pairs if self._is_safe(pair)]
        if not safe:
            raise self._refusal(pairs)
        ranked = sorted(safe, key=_rank)
        best = ranked[0]
        for pair in ranked[1:]:
            # a link that joins next to nothing is none, where values that meet by no accident join most
            if pair.matched > 2 * best.matched and pair.is_beyond_chance:
                best = pair
        return best, self._second(best, pairs)

    def _pairs(self) -> list[Pair]:
        """Every two columns that could be one identifier and have a value in common, and those that the user named."""
        found = []
        for lead in self.lead_columns:
            for deal in self.deal_columns:
                standing = _standing(lead, deal)
                if standing is not None:
                    pair = self._matched(lead, deal, standing)
                    if pair.matched:
                        found.append(pair)
        return found

    def _matched(self, lead: KeyColumn, deal: KeyColumn, standing: Standing) -> Pair:
        of_leads, of_deals = self._identifiers_of("leads", lead.name), self._identifiers_of("deals", deal.name)
        of_leads, of_deals = _of_one_length(of_leads, of_deals)
        links = of_deals.join(of_leads.drop("place"), on="id", how="inner", maintain_order="left_right")
        matched, met = links["deal_row"].n_unique(), links["id"].n_unique()
        ambiguous = 0
        if matched and not (lead.is_own or deal.is_own):
            several = [side.filter(pl.col("id").is_duplicated())["id"].unique() for side in (of_leads, of_deals)]
            both = links.filter(pl.col("id").is_in(several[0].implode()) & pl.col("id").is_in(several[1].implode()))
            ambiguous = both["deal_row"].n_unique()
        links = links.select("deal_row", "lead_row", "place")
        if len(links) > matched:
            links = links.unique(["deal_row", "lead_row"], maintain_order=True)
        by_chance = _matches_by_chance(of_leads["id"].unique(), of_deals["id"].unique()) if matched else 0.0
        return Pair(lead, deal, standing, links, matched, met, by_chance, ambiguous > _MOST_AMBIGUOUS * matched)

    def _identifiers_of(self, table: Table, name: str) -> pl.DataFrame:
        if (table, name) not in self._read:
            frame = (self.leads if table == "leads" else self.deals).frame
            self._read[table, name] = _identifiers(frame, name, "lead_row" if table == "leads" else "deal_row")
        return self._read[table, name]

    def _is_safe(self, pair: Pair) -> bool:
        if pair.is_ambiguous:
            return False
        if pair.standing in (Standing.LOOSE, Standing.SAME_WORDS):
            return pair.is_beyond_chance or (self._is_confirmed(pair) and not self._is_contradicted(pair))
        if pair.standing is Standing.LINK and {pair.lead.kind, pair.deal.kind} == {"own", "contact"}:
            # leads and contacts are numbered apart in some systems, and are one thing in others
            return pair.is_beyond_chance or self._is_confirmed(pair) or not self._is_contradicted(pair)
        return True

    def _is_contradicted(self, pair: Pair) -> bool:
        """Deals that came before their leads, or whose e-mail is another one."""
        leads, deals = self.leads.frame, self.deals.frame
        if "created" in leads.columns and "created" in deals.columns:
            days = pl.DataFrame({
                "lead": leads["created"].gather(pair.links["lead_row"]).cast(pl.Float64).floor(),
                "deal": deals["created"].gather(pair.links["deal_row"]).cast(pl.Float64).floor(),
            }).drop_nulls()  # fmt: skip
            if len(days) and (days["deal"] < days["lead"]).sum() > _ODD_SHARE * len(days):
                return True
        agreed, compared, _ = self._agreement(pair, "email")
        return bool(compared) and 2 * agreed < compared

    def _is_confirmed(self, pair: Pair) -> bool:
        """Names or addresses that both tables have agree, and would not if the rows were put together otherwise."""
        for field in _CONFIRMING:
            agreed, compared, shifted = self._agreement(pair, field)
            if compared and 2 * agreed >= compared and agreed > 2 * shifted:
                return True
        return False

    def _agreement(self, pair: Pair, field: str) -> tuple[int, int, int]:
        """Count the deals that agree with their lead in a field, those compared, and those that agree with the next."""
        leads, deals = self.leads.frame, self.deals.frame
        if field not in leads.columns or field not in deals.columns:
            return 0, 0, 0
        texts = pl.DataFrame({
            "lead": leads[field].gather(pair.links["lead_row"]).str.to_lowercase(),
            "deal": deals[field].gather(pair.links["deal_row"]).str.to_lowercase(),
        }).drop_nulls()  # fmt: skip
        if texts.is_empty():
            return 0, 0, 0
        # a deal is often named after its lead
        is_part = (pl.col("lead").str.len_chars() >= 3) & pl.col("deal").str.contains(pl.col("lead"), literal=True)
        shifted = texts.with_columns(pl.col("lead").shift(1, fill_value=texts["lead"][-1]))
        counts = [int(one.select(is_part.sum()).item()) for one in (texts, shifted)]
        return counts[0], len(texts), counts[1] if len(texts) > 1 else 0

    def _second(self, best: Pair, pairs: Iterable[Pair]) -> Pair | None:
        """The best of the others that join at least half as many deals, some of them to other leads.

        Companies are no other way: their ids join where nothing else does.
        """
        others = [
            pair
            for pair in pairs
            if pair is not best
            and 2 * pair.matched >= best.matched
            and (pair.standing is not Standing.COMPANY or best.standing is Standing.COMPANY)
        ]
        for pair in sorted(others, key=lambda other: (-other.matched, *_rank(other))):
            of_both = best.links.select("deal_row").unique().join(pair.links.select("deal_row").unique(), on="deal_row")
            alike = best.links.join(pair.links, on=["deal_row", "lead_row"])["deal_row"].n_unique()
            if len(of_both) - alike > _MOST_AMBIGUOUS * len(of_both):
                return pair
        return None

    def _refusal(self, pairs: Sequence[Pair]) -> InputError:
        """Say which columns were looked at, what speaks against each, and what to do."""
        deals, leads = self.deal_grid.place, self.lead_grid.place
        remedy = (
            "Export the deals with the lead's ID or e-mail (Salesforce: Converted Opportunity ID in the leads), or "
            "name the column: --map deals.lead_id=HEADER."
        )
        count = len(self.deals.frame)
        against = [f"'{pair.headers}' joins {pair.matched} of {count} deals, but {self._doubt(pair)}" for pair in pairs]
        if against:
            return InputError(
                f"{deals}: nothing joins its deals to the leads in {leads} safely. {'; '.join(against)}. {remedy}"
            )
        return InputError(
            f"{deals}: no column holds identifiers of the leads in {leads}. Looked at "
            f"{_names(self.deal_columns)} of the deals and {_names(self.lead_columns)} of the leads. {remedy}"
        )

    def _nothing_in_chosen(self) -> InputError:
        chosen = [
            f"'{brief(column.header)}' of {grid.place}"
            for columns, grid in ((self.lead_columns, self.lead_grid), (self.deal_columns, self.deal_grid))
            for column in columns
            if column.is_chosen
        ]
        return InputError(
            f"{self.deal_grid.place}: --map joins by {' and '.join(chosen)}, but no value of it stands in the other "
            f"table. Looked at {_names(self.deal_columns)} of the deals and {_names(self.lead_columns)} of the leads. "
            "Name another column with --map deals.lead_id=HEADER, or leave --map out."
        )

    def own_number_of_deals(self, pair: Pair) -> KeyColumn | None:
        """The column that numbers the deals, by which a deal that is repeated is told; None where none does."""
        own = [
            column
            for column in self.deal_columns
            if column.kind in _OWN["deals"]
            and not column.is_chosen
            and (column.name != pair.deal.name or pair.lead.kind == "deal")
        ]
        own.sort(key=lambda column: (not column.is_own, _OWN["deals"].index(column.kind)))
        return own[0] if own and (own[0].is_own or own[0].kind == "deal" or "id" in own[0].header.lower()) else None

    def _doubt(self, pair: Pair) -> str:
        if pair.is_ambiguous:
            return "the same value stands several times in both tables"
        if self._is_contradicted(pair):
            return "the deals came before these leads or have another e-mail: each table numbers its own rows"
        return "each table may number its own rows, and no name or e-mail confirms it"


def _columns(
    decoded: Decoded,
    grid: RawTable,
    mapped: ColumnMap,
    table: Table,
    fields: Mapping[str, str],
    *,
    is_decided: bool = True,
) -> list[KeyColumn]:
    """List a table's columns with identifiers.

    A link that the user names joins the tables, and so does ``lead_id`` in the deals; in the leads it only says which
    number is their own, unless a column of the deals is named as well (``is_decided``).
    """
    own_fields = of_table(fields, table)
    lead_id, link_id = (
        find_column(grid.headers, own_fields[name]) if own_fields.get(name, "-") != "-" else None
        for name in ("lead_id", "link_id")
    )
    found = []
    for name in decoded.frame.columns:
        if not name.startswith("key_"):
            continue
        place = int(name.removeprefix("key_"))
        kind = "email" if place == mapped.position.get("email") else record_kind(grid.headers[place], table)
        is_own = place == mapped.position.get("lead_id")
        if is_own and kind == "other":
            kind = "own"  # a header that is known as a whole: "ID de fiche d'informations"
        if place in (link_id, lead_id):
            kind = "deal" if table == "leads" and place == link_id else "lead"
        is_chosen = place == link_id or (place == lead_id and is_decided)
        found.append(KeyColumn(name, grid.headers[place], kind, is_own and kind in _OWN[table], is_chosen))
    return found


def _standing(lead: KeyColumn, deal: KeyColumn) -> Standing | None:
    """Say how far two headers speak for one identifier; None where they never are one."""
    kinds = lead.kind, deal.kind
    standing: Standing | None = Standing.LOOSE
    if lead.is_chosen and deal.is_chosen:
        standing = Standing.SAME_RECORD
    elif _APART.intersection(kinds):
        standing = _of_one_meaning(lead, deal)
    elif lead.kind == deal.kind and lead.kind in _RECORDS:
        standing = Standing.SAME_RECORD
    elif kinds in _LINKS:
        standing = Standing.LINK
    elif lead.kind == "deal":
        standing = None  # the number of a deal is no lead's
    elif lead.kind == deal.kind == "other" and full_header_key(lead.header) == full_header_key(deal.header):
        standing = Standing.SAME_WORDS
    return standing


def _of_one_meaning(lead: KeyColumn, deal: KeyColumn) -> Standing | None:
    """Addresses and companies meet their like alone, owners and attributes such as a campaign nothing."""
    for one, other in ((lead, deal), (deal, lead)):
        if one.kind == "email" and (other.kind == "email" or other.is_chosen):
            return Standing.EMAIL
    return Standing.COMPANY if lead.kind == deal.kind == "company" else None


def _rank(pair: Pair) -> tuple[int, int, bool, bool]:
    is_alike = full_header_key(pair.lead.header) == full_header_key(pair.deal.header)
    return pair.standing, -pair.matched, not (pair.lead.is_own or pair.deal.is_own), not is_alike


def _identifiers(frame: pl.DataFrame, name: str, row: str) -> pl.DataFrame:
    """One line an identifier: of a cell that holds several each, with its place there."""
    ids = frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(row), id=name).drop_nulls()
    several = ids["id"].str.contains(_SEVERAL)
    has_several = several.any()
    if has_several:
        split = ids.filter(several)
        parts = split.with_columns(pl.col("id").str.replace_all(_SEVERAL, ";").str.split(";")).explode("id")
        # the whole text may be one identifier with a comma in it
        ids = pl.concat([ids.filter(~several), parts.with_columns(pl.col("id").str.strip_chars()), split])
    if ids["id"].str.contains(_DECIMAL).any():
        # what a missing number elsewhere in the column makes of identifiers
        ids = ids.with_columns(pl.col("id").str.replace(_DECIMAL, "$1"))
    ids = ids.filter(pl.col("id") != "").with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32))
    return ids.unique([row, "id"], keep="first", maintain_order=True) if has_several else ids


def _of_one_length(leads: pl.DataFrame, deals: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Salesforce writes one identifier with 15 letters in reports and with 18 elsewhere: the first 15 tell."""
    lengths = [set(side["id"].str.len_chars().unique().to_list()) for side in (leads, deals)]
    if {15} in lengths and {18} in lengths:
        return leads.with_columns(pl.col("id").str.head(15)), deals.with_columns(pl.col("id").str.head(15))
    return leads, deals


def _matches_by_chance(leads: pl.Series, deals: pl.Series) -> float:
    """How many identifiers of deals would be some lead's if both were numbered apart.

    >>> _matches_by_chance(pl.Series(["1", "2", "3", "4"]), pl.Series(["2", "3", "9"]))
    2.0
    >>> _matches_by_chance(pl.Series(["L1", "L2"]), pl.Series(["L1", "L2"]))
    0.0
    """
    numbers = [side.cast(pl.Int64, strict=False).drop_nulls() for side in (leads, deals)]
    if any(2 * len(number) < len(side) for number, side in zip(numbers, (leads, deals), strict=True)):
        return 0.0
    if numbers[0].is_empty():
        return 0.0
    low, high = numbers[0].sort().gather([0, -1]).to_list()
    density = len(numbers[0]) / (high - low + 1)
    within = int(numbers[1].is_between(low, high).sum())
    return within * min(density, 1.0) if density >= 1 / _MOST_SPARSE else 0.0


_MOST_SPARSE = 10_000
"""Numbers with longer gaps between them are met by none by accident."""


def _names(columns: Sequence[KeyColumn]) -> str:
    return listed(f"'{brief(column.header)}'" for column in columns) if columns else "no ID column"
