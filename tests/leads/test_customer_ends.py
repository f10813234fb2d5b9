"""When customers left: the headers that say so, in every language, and what they take away from nobody."""

import pytest

from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import amount_period, names_leaving

DATES = ["2025-05-05", "2026-05-06"]
NUMBERS = ["10", "20.5"]


def fields(*headers, cells=DATES):
    found = recognise(headers, [cells] * len(headers), "leads", PIPELINE)
    return [column.field for column in found.columns]


@pytest.mark.parametrize(
    "header",
    [
        "Churn Date", "churned_at", "Cancellation date", "Cancelled At", "Customer end", "Contract End Date",
        "Contract end", "Agreed End", "Subscription End Date", "Deal - Churn date", "Termination Date",
        "Data rezygnacji", "Data odejścia klienta", "Data zakończenia umowy", "Koniec umowy", "DATA WYPOWIEDZENIA",
        "Дата оттока", "Дата расторжения договора", "Дата окончания договора", "Окончание подписки",
        "Kündigungsdatum", "Gekündigt zum", "Vertragsende", "Fecha de baja", "Fecha de cancelación", "Fin del contrato",
        "Date de résiliation", "Fin de contrat", "Date de fin d'abonnement", "Data de cancelamento", "Fim do contrato",
        "Data de churn",
    ],
)  # fmt: skip
def test_ends_of_customers_are_recognised(header):
    assert fields(header) == ["customer_end"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Close Date", "close_date"), ("Closed Date", "close_date"), ("Data zakończenia", "close_date"),
        ("Data zamknięcia", "close_date"), ("Дата завершения", "close_date"), ("Дата закрытия", "close_date"),
        ("Abschlussdatum", "close_date"), ("Fecha de finalización", "close_date"), ("Date de clôture", "close_date"),
        ("Data de término", "close_date"), ("Data de encerramento", "close_date"),
        ("Expected close date", "expected_close"), ("Lost Date", "lost_date"), ("Data utraty", "lost_date"),
        ("Дата отказа", "lost_date"), ("Data podpisania umowy", "won_date"), ("Deleted At", "deleted_at"),
        ("Contract renewal date", None), ("Renewal Date", None), ("Contract Start Date", None), ("End date", None),
        ("Meeting cancelled at", None), ("Trial end date", None), ("Churn risk date", None),
        ("Expected churn date", None),
    ],
)  # fmt: skip
def test_no_other_day_is_taken_for_one(header, field):
    assert "customer_end" not in fields(header)
    if field:
        assert fields(header) == [field]
        # both beside each other: each keeps its own
        assert fields(header, "Contract End Date") == [field, "customer_end"]


def test_a_flag_or_a_reason_is_no_day():
    assert fields("Churned", cells=["TRUE", "FALSE"]) == [None]
    assert fields("Churn date", cells=["soon", "later"]) == [None]
    assert fields("Cancellation reason", cells=["price", "moved"]) != ["customer_end"]


@pytest.mark.parametrize(
    ("header", "leaves"),
    [
        ("Churned At", True), ("Cancellation Date", True), ("Data rezygnacji", True), ("Дата оттока", True),
        ("Date de résiliation", True), ("Fecha de baja", True), ("Data de cancelamento", True),
        ("Contract End Date", False), ("Agreed end", False), ("Vertragsende", False), ("Umowa do", False),
        ("Дата окончания договора", False), ("Subscription End Date", False),
    ],
)  # fmt: skip
def test_a_day_of_leaving_differs_from_one_agreed(header, leaves):
    assert names_leaving(header) is leaves


@pytest.mark.parametrize(
    ("header", "period"),
    [
        ("MRR", "month"), ("MRR (EUR)", "month"), ("Amount per month", "month"), ("Monthly amount", "month"),
        ("Kwota miesięcznie", "month"), ("Kwota/mies.", "month"), ("Сумма в месяц", "month"),
        ("Betrag pro Monat", "month"),
        ("Importe mensual", "month"), ("Montant par mois", "month"), ("Valor mensal", "month"),
        ("ARR", "year"), ("Annual contract value", "year"), ("Amount (per year)", "year"), ("Kwota roczna", "year"),
        ("Сумма в год", "year"), ("Betrag jährlich", "year"), ("Importe anual", "year"), ("Montant annuel", "year"),
        ("Amount", None), ("Kwota", None), ("Total", None), ("Amount of month-end deals", None),
        ("Yearbook sales", None), ("", None),
    ],
)  # fmt: skip
def test_a_header_says_what_its_amounts_are_paid_for(header, period):
    assert amount_period(header) == period
