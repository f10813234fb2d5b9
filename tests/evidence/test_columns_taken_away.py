"""Take any column away from a good table: figures stay, become unknown, or a finding says which have changed."""

import tempfile
from pathlib import Path

import pytest

from xl_leadkpi.errors import UserError

from .exports import good, make
from .judge import find, report_of
from .layouts import LAYOUTS, TWO_FILES

IN_EVERY_RUN = {"Pipedrive deals (en)", "HubSpot deals with days of stages (en)", "warehouse leads (en)"}


def report(export):
    with tempfile.TemporaryDirectory() as folder:
        return report_of(export, Path(folder))


def new_findings(before, after):
    """Findings that are not there while the column is."""
    known = {tuple(row.values()) for row in before["quality"]}
    return [row for row in after["quality"] if tuple(row.values()) not in known]


def is_named(path, findings):
    """A finding speaks of the figure, under its key."""
    key = path.rpartition(".")[2]
    return any(key in f"{cell}" for row in findings for cell in row.values())


def stage_before(data, path):
    """The stage that a step is counted from."""
    stages = [row["stage"] for row in data["stages"]]
    name = path.partition("[")[2].partition("]")[0]
    return stages[stages.index(name) - 1] if name in stages else None


def changes(export, before, place, *, of_deals=False):
    """Figures that another table than the good one gives, in silence."""
    try:
        after = report(export.without_column(place, of_deals=of_deals))
    except UserError:
        return []  # everything is unknown, and the message says why
    findings = new_findings(before, after)
    changed = []
    for path in export.figures:
        was, now = find(before, path), find(after, path)
        if isinstance(was, str) or isinstance(now, str) or now is None or was is None:
            continue  # unknown, before or after
        if path.endswith("next_step_naive") and stage_before(before, path) != stage_before(after, path):
            continue  # a step from another stage is another figure
        if abs(now - was) > 1e-9 * max(1.0, abs(was)) and not is_named(path, findings):
            changed.append(f"{path}: {was} became {now}")
    return changed


def told(export, before, headers, *, of_deals=False):
    lines = []
    for place, header in enumerate(headers):
        found = changes(export, before, place, of_deals=of_deals)
        if found:
            lines.append(f"without '{header}': {len(found)} figures: {'; '.join(found[:4])}")
    return lines


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(
            layout,
            id=layout.name.replace(" ", "-"),
            marks=() if layout.name in IN_EVERY_RUN else pytest.mark.long,
        )
        for layout in LAYOUTS
    ],
)
def test_column_taken_away(layout):
    export = good(layout, seed=40)
    before = report(export)
    lines = told(export, before, export.leads[0])
    assert not lines, "\n".join([layout.name, *lines])


@pytest.mark.long
@pytest.mark.parametrize("place", range(len(TWO_FILES)), ids=[one[0].name.replace(" ", "-") for one in TWO_FILES])
def test_column_taken_away_from_leads_or_deals(place):
    export = make(len(LAYOUTS) + place)
    before = report(export)
    lines = told(export, before, export.leads[0])
    lines += [f"deals {line}" for line in told(export, before, export.deals[0], of_deals=True)]
    assert not lines, "\n".join([export.layout.name, *lines])
