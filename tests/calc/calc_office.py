"""LibreOffice as a program, and UNO's terms: starting an office of our own, addresses, colours, number formats."""

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from xlwings import utils

DEBIAN = "/usr/lib/python3/dist-packages"  # at the end, so that the environment's own packages stay first
if DEBIAN not in sys.path:
    sys.path.append(DEBIAN)

import uno  # noqa: E402
from com.sun.star.beans import PropertyValue  # noqa: E402
from com.sun.star.lang import Locale  # noqa: E402
from com.sun.star.table import CellAddress, CellRangeAddress  # noqa: E402

ENGLISH = Locale("en", "US", "")
ROWS, COLUMNS = 1_048_576, 1024
PROFILE = """<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="UseLocking" oor:op="fuse"><value>false</value></prop>
</item></oor:items>"""


class Office:
    """A running LibreOffice with a profile of its own.

    Locking is off: a killed office leaves a lock file, and the next one would not open the document.

    Args:
        profile: Profile of an office that another process has started; None starts one.
    """

    def __init__(self, profile=None):
        self.process = None
        self.profile = Path(profile or tempfile.mkdtemp(prefix="leadkpi-office-"))
        pipe = f"pipe,name={self.profile.name}"
        if profile is None:
            (self.profile / "user").mkdir()
            (self.profile / "user/registrymodifications.xcu").write_text(PROFILE)
            self.process = subprocess.Popen(
                ["soffice", "--headless", "--norestore", "--nologo", "--nodefault",
                 f"-env:UserInstallation=file://{self.profile}", f"--accept={pipe};urp;StarOffice.ComponentContext"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.context = resolver.resolve(f"uno:{pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:
                if time.monotonic() > deadline:
                    self.kill()
                    raise
                time.sleep(0.05)
        self.desktop = self.service("com.sun.star.frame.Desktop")

    def service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def documents(self):
        return [one for one in self.desktop.Components if one.supportsService("com.sun.star.sheet.SpreadsheetDocument")]

    def load(self, url, **settings):
        document = self.desktop.loadComponentFromURL(url, "_blank", 0, properties(**settings))
        if document is None:
            raise FileNotFoundError(url)
        return document

    def quit(self):
        with contextlib.suppress(Exception):  # the bridge breaks while the office goes down
            self.desktop.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.kill()

    def kill(self):
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # soffice is a script that runs the office
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def how_to_read(path):
    """Settings under which a file is opened: of a CSV file its delimiter, in UTF-8 and English."""
    if path.suffix != ".csv":
        return {}
    head = path.read_bytes()[:2000].decode("utf-8", "replace").partition("\n")[0]
    mark = ";" if head.count(";") > head.count(",") else ","
    # separator, quote, UTF-8, first line, no column formats, en-US, numbers and dates are recognised
    return {
        "FilterName": "Text - txt - csv (StarCalc)",
        "FilterOptions": f"{ord(mark)},34,76,1,,1033,false,true",
    }


def name_of(doc):
    return Path(uno.fileUrlToSystemPath(doc.URL)).name if doc.URL else doc.Title


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def enum(kind, value):
    return uno.Enum(f"com.sun.star.{kind}", value)


def rgb(color):
    red, green, blue = utils.hex_to_rgb(color) if isinstance(color, str) else color
    return (red << 16) | (green << 8) | blue


def as_rgb(value):
    return None if value < 0 else (value >> 16, value >> 8 & 255, value & 255)


def format_key(doc, text):
    """The number under which a document knows a number format."""
    formats = doc.NumberFormats
    if text == "General":
        return formats.getStandardIndex(ENGLISH)
    key = formats.queryKey(text, ENGLISH, False)
    return key if key >= 0 else formats.addNew(text, ENGLISH)


def items(container):
    return (container.getByIndex(i) for i in range(container.Count))


def column_number(letters):
    return functools.reduce(lambda number, letter: number * 26 + ord(letter) - 64, letters.upper(), 0)


def box_from(address):
    """``(row, column, rows, columns)`` of an address without sheet and dollar signs."""
    first, _, last = address.partition(":")
    corner = re.compile(r"([A-Za-z]*)(\d*)")
    (left, top), (right, bottom) = corner.fullmatch(first).groups(), corner.fullmatch(last or first).groups()
    column, last_column = (column_number(left), column_number(right)) if left else (1, COLUMNS)
    row, last_row = (int(top), int(bottom)) if top else (1, ROWS)
    return row, column, last_row - row + 1, min(last_column, COLUMNS) - column + 1


def box_of(address):
    rows, columns = address.EndRow - address.StartRow + 1, address.EndColumn - address.StartColumn + 1
    return address.StartRow + 1, address.StartColumn + 1, rows, columns


def address_of(sheet, box):
    row, column, rows, columns = box
    return CellRangeAddress(sheet, column - 1, row - 1, column + columns - 2, row + rows - 2)


def cut(xl, box):
    """The cells of a box, from a sheet of UNO."""
    row, column, rows, columns = box
    return xl.getCellRangeByPosition(column - 1, row - 1, column + columns - 2, row + rows - 2)


def cell_of(sheet, row, column):
    return CellAddress(sheet, column - 1, row - 1)
