"""What several rooms' tests need: other programs and real exports, each with what is said where it is missing."""

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

collect_ignore = ["benchmarks"]  # programs, not tests
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
UNO = Path("/usr/lib/python3/dist-packages/uno.py")  # Debian's python3-uno


@dataclass(frozen=True)
class Need:
    """Something outside this package that tests need.

    Attributes:
        missing: Why it is not there, "" if it is.
        fixtures: Tests with one of these fixtures need it.
        in_ci: Without it CI fails instead of leaving tests out.
        is_long: Its tests take minutes.
    """

    missing: str
    fixtures: frozenset[str] = frozenset()
    in_ci: bool = True
    is_long: bool = False


def _no_office():
    if shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    if not UNO.exists() and importlib.util.find_spec("uno") is None:
        return "python3-uno, LibreOffice's own Python, is not installed"
    return ""


def _no_windows():
    if sys.platform == "win32" or os.environ.get("LEADKPI_WINDOWS_PYTHON"):
        return ""
    return "this is not Windows, and LEADKPI_WINDOWS_PYTHON names no Windows Python with pywin32 and xlwings"


def _no_spark():
    if importlib.util.find_spec("pyspark") is None:
        return "Spark is not installed: pip install -e '.[spark]'"
    return "" if shutil.which("java") else "Spark needs Java 17: apt-get install openjdk-17-jre-headless"


def _no_chromium():
    if importlib.util.find_spec("selenium") is None:
        return "Selenium is not installed: pip install -e '.[test]'"
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)} (apt-get install chromium chromium-driver)" if missing else ""


def _no_shared():
    return "" if SHARED.is_dir() else "the folder shared with real exports is not beside the project"


NEEDS = {
    "libreoffice": Need(_no_office(), frozenset({"office"}), is_long=True),
    "windows": Need(_no_windows(), frozenset({"windows_python"}), is_long=True),
    "spark": Need(_no_spark(), frozenset({"spark", "spark_cluster"}), is_long=True),
    "chromium": Need(_no_chromium(), is_long=True),
    "shared": Need(_no_shared(), frozenset({"shared"}), in_ci=False),
}
"""By the name that ``pytest.mark.needs`` takes."""


def _needs(item):
    marked = {name for mark in item.iter_markers("needs") for name in mark.args}
    return marked | {name for name, need in NEEDS.items() if need.fixtures.intersection(item.fixturenames)}


def pytest_collection_modifyitems(config, items):
    """Of the tests that need what is missing one stays, to say so in a line."""
    left_out = {}
    kept = []
    for item in items:
        needed = sorted(_needs(item))
        if any(NEEDS[name].is_long for name in needed):
            item.add_marker(pytest.mark.long)
        absent = [name for name in needed if NEEDS[name].missing]
        if absent:
            left_out.setdefault(absent[0], []).append(item)
        else:
            kept.append(item)
    for name, tests in left_out.items():
        need = NEEDS[name]
        if need.in_ci and os.environ.get("CI"):
            raise pytest.UsageError(f"{len(tests)} tests cannot run: {need.missing}")
        reason = f"{need.missing}: {len(tests)} tests were left out, this one among them"
        tests[0].add_marker(pytest.mark.skip(reason=reason))
        kept.append(tests[0])
        config.hook.pytest_deselected(items=tests[1:])
    items[:] = kept


ONE_HOST = ("tests/calc/", "tests/engines/", "tests/windows/")
"""Folders whose tests share one running program: one worker has them all."""
APART = ("tests/evidence/",)
"""Folders with long tests that share nothing: any worker has any of them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker whole files, and folders that share a program; tests that stand apart go to any."""
    from xdist.scheduler import LoadScopeScheduling

    class ByHost(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith(APART):
                return nodeid
            return next((folder for folder in ONE_HOST if nodeid.startswith(folder)), nodeid.partition("::")[0])

    return ByHost(config, log)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real exports and their independently computed figures, beside the project."""
    return SHARED
