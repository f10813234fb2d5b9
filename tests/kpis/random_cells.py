"""Random cells of every kind a worksheet holds, drawn for a seed so that a failure can be repeated."""

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis.attribution import RULES

TINY = 1e-12
"""Smallest magnitude drawn: below 2.2E-16 IronCalc takes numbers for zero (engines.FLAWS)."""


def number(rng, argument):
    """An ordinary number for an argument, or now and then an impossible, huge or tiny one."""
    kind = rng.random()
    if kind < 0.12:
        return 0.0
    if kind < 0.2:
        return -float(rng.randint(1, 500))
    if kind < 0.26:
        return rng.choice([1e300, 1e200, 1.7e308, 1e150, TINY, 3e-9])
    if argument.high == 1:
        return rng.choice([1.0, 0.5, 0.25, 0.1 + 0.2, round(rng.random(), 3), rng.random(), 25.0])
    return rng.choice([1.0, 2.0, 3.0, 10.0, 100.0, 0.3, 0.1 + 0.2, float(rng.randint(1, 10_000)), rng.random() * 1e5])


def cell(rng, argument):
    """Any cell: a number mostly, else a blank, an empty text, a text, a boolean or an error."""
    kind = rng.random()
    if kind < 0.72:
        return number(rng, argument)
    if kind < 0.8:
        return None
    if kind < 0.83:
        return ""
    if kind < 0.88:
        return rng.choice(["abc", "12", "won", " ", "-"])
    if kind < 0.92:
        return rng.choice([True, False])
    return rng.choice(list(CellError))


def clean(rng, argument):
    """A number that is possible for an argument."""
    if argument.high == 1:
        return rng.choice([0.05, 0.25, 0.5, 0.9, 1.0])
    return float(rng.choice([1, 2, 3, 10, 40, 150, 2500, rng.randint(1, 10_000)]))


WORDS = {
    "status_range": [
        "won",
        "Won ",
        "lost",
        "open",
        "Wygrana",
        "потеряна",
        "closed  won",
        "OPEN",
        "maybe",
        "Kunde",
        "gagne",
        "Closed_Won",
        "Sold",
        "W-trakcie",
    ],
    "crit_range": ["Ads", "ads", "SEO", " SEO", "Ola  N", "5"],
    "criterion": ["Ads", "seo", "Ola N", "nobody", 5.0],
    "opp_range": [45_780.0, True, False, "OPP-7", "yes", "Nie", "нет", "-", 0.0, 1.0],
    "stage_range": ["Lead", "MQL", "mql ", "SQL", "Won", "Lost", "?", "M*"],
    "stage": ["Lead", "mql", "Won", "nowhere", "M*", " SQL"],
    "order": ["Lead", "MQL", "SQL", "Won"],
    "touches": ["Ads", "SEO", "Mail", "(Direct)"],
    "model": [*RULES, "ushape", "decay", "wshape", "USHAPE", " W-shape ", "Position based", "markov", "*", "u?shaped"],
    "stat": ["mean", "median", "p90", "P50", "p0", "p100", "p99.5", "p090", "p101", "mode", "p", 0.25, 1.0, 1.5, -1.0],
}


def without_some_pairs(rng, arguments):
    """All arguments, or fewer of the pairs that narrow a choice of rows further: few rows meet them all."""
    ends = [place + 1 for place, argument in enumerate(arguments) if argument.criterion_of]
    if not ends:
        return arguments
    return arguments[: rng.choice([ends[0] - 2, *ends, len(arguments)])]


def plain(rng, argument):
    """A possible value for a range or a single argument of an aggregate."""
    if (name := argument.name.rstrip("234")) in WORDS:  # further pairs are numbered
        return rng.choice(WORDS[name])
    if argument.name in {"from_date", "to_date"}:
        return float(rng.randint(45_770, 45_800))
    if argument.unit == "date":
        return rng.choice([float(rng.randint(45_770, 45_800)), 45_780 + rng.randint(0, 20 * 1440) / 1440])
    if argument.name in {"lead_touch", "opp_touch"}:
        return float(rng.randint(1, 4))
    if argument.name in {"half_life", "days_before", "target_minutes"}:
        return float(rng.randint(0, 30))
    if argument.name == "probabilities":
        return round(rng.random(), 2)
    if argument.name in {"ratings", "min_rating", "months"}:
        return float(rng.randint(0 if argument.name == "ratings" else 1, 10))
    return float(rng.choice([0, 1, 2, 50, rng.randint(0, 9_999), 0.25]))


def ranged(rng, argument, height, width):
    """A range, clean or with odd cells in it."""
    odd = rng.choice([0.0, 0.0, 0.15, 0.4])

    def one():
        if rng.random() >= odd:
            return plain(rng, argument)
        return rng.choice(
            [None, None, None, "", "n/a", True, -7.0, 0.0, 12.5, rng.choice(list(CellError)) if odd > 0.3 else None]
        )

    return [[one() for _ in range(width)] for _ in range(height)]


def single(rng, argument):
    """A single argument, now and then an odd one."""
    if rng.random() < 0.8:
        return plain(rng, argument)
    return rng.choice([None, "", "n/a", True, -2.0, 0.0, 2.5, CellError.NA, CellError.DIV0])
