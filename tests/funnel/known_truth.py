"""Every displayed rate, duration, mark and forecast held against tables whose truth is known.

``python -m tests.funnel.known_truth [--replicates 200] [SCENARIO ...]`` prints, for each figure, how far it is off on
average and how often its interval holds the truth: that of rates in 95 % of tables, that of forecasts in 80 %. The
tables are drawn by ``simulate.py`` of the shared folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections import defaultdict
from datetime import date, timedelta
from functools import cache
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conftest import SHARED
from xl_leadkpi.funnel.build import build
from xl_leadkpi.funnel.json_report import as_json
from xl_leadkpi.funnel.options import FunnelOptions
from xl_leadkpi.leads import ReadOptions, read_frame

if TYPE_CHECKING:
    from types import ModuleType

LEADS = 2_000
AHEAD, SOON, MONTHS = 123, 30, 3
"""Days ahead for which leads are drawn that nobody has yet; those that velocity is of; months of the forecast held."""
SCENARIOS: dict[str, dict[str, Any]] = {
    "steady": {"span": 365},
    "growing": {"span": 365, "growth": 1.0},
    "growing fast": {"span": 365, "growth": 2.0},
    "180 days": {"span": 180},
    "dates missing": {"span": 365, "missing": 0.2},
    "last stage unknown": {"span": 365, "last_open": False},
    "two sources": {"span": 365, "two_sources": True},
    # other parameters than those of the issue
    "fewer wins, slower": {
        "span": 540, "advance": (0.4, 0.5, 0.7, 0.6, 0.3), "to_advance": (8, 10, 9, 30, 40),
        "to_loss": (20, 12, 30, 20, 35),
    },
}  # fmt: skip


WAYS = {
    "Lead": (0, 1), "MQL": (1, 2), "SQL": (2, 3), "Opportunity": (3, 4), "Proposal": (4, 5),
    "opportunity_to_won": (3, 5), "lead_to_won": (0, 5),
}  # fmt: skip
"""By the name of a duration, the stages it lies between."""


@cache
def simulation() -> ModuleType:
    """The simulator of the shared folder."""
    spec = importlib.util.spec_from_file_location("simulate", SHARED / "simulation" / "simulate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Truth:
    """What really is, from a million leads followed to their end, in whole days as the tables have them."""

    def __init__(self, scenario: str) -> None:
        model = {
            key: SCENARIOS[scenario][key] for key in ("advance", "to_advance", "to_loss") if key in SCENARIOS[scenario]
        }
        entered, _ = simulation().futures(1_000_000, np.random.default_rng(99), **model)
        self.entered = np.floor(np.column_stack([np.zeros(len(entered)), entered]))
        self.rates: dict[tuple[int, int, float], float] = {}
        self.means: dict[tuple[int, int], float] = {}

    def wait(self, start: int, end: int) -> Any:
        """Days from one stage to a later one of those that come to it; infinite of those that do not."""
        began = np.isfinite(self.entered[:, start])
        return self.entered[began, end] - self.entered[began, start]

    def rate(self, start: int, end: int, within: float = np.inf) -> float:
        """Share that comes from one stage to a later one, or does so within some days."""
        key = (start, end, within)
        if key not in self.rates:
            wait = self.wait(start, end)
            self.rates[key] = float((np.isfinite(wait) & (wait <= within)).mean())
        return self.rates[key]

    def mean_days(self, start: int, end: int) -> float:
        """Mean days from one stage to a later one."""
        if (start, end) not in self.means:
            wait = self.wait(start, end)
            self.means[start, end] = float(wait[np.isfinite(wait)].mean())
        return self.means[start, end]


@cache
def truth_of(scenario: str) -> Truth:
    """The truth of a scenario, worked out once."""
    return Truth(scenario)


class Future:
    """What comes after the day of a table, of its open opportunities and of those yet to come.

    The draws of ``simulate.py`` are repeated in their order, those to come drawn at the pace of the table's last day.
    """

    def __init__(self, scenario: str, seed: int, leads: int = LEADS) -> None:
        options = dict(SCENARIOS[scenario])
        self.span = options.pop("span")
        growth, is_two = options.pop("growth", 0.0), options.pop("two_sources", False)
        model = {key: options[key] for key in ("advance", "to_advance", "to_loss") if key in options}
        rng, later = np.random.default_rng(seed), np.random.default_rng([seed, 1])

        def day(u: Any) -> Any:
            return np.floor(self.span * (np.log1p(u * np.expm1(growth)) / growth if growth else u))

        created = day(rng.random(leads))
        if is_two:
            created = np.where(rng.random(leads) < 0.3, self.span - np.floor(90 * rng.random(leads)), created)
        wins, amounts, opportunities, lost = self._drawn(created, rng, model)
        until = 1 + AHEAD / self.span
        until = np.expm1(growth * until) / np.expm1(growth) if growth else until
        coming = day(1 + (until - 1) * later.random(later.poisson(leads * (0.7 if is_two else 1) * (until - 1))))
        if is_two:
            young = self.span + np.floor(AHEAD * later.random(later.poisson(0.3 * leads * AHEAD / 90)))
            coming = np.concatenate([coming, young])
        new = self._drawn(coming, later, model)
        self.wins, self.amounts = np.concatenate([wins, new[0]]), np.concatenate([amounts, new[1]])
        is_open = (opportunities <= self.span) & (wins > self.span) & (lost > self.span)
        self.is_open = np.concatenate([is_open, np.zeros(len(coming), bool)])

    def _drawn(self, created: Any, rng: np.random.Generator, model: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
        entered, lost = simulation().futures(len(created), rng, **model)
        entered, lost = np.floor(created[:, None] + entered), np.floor(created + lost)
        return entered[:, 4], np.round(10_000 * rng.lognormal(-0.125, 0.5, len(created))), entered[:, 2], lost

    def came(self, first: int, last: int, part: str = "all") -> tuple[int, float]:
        """Wins of some days ahead, the first of them left out, and what they bring."""
        of = {"open": self.is_open, "new": ~self.is_open, "all": np.ones(len(self.wins), bool)}[part]
        there = of & (self.wins > self.span + first) & (self.wins <= self.span + last)
        return int(there.sum()), float(self.amounts[there].sum())


def figures(scenario: str, seed: int, leads: int = LEADS) -> dict[str, Any]:
    """The funnel of a simulated table."""
    options = dict(SCENARIOS[scenario])
    rows, _ = simulation().table(leads, options.pop("span"), seed, **options)
    header = list(rows[0])
    as_of = simulation().START + timedelta(days=SCENARIOS[scenario]["span"])
    days = {name for name in header if name.endswith("date") or name == "Created"}
    table = [
        header,
        *(
            [date.fromisoformat(row[name]) if name in days and row[name] else row[name] for name in header]
            for row in rows
        ),
    ]
    return as_json(build(read_frame(table, ReadOptions(as_of=as_of)), options=FunnelOptions()))


class Held:
    """Figures held against the truth: by name, how far off they were and whether their intervals held it."""

    def __init__(self) -> None:
        self.off: dict[str, list[float]] = defaultdict(list)
        self.held: dict[str, list[bool]] = defaultdict(list)
        self.truth: dict[str, list[float]] = defaultdict(list)
        self.marked: list[bool] = []
        self.expected: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.came: dict[str, list[bool]] = defaultdict(list)

    def rate(self, name: str, truth: float, row: dict[str, Any], key: str) -> None:
        """Hold a rate with its interval against the truth."""
        if row[key] is not None:
            self.off[name].append(row[key] - truth)
            self.truth[name].append(truth)
            self.held[name].append(row[f"{key}_low"] <= truth <= row[f"{key}_high"])

    def days(self, name: str, truth: float, value: float | None) -> None:
        """Hold a duration against the truth, as a share of it."""
        if value is not None:
            self.off[name].append(value / truth - 1)
            self.truth[name].append(truth)

    def forecast(self, future: Future, found: dict[str, Any]) -> None:
        """Hold the forecast of the coming months and velocity against what came."""
        self.expected["velocity"].append((found["summary"]["velocity"], future.came(0, SOON)[1] / SOON))
        today, before = simulation().START + timedelta(days=future.span), 0
        for row in found["forecast"][:MONTHS]:
            month = date.fromisoformat(f"{row['month']}-01")
            end = ((month + timedelta(days=31)).replace(day=1) - today).days - 1
            for part, key in (("open", ""), ("new", "new_"), ("all", "total_")):
                for unit, came in zip(("won_", ""), future.came(before, end, part), strict=True):
                    name = f"forecast, {part}, {'money' if not unit else 'wins'}"
                    mean, low, high = (row[f"{key}{unit}{one}"] for one in ("mean", "low", "high"))
                    self.expected[name].append((mean, came))
                    # where nothing may come the interval begins at 0 and holds more than it says
                    self.came[name if low > 0 else f"{name}, from 0"].append(low <= came <= high)
            before = end

    def bias(self, name: str) -> tuple[float, float]:
        """How far what was expected is off what came, as a share of that, and the standard error."""
        off = np.array(self.expected[name])
        differences = off[:, 0] - off[:, 1]
        return float(differences.mean() / off[:, 1].mean()), float(
            differences.std(ddof=1) / sqrt(len(off)) / off[:, 1].mean()
        )


def hold(scenario: str, replicates: int, seed: int = 1) -> Held:
    """Hold every figure of some tables against the truth."""
    truth, held = truth_of(scenario), Held()
    for replicate in range(replicates):
        found = figures(scenario, seed + replicate)
        held.forecast(Future(scenario, seed + replicate), found)
        for place, row in enumerate(found["stages"][1:], start=1):
            name, own = row["stage"], row["next_step_days"]
            held.rate(f"{name}", truth.rate(place - 1, place, np.inf if own is None else own), row, "next_step")
            within = row["next_step_within_days"]
            if within is not None:
                held.rate(f"{name} within", truth.rate(place - 1, place, within), row, "next_step_within")
        summary = found["summary"]
        held.rate("win rate", truth.rate(3, 5), summary, "win_rate_mature")
        window = summary["window_days"]
        held.rate("lead to won within the window", truth.rate(0, 5, window), summary, "lead_conversion_mature")
        for row in found["by"]["source"]:
            own = row["win_rate_mature_days"]
            held.rate("win rate of a source", truth.rate(3, 5, np.inf if own is None else own), row, "win_rate_mature")
        for row in found["months"]:
            own = row["opportunity_win_rate_days"]
            # those of few are grey on the sheet, and have no interval there
            name = "win rate of a month" + ", grey" * (row["opportunity_win_rate_of"] < found["header"]["min_n"])
            held.rate(name, truth.rate(3, 5, np.inf if own is None else own), row, "opportunity_win_rate")
        held.marked.append(any(row["compared"] in ("better", "worse") for row in found["by"]["source"]))
        for row in found["stage_times"]:
            if row["measure"] in WAYS:
                held.days(f"{row['measure']}: mean days", truth.mean_days(*WAYS[row["measure"]]), row["expected_mean"])
    return held


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for scenario in given.scenarios:
        held = hold(scenario, given.replicates, given.seed)
        print(f"{scenario}: groups marked different in {fmean(held.marked):.1%} of {given.replicates} tables")
        for name, off in held.off.items():
            coverage = f"{fmean(held.held[name]):.1%} of the intervals hold it" if name in held.held else ""
            print(
                f"  {name:<32} true {fmean(held.truth[name]):8.3f}  off {fmean(off):+.2%}  n {len(off):>5}  {coverage}"
            )
        for name in held.expected:
            bias, error = held.bias(name)
            print(f"  {name:<32} off {bias:+.1%}, standard error {error:.1%}")
        for name, inside in sorted(held.came.items()):
            print(f"  {name:<32} n {len(inside):>5}  {fmean(inside):.1%} of the 80 % intervals hold what came")
    print(json.dumps({"replicates": given.replicates, "leads": LEADS}))


if __name__ == "__main__":
    main()
