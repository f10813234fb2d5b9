"""Family B: traffic, social reach and paid media."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, count, counts, events, money, unique
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "BOUNCERATE",
    family="web",
    title="Bounce rate",
    arguments=(
        unique("bounced", "sessions that bounced, by the definition in use", out_of="sessions"),
        count("sessions", "all sessions"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((700, 2000), 0.35),
        Example((1117, 1810), 0.6171270718232044),
        Example((700, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases=("bounce rate",),
    confused_with=("EMAILBOUNCE", "WEBENGRATE"),
    pitfalls=(
        "Two definitions that do not mix in one series: sessions that were not engaged (GA4), or sessions of a "
        "single page (Universal Analytics)."
    ),
)
def bounce_rate(bounced: Any, sessions: Any) -> Any:
    """Share of the sessions that bounced.

    >>> bounce_rate(700, 2000)
    0.35
    """
    return bounced / sessions


@elementwise(
    "WEBENGRATE",
    family="web",
    title="Web engagement rate (GA4)",
    arguments=(
        unique("engaged_sessions", "engaged sessions as GA4 counts them", out_of="sessions"),
        count("sessions", "all sessions"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((1300, 2000), 0.65),
        Example((0, 2000), 0),
        Example((1300, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases=("GA4 engagement rate",),
    confused_with=("ENGRATE",),
    pitfalls="1 - the bounce rate of GA4. Not the engagement rate of social media.",
)
def web_engagement_rate(engaged_sessions: Any, sessions: Any) -> Any:
    """Share of the sessions with engagement; 1 - BOUNCERATE where both follow GA4.

    >>> web_engagement_rate(1300, 2000)
    0.65
    """
    return engaged_sessions / sessions


@elementwise(
    "ENGAGEMENTS",
    family="web",
    title="Engagements (interactions)",
    arguments=(
        count("likes", "likes and other one-click reactions", blank=0),
        count("comments", "comments", blank=0),
        count("shares", "shares and reposts", blank=0),
        count("clicks", "clicks on the post", default=0),
        count("other", "any other interactions", default=0),
    ),
    unit="count",
    direction="higher",
    examples=(
        Example((120, 30, 18, 0, 0), 168),
        Example((120, 30, 18, 40, 2), 210),
    ),
    aliases=("interactions",),
    confused_with=("ENGRATE",),
    remarks="A blank counts as 0: it is a sum.",
    pitfalls="Count the same kinds of reactions every time; clicks and others are optional.",
)
def engagements(likes: Any, comments: Any, shares: Any, clicks: Any, other: Any) -> Any:
    """All interactions with a post.

    >>> engagements(120, 30, 18, 0, 0)
    168
    """
    return likes + comments + shares + clicks + other


@elementwise(
    "ENGRATE",
    family="web",
    title="Engagement rate (social)",
    arguments=(
        events("engagements", "interactions, see ENGAGEMENTS", beside="impressions"),
        count("impressions", "impressions; pass reach or followers for those variants"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((168, 5600), 0.03),
        Example((50, 1000), 0.05),
        Example((168, 0), CellError.DIV0),
    ),
    aliases=("ER by impressions", "ERR (by reach)", "ER by post (by followers)"),
    confused_with=("WEBENGRATE",),
    pitfalls="By impressions; with reach or followers instead it is another rate: label the basis.",
)
def engagement_rate(engagements: Any, impressions: Any) -> Any:
    """Interactions for each impression.

    >>> engagement_rate(168, 5600)
    0.03
    """
    return engagements / impressions


@elementwise(
    "COMMCONV",
    family="web",
    title="Community conversion rate",
    arguments=(
        events("conversions", "conversions that came from the community, every one", beside="community_size"),
        count("community_size", "members or followers"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((45, 3000), 0.015),
        Example((90, 3000), 0.03),
        Example((45, 0), CellError.DIV0),
    ),
    aliases=("social / community conversion rate",),
    confused_with=("CONVRATE",),
    pitfalls="Counts conversions, not interest shown. Use the average size of a community that grows fast.",
)
def community_conversion_rate(conversions: Any, community_size: Any) -> Any:
    """Conversions for each member of a community.

    >>> community_conversion_rate(45, 3000)
    0.015
    """
    return conversions / community_size


@aggregate(
    "IMPRESSIONS",
    family="web",
    title="Impressions",
    arguments=(counts("impression_counts", "impressions of each day, ad or channel"),),
    unit="count",
    direction="higher",
    excel=lambda impression_counts: f"SUM({impression_counts})",
    value='SUM(IF(impression_counts<"",impression_counts,0))',
    examples=(
        Example(([4000, 2000],), 6000),
        Example(([0, 250, 750],), 1000),
    ),
    aliases=("impressions",),
    confused_with=("REACH",),
)
def impressions(impression_counts: Any) -> Any:
    """Impressions, summed up.

    >>> from xl_leadkpi import kpis
    >>> kpis.IMPRESSIONS([1200, None, 1450])
    2650.0
    """
    return np.nansum(impression_counts)


@elementwise(
    "REACH",
    family="web",
    title="Reach",
    arguments=(
        count("impressions", "impressions"),
        Argument("frequency", "ratio", "impressions for each person reached, at least 1", low=1),
    ),
    unit="count",
    direction="higher",
    examples=(
        Example((6000, 3), 2000),
        Example((9000, 2.5), 3600),
        Example((6000, 0), CellError.DIV0),
    ),
    aliases=("reach", "unique users"),
    confused_with=("IMPRESSIONS",),
    pitfalls=(
        "The platform measures reach; it cannot be added up over days, campaigns or channels. This only turns "
        "impressions = reach × frequency round."
    ),
)
def reach(impressions: Any, frequency: Any) -> Any:
    """People reached, from impressions and frequency.

    >>> reach(6000, 3)
    2000.0
    """
    return impressions / frequency


@elementwise(
    "ADFREQ",
    family="web",
    title="Ad frequency",
    arguments=(
        count("impressions", "impressions"),
        unique("reach", "people reached", out_of="impressions"),
    ),
    unit="ratio",
    direction="neutral",
    examples=(
        Example((6000, 2000), 3),
        Example((12000, 2000), 6),
        Example((6000, 0), CellError.DIV0),
    ),
    aliases=("average frequency",),
    pitfalls="FREQUENCY is a function of Excel's own, hence ADFREQ.",
)
def ad_frequency(impressions: Any, reach: Any) -> Any:
    """Impressions for each person reached.

    >>> ad_frequency(6000, 2000)
    3.0
    """
    return impressions / reach


@elementwise(
    "CTR",
    family="web",
    title="Click-through rate",
    arguments=(
        events("clicks", "clicks, every one", beside="impressions"),
        count("impressions", "impressions"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((120, 6000), 0.02),
        Example((100, 10000), 0.01),
        Example((120, 0), CellError.DIV0),
        Example((3, 2), 1.5),
    ),
    aliases=("CTR",),
    confused_with=("EMAILCTR", "CTOR"),
    pitfalls="Clicks per impression, not the share of people who clicked: one person may click twice.",
)
def click_through_rate(clicks: Any, impressions: Any) -> Any:
    """Clicks for each impression.

    >>> click_through_rate(120, 6000)
    0.02
    """
    return clicks / impressions


@elementwise(
    "CPC",
    family="web",
    title="Cost per click",
    arguments=(
        money("cost", "advertising cost"),
        count("clicks", "clicks"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((300, 120), 2.5),
        Example((600, 120), 5),
        Example((300, 0), CellError.DIV0),
    ),
    aliases=("CPC",),
    confused_with=("CPL", "CPM"),
)
def cost_per_click(cost: Any, clicks: Any) -> Any:
    """Advertising cost of one click.

    >>> cost_per_click(300, 120)
    2.5
    """
    return cost / clicks


@elementwise(
    "CPM",
    family="web",
    title="Cost per mille",
    arguments=(
        money("cost", "advertising cost"),
        count("impressions", "impressions"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((50, 10000), 5),
        Example((100, 10000), 10),
        Example((50, 0), CellError.DIV0),
    ),
    aliases=("CPM",),
    confused_with=("CPC",),
)
def cost_per_mille(cost: Any, impressions: Any) -> Any:
    """Advertising cost of a thousand impressions.

    >>> cost_per_mille(50, 10000)
    5.0
    """
    return cost / impressions * 1000
