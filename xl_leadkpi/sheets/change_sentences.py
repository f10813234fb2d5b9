"""What changed and why, in sentences: made of what the tests can tell from chance, and of nothing else."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel.change_parts import CAC, CONVERSION, REVENUE, TOLD, UNCLEAR, WHOLE, WON_DEALS
from xl_leadkpi.sheets.formats import number_text, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.sheets.formats import Formats
    from xl_leadkpi.sheets.texts import Texts

MOST_SENTENCES = 6
MOST_CAUSES = 2
"""Groups that are named of one figure."""
MINUS = "\N{MINUS SIGN}"
_WORTH_SAYING = 0.05
"""Share of a figure that a difference in days has to make to be spoken of: a quarter has 90, 91 or 92, a month 28."""

Row = Mapping[str, Any]


def change_sentences(report: FunnelReport, texts: Texts, formats: Formats) -> list[str]:
    """Say what changed between the two periods, and why.

    Args:
        report: The report.
        texts: The words of the language.
        formats: How it writes numbers.

    Returns:
        Three to six sentences, the figure itself first; none where no period is compared or nothing of it is known.
    """
    if report.changes is None:
        return []
    said = _Sentences(report, texts, formats)
    # an abbreviation ends a sentence as well
    return [f"{one.removesuffix('.')}." for one in list(said.all())[:MOST_SENTENCES]]


def span_text(first: date | None, last: date | None, texts: Texts, formats: Formats, fiscal_start: int = 1) -> str:
    """What a period is called: its year, quarter or month where it is a whole one, else its days."""
    if first is None or last is None:
        return "".join(formats.day_text(day) for day in (first, last) if day)
    days = texts("why.span", first=formats.day_text(first), last=formats.day_text(last))
    return whole_period(first, last, texts, formats, fiscal_start) or days


def whole_period(first: date | None, last: date | None, texts: Texts, formats: Formats, fiscal_start: int = 1) -> str:
    """The name of a year, quarter or month; empty where the days are no whole one.

    Where years begin in another month than January, quarters and years have other numbers: then only months have one.
    """
    if first is None or last is None or first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
        return ""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months == 1:
        return formats.month_text(first)
    if fiscal_start > 1:
        return ""
    if months == 3 and first.month % 3 == 1:
        return texts("why.quarter", quarter=str(first.month // 3 + 1), year=str(first.year))
    return str(first.year) if months == 12 and first.month == 1 else ""


def money_text(value: float, formats: Formats) -> str:
    r"""An amount in a sentence: thousands and millions shortened.

    >>> from xl_leadkpi.sheets.formats import Formats
    >>> [money_text(one, Formats("en", "EUR")) for one in (1_214_300, 240_400, 8_120)]
    ['€ 1.21\xa0m', '€ 240\xa0k', '€ 8,120']
    """
    size, words = abs(value), formats.locale.large_numbers
    for power, name in ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand")):
        if size >= max(10**power, 1e5):
            scaled = size / 10**power
            decimals = 0 if power == 3 or scaled >= 100 else 1 if scaled >= 10 else 2
            shown = f"{number_text(scaled, formats.language, decimals)}\N{NO-BREAK SPACE}{words[name]}"
            break
    else:
        shown = number_text(size, formats.language, 2 if size < 100 else 0)
    return formats.amount(shown)


@dataclass(frozen=True, slots=True)
class _Sentences:
    """What is said of one report."""

    report: FunnelReport
    texts: Texts
    formats: Formats

    def all(self) -> Iterator[str]:
        """Every sentence, the weightiest first."""
        known = [name for name in (REVENUE, WON_DEALS) if self._whole(name) is not None]
        for name in known:
            yield self._figure(name)
        if known:
            yield from self._why(known[0])
        for name in (CAC, CONVERSION):
            whole = self._whole(name)
            if whole is not None and whole["tested"] == TOLD:
                yield "; ".join(part for part in (self._figure(name), self._factors(name)) if part)
                yield from self._causes(name)[:1]

    def _why(self, measure: str) -> Iterator[str]:
        factors, causes = self._factors(measure), self._causes(measure)
        if factors:
            yield f"{factors[:1].upper()}{factors[1:]}"
        yield from causes
        whole = self._whole(measure)
        if not factors and not causes and whole is not None and whole["part"]:
            yield self.texts("why.more_than_chance" if whole["tested"] == TOLD else "why.chance")

    def _rows(self, measure: str) -> list[Row]:
        block = (self.report.changes or {}).get(measure)
        return [] if block is None else list(block.rows())

    def _whole(self, measure: str) -> Row | None:
        """The figure itself, None where it is not known."""
        return next(iter(self._rows(measure)), None)

    def _figure(self, measure: str) -> str:
        """How large a figure is, and by how much it has changed."""
        whole, header = self._whole(measure), self.report.header
        assert whole is not None
        before = span_text(header.compared_from, header.compared_to, self.texts, self.formats, header.fiscal_start)
        if measure == WON_DEALS:
            what = self.texts.counted("wins", whole["to"], number_text(whole["to"], self.formats.language))
        else:
            what = (
                f"{measure_name(measure, self.report, self.texts)} {self._value(whole['to'], measure, whole['unit'])}"
            )
        if not whole["part"]:
            return self.texts("why.same", what=what, before=before)
        by = self._value(whole["part"], measure, whole["unit"], is_change=True)
        if whole["from"] and measure != CONVERSION:
            by += f" ({self._percent(whole['part'] / whole['from'])})"
        return self.texts("why.more" if whole["part"] > 0 else "why.less", what=what, by=by, before=before)

    def _factors(self, measure: str) -> str:
        """What each factor that is told, or no sample, has done, the weightiest first."""
        whole = self._whole(measure)
        told = [
            row for row in self._rows(measure) if row["factor"] != WHOLE and row["tested"] != UNCLEAR and row["part"]
        ]
        told = [row for row in told if row["factor"] != "days" or self._is_worth_saying(row, whole)]
        if whole is None:
            return ""
        return ", ".join(self._clause(row, measure, whole) for row in sorted(told, key=lambda row: -abs(row["part"])))

    @staticmethod
    def _is_worth_saying(row: Row, whole: Row | None) -> bool:
        return whole is not None and abs(row["part"]) >= _WORTH_SAYING * max(abs(whole["from"]), abs(whole["to"]))

    def _clause(self, row: Row, measure: str, whole: Row) -> str:
        grew = row["to"] > row["from"] if row["from"] is not None and row["to"] is not None else row["part"] > 0
        what = self.texts(f"why.{row['factor']}_{'up' if grew else 'down'}")
        if measure == CAC:
            frame = "raised" if row["part"] > 0 else "lowered"
        elif row["part"] < 0:
            frame = "took"
        else:
            frame = "gave_back" if whole["part"] < 0 else "brought"
        return self.texts(
            f"why.{frame}", what=what, by=self._value(row["part"], measure, whole["unit"], is_change=True)
        )

    def _causes(self, measure: str) -> list[str]:
        """The groups that a change can be told to come from, a sentence each: of each field the weightiest."""
        block = self.report.causes
        rows = [row for row in block.rows() if row["measure"] == measure] if block is not None else []
        named: dict[str, Row] = {}
        for row in rows:
            # a campaign is its channel's, and the same deals would be named twice
            if row["field"] not in named and not (row["field"] == "campaign" and "source" in named):
                named[row["field"]] = row
        return [self._cause(row, measure) for row in list(named.values())[:MOST_CAUSES]]

    def _cause(self, row: Row, measure: str) -> str:
        kind = f"lead_{row['kind']}" if measure == CONVERSION else row["kind"]
        old, new = (self._value(row[end], measure, row["unit"]) for end in ("from", "to"))
        whole = self._whole(measure)
        by = self._value(row["part"], measure, whole["unit"] if whole else "number", is_change=True)
        by = signed(row["part"], by)
        if whole is not None and row["share"] is not None and 0 < row["share"] <= 1:
            of = "change" if measure == CAC else "gain" if whole["part"] > 0 else "loss"
            by = self.texts(f"why.of_{of}", by=by, share=self._percent(row["share"]))
        group = self.texts.label(row["group"])
        field = self.texts.group(row["field"])
        return self.texts(
            "why.cause", field=field, group=group, kind=self.texts(f"why.kind_{kind}"), old=old, new=new, by=by
        )

    def _value(self, value: float | None, measure: str, unit: str, *, is_change: bool = False) -> str:
        """A figure in a sentence, a change without its sign."""
        language = self.formats.language
        if value is None:
            return "–"
        if unit == "fraction":
            shown = number_text(abs(value) * 100, language, 1)
            return self.texts("why.points", value=shown) if is_change else f"{shown}%"
        if unit == "money":
            spent = replace(self.formats, currency=self.formats.spend_currency or self.formats.currency)
            return money_text(value, spent if measure == CAC else self.formats)
        return plain_text(abs(value), language)

    def _percent(self, share: float) -> str:
        size = abs(share) * 100
        return f"{number_text(size, self.formats.language, 1 if size < 10 else 0)}%"


def signed(value: float, shown: str) -> str:
    """A change with its sign, as it is written."""
    return f"{MINUS if value < 0 else '+'}{shown}"


def measure_name(measure: str, report: FunnelReport, texts: Texts) -> str:
    """What a figure is called in a sentence and in the table."""
    return texts(f"why.{measure}", value=str(report.header.window_days))
