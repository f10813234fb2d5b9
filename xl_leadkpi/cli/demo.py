"""``leadkpi demo``: a realistic sample, the funnel workbook made from it, and its key figures."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from xl_leadkpi.cli import funnel
from xl_leadkpi.errors import UserError
from xl_leadkpi.locales import languages

if TYPE_CHECKING:
    import io
    from collections.abc import Mapping, Sequence

WORKBOOK = "funnel.xlsx"
LIST = "leadkpi-demo.sha256"
"""What the demo has put there and nobody has changed since may be replaced by the next one."""
_LINE = re.compile(r"[0-9a-f]{64}  \S+")


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command ``demo``."""
    parser = commands.add_parser(
        "demo",
        help="make a sample and its funnel workbook",
        description="Make a realistic sample of leads, spend and touches, and the funnel workbook from it.",
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("leadkpi-demo"),
        metavar="FOLDER",
        help="where to put the files (default: leadkpi-demo)",
    )
    parser.add_argument("--leads", type=int, default=2_500, metavar="N", help="how many leads (default: 2500)")
    parser.add_argument("--language", choices=languages(), default="en", help="language of the workbook")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the sample and run ``leadkpi funnel`` on it."""
    from xl_leadkpi import sample
    from xl_leadkpi.cli.interruption import interruptible

    if options.leads < 1:
        raise UserError("--leads: a sample needs at least one lead")
    folder: Path = options.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot write the sample ({error.strerror}); name another folder") from error
    with interruptible():
        _write_sample(folder, options.leads)
        command = argparse.ArgumentParser()
        funnel.add_arguments(command)
        leads, spend, touches = (str(folder / name) for name in sample.FILES)
        written = ["-o", str(folder / WORKBOOK), "--language", options.language]
        options = command.parse_args(["--spend", spend, "--touches", touches, *written, "--", leads])
        code = funnel.make(funnel.with_project(options))
        _list_files(folder, [*sample.FILES, WORKBOOK])
        return code


def _write_sample(folder: Path, rows: int) -> None:
    """Write the sample's files, unless one of these names is a file of the user's."""
    from xl_leadkpi import sample
    from xl_leadkpi.output_files import OutputFiles

    listed = _listed(folder)
    with OutputFiles() as outputs:
        streams = {name: outputs.new(folder / name) for name in sample.FILES}
        sample.write_to(streams, rows)
        made = {name: _sha256(stream) for name, stream in streams.items()}
        there = {name: _hash_there(folder / name) for name in (*made, WORKBOOK)}
        foreign = [name for name, sha256 in there.items() if sha256 not in {None, made.get(name), listed.get(name)}]
        if foreign:
            raise UserError(
                f"{folder}: {', '.join(foreign)} there {'is' if len(foreign) == 1 else 'are'} not as `leadkpi demo` "
                "wrote it; name another folder, or move what is there away"
            )
        earlier = {WORKBOOK: listed[WORKBOOK]} if there[WORKBOOK] and WORKBOOK in listed else {}
        outputs.new(folder / LIST).write(_list({**made, **earlier}))
        outputs.put_in_place()


def _list_files(folder: Path, names: Sequence[str]) -> None:
    from xl_leadkpi.output_files import OutputFiles

    with OutputFiles() as outputs:
        hashes = {name: _hash_there(folder / name) for name in names}
        outputs.new(folder / LIST).write(_list({name: sha256 for name, sha256 in hashes.items() if sha256}))
        outputs.put_in_place()


def _list(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{sha256}  {name}\n" for name, sha256 in hashes.items()).encode()


def _listed(folder: Path) -> dict[str, str]:
    """What an earlier demo has put into a folder: the hash of each file, as ``sha256sum --check`` reads them."""
    path = folder / LIST
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else [""]
    if not all(_LINE.fullmatch(line) for line in lines):
        raise UserError(f"{path} is not a file of `leadkpi demo`; name another folder, or move it away")
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _hash_there(path: Path) -> str | None:
    """The hash of what is there under a name; None if nothing is."""
    if not path.is_file():
        return str(path) if os.path.lexists(path) else None  # a folder, a link to nothing: like no file of ours
    with path.open("rb") as stream:
        return _sha256(stream)


def _sha256(stream: io.BufferedIOBase) -> str:
    import hashlib

    stream.flush()
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()
