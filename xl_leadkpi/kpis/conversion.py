"""Family D: which share goes on to the next stage, and which is won."""

from __future__ import annotations

from functools import reduce
from itertools import compress
from operator import and_
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.functions import normal_quantile, sqrt
from xl_leadkpi.cells.values import read_words
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.column import column, first_of_all, one_above
from xl_leadkpi.kpis.declaration import Argument, Example, Source, count, counts, words
from xl_leadkpi.kpis.elementwise import elementwise
from xl_leadkpi.kpis.status import LOST, WON, is_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


FURTHER_PAIRS: Final = tuple(
    argument
    for number in (2, 3, 4)  # COUNTIFS numbers them in the same way
    for argument in (
        words(f"crit_range{number}", f"another range to choose rows by, condition {number}", default=""),
        Argument(
            f"criterion{number}",
            "text",
            f"what is wanted in crit_range{number}",
            optional=True,
            default="",
            criterion_of=f"crit_range{number}",
        ),
    )
)
"""Further conditions that rows may have to meet as well."""

WANTED_ROWS: Final = "*".join(
    ["(TRIM(crit_range)=TRIM(criterion))"]
    + [f"(TRIM({of}_)=TRIM({name}_))" for name, of in ((a.name, a.criterion_of) for a in FURTHER_PAIRS) if of]
)
"""LAMBDA: 1 for each row that meets all criteria; a pair that was left out is "" = "", which every row meets."""

PAIRS: Final = (
    "A row has to meet all pairs that are given. A further range without its criterion gives a blank, a further "
    "criterion without its range #VALUE!. Only the bare formula takes * and ? for wildcards."
)


def conditions(*pairs: str | None) -> str:
    """The pairs as COUNTIFS takes them, those left out at the end without."""
    return ",".join(part for part in pairs if part is not None)


def statuses_of_group(status_range: Sequence[str], *pairs: Any) -> list[str]:
    """The statuses of the rows in which each range holds its criterion."""
    met = reduce(and_, map(_holds, pairs[::2], pairs[1::2]))
    return list(compress(status_range, met))


def _holds(cells: Any, criterion: Any) -> NDArray[np.bool_]:
    (wanted,) = read_words(criterion)
    return np.array([word == wanted for word in read_words(cells)])


@elementwise(
    "CONVRATE",
    family="conversion",
    title={"en": "Conversion rate", "pl": "Współczynnik konwersji", "ru": "Коэффициент конверсии"},
    arguments=(
        count("conversions", "desired actions"),
        count("total", "visitors, sessions or clicks that could have led to one"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((60, 2400), 0.025),
        Example((20, 200), 0.1),
        Example((60, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CVR", "CR"),
        "pl": (
            "Wskaźnik konwersji",
            "Kurs wymiany (mistranslated: exchange rate)",
        ),
        "ru": ("Коэффициент конверсии",),
    },
    confused_with=("LEADCONV", "COMMCONV"),
    sources=(
        Source(
            "tehnografi", "two entries: share of prospects doing a desired action; share of people doing it on the site"
        ),
        Source(
            "automatenow", "«podzielić liczbę pożądanych akcji przez liczbę użytkowników, którzy odwiedzili stronę»"
        ),
    ),
    pitfalls=(
        "Denominator differs by source (users, sessions, clicks). AutomateNow = users. CONVERT is an "
        "Excel built-in, hence CONVRATE. Preset: impressions → leads (Cognism intro) = "
        "CONVRATE(leads, impressions)."
    ),
)
def conversion_rate(conversions: Any, total: Any) -> Any:
    """Desired actions for each visitor, session or click.

    Args:
        conversions: Desired actions (count).
        total: Visitors, sessions or clicks that could have led to one (count).

    Returns:
        Fraction.

    >>> conversion_rate(60, 2400)
    0.025
    """
    return conversions / total


@elementwise(
    "LEADCONV",
    family="conversion",
    title={"en": "Lead conversion rate", "pl": "Konwersja leadów na klientów", "ru": "Конверсия лидов в клиентов"},
    arguments=(
        count("customers", "leads that became customers"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((35, 150), 0.23333333333333334, "Ruler (metrics)"),
        Example((150, 2000), 0.075, "metrichq.org"),
        Example((12, 10), 1.2),
        Example((35, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("lead-to-customer rate", "lead-to-win"),
        "pl": (
            "Konwersja leadów na nowych klientów",
            "Kurs wymiany (mistranslated: exchange rate)",
        ),
        "ru": (
            "Коэффициент конверсии лидов",
            "коэффициент конверсии потенциальных клиентов",
            "Скорость перехода к покупателю (mistranslated: speed for rate)",
        ),
    },
    confused_with=("LEADTOOPP", "SQLTOWIN", "WINRATE"),
    sources=(
        Source(
            "cognism",
            "«liczba sprzedaży w ustalonym okresie / leady wygenerowane w tym samym czasie» (period basis)",
            wrong="the text speaks of qualified leads, the formula divides by all",
        ),
        Source(
            "ruler-metrics",
            "«(35/150)*100 = 23,3%»: 150 leads of May, 35 OF WHICH converted (cohort basis)",
            wrong="defined as leads to customers in one place, as leads to opportunities in another",
        ),
        Source(
            "tehnografi",
            "two entries with one definition: «Коэффициент конверсии лидов» and «Скорость перехода к покупателю»",
        ),
        Source("automatenow", "«jak duża część leadów przekształciła się z powodzeniem w klientów»"),
    ),
    pitfalls=(
        "Three conflicts. (a) Cognism’s text says QUALIFIED leads become customers, its formula "
        "divides by all leads; Klipfolio divides by qualified leads. (b) Ruler (metrics) defines it "
        "as leads→customers in the how-to, but «процента лидов, которые превращаются в возможности» "
        "(→ opportunities) in its KPI list. (c) period vs cohort. Here: customers ÷ leads, "
        "LEADTOOPP for leads→opportunities, SQLTOWIN for qualified→customers; the sheet computes it "
        "on cohorts. Result is 0.2333…, shown 23.3%; the ×100 of Ruler (metrics) is formatting."
    ),
    references=(
        "klipfolio.com lead-conversion-rate: (Leads converted into sales / qualified leads)×100; "
        "metrichq.org: 150 wins / 2,000 leads = 7.5%"
    ),
)
def lead_conversion_rate(customers: Any, leads: Any) -> Any:
    """Share of the leads that became customers.

    Args:
        customers: Leads that became customers (count).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> round(lead_conversion_rate(35, 150), 4)
    0.2333
    """
    return customers / leads


@elementwise(
    "LEADTOOPP",
    family="conversion",
    title={
        "en": "Lead → opportunity rate",
        "pl": "Konwersja leadów na szanse sprzedaży",
        "ru": "Конверсия лидов в возможности",
    },
    arguments=(
        count("opportunities", "leads that became opportunities"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((75, 500), 0.15, "insia.ai / kpi.insightworthy.com"),
        Example((150, 500), 0.3),
        Example((75, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("lead-to-opportunity ratio",),
        "pl": ("konwersja leadów na szanse sprzedaży",),
        "ru": ("Коэффициент конверсии потенциальных клиентов",),
    },
    confused_with=("LEADCONV",),
    sources=(Source("ruler-metrics", "«процента лидов, которые превращаются в возможности», by channel and campaign"),),
    references="insia.ai / kpi.insightworthy.com: leads converted to opportunities ÷ total leads (75 of 500 = 15%)",
)
def lead_to_opportunity_rate(opportunities: Any, leads: Any) -> Any:
    """Share of the leads that became opportunities.

    Args:
        opportunities: Leads that became opportunities (count).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> lead_to_opportunity_rate(75, 500)
    0.15
    """
    return opportunities / leads


@elementwise(
    "LEADQUAL",
    family="conversion",
    title={
        "en": "Lead quality (qualification rate)",
        "pl": "Jakość leadów (odsetek kwalifikacji)",
        "ru": "Качество лидов (доля квалификации)",
    },
    arguments=(
        count("qualified", "leads that were qualified"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((60, 150), 0.4),
        Example((120, 150), 0.8),
        Example((60, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("lead quality rate", "lead-to-MQL rate"),
        "pl": ("Wartość i jakość ołowiu (mistranslated: lead the metal)",),
        "ru": ("качество лидов",),
    },
    confused_with=("LEADCONV",),
    sources=(
        Source(
            "cognism", "«Spójrz na liczbę leadów, które Twój zespół faktycznie kwalifikuje i ilu prowadzi do konwersji»"
        ),
        Source("tehnografi", "«качество лидов» named, no formula"),
    ),
    pitfalls=(
        "No formula given; the two counts Cognism names give qualified/leads (here) and converted/leads (LEADCONV)."
    ),
)
def lead_qualification_rate(qualified: Any, leads: Any) -> Any:
    """Share of the leads that were qualified.

    Args:
        qualified: Leads that were qualified (count).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> lead_qualification_rate(60, 150)
    0.4
    """
    return qualified / leads


@elementwise(
    "MQLTOSQL",
    family="conversion",
    title={"en": "MQL → SQL rate", "pl": "Konwersja MQL na SQL", "ru": "Конверсия MQL в SQL"},
    arguments=(
        count("sqls", "sales qualified leads"),
        count("mqls", "marketing qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((36, 90), 0.4),
        Example((72, 90), 0.8),
        Example((36, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("MQL-to-SQL conversion",),
        "ru": ("конверсия MQL в SQL",),
    },
    confused_with=("LEADQUAL",),
    sources=(Source("ruler-kpis", "«Зная свои MQL и сравнивая их с вашими SQL»: comparison, no formula"),),
    references="basedash.com: SQL ÷ MQL × 100",
)
def mql_to_sql_rate(sqls: Any, mqls: Any) -> Any:
    """Share of the marketing qualified leads that sales accepted.

    Args:
        sqls: Sales qualified leads (count).
        mqls: Marketing qualified leads (count).

    Returns:
        Fraction.

    >>> mql_to_sql_rate(36, 90)
    0.4
    """
    return sqls / mqls


@elementwise(
    "SQLTOOPP",
    family="conversion",
    title={
        "en": "SQL → opportunity rate",
        "pl": "Konwersja SQL na szanse sprzedaży",
        "ru": "Конверсия SQL в возможности",
    },
    arguments=(
        count("opportunities", "opportunities"),
        count("sqls", "sales qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((20, 40), 0.5),
        Example((40, 40), 1),
        Example((20, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("SQL-to-opportunity",),
    },
    confused_with=("LEADTOOPP",),
)
def sql_to_opportunity_rate(opportunities: Any, sqls: Any) -> Any:
    """Share of the sales qualified leads that became opportunities.

    Args:
        opportunities: Opportunities (count).
        sqls: Sales qualified leads (count).

    Returns:
        Fraction.

    >>> sql_to_opportunity_rate(20, 40)
    0.5
    """
    return opportunities / sqls


@elementwise(
    "SQLTOWIN",
    family="conversion",
    title={
        "en": "Qualified lead → customer rate",
        "pl": "Konwersja kwalifikowanych leadów na klientów",
        "ru": "Конверсия квалифицированных лидов в клиентов",
    },
    arguments=(
        count("customers", "qualified leads that became customers"),
        count("qualified", "qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((12, 60), 0.2),
        Example((24, 60), 0.4),
        Example((12, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("close ratio on qualified leads",),
        "pl": ("konwersja kwalifikowanych leadów",),
        "ru": ("конверсия квалифицированных лидов в продажи",),
    },
    confused_with=("LEADCONV", "OPPTOWIN"),
    sources=(
        Source(
            "cognism",
            ("text of KPI 10: «ilu z Twoich kwalifikujących się potencjalnych klientów przekształciło się w klientów»"),
        ),
        Source(
            "ruler-kpis",
            (
                "«сравнивая … SQL, а затем с продажами»; also the description of «Соотношение шансов и "
                "выигрыша»: qualified leads into closed sales"
            ),
        ),
    ),
    references="klipfolio.com; hubspot.com/glossary/closing-ratio (closed deals ÷ qualified leads)",
)
def qualified_lead_to_customer_rate(customers: Any, qualified: Any) -> Any:
    """Share of the qualified leads that became customers.

    Args:
        customers: Qualified leads that became customers (count).
        qualified: Qualified leads (count).

    Returns:
        Fraction.

    >>> qualified_lead_to_customer_rate(12, 60)
    0.2
    """
    return customers / qualified


@elementwise(
    "OPPTOWIN",
    family="conversion",
    title={"en": "Opportunity-to-win ratio", "pl": "Stosunek szans do wygranych", "ru": "Доля выигранных возможностей"},
    arguments=(
        count("won", "opportunities won"),
        count("opportunities", "all opportunities, open ones too"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((10, 40), 0.25),
        Example((20, 40), 0.5),
        Example((10, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("opp-to-win",),
        "pl": ("stosunek szans do wygranych",),
        "ru": ("Соотношение шансов и выигрыша (mistranslated: odds and winnings)",),
    },
    confused_with=("WINRATE", "SQLTOWIN"),
    sources=(
        Source(
            "ruler-kpis",
            ("«Соотношение шансов и выигрыша»: success in turning qualified prospects into closed sales; no formula"),
        ),
    ),
    pitfalls=(
        "Same as Salesforce’s alternative win rate “of all created opps” (WON:SUM/RowCount). Falls "
        "when many fresh opportunities are still open; use cohorts."
    ),
    references="pepsales.ai, revlitix.com: closed-won ÷ total opportunities",
)
def opportunity_to_win_ratio(won: Any, opportunities: Any) -> Any:
    """Share of all opportunities that were won.

    Args:
        won: Opportunities won (count).
        opportunities: All opportunities, open ones too (count).

    Returns:
        Fraction.

    >>> opportunity_to_win_ratio(10, 40)
    0.25
    """
    return won / opportunities


@elementwise(
    "WINRATE",
    family="conversion",
    title={"en": "Win rate", "pl": "Współczynnik wygranych", "ru": "Процент побед"},
    arguments=(
        count("won", "opportunities won (or their amount)"),
        count("lost", "opportunities lost (or their amount)"),
        count("open_opps", "open opportunities, to put all opportunities below the line", default=0),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((5, 10, 0), 0.3333333333333333, "rekener.com 5/(5+10)=33.3%"),
        Example((5, 10, 35), 0.1),
        Example((20, 80, 0), 0.2),
        Example((0, 0, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("win rate", "close rate"),
        "pl": ("współczynnik wygranych",),
        "ru": ("Процент побед / процент выигрышей",),
    },
    confused_with=("OPPTOWIN", "LEADCONV", "WINLOSS"),
    sources=(
        Source("cognism", "«współczynniki wygranych» mentioned"),
        Source("ruler-metrics", "«Процент побед» by owner, by lead source, by campaign; no formula"),
    ),
    pitfalls=(
        "No formula in the articles. Default = closed basis won/(won+lost), the Salesforce and "
        "HubSpot default; passing open_opps gives won/all. Only opportunities count: leads "
        "disqualified before becoming opportunities are not losses. Passing amounts gives the "
        "value-weighted win rate."
    ),
    references=(
        "help.salesforce.com 000387867: WON:SUM/CLOSED:SUM; alternative WON:SUM/RowCount; rekener.com "
        "5/(5+10)=33.3%; kpitree HubSpot"
    ),
)
def win_rate(won: Any, lost: Any, open_opps: Any) -> Any:
    """Share of the closed opportunities that were won; of all opportunities with the third argument.

    Args:
        won: Opportunities won (or their amount) (count).
        lost: Opportunities lost (or their amount) (count).
        open_opps: Open opportunities, to put all opportunities below the line (count).

    Returns:
        Fraction.

    >>> round(win_rate(5, 10, 0), 4)
    0.3333
    """
    return won / (won + lost + open_opps)


@aggregate(
    "WINRATEIF",
    family="conversion",
    title={
        "en": "Win rate by owner, source or campaign",
        "pl": "Współczynnik wygranych wg grupy",
        "ru": "Процент побед по группе",
    },
    arguments=(
        words("status_range", "status of each opportunity: won, lost or open, also in other languages"),
        words("crit_range", "its owner, source or campaign"),
        Argument("criterion", "text", "the owner, source or campaign wanted"),
        *FURTHER_PAIRS,
    ),
    unit="fraction",
    direction="higher",
    excel=lambda status_range, *pairs: (
        f'COUNTIFS({status_range},"won",{conditions(*pairs)})/(COUNTIFS({status_range},"won",{conditions(*pairs)})'
        f'+COUNTIFS({status_range},"lost",{conditions(*pairs)}))'
    ),
    lets=(
        f"wanted,{WANTED_ROWS}",
        f"won,SUM({is_one_of('status_range', WON)}*wanted)",
        f"lost,SUM({is_one_of('status_range', LOST)}*wanted)",
    ),
    zero="won+lost=0",
    zero_means="no closed row meets the criterion",
    value="won/(won+lost)",
    examples=(
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "Ads"), 0.5
        ),
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "SEO"),
            0.3333333333333333,
        ),
        Example((["open", "open"], ["Ads", "SEO"], "Ads"), CellError.DIV0),
        Example(
            (["won", "lost", "lost", "won"], ["Ads", "Ads", "Ads", "SEO"], "Ads", ["Ola", "Ola", "Jan", "Ola"], "Ola"),
            0.5,
        ),
    ),
    aliases={
        "en": ("win rate by lead owner", "lead source", "campaign"),
        "pl": ("współczynnik wygranych wg opiekuna / źródła / kampanii",),
        "ru": (
            "процент побед по возможности или ведущему владельцу",
            "по источникам потенциальных клиентов",
            "по кампаниям",
            "производительность источника лидов",
        ),
    },
    confused_with=("WINRATE", "LEADCONVIF"),
    remarks=PAIRS,
    sources=(
        Source("ruler-metrics", "win rate by opportunity/lead owner; opportunity win rate by lead source; by campaign"),
        Source("tehnografi", "«производительность источника лидов» (lead source performance) named"),
    ),
)
def win_rate_by_group(status_range: Any, crit_range: Any, criterion: Any, *further: Any) -> Any:
    """Share of the closed opportunities of one owner, source or campaign that were won.

    Args:
        status_range: Status of each opportunity: won, lost or open, also in other languages (range of text).
        crit_range: Its owner, source or campaign (range of text).
        criterion: The owner, source or campaign wanted (text).
        *further: Up to three more pairs of range and criterion, all of which a row has to meet.

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads", ["Ola", "Jan", "Ola"], "Ola")
    1.0
    """
    statuses = statuses_of_group(status_range, crit_range, criterion, *further)
    won = sum(status in WON for status in statuses)
    lost = sum(status in LOST for status in statuses)
    return won / (won + lost)


@aggregate(
    "LEADCONVIF",
    family="conversion",
    title={
        "en": "Lead conversion by channel or campaign",
        "pl": "Konwersja leadów wg kanału",
        "ru": "Конверсия лидов по каналу",
    },
    arguments=(
        words("status_range", "status of each lead: won, lost or open, also in other languages"),
        words("crit_range", "its channel or campaign"),
        Argument("criterion", "text", "the channel or campaign wanted"),
        *FURTHER_PAIRS,
    ),
    unit="fraction",
    direction="higher",
    excel=lambda status_range, *pairs: (
        f'COUNTIFS({status_range},"won",{conditions(*pairs)})/COUNTIFS({conditions(*pairs)})'
    ),
    lets=(f"wanted,{WANTED_ROWS}",),
    zero="SUM(wanted)=0",
    zero_means="no row meets the criterion",
    value=f"SUM({is_one_of('status_range', WON)}*wanted)/SUM(wanted)",
    examples=(
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "Ads"),
            0.3333333333333333,
        ),
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "SEO"),
            0.3333333333333333,
        ),
        Example((["won", "open", "open", "open"], ["A", "A", "A", "B"], "B"), 0),
        Example((["won", "open", "open", "won"], ["A", "A", "A", "B"], "A", ["PL", "PL", "DE", "PL"], "PL"), 0.5),
    ),
    aliases={
        "en": ("lead conversion rate by channel",),
        "ru": ("коэффициент конверсии по каналам и кампаниям",),
    },
    confused_with=("WINRATEIF", "LEADCONV"),
    remarks=PAIRS,
    sources=(Source("ruler-metrics", "«коэффициентом конверсии потенциальных клиентов по каналам и кампаниям»"),),
)
def lead_conversion_by_group(status_range: Any, crit_range: Any, criterion: Any, *further: Any) -> Any:
    """Share of the leads of one channel or campaign that were won.

    Args:
        status_range: Status of each lead: won, lost or open, also in other languages (range of text).
        crit_range: Its channel or campaign (range of text).
        criterion: The channel or campaign wanted (text).
        *further: Up to three more pairs of range and criterion, all of which a row has to meet.

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.LEADCONVIF(["won", "open", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    """
    statuses = statuses_of_group(status_range, crit_range, criterion, *further)
    return sum(status in WON for status in statuses) / len(statuses)


@elementwise(
    "LOSSRATE",
    family="conversion",
    title={"en": "Loss rate", "pl": "Współczynnik przegranych", "ru": "Процент поражений"},
    arguments=(
        count("won", "opportunities won"),
        count("lost", "opportunities lost"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((5, 10), 0.6666666666666666),
        Example((10, 10), 0.5),
        Example((0, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("loss rate",),
    },
    confused_with=("DROPOFF",),
    references="help.salesforce.com 000387867: (CLOSED:SUM−WON:SUM)/CLOSED:SUM",
)
def loss_rate(won: Any, lost: Any) -> Any:
    """Share of the closed opportunities that were lost; 1 - WINRATE.

    Args:
        won: Opportunities won (count).
        lost: Opportunities lost (count).

    Returns:
        Fraction.

    >>> round(loss_rate(5, 10), 4)
    0.6667
    """
    return lost / (won + lost)


@elementwise(
    "WINLOSS",
    family="conversion",
    title={"en": "Win–loss ratio", "pl": "Stosunek wygranych do przegranych", "ru": "Соотношение побед и поражений"},
    arguments=(
        count("won", "opportunities won"),
        count("lost", "opportunities lost"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((5, 10), 0.5),
        Example((10, 10), 1),
        Example((5, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("win/loss ratio",),
    },
    confused_with=("WINRATE",),
)
def win_loss_ratio(won: Any, lost: Any) -> Any:
    """Opportunities won for each one lost.

    Args:
        won: Opportunities won (count).
        lost: Opportunities lost (count).

    Returns:
        Ratio.

    >>> win_loss_ratio(5, 10)
    0.5
    """
    return won / lost


@elementwise(
    "DROPOFF",
    family="conversion",
    title={"en": "Stage drop-off", "pl": "Odpływ na etapie", "ru": "Выпадение на этапе воронки"},
    arguments=(
        count("entered", "records that entered the stage"),
        count("passed", "those of them that went on to the next"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((90, 36), 0.6),
        Example((180, 36), 0.8),
        Example((0, 36), CellError.DIV0),
    ),
    aliases={
        "en": ("drop-off", "leakage"),
        "pl": ("odpływ na etapie",),
        "ru": ("выпадение из воронки",),
    },
    confused_with=("LOSSRATE",),
    sources=(Source("ruler-kpis", "«как лиды выпадают из воронки» (how leads drop out of the funnel): no formula"),),
    references="PostHog conversion-metric-definitions: 1 − step-to-step conversion",
)
def stage_drop_off(entered: Any, passed: Any) -> Any:
    """Share of the records that did not get past a stage.

    Args:
        entered: Records that entered the stage (count).
        passed: Those of them that went on to the next (count).

    Returns:
        Fraction.

    >>> stage_drop_off(90, 36)
    0.6
    """
    return 1 - passed / entered


@column(
    "STEPCONV",
    family="conversion",
    title={
        "en": "Step conversions of a funnel column",
        "pl": "Konwersje między etapami lejka",
        "ru": "Конверсия по шагам воронки",
    },
    arguments=(counts("counts", "records that reached each stage, top to bottom"),),
    unit="fraction",
    direction="higher",
    base=one_above,
    base_text="TAKE(VSTACK(1,entered),ROWS(entered))",
    excel=lambda counts: f"{counts}/VSTACK(INDEX({counts},1),DROP({counts},-1))",
    starts_at_one=True,
    examples=(
        Example(([150, 90, 36, 12],), (1, 0.6, 0.4, 0.3333333333333333)),
        Example(([12, 10, 7],), (1, 0.8333333333333334, 0.7)),
    ),
    aliases={
        "en": ("next-step conversion",),
    },
    confused_with=("CUMCONV",),
    remarks="The first row is 1.",
    references="HubSpot: next step conversion",
)
def step_conversion(counts: Any, base: Any) -> Any:
    """Each count of a funnel column as a share of the one above; the first row is 1.

    Args:
        counts: Records that reached each stage.
        base: What each of them is divided by.

    Returns:
        Fractions, as many as counts.

    >>> from xl_leadkpi import kpis
    >>> kpis.STEPCONV([150, 90, 36])
    [1.0, 0.6, 0.4]
    """
    return counts / base


@column(
    "CUMCONV",
    family="conversion",
    title={
        "en": "Cumulative conversions of a funnel column",
        "pl": "Konwersje skumulowane lejka",
        "ru": "Накопленная конверсия воронки",
    },
    arguments=(counts("counts", "records that reached each stage, top to bottom"),),
    unit="fraction",
    direction="higher",
    base=first_of_all,
    base_text="INDEX(entered,1)",
    excel=lambda counts: f"{counts}/INDEX({counts},1)",
    examples=(
        Example(([150, 90, 36, 12],), (1, 0.6, 0.24, 0.08)),
        Example(([12, 10, 7],), (1, 0.8333333333333334, 0.5833333333333334)),
    ),
    aliases={
        "en": ("cumulative conversion",),
    },
    confused_with=("STEPCONV",),
    references="HubSpot: cumulative conversion",
)
def cumulative_conversion(counts: Any, base: Any) -> Any:
    """Each count of a funnel column as a share of the first.

    Args:
        counts: Records that reached each stage.
        base: What each of them is divided by.

    Returns:
        Fractions, as many as counts.

    >>> from xl_leadkpi import kpis
    >>> kpis.CUMCONV([150, 90, 36])
    [1.0, 0.6, 0.24]
    """
    return counts / base


@elementwise(
    "CONVCI",
    family="conversion",
    title={
        "en": "Confidence interval of a rate (Wilson)",
        "pl": "Przedział ufności współczynnika (Wilson)",
        "ru": "Доверительный интервал доли (Уилсон)",
    },
    arguments=(
        count("conversions", "conversions"),
        count("total", "records that could have converted"),
        Argument(
            "confidence", "fraction", "confidence level", low=0, high=1, open_ends=True, optional=True, default=0.95
        ),
    ),
    unit="fraction",
    direction="neutral",
    impossible=lambda conversions, total, confidence: conversions > total,  # noqa: ARG005
    denominators=lambda conversions, total, confidence: (total,),  # noqa: ARG005
    items=2,
    examples=(
        Example((35, 150, 0.95), (0.1728263151, 0.3071578152)),
        Example((2, 4, 0.95), (0.1500389892, 0.8499610108)),
    ),
    aliases={
        "en": ("Wilson score interval",),
    },
    confused_with=("CONVRATE",),
    pitfalls="The articles compare channels by rates without sample size; 2 of 4 is not better than 35 of 150.",
)
def wilson_interval(conversions: Any, total: Any, confidence: Any) -> Any:
    """Wilson score interval of a rate: its low and its high end.

    Args:
        conversions: Conversions (count).
        total: Records that could have converted (count).
        confidence: Confidence level (fraction).

    Returns:
        Low and high end (fractions).

    >>> [round(float(end), 4) for end in wilson_interval(35, 150, 0.95)]
    [0.1728, 0.3072]
    """
    z = normal_quantile(1 - (1 - confidence) / 2)
    rate = conversions / total
    centre = rate + z**2 / (2 * total)
    spread = z * sqrt(rate * (1 - rate) / total + (z / (2 * total)) ** 2)
    return (centre - spread) / (1 + z**2 / total), (centre + spread) / (1 + z**2 / total)
