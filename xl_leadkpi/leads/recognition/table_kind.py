"""Tables whose rows are no leads or deals of their own: reports of ads, logs of stages and events, product lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.leads.cells.blanks import is_missing
from xl_leadkpi.leads.cells.vocabulary import full_header_key, header_key, vocabulary
from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.leads.recognition.cell_types import cell_types
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import known_parts, meanings
from xl_leadkpi.leads.recognition.report_kind import kind_of_report, report_columns
from xl_leadkpi.leads.recognition.stage_words import find_stage, is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.reports import ReportKind
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.columns import ColumnMap
    from xl_leadkpi.leads.recognition.headers import Part

_OF_PEOPLE = ("email", "phone", "contact", "won_date", "lost_date", "is_won", "is_converted", "lost_reason")
_OF_ADS = ("sp_impressions", "sp_clicks", "sp_spend", "sp_reach")
_OTHER_OWNERS = frozenset({"customer", "client", "account", "campaign", "ad", "adset", "seller"})
_ID_WORDS = frozenset({"id", "ids", "key", "number", "nr", "numer", "номер", "ид", "uuid", "guid", "identyfikator"})

# What makes rows a log: identifiers that come again, each time with another word, most from the same beginning.
_COMES_AGAIN, _OTHER_WORD, _OTHER_TIME, _ONCE_EACH, _SAME_BEGINNING, _NEARLY_ALL = 0.2, 0.7, 0.6, 0.8, 0.6, 0.95
_BEGINNINGS = 2
_DATES = 0.8
_OF_ANYTHING = frozenset({"new", "to", "after", "do", "в"})
"""Headers that say where something went, whatever it is."""


def parts_of(headers: Sequence[str], section: Literal["log", "lines"]) -> dict[Part, list[int]]:
    """Find the columns that a log or product lines have.

    >>> parts_of(["Opportunity ID", "From Stage", "To Stage", "Last Modified"], "log")
    {'from': [1], 'to': [2], 'time': [3]}
    """
    found: dict[Part, list[int]] = defaultdict(list)
    for column, header in enumerate(headers):
        known = known_parts(section)
        for part in dict.fromkeys((*known.get(full_header_key(header), ()), *known.get(header_key(header), ()))):
            found[part].append(column)
    return dict(found)


# --- reports of ads


def ads_columns(
    headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap, pipeline: Pipeline
) -> tuple[str, ...]:
    """Name the columns that make a table a report of ads; none where its rows may be leads."""
    meant = [found for header in headers for found in meanings(header, "spend", pipeline, whole_only=True)[0]]
    exact = {found.field for found in meant if found.reason == "exact"}
    # most tables are leads: these need not be recognised as spend too
    if exact.isdisjoint(_OF_ADS) or _may_be_leads(headers, sample, mapped, pipeline):
        return ()
    spend = recognise(headers, sample, "spend", pipeline).columns
    found = {column.field: column.header for column in spend if column.field in _OF_ADS and column.reason == "exact"}
    if not {"sp_impressions", "sp_clicks"} & set(found) and not (
        "sp_spend" in found and any(column.field == "sp_campaign" for column in spend)
    ):
        return ()
    return tuple(found.values())


def other_report(
    headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap, pipeline: Pipeline
) -> tuple[ReportKind, tuple[str, ...]] | None:
    """Tell a report of traffic, e-mailings or a social network, with the columns that make it one."""
    if _may_be_leads(headers, sample, mapped, pipeline):  # most tables are: the headers of reports need not be known
        return None
    for kind in REPORT_KINDS:
        columns = report_columns(headers, kind, pipeline)
        if columns and kind_of_report(headers, pipeline) == kind:
            return kind, columns
    return None


def _may_be_leads(
    headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap, pipeline: Pipeline
) -> bool:
    """Whether something in a table is of persons, stages or single records."""
    if any(name in mapped.position for name in _OF_PEOPLE):
        return True
    for name in ("stage", "status"):
        place = mapped.position.get(name)
        if place is not None and any(_means_stage(cell, pipeline) for cell in set(_texts(sample[place]))):
            return True
    place = mapped.position.get("lead_id")
    if place is not None and not _OTHER_OWNERS & set(header_key(headers[place]).split()):
        texts = list(_texts(sample[place]))
        if len(set(texts)) == len(texts):
            return True
    return False


def _texts(cells: Iterable[object]) -> Iterable[str]:
    return (text for cell in cells if cell is not None and not is_missing(text := str(cell)))


def _means_stage(text: str, pipeline: Pipeline) -> bool:
    return find_stage(text, pipeline) is not None and not is_open(text)


# --- logs


@dataclass(frozen=True, slots=True)
class LogColumns:
    """Which columns of a log hold what, by their place.

    Attributes:
        id: What the rows are about.
        word: The stage entered, or what happened.
        time: When.
        before: The stage left, if there is such a column.
        field: Which field of the record changed, if that is told; only rows about its stage count.
        is_sure: The headers alone say that it is a log.
        is_dated: The header of the time is that of a change, not of any day.
        created: The day its record was created, if there is such a column.
        values: Columns with other fields as they stood after the change: ``amount``, ``close_date``.
    """

    id: int
    word: int
    time: int
    before: int | None = None
    field: int | None = None
    is_sure: bool = False
    created: int | None = None
    values: Mapping[str, int] = dataclass_field(default_factory=dict)
    is_dated: bool = False


def log_columns(
    headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap, pipeline: Pipeline
) -> LogColumns | None:
    """Tell by its headers whether a table may be a log, and which columns it has.

    A table that has a day of its own for each stage, or a creation date beside the stage, is none, unless its headers
    say where from and where to.
    """
    found = _log_columns(headers, sample, mapped, pipeline)
    return found and with_values(found, mapped)


def with_values(columns: LogColumns, mapped: ColumnMap) -> LogColumns:
    """The columns of a log with those that tell the creation and other fields of the record."""
    taken = {columns.id, columns.word, columns.time, columns.before, columns.field}
    fields = {"amount": ("amount",), "close_date": ("close_date", "expected_close")}
    values = {
        name: next((place for one in names if (place := mapped.position.get(one)) not in {None, *taken}), None)
        for name, names in fields.items()
    }
    created = mapped.position.get("created")
    return replace(
        columns,
        created=None if created in taken else created,
        values={name: place for name, place in values.items() if place is not None},
    )


def _log_columns(
    headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap, pipeline: Pipeline
) -> LogColumns | None:
    parts = parts_of(headers, "log")
    place = _identifier(headers, sample, mapped)
    before = next(iter(parts.get("from", ())), None)
    word = next(iter(parts.get("to", ())), None)
    field = next(iter(parts.get("field", ())), None)
    named = [column for column in parts.get("time", ()) if _are_dates(sample[column], pipeline)]
    if place is None:
        return None
    if before is not None and word is not None:
        dates = [column for column in range(len(headers)) if _are_dates(sample[column], pipeline)]
        if not dates or _says_nothing_of_stages(headers[word], sample[word], pipeline, is_of_field=field is not None):
            return None
        time = named[0] if named else _most_often_new(sample, place, dates)
        return LogColumns(place, word, time, before, field, is_sure=True)
    value = next(iter(parts.get("value", ())), None)
    if field is not None and value is not None and named:
        return LogColumns(place, value, named[0], None, field, is_sure=True)
    events = [column for column in parts.get("event", ()) if column not in {place, *named}]
    staged = mapped.position.get("stage", mapped.position.get("status"))
    word = staged if staged is not None else next(iter(events), None)
    created = mapped.position.get("created")
    if word is None or not named or (created is not None and created not in named):
        return None
    return LogColumns(place, word, named[0], is_dated=_is_of_change(headers[named[0]]))


def _says_nothing_of_stages(header: str, cells: Sequence[object], pipeline: Pipeline, *, is_of_field: bool) -> bool:
    """What has come may be a value of any field, or the end of a trip."""
    key = header_key(header)
    if "value" in key and not is_of_field:
        return True
    return key in _OF_ANYTHING and not _names_stages(cells, pipeline)


@cache
def _times_of_changes() -> frozenset[str]:
    return frozenset(full_header_key(header) for header in vocabulary()["times_of_changes"])


def _is_of_change(header: str) -> bool:
    return full_header_key(header) in _times_of_changes()


def _identifier(headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap) -> int | None:
    found = mapped.position.get("lead_id")
    told = {column for columns in parts_of(headers, "log").values() for column in columns}
    # the key of a field, and a stage's number before and after, come again like a record's and are none
    others = [
        n for n, header in enumerate(headers) if _ID_WORDS & set(header_key(header).split()) and n not in told - {found}
    ]
    if found is None:
        found = next(iter(others), None)
    if found is not None and not _comes_again(sample[found]):
        # the number of the change itself stands beside that of its record
        found = next((place for place in others if _comes_again(sample[place])), found)
    return mapped.position.get("name") if found is None else found


def _comes_again(cells: Sequence[object]) -> bool:
    texts = list(_texts(cells))
    return len(set(texts)) < len(texts)


def history_columns(
    headers: Sequence[str],
    sample: Sequence[Sequence[object]],
    mapped: ColumnMap,
    pipeline: Pipeline,
    given: Mapping[str, int] = MappingProxyType({}),
) -> LogColumns | None:
    """Find the columns of a table that the user calls a history.

    Args:
        headers: Its headers.
        sample: For each column its first cells.
        mapped: What its columns would mean in a table of leads.
        pipeline: The stages.
        given: Places of the columns that the user has named: ``lead_id``, ``stage``, ``time``, ``before``, ``field``.

    Returns:
        The columns; None where the identifier, the stage or the time is not to be found.
    """
    parts = parts_of(headers, "log")
    told = log_columns(headers, sample, mapped, pipeline)
    dates = [column for column in range(len(headers)) if _are_dates(sample[column], pipeline)]
    place = given.get("lead_id", _identifier(headers, sample, mapped))
    before = given.get("before", next(iter(parts.get("from", ())), None))
    field = given.get("field", next(iter(parts.get("field", ())), None))
    named = [column for column in parts.get("time", ()) if column in dates]
    others = [column for column in dates if column not in {place, *mapped.position.values()}]
    time = given.get("time", told.time if told else next(iter([*named, *others, *dates]), None))
    free = {"to": parts.get("to", ()), "value": parts.get("value", ()) if field is not None else ()}
    staged = [mapped.position[name] for name in ("stage", "status") if name in mapped.position]
    words = [*free["to"], *free["value"], *staged, *parts.get("event", ())]
    word = given.get("stage", next((column for column in words if column not in {place, time, before}), None))
    if place is None or time is None or word is None:
        return None
    return with_values(LogColumns(place, word, time, before, field, is_sure=True), mapped)


def _names_stages(cells: Sequence[object], pipeline: Pipeline) -> bool:
    return any(_means_stage(text, pipeline) for text in dict.fromkeys(_texts(cells)))


def _are_dates(cells: Sequence[object], pipeline: Pipeline) -> bool:
    types = cell_types(cells, pipeline)
    return types.filled > 0 and types.dates >= _DATES


def _most_often_new(sample: Sequence[Sequence[object]], place: int, dates: Sequence[int]) -> int:
    return max(dates, key=lambda column: len(set(zip(sample[place], sample[column], strict=True))))


def is_log(
    rows: Iterable[tuple[str | None, str | None, float | str | None]],
    *,
    is_dated: bool = False,
    is_outcome: Callable[[str], bool] = lambda _: False,
) -> bool:
    """Tell a log from leads by its rows: identifier, word and time of each.

    Args:
        rows: The rows.
        is_dated: The time is said to be that of a change, so that the same words may come again and again.
        is_outcome: Tells whether a word means won or lost, with which nothing begins.

    A log has identifiers that come again, each time with another word and at another time, most of them from the same
    beginning. Where few come again, whoever does not is still there: of leads that are listed twice by accident some
    are anywhere. An identifier of customers comes again, too, but with the same words again and again, or as won.

    >>> steps = [("A", "New", 1), ("A", "Demo", 2), ("A", "New", 3), ("A", "Demo", 4), ("A", "Won", 5)]
    >>> is_log(steps, is_outcome="Won".__eq__), is_log([*steps[2:], ("B", "Won", 1), ("C", "Lost", 1)])
    (True, True)
    >>> others = [(str(n), "New", n) for n in range(20)]
    >>> is_log([*steps, *others]), is_log([*steps, *others, ("C", "Won", 1), ("D", "Demo", 1)])
    (True, False)
    """
    found: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for identifier, word, time in rows:
        if identifier and word and time is not None:
            found[identifier].append((time, word))
    repeated = [sorted(steps) for steps in found.values() if len(steps) > 1]
    n = len(repeated)
    usual, begin_as_usual = _usual_beginnings(repeated)
    if not n or (n < _COMES_AGAIN * len(found) and not _stay_at(usual, found.values())):
        return False
    other_word = sum(len({word for _, word in steps}) > 1 for steps in repeated)
    other_time = sum(len({time for time, _ in steps}) > 1 for steps in repeated)
    if other_word < _OTHER_WORD * n or other_time < _OTHER_TIME * n:
        return False
    return is_dated or (begin_as_usual >= _SAME_BEGINNING * n and _are_courses(repeated, is_outcome))


def _usual_beginnings(courses: Sequence[Sequence[tuple[Any, str]]]) -> tuple[set[str], int]:
    """The words that most begin with, and how many do."""
    counted = Counter(steps[0][1] for steps in courses).most_common(_BEGINNINGS)
    return {word for word, _ in counted}, sum(n for _, n in counted)


def _stay_at(usual: set[str], courses: Iterable[Sequence[tuple[Any, str]]]) -> bool:
    """Whether those with a single row are where all begin."""
    single = [steps[0][1] in usual for steps in courses if len(steps) == 1]
    return sum(single) >= _NEARLY_ALL * len(single)


def _are_courses(repeated: Sequence[Sequence[tuple[Any, str]]], is_outcome: Callable[[str], bool]) -> bool:
    """Whether the rows of an identifier are one course: each word once, or moves that begin with no outcome."""
    rows = sum(map(len, repeated))
    if sum(len({word for _, word in steps}) for steps in repeated) >= _ONCE_EACH * rows:
        return True
    moves = sum(one[1] != other[1] for steps in repeated for one, other in pairwise(steps))
    known = {word: is_outcome(word) for word in {steps[0][1] for steps in repeated}}
    begin_open = sum(not known[steps[0][1]] for steps in repeated)
    return moves >= _OTHER_WORD * (rows - len(repeated)) and begin_open >= _NEARLY_ALL * len(repeated)


_CHANGED = {
    "stage": "stage", "status": "stage", "amount": "amount", "close_date": "close_date", "expected_close": "close_date",
}  # fmt: skip


def changed_field(field: str, pipeline: Pipeline) -> str | None:
    """Tell by its name which field of a record a log says has changed: ``stage``, ``amount`` or ``close_date``.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [changed_field(field, PIPELINE) for field in ("Stage", "Lead Status", "Close Date", "Owner")]
    ['stage', 'stage', 'close_date', None]
    """
    meant, _ = meanings(field, "leads", pipeline)
    exact = (_CHANGED.get(found.field) for found in meant if found.reason == "exact")
    return next((known for known in exact if known), None)


def is_about_stage(field: str, pipeline: Pipeline) -> bool:
    """Tell whether a field's name in a log of changes is that of the stage.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [is_about_stage(field, PIPELINE) for field in ("Stage", "Lead Status", "Close Date")]
    [True, True, False]
    """
    return changed_field(field, pipeline) == "stage"


# --- product lines


@dataclass(frozen=True, slots=True)
class ProductLines:
    """Which columns speak of the line, and which of the deal.

    Attributes:
        product: The column with the product.
        lines: All columns that speak of the line.
        key: Columns that tell one deal from another.
        parts: Columns by what they hold of the line.
    """

    product: int
    lines: frozenset[int]
    key: tuple[int, ...]
    parts: Mapping[Part, Sequence[int]]


def product_columns(headers: Sequence[str], mapped: ColumnMap) -> ProductLines | None:
    """Tell by its headers whether a table may have a row a product, and which columns it has.

    Without an identifier rows are one deal where all that is not of the line is alike, a name among it.
    """
    parts = parts_of(headers, "lines")
    identifier = mapped.position.get("lead_id")
    deals_own = {place for name, place in mapped.position.items() if name not in {"amount", "lead_id"}}
    lines = frozenset(place for places in parts.values() for place in places) - deals_own - {identifier}
    products = [place for place in parts.get("product", ()) if place in lines]
    if not products:
        return None
    if identifier is not None:
        return ProductLines(products[0], lines, (identifier,), parts)
    has_name = any(name in mapped.position for name in ("name", "email", "phone", "contact"))
    if not has_name or not any(parts.get(part) for part in ("quantity", "price", "total")):
        return None
    return ProductLines(products[0], lines, tuple(n for n in range(len(headers)) if n not in lines), parts)
