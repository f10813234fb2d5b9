"""The catalogue's table of conventions (section 1), row by row, on real KPIs and the same in their LAMBDAs."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError, errors_in
from xl_leadkpi.kpis import CATALOGUE

from .engines import Sheet, same

DIV0, NUM, VALUE, NA = CellError.DIV0, CellError.NUM, CellError.VALUE, CellError.NA

# row of the table -> (KPI, arguments, result)
TABLE = [
    ("rates are fractions", "LEADCONV", (35, 140), 0.25),
    ("NPS is in points", "NPS", (3, 1, 5), 40.0),
    ("total of a ratio: of the sums", "CPL", (300, 6), 50.0),
    ("blank gives blank", "CPL", (None, 4), ""),
    ("blank is not 0", "CPL", (100, None), ""),
    ("empty text is a blank", "CPL", ("", 4), ""),
    ("blank optional is its default", "CAC", (100, 4, None), 25.0),
    ("blank counts 0 in a sum of its own kind", "ENGAGEMENTS", (5, None, 2), 7.0),
    ("text is refused", "CPL", ("abc", 4), VALUE),
    ("numeric text is refused", "CPL", ("100", 4), VALUE),
    ("zero denominator", "CPL", (100, 0), DIV0),
    ("zero by zero", "CPL", (0, 0), DIV0),
    ("zero cost is 0", "CPL", (0, 12), 0.0),
    ("zero sum below the line", "WINRATE", (0, 0), DIV0),
    ("zero product below the line", "CACPAYBACK", (600, 100, 0), DIV0),
    ("negative count", "CPL", (100, -4), NUM),
    ("negative spend", "CPL", (-100, 4), NUM),
    ("negative duration", "PIPEVEL", (50, 25_000, 0.25, -60), NUM),
    ("revenue may be negative", "AVGDEAL", (-100, 4), -25.0),
    ("profit may be negative", "NETMARGIN", (-5_000, 100_000), -0.05),
    ("gain may be negative", "ROI", (-50, 100), -1.5),
    ("25 for 25%: win rate", "PIPEVEL", (50, 25_000, 25, 60), NUM),
    ("25 for 25%: churn", "CLTVCHURN", (100, 3), NUM),
    ("25 for 25%: lead conversion", "LEADSNEEDED", (240_000, 20_000, 8), NUM),
    ("25 for 25%: margin", "ROMI", (50_000, 10_000, 40), NUM),
    ("margin may be negative", "ROMI", (50_000, 10_000, -0.2), -2.0),
    ("share: part > whole", "SHOWRATE", (25, 24), NUM),
    ("period ratio: part > whole", "LEADCONV", (12, 10), 1.2),
    ("unique counts: part > whole", "OPENRATE", (12, 10), NUM),
    ("events: more than what they are divided by", "CTR", (12, 10), 1.2),
    ("booleans are refused", "CPL", (True, 4), VALUE),
    ("error comes through", "CPL", (100, NA), NA),
    ("first error wins", "CPL", (CellError.REF, NA), CellError.REF),
    ("error before blank", "CPL", (None, NA), NA),
    ("error before text", "CPL", ("abc", CellError.NAME), CellError.NAME),
    ("error in an optional argument before blank", "CAC", (None, 4, NA), NA),
    ("blank before text", "CPL", (None, "abc"), ""),
    ("text before zero", "CPL", ("abc", 0), VALUE),
    ("zero before domain", "CPL", (-1, 0), DIV0),
    ("zero before part > whole", "SHOWRATE", (18, 0), DIV0),
    ("text although 1 to any power is 1", "CMGR", (100, 100, "x"), VALUE),
    ("zero although 1/2 to infinity is 0", "CMGR", (100, 50, 0), DIV0),
    ("blank although 1 to any power is 1", "CMGR", (100, 100, None), ""),
    ("no rounding", "CPL", (100, 3), 100 / 3),
    ("too large for a cell", "CPM", (1e308, 0.001), NUM),
    ("too large below zero", "ROI", (-1e308, 0.001), NUM),
    ("whole leads, rounded up", "LEADSNEEDED", (100_000, 1_000, 0.3), 334.0),
    ("no rounding error becomes a lead", "LEADSNEEDED", (100, 1, 0.01), 10_000.0),
    ("frequency below 1", "REACH", (6_000, 0.5), NUM),
    ("end before new", "RETRATE", (10, 15, 100), NUM),
    ("lost more than there was", "GRR", (100, 60, 50), NUM),
    ("confidence of 1", "CONVCI", (35, 150, 1), NUM),
    ("15 digits are all Excel compares", "GRR", (0.3, 0.1, 0.2), 0.0),
]


@pytest.mark.parametrize(("kpi", "arguments", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_row(kpi, arguments, expected):
    result = CATALOGUE[kpi](*arguments)
    if isinstance(expected, float):
        assert isinstance(result, float)
        assert result == pytest.approx(expected, rel=1e-12, abs=1e-15)
    else:
        assert result == expected


@pytest.mark.parametrize(("kpi", "arguments", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_row_in_lambda(kpi, arguments, expected):
    sheet = Sheet(**{kpi: CATALOGUE[kpi].lambda_text()})
    references = [sheet.block([[value]]).split(":")[0] for value in arguments]
    column = sheet.formulas([f"KPI.{kpi}({','.join(references)})"])
    sheet.evaluate()
    assert same(expected, sheet.value(column))


def test_a_blank_stands_for_its_default_beside_text_and_errors():
    assert kpis.CAC([100, 100, 100], [10, 10, 10], [None, "x", DIV0]) == [10.0, VALUE, DIV0]
    assert kpis.CAC([100, "x"], [10, 10], [None, None]) == [10.0, VALUE]


class TestAggregates:
    def test_blanks_are_skipped(self):
        assert kpis.WEBTRAFFIC([1200, None, ""]) == 1200.0
        assert kpis.WPIPE([100, None, 50], [0.5, 0.5, None]) == 50.0

    def test_text_and_booleans_are_refused(self):
        assert kpis.WEBTRAFFIC([1200, "12"]) is VALUE
        assert kpis.WEBTRAFFIC([1200, True]) is VALUE

    def test_first_error_wins(self):
        assert kpis.WPIPE([1, NA, DIV0], [CellError.NUM, 1, 1]) is NA
        assert kpis.WPIPE([1, "x", 2], [1, 1, CellError.REF]) is CellError.REF

    def test_shapes_differ(self):
        assert kpis.WPIPE([1, 2, 3], [0.5, 0.5]) is VALUE
        assert kpis.WPIPE([[1, 2]], [[0.5], [0.5]]) is VALUE
        assert kpis.WPIPE([1, 2], [[0.5], [0.5]]) == 1.5
        assert kpis.WPIPE([[1, 2]], [0.5, 0.5]) == 1.5
        assert kpis.WPIPE([[1, 2], [3, 4]], [0.5, 0.5, 0.5, 0.5]) is VALUE
        assert kpis.MRR([12, 24], 12) == 3.0

    def test_overflow(self):
        assert kpis.WEBTRAFFIC([1e308, 1e308]) is NUM
        assert kpis.REVENUE([-1e308, -1e308]) is NUM

    def test_a_range_for_a_single_value(self):
        assert kpis.STAGECOUNT(["Lead"], ["Lead", "MQL"]) is VALUE
        assert kpis.STAGECOUNT(["Lead"], ["Lead"]) == 1.0

    def test_limits(self):
        assert kpis.WPIPE([100], [25]) is NUM
        assert kpis.NPSCORE([11]) is NUM
        assert kpis.WEBTRAFFIC([-1]) is NUM

    def test_nothing_to_divide_by(self):
        assert kpis.NPSCORE([None]) is DIV0
        assert kpis.SALESCYCLE([None], [None]) is DIV0
        assert kpis.FCSTACC([0, 0], [5, -1]) is DIV0

    def test_zero_before_domain(self):
        assert kpis.FCSTACC([-5, 5], [1, 1]) is DIV0

    def test_text_that_is_no_date_is_passed_over(self):
        assert kpis.DATECOUNT([date(2025, 5, 1), "soon", True, None]) == 1.0

    def test_period_includes_its_last_day_to_the_end(self):
        assert kpis.DATECOUNT([45_809.999], None, date(2025, 6, 1)) == 1.0
        assert kpis.DATECOUNT([45_810.0], None, date(2025, 6, 1)) == 0.0

    def test_period_in_reverse(self):
        assert kpis.DATECOUNT([1], 2, 1) is NUM

    def test_blank_criterion(self):
        assert kpis.STAGECOUNT(["Lead"], None) == ""
        assert kpis.WINRATEIF(["won"], ["Ads"], "") == ""

    @pytest.mark.parametrize("name", ["WINRATEIF", "LEADCONVIF"])
    def test_further_pairs_all_have_to_be_met(self, name):
        rows = ["won", "lost", "lost", "won"], ["Ads", "Ads", "Ads", "SEO"], "ads"
        rate = kpis.CATALOGUE[name]
        assert rate(*rows) == pytest.approx(1 / 3)
        assert rate(*rows, ["Ola", "Ola", "Jan", "Ola"], "OLA ") == 0.5
        assert rate(*rows, ["Ola", "Ola", "Jan", "Ola"], "Ola", ["PL", "DE", "PL", "PL"], "PL") == 1.0
        assert rate(*rows, None, None, None, "", ["PL", "DE", "DE", "PL"], "PL") == 1.0
        assert rate(*rows, crit_range4=["PL", "DE", "PL", "PL"], criterion4="DE") == 0.0
        assert rate(*rows, ["Ola", "Ola", "Jan", "Ola"], "nobody") is DIV0

    @pytest.mark.parametrize("name", ["WINRATEIF", "LEADCONVIF"])
    def test_half_a_further_pair(self, name):
        rows = ["won", "lost"], ["Ads", "Ads"], "Ads"
        rate = kpis.CATALOGUE[name]
        assert rate(*rows, ["Ola", "Ola"]) == ""
        assert rate(*rows, ["Ola", "Ola"], None) == ""
        assert rate(*rows, None, "Ola") is VALUE
        assert rate(*rows, None, "Ola", ["PL", "PL"], None) == ""  # blanks come first
        assert rate(*rows, [None, None], "Ola") is DIV0  # a range, if an empty one
        assert rate(*rows, ["Ola"] * 3, "Ola") is VALUE
        assert rate(*rows, [NA, "Ola"], "Ola", None, DIV0) is NA

    def test_half_a_further_pair_as_excel_text(self):
        with pytest.raises(TypeError, match="takes crit_range2 and criterion2 together"):
            kpis.CATALOGUE["WINRATEIF"].excel_text("A:A", "B:B", "Ads", "C:C")

    def test_wildcards_are_letters(self):
        assert kpis.STAGECOUNT(["Lead", "Lost", "L*"], "L*") == 1.0

    def test_unknown_stage(self):
        assert kpis.STAGEREACH(["Lead"], "SQO", ["Lead", "Won"]) is NA

    def test_status_words_of_other_languages(self):
        assert kpis.WINRATEIF(["Wygrana", "потеряна", "Gewonnen"], ["a", "a", "b"], "A") == 0.5

    def test_statistics(self):
        days = ([0, 0, 0], [1, 2, 9])
        assert kpis.SALESCYCLE(*days) == 4.0
        assert kpis.SALESCYCLE(*days, " Median ") == 2.0
        assert kpis.SALESCYCLE(*days, "p75") == 5.5
        assert kpis.SALESCYCLE(*days, 0.75) == 5.5
        assert kpis.SALESCYCLE(*days, "mode") is VALUE
        assert kpis.SALESCYCLE(*days, True) is VALUE
        assert kpis.SALESCYCLE(*days, 1.5) is NUM
        assert kpis.SALESCYCLE(*days, -0.5) is NUM

    def test_three_minutes_are_within_three_minutes(self):
        # 10:03 - 10:00 is a little more than three minutes in floating point
        assert kpis.RESPSLA([45_782 + 10 / 24], [45_782 + 10 / 24 + 3 / 1440], 3) == 1.0


class TestContainers:
    def test_scalars_of_any_kind(self):
        assert kpis.CPL(Decimal("100.50"), np.int64(3)) == 33.5
        assert kpis.CPL(float("nan"), 3) == ""
        assert kpis.CPL(float("inf"), 3) is NUM
        assert kpis.CPL(10**400, 3) is NUM
        assert kpis.CPL(object(), 3) is VALUE
        assert kpis.CPL("#N/A", 3) is NA

    def test_by_name(self):
        assert kpis.CPL(leads=4, spend=100) == 25.0
        assert kpis.CAC(100, sales_cost=20, new_customers=4) == 30.0
        assert kpis.WPIPE(probabilities=[0.5], amounts=[10]) == 5.0

    def test_interval_beside_odd_cells(self):
        assert kpis.CONVCI([35, None], [150, 10])[1] == ["", ""]
        assert kpis.CONVCI([[35, 1]], [[150, 0]])[0][1] == [DIV0, DIV0]
        low, high = kpis.CONVCI(35.0, np.float64(150))
        assert (low, high) == pytest.approx(kpis.CONVCI(35, 150))

    def test_lists(self):
        assert kpis.CPL([100, 50, None], [4, 0, 1]) == [25.0, DIV0, ""]
        assert kpis.CPL((100, 50), 2) == [50.0, 25.0]

    def test_row_by_column_is_a_table(self):
        assert kpis.CPL([[100], [50]], [[2, 5]]) == [[50.0, 20.0], [25.0, 10.0]]

    def test_beyond_the_overlap_is_na(self):
        assert kpis.CPL([100, 50, 10], [2, 5]) == [50.0, 10.0, NA]

    def test_array_of_numbers_stays_one(self):
        result = kpis.CPL(np.array([100.0, np.nan, 5.0]), np.array([4, 1, 0]))
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, [25.0, np.nan, np.nan])
        assert list(errors_in(result)) == [None, None, DIV0]

    def test_error_in_an_array_goes_on_to_the_next_kpi(self):
        cac = kpis.CAC(np.array([100.0, 100.0]), np.array([4.0, 0.0]))
        assert list(errors_in(kpis.LTVCAC(1000.0, cac))) == [None, DIV0]

    def test_object_array_holds_errors(self):
        result = kpis.CPL(np.array([100.0, "x"], dtype=object), 0.0)
        assert result.tolist() == [DIV0, VALUE]

    def test_series_keeps_its_index(self):
        result = kpis.CPL(pd.Series([100.0, 50.0], index=["Ads", "SEO"]), pd.Series([4, 2], index=["Ads", "SEO"]))
        pd.testing.assert_series_equal(result, pd.Series([25.0, 25.0], index=["Ads", "SEO"]))

    def test_series_are_matched_by_label(self):
        spend = pd.Series([100.0, 50.0], index=["Ads", "SEO"])
        leads = pd.Series([5.0, 4.0], index=["SEO", "Ads"])
        assert kpis.CPL(spend, leads).to_dict() == {"Ads": 25.0, "SEO": 10.0}

    def test_series_by_a_number(self):
        assert kpis.CPL(pd.Series([100.0], index=["Ads"]), 4).to_dict() == {"Ads": 25.0}

    def test_empty(self):
        assert kpis.CPL([], []) == []
        assert kpis.CPL(np.array([]), 2.0).shape == (0,)

    def test_interval_of_a_column(self):
        result = kpis.CONVCI(np.array([35.0, 0.0]), np.array([150.0, 0.0]))
        assert result.shape == (2, 2)
        assert result[0] == pytest.approx([0.1728263151, 0.3071578152])
        assert errors_in(result)[1].tolist() == [DIV0, DIV0]
        assert kpis.CONVCI(1, 0) is DIV0

    def test_column_keeps_its_shape(self):
        assert kpis.STEPCONV([[150], [90], [36]]) == [[1.0], [0.6], [0.4]]
        assert kpis.STEPCONV([150, 0, 36]) == [1.0, 0.0, DIV0]
        assert kpis.STEPCONV([0, 5]) == [1.0, DIV0]
        assert kpis.STEPCONV([None, 5, "x", 7]) == ["", "", VALUE, VALUE]
        assert kpis.CUMCONV(pd.Series([10.0, 5.0], index=["a", "b"])).to_dict() == {"a": 1.0, "b": 0.5}
        assert kpis.CUMCONV([0, 5]) == [DIV0, DIV0]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CACPAYBACK", (30, 9e307, -1.7e308)),  # a product below the fraction line
        ("WINRATE", (1.0, 1.7e308, 1.7e308)),  # a sum there
        ("WINRATE", (1, 10**308, 10**308)),  # whole numbers of Python's have no end
        ("LOSSRATE", (1.7e308, 1e308)),
        ("QUICKRATIO", (1.0, 1.0, 1e308, 1.7e308)),
        ("CMGR", (30.0, 1.0, 5e-324)),  # an exponent
        ("CONVCI", (2.0, 1e308, 5e-324)),
        ("NRR", (10**308, 2**1023, 10**308, 10**308)),
    ],
)
def test_what_is_too_large_on_the_way_to_the_result_is_no_zero(name, arguments):
    kpi = getattr(kpis, name)
    assert kpi(*arguments) is NUM
    in_lists = kpi(*([argument] for argument in arguments))
    assert in_lists[0] is NUM or in_lists[0][0] is NUM
    column = kpi(*(np.array([float(argument)]) for argument in arguments))
    assert np.isnan(column).all()


def test_large_numbers_whose_steps_a_cell_can_hold_have_their_value():
    assert kpis.WINRATE(4e307, 4e307) == 0.5
    assert kpis.CACPAYBACK(1e200, 1e100, 0.5) == pytest.approx(2e100)
    assert kpis.CMGR(1.0, 4.0, 2) == 1.0
