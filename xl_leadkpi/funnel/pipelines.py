"""One funnel for each sales pipeline of a table that has several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xl_leadkpi.funnel.section import Section

if TYPE_CHECKING:
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks


class SalesPipelinesSection(Section):
    """The stages of each pipeline, by its name; the breakdown by pipeline sets them side by side."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """A funnel for each."""
        from xl_leadkpi.funnel.build import build_stages  # noqa: PLC0415 (which counts this section too)

        options = figures.context.options
        found: dict[str, Block] = {}
        for number, (name, leads) in enumerate(figures.context.table.of_pipelines.items(), start=1):
            found[name] = replace(build_stages(leads, options), name=f"tblPipeline{number}")
        return {"pipelines": found or None}
