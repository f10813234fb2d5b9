"""How a wheel is made: by hatchling, with the workbooks built into it, in every language, and their hashes.

The module is both the project's build backend and hatchling's build hook. As a backend it differs from hatchling in
one answer: what building takes. A wheel needs what builds the workbooks; an editable install, which reads the sources
where they are, needs nothing.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling import build as hatchling
from hatchling.build import build_editable, build_sdist, build_wheel, get_requires_for_build_sdist
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]  # fmt: skip

ROOT = Path(__file__).parent
BUILDS_WORKBOOKS = ("narwhals", "numpy", "polars", "xlsxwriter")
"""Of the project's dependencies those without which no workbook is built; the extra ``excel`` is needed too."""


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """Whatever hatchling wants, and what builds the workbooks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [one for one in project["dependencies"] if one.startswith(BUILDS_WORKBOOKS)]
    return [
        *hatchling.get_requires_for_build_wheel(config_settings),
        *needed,
        *project["optional-dependencies"]["excel"],
    ]


get_requires_for_build_editable = hatchling.get_requires_for_build_editable


class WorkbooksHook(BuildHookInterface):  # type: ignore[type-arg] # the configuration is hatchling's own
    """Builds the workbooks for the wheel; nothing is left in the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them before the wheel is packed."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from xl_leadkpi.locales import languages  # noqa: PLC0415 - found only now
        from xl_leadkpi.workbooks.build import build  # noqa: PLC0415

        self._folder = TemporaryDirectory()
        for language in languages():
            folder = Path(self._folder.name, language)
            folder.mkdir()
            build(folder, language)
        build_data["force_include"][self._folder.name] = "xl_leadkpi/workbooks/built"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - the interface
        """Take away what was packed."""
        if version != "editable":
            self._folder.cleanup()
