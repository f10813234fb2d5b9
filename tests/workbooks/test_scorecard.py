"""The sheet Scorecard: the articles' lists, whole, and every row of them complete."""

import re
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.provenance import articles, provenance
from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks.inputs import MONTHS
from xl_leadkpi.workbooks.scorecard import LISTS
from xl_leadkpi.workbooks.sources import Words

from .reading import NO_PYTHON, TEMPLATE, parts

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

OF_ARTICLE = {
    "cognism": ("cognism", "cognism2"),
    "ruler-metrics": ("ruler-metrics",),
    "tehnografi": ("campaigns", "sales", "customers", "finance"),
    "ruler-kpis": ("ruler-kpis",),
    "automatenow": ("automatenow",),
}
LENGTHS = {
    "cognism": 16, "cognism2": 9, "ruler-metrics": 6, "campaigns": 8, "sales": 8, "customers": 9, "finance": 4,
    "ruler-kpis": 9, "automatenow": 8,
}  # fmt: skip
NUMBER, TITLE, FUNCTION, VALUE, TARGET, STATUS, CHANGE, TREND, FIRST = 2, 3, 4, 8, 9, 10, 11, 12, 14


def test_lists_are_as_long_as_the_articles():
    assert {key: len(lines) for key, lines in LISTS.items()} == LENGTHS
    assert sum(LENGTHS[key] for key in OF_ARTICLE["tehnografi"]) == 29


def test_every_list_belongs_to_an_article():
    assert set(OF_ARTICLE) == set(articles())
    assert sorted(key for keys in OF_ARTICLE.values() for key in keys) == sorted(LISTS)


@pytest.mark.parametrize("article", OF_ARTICLE)
def test_every_kpi_of_a_list_is_one_that_its_article_names(article):
    for key in OF_ARTICLE[article]:
        for line in LISTS[key]:
            assert article in {source.article for source in provenance()[line.kpi].articles}, (key, line.kpi)


def test_the_list_of_29_leaves_out_only_what_its_article_merely_mentions():
    """Two of its 27 definitions stand under two names each."""
    listed = [line.kpi for key in OF_ARTICLE["tehnografi"] for line in LISTS[key]]
    named = {name for name, known in provenance().items() if any(s.article == "tehnografi" for s in known.articles)}
    assert named - set(listed) == {"LEADQUAL", "WINRATEIF"}
    assert sorted(one for one in set(listed) if listed.count(one) == 2) == ["CONVRATE", "LEADCONV"]


def test_no_list_has_a_row_twice():
    for lines in LISTS.values():
        assert len({(line.kpi, line.arguments, line.title) for line in lines}) == len(lines)


def rows(path):
    """Each list's rows, by the list's heading."""
    sheet = openpyxl.load_workbook(path, data_only=True)["Scorecard"]
    found, heading = {}, None
    for row in sheet.iter_rows(min_row=6):
        cells = {cell.column: cell.value for cell in row}
        if isinstance(cells[NUMBER], str):
            heading = cells[NUMBER]
            found[heading] = []
        elif cells[NUMBER]:
            found[heading].append((row[0].row, cells))
    return found


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
@pytest.mark.parametrize("language", languages())
def test_every_row_has_value_target_status_and_trend(built, language, name):
    words = Words(language)
    found = rows(built[language] / name)
    assert {heading: len(one) for heading, one in found.items()} == {
        words(f"list.{key}"): length for key, length in LENGTHS.items()
    }
    stati = {words(f"score.{key}") for key in ("good", "near", "bad")}
    for key, lines in LISTS.items():
        for number, (line, (_, cells)) in enumerate(zip(lines, found[words(f"list.{key}")], strict=True), start=1):
            assert cells[NUMBER] == number
            assert cells[TITLE]
            assert cells[FUNCTION].startswith(f"{line.kpi}(")
            assert isinstance(cells[VALUE], int | float)
            aimless = CATALOGUE[line.kpi].direction == "neutral"
            assert (cells[TARGET] is None) == aimless
            assert cells[STATUS] in ({None, ""} if aimless else stati)
            assert isinstance(cells[CHANGE], int | float)
            trend = [cells[FIRST + month] for month in range(MONTHS)]
            assert trend[-1] == cells[VALUE]
            # a first month may have nothing to be compared with
            assert all(isinstance(one, int | float) for one in trend[1:]), line.kpi


def test_every_row_has_its_sparkline(built):
    path = built["en"] / NO_PYTHON
    number = openpyxl.load_workbook(path, read_only=True).sheetnames.index("Scorecard") + 1
    (content,) = parts(path, rf"xl/worksheets/sheet{number}\.xml").values()
    found = {}
    for one in ET.fromstring(content).iter("{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}sparkline"):
        source, place = (part.text for part in one)
        found[place] = source
    wanted = [row for lines in rows(path).values() for row, _ in lines]
    assert found == {f"L{row}": f"Scorecard!N{row}:S{row}".replace("Scorecard", "'Scorecard'") for row in wanted}


def test_status_follows_the_direction_of_the_kpi(built):
    words = Words("en")
    for lines in rows(built["en"] / NO_PYTHON).values():
        for _, cells in lines:
            name = re.match(r"\w+", cells[FUNCTION])[0]
            value, target = cells[VALUE], cells[TARGET]
            if target is None:
                continue
            lower = CATALOGUE[name].direction == "lower"
            reached = value <= target if lower else value >= target
            close = value <= target * 1.1 if lower else value >= target * 0.9
            assert cells[STATUS] == words(f"score.{'good' if reached else 'near' if close else 'bad'}"), name


def test_a_rate_changes_by_points_and_an_amount_by_a_share(built):
    found = rows(built["en"] / NO_PYTHON)[Words("en")("list.cognism")]
    by_name = {re.match(r"\w+", cells[FUNCTION])[0]: cells for _, cells in found}
    rate, amount = by_name["LEADCONV"], by_name["CPL"]
    assert rate[CHANGE] == pytest.approx(100 * (rate[FIRST + 5] - rate[FIRST + 4]), abs=0.051)
    assert amount[CHANGE] == pytest.approx(amount[FIRST + 5] / amount[FIRST + 4] - 1, abs=0.0051)
