"""A realistic made-up sample: leads, spend and touches that hang together, the same for the same seed.

The figures behind it (share per source, pass rates, waiting times, deal sizes) are ordinary for B2B software: they are
there to make every block of the funnel speak, not to state a benchmark. Nobody real and no company is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.output_files import OutputFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    import polars as pl

FILES = ("leads.csv", "spend.csv", "touches.csv")
SEED = 2026
FIRST_DAY = date(2025, 1, 1)
LAST_DAY = date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class _Source:
    """How leads of one source behave.

    ``share`` of all leads, ``pass_rate`` multiplies the chance to pass each stage, ``deal`` the usual won amount,
    ``cost_per_lead`` what a lead costs where the source is paid for, ``campaigns`` their names.
    """

    name: str
    share: float
    pass_rate: float
    deal: float
    cost_per_lead: float
    campaigns: tuple[str, ...]


_SOURCES = (
    _Source("Organic search", 0.27, 1.04, 9_500, 0, ("Blog", "Comparison pages")),
    _Source("Google Ads", 0.22, 0.98, 9_000, 165, ("Brand", "Generic", "Competitors")),
    _Source("LinkedIn", 0.15, 1.06, 13_500, 260, ("Decision makers", "Retargeting")),
    _Source("Facebook", 0.11, 0.82, 6_000, 84, ("Lookalike", "Retargeting")),
    _Source("Email", 0.08, 0.90, 7_000, 20, ("Newsletter", "Reactivation")),
    _Source("Referral", 0.07, 1.22, 11_000, 0, ("Customers",)),
    _Source("Events", 0.05, 1.10, 12_500, 460, ("Trade fair", "Webinar")),
    _Source("Partner", 0.03, 1.15, 15_000, 0, ("Resellers",)),
    _Source("Direct", 0.02, 0.95, 8_500, 0, ("",)),
)
_OWNERS = ("Team North", "Team South", "Team East", "Team West", "Inside sales")
_OWNER_PASS = (1.05, 0.95, 1.0, 1.08, 0.88)
_STAGES = PIPELINE.names[1:]
_PASS = (0.56, 0.55, 0.80, 0.70, 0.64, 0.46)
_WAIT_DAYS = (3.0, 5.0, 6.0, 4.0, 11.0, 17.0)
_LOST_SHARE = (0.55, 0.70, 0.75, 0.80, 0.85, 0.92)
_REASONS = ("No budget", "No need", "No answer", "Chose a competitor", "Bad timing", "Price")
_STATUS = {"open": "Open", "won": "Won", "lost": "Lost"}
_DAY = np.timedelta64(1, "D")
_MINUTE = np.timedelta64(60_000, "ms")  # Polars takes milliseconds, not minutes, from NumPy
_NEVER = np.datetime64("NaT")


def _along(values: Sequence[float]) -> np.ndarray:
    """A figure for each stage after the first, from those of six stages on the way."""
    there, wanted = (np.linspace(0.0, 1.0, n) for n in (len(values), len(_STAGES)))
    return np.interp(wanted, there, values)


def leads(rows: int = 2_500, *, seed: int = SEED, first: date = FIRST_DAY, last: date = LAST_DAY) -> pl.DataFrame:
    """Make a CRM export: one row a lead, seventeen columns, as of ``last``.

    Args:
        rows: How many leads, before a few duplicates are added (one in 400).
        seed: Same seed, same leads.
        first: First creation day.
        last: Day of the export: what would have happened later has not.

    Returns:
        The table as a CRM would export it. A few cells in a hundred are blank or odd, as in any real export.

    >>> table = leads(400)
    >>> table.height, table.columns[:4]
    (401, ['Lead ID', 'Lead name', 'Source', 'Campaign'])
    """
    import polars as pl  # noqa: PLC0415 - only who makes a sample needs it

    rng = np.random.default_rng(seed)
    source = rng.choice(len(_SOURCES), rows, p=[s.share for s in _SOURCES])
    owner = rng.choice(len(_OWNERS), rows, p=(0.24, 0.22, 0.20, 0.18, 0.16))
    created = _created_days(rng, rows, first, last)
    today = np.datetime64(last, "D")

    lift = np.array([s.pass_rate for s in _SOURCES])[source] * np.array(_OWNER_PASS)[owner]
    alive = np.ones(rows, dtype=bool)
    lost_day = np.full(rows, _NEVER, dtype="datetime64[D]")
    stage_now = np.zeros(rows, dtype=np.int64)
    entered: dict[str, np.ndarray] = {}
    day = created.copy()
    pass_rate, wait_days, lost_share = map(_along, (_PASS, _WAIT_DAYS, _LOST_SHARE))
    for rank, stage in enumerate(_STAGES):
        wait = np.maximum(0, np.rint(rng.lognormal(np.log(wait_days[rank]), 0.8, rows))).astype(int)
        passed = alive & (rng.random(rows) < np.minimum(0.97, pass_rate[rank] * lift))
        leaves = alive & ~passed & (rng.random(rows) < lost_share[rank])
        exit_day = day + (wait * 2 + 2) * _DAY
        lost_day = np.where(leaves & (exit_day <= today), exit_day, lost_day)
        alive = passed & (day + wait * _DAY <= today)
        day = np.where(alive, day + wait * _DAY, day)
        # one click in twelve is not made in the CRM: the stage was passed, its date is missing
        seen = alive & ((rng.random(rows) > 0.08) | (stage == PIPELINE.won.name))
        entered[stage] = np.where(seen, day, _NEVER)
        stage_now = np.where(alive, rank + 1, stage_now)

    won = stage_now == len(_STAGES)
    lost = ~np.isnat(lost_day)
    deal = np.array([s.deal for s in _SOURCES])[source] * rng.lognormal(-0.12, 0.5, rows)
    amount = np.where(stage_now >= PIPELINE.opportunity_index - 1, np.rint(deal / 50) * 50, np.nan)
    stages = np.array(PIPELINE.names)
    sources = np.array([s.name for s in _SOURCES])[source]
    campaign_of = rng.random(rows)
    campaigns = np.select(
        [
            (source == s) & (campaign_of < (c + 1) / len(one.campaigns))
            for s, one in enumerate(_SOURCES)
            for c in range(len(one.campaigns))
        ],
        [name for one in _SOURCES for name in one.campaigns],
        "",
    )
    clicked = created.astype("datetime64[ms]") + rng.integers(8 * 60, 18 * 60, rows) * _MINUTE
    response = clicked + np.rint(rng.lognormal(3.6, 1.5, rows)).astype(int) * _MINUTE
    answered = (rng.random(rows) > 0.05) & (response < today + _DAY)
    reasons = np.array(_REASONS)[rng.integers(0, len(_REASONS), rows)]

    table = pl.DataFrame(
        {
            "Lead ID": pl.int_range(1, rows + 1, eager=True).cast(pl.String).str.zfill(7),
            "Lead name": pl.int_range(1, rows + 1, eager=True).cast(pl.String),
            "Source": np.where(rng.random(rows) < 0.012, "", sources),
            "Campaign": campaigns,
            "Owner": np.array(_OWNERS)[owner],
            "Created": clicked,
            "First contacted": np.where(answered, response, _NEVER),
            **{f"{stage} date": pl.Series(entered[stage].astype("datetime64[ms]")).dt.date() for stage in _STAGES},
            "Lost date": pl.Series(lost_day.astype("datetime64[ms]")).dt.date(),
            "Stage": np.where(lost, "Lost", stages[stage_now]),
            "Last open stage": np.where(lost, stages[stage_now], ""),
            "Status": np.where(won, _STATUS["won"], np.where(lost, _STATUS["lost"], _STATUS["open"])),
            "Lost reason": np.where(lost & (rng.random(rows) < 0.9), reasons, ""),
            "Amount": np.where(won & (rng.random(rows) < 0.004), np.nan, amount),
            "Currency": np.full(rows, "EUR"),
        }
    ).with_columns(
        pl.format("L{}", "Lead ID").alias("Lead ID"),
        pl.format("Lead {}", "Lead name").alias("Lead name"),
        pl.col("Amount").fill_nan(None),
    )
    twice = table.gather_every(400, offset=399)
    return pl.concat([table, twice]) if twice.height else table


def _created_days(rng: np.random.Generator, rows: int, first: date, last: date) -> np.ndarray:
    """Creation days, sorted: growth over the period, a slow summer and December, few at weekends."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + _DAY)
    month = days.astype("datetime64[M]").astype(int) % 12
    season = np.array([1.05, 1.05, 1.1, 1.0, 1.0, 0.95, 0.8, 0.78, 1.1, 1.12, 1.1, 0.75])[month]
    weekday = (days.astype(int) + 3) % 7
    weight = season * np.where(weekday < 5, 1.0, 0.25) * np.linspace(1.0, 1.6, days.size)
    return np.sort(rng.choice(days, rows, p=weight / weight.sum()))


def spend(table: pl.DataFrame, *, seed: int = SEED) -> pl.DataFrame:
    """Make what the paid sources cost, a row a month and campaign, for the leads of :func:`leads`.

    Args:
        table: The leads.
        seed: Same seed, same spend.

    Returns:
        Columns Month (first day), Channel, Campaign, Impressions, Clicks, Cost (EUR).

    >>> spend(leads(400)).columns
    ['Month', 'Channel', 'Campaign', 'Impressions', 'Clicks', 'Cost (EUR)']
    """
    import polars as pl  # noqa: PLC0415

    rng = np.random.default_rng(seed + 1)
    cost = {s.name: s.cost_per_lead for s in _SOURCES if s.cost_per_lead}
    months = (
        table.unique("Lead ID")
        .filter(pl.col("Source").is_in(list(cost)))
        .group_by(pl.col("Created").dt.truncate("1mo").dt.date().alias("Month"), "Source", "Campaign")
        .agg(pl.len().alias("leads"))
        .sort("Month", "Source", "Campaign")
    )
    count = months["leads"].to_numpy()
    price = np.array([cost[name] for name in months["Source"]])
    amount = np.round(count * price * rng.lognormal(0.0, 0.18, count.size), 2)
    clicks = np.rint(count * rng.uniform(14, 30, count.size)).astype(int)
    return pl.DataFrame(
        {
            "Month": months["Month"],
            "Channel": months["Source"],
            "Campaign": months["Campaign"],
            "Impressions": np.rint(clicks * rng.uniform(35, 90, count.size)).astype(int),
            "Clicks": clicks,
            "Cost (EUR)": amount,
        }
    )


def touches(table: pl.DataFrame, *, seed: int = SEED) -> pl.DataFrame:
    """Make the contacts before each lead's conversion: mostly its own source first, others after it.

    Args:
        table: The leads.
        seed: Same seed, same touches.

    Returns:
        Columns Lead ID, Touch time, Channel; one row a touch, in time order within a lead.

    >>> touches(leads(400)).columns
    ['Lead ID', 'Touch time', 'Channel']
    """
    import polars as pl  # noqa: PLC0415

    rng = np.random.default_rng(seed + 2)
    unique = table.unique("Lead ID", maintain_order=True)
    rows = unique.height
    number = rng.choice(np.arange(1, 7), rows, p=(0.28, 0.26, 0.20, 0.13, 0.08, 0.05))
    lead = np.repeat(np.arange(rows), number)
    first = np.concatenate(([True], lead[1:] != lead[:-1]))
    start = unique["Created"].to_numpy().astype("datetime64[ms]")
    minutes = np.rint(rng.exponential(6 * 24 * 60, lead.size)).astype(int)
    minutes[first] = 0
    # minutes since the lead's own first touch: the running sum less what had run before the lead began
    running = np.cumsum(minutes)
    since = running - running[np.flatnonzero(first)][np.cumsum(first) - 1]
    names = np.array([s.name for s in _SOURCES])
    share = np.array([s.share for s in _SOURCES])
    other = names[rng.choice(names.size, lead.size, p=share)]
    own = np.where(unique["Source"].to_numpy() == "", "Direct", unique["Source"].to_numpy())[lead]
    return pl.DataFrame(
        {
            "Lead ID": unique["Lead ID"].to_numpy()[lead],
            "Touch time": start[lead] + since * _MINUTE,
            "Channel": np.where(first | (rng.random(lead.size) < 0.3), own, other),
        }
    ).filter(pl.col("Touch time") <= pl.lit(LAST_DAY).cast(pl.Datetime))


def write(folder: Path, rows: int = 2_500, *, seed: int = SEED) -> tuple[Path, Path, Path]:
    """Write ``leads.csv``, ``spend.csv`` and ``touches.csv`` into a folder and return their paths.

    Args:
        folder: Existing folder.
        rows: How many leads.
        seed: Same seed, same files.

    Raises:
        OutputError: One of them cannot be written; then none is.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     [path.name for path in write(pathlib.Path(name), 400)]
    ['leads.csv', 'spend.csv', 'touches.csv']
    """
    with OutputFiles() as outputs:
        write_to({name: outputs.new(folder / name) for name in FILES}, rows, seed=seed)
        outputs.put_in_place()
    leads_file, spend_file, touches_file = (folder / name for name in FILES)
    return leads_file, spend_file, touches_file


def write_to(streams: Mapping[str, BinaryIO], rows: int = 2_500, *, seed: int = SEED) -> None:
    """Write the three files of :func:`write` into streams.

    Args:
        streams: By the names in ``FILES``.
        rows: How many leads.
        seed: Same seed, same files.
    """
    table = leads(rows, seed=seed)
    for name, frame in zip(FILES, (table, spend(table, seed=seed), touches(table, seed=seed)), strict=True):
        frame.write_csv(streams[name], datetime_format="%Y-%m-%d %H:%M")
