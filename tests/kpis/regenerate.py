"""Writes what is kept of the catalogue beside it, after a KPI was added: ``python -m tests.kpis.regenerate``.

The reference, the VBA module, the signatures for editors, and the list of public names, to which new KPIs join; a
published one stays as it is.
"""

import json
from pathlib import Path

from xl_leadkpi.addin.vba import functions_module
from xl_leadkpi.kpis import CATALOGUE, reference
from xl_leadkpi.workbooks.sources import folder

NAMES = Path(__file__).with_name("public_names.json")


def published(kpi):
    """What may not change of a KPI."""
    arguments = [
        [one.name, one.unit + (" range" if one.is_range else ""), *([one.default] if one.optional else [])]
        for one in kpi.arguments
    ]
    return {"unit": kpi.unit, "arguments": arguments}


def public_names():
    """The list of public names with those of new KPIs."""
    known = json.loads(NAMES.read_text(encoding="utf-8"))
    names = {name: known.get(name) or published(CATALOGUE[name]) for name in sorted({*known, *CATALOGUE})}
    return "{\n" + ",\n".join(f' "{name}": {json.dumps(one)}' for name, one in names.items()) + "\n}\n"


STUB_HEAD = '''"""Every KPI by its Excel name: the signatures for editors, made from the declarations."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Kpi

Cell = float | str | bool | date | CellError | None
"""What a cell holds."""
Cells = Cell | Sequence[Cell] | Sequence[Sequence[Cell]] | Any
"""A value, a column or row of values, rows of them, or an array or series."""

FAMILIES: Final[dict[str, str]]
CATALOGUE: Final[Mapping[str, Kpi]]
'''


def stub():
    """What editors and type checkers know of the catalogue: a function a KPI, with its arguments and help."""
    parts = [STUB_HEAD]
    for kpi in CATALOGUE.values():
        arguments = ", ".join(f"{one.name}: Cells{' = ...' if one.optional else ''}" for one in kpi.arguments)
        lines = kpi.__doc__.replace("\\", "\\\\").splitlines()
        text = "\n".join(f"    {line}".rstrip() for line in lines).strip()
        parts.append(f'\ndef {kpi.name}({arguments}) -> Any:\n    """{text}\n    """\n')
    return "".join(parts)


if __name__ == "__main__":
    NAMES.write_text(public_names(), encoding="utf-8")
    Path(reference.__file__).with_name("reference.md").write_text(reference.markdown(), encoding="utf-8")
    (folder() / "vba" / "KpiFunctions.bas").write_bytes(functions_module().encode("ascii"))
    Path(reference.__file__).with_name("__init__.pyi").write_text(stub(), encoding="utf-8")
