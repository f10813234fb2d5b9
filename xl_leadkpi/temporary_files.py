"""Temporary files and folders: private, under names nobody can guess, and gone however the process ends."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXCLUSIVELY = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # the last two are not everywhere
_TRIES = 20

_present: set[Path] = set()


def new_file(folder: Path, mode: int = 0o666) -> tuple[Path, int]:
    """Make a file that was not there before.

    Args:
        folder: Where.
        mode: Its permissions, of which the umask takes what it takes.

    Returns:
        The file and a descriptor to read and write it.

    Raises:
        OSError: If the folder cannot be written to.
    """
    path = unused_name(folder)
    return path, os.open(path, _EXCLUSIVELY, mode)


def new_link(file: Path) -> Path:
    """Give a file a second name in its folder.

    Raises:
        OSError: If the file system has no such links.
    """
    path = unused_name(file.parent)
    path.hardlink_to(file)
    return path


def set_aside(file: Path) -> Path:
    """Give a file another name in its folder.

    Raises:
        OSError: If it is open elsewhere, or the folder cannot be written to.
    """
    path = unused_name(file.parent)
    file.rename(path)
    return path


def new_folder() -> Path:
    """Make a folder that only this user can look into, where the system keeps temporary files.

    Raises:
        UserError: If there is no place for one.
    """
    try:
        path = unused_name(Path(tempfile.gettempdir()))
        path.mkdir(mode=0o700)
    except OSError as error:
        raise UserError(f"no temporary folder can be made ({error.strerror}); {remedy()}") from error
    return path


def remedy() -> str:
    """What the user can do about a temporary folder that is full or cannot be written to."""
    variable = "TEMP" if os.name == "nt" else "TMPDIR"
    return f"free some space there, or name another folder in the environment variable {variable}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder as of :func:`new_folder` that is gone afterwards.

    >>> with temporary_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    path = new_folder()
    try:
        yield path
    finally:
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or folder of this module's; what Windows holds back because it is open goes at the end."""
    if path not in _present:
        return  # it is kept, or gone
    _delete(path)
    if not os.path.lexists(path):
        _present.discard(path)


def keep(path: Path) -> None:
    """Leave a file where it is: it holds the only copy of what the user had."""
    _present.discard(path)


@atexit.register
def remove_all() -> None:
    """Remove whatever is still there."""
    for path in list(_present):
        # another thread may write into a folder while it is emptied
        for _ in range(_TRIES):
            remove(path)
            if path not in _present:
                break


def unused_name(folder: Path) -> Path:
    """A name for a file that is about to be made; it is removed with the others."""
    path = folder / f".leadkpi-{secrets.token_hex(8)}.tmp"
    # known before it is made: the process may be told to end in between
    _present.add(path)
    return path


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
