"""From any export or selected range to one clean lead table, with a list of what was odd."""

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.anonymise import anonymised
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.read import read, read_frame, read_query
from xl_leadkpi.leads.spend import read_spend, read_spend_frame
from xl_leadkpi.leads.touches import read_touches, read_touches_frame, read_touches_query

__all__ = [
    "InputError",
    "ReadOptions",
    "anonymised",
    "read",
    "read_frame",
    "read_query",
    "read_spend",
    "read_spend_frame",
    "read_touches",
    "read_touches_frame",
    "read_touches_query",
]
