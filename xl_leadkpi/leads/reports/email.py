"""Campaign reports of e-mail systems: Mailchimp, HubSpot, GetResponse, SendPulse, UniSender and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.reports.export import ReportExport

if TYPE_CHECKING:
    import polars as pl


class EmailExport(ReportExport):
    """A report of e-mailings."""

    kind = "email"
    main = ("sent", "delivered")
    wanted = ("sent", "delivered", "opened", "opens", "clicked", "clicks", "list_size")
    example = "Sent, Delivered or Unique opens"
    label_field = "list"
    campaign_fields = ("campaign", "subject")

    def tool(self) -> str:
        """Every system counts e-mails alike."""
        return ""

    def measures(self) -> dict[str, pl.Series]:
        """E-mails sent, and what became of them."""
        sent, delivered = self.numbers("sent"), self.numbers("delivered")
        bounced = self._bounced()
        if delivered is None and sent is not None and bounced is not None:
            delivered = sent - bounced
            self.findings.append(Finding(FindingKind.DELIVERED_WORKED_OUT, self.loaded.rows))
        found = {
            "sent": sent,
            "delivered": delivered,
            "opened": self._unique("opened", "opens", delivered),
            "clicked": self._unique("clicked", "clicks", delivered),
            "bounced": bounced,
            "unsubscribed": self.numbers("unsubscribed"),
            "forwarded": self.numbers("forwarded"),
            "list_size": self.numbers("list_size", blank=None),
        }
        return {name: values for name, values in found.items() if values is not None}

    def _bounced(self) -> pl.Series | None:
        bounced, hard, soft = (self.numbers(field) for field in ("bounced", "hard", "soft"))
        return hard + soft if bounced is None and hard is not None and soft is not None else bounced

    def _unique(self, field: str, plain: str, delivered: pl.Series | None) -> pl.Series | None:
        """E-mails that were opened or clicked, each once.

        Where the header does not say so, more of them than were delivered tell that each time counts: then nobody
        knows how many they are.
        """
        found = self.numbers(field)
        used = field
        if found is None:
            found, used = self.numbers(plain), plain
            if found is not None and delivered is not None and not self.has(f"{plain}_total"):
                if self._more(found, delivered).any():
                    self._not_unique(plain, found, delivered)
                    self.gaps[field] = FindingKind.OPENS_NOT_UNIQUE
                    return None
                self.findings.append(Finding(FindingKind.OPENS_UNCLEAR, self.loaded.rows, self.header(plain)))
        if found is None and self.has(f"{plain}_total"):
            self.gaps[field] = FindingKind.OPENS_NOT_UNIQUE
            header = self.header(f"{plain}_total")
            self.findings.append(Finding(FindingKind.OPENS_NOT_UNIQUE, self.loaded.rows, header))
        elif found is not None and delivered is not None and used == field:
            self._not_unique(field, found, delivered)
        return found

    @staticmethod
    def _more(part: pl.Series, whole: pl.Series) -> pl.Series:
        return (part > whole).fill_null(value=False)

    def _not_unique(self, field: str, found: pl.Series, delivered: pl.Series) -> None:
        mask = self._more(found, delivered)
        if mask.any():
            rows = tuple((mask.arg_true().head(ROWS_NAMED) + self.grid.first_row).to_list())
            self.findings.append(Finding(FindingKind.OPENS_NOT_UNIQUE, int(mask.sum()), self.header(field), rows))
