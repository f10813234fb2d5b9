"""Makes a table with a wrong figure as small as it can be, to be read by people."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .judge import judge

if TYPE_CHECKING:
    from .exports import Export
    from .judge import Failure

MOST_TRIALS = 40


def shrink(export: Export) -> tuple[Export, list[Failure]]:
    """Leave out spend and title lines, then records, half of them and less, as long as the first failure stays."""
    failures = judge(export).failures
    if not failures:
        return export, failures
    wanted = _kind(failures[0])

    def still(candidate: Export) -> list[Failure]:
        return [one for one in judge(candidate).failures if _kind(one) == wanted]

    for plainer in ({"spend": []}, {"dress": replace(export.dress, titles=(), footer="")}):
        if found := still(replace(export, **plainer)):
            export, failures = replace(export, **plainer), found
    trials, size, start = 0, max(1, len(export.records) // 2), 0
    while size and trials < MOST_TRIALS:
        numbers = [record.number for record in export.records]
        left = numbers[:start] + numbers[start + size :]
        if start >= len(numbers) or not left:
            size, start = size // 2, 0
            continue
        trials += 1
        if found := still(export.only(left)):
            export, failures = export.only(left), found
        else:
            start += size
    return export, failures


def _kind(failure: Failure) -> tuple[str, str]:
    return failure.fault, re.sub(r"\[[^\]]*\]", "[]", failure.path)


def in_words(export: Export) -> str:
    """The small table as it is written, and what is wrong with it."""
    small, failures = shrink(export)
    lines = [f"seed {export.seed}: {export.layout.name}, {export.kind}; {small.dress}"]
    with tempfile.TemporaryDirectory() as folder:
        files = small.write(Path(folder))
        for path in [files["leads"], files["deals"], *files["spend"]]:
            if path is not None and path.suffix == ".csv":
                lines += [f"--- {path.name}", path.read_bytes().decode(small.dress.encoding, "replace").rstrip()]
            elif path is not None:
                rows = small.leads if path == files["leads"] else small.deals or []
                cells = [["" if cell is None else small.dress.cell(cell) for cell in row] for row in rows]
                lines += [f"--- {path.name}", *(" | ".join(row) for row in cells)]
    return "\n".join([*lines, *map(str, failures[:8])])
