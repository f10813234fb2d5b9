"""What a section of the funnel is: what it asks the engine, and the blocks it makes of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

if TYPE_CHECKING:
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import NamedBlocks
    from xl_leadkpi.leads.model.evidence import Fact
    from xl_leadkpi.leads.model.findings import Finding


@dataclass(frozen=True, slots=True)
class Query:
    """Under what a question to the engine is asked and its answer is found; sections that share a query share both.

    Attributes:
        name: What is asked, in words.
        subject: The field or stage that it is asked of, empty where it is of all leads.
    """

    name: str
    subject: str = ""


Queries = Mapping[Query, nw.LazyFrame[Any]]


class Section:
    """One part of the funnel; a new one is a subclass in a file of its own, and a line in ``SECTIONS``.

    All sections' queries are run together, and so are all their follow-ups. A block's name is its key in ``--json``;
    the sheet prints it as one table unless it has a layout of its own.

    Attributes:
        needs: By JSON key of a block that may be missing, the fact without which it is; ``{won}`` is the table's win.
    """

    needs: ClassVar[Mapping[str, Fact]] = {}

    def queries(self, context: FunnelContext) -> Queries:
        """What to ask first."""
        del context
        return {}

    def follow_up(self, figures: Figures) -> Queries:
        """What can only be asked once the first answers are in: beyond which percentile, of which groups."""
        del figures
        return {}

    def reasons(self, figures: Figures) -> Mapping[str, Finding]:
        """Why there is none of its blocks that are missing, by JSON key, where counting has told it."""
        del figures
        return {}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The blocks by name, in order; None for one that the table cannot give."""
        raise NotImplementedError
