"""Which report a table is by its headers: of ads, of web traffic, of e-mailings, of a page of a social network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.recognition.headers import meanings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.leads.model.reports import ReportKind
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.headers import Kind

AnyReport = Literal["spend", "traffic", "email", "social"]

REPORT_NAMES: dict[AnyReport, str] = {
    "spend": "report of ads",
    "traffic": "report of web traffic",
    "email": "report of e-mailings",
    "social": "report of a page of a social network",
}
_VISITS = {"tr_sessions", "tr_users"}
_OF_VISITS = {
    "tr_sessions", "tr_users", "tr_engaged", "tr_engagement_rate", "tr_bounces", "tr_bounce_rate", "tr_conversions",
    "tr_channel",
}  # fmt: skip
_SEARCH = {"tr_clicks", "tr_impressions", "tr_position"}
_SENT = {"em_sent", "em_delivered"}
_OF_MAIL = {
    "em_opened", "em_opens", "em_opens_total", "em_clicked", "em_clicks", "em_clicks_total", "em_bounced", "em_hard",
    "em_unsubscribed", "em_forwarded",
}  # fmt: skip
_FOLLOWERS = {"so_followers", "so_new_followers", "so_organic_followers", "so_sponsored_followers"}
_OF_POSTS = {"so_reactions", "so_comments", "so_shares"}


def fields_of(headers: Iterable[str], kind: Kind, pipeline: Pipeline) -> dict[str, str]:
    """The fields that whole headers name, with those headers.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> fields_of(["Sessions", "Sessions per user", "Bounce rate"], "traffic", PIPELINE)
    {'tr_sessions': 'Sessions', 'tr_bounce_rate': 'Bounce rate'}
    """
    found: dict[str, str] = {}
    for header in headers:
        for meaning in meanings(header, kind, pipeline, whole_only=True)[0]:
            if meaning.reason == "exact":
                found.setdefault(meaning.field, header)
    return found


def report_columns(headers: Sequence[str], kind: ReportKind, pipeline: Pipeline) -> tuple[str, ...]:
    """The columns that make a table a report of a kind; none where they do not.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> report_columns(["Date", "Clicks", "Impressions", "CTR", "Position"], "traffic", PIPELINE)
    ('Clicks', 'Impressions', 'Position')
    """
    found = fields_of(headers, kind, pipeline)
    there = set(found)
    if kind == "traffic":
        is_report = bool(there & _VISITS) and len(there & _OF_VISITS) > 1
        is_report = is_report or there >= _SEARCH or "tr_estimated" in there
        telling = _OF_VISITS | _SEARCH | {"tr_estimated"}
    elif kind == "email":
        is_report, telling = bool(there & _SENT) and len(there & _OF_MAIL) > 1, _SENT | _OF_MAIL
    else:
        posts = len(there & _OF_POSTS)
        is_report = posts > 1 or (bool(there & _FOLLOWERS) and (posts > 0 or len(there & _FOLLOWERS) > 1))
        telling = _FOLLOWERS | _OF_POSTS | {"so_impressions"}
    return tuple(header for field, header in found.items() if field in telling) if is_report else ()


def kind_of_report(headers: Sequence[str], pipeline: Pipeline) -> AnyReport | None:
    """Tell which report a table is; None where its headers tell none.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> kind_of_report(["Day", "Campaign", "Cost", "Impr.", "Clicks"], PIPELINE)
    'spend'
    >>> kind_of_report(["Title", "Total Recipients", "Unique Opens", "Unique Clicks", "Visits"], PIPELINE)
    'email'
    """
    of_ads = fields_of(headers, "spend", pipeline).keys() & {"sp_spend", "sp_impressions", "sp_clicks"}
    if "sp_spend" in of_ads and len(of_ads) > 1:
        return "spend"
    kinds: tuple[ReportKind, ...] = ("email", "social", "traffic")
    told = next((kind for kind in kinds if report_columns(headers, kind, pipeline)), None)
    return told or ("spend" if len(of_ads) > 1 or "sp_spend" in of_ads else None)
