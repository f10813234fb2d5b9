"""Block L: which channels the wins are due to, under every usual model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL, block, steady_sum, values_column
from xl_leadkpi.funnel.context import FunnelContext, flag, nothing, total
from xl_leadkpi.funnel.names import same
from xl_leadkpi.funnel.section import Section
from xl_leadkpi.funnel.shapley import MOST_PLAYERS, Credit, Paths, credits_of_players, rates_known
from xl_leadkpi.kpis import attribution
from xl_leadkpi.kpis.attribution import RULES
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.breakdown import Groups
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.table import TouchTable

MODELS = tuple(model.name for model in attribution.MODELS)
_DIRECT = frozenset(attribution.DIRECT)
MOST_STATES = 200
"""Channels that the Markov chain keeps apart; the rarest beyond are one state."""
UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True)
class Credits:
    """What each channel is credited with.

    Attributes:
        conversions: By channel, by model: wins, in shares.
        revenue: By channel, by model: their amounts, in shares.
        won: Wins with a touch, all that is credited; ``earned``: their amounts.
        findings: Touches that could not be used.
        without: Models for which the paths tell too little.
    """

    conversions: Mapping[str, Mapping[str, float]]
    revenue: Mapping[str, Mapping[str, float]]
    won: float
    earned: float
    findings: tuple[Finding, ...]
    without: frozenset[str] = frozenset()


def credit(context: FunnelContext, touches: TouchTable) -> Credits:
    """Credit the channels of a touch table with the wins."""
    parts, rows = _paths(context, touches)
    [[all_touches]] = engines.collect([rows.select(nw.len().alias("touches"))])
    answers = [engines.collect([_of_leads(part), _steps(part)]) for part in parts]
    of_leads = _sums(counts for counts, _ in answers)
    steps = _sums((rows for _, rows in answers), "previous", "channel")
    visited = [row["channel"] for row in _by_channel(steps)]
    direct = [channel for channel in visited if same(channel) in _DIRECT]
    players = visited[: MOST_PLAYERS if len(visited) > MOST_PLAYERS + 1 else None]
    others = len(players) < len(visited)
    answers = [
        engines.collect([*_credited(context, part, direct), _sets(part, players, others=others)]) for part in parts
    ]
    ruled, counted = (_sums((found[place] for found in answers), "channel") for place in range(2))
    sets = [
        Paths(int(row["players"]), int(row["paths"]), int(row["won"]), float(row["revenue"]))
        for row in _sums((found[2] for found in answers), "players")
    ]

    conversions = {row["channel"]: {model: row[model] for model in RULES} for row in ruled}
    revenue = {row["channel"]: {model: row[f"{model}_revenue"] for model in RULES} for row in ruled}
    for channel in visited:
        conversions.setdefault(channel, dict.fromkeys(RULES, 0.0))
        revenue.setdefault(channel, dict.fromkeys(RULES, 0.0))
    for row in counted:
        conversions[row["channel"]]["shapley_counts"] = row["conversions"]
        revenue[row["channel"]]["shapley_counts"] = row["revenue"]
    if knows_rates := rates_known(sets):
        _credit_by_rates(sets, visited, len(players), conversions, revenue)
    shares = markov_shares(steps, {channel: own["last"] for channel, own in conversions.items()})
    # under the first-touch rule every path counts once and whole
    credited = sum(own["first"] for own in conversions.values())
    earned = sum(own["first"] for own in revenue.values())
    for channel, share in shares.items():
        conversions[channel]["markov"] = credited * share
        revenue[channel]["markov"] = earned * share
    is_whole = not context.options.is_limited and not context.table.filters
    findings = _findings(all_touches | (of_leads[0] if of_leads else {}), is_whole=is_whole)
    without = frozenset[str]() if knows_rates else frozenset({"shapley_rates"})
    return Credits(conversions, revenue, credited, earned, findings, without)


def _credit_by_rates(
    sets: Sequence[Paths],
    visited: Sequence[str],
    players: int,
    conversions: Mapping[str, dict[str, float]],
    revenue: Mapping[str, dict[str, float]],
) -> None:
    """Add the credits by conversion rates; what rare channels have in common goes to each as it took part in wins."""
    found = credits_of_players(sets)
    for place, channel in enumerate(visited[:players]):
        own = found.get(place, Credit())
        conversions[channel]["shapley_rates"], revenue[channel]["shapley_rates"] = own
    for credited, common in zip((conversions, revenue), found.get(players, Credit()), strict=True):
        parts = {channel: credited[channel].get("shapley_counts", 0.0) for channel in visited[players:]}
        whole = sum(parts.values())
        for channel, part in parts.items():
            credited[channel]["shapley_rates"] = common * part / whole if whole else 0.0


def _sums(parts: Iterable[Sequence[Row]], *keys: str) -> list[Row]:
    """The numbers in the rows of all parts, added up by the keys."""
    sums: dict[tuple[Any, ...], Row] = {}
    for row in chain.from_iterable(parts):
        group = tuple(row[key] for key in keys)
        before = sums.get(group, {})
        sums[group] = {name: row[name] if name in keys else before.get(name, 0) + (row[name] or 0) for name in row}
    return list(sums.values())


def _of_leads(part: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """One row: touches of leads, and those in time."""
    return part.select(nw.len().alias("of_leads"), nw.col("in_time").sum())


def _steps(part: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """How often a channel followed another one in time."""
    in_time = part.filter(nw.col("in_time") == 1).select("row_no", "day", "channel", "touch_no")
    rows = engines.with_previous(in_time, "channel", within="row_no", order=ORDER)
    return rows.group_by("previous", "channel").agg(nw.len().alias("n"))


def _credited(context: FunnelContext, part: nw.LazyFrame[Any], direct: Sequence[str]) -> list[nw.LazyFrame[Any]]:
    """Sums of the rules' weights by channel, and the Shapley values of the counts."""
    won = engines.checkpoint(_placed(context, part, direct))
    weighted = engines.checkpoint(won.with_columns(**_weights(context)))
    weighted = weighted.with_columns(**{f"{model}_revenue": nw.col(model) * nw.col("amount") for model in RULES})
    sums = [nw.col(model).sum() for model in RULES] + [nw.col(f"{model}_revenue").sum() for model in RULES]
    return [weighted.group_by("channel").agg(*sums), _shapley_of_counts(won)]


def _by_channel(steps: Sequence[Row]) -> list[Row]:
    visits: dict[str, int] = {}
    for row in steps:
        visits[row["channel"]] = visits.get(row["channel"], 0) + int(row["n"])
    return [{"channel": channel, "n": n} for channel, n in sorted(visits.items(), key=lambda item: (-item[1], item[0]))]


def _findings(totals: Row, *, is_whole: bool) -> tuple[Finding, ...]:
    """What is odd about the touches; those of leads that are not asked for are not known from those of strangers."""
    of_leads, in_time = totals.get("of_leads", 0), totals.get("in_time") or 0
    strangers, unused = totals["touches"] - of_leads, of_leads - in_time
    found = []
    if strangers and is_whole:
        found.append(Finding(FindingKind.TOUCH_WITHOUT_LEAD, int(strangers)))
    if unused:
        found.append(Finding(FindingKind.TOUCH_AFTER_CONVERSION, int(unused)))
    return tuple(found)


ORDER = ("day", "touch_no", "channel")
"""In time; on the same day as the file has it, if it numbers its rows, else by name: so every engine agrees."""


def _paths(context: FunnelContext, touches: TouchTable) -> tuple[list[nw.LazyFrame[Any]], nw.LazyFrame[Any]]:
    """The touches of leads in parts, each with the whole path of its leads and what is known of them; and all touches.

    Only touches until the win are in time; of a lead that is not won, those until the censoring day.
    """
    until = nw.when(~nw.col("d_won").is_null()).then(nw.col("d_won")).otherwise(nw.lit(context.as_of))
    opportunity = nw.col(context.opportunity_date) if context.opportunity_date else nothing(nw.col("created"))
    amount = nothing(nw.col("amount")) if len(context.table.currencies) > 1 else nw.col("amount")
    # the rows made ready for counting do without the identifiers, which only touches need
    leads = engines.lazy(context.table.frame).filter(~nw.col("lead_id").is_null())
    if context.options.is_limited:
        leads = leads.filter(context.in_period("created"))
    leads = leads.select(
        "lead_id",
        "row_no",
        "created",
        until.alias("until"),
        opportunity.alias("opportunity_day"),
        # none of a lead that is not won; every byte counts in a join
        nw.when(nw.col("outcome") == "won").then(amount.fill_null(0.0)).alias("amount"),
    )
    rows = engines.to_same_backend(touches.frame, context.rows)
    number = nw.col("row_no") if "row_no" in rows.collect_schema().names() else nw.lit(0)
    rows = rows.select("lead_id", "day", nw.col("channel").fill_null(UNKNOWN), number.alias("touch_no"))
    in_memory = not (engines.is_lazy(touches.frame) or engines.is_lazy(context.table.frame))
    parts = []
    named = rows.filter(~nw.col("lead_id").is_null())
    for some, their_leads in engines.partitioned_pairs(named, leads, "lead_id", in_memory=in_memory):
        joined = some.join(their_leads, on="lead_id", how="inner").drop("lead_id")
        joined = joined.with_columns(in_time=flag(_until(context, nw.col("until")))).drop("until")
        parts.append(engines.materialised(joined, in_memory=in_memory))
    return parts, rows


def _until(context: FunnelContext, moment: nw.Expr) -> nw.Expr:
    """The touch is not later than a moment; where the leads' days have no time of day, the whole day counts."""
    if context.table.has_time:
        return nw.col("day") <= moment
    return nw.col("day").floor() <= moment.floor()


def _placed(context: FunnelContext, part: nw.LazyFrame[Any], direct: Sequence[str]) -> nw.LazyFrame[Any]:
    """Touches of won leads with their place, the length of the path, and the places that matter to the models."""
    rows = part.filter(~nw.col("amount").is_null() & (nw.col("in_time") == 1))
    rows = rows.with_columns(
        before_lead=flag(_until(context, nw.col("created"))),
        before_opportunity=flag(_until(context, nw.col("opportunity_day"))),
        # `in_time` is 1 in all these rows; cum_count would pay no heed to order_by on pandas (narwhals 2.29)
        j=nw.col("in_time").cum_sum().over("row_no", order_by=ORDER),
    ).with_columns(indirect_j=nw.when(~nw.col("channel").is_in(direct)).then(nw.col("j")))
    return rows.with_columns(
        n=nw.len().over("row_no"),
        last_day=nw.col("day").max().over("row_no"),
        last_indirect=nw.col("indirect_j").max().over("row_no"),
        lead_j=nw.col("before_lead").sum().over("row_no"),
        opportunity_j=nw.col("before_opportunity").sum().over("row_no"),
    ).with_columns(
        last_indirect=nw.coalesce(nw.col("last_indirect"), nw.col("n")),
        # nothing before the lead was known: its first touch made it
        lead_j=nw.when(nw.col("lead_j") < 1).then(nw.lit(1)).otherwise(nw.col("lead_j")),
        opportunity_j=nw.when(nw.col("opportunity_day").is_null())
        .then(nw.lit(0))
        .otherwise(nw.when(nw.col("opportunity_j") < 1).then(nw.lit(1)).otherwise(nw.col("opportunity_j"))),
    )


def _weights(context: FunnelContext) -> dict[str, nw.Expr]:
    """Weight of a touch under each rule; over a path every rule's weights add up to 1."""
    j, n = nw.col("j"), nw.col("n")
    first, last = nw.lit(1), n
    lead, opportunity = nw.col("lead_j"), nw.col("opportunity_j")
    age = nw.col("last_day") - nw.col("day")
    decayed = nw.lit(0.5) ** (age / context.options.half_life)
    return {
        "first": flag(j == 1) * 1.0,
        "last": flag(j == n) * 1.0,
        "last_non_direct": flag(j == nw.col("last_indirect")) * 1.0,
        "linear": 1.0 / n,
        # over only two touches the rule has no rest to give 20 % to: half each
        "position": _roles((first, last), 0.4, 0.2),
        "u_shaped": _roles((first, lead), 0.4, 0.2),
        "time_decay": decayed / decayed.sum().over("row_no"),
        "w_shaped": _roles((first, lead, opportunity), 0.3, 0.1),
        "full_path": _roles((first, lead, opportunity, last), 0.225, 0.1),
    }


def _roles(roles: Sequence[nw.Expr], share: float, rest: float) -> nw.Expr:
    """Each role's touch gets a share (two roles, two shares), the other touches split the rest; scaled to 1.

    A role at place 0 does not exist: that lead has no such day.
    """
    j = nw.col("j")
    own = total(flag(j == role) * share for role in roles)
    present = total(flag(role > 0) * share for role in roles)
    distinct = total(
        flag(_all([role > 0, *(role != earlier for earlier in roles[:place])])) for place, role in enumerate(roles)
    )
    others = nw.col("n") - distinct
    whole = present + nw.when(others > 0).then(nw.lit(rest)).otherwise(nw.lit(0.0))
    return nw.when(own > 0).then(own / whole).otherwise(nw.lit(rest) / others / whole)


def _all(conditions: Sequence[nw.Expr]) -> nw.Expr:
    result = conditions[0]
    for condition in conditions[1:]:
        result = result & condition
    return result


def _sets(part: nw.LazyFrame[Any], players: Sequence[str], *, others: bool) -> nw.LazyFrame[Any]:
    """The paths by the channels in them, won or not; with ``others`` the channels that are no players are one more."""
    is_player = {f"player_{place}": nw.col("channel") == channel for place, channel in enumerate(players)}
    if others:
        is_player[f"player_{len(players)}"] = ~nw.col("channel").is_in(players)
    # whether any touch is one of a channel's is much cheaper to find than the distinct channels of each path
    in_time = part.filter(nw.col("in_time") == 1).select("row_no", "amount", **is_player)
    paths = in_time.group_by("row_no").agg(nw.col("amount").max(), *(nw.col(name).max() for name in is_player))
    paths = paths.select(
        amount=nw.col("amount").fill_null(0.0),
        won=flag(~nw.col("amount").is_null()),
        players=total([nw.lit(0), *(flag(nw.col(name)) * 2**place for place, name in enumerate(is_player))]),
    )
    sums = [nw.len().alias("paths"), nw.col("won").sum(), nw.col("amount").sum().alias("revenue")]
    return paths.group_by("players").agg(*sums)


def _shapley_of_counts(won: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Shapley value of each channel in the game of numbers of wins, exact for any number of them.

    The worth of a set S is the number of wins whose channels all lie in S: a sum of unanimity games, one a path. The
    Shapley value is additive, and in a unanimity game it gives each member of the path's set the same share.
    """
    once = won.group_by("row_no", "channel").agg(nw.col("amount").max())
    once = once.with_columns(conversions=1.0 / nw.len().over("row_no"))
    once = once.with_columns(revenue=nw.col("conversions") * nw.col("amount"))
    return once.group_by("channel").agg(nw.col("conversions").sum(), nw.col("revenue").sum())


def markov_shares(steps: Sequence[Row], conversions: Mapping[str, float]) -> dict[str, float]:
    """Share of the wins due to each channel: its removal effect over the sum of all.

    Args:
        steps: How often a channel (``previous``, None at the start of a path) was followed by ``channel``: ``n``.
        conversions: By channel, how many paths end there with a win; the other ends are not won.

    Returns:
        By channel a share; the shares add up to 1.

    >>> steps = [{"previous": None, "channel": "GA", "n": 4}, {"previous": None, "channel": "Mail", "n": 1},
    ...          {"previous": "GA", "channel": "Mail", "n": 1}]
    >>> {channel: round(4 * share, 9) for channel, share in markov_shares(steps, {"GA": 2, "Mail": 2}).items()}
    {'GA': 2.4, 'Mail': 1.6}
    """
    import numpy as np  # noqa: PLC0415 - without touches nothing here needs it

    visited = _by_channel(steps)
    kept = [row["channel"] for row in visited[: MOST_STATES if len(visited) > MOST_STATES else None]]
    place = {channel: number for number, channel in enumerate(kept)}
    size = len(kept) + (len(visited) > len(kept))
    start, moves, wins = np.zeros(size), np.zeros((size, size)), np.zeros(size)
    for row in steps:
        to = place.get(row["channel"], size - 1)
        if row["previous"] is None:
            start[to] += row["n"]
        else:
            moves[place.get(row["previous"], size - 1), to] += row["n"]
    for channel, won in conversions.items():
        wins[place.get(channel, size - 1)] += won
    effects = _removal_effects(start, moves, wins)
    shares = effects / effects.sum() if effects.sum() else effects
    rare = [row for row in visited if row["channel"] not in place]
    result = {channel: float(shares[number]) for channel, number in place.items()}
    rare_visits = sum(row["n"] for row in rare)
    return {**result, **{row["channel"]: float(shares[-1]) * row["n"] / rare_visits for row in rare}}


def _removal_effects(start: NDArray[Any], moves: NDArray[Any], wins: NDArray[Any]) -> NDArray[Any]:
    """1 - P(win without the channel) / P(win), for every channel from one inverse.

    Sending every step into c to failure loses exactly the wins after a visit of c: P(c is ever visited) x P(win from
    c). With N, the expected visits, P(visit) = N[start, c] / N[c, c].
    """
    import numpy as np  # noqa: PLC0415

    visits = start + moves.sum(axis=0)
    visits_or_one = np.where(visits > 0, visits, 1)
    expected = np.linalg.inv(np.eye(len(visits)) - moves / visits_or_one[:, None])
    from_start = (start / start.sum()) @ expected if start.sum() else start
    win_from = expected @ (wins / visits_or_one)
    chance = float(from_start @ (wins / visits_or_one))
    return from_start / expected.diagonal() * win_from / chance if chance else np.zeros(len(visits))


def attribution_block(context: FunnelContext, credited: Credits, totals: Tally) -> Block:
    """L: channel by model, wins then revenue; wins without a touch in ``(none)``; the columns add up to all wins."""
    linear = {channel: steady_sum(own["linear"]) for channel, own in credited.conversions.items()}
    order = sorted(linear, key=lambda channel: (-linear[channel], channel))
    shown, rest = order, []
    if len(order) > context.options.top_groups + 1:
        shown, rest = order[: context.options.top_groups], order[context.options.top_groups :]
    labels = [*shown, *([OTHER_GROUP] if rest else []), NO_GROUP, TOTAL]

    def values(shares: Mapping[str, Mapping[str, float]], model: str, untouched: float, whole: float) -> list[float]:
        own = [shares[channel].get(model, 0.0) for channel in shown]
        others = [sum(shares[channel].get(model, 0.0) for channel in rest)] if rest else []
        return [*own, *others, untouched, whole]

    untouched = totals.won - round(credited.won)
    # of two sums that agree but for their last digits nothing is left
    unearned = round(totals.revenue - credited.earned, 4) if untouched else 0.0

    def figures(shares: Mapping[str, Mapping[str, float]], model: str, untouched: float, whole: float) -> Sequence[Any]:
        if model in credited.without:
            return (None,) * len(labels)
        return values(shares, model, untouched, whole)

    columns = [values_column("channel", "text", labels)]
    columns += [
        values_column(model, "number", figures(credited.conversions, model, untouched, totals.won)) for model in MODELS
    ]
    if context.has_money:
        columns += [
            values_column(f"{model}_revenue", "money", figures(credited.revenue, model, unearned, totals.revenue))
            for model in MODELS
        ]
    notes = (("shapley_models", ""), *((("rates_of_paths_unknown", ""),) if credited.without else ()))
    return block("tblAttrib", columns, totals=1, notes=notes)


def single_source_block(context: FunnelContext, sources: Groups, totals: Tally) -> Block:
    """L without touches: each lead has one channel, so every model gives the same."""
    tallies = [*sources.tallies, *([sources.rest] if sources.rest else []), totals]
    names = [NO_GROUP if name is None else name for name in sources.names]
    columns = [
        values_column("channel", "text", [*names, *([OTHER_GROUP] if sources.rest else []), TOTAL]),
        values_column("conversions", "number", [one.won for one in tallies]),
    ]
    if context.has_money:
        columns.append(values_column("revenue", "money", [one.revenue for one in tallies]))
    return block("tblAttrib", columns, totals=1, notes=(("one_touch_a_lead", ""),))


class AttributionSection(Section):
    """L; what it asks of the touches, it asks of tables of its own."""

    needs: ClassVar[Mapping[str, Fact]] = {"attribution": Fact.SOURCES}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Credits by channel and model, None without any channel."""
        context, table = figures.context, None
        if figures.credits is not None:
            table = attribution_block(context, figures.credits, figures.totals)
        elif "source" in context.table.fields:
            table = single_source_block(context, figures.groups["source"], figures.totals)
        return {"attribution": table}
