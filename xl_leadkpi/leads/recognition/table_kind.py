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
from xl_leadkpi.leads.recognition.cell_types import are_dates
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

_NO_RECORDS = _OTHER_OWNERS | {
    "contact", "company", "organization", "organisation", "person", "user", "owner", "author", "creator", "manager",
    "created", "modified", "assigned", "by", "type", "category", "stage", "status", "semantic", "pipeline", "funnel",
    "field", "product", "source", "kontakt", "firma", "klient", "klienta", "osoba", "uzytkownik", "wlasciciel",
    "autor", "etap", "etapu", "lejek", "lejka", "typ", "клиент", "клиента", "контакт", "контакта", "компания",
    "компании", "пользователь", "пользователя", "ответственный", "автор", "тип", "категория", "стадия", "стадии",
    "этап", "этапа", "воронка", "воронки",
}  # fmt: skip
"""Words of identifiers of something that a log may tell besides its record."""
_OF_CHANGES = frozenset({
    "change", "history", "event", "log", "row", "entry", "revision", "version", "zmiana", "zmiany", "zdarzenie",
    "zdarzenia", "wpis", "wpisu", "wiersz", "wiersza", "изменение", "изменения", "событие", "события", "запись",
    "записи", "строка", "строки",
})  # fmt: skip
"""Words of the identifiers that the rows of a log have themselves."""
_OF_ANY_TABLE = frozenset({"parent id", "item id", "object id", "id obiektu", "id объекта"})
"""Identifiers of a log's records that other tables have as well: of a parent, a product, a house."""
_OF_DEALS = frozenset({"deal id", "opportunity id"})
"""Those that a table of leads may have too, of the deals that came of them."""
_OWNERS = frozenset({"owner id"})
_OF_ONE = ("email", "phone", "name")
"""What stays the same for a record."""

# What makes rows a log: identifiers that come again, each time with another word, most from the same beginning.
_COMES_AGAIN, _OTHER_WORD, _OTHER_TIME, _ONCE_EACH, _SAME_BEGINNING, _NEARLY_ALL = 0.2, 0.7, 0.6, 0.8, 0.6, 0.95
_BEGINNINGS = 2
_DATES = 0.8
_OF_ANYTHING = frozenset({"new", "to", "after", "do", "в"})
"""Headers that say where something went, whatever it is."""


def parts_of(headers: Sequence[str], section: Literal["log", "lines"]) -> dict[Part, list[int]]:
    """Find the columns that a log or product lines have.

    >>> parts_of(["Opportunity ID", "From Stage", "To Stage", "Last Modified"], "log")
    {'record': [0], 'from': [1], 'to': [2], 'time': [3]}
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
        created: The day its record was created, if there is such a column.
        values: Columns with other fields as they stood after the change: ``amount``, ``close_date``.
        is_dated: The header of the time is that of a change, not of any day.
        begins_open: The time is that of a creation, which is that of a change if nearly nothing begins with an outcome.
        rivals: Other columns that may say what the rows are about, and would come to other records.
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
    begins_open: bool = False
    rivals: tuple[int, ...] = ()


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
    possible = identifiers(headers, sample, mapped)
    if not possible:
        return None
    again = [one for one in possible if _comes_again(sample[one])]
    place = next(iter(again), possible[0])
    times = _Times(headers, sample, place, mapped, pipeline)
    if not times.columns:
        return None
    found = _of_moves(headers, sample, times, pipeline) or _of_stages(headers, sample, mapped, times, pipeline)
    rivals = [one for one in again if not _alike(sample[place], sample[one])]
    return found and replace(found, rivals=tuple(rivals))


def _of_moves(
    headers: Sequence[str], sample: Sequence[Sequence[object]], times: _Times, pipeline: Pipeline
) -> LogColumns | None:
    """A log by its headers: they say from what to what, or which value a field took."""
    parts = parts_of(headers, "log")
    before, word, field = (next(iter(parts.get(part, ())), None) for part in ("from", "to", "field"))
    if before is not None and word is not None:
        is_of_any = _says_nothing_of_stages(headers[word], sample[word], pipeline, is_of_field=field is not None)
        if not is_of_any or _is_of_log(headers, sample, times.place):
            return LogColumns(times.place, word, times.best, before, field, is_sure=True)
        return None
    value = next(iter(parts.get("value", ())), None)
    if field is not None and value is not None and not times.named.isdisjoint(times.columns):
        return LogColumns(times.place, value, times.best, None, field, is_sure=True)
    return None


def _of_stages(
    headers: Sequence[str],
    sample: Sequence[Sequence[object]],
    mapped: ColumnMap,
    times: _Times,
    pipeline: Pipeline,
) -> LogColumns | None:
    """What may be a log by its rows: a stage, or what happened, and when."""
    parts = parts_of(headers, "log")
    place, time = times.place, times.best
    events = [column for column in parts.get("event", ()) if column != place and column not in times.named]
    word = mapped.position.get("stage", mapped.position.get("status", next(iter(events), None)))
    if word is None or {"from", "to"} <= parts.keys():
        return None
    found = LogColumns(place, word, time, is_dated=_is_of_change(headers[time]))
    created = mapped.position.get("created")
    if created is None or created in times.named:
        return found if time in times.named else None
    # a table that tells when its records were created is none of changes, unless each row has a day of its own
    if time == created and _is_of_log(headers, sample, place):
        return replace(found, is_sure=True)
    is_known = place == mapped.position.get("lead_id") or header_key(headers[place]) in _OF_DEALS
    # an identifier that comes with another address or name each time was given to several records
    is_of_one = not any(times.change(mapped.position[name]) for name in _OF_ONE if name in mapped.position)
    # and a row with the days of its stages has the whole way of its record in it
    is_of_one = is_of_one and mapped.position.keys().isdisjoint({*pipeline.date_fields} - {"created"})
    if is_known and is_of_one and time == created and times.change(created) and _most_come_again(sample[place]):
        return replace(found, begins_open=True)
    is_dated = found.is_dated and times.change(time) and times.stand_still(created)
    return found if is_known and is_dated else None


def _is_of_log(headers: Sequence[str], sample: Sequence[Sequence[object]], place: int) -> bool:
    """Whether the identifier of what the rows are about stands beside that of the rows: these are no records then."""
    columns = [(header, cells) for n, (header, cells) in enumerate(zip(headers, sample, strict=True)) if n != place]
    return (
        place in parts_of(headers, "log").get("record", ())
        and {header_key(headers[place]), full_header_key(headers[place])}.isdisjoint(_OF_ANY_TABLE | _OF_DEALS)
        and any(_is_plain(header) and not _comes_again(cells) for header, cells in columns)
    )


def _most_come_again(cells: Sequence[object]) -> bool:
    counts = Counter(_texts(cells)).values()
    return 2 * sum(count > 1 for count in counts) > len(counts)


def _alike(cells: Sequence[object], others: Sequence[object]) -> bool:
    """Whether two columns of identifiers tell the same rows from each other."""
    return len({*zip(cells, others, strict=True)}) == len({*cells}) == len({*others})


class _Times:
    """The columns that may say when a change came, the best first.

    The day on which a deal was closed, or is expected to be, is no time of a change, whatever else there is.
    """

    def __init__(
        self,
        headers: Sequence[str],
        sample: Sequence[Sequence[object]],
        place: int,
        mapped: ColumnMap,
        pipeline: Pipeline,
    ) -> None:
        self.sample, self.place = sample, place
        self.named = named = {*parts_of(headers, "log").get("time", ())}
        dates = [
            column
            for column, header in enumerate(headers)
            if column != place
            and are_dates(sample[column], _DATES)
            and (column in named or not _is_of_closing(header, pipeline))
        ]
        created, known = mapped.position.get("created"), {*mapped.position.values()}
        ranks = {column: self._rank(column, headers, named, created, known) for column in dates}
        self.columns = sorted(dates, key=lambda column: (self.stand_still(column), ranks[column], -self._new(column)))

    def _rank(self, column: int, headers: Sequence[str], named: set[int], created: int | None, known: set[int]) -> int:
        if column in named and _is_of_change(headers[column]):
            return 0
        if column == created and self.change(column):  # the row's own
            return 1
        if column in named:
            return 2
        return 3 if column not in known else 4 if column == created else 5

    @property
    def best(self) -> int:
        """The one that says it."""
        return self.columns[0]

    def _new(self, column: int) -> int:
        return len(set(zip(self.sample[self.place], self.sample[column], strict=True)))

    def _several(self, column: int) -> list[set[object]]:
        """The days that a column has for each identifier that comes again."""
        found: dict[object, list[object]] = defaultdict(list)
        for identifier, day in zip(self.sample[self.place], self.sample[column], strict=True):
            if identifier is not None and day is not None:
                found[identifier].append(day)
        return [set(days) for days in found.values() if len(days) > 1]

    def change(self, column: int) -> bool:
        """Most identifiers that come again come with other days."""
        several = self._several(column)
        return sum(len(days) > 1 for days in several) > len(several) / 2

    def stand_still(self, column: int) -> bool:
        """All identifiers that come again come with one and the same day."""
        several = self._several(column)
        return bool(several) and all(len(days) == 1 for days in several)


_CLOSINGS = frozenset({"close_date", "expected_close", "won_date", "lost_date", "customer_end"})


def closing_days(headers: Sequence[str], sample: Sequence[Sequence[object]], pipeline: Pipeline) -> tuple[str, ...]:
    """The headers of the columns that say when something was closed, or is expected to be."""
    days = zip(headers, sample, strict=True)
    return tuple(header for header, cells in days if _is_of_closing(header, pipeline) and are_dates(cells, _DATES))


def _is_of_closing(header: str, pipeline: Pipeline) -> bool:
    return any(found.field in _CLOSINGS for found in meanings(header, "leads", pipeline)[0])


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


def identifiers(headers: Sequence[str], sample: Sequence[Sequence[object]], mapped: ColumnMap) -> tuple[int, ...]:
    """Find the column that says which record each row of a log is about.

    Args:
        headers: The headers.
        sample: For each column its first cells.
        mapped: What its columns would mean in a table of leads.

    Returns:
        Its place; several where neither headers nor cells tell which of them it is.
    """
    parts = parts_of(headers, "log")
    found = mapped.position.get("lead_id")
    if found is not None and mapped.columns[found].reason == "user":
        return (found,)
    words = [set(header_key(header).split()) for header in headers]
    # the key of a field, and a stage's number before and after, come again like a record's and are none
    told = {column for part, columns in parts.items() if part != "record" for column in columns}
    rows_own = {n for n, some in enumerate(words) if some & _OF_CHANGES and n not in parts.get("record", ())}
    named = [n for n in parts.get("record", ()) if not _is_of_user(n, headers)]
    if found is not None and found not in rows_own and not _is_plain(headers[found]):
        named = [found, *(n for n in named if n != found)]
    others = [n for n, some in enumerate(words) if some & _ID_WORDS and n not in told]
    if found is not None:
        others = [found, *(n for n in others if n != found)]
    own = [n for n in others if n not in rows_own and not words[n] & _NO_RECORDS]
    for some in (named, own, others):
        again = [n for n in some if _comes_again(sample[n])]
        if again and (some is named or again[0] == some[0]):
            return tuple(again[:1])
        if some:
            return tuple(again if len(again) == 1 else some)
    name = mapped.position.get("name")
    return () if name is None else (name,)


def _is_plain(header: str) -> bool:
    """A header that says no more than that it numbers something."""
    return set(header_key(header).split()) <= _ID_WORDS


def _is_of_user(column: int, headers: Sequence[str]) -> bool:
    """Bitrix24 calls the record of a stage an owner, and says beside it what became of it; elsewhere it is a person."""
    keys = {header_key(header) for header in headers}
    return header_key(headers[column]) in _OWNERS and "type id" not in keys


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
    possible = identifiers(headers, sample, mapped)
    place = given.get("lead_id", next(iter(possible), None))
    if place is None:
        return None
    before = given.get("before", next(iter(parts.get("from", ())), None))
    field = given.get("field", next(iter(parts.get("field", ())), None))
    times = _Times(headers, sample, place, mapped, pipeline)
    time = given.get("time", next(iter(times.columns), None))
    free = {"to": parts.get("to", ()), "value": parts.get("value", ()) if field is not None else ()}
    staged = [mapped.position[name] for name in ("stage", "status") if name in mapped.position]
    words = [*free["to"], *free["value"], *staged, *parts.get("event", ())]
    word = given.get("stage", next((column for column in words if column not in {place, time, before}), None))
    if time is None or word is None:
        return None
    return with_values(LogColumns(place, word, time, before, field, is_sure=True), mapped)


def _names_stages(cells: Sequence[object], pipeline: Pipeline) -> bool:
    return any(_means_stage(text, pipeline) for text in dict.fromkeys(_texts(cells)))


def is_log(
    rows: Iterable[tuple[str | None, str | None, float | str | None]],
    *,
    is_dated: bool = False,
    begins_open: bool = False,
    is_outcome: Callable[[str], bool] = lambda _: False,
) -> bool:
    """Tell a log from leads by its rows: identifier, word and time of each.

    Args:
        rows: The rows.
        is_dated: The time is said to be that of a change, so that the same words may come again and again.
        begins_open: The time may be that of a creation: it is that of changes if nearly all begin with no outcome.
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
    if begins_open and sum(not is_outcome(steps[0][1]) for steps in repeated) < _NEARLY_ALL * n:
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
