"""Attribution: the specification's worked examples (section 8), then laws on random paths."""

from collections import Counter
from datetime import date
from itertools import pairwise, permutations
from random import Random

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi import kpis
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.funnel.attribution import MODELS, credit, markov_shares
from xl_leadkpi.funnel.context import funnel_context
from xl_leadkpi.kpis.attribution import RULES
from xl_leadkpi.leads.model.table import TouchTable

from .lead_tables import found_of, lead_table

AS_OF = date(2025, 6, 30)
AS_OF_DAY = 45838
SCHEMA = {"lead_id": pl.String, "day": pl.Float64, "channel": pl.String, "campaign": pl.String}


def touch_table(touches, engine="polars"):
    frame = pl.DataFrame([(*touch, None) for touch in touches], schema=SCHEMA, orient="row")
    return TouchTable(nw.from_native(pd.DataFrame(frame.to_dict(as_series=False)) if engine == "pandas" else frame))


def lead(lead_id, *, won=None, created=AS_OF_DAY - 200, opportunity=None, amount=None):
    return {
        "row_no": int(lead_id[1:]) + 1,
        "lead_id": lead_id,
        "created": float(created),
        "d_opportunity": None if opportunity is None else float(opportunity),
        "d_won": None if won is None else float(won),
        "outcome": "open" if won is None else "won",
        "furthest_stage": 1 if won is None else 7,
        "amount": amount,
        "cohort_month": 2025 * 12,
    }


def attribution(leads, touches, engine="polars", **options):
    table = lead_table(leads, as_of=AS_OF, engine=engine)
    report = build(table, touches=touch_table(touches, engine), options=FunnelOptions(top_groups=100, **options))
    return {row["channel"]: row for row in as_json(report)["attribution"]}


def path(channels, days, **of_lead):
    """Weights by model of one won lead's touches, in the order given (each channel once)."""
    leads = [lead("L1", amount=100.0, **of_lead)]
    rows = attribution(leads, [("L1", float(day), channel) for channel, day in zip(channels, days, strict=True)])
    return {model: [rows[channel][model] for channel in channels] for model in MODELS}


WON = AS_OF_DAY - 10


@pytest.mark.parametrize(
    ("n", "expected"), [(1, [1.0]), (2, [0.5, 0.5]), (3, [0.4, 0.2, 0.4]), (4, [0.4, 0.1, 0.1, 0.4])]
)
def test_position_based(n, expected):
    weights = path("ABCDEFG"[:n], range(WON - 20, WON - 20 + n), won=WON)
    assert weights["position"] == pytest.approx(expected)
    assert weights["linear"] == pytest.approx([1 / n] * n)
    assert weights["first"] == [1, *[0] * (n - 1)]
    assert weights["last"] == [*[0] * (n - 1), 1]


def test_time_decay():
    assert path("ABC", [WON - 15, WON - 8, WON - 1], won=WON)["time_decay"] == pytest.approx([1 / 7, 2 / 7, 4 / 7])


def test_w_shaped():
    # five touches, the second made the lead, the fourth the opportunity
    weights = path("ABCDE", range(WON - 50, WON, 10), created=WON - 40, opportunity=WON - 20, won=WON)
    assert weights["w_shaped"] == pytest.approx([0.30, 0.30, 0.05, 0.30, 0.05])
    assert weights["u_shaped"] == pytest.approx([0.4, 0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3])


def test_w_shaped_without_a_rest():
    weights = path("ABC", range(WON - 30, WON, 10), created=WON - 20, opportunity=WON - 10, won=WON)
    assert weights["w_shaped"] == pytest.approx([1 / 3] * 3)


def test_full_path():
    weights = path("ABCDEF", range(WON - 60, WON, 10), created=WON - 50, opportunity=WON - 30, won=WON)
    assert weights["full_path"] == pytest.approx([0.225, 0.225, 0.05, 0.225, 0.05, 0.225])


def test_a_touch_with_two_roles_gets_both_shares():
    # the first touch made the lead: 30 % + 30 %
    weights = path("ABCD", range(WON - 40, WON, 10), created=WON - 40, opportunity=WON - 20, won=WON)
    assert weights["w_shaped"] == pytest.approx([0.6, 0.05, 0.3, 0.05])
    assert weights["u_shaped"] == pytest.approx([0.8, 0.2 / 3, 0.2 / 3, 0.2 / 3])


def test_last_non_direct():
    weights = path(["A", "B", "Direct"], [WON - 3, WON - 2, WON - 1], won=WON)
    assert weights["last_non_direct"] == [0, 1, 0]
    assert path(["(direct) / (none)"], [WON - 3], won=WON)["last_non_direct"] == [1]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.data())
def test_a_model_means_the_same_in_the_worksheet_function(touches, data):
    lead_touch = data.draw(st.integers(1, touches))
    opp_touch = data.draw(st.integers(lead_touch, touches))
    days = sorted(data.draw(st.lists(st.integers(WON - 150, WON), min_size=touches, max_size=touches, unique=True)))
    channels = ["Direct", "A", "B", "C", "D", "E"][:touches]
    data.draw(st.randoms(use_true_random=False)).shuffle(channels)
    weights = path(channels, days, created=days[lead_touch - 1], opportunity=days[opp_touch - 1], won=WON)
    before = [WON - day for day in days]
    for model in RULES:
        assert kpis.ATTRIB(channels, model, before, 7, lead_touch, opp_touch) == pytest.approx(weights[model]), model


PATHS = [("GA", True), ("GA", True), ("Mail", True), ("GA>Mail", True), ("GA", False)]


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_markov_and_shapley(engine):
    leads = [lead(f"L{i}", won=WON if won else None) for i, (_, won) in enumerate(PATHS)]
    touches = [
        (f"L{i}", WON - 9.0 + place, channel)
        for i, (channels, _) in enumerate(PATHS)
        for place, channel in enumerate(channels.split(">"))
    ]
    rows = attribution(leads, touches, engine)
    assert [rows[channel]["markov"] for channel in ("GA", "Mail")] == pytest.approx([2.4, 1.6])
    assert [rows[channel]["shapley_counts"] for channel in ("GA", "Mail")] == pytest.approx([2.5, 1.5])
    # 2/3 of the paths of GA alone are won, all of Mail alone and of both: in the common path 1/3 is GA's, 2/3 Mail's
    assert [rows[channel]["shapley_rates"] for channel in ("GA", "Mail")] == pytest.approx([2 + 1 / 3, 1 + 2 / 3])


def by_all_orders(paths):
    """Credits of each channel by conversion rates, from the definition: over all orders in which channels may come.

    Args:
        paths: Channels and whether the lead was won.
    """
    many, won = Counter(), Counter()
    for channels, is_won in paths:
        many[frozenset(channels)] += 1
        won[frozenset(channels)] += is_won
    credited = Counter()
    for members, wins in won.items():
        added = Counter()
        for order in permutations(sorted(members)):
            for place, channel in enumerate(order):
                before, after = frozenset(order[:place]), frozenset(order[: place + 1])
                added[channel] += won[after] / max(many[after], 1) - won[before] / max(many[before], 1)
        positive = {channel: value for channel, value in added.items() if value > 0}
        for channel, value in positive.items():
            credited[channel] += wins * value / sum(positive.values())
    return credited


@pytest.mark.parametrize("seed", range(4))
def test_shapley_of_rates_is_the_mean_over_all_orders(seed):
    draw = Random(seed)
    paths = [
        (draw.sample("ABCDE", draw.choice([1, 1, 2, 2, 3, 4])), draw.random() < draw.choice([0.2, 0.7]))
        for _ in range(60)
    ]
    leads = [lead(f"L{i}", won=WON if won else None, amount=10.0) for i, (_, won) in enumerate(paths)]
    touches = [
        (f"L{i}", WON - 9.0 + place, channel)
        for i, (channels, _) in enumerate(paths)
        for place, channel in enumerate([*channels, channels[0]])  # a channel that comes back counts once
    ]
    rows, expected = attribution(leads, touches), by_all_orders(paths)
    assert len({round(rows[channel]["shapley_rates"] - rows[channel]["shapley_counts"], 6) for channel in "ABCDE"}) > 1
    for channel in "ABCDE":
        assert rows[channel]["shapley_rates"] == pytest.approx(expected[channel], abs=1e-9)
        assert rows[channel]["shapley_rates_revenue"] == pytest.approx(10 * expected[channel], abs=1e-9)


def test_a_channel_that_lowers_the_rate_gets_nothing_by_rates():
    # alone A wins 3 of 4; with B 1 of 2; B alone none of 2
    paths = [("A", True)] * 3 + [("A", False), ("AB", True), ("AB", False), ("B", False), ("B", False)]
    leads = [lead(f"L{i}", won=WON if won else None) for i, (_, won) in enumerate(paths)]
    touches = [(f"L{i}", WON - 5.0 + j, c) for i, (channels, _) in enumerate(paths) for j, c in enumerate(channels)]
    rows = attribution(leads, touches)
    assert (rows["A"]["shapley_rates"], rows["B"]["shapley_rates"]) == (4, 0)
    assert (rows["A"]["shapley_counts"], rows["B"]["shapley_counts"]) == (3.5, 0.5)


def test_rates_that_are_all_1_credit_nobody():
    leads = [lead("L1", won=WON, amount=70.0), lead("L2", won=WON, amount=30.0), lead("L3", won=None)]
    touches = [("L1", WON - 2.0, "A"), ("L1", WON - 1.0, "B"), ("L2", WON - 1.0, "A")]
    block = build(lead_table(leads, as_of=AS_OF), touches=touch_table(touches)).attribution
    assert {row[key] for row in block.rows() for key in ("shapley_rates", "shapley_rates_revenue")} == {None}
    assert [row["shapley_counts"] for row in block.rows()] == [1.5, 0.5, 0, 2]
    assert block.notes == (("shapley_models", ""), ("rates_of_paths_unknown", ""))
    touches.append(("L3", WON - 1.0, "B"))
    block = build(lead_table(leads, as_of=AS_OF), touches=touch_table(touches)).attribution
    # A alone is always won, B alone never, and both together no more than A alone: B adds nothing
    assert [row["shapley_rates"] for row in block.rows()] == [2, 0, 0, 2]
    assert block.notes == (("shapley_models", ""),)


def test_rare_channels_play_as_one():
    leads = [lead(f"L{i}", won=WON if i % 2 else None, amount=1.0) for i in range(120)]
    channels = [f"C{i % 12}" if i < 100 else f"rare{i}" for i in range(120)]
    rows = attribution(leads, [(f"L{i}", WON - 1.0, channel) for i, channel in enumerate(channels)])
    for i, channel in enumerate(channels[100:], 100):
        assert rows[channel]["shapley_rates"] == pytest.approx(i % 2)
    assert sum(row["shapley_rates"] for name, row in rows.items() if name != "(total)") == pytest.approx(60)


def test_removing_the_only_channel_removes_every_win():
    assert markov_shares([{"previous": None, "channel": "GA", "n": 5}], {"GA": 3}) == {"GA": 1.0}


def test_rare_channels_share_one_state_of_the_chain():
    steps = [{"previous": None, "channel": f"c{i}", "n": 300 - i} for i in range(250)]
    shares = markov_shares(steps, {f"c{i}": 1 for i in range(250)})
    assert len(shares) == 250
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)


def test_only_touches_until_the_win_count():
    rows = attribution(
        [lead("L1", won=WON), lead("L2")],
        [("L1", WON - 1.0, "A"), ("L1", float(WON), "B"), ("L1", WON + 1.0, "C"), ("L9", WON - 5.0, "D")],
    )
    assert {channel: row["last"] for channel, row in rows.items()} == {"A": 0, "B": 1, "(none)": 0, "(total)": 1}


def test_touches_that_could_not_be_used_are_reported():
    table = lead_table([lead("L1", won=WON)], as_of=AS_OF)
    touches = touch_table([("L1", WON - 1.0, "A"), ("L1", WON + 1.0, "A"), ("L9", WON - 5.0, "D")])
    found = {finding.kind: finding.count for finding in found_of(build(table, touches=touches), "touch_")}
    assert found == {"touch_without_lead": 1, "touch_after_conversion": 1}


def test_wins_without_touches_are_nobodys():
    leads = [lead("L1", won=WON, amount=70.0), lead("L2", won=WON, amount=30.0), lead("L3")]
    rows = attribution(leads, [("L1", WON - 1.0, "A"), ("L3", WON - 1.0, "A")])
    assert all(rows["(none)"][model] == 1 for model in MODELS)
    assert all(rows["(none)"][f"{model}_revenue"] == 30 for model in MODELS)


def test_rare_channels_share_one_row():
    leads = [lead(f"L{i}", won=WON) for i in range(6)]
    table = lead_table(leads, as_of=AS_OF)
    touches = touch_table([(f"L{i}", WON - 1.0, "A" if i < 3 else f"B{i}") for i in range(6)])
    rows = as_json(build(table, touches=touches, options=FunnelOptions(top_groups=1)))["attribution"]
    assert [(row["channel"], row["linear"]) for row in rows] == [
        ("A", 3),
        ("(other)", 3),
        ("(none)", 0),
        ("(total)", 6),
    ]


def test_without_touches_the_source_is_the_one_touch():
    leads = [lead("L1", won=WON, amount=70.0) | {"source": "A"}, lead("L2") | {"source": "B"}]
    block = build(lead_table(leads, as_of=AS_OF)).attribution
    assert block.notes == (("one_touch_a_lead", ""),)
    assert [tuple(row.values()) for row in block.rows()] == [("A", 1, 70.0), ("B", 0, 0.0), ("(total)", 1, 70.0)]


leads_and_touches = st.lists(
    st.tuples(
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 150)),
        st.lists(st.tuples(st.sampled_from(["A", "B", "C", "Direct"]), st.integers(0, 260)), max_size=7),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(leads_and_touches, st.sampled_from(["polars", "pandas"]), st.randoms(use_true_random=False))
def test_credits_add_up_to_all_wins_whatever_the_order_of_rows(drawn, engine, random):
    leads, touches, reached = [], [], set()
    for i, (is_won, opportunity, visits) in enumerate(drawn):
        day = None if opportunity is None else AS_OF_DAY - 180 + opportunity
        leads.append(lead(f"L{i}", won=WON if is_won else None, opportunity=day, amount=10.5 * i or None))
        touches += [(f"L{i}", AS_OF_DAY - 260.0 + after, channel) for channel, after in visits]
        if is_won and any(AS_OF_DAY - 260 + after <= WON for _, after in visits):
            reached.add(i)

    def credited():
        table = lead_table(leads, as_of=AS_OF, engine=engine)
        return credit(funnel_context(table, FunnelOptions()), touch_table(touches, engine))

    made = credited()
    assert made.won == pytest.approx(len(reached), abs=1e-9)
    assert made.earned == pytest.approx(sum(10.5 * i for i in reached), abs=1e-9)
    for model in set(MODELS) - made.without:
        assert sum(own.get(model, 0) for own in made.conversions.values()) == pytest.approx(made.won, abs=1e-9)
        assert sum(own.get(model, 0) for own in made.revenue.values()) == pytest.approx(made.earned, abs=1e-9)
        assert all(own.get(model, 0) >= -1e-12 for own in made.conversions.values())
    random.shuffle(touches)
    random.shuffle(leads)
    again = credited()
    for channel, own in made.conversions.items():
        assert again.conversions[channel] == pytest.approx(own, abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_engines_agree(seed):
    draw = Random(seed)
    days = range(AS_OF_DAY - 200, AS_OF_DAY)
    leads = [
        lead(f"L{i}", won=draw.choice([None, WON]), opportunity=draw.choice([None, draw.choice(days)]), amount=i * 10.0)
        for i in range(120)
    ]
    touches = [(f"L{draw.randrange(130)}", float(draw.choice(days)), draw.choice("ABCDE")) for _ in range(600)]
    polars, pandas = (attribution(leads, touches, engine) for engine in ("polars", "pandas"))
    assert list(polars) == list(pandas)
    for channel, row in polars.items():
        del row["channel"], pandas[channel]["channel"]
        assert pandas[channel] == pytest.approx(row, rel=1e-12)


def test_removal_effects_where_paths_come_back():
    # A>B>A>C won, B>B lost, C>A won, A lost: every channel removed in turn, its incoming steps sent to failure
    paths = [("ABAC", True), ("BB", False), ("CA", True), ("A", False)]
    counts = Counter((before, here) for path_, _ in paths for before, here in pairwise(["", *path_]))
    wins = Counter(path_[-1] for path_, won in paths if won)
    visits = Counter("".join(path_ for path_, _ in paths))

    def chance(removed):
        """Probability of a win from the start, by walking long enough."""
        at, won = {"": 1.0}, 0.0
        for _ in range(200):
            after = Counter()
            for state, share in at.items():
                out = len(paths) if state == "" else visits[state]
                won += share * wins[state] / out if state else 0
                for (before, here), n in counts.items():
                    if before == state and here != removed:
                        after[here] += share * n / out
            at = after
        return won

    effects = {channel: 1 - chance(channel) / chance(None) for channel in "ABC"}
    steps = [{"previous": before or None, "channel": here, "n": n} for (before, here), n in counts.items()]
    expected = {channel: effect / sum(effects.values()) for channel, effect in effects.items()}
    assert markov_shares(steps, wins) == pytest.approx(expected)
