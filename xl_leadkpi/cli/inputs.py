"""Every file that a command reads: which they are, and how those that can be read only once are read."""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from xl_leadkpi.errors import UserError
from xl_leadkpi.temporary_files import remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xl_leadkpi.leads.files.warehouse import TableLocation

REPORTS = ("traffic", "email", "social")
"""Options that name reports of other tools; the kinds of the room of leads, which the command's help does not load."""
STDIN = "-"
_STDIN_NAME = "standard input"
_BLOCK = 1 << 20


def _tables(options: argparse.Namespace) -> list[str]:
    reports = [path for name in REPORTS for path in getattr(options, name)]
    tables = (*options.leads, *options.deals, *options.spend, *reports)
    said = (*tables, options.history, options.touches, *_rate_files(options))
    return [str(one) for one in said if one is not None]


def _rate_files(options: argparse.Namespace) -> list[str]:
    return [one for one in options.rate if "=" not in one or Path(one).exists()]


def tables_read(options: argparse.Namespace) -> Iterator[Path | int]:
    """Every file whose rows will be read, whatever named it: a path, a pattern, the address of a database.

    Yields:
        Paths, which may not exist; the descriptor 0 for standard input.

    Raises:
        InputError: A pattern fits no file, or an address lacks its table.
    """
    from xl_leadkpi.leads.files.warehouse import files_fitting, find_table

    anywhere = {str(one) for one in (*options.leads, options.history, options.touches) if one is not None}
    several = {str(one) for one in (*options.leads, *options.deals)}
    for name in _tables(options):
        fitting = files_fitting(name) if name in several else None
        place = find_table(name) if name in anywhere and name != STDIN and fitting is None else None
        if name == STDIN:
            yield 0
        elif fitting is not None:
            _refuse_odd_names(fitting)
            yield from fitting
        elif place is None:
            yield Path(name)
        else:
            if place.files != (Path(name),):
                _refuse_odd_names(place.files)
            yield from _files_of(place)


def _files_of(place: TableLocation) -> Iterator[Path]:
    yield from place.files
    if place.database is not None:
        yield place.database
        yield place.database.with_name(f"{place.database.name}.wal")  # what was not yet written into it


def _refuse_odd_names(files: Iterable[Path]) -> None:
    for path in files:
        if not _is_text(path):
            raise UserError(f"{path}: the name is no text in this system's encoding; rename the file")


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def at_hand(options: argparse.Namespace, folder: Path) -> argparse.Namespace:
    """The options with files that any reader can open, and open again.

    Standard input, pipes and devices can be read only once: their content is kept in a file. A name that is no text
    (on Linux it may be any bytes) means nothing to the engines: the file gets a second one.

    Args:
        options: The command line.
        folder: A temporary folder.

    Raises:
        UserError: Standard input is named twice or closed, or the temporary folder is full.
    """
    if [*_tables(options), str(options.reuse_map)].count(STDIN) > 1:
        raise UserError("- stands for standard input, which can be read only once: name a file for the other table")
    files_of_rates = _rate_files(options)
    readable = {
        "leads": [str(_readable(one, folder)) for one in options.leads],
        "deals": [str(_readable(one, folder)) for one in options.deals],
        "history": options.history and str(_readable(options.history, folder)),
        "touches": options.touches and str(_readable(options.touches, folder)),
        **{name: [_readable(one, folder) for one in getattr(options, name)] for name in ("spend", *REPORTS)},
        "reuse_map": _readable(options.reuse_map, folder),
        "rate": [str(_readable(one, folder)) if one in files_of_rates else one for one in options.rate],
    }
    return argparse.Namespace(**{**vars(options), **readable})


def _readable(name: str | Path | None, folder: Path) -> str | Path | None:
    from xl_leadkpi.leads.files.warehouse import not_of_home

    if name is None:
        return None
    path = Path(name)
    if str(name) == STDIN:
        return _kept(STDIN, folder / _STDIN_NAME)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return name  # a pattern, an address, or nothing, as the reader will say
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return _kept(path, folder / _as_text(path.name))
    if not _is_text(path):
        return _renamed(path, folder)
    in_full = not_of_home(path)
    return name if in_full is path else in_full


def _kept(source: Path | str, path: Path) -> Path:
    """The content of standard input, a pipe or a device in a file."""
    if source == STDIN and sys.__stdin__ is None:
        raise UserError("standard input is closed: name a file")
    path = _untaken(path)
    try:
        with path.open("xb") as copy:
            copy.writelines(_blocks(source))
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be kept in the temporary folder {path.parent} ({error.strerror}); {remedy()}"
        ) from error
    return path


def _blocks(source: Path | str) -> Iterator[bytes]:
    try:
        with _opened(source) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except OSError as error:
        name = _STDIN_NAME if source == STDIN else source
        raise UserError(f"{name} cannot be read ({error.strerror}); check its rights, or name a file") from error


def _opened(source: Path | str) -> BinaryIO:
    return sys.stdin.buffer if source == STDIN else Path(source).open("rb")


def _renamed(path: Path, folder: Path) -> Path:
    link = _untaken(folder / _as_text(path.name))
    try:
        link.symlink_to(path.absolute())
    except OSError:  # Windows may not let this user make links
        shutil.copyfile(path, link)
    return link


def _as_text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _untaken(path: Path) -> Path:
    number = 1
    named = path
    while os.path.lexists(named):
        number += 1
        named = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return named
