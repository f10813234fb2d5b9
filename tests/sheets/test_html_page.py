"""The page to be mailed: its numbers are those of the JSON, its texts stay texts, and nothing has to be loaded."""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from tests.sheets.sheet_reports import OPTIONS, compared, from_csv, named, sampled
from xl_leadkpi import sample
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read_frame
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.html_markup import markup
from xl_leadkpi.sheets.summary_page import MOST_CARDS, MOST_GROUPS, MOST_TASKS, page_of

TARGETS = {"won": 20.0, "revenue": 9e5, "win_rate": 0.25, "response_minutes_median": 30.0, "cpl": 90.0}
VOID = {"meta", "br"}
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b &amp; c &lt;", "' onclick='x", "]]><!--",
    "</title></style><svg onload=x>", "tab\tand\x07bell\x9bcontrol", "\u202egnp.exe\u200f right", "x" * 300,
)  # fmt: skip


# what is tried --------------------------------------------------------------------------------------------------------


@cache
def with_targets():
    leads = named(read_frame(sample.leads(600), ReadOptions(as_of=sample.LAST_DAY)))
    return build(leads, options=replace(OPTIONS, targets=TARGETS))


def in_a_period(**more):
    leads = named(read_frame(sample.leads(600), ReadOptions(as_of=sample.LAST_DAY)))
    ends = {"period_from": date(2026, 1, 1), "period_to": date(2026, 3, 31)}
    return build(leads, options=replace(OPTIONS, **ends, **more))


def of_rows(text):
    return lambda folder: from_csv(folder / "leads.csv", text, as_of=date(2025, 6, 30))[1]


def without_leads(folder):
    """No lead was created in the period, one of an earlier day was won in it."""
    rows = "ID,Created,Stage,Won date,Amount\n1,2025-01-05,Won,2026-02-01,70\n"
    leads = from_csv(folder / "leads.csv", rows, as_of=date(2026, 6, 30))[0]
    return build(leads, options=replace(OPTIONS, period_from=date(2026, 1, 1), period_to=date(2026, 3, 31)))


REPORTS = {
    "with spend": lambda folder: sampled(folder, 600)[1],
    "without spend": lambda folder: sampled(folder, 300, with_spend=False)[1],
    "compared": lambda _: compared()[1],
    "targets": lambda _: with_targets(),
    "a period with targets": lambda _: in_a_period(targets=TARGETS),
    "without dates": of_rows("ID,Stage,Source,Amount\n1,Won,Ads,100\n2,Lost,Ads,50\n3,SQL,Fair,\n"),
    "without losses": of_rows("ID,Created,Stage,Amount\n1,2025-01-05,Won,100\n2,2025-02-05,SQL,50\n"),
    "one lead": of_rows("ID,Created,Stage\n1,2025-01-05,Lead\n"),
    "amounts below zero and beyond all": of_rows(
        "ID,Created,Stage,Won date,Amount\n1,2025-01-05,Won,2025-02-01,-700\n2,2025-02-05,Won,2025-03-03,9e17\n"
    ),
    "no leads": without_leads,
}


@pytest.fixture(params=REPORTS)
def report(request, tmp_path_factory):
    return REPORTS[request.param](tmp_path_factory.mktemp("sample"))


class Reader(HTMLParser):
    """Reads the page as a browser does: figures by path, texts, elements and their attributes."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.texts, self.elements, self.open = [], [], Counter(), []
        self.attributes, self.inside = [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if path := dict(attrs).get("data-figure"):
            self.inside = path

    def handle_startendtag(self, tag, attrs):
        self.elements[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.inside:
            self.figures.append((self.inside, data))
            self.inside = None
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


# an independent formatter ---------------------------------------------------------------------------------------------

SHARES = re.compile(r"(rate|rate_mature|conversion_mature|conversion|next_step|next_step_naive|next_step_low|"
                    r"next_step_high|romi|attained)(_paid)?$")  # fmt: skip
MONEY = re.compile(r"(revenue|average_deal|pipeline|velocity|spend|cpl|cac|amount|gap|target|mean|low|high|forecast|"
                   r"actual)(_paid)?$")  # fmt: skip


def at(data, path):
    for step in path.split("."):
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def value_of(data, path):
    """The number of a path in the JSON; sums and changes worked out here."""
    if path.startswith("change:"):
        now = path.removeprefix("change:")
        new, old = at(data, now), at(data, now.replace(".0.", ".1."))
        return new - old if SHARES.search(now) else (new - old) / old
    values = [at(data, one) for one in path.split("+")]
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def number(value, decimals=0):
    return f"{value:,.{decimals}f}"


def money(value):
    size = abs(value)
    if size >= 1e15:
        shown = f"{size:.2e}"
    elif size >= 1e6:
        power, name = next((p, n) for p, n in ((12, "tn"), (9, "bn"), (6, "m")) if size >= 10**p)
        scaled = size / 10**power
        shown = f"{number(scaled, 0 if scaled >= 100 else 1 if scaled >= 10 else 2)}\xa0{name}"
    elif size >= 1e5:
        shown = f"{number(size / 1e3)}\xa0k"
    else:
        shown = number(size, 2 if 0 < size < 100 else 0)
    return ("−" if value < 0 else "") + shown


def shown_in_english(path, value, currency, key):
    """How a number of the JSON is written in English."""
    if value is None:
        return "–"
    if path.startswith("change:"):
        is_share = SHARES.search(path)
        unit = " pt" if is_share else "%"
        sign = "±" if not value else "−" if value < 0 else "+"
        return f"{sign}{number(abs(value) * 100, 1) if value else 0}{unit}"
    if SHARES.search(key):
        return f"{number(round(value * 100))}%" if abs(value) >= 10 else f"{value:.1%}"
    if MONEY.search(key) and "won_" not in key:
        sign, size = ("−", money(value)[1:]) if value < 0 else ("", money(value))
        return f"{sign}{currency} {size}".replace("  ", " ").strip() if currency else f"{sign}{size}"
    if key.startswith("roas"):
        return f"{number(value, 2)}×"
    unit = " days" if key.startswith("cycle_days") else " min" if key.startswith("response_minutes") else ""
    whole = float(value).is_integer()
    return (f"{value:.2e}" if abs(value) >= 1e15 else number(value, 0 if whole else 1)) + unit


def key_of(data, path):
    """The name that tells the unit: of a target the figure that it is of."""
    last = path.split("+")[0].removeprefix("change:")
    where, _, key = last.rpartition(".")
    return at(data, where)["figure"] if key == "target" and "targets" in where else key


def test_every_number_is_that_of_the_json(report):
    data = json.loads(json.dumps(as_json(report)))
    currency = {"EUR": "€"}.get(data["header"]["currency"], "")
    read = Reader(markup(page_of(report)))
    assert len(read.figures) >= len(page_of(report).cards)
    for path, text in read.figures:
        value = value_of(data, path)
        assert text == shown_in_english(path, value, currency, key_of(data, path)), path


@pytest.mark.parametrize(("language", "thousands", "decimal"), [("pl", "\xa0", ","), ("ru", "\xa0", ",")])
def test_counts_and_shares_are_written_as_the_language_does(language, thousands, decimal):
    data = json.loads(json.dumps(as_json(compared()[1])))
    found = Counter()
    for path, text in Reader(markup(page_of(compared()[1], language))).figures:
        key, value = key_of(data, path), value_of(data, path)
        is_count = key in {"leads", "won", "reached", "opportunities"}
        if value is None or path.startswith("change:") or not (is_count or SHARES.search(key)):
            continue
        english = number(value) if is_count else f"{value:.1%}"
        assert text == english.translate({ord(","): thousands, ord("."): decimal}), path
        found[is_count] += 1
    assert min(found.values()) > 5


def points(page):
    yield from (point for card in page.cards for point in card.months)
    yield from (point for chart in (page.months.charts if page.months else ()) for point in chart.points)


def test_every_column_and_line_is_drawn_from_the_json(report):
    data = json.loads(json.dumps(as_json(report)))
    for point in points(page_of(report)):
        assert point.figure.value == value_of(data, point.figure.path)
        year, month = map(int, at(data, ".".join(point.figure.path.split(".")[:2]))["month"].split("-"))
        assert point.month == f"{date(year, month, 1):%b %Y}"


def test_a_line_of_months_is_of_the_figure_of_its_card(tmp_path):
    """The last three months of what is counted add up to the figure of the last three months."""
    cards = {card.name: card for card in page_of(sampled(tmp_path, 600)[1]).cards}
    for name in ("Leads", "Opportunities", "Won", "Revenue (won)"):
        months = [point.figure.value for point in cards[name].months]
        assert len(months) == 12
        assert sum(months[-3:]) == cards[name].recent[1].value


def test_a_range_goes_from_its_lower_to_its_upper_end():
    page = page_of(with_targets())
    rows = (*page.stages.rows, *page.forecast.rows, *page.forecast_check.rows)
    ranges = [(cell.figure, *cell.ends) for row in rows for cell in row.cells if cell.ends]
    assert len(ranges) > 12
    for middle, low, high in ranges:
        assert low.value <= middle.value <= high.value
        assert low.path.endswith("low")
        assert high.path.endswith("high")
        assert low.path.rpartition(".")[0] == high.path.rpartition(".")[0] == middle.path.rpartition(".")[0]


def test_columns_are_as_high_as_their_figures():
    """By hand: the ground is at the bottom of 65 units, the highest column fills them all."""
    text = markup(page_of(with_targets()))
    chart = page_of(with_targets()).months.charts[0]
    drawn = next(one for one in re.findall(r'<svg[^>]*class="columns".*?</svg>', text))
    heights = [float(height) for height in re.findall(r'<rect[^>]*height="([\d.]+)"', drawn)]
    values = [point.figure.value for point in chart.points]
    assert heights == pytest.approx([65 * value / max(values) for value in values], abs=0.006)


def test_bars_are_as_long_as_their_figures():
    text, data = markup(page_of(with_targets())), as_json(with_targets())
    lengths = [float(one) for one in re.findall(r'width="([\d.]+)" height="10" fill="#17406D"', text)]
    reached = [row["reached"] for row in data["stages"]]
    assert lengths[: len(reached)] == pytest.approx([100 * one / reached[0] for one in reached], abs=0.006)


# what it is made of ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_it_is_one_well_formed_page_that_loads_nothing(report, language):
    text = markup(page_of(report, language))
    ET.fromstring(text.encode())
    read = Reader(text)
    assert not read.open
    assert not {"script", "link", "iframe", "img", "object", "embed", "form", "base", "use"} & set(read.elements)
    for tag, name, value in read.attributes:
        assert name not in {"src", "href", "xlink:href", "action", "srcset"}, tag
        assert not name.startswith("on"), (tag, name)
        assert "://" not in (value or "") or name == "xmlns", (tag, name, value)
    assert not re.search(r"url\(|@import|expression\(", text)
    assert f'<html lang="{language}"' in text
    assert "@media print" in text
    assert 'name="viewport"' in text
    assert "default-src 'none'" in text
    assert len(text.encode()) < 100_000


@pytest.mark.parametrize("language", languages())
def test_the_parts_are_those_that_the_report_has(report, language):
    page = page_of(report, language)
    assert 1 <= len(page.cards) <= MOST_CARDS
    assert len(page.tasks) <= MOST_TASKS
    assert (page.changes is None) == (report.changes is None)
    assert (page.forecast_check is None) == (not report.forecast_check)
    assert (page.forecast is not None) == (report.forecast is not None)
    assert page.how.lines
    if page.sources is not None:
        assert sum(not row.is_total for row in page.sources.rows) <= MOST_GROUPS


def test_a_period_has_its_changes_and_says_what_its_cards_are_of():
    page = page_of(compared()[1])
    assert page.changes is not None
    assert 3 <= len(page.changes.lines) <= 6
    assert all(card.basis[0] in {"leads created in the period", "closed in the period"} for card in page.cards)
    assert any(card.change for card in page.cards)
    assert "compared with 1 Oct 2025 – 31 Dec 2025" in page.about[1]


def test_targets_stand_on_their_cards():
    page, rows = page_of(with_targets()), list(with_targets().targets.rows())
    aimed = [card for card in page.cards if card.target is not None]
    assert {card.target.value for card in aimed} == {row["target"] for row in rows}
    tones = {card.target.value: card.met_tone for card in aimed}
    for row in rows:
        assert tones[row["target"]] == {"yes": "better", "no": "worse"}.get(row["met"], "")
    assert {row["met"] for row in rows} >= {"yes", "no"}


def test_a_figure_that_nobody_knows_is_a_dash_with_its_reason(tmp_path):
    rows = "ID,Created,Stage,Amount\n1,2025-01-05,Won,100\n2,2025-02-05,SQL,50\n"
    page = page_of(of_rows(rows)(tmp_path))
    (card,) = (card for card in page.cards if card.name.startswith("Win rate"))
    assert (card.figure.value, card.figure.text) == (None, "–")
    assert "loss" in card.basis[0] or "lost" in card.basis[0]


def test_more_than_ten_sources_are_summed_up(tmp_path):
    """By hand: 12 sources of 13, 12 ... 2 leads; nine are shown, the others have 4 + 3 + 2."""
    rows = [f"{n}-{k},2025-01-0{k % 9 + 1},Lead,Source {n:02}\n" for n in range(12) for k in range(13 - n)]
    page = page_of(of_rows("ID,Created,Stage,Source\n" + "".join(rows))(tmp_path))
    counts = {row.label: row.cells[0].figure.value for row in page.sources.rows}
    assert counts == {f"Source {n:02}": 13 - n for n in range(9)} | {"(other)": 4 + 3 + 2, "Total": sum(range(2, 14))}


def test_what_to_do_names_late_deals_and_leads_without_an_answer(tmp_path):
    rows = "".join(
        f"{n},2025-01-0{n} 09:00,Opportunity,2025-02-01,{n * 100},{'' if n < 3 else f'2025-01-0{n} 10:00'}\n"
        for n in range(1, 6)
    )
    table = f"ID,Created,Stage,Expected close,Amount,First contacted\n{rows}"
    tasks = {task.what: task for task in page_of(of_rows(table)(tmp_path)).tasks}
    late = tasks["Expected close date passed"]
    assert (late.count.value, late.amount.value) == (5, 1500)
    assert late.advice
    assert tasks["Deals without an answer"].count.value == 2


# texts of the export --------------------------------------------------------------------------------------------------


@cache
def hostile():
    words = sample.leads(400)
    words = words.with_columns(
        pl.Series("Source", [HOSTILE[n % len(HOSTILE)] for n in range(len(words))]),
        pl.Series("Campaign", [HOSTILE[-n % len(HOSTILE)] for n in range(len(words))]),
    )
    leads = read_frame(words, ReadOptions(as_of=sample.LAST_DAY))
    return build(replace(leads, source_name=HOSTILE[0] + HOSTILE[5] + "\x1b.csv"), options=OPTIONS)


@pytest.mark.parametrize("language", languages())
def test_texts_of_the_export_stay_texts(language):
    text = markup(page_of(hostile(), language))
    ET.fromstring(text.encode())
    read = Reader(text)
    assert not {"script", "img"} & set(read.elements)
    assert not any(name.startswith("on") for _, name, _ in read.attributes)
    said = "".join(read.texts)
    for word in HOSTILE[:6]:
        assert word in said, word
    assert HOSTILE[7] in said
    assert "x" * 100 in said
    assert not [letter for letter in text if unicodedata.category(letter) == "Cc" and letter != "\n"]


def test_a_text_of_another_direction_turns_nothing_else():
    """What turns the direction of writing is inside an element that ends it."""
    text = markup(page_of(hostile()))
    assert "\u202e" in text
    for found in re.finditer("\u202e", text):
        before = text[: found.start()]
        assert before.count("<bdi>") == before.count("</bdi>") + 1 or before.rfind("<title>") > before.rfind("</title>")


def test_it_is_written_by_the_report(tmp_path):
    path = tmp_path / "funnel.html"
    path.write_text("of another program")
    with_targets().to_html(path, language="pl")
    assert path.read_text(encoding="utf-8") == markup(page_of(with_targets(), "pl"))
