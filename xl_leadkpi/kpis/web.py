"""Family B: traffic, social reach and paid media."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, Source, count, counts, money
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "BOUNCERATE",
    family="web",
    title={"en": "Bounce rate", "pl": "Współczynnik odrzuceń", "ru": "Показатель отказов"},
    arguments=(
        count("bounced", "sessions that bounced, by the definition in use"),
        count("sessions", "all sessions"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda bounced, sessions: bounced > sessions,
    examples=(
        Example((700, 2000), 0.35),
        Example((1117, 1810), 0.6171270718232044),
        Example((700, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases={
        "en": ("bounce rate",),
        "pl": ("Współczynnik odrzuceń",),
        "ru": ("показатель отказов",),
    },
    confused_with=("EMAILBOUNCE", "WEBENGRATE"),
    sources=(Source("cognism", "described (visited and left or clicked on), no formula"),),
    pitfalls=(
        "Two incompatible definitions. GA4: bounced = sessions that were NOT engaged (engaged = >10 "
        "s, or ≥1 key event, or ≥2 page views), so bounce = 1 − engagement rate. Universal Analytics "
        "/ Cognism: bounced = single-page sessions. Same formula, different count; never mix in one "
        "series."
    ),
    references=(
        "mbadv.agency quoting Google Analytics Help; nicelookingdata.com (2,000 sessions, 1,300 engaged → 65% / 35%)"
    ),
)
def bounce_rate(bounced: Any, sessions: Any) -> Any:
    """Share of the sessions that bounced.

    Args:
        bounced: Sessions that bounced, by the definition in use (count).
        sessions: All sessions (count).

    Returns:
        Fraction.

    >>> bounce_rate(700, 2000)
    0.35
    """
    return bounced / sessions


@elementwise(
    "WEBENGRATE",
    family="web",
    title={
        "en": "Web engagement rate (GA4)",
        "pl": "Wskaźnik zaangażowania w witrynie (GA4)",
        "ru": "Доля сеансов с вовлечением (GA4)",
    },
    arguments=(
        count("engaged_sessions", "engaged sessions as GA4 counts them"),
        count("sessions", "all sessions"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda engaged_sessions, sessions: engaged_sessions > sessions,
    examples=(
        Example((1300, 2000), 0.65),
        Example((0, 2000), 0),
        Example((1300, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases={
        "en": ("GA4 engagement rate",),
    },
    confused_with=("ENGRATE",),
    pitfalls="Complement of GA4 bounce rate. Not the social engagement rate.",
)
def web_engagement_rate(engaged_sessions: Any, sessions: Any) -> Any:
    """Share of the sessions with engagement; 1 - BOUNCERATE where both follow GA4.

    Args:
        engaged_sessions: Engaged sessions as GA4 counts them (count).
        sessions: All sessions (count).

    Returns:
        Fraction.

    >>> web_engagement_rate(1300, 2000)
    0.65
    """
    return engaged_sessions / sessions


@elementwise(
    "ENGAGEMENTS",
    family="web",
    title={
        "en": "Engagements (interactions)",
        "pl": "Zaangażowanie (liczba interakcji)",
        "ru": "Вовлечённость (число взаимодействий)",
    },
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
    aliases={
        "en": ("interactions",),
        "pl": (
            "zaangażowanie",
            "Zaręczyny (mistranslated: betrothal)",
        ),
        "ru": ("вовлеченность",),
    },
    confused_with=("ENGRATE",),
    sources=(
        Source(
            "cognism",
            "«liczba polubień, komentarzy i udostępnień, które otrzymuje post»; also growth of clicks to the site",
        ),
        Source("automatenow", "«lajków, komentarzy, udostępnień, kliknięć i innych reakcji»"),
    ),
    remarks="A blank counts as 0: it is a sum.",
    pitfalls=(
        "“Zaręczyny” (betrothal) is a mistranslation of engagement. Cognism counts "
        "likes+comments+shares; AutomateNow adds clicks and other reactions."
    ),
)
def engagements(likes: Any, comments: Any, shares: Any, clicks: Any, other: Any) -> Any:
    """All interactions with a post.

    Args:
        likes: Likes and other one-click reactions (count).
        comments: Comments (count).
        shares: Shares and reposts (count).
        clicks: Clicks on the post (count).
        other: Any other interactions (count).

    Returns:
        Count.

    >>> engagements(120, 30, 18, 0, 0)
    168
    """
    return likes + comments + shares + clicks + other


@elementwise(
    "ENGRATE",
    family="web",
    title={"en": "Engagement rate (social)", "pl": "Wskaźnik zaangażowania", "ru": "Уровень вовлечённости"},
    arguments=(
        count("engagements", "interactions, see ENGAGEMENTS"),
        count("impressions", "impressions; pass reach or followers for those variants"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((168, 5600), 0.03),
        Example((50, 1000), 0.05),
        Example((168, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("ER by impressions", "ERR (by reach)", "ER by post (by followers)"),
        "pl": ("Wskaźnik zaangażowania",),
        "ru": ("Уровень вовлеченности",),
    },
    confused_with=("WEBENGRATE",),
    sources=(
        Source(
            "tehnografi",
            (
                "«Процент людей, которые каким-либо образом взаимодействовали с вашим контентом»: no formula, "
                "people-based"
            ),
        ),
        Source("automatenow", "«zsumować wszystkie reakcje i podzielić je przez liczbę wyświetleń»"),
    ),
    pitfalls=(
        "Denominator disagrees: AutomateNow = impressions; Tehnografi = people (reach). Hootsuite "
        "lists reach, followers and impressions variants as separate metrics. Here: AutomateNow "
        "(impressions); the same function serves the others by passing reach or followers. Label the "
        "basis."
    ),
    references=(
        "Hootsuite via it-benchmarking-journal.com: ERR = engagements/reach; ER impressions = "
        "engagements/impressions; ER post = engagements/followers"
    ),
)
def engagement_rate(engagements: Any, impressions: Any) -> Any:
    """Interactions for each impression.

    Args:
        engagements: Interactions, see ENGAGEMENTS (count).
        impressions: Impressions; pass reach or followers for those variants (count).

    Returns:
        Fraction.

    >>> engagement_rate(168, 5600)
    0.03
    """
    return engagements / impressions


@elementwise(
    "COMMCONV",
    family="web",
    title={"en": "Community conversion rate", "pl": "Wskaźnik konwersji społeczności", "ru": "Конверсия сообщества"},
    arguments=(
        count("conversions", "conversions that came from the community"),
        count("community_size", "members or followers"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((45, 3000), 0.015),
        Example((90, 3000), 0.03),
        Example((45, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("social / community conversion rate",),
        "pl": ("Wskaźnik konwersji społeczności",),
    },
    confused_with=("CONVRATE",),
    sources=(Source("automatenow", "«podzielić liczbę konwersji przez liczbę użytkowników w społeczności»"),),
    pitfalls=(
        "AutomateNow’s title counts customers or those «showing purchase intent»; its formula counts "
        "conversions. Use average community size of the period when it grows fast."
    ),
)
def community_conversion_rate(conversions: Any, community_size: Any) -> Any:
    """Conversions for each member of a community.

    Args:
        conversions: Conversions that came from the community (count).
        community_size: Members or followers (count).

    Returns:
        Fraction.

    >>> community_conversion_rate(45, 3000)
    0.015
    """
    return conversions / community_size


@aggregate(
    "IMPRESSIONS",
    family="web",
    title={"en": "Impressions", "pl": "Wyświetlenia", "ru": "Показы"},
    arguments=(counts("impression_counts", "impressions of each day, ad or channel"),),
    unit="count",
    direction="higher",
    excel=lambda impression_counts: f"SUM({impression_counts})",
    value='SUM(IF(impression_counts<"",impression_counts,0))',
    examples=(
        Example(([4000, 2000],), 6000),
        Example(([0, 250, 750],), 1000),
    ),
    aliases={
        "en": ("impressions",),
        "pl": ("wyświetlenia",),
        "ru": (
            "показы",
            "Впечатления (mistranslated: impressions of the mind)",
        ),
    },
    confused_with=("REACH",),
    sources=(
        Source("cognism", "«Porównanie wyświetleń z łączną liczbą leadów»"),
        Source("tehnografi", "«Сколько раз ваша реклама или контент были показаны аудитории»"),
    ),
)
def impressions(impression_counts: Any) -> Any:
    """Impressions, summed up.

    Args:
        impression_counts: Impressions of each day, ad or channel (range of counts).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.IMPRESSIONS([1200, None, 1450])
    2650.0
    """
    return np.nansum(impression_counts)


@elementwise(
    "REACH",
    family="web",
    title={"en": "Reach", "pl": "Zasięg", "ru": "Охват"},
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
    aliases={
        "en": ("reach", "unique users"),
        "pl": ("zasięg",),
        "ru": (
            "охват",
            "Достигать (mistranslated: the verb)",
        ),
    },
    confused_with=("IMPRESSIONS",),
    sources=(
        Source("tehnografi", "«Количество уникальных лиц, охваченных вашей кампанией»: a measured count, no formula"),
    ),
    pitfalls=(
        "Reach is measured by the platform and is not additive over days, campaigns or channels; "
        "summing daily reach overstates it. The function only inverts the identity impressions = "
        "reach × frequency."
    ),
    references=(
        "intercom.help/deepdivr (Facebook, LinkedIn, TikTok definitions); alitire.com reach = impressions/frequency"
    ),
)
def reach(impressions: Any, frequency: Any) -> Any:
    """People reached, from impressions and frequency.

    Args:
        impressions: Impressions (count).
        frequency: Impressions for each person reached, at least 1 (ratio).

    Returns:
        Count.

    >>> reach(6000, 3)
    2000.0
    """
    return impressions / frequency


@elementwise(
    "ADFREQ",
    family="web",
    title={"en": "Ad frequency", "pl": "Częstotliwość reklamy", "ru": "Частота показов рекламы"},
    arguments=(
        count("impressions", "impressions"),
        count("reach", "people reached"),
    ),
    unit="ratio",
    direction="neutral",
    impossible=lambda impressions, reach: reach > impressions,
    examples=(
        Example((6000, 2000), 3),
        Example((12000, 2000), 6),
        Example((6000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("average frequency",),
        "pl": ("częstotliwość",),
        "ru": ("Частота",),
    },
    sources=(Source("tehnografi", "«Среднее количество раз, когда человек знакомился с вашей кампанией»"),),
    pitfalls="FREQUENCY is an Excel built-in, hence ADFREQ.",
)
def ad_frequency(impressions: Any, reach: Any) -> Any:
    """Impressions for each person reached.

    Args:
        impressions: Impressions (count).
        reach: People reached (count).

    Returns:
        Ratio.

    >>> ad_frequency(6000, 2000)
    3.0
    """
    return impressions / reach


@elementwise(
    "CTR",
    family="web",
    title={"en": "Click-through rate", "pl": "Współczynnik klikalności", "ru": "Показатель кликабельности"},
    arguments=(
        count("clicks", "clicks"),
        count("impressions", "impressions"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((120, 6000), 0.02),
        Example((100, 10000), 0.01),
        Example((120, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CTR",),
        "pl": ("współczynnik klikalności",),
        "ru": (
            "показатель кликабельности",
            "Рейтинг кликов (mistranslated: rating)",
        ),
    },
    confused_with=("EMAILCTR", "CTOR"),
    sources=(
        Source(
            "tehnografi",
            "«Процент людей, которые нажали на вашу рекламу или контент после просмотра»",
            wrong="counts people; the standard counts clicks",
        ),
    ),
    pitfalls="Tehnografi says share of PEOPLE; the standard is clicks per impression (not unique people).",
    references="saurabhsinghportfolio.in / Meta Ads terms; vipcorporatesolutions.com: clicks ÷ impressions",
)
def click_through_rate(clicks: Any, impressions: Any) -> Any:
    """Clicks for each impression.

    Args:
        clicks: Clicks (count).
        impressions: Impressions (count).

    Returns:
        Fraction.

    >>> click_through_rate(120, 6000)
    0.02
    """
    return clicks / impressions


@elementwise(
    "CPC",
    family="web",
    title={"en": "Cost per click", "pl": "Koszt kliknięcia", "ru": "Цена клика"},
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
    aliases={
        "en": ("CPC",),
        "pl": ("koszt kliknięcia",),
        "ru": ("Цена за клик",),
    },
    confused_with=("CPL", "CPM"),
    sources=(Source("tehnografi", "«Стоимость каждого клика»"),),
)
def cost_per_click(cost: Any, clicks: Any) -> Any:
    """Advertising cost of one click.

    Args:
        cost: Advertising cost (money).
        clicks: Clicks (count).

    Returns:
        Money.

    >>> cost_per_click(300, 120)
    2.5
    """
    return cost / clicks


@elementwise(
    "CPM",
    family="web",
    title={"en": "Cost per mille", "pl": "Koszt tysiąca wyświetleń", "ru": "Цена тысячи показов"},
    arguments=(
        money("cost", "advertising cost"),
        count("impressions", "impressions"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((50, 10000), 5, "prediqmedia.com quoting Meta"),
        Example((100, 10000), 10),
        Example((50, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CPM",),
    },
    confused_with=("CPC",),
    references="prediqmedia.com quoting Meta: amount spent ÷ impressions × 1,000 ($50, 10,000 → $5)",
)
def cost_per_mille(cost: Any, impressions: Any) -> Any:
    """Advertising cost of a thousand impressions.

    Args:
        cost: Advertising cost (money).
        impressions: Impressions (count).

    Returns:
        Money.

    >>> cost_per_mille(50, 10000)
    5.0
    """
    return cost / impressions * 1000
