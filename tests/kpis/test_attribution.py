"""Attribution weights; figures from the funnel specification's table of models, or by hand."""

import pandas as pd
import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.attribution import MODELS, RULES, model_named

PATHS = ["Ads", "Mail", "SEO", "Mail", "Ads"]


@pytest.mark.parametrize(
    ("model", "touches", "weights"),
    [
        ("first", 3, [1, 0, 0]),
        ("last", 3, [0, 0, 1]),
        ("linear", 4, [0.25] * 4),
        ("ushape", 1, [1]),
        ("ushape", 2, [0.5, 0.5]),
        ("ushape", 3, [0.4, 0.2, 0.4]),
        ("ushape", 4, [0.4, 0.1, 0.1, 0.4]),
        (" UShape ", 4, [0.4, 0.1, 0.1, 0.4]),
    ],
)
def test_by_position(model, touches, weights):
    assert kpis.ATTRIB(PATHS[:touches], model) == pytest.approx(weights)


def test_as_the_touches_come():
    path = pd.Series(["Ads", None, "SEO"], index=[7, 8, 9])
    weights = kpis.ATTRIB(path, "linear")
    assert weights.index.tolist() == [7, 8, 9]
    assert weights.fillna(-1).tolist() == [0.5, -1, 0.5]  # a blank is nan in a Series
    assert kpis.ATTRIB([["Ads", "SEO"]], "first") == [[1.0, 0.0]]
    assert kpis.ATTRIB([], "linear") == ""
    assert kpis.ATTRIB([], "decay", []) == ""


def test_excel_text_is_the_lambda_called():
    kpi = CATALOGUE["ATTRIB"]
    assert kpi.excel_text("A2:A4", "BX") == f"{kpi.lambda_text()}(A2:A4,BX)"
    assert kpi.excel_text("A2:A4", "B2", None, None, 1) == f"{kpi.lambda_text()}(A2:A4,B2,,,1)"


@pytest.mark.parametrize(
    ("touches", "lead", "opportunity", "weights"),
    [
        (5, 2, 4, [0.3, 0.3, 0.05, 0.3, 0.05]),
        (3, 2, 3, [1 / 3] * 3),
        (3, 1, 3, [0.6, 0.1, 0.3]),
        (2, 1, 1, [0.9, 0.1]),
        (2, 2, 2, [1 / 3, 2 / 3]),
        (1, 1, 1, [1]),
    ],
)
def test_wshape(touches, lead, opportunity, weights):
    result = kpis.ATTRIB(PATHS[:touches], "wshape", lead_touch=lead, opp_touch=opportunity)
    assert result == pytest.approx(weights)


@pytest.mark.parametrize(
    ("lead", "opportunity"), [(0, 1), (1, 0), (4, 1), (1, 4), (1.5, 1), (1, 2.5), (None, 1), (1, None)]
)
def test_position_outside(lead, opportunity):
    assert kpis.ATTRIB(PATHS[:3], "wshape", None, None, lead, opportunity) is CellError.NUM
    assert kpis.ATTRIB(PATHS[:3], "linear", None, None, lead, opportunity) == pytest.approx([1 / 3] * 3)


def test_decay():
    assert kpis.ATTRIB(PATHS[:3], "decay", [15, 8, 1]) == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, 0], 1) == pytest.approx([1 / 3, 2 / 3])
    assert kpis.ATTRIB(PATHS[:2], "decay", [90_000, 90_000]) == pytest.approx([0.5, 0.5])
    assert kpis.ATTRIB(PATHS[:1], "decay") == [1.0]
    weights = kpis.ATTRIB(PATHS[:3], "decay", [15, None, 8])
    assert (weights[0], weights[1], weights[2]) == (pytest.approx(1 / 3), "", pytest.approx(2 / 3))


def test_decay_refused():
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, 0], 0) is CellError.DIV0
    assert kpis.ATTRIB(PATHS[:2], "linear", [1, 0], 0) == [0.5, 0.5]
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, 0], -1) is CellError.NUM
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, -1]) is CellError.NUM
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, 0, 0]) is CellError.VALUE
    assert kpis.ATTRIB(PATHS[:2], "decay") is CellError.VALUE
    assert kpis.ATTRIB(PATHS[:2], "decay", [1, "soon"]) is CellError.VALUE


def test_blank_touch_has_no_weight():
    assert kpis.ATTRIB(["Ads", None, "SEO"], "linear") == [0.5, "", 0.5]
    assert kpis.ATTRIB([None, None], "linear") == ""
    weights = kpis.ATTRIB(["Ads", None, "SEO"], "wshape", lead_touch=2, opp_touch=2)
    assert (weights[0], weights[1], weights[2]) == (pytest.approx(1 / 3), "", pytest.approx(2 / 3))


@pytest.mark.parametrize("model", ["markov", "shapley", 5, True, "v shape", "u*", "u?shaped"])
def test_unknown_model(model):
    assert kpis.ATTRIB(PATHS, model) is CellError.VALUE


def test_blank_model():
    assert kpis.ATTRIB(PATHS, "") == ""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_name_of_a_model_in_any_spelling(model):
    for name in (model.name, *model.aliases):
        for written in (name, name.upper(), name.replace("_", " ").title(), name.replace(" ", "-"), f" {name} "):
            assert model_named(written) == model.name
            if model.name in RULES:
                given = (PATHS, written, [50, 40, 30, 20, 10], 7, 2, 4)
                assert kpis.ATTRIB(*given) == kpis.ATTRIB(*given[:1], model.name, *given[2:])


def test_no_name_is_that_of_two_models():
    names = [name for model in MODELS for name in (model.name, *model.aliases)]
    assert len({name.replace("_", "").replace(" ", "") for name in names}) == len(names)


def test_u_shaped_credits_the_touch_that_made_the_lead():
    assert kpis.ATTRIB(PATHS[:4], "u_shaped", lead_touch=3) == pytest.approx([0.4, 0.1, 0.4, 0.1])
    assert kpis.ATTRIB(PATHS[:4], "ushape", lead_touch=1) == pytest.approx([0.8, 0.2 / 3, 0.2 / 3, 0.2 / 3])
    assert kpis.ATTRIB(PATHS[:2], "u_shaped", lead_touch=1) == pytest.approx([0.8, 0.2])
    assert kpis.ATTRIB(PATHS[:4], "position", lead_touch=3) == pytest.approx([0.4, 0.1, 0.1, 0.4])


@pytest.mark.parametrize("touches", range(1, 6))
def test_u_shaped_is_position_based_where_the_last_touch_made_the_lead(touches):
    based = kpis.ATTRIB(PATHS[:touches], "position")
    assert kpis.ATTRIB(PATHS[:touches], "u_shaped") == based
    assert kpis.ATTRIB(PATHS[:touches], "u_shaped", lead_touch=touches) == based


@pytest.mark.parametrize("lead", [-1, 4, 1.5])
def test_u_shaped_by_a_touch_that_is_none(lead):
    assert kpis.ATTRIB(PATHS[:3], "u_shaped", lead_touch=lead) is CellError.NUM


def test_full_path():
    weights = kpis.ATTRIB([*PATHS, "SEO"], "full path", None, None, 2, 4)
    assert weights == pytest.approx([0.225, 0.225, 0.05, 0.225, 0.05, 0.225])
    assert kpis.ATTRIB(PATHS[:3], "full_path", lead_touch=2) is CellError.NUM


def test_last_non_direct():
    assert kpis.ATTRIB(["Ads", "SEO", None, "(Direct)"], "last_non_direct") == [0, 1, "", 0]
    assert kpis.ATTRIB(["Direct", "Прямой заход"], "last non-direct") == [0, 1]


def test_an_impossible_argument_comes_before_a_path_without_touches():
    assert kpis.ATTRIB([None, None], "linear", half_life=-2) is CellError.NUM
    assert kpis.ATTRIB(["Ads", None], "time_decay", [None, 27], -2) is CellError.NUM
