"""Lead-generation and B2B sales KPIs: the same figures in Excel, in Python and on the command line."""

__version__ = "0.1.0"
