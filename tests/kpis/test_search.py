"""Finding a KPI by any of its names."""

import pytest

from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.search import _rank, nearest, search


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
        ("ARPU", "ARPC"),
        ("average revenue per user", "ARPC"),
        ("LTV", "CLTV"),
        ("lifetime value", "CLTV"),
        ("time to close", "SALESCYCLE"),
        ("czas do zamknięcia", "SALESCYCLE"),
        ("время до закрытия сделки", "SALESCYCLE"),
        ("remaining pipeline coverage", "PIPECOV"),
        ("magic number", "MAGICNUMBER"),
        ("burn multiple", "BURNMULTIPLE"),
        ("rule of 40", "RULEOF40"),
        ("правило 40", "RULEOF40"),
        ("MRR churn", "MRRCHURN"),
        ("revenue churn", "MRRCHURN"),
        ("p-value", "RATETEST"),
        ("significance", "RATETEST"),
        ("Newcombe", "RATEDIFFCI"),
        ("sample size", "SAMPLESIZE"),
        ("wielkość próby", "SAMPLESIZE"),
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


def test_ranks_one_below_the_other():
    cpl = CATALOGUE["CPL"]
    assert [
        _rank(cpl, words) for words in ("cpl", "cost per lead", "per lead", "lead per", "marketing spend", "x")
    ] == [
        0,
        0,
        1,
        2,
        3,
        4,
    ]


def test_equal_matches_stand_in_the_order_of_the_catalogue():
    found = [kpi.name for kpi in search("qualified leads")]
    order = list(CATALOGUE)
    ranks = {name: _rank(CATALOGUE[name], "qualified leads") for name in found}
    assert found == sorted(found, key=lambda name: (ranks[name], order.index(name)))
    assert len(set(ranks.values())) > 1


def test_nearest():
    assert nearest("winrat")[0] == "WINRATE"
    assert nearest("CPLL")[0] == "CPL"
    assert nearest("zzzzzz") == []
    assert len(nearest("CP")) <= 3
