"""Random histories, and what they say worked out by plain loops."""

import random
from collections import defaultdict
from datetime import date, timedelta

DAY_ZERO = date(1899, 12, 30)
FIRST = date(2025, 1, 1)
STAGES = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal", "Won", "Lost")
"""Words that mean the stage of the same name; their numbers in the usual pipeline are their places from 1."""
NUMBER = {word: place for place, word in enumerate(STAGES, 1)}
WON, LOST = NUMBER["Won"], NUMBER["Lost"]
BEYOND = "Coffee"  # a word that means nothing


def number(day):
    """Excel's number of a day."""
    return (day - DAY_ZERO).days


def random_history(seed, leads=40, *, days=200):
    """Changes ``(lead, day, word)`` in the order of time, some at the same time, some back, again or unknown."""
    chance = random.Random(seed)
    changes = []
    for lead in range(leads):
        day = FIRST + timedelta(days=chance.randrange(days // 2))
        word = "Lead"
        for _ in range(chance.choice((1, 3, 5, 8, 12))):
            changes.append((f"L{lead}", day, word))
            day += timedelta(days=chance.choice((0, 0, 1, 3, 9, 20)))
            forward = STAGES[min(NUMBER.get(word, 1), len(STAGES) - 1)]
            word = chance.choice((forward, forward, chance.choice(STAGES), word, BEYOND))
    changes.sort(key=lambda change: change[1])
    return changes


def with_before(changes):
    """The same changes as ``(lead, day, old word, new word)``; the first has what stood before."""
    last = {}
    for lead, day, word in changes:
        yield lead, day, last.get(lead, "Lead"), word
        last[lead] = word


def plain_visits(changes, bound=None):
    """By lead, its visits ``[stage, entered, left, before]`` up to a day."""
    steps = defaultdict(list)
    for lead, day, word in sorted(changes, key=lambda change: change[1]):
        if word in NUMBER and (bound is None or day <= bound):
            steps[lead].append((NUMBER[word], number(day)))
    found = {}
    for lead, entered in steps.items():
        visits = []
        for stage, day in entered:
            if visits and visits[-1][0] == stage:
                continue
            if visits:
                visits[-1][2] = day
            visits.append([stage, day, None, visits[-1][0] if visits else None])
        found[lead] = visits
    return found


def plain_lead(visits):
    """What a lead's visits say of it."""
    stages = [visit[0] for visit in visits]
    first = {}
    for stage, entered, _, _ in visits:
        first.setdefault(stage, entered)
    opened = [stage for stage in stages if stage < WON]
    outcome = {WON: "won", LOST: "lost"}.get(stages[-1], "open")
    losses = [entered for stage, entered, _, _ in visits if stage == LOST]
    wins = [entered for stage, entered, _, _ in visits if stage == WON and (not losses or entered >= losses[-1])]
    return {
        "created": visits[0][1],
        "outcome": outcome,
        "d_won": wins[0] if outcome == "won" else None,
        "d_lost": losses[-1] if outcome == "lost" else None,
        "lost_stage": opened[-1] if outcome == "lost" and opened else None,
        "current_stage": None if outcome == "lost" else stages[-1],
        "furthest_stage": WON if outcome == "won" else max(opened, default=1),
        **{f"d_{STAGES[stage - 1].lower()}": first.get(stage) for stage in range(2, WON)},
    }
