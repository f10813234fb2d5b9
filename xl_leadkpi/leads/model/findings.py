"""What can be odd about data: the closed list of kinds, and one case of a kind.

What a kind means and what to do about it stands in the languages' files, under its code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from xl_leadkpi.errors import brief, shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Severity = Literal["info", "warning", "error"]
Detail = str | float | date | tuple[str, ...] | tuple[tuple[str, str], ...]


ROWS_NAMED = 10_000
"""Row numbers that a finding keeps at most; beyond, it says how many there are."""


class FindingKind(StrEnum):
    """Everything that is reported, with its code and how grave it is.

    ``info`` is a decision worth knowing; with a ``warning`` figures may be off; at an ``error`` something is unusable.

    Attributes:
        severity: How grave it is.
    """

    severity: Severity

    def __new__(cls, code: str, severity: Severity) -> Self:
        """Make a kind of its code and its severity."""
        kind = str.__new__(cls, code)
        kind._value_ = code
        kind.severity = severity
        return kind

    # the file
    TITLE_ROWS = "title_rows", "info"
    ENCODING = "encoding", "info"
    DAMAGED_TEXT = "damaged_text", "warning"
    NUL_BYTES = "nul_bytes", "warning"
    OPEN_QUOTE = "open_quote", "warning"
    SHORT_ROWS = "short_rows", "warning"
    LONG_ROWS = "long_rows", "warning"
    FAR_CELLS = "far_cells", "info"
    EMPTY_ROWS = "empty_rows", "info"
    HIDDEN_ROWS = "hidden_rows", "warning"
    HEADER_AGAIN = "header_again", "info"
    TOTAL_ROWS = "total_rows", "info"
    DELETED_ROWS = "deleted_rows", "warning"
    TEST_ROWS = "test_rows", "warning"
    DUPLICATE_ROWS = "duplicate_rows", "warning"
    GROUP_ROWS = "group_rows", "info"
    FOOTER_ROWS = "footer_rows", "info"
    # several files as one table
    LATER_FILE = "later_file", "warning"
    FILE_AGAIN = "file_again", "warning"
    # the columns
    GUESSED_COLUMN = "guessed_column", "info"
    COLUMN_TIE = "column_tie", "info"
    HEADLINE_TIE = "headline_tie", "warning"
    REFUSED_COLUMN = "refused_column", "warning"
    TAKEN_FOR_DEALS = "taken_for_deals", "info"
    HISTORY_FOLDED = "history_folded", "info"
    PRODUCT_LINES = "product_lines", "info"
    NO_COLUMN = "no_column", "info"
    # a history beside the leads
    HISTORY_JOINED = "history_joined", "info"
    HISTORY_PARTLY = "history_partly", "warning"
    INCOMPLETE_CHANGES = "incomplete_changes", "warning"
    HISTORY_LATER = "history_later", "info"
    HISTORY_BEFORE_CREATION = "history_before_creation", "warning"
    HISTORY_ORDER = "history_order", "warning"
    HISTORY_BREAKS = "history_breaks", "warning"
    HISTORY_DISAGREES = "history_disagrees", "warning"
    HISTORY_DAYS_DIFFER = "history_days_differ", "warning"
    PASSED_OUTCOME = "passed_outcome", "warning"
    # two tables, identity
    JOINED_ON = "joined_on", "info"
    DEALS_WITHOUT_LEAD = "deals_without_lead", "warning"
    SEVERAL_DEALS = "several_deals", "info"
    DEALS_NOT_COUNTED = "deals_not_counted", "warning"
    SHARED_DEALS = "shared_deals", "info"
    JOIN_TIE = "join_tie", "warning"
    RUINED_IDS = "ruined_ids", "warning"
    NO_IDENTIFIER = "no_identifier", "info"
    DUPLICATE_IDS = "duplicate_ids", "warning"
    DUPLICATE_EMAILS = "duplicate_emails", "warning"
    SAME_EMAIL = "same_email", "info"
    SAME_PHONE = "same_phone", "info"
    # stages
    UNKNOWN_WORDS = "unknown_words", "warning"
    GUESSED_STAGE_WORDS = "guessed_stage_words", "warning"
    UNUSED_STAGE_WORD = "unused_stage_word", "warning"
    UNUSED_EXCLUSION = "unused_exclusion", "warning"
    CONTRADICTIONS = "contradictions", "warning"
    STAGE_ORDER = "stage_order", "info"
    OWN_STAGES = "stages_of_words", "info"
    WORDS_AS_STAGES = "words_as_stages", "warning"
    UNLISTED_WORDS = "unlisted_words", "warning"
    STAGES_NOT_MET = "stages_not_met", "warning"
    STAGES_MERGED = "stages_merged", "info"
    STAGE_ORDERS_DIFFER = "stage_orders_differ", "warning"
    STAGE_LOOP = "stage_loop", "warning"
    SEVERAL_PIPELINES = "several_pipelines", "warning"
    ROWS_WITHOUT_PIPELINE = "rows_without_pipeline", "warning"
    OVERLAPPING_PIPELINES = "overlapping_pipelines", "warning"
    MANY_PIPELINES = "many_pipelines", "warning"
    DAYS_OF_SEVERAL_PIPELINES = "days_of_several_pipelines", "warning"
    PIPELINES_AS_USUAL = "pipelines_as_usual", "warning"
    FILES_WITHOUT_ID = "files_without_id", "warning"
    NO_OUTCOME = "no_outcome", "warning"
    WON_BY_FLAG = "won_by_flag", "warning"
    LOST_BY_FLAG = "lost_by_flag", "warning"
    NO_WINS = "no_wins", "warning"
    NO_LOSSES = "no_losses", "warning"
    NO_LEADS_LOST = "no_leads_lost", "warning"
    ONLY_WON = "only_won", "warning"
    NO_STAGE = "no_stage", "info"
    NO_STAGE_DAYS = "no_stage_days", "info"
    TOO_FEW_FOLLOWED = "too_few_followed", "info"
    NO_STAGE_OF_OPEN = "no_stage_of_open", "warning"
    STAGES_BY_DATES = "stages_by_dates", "info"
    NO_OPPORTUNITIES = "no_opportunities", "warning"
    LATER_OPPORTUNITY = "later_opportunity", "warning"
    ONE_WEIGHT = "one_weight", "info"
    NO_LOST_OPPORTUNITIES = "no_lost_opportunities", "warning"
    LOST_REACH_UNKNOWN = "lost_reach_unknown", "warning"
    LOST_REACH_BY_DATES = "lost_reach_by_dates", "info"
    WON_WITHOUT_DATE = "won_without_date", "warning"
    NO_WIN_DAYS = "no_win_days", "warning"
    LOST_WITHOUT_DATE = "lost_without_date", "info"
    WON_WITHOUT_AMOUNT = "won_without_amount", "warning"
    LOST_WITHOUT_REASON = "lost_without_reason", "info"
    # customers
    NO_CUSTOMER_ENDS = "no_customer_ends", "warning"
    CUSTOMER_END_AHEAD = "customer_end_ahead", "warning"
    CUSTOMER_END_NOT_WON = "customer_end_not_won", "warning"
    CUSTOMER_END_BEFORE_WON = "customer_end_before_won", "warning"
    CUSTOMERS_TOO_YOUNG = "customers_too_young", "info"
    MOST_STILL_THERE = "most_still_there", "info"
    LIFETIME_AHEAD = "lifetime_ahead", "info"
    AMOUNT_PERIOD_UNKNOWN = "amount_period_unknown", "info"
    AMOUNT_ONCE = "amount_once", "info"
    # days
    DATE_ORDER = "date_order", "info"
    AMBIGUOUS_DATES = "ambiguous_dates", "warning"
    DATE_ORDER_OF_FILES = "date_order_of_files", "warning"
    CONTRADICTORY_DATE_ORDERS = "contradictory_date_orders", "warning"
    MIXED_DATE_ORDER = "mixed_date_order", "error"
    SWAPPED_DATES = "swapped_dates", "warning"
    UNREADABLE_DATES = "unreadable_dates", "warning"
    IMPOSSIBLE_DATES = "impossible_dates", "warning"
    ZERO_DATES = "zero_dates", "info"
    FUTURE_DATES = "future_dates", "warning"
    NO_CREATED_DATE = "no_created_date", "warning"
    NO_CREATION_DATES = "no_creation_dates", "warning"
    CREATION_DATE_NOT_FOUND = "creation_date_not_found", "warning"
    TIMES_DROPPED = "times_dropped", "info"
    NEGATIVE_RESPONSE = "negative_response", "warning"
    NEGATIVE_DURATION = "negative_duration", "warning"
    TOO_FEW_TO_FORECAST = "too_few_to_forecast", "info"
    NO_MONTH_TO_COME = "no_month_to_come", "info"
    COMPARED_BEFORE_DATA = "compared_before_data", "info"
    NONE_OLD_ENOUGH = "none_old_enough", "info"
    NO_WINS_TO_COMPARE = "no_wins_to_compare", "info"
    AS_OF_LATEST = "as_of_latest", "info"
    AFTER_AS_OF = "after_as_of", "info"
    MOVED_AFTER_AS_OF = "moved_after_as_of", "info"
    UNDATED_OUTCOMES = "undated_outcomes", "warning"
    # money
    UNPARSED_AMOUNTS = "unparsed_amounts", "warning"
    AMOUNTS_TOO_LARGE = "amounts_too_large", "warning"
    AMBIGUOUS_AMOUNTS = "ambiguous_amounts", "warning"
    ACTUAL_BEFORE_ESTIMATED = "actual_before_estimated", "info"
    ESTIMATED_AMOUNTS = "estimated_amounts", "warning"
    SCALED_COLUMN = "scaled_column", "info"
    AMOUNTS_IN_UNITS = "amounts_in_units", "info"
    NEGATIVE_AMOUNTS = "negative_amounts", "warning"
    FILE_WITHOUT_CURRENCY = "file_without_currency", "warning"
    AMOUNTS_WITHOUT_CURRENCY = "amounts_without_currency", "warning"
    RATE_WITHOUT_DAY = "rate_without_day", "warning"
    MIXED_CURRENCIES = "mixed_currencies", "warning"
    CURRENCY_MISMATCH = "currency_mismatch", "warning"
    # spend and touches
    NO_SPEND = "no_spend", "info"
    CHANNEL_FROM_FILE = "channel_from_file", "info"
    SPEND_WITHOUT_DATE = "spend_without_date", "warning"
    SPEND_RANGE = "spend_range", "warning"
    WEEKS_SPLIT = "weeks_split", "info"
    CHANNELS_JOINED = "channels_joined", "info"
    CHANNELS_APART = "channels_apart", "info"
    CHANNEL_UNCLEAR = "channel_unclear", "warning"
    UNUSED_CHANNEL = "unused_channel", "warning"
    SPEND_BY_CAMPAIGN = "spend_by_campaign", "info"
    SPEND_UNMATCHED = "spend_unmatched", "warning"
    SPEND_PARTIAL = "spend_partial", "warning"
    SPEND_NOT_OF_PERIOD = "spend_not_of_period", "warning"
    SPEND_UNFILTERED = "spend_unfiltered", "warning"
    SPEND_NO_OVERLAP = "spend_no_overlap", "warning"
    SPEND_UNALLOCATED = "spend_unallocated", "warning"
    INCOMPLETE_TOUCHES = "incomplete_touches", "warning"
    TOUCH_WITHOUT_LEAD = "touch_without_lead", "warning"
    TOUCH_AFTER_CONVERSION = "touch_after_conversion", "info"
    # reports of traffic, e-mailings and social networks
    OTHER_TABLES = "other_tables", "info"
    ROWS_MISSING = "rows_missing", "warning"
    REPORT_WITHOUT_DATE = "report_without_date", "warning"
    RATE_UNCLEAR = "rate_unclear", "warning"
    NOT_IN_ALL_REPORTS = "not_in_all_reports", "warning"
    USERS_NOT_ADDED = "users_not_added", "info"
    LEVELS_NOT_ADDED = "levels_not_added", "info"
    RATES_NOT_AVERAGED = "rates_not_averaged", "warning"
    TRAFFIC_ESTIMATED = "traffic_estimated", "warning"
    TRAFFIC_ORGANIC_ONLY = "traffic_organic_only", "info"
    TRAFFIC_SEVERAL_TOOLS = "traffic_several_tools", "info"
    TRAFFIC_UNMATCHED = "traffic_unmatched", "warning"
    TRAFFIC_PARTIAL = "traffic_partial", "warning"
    TRAFFIC_NO_OVERLAP = "traffic_no_overlap", "warning"
    TRAFFIC_UNFILTERED = "traffic_unfiltered", "warning"
    OPENS_UNCLEAR = "opens_unclear", "warning"
    OPENS_NOT_UNIQUE = "opens_not_unique", "warning"
    DELIVERED_WORKED_OUT = "delivered_worked_out", "info"
    FOLLOWERS_GAINED = "followers_gained", "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd in the data, counted and located, never dropped in silence.

    Attributes:
        kind: What it is.
        count: Rows (or cells) concerned.
        column: Header of the column concerned, or ``""``.
        rows: The first row numbers concerned as the source numbers them (header line is row 1 of a plain file).
        details: What else there is to say, see :func:`render`: the odd text, the decision taken.
        files: In a table of several files the file of each of these rows; of a finding without rows, the file it is
            about.
    """

    kind: FindingKind
    count: int
    column: str = ""
    rows: tuple[int, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return self.kind.severity

    @property
    def value(self) -> str:
        """Its details in the names of the code, as JSON has them."""
        return self.rendered(OwnNames())

    def rendered(self, names: Names) -> str:
        """Its details in a language's names, see :func:`render`."""
        return render(self, names)

    def rows_said(self, most: int | None = None, first: int = 0) -> str:
        """The numbers of its rows, of several files under the name of each.

        Args:
            most: How many at most.
            first: Place of the first of them among the rows.

        >>> Finding(FindingKind.EMPTY_ROWS, 3, rows=(5, 9, 2), files=("a.csv", "a.csv", "b.csv")).rows_said()
        'a.csv: 5, 9; b.csv: 2'
        """
        last = len(self.rows) if most is None else first + most
        rows = self.rows[first:last]
        if not self.files:
            return ", ".join(map(str, rows))
        if not rows:
            return ", ".join(dict.fromkeys(self.files))
        by_file: dict[str, list[str]] = {}
        for name, row in zip(self.files[first:last], rows, strict=True):
            by_file.setdefault(name, []).append(str(row))
        return "; ".join(f"{name}: {', '.join(numbers)}" for name, numbers in by_file.items())


class Names(Protocol):
    """How a language calls what details name."""

    def stage(self, name: str) -> str:
        """A stage or an outcome."""
        ...

    def field(self, name: str) -> str:
        """A field of the recogniser."""
        ...

    def measure(self, name: str) -> str:
        """A duration."""
        ...

    def order(self, source: str) -> str:
        """What tells the order of stages."""
        ...

    def days(self, number: str) -> str:
        """A number of days."""
        ...

    def hidden(self, cells: str) -> str:
        """Cells some rows of which are hidden."""
        ...

    def tie(self, field: str, taken: str, left: str) -> str:
        """Two columns for one field."""
        ...

    def line_amount(self, origin: str, header: str) -> str:
        """Where the amount of a deal with several product lines comes from: ``own`` or ``sum``, and its column."""
        ...


class OwnNames:
    """The names of the code; no language's."""

    def stage(self, name: str) -> str:
        """A stage."""
        return name

    field = measure = hidden = order = stage

    def days(self, number: str) -> str:
        """A number of days."""
        return f"{number} d"

    def tie(self, field: str, taken: str, left: str) -> str:
        """Two columns for one field."""
        return f"{field}: '{taken}' taken, '{left}' left"

    def line_amount(self, origin: str, header: str) -> str:
        """Where the amount of a deal with several product lines comes from."""
        return f"{origin}: {header}" if header else ""


def render(finding: Finding, names: Names) -> str:
    """Write the details of a finding; the user's own words stay as they are.

    >>> render(Finding(FindingKind.STAGE_ORDER, 1, details={"stages": ("SQL", "MQL"), "days": 4.0}), OwnNames())
    'SQL, MQL (4 d)'
    """
    write = _WRITTEN.get(finding.kind, _listed)
    return write(finding.details, names)


def fill(text: str, finding: Finding, names: Names) -> str:
    """A language's text about a finding with what it names filled in; what is not known stays a word to replace.

    >>> odd = Finding(FindingKind.UNKNOWN_WORDS, 49, "Stage", details={"word": "Warm"})
    >>> fill("{count} in {column}: --stage '{word}={stage}'", odd, OwnNames())
    "49 in Stage: --stage 'Warm=STAGE'"
    >>> odd = Finding(FindingKind.UNKNOWN_WORDS, 49, "Stage", details={"word": "Can't reach"})
    >>> print(fill("--stage '{word}=SQL'", odd, OwnNames()))
    --stage "Can't reach=SQL"
    """
    if "{" not in text:
        return text
    values = _Filled({"count": f"{finding.count:,}", "column": _quoted(finding.column)} | _fillings(finding, names))
    filled, place = "", 0
    for argument in _ARGUMENT.finditer(text):
        filled += text[place : argument.start()].format_map(values) + argument[1]
        filled += shell_word((argument[2] or argument[3]).format_map(values))
        place = argument.end()
    return filled + text[place:].format_map(values)


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key.upper()


def _fillings(finding: Finding, names: Names) -> dict[str, str]:
    filled: dict[str, str] = {}
    for key, value in finding.details.items():
        match key, value:
            case "stage", str():
                filled |= {"stage": names.stage(value), "stage_key": value}
            case "stages", tuple():
                filled[key] = ", ".join(names.stage(str(one)) for one in value) or _NONE
            case "field", str():
                filled |= {"field": value, "field_name": names.field(value)}
            case "order" | "other", str():
                filled[key] = names.order(value)
            case _, tuple():
                filled[key] = ", ".join(f"'{_quoted(str(one))}'" for one in value) or _NONE
                filled |= {"first": _quoted(str(value[0]))} if value else {}
            case _, float():
                filled[key] = f"{value:,.2f}".removesuffix(".00")
            case _:
                filled[key] = _quoted(str(value))
    return filled


def _quoted(text: str) -> str:
    """A word of the user's in a sentence of ours: whole as long as it could be typed again, else its beginning."""
    return text if len(text) <= _LONGEST_WORD else brief(text)


def _listed(details: Mapping[str, Any], _names: Names) -> str:
    return ", ".join(", ".join(value) if isinstance(value, tuple) else str(value) for value in details.values())


def _order(details: Mapping[str, Any], names: Names) -> str:
    stages = ", ".join(map(names.stage, details["stages"]))
    return f"{stages} ({names.days(format(details['days'], 'g'))})" if "days" in details else stages


def _factor(factor: float) -> str:
    return f"× {factor:.0f}" if factor > 1 else f"÷ {1 / factor:.0f}"


def _spans(details: Mapping[str, Any], _names: Names) -> str:
    return f"spend {' .. '.join(details['spend_months'])}, leads {' .. '.join(details['lead_months'])}"


def _tie(details: Mapping[str, Any], names: Names) -> str:
    return names.tie(names.field(details["field"]), details["taken"], details["left"])


def _joined_channels(details: Mapping[str, Any], _names: Names) -> str:
    spend = f" ({details['spend']:,.2f})" if "spend" in details else ""
    return f"{', '.join(details['spellings'])} → {details['channel']}{spend}"


def _without_lead(details: Mapping[str, Any], names: Names) -> str:
    return _deals_and_sum(names.stage("Won"), details["won"], details["revenue"])


def _not_counted(details: Mapping[str, Any], names: Names) -> str:
    said = [
        _deals_and_sum(names.stage(name), details[key], details[f"{key}_amount"])
        for name, key in (("Lost", "lost"), ("Open", "open"))
        if details[key]
    ]
    return "; ".join(said)


def _deals_and_sum(outcome: str, deals: float, amount: str) -> str:
    return f"{outcome}: {deals:g}" + (f" ({amount})" if amount else "")


def _own(details: Mapping[str, Any], names: Names) -> str:
    return f"{', '.join(details['stages'])} ({names.order(details['order'])})"


_WRITTEN: dict[FindingKind, Callable[[Mapping[str, Any], Names], str]] = {
    FindingKind.STAGE_ORDER: _order,
    FindingKind.OWN_STAGES: _own,
    FindingKind.UNKNOWN_WORDS: lambda details, _: details["word"],
    FindingKind.STAGES_MERGED: lambda details, names: (
        f"{', '.join(details['words'])} = {names.stage(details['stage'])}"
    ),
    FindingKind.SEVERAL_PIPELINES: lambda details, _: ", ".join(details["pipelines"]),
    FindingKind.OVERLAPPING_PIPELINES: lambda details, _: ", ".join(details["pipelines"]),
    FindingKind.MANY_PIPELINES: lambda details, _: ", ".join(details["pipelines"]) + " …",
    FindingKind.DAYS_OF_SEVERAL_PIPELINES: lambda details, _: ", ".join(details["pipelines"]),
    FindingKind.PIPELINES_AS_USUAL: lambda details, _: "; ".join(details["pipelines"]),
    FindingKind.FILES_WITHOUT_ID: lambda details, _: ", ".join(details["names"]),
    FindingKind.STAGE_ORDERS_DIFFER: lambda details, names: (
        f"{', '.join(details['words'])}: {names.order(details['order'])} ≠ {names.order(details['other'])}"
    ),
    FindingKind.GUESSED_STAGE_WORDS: lambda details, names: "; ".join(
        f"{word} = {names.stage(stage)}" for word, stage in details["words"]
    ),
    FindingKind.TIMES_DROPPED: lambda details, names: ", ".join(map(names.field, details["fields"])),
    FindingKind.REFUSED_COLUMN: lambda details, names: names.field(details["field"]),
    FindingKind.GUESSED_COLUMN: lambda details, names: f"{names.field(details['field'])} ({details['score']:.2f})",
    FindingKind.COLUMN_TIE: _tie,
    FindingKind.HEADLINE_TIE: _tie,
    FindingKind.NEGATIVE_DURATION: lambda details, names: names.measure(details["measure"]),
    FindingKind.HIDDEN_ROWS: lambda details, names: names.hidden(details["cells"]),
    FindingKind.HISTORY_FOLDED: lambda details, _: f"{details['id']}: {details['word']}, {details['time']}",
    FindingKind.PRODUCT_LINES: lambda details, names: names.line_amount(details["amount"], details["header"]),
    FindingKind.LATER_FILE: lambda details, _: (
        f"{details['ids']:g}: {', '.join(details['earlier'])} → {', '.join(details['later'])}"
    ),
    FindingKind.FILE_AGAIN: lambda details, _: f"{details['file']} = {details['first']}",
    FindingKind.HISTORY_JOINED: lambda details, _: f"{details['lead']} = {details['history']}",
    FindingKind.HISTORY_PARTLY: lambda details, _: f"{details['strangers']:g} / {details['silent']:g}",
    FindingKind.HISTORY_LATER: lambda details, _: f"{details['changes']:g}",
    FindingKind.PASSED_OUTCOME: lambda details, names: (
        f"{details['word']} = {names.stage(details['stage'])}: {details['reached']:g}"
    ),
    FindingKind.JOINED_ON: lambda details, _: f"{details['lead']} = {details['deal']}",
    FindingKind.DEALS_WITHOUT_LEAD: _without_lead,
    FindingKind.DEALS_NOT_COUNTED: _not_counted,
    FindingKind.SEVERAL_DEALS: lambda details, _: f"{details['deals']:g}",
    FindingKind.SHARED_DEALS: lambda details, _: f"{details['deals']:g}",
    FindingKind.JOIN_TIE: lambda details, _: f"{details['taken']}; {details['left']}",
    FindingKind.CHANNELS_JOINED: _joined_channels,
    FindingKind.CHANNEL_UNCLEAR: lambda details, _: f"{details['source']}: {' / '.join(details['channels'])}",
    FindingKind.SPEND_UNMATCHED: lambda details, _: f"{details['channel']}: {details['amount']:.2f}",
    FindingKind.CONTRADICTORY_DATE_ORDERS: lambda details, _: (
        f"{', '.join(details['day_first'])}: 31/12; {', '.join(details['month_first'])}: 12/31"
    ),
    FindingKind.SCALED_COLUMN: lambda details, _: _factor(details["factor"]),
    FindingKind.SPEND_UNALLOCATED: lambda details, _: f"{details['amount']:.2f}",
    FindingKind.CURRENCY_MISMATCH: lambda details, _: f"{details['spend']} ≠ {details['leads']}",
    FindingKind.SPEND_PARTIAL: _spans,
    FindingKind.SPEND_NO_OVERLAP: _spans,
    FindingKind.LOST_REACH_UNKNOWN: lambda details, names: ", ".join(map(names.stage, details.get("stages", ()))),
    FindingKind.LOST_REACH_BY_DATES: lambda details, names: ", ".join(map(names.stage, details["stages"])),
    FindingKind.NO_LOST_OPPORTUNITIES: lambda details, names: names.stage(details["stage"]),
    FindingKind.TITLE_ROWS: lambda details, _: " / ".join(details["title"])[:_LONGEST_TITLE],
}
"""How the details of a kind are written; of the others they are listed."""
_ARGUMENT = re.compile(r"""(--[a-z-]+ )(?:'([^'{]*\{[^']*)'|"([^"{]*\{[^"]*)")""")
"""In a text an option with what it is given, some of it to be filled in: a command that is to be pasted."""
_LONGEST_TITLE = 80
_NONE = "–"
_LONGEST_WORD = 100
