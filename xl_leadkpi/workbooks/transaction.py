"""Several files written or removed together: all of them, or everything stays as it was."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from xl_leadkpi import output_files, temporary_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path


def _own_folder(file: Path) -> Path:
    return file.parent


def write_all(contents: Mapping[Path, bytes], staging: Callable[[Path], Path] = _own_folder) -> None:
    """Write files, or none of them.

    Everything is on the disk before the first file is replaced, so a full disk costs nothing; if a later file cannot be
    replaced, because a program holds it open, the earlier ones get their old content back.

    Args:
        contents: What goes into each file; missing folders are made, a link stays one.
        staging: Where a file is written before it is moved to its place; must be on the same drive.

    Raises:
        OSError: If one of them cannot be written; ``filename`` tells which. All is as it was.
    """
    staged: list[tuple[Path, Path, Path | None]] = []
    with ExitStack() as folders, ExitStack() as temporaries:
        for file, content in contents.items():
            place = file.resolve() if file.is_symlink() else file
            with _naming(file):
                for folder in (place.parent, staging(place)):
                    _make(folder, folders)
                new, old = (_temporary(staging(place), temporaries) for _ in range(2))
                _write(new, content)
                if place.exists():
                    shutil.copy2(place, old)
                staged.append((place, new, old if old.exists() else None))
        with output_files.MOVING, ExitStack() as undo:
            for file, new, before in staged:
                with _naming(file):
                    make_writable(file)
                    _keep_mode(file, new)
                    new.replace(file)
                undo.callback(_restore, file, before)
            undo.pop_all()
            folders.pop_all()
            output_files.PUT_IN_PLACE.extend(contents)


def remove_all(files: Iterable[Path], staging: Callable[[Path], Path] = _own_folder) -> None:
    """Remove files; if one is held open, none.

    Args:
        files: They exist.
        staging: Where a file is moved before it is deleted; must be on the same drive.

    Raises:
        OSError: If one of them cannot be removed; ``filename`` tells which.
    """
    aside: dict[Path, Path] = {}
    with output_files.MOVING, ExitStack() as undo:
        for file in files:
            aside[file] = staging(file) / f".{file.name}-{secrets.token_hex(8)}.tmp"
            with _naming(file):
                file.rename(aside[file])
            undo.callback(_restore, file, aside[file])
        for file, moved in aside.items():
            with _naming(file):
                make_writable(moved)
                moved.unlink()
        undo.pop_all()
        output_files.REMOVED.extend(aside)


def missing_folders(folder: Path) -> list[Path]:
    """What has to be made for a folder to be there, outer ones first."""
    return [one for one in (folder, *folder.parents) if not one.exists()][::-1]


def make_writable(file: Path) -> None:
    """Take the attribute read-only off: Windows neither replaces nor removes such a file. Others keep their rights."""
    with suppress(OSError):
        file.chmod(stat.S_IMODE(file.stat().st_mode) | stat.S_IREAD | stat.S_IWRITE)


def _keep_mode(file: Path, new: Path) -> None:
    """Give a new file the permissions of the one it replaces."""
    with suppress(OSError):  # there is none, or the file system has no permissions
        shutil.copymode(file, new)


def _temporary(folder: Path, clean_up: ExitStack) -> Path:
    temporary = temporary_files.unused_name(folder)
    clean_up.callback(_discard, temporary)
    return temporary


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())  # a network drive tells only now that it is full


def _make(folder: Path, undo: ExitStack) -> None:
    for one in missing_folders(folder):
        one.mkdir()
        undo.callback(_remove_empty, one)
    if not folder.is_dir():
        folder.mkdir()  # fails and says what is in its place


def _discard(temporary: Path) -> None:
    make_writable(temporary)
    temporary_files.remove(temporary)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _restore(file: Path, before: Path | None) -> None:
    try:
        if before is None:
            file.unlink()
        else:
            before.replace(file)
    except OSError:
        if before is not None:
            temporary_files.keep(before)  # the only copy of what was there


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """An error of any step names the file that is meant, not one that is there for a moment."""
    try:
        yield
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror or str(problem), str(file)) from problem
