"""Family G: what happens to e-mails."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, Source, count
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "OPENRATE",
    family="email",
    title={"en": "Email open rate", "pl": "Współczynnik otwarć", "ru": "Показатель открытий"},
    arguments=(
        count("opens", "unique opens"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((450, 1800), 0.25),
        Example((900, 1800), 0.5),
        Example((450, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("open rate",),
        "pl": ("współczynnik otwarć",),
        "ru": ("показатель открытий",),
    },
    confused_with=("CTOR",),
    sources=(
        Source(
            "cognism", "«Ile razy ktoś otworzył Twoją wiadomość e-mail, tj. Twój współczynnik otwarć» (times opened)"
        ),
        Source("ruler-metrics", "открытия: a vanity metric"),
    ),
    pitfalls=(
        "Cognism mixes a count with a rate. Standard: unique opens ÷ delivered (Mailchimp, HubSpot); "
        "GetResponse’s glossary divides by sent. Here: delivered; pass sent if you follow "
        "GetResponse. Opens are inflated by mail privacy proxies."
    ),
    references=(
        "memberclicks help; consultevo HubSpot guide; costcalculator.city Mailchimp; getresponse.com glossary (÷ sent)"
    ),
)
def email_open_rate(opens: Any, delivered: Any) -> Any:
    """Share of the e-mails delivered that were opened.

    Args:
        opens: Unique opens (count).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_open_rate(450, 1800)
    0.25
    """
    return opens / delivered


@elementwise(
    "EMAILCTR",
    family="email",
    title={"en": "Email click-through rate", "pl": "Współczynnik klikalności e-maili", "ru": "Кликабельность писем"},
    arguments=(
        count("clicks", "unique clicks"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((90, 1800), 0.05),
        Example((180, 1800), 0.1),
        Example((90, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("click rate",),
        "pl": ("współczynnik klikalności",),
        "ru": ("показатель кликов",),
    },
    confused_with=("CTR", "CTOR"),
    sources=(Source("cognism", "«Ile osób kliknęło linki, czyli Twój współczynnik klikalności»"),),
    references="Mailchimp: unique clicks ÷ delivered",
)
def email_click_through_rate(clicks: Any, delivered: Any) -> Any:
    """Share of the e-mails delivered that were clicked.

    Args:
        clicks: Unique clicks (count).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_click_through_rate(90, 1800)
    0.05
    """
    return clicks / delivered


@elementwise(
    "CTOR",
    family="email",
    title={"en": "Click-to-open rate", "pl": "Kliknięcia do otwarć", "ru": "Клики к открытиям"},
    arguments=(
        count("clicks", "unique clicks"),
        count("opens", "unique opens"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((90, 450), 0.2),
        Example((180, 450), 0.4),
        Example((90, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CTOR",),
    },
    confused_with=("EMAILCTR",),
    references="memberclicks: unique clicks ÷ unique opens",
)
def click_to_open_rate(clicks: Any, opens: Any) -> Any:
    """Clicks for each e-mail opened.

    Args:
        clicks: Unique clicks (count).
        opens: Unique opens (count).

    Returns:
        Fraction.

    >>> click_to_open_rate(90, 450)
    0.2
    """
    return clicks / opens


@elementwise(
    "LISTGROWTH",
    family="email",
    title={"en": "List growth rate", "pl": "Tempo wzrostu listy subskrybentów", "ru": "Темп роста списка подписчиков"},
    arguments=(
        count("new_subs", "new subscribers"),
        count("lost_subs", "subscribers lost: unsubscribed, complained, removed"),
        count("list_size", "size of the list at the start of the period"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((100, 20, 1000), 0.08, "kpiexamples.operately.com"),
        Example((10, 30, 1000), -0.02),
        Example((100, 20, 0), CellError.DIV0, "kpiexamples.operately.com"),
    ),
    aliases={
        "en": ("list growth rate",),
        "pl": ("tempo wzrostu listy subskrybentów",),
        "ru": ("темп роста списка подписчиков",),
    },
    sources=(Source("cognism", "«Tempo, w jakim rośnie Twoja lista subskrybentów»"),),
    pitfalls="Sources say “total list size” without saying when; use the size at the start of the period.",
    references="kpiexamples.operately.com: (100−20)/1,000 = 8%; waseembashir.com",
)
def list_growth_rate(new_subs: Any, lost_subs: Any, list_size: Any) -> Any:
    """Net new subscribers as a share of the list.

    Args:
        new_subs: New subscribers (count).
        lost_subs: Subscribers lost: unsubscribed, complained, removed (count).
        list_size: Size of the list at the start of the period (count).

    Returns:
        Fraction.

    >>> list_growth_rate(100, 20, 1000)
    0.08
    """
    return (new_subs - lost_subs) / list_size


@elementwise(
    "FWDRATE",
    family="email",
    title={"en": "Forward / share rate", "pl": "Współczynnik przekazań dalej", "ru": "Доля пересылок"},
    arguments=(
        count("forwards", "e-mails forwarded or shared"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((9, 1800), 0.005),
        Example((18, 1800), 0.01),
        Example((9, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("forward rate", "email sharing rate"),
        "pl": ("liczba przekazań dalej",),
        "ru": ("пересылки",),
    },
    sources=(Source("cognism", "«Ile razy Twój e-mail został przekazany dalej» (a count)"),),
    pitfalls="The article names the count; the field’s rate divides by delivered.",
    references="HubSpot’s list of email metrics (forwarding/email sharing rate)",
)
def email_forward_rate(forwards: Any, delivered: Any) -> Any:
    """Share of the e-mails delivered that were passed on.

    Args:
        forwards: E-mails forwarded or shared (count).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_forward_rate(9, 1800)
    0.005
    """
    return forwards / delivered


@elementwise(
    "DELIVRATE",
    family="email",
    title={"en": "Delivery rate", "pl": "Współczynnik dostarczenia", "ru": "Доля доставленных писем"},
    arguments=(
        count("delivered", "e-mails delivered"),
        count("sent", "e-mails sent"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda delivered, sent: delivered > sent,
    examples=(
        Example((1800, 2000), 0.9),
        Example((0, 2000), 0),
        Example((1800, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases={
        "en": ("delivery (acceptance) rate",),
    },
    confused_with=("OPENRATE",),
)
def email_delivery_rate(delivered: Any, sent: Any) -> Any:
    """Share of the e-mails sent that were delivered.

    Args:
        delivered: E-mails delivered (count).
        sent: E-mails sent (count).

    Returns:
        Fraction.

    >>> email_delivery_rate(1800, 2000)
    0.9
    """
    return delivered / sent


@elementwise(
    "EMAILBOUNCE",
    family="email",
    title={"en": "Email bounce rate", "pl": "Współczynnik odbić e-maili", "ru": "Доля недоставленных писем"},
    arguments=(
        count("bounced", "e-mails returned"),
        count("sent", "e-mails sent"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda bounced, sent: bounced > sent,
    examples=(
        Example((200, 2000), 0.1),
        Example((0, 2000), 0),
        Example((200, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases={
        "en": ("email bounce rate",),
    },
    confused_with=("BOUNCERATE",),
)
def email_bounce_rate(bounced: Any, sent: Any) -> Any:
    """Share of the e-mails sent that bounced.

    Args:
        bounced: E-mails returned (count).
        sent: E-mails sent (count).

    Returns:
        Fraction.

    >>> email_bounce_rate(200, 2000)
    0.1
    """
    return bounced / sent


@elementwise(
    "UNSUBRATE",
    family="email",
    title={"en": "Unsubscribe rate", "pl": "Współczynnik wypisań", "ru": "Доля отписок"},
    arguments=(
        count("unsubs", "unsubscriptions"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda unsubs, delivered: unsubs > delivered,
    examples=(
        Example((4, 2000), 0.002),
        Example((0, 2000), 0),
        Example((4, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases={
        "en": ("unsubscribe rate",),
    },
    confused_with=("CHURNRATE",),
)
def unsubscribe_rate(unsubs: Any, delivered: Any) -> Any:
    """Unsubscriptions as a share of the e-mails delivered.

    Args:
        unsubs: Unsubscriptions (count).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> unsubscribe_rate(4, 2000)
    0.002
    """
    return unsubs / delivered
