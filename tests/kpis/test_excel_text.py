"""The bare formulas and the LAMBDAs as texts."""

import pytest

from xl_leadkpi.cells.functions import normal_quantile
from xl_leadkpi.kpis import CATALOGUE


@pytest.mark.parametrize(
    ("name", "arguments", "written"),
    [
        ("CPL", ("B2", "C2"), "B2/C2"),
        ("CPL", ("B2+C2", "D2"), "(B2+C2)/D2"),
        ("CPL", ("B2", "C2+D2"), "B2/(C2+D2)"),
        ("CPL", (5000, "C2"), "5000/C2"),
        (
            "CPL",
            ("t[[#This Row],[Spend]]", "t[[#This Row],[New leads]]"),
            "t[[#This Row],[Spend]]/t[[#This Row],[New leads]]",
        ),
        ("CPL", ("SUM(B2:B9)", "SUM(C2:C9)"), "SUM(B2:B9)/SUM(C2:C9)"),
        ("CAC", ("B2", "C2"), "B2/C2"),
        ("CAC", ("B2", "C2", 0), "B2/C2"),
        ("CAC", ("B2", "C2", "D2"), "(B2+D2)/C2"),
        ("ROMI", ("B2", "C2"), "(B2-C2)/C2"),
        ("ROMI", ("B2", "C2", 0.4), "(B2*0.4-C2)/C2"),
        ("WINRATE", ("B2", "C2"), "B2/(B2+C2)"),
        ("WINRATE", ("B2", "C2", "D2"), "B2/(B2+C2+D2)"),
        ("CLTV", ("B2", "C2"), "B2*C2"),
        ("CMGR", ("B2", "C2", "D2"), "(C2/B2)^(1/D2)-1"),
        ("LEADSNEEDED", ("B2", "C2", "D2"), "ROUNDUP(ROUND(B2/(C2*D2),9),0)"),
        ("ENGAGEMENTS", ("B2", "C2", "D2"), "B2+C2+D2"),
        ("WPIPE", ("B2:B9", "C2:C9"), "SUMPRODUCT(B2:B9,C2:C9)"),
        ("REVENUE", ("B2:B9",), "SUM(B2:B9)"),
        ("REVENUE", ("B2:B9", "C2:C9"), 'SUMIFS(B2:B9,C2:C9,"won")'),
        ("PIPEVALUE", ("B2:B9", "C2:C9"), 'SUMIFS(B2:B9,C2:C9,"open")'),
        ("MRR", ("B2:B9",), "SUM(B2:B9)"),
        ("MRR", ("B2:B9", "C2:C9"), "SUMPRODUCT(B2:B9/C2:C9)"),
        ("DATECOUNT", ("B2:B9",), "COUNT(B2:B9)"),
        ("DATECOUNT", ("B2:B9", "E1"), 'COUNTIFS(B2:B9,">="&E1)'),
        ("DATECOUNT", ("B2:B9", "E1", "E2"), 'COUNTIFS(B2:B9,">="&E1,B2:B9,"<"&E2+1)'),
        ("DATECOUNT", ("B2:B9", "E1", "E2-1"), 'COUNTIFS(B2:B9,">="&E1,B2:B9,"<"&(E2-1)+1)'),
        ("STAGECOUNT", ("B2:B9", '"Lead"'), 'SUMPRODUCT(--(TRIM(B2:B9)=TRIM("Lead")))'),
        ("SALESCYCLE", ("B2:B9", "C2:C9"), "AVERAGE(IF((ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)),C2:C9-B2:B9))"),
        (
            "SALESCYCLE",
            ("B2:B9", "C2:C9", '"mean"'),
            "AVERAGE(IF((ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)),C2:C9-B2:B9))",
        ),
        (
            "SALESCYCLE",
            ("B2:B9", "C2:C9", "E1"),
            "PERCENTILE(IF((ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)),C2:C9-B2:B9),E1)",
        ),
        (
            "SALESCYCLE",
            ("B2:B9", "C2:C9", '"median"'),
            "MEDIAN(IF((ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)),C2:C9-B2:B9))",
        ),
        (
            "SALESCYCLE",
            ("B2:B9", "C2:C9", '"p90"'),
            "PERCENTILE(IF((ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)),C2:C9-B2:B9),0.9)",
        ),
        (
            "RESPSLA",
            ("B2:B9", "C2:C9"),
            "SUMPRODUCT(ISNUMBER(B2:B9)*ISNUMBER(C2:C9)*(C2:C9>=B2:B9)*(ROUND((C2:C9-B2:B9)*86400,0)<=3*60))/COUNT(B2:B9)",
        ),
        ("CSATTOP", ("B2:B9",), 'COUNTIF(B2:B9,">="&4)/COUNT(B2:B9)'),
        ("CUMCONV", ("B2:B9",), "B2:B9/INDEX(B2:B9,1)"),
    ],
)
def test_bare(name, arguments, written):
    assert CATALOGUE[name].excel_text(*arguments) == written


def test_ends_of_an_interval():
    low = CATALOGUE["CONVCI"].excel_text("B2", "C2", item=0)
    high = CATALOGUE["CONVCI"].excel_text("B2", "C2", item=1)
    z = normal_quantile(0.975)
    assert low == f"(B2/C2+{z**2}/(2*C2)-{z}*SQRT(B2/C2*(1-B2/C2)/C2+({z}/(2*C2))^2))/(1+{z**2}/C2)"
    assert high == low.replace(f"-{z}*SQRT", f"+{z}*SQRT")
    assert CATALOGUE["CONVCI"].excel_text("B2", "C2") == f"IF({{1,0}},{low},{high})"


def test_lambda_in_full():
    assert CATALOGUE["CPL"].lambda_text() == (
        'LAMBDA(spend,leads,IF((spend="")+(leads=""),"",IF((spend<"")*(leads<""),'
        "IF(leads=0,#DIV/0!,IF((spend<0)+(leads<0),#NUM!,spend/leads)),#VALUE!)))"
    )
    assert CATALOGUE["LIFETIME"].lambda_text() == (
        'LAMBDA(churn,IF(churn="","",IF(churn<"",IF(churn=0,#DIV/0!,IF((churn<0)+(churn>1),#NUM!,1/churn)),#VALUE!)))'
    )
    assert CATALOGUE["CLTV"].lambda_text() == (
        "LAMBDA(value_per_period,lifetime,[gross_margin],"
        'LET(gross_margin_,IF(ISOMITTED(gross_margin),1,IF(gross_margin="",1,gross_margin)),'
        'IF((value_per_period="")+(lifetime="")+(gross_margin_=""),"",'
        'IF((value_per_period<"")*(lifetime<"")*(gross_margin_<""),'
        "IF((lifetime<0)+(gross_margin_>1),#NUM!,value_per_period*lifetime*gross_margin_),#VALUE!))))"
    )


def test_lambda_with_two_divisors():
    assert CATALOGUE["CMGR"].lambda_text() == (
        'LAMBDA(first,last,periods,IF((first="")+(last="")+(periods=""),"",IF((first<"")*(last<"")*(periods<""),'
        "IF((first=0)+(periods=0),#DIV/0!,IF((first<0)+(last<0)+(periods<0),#NUM!,(last/first)^(1/periods)-1)),#VALUE!)))"
    )


def test_lambda_where_a_blank_counts():
    written = CATALOGUE["ENGAGEMENTS"].lambda_text()
    assert written.startswith(
        'LAMBDA(likes,comments,shares,[clicks],[other],LET(likes_,IF(likes="",0,likes),comments_,IF(comments="",0,comments),'
        'shares_,IF(shares="",0,shares),clicks_,IF(ISOMITTED(clicks),0,IF(clicks="",0,clicks)),'
    )


def test_lambda_down_a_column():
    assert CATALOGUE["STEPCONV"].lambda_text() == (
        'LAMBDA(counts,LET(entered,TOCOL(IF(counts="","",counts)),base,'
        "TAKE(VSTACK(IF(IFERROR(INDEX(entered,1)=0,TRUE),1,INDEX(entered,1)),entered),ROWS(entered)),"
        'IF((entered="")+(base=""),"",IF((entered<"")*(base<""),IF(base=0,#DIV/0!,'
        "IF((entered<0)+(base<0)+(entered>base),#NUM!,IF(SEQUENCE(ROWS(entered))=1,1,entered/base))),#VALUE!))))"
    )


def test_lambda_over_ranges():
    assert CATALOGUE["MRR"].lambda_text() == (
        "LAMBDA(amounts,[months],LET(months_,IF(ISOMITTED(months),1,months),"
        'IF(ISERROR(SUM(IF(amounts="",0,0))),SUM(IF(amounts="",0,0)),'
        'IF(ISERROR(SUM(IF(months_="",0,0))),SUM(IF(months_="",0,0)),'
        "IF((ROWS(months_)*COLUMNS(months_)>1)*((ROWS(amounts)<>ROWS(months_))+(COLUMNS(amounts)<>COLUMNS(months_))),#VALUE!,"
        'IF((SUM((amounts>"")*1))+(SUM((months_>"")*1)),#VALUE!,'
        'IF(SUM((months_<"")*(months_<=0))>0,#NUM!,SUM(IF((amounts<"")*(months_<""),amounts/months_,0)))))))))'
    )


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_lambda_keeps_excels_limits(kpi):
    written = kpi.lambda_text()
    assert len(written) <= 8192
    assert written.count("(") == written.count(")")
    depth = deepest = 0
    for character in written:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert deepest <= 64


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_a_missing_argument_is_named(kpi):
    with pytest.raises(TypeError, match=f"needs .*{kpi.arguments[0].name}"):
        kpi.excel_text()


@pytest.mark.parametrize("name", ["WPIPE", "STEPCONV"])
def test_items_only_where_there_are_several(name):
    with pytest.raises(TypeError, match="no items"):
        CATALOGUE[name].excel_text(*["A1:A9"] * len(CATALOGUE[name].arguments), item=0)


def test_attribution_is_its_lambda_called_in_place():
    kpi = CATALOGUE["ATTRIB"]
    assert kpi.excel_text("B2:B9", '"linear"') == f'{kpi.lambda_text()}(B2:B9,"linear")'
    assert kpi.excel_text("B2:B9", '"decay"', "C2:C9", 14) == f'{kpi.lambda_text()}(B2:B9,"decay",C2:C9,14)'


def test_rules_in_order():
    rules = [(rule.condition, str(rule.error)) for rule in CATALOGUE["CLTVCHURN"].rules]
    assert rules == [("churn=0", "#DIV/0!"), ("churn<0", "#NUM!"), ("churn>1", "#NUM!"), ("gross_margin>1", "#NUM!")]
    rules = [(rule.condition, str(rule.error)) for rule in CATALOGUE["NPSCORE"].rules]
    assert rules == [("no rating", "#DIV/0!"), ("ratings<0", "#NUM!"), ("ratings>10", "#NUM!")]
    assert [rule.condition for rule in CATALOGUE["CUMCONV"].rules] == ["base=0", "entered<0", "base<0", "entered>base"]
    assert [rule.condition for rule in CATALOGUE["DATECOUNT"].rules] == ["from_date>to_date"]


def test_signature():
    assert CATALOGUE["CAC"].signature == "CAC(marketing_cost, new_customers, [sales_cost])"
    assert repr(CATALOGUE["CPL"]) == "CPL(spend, leads)"
    assert CATALOGUE["CAC"].required == 2
