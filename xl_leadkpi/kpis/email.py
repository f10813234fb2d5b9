"""Family G: what happens to e-mails."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, count, events, unique
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "OPENRATE",
    family="email",
    title="Email open rate",
    arguments=(
        unique("opens", "unique opens", out_of="delivered"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((450, 1800), 0.25),
        Example((900, 1800), 0.5),
        Example((450, 0), CellError.DIV0),
        Example((1801, 1800), CellError.NUM),
    ),
    aliases=("open rate",),
    confused_with=("CTOR",),
    pitfalls=(
        "Unique opens of the e-mails delivered; some tools divide by those sent. Privacy proxies open e-mails "
        "by themselves and inflate the rate."
    ),
)
def email_open_rate(opens: Any, delivered: Any) -> Any:
    """Share of the e-mails delivered that were opened.

    >>> email_open_rate(450, 1800)
    0.25
    """
    return opens / delivered


@elementwise(
    "EMAILCTR",
    family="email",
    title="Email click-through rate",
    arguments=(
        unique("clicks", "unique clicks", out_of="delivered"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((90, 1800), 0.05),
        Example((180, 1800), 0.1),
        Example((90, 0), CellError.DIV0),
        Example((1801, 1800), CellError.NUM),
    ),
    aliases=("click rate",),
    confused_with=("CTR", "CTOR"),
    pitfalls="Unique clicks of the e-mails delivered; some tools count every click or divide by those sent.",
)
def email_click_through_rate(clicks: Any, delivered: Any) -> Any:
    """Share of the e-mails delivered that were clicked.

    >>> email_click_through_rate(90, 1800)
    0.05
    """
    return clicks / delivered


@elementwise(
    "CTOR",
    family="email",
    title="Click-to-open rate",
    arguments=(
        unique("clicks", "unique clicks", out_of="opens"),
        count("opens", "unique opens"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((90, 450), 0.2),
        Example((180, 450), 0.4),
        Example((90, 0), CellError.DIV0),
        Example((460, 450), CellError.NUM),
    ),
    aliases=("CTOR",),
    confused_with=("EMAILCTR",),
    pitfalls=(
        "Unique clicks by unique opens; with every click it is another rate. More clicks than opens give #NUM!: who "
        "reads without loading images is not seen to open."
    ),
)
def click_to_open_rate(clicks: Any, opens: Any) -> Any:
    """Share of the e-mails opened that were clicked.

    >>> click_to_open_rate(90, 450)
    0.2
    """
    return clicks / opens


@elementwise(
    "LISTGROWTH",
    family="email",
    title="List growth rate",
    arguments=(
        count("new_subs", "new subscribers"),
        count("lost_subs", "subscribers lost: unsubscribed, complained, removed"),
        count("list_size", "size of the list at the start of the period"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((100, 20, 1000), 0.08),
        Example((10, 30, 1000), -0.02),
        Example((100, 20, 0), CellError.DIV0),
    ),
    aliases=("list growth rate",),
    pitfalls="Divide by the size of the list at the start of the period.",
)
def list_growth_rate(new_subs: Any, lost_subs: Any, list_size: Any) -> Any:
    """Net new subscribers as a share of the list.

    >>> list_growth_rate(100, 20, 1000)
    0.08
    """
    return (new_subs - lost_subs) / list_size


@elementwise(
    "FWDRATE",
    family="email",
    title="Forward / share rate",
    arguments=(
        events("forwards", "forwards and shares, every one", beside="delivered"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((9, 1800), 0.005),
        Example((18, 1800), 0.01),
        Example((9, 0), CellError.DIV0),
    ),
    aliases=("forward rate", "email sharing rate"),
    pitfalls="Divides by the e-mails delivered; one passed on to five people counts five times.",
)
def email_forward_rate(forwards: Any, delivered: Any) -> Any:
    """Forwards and shares for each e-mail delivered.

    >>> email_forward_rate(9, 1800)
    0.005
    """
    return forwards / delivered


@elementwise(
    "DELIVRATE",
    family="email",
    title="Delivery rate",
    arguments=(
        unique("delivered", "e-mails delivered", out_of="sent"),
        count("sent", "e-mails sent"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((1800, 2000), 0.9),
        Example((0, 2000), 0),
        Example((1800, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases=("delivery (acceptance) rate",),
    confused_with=("OPENRATE",),
    pitfalls="Accepted by the receiving server, in whichever folder; reaching the inbox is another rate.",
)
def email_delivery_rate(delivered: Any, sent: Any) -> Any:
    """Share of the e-mails sent that were delivered.

    >>> email_delivery_rate(1800, 2000)
    0.9
    """
    return delivered / sent


@elementwise(
    "EMAILBOUNCE",
    family="email",
    title="Email bounce rate",
    arguments=(
        unique("bounced", "e-mails returned", out_of="sent"),
        count("sent", "e-mails sent"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((200, 2000), 0.1),
        Example((0, 2000), 0),
        Example((200, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases=("email bounce rate",),
    confused_with=("BOUNCERATE",),
    pitfalls="Hard and soft bounces together; some tools show hard ones alone.",
)
def email_bounce_rate(bounced: Any, sent: Any) -> Any:
    """Share of the e-mails sent that bounced.

    >>> email_bounce_rate(200, 2000)
    0.1
    """
    return bounced / sent


@elementwise(
    "UNSUBRATE",
    family="email",
    title="Unsubscribe rate",
    arguments=(
        unique("unsubs", "unsubscriptions", out_of="delivered"),
        count("delivered", "e-mails delivered"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((4, 2000), 0.002),
        Example((0, 2000), 0),
        Example((4, 0), CellError.DIV0),
        Example((2001, 2000), CellError.NUM),
    ),
    aliases=("unsubscribe rate",),
    confused_with=("CHURNRATE",),
    pitfalls="Of the e-mails delivered; some tools divide by those sent.",
)
def unsubscribe_rate(unsubs: Any, delivered: Any) -> Any:
    """Unsubscriptions as a share of the e-mails delivered.

    >>> unsubscribe_rate(4, 2000)
    0.002
    """
    return unsubs / delivered
