"""Finding a KPI by any of its names."""

import pytest

from xl_leadkpi.kpis.search import nearest, search


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("CPL", "CPL"),
        ("cost per lead", "CPL"),
        ("koszt leada", "CPL"),
        ("Koszt za lead", "CPL"),
        ("стоимость лида", "CPL"),
        ("цена за лид", "CPL"),
        ("win rate", "WINRATE"),
        ("współczynnik wygranych", "WINRATE"),
        ("wspolczynnik wygranych", "WINRATE"),
        ("процент побед", "WINRATE"),
        ("vovlechennost", None),
        ("вовлеченность", "ENGAGEMENTS"),
        ("вовлечённость", "ENGAGEMENTS"),
        ("ROAS", "ROAS"),
        ("lead velocity", "LVR"),
        ("lifetime customer value", "CLTV"),
        ("cac", "CAC"),
        ("churn", "CHURNRATE"),
        ("wilson", "CONVCI"),
        ("e-mails returned", "EMAILBOUNCE"),
    ],
)
def test_best_match(words, name):
    found = [kpi.name for kpi in search(words)]
    assert (found[:1] == [name]) if name else not found


def test_ranks():
    def ranked(words, *names):
        found = [kpi.name for kpi in search(words)]
        places = [found.index(name) for name in names]
        assert places == sorted(places)

    ranked("interactions", "ENGAGEMENTS", "ENGRATE")  # the very alias, then the description
    assert next(kpi.name for kpi in search("rate lead conversion")) == "LEADCONV"  # all words in one name, in any order
    assert {kpi.name for kpi in search("phone")} == set()
    assert [kpi.name for kpi in search("MQL-to-SQL")] == [kpi.name for kpi in search("mql to sql")] != []


def test_exact_names_come_before_parts_of_names_before_descriptions():
    names = [kpi.name for kpi in search("churn")]
    assert names.index("CHURNRATE") < names.index("NRR")
    assert [kpi.name for kpi in search("NPS")][:2] == ["NPS", "NPSCORE"]


def test_nearest():
    assert nearest("winrat")[0] == "WINRATE"
    assert nearest("CPLL")[0] == "CPL"
    assert nearest("zzzzzz") == []
    assert len(nearest("CP")) <= 3
