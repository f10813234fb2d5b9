"""The words of the funnel's workbook in one language; the texts themselves stand in that language's file.

Names of functions and of the recogniser's fields stay as they are in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xl_leadkpi.leads.model.findings import fill
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.locales import Locale, locale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.stage import Pipeline

OUR_WORDS = frozenset(
    {"stage", "measure", "basis", "severity", "from", "to", "direction", "outcome", "change", "compared", "late"}
)
"""Columns that hold names of ours, where a stage called Lost is the stage and no source of that name."""
_OF_STAGES = ("cohort_", "entered_", "snapshot_", "")
"""What the name of a stage's count may begin with, as column of a block."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one workbook.

    >>> Texts("pl", "closed")("card.won"), Texts("ru", "closed").column("cpl")
    ('Wygrane', 'CPL')
    >>> Texts("en", "all").column("win_rate")
    'Won ÷ opps'
    """

    language: str
    win_basis: str = "closed"
    is_deals: bool = False
    pipeline: Pipeline = PIPELINE

    def __call__(self, key: str, **values: str) -> str:
        """The text of a key, its placeholders filled in.

        Raises:
            MissingTextError: If the language has none.
        """
        text = self.locale.text("funnel", self._name(key) or key)
        return text.format(**values) if values else text

    @property
    def locale(self) -> Locale:
        """The language with all that is its own."""
        return locale(self.language)

    def _name(self, key: str) -> str | None:
        """The name under which a key has a text, None if it has none."""
        texts = self.locale.funnel
        return next((name for name in self._names(key) if name in texts), None)

    def _names(self, key: str) -> tuple[str, ...]:
        """Where a text may stand: under a name for deals, under its own, under one for the basis of the win rate."""
        own = (key, f"{key}_{self.win_basis}")
        return (f"{key}_deals", *own) if self.is_deals else own

    def counted(self, key: str, number: int, shown: str) -> str:
        """A number with its noun in the form that the number asks for.

        Args:
            key: ``leads`` (deals, where the rows are deals) or ``rows``.
            number: How many.
            shown: The number as it is to be written.

        >>> [Texts("pl", "closed").counted("leads", n, str(n)) for n in (1, 3, 12, 22)]
        ['1 lead', '3 leady', '12 leadów', '22 leady']
        >>> Texts("en", "closed", is_deals=True).counted("leads", 1, "1")
        '1 deal'
        """
        return self(f"count.{key}_{self.locale.plural_form(number)}", value=shown)

    def finding_details(self, finding: Finding) -> str:
        """What a finding says besides: names of stages and fields are ours, all else is from the export.

        >>> from xl_leadkpi.leads.model.findings import Finding, FindingKind
        >>> order = Finding(FindingKind.STAGE_ORDER, 1, details={"stages": ("Meeting", "Opportunity"), "days": 4.0})
        >>> Texts("pl").finding_details(order)
        'Spotkanie, Szansa (4 dni)'
        """
        return finding.rendered(_FindingNames(self))

    def known_field(self, name: str) -> str:
        """A field of the recogniser in the reader's words; its own name where it has none."""
        return self.known(f"known.{name}", name)

    def known(self, key: str, otherwise: str, **values: str) -> str:
        """The text of a key, its placeholders filled in, or another text where the key has none."""
        return self(key, **values) if self._name(key) else otherwise

    def column(self, key: str) -> str:
        """Header of a column; a key without a text of its own is shown as it is."""
        own = self._of_own_stage(key)
        if own:
            return own
        key = key.removesuffix("_revenue")  # of a model of attribution
        return self.known(f"column.{key}", key.replace("_", " ").capitalize())

    def card(self, key: str, window_days: int) -> str:
        """Name of a key figure, as its card has it."""
        return self._of_own_stage(key) or self.known(f"card.{key}", self.column(key), value=str(window_days))

    def _of_own_stage(self, key: str) -> str | None:
        """The text of a count of a stage that the user has named; None for any other key."""
        for beginning in _OF_STAGES:
            stage = self.pipeline.counted.get(key.removeprefix(beginning)) if key.startswith(beginning) else None
            if stage is not None and stage is not self.pipeline.entry:
                text = self(f"column.{beginning}stage", value=stage.name) if beginning else stage.name
                return text if stage.is_own else None
        return None

    def stage(self, name: str) -> str:
        """A stage or an outcome in the reader's words: what the user has named stays as it is."""
        is_own = name in self.pipeline and self.pipeline[name].is_own
        return name if is_own else self.known(f"label.{name}", name)

    def label(self, value: str, column: str = "") -> str:
        """A label of a row: totals are translated, stages in columns of stages, the user's words are not."""
        ours = value.startswith("(") or column in OUR_WORDS
        if ours and value in self.pipeline:
            return self.stage(value)
        return self.known(f"label.{value}", value) if ours else value

    def note(self, code: str, value: str = "") -> str:
        """A remark."""
        if code == "reach_mode_scope":
            value = self.known(f"choice.{value}", value)
        return self(f"note.{code}", value=value) if self._name(f"note.{code}") else f"{code} {value}".strip()

    def group(self, field: str) -> str:
        """Header of the column that names the groups of a field."""
        return self.known(f"group.{field}", field)

    def finding(self, kind: str) -> str:
        """What was odd, in a few words."""
        found = self.locale.findings.get(kind)
        return found.title if found else kind.replace("_", " ").capitalize()

    def remedy(self, finding: Finding) -> str:
        """What can be done about a finding, ``""`` where nothing need be done."""
        found = self.locale.findings.get(finding.kind)
        return fill(found.remedy, finding, _FindingNames(self)) if found else ""

    def meaning(self, finding: Finding) -> str:
        """What a finding says, in a sentence."""
        found = self.locale.findings.get(finding.kind)
        return fill(found.meaning, finding, _FindingNames(self)) if found else ""

    def figures(self, keys: Iterable[str], window_days: int) -> str:
        """Names of key figures, as their cards have them.

        >>> Texts("en", "closed").figures(["win_rate", "mql", "lead_conversion_mature"], 90)
        'Win rate (won ÷ closed), MQL, Lead → won in 90 days'
        """
        return ", ".join(self.card(key, window_days) for key in keys)

    def field(self, name: str) -> str:
        """A field to group by, as it stands in a heading."""
        return self.known(f"field.{name}", name)


@dataclass(frozen=True, slots=True)
class _FindingNames:
    """How a language calls what findings name."""

    texts: Texts

    def stage(self, name: str) -> str:
        return self.texts.stage(name)

    def field(self, name: str) -> str:
        return self.texts.known_field(name)

    def measure(self, name: str) -> str:
        return self.texts.label(name, "measure")

    def order(self, source: str) -> str:
        return self.texts.known(f"order.{source}", source)

    def days(self, number: str) -> str:
        return self.texts("finding.days", value=number)

    def hidden(self, cells: str) -> str:
        return self.texts("finding.hidden", value=cells)

    def tie(self, field: str, taken: str, left: str) -> str:
        return self.texts("finding.tie", field=field, taken=taken, left=left)

    def line_amount(self, origin: str, header: str) -> str:
        return self.texts(f"finding.amount_{origin}", value=header) if header else ""
