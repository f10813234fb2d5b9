"""The files to hand out: their names, their hashes, and where an installed package has them."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xl_leadkpi.workbooks.transaction import write_all

if TYPE_CHECKING:
    from collections.abc import Sequence


NO_PYTHON: Final = "LeadKPI-no-python.xlsx"
TEMPLATE: Final = "LeadKPI.xlsm"
EXCEL_TEMPLATE: Final = "LeadKPI.xltm"
"""The same workbook as Excel offers it under File > New: each opening is a copy."""
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


class NotOursError(Exception):
    """Files of the same names are there that were changed or come from elsewhere; the message says what to do."""


def fingerprint(file: Path) -> str | None:
    """SHA-256 of a file, None if there is nothing; empty, which no hash is, if it is no file or cannot be read."""
    try:
        if not file.is_file():  # reading a pipe would wait for ever
            return "" if os.path.lexists(file) else None
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""


def write(files: Sequence[Built], folder: Path, *, overwrite: bool = False) -> None:
    """Write files and the list of their hashes, as ``sha256sum --check`` reads it, into a folder: all or none.

    Args:
        files: What to write.
        folder: Where; made if it is missing.
        overwrite: Replace files of these names whatever they are, not only those that an earlier list vouches for.

    Raises:
        NotOursError: If files of these names are not as they were built, or what is there is no file.
        OSError: If they cannot be written; all is as it was.
    """
    checksums = folder / CHECKSUMS
    contents = {folder / one.name: one.content for one in files}
    contents[checksums] = "".join(f"{one.sha256}  {one.name}\n" for one in files).encode("ascii")
    odd = [file.name for file in contents if os.path.lexists(file) and not file.is_file()]
    if odd:
        raise NotOursError(
            f"{folder}: {', '.join(odd)} there is no file but a folder, a pipe or a link to nothing; move it away, or "
            "name another folder"
        )
    found = {file: fingerprint(file) for file in contents}
    new = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    if not overwrite:
        known = _listed(checksums)
        foreign = [file.name for file, sha256 in found.items() if sha256 not in {None, new[file], known.get(file.name)}]
        if foreign:
            raise NotOursError(
                f"{folder} holds files that were changed or come from elsewhere ({', '.join(foreign)}); "
                "name another folder, or add --overwrite to replace them"
            )
    write_all({file: content for file, content in contents.items() if found[file] != new[file]})


def _listed(checksums: Path) -> dict[str, str]:
    """Hashes by name in the list of an earlier build, its own included; none if no build writes such a list."""
    try:
        content = checksums.read_bytes()
        lines = content.decode("ascii").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError):
        return {}
    matches = [re.fullmatch(r"([0-9a-f]{64})  (\S+)\n", line) for line in lines]
    listed = {match[2]: match[1] for match in matches if match}
    as_built = [name for name in (ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON) if name in listed]
    if list(listed) != as_built or len(listed) != len(lines):
        return {}
    return {**listed, CHECKSUMS: hashlib.sha256(content).hexdigest()}


def shipped(language: str = "en") -> tuple[Built, ...]:
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
        file = Built(name, _content(folder / name))
        if file.sha256 != sha256:
            raise DamagedError(f"{folder / name} is not the file that the package came with; install the package anew")
        files.append(file)
    return tuple(files)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise DamagedError(f"{file} cannot be read ({problem.strerror}); install the package anew") from problem
