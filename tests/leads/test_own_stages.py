"""Stages of the user's own: found in the words of an export, in the order that something tells."""

import json
from datetime import date, timedelta
from itertools import permutations
from random import Random

import duckdb
import polars as pl
import pytest

from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, read, read_frame, read_query
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.stage import OwnStage

pytestmark = pytest.mark.long

AS_OF = date(2026, 6, 30)
SALESFORCE = [
    ("Prospecting", 10), ("Qualification", 10), ("Needs Analysis", 20), ("Value Proposition", 50),
    ("Id. Decision Makers", 60), ("Perception Analysis", 70), ("Proposal/Price Quote", 75), ("Negotiation/Review", 90),
]  # fmt: skip
ZOHO = ["Qualification", "Needs Analysis", "Value Proposition", "Identify Decision Makers", "Proposal/Price Quote",
        "Negotiation/Review"]  # fmt: skip
HUBSPOT = ["Appointment Scheduled", "Qualified To Buy", "Presentation Scheduled", "Decision Maker Bought-In",
           "Contract Sent"]  # fmt: skip
PIPEDRIVE = ["Qualified", "Contact Made", "Demo Scheduled", "Proposal Made", "Negotiations Started"]
AMOCRM = ["Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора"]
MADE_UP = ["Warteschleife", "Kickoff", "Scoping", "Blaupause", "Vorstand"]


def reading(**options):
    return ReadOptions(as_of=AS_OF, today=AS_OF, **options)


def deals(words, extra=(), *, rows=240, seed=1, won="Closed Won", lost="Closed Lost"):
    """Rows of deals, each stage with as many open ones; further columns by word."""
    draw = Random(seed)
    names = [*words, won, lost]
    lines = [
        ["Deal ID", "Deal Name", "Stage", "Amount", "Created Date", "Last open stage", *(name for name, _ in extra)]
    ]
    for number in range(rows):
        word = names[number % len(names)]
        before = draw.choice(words) if word == lost else ""
        day = date(2026, 1, 1) + timedelta(draw.randint(0, 150))
        told = [value(word) for _, value in extra]
        lines.append([f"D{number}", f"Deal {number}", word, 100, day.isoformat(), before, *told])
    return [lines[0], *draw.sample(lines[1:], rows)]


def own(table):
    return [stage.name for stage in table.pipeline if stage.is_own]


def kinds(table):
    return {one.kind for one in table.findings}


def by_probability(pairs):
    chances = dict(pairs) | {"Closed Won": 100, "Closed Lost": 0}
    return ("Probability (%)", lambda word: chances[word])


@pytest.mark.parametrize("seed", range(3))
def test_salesforce_in_the_order_of_its_probabilities(seed):
    names = [name for name, _ in SALESFORCE]
    table = read_frame(deals(names, [by_probability(SALESFORCE)], seed=seed), reading())
    assert own(table) == names
    assert table.stages_told_by == "probability"
    report = as_json(build(table))
    assert [row["stage"] for row in report["stages"]] == [*names, "Won"]


@pytest.mark.parametrize(
    ("names", "told_by"),
    [(ZOHO, "vocabulary"), (HUBSPOT, "vocabulary"), (PIPEDRIVE, "vocabulary"), (AMOCRM, "vocabulary")],
    ids=["zoho", "hubspot", "pipedrive", "amocrm"],
)
def test_the_order_in_which_a_crm_ships_its_stages(names, told_by):
    for seed in range(3):
        table = read_frame(deals(Random(seed).sample(names, len(names)), seed=seed), reading(stages="own"))
        assert (own(table), table.stages_told_by) == (names, told_by)


def test_auto_is_own_only_where_three_words_would_be_one():
    assert own(read_frame(deals(ZOHO), reading())) == ZOHO
    assert own(read_frame(deals(ZOHO), reading(stages="canonical"))) == []
    # two of a longer list that count as one are left to the usual funnel, and so is what has a bar each
    for names in (HUBSPOT, PIPEDRIVE, AMOCRM, ["Demo", "Trial", "Contract"]):
        table = read_frame(deals(names), reading())
        assert own(table) == []
        assert not kinds(table) & {FindingKind.OWN_STAGES, FindingKind.STAGES_MERGED}


THREE = {
    "en": ["Discovery", "Trial", "Contract"],
    "of ours": ["Intake", "Pilot", "Signature"],
    "de": ["Erstgespräch", "Pilot", "Vertrag"],
    "pl": ["Zapytanie", "Wycena", "Umowa"],
    "ru": ["Заявка", "Замер", "Договор"],
}
WITH_UNKNOWN = {"of ours", "ru"}
"""Those with a word that is in no vocabulary: the usual funnel has a bar for each of the others."""


def three_stages(words, won, lost, *, seed=4, rows=90, closed="Closed"):
    """Deals of a pipeline of three stages with the CRM's chances; and the log of the way each went."""
    draw = Random(seed)
    chances = {word: 20 + 25 * place for place, word in enumerate(words)} | {won: 100, lost: 0}
    lines = [["Deal ID", "Stage", "Amount", "Create Date", closed, "Probability (%)"]]
    log = [["Deal ID", "Stage", "Changed at"]]
    for number in range(rows):
        end = draw.choice(("", won, lost))
        way = [*(words if end == won else words[: draw.randint(1, 3)]), *([end] if end else [])]
        created = day = date(2026, 1, 1) + timedelta(number % 50)
        for word in way:
            log.append([f"D{number}", word, day.isoformat()])
            last, day = day, day + timedelta(draw.randint(1, 6))
        lines.append(
            [f"D{number}", way[-1], 100, created.isoformat(), last.isoformat() if end else "", chances[way[-1]]]
        )
    return lines, log


@pytest.mark.parametrize("language", THREE)
@pytest.mark.parametrize("mode", ["auto", "own"])
def test_a_pipeline_of_three_stages(language, mode):
    words = THREE[language]
    lines, log = three_stages(words, "Won", "Lost")
    by_chance = read_frame(lines, reading(stages=mode))
    without = [line[:5] for line in lines]
    by_history = read_frame(without, reading(stages=mode), history=log)
    if mode == "auto" and language not in WITH_UNKNOWN:
        assert own(by_chance) == own(by_history) == []
        return
    for table, told_by in ((by_chance, "probability"), (by_history, "history")):
        assert (own(table), table.stages_told_by) == (words, told_by)


@pytest.mark.parametrize("language", THREE)
@pytest.mark.parametrize("mode", ["auto", "own"])
def test_outcomes_by_words_that_nobody_knows(language, mode):
    words = THREE[language]
    lines, log = three_stages(words, "Bingo", "Papierkorb")
    table = read_frame(lines, reading(stages=mode))
    shown = words if mode == "own" or language in WITH_UNKNOWN else []
    assert own(table) == shown
    at = {word.word: (word.stage, word.origin) for word in table.words}
    meant = (("Won", "guessed"), ("Lost", "guessed")) if shown else ((None, "unknown"), (None, "unknown"))
    assert (at["Bingo"], at["Papierkorb"]) == meant
    outcomes = {
        name: sum(line[1] == word for line in lines) for name, word in (("won", "Bingo"), ("lost", "Papierkorb"))
    }
    summary = as_json(build(table))["summary"]
    assert {name: summary[name] for name in outcomes} == outcomes
    # where no other column tells them they are asked for
    bare = [line[:5] for line in lines]
    if mode == "own":
        with pytest.raises(InputError, match=r'No word is known to mean Won or Lost: .*--stage "WORD=Won" and'):
            read_frame(bare, reading(stages="own"), history=log)
    said = read_frame(bare, reading(stages=mode, words={"Bingo": "Won", "Papierkorb": "Lost"}), history=log)
    assert own(said) == shown


@pytest.mark.parametrize(
    ("header", "field"),
    [("Closed", "close_date"), ("Закрыто", "close_date"), ("Zamknięte", "close_date"), ("Won", "won_date"),
     ("Verloren", "lost_date"), ("Is Closed", "close_date")],
)  # fmt: skip
def test_days_under_the_header_of_a_flag_are_days(header, field):
    lines, _ = three_stages(THREE["en"], "Won", "Lost", closed=header)
    table = read_frame(lines, reading())
    assert {column.header: column.field for column in table.columns}[header] == field
    assert FindingKind.REFUSED_COLUMN not in kinds(table)
    days = {line[0]: line[4] for line in lines[1:]}
    ends = [line[0] for line in lines[1:] if line[1] == ("Lost" if field == "lost_date" else "Won")]
    told = dict(zip(table.frame["lead_id"], table.frame["d_lost" if field == "lost_date" else "d_won"], strict=True))
    base = date(1899, 12, 30)
    assert [told[one] for one in ends] == [(date.fromisoformat(days[one]) - base).days for one in ends]
    # yes and no stay what they were
    flags = [
        [*line[:4], ("yes" if line[4] else "no") if place else header, *line[5:]] for place, line in enumerate(lines)
    ]
    assert {column.header: column.field for column in read_frame(flags, reading()).columns}[header].startswith("is_")


def test_the_same_counts_whatever_the_stages_are_called():
    rows = deals([name for name, _ in SALESFORCE], [by_probability(SALESFORCE)])
    usual, ours = (as_json(build(read_frame(rows, reading(stages=mode))))["summary"] for mode in ("canonical", "auto"))
    for key in ("leads", "opportunities", "proposals", "won", "lost", "open", "win_rate", "revenue", "pipeline",
                "lost_opportunities"):  # fmt: skip
        assert ours[key] == usual[key], key
        assert ours[key] is not None, key


def test_numbers_in_the_words_go_first():
    names = [f"{number}. {word}" for number, word in enumerate(reversed(MADE_UP), start=1)]
    chances = [(name, 90 - 10 * number) for number, name in enumerate(names)]
    table = read_frame(deals(names, [by_probability(chances)]), reading())
    assert own(table) == names
    assert table.stages_told_by == "numbers"
    # and the probabilities say the opposite, which is told
    [odd] = [one for one in table.findings if one.kind is FindingKind.STAGE_ORDERS_DIFFER]
    assert odd.details["words"] == (names[0], names[1])
    assert odd.details["other"] == "probability"


def test_a_numbered_word_that_nobody_knows_is_not_taken_for_the_first_stage():
    names = ["1. Enquiry", "2. Quote", "3. Order agreed"]
    table = read_frame(deals(names), reading())
    assert own(table) == names
    assert table.stages_told_by == "numbers"
    assert FindingKind.UNKNOWN_WORDS not in kinds(table)
    # without numbers two words may as well be anything
    assert own(read_frame(deals(["Enquiry", "Quote", "Order agreed"]), reading())) == []


@pytest.mark.parametrize("odd", ["1e400", "9" * 400, "inf"])
def test_a_probability_beyond_all_numbers_is_none(odd):
    chances = [("Qualification", odd), ("Proposal", 50)]
    table = read_frame(deals([name for name, _ in chances], [by_probability(chances)]), reading())
    assert own(table) == []
    told = {word.word: word.chance for word in reversed(table.words)}  # those of the last open stage come behind
    assert (told["Qualification"], told["Proposal"]) == (None, 50)
    json.dumps(as_json(build(table)), allow_nan=False)


@pytest.mark.parametrize("count", [3, 15])
def test_made_up_stages_by_probability(count):
    names = [f"Stufe {letter}" for letter in "QWERTZUIOPASDFG"[:count]]
    pairs = [(name, 5 + 6 * number) for number, name in enumerate(names)]
    table = read_frame(deals(names, [by_probability(pairs)], rows=400), reading())
    assert own(table) == names
    assert FindingKind.UNKNOWN_WORDS not in kinds(table)
    # which is told, for nobody can know that none of them is another word for a loss
    [told] = [one for one in table.findings if one.kind is FindingKind.WORDS_AS_STAGES]
    assert (set(told.details["words"]), told.severity) == (set(names), "warning")
    listed = read_frame(deals(names, rows=400), reading(own_stages=tuple(map(OwnStage, names))))
    assert FindingKind.WORDS_AS_STAGES not in kinds(listed)
    assert [row["stage"] for row in as_json(build(table))["stages"]] == [*names, "Won"]


def test_unknown_words_that_may_be_outcomes_are_no_stages():
    pairs = [(name, 20 + number) for number, name in enumerate(MADE_UP)]
    sure = dict(pairs) | {"Vorstand": 100, "Closed Won": 100, "Closed Lost": 0}
    table = read_frame(deals(MADE_UP, [("Probability", sure.get)]), reading())
    assert own(table) == []
    assert FindingKind.UNKNOWN_WORDS in kinds(table)
    # nor where the table knows no win or no loss by another word
    for won, lost in (("Fertig", "Closed Lost"), ("Closed Won", "Papierkorb")):
        chances = dict(pairs) | {won: 95, lost: 5}
        table = read_frame(deals(MADE_UP, [("Probability", chances.get)], won=won, lost=lost), reading())
        assert own(table) == []


def test_nothing_tells_the_order():
    names = ["New", "Contacted", "Attempted to contact", "Qualified"]
    rows = [
        ["Lead ID", "Created", "Stage"],
        *([f"L{i}", "2026-02-03", (*names, "Won", "Lost")[i % 6]] for i in range(60)),
    ]
    table = read_frame(rows, reading())
    assert own(table) == []
    [merged] = [one for one in table.findings if one.kind is FindingKind.STAGES_MERGED]
    assert set(merged.details["words"]) == {"New", "Contacted", "Attempted to contact"}
    with pytest.raises(InputError, match=r"nothing tells the order .*'New'.*\[\[stages\]\]"):
        read_frame(rows, reading(stages="own"))
    with pytest.raises(InputError, match=r"wants 2 to 20 words .* there are 1: 'New'"):
        read_frame([rows[0], ["L1", "2026-02-03", "New"], ["L2", "2026-02-03", "Won"]], reading(stages="own"))


BEHIND = {
    "de": ["1. Neu", "2. Pilot", "3. Angebot", "4. Gewonnen", "5. Verloren", "6. Kein Bedarf", "7. Archiv"],
    "pl": ["1. Nowy", "2. Oferta", "3. Wygrana", "4. Przegrana", "5. Archiwum", "6. Segregator"],
    "ru": ["1. Новый", "2. Переговоры", "3. Выиграна", "4. Проиграна", "5. Чёрный список", "6. Мусор"],
}


@pytest.mark.parametrize("mode", ["auto", "canonical"])
@pytest.mark.parametrize("language", BEHIND)
def test_what_is_numbered_behind_an_outcome_is_neither_won_nor_a_stage(language, mode):
    names = BEHIND[language]
    rows = [
        ["ID", "Created", "Stage"],
        *([f"{n}", "2026-02-03", names[n % len(names)]] for n in range(len(names) * 10)),
    ]
    table = read_frame(rows, reading(stages=mode))
    summary = as_json(build(table))["summary"]
    assert (summary["won"], summary["lost"]) == (10, 10)
    behind = [word for word in table.words if word.word in names[-2:]]
    assert {(word.stage, word.origin) for word in behind} == {(None, "unknown")}
    assert own(table) == []
    assert FindingKind.UNKNOWN_WORDS in kinds(table)


def test_listed_stages_that_do_not_fit_are_told():
    rows = deals(ZOHO)
    listed = tuple(map(OwnStage, ["Qualifcation", "Needs Analysis", "Proposal/Price Quote"]))
    found = {one.kind: one for one in read_frame(rows, reading(own_stages=listed)).findings}
    assert found[FindingKind.STAGES_NOT_MET].details["words"] == ("Qualifcation",)
    left = {"Qualification", "Value Proposition", "Identify Decision Makers"}  # the vocabulary knows a stage for them
    assert set(found[FindingKind.UNLISTED_WORDS].details["words"]) == left
    assert found[FindingKind.UNLISTED_WORDS].count >= sum(row[2] in left for row in rows)
    assert found[FindingKind.UNKNOWN_WORDS].details["word"] == "Negotiation/Review"
    whole = read_frame(rows, reading(own_stages=tuple(map(OwnStage, ZOHO))))
    assert not kinds(whole) & {FindingKind.STAGES_NOT_MET, FindingKind.UNLISTED_WORDS}


def history(order, *, leads=60, back=0, seed=2):
    """A log in which leads go the stages in order, some one step back and on again."""
    draw, lines = Random(seed), [["Deal ID", "Stage", "Changed at"]]
    for number in range(leads):
        came = draw.randint(2, len(order))
        way = list(order[:came])
        if number < back:
            way += [way[-2], way[-1]]
        way += draw.choice(([], ["Closed Won"], ["Closed Lost"]))
        day = date(2026, 1, 1) + timedelta(draw.randint(0, 60))
        for word in way:
            lines.append([f"D{number}", word, day.isoformat()])
            day += timedelta(draw.randint(1, 5))
    return lines


@pytest.mark.parametrize("seed", range(3))
def test_the_way_that_most_went(seed, tmp_path):
    order = Random(seed).sample(MADE_UP, len(MADE_UP))
    lines = history(order, back=15, seed=seed)
    path = tmp_path / "log.csv"
    path.write_text("\n".join(",".join(line) for line in lines))
    words = {"Warteschleife": "SQL"}  # one word is enough to make a log of stages of it
    table = read(path, reading(words=words))
    assert own(table) == order
    assert table.stages_told_by == "history"
    reached = {row["stage"]: row["reached"] for row in as_json(build(table))["stages"]}
    ways = {}
    for deal, word, _ in lines[1:]:
        ways.setdefault(deal, []).append(word)
    won = {deal for deal, way in ways.items() if way[-1] == "Closed Won"}
    for place, name in enumerate(order):
        came = sum(deal in won or any(word in order[place:] for word in way) for deal, way in ways.items())
        assert reached[name] == came


def test_a_loop_in_the_history(tmp_path):
    lines = [["Deal ID", "Stage", "Changed at"]]
    for number, (one, two) in enumerate(
        [("Scoping", "Blaupause"), ("Blaupause", "Vorstand"), ("Vorstand", "Scoping")] * 5
    ):
        way = ["Kickoff", one, two, ("Closed Won", "Closed Lost")[number % 2]]
        lines += [[f"D{number}", word, f"2026-02-0{day}"] for day, word in enumerate(way, start=2)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(",".join(line) for line in lines))
    table = read(path, reading(words={"Scoping": "SQL"}))
    assert own(table) == []
    [loop] = [one for one in table.findings if one.kind is FindingKind.STAGE_LOOP]
    assert set(loop.details["words"]) == {"Scoping", "Blaupause", "Vorstand"}


def test_days_of_the_stages_tell_their_order():
    names = ["Vorstand", "Kickoff", "Scoping"]
    header = [
        "Deal ID",
        "Create Date",
        "Deal Stage",
        "Close Date",
        *(f'Date entered "{name} (Sales)"' for name in names),
    ]
    lines, draw = [header], Random(5)
    order = ["Kickoff", "Vorstand", "Scoping"]
    for number in range(90):
        came = draw.randint(1, 3)
        day, days = date(2026, 1, 1) + timedelta(draw.randint(0, 60)), {}
        for name in order[:came]:
            days[name] = day.isoformat()
            day += timedelta(draw.randint(1, 9))
        end = draw.choice(("", "Closed Won", "Closed Lost")) if came == 3 else ""
        lines.append([f"D{number}", "2026-01-01", end or order[came - 1], day.isoformat() if end else "",
                      *(days.get(name, "") for name in names)])  # fmt: skip
    table = read_frame(lines, reading())
    assert own(table) == order
    assert table.stages_told_by == "dates"


def test_stages_as_listed():
    listed = (OwnStage("Early", ("Qualification", "Needs Analysis")), OwnStage("Middle", ("Value Proposition",)),
              OwnStage("Late", ("Negotiation/Review",), "Proposal"))  # fmt: skip
    names = ["Qualification", "Needs Analysis", "Value Proposition", "Negotiation/Review"]
    rows = deals(names)
    table = read_frame(rows, reading(own_stages=listed, own_win=OwnStage("Signed")))
    assert own(table) == ["Early", "Middle", "Late", "Signed"]
    at = {word.word: word.stage for word in table.words}
    assert [at[name] for name in names] == ["Early", "Early", "Middle", "Late"]
    report = as_json(build(table))
    rows_of = {name: sum(row[2] == name for row in rows) for name in (*names, "Closed Won", "Closed Lost")}
    assert report["summary"]["won"] == rows_of["Closed Won"]
    now = {row["stage"]: row["in_stage_now"] for row in report["stages"]}
    assert now["Early"] == rows_of["Qualification"] + rows_of["Needs Analysis"]
    # words of the user's own for them
    told = read_frame(rows, reading(own_stages=listed, words={"Value Proposition": "late"}))
    assert {word.word: word.stage for word in told.words}["Value Proposition"] == "Late"
    with pytest.raises(InputError, match=r"'Sideways' is no stage. The stages are: .*Early, Middle, Late"):
        read_frame(rows, reading(own_stages=listed, words={"Value Proposition": "Sideways"}))


def test_words_that_the_user_explains_stand_for_stages():
    names = ["Warteschleife", "Kickoff", "Scoping"]
    pairs = [(name, 20 + 20 * place) for place, name in enumerate(names)]
    rows = deals(names, [by_probability(pairs)])
    table = read_frame(rows, reading(stages="own", words={"Scoping": "Proposal"}))
    assert own(table) == names
    assert table.pipeline["Scoping"].stands_for == "Proposal"
    assert not [one for one in table.findings if one.kind is FindingKind.UNUSED_STAGE_WORD]


def test_deals_of_leads_have_the_stages_of_the_deals(tmp_path):
    leads = ["Lead ID,Created,Status,Email"]
    leads += [f"L{i},2026-01-0{i % 9 + 1},{('New', 'MQL', 'SQL')[i % 3]},p{i}@example.com" for i in range(60)]
    names = [*ZOHO, "Closed Won", "Closed Lost"]
    second = ["Deal ID,Lead ID,Stage,Amount,Created"]
    second += [f"D{i},L{i},{names[i % len(names)]},100,2026-02-03" for i in range(40)]
    for name, lines in (("leads.csv", leads), ("deals.csv", second)):
        (tmp_path / name).write_text("\n".join(lines))
    table = read(tmp_path / "leads.csv", reading(), deals=tmp_path / "deals.csv")
    assert own(table) == ZOHO
    stages = {row["stage"]: row["reached"] for row in as_json(build(table))["stages"]}
    assert list(stages) == ["Lead", "MQL", "SQL", *ZOHO, "Won"]
    assert stages["Lead"] == 60
    assert stages["Qualification"] == 40  # every deal is an opportunity


@pytest.mark.parametrize("order", list(permutations(range(3)))[:4])
def test_engines_find_the_same(order):
    pairs = [(name, 10 + 20 * place) for place, name in enumerate(ZOHO)]
    lines = deals([ZOHO[place] for place in order] + ZOHO[3:], [by_probability(pairs)])
    frame = pl.DataFrame(lines[1:], lines[0], orient="row")
    memory = as_json(build(read_frame(frame, reading())))
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    for lazy in (frame.lazy(), connection.table("deals")):
        table = read_query(lazy, reading())
        assert own(table) == ZOHO
        assert as_json(build(table))["stages"] == memory["stages"]
