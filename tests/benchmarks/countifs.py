"""The same counts as worksheet formulas: COUNTIFS and SUMIFS over the leads, recalculated by LibreOffice Calc.

Run by the interpreter that has LibreOffice's ``uno`` (Debian's python3-uno: /usr/bin/python3); prints the number of
formulas and the seconds one full recalculation takes. Loading the file is not counted.

    /usr/bin/python3 tests/benchmarks/countifs.py leads.csv
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

GROUPS = {"B": 9, "C": 16, "D": 5}  # Source, Campaign, Owner: as many groups as the funnel's breakdowns have
DATES = "FGHIJ"  # MQL, SQL, Opportunity, Won, Lost
MONTHS = 18
COHORT_MONTHS = 13
PIPE = "leadkpi-countifs"


def formulas(last: int) -> list[str]:
    """Formulas for the counts of the breakdowns, months, entries per month and the cohort matrix."""

    def column(letter: str) -> str:
        return f"$leads.${letter}$2:${letter}${last}"

    def figures(*criteria: str) -> list[str]:
        chosen = ";".join(criteria)
        made = [f"=COUNTIFS({chosen})"]
        made += [f'=COUNTIFS({chosen};{column(letter)};">0")' for letter in DATES]
        made.append(f'=COUNTIFS({chosen};{column("K")};"Won")')
        made.append(f'=COUNTIFS({chosen};{column("K")};"Lost";{column("H")};">0")')
        made.append(f'=SUMIFS({column("L")};{chosen};{column("K")};"Won")')
        return made

    def month(letter: str, number: int) -> tuple[str, str, str, str]:
        start, end = f"DATE(2025;{number};1)", f"DATE(2025;{number + 1};1)"
        return column(letter), f'">="&{start}', column(letter), f'"<"&{end}'

    made = []
    for letter, groups in GROUPS.items():
        for group in range(groups):
            made += figures(column(letter), f"INDEX({column(letter)};{group * 7 + 1})")
    for number in range(1, MONTHS + 1):
        made += figures(*month("E", number))
        made += [f"=COUNTIFS({';'.join(month(letter, number))})" for letter in DATES]
        made += [
            f"=COUNTIFS({';'.join((*month('E', number), *month('I', number + later)))})"
            for later in range(min(COHORT_MONTHS, MONTHS + 1 - number))
        ]
    return made


def open_calc(profile: str) -> tuple[subprocess.Popen, object]:
    office = subprocess.Popen(
        [
            "soffice",
            "--headless",
            "--norestore",
            f"-env:UserInstallation=file://{profile}",
            f"--accept=pipe,name={PIPE};urp;",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            context = resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext")
            return office, context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            time.sleep(0.25)
    raise SystemExit("LibreOffice did not start")


def main(path: Path) -> None:
    def option(name: str, value: object) -> PropertyValue:
        return PropertyValue(name, 0, value, 0)

    with tempfile.TemporaryDirectory() as profile:
        office, desktop = open_calc(profile)
        try:
            document = desktop.loadComponentFromURL(
                path.resolve().as_uri(),
                "_blank",
                0,
                # separator comma, quote ", UTF-8, from line 1, columns guessed, US English; dates recognised
                (
                    option("Hidden", True),
                    option("FilterName", "Text - txt - csv (StarCalc)"),
                    option("FilterOptions", "44,34,76,1,,1033,false,true"),
                ),
            )
            document.Sheets.getByIndex(0).Name = "leads"
            cursor = document.Sheets.getByIndex(0).createCursor()
            cursor.gotoEndOfUsedArea(False)
            last = cursor.RangeAddress.EndRow + 1
            document.Sheets.insertNewByName("figures", 1)
            document.enableAutomaticCalculation(False)
            made = formulas(last)
            sheet = document.Sheets.getByName("figures")
            for row, formula in enumerate(made):
                sheet.getCellByPosition(0, row).Formula = formula
            started = time.perf_counter()
            document.calculateAll()
            seconds = time.perf_counter() - started
            total = sum(sheet.getCellByPosition(0, row).Value for row in range(len(made)))
            print(len(made), round(seconds, 3), total)
            document.close(True)
        finally:
            office.terminate()
            office.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
