"""The ribbon: valid, and everything it calls exists."""

import re
from xml.etree import ElementTree as ET

import pytest

from xl_leadkpi.addin.macros import MACROS
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.locales import every_locale
from xl_leadkpi.workbooks import vba
from xl_leadkpi.workbooks.ribbon import ribbon_xml, text_sheet
from xl_leadkpi.workbooks.sources import keys

from .reading import ADD_IN, TEMPLATE, part

NS = "{http://schemas.microsoft.com/office/2009/07/customui}"
CONTROL = "control As IRibbonControl"
SIGNATURES = {
    "onAction": [CONTROL],
    "gallery.onAction": [CONTROL, "id As String", "index As Integer"],
    "get": [CONTROL, "ByRef returnedVal"],
    "getItem": [CONTROL, "index As Integer", "ByRef returnedVal"],
    "getItemCount": [CONTROL, "ByRef returnedVal"],
}


@pytest.fixture(scope="module", params=[True, False], ids=["add-in", "template"])
def add_in(request):
    return request.param


@pytest.fixture(scope="module")
def tree(add_in):
    return ET.fromstring(ribbon_xml(add_in=add_in))


def controls(tree):
    return [one for one in tree.iter() if one.get("id")]


def test_schema(shared, add_in):
    import xmlschema

    schema = xmlschema.XMLSchema(str(shared / "schemas" / "customui14.xsd"))
    schema.validate(ribbon_xml(add_in=add_in).decode())


@pytest.mark.parametrize("name", [ADD_IN, TEMPLATE])
def test_part_is_related(built, name):
    assert part(built["en"] / name, "customUI/customUI14.xml").encode() == ribbon_xml(add_in=name == ADD_IN)
    relations = ET.fromstring(part(built["en"] / name, "_rels/.rels"))
    kinds = {one.get("Type"): one.get("Target") for one in relations}
    assert kinds["http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"] == "customUI/customUI14.xml"
    assert len({one.get("Id") for one in relations}) == len(relations)


def signature_kind(tag, attribute):
    if attribute == "onAction":
        return "gallery.onAction" if tag == "gallery" else "onAction"
    if attribute == "getItemCount":
        return "getItemCount"
    return "getItem" if attribute.startswith("getItem") else "get"


def test_every_callback_exists_with_the_right_signature(tree, add_in):
    source = vba.modules(add_in=add_in)["KpiRibbon"].replace("\r\n", "\n")
    procedures = dict(re.findall(r"^Public Sub (\w+)\((.*)\)$", source, re.MULTILINE))
    used = set()
    for control in tree.iter():
        tag = control.tag.removeprefix(NS)
        for attribute, name in control.attrib.items():
            if attribute == "onAction" or attribute.startswith("get"):
                assert procedures[name].split(", ") == SIGNATURES[signature_kind(tag, attribute)], (tag, attribute)
                used.add(name)
    assert used == set(procedures)


def callbacks(add_in):
    return {
        value
        for control in ET.fromstring(ribbon_xml(add_in=add_in)).iter()
        for attribute, value in control.attrib.items()
        if attribute == "onAction" or attribute.startswith("get")
    }


def test_add_in_and_template_share_no_callback():
    """Excel may run a callback of that name in another open workbook."""
    names = {name.lower() for name in callbacks(True)}
    assert names.isdisjoint(name.lower() for name in callbacks(False))
    for add_in in (True, False):
        public = "\n".join(vba.modules(add_in=not add_in).values()).lower()
        assert not [name for name in callbacks(add_in) if re.search(rf"\b{name.lower()}\b", public)]


def test_buttons_run_macros_of_the_list(tree):
    tags = {one.get("tag") for one in tree.iter(f"{NS}button") if one.get("onAction", "").endswith("RibbonRun")}
    assert tags == {"BuildFunnel", "Refresh", "Scorecard", "LoadSampleData", "Diagnostics", "Help"}
    assert tags <= set(MACROS)
    assert all(f"InsertKpi.{name}" in MACROS for name in CATALOGUE)


def test_ids_and_keytips_are_unique_and_short(tree):
    ids = [one.get("id") for one in controls(tree)]
    assert len(ids) == len(set(ids))
    keytips = [one.get("keytip") for one in controls(tree) if one.get("keytip")]
    assert len(keytips) == len(set(keytips))
    assert all(re.fullmatch(r"[A-Z]{1,3}", keytip) for keytip in keytips)
    assert all(one.get("keytip") for one in tree.iter(f"{NS}button"))


def test_every_label_has_its_words(tree):
    for control in controls(tree):
        name = control.get("id")
        for attribute, group in (("getLabel", "ribbon"), ("getSupertip", "tip")):
            if control.get(attribute, "").endswith(("RibbonLabel", "RibbonSupertip")):
                assert f"{group}.{name}" in keys()


def test_galleries_show_every_kpi_once(tree):
    families = [one.get("tag") for one in tree.iter(f"{NS}gallery")]
    assert families == list(FAMILIES)
    columns = {area.cells[0].values[0]: area.cells[0].values[1:] for area in text_sheet().areas}
    family, name, key = (columns[header] for header in ("family", "name", "key"))
    assert sorted(name) == sorted(CATALOGUE)
    # the callbacks count a family and take its rows from the first on: they must stand together
    assert [one for i, one in enumerate(family) if i == 0 or family[i - 1] != one] == families
    assert all(len(str(text)) <= 1024 for cells in columns.values() for text in cells)
    assert set(key) < set(keys())
    for one in every_locale():
        assert columns[one.excel_language] == tuple(one.workbooks[text] for text in key)
        assert len(columns[f"title {one.language}"]) == len(columns[f"tip {one.language}"]) == len(CATALOGUE)
