"""Every displayed rate, duration and mark held against tables whose truth is known.

``python -m tests.funnel.known_truth [--replicates 200] [SCENARIO ...]`` prints, for each figure, how far it is off on
average and how often its 95 % interval holds the truth. The tables are drawn by ``simulate.py`` of the shared folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections import defaultdict
from datetime import date, timedelta
from functools import cache
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


def hold(scenario: str, replicates: int, seed: int = 1) -> Held:
    """Hold every figure of some tables against the truth."""
    truth, held = truth_of(scenario), Held()
    for replicate in range(replicates):
        found = figures(scenario, seed + replicate)
        for place, row in enumerate(found["stages"][1:], start=1):
            name, own = row["stage"], row["next_step_days"]
            held.rate(f"{name}", truth.rate(place - 1, place, np.inf if own is None else own), row, "next_step")
            within = row["next_step_within_days"]
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
    print(json.dumps({"replicates": given.replicates, "leads": LEADS}))


if __name__ == "__main__":
    main()
