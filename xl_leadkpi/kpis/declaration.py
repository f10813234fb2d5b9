"""What a KPI is: one plain function and its metadata, from which value, Excel text, LAMBDA and help are derived."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from math import inf, nextafter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from xl_leadkpi.cells.formula import symbol

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
}
"""How a result is shown, by its unit. Rates are fractions; the percent sign is the format's."""

Language = Literal["en", "pl", "ru"]
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

    @property
    def limits(self) -> tuple[float, float]:
        """Smallest and largest value allowed, both finite."""
        low, high = max(self.low, -LARGEST), min(self.high, LARGEST)
        return (nextafter(low, inf), nextafter(high, -inf)) if self.open_ends else (low, high)

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


def money(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """An amount that is spent or planned: never negative."""
    return Argument(name, "money", meaning, low=0, optional=default is not None, default=default)


def revenue(name: str, meaning: str, *, default: float | None = None) -> Argument:
    """An amount that is earned: negative where refunds or losses outweigh."""
    return Argument(name, "money", meaning, optional=default is not None, default=default)


def count(name: str, meaning: str, *, default: float | None = None, blank: float | None = None) -> Argument:
    """A number of leads, deals, clicks ...: never negative, not necessarily whole."""
    return Argument(name, "count", meaning, low=0, optional=default is not None, default=default, blank=blank)


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


class Rule(NamedTuple):
    """When a KPI has no value: the condition as Excel text over the argument names, and the error it gives."""

    condition: str
    error: CellError


class Example(NamedTuple):
    """A worked example: a test, and the example of the help.

    Attributes:
        arguments: In the order of the KPI's arguments; blanks are None.
        expected: Number, error value, or a tuple for a result that spills.
        source: Where the figures come from.
    """

    arguments: tuple[Any, ...]
    expected: float | CellError | tuple[float | CellError, ...]
    source: str = ""


class Source(NamedTuple):
    """What one of the articles behind the catalogue (``ARTICLES``) says about a KPI.

    Attributes:
        article: Key in ``ARTICLES``.
        says: Its wording or the gist of it.
        wrong: Why its formula is wrong, ``""`` where it is right or gives none.
    """

    article: str
    says: str
    wrong: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Kpi(ABC):
    """One KPI of the catalogue; call it to compute it.

    Attributes:
        name: Excel name.
        formula: The plain function behind it.
        title: Name in words, by language.
        family: Key in ``FAMILIES``.
        arguments: In order.
        unit: Of the result, see ``NUMBER_FORMATS``.
        per: What a result is per, e.g. ``day``, where the unit does not say all.
        direction: Which way is better.
        examples: Worked examples.
        aliases: Other names, by language.
        confused_with: KPIs often taken for this one.
        sources: Which of the source articles name it and what they say.
        pitfalls: What to mind.
        references: What the field's own references say.
        remarks: Rules that are not plain conditions.
    """

    name: str
    formula: Callable[..., Any]
    title: Mapping[Language, str]
    family: str
    arguments: tuple[Argument, ...]
    unit: str
    per: str = ""
    direction: Direction
    examples: tuple[Example, ...]
    aliases: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    confused_with: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    pitfalls: str = ""
    references: str = ""
    remarks: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.formula.__doc__)
        object.__setattr__(self, "__name__", self.name)

    def __repr__(self) -> str:
        return self.signature

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
    def rules(self) -> tuple[Rule, ...]:
        """When it has no value, in the order in which it is checked."""

    @abstractmethod
    def excel_text(self, *arguments: str | float, item: int | None = None) -> str:
        """Write the bare formula."""

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
