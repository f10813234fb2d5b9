"""A lead table whose persons and companies are shown under pseudonyms in everything that is written.

Rows, joins and groups stay as they are, on whatever engine, so that every figure is the same: what is replaced is what
is shown of them, the groups in the report and the rows in Funnel_Data.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.errors import UserError
from xl_leadkpi.leads.cells.vocabulary import plain
from xl_leadkpi.leads.lifecycle.join_keys import record_kind
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.leads.model.pseudonyms import EMAIL, KINDS, Pseudonyms
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.headers import meanings
from xl_leadkpi.leads.sales_pipelines import COLUMN as PIPELINE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.table import ColumnMatch, LeadTable

FEWEST_LETTERS = 16
"""Letters of a secret at least: a short one can be tried out."""
_RECORDS = {"owner": "Owner", "company": "Company", "contact": "Contact", "client": "Contact"}
_NOBODY = frozenset({
    "команда", "größe", "queue", "rating", "revenue", "rola", "role", "rolle", "score", "size", "taille", "tamaño",
    "team", "teams", "tier", "wielkość", "zespół", "размер",
})  # fmt: skip
"""Words of headers that speak of a person or a company but do not name one: the size of a company."""
_LOOKS_LIKE_ADDRESS = r"[^\s@]@[^\s@]+\.[^\s@]"


def anonymised(leads: LeadTable, key: str | bytes) -> LeadTable:
    """Show identifiers, names, companies, e-mails, phones and owners of a table under pseudonyms.

    A further column (``by``) is replaced where its field or header speaks of a person or a company, or where e-mail
    addresses stand in it. Sources, campaigns, stages, reasons, pipelines, products, days, amounts, headers and file
    names stay.

    Args:
        leads: The table.
        key: The secret, of 16 letters at least. With the same one a text has the same pseudonym in every table.

    Returns:
        The table; its frame is the same, what is made of it shows pseudonyms.

    Raises:
        UserError: The secret is too short.

    >>> from xl_leadkpi.funnel import build
    >>> from xl_leadkpi.leads import read_frame
    >>> leads = read_frame([["Lead ID", "Created", "Owner"], ["1", "2025-01-10", "Anna"], ["2", "2025-01-20", "Anna"]])
    >>> report = build(anonymised(leads, "a secret that nobody knows"))
    >>> report.by["owner"]["group"].values[0][:6], report.by["owner"]["leads"].values
    ('Owner ', (2, 2))
    """
    if len(key) < FEWEST_LETTERS:
        raise UserError(
            f"The secret of the pseudonyms is shorter than {FEWEST_LETTERS} letters, which can be tried out: take a "
            "longer one."
        )
    secret = key.encode("utf-8", "surrogateescape") if isinstance(key, str) else key
    names = Pseudonyms(secret, {name: KINDS[name] for name in ("lead_id", "name", "owner")} | _further(leads))
    return _shown(leads, names)


def personal_kind(header: str, columns: Iterable[ColumnMatch]) -> str | None:
    """What the pseudonyms of a column begin with, None where it tells of no person and no company.

    Args:
        header: Its header, or the name of a field.
        columns: The column map.

    >>> [personal_kind(header, ()) for header in ("Opiekun", "Account manager", "Parent company", "Company size")]
    ['Owner', 'Owner', 'Company', None]
    """
    fields = {one.field for one in columns if one.field and plain(one.header) == plain(header)} or {header.casefold()}
    if not fields.isdisjoint(KINDS):
        return KINDS[min(fields.intersection(KINDS))]
    if fields != {header.casefold()}:
        return None  # it feeds another field, whatever its header sounds like
    meant = max(meanings(header, "leads", PIPELINE)[0], key=lambda one: one.score, default=None)
    if meant is not None:
        return KINDS.get(meant.field)
    return None if _NOBODY.intersection(header.casefold().split()) else _RECORDS.get(record_kind(header, "leads"))


def shown_condition(text: str, leads: LeadTable) -> str:
    """A condition on rows as it is shown: values of persons and companies under their pseudonyms."""
    if leads.pseudonyms is None:
        return text
    asked, names = parse_condition(text), leads.pseudonyms
    table, _, column = asked.column.rpartition(".")
    kind = personal_kind(column if table.casefold() in ("leads", "deals") else asked.column, leads.columns)
    return str(replace(asked, values=tuple(names.shown(asked.values, kind))))


def _further(leads: LeadTable) -> dict[str, str]:
    """The further columns that tell of persons or companies, with their kind."""
    kinds = {
        name: personal_kind(header, leads.columns)
        for name, header in leads.by_labels.items()
        if name != PIPELINE_COLUMN
    }
    doubtful = [name for name, kind in kinds.items() if kind is None]
    return {name: kind for name, kind in kinds.items() if kind} | dict.fromkeys(_of_addresses(leads, doubtful), EMAIL)


def _of_addresses(leads: LeadTable, names: list[str]) -> list[str]:
    """Those of some columns in which e-mail addresses stand."""
    seen = {name: nw.col(name).str.contains(_LOOKS_LIKE_ADDRESS).cast(nw.Int64).sum() for name in names}
    found = engines.measure(leads.frame, seen)
    return [name for name in names if found[name]]


def _shown(leads: LeadTable, names: Pseudonyms) -> LeadTable:
    leads = replace(leads, pseudonyms=names)
    finding = _once_each(leads, names)
    standings = {
        need: standing if standing.why is None else replace(standing, why=finding(standing.why))
        for need, standing in leads.evidence.standings.items()
    }
    return replace(
        leads,
        findings=tuple(map(finding, leads.findings)),
        evidence=replace(leads.evidence, standings=standings),
        columns=tuple(replace(one, samples=()) for one in leads.columns),
        filters=tuple(
            replace(one, asked=names.without_addresses(one.asked) if one.is_word else shown_condition(one.asked, leads))
            for one in leads.filters
        ),
        of_pipelines={name: _shown(part, names) for name, part in leads.of_pipelines.items()},
    )


def _once_each(leads: LeadTable, names: Pseudonyms) -> Callable[[Finding], Finding]:
    """What a finding is shown as: one object each, since the evidence refers to those of the list."""
    found: dict[int, Finding] = {}

    def finding(one: Finding) -> Finding:
        if id(one) not in found:
            is_personal = bool(one.column) and personal_kind(one.column, leads.columns) is not None
            found[id(one)] = names.finding(one, is_personal=is_personal)
        return found[id(one)]

    return finding
