"""The files as files: reproducible, valid, nobody's name in them."""

import hashlib
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from openxml_audit import OpenXmlValidator

from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks.files import CHECKSUMS

from .reading import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE, part, parts

NAMES = (ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON)


def test_another_process_builds_the_same_bytes(built, tmp_path):
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    code = (
        "import sys; from pathlib import Path; from xl_leadkpi.workbooks.build import build; "
        "build(Path(sys.argv[1]), 'ru')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    for name in (*NAMES, CHECKSUMS):
        assert (tmp_path / name).read_bytes() == (built["ru"] / name).read_bytes(), name


def test_hashes_are_those_of_the_files(built):
    lines = (built["en"] / CHECKSUMS).read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines)
    assert listed == {name: hashlib.sha256((built["en"] / name).read_bytes()).hexdigest() for name in NAMES}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", NAMES)
def test_nothing_offends_the_format(built, name, language):
    result = OpenXmlValidator().validate(str(built[language] / name))
    assert [str(error) for error in result.errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_properties_name_nobody(built, name):
    core = part(built["pl"] / name, "docProps/core.xml")
    assert "<dc:creator></dc:creator>" in core
    assert "<cp:lastModifiedBy></cp:lastModifiedBy>" in core
    assert "2026-01-01T00:00:00Z" in core
    assert "<Company></Company>" in part(built["pl"] / name, "docProps/app.xml")


@pytest.mark.parametrize("name", NAMES)
def test_excel_does_not_recompute_on_opening(built, name):
    """A blocked macro would turn every figure into #NAME?."""
    workbook = part(built["en"] / name, "xl/workbook.xml")
    assert "fullCalcOnLoad" not in workbook
    assert 'calcId="191029"' in workbook


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leads_outside(built, name):
    for file, content in parts(built["en"] / name, r".*\.rels").items():
        for relation in ET.fromstring(content):
            assert relation.get("TargetMode") != "External", file


def test_main_parts_are_what_the_names_say(built):
    for name, kind in (
        (ADD_IN, "application/vnd.ms-excel.addin.macroEnabled.main+xml"),
        (TEMPLATE, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        (EXCEL_TEMPLATE, "application/vnd.ms-excel.template.macroEnabled.main+xml"),
        (NO_PYTHON, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    ):
        assert f'PartName="/xl/workbook.xml" ContentType="{kind}"' in part(built["en"] / name, "[Content_Types].xml")


def test_the_template_differs_from_the_workbook_in_its_kind_alone(built):
    workbook, template = (parts(built["pl"] / name, ".*") for name in (TEMPLATE, EXCEL_TEMPLATE))
    types = "[Content_Types].xml"
    kind = template.pop(types).replace(b"ms-excel.template.", b"ms-excel.sheet.")
    assert kind == workbook.pop(types)
    assert template == workbook


def test_table_names_are_unique(built):
    for name in (TEMPLATE, NO_PYTHON):
        tables = [
            re.search(rb' name="(\w+)"', content)[1] for content in parts(built["en"] / name, r"xl/tables/.*").values()
        ]
        assert len(tables) == len(set(tables)) > 1
