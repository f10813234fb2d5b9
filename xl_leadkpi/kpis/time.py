"""Family F: how long it takes, from lead to won and from request to answer."""  # noqa: A005 - the family's name; nothing here is run as a script

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, Source, count
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "OUTCOMERATE",
    family="time",
    title={
        "en": "Outcome rate of inbound requests",
        "pl": "Odsetek zapytań zakończonych wynikiem",
        "ru": "Доля запросов с результатом",
    },
    arguments=(
        count("with_outcome", "requests that reached an outcome"),
        count("requests", "inbound requests"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda with_outcome, requests: with_outcome > requests,
    examples=(
        Example((42, 60), 0.7),
        Example((0, 60), 0),
        Example((42, 0), CellError.DIV0),
        Example((61, 60), CellError.NUM),
    ),
    aliases={
        "en": ("inbound outcome rate",),
        "pl": ("procent zapytań przychodzących zakończonych wynikiem",),
        "ru": ("доля запросов с результатом",),
    },
    confused_with=("RESPSLA",),
    sources=(
        Source("cognism", "«procent żądań przychodzących, które mają wynik … a celem jest uzyskanie wyniku 70%»"),
    ),
    pitfalls=(
        "The 70% in Cognism is the share of inbound requests that reach an OUTCOME, not the share "
        "answered in 3 minutes: the sentence joins two goals (respond in < 3 min; outcome 70%). Keep "
        "the two KPIs apart."
    ),
)
def inbound_outcome_rate(with_outcome: Any, requests: Any) -> Any:
    """Share of the inbound requests that reached an outcome.

    Args:
        with_outcome: Requests that reached an outcome (count).
        requests: Inbound requests (count).

    Returns:
        Fraction.

    >>> inbound_outcome_rate(42, 60)
    0.7
    """
    return with_outcome / requests
