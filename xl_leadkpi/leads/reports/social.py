"""Insights of a company's page in a social network: LinkedIn, Facebook and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xl_leadkpi.leads.cells.vocabulary import header_key
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.reports.export import ReportExport

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

_NAMES: Mapping[str, str] = {
    "linkedin": "LinkedIn", "facebook": "Facebook", "instagram": "Instagram", "meta": "Facebook", "fb": "Facebook",
    "tiktok": "TikTok", "twitter": "X", "youtube": "YouTube", "vk": "VK", "вконтакте": "VK", "xing": "Xing",
}  # fmt: skip
_HEADERS_OF: Mapping[str, str] = {
    "sponsored followers": "LinkedIn", "organic followers": "LinkedIn", "impressions organic": "LinkedIn",
    "impressions sponsored": "LinkedIn", "reposts total": "LinkedIn", "reposts organic": "LinkedIn",
    "lifetime total likes": "Facebook", "daily total impressions": "Facebook", "page reach": "Facebook",
    "facebook reach": "Facebook", "page name": "Facebook", "retweets": "X",
}  # fmt: skip
_MOSTLY = 0.9


class SocialExport(ReportExport):
    """A report of a page."""

    kind = "social"
    main = ("impressions", "reactions", "clicks")
    wanted = (
        "followers", "new_followers", "impressions", "reactions", "comments", "shares", "clicks",
    )  # fmt: skip
    example = "Followers, Impressions or Reactions"
    label_field = "network"

    def tool(self) -> str:
        """The network is the label."""
        return ""

    def default_label(self) -> str | None:
        """The network, by the file's name or by the headers that it alone has."""
        words = self.words()
        named = next((network for word, network in _NAMES.items() if word in words), None)
        keys = [header_key(header) for header in self.grid.headers]
        return named or next((network for header, network in _HEADERS_OF.items() if header in keys), None)

    def measures(self) -> dict[str, pl.Series]:
        """Followers, and what they and others did."""
        found = {
            "followers": self.numbers("followers", blank=None),
            "new_followers": self.numbers("new_followers"),
            **{name: self.numbers(name) for name in ("impressions", "reactions", "comments", "shares", "clicks")},
        }
        self._tell_gained(found)
        return {name: values for name, values in found.items() if values is not None}

    def _tell_gained(self, found: dict[str, pl.Series | None]) -> None:
        """LinkedIn calls "Total followers" what a day has brought, organic and sponsored ones together."""
        ways = ("organic_followers", "sponsored_followers", "invited_followers")
        parts = [numbers for field in ways if (numbers := self.numbers(field)) is not None]
        if len(parts) < 2:
            return
        gained = sum(parts[1:], start=parts[0])
        total = found["followers"]
        if total is not None:
            same = (total == gained).fill_null(value=False)
            if int(same.sum()) < _MOSTLY * len(total):
                return
            found["followers"] = None
            self.findings.append(Finding(FindingKind.FOLLOWERS_GAINED, len(total), self.header("followers")))
        found["new_followers"] = gained
