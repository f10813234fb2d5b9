"""The same figures counted again with plain loops over the rows, nothing shared with the code under test."""

from statistics import median

import numpy as np
import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.stage import PIPELINE

from .lead_tables import lead_table
from .random_leads import AS_OF, AS_OF_DAY, month, random_leads

FIELDS = ("status", "source", "campaign", "owner", "amount", "lost_reason", "response_min")
KEYS = dict(zip(PIPELINE.names, ("leads", "mql", "sql", "meetings", "opportunities", "proposals", "won"), strict=True))
DATES = list(PIPELINE.date_columns)
WINDOW = 90


@pytest.fixture(scope="module", params=range(4))
def rows(request):
    return random_leads(250, 100 + request.param)


def figures(rows, **options):
    return as_json(build(lead_table(rows, as_of=AS_OF, fields=FIELDS), options=FunnelOptions(**options)))


def reached(row, mode):
    """Stages reached, straight from the specification's wording (4.1)."""
    dates = [row.get(name) for name in DATES]
    if mode == "filled":
        return set(range(row["furthest_stage"]))
    if mode == "exact":
        seen = {0} | {place for place in range(1, 7) if dates[place] is not None}
        if row["stage_now"] in PIPELINE.names:
            seen.add(PIPELINE.names.index(row["stage_now"]))
        if row["lost_stage"] is not None:
            seen.add(row["lost_stage"] - 1)
        if row["outcome"] == "won":
            seen.add(6)
        # where the stage now is unknown it is the furthest one
        if row["outcome"] == "open" and row["stage_now"] is None:
            seen.add(row["furthest_stage"] - 1)
        return seen
    places = {0}
    for place in range(1, 7):
        if dates[place - 1] is None or dates[place] is None or dates[place] < dates[place - 1]:
            break
        places.add(place)
    return places


def cycle(row):
    if row["outcome"] != "won" or row.get("d_won") is None or row["created"] is None:
        return None
    days = row["d_won"] - row["created"]
    return days if days >= 0 else None


def placed(row):
    """Its time under observation is known."""
    return row["created"] is not None and (row["outcome"] != "won" or cycle(row) is not None)


def ratio(part, whole):
    return pytest.approx(part / whole) if whole else None


@pytest.mark.parametrize("mode", ["filled", "exact", "strict"])
@pytest.mark.parametrize("field", ["source", "campaign", "owner"])
def test_breakdown(rows, field, mode):
    found = {row["group"]: row for row in figures(rows, reach=mode)["by"][field]}
    groups = {row[field] for row in rows}
    assert set(found) == {name or "(none)" for name in groups} | {"(total)"}
    for name in [*groups, "(total)"]:
        own = rows if name == "(total)" else [row for row in rows if row[field] == name]
        won = [row for row in own if row["outcome"] == "won"]
        lost = [row for row in own if row["outcome"] == "lost" and row["furthest_stage"] >= 5]
        old = [row for row in own if placed(row) and AS_OF_DAY - row["created"] >= WINDOW]
        fast = [row for row in old if cycle(row) is not None and cycle(row) <= WINDOW]
        amounts = [row["amount"] for row in won if row["amount"] is not None]
        cycles = [cycle(row) for row in won if cycle(row) is not None]
        row = found[name or "(none)"]
        for place, stage in enumerate(PIPELINE.names):
            assert row[KEYS[stage]] == sum(place in reached(one, mode) for one in own) or stage == "Won"
        assert row["won"] == len(won)
        assert row["lost"] == sum(one["outcome"] == "lost" for one in own)
        assert row["lost_opportunities"] == len(lost)
        assert row["win_rate"] == ratio(len(won), len(won) + len(lost))
        assert (row["mature_leads"], row["mature_won"]) == (len(old), len(fast))
        assert row["lead_conversion_mature"] == ratio(len(fast), len(old))
        assert row["revenue"] == pytest.approx(sum(amounts))
        average = sum(amounts) / len(amounts) if amounts else None
        # the KPI of a negative total over a count is still a number
        assert row["average_deal"] == (None if average is None else pytest.approx(average))
        assert row["cycle_days_median"] == (median(cycles) if cycles else None)


def test_cohort_grid(rows):
    found = {row["month"]: row for row in figures(rows)["cohort_counts"]}
    months = sorted({row["cohort_month"] for row in rows if row["cohort_month"] is not None})
    last = AS_OF.year * 12 + AS_OF.month - 1  # the censoring day is the last of its month
    for own in months:
        row = found[f"{own // 12}-{own % 12 + 1:02}"]
        leads = [one for one in rows if one["cohort_month"] == own]
        assert row["leads"] == len(leads)
        for after in range(13):
            if own + after > last:
                assert row.get(f"month_{after}") is None
            else:
                wins = [one for one in leads if cycle(one) is not None and month(one["d_won"]) <= own + after]
                assert row[f"month_{after}"] == len(wins)


def test_months(rows):
    for row in figures(rows)["months"]:
        year, number = map(int, row["month"].split("-"))
        own = year * 12 + number - 1
        cohort = [one for one in rows if one["cohort_month"] == own]
        assert row["leads"] == len(cohort)
        for place, stage in enumerate(PIPELINE.names[1:], start=1):
            assert row[f"cohort_{KEYS[stage]}"] == sum(one["furthest_stage"] > place for one in cohort)
            entered = [one for one in rows if one.get(DATES[place]) is not None and month(one[DATES[place]]) == own]
            assert row[f"entered_{KEYS[stage]}"] == len(entered)
        wins = [one for one in rows if one.get("d_won") is not None and month(one["d_won"]) == own]
        lost = [
            one
            for one in rows
            if one.get("d_lost") is not None and one["furthest_stage"] >= 5 and month(one["d_lost"]) == own
        ]
        assert row["revenue"] == pytest.approx(sum(one["amount"] or 0 for one in wins))
        assert row["lost_opportunities"] == len(lost)
        assert row["win_rate"] == ratio(len(wins), len(wins) + len(lost))


def test_stage_times(rows):
    found = {row["measure"]: row for row in figures(rows)["stage_times"]}
    for place, stage in enumerate(PIPELINE.names[:-1]):
        visits, waiting = [], []
        for row in rows:
            start = row.get(DATES[place])
            if start is None:
                continue
            later = [row[name] for name in DATES[place + 1 :] if row.get(name) is not None]
            end = later[0] if later else row.get("d_lost")
            if end is not None:
                visits.append(end - start)
            now = row["stage_now"] or PIPELINE.names[row["furthest_stage"] - 1]
            if row["outcome"] == "open" and now == stage:
                waiting.append(AS_OF_DAY - start)
        good = [days for days in visits if days >= 0]
        row = found[stage]
        assert (row["n"], row["backwards"]) == (len(good), len(visits) - len(good))
        assert row["mean"] == pytest.approx(np.mean(good))
        assert [row[key] for key in ("p25", "median", "p75", "p90", "max")] == pytest.approx(
            np.percentile(good, [25, 50, 75, 90, 100])
        )
        assert (row["open"], row["open_median"]) == (len(waiting), median(waiting) if waiting else None)
        limit = round(float(np.percentile(good, 90)), 9)
        assert row["stalled"] == (sum(days > limit for days in waiting) if len(good) >= 10 else None)


def test_curve(rows):
    events = sorted(
        (cycle(row) if row["outcome"] == "won" else AS_OF_DAY - row["created"], row["outcome"] == "won")
        for row in rows
        if placed(row)
    )
    left = 1.0
    truth = {}
    for day in sorted({days for days, won in events if won}):
        at_risk = sum(days >= day for days, _ in events)
        left *= 1 - sum(days == day and won for days, won in events) / at_risk
        truth[day] = (at_risk, 1 - left)
    found = {row["day"]: row for row in figures(rows)["curve"]}
    shared_days = set(found) & set(truth)
    assert shared_days
    for day in shared_days:
        assert (found[day]["at_risk"], found[day]["conversion"]) == (truth[day][0], pytest.approx(truth[day][1]))


def test_losses(rows):
    found = {(row["stage"], row["reason"]): row for row in figures(rows)["losses"]}
    for place, stage in enumerate(PIPELINE.names):
        for reason in ("price", "timing", None):
            own = [
                row
                for row in rows
                if row["outcome"] == "lost"
                and (row["lost_stage"] or row["furthest_stage"]) == place + 1
                and row["lost_reason"] == reason
            ]
            row = found.get((stage, reason or "(none)"))
            assert (row["lost"] if row else 0) == len(own)
            assert (row["amount"] if row else 0) == pytest.approx(sum(one["amount"] or 0 for one in own))


def test_response_times(rows):
    minutes = [row["response_min"] for row in rows if row["response_min"] is not None]
    [row] = figures(rows)["response"]
    assert (row["requests"], row["answered"], row["unanswered"]) == (250, len(minutes), 250 - len(minutes))
    assert row["mean"] == pytest.approx(np.mean(minutes))
    assert row["median"] == pytest.approx(median(minutes))
    assert row["p95"] == pytest.approx(np.percentile(minutes, 95))
    assert row["within_target_share"] == pytest.approx(sum(one <= 3 for one in minutes) / 250)
    assert row["unanswered_share"] == pytest.approx(1 - len(minutes) / 250)


def _in_pipeline(one):
    """Stage of an open opportunity; one that went back before Opportunity counts there."""
    now = PIPELINE.names.index(one["stage_now"] or PIPELINE.names[one["furthest_stage"] - 1])
    return PIPELINE.names[min(max(now, PIPELINE.names.index("Opportunity")), PIPELINE.names.index("Proposal"))]


def test_pipeline(rows):
    for row in figures(rows)["pipeline"][:-1]:
        place = PIPELINE.names.index(row["stage"])
        own = [
            one
            for one in rows
            if one["outcome"] == "open" and one["furthest_stage"] >= 5 and _in_pipeline(one) == row["stage"]
        ]
        closed = [one for one in rows if one["outcome"] != "open" and one["furthest_stage"] > place]
        won = sum(one["outcome"] == "won" for one in closed)
        amount = sum(one["amount"] or 0 for one in own)
        shrink = len(closed) < 30
        rate = (won + 2 * shrink) / (len(closed) + 4 * shrink)
        assert (row["open"], row["amount"]) == (len(own), pytest.approx(amount))
        assert row["stage_to_won"] == pytest.approx(rate)
        assert row["weighted"] == pytest.approx(amount * rate)
