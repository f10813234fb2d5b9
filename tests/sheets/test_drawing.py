"""What a sheet asks of an open workbook: as few calls as its looks and conditions allow."""

from xl_leadkpi.sheets import drawing
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Link, Range, Sheet, Style

GREY, RED = "#9AA4AF", "#B3382C"


def condition(column, formula, color=GREY, last_column=None):
    return Condition(Range("S", 2, column, 8, column if last_column is None else last_column), formula, color)


def places(rules):
    return [[str(place) for place in rule.places] for rule in rules]


def test_conditions_share_a_rule_whether_their_column_is_fixed_or_as_far_away():
    sheet = Sheet(
        "S",
        (),
        conditions=(
            condition(3, "D3<N($C3)"),  # the column before, and column C
            condition(4, "E3<N($C3)"),
            condition(6, "G3<N($F3)"),
            condition(7, "H3<N($C3)"),
            condition(8, "I3<N($C3)", RED),
        ),
    )
    found = drawing.rules(sheet)
    assert places(found) == [["D3:D9", "E3:E9", "H3:H9"], ["G3:G9"], ["I3:I9"]]
    assert [rule.condition.formula for rule in found] == ["D3<N($C3)", "G3<N(F3)", "I3<N($C3)"]


def test_a_condition_over_several_columns_keeps_its_fixed_column():
    sheet = Sheet("S", (), conditions=(condition(3, "D3<$C3", last_column=5), condition(6, "G3<F3")))
    assert places(drawing.rules(sheet)) == [["D3:F9"], ["G3:G9"]]


def look(sheet, name, *, gaps=False):
    return {
        one.value: [str(place) for place in one.places] for one in drawing.looks(sheet, gaps=gaps) if one.name == name
    }


def test_the_usual_value_goes_everywhere_first_and_over_gaps_only_where_nobody_has_used_them():
    plain, small = Style(), Style(size=8)
    sheet = Sheet("S", (Area(0, 0, (Cells(("a",), small),)), Area(2, 0, (Cells(("b",), plain),))))
    assert look(sheet, "size") == {10: ["A1", "A3"], 8: ["A1"]}
    assert look(sheet, "size", gaps=True) == {10: ["A1:A3"], 8: ["A1"]}
    assert next(iter(look(sheet, "size"))) == 10


def test_a_hidden_sheet_has_number_formats_alone():
    styles = Style(number_format="0.0%", bold=True), Style(fill="#FFFFFF")
    sheet = Sheet("S", (Area(0, 0, tuple(Cells((1,), style) for style in styles)),), hidden=True)
    assert [(one.name, one.value) for one in drawing.looks(sheet)] == [("number_format", "0.0%")]


def test_a_link_is_a_formula_that_follows_the_final_names():
    sheet = Sheet("S", (), links=(Link(0, 1, 'All "leads"', "'Funnel_Data'!A1", Style()),))
    (block,) = drawing.blocks(sheet, [], {"Funnel_Data": "~new Funnel_Data 2"}, {"Funnel_Data": "Funnel_Data 2"})
    assert (str(block.place), block.rows) == ("B1", [['=HYPERLINK("#\'Funnel_Data 2\'!A1","All ""leads""")']])
