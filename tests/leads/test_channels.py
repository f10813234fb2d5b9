"""Spellings of one channel: joined where they meet, kept apart where nobody paid, alone where nothing meets them."""

import duckdb
import pandas as pd
import polars as pl
import pytest

from tests.growth import growth
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_spend_frame
from xl_leadkpi.leads.channels import with_channels
from xl_leadkpi.leads.touches import read_touches_frame

DAY = "2025-05-02"


def leads_of(sources, mediums=None):
    """One lead a source; with mediums in a column of their own if there are any."""
    header = ["Lead ID", "Created", "Status", "utm_source", *(["utm_medium"] if mediums else [])]
    rows = [
        [f"L{n}", DAY, "Won" if n == 1 else "New", source, *([mediums[n - 1]] if mediums else [])]
        for n, source in enumerate(sources, 1)
    ]
    return [header, *rows]


def spend_of(**costs):
    return read_spend_frame(
        [["Date", "Channel", "Cost"], *[[DAY, name.replace("_", " "), cost] for name, cost in costs.items()]]
    )


def sources(rows, spend=None, **names):
    """By source: leads and cost per lead."""
    leads = read_frame(rows, ReadOptions(channels=names.get("channels", {})))
    made = as_json(build(leads, spend))
    return {row["group"]: (row["leads"], row.get("cpl")) for row in made["by"]["source"] if row["group"] != "(total)"}


@pytest.mark.parametrize(
    ("spellings", "channel"),
    [
        (["google", "GOOGLE ADS", "adwords", "Google / CPC", "google_cpc"], "Google Ads"),
        (["fb", "ig", "facebook.com", "Meta", "Instagram Ads", "l.facebook.com", "Facebook - Paid Social"], "Facebook"),
        (["Bing", "microsoft advertising", "bing / cpc", "Bing Ads"], "Microsoft Ads"),
        (["LinkedIn Ads", "linkedin", "lnkd.in", "LinkedIn Sponsored Content"], "LinkedIn"),
        (["yandex", "Яндекс.Директ", "yandex / cpc", "Яндекс Реклама"], "Yandex Direct"),
        (["TikTok", "tiktok ads", "tik tok / cpc"], "TikTok"),
        (["вконтакте", "VK реклама", "vk.com"], "VK"),
        (["reklama google", "Google", "google / płatne"], "Google Ads"),
        (["Google Anzeigen", "google werbung"], "Google Ads"),
    ],
)  # fmt: skip
def test_spellings_of_one_channel_are_one(spellings, channel):
    assert sources(leads_of([*spellings, "Referral"])) == {channel: (len(spellings), None), "Referral": (1, None)}
    # ... and so where they meet in the spend alone
    for spelling in spellings:
        found = sources(leads_of([spelling, "Referral"]), spend_of(**{channel: 90.0}))
        assert list(found.values()) == [(1, 90.0), (1, None)]


@pytest.mark.parametrize(
    "spelling",
    ["Organic Search", "google / organic", "Facebook Organic", "organic social", "google.com", "Google Maps", "metal",
     "Direct", "Facebook group", "LinkedIn message", "xing", "Google Workspace partner", "email", "(none)x"],
)  # fmt: skip
def test_what_looks_like_a_channel_and_is_none_stays(spelling):
    costs = spend_of(Google_Ads=10.0, Facebook=10.0, LinkedIn=10.0)
    assert sources(leads_of([spelling, "Google Ads"]), costs)[spelling] == (1, None)


@pytest.mark.parametrize(("spelling", "other"), [("Google", "Referral"), ("fb", "Event"), ("paid search", "email")])
def test_a_lone_spelling_stays_as_it_is_written(spelling, other):
    assert set(sources(leads_of([spelling, spelling, other]))) == {spelling, other}


def test_organic_leads_are_not_in_the_cost_of_the_paid_channel():
    rows = leads_of(
        ["google", "Google ", "bing", "google", "facebook", "facebook", "fb", "newsletter"],
        ["cpc", "CPC", "organic", "organic", "social", "paid_social", "paid", "email"],
    )
    found = sources(rows, spend_of(google=100.0, Facebook_Ads=60.0))
    assert found == {
        "google": (2, 50.0), "Facebook": (2, 30.0), "google / organic": (1, None), "facebook / social": (1, None),
        "bing": (1, None), "newsletter": (1, None),
    }  # fmt: skip


def test_without_cost_and_without_other_spellings_a_medium_changes_nothing():
    assert sources(leads_of(["google", "google", "x1"], ["cpc", "organic", "cpc"])) == {
        "google": (2, None),
        "x1": (1, None),
    }


@pytest.mark.parametrize(
    ("others", "spend", "found"),
    [
        (["google"], {"Google Ads": 30.0}, "Google Ads"),
        (["Web"], {"adwords": 30.0}, "Google Ads"),
        (["Web", "LinkedIn"], {"Bing Ads": 30.0}, "Microsoft Ads"),
        (["google"], {"Google Ads": 30.0, "Bing": 10.0}, "Paid Search"),
        (["bing", "Google Ads"], {"Google Ads": 30.0}, "Paid Search"),
        (["Web"], {"LinkedIn": 30.0}, "Paid Search"),
    ],
)
def test_paid_search_is_the_only_search_engine_there_is(others, spend, found):
    made = sources(leads_of(["Paid Search", *others]), spend_of(**spend))
    assert found in made
    assert ("Paid Search" in made) == (found == "Paid Search")


def test_paid_search_of_several_engines_is_a_warning_that_names_them():
    leads = read_frame(leads_of(["Paid Search", "Paid Search", "bing", "Google Ads"]))
    [unclear] = [one for one in build(leads, spend_of(Google_Ads=30.0)).findings if one.kind == "channel_unclear"]
    assert (unclear.severity, unclear.count) == ("warning", 2)
    assert unclear.value == "Paid Search: Google Ads / bing"


def test_what_was_joined_is_told_with_leads_and_spend():
    leads = read_frame(leads_of(["adwords", "google", "google", "fb"]))
    [joined] = [one for one in build(leads, spend_of(Google_Ads=30.0)).findings if one.kind == "channels_joined"]
    assert (joined.count, joined.value) == (3, "google, adwords, Google Ads → Google Ads (30.00)")


def test_the_user_decides():
    rows = leads_of(["fb", "blog ads", "google", "adwords"])
    found = sources(rows, channels={"Blog Ads": "Facebook", "google": "google"})
    # what one spelling is called renames no other: adwords is what it would be without her
    assert found == {"Facebook": (2, None), "google": (1, None), "Google Ads": (1, None)}
    by_medium = leads_of(["google", "google"], ["feed", "organic"])
    found = sources(by_medium, spend_of(Google_Ads=30.0), channels={"google / feed": "Google Ads"})
    assert found == {"Google Ads": (1, 30.0), "google / organic": (1, None)}
    # a source alone is not what nobody paid for
    found = sources(by_medium, spend_of(Ads=30.0), channels={"google": "Ads"})
    assert found == {"Ads": (1, 30.0), "google / organic": (1, None)}


def test_names_that_a_filter_leaves_no_rows_of_are_still_listed():
    options = ReadOptions(channels={"Web": "Site", "fb": "Meta"})
    leads, _, _ = with_channels(read_frame(leads_of(["fb", "Facebook"]), options))
    assert {(one.spelling, one.channel, one.recognised, one.rows) for one in leads.channels} == {
        ("fb", "Meta", "Facebook", 1), ("Facebook", "Facebook", "Facebook", 1), ("Web", "Site", "Web", 0),
    }  # fmt: skip


def test_a_name_for_what_is_not_there_is_a_warning():
    leads, _, _ = with_channels(read_frame(leads_of(["fb"]), ReadOptions(channels={"FB": "Facebook", "ggl": "Google"})))
    [unused] = [one for one in leads.findings if one.kind == "unused_channel"]
    assert (unused.severity, unused.value) == ("warning", "ggl")


def test_touches_follow():
    leads = read_frame(leads_of(["google", "Web"]))
    touches = read_touches_frame(
        [["Lead ID", "Time", "Channel"], ["L1", DAY, "AdWords"], ["L1", DAY, "Google / CPC"], ["L2", DAY, "Web"]]
    )
    renamed, _, followed = with_channels(leads, spend_of(Google_Ads=5.0), touches)
    assert renamed.frame["source"].to_list() == ["Google Ads", "Web"]
    assert sorted(followed.frame["channel"].to_list()) == ["Google Ads", "Google Ads", "Web"]


@pytest.mark.parametrize("engine", ["pandas", "lazy", "duckdb"])
def test_engines_agree(engine):
    header, *rows = leads_of(
        ["google", "Google ", "adwords", "google", "fb", "Meta", "bing", None],
        ["cpc", "CPC", None, "organic", "paid", "social", "(none)", "cpc"],
    )
    memory = build(read_frame([header, *rows]), spend_of(Google_Ads=100.0, Facebook=5.0))
    frame = pl.DataFrame(rows, schema=header, orient="row")
    given = {"pandas": frame.to_pandas, "lazy": frame.lazy, "duckdb": lambda: duckdb.from_arrow(frame.to_arrow())}
    made = build(read_frame(given[engine]()), spend_of(Google_Ads=100.0, Facebook=5.0))
    assert as_json(made)["by"]["source"] == as_json(memory)["by"]["source"]
    assert made.channels == memory.channels
    assert "google / organic" in {row["group"] for row in made.by["source"].rows()}


def test_a_table_made_elsewhere_is_counted_here():
    leads = read_frame(pd.DataFrame(leads_of(["fb", "Meta"])[1:], columns=leads_of([])[0]))
    assert {one.channel for one in with_channels(leads)[0].channels} == {"Facebook"}
    twice = with_channels(with_channels(leads)[0])[0]
    assert twice.frame["source"].to_list() == ["Facebook", "Facebook"]


def test_a_source_of_thousands_of_words_costs_no_more_than_it_is_long():
    def work(words):
        leads = read_frame(leads_of([f"note {n} " + "was taken there " * words for n in range(10)]))
        with_channels(leads, None, None)

    assert growth(work, 1_000) < 8
