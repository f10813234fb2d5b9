"""All files of one table: those that names and patterns stand for, each once."""

from __future__ import annotations

import filecmp
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def each_once(paths: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, int]]]:
    """Part files from those that are there already, under another name or as a copy.

    Args:
        paths: The files, which may not exist.

    Returns:
        The different files, and the others with the place of the file that each is the same as.
    """
    different: list[Path] = []
    again: list[tuple[Path, int]] = []
    for path in paths:
        same = next((at for at, other in enumerate(different) if _are_same(path, other)), None)
        if same is None:
            different.append(path)
        else:
            again.append((path, same))
    return different, again


def _are_same(path: Path, other: Path) -> bool:
    try:
        one, two = path.stat(), other.stat()
        if os.path.samestat(one, two):
            return True
        are_files = path.is_file() and other.is_file() and one.st_size == two.st_size
        return are_files and filecmp.cmp(path, other, shallow=False)
    except (OSError, ValueError):
        return path == other


def names_of(paths: Sequence[Path]) -> list[str]:
    """What messages call files: their names, with the folder where two files have one name.

    >>> from pathlib import Path
    >>> [name.replace(os.sep, "/") for name in names_of([Path("a/1.csv"), Path("b/1.csv"), Path("b/2.csv")])]
    ['a/1.csv', 'b/1.csv', '2.csv']
    """
    names = [path.name for path in paths]
    return [str(path) if names.count(path.name) > 1 else path.name for path in paths]
