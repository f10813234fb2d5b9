"""From the lead table to the funnel's tables; counting happens only here."""

from xl_leadkpi.funnel.build import build
from xl_leadkpi.funnel.json_report import as_json
from xl_leadkpi.funnel.options import FunnelOptions

__all__ = ["FunnelOptions", "as_json", "build"]
