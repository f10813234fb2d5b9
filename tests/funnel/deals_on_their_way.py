"""Leads whose whole future is drawn first and then hidden beyond a day, as rows of an export."""

import random
from datetime import date, timedelta

STAGES = ("MQL", "Opportunity", "Proposal", "Won")
START = date(2024, 1, 1)


def futures(n, seed, span=420):
    """Days of creation, of each stage and of the loss; None where that never comes."""
    draw, found = random.Random(seed), []
    for _ in range(n):
        day = draw.randrange(span)
        one = {"created": day, "amount": draw.randrange(2000, 20_000), "lost": None, **dict.fromkeys(STAGES)}
        for stage in STAGES:
            day += 1 + int(draw.expovariate(1 / 14))
            if draw.random() > 0.6:
                one["lost"] = day
                break
            one[stage] = day
        found.append(one)
    return found


def rows(found, as_of, *, hidden=()):
    """The rows that an export of a day has.

    Args:
        found: Futures.
        as_of: The day, counted from the first.
        hidden: Places of leads whose day of the proposal nobody wrote down.
    """

    def day(number):
        return None if number is None or number > as_of else START + timedelta(number)

    table = []
    for place, one in enumerate(found):
        if one["created"] > as_of:
            continue
        seen = [stage for stage in STAGES if day(one[stage])]
        lost, won = day(one["lost"]) is not None, "Won" in seen
        table.append({
            "Lead ID": f"L{place}", "Created": day(one["created"]),
            **{f"{stage} date": day(one[stage]) for stage in STAGES},
            **({"Proposal date": None} if place in hidden else {}),
            "Lost date": day(one["lost"]), "Stage": "Lost" if lost else (seen or ["Lead"])[-1],
            "Last open stage": (seen or ["Lead"])[-1] if lost else None,
            "Status": "Won" if won else "Lost" if lost else "Open",
            "Amount": one["amount"] if "Opportunity" in seen else None,
        })  # fmt: skip
    return table
