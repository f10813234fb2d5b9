"""Exports of many systems with something missing, and what every headline figure of them is.

``make(seed)`` draws a pipeline, a system with its language and formats, and what is missing; it writes the files and
counts the truth from what they tell. The same seed makes the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from random import Random
from typing import TYPE_CHECKING, Any

from .dress import Dress, Row
from .layouts import LAYOUTS, TWO_FILES, Layout
from .pipelines import AS_OF, DEAL_STAGES, LEAD_STAGES, Record, make_pipeline
from .recount import Figures, SpendTold, recount
from .spending import CHANNEL_NAMES, SpendFile, spend_of
from .tables import Hand, identifier, table_of
from .telling import Telling, Words, join, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

UNKNOWN_WORDS = {
    "en": ("Parking lot", "Orange", "Shortlist B"),
    "pl": ("Poczekalnia", "Karuzela", "Szuflada"),
    "ru": ("Отстойник", "Карусель", "Ящик"),
    "de": ("Warteraum", "Schublade", "Karussell"),
    "es": ("Sala azul", "Cajón", "Carrusel"),
    "fr": ("Salle bleue", "Tiroir", "Manège"),
    "pt": ("Sala azul", "Gaveta", "Carrossel"),
}
"""Words of a company's own, which nobody outside can know."""

TOTAL_WORDS = {"en": "Total", "pl": "Razem", "ru": "Итого", "de": "Summe", "es": "Total", "fr": "Total", "pt": "Total"}


@dataclass(frozen=True)
class Missing:
    """Something that a table lacks.

    Attributes:
        name: What.
        columns: Meanings of the columns that go.
        needs: It makes sense only where one of these columns is there.
    """

    name: str
    columns: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


MISSING = (
    Missing("lost records", needs=frozenset({"stage", "status", "lifecycle", "odoo_stage"})),
    Missing("reach of lost", frozenset({"last_open"}), frozenset({"last_open"})),
    Missing("stage column", frozenset({"open_stage"}), frozenset({"open_stage"})),
    Missing("status column", frozenset({"status", "status_reason", "lead_status", "is_won"}),
            frozenset({"status", "lead_status", "is_won"})),
    Missing("creation date", frozenset({"created"}), frozenset({"created"})),
    Missing("amounts", frozenset({"amount", "actual", "estimate", "expected_revenue", "currency"}),
            frozenset({"amount", "estimate"})),
    Missing("days of closing", frozenset({"won_day", "lost_day", "close_day", "closed_day"}),
            frozenset({"won_day", "close_day", "closed_day"})),
    Missing("ids", frozenset({"id", "guid", "row_number"}), frozenset({"id", "guid", "row_number"})),
    Missing("sources", frozenset({"source"}), frozenset({"source"})),
    Missing("word for a stage", needs=frozenset({"stage", "open_stage", "odoo_stage", "lifecycle"})),
    Missing("word for won", needs=frozenset({"stage", "odoo_stage"})),
    Missing("word for lost", needs=frozenset({"stage"})),
)  # fmt: skip


@dataclass
class Export:
    """Files, and what is right for them.

    Attributes:
        seed: What made them.
        layout: System and language.
        missing: What they lack; ``habit``: what they have besides one row a record.
        dress: How they are written: formats, title lines, totals, for messages.
        records: What is in them.
        count: Counts what the files tell of some of the records.
        leads: Headers and rows of the table, typed; ``deals`` of the second one.
        of_rows: By row of ``leads``, the number of its record; ``of_deals``: by row of ``deals``, that of its lead.
        spend: Spend files.
        words: Words nobody knows, which a finding must name.
    """

    seed: int
    layout: Layout
    missing: tuple[str, ...]
    habit: str
    dress: Dress
    records: list[Record]
    count: Callable[[list[Record]], Figures]
    leads: list[Row]
    of_rows: tuple[int, ...]
    deals: list[Row] | None = None
    deals_dress: Dress | None = None
    of_deals: tuple[int | None, ...] = ()
    spend: list[SpendFile] = field(default_factory=list)
    words: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What is missing and what there is besides, in words."""
        return "; ".join([*(f"no {name}" for name in self.missing), *([self.habit] if self.habit else [])]) or "good"

    @cached_property
    def figures(self) -> Figures:
        """What every headline figure may be."""
        return self.count(self.records)

    def only(self, numbers: Collection[int]) -> Export:
        """The export of some of the records."""
        records = [record for record in self.records if record.number in numbers]
        leads, of_rows = _some(self.leads, self.of_rows, numbers)
        if self.deals is None:
            return replace(self, records=records, leads=leads, of_rows=of_rows)
        deals, of_deals = _some(self.deals, self.of_deals, numbers)
        return replace(self, records=records, leads=leads, of_rows=of_rows, deals=deals, of_deals=of_deals)

    def without_column(self, place: int, *, of_deals: bool = False) -> Export:
        """The export less a column, whatever stands in it; what is right for it is another question."""
        table = self.deals if of_deals else self.leads
        assert table is not None
        cut = [row[:place] + row[place + 1 :] for row in table]
        return replace(self, deals=cut) if of_deals else replace(self, leads=cut)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the files; give the arguments ``leads``, ``deals`` and ``spend`` of the reader."""
        found: dict[str, Any] = {"leads": self.dress.write(folder, "leads", self.leads), "deals": None}
        if self.deals is not None and self.deals_dress is not None:
            found["deals"] = self.deals_dress.write(folder, "deals", self.deals)
        found["spend"] = [dress.write(folder, name, rows) for name, rows, dress in self.spend]
        return found


def _some(table: list[Row], numbers: tuple[Any, ...], wanted: Collection[int]) -> tuple[list[Row], tuple[Any, ...]]:
    """The header and the rows of some records."""
    kept = [(row, number) for row, number in zip(table[1:], numbers, strict=True) if number is None or number in wanted]
    return [table[0], *(row for row, _ in kept)], tuple(number for _, number in kept)


# the tables -----------------------------------------------------------------------------------------------------------


def make(seed: int) -> Export:
    """Make the export of a seed: systems and missing things go round, later ones lack two things; the rest is drawn."""
    draw = Random(seed)
    turn, place = divmod(seed, len(LAYOUTS) + len(TWO_FILES))
    if place >= len(LAYOUTS):
        return two_files(draw, seed, *TWO_FILES[place - len(LAYOUTS)])
    layout = LAYOUTS[place]
    possible: list[Missing | None] = [None, *(one for one in MISSING if _applies(one, layout))]
    first = possible[turn % len(possible)]
    missing = [first] if first else []
    if first and turn > len(possible):
        left = layout.without(set(first.columns))
        second = draw.choice([one for one in MISSING if one is not first and _applies(one, left)])
        missing += [second] if draw.random() < 0.5 else []
    return one_file(draw, seed, layout, tuple(missing))


def _applies(missing: Missing, layout: Layout) -> bool:
    has = {meaning for meaning, _ in layout.columns}
    if missing.name == "word for won" and not layout.won:
        return False
    if missing.name == "word for lost" and not layout.lost:
        return False
    return not missing.needs or bool(missing.needs & has)


def good(layout: Layout, seed: int) -> Export:
    """A table that lacks nothing and has no row that does not count."""
    return one_file(Random(seed), seed, layout, (), is_plain=True)


def one_file(
    draw: Random, seed: int, layout: Layout, missing: tuple[Missing, ...], *, is_plain: bool = False
) -> Export:
    """A table that stands for itself, with spend beside it now and then.

    Args:
        draw: Of the seed.
        seed: For messages.
        layout: The system's whole layout.
        missing: What is taken out of it.
        is_plain: One row a record, every one of which counts.
    """
    names = tuple(one.name for one in missing)
    layout = layout.without({meaning for one in missing for meaning in one.columns})
    has = {meaning for meaning, _ in layout.columns}
    records = make_pipeline(draw, stages_of(layout), layout.sources, draw.randint(25, 80))
    if not is_plain and "deleted" in has:
        for record in draw.sample(records, 3):
            record.deleted = record.outcome == "open"
    if "lost records" in names:
        records = [record for record in records if record.outcome != "lost"]
    words = _unknown(draw, layout, names)
    table = table_of(records, Hand(draw, layout, words, _spellings(draw, layout)))
    dress, habit = _dress(draw, layout), "" if is_plain else _habit(draw, layout)
    of_rows = tuple(record.number for record in records)
    if habit == "products":
        table, of_rows = _product_lines(draw, table, of_rows)
    if habit == "ruined ids":
        _ruin_ids(table, layout)
    if habit == "groups":
        dress = replace(dress, grouped_by=[meaning for meaning, _ in layout.columns].index("odoo_stage"))
    spend, told_spend = spend_of(draw, layout, TOTAL_WORDS[layout.language])
    return Export(
        seed,
        layout,
        names,
        habit,
        dress,
        records,
        partial(figures_of, layout=layout, words=words, spend=told_spend),
        table,
        of_rows,
        spend=spend,
        words=tuple(word for word in words.unknown.values() if any(word in row for row in table)),
    )


def _product_lines(draw: Random, table: list[Row], numbers: tuple[int, ...]) -> tuple[list[Row], tuple[int, ...]]:
    """A row for each product: the rows of a deal are alike in all other columns."""
    rows: list[Row] = [[*table[0], "Product Name", "Quantity"]]
    of_rows: list[int] = []
    for row, number in zip(table[1:], numbers, strict=True):
        for product in range(draw.choice([1, 1, 2, 3])):
            rows.append([*row, f"Product {product + 1}", str(draw.randint(1, 5))])
            of_rows.append(number)
    return rows, tuple(of_rows)


def _ruin_ids(table: list[Row], layout: Layout) -> None:
    """Ids of twelve digits as they are once Excel has saved the file: six digits and an exponent."""
    place = [meaning for meaning, _ in layout.columns].index("id")
    for number, row in enumerate(table[1:]):
        row[place] = f"1.5{1234 + number // 20:04}E+11"


def figures_of(records: list[Record], layout: Layout, words: Words, spend: SpendTold | None) -> Figures:
    """What the file tells; where hints alone tell an outcome, each reading of them is right."""
    plain, losses, both = (tell(records, layout, words, hints=hints) for hints in ((), ("lost",), ("won", "lost")))
    figures = recount(plain, spend)
    for reading in (losses, both):
        if reading != plain:
            _add_reading(figures, recount(reading, spend))
    return figures


def _add_reading(figures: Figures, others: Figures) -> None:
    """Take the figures of another reading for right too."""
    for path, figure in others.items():
        # a month that only the other reading has is an empty one here; a group is no row
        is_month = path.startswith("months")
        own = figures.setdefault(path, replace(figure, values=[0] if is_month else [], blank=not is_month))
        own.arguable = not (own.known or own.blank) or not (figure.known or figure.blank)
        own.values += [value for value in figure.values if value not in own.values]
        own.blank = own.blank or figure.blank
        if figure.low is not None and figure.high is not None:
            low, high = (figure.low, figure.high) if own.low is None or own.high is None else (own.low, own.high)
            own.low, own.high = min(low, figure.low), max(high, figure.high)


def two_files(draw: Random, seed: int, layout: Layout, deal_layout: Layout, link: str) -> Export:
    """Leads in one table, their deals in another, a column that links them, and numberings that mean nothing.

    Some leads have two deals, and now and then some deals have no lead in the table.
    """
    deal_layout = deal_layout.without({"source"}) if draw.random() < 0.5 else deal_layout
    of_deals = stages_of(deal_layout)
    days = {meaning for meaning, _ in layout.columns}
    first = [
        stage for stage in LEAD_STAGES if f"day:{stage}" in days or ("lifecycle" in days and stage in layout.words)
    ]
    whole = tuple(dict.fromkeys(["Lead", *first, *of_deals]))
    records = make_pipeline(draw, whole, layout.sources, draw.randint(30, 80))
    for record in records:
        if "Opportunity" in record.entered:
            entered = {stage: day for stage, day in record.entered.items() if stage in of_deals}
            record.deals.append(replace(record, created=entered["Opportunity"], entered=entered, deals=[]))
    habit = "deals in a second file"
    if link != "deal_id" and draw.random() < 0.4:
        habit += ", some with a lead in common"
        for record in draw.sample([one for one in records if one.outcome == "won"], 2):
            record.deals.append(replace(record.deals[0], amount=700.0))
    homeless: list[Record] = []
    if draw.random() < 0.3:
        habit += ", some without a lead"
        homeless = [record for record in records if record.deals][:4]
        records = [record for record in records if record not in homeless]
    deals = [(deal, record) for record in [*records, *homeless] for deal in record.deals]
    draw.shuffle(deals)
    for number, (deal, _) in enumerate(deals, 1):
        deal.number = number
    lead_of = {deal.number: lead for deal, lead in deals}

    def lead_id(deal: Record) -> str:
        return identifier(lead_of[deal.number].number, layout)

    def deal_id(lead: Record) -> str | None:
        return identifier(lead.deals[0].number, deal_layout) if lead.deals else None

    links = {"lead_id": lead_id, "lead_ids": lead_id, "deal_id": deal_id}
    spend, told_spend = spend_of(draw, layout, TOTAL_WORDS[layout.language])
    lost = {record.number for record in homeless}
    return Export(
        seed,
        layout,
        (),
        habit,
        _dress(draw, layout),
        records,
        partial(figures_of_two, homeless=homeless, layout=layout, deal_layout=deal_layout, spend=told_spend),
        table_of(records, Hand(draw, layout, Words(), {}), links),
        tuple(record.number for record in records),
        table_of([deal for deal, _ in deals], Hand(draw, deal_layout, Words(), {}), links),
        _dress(draw, deal_layout),
        tuple(None if lead.number in lost else lead.number for _, lead in deals),
        spend,
    )


def figures_of_two(
    records: list[Record], homeless: list[Record], layout: Layout, deal_layout: Layout, spend: SpendTold | None
) -> Figures:
    """What leads and their deals tell together; deals without a lead count in totals or are left out, and are named."""

    def told(leads: list[Record]) -> Telling:
        of_deals = [deal for lead in leads for deal in lead.deals]
        deals = tell(of_deals, deal_layout, Words(), hints=())
        return join(tell(leads, layout, Words(), hints=()), leads, deals)

    figures = recount(told(records), spend)
    own = tell([deal for lead in [*records, *homeless] for deal in lead.deals], deal_layout, Words(), hints=())
    # a lead with two deals: the average is that of leads or that of deals
    figures["summary.average_deal"].values += recount(own)["summary.average_deal"].values
    if homeless:
        more = told([*records, *homeless])
        for lead in more.rows[len(records) :]:
            lead.created, lead.source = None, None  # nothing is told of the lead
            lead.reached = {stage: day for stage, day in lead.reached.items() if stage not in LEAD_STAGES[:4]}
        _add_reading(figures, recount(more, spend))
    return figures


def stages_of(layout: Layout) -> tuple[str, ...]:
    """The stages that a layout has words or days for."""
    order = DEAL_STAGES if layout.kind == "deals" else LEAD_STAGES
    days = {meaning[4:] for meaning, _ in layout.columns if meaning.startswith("day:")}
    return tuple(stage for stage in order if stage in layout.words or stage in days or stage == order[0])


def _unknown(draw: Random, layout: Layout, missing: tuple[str, ...]) -> Words:
    words = list(UNKNOWN_WORDS[layout.language])
    draw.shuffle(words)
    unknown = {}
    if "word for a stage" in missing:
        unknown[draw.choice(list(layout.words)[1:] or list(layout.words))] = words[0]
    if "word for won" in missing:
        unknown["won"] = words[1]
    if "word for lost" in missing:
        unknown["lost"] = words[2]
    return Words(unknown)


_HABIT_NEEDS = {"groups": "odoo_stage", "ruined ids": "id", "products": "name"}


def _habit(draw: Random, layout: Layout) -> str:
    has = {meaning for meaning, _ in layout.columns}
    return draw.choice(("", "", *(habit for habit in layout.habits if _HABIT_NEEDS[habit] in has)))


def _spellings(draw: Random, layout: Layout) -> dict[str, tuple[str, ...]]:
    """Now and then a channel goes by several names in one table."""
    if draw.random() < 0.8:
        return {}
    return {name: CHANNEL_NAMES[name] for name in layout.sources if name in CHANNEL_NAMES}


def _dress(draw: Random, layout: Layout) -> Dress:
    titles: tuple[str, ...] = ()
    if layout.footers != ("",) and draw.random() < 0.4:
        titles = ("Overview", f"{AS_OF:%Y-%m-%d}", "")[: draw.randint(1, 3)]
    return Dress(
        draw.choice(layout.days),
        draw.choice(layout.numbers),
        draw.choice(layout.delimiters),
        draw.choice(layout.encodings),
        titles,
        draw.choice(layout.footers),
        TOTAL_WORDS[layout.language],
        layout.workbook,
        layout.page and draw.random() < 0.25,
    )
