"""Family H: who stays, who is content."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, Source, count, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "CHURNRATE",
    family="retention",
    title={"en": "Churn rate (customers)", "pl": "Wskaźnik odejść klientów", "ru": "Коэффициент оттока клиентов"},
    arguments=(
        count("lost_customers", "customers lost, of those at the start"),
        count("start_customers", "customers at the start of the period"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda lost_customers, start_customers: lost_customers > start_customers,
    examples=(
        Example((5, 100), 0.05),
        Example((0, 100), 0),
        Example((5, 0), CellError.DIV0),
        Example((101, 100), CellError.NUM),
    ),
    aliases={
        "en": ("logo churn",),
        "pl": ("wskaźnik odejść",),
        "ru": (
            "коэффициент оттока",
            "Скорость оттока (mistranslated: speed for rate)",
        ),
    },
    confused_with=("RETRATE",),
    sources=(
        Source(
            "tehnografi", "«Процент клиентов, прекративших сотрудничество с вашей компанией за определенный период»"
        ),
    ),
    pitfalls=(
        "angelinvestingschool.com divides (start − end)/start, which nets new customers against lost "
        "ones: wrong whenever anyone was acquired."
    ),
    references="fructifi.com; creativeg.gr: lost ÷ customers at the beginning",
)
def churn_rate(lost_customers: Any, start_customers: Any) -> Any:
    """Share of the customers at the start who left.

    Args:
        lost_customers: Customers lost, of those at the start (count).
        start_customers: Customers at the start of the period (count).

    Returns:
        Fraction.

    >>> churn_rate(5, 100)
    0.05
    """
    return lost_customers / start_customers


@elementwise(
    "RETRATE",
    family="retention",
    title={"en": "Customer retention rate", "pl": "Retencja klientów", "ru": "Удержание клиентов"},
    arguments=(
        count("end_customers", "customers at the end of the period"),
        count("new_customers", "customers won in the period"),
        count("start_customers", "customers at the start of the period"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda end_customers, new_customers, start_customers: (
        (end_customers < new_customers) | (end_customers - new_customers > start_customers)
    ),
    examples=(
        Example((110, 15, 100), 0.95),
        Example((90, 10, 100), 0.8),
        Example((110, 15, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CRR",),
        "pl": ("retencja klientów",),
        "ru": ("Уровень удержания клиентов", "удержание клиентов"),
    },
    confused_with=("CHURNRATE", "NRR"),
    sources=(
        Source("tehnografi", "«Процент клиентов, которые продолжают сотрудничать…»"),
        Source("ruler-kpis", "«Удержание клиентов»: no formula"),
    ),
    pitfalls="= 1 − churn when new customers lost in the period are excluded.",
    references="brdata (HubSpot text): (customers at end − new) ÷ customers at start",
)
def customer_retention_rate(end_customers: Any, new_customers: Any, start_customers: Any) -> Any:
    """Share of the customers at the start who are still there.

    Args:
        end_customers: Customers at the end of the period (count).
        new_customers: Customers won in the period (count).
        start_customers: Customers at the start of the period (count).

    Returns:
        Fraction.

    >>> customer_retention_rate(110, 15, 100)
    0.95
    """
    return (end_customers - new_customers) / start_customers


@elementwise(
    "REPEATRATE",
    family="retention",
    title={"en": "Repeat purchase rate", "pl": "Wskaźnik powtórnych zakupów", "ru": "Доля повторных покупателей"},
    arguments=(
        count("repeat_customers", "customers with two purchases or more"),
        count("customers", "customers with a purchase"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda repeat_customers, customers: repeat_customers > customers,
    examples=(
        Example((30, 120), 0.25),
        Example((0, 120), 0),
        Example((30, 0), CellError.DIV0),
        Example((121, 120), CellError.NUM),
    ),
    aliases={
        "en": ("RPR", "repeat customer rate"),
        "pl": ("wskaźnik powtórnych zakupów",),
        "ru": ("Скорость повторной покупки (mistranslated: speed for rate)",),
    },
    confused_with=("RETRATE",),
    sources=(Source("tehnografi", "«Процент клиентов, которые совершают более одной покупки»"),),
    references="waoconnect.com; darkcafe.eu",
)
def repeat_purchase_rate(repeat_customers: Any, customers: Any) -> Any:
    """Share of the customers who bought again.

    Args:
        repeat_customers: Customers with two purchases or more (count).
        customers: Customers with a purchase (count).

    Returns:
        Fraction.

    >>> repeat_purchase_rate(30, 120)
    0.25
    """
    return repeat_customers / customers


@elementwise(
    "REFRATE",
    family="retention",
    title={"en": "Referral rate", "pl": "Wskaźnik poleceń", "ru": "Коэффициент рекомендаций"},
    arguments=(
        count("referring_customers", "customers who referred somebody"),
        count("customers", "customers"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((240, 4000), 0.06),
        Example((480, 4000), 0.12),
        Example((240, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("referral rate",),
        "pl": ("wskaźnik poleceń",),
        "ru": (
            "коэффициент рекомендаций",
            "Реферальная ставка (mistranslated: tariff)",
        ),
    },
    sources=(Source("tehnografi", "«Процент клиентов, которые приводят новых клиентов в ваш бизнес»"),),
    pitfalls=(
        "Three field definitions: referring customers ÷ customers (the article), referred new "
        "customers ÷ last period’s customers (bizdefinition.com: 240/4,000 = 6%), referred purchases "
        "÷ all purchases. Same division, different counts; say which."
    ),
    references="bizdefinition.com/glossary/referral-rate",
)
def referral_rate(referring_customers: Any, customers: Any) -> Any:
    """Customers who bring others as a share of all customers.

    Args:
        referring_customers: Customers who referred somebody (count).
        customers: Customers (count).

    Returns:
        Fraction.

    >>> referral_rate(240, 4000)
    0.06
    """
    return referring_customers / customers


@elementwise(
    "CSAT",
    family="retention",
    title={"en": "Customer satisfaction", "pl": "Satysfakcja klientów", "ru": "Удовлетворённость клиентов"},
    arguments=(
        count("satisfied", "satisfied answers, 4 or 5 of 5"),
        count("responses", "answers"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda satisfied, responses: satisfied > responses,
    examples=(
        Example((45, 50), 0.9, "enterpret.com, theknowledgeburrow.com"),
        Example((0, 50), 0),
        Example((45, 0), CellError.DIV0),
        Example((51, 50), CellError.NUM),
    ),
    aliases={
        "en": ("CSAT",),
        "pl": ("satysfakcja klientów",),
        "ru": ("Удовлетворенность клиентов",),
    },
    confused_with=("CSATTOP", "NPS"),
    sources=(Source("tehnografi", "«Мера того, насколько ваши клиенты удовлетворены»: no formula"),),
    pitfalls="An average rating or sum/maximum is also seen; the common CSAT is the top-2-box share.",
    references="enterpret.com, theknowledgeburrow.com: responses of 4 or 5 ÷ all (45/50 = 90%)",
)
def customer_satisfaction(satisfied: Any, responses: Any) -> Any:
    """Share of the answers that are satisfied.

    Args:
        satisfied: Satisfied answers, 4 or 5 of 5 (count).
        responses: Answers (count).

    Returns:
        Fraction.

    >>> customer_satisfaction(45, 50)
    0.9
    """
    return satisfied / responses


@aggregate(
    "CSATTOP",
    family="retention",
    title={
        "en": "Customer satisfaction (ratings)",
        "pl": "Satysfakcja klientów (z ocen)",
        "ru": "Удовлетворённость клиентов (по оценкам)",
    },
    arguments=(
        Argument("ratings", "number", "ratings, usually 1 to 5", is_range=True),
        Argument("min_rating", "number", "lowest rating that counts as satisfied", optional=True, default=4),
    ),
    unit="fraction",
    direction="higher",
    excel=lambda ratings, min_rating: f'COUNTIF({ratings},">="&{min_rating or 4})/COUNT({ratings})',
    lets=('rated,SUM((ratings<"")*1)',),
    zero="rated=0",
    zero_means="no rating",
    value='SUM((ratings<"")*(ratings>=min_rating_))/rated',
    examples=(
        Example(([5, 4, 3, 5, 2, None], 4), 0.6),
        Example(([5, 5, 1], 5), 0.6666666666666666),
    ),
    aliases={
        "en": ("top-2-box",),
    },
    confused_with=("CSAT", "NPSCORE"),
)
def top_box_satisfaction(ratings: Any, min_rating: Any) -> Any:
    """Share of the ratings at the top of the scale.

    Args:
        ratings: Ratings, usually 1 to 5 (number).
        min_rating: Lowest rating that counts as satisfied (number).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.CSATTOP([5, 4, 3, 5, 2, None])
    0.6
    """
    rated = ratings[np.isfinite(ratings)]
    return int((rated >= min_rating).sum()) / len(rated)


@elementwise(
    "NPS",
    family="retention",
    title={
        "en": "Net promoter score (counts)",
        "pl": "Wskaźnik NPS (z liczby odpowiedzi)",
        "ru": "Индекс NPS (по числу ответов)",
    },
    arguments=(
        count("promoters", "answers of 9 or 10"),
        count("detractors", "answers of 0 to 6"),
        count("responses", "all answers"),
    ),
    unit="points",
    direction="higher",
    impossible=lambda promoters, detractors, responses: promoters + detractors > responses,
    examples=(
        Example((3, 1, 5), 40),
        Example((20, 50, 100), -30),
        Example((3, 1, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("NPS",),
    },
    confused_with=("NPSCORE", "CSAT"),
    pitfalls="A score in points, not a percentage: do not format as %.",
    references="metricsflare.com; enterpret.com",
)
def net_promoter_score(promoters: Any, detractors: Any, responses: Any) -> Any:
    """Promoters less detractors among a hundred answers.

    Args:
        promoters: Answers of 9 or 10 (count).
        detractors: Answers of 0 to 6 (count).
        responses: All answers (count).

    Returns:
        Points.

    >>> net_promoter_score(3, 1, 5)
    40.0
    """
    return 100 * (promoters - detractors) / responses


@aggregate(
    "NPSCORE",
    family="retention",
    title={"en": "Net promoter score (ratings)", "pl": "Wskaźnik NPS (z ocen)", "ru": "Индекс NPS (по оценкам)"},
    arguments=(Argument("ratings", "number", "ratings of 0 to 10", low=0, high=10, is_range=True),),
    unit="points",
    direction="higher",
    excel=lambda ratings: f'100*(COUNTIF({ratings},">=9")-COUNTIF({ratings},"<=6"))/COUNT({ratings})',
    lets=('rated,SUM((ratings<"")*1)',),
    zero="rated=0",
    zero_means="no rating",
    value='100*(SUM((ratings<"")*(ratings>=9))-SUM((ratings<"")*(ratings<=6)))/rated',
    examples=(
        Example(([10, 9, 8, 7, 6],), 20),
        Example(([9, 10, 10, 0],), 50),
        Example(([3, 6, 8],), -66.66666666666667),
    ),
    aliases={
        "en": ("NPS",),
    },
    confused_with=("NPS",),
)
def net_promoter_score_of_ratings(ratings: Any) -> Any:
    """Promoters (9, 10) less detractors (0 to 6) among a hundred ratings.

    Args:
        ratings: Ratings of 0 to 10 (number).

    Returns:
        Points.

    >>> from xl_leadkpi import kpis
    >>> kpis.NPSCORE([10, 9, 8, 7, 6])
    20.0
    """
    rated = ratings[np.isfinite(ratings)]
    return 100 * (int((rated >= 9).sum()) - int((rated <= 6).sum())) / len(rated)


@elementwise(
    "GRR",
    family="retention",
    title={"en": "Gross revenue retention", "pl": "Retencja przychodów brutto", "ru": "Валовое удержание выручки"},
    arguments=(
        revenue("start_mrr", "MRR at the start of the period"),
        money("contraction", "MRR lost to downgrades, entered positive"),
        money("churned", "MRR lost with customers, entered positive"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda start_mrr, contraction, churned: contraction + churned > start_mrr,
    examples=(
        Example((100000, 3000, 5000), 0.92),
        Example((100000, 0, 0), 1),
        Example((0, 3000, 5000), CellError.DIV0),
    ),
    aliases={
        "en": ("GRR",),
    },
    confused_with=("NRR",),
    references="fcfos.ai; refopedia (caps at 100%)",
)
def gross_revenue_retention(start_mrr: Any, contraction: Any, churned: Any) -> Any:
    """Share of the recurring revenue that is still there, without gains.

    Args:
        start_mrr: MRR at the start of the period (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Fraction.

    >>> gross_revenue_retention(100000, 3000, 5000)
    0.92
    """
    return (start_mrr - contraction - churned) / start_mrr


@elementwise(
    "NRR",
    family="retention",
    title={"en": "Net revenue retention", "pl": "Retencja przychodów netto", "ru": "Чистое удержание выручки"},
    arguments=(
        money("start_mrr", "MRR at the start of the period"),
        money("expansion", "MRR gained from the same customers"),
        money("contraction", "MRR lost to downgrades, entered positive"),
        money("churned", "MRR lost with customers, entered positive"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((100000, 15000, 3000, 5000), 1.07),
        Example((200000, 15000, 3000, 5000), 1.035),
        Example((0, 15000, 3000, 5000), CellError.DIV0),
    ),
    aliases={
        "en": ("NRR", "NDR"),
    },
    confused_with=("GRR",),
    references="fcfos.ai",
)
def net_revenue_retention(start_mrr: Any, expansion: Any, contraction: Any, churned: Any) -> Any:
    """Recurring revenue of the same customers at the end for each unit at the start.

    Args:
        start_mrr: MRR at the start of the period (money).
        expansion: MRR gained from the same customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Fraction.

    >>> net_revenue_retention(100000, 15000, 3000, 5000)
    1.07
    """
    return (start_mrr + expansion - contraction - churned) / start_mrr


@elementwise(
    "QUICKRATIO",
    family="retention",
    title={"en": "SaaS quick ratio", "pl": "Quick ratio (SaaS)", "ru": "Quick ratio (SaaS)"},
    arguments=(
        revenue("new_mrr", "MRR of new customers"),
        revenue("expansion", "MRR gained from existing customers"),
        money("contraction", "MRR lost to downgrades, entered positive"),
        money("churned", "MRR lost with customers, entered positive"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((10000, 5000, 2000, 3000), 3),
        Example((20000, 5000, 2000, 3000), 5),
        Example((0, 0, 0, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("quick ratio",),
    },
    references="refopedia",
)
def saas_quick_ratio(new_mrr: Any, expansion: Any, contraction: Any, churned: Any) -> Any:
    """Recurring revenue gained for each unit lost.

    Args:
        new_mrr: MRR of new customers (money).
        expansion: MRR gained from existing customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Ratio.

    >>> saas_quick_ratio(10000, 5000, 2000, 3000)
    3.0
    """
    return (new_mrr + expansion) / (contraction + churned)
