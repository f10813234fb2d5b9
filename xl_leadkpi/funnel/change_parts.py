"""The change of a figure between two periods in parts: of each factor, of each group; and what of it chance would do.

Nothing here asks an engine: it is all arithmetic on the sums of two periods. See :mod:`~xl_leadkpi.funnel.changes` for
what the figures are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from xl_leadkpi.funnel import chance
from xl_leadkpi.funnel.decomposition import Cost, cost_parts, product_parts
from xl_leadkpi.funnel.incidence import discoveries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REVENUE, WON_DEALS, CAC, CONVERSION = "revenue", "won", "cac", "lead_conversion_mature"
MEASURES: Final = (REVENUE, WON_DEALS, CAC, CONVERSION)
"""The figures whose changes are split."""
WHOLE, DAYS_FACTOR, CLOSED, WIN_RATE, PRICED, DEAL, SPEND = (
    "(total)", "days", "closed", "win_rate", "priced", "deal", "spend",
)  # fmt: skip
KINDS: Final = ("spend", "volume", "mix", "rate", "deal")
"""Parts of a group."""
TOLD, UNCLEAR, EXACT = "told", "unclear", "exact"
"""What can be said of a part: told from chance, or not; exact where it is no sample and chance has no say."""
Name = str | None | tuple[()]
"""A group: its value, None where leads have none, ``()`` for those without a row of their own together."""
REST: Final[tuple[()]] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed in a period, of a group or of all.

    Attributes:
        closed: Won and lost opportunities; ``won``: the won ones.
        priced: Wins with an amount; ``revenue``: their amounts; ``squares``: the sum of their squares.
        logs: Logarithms of the amounts above 0.
        spend: What marketing cost, None where nobody knows.
    """

    closed: int = 0
    won: int = 0
    priced: int = 0
    revenue: float = 0.0
    squares: float = 0.0
    logs: chance.Logs = field(default_factory=chance.Logs)
    spend: float | None = None

    def __add__(self, other: Closed) -> Closed:
        return Closed(
            self.closed + other.closed,
            self.won + other.won,
            self.priced + other.priced,
            self.revenue + other.revenue,
            self.squares + other.squares,
            self.logs + other.logs,
            None if self.spend is None and other.spend is None else (self.spend or 0.0) + (other.spend or 0.0),
        )

    @property
    def win_rate(self) -> float | None:
        """Won of the closed ones."""
        return self.won / self.closed if self.closed else None

    @property
    def priced_share(self) -> float | None:
        """Wins with an amount of all wins."""
        return self.priced / self.won if self.won else None

    @property
    def deal(self) -> float | None:
        """Average of the amounts."""
        return self.revenue / self.priced if self.priced else None


class Mature(NamedTuple):
    """Leads old enough for the window, and those of them won within it."""

    leads: int = 0
    won: int = 0

    @property
    def rate(self) -> float | None:
        """Lead to won within the window."""
        return self.won / self.leads if self.leads else None


@dataclass(frozen=True, slots=True)
class Side:
    """A period, of a group or of all: what was closed in it and the leads created in it."""

    closed: Closed = Closed()
    created: Mature = field(default_factory=Mature)

    def __add__(self, other: Side) -> Side:
        created = Mature(self.created.leads + other.created.leads, self.created.won + other.created.won)
        return Side(self.closed + other.closed, created)


class Pair(NamedTuple):
    """The period compared with, and the one asked for."""

    before: Side
    now: Side


class Days(NamedTuple):
    """How many days each of the two has, as far as they are over."""

    before: int
    now: int


# tests ----------------------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """What a test is of: a kind of figure, in a group of a field or in all."""

    kind: str
    field: str = ""
    group: Name = None


class Part(NamedTuple):
    """What a factor adds to the change of a figure.

    Attributes:
        value: By how much.
        test: What has to be told from chance for it to be; None for what is no sample.
        way: 1 where it goes the way of what is tested, -1 where it goes the other way, 0 where it may do either.
    """

    value: float
    test: Key | None = None
    way: int = 1


class Verdicts:
    """Everything that is tested, each once, and which of it to believe."""

    def __init__(self) -> None:
        self._found: dict[Key, tuple[float | None, float]] = {}

    def add(self, key: Key, p_value: float | None, difference: float) -> Key:
        """Take up a test.

        Args:
            key: What is tested.
            p_value: The chance of such a difference where there is none; None where nothing can be said.
            difference: Which way it went.
        """
        self._found[key] = p_value, difference
        return key

    @cached_property
    def _believed(self) -> frozenset[Key]:
        passed = discoveries([p_value for p_value, _ in self._found.values()])
        return frozenset(key for key, is_believed in zip(self._found, passed, strict=True) if is_believed)

    def verdict(self, part: Part) -> str:
        """Whether a part can be told from chance, what was tested having gone the same way."""
        if part.test is None:
            return EXACT
        went = part.value * part.way * self._found[part.test][1]
        is_told = part.test in self._believed and (went > 0 if part.way else part.value != 0)
        return TOLD if is_told else UNCLEAR

    def whole_verdict(self, whole: Part, parts: Iterable[Part]) -> str:
        """The same of the whole: by a test of its own, or where parts that are known and most of it go its way."""
        if whole.test is not None and self.verdict(whole) == TOLD:
            return TOLD
        told = sum(part.value for part in parts if self.verdict(part) != UNCLEAR)
        return TOLD if told * whole.value > 0 and abs(told) >= abs(whole.value) / 2 else UNCLEAR

    def p_value(self, part: Part) -> float | None:
        """The chance of such a difference where there is none; None for what is no sample or too few."""
        return self._found[part.test][0] if part.test is not None else None


# factors --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a figure, or the figure itself.

    Attributes:
        name: Which.
        before: Its value in the period compared with; None where that is unknown.
        now: Its value in the period asked for.
        part: What it adds to the change.
    """

    name: str
    before: float | None
    now: float | None
    part: Part


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a figure with its factors."""

    whole: Factor
    factors: tuple[Factor, ...] = ()


def judge_whole(pair: Pair, days: Days, verdicts: Verdicts) -> None:
    """Test all that the factors of all together rest on, each once."""
    before, now = pair.before.closed, pair.now.closed

    def counts(key: str, old: int, new: int) -> None:
        p_value = chance.counts_test(chance.Counted(new, days.now), chance.Counted(old, days.before))
        verdicts.add(Key(key), p_value, new * days.before - old * days.now)

    counts(CLOSED, before.closed, now.closed)
    counts(WON_DEALS, before.won, now.won)
    sums = [
        chance.Sums(one.priced, one.revenue, one.squares, of) for one, of in ((now, days.now), (before, days.before))
    ]
    more = now.revenue * days.before - before.revenue * days.now
    verdicts.add(Key(REVENUE), chance.sums_test(*sums), more)
    _test_rates(before, now, verdicts, Key(WIN_RATE), Key(DEAL))
    priced = (before.priced, before.won), (now.priced, now.won)
    _test_shares(*priced, verdicts, Key(PRICED))
    _test_shares(pair.before.created[::-1], pair.now.created[::-1], verdicts, Key(CONVERSION))


def _test_rates(before: Closed, now: Closed, verdicts: Verdicts, rate: Key, deal: Key) -> None:
    _test_shares((before.won, before.closed), (now.won, now.closed), verdicts, rate)
    is_known = before.logs.n and now.logs.n
    verdicts.add(
        deal,
        chance.amounts_test(now.logs, before.logs) if is_known else None,
        now.logs.mean - before.logs.mean if is_known else 0.0,
    )


def _test_shares(before: Sequence[int], now: Sequence[int], verdicts: Verdicts, key: Key) -> None:
    (old, of_old), (new, of_new) = before, now
    p_value = chance.shares_test(chance.Share(new, of_new), chance.Share(old, of_old))
    verdicts.add(key, p_value, new * of_old - old * of_new)


def change_of_closed(measure: str, pair: Pair, days: Days) -> Change:
    """Split the change of wins or of revenue over its factors.

    Args:
        measure: ``won`` or ``revenue``.
        pair: What was closed in both periods.
        days: Their days.
    """
    before, now = pair.before.closed, pair.now.closed
    names = [DAYS_FACTOR, CLOSED, WIN_RATE, *([PRICED, DEAL] if measure == REVENUE else [])]
    values = [
        [
            of,
            one.closed / of if of else None,
            one.win_rate,
            *([one.priced_share, one.deal] if measure == REVENUE else []),
        ]
        for one, of in ((before, days.before), (now, days.now))
    ]
    parts = dict(zip(names, product_parts(*values), strict=True))
    shown = {
        DAYS_FACTOR: days,
        CLOSED: (before.closed, now.closed),
        WIN_RATE: (before.win_rate, now.win_rate),
        PRICED: (before.priced_share, now.priced_share),
        DEAL: (before.deal, now.deal),
    }
    tests = {DAYS_FACTOR: None, **{name: Key(name) for name in names[1:]}}
    factors = tuple(Factor(name, *shown[name], Part(parts[name], tests[name])) for name in names)
    old, new = (one.revenue if measure == REVENUE else one.won for one in (before, now))
    return Change(Factor(WHOLE, old, new, Part(new - old, Key(measure))), factors)


def change_of_cost(pair: Pair, won: Change) -> Change | None:
    """Split the change of spend per win over spend and the factors of the wins; None where it is unknown.

    Args:
        pair: What was closed in both periods, with its spend.
        won: The change of the wins.
    """
    costs = _costs(pair)
    if costs is None:
        return None
    a_unit, a_win = cost_parts(*costs)
    old, new = (one.spend / one.won for one in costs)
    spend = Factor(SPEND, costs[0].spend, costs[1].spend, Part((costs[1].spend - costs[0].spend) * a_unit))
    factors = (replace(one, part=_less(one.part, a_win)) for one in won.factors)
    return Change(Factor(WHOLE, old, new, Part(new - old)), (spend, *factors))


def _costs(pair: Pair) -> tuple[Cost, Cost] | None:
    before, now = pair.before.closed, pair.now.closed
    if before.spend is None or now.spend is None or not (before.won and now.won):
        return None
    return Cost(before.spend, before.won), Cost(now.spend, now.won)


def change_of_conversion(pair: Pair) -> Change | None:
    """The change of lead to won within the window; None where one of the periods has no leads old enough."""
    old, new = pair.before.created.rate, pair.now.created.rate
    if old is None or new is None:
        return None
    return Change(Factor(WHOLE, old, new, Part(new - old, Key(CONVERSION))))


# groups ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a group adds to the change of a figure.

    Attributes:
        group: The group.
        before: The figure of the group in the period compared with, None where it has none.
        now: The same in the period asked for.
        value: All that it adds.
        parts: By kind (``KINDS``), what it adds.
        values: By kind, what has changed, in both periods: its share of all, its rate, its average deal, its spend.
    """

    group: Name
    before: float | None
    now: float | None
    value: float
    parts: Mapping[str, Part]
    values: Mapping[str, tuple[float | None, float | None]]


def judge_groups(groups: Mapping[Name, Pair], whole: Pair, field: str, verdicts: Verdicts) -> None:
    """Test what the parts of each group of a field rest on; those without a row of their own are no group."""
    before, now = whole.before, whole.now
    for name, pair in groups.items():
        keys = [Key(kind, field, name) for kind in ("rate", "deal", "mix", "lead_mix", "lead_rate")]
        if name == REST:
            for key in keys:
                verdicts.add(key, None, 0.0)
            continue
        rate, deal, mix, lead_mix, lead_rate = keys
        old, new = pair.before, pair.now
        _test_rates(old.closed, new.closed, verdicts, rate, deal)
        of_old, of_new = before.closed.closed, now.closed.closed
        _test_shares((old.closed.closed, of_old), (new.closed.closed, of_new), verdicts, mix)
        of_old, of_new = before.created.leads, now.created.leads
        _test_shares((old.created.leads, of_old), (new.created.leads, of_new), verdicts, lead_mix)
        _test_shares(old.created[::-1], new.created[::-1], verdicts, lead_rate)


def groups_of_closed(measure: str, groups: Mapping[Name, Pair], whole: Pair, field: str) -> list[GroupChange]:
    """Split the change of wins or of revenue over groups: all closed x own share x own win rate x own deal.

    Args:
        measure: ``won`` or ``revenue``.
        groups: Both periods of each group.
        whole: Both periods of all together.
        field: What the groups are of.
    """
    kinds = ["volume", "mix", "rate", *(["deal"] if measure == REVENUE else [])]
    every = whole.before.closed.closed, whole.now.closed.closed
    found = []
    for name, pair in groups.items():
        values = []
        for one, of in zip((pair.before.closed, pair.now.closed), every, strict=True):
            per_win = one.revenue / one.won if one.won else None
            values.append([of, one.closed / of if of else None, one.win_rate, per_win][: len(kinds)])
        keys = {"volume": Key(CLOSED), **{kind: Key(kind, field, name) for kind in kinds[1:]}}
        parts = {kind: Part(part, keys[kind]) for kind, part in zip(kinds, product_parts(*values), strict=True)}
        shown = {kind: (old, new) for kind, old, new in zip(kinds, *values, strict=True)}
        old, new = (one.closed.revenue if measure == REVENUE else one.closed.won for one in pair)
        found.append(GroupChange(name, old, new, new - old, parts, shown))
    return found


def groups_of_cost(groups: Mapping[Name, Pair], whole: Pair, field: str) -> list[GroupChange]:
    """Split the change of spend per win over groups; none where it or the spend of groups is unknown."""
    costs = _costs(whole)
    if costs is None or all(pair.before.closed.spend is pair.now.closed.spend is None for pair in groups.values()):
        return []
    a_unit, a_win = cost_parts(*costs)
    found = []
    for one in groups_of_closed(WON_DEALS, groups, whole, field):
        closed = [side.closed for side in groups[one.group]]
        old, new = (side.spend or 0.0 for side in closed)
        own = [side.spend / side.won if side.spend is not None and side.won else None for side in closed]
        parts = {SPEND: Part((new - old) * a_unit), **{kind: _less(part, a_win) for kind, part in one.parts.items()}}
        shown = {SPEND: (closed[0].spend, closed[1].spend), **one.values}
        value = sum(part.value for part in parts.values())
        found.append(GroupChange(one.group, own[0], own[1], value, parts, shown))
    return found


def _less(part: Part, by: float) -> Part:
    """A part of the wins as one of their cost."""
    return Part(part.value * by, part.test, -part.way)


def groups_of_conversion(groups: Mapping[Name, Pair], whole: Pair, field: str) -> list[GroupChange]:
    """Split the change of lead to won over groups: own share of the leads x own rate.

    A share that grows adds only as far as the group is better than all together.
    """
    before, now = whole.before.created, whole.now.created
    if before.rate is None or now.rate is None:
        return []
    found = []
    for name, pair in groups.items():
        old, new = pair.before.created, pair.now.created
        shares = old.leads / before.leads, new.leads / now.leads
        mix, rate = product_parts([shares[0], old.rate], [shares[1], new.rate])
        mix -= (shares[1] - shares[0]) * (before.rate + now.rate) / 2
        parts = {"mix": Part(mix, Key("lead_mix", field, name), 0), "rate": Part(rate, Key("lead_rate", field, name))}
        values = {"mix": shares, "rate": (old.rate, new.rate)}
        found.append(GroupChange(name, old.rate, new.rate, mix + rate, parts, values))
    return found


def groups_of(measure: str, groups: Mapping[Name, Pair], whole: Pair, field: str) -> list[GroupChange]:
    """Split the change of a figure over the groups of a field.

    Args:
        measure: Which figure.
        groups: Both periods of each group.
        whole: Both periods of all together.
        field: What the groups are of.
    """
    if measure == CAC:
        return groups_of_cost(groups, whole, field)
    if measure == CONVERSION:
        return groups_of_conversion(groups, whole, field)
    return groups_of_closed(measure, groups, whole, field)
