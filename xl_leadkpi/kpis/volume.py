"""Family A: how many leads, meetings, activities - and who was there."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, Source, count
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "SHOWRATE",
    family="volume",
    title={"en": "Meeting show rate", "pl": "Odsetek odbytych spotkań", "ru": "Доля состоявшихся встреч"},
    arguments=(
        count("attended", "meetings that took place"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda attended, booked: attended > booked,
    examples=(
        Example((18, 24), 0.75),
        Example((0, 5), 0),
        Example((18, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases={
        "en": ("show rate", "held rate", "complement = no-show rate"),
        "pl": ("Spotkania zarezerwowane i odbyte (in the article: „uczęszczane”, machine error for attended)",),
    },
    confused_with=("NOSHOWRATE",),
    sources=(
        Source(
            "cognism",
            (
                "«ile spotkań zostało zarezerwowanych i w których uczestniczyli potencjalni klienci»: two "
                "counts, ratio implied"
            ),
        ),
    ),
    pitfalls=(
        "Count meetings whose scheduled date is in the period (not booking date), else late-month "
        "bookings look like no-shows."
    ),
    references="grouglobal.com B2B glossary (no-show rate = booked meetings not attended; inverse of show rate)",
)
def meeting_show_rate(attended: Any, booked: Any) -> Any:
    """Meetings held as a share of the meetings booked.

    Args:
        attended: Meetings that took place (count).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_show_rate(18, 24)
    0.75
    """
    return attended / booked


@elementwise(
    "NOSHOWRATE",
    family="volume",
    title={"en": "No-show rate", "pl": "Odsetek nieodbytych spotkań", "ru": "Доля несостоявшихся встреч"},
    arguments=(
        count("attended", "meetings that took place"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda attended, booked: attended > booked,
    examples=(
        Example((18, 24), 0.25),
        Example((0, 24), 1),
        Example((18, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases={
        "en": ("no-show rate",),
    },
    confused_with=("SHOWRATE",),
)
def meeting_no_show_rate(attended: Any, booked: Any) -> Any:
    """Meetings nobody came to as a share of the meetings booked; 1 - SHOWRATE.

    Args:
        attended: Meetings that took place (count).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_no_show_rate(18, 24)
    0.25
    """
    return 1 - attended / booked


@elementwise(
    "ACTPERREP",
    family="volume",
    title={"en": "Activities per rep", "pl": "Aktywności na handlowca", "ru": "Активностей на одного менеджера"},
    arguments=(
        count("activities", "calls, e-mails or meetings of the team"),
        count("reps", "sales representatives"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((340, 5), 68),
        Example((680, 5), 136),
        Example((340, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("calls per rep",),
        "pl": (
            "liczba telefonów na handlowca (in the article: „liczba telefonów używanych przez pracowników” is garbled: number of phone CALLS made by sales staff)",
        ),
    },
    sources=(Source("automatenow", "«do liczby telefonów używanych przez pracowników sprzedaży»: mentioned only"),),
    pitfalls="Mentioned in passing as an example of a sales metric; no formula.",
)
def activities_per_rep(activities: Any, reps: Any) -> Any:
    """Calls or other activities for each sales representative.

    Args:
        activities: Calls, e-mails or meetings of the team (count).
        reps: Sales representatives (count).

    Returns:
        Ratio.

    >>> activities_per_rep(340, 5)
    68.0
    """
    return activities / reps


@elementwise(
    "CRMADOPT",
    family="volume",
    title={
        "en": "CRM adoption rate",
        "pl": "Odsetek handlowców korzystających z CRM",
        "ru": "Доля менеджеров, работающих в CRM",
    },
    arguments=(
        count("active_reps", "representatives who use the CRM"),
        count("reps", "sales representatives"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda active_reps, reps: active_reps > reps,
    examples=(
        Example((3, 7), 0.42857142857142855, "prospr.tech same (3 of 7 = 43%)"),
        Example((0, 7), 0),
        Example((3, 0), CellError.DIV0),
        Example((8, 7), CellError.NUM),
    ),
    aliases={
        "en": ("user adoption rate",),
        "pl": ("odsetek przedstawicieli handlowych korzystających z CRM",),
    },
    sources=(Source("automatenow", "«procent przedstawicieli handlowych korzystających z CRM»: mentioned only"),),
    references="kpitree.co Salesforce user adoption = active users ÷ licensed users; prospr.tech same (3 of 7 = 43%)",
)
def crm_adoption_rate(active_reps: Any, reps: Any) -> Any:
    """Share of the sales representatives who use the CRM.

    Args:
        active_reps: Representatives who use the CRM (count).
        reps: Sales representatives (count).

    Returns:
        Fraction.

    >>> round(crm_adoption_rate(3, 7), 4)
    0.4286
    """
    return active_reps / reps
