"""Visits of a website by channel: GA4, Universal Analytics, Yandex Metrica, Search Console, Ahrefs and the like."""

from __future__ import annotations

import polars as pl

from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.vocabulary import header_key, is_total
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import AHREFS, GA4, METRICA, OF_SEARCH, SEARCH_CONSOLE, UNIVERSAL
from xl_leadkpi.leads.reports.export import ReportExport

ORGANIC = "Organic Search"
_HEADERS_OF = (
    (GA4, (
        "session primary channel group", "session default channel group", "first user", "engaged sessions",
        "key events", "session source medium", "sesje z zaangazowaniem", "zaangazowane sesje", "kluczowe zdarzenia",
        "сеансы с взаимодеиствием", "сеансы с вовлечением", "ключевые события", "wichtige ereignisse",
        "eventos clave", "événements clés",
    )),
    (UNIVERSAL, (
        "default channel grouping", "pages session", "goal completions", "goal conversion rate",
        "domyslne grupowanie kanalow", "страниц сеанс",
    )),
    (METRICA, ("визиты", "page depth", "глубина просмотра")),
)  # fmt: skip


class TrafficExport(ReportExport):
    """A report of web traffic."""

    kind = "traffic"
    main = ("sessions", "users")
    wanted = ("sessions", "users", "clicks", "estimated")
    example = "Sessions, Users or Clicks"
    label_field = "channel"
    detail_field = "detail"
    are_weeks_likely = True

    @property
    def is_of_month(self) -> bool:
        """What Ahrefs gives for a day is its estimate of a whole month."""
        return self.tool() == AHREFS

    def tool(self) -> str:
        """The tool, by the headers that it alone has."""
        if not self.has("sessions") and not self.has("users"):
            return SEARCH_CONSOLE if self.has("clicks") else AHREFS
        keys = [header_key(header) for header in self.grid.headers]
        for tool, known in _HEADERS_OF:
            if any(key.startswith(tuple(map(header_key, known))) for key in keys):
                return tool
        words = self.words()
        named = {"ga4": GA4, "metrica": METRICA, "метрика": METRICA, "metrika": METRICA}
        return next((tool for word, tool in named.items() if word in words), "")

    @property
    def is_never_blank(self) -> bool:
        """Google writes "(not set)" where it knows no channel."""
        return self.tool() in (GA4, UNIVERSAL)

    def default_label(self) -> str | None:
        """Clicks in a search engine's results are visits of organic search."""
        return ORGANIC if self.tool() in OF_SEARCH else None

    def check(self) -> None:
        """Stop where visits come in several segments: one visit may be of all of them."""
        segments = self.labels("segment").drop_nulls().unique(maintain_order=True).to_list()
        segments = [one for one in segments if not is_total(one)]
        if len(segments) > 1:
            place = f"{self.grid.place}, column '{brief(self.header('segment'))}'"
            raise InputError(
                f"{place}: the visits come in several segments ({listed(segments)}), and one may be of all of them. "
                "Export the report for one segment, such as all users."
            )

    def measures(self) -> dict[str, pl.Series]:
        """Visits, and what became of them: rates as the visits that they are of."""
        found: dict[str, pl.Series | None] = {
            "sessions": self.numbers("sessions"),
            "users": self.numbers("users", blank=None),
            "conversions": self.numbers("conversions"),
        }
        if found["sessions"] is None and self.tool() == SEARCH_CONSOLE:
            found |= {"sessions": self.numbers("clicks"), "impressions": self.numbers("impressions")}
        elif self.tool() == AHREFS:
            found["sessions"] = self.numbers("estimated")
            self.findings.append(Finding(FindingKind.TRAFFIC_ESTIMATED, self.loaded.rows, self.header("estimated")))
        return {
            name: values for name, values in (found | self._shares(found["sessions"])).items() if values is not None
        }

    def _shares(self, sessions: pl.Series | None) -> dict[str, pl.Series | None]:
        """Bounced and engaged visits; where there are no visits to weigh them by, the rates as they are."""
        bounce_rate, engagement_rate = self.shares("bounce_rate"), self.shares("engagement_rate")
        bounces, engaged = self.numbers("bounces"), self.numbers("engaged")
        if sessions is None:
            return {"bounces": bounces, "engaged_sessions": engaged, "bounce_rate": bounce_rate,
                    "engagement_rate": engagement_rate}  # fmt: skip
        if bounces is None and bounce_rate is not None:
            bounces = _part(bounce_rate, sessions)
        if engaged is None and engagement_rate is not None:
            engaged = _part(engagement_rate, sessions)
        if self.tool() == GA4:  # which bounced are those that were not engaged
            bounces = sessions - engaged if bounces is None and engaged is not None else bounces
            engaged = sessions - bounces if engaged is None and bounces is not None else engaged
        return {"bounces": bounces, "engaged_sessions": engaged}


def _part(share: pl.Series, whole: pl.Series) -> pl.Series:
    """The visits that a share is; of none it is none, whatever the share says."""
    frame = pl.DataFrame({"share": share, "whole": whole})
    part = (pl.col("share") * pl.col("whole")).round(6)
    return frame.select(pl.when(pl.col("whole") == 0).then(0.0).otherwise(part).alias("part"))["part"]
