"""The files to hand out: their names, their hashes, and where an installed package has them."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.workbooks.sources import Language

NO_PYTHON: Final = "LeadKPI-no-python.xlsx"
TEMPLATE: Final = "LeadKPI.xlsm"
ADD_IN: Final = "LeadKPI.xlam"
CHECKSUMS: Final = "SHA256SUMS"

XLWINGS: Final = "0.37.8"
"""Version of xlwings that the module ``KpiBridge`` names."""

SHIPPED: Final = Path(__file__).parent / "built"
"""A wheel has one folder a language here (``hatch_build.py``); the source tree has none."""


@dataclass(frozen=True, slots=True)
class Built:
    """A file that was made.

    Attributes:
        name: Its name.
        content: All of it.
    """

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Its hash."""
        return hashlib.sha256(self.content).hexdigest()


def fetch_builder() -> str:
    """The command that fetches what writes macros, for this very Python."""
    requirement = next(one for one in metadata.requires("xl_leadkpi") or () if one.startswith("pyopenvba"))
    return f'"{sys.executable}" -m pip install {requirement.partition(";")[0]}'


class DamagedError(Exception):
    """A shipped file is not what its hash says."""


def write(files: Sequence[Built], folder: Path) -> None:
    """Write files and the list of their hashes, as ``sha256sum --check`` reads it, into a folder."""
    for one in files:
        (folder / one.name).write_bytes(one.content)
    lines = "".join(f"{one.sha256}  {one.name}\n" for one in files)
    (folder / CHECKSUMS).write_text(lines, encoding="ascii", newline="\n")


def shipped(language: Language = "en") -> tuple[Built, ...]:
    """The files that came with the package.

    Args:
        language: Of the sheets.

    Returns:
        The files in the order of their list; none where the package runs from its sources.

    Raises:
        DamagedError: If one of them has been changed.
    """
    folder = SHIPPED / language
    if not (folder / CHECKSUMS).is_file():
        return ()
    files: list[Built] = []
    for line in (folder / CHECKSUMS).read_text(encoding="ascii").splitlines():
        sha256, _, name = line.partition("  ")
        file = Built(name, (folder / name).read_bytes())
        if file.sha256 != sha256:
            raise DamagedError(f"{folder / name} is not the file that the package came with; install the package anew")
        files.append(file)
    return tuple(files)
