"""The JSON of a report: plain data under documented keys."""

import json
from datetime import date

import pytest

from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.funnel.report import Block
from xl_leadkpi.leads.model.table import ColumnMatch, SpendTable, StageWord

from .lead_tables import lead_table
from .random_leads import AS_OF, random_leads

SUMMARY = {
    "leads", "mql", "sql", "meetings", "opportunities", "won", "lost", "open", "win_rate", "lead_conversion", "revenue",
    "average_deal", "cycle_days_mean", "cycle_days_median", "pipeline", "spend", "cpl", "cac",
}  # fmt: skip


@pytest.fixture(scope="module")
def report():
    table = lead_table(
        random_leads(80, 1),
        as_of=AS_OF,
        fields=("status", "source", "amount", "lost_reason", "response_min"),
        columns=(ColumnMatch(1, "Lead ID", "lead_id", 1.2, "exact"),),
        words=(StageWord("Hot", None, 3, "unknown"),),
    )
    return build(table, SpendTable((("SEO", None, 2025 * 12, 10.0, None, None),), None))


def test_it_is_json(report):
    found = as_json(report)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_promised_keys_are_there(report):
    found = as_json(report)
    assert set(found["summary"]) > SUMMARY
    assert {"stage", "reached", "exact", "next_step", "cumulative"} < set(found["stages"][0])
    assert {"by", "months", "cohorts", "attribution", "quality"} < set(found)
    assert all(key in as_json.__doc__ for key in found)


def test_every_block_of_the_report_is_in_it(report):
    keys = ["header", *report.blocks, "columns", "words", "channels", "unknown", "evidence"]
    assert list(as_json(report)) == keys


def test_days_months_and_errors(report):
    found = as_json(report)
    assert found["header"]["as_of"] == "2025-06-30"
    assert date.fromisoformat(found["months"][0]["month"] + "-01").day == 1
    assert found["columns"][0]["header"] == "Lead ID"
    assert found["words"][0]["word"] == "Hot"


def test_every_ratio_is_a_kpi_over_its_own_block(report):
    blocks = [block for block in report.blocks.values() if isinstance(block, Block)]
    assert len(blocks) > 15
    for block in [*blocks, *report.by.values()]:
        own = {column.key for column in block.columns}
        beside = {"tblCohort": report.cohort_counts, "tblCohortOpp": report.opportunity_cohort_counts}.get(block.name)
        own |= {column.key for column in beside.columns} if beside is not None else set()
        for column in block.columns:
            assert len(column.values) == len(block)
            if column.ratio is not None:
                named = [getattr(one, "column", one) for one in column.ratio.arguments]
                assert all(isinstance(one, float) or one in own for one in named), (block.name, column.key)
