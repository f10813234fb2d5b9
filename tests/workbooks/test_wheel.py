"""The wheel: it brings the built workbooks and their hashes, and who installs it needs nothing that builds them."""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks import files
from xl_leadkpi.workbooks.files import CHECKSUMS, DamagedError, shipped

from .reading import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
NAMES = (ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (file,) = folder.glob("*.whl")
    return file


def pip(*arguments):
    quiet = ("--quiet", "--no-index", "--no-input", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", *map(str, arguments[:1]), *quiet, *map(str, arguments[1:])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0, ran.stderr


def test_the_wheel_brings_what_is_built_in_every_language(wheel, built):
    with zipfile.ZipFile(wheel) as package:
        inside = "xl_leadkpi/workbooks/built/"
        found = {name.removeprefix(inside) for name in package.namelist() if name.startswith(inside)}
        assert found == {f"{language}/{name}" for language in languages() for name in (*NAMES, CHECKSUMS)}
        for name in found:
            assert package.read(inside + name) == (built[name[:2]] / name[3:]).read_bytes(), name


def test_nothing_is_left_in_the_source_tree(wheel):
    assert not files.SHIPPED.exists()
    assert shipped("en") == ()


@pytest.fixture(scope="module")
def user(wheel, tmp_path_factory):
    """A virtual environment with the wheel, and behind it what the tests' own has."""
    folder = tmp_path_factory.mktemp("user")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    pip("install", "--no-deps", "--target", own, wheel)
    (own / "behind.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(sysconfig.get_path("scripts", "venv", {"base": str(folder), "platbase": str(folder)}))


def python(user, tmp_path, code, *arguments):
    """Run code where pyOpenVBA is not to be had."""
    hidden = f"import sys; sys.modules['pyopenvba'] = None\n{code}"
    return subprocess.run(
        [user / "python", "-P", "-c", hidden, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )


def test_the_environment_has_the_wheel_and_not_the_sources(user, tmp_path):
    ran = python(user, tmp_path, "import xl_leadkpi; print(xl_leadkpi.__file__)")
    assert Path(ran.stdout.strip()).is_relative_to(user.parent), ran.stderr
    ran = python(user, tmp_path, "import pyopenvba")
    assert "ModuleNotFoundError" in ran.stderr


@pytest.mark.parametrize("language", languages())
def test_workbooks_build_prints_the_hashes_of_the_wheel(user, tmp_path, built, language):
    code = "from xl_leadkpi.cli import main; sys.exit(main(sys.argv[1:]))"
    ran = python(user, tmp_path, code, "workbooks", "build", "out", "--language", language)
    assert ran.returncode == 0, ran.stderr
    printed = {Path(name).name: sha256 for sha256, name in (line.split("  ") for line in ran.stdout.splitlines())}
    assert printed == {name: sha256(built[language] / name) for name in NAMES}
    for name in (*NAMES, CHECKSUMS):
        assert (tmp_path / "out" / name).read_bytes() == (built[language] / name).read_bytes()


def test_install_puts_the_wheels_files_in_place(user, tmp_path, built):
    """As on Windows, but for the folder: install asks this function for it."""
    code = (
        "from pathlib import Path; from xl_leadkpi.workbooks import install as i\n"
        "i.configuration.content = lambda *_: b''; i.xlwings_version = lambda: '0.37.8'\n"
        "i._libraries_out_of_reach = lambda *_: {}\n"
        "where = i.places(Path(sys.argv[1])); i.install(where, 'pl')\n"
        "print(where.add_in, *where.workbooks, sep='\\n')"
    )
    ran = python(user, tmp_path, code, str(tmp_path / "Ann" / "AppData" / "Roaming"))
    assert ran.returncode == 0, ran.stderr
    put = [Path(file) for file in ran.stdout.splitlines()]
    assert [file.name for file in put] == [ADD_IN, TEMPLATE, EXCEL_TEMPLATE]
    assert [sha256(file) for file in put] == [sha256(built["pl"] / file.name) for file in put]


def sha256(file):
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def test_a_file_that_was_changed_is_not_handed_out(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    (tmp_path / "en").mkdir()
    files.write((files.Built(ADD_IN, b"as built"),), tmp_path / "en")
    assert shipped("en") == (files.Built(ADD_IN, b"as built"),)
    (tmp_path / "en" / ADD_IN).write_bytes(b"tampered")
    with pytest.raises(DamagedError, match=r"LeadKPI\.xlam is not the file"):
        shipped("en")


def test_what_a_wheel_build_asks_for_is_all_it_takes(tmp_path, built):
    """An isolated build has nothing else; an editable install builds no workbook and asks for nothing."""
    code = "import hatch_build as b; print(b.get_requires_for_build_wheel(), b.get_requires_for_build_editable())"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    wheel, editable = (re.findall(r"'([\w-]+)", half) for half in asked.split("] ["))
    assert editable == ["editables"]
    there = {"xl_leadkpi", "polars-runtime-32", *wheel}
    hidden = [module for module, owners in packages_distributions().items() if there.isdisjoint(map(str.lower, owners))]
    assert {"pandas", "xlwings", "python_calamine", "openpyxl"} <= set(hidden)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv[2:])); from pathlib import Path\n"
        "from xl_leadkpi.workbooks.build import build; build(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path, *hidden], check=True)
    assert (tmp_path / CHECKSUMS).read_bytes() == (built["en"] / CHECKSUMS).read_bytes()
