"""What runs by itself when the add-in is opened, run by pyOpenVBA's interpreter: links to other copies are repaired."""

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.apps.excel._model import Workbook
from pyopenvba.interpreter import VBARuntimeError
from pyopenvba.interpreter._objects import MemberSpec
from pyopenvba.interpreter._values import EMPTY, VBAArray

from tests.addin.vba_host import source

OWN = r"C:\XLSTART\LeadKPI.xlam"
OTHER = r"C:\Users\eva\Downloads\LeadKPI.xlam"
PRICES = r"C:\Users\eva\Prices.xlsx"
EXCEL_LINKS = 1


class Excel:
    """An Excel whose first workbook is the add-in.

    Attributes:
        links: Paths that a workbook links to, by the workbook's name.
        changed: Workbook, old and new path of every link that was led elsewhere.
        protected: Names of workbooks whose links cannot be changed.
    """

    def __init__(self):
        self.links, self.changed, self.protected = {}, [], set()
        self.app = ExcelApplication()
        add_in = self.app.add_workbook()
        add_in.name = "LeadKPI.xlam"
        for name, getter, parameters in (
            ("FullName", lambda book: OWN if book is add_in else book.name, ()),
            ("LinkSources", self._link_sources, ("kind",)),
            ("ChangeLink", self._change_link, ("old", "new", "kind")),
        ):
            kind = "method" if parameters else "property"
            Workbook._vba_members[name.lower()] = MemberSpec(name=name, kind=kind, getter=getter, parameters=parameters)
        # the interpreter raises no events: what Excel calls on one is called here
        links = source("KpiLinks.cls").replace("Private WithEvents", "Private")
        links = links.replace("Private Sub mExcel_WorkbookOpen", "Public Sub OnOpen")
        started = source("AddInWorkbook.cls") + "\nPublic Sub Opened(book As Object)\n    mLinks.OnOpen book\nEnd Sub\n"
        self.app.add_module(links, name="KpiLinks", kind="class")
        self.app.add_module(started, name="AddIn")

    def book(self, name, *links):
        book = self.app.add_workbook()
        book.name = name
        self.links[name] = list(links)
        return book

    def _link_sources(self, book, kind):
        assert int(kind) == EXCEL_LINKS
        links = self.links.get(book.name)
        return VBAArray([(1, len(links))], items=list(links)) if links else EMPTY

    def _change_link(self, book, old, new, kind):
        assert int(kind) == EXCEL_LINKS
        if book.name in self.protected:
            raise VBARuntimeError(1004, "the sheet is protected")
        self.changed.append((book.name, old, new))

    def start(self):
        """Excel opens the add-in."""
        self.app.interpreter.run("Workbook_Open", [])

    def opened(self, book):
        """Excel opens a workbook later."""
        self.app.interpreter.run("Opened", [book])


@pytest.fixture
def excel():
    before = dict(Workbook._vba_members)
    yield Excel()
    Workbook._vba_members.clear()
    Workbook._vba_members.update(before)


def test_workbooks_that_are_open_already_are_repaired(excel):
    excel.book("Report.xlsx", OTHER, PRICES)
    excel.book("Plain.xlsx")
    excel.start()
    assert excel.changed == [("Report.xlsx", OTHER, OWN)]


def test_workbooks_opened_later_are_repaired(excel):
    excel.start()
    assert excel.changed == []
    excel.opened(excel.book("Report.xlsx", PRICES, OTHER, r"\\server\share\LEADKPI.XLAM", OWN))
    assert excel.changed == [
        ("Report.xlsx", OTHER, OWN),
        ("Report.xlsx", r"\\server\share\LEADKPI.XLAM", OWN),
    ]


def test_a_protected_workbook_disturbs_nobody(excel):
    excel.protected.add("Locked.xlsx")
    excel.book("Locked.xlsx", OTHER)
    excel.book("Report.xlsx", OTHER)
    excel.start()
    assert excel.changed == [("Report.xlsx", OTHER, OWN)]
    assert excel.app.dialogs == []


def test_nothing_but_links_happens_on_opening(excel):
    report = excel.book("Report.xlsx", OTHER)
    cell = report.ActiveSheet().vba_get("Range", ["A1"])
    cell.vba_set("Value", 7.0)
    excel.start()
    assert cell.vba_get("Value") == 7.0
    assert excel.app.application.vba_get("DisplayAlerts") is True
    assert excel.app.dialogs == []
