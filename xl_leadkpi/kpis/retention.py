"""Family H: who stays, who is content."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, count, money, revenue, unique
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "CHURNRATE",
    family="retention",
    title="Churn rate (customers)",
    arguments=(
        unique("lost_customers", "customers lost, of those at the start", out_of="start_customers"),
        count("start_customers", "customers at the start of the period"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((5, 100), 0.05),
        Example((0, 100), 0),
        Example((5, 0), CellError.DIV0),
        Example((101, 100), CellError.NUM),
    ),
    aliases=("logo churn",),
    confused_with=("RETRATE", "MRRCHURN"),
    pitfalls="(start - end) / start is not churn: it nets new customers against lost ones.",
)
def churn_rate(lost_customers: Any, start_customers: Any) -> Any:
    """Share of the customers at the start who left.

    >>> churn_rate(5, 100)
    0.05
    """
    return lost_customers / start_customers


@elementwise(
    "RETRATE",
    family="retention",
    title="Customer retention rate",
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
    aliases=("CRR",),
    confused_with=("CHURNRATE", "NRR"),
    pitfalls="1 - churn, if customers won and lost within the period are left out.",
)
def customer_retention_rate(end_customers: Any, new_customers: Any, start_customers: Any) -> Any:
    """Share of the customers at the start who are still there.

    >>> customer_retention_rate(110, 15, 100)
    0.95
    """
    return (end_customers - new_customers) / start_customers


@elementwise(
    "REPEATRATE",
    family="retention",
    title="Repeat purchase rate",
    arguments=(
        unique("repeat_customers", "customers with two purchases or more", out_of="customers"),
        count("customers", "customers with a purchase"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((30, 120), 0.25),
        Example((0, 120), 0),
        Example((30, 0), CellError.DIV0),
        Example((121, 120), CellError.NUM),
    ),
    aliases=("RPR", "repeat customer rate"),
    confused_with=("RETRATE",),
    pitfalls="Depends on the time looked at, a year or ever since: say which, and count both numbers over it.",
)
def repeat_purchase_rate(repeat_customers: Any, customers: Any) -> Any:
    """Share of the customers who bought again.

    >>> repeat_purchase_rate(30, 120)
    0.25
    """
    return repeat_customers / customers


@elementwise(
    "REFRATE",
    family="retention",
    title="Referral rate",
    arguments=(
        unique("referring_customers", "customers who referred somebody", out_of="customers"),
        count("customers", "customers"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((240, 4000), 0.06),
        Example((480, 4000), 0.12),
        Example((240, 0), CellError.DIV0),
        Example((4001, 4000), CellError.NUM),
    ),
    aliases=("referral rate",),
    pitfalls=(
        "Customers who refer, customers referred or purchases referred: three rates in use with one formula. "
        "Say which you count."
    ),
)
def referral_rate(referring_customers: Any, customers: Any) -> Any:
    """Customers who bring others as a share of all customers.

    >>> referral_rate(240, 4000)
    0.06
    """
    return referring_customers / customers


@elementwise(
    "CSAT",
    family="retention",
    title="Customer satisfaction",
    arguments=(
        unique("satisfied", "satisfied answers, 4 or 5 of 5", out_of="responses"),
        count("responses", "answers"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((45, 50), 0.9),
        Example((0, 50), 0),
        Example((45, 0), CellError.DIV0),
        Example((51, 50), CellError.NUM),
    ),
    aliases=("CSAT",),
    confused_with=("CSATTOP", "NPS"),
    pitfalls="The share of the two best ratings; an average rating is something else.",
)
def customer_satisfaction(satisfied: Any, responses: Any) -> Any:
    """Share of the answers that are satisfied.

    >>> customer_satisfaction(45, 50)
    0.9
    """
    return satisfied / responses


@aggregate(
    "CSATTOP",
    family="retention",
    title="Customer satisfaction (ratings)",
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
    aliases=("top-2-box",),
    confused_with=("CSAT", "NPSCORE"),
)
def top_box_satisfaction(ratings: Any, min_rating: Any) -> Any:
    """Share of the ratings at the top of the scale.

    >>> from xl_leadkpi import kpis
    >>> kpis.CSATTOP([5, 4, 3, 5, 2, None])
    0.6
    """
    rated = ratings[np.isfinite(ratings)]
    return int((rated >= min_rating).sum()) / len(rated)


@elementwise(
    "NPS",
    family="retention",
    title="Net promoter score (counts)",
    arguments=(
        unique("promoters", "answers of 9 or 10", out_of="responses"),
        unique("detractors", "answers of 0 to 6", out_of="responses"),
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
    aliases=("NPS",),
    confused_with=("NPSCORE", "CSAT"),
    pitfalls="A score in points, not a percentage: do not format as %.",
)
def net_promoter_score(promoters: Any, detractors: Any, responses: Any) -> Any:
    """Promoters less detractors among a hundred answers.

    >>> net_promoter_score(3, 1, 5)
    40.0
    """
    return 100 * (promoters - detractors) / responses


@aggregate(
    "NPSCORE",
    family="retention",
    title="Net promoter score (ratings)",
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
    aliases=("NPS",),
    confused_with=("NPS",),
)
def net_promoter_score_of_ratings(ratings: Any) -> Any:
    """Promoters (9, 10) less detractors (0 to 6) among a hundred ratings.

    >>> from xl_leadkpi import kpis
    >>> kpis.NPSCORE([10, 9, 8, 7, 6])
    20.0
    """
    rated = ratings[np.isfinite(ratings)]
    return 100 * (int((rated >= 9).sum()) - int((rated <= 6).sum())) / len(rated)


@elementwise(
    "GRR",
    family="retention",
    title="Gross revenue retention",
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
    aliases=("GRR",),
    confused_with=("NRR", "MRRCHURN"),
    pitfalls="Never above 100%: what the same customers bought more of is left out; with it, it is NRR.",
)
def gross_revenue_retention(start_mrr: Any, contraction: Any, churned: Any) -> Any:
    """Share of the recurring revenue that is still there, without gains.

    >>> gross_revenue_retention(100000, 3000, 5000)
    0.92
    """
    return (start_mrr - contraction - churned) / start_mrr


@elementwise(
    "MRRCHURN",
    family="retention",
    title="MRR churn rate",
    arguments=(
        money("churned", "MRR lost with customers, entered positive"),
        money("start_mrr", "MRR at the start of the period"),
        money("contraction", "MRR lost to downgrades, entered positive", default=0),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda churned, start_mrr, contraction: churned + contraction > start_mrr,
    examples=(
        Example((10, 100, 10), 0.2),
        Example((5000, 100000), 0.05),
        Example((5000, 0, 3000), CellError.DIV0),
        Example((90, 100, 11), CellError.NUM),
    ),
    aliases=("MRR churn", "gross MRR churn", "revenue churn"),
    confused_with=("CHURNRATE", "GRR", "NRR"),
    pitfalls=(
        "Give contraction too: with it this is the gross MRR churn, 1 - GRR; without it the MRR of lost customers "
        "alone. Less expansion it would be the net churn, 1 - NRR. Only of the MRR at the start: what was sold and "
        "lost within the period is left out."
    ),
)
def mrr_churn_rate(churned: Any, start_mrr: Any, contraction: Any) -> Any:
    """Share of the recurring revenue at the start that was lost.

    >>> mrr_churn_rate(10, 100, 10)
    0.2
    """
    return (churned + contraction) / start_mrr


@elementwise(
    "NRR",
    family="retention",
    title="Net revenue retention",
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
    aliases=("NRR", "NDR"),
    confused_with=("GRR",),
    pitfalls="Of the customers at the start alone: new and returning ones are left out.",
)
def net_revenue_retention(start_mrr: Any, expansion: Any, contraction: Any, churned: Any) -> Any:
    """Recurring revenue of the same customers at the end for each unit at the start.

    >>> net_revenue_retention(100000, 15000, 3000, 5000)
    1.07
    """
    return (start_mrr + expansion - contraction - churned) / start_mrr


@elementwise(
    "QUICKRATIO",
    family="retention",
    title="SaaS quick ratio",
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
    aliases=("quick ratio",),
)
def saas_quick_ratio(new_mrr: Any, expansion: Any, contraction: Any, churned: Any) -> Any:
    """Recurring revenue gained for each unit lost.

    >>> saas_quick_ratio(10000, 5000, 2000, 3000)
    3.0
    """
    return (new_mrr + expansion) / (contraction + churned)
