"""Reports of other tools beside the leads: web traffic, e-mailings, pages of social networks."""

from xl_leadkpi.leads.reports.read import read_email, read_report_frame, read_social, read_traffic

__all__ = ["read_email", "read_report_frame", "read_social", "read_traffic"]
