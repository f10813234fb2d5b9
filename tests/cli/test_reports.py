"""Reports of other tools through the commands: options, project file, check, refusals, files that are never outputs."""

import json
from pathlib import Path

import pytest

from tests.cli.running import LEADS, environment, names, run
from xl_leadkpi.cli import main

TRAFFIC = (
    "# ----\n# Traffic acquisition\n# Start date: 20250101\n# End date: 20250228\n# ----\n"
    "Session source / medium,Year month,Sessions,Total users,Bounce rate\n,,100,70,40%,Grand total\n"
    "Ads,202501,30,25,40%\nAds,202502,50,40,40%\nFair,202502,20,18,40%\n"
)
EMAIL = (
    "Campaign,Send date,Sent,Delivered,Unique opens,Unique clicks\nA,2025-01-05,100,90,30,5\nB,2025-02-06,100,80,40,8\n"
)
SOCIAL = "Date,Network,Impressions,Reactions,Comments,Shares\n2025-01-05,LinkedIn,100,3,2,1\n"
FILES = {"traffic": TRAFFIC, "email": EMAIL, "social": SOCIAL}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    for name, content in FILES.items():
        Path(f"{name}.csv").write_text(content)
    return tmp_path


def figures(capsys, *words):
    assert main(["funnel", *words, "--as-of", "2025-02-28", "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def options():
    return [word for name in FILES for word in (f"--{name}", f"{name}.csv")]


def test_reports_are_in_the_json(folder, capsys):
    found = figures(capsys, "leads.csv", *options())
    visitors = found["traffic"]["visitors"]
    assert (visitors["sessions"], visitors["users"], visitors["leads"], visitors["visit_to_lead"]) == (100, 70, 3, 0.03)
    assert {row["channel"]: (row["sessions"], row["leads"]) for row in found["traffic"]["by_channel"]} == {
        "Ads": (80, 2), "Fair": (20, 1),
    }  # fmt: skip
    assert [row["open_rate"] for row in found["email"]["by_month"]] == [30 / 90, 0.5, 70 / 170]
    assert [(row["network"], row["engagement_rate"]) for row in found["social"]] == [("LinkedIn", 0.06)]
    assert {column["table"] for column in found["columns"]} == {"leads", *FILES}


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_reports_are_on_the_sheet(folder, language):
    assert main(["funnel", "leads.csv", *options(), "-o", "out.xlsx", "--language", language, "--quiet"]) == 0
    assert Path("out.xlsx").stat().st_size > 0


def test_the_terminal_shows_the_visits(folder, capsys):
    assert main(["funnel", "leads.csv", *options(), "--as-of", "2025-02-28", "-o", "out.xlsx"]) == 0
    out = capsys.readouterr().out
    assert "visits                         100  GA4, 2025-01-01 to 2025-02-28" in out
    assert "visit to lead                 3.0%  leads of all sources created on those days" in out


def test_filtered_leads_beside_all_visits_are_a_warning(folder, capsys):
    found = figures(capsys, "leads.csv", "--traffic", "traffic.csv", "--where", "Source=Ads")
    assert "traffic_unfiltered" in {row["finding"] for row in found["quality"]}
    assert found["traffic"]["visitors"]["leads"] == 2
    whole = figures(capsys, "leads.csv", "--traffic", "traffic.csv")
    assert "traffic_unfiltered" not in {row["finding"] for row in whole["quality"]}


def test_a_tool_that_nothing_names_has_no_name(folder, capsys):
    Path("own.csv").write_text("Channel,Month,Sessions\nAds,2025-01,400\n")
    assert figures(capsys, "leads.csv", "--traffic", "own.csv")["traffic"]["visitors"]["tool"] is None
    assert main(["funnel", "leads.csv", "--traffic", "own.csv", "--as-of", "2025-02-28", "-o", "out.xlsx"]) == 0
    assert "visits                         400  2025-01-01 to 2025-01-31\n" in capsys.readouterr().out


def test_an_option_may_be_given_again(folder, capsys):
    Path("more.csv").write_text(EMAIL.replace("A,2025", "C,2025").replace("B,2025", "D,2025"))
    found = figures(capsys, "leads.csv", "--email", "email.csv", "--email", "more.csv")
    assert found["email"]["by_month"][-1]["sent"] == 400


def test_the_project_file_names_them(folder, capsys):
    Path("email-2.csv").write_text(EMAIL.replace("A,2025", "C,2025").replace("B,2025", "D,2025"))
    Path("leadkpi.toml").write_text(
        '[inputs]\nleads = "leads.csv"\ntraffic = "traffic.csv"\nemail = "email*.csv"\nsocial = ["social.csv"]\n'
        '[map]\ntr_sessions = "Sessions"\n'
    )
    found = figures(capsys)
    assert (found["traffic"]["visitors"]["sessions"], found["email"]["by_month"][-1]["sent"]) == (100, 400)
    assert len(found["social"]) == 1


def test_check_says_what_they_are(folder, capsys):
    assert main(["check", "leads.csv", *options()]) == 0
    out = capsys.readouterr().out
    assert "traffic of GA4 from 2025-01 to 2025-02: 100 visits; channels: Ads, Fair" in out
    assert "e-mailings from 2025-01 to 2025-02: 200 sent in 2 campaigns" in out
    assert "social networks from 2025-01 to 2025-01: LinkedIn" in out
    assert "Columns (traffic): Session source / medium = tr_channel (Ads)" in out
    assert main(["check", "leads.csv", *options(), "--json", "-"]) == 0
    [seen] = json.loads(capsys.readouterr().out)["files"]
    assert seen["traffic"] == {
        "name": "traffic.csv", "tools": ["GA4"], "labels": ["Ads", "Fair"], "months": ["2025-01", "2025-02"],
        "total": 100,
    }  # fmt: skip
    assert (seen["email"]["total"], seen["social"]["labels"]) == (200, ["LinkedIn"])


def test_check_writes_them_into_the_project_file(folder, capsys):
    assert main(["check", "leads.csv", *options(), "--write"]) == 0
    text = Path("leadkpi.toml").read_text()
    for name in FILES:
        assert f'{name} = ["{name}.csv"]' in text
    assert '# tr_sessions = "Sessions"' in text
    capsys.readouterr()
    assert figures(capsys)["traffic"]["visitors"]["sessions"] == 100


@pytest.mark.parametrize(("option", "other"), [("traffic", "email"), ("email", "social"), ("social", "traffic")])
def test_the_wrong_option_is_refused_with_the_right_one(folder, capsys, option, other):
    assert main(["funnel", "leads.csv", f"--{option}", f"{other}.csv", "--json", "-"]) == 1
    assert f"Give it with --{other} FILE." in capsys.readouterr().err


@pytest.mark.parametrize("name", FILES)
def test_a_report_is_refused_as_leads_and_as_spend(folder, capsys, name):
    assert main(["funnel", f"{name}.csv", "--json", "-"]) == 1
    assert f"--{name} FILE" in capsys.readouterr().err
    assert main(["funnel", "leads.csv", "--spend", f"{name}.csv", "--json", "-"]) == 1
    assert f"Give it with --{name} FILE." in capsys.readouterr().err


@pytest.mark.parametrize("name", FILES)
def test_a_report_that_is_read_is_no_output(folder, capsys, name):
    before = Path(f"{name}.csv").read_bytes()
    assert main(["funnel", "leads.csv", f"--{name}", f"{name}.csv", "--json", f"{name}.csv"]) == 1
    assert "is one of the files read" in capsys.readouterr().err
    assert Path(f"{name}.csv").read_bytes() == before
    assert main(["check", "leads.csv", f"--{name}", f"{name}.csv", "--json", f"{name}.csv"]) == 1


def test_a_file_that_is_not_there_is_named(folder, capsys):
    assert main(["funnel", "leads.csv", "--traffic", "none.csv", "--json", "-"]) == 1
    assert "none.csv: there is no such file" in capsys.readouterr().err


def test_a_report_from_standard_input(folder):
    words = ("funnel", "leads.csv", "--traffic", "-", "--as-of", "2025-02-28", "--json", "-", "--quiet")
    done = run(*words, input=TRAFFIC.encode())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["traffic"]["visitors"]["sessions"] == 100


def test_an_encoding_of_a_report(folder, capsys):
    Path("mail.csv").write_bytes("Kampania;Data wysyłki;Wysłane;Dostarczone\nŻółta;2025-01-05;10;9\n".encode("cp1250"))
    found = figures(capsys, "leads.csv", "--email", "mail.csv", "--encoding", "email=cp1250")
    assert found["email"]["by_campaign"][0]["campaign"] == "Żółta"


def test_help_and_a_run_without_reports_load_nothing_of_them(folder):
    seen = "import sys; from xl_leadkpi.cli import main; code = main({}); print([name for name in sys.modules if {}])"
    for words, kept in (
        (["kpis"], "name == 'polars'"),
        (["funnel", "leads.csv", "--json", "out.json", "--quiet"], "name.startswith('xl_leadkpi.leads.reports')"),
        (
            ["funnel", "leads.csv", "--json", "out.json", "--quiet"],
            "name == 'xl_leadkpi.leads.cells.vocabulary' and sys.modules[name].report_headers.cache_info().currsize",
        ),
    ):
        done = _python(seen.format(words, kept))
        assert done.endswith("[]\n"), done
    assert names() == ["email.csv", "leads.csv", "out.json", "social.csv", "traffic.csv"]


def _python(code):
    import subprocess
    import sys

    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, env=environment()
    ).stdout
