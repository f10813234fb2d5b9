"""Writes what is kept of the catalogue beside it, after a KPI was added: ``python -m tests.kpis.regenerate``.

The reference, the VBA module, and the list of public names, to which new KPIs join; a published one stays as it is.
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


if __name__ == "__main__":
    NAMES.write_text(public_names(), encoding="utf-8")
    Path(reference.__file__).with_name("reference.md").write_text(reference.markdown(), encoding="utf-8")
    (folder() / "vba" / "KpiFunctions.bas").write_bytes(functions_module().encode("ascii"))
