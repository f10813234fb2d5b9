"""Prints the texts of row 2 of a workbook's first sheet as LibreOffice shows them, with macros allowed.

``python libreoffice_cells.py WORKBOOK PROFILE COUNT``, run by a Python that has ``uno``.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException

ALWAYS_EXECUTE = 4  # com.sun.star.document.MacroExecMode


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(200):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
    sys.exit("LibreOffice does not answer")


def option(name, value):
    one = PropertyValue()
    one.Name, one.Value = name, value
    return one


if __name__ == "__main__":
    path, profile, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pipe = f"leadkpi{os.getpid()}"
    office = subprocess.Popen(
        ["soffice", "--headless", "--norestore", "--nologo", f"-env:UserInstallation=file://{profile}",
         f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        context = connect(pipe)
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        options = (option("Hidden", True), option("MacroExecutionMode", ALWAYS_EXECUTE))
        document = desktop.loadComponentFromURL(f"file://{path}", "_blank", 0, options)
        document.calculateAll()
        sheet = document.Sheets.getByIndex(0)
        json.dump([sheet.getCellByPosition(column, 1).String for column in range(count)], sys.stdout)
        document.close(True)
        with suppress(DisposedException):  # the office is gone before it can say so
            desktop.terminate()
        office.wait(30)
    finally:
        office.kill()
