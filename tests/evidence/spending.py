"""Spend files beside a table: what its paid channels cost, as several tools write it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from .dress import Dress, Money, Row, write_day
from .pipelines import AS_OF, FIRST_DAY
from .recount import SpendTold
from .tables import CURRENCIES

if TYPE_CHECKING:
    from random import Random

    from .layouts import Layout

SpendFile = tuple[str, list[Row], Dress]
Cost = tuple[date, str, float]

CHANNEL_NAMES = {
    "Google Ads": ("Google Ads", "google", "GOOGLE", "google ads", "AdWords"),
    "LinkedIn": ("LinkedIn", "linkedin", "LinkedIn Ads"),
    "Яндекс Директ": ("Яндекс Директ", "Яндекс.Директ", "Yandex Direct"),
}
"""Channels that are paid for, with the names they go by."""

_HEADERS = {"pl": ["Data", "Kanał", "Kampania", "Koszt"], "ru": ["Дата", "Канал", "Кампания", "Расход"]}


def spend_of(draw: Random, layout: Layout, total_word: str) -> tuple[list[SpendFile], SpendTold | None]:
    """In a third of the tables with channels that can be paid for: their spend, of the same months as the leads."""
    channels = [name for name in layout.sources if name in CHANNEL_NAMES]
    if not channels or draw.random() > 0.33:
        return [], None
    months = [date(FIRST_DAY.year + month // 12, month % 12 + 1, 1) for month in range(FIRST_DAY.month - 1, 18)]
    assert months[-1] <= AS_OF
    rows = [(month, channel, float(draw.randint(100, 900))) for month in months for channel in channels]
    names = {name: draw.choice(CHANNEL_NAMES[name]) for name in channels}
    how = draw.choice(["by month", "by day", "Google Ads", "micros"])
    if how == "by month":
        return [by_month(rows, names)], SpendTold(rows)
    rows = [(month + timedelta(days=draw.randint(0, 27)), channel, cost) for month, channel, cost in rows]
    if how == "by day" or "Google Ads" not in channels:
        headers = _HEADERS.get(layout.language, ["Date", "Channel", "Campaign", "Cost"])
        dress = Dress(delimiter=draw.choice(",;"), footer=draw.choice(["", "total"]), total_word=total_word)
        return [by_day(rows, names, headers, dress)], SpendTold(rows)
    rows = [row for row in rows if row[1] == "Google Ads"]
    file = micros(rows) if how == "micros" else google_report(rows, CURRENCIES.get(layout.language, "EUR"))
    return [file], SpendTold(rows)


def by_month(rows: list[Cost], names: dict[str, str]) -> SpendFile:
    """A sheet somebody keeps: month, channel, sum."""
    cells = [[write_day(month, "month"), names[channel], Money(cost)] for month, channel, cost in rows]
    return "spend", [["Month", "Channel", "Spend"], *cells], Dress()


def by_day(rows: list[Cost], names: dict[str, str], headers: Row, dress: Dress) -> SpendFile:
    """A report over several platforms."""
    return "spend", [headers, *([day, names[channel], "Spring", Money(cost)] for day, channel, cost in rows)], dress


def micros(rows: list[Cost]) -> SpendFile:
    """Google Ads as its interface for programs gives it: millionths."""
    cells = [[day, "Spring", "12", f"{cost * 1_000_000:.0f}"] for day, _, cost in rows]
    return "google_ads", [["segment_date", "campaign_name", "clicks", "cost_micros"], *cells], Dress()


def google_report(rows: list[Cost], currency: str) -> SpendFile:
    """Google Ads as people download it: two title lines, a line of totals."""
    cells: list[Row] = [["Campaign", "Day", "Currency code", "Cost", "Clicks", "Impr."]]
    cells += [["Spring", day, currency, Money(cost), "12", "340"] for day, _, cost in rows]
    cells.append(["Total: account", None, currency, Money(sum(cost for _, _, cost in rows)), "120", "3400"])
    return "google", cells, Dress(titles=("Campaign report", "All time"))
