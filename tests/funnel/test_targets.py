"""Targets beside what came: which figures, of which leads, and what is said where a figure is unknown."""

import random
import re
from datetime import date

import pytest
from openpyxl import load_workbook

from tests.leads.test_own_stages import ZOHO, by_probability, deals, reading
from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.funnel.targets import by_key, figures_with_targets, read_target
from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.locales import locale
from xl_leadkpi.sheets.funnel_sheet import CELL
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.tables import PADDING

AS_OF = date(2026, 6, 30)
READING = ReadOptions(as_of=AS_OF, today=AS_OF)


@pytest.fixture(scope="module")
def leads():
    return read_frame(sample.leads(600), READING)


def targets_of(leads, targets, **options):
    return as_json(build(leads, options=FunnelOptions(targets=targets, **options)))


def test_without_targets_there_is_no_block(leads):
    assert as_json(build(leads))["targets"] is None


def test_every_figure_stands_beside_its_target_in_the_order_of_the_summary(leads):
    draw = random.Random(4)
    wanted = {key: draw.uniform(0.01, 1) for key in figures_with_targets(PIPELINE)}
    report = targets_of(leads, dict(reversed(wanted.items())))
    assert [row["figure"] for row in report["targets"]] == list(wanted)
    for row in report["targets"]:
        assert row["target"] == pytest.approx(wanted[row["figure"]])
        actual = report["summary"].get(row["figure"])
        assert row["actual"] == actual
        assert row["attained"] == (None if actual is None else pytest.approx(actual / wanted[row["figure"]]))
        assert row["basis"] is None


@pytest.mark.parametrize(
    ("figure", "target", "met"),
    [("won", 1, "yes"), ("won", 1e6, "no"), ("cycle_days_median", 1e6, "yes"), ("cycle_days_median", 0.5, "no"),
     ("cpl", 5, None)],
)  # fmt: skip
def test_a_target_is_met_by_the_way_that_is_better(leads, figure, target, met):
    [row] = targets_of(leads, {figure: target})["targets"]
    assert row["met"] == met


def test_in_a_period_what_closed_is_of_those_closed_in_it(leads):
    days = {"period_from": date(2026, 4, 1), "period_to": date(2026, 6, 30)}
    report = targets_of(leads, {"leads": 100, "won": 10, "revenue": 5e4, "mql": 50}, **days)
    closed, created = report["period_closed"][0], report["period_created"][0]
    found = {row["figure"]: (row["actual"], row["basis"]) for row in report["targets"]}
    assert found == {
        "leads": (created["leads"], "created"), "mql": (created["mql"], "created"),
        "won": (closed["won"], "closed"), "revenue": (closed["revenue"], "closed"),
    }  # fmt: skip
    assert closed["won"] != report["summary"]["won"]  # else nothing is shown


RUNNING = {"period_from": date(2026, 6, 1), "period_to": date(2026, 7, 30)}
"""Of its sixty days thirty are over."""


def test_a_period_that_is_not_over_has_no_last_word(leads):
    closed = targets_of(leads, {}, **RUNNING)["period_closed"][0]
    won, rate, days = closed["won"], closed["win_rate"], closed["cycle_days_median"]
    assert won > 2
    for figure, target, met in (
        ("won", won, "yes"),  # a count does not fall again
        ("won", 2 * won, "on_track"),  # half of it in half of the days
        ("won", 2 * won + 1, "behind"),
        ("win_rate", rate, "on_track"),  # a rate may
        ("win_rate", rate + 0.01, "behind"),
        ("cycle_days_median", days, "on_track"),
        ("cycle_days_median", days - 0.5, "behind"),
    ):
        [row] = targets_of(leads, {figure: target}, **RUNNING)["targets"]
        assert (row["met"], row["elapsed"]) == (met, 0.5), (figure, target)
    [row] = targets_of(leads, {"won": 2 * won}, **RUNNING | {"period_to": AS_OF})["targets"]
    assert (row["met"], row["elapsed"]) == ("no", None)


@pytest.mark.parametrize(("language", "behind", "header"), [
    ("en", "behind", "Days gone"), ("pl", "za planem", "Minęło dni"), ("ru", "отстаёт", "Прошло дней"),
])  # fmt: skip
def test_sheet_and_terminal_say_how_much_of_the_period_is_over(leads, tmp_path, monkeypatch, capsys, language, behind,
                                                               header):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    sample.leads(600).write_csv("leads.csv")
    given = ["--period", "2026-Q2", "--as-of", "2026-05-01", "--target", "won=900", "--target", "leads=1"]
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--language", language, *given]) == 0
    said = capsys.readouterr().out
    assert "targets, 34% of the days of 2026-Q2 gone:" in said
    assert re.search(r"Won: \d+ of 900, \d%, behind \(closed in the period\)", said)
    assert re.search(r"Leads: \d+ of 1, [\d,]+%, reached \(created in the period\)", said)
    sheet = load_workbook("out.xlsx")["Funnel"]
    names, first, second = ([cell.value for cell in row] for row in sheet[sheet.tables["tblTarget"].ref])
    assert names[5] == header
    assert second[4] == behind
    assert first[5] == second[5] == pytest.approx(31 / 91)
    for met in ("yes", "no", "on_track", "behind"):
        assert text_width(locale(language).funnel[f"label.met_{met}"]) <= CELL - PADDING, "it is cut off"


def test_an_unknown_figure_has_its_reason():
    rows = [["ID", "Created", "Stage"], *([str(n), "2026-01-05", "Won"] for n in range(9))]
    report = targets_of(read_frame(rows, READING), {"win_rate": 0.25, "leads": 20})
    found = {row["figure"]: row for row in report["targets"]}
    assert report["summary"]["win_rate"] is None
    assert (found["win_rate"]["actual"], found["win_rate"]["attained"], found["win_rate"]["met"]) == (None, None, None)
    assert found["leads"]["attained"] == 9 / 20
    assert "targets" in str(report["unknown"])


def test_a_stage_of_the_user_s_own_is_named_as_she_calls_it():
    rows = deals(ZOHO, [by_probability([(name, 15 * place) for place, name in enumerate(ZOHO, start=1)])])
    table = read_frame(rows, reading())
    report = targets_of(table, {"needs analysis": 100, "Won": 30})
    reached = {row["stage"]: row["reached"] for row in report["stages"]}
    assert {row["target"]: row["actual"] for row in report["targets"]} == {
        100: reached["Needs Analysis"],
        30: reached["Won"],
    }


def test_what_is_no_figure_is_named_with_the_nearest(leads):
    with pytest.raises(InputError, match=r"no figure 'winrate' .*Did you mean win_rate"):
        targets_of(leads, {"winrate": 0.2})
    with pytest.raises(InputError, match=r"win_rate is a share, and 25 is more than all"):
        targets_of(leads, {"win_rate": 25})


@pytest.mark.parametrize("text", ["", "many", "0", "-3", "nan", "inf", "1e999", "0%", "12 %%"])
def test_what_is_no_target(text):
    with pytest.raises(InputError, match="is no target"):
        read_target("won", text)


@pytest.mark.parametrize("figure", ["won", "revenue", "cpl"])
def test_per_cent_of_what_is_no_share(figure):
    with pytest.raises(InputError, match=f"is a share, and {figure} is none"):
        read_target(figure, "25%")


@pytest.mark.parametrize(
    ("figure", "text", "target"),
    [("revenue", "1 000,5", 1000.5), ("win_rate", "12,5 %", 0.125), ("romi", "300%", 3), ("won", "1e3", 1000)],
)
def test_targets_as_they_are_typed(figure, text, target):
    assert read_target(figure, text) == pytest.approx(target)


def test_none_is_none():
    assert by_key({"won": 0.0, "leads": 5.0}, PIPELINE) == {"leads": 5.0}


def test_the_terminal_says_what_came_of_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = ["ID,Created,Stage,Won date,Amount,Currency"]
    rows += [f"{n},2026-01-05,Won,2026-02-0{n},1000,EUR" for n in range(1, 5)]
    rows += [f"{n},2026-01-05,Lost,,," for n in range(5, 17)]
    (tmp_path / "leads.csv").write_text("\n".join(rows))
    given = ["--target", "won=8", "--target", "lead_conversion=20%", "--target", "revenue=5000", "--target", "cpl=9"]
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", *given]) == 0
    said = capsys.readouterr().out
    assert "  Won: 4 of 8, 50%\n  Revenue (won): 4,000 EUR of 5,000 EUR, 80%\n" in said
    assert "  Lead → won: 25.0% of 20.0%, 125%\n  CPL, blended: - of 9 EUR\n" in said


def test_a_target_of_no_figure_in_the_project_file_is_named_with_its_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample.leads(50).write_csv("leads.csv")
    (tmp_path / "leadkpi.toml").write_text('[inputs]\nleads = "leads.csv"\n[targets]\nwon = 5\nWinRate = 0.2\n')
    assert main(["funnel", "-o", "out.xlsx"]) == 1
    assert "leadkpi.toml, line 5: targets.WinRate: There is no figure 'winrate'" in capsys.readouterr().err


def test_small_figures_are_told_precisely_and_of_whom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample.leads(600).write_csv("leads.csv")
    given = ["--target", "response_minutes_median=2.5", "--target", "won=9", "--period", "2026-Q2"]
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", *given]) == 0
    said = capsys.readouterr().out
    assert " of 2.50 min, " in said
    assert " of 9, " in said
    assert "(closed in the period)" in said
    assert "(created in the period)" in said
