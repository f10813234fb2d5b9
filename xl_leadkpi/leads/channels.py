"""One name for one channel: the spellings of ad systems, CRMs and utm tags, and what was not paid for kept apart.

A channel is told by the source and, where the table has it, the medium: ``google`` with ``cpc`` is Google Ads, with
``organic`` it is not. Nothing is renamed that nothing else is joined to.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.leads.cells.vocabulary import plain
from xl_leadkpi.leads.fields.rules import spellings
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.table import ChannelName, Spelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.table import LeadTable, SpendTable, TouchTable

    Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
    Origin = Literal["vocabulary", "user", "unpaid", "written"]


_MOST_AS_WRITTEN = 200
"""A table may have a source of its own for every page."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a source and its medium say by themselves.

    Attributes:
        channel: The channel, None where they name none.
        is_unpaid: The medium does not say that it was paid for, so the channel's cost is not its cost.
        is_free: The medium says that nobody paid for it.
        kind: ``search`` or ``social`` where they only say that it was paid for ("Paid Search").
    """

    channel: str | None = None
    is_unpaid: bool = False
    is_free: bool = False
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    ads: Mapping[str, str]
    platforms: Mapping[str, str]
    referrers: Mapping[str, str]
    kinds: Mapping[str, str]
    of_one_kind: Mapping[str, str]
    paid: frozenset[str]
    unpaid: frozenset[str]


@cache
def _known() -> _Known:
    text = (files("xl_leadkpi.leads") / "channels.json").read_text(encoding="utf-8")
    listed = json.loads(text)
    channels: dict[str, Any] = listed["channels"]

    def names(part: str) -> dict[str, str]:
        return {plain(word): channel for channel, one in channels.items() for word in one.get(part, ())}

    return _Known(
        ads={
            **names("ads"),
            **{plain(channel): channel for channel in channels if plain(channel) not in names("platform")},
        },
        platforms=names("platform"),
        referrers=names("referrer"),
        kinds={channel: one["kind"] for channel, one in channels.items()},
        of_one_kind={plain(word): kind for kind, words in listed["of_one_kind"].items() for word in words},
        paid=frozenset(plain(word) for word in listed["paid"]),
        unpaid=frozenset(plain(word) for word in listed["unpaid"]),
    )


@lru_cache(10_000)
def _meaning(source: str, medium: str | None) -> _Meaning:
    """Tell the channel that a source and a medium name.

    >>> _meaning("google / cpc", None).channel, _meaning("Google", "organic").is_unpaid, _meaning("Paid Search", None)
    ('Google Ads', True, _Meaning(channel=None, is_unpaid=False, is_free=False, kind='search'))
    >>> [_meaning(*one).channel for one in (("google / organic", None), ("google.com", None), ("lnkd.in", "paid"))]
    [None, None, 'LinkedIn']
    """
    known, key = _known(), plain(source)
    if key in known.ads:
        return _Meaning(known.ads[key])
    if key in known.of_one_kind:
        return _Meaning(kind=known.of_one_kind[key])
    platform, said = key, plain(medium) if medium else None
    if key not in known.platforms and key not in known.referrers:
        platform, said = _split(key) or (key, said)
    is_paid = said is not None and said in known.paid
    if platform in known.platforms:
        return _Meaning(known.platforms[platform], bool(said) and not is_paid, said in known.unpaid)
    return _Meaning(known.referrers[platform] if is_paid and platform in known.referrers else None)


def _split(key: str) -> tuple[str, str] | None:
    """Split "google cpc" and "paid social facebook" into platform and medium; only what was paid for is told so."""
    known, words = _known(), key.split()
    if len(words) > _most_words():  # a text of thousands of words would be taken apart at each of them
        return None
    for place in range(1, len(words)):
        left, right = " ".join(words[:place]), " ".join(words[place:])
        for platform, medium in ((left, right), (right, left)):
            if medium in known.paid and (platform in known.platforms or platform in known.referrers):
                return platform, medium
    return None


@cache
def _most_words() -> int:
    """Of the longest platform and medium together."""
    known = _known()
    longest = [
        max(len(name.split()) for name in names) for names in (known.paid, {**known.platforms, **known.referrers})
    ]
    return sum(longest)


def same(text: str) -> str:
    """What remains of a name when spellings are compared."""
    return " ".join(text.casefold().split())


class _Names:
    """What every spelling met is to be called."""

    def __init__(self, leads: Sequence[Spelling], spend: Mapping[str, float], own: Mapping[str, str]) -> None:
        self.leads = leads
        self.spend = spend
        self.own_names = own
        self.own = {plain(spelling): name for spelling, name in own.items()}
        self.only_one = self._only_one_of_each_kind()
        self.members: dict[str, set[str]] = defaultdict(set)
        self.recognised: dict[str, set[str]] = defaultdict(set)  # what the user calls one spelling renames no other
        self.paid_for: set[str] = set()
        for spelling in leads:
            channel = self.channel(spelling.source, spelling.medium)
            if channel:
                self.members[channel].add(same(spelling.source))
            self._recognise(spelling.source, spelling.medium)
        for name in spend:
            channel = self.channel(name)
            if channel:
                self.members[channel].add(same(name))
                self.paid_for.add(channel)
            self._recognise(name)

    def _recognise(self, source: str, medium: str | None = None) -> None:
        channel = self._recognised_channel(source, medium)
        if channel:
            self.recognised[channel].add(same(source))

    def _only_one_of_each_kind(self) -> dict[str, str]:
        """The one ad system of a kind that is met, by which what is only called paid search must have come."""
        met: dict[str, set[str]] = defaultdict(set)
        for source, medium in (
            *((one.source, one.medium) for one in self.leads),
            *((name, None) for name in self.spend),
        ):
            meaning = _meaning(source, medium)
            if meaning.channel and not meaning.is_unpaid:
                met[_known().kinds[meaning.channel]].add(meaning.channel)
        return {kind: next(iter(channels)) for kind, channels in met.items() if len(channels) == 1}

    def users(self, source: str, medium: str | None = None) -> str | None:
        """The name that the user wants for a spelling; of a source alone it is not for what nobody paid for."""
        with_medium = self.own.get(plain(f"{source} {medium}")) if medium else None
        return with_medium or (None if _meaning(source, medium).is_free else self.own.get(plain(source)))

    def unused(self, others: Iterable[str] = ()) -> list[str]:
        """The spellings that the user gave a name and that are met nowhere."""
        met = {plain(name) for name in (*self.spend, *others)}
        for one in self.leads:
            met |= {plain(one.source), plain(f"{one.source} {one.medium or ''}")}
        return [spelling for spelling in self.own_names if plain(spelling) not in met]

    def channel(self, source: str, medium: str | None = None) -> str | None:
        """The channel that a spelling belongs to."""
        users = self.users(source, medium)
        return self._recognised_channel(source, medium) if users is None else users

    def _recognised_channel(self, source: str, medium: str | None) -> str | None:
        meaning = _meaning(source, medium)
        if meaning.kind:
            return self.only_one.get(meaning.kind)
        return None if meaning.is_unpaid else meaning.channel

    def name(self, source: str, medium: str | None = None) -> tuple[str, Origin]:
        """What a spelling is called in the funnel, and who says so."""
        users = self.users(source, medium)
        if users is not None:
            return users, "user"
        channel = self.channel(source, medium)
        if channel is not None:
            is_joined = len(self.members[channel]) > 1 or len(self.recognised[channel]) > 1
            return (channel, "vocabulary") if is_joined else (source, "written")
        meaning = _meaning(source, medium)
        if medium and meaning.channel and self._has_a_cost(meaning.channel, source):
            return f"{source} / {medium}", "unpaid"
        return source, "written"

    def _has_a_cost(self, channel: str, source: str) -> bool:
        """Other leads of the source are counted as the paid channel, or will be as soon as there is spend."""
        return len(self.members[channel]) > 1 or channel in self.paid_for or plain(source) in self.own


def with_channels(
    leads: LeadTable, spend: SpendTable | None = None, touches: TouchTable | None = None
) -> tuple[LeadTable, SpendTable | None, TouchTable | None]:
    """Give the spellings of one channel one name, in leads, spend and touches alike.

    Names that the user has given (``ReadOptions.channels``) come first. Else a channel is renamed where two or more
    of its spellings meet; a lone one stays as it is written. "Paid Search" is the one search engine that is met, and
    stays where there are several or none.

    Args:
        leads: The leads.
        spend: What marketing cost.
        touches: Contacts before the conversion, which follow the names of the others.

    Returns:
        The three tables, renamed; ``leads.channels`` says how.
    """
    if leads.channels is not None:
        return leads, spend, touches
    met = _spellings(leads.frame) if leads.spellings is None else leads.spellings
    costs: dict[str, float] = defaultdict(float)
    for row in spend.rows if spend else ():
        if row[0] is not None:
            costs[row[0]] += row[3]
    names = _Names(met, costs, leads.channel_names)
    renamed = {(one.source, one.medium): names.name(one.source, one.medium)[0] for one in met}
    frame = _renamed(leads.frame, "source", renamed)
    unused = names.unused(_channels_of_touches(touches) if touches and leads.channel_names else ())
    leads = replace(
        leads,
        frame=frame,
        channels=_listed(names, met, costs),
        findings=(
            *leads.findings,
            *(Finding(FindingKind.UNUSED_CHANNEL, 1, details={"spelling": one}) for one in unused),
        ),
    )
    if spend is not None and costs:
        spend = replace(spend, rows=_added_up(spend.rows, {name: names.name(name)[0] for name in costs}))
    if touches is not None:
        touches = _renamed_touches(touches, names)
    return leads, spend, touches


def sources_of(names: Iterable[str], leads: LeadTable, sources: Iterable[str]) -> dict[str, str]:
    """Find the source of the leads that each channel of another table is.

    The names of the leads stay as they are: a channel is a source that is written like it, that the user has called so,
    or else the only source that is of the same channel.

    Args:
        names: Channels of the other table.
        leads: The leads, whose channels have their names.
        sources: Sources of the leads.

    Returns:
        By channel its source, for those that have one.
    """
    met = [Spelling(one.spelling, None, one.rows) for one in leads.channels or ()]
    costs = {one.spelling: one.spend for one in leads.channels or () if one.spend is not None}
    known = _Names(met, costs, leads.channel_names)
    exact: dict[str, str] = {}
    of_channel: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        exact.setdefault(same(source), source)
        channel = known.channel(source)
        if channel:
            of_channel[same(channel)].add(source)
    found = {}
    for name in names:
        channel = known.channel(name)
        own = exact.get(same(known.users(name) or name)) or (exact.get(same(channel)) if channel else None)
        others = of_channel.get(same(channel), set()) if channel else set()
        if own is None and len(others) == 1:
            own = next(iter(others))
        if own is not None:
            found[name] = own
    return found


def unclear_sources(names: Sequence[ChannelName]) -> list[tuple[str, tuple[str, ...]]]:
    """Find sources that only say how was paid, with the channels of that kind among which nothing decides."""
    of_kind: dict[str, set[str]] = defaultdict(set)
    unclear: dict[str, str] = {}
    for one in names:
        meaning = _meaning(one.spelling, None)
        if meaning.kind and one.origin == "written" and one.rows:
            unclear[one.channel] = meaning.kind
        elif meaning.channel:
            of_kind[_known().kinds[meaning.channel]].add(one.channel)
    return [(source, tuple(sorted(of_kind[kind]))) for source, kind in unclear.items() if len(of_kind[kind]) > 1]


def _spellings(frame: Frame) -> tuple[Spelling, ...]:
    """Count the rows of every source and medium of a table that was not read here."""
    columns = set(frame.collect_schema().names())
    if "source" not in columns:
        return ()
    keys = ["source", *(["medium"] if "medium" in columns else [])]
    counted = frame.select(*keys, one=nw.lit(1)).group_by(*keys).agg(rows=nw.col("one").sum())
    rows = counted.rows(named=True) if isinstance(counted, nw.DataFrame) else engines.collect([counted])[0]
    return spellings((row["source"], row.get("medium"), int(row["rows"])) for row in rows)


def _renamed(frame: Frame, column: str, names: Mapping[tuple[str, str | None], str]) -> Frame:
    """Rename sources; only the spellings that change are looked for in the rows."""
    changed = {pair: name for pair, name in names.items() if name != pair[0]}
    by_name: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    has_medium = "medium" in frame.collect_schema().names()
    for (source, medium), name in changed.items():
        by_name[name, medium].append(source)
    expression = nw.col(column)
    for (name, medium), sources in by_name.items():
        here = nw.col(column).is_in(sources)
        if has_medium and column == "source":
            of_medium = nw.col("medium").is_null() if medium is None else nw.col("medium") == medium
            here = here & of_medium
        expression = nw.when(here).then(nw.lit(name)).otherwise(expression)
    return frame.with_columns(expression.alias(column)) if by_name else frame


def _renamed_touches(touches: TouchTable, names: _Names) -> TouchTable:
    met = _channels_of_touches(touches)
    members: dict[str, set[str]] = defaultdict(set)
    for channel, own in names.members.items():
        members[channel] |= own
    for name in met:
        belongs = names.channel(name)
        if belongs:
            members[belongs].add(same(name))
    follow = _Names(names.leads, names.spend, {})
    follow.own, follow.members = names.own, members
    renamed: dict[tuple[str, str | None], str] = {(name, None): follow.name(name)[0] for name in met}
    return replace(touches, frame=_renamed(touches.frame, "channel", renamed))


def _channels_of_touches(touches: TouchTable) -> list[str]:
    if touches.channels_met is not None:
        return list(touches.channels_met)
    [rows] = engines.collect([touches.frame.lazy().select("channel").unique()])
    return [row["channel"] for row in rows if row["channel"] is not None]


Rows = tuple[tuple[str | None, str | None, int | None, float, float | None, float | None], ...]


def _added_up(rows: Rows, names: Mapping[str, str]) -> Rows:
    """Spend under the new names, one row a channel, campaign and month."""
    sums: dict[tuple[str | None, str | None, int | None], list[float | None]] = {}
    for channel, campaign, month, *figures in rows:
        known = sums.setdefault((None if channel is None else names[channel], campaign, month), [None, None, None])
        for place, value in enumerate(figures):
            if value is not None:
                known[place] = (known[place] or 0.0) + value
    return tuple((*key, float(spend or 0.0), impressions, clicks) for key, (spend, impressions, clicks) in sums.items())


def _listed(names: _Names, met: Sequence[Spelling], costs: Mapping[str, float]) -> tuple[ChannelName, ...]:
    """The spellings with their names, which the user edits: all that count as another, of the others the most."""
    undecided = _Names(names.leads, names.spend, {})
    found: dict[str, ChannelName] = {}
    as_written = 0
    for one in met:
        channel, origin = names.name(one.source, one.medium)
        as_written += origin == "written"
        if origin != "written" or as_written <= _MOST_AS_WRITTEN:
            text = f"{one.source} / {one.medium}" if one.medium else one.source
            alone = undecided.name(one.source, one.medium)[0]
            found[text] = ChannelName(text, channel, alone, one.rows, None, origin)
    for name, cost in costs.items():
        known = found.get(name)
        channel, origin = names.name(name)
        found[name] = (
            replace(known, spend=cost)
            if known
            else ChannelName(name, channel, undecided.name(name)[0], 0, cost, origin)
        )
    for spelling, name in names.own_names.items():  # of no rows this time, as where a filter leaves none
        if not any(plain(spelling) == plain(text) for text in found):
            found[spelling] = ChannelName(spelling, name, undecided.name(spelling)[0], 0, None, "user")
    return tuple(found.values())
