"""A folder for intermediate rows, gone when the process ends."""

from __future__ import annotations

import shutil
import uuid
from functools import cache
from typing import TYPE_CHECKING

from xl_leadkpi import temporary_files

if TYPE_CHECKING:
    from pathlib import Path

ROWS_A_PART = 1_000_000
"""Rows that are joined or grouped in memory at a time."""
LAST_BITS = 1 << 20
"""What a hash is divided by before its part is chosen: its last bits serve a hash table of the part's rows."""


@cache
def _folders() -> list[Path]:
    return []


def folder() -> Path:
    """The folder; a new one where the last was taken away, as at the end of a command that is not the last."""
    made = _folders()
    if not made or not made[-1].is_dir():
        made.append(temporary_files.new_folder())
    return made[-1]


def new_path(suffix: str = "") -> Path:
    """A path in it that nobody uses."""
    return folder() / f"{uuid.uuid4().hex}{suffix}"


def remove(*folders: Path) -> None:
    """Free the disk early; what Windows holds back because it is still open goes when the process ends."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def filled_parts(folder: Path) -> set[str]:
    """Names of the parts that a table was split into."""
    return {part.name for part in folder.iterdir()}
