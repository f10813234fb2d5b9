"""Output files: written beside their places, then put there together, or not at all."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from xl_leadkpi import temporary_files
from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from _typeshed import ReadableBuffer

MOVING = threading.Lock()
"""Held while finished files are moved to their places: nobody may end the process in the middle of that."""
PUT_IN_PLACE: list[Path] = []
"""Every file that this process has put in its place."""
REMOVED: list[Path] = []
"""Every file that was not its own and that it has removed."""

_DESCRIPTOR = re.compile(r"/dev/(fd/\d+|stdin|stdout|stderr)|/proc/[^/]+(/task/\d+)?/fd/\d+")
_LINKS_FOLLOWED = 40
_CANNOT_TAKE = {stat.S_ISDIR: "a folder", stat.S_ISBLK: "a disk", stat.S_ISSOCK: "a socket"}


class OutputError(UserError):
    """A file cannot be written where it was asked for; what was there before is untouched."""


class _Descriptor(io.FileIO):
    """An open file that keeps what writing it ran into."""

    fault: OSError | None = None

    def write(self, content: ReadableBuffer, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            self.fault = error
            raise


class OutputStream(io.BufferedRandom):
    """What an output file's content is written to."""

    raw: _Descriptor
    _given_up = False
    _place = 0

    @property
    def fault(self) -> OSError | None:
        """The error that writing it ran into; None if an error of a writer's came from elsewhere."""
        return self.raw.fault

    def write(self, content: ReadableBuffer, /) -> int:
        """Write; after :meth:`give_up` nothing happens."""
        if self._given_up:
            self._place += memoryview(content).nbytes
            return memoryview(content).nbytes
        return super().write(content)

    def flush(self) -> None:
        """Write what is buffered."""
        if not self._given_up:
            super().flush()

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; flushes."""
        if self._given_up:
            self._place = place
            return place
        return super().seek(place, whence)

    def tell(self) -> int:
        """The place."""
        return self._place if self._given_up else super().tell()

    def give_up(self) -> None:
        """Close without a complaint, also of writers that want to finish the file when they are collected."""
        with suppress(OSError, ValueError):
            self._place = super().tell()
        self._given_up = True
        with suppress(OSError):
            self.raw.close()


_streams: weakref.WeakSet[OutputStream] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an output goes.

    Attributes:
        name: As it was asked for, for messages.
        path: What a link leads to.
        there: What is there already.
        takes_bytes: A device or a pipe is there: content is sent to it, it is not replaced.
    """

    name: Path
    path: Path
    there: os.stat_result | None
    takes_bytes: bool = False


def close_all() -> None:
    """Close what is being written, for a process that ends at once: Windows removes no file that is open."""
    for stream in list(_streams):
        with suppress(OSError):
            stream.raw.close()


def destination(name: str | os.PathLike[str]) -> Destination:
    """Look at the place of an output.

    Args:
        name: The file; its folder must exist.

    Raises:
        OutputError: If nothing can be written there.
    """
    name = Path(name)
    try:
        if name.is_dir():
            raise OutputError(f"{name} is a folder; give the name of a file, such as {name / 'funnel.xlsx'}")
        if not name.parent.is_dir():
            raise OutputError(f"cannot write {name}: the folder {name.parent} does not exist; create it first")
        path = Path(os.path.realpath(name))
        there = name.stat() if name.exists() else None
    except OSError as error:
        raise OutputError(f"cannot write {name} ({error.strerror}); choose another file") from error
    if there is None:
        if path.is_symlink() or not path.parent.is_dir():
            raise OutputError(f"{name} is a link that leads to {path}, where no file can be; choose another file")
        return Destination(name, path, None)
    for is_kind, kind in _CANNOT_TAKE.items():
        if is_kind(there.st_mode):
            raise OutputError(f"{name} is {kind}; give the name of a file")
    if not stat.S_ISREG(there.st_mode) or _is_descriptor(name):
        return Destination(name, name, there, takes_bytes=True)
    if not os.access(path, os.W_OK):
        raise OutputError(f"cannot write {name}: it is write-protected; take that off, or choose another file")
    _refuse_open(name, path)
    return Destination(name, path, there)


def _is_descriptor(path: Path) -> bool:
    """Tell whether a name stands for a file that this process has open, such as /dev/stdout."""
    for _ in range(_LINKS_FOLLOWED):
        if _DESCRIPTOR.fullmatch(os.path.abspath(path)):  # noqa: PTH100 (a Path would follow the links)
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False


def _refuse_open(name: Path, path: Path) -> None:
    for lock in (path.with_name(f".~lock.{path.name}#"), path.with_name(f"~${path.name}")):
        if lock.exists():
            raise OutputError(
                f"cannot write {name}: it is open in another program; close it there and try again "
                f"(if it is not open anywhere, delete {lock.name} beside it)"
            )


@dataclass(slots=True)
class _Output:
    place: Destination
    temporary: Path
    stream: OutputStream
    earlier: Path | None = None
    is_moved: bool = False


class OutputFiles:
    """Several output files that appear together.

    >>> with temporary_files.temporary_folder() as folder, OutputFiles() as outputs:
    ...     _ = outputs.new(folder / "leads.csv").write(b"Lead ID")
    ...     before = (folder / "leads.csv").exists()
    ...     outputs.put_in_place()
    ...     before, (folder / "leads.csv").read_bytes()
    (False, b'Lead ID')
    """

    def __init__(self) -> None:
        self._outputs: list[_Output] = []
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for output in self._outputs:
            output.stream.give_up()
            temporary_files.remove(output.temporary)
        for folder in self._folders:
            temporary_files.remove(folder)
        if isinstance(error, Exception) and not isinstance(error, UserError):
            for output in self._outputs:
                if output.stream.fault:
                    raise _cannot(output.place, output.stream.fault) from error

    def new(self, name: str | os.PathLike[str]) -> OutputStream:
        """Begin a file.

        Args:
            name: Where it will be.

        Returns:
            What to write its content to.

        Raises:
            OutputError: If nothing can be written there.
        """
        place = destination(name)
        try:
            temporary, descriptor = temporary_files.new_file(self._folder(place), _mode(place.there))
            _keep_owner(descriptor, place)
        except OSError as error:
            raise _cannot(place, error) from error
        stream = OutputStream(_Descriptor(descriptor, "r+"))
        _streams.add(stream)
        self._outputs.append(_Output(place, temporary, stream))
        return stream

    def put_in_place(self) -> None:
        """Put all files where they were asked for.

        Raises:
            OutputError: If one of them cannot be; then none is, and what was there before still is.
        """
        for output in self._outputs:
            try:
                output.stream.flush()
                if output.place.takes_bytes:
                    _send(output)
                else:
                    output.stream.close()  # Windows moves no file that is open
            except OSError as error:
                raise _cannot(output.place, error) from error
        with MOVING:
            _move([output for output in self._outputs if not output.place.takes_bytes])
            PUT_IN_PLACE.extend(output.place.name for output in self._outputs)

    def _folder(self, place: Destination) -> Path:
        if not place.takes_bytes:
            return place.path.parent
        self._folders.append(temporary_files.new_folder())
        return self._folders[-1]


def _mode(there: os.stat_result | None) -> int:
    return stat.S_IMODE(there.st_mode) & 0o777 if there else 0o666


def _keep_owner(descriptor: int, place: Destination) -> None:
    """Give a new file the owner and the permissions of the one it will replace, as far as this user may."""
    if place.there is None or place.takes_bytes or os.name == "nt":
        return
    with suppress(OSError):
        os.fchown(descriptor, place.there.st_uid, place.there.st_gid)
    with suppress(OSError):  # a file system without permissions
        os.fchmod(descriptor, _mode(place.there))


def _send(output: _Output) -> None:
    output.stream.seek(0)
    # appended, where the device is a file that a shell has opened for this process
    with os.fdopen(os.open(output.place.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)), "wb") as device:
        shutil.copyfileobj(output.stream, device)


def _move(outputs: Sequence[_Output]) -> None:
    output = None
    try:
        for output in outputs:
            _refuse_changed(output.place)
            if output.place.there and output is not outputs[-1]:  # the last one's success is that of all
                output.earlier = _kept(output.place)
            output.temporary.replace(output.place.path)
            output.is_moved = True
    except BaseException as error:
        _take_back(outputs)
        if output and isinstance(error, OSError):
            raise _cannot(output.place, error) from error
        raise
    for output in outputs:
        if output.earlier:
            temporary_files.remove(output.earlier)


def _refuse_changed(place: Destination) -> None:
    """What another program has put there since the place was looked at is nobody's to replace."""
    try:
        now = place.path.stat()
    except FileNotFoundError:
        return
    if place.there is None or _content_of(now) != _content_of(place.there):
        raise OutputError(
            f"{place.name} was written by another program in the meantime, and is left as it is; run this again to "
            "replace it, or choose another file"
        )


def _content_of(status: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _kept(place: Destination) -> Path:
    """The file that is about to be replaced, under a second name."""
    if os.name == "nt":  # which lets nobody remove a second name of a file that is open elsewhere
        return temporary_files.set_aside(place.path)
    with suppress(OSError):  # a file system without such links
        return temporary_files.new_link(place.path)
    kept, descriptor = temporary_files.new_file(place.path.parent, 0o600)
    with os.fdopen(descriptor, "wb") as copy, place.path.open("rb") as earlier:
        shutil.copyfileobj(earlier, copy)
    shutil.copystat(place.path, kept)
    return kept


def _take_back(outputs: Sequence[_Output]) -> None:
    """Put everything back as it was; one that cannot be must not keep the others."""
    lost = []
    for output in reversed(outputs):
        if output.earlier:
            try:
                output.earlier.replace(output.place.path)
            except OSError as error:
                temporary_files.keep(output.earlier)
                lost.append(f"{output.place.name} is now {output.earlier} ({error.strerror}); rename it")
            temporary_files.remove(output.earlier)
        elif output.is_moved:
            with suppress(OSError):
                output.place.path.unlink(missing_ok=True)
    if lost:
        raise OutputError("; ".join(lost))


def _cannot(place: Destination, error: OSError) -> OutputError:
    if isinstance(error, PermissionError):
        return OutputError(
            f"cannot write {place.name}: it is open in another program, or you may not write to {place.path.parent}; "
            "close it, or choose another file"
        )
    return OutputError(f"cannot write {place.name} ({error.strerror or error}); free some space or choose another file")
