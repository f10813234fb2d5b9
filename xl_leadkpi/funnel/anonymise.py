"""A report whose persons and companies are shown under pseudonyms; its figures stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL

if TYPE_CHECKING:
    from xl_leadkpi.funnel.report import Block, Column, FunnelReport
    from xl_leadkpi.leads.model.pseudonyms import Pseudonyms
    from xl_leadkpi.leads.model.table import LeadTable

_OURS = frozenset({NO_GROUP, OTHER_GROUP, TOTAL})
"""Labels of rows that are no group's name."""


def with_pseudonyms(report: FunnelReport, leads: LeadTable) -> FunnelReport:
    """Show the groups and identifiers of a report under the pseudonyms of its leads.

    Args:
        report: The report.
        leads: The leads that it was counted from.

    Returns:
        The same where the leads have no pseudonyms.
    """
    names = leads.pseudonyms
    if names is None:
        return report
    kinds = {leads.by_labels.get(name, name): kind for name, kind in names.columns.items()}
    blocks = {
        name: {part: _shown(block, names, kinds, part) for part, block in found.items()}
        if isinstance(found, Mapping)
        else found and _shown(found, names, kinds)
        for name, found in report.blocks.items()
    }
    return replace(report, blocks=blocks, channels=tuple(_addressless(one, names) for one in report.channels))


def _shown(block: Block, names: Pseudonyms, kinds: Mapping[str, str], field: str = "") -> Block:
    """A block with the groups of a field, or of the one that each of its rows names."""
    fields = block["field"].values if "field" in block else (field,) * len(block)
    of_rows = [kinds.get(one) for one in fields]
    columns = [
        replace(column, values=_values(column, of_rows, names)) if column.unit == "text" else column
        for column in block.columns
    ]
    return replace(block, columns=tuple(columns))


def _values(column: Column, of_rows: list[str | None], names: Pseudonyms) -> tuple[Any, ...]:
    if column.key == "lead_id":
        return tuple(names.shown(column.values, names.columns["lead_id"]))
    if column.key != "group":
        return tuple(names.shown(column.values, None))
    rows = zip(column.values, of_rows, strict=True)
    return tuple(value if value in _OURS else names.shown([value], kind)[0] for value, kind in rows)


def _addressless(record: Any, names: Pseudonyms) -> Any:
    """What a spelling of a channel is called, without e-mail addresses."""
    texts = {key: names.without_addresses(getattr(record, key)) for key in ("spelling", "channel", "recognised")}
    return replace(record, **texts)
