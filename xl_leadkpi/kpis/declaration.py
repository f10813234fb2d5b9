"""What a KPI is: one plain function and its metadata, from which value, Excel text, LAMBDA and help are derived."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from inspect import Parameter, Signature, cleandoc
from math import inf, nextafter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from xl_leadkpi.cells.formula import symbol
from xl_leadkpi.locales import ENGLISH, FunctionText, locale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.cells.errors import CellError
    from xl_leadkpi.cells.formula import Expression

LARGEST: Final = sys.float_info.max

NUMBER_FORMATS: Final = {
    "money": "#,##0.00",
    "count": "#,##0",
    "fraction": "0.0%",
    "ratio": "0.00",
    "days": "0.0",
    "minutes": "0.0",
    "months": "0.0",
    "periods": "0.0",
    "points": "0",
    "p_value": "0.0000",
}
"""How a result is shown, by its unit. Rates are fractions; the percent sign is the format's."""

Direction = Literal["higher", "lower", "neutral", "nearer 0"]


class Argument(NamedTuple):
    """One argument of a KPI.

    Attributes:
        name: Public for ever; also the parameter of the Excel function.
        unit: ``money``, ``count``, ``fraction``, ``number``, ``ratio``, ``days``, ``date``, ``text`` ...
        meaning: What to pass, in a few words.
        low, high: Values outside are ``#NUM!``.
        open_ends: ``low`` and ``high`` themselves are outside too.
        optional: May be left out.
        default: What an omitted (or blank) optional argument stands for; None where there is no such value.
        blank: What a blank cell stands for where it does not make the result blank.
        is_range: Takes a range.
        paired: Belongs, cell by cell, to the other ranges.
        criterion_of: Name of the optional range whose cells are compared with this; neither stands without the other.
        out_of: Name of the argument that these are some of, each counted once: more than that is ``#NUM!``.
        may_exceed: Name of the argument that these events may exceed: one and the same may bring several.
    """

    name: str
    unit: str
    meaning: str
    low: float = -inf
    high: float = inf
    open_ends: bool = False
    optional: bool = False
    default: float | str | None = None
    blank: float | None = None
    is_range: bool = False
    paired: bool = True
    criterion_of: str = ""
    out_of: str = ""
    may_exceed: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        """Smallest and largest value allowed, both finite."""
        low, high = max(self.low, -LARGEST), min(self.high, LARGEST)
        return (nextafter(low, inf), nextafter(high, -inf)) if self.open_ends else (low, high)

    @property
    def kind(self) -> str:
        """What is to be passed: ``money``, ``range of text``, ``count, optional`` ..."""
        kind = f"range of {self.unit}" if self.is_range else self.unit
        if self.out_of:
            kind = f"{kind}, each once: at most {self.out_of}"
        if self.may_exceed:
            kind = f"{kind} of events: may exceed {self.may_exceed}"
        return f"{kind}, optional" if self.optional else kind

    @property
    def needs_number(self) -> bool:
        """Whether text is refused. In a range of dates it is passed over, a statistic has names too."""
        return self.unit not in {"text", "statistic"} and not (self.is_range and self.unit == "date")

    def outside(self, own: Expression) -> list[Expression]:
        """The conditions under which a value is out of bounds."""
        found = []
        if self.low > -inf:
            found.append(own <= self.low if self.open_ends else own < self.low)
        if self.high < inf:
            found.append(own >= self.high if self.open_ends else own > self.high)
        return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def money(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """An amount that is spent or planned: never negative."""
    return Argument(name, "money", meaning, low=0, optional=default is not None, default=default)


def revenue(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """An amount that is earned: negative where refunds or losses outweigh."""
    return Argument(name, "money", meaning, optional=default is not None, default=default)


def count(name: str, meaning: str, *, default: float | None = None, blank: float | None = None) -> Argument:
    """A number of leads, deals, clicks ...: never negative, not necessarily whole."""
    return Argument(name, "count", meaning, low=0, optional=default is not None, default=default, blank=blank)


def unique(name: str, meaning: str, *, out_of: str) -> Argument:
    """A number of people or records, each counted once, out of those of another argument: never more than these."""
    return count(name, meaning)._replace(out_of=out_of)


def events(name: str, meaning: str, *, beside: str) -> Argument:
    """How often something happened; several times to one of those of another argument, so it may exceed them."""
    return count(name, meaning)._replace(may_exceed=beside)


def fraction(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """A share of 0..1; 25 for 25 % is refused."""
    return Argument(name, "fraction", meaning, low=0, high=1, optional=default is not None, default=default)


def margin(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """A gross margin: at most 1, negative when selling below cost."""
    return Argument(name, "fraction", meaning, high=1, optional=default is not None, default=default)


def amounts(name: str, meaning: str) -> Argument:
    """A range of amounts; refunds are negative."""
    return Argument(name, "money", meaning, is_range=True)


def counts(name: str, meaning: str) -> Argument:
    """A range of counts."""
    return Argument(name, "count", meaning, low=0, is_range=True)


def days(name: str, meaning: str) -> Argument:
    """A range of dates, with or without times; whatever is no date is passed over."""
    return Argument(name, "date", meaning, is_range=True)


def words(name: str, meaning: str, *, default: str | None = None) -> Argument:
    """A range of texts; case and surplus spaces do not matter."""
    return Argument(name, "text", meaning, optional=default is not None, default=default, is_range=True)


STATISTIC: Final = Argument(
    "stat", "statistic", '"mean", "median", "p90" and the like, or a quantile of 0..1', optional=True, default="mean"
)
"""Which statistic of a duration is wanted."""


class NoValueRule(NamedTuple):
    """When a KPI has no value: the condition as Excel text over the argument names, and the error it gives."""

    condition: str
    error: CellError


class Example(NamedTuple):
    """A worked example: a test, and the example of the help.

    Attributes:
        arguments: In the order of the KPI's arguments; blanks are None.
        expected: Number, error value, or a tuple for a result that spills.
    """

    arguments: tuple[Any, ...]
    expected: float | CellError | tuple[float | CellError, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Kpi(ABC):
    """One KPI of the catalogue; call it to compute it.

    Attributes:
        name: Excel name.
        formula: The plain function behind it.
        title: Name in words, in English; those of other languages stand in the language's file.
        family: Key in ``FAMILIES``.
        arguments: In order.
        unit: Of the result, see ``NUMBER_FORMATS``.
        per: What a result is per, e.g. ``day``, where the unit does not say all.
        gives: What comes back where it is more than one number.
        direction: Which way is better.
        examples: Worked examples.
        aliases: Other names, in English.
        confused_with: KPIs often taken for this one.
        pitfalls: What to mind.
        remarks: Rules that are not plain conditions.
    """

    name: str
    formula: Callable[..., Any]
    title: str
    family: str
    arguments: tuple[Argument, ...]
    unit: str
    per: str = ""
    gives: str = ""
    direction: Direction
    examples: tuple[Example, ...]
    aliases: tuple[str, ...] = ()
    confused_with: tuple[str, ...] = ()
    pitfalls: str = ""
    remarks: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self._documentation())
        object.__setattr__(self, "__name__", self.name)
        object.__setattr__(self, "__signature__", Signature(self._parameters()))

    def __repr__(self) -> str:
        return self.signature

    def title_in(self, language: str) -> str:
        """Name in words in a language; in English where the language has none yet."""
        text = None if language == ENGLISH else locale(language).functions.get(self.name)
        return text.title if text and text.title else self.title

    def aliases_in(self, language: str) -> tuple[str, ...]:
        """Other names in a language."""
        if language == ENGLISH:
            return self.aliases
        text = locale(language).functions.get(self.name)
        return text.aliases if text else ()

    def texts_in(self, language: str) -> FunctionText:
        """All that is said of it in a language; in English whatever the language does not say yet."""
        own = None if language == ENGLISH else locale(language).functions.get(self.name)
        arguments = own.arguments if own else {}
        return FunctionText(
            meaning=own.meaning if own else self.meaning,
            arguments={one.name: arguments.get(one.name, one.meaning) for one in self.arguments},
            title=self.title_in(language),
            aliases=self.aliases_in(language),
            pitfalls=(own and own.pitfalls) or self.pitfalls,
            remarks=(own and own.remarks) or self.remarks,
        )

    @property
    def meaning(self) -> str:
        """What it is, in a sentence: the first paragraph of the formula's docstring."""
        return " ".join((self.formula.__doc__ or "").partition("\n\n")[0].split())

    def _documentation(self) -> str:
        """The docstring: the formula's, with arguments and result as they are declared."""
        summary, _, rest = cleandoc(self.formula.__doc__ or "").partition("\n\n")
        result = f"{self.unit} per {self.per}" if self.per else self.unit
        arguments = (f"    {one.name}: {_sentence(one.meaning)} ({one.kind})." for one in self.arguments)
        returns = f"Returns:\n    {_sentence(self.gives or result)}."
        sections = [summary, "\n".join(["Args:", *arguments]), returns, rest]
        return "\n\n".join(filter(None, sections))

    def _parameters(self) -> list[Parameter]:
        """The arguments as Python and editors know them."""
        return [
            Parameter(
                one.name, Parameter.POSITIONAL_OR_KEYWORD, default=one.default if one.optional else Parameter.empty
            )
            for one in self.arguments
        ]

    @property
    def number_format(self) -> str:
        """Excel number format of the result."""
        return NUMBER_FORMATS[self.unit]

    @property
    def required(self) -> int:
        """How many arguments must be given."""
        return sum(not argument.optional for argument in self.arguments)

    @property
    def signature(self) -> str:
        """Name and arguments as Excel's help writes them, optional ones in brackets: ``CAC(a, b, [c])``."""
        names = (f"[{a.name}]" if a.optional else a.name for a in self.arguments)
        return f"{self.name}({', '.join(names)})"

    @abstractmethod
    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the KPI."""

    @property
    @abstractmethod
    def rules(self) -> tuple[NoValueRule, ...]:
        """When it has no value, in the order in which it is checked."""

    @abstractmethod
    def excel_text(self, *arguments: str | float, item: int | None = None) -> str:
        """Write the bare formula."""

    def no_value_texts(self, *arguments: str | float) -> tuple[str, ...]:  # noqa: ARG002 - of ranges nothing is known
        """Write the conditions over cells under which plausible arguments give no value.

        There is nothing to divide by, or a part is larger than its whole.

        Args:
            *arguments: Excel text (cells, ranges, expressions) or numbers, in order.
        """
        return ()

    def divided_by(self, given: int) -> tuple[int, ...]:  # noqa: ARG002 - what a range is divided by is no argument
        """Tell which arguments the result is divided by, the cases it rests on, by their places from 0.

        Args:
            given: How many arguments are given.
        """
        return ()

    @abstractmethod
    def lambda_text(self) -> str:
        """Write the LAMBDA with all its guards."""

    def bind(self, values: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        """Put arguments in order, None for those left out.

        Raises:
            TypeError: If one is missing, unknown, or given twice.
        """
        names = [argument.name for argument in self.arguments]
        if len(values) > len(names):
            raise TypeError(f"{self.signature} takes at most {len(names)} arguments, {len(values)} were given")
        given = dict(zip(names, values, strict=False))
        for name, value in named.items():
            if name not in names:
                raise TypeError(f"{self.signature} has no argument {name!r}")
            if name in given:
                raise TypeError(f"{self.signature} got {name!r} twice")
            given[name] = value
        missing = [a.name for a in self.arguments if not a.optional and a.name not in given]
        if missing:
            raise TypeError(f"{self.signature} needs {', '.join(missing)}")
        return [given.get(name) for name in names]

    def symbols(self, arguments: Sequence[str | float]) -> list[Expression | None]:
        """Turn Excel texts into symbols, None for arguments left out."""
        bound = self.bind(arguments, {})
        return [None if value is None else symbol(value) for value in bound]


_declared: dict[str, Kpi] = {}
DECLARED: Final[Mapping[str, Kpi]] = MappingProxyType(_declared)
"""Every KPI declared so far; complete once the families are imported."""


def declare(kpi: Kpi) -> None:
    """Add a KPI to the catalogue.

    Raises:
        ValueError: If its name is taken.
    """
    if kpi.name in _declared:
        raise ValueError(f"{kpi.name} is declared twice")
    _declared[kpi.name] = kpi


def day(year: int, month: int, of_month: int, hour: int = 0, minute: int = 0) -> datetime:
    """A day for an example; cells know no time zone."""
    return datetime(year, month, of_month, hour, minute)  # noqa: DTZ001
