"""Random lead tables that hold everything odd a CRM holds: gaps, backward dates, blanks, losses, several sources."""

import random
from datetime import date

from hypothesis import strategies as st

from xl_leadkpi.leads.model.stage import PIPELINE

AS_OF = date(2025, 6, 30)
AS_OF_DAY = 45838
FIRST_DAY = AS_OF_DAY - 420


def random_lead(number, draw):
    """One lead; ``draw`` is a ``random.Random``."""
    row = {"row_no": number + 2, "lead_id": f"L{number}"}
    day = draw.randint(FIRST_DAY, AS_OF_DAY)
    outcome = draw.choice(["open", "open", "won", "lost"])
    furthest = 7 if outcome == "won" else draw.randint(1, 6)
    row["created"] = None if draw.random() < 0.05 else float(day)
    for rank in range(2, furthest + 1):
        day += draw.choice([-3, 0, 0, 1, 4, 9, 30])
        if draw.random() < 0.8 and day <= AS_OF_DAY:
            row[PIPELINE.date_columns[rank - 1]] = float(day)
    if outcome == "lost" and draw.random() < 0.8:
        row["d_lost"] = float(min(AS_OF_DAY, day + draw.randint(0, 40)))
    known = draw.random() < 0.9
    now = {"won": "Won", "lost": "Lost", "open": PIPELINE.names[draw.randint(1, furthest) - 1]}[outcome]
    row |= {
        "outcome": outcome,
        "furthest_stage": furthest,
        "stage_now": now if known else None,
        "lost_stage": furthest if outcome == "lost" and known else None,
        "lost_reason": draw.choice(["price", "timing", None]) if outcome == "lost" else None,
        "source": draw.choice(["Google Ads", "SEO", "Referral", "Email", None]),
        "campaign": draw.choice(["Brand", "Generic", None]),
        "owner": draw.choice(["Anna", "Piotr"]),
        "amount": draw.choice([None, float(draw.randint(0, 9000)), -50.0]),
        "response_min": draw.choice([None, draw.randint(0, 9000) / 60]),
        "cohort_month": None if row["created"] is None else month(row["created"]),
    }
    return row


def month(number):
    """Month number of an Excel day number, by the calendar."""
    day = date.fromordinal(date(1899, 12, 30).toordinal() + int(number))
    return day.year * 12 + day.month - 1


def random_leads(n, seed):
    """A list of random leads."""
    draw = random.Random(seed)
    return [random_lead(number, draw) for number in range(n)]


leads = st.builds(random_leads, st.integers(1, 60), st.integers(0, 2**32))
