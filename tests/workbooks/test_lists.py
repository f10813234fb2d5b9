"""The sheet Lists: the Funnel without Python shows the user's own stages and channels, recalculated by two engines."""

import csv
import itertools
import json
import random
import string
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import ironcalc
import openpyxl
import pytest

from tests.sheets.soffice import recalculated
from xl_leadkpi.addin import selection
from xl_leadkpi.cli import main
from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks import package
from xl_leadkpi.workbooks.lists import MOST_SOURCES, MOST_STAGES
from xl_leadkpi.workbooks.sources import Words

from .reading import NO_PYTHON, TEMPLATE, values

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

STAGE_ROWS = range(10, 10 + MOST_STAGES)
WARNING = "C8"
FIELDS = ("leads", "opportunities", "won", "lost", "revenue", "spend")
COLUMNS = dict(zip(FIELDS, "CDEFGJ", strict=True))
NAMES = ("StageList", "SourceList", "ReasonList")
ODD = [
    "Enquiry", "Call?", "Call!", ">50 %", "=ready", "<new", "Demo*", "Demo day", "~ almost", "5", "Ünï - «ж»", "a&b",
    "New\u00a0one", 'said "yes"', "Legal, signed",
]  # fmt: skip


class Pipeline:
    """What a user writes on the sheet Lists, and leads in it."""

    def __init__(self, stages, win="Signed", sources=("Web", "Fair"), *, others=(), seed=1, word="Won"):
        self.rows = [(stage, None) for stage in stages]
        self.win, self.sources, self.word = win, sources, word
        if win is not None:
            self.rows.append((win, word))
        self.open_stages = [stage for stage in dict.fromkeys(stages) if stage]
        drawn = random.Random(seed)
        own = [*self.open_stages, *([win] if win else []), None, *others]
        self.leads = [self.lead(number, own, drawn) for number in range(164)]
        channels = [*[one for one in sources if one], None]
        self.spend = [(drawn.choice(channels), drawn.randint(1, 900)) for _ in range(30)]

    def lead(self, number, stages, drawn):
        stage = drawn.choice(stages)
        status = drawn.choice(["Open", "Lost", "Open", "Won", None])
        written = stage.swapcase() if stage and drawn.random() < 0.1 else stage
        return {
            "id": f"L{number}", "stage": written, "key": (stage or "").casefold(), "status": status,
            "source": drawn.choice([*self.sources, *self.sources, "unheard of", None]),
            "amount": drawn.randint(100, 9_000), "opportunity": drawn.random() < 0.5,
        }  # fmt: skip

    def written_into(self, built, path):
        """The workbook as built, with this list and these leads typed into it."""
        book = openpyxl.load_workbook(built / NO_PYTHON)
        lists = book["Lists"]
        lists.tables["tblStageList"].ref = f"A5:B{5 + max(MOST_STAGES, len(self.rows))}"  # grows as in Excel
        self.fill(lists, 6, [(*row,) for row in self.rows], MOST_STAGES, first=1, columns=2)
        self.fill(lists, 6, [(source,) for source in self.sources], MOST_SOURCES, first=4, columns=1)
        fresh = [
            (
                one["id"], datetime(2026, 3, 1) + timedelta(number % 28), one["source"], None, one["stage"],
                one["status"], one["amount"], None, None, None, None,
                datetime(2026, 4, 1) if one["opportunity"] else None, datetime(2026, 5, 1), None,
            )
            for number, one in enumerate(self.leads)
        ]  # fmt: skip
        self.fill(book["Leads"], 6, fresh, 164, first=1, columns=14)
        for row, name in enumerate(NAMES, start=1):  # what the drop-down lists offer: how many words, and the last
            lists[f"Z{row}"] = f'=ROWS({name})&" "&INDEX({name},ROWS({name}))'
        costs = [(datetime(2026, 3, 1), channel, amount, None, None) for channel, amount in self.spend]
        self.fill(book["Spend"], 6, costs, 36, first=1, columns=5)
        book.save(path)
        parts = package.unpack(path.read_bytes())
        for name, part in parts.items():
            if name.startswith("xl/worksheets/sheet"):  # IronCalc takes an empty cell of type number for a zero
                parts[name] = part.replace(b' t="n"></c>', b"/>")
        path.write_bytes(package.pack(parts))
        return path

    @staticmethod
    def fill(sheet, top, rows, height, *, first, columns):
        for number in range(max(height, len(rows))):
            row = rows[number] if number < len(rows) else (None,) * columns
            for column, value in enumerate(row, start=first):
                cell = sheet.cell(top + number, column)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # also what begins like a formula

    def is_in_win(self, lead):
        return lead["key"] == (self.win or "Won").casefold()

    def is_won(self, lead):
        """By the status; where that says nothing, by the stage."""
        return lead["status"] == "Won" or (lead["status"] is None and self.is_in_win(lead))

    def denied(self):
        return sum(self.is_in_win(one) and one["status"] in {"Open", "Lost"} for one in self.leads)

    def counted(self):
        """Stage, leads that reached it, leads that got no further: a plain count of its own."""
        shown = [*self.open_stages[: MOST_STAGES - 1], self.win or "Won"]
        place = {stage.casefold(): number for number, stage in reversed(list(enumerate(shown)))}
        place[shown[-1].casefold()] = 0  # who is there and not won has got nowhere that is known
        furthest = Counter(len(shown) - 1 if self.is_won(one) else place.get(one["key"], 0) for one in self.leads)
        return [(stage, sum(furthest[later] for later in range(number, len(shown))), furthest[number])
                for number, stage in enumerate(shown)]  # fmt: skip

    def unlisted(self):
        known = {*map(str.casefold, self.open_stages[: MOST_STAGES - 1]), (self.win or "Won").casefold(), ""}
        return sum(one["key"] not in known and one["status"] != "Won" for one in self.leads)

    def by_channel(self):
        """Figures of each channel and of all others: a plain count of its own."""
        listed = list(dict.fromkeys(one for one in self.sources if one))
        figures = {}
        for name in (*listed, "Not on the list"):

            def is_of(channel, name=name):
                return channel == name if name in listed else channel not in listed

            chosen = [one for one in self.leads if is_of(one["source"])]
            won = [one for one in chosen if self.is_won(one)]
            figures[name] = {
                "leads": len(chosen), "opportunities": sum(one["opportunity"] for one in chosen), "won": len(won),
                "lost": sum(one["status"] == "Lost" and one["opportunity"] for one in chosen),
                "revenue": sum(one["amount"] for one in won),
                "spend": sum(amount for channel, amount in self.spend if is_of(channel)),
            }  # fmt: skip
        return figures


CASES = {
    "three": Pipeline(["Enquiry", "Demo", "Offer"]),
    "three, one empty cell between": Pipeline(["Enquiry", None, "Demo", "Offer"], sources=("Web", None, "Fair")),
    "fifteen": Pipeline([f"{number}. step of many" for number in range(15)], sources=[f"Shop {n}" for n in range(20)]),
    "fifteen of odd names": Pipeline(ODD, sources=("*", "Web?", "Web!", "=x", ">1")),
    "twenty": Pipeline([f"S{number}" for number in range(20)], others=["Spam", "Sx"]),
    "two": Pipeline(["In", "Out"], win=None, sources=()),
    "one too many": Pipeline([f"S{number}" for number in range(21)]),
    "one twice": Pipeline(["Enquiry", "Demo", "Demo", "Offer"], sources=("Web", "Web", "Fair")),
}


def shown_stages(fresh):
    """Rows of the block Stages that show anything."""
    rows = [tuple(fresh["Funnel", f"{column}{row}"] for column in "BCG") for row in STAGE_ROWS]
    return [row for row in rows if row != (None, None, None)]


def shown_channels(fresh):
    (top,) = (row for (sheet, cell), value in fresh.items() for row in [int(cell[1:]) if cell[1:].isdigit() else 0]
              if sheet == "Funnel" and cell == f"B{row}" and value == "Channel")  # fmt: skip
    rows = range(top + 2, top + 3 + MOST_SOURCES)
    found = {row: fresh["Funnel", f"B{row}"] for row in rows}
    figures = [
        (name, {field: fresh["Funnel", f"{column}{row}"] for field, column in COLUMNS.items()})
        for row, name in found.items()
        if name
    ]
    assert all(fresh["Funnel", f"{column}{row}"] is None for row, name in found.items() if not name for column in "CGJ")
    return figures


@pytest.mark.needs("libreoffice")
@pytest.mark.parametrize("case", CASES)
def test_the_funnel_follows_the_lists_in_libreoffice(built, tmp_path, case):
    pipeline = CASES[case]
    fresh = values(recalculated(pipeline.written_into(built["en"], tmp_path / "own.xlsx"), tmp_path))
    expected = pipeline.counted()
    repeats = len([stage for stage, _ in pipeline.rows if stage]) - len({stage for stage, _ in pipeline.rows if stage})
    found = shown_stages(fresh)
    if repeats:
        again = next(row for row, (stage, *_) in enumerate(found) if stage in {name for name, *_ in found[:row]})
        assert found.pop(again)[2] == 0  # nobody is counted twice
    assert found == expected
    offered = ([stage for stage, _ in pipeline.rows], pipeline.sources or [None], ["No need"] * 5)
    assert [fresh["Lists", f"Z{row}"] for row in (1, 2, 3)] == [
        f"{len(listed)} {listed[-1] or ''}" for listed in offered
    ]
    warned = {"funnel.unlisted": pipeline.unlisted(), "funnel.win_denied": pipeline.denied()}
    told = " ".join(f"{Words('en')(key)} {count}" for key, count in warned.items() if count)
    assert fresh["Funnel", WARNING] == (told or None)
    channels = [(name, figures) for name, figures in shown_channels(fresh) if any(figures.values())]
    assert channels == [(name, one) for name, one in pipeline.by_channel().items() if any(one.values())]


@pytest.mark.needs("libreoffice")
def test_an_empty_list_is_told(built, tmp_path):
    pipeline = Pipeline([], win="Signed")
    fresh = values(recalculated(pipeline.written_into(built["en"], tmp_path / "own.xlsx"), tmp_path))
    assert shown_stages(fresh) == []
    assert fresh["Funnel", WARNING] == Words("en")("funnel.no_stages")


@pytest.mark.needs("libreoffice")
def test_who_is_won_is_as_the_command_says_of_the_same_rows(built, tmp_path, monkeypatch):
    """In the stage of the win with each status there is, and won by the status with each stage."""
    pipeline = Pipeline(["Enquiry", "Demo", "Offer"], win="Won")
    stages, statuses = ["Enquiry", "Demo", "Offer", "Won", None], ["Open", "Lost", "Won", None]
    for one, (stage, status) in zip(pipeline.leads, itertools.cycle(itertools.product(stages, statuses)), strict=False):
        one |= {"stage": stage, "key": (stage or "").casefold(), "status": status}
    path = pipeline.written_into(built["en"], tmp_path / "own.xlsx")
    book = openpyxl.load_workbook(path)
    rows = []
    for cells in book["Leads"].iter_rows(min_row=6, max_row=169, max_col=14):
        cells[12].value = datetime(2026, 3, 30)  # in the last month of Inputs, that of the newest lead
        rows.append([cells[0].value, *(cell.value for cell in cells[4:7])])
    book.save(path)
    fresh = values(recalculated(path, tmp_path))
    monkeypatch.chdir(tmp_path)
    with Path("same.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("ID", "Stage", "Status", "Amount"), *rows])
    command = ["funnel", "same.csv", "-o", "out.xlsx", "--json", "told.json", "--quiet", "--stage", "Enquiry=MQL",
               "--stage", "Demo=Meeting", "--stage", "Offer=Proposal"]  # fmt: skip
    assert main(command) == 0
    told = json.loads(Path("told.json").read_text())
    found = {stage: reached for stage, reached, _ in shown_stages(fresh)}
    assert found["Won"] == told["summary"]["won"] == sum(map(pipeline.is_won, pipeline.leads)) > 40
    words = Words("en")
    totals = next(row for row in range(30, 80) if fresh.get(("Funnel", f"B{row}")) == words("funnel.all"))
    assert fresh["Funnel", f"E{totals}"] == told["summary"]["won"]
    assert fresh["Funnel", f"G{totals}"] == told["summary"]["revenue"]
    contradictions = next(one for one in told["quality"] if one["finding"] == "contradictions")
    assert pipeline.denied() <= contradictions["count"]
    month = {fresh.get(("Inputs", f"B{row}")): fresh.get(("Inputs", f"J{row}")) for row in range(5, 30)}
    assert month[words("inputs.won")] == told["summary"]["won"]
    assert month[words("inputs.revenue")] == told["summary"]["revenue"]


def any_pipeline(seed):
    """Some stages in some order with gaps between, the win among them."""
    drawn = random.Random(seed)
    stages = [f"{letter}{letter.lower()} step" for letter in drawn.sample(string.ascii_uppercase, drawn.randint(2, 15))]
    pipeline = Pipeline(stages, win=drawn.choice(["Signed", None]), others=["Elsewhere"], seed=seed)
    for _ in range(drawn.randint(0, 4)):
        pipeline.rows.insert(drawn.randint(0, len(pipeline.rows)), (None, None))
    if pipeline.win:
        win = pipeline.rows.pop(pipeline.rows.index((pipeline.win, pipeline.word)))
        pipeline.rows.insert(drawn.randint(0, len(pipeline.rows)), win)
    return pipeline


@pytest.mark.parametrize("case", ["three", "fifteen", *range(5)])
def test_rates_follow_the_lists_where_lambdas_are_known(built, tmp_path, case):
    pipeline = CASES[case] if case in CASES else any_pipeline(case)
    path = pipeline.written_into(built["en"], tmp_path / "own.xlsx")
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    funnel = openpyxl.load_workbook(path, read_only=True).sheetnames.index("Funnel")
    rows = [[model.get_cell_value(funnel, row, column) for column in range(2, 8)] for row in STAGE_ROWS]
    expected, before = [], None
    everyone = len(pipeline.leads)
    for stage, reached, further in pipeline.counted():
        step = [reached / before, 1 - reached / before] if before else [None, None]
        expected.append([stage, reached, *step, reached / everyone, further])
        before = reached
    expected += [[None] * 6] * (MOST_STAGES - len(expected))
    for found, wanted in zip(rows, expected, strict=True):
        assert [one if one != "" else None for one in found] == [
            one if one is None or isinstance(one, str) else pytest.approx(one) for one in wanted
        ]


@pytest.mark.parametrize("language", languages())
def test_the_macro_takes_no_list_for_spend_or_touches(built, language):
    sheet = openpyxl.load_workbook(built[language] / TEMPLATE, read_only=True)["Lists"]
    rows = [list(row) for row in sheet.iter_rows(max_row=30, max_col=60, values_only=True)]
    for kind, needed in selection._NEEDED.items():
        assert selection._table_of(rows, kind, needed) is None
