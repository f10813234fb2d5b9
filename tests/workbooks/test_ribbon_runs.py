"""The ribbon's callbacks, run by pyOpenVBA's interpreter over the built add-in, as Excel calls them."""

import re
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import pytest
from pyopenvba.apps.excel._model import Application, Range, Workbook
from pyopenvba.interpreter import VBARuntimeError
from pyopenvba.interpreter._objects import MemberSpec, VBAObject
from pyopenvba.interpreter._runtime import Slot
from pyopenvba.interpreter._values import VBAErrorValue

from tests.addin.vba_host import Excel, source
from xl_leadkpi.addin import exports
from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks.ribbon import own_callbacks
from xl_leadkpi.workbooks.sources import Words

from .reading import ADD_IN, part

NS = "{http://schemas.microsoft.com/office/2009/07/customui}"
EXCEL_LANGUAGES = {"en": 1033, "pl": 1045, "ru": 1049, "de": 1031}
NOT_AVAILABLE = VBAErrorValue(2042)
YES, NO = 6, 7
RUN = "AddInRibbonRun"


class Control(VBAObject):
    """What Excel hands to a callback: the control of the customUI by its id, with its tag."""

    def __init__(self, element):
        self.element = element

    def vba_get(self, name, *_):
        return self.element.get(name.lower(), "")


class LanguageSettings(VBAObject):
    def __init__(self, ribbon):
        self.ribbon = ribbon

    def vba_get(self, name, args=(), *_):
        assert name.lower() == "languageid"
        assert [int(one) for one in args] == [2], "the language of the menus"
        return EXCEL_LANGUAGES[self.ribbon.language]


class Ribbon:
    """An Excel with the add-in open, and its ribbon's controls.

    Attributes:
        language: Of Excel's menus.
        is_add_in: What the workbook with the code says of itself.
    """

    def __init__(self, file):
        self.language, self.is_add_in = "en", True
        self.excel = Excel(file)
        members = {
            "Match": (_match, ("what", "where", "kind")),
            "LanguageSettings": (lambda _: LanguageSettings(self), ()),
        }
        for name, (getter, parameters) in members.items():
            kind = "method" if parameters else "property"
            Application._vba_members[name.lower()] = MemberSpec(
                name=name, kind=kind, getter=getter, parameters=parameters
            )
        Workbook._vba_members["isaddin"] = MemberSpec(
            name="IsAddin", kind="property", getter=lambda _: self.is_add_in, parameters=()
        )
        ribbon = own_callbacks(source("KpiRibbon.bas"), add_in=True)
        self.excel.app.add_module(ribbon, name="KpiRibbon")
        tree = ET.fromstring(part(file, "customUI/customUI14.xml"))
        self.controls = {one.get("id"): one for one in tree.iter() if one.get("id")}

    def call(self, control, attribute, *more):
        """Run the callback that the customUI names; what it is asked it answers through its last argument."""
        element = self.controls[control]
        arguments = [Control(element), *more]
        answer = Slot()
        if attribute != "onAction":
            arguments.append(answer)
        self.excel.app.interpreter.run(element.get(attribute), arguments)
        return answer.value

    @property
    def galleries(self):
        return [name for name, one in self.controls.items() if one.tag == f"{NS}gallery"]


def _match(_, what, where, kind):
    assert int(kind) == 0
    for row in range(1, 400):
        if where.vba_get("Cells", [row, 1]).vba_get("Value2") == what:
            return row
    return NOT_AVAILABLE


@contextmanager
def ribbon_of(file, monkeypatch):
    """The ribbon of an add-in; the interpreter's Excel is put back as it was."""
    monkeypatch.setattr(Range, "bounded", lambda self: self.first)
    before = [(cls, dict(cls._vba_members)) for cls in (Application, Workbook)]
    yield Ribbon(file)
    for cls, members in before:
        cls._vba_members.clear()
        cls._vba_members.update(members)


@pytest.fixture
def ribbon(built, monkeypatch):
    with ribbon_of(built["en"] / ADD_IN, monkeypatch) as made:
        yield made


@pytest.mark.parametrize("language", [*languages(), "de"])
def test_labels_and_tips_follow_the_language_of_excel(ribbon, language):
    ribbon.language = language
    words = Words(language if language in languages() else "en")
    asked = 0
    for name, control in ribbon.controls.items():
        for attribute, key in (
            ("getLabel", f"family.{control.get('tag')}" if name in ribbon.galleries else f"ribbon.{name}"),
            ("getScreentip", f"ribbon.{name}"),
            ("getSupertip", f"tip.{name}"),
        ):
            if control.get(attribute):
                assert ribbon.call(name, attribute) == words(key), (name, attribute)
                asked += 1
    assert asked == 1 + 3 + 8 * 3 + len(FAMILIES)  # tab, groups, buttons and menu, galleries


@pytest.mark.parametrize("language", languages())
def test_galleries_list_the_kpis_of_their_family(ribbon, language):
    ribbon.language = language
    words = Words(language)
    seen = []
    for name in ribbon.galleries:
        family = ribbon.controls[name].get("tag")
        kpis = [kpi for kpi in CATALOGUE.values() if kpi.family == family]
        assert int(ribbon.call(name, "getItemCount")) == len(kpis) > 0
        for index, kpi in enumerate(kpis):
            assert ribbon.call(name, "getItemID", index) == kpi.name
            assert ribbon.call(name, "getItemLabel", index) == f"{kpi.name}  {kpi.title_in(language)}"
            assert ribbon.call(name, "getItemScreentip", index) == kpi.signature
            tip = ribbon.call(name, "getItemSupertip", index)
            assert tip.startswith(f"{words.meaning(FUNCTIONS[kpi.name])}\n= ")
            seen.append(kpi.name)
    assert sorted(seen) == sorted(CATALOGUE)


def test_the_tab_is_shown_once(ribbon):
    """The add-in shows it; the template only where no add-in is loaded."""
    assert ribbon.call("tab", "getVisible")
    ribbon.is_add_in = False
    assert not ribbon.call("tab", "getVisible")  # the add-in is among the open workbooks
    ribbon.excel.app.application.workbooks_.books[0].name = "LeadKPI.xlsm"
    assert ribbon.call("tab", "getVisible")


@pytest.fixture
def ran(monkeypatch):
    """The macros that reached Python, with their workbooks; each says its name."""
    calls = []

    def run(name, book):
        calls.append((name, book))
        return f"{name} was here"

    monkeypatch.setattr(exports, "run_macro", run)
    return calls


def test_buttons_run_their_macros_on_the_active_workbook(ribbon, ran):
    other = ribbon.excel.app.add_workbook()
    buttons = {name: one for name, one in ribbon.controls.items() if one.get("onAction") == RUN}
    for name in buttons:
        ribbon.call(name, "onAction")
    assert ran == [(one.get("tag"), other) for one in buttons.values()]
    assert [dialog[1] for dialog in ribbon.excel.app.dialogs] == [f"{macro} was here" for macro, _ in ran]
    assert {macro for macro, _ in ran} == {
        "BuildFunnel", "Refresh", "Scorecard", "LoadSampleData", "Diagnostics", "Help",
    }  # fmt: skip


def test_a_macro_with_nothing_to_say_shows_no_box(ribbon, monkeypatch):
    monkeypatch.setattr(exports, "run_macro", lambda *_: "")
    ribbon.call("btnRefresh", "onAction")
    assert ribbon.excel.app.dialogs == []


def test_galleries_insert_what_was_chosen(ribbon, ran):
    for name in ribbon.galleries:
        chosen = ribbon.call(name, "getItemID", 1)
        ribbon.call(name, "onAction", chosen, 1)
        assert ran[-1][0] == f"InsertKpi.{chosen}"
    assert len(ran) == len(FAMILIES)


@pytest.mark.parametrize("language", languages())
def test_settings_name_the_file_and_restart_only_if_wanted(ribbon, language, ran):
    ribbon.language = language
    ribbon.call("btnHelp", "onAction")
    assert len(ribbon.excel.starts) == 1
    app = ribbon.excel.app
    for answer, stopped in ((NO, 0), (YES, 1)):
        app.interpreter.answers.append(answer)
        ribbon.call("btnSettings", "onAction")
        _, question, title, _ = app.dialogs[-1]
        assert title == "Lead KPI"
        assert Words(language)("msg.settings") in question
        assert Words(language)("msg.restart") in question
        assert re.search(r"\\leadkpi\\leadkpi\.conf\n", question)
        assert len(ribbon.excel.stops) == stopped


def test_without_python_a_button_says_why(ribbon, ran):
    ribbon.excel.files.clear()
    ribbon.call("btnFunnel", "onAction")
    assert ran == []
    (dialog,) = ribbon.excel.app.dialogs
    assert "leadkpi install" in dialog[1]


def test_a_callback_that_does_not_exist_is_noticed(ribbon):
    ribbon.controls["btnHelp"].set("onAction", "AddInRibbonGone")
    with pytest.raises(VBARuntimeError, match="AddInRibbonGone"):
        ribbon.call("btnHelp", "onAction")
