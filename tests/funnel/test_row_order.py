"""The same rows in another order give the same JSON, to the last digit: what differs would be nobody's figure."""

import random
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_touches_frame

AS_OF = date(2025, 6, 30)
OPTIONS = ReadOptions(as_of=AS_OF)
COUNTING = FunnelOptions(built_at=datetime(2025, 7, 1), min_n=1, amount_per="year")
CHANNELS = ("Ads", "Mail", "Fair", "Search", "Friends")
BY_PLACE = ("quality", "columns")  # these name rows


def tables(seed, leads=600):
    draw = random.Random(seed)
    rows, touches = [], []
    for number in range(leads):
        created = date(2024, 1, 1) + timedelta(draw.randint(0, 400))
        status = draw.choice(("Open", "Won", "Lost"))
        closed = created + timedelta(draw.randint(1, 90)) if status != "Open" else None
        amount = draw.randint(1, 10**7) / 100
        rows.append({
            "Lead ID": f"L{number}", "Created": created, "Status": status,
            "Stage": {"Open": "Proposal", "Won": "Won", "Lost": "Lost"}[status],
            "Opportunity date": created + timedelta(1), "Won date": closed if status == "Won" else None,
            "Lost date": closed if status == "Lost" else None, "Amount": amount, "Source": draw.choice(CHANNELS),
            "Lost reason": draw.choice(("Price", "Silence")) if status == "Lost" else None,
            "Churn date": closed + timedelta(number % 5 * 40) if status == "Won" and number % 3 else None,
        })  # fmt: skip
        for _ in range(draw.randint(0, 7)):
            day = created + timedelta(draw.randint(-60, 60))
            touches.append({"Lead ID": f"L{number}", "Touch date": day, "Channel": draw.choice(CHANNELS)})
    return pl.DataFrame(rows), pl.DataFrame(touches).unique(["Lead ID", "Touch date"], maintain_order=True)


def counted(leads, touches):
    found = as_json(build(read_frame(leads, OPTIONS), touches=read_touches_frame(touches, OPTIONS), options=COUNTING))
    for row in found["overdue"]:
        assert row.pop("rows")
    return {name: block for name, block in found.items() if name not in BY_PLACE}


@pytest.mark.parametrize("seed", range(4))
def test_two_orders_of_rows_give_the_same_json(seed):
    leads, touches = tables(seed)
    before = counted(leads, touches)
    after = counted(
        leads.sample(fraction=1, shuffle=True, seed=seed), touches.sample(fraction=1, shuffle=True, seed=seed)
    )
    assert before["attribution"]
    assert before["retention"]["source"][0]["lifetime_revenue"]
    differ = {name: [(one, other) for one, other in zip(before[name], after[name], strict=True) if one != other][:1]
              for name in before if before[name] != after[name]}  # fmt: skip
    assert differ == {}
