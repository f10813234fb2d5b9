"""From the funnel's tables to a workbook: laid out as data once, then written by either writer.

>>> from xl_leadkpi.sheets import lay_out, read_edits, to_file
"""

from xl_leadkpi.output_files import OutputError
from xl_leadkpi.sheets.edits import WorkbookEdits, read_edits
from xl_leadkpi.sheets.html_markup import is_funnel_page, to_html
from xl_leadkpi.sheets.workbook import is_funnel_workbook, lay_out, may_be_edited
from xl_leadkpi.sheets.xlsx import to_file

__all__ = [
    "OutputError",
    "WorkbookEdits",
    "is_funnel_page",
    "is_funnel_workbook",
    "lay_out",
    "may_be_edited",
    "read_edits",
    "to_file",
    "to_html",
]
