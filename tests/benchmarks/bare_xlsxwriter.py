"""Write the cells of a workbook's Funnel_Data sheet with nothing but XlsxWriter; prints the seconds that takes.

python tests/benchmarks/bare_xlsxwriter.py funnel.xlsx out.xlsx
"""

import sys
import time
from datetime import date

import xlsxwriter
from python_calamine import CalamineWorkbook

rows = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_name("Funnel_Data").to_python()
started = time.perf_counter()
book = xlsxwriter.Workbook(sys.argv[2], {"default_date_format": "yyyy-mm-dd"})
sheet = book.add_worksheet("Funnel_Data")
for number, row in enumerate(rows):
    for column, value in enumerate(row):
        if isinstance(value, str):
            if value:
                sheet.write_string(number, column, value)
        elif isinstance(value, date):
            sheet.write_datetime(number, column, value)
        else:
            sheet.write_number(number, column, value)
book.close()
print(time.perf_counter() - started)
