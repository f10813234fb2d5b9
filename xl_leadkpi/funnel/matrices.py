"""Which step goes well with which source and owner: the eventual rate of each step by group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from xl_leadkpi.funnel.blocks import block, values_column
from xl_leadkpi.funnel.section import Section
from xl_leadkpi.funnel.step_rates import (
    endings,
    followed_by,
    group_numbers,
    incidence_by_group,
    rate_columns,
    step_needs,
    steps,
)
from xl_leadkpi.leads.model.evidence import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries

TABLES = {"source": "tblStepSource", "owner": "tblStepOwner"}
"""Fields whose groups have their steps side by side."""


class StepMatrixSection(Section):
    """Steps by source and by owner."""

    needs: ClassVar[Mapping[str, Fact]] = {"steps_by.source": Fact.SOURCES, "steps_by.owner": Fact.OWNERS}

    def follow_up(self, figures: Figures) -> Queries:
        """How the leads of each group go through each step."""
        context = figures.context
        return {
            followed_by(step, field): endings(context, step, group=group_numbers(field, groups))
            for field, groups in figures.groups.items()
            if field in TABLES
            for step in steps(context)
        }

    def blocks(self, figures: Figures) -> NamedBlocks:
        """One block a field; none where no step has days."""
        fields = [field for field in figures.groups if field in TABLES and steps(figures.context)]
        return {"steps_by": {field: _block(figures, field) for field in fields} or None}


def _block(figures: Figures, field: str) -> Block:
    context, groups = figures.context, figures.groups[field]
    columns = [values_column("group", "text", groups.labels)]
    gaps: dict[str, Gaps] = {}
    for step in steps(context):
        by_group = incidence_by_group(figures.answers[followed_by(step, field)])
        every = figures.advances[step.name]
        own = [by_group[number] for number in groups.numbers]
        key = f"{context.pipeline[step.end].count_key}_rate"
        rates, own_gaps = rate_columns(key, [*own, every], needs=step_needs(context, step), among=every)
        # the sheet shows the rates; how many each rests on decides which are grey
        columns += [replace(one, on_sheet=one.key in (key, f"{key}_of")) for one in rates]
        gaps |= {key: own_gaps[key]} if key in own_gaps else {}
    return block(TABLES[field], columns, totals=1, evidence=context.evidence, own_gaps=gaps)
