"""What a history of changes comes to, counted in pandas and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from .change_logs import Change

Block = list[dict[str, Any]]
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Ladder:
    """The stages of a funnel.

    Attributes:
        names: As the report shows them, in order, the win last.
        words: Rank of each word in a history, from 1; the loss has the one after the win.
    """

    names: tuple[str, ...]
    words: Mapping[str, int]

    @property
    def won(self) -> int:
        """Rank of the win."""
        return len(self.names)

    @property
    def lost(self) -> int:
        """What stands for the loss."""
        return self.won + 1

    def name(self, rank: int) -> str:
        """What a rank is called."""
        return "Lost" if rank == self.lost else self.names[rank - 1]


class Recount:
    """The figures of a history up to the end of a day.

    Args:
        changes: The changes, in the order of time.
        ladder: The stages.
        as_of: The day.
        whole_days: Times of day put changes in order and count for nothing else.

    Attributes:
        visits: A row a visit: ``lead``, ``rank``, ``entered``, ``left``, ``before``.
        leads: A row a lead, see :meth:`_leads`.
    """

    def __init__(self, changes: Sequence[Change], ladder: Ladder, as_of: date, *, whole_days: bool = False) -> None:
        self.ladder = ladder
        self.as_of = pd.Timestamp(as_of)
        rows = pd.DataFrame(changes, columns=["lead", "moment", "word"])
        rows["moment"] = pd.to_datetime(rows["moment"])
        rows = rows[rows["moment"] < self.as_of + _DAY]
        rows["rank"] = rows["word"].map(ladder.words)
        rows = rows.dropna(subset="rank").sort_values("moment", kind="stable")
        rows = rows[rows["rank"] != rows.groupby("lead")["rank"].shift()]
        if whole_days:
            rows["moment"] = rows["moment"].dt.floor("D")
        of_lead = rows.groupby("lead")
        self.visits = pd.DataFrame({
            "lead": rows["lead"],
            "rank": rows["rank"].astype(int),
            "entered": rows["moment"],
            "left": of_lead["moment"].shift(-1),
            "before": of_lead["rank"].shift(),
        })  # fmt: skip
        self.leads = self._leads()

    def _leads(self) -> pd.DataFrame:
        """Outcome, day of creation, win and loss, rank now and furthest, and the first day of each rank (by it)."""
        won, lost = self.ladder.won, self.ladder.lost
        visits = self.visits
        found = visits.groupby("lead").agg(created=("entered", "first"), now=("rank", "last"))
        found["outcome"] = found["now"].map({won: "won", lost: "lost"}).fillna("open")
        opened = visits[visits["rank"] < won].groupby("lead")["rank"].max()
        found["furthest"] = opened.reindex(found.index).fillna(1).astype(int)
        found.loc[found["outcome"] == "won", "furthest"] = won
        for rank in range(2, won):
            found[rank] = visits[visits["rank"] == rank].groupby("lead")["entered"].min()
        found[1] = found["created"]
        losses = visits[visits["rank"] == lost].groupby("lead")["entered"].max()
        wins = visits[visits["rank"] == won]
        undone = wins["entered"].to_numpy() < losses.reindex(wins["lead"]).to_numpy()
        wins = wins[~undone].groupby("lead")["entered"].min()
        found[won] = wins.where(found["outcome"] == "won")
        found["lost_day"] = losses.where(found["outcome"] == "lost")
        return found

    def _days(self, spans: pd.Series[Any]) -> pd.Series[Any]:
        return spans / _DAY

    # --- blocks

    def summary(self) -> dict[str, Any]:
        """Cards of all leads."""
        outcomes = self.leads["outcome"].value_counts()
        won, lost = int(outcomes.get("won", 0)), int(outcomes.get("lost", 0))
        cycle = self._days(self.leads[self.ladder.won] - self.leads["created"]).dropna()
        return {
            "leads": len(self.leads),
            "won": won,
            "lost": lost,
            "open": int(outcomes.get("open", 0)),
            "cycle_days_n": len(cycle),
            "cycle_days_mean": _figure(cycle.mean()),
            "cycle_days_median": _figure(cycle.median()),
            "cycle_days_p90": _figure(cycle.quantile(0.9)),
        }

    def stages(self) -> Block:
        """Who reached which stage, with traces or without, and where they are."""
        leads, won = self.leads, self.ladder.won
        current = leads["now"].where(leads["outcome"] != "lost")
        rows = []
        for rank, name in enumerate(self.ladder.names, 1):
            reached = int((leads["furthest"] >= rank).sum())
            exact = int(leads[rank].notna().sum())
            there = leads["furthest"] == rank
            rows.append({
                "stage": name,
                "reached": reached,
                "exact": exact,
                "skipped": reached - exact,
                "in_stage_now": int((current == rank).sum()),
                "lost_here": int((there & (leads["outcome"] == "lost")).sum()),
                "open_here": int((there & (leads["outcome"] == "open")).sum()),
            })  # fmt: skip
        assert rows[-1]["reached"] == (leads["furthest"] == won).sum()
        return rows

    def stage_times(self) -> Block:
        """From the first entry of a stage to that of the next one that has a day, or to the loss."""
        leads, won = self.leads, self.ladder.won
        rows = []
        for rank in range(1, won):
            until = leads[[*range(rank + 1, won + 1), "lost_day"]].bfill(axis=1).iloc[:, 0]
            days = self._days(pd.to_datetime(until) - leads[rank]).dropna()
            waiting = leads[(leads["outcome"] == "open") & (leads["now"] == rank)][rank]
            waiting = self._days(self.as_of - waiting.dt.floor("D")).dropna()
            rows.append({
                "measure": self.ladder.name(rank),
                **_spread(days[days >= 0], {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "max": 1.0}),
                "backwards": int((days < 0).sum()),
                "open": len(waiting),
                "open_median": _figure(waiting.median()),
            })  # fmt: skip
        return rows

    def every_visit(self) -> Block:
        """All visits of each open stage."""
        rows = []
        for rank in range(1, self.ladder.won):
            visits = self.visits[self.visits["rank"] == rank]
            times = visits["lead"].value_counts()
            finished = self._days(visits["left"] - visits["entered"]).dropna()
            here = visits[visits["left"].isna()]["entered"]
            here = self._days(self.as_of - here.dt.floor("D"))
            spread = _spread(finished, {"median": 0.5, "p90": 0.9})
            rows.append({
                "stage": self.ladder.name(rank),
                "leads": len(times),
                "visits": len(visits),
                "came_again": int((times > 1).sum()),
                "finished": spread.pop("n"),
                **spread,
                "open": len(here),
                "open_median": _figure(here.median()),
            })  # fmt: skip
        return rows

    def transitions(self) -> Block:
        """Moves from stage to stage."""
        moves = self.visits.dropna(subset="before").groupby(["before", "rank"]).size()
        out_of = moves.groupby("before").sum()
        return [
            {
                "from": self.ladder.name(int(before)),
                "to": self.ladder.name(int(rank)),
                "moves": int(n),
                "out_of": int(out_of[before]),
                "direction": self._direction(before, rank),
            }
            for (before, rank), n in moves.items()
        ]

    def _direction(self, before: float, rank: float) -> str:
        if before >= self.ladder.won:
            return "reopened"
        if rank == self.ladder.lost:
            return "lost"
        return "forward" if rank > before else "back"

    def reopened(self) -> Block | None:
        """Who was won or lost and moved again."""
        moved = self.visits[self.visits["before"] >= self.ladder.won]
        moved = moved.assign(outcome=moved["lead"].map(self.leads["outcome"]))
        rows = []
        for before, some in moved.groupby("before"):
            now = some.drop_duplicates("lead")["outcome"].value_counts()
            rows.append({
                "outcome": self.ladder.name(int(before)),
                "leads": int(some["lead"].nunique()),
                "times": len(some),
                **{f"{outcome}_now": int(now.get(outcome, 0)) for outcome in ("won", "lost", "open")},
            })  # fmt: skip
        return rows or None


def _figure(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _spread(days: pd.Series[Any], shares: Mapping[str, float]) -> dict[str, Any]:
    drawn = {name: _figure(np.percentile(days, 100 * share)) if len(days) else None for name, share in shares.items()}
    return {"n": len(days), "mean": _figure(days.mean()), **drawn}
