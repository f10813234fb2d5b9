"""Every KPI by its Excel name: the signatures for editors, made from the declarations."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Kpi

Cell = float | str | bool | date | CellError | None
"""What a cell holds."""
Cells = Cell | Sequence[Cell] | Sequence[Sequence[Cell]] | Any
"""A value, a column or row of values, rows of them, or an array or series."""

FAMILIES: Final[dict[str, str]]
CATALOGUE: Final[Mapping[str, Kpi]]

def CONVRATE(conversions: Cells, total: Cells) -> Any:
    """Desired actions for each visitor, session or click.

    Args:
        conversions: Desired actions, every one (count of events: may exceed total).
        total: Visitors, sessions or clicks that could have led to one (count).

    Returns:
        Fraction.

    >>> conversion_rate(60, 2400)
    0.025
    """

def LEADCONV(customers: Cells, leads: Cells) -> Any:
    """Share of the leads that became customers.

    Args:
        customers: Customers won, of these leads or in the same period (count of events: may exceed leads).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> round(lead_conversion_rate(35, 150), 4)
    0.2333
    """

def LEADTOOPP(opportunities: Cells, leads: Cells) -> Any:
    """Share of the leads that became opportunities.

    Args:
        opportunities: Opportunities created, from these leads or in the same period (count of events: may exceed leads).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> lead_to_opportunity_rate(75, 500)
    0.15
    """

def LEADQUAL(qualified: Cells, leads: Cells) -> Any:
    """Share of the leads that were qualified.

    Args:
        qualified: Leads that were qualified, of these or in the same period (count of events: may exceed leads).
        leads: Leads (count).

    Returns:
        Fraction.

    >>> lead_qualification_rate(60, 150)
    0.4
    """

def MQLTOSQL(sqls: Cells, mqls: Cells) -> Any:
    """Share of the marketing qualified leads that sales accepted.

    Args:
        sqls: Leads that sales accepted (SQLs), of these MQLs or in the same period (count of events: may exceed mqls).
        mqls: Marketing qualified leads (count).

    Returns:
        Fraction.

    >>> mql_to_sql_rate(36, 90)
    0.4
    """

def SQLTOOPP(opportunities: Cells, sqls: Cells) -> Any:
    """Share of the sales qualified leads that became opportunities.

    Args:
        opportunities: Opportunities created, from these SQLs or in the same period (count of events: may exceed sqls).
        sqls: Sales qualified leads (count).

    Returns:
        Fraction.

    >>> sql_to_opportunity_rate(20, 40)
    0.5
    """

def SQLTOWIN(customers: Cells, qualified: Cells) -> Any:
    """Share of the qualified leads that became customers.

    Args:
        customers: Customers won, of these qualified leads or in the same period (count of events: may exceed qualified).
        qualified: Qualified leads (count).

    Returns:
        Fraction.

    >>> qualified_lead_to_customer_rate(12, 60)
    0.2
    """

def OPPTOWIN(won: Cells, opportunities: Cells) -> Any:
    """Share of all opportunities that were won.

    Args:
        won: Opportunities won, of these or in the same period (count of events: may exceed opportunities).
        opportunities: All opportunities, open ones too (count).

    Returns:
        Fraction.

    >>> opportunity_to_win_ratio(10, 40)
    0.25
    """

def WINRATE(won: Cells, lost: Cells, open_opps: Cells = ...) -> Any:
    """Share of the closed opportunities that were won; of all opportunities with the third argument.

    Args:
        won: Opportunities won (or their amount) (count).
        lost: Opportunities lost (or their amount) (count).
        open_opps: Open opportunities, to put all opportunities below the line (count, optional).

    Returns:
        Fraction.

    >>> round(win_rate(5, 10, 0), 4)
    0.3333
    """

def WINRATEIF(status_range: Cells, crit_range: Cells, criterion: Cells, crit_range2: Cells = ..., criterion2: Cells = ..., crit_range3: Cells = ..., criterion3: Cells = ..., crit_range4: Cells = ..., criterion4: Cells = ..., opp_range: Cells = ...) -> Any:
    """Share of the closed opportunities of one owner, source or campaign that were won.

    Args:
        status_range: Status of each opportunity: won, lost or open, also in other languages (range of text).
        crit_range: Its owner, source or campaign (range of text).
        criterion: The owner, source or campaign wanted (text).
        crit_range2: Another range to choose rows by, condition 2 (range of text, optional).
        criterion2: What is wanted in crit_range2 (text, optional).
        crit_range3: Another range to choose rows by, condition 3 (range of text, optional).
        criterion3: What is wanted in crit_range3 (text, optional).
        crit_range4: Another range to choose rows by, condition 4 (range of text, optional).
        criterion4: What is wanted in crit_range4 (text, optional).
        opp_range: Of a table of leads: when or whether each became an opportunity; others are not counted as lost (range of text, optional).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads", ["Ola", "Jan", "Ola"], "Ola")
    1.0
    >>> kpis.WINRATEIF(["won", "lost", "lost"], ["Ads"] * 3, "Ads", opp_range=["OPP-1", "OPP-7", None])
    0.5
    """

def LEADCONVIF(status_range: Cells, crit_range: Cells, criterion: Cells, crit_range2: Cells = ..., criterion2: Cells = ..., crit_range3: Cells = ..., criterion3: Cells = ..., crit_range4: Cells = ..., criterion4: Cells = ...) -> Any:
    """Share of the leads of one channel or campaign that were won.

    Args:
        status_range: Status of each lead: won, lost or open, also in other languages (range of text).
        crit_range: Its channel or campaign (range of text).
        criterion: The channel or campaign wanted (text).
        crit_range2: Another range to choose rows by, condition 2 (range of text, optional).
        criterion2: What is wanted in crit_range2 (text, optional).
        crit_range3: Another range to choose rows by, condition 3 (range of text, optional).
        criterion3: What is wanted in crit_range3 (text, optional).
        crit_range4: Another range to choose rows by, condition 4 (range of text, optional).
        criterion4: What is wanted in crit_range4 (text, optional).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.LEADCONVIF(["won", "open", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    """

def LOSSRATE(won: Cells, lost: Cells) -> Any:
    """Share of the closed opportunities that were lost; 1 - WINRATE.

    Args:
        won: Opportunities won (count).
        lost: Opportunities lost (count).

    Returns:
        Fraction.

    >>> round(loss_rate(5, 10), 4)
    0.6667
    """

def WINLOSS(won: Cells, lost: Cells) -> Any:
    """Opportunities won for each one lost.

    Args:
        won: Opportunities won (count).
        lost: Opportunities lost (count).

    Returns:
        Ratio.

    >>> win_loss_ratio(5, 10)
    0.5
    """

def DROPOFF(entered: Cells, passed: Cells) -> Any:
    """Share of the records that did not get past a stage.

    Args:
        entered: Records that entered the stage (count).
        passed: Those of them that went on to the next (count, each once: at most entered).

    Returns:
        Fraction.

    >>> stage_drop_off(90, 36)
    0.6
    """

def STEPCONV(counts: Cells) -> Any:
    """Each count of a funnel column as a share of the one above; the first row is 1.

    Args:
        counts: Records that reached each stage, top to bottom; no more than above (range of count).

    Returns:
        Fractions, as many as counts.

    >>> from xl_leadkpi import kpis
    >>> kpis.STEPCONV([150, 90, 36])
    [1.0, 0.6, 0.4]
    """

def CUMCONV(counts: Cells) -> Any:
    """Each count of a funnel column as a share of the first.

    Args:
        counts: Records that reached each stage, top to bottom; no more than at the top (range of count).

    Returns:
        Fractions, as many as counts.

    >>> from xl_leadkpi import kpis
    >>> kpis.CUMCONV([150, 90, 36])
    [1.0, 0.6, 0.24]
    """

def CONVCI(conversions: Cells, total: Cells, confidence: Cells = ...) -> Any:
    """Wilson score interval of a rate: its low and its high end.

    Args:
        conversions: Records that converted (count, each once: at most total).
        total: Records that could have converted (count).
        confidence: Confidence level (fraction, optional).

    Returns:
        Low and high end (fractions).

    >>> [round(float(end), 4) for end in wilson_interval(35, 150, 0.95)]
    [0.1728, 0.3072]
    """

def RATEDIFF(conversions_a: Cells, total_a: Cells, conversions_b: Cells, total_b: Cells) -> Any:
    """Rate of the first group less that of the second.

    Args:
        conversions_a: Records of the first group that converted (count, each once: at most total_a).
        total_a: Records of the first group (count).
        conversions_b: Records of the second group that converted (count, each once: at most total_b).
        total_b: Records of the second group (count).

    Returns:
        Fraction.

    >>> round(rate_difference(56, 70, 48, 80), 4)
    0.2
    """

def RATEDIFFCI(conversions_a: Cells, total_a: Cells, conversions_b: Cells, total_b: Cells, confidence: Cells = ...) -> Any:
    """Interval of the rate of the first group less that of the second: its low and its high end.

    Args:
        conversions_a: Records of the first group that converted (count, each once: at most total_a).
        total_a: Records of the first group (count).
        conversions_b: Records of the second group that converted (count, each once: at most total_b).
        total_b: Records of the second group (count).
        confidence: Confidence level (fraction, optional).

    Returns:
        Low and high end (fractions).

    Newcombe's hybrid of the score intervals of both rates (Statistics in Medicine 17, 1998, page 873, method 10).

    >>> [round(float(end), 4) for end in newcombe_interval(56, 70, 48, 80, 0.95)]
    [0.0524, 0.3339]
    """

def RATETEST(conversions_a: Cells, total_a: Cells, conversions_b: Cells, total_b: Cells) -> Any:
    """Chance of a difference at least as large if both groups have one rate: two-sided z test with pooled variance.

    Args:
        conversions_a: Records of the first group that converted (count, each once: at most total_a).
        total_a: Records of the first group (count).
        conversions_b: Records of the second group that converted (count, each once: at most total_b).
        total_b: Records of the second group (count).

    Returns:
        P_value.

    >>> round(two_rates_test(5, 83, 12, 99), 3)
    0.159
    """

def SAMPLESIZE(rate_a: Cells, rate_b: Cells, confidence: Cells = ..., power: Cells = ...) -> Any:
    """Records that each of two groups takes until a test tells their rates apart, rounded up.

    Args:
        rate_a: Rate expected in the first group (fraction).
        rate_b: Rate expected in the second group, or that of the first with the least difference that matters (fraction).
        confidence: Confidence level (fraction, optional).
        power: Chance to see the difference if it is there (fraction, optional).

    Returns:
        Count.

    With the pooled variance where the rates are taken for equal (Fleiss, Levin, Paik: Statistical Methods for Rates and
    Proportions, chapter 4, without correction for continuity).

    >>> float(sample_size(0.5, 0.75, 0.95, 0.9))
    77.0
    """

def CPL(spend: Cells, leads: Cells) -> Any:
    """Marketing spend divided by the leads it brought.

    Args:
        spend: Marketing spend of the period (money).
        leads: Leads created in the period (count).

    Returns:
        Money.

    >>> cost_per_lead(10000, 200)
    50.0
    """

def CPMQL(spend: Cells, mqls: Cells) -> Any:
    """Marketing spend divided by the marketing qualified leads; CPL divided by the qualification rate.

    Args:
        spend: Marketing spend of the period (money).
        mqls: Marketing qualified leads of the period (count).

    Returns:
        Money.

    >>> cost_per_mql(10000, 80)
    125.0
    """

def CPSQL(spend: Cells, sqls: Cells) -> Any:
    """Marketing spend divided by the sales qualified leads.

    Args:
        spend: Marketing spend of the period (money).
        sqls: Sales qualified leads of the period (count).

    Returns:
        Money.

    >>> round(cost_per_sql(15000, 36), 4)
    416.6667
    """

def CPSQO(spend: Cells, sqos: Cells) -> Any:
    """Marketing spend divided by the sales qualified opportunities.

    Args:
        spend: Marketing spend of the period, with sales development where wanted (money).
        sqos: Sales qualified opportunities of the period (count).

    Returns:
        Money.

    >>> cost_per_sqo(10000, 20)
    500.0
    """

def CPOPP(spend: Cells, opportunities: Cells) -> Any:
    """Marketing spend divided by the opportunities it brought.

    Args:
        spend: Marketing spend of the period (money).
        opportunities: Opportunities created in the period (count).

    Returns:
        Money.

    >>> cost_per_opportunity(10000, 25)
    400.0
    """

def CPMTG(spend: Cells, meetings: Cells) -> Any:
    """Marketing spend divided by the meetings held.

    Args:
        spend: Marketing spend of the period (money).
        meetings: Meetings held, not booked (count).

    Returns:
        Money.

    >>> cost_per_meeting(9000, 18)
    500.0
    """

def CPA(spend: Cells, acquisitions: Cells) -> Any:
    """Campaign spend divided by the actions it was after.

    Args:
        spend: Spend of the campaign (money).
        acquisitions: Conversions the campaign aims at (count).

    Returns:
        Money.

    >>> round(cost_per_acquisition(10000, 35), 4)
    285.7143
    """

def CAC(marketing_cost: Cells, new_customers: Cells, sales_cost: Cells = ...) -> Any:
    """Marketing and sales cost divided by the customers won; marketing alone without the third argument.

    Args:
        marketing_cost: Marketing cost of the period (money).
        new_customers: Customers won in the period (count).
        sales_cost: Sales cost of the period (money, optional).

    Returns:
        Money.

    >>> customer_acquisition_cost(10000, 20, 0)
    500.0
    """

def CACPAYBACK(cac: Cells, arpc_month: Cells, gross_margin: Cells = ...) -> Any:
    """Months until a customer's gross profit has paid back what winning it cost.

    Args:
        cac: Customer acquisition cost, see CAC (money).
        arpc_month: Monthly revenue of one customer, see ARPC (money).
        gross_margin: Gross margin as a fraction (fraction, optional).

    Returns:
        Months.

    >>> cac_payback_months(600, 100, 0.8)
    7.5
    """

def OPENRATE(opens: Cells, delivered: Cells) -> Any:
    """Share of the e-mails delivered that were opened.

    Args:
        opens: Unique opens (count, each once: at most delivered).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_open_rate(450, 1800)
    0.25
    """

def EMAILCTR(clicks: Cells, delivered: Cells) -> Any:
    """Share of the e-mails delivered that were clicked.

    Args:
        clicks: Unique clicks (count, each once: at most delivered).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_click_through_rate(90, 1800)
    0.05
    """

def CTOR(clicks: Cells, opens: Cells) -> Any:
    """Share of the e-mails opened that were clicked.

    Args:
        clicks: Unique clicks (count, each once: at most opens).
        opens: Unique opens (count).

    Returns:
        Fraction.

    >>> click_to_open_rate(90, 450)
    0.2
    """

def LISTGROWTH(new_subs: Cells, lost_subs: Cells, list_size: Cells) -> Any:
    """Net new subscribers as a share of the list.

    Args:
        new_subs: New subscribers (count).
        lost_subs: Subscribers lost: unsubscribed, complained, removed (count).
        list_size: Size of the list at the start of the period (count).

    Returns:
        Fraction.

    >>> list_growth_rate(100, 20, 1000)
    0.08
    """

def FWDRATE(forwards: Cells, delivered: Cells) -> Any:
    """Forwards and shares for each e-mail delivered.

    Args:
        forwards: Forwards and shares, every one (count of events: may exceed delivered).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> email_forward_rate(9, 1800)
    0.005
    """

def DELIVRATE(delivered: Cells, sent: Cells) -> Any:
    """Share of the e-mails sent that were delivered.

    Args:
        delivered: E-mails delivered (count, each once: at most sent).
        sent: E-mails sent (count).

    Returns:
        Fraction.

    >>> email_delivery_rate(1800, 2000)
    0.9
    """

def EMAILBOUNCE(bounced: Cells, sent: Cells) -> Any:
    """Share of the e-mails sent that bounced.

    Args:
        bounced: E-mails returned (count, each once: at most sent).
        sent: E-mails sent (count).

    Returns:
        Fraction.

    >>> email_bounce_rate(200, 2000)
    0.1
    """

def UNSUBRATE(unsubs: Cells, delivered: Cells) -> Any:
    """Unsubscriptions as a share of the e-mails delivered.

    Args:
        unsubs: Unsubscriptions (count, each once: at most delivered).
        delivered: E-mails delivered (count).

    Returns:
        Fraction.

    >>> unsubscribe_rate(4, 2000)
    0.002
    """

def FCSTACC(actual: Cells, forecast: Cells) -> Any:
    """1 less the absolute errors as a share of what came (1 - WAPE).

    Args:
        actual: What came, by period or person (range of number).
        forecast: What was forecast (range of number).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTACC([100, 120, 80], [110, 110, 80])
    0.9333333333333333
    """

def FCSTBIAS(actual: Cells, forecast: Cells) -> Any:
    """How much more was forecast than came, as a share of what came.

    Args:
        actual: What came, by period or person (range of number).
        forecast: What was forecast (range of number).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTBIAS([100, 120, 80], [110, 115, 90])
    0.05
    """

def QUOTAATT(actual: Cells, quota: Cells) -> Any:
    """Sales reached as a share of the target.

    Args:
        actual: Sales reached (money).
        quota: Sales target (money).

    Returns:
        Fraction.

    >>> quota_attainment(450000, 500000)
    0.9
    """

def LEADSNEEDED(revenue_target: Cells, avg_deal: Cells, lead_conv: Cells) -> Any:
    """Leads that a revenue target takes, rounded up.

    Args:
        revenue_target: Revenue to reach (money).
        avg_deal: Average deal size, see AVGDEAL (money).
        lead_conv: Share of leads that become customers, see LEADCONV (fraction).

    Returns:
        Count.

    >>> float(leads_needed(240000, 20000, 0.08))
    150.0
    """

def ATTRIB(touches: Cells, model: Cells, days_before: Cells = ..., half_life: Cells = ..., lead_touch: Cells = ..., opp_touch: Cells = ...) -> Any:
    """Share of the credit for a conversion that each touch gets; together 1.

    Args:
        touches: Channels of one lead's touches, in time order (range of text).
        model: First, last, last_non_direct, linear, position, u_shaped, time_decay, w_shaped or full_path (text).
        days_before: Days from each touch to the conversion, for time_decay (range of days, optional).
        half_life: Days in which a touch loses half its weight, for time_decay (days, optional).
        lead_touch: Which touch made the lead, for u_shaped (the last, if omitted), w_shaped and full_path (number, optional).
        opp_touch: Which touch made the opportunity, for w_shaped and full_path (number, optional).

    Returns:
        Fractions, one for each touch; blank for a blank touch.

    >>> from xl_leadkpi import kpis
    >>> kpis.ATTRIB(["Ads", "Mail", "SEO", "Mail"], "position")
    [0.4, 0.1, 0.1, 0.4]
    """

def CHURNRATE(lost_customers: Cells, start_customers: Cells) -> Any:
    """Share of the customers at the start who left.

    Args:
        lost_customers: Customers lost, of those at the start (count, each once: at most start_customers).
        start_customers: Customers at the start of the period (count).

    Returns:
        Fraction.

    >>> churn_rate(5, 100)
    0.05
    """

def RETRATE(end_customers: Cells, new_customers: Cells, start_customers: Cells) -> Any:
    """Share of the customers at the start who are still there.

    Args:
        end_customers: Customers at the end of the period (count).
        new_customers: Customers won in the period (count).
        start_customers: Customers at the start of the period (count).

    Returns:
        Fraction.

    >>> customer_retention_rate(110, 15, 100)
    0.95
    """

def REPEATRATE(repeat_customers: Cells, customers: Cells) -> Any:
    """Share of the customers who bought again.

    Args:
        repeat_customers: Customers with two purchases or more (count, each once: at most customers).
        customers: Customers with a purchase (count).

    Returns:
        Fraction.

    >>> repeat_purchase_rate(30, 120)
    0.25
    """

def REFRATE(referring_customers: Cells, customers: Cells) -> Any:
    """Customers who bring others as a share of all customers.

    Args:
        referring_customers: Customers who referred somebody (count, each once: at most customers).
        customers: Customers (count).

    Returns:
        Fraction.

    >>> referral_rate(240, 4000)
    0.06
    """

def CSAT(satisfied: Cells, responses: Cells) -> Any:
    """Share of the answers that are satisfied.

    Args:
        satisfied: Satisfied answers, 4 or 5 of 5 (count, each once: at most responses).
        responses: Answers (count).

    Returns:
        Fraction.

    >>> customer_satisfaction(45, 50)
    0.9
    """

def CSATTOP(ratings: Cells, min_rating: Cells = ...) -> Any:
    """Share of the ratings at the top of the scale.

    Args:
        ratings: Ratings, usually 1 to 5 (range of number).
        min_rating: Lowest rating that counts as satisfied (number, optional).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.CSATTOP([5, 4, 3, 5, 2, None])
    0.6
    """

def NPS(promoters: Cells, detractors: Cells, responses: Cells) -> Any:
    """Promoters less detractors among a hundred answers.

    Args:
        promoters: Answers of 9 or 10 (count, each once: at most responses).
        detractors: Answers of 0 to 6 (count, each once: at most responses).
        responses: All answers (count).

    Returns:
        Points.

    >>> net_promoter_score(3, 1, 5)
    40.0
    """

def NPSCORE(ratings: Cells) -> Any:
    """Promoters (9, 10) less detractors (0 to 6) among a hundred ratings.

    Args:
        ratings: Ratings of 0 to 10 (range of number).

    Returns:
        Points.

    >>> from xl_leadkpi import kpis
    >>> kpis.NPSCORE([10, 9, 8, 7, 6])
    20.0
    """

def GRR(start_mrr: Cells, contraction: Cells, churned: Cells) -> Any:
    """Share of the recurring revenue that is still there, without gains.

    Args:
        start_mrr: MRR at the start of the period (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Fraction.

    >>> gross_revenue_retention(100000, 3000, 5000)
    0.92
    """

def MRRCHURN(churned: Cells, start_mrr: Cells, contraction: Cells = ...) -> Any:
    """Share of the recurring revenue at the start that was lost.

    Args:
        churned: MRR lost with customers, entered positive (money).
        start_mrr: MRR at the start of the period (money).
        contraction: MRR lost to downgrades, entered positive (money, optional).

    Returns:
        Fraction.

    >>> mrr_churn_rate(10, 100, 10)
    0.2
    """

def NRR(start_mrr: Cells, expansion: Cells, contraction: Cells, churned: Cells) -> Any:
    """Recurring revenue of the same customers at the end for each unit at the start.

    Args:
        start_mrr: MRR at the start of the period (money).
        expansion: MRR gained from the same customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Fraction.

    >>> net_revenue_retention(100000, 15000, 3000, 5000)
    1.07
    """

def QUICKRATIO(new_mrr: Cells, expansion: Cells, contraction: Cells, churned: Cells) -> Any:
    """Recurring revenue gained for each unit lost.

    Args:
        new_mrr: MRR of new customers (money).
        expansion: MRR gained from existing customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).

    Returns:
        Ratio.

    >>> saas_quick_ratio(10000, 5000, 2000, 3000)
    3.0
    """

def ROI(gain: Cells, cost: Cells) -> Any:
    """Net gain for each unit of cost.

    Args:
        gain: What came back, gross (money).
        cost: What was put in (money).

    Returns:
        Fraction.

    >>> return_on_investment(15000, 10000)
    0.5
    """

def ROMI(revenue: Cells, marketing_cost: Cells, gross_margin: Cells = ...) -> Any:
    """Gross profit less marketing cost for each unit of marketing cost.

    Args:
        revenue: Revenue attributed to the marketing (money).
        marketing_cost: What the marketing cost (money).
        gross_margin: Gross margin as a fraction (fraction, optional).

    Returns:
        Fraction.

    >>> return_on_marketing_investment(50000, 10000, 0.4)
    1.0
    """

def ROAS(revenue: Cells, ad_spend: Cells) -> Any:
    """Revenue for each unit of ad spend; ROMI on revenue + 1.

    Args:
        revenue: Revenue attributed to the ads (money).
        ad_spend: What the ads cost (money).

    Returns:
        Ratio.

    >>> return_on_ad_spend(50000, 10000)
    5.0
    """

def MER(total_revenue: Cells, total_spend: Cells) -> Any:
    """All revenue for each unit of all marketing spend.

    Args:
        total_revenue: All revenue of the period (money).
        total_spend: All marketing spend of the period (money).

    Returns:
        Ratio.

    >>> marketing_efficiency_ratio(500000, 100000)
    5.0
    """

def BEROAS(gross_margin: Cells) -> Any:
    """The ROAS at which the gross profit just pays the ads.

    Args:
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Ratio.

    >>> break_even_roas(0.4)
    2.5
    """

def NETMARGIN(profit: Cells, revenue: Cells) -> Any:
    """Profit for each unit of revenue.

    Args:
        profit: Net profit (money).
        revenue: Revenue (money).

    Returns:
        Fraction.

    >>> net_profit_margin(15000, 100000)
    0.15
    """

def GROSSMARGIN(revenue: Cells, cogs: Cells) -> Any:
    """Gross profit for each unit of revenue.

    Args:
        revenue: Revenue (money).
        cogs: Cost of goods sold (money).

    Returns:
        Fraction.

    >>> gross_margin(100000, 60000)
    0.4
    """

def GROWTHRATE(current: Cells, previous: Cells) -> Any:
    """Change against the period before.

    Args:
        current: Figure of this period (number).
        previous: Figure of the period before (number).

    Returns:
        Fraction.

    >>> growth_rate(120000, 100000)
    0.2
    """

def CMGR(first: Cells, last: Cells, periods: Cells) -> Any:
    """The same growth in every period that leads from the first figure to the last.

    Args:
        first: Figure at the start (number).
        last: Figure at the end (number).
        periods: Periods between the two (periods).

    Returns:
        Fraction per period.

    >>> round(compound_growth_rate(100000, 133100, 3), 4)
    0.1
    """

def LVR(current_qualified: Cells, previous_qualified: Cells) -> Any:
    """Growth of qualified leads against the month before.

    Args:
        current_qualified: Qualified leads of this month (count).
        previous_qualified: Qualified leads of the month before (count).

    Returns:
        Fraction.

    >>> lead_velocity_rate(230, 200)
    0.15
    """

def MAGICNUMBER(revenue: Cells, previous_revenue: Cells, previous_spend: Cells) -> Any:
    """Recurring revenue a quarter added, as of a year, for each unit of marketing and sales spend before it.

    Args:
        revenue: Recurring revenue of the quarter (money).
        previous_revenue: Recurring revenue of the quarter before (money).
        previous_spend: Marketing and sales spend of the quarter before (money).

    Returns:
        Ratio.

    >>> magic_number(130000, 100000, 120000)
    1.0
    """

def BURNMULTIPLE(net_burn: Cells, net_new_arr: Cells) -> Any:
    """Cash burned for each unit of recurring revenue added.

    Args:
        net_burn: Cash that went out less cash that came in, in the period (money).
        net_new_arr: ARR at the end of the period less ARR at its start (money).

    Returns:
        Ratio.

    >>> burn_multiple(3000000, 1000000)
    3.0
    """

def RULEOF40(growth: Cells, profit_margin: Cells) -> Any:
    """Growth and profit margin of a year, added up.

    Args:
        growth: Growth of revenue against the year before, see GROWTHRATE (fraction).
        profit_margin: Profit as a fraction of revenue: operating, EBITDA or free cash flow (fraction).

    Returns:
        Fraction.

    >>> round(rule_of_40(0.3, 0.15), 4)
    0.45
    """

def SALESCYCLE(start_dates: Cells, end_dates: Cells, stat: Cells = ...) -> Any:
    """Days from the start to the win, over the deals won.

    Args:
        start_dates: First contact, lead or opportunity created (range of date).
        end_dates: Won (range of date).
        stat: "mean", "median", "p90" and the like, or a quantile of 0..1 (statistic, optional).

    Returns:
        Days.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.SALESCYCLE([date(2025, 1, 1), date(2025, 1, 10)], [date(2025, 2, 15), date(2025, 3, 5)])
    49.5
    """

def TIMETOCONV(lead_dates: Cells, conv_dates: Cells, stat: Cells = ...) -> Any:
    """Days from the lead to any later stage.

    Args:
        lead_dates: Lead created (range of date).
        conv_dates: Stage reached (range of date).
        stat: "mean", "median", "p90" and the like, or a quantile of 0..1 (statistic, optional).

    Returns:
        Days.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.TIMETOCONV([date(2025, 5, 1), date(2025, 5, 4)], [date(2025, 5, 11), date(2025, 5, 24)], "median")
    15.0
    """

def RESPTIME(request_times: Cells, response_times: Cells, stat: Cells = ...) -> Any:
    """Minutes to the first response, over the requests answered; to the second.

    Args:
        request_times: Request received (range of date).
        response_times: Request answered, blank if never (range of date).
        stat: "mean", "median", "p90" and the like, or a quantile of 0..1 (statistic, optional).

    Returns:
        Minutes.

    >>> from datetime import datetime
    >>> from xl_leadkpi import kpis
    >>> kpis.RESPTIME([datetime(2025, 5, 5, 10, 0)], [datetime(2025, 5, 5, 10, 2)])
    2.0
    """

def RESPSLA(request_times: Cells, response_times: Cells, target_minutes: Cells = ...) -> Any:
    """Share of all requests that were answered within the target.

    Args:
        request_times: Request received (range of date).
        response_times: Request answered, blank if never (range of date).
        target_minutes: Target, inclusive (minutes, optional).

    Returns:
        Fraction.

    >>> from datetime import datetime
    >>> from xl_leadkpi import kpis
    >>> kpis.RESPSLA([datetime(2025, 5, 5, 10, 0)] * 2, [datetime(2025, 5, 5, 10, 3), None])
    0.5
    """

def OUTCOMERATE(with_outcome: Cells, requests: Cells) -> Any:
    """Share of the inbound requests that reached an outcome.

    Args:
        with_outcome: Requests that reached an outcome (count, each once: at most requests).
        requests: Inbound requests (count).

    Returns:
        Fraction.

    >>> inbound_outcome_rate(42, 60)
    0.7
    """

def LEADVALUE(sales_value: Cells, leads: Cells) -> Any:
    """Sales divided by the leads they came from: average deal times lead conversion.

    Args:
        sales_value: Sales that came from the leads (money).
        leads: Leads (count).

    Returns:
        Money.

    >>> lead_value(60000, 150)
    400.0
    """

def REVENUE(amounts: Cells, status_range: Cells = ...) -> Any:
    """Amounts of the deals won, summed up.

    Args:
        amounts: Amount of each deal (range of money).
        status_range: Its status; without it every amount counts (range of text, optional).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.REVENUE([1000, 2500, 400], ["won", "lost", "Won"])
    1400.0
    """

def AVGDEAL(revenue: Cells, won_deals: Cells) -> Any:
    """Average amount of a deal won.

    Args:
        revenue: Amount of the deals won (money).
        won_deals: Deals won (count).

    Returns:
        Money.

    >>> average_deal_size(240000, 12)
    20000.0
    """

def AOV(revenue: Cells, orders: Cells) -> Any:
    """Average revenue of an order.

    Args:
        revenue: Revenue of the orders (money).
        orders: Orders (count).

    Returns:
        Money.

    >>> average_order_value(18000, 120)
    150.0
    """

def ARPC(revenue: Cells, customers: Cells) -> Any:
    """Revenue of a period for each active customer.

    Args:
        revenue: Revenue of the period (money).
        customers: Customers active in the period (count).

    Returns:
        Money per period.

    >>> average_revenue_per_customer(120000, 80)
    1500.0
    """

def CLTV(value_per_period: Cells, lifetime: Cells, gross_margin: Cells = ...) -> Any:
    """What a customer brings over its lifetime.

    Args:
        value_per_period: Revenue of one customer in a period (money).
        lifetime: Customer lifetime in the same periods (periods).
        gross_margin: Gross margin as a fraction (fraction, optional).

    Returns:
        Money.

    >>> customer_lifetime_value(400, 3, 1)
    1200
    """

def CLTVCHURN(arpc: Cells, churn: Cells, gross_margin: Cells = ...) -> Any:
    """What a customer brings until it churns.

    Args:
        arpc: Revenue of one customer in a period, see ARPC (money).
        churn: Churn of the same period (fraction).
        gross_margin: Gross margin as a fraction (fraction, optional).

    Returns:
        Money.

    >>> round(customer_lifetime_value_from_churn(100, 0.03, 0.8), 4)
    2666.6667
    """

def LIFETIME(churn: Cells) -> Any:
    """Periods a customer stays on average.

    Args:
        churn: Churn of a period (fraction).

    Returns:
        Periods.

    >>> customer_lifetime(0.2)
    5.0
    """

def LTVCAC(cltv: Cells, cac: Cells) -> Any:
    """Lifetime value of a customer for each unit of money that winning it cost.

    Args:
        cltv: Customer lifetime value, see CLTV (money).
        cac: Customer acquisition cost, see CAC (money).

    Returns:
        Ratio.

    >>> ltv_to_cac_ratio(2400, 600)
    4.0
    """

def MRR(amounts: Cells, months: Cells = ...) -> Any:
    """Prices of the active subscriptions brought to one month and summed up.

    Args:
        amounts: Price of each active subscription for its billing term (range of money).
        months: Months in the term (range of months, optional).

    Returns:
        Money per month.

    >>> from xl_leadkpi import kpis
    >>> kpis.MRR([2400, 60], [12, 1])
    260.0
    """

def ARR(mrr: Cells) -> Any:
    """Recurring revenue of a month, times twelve.

    Args:
        mrr: Monthly recurring revenue, see MRR (money).

    Returns:
        Money per year.

    >>> annual_recurring_revenue(226.5)
    2718.0
    """

def NETNEWMRR(new_mrr: Cells, expansion: Cells, contraction: Cells, churned: Cells, reactivation: Cells = ...) -> Any:
    """What the month added to recurring revenue.

    Args:
        new_mrr: MRR of new customers (money).
        expansion: MRR gained from existing customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).
        reactivation: MRR of returning customers (money, optional).

    Returns:
        Money.

    >>> net_new_mrr(10000, 5000, 2000, 3000, 500)
    10500
    """

def PIPEVALUE(amounts: Cells, status_range: Cells) -> Any:
    """Amounts of the open deals, summed up.

    Args:
        amounts: Amount of each deal (range of money).
        status_range: Its status: open, won or lost, also in other languages (range of text).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.PIPEVALUE([1000, 2500, 400], ["open", "won", "open"])
    1400.0
    """

def WPIPE(amounts: Cells, probabilities: Cells) -> Any:
    """Amounts weighted with the chance that each is won.

    Args:
        amounts: Amount of each deal (range of money).
        probabilities: Its chance to be won (range of fraction).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.WPIPE([120000, 80000], [0.25, 0.5])
    70000.0
    """

def PIPEVEL(opportunities: Cells, deal_value: Cells, win_rate: Cells, cycle_days: Cells) -> Any:
    """Revenue the pipeline yields in a day.

    Args:
        opportunities: Opportunities in the pipeline (count).
        deal_value: Average value of a deal, see AVGDEAL (money).
        win_rate: Share of them that is won, see WINRATE (fraction).
        cycle_days: Days from opportunity to won, see SALESCYCLE (days).

    Returns:
        Money per day.

    >>> round(pipeline_velocity(50, 25000, 0.25, 60), 4)
    5208.3333
    """

def PIPECOV(pipeline: Cells, target: Cells, won: Cells = ...) -> Any:
    """Open pipeline for each unit of the target, or of what is left of it.

    Args:
        pipeline: Open pipeline due in the period, see PIPEVALUE (money).
        target: Sales target of the period (money).
        won: Won in the period so far: what is left of the target is to be covered (money, optional).

    Returns:
        Ratio.

    >>> pipeline_coverage(7500000, 2000000, 0)
    3.75
    """

def WPIPECOV(weighted_pipeline: Cells, target: Cells, won: Cells = ...) -> Any:
    """Revenue to be expected of the pipeline for each unit of the target, or of what is left of it.

    Args:
        weighted_pipeline: Open pipeline due in the period weighted with its chances, see WPIPE (money).
        target: Sales target of the period (money).
        won: Won in the period so far: what is left of the target is to be covered (money, optional).

    Returns:
        Ratio.

    >>> weighted_pipeline_coverage(1056000, 1600000, 0)
    0.66
    """

def DATECOUNT(date_range: Cells, from_date: Cells = ..., to_date: Cells = ...) -> Any:
    """Rows whose date lies in a period.

    Args:
        date_range: Dates of the leads, or of their entry into a stage (range of date).
        from_date: First day counted (date, optional).
        to_date: Last day counted, to its end (date, optional).

    Returns:
        Count.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.DATECOUNT([date(2025, 5, 1), date(2025, 6, 1)], date(2025, 5, 1), date(2025, 5, 31))
    1.0
    """

def STAGECOUNT(stage_range: Cells, stage: Cells) -> Any:
    """Records whose current stage is the one asked for.

    Args:
        stage_range: Current stage of each record (range of text).
        stage: The stage to count (text).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.STAGECOUNT(["Lead", "MQL", "lead "], "Lead")
    2.0
    """

def STAGEREACH(stage_range: Cells, stage: Cells, order: Cells) -> Any:
    """Records whose furthest stage is the one asked for or a later one.

    Args:
        stage_range: Furthest stage of each record (range of text).
        stage: The stage to have reached (text).
        order: All stages in order, without Lost (range of text).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.STAGEREACH(["Lead", "MQL", "Won"], "MQL", ["Lead", "MQL", "SQL", "Won"])
    2.0
    """

def SHOWRATE(attended: Cells, booked: Cells) -> Any:
    """Meetings held as a share of the meetings booked.

    Args:
        attended: Meetings that took place (count, each once: at most booked).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_show_rate(18, 24)
    0.75
    """

def NOSHOWRATE(no_shows: Cells, booked: Cells) -> Any:
    """Meetings nobody came to as a share of the meetings booked; 1 - SHOWRATE.

    Args:
        no_shows: Booked meetings that nobody came to (count, each once: at most booked).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_no_show_rate(6, 24)
    0.25
    """

def WEBTRAFFIC(sessions: Cells) -> Any:
    """Sessions, summed up.

    Args:
        sessions: Sessions of each day or page (range of count).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.WEBTRAFFIC([1200, None, 1450])
    2650.0
    """

def ACTPERREP(activities: Cells, reps: Cells) -> Any:
    """Calls or other activities for each sales representative.

    Args:
        activities: Calls, e-mails or meetings of the team (count).
        reps: Sales representatives (count).

    Returns:
        Ratio.

    >>> activities_per_rep(340, 5)
    68.0
    """

def CRMADOPT(active_reps: Cells, reps: Cells) -> Any:
    """Share of the sales representatives who use the CRM.

    Args:
        active_reps: Representatives who use the CRM (count, each once: at most reps).
        reps: Sales representatives (count).

    Returns:
        Fraction.

    >>> round(crm_adoption_rate(3, 7), 4)
    0.4286
    """

def BOUNCERATE(bounced: Cells, sessions: Cells) -> Any:
    """Share of the sessions that bounced.

    Args:
        bounced: Sessions that bounced, by the definition in use (count, each once: at most sessions).
        sessions: All sessions (count).

    Returns:
        Fraction.

    >>> bounce_rate(700, 2000)
    0.35
    """

def WEBENGRATE(engaged_sessions: Cells, sessions: Cells) -> Any:
    """Share of the sessions with engagement; 1 - BOUNCERATE where both follow GA4.

    Args:
        engaged_sessions: Engaged sessions as GA4 counts them (count, each once: at most sessions).
        sessions: All sessions (count).

    Returns:
        Fraction.

    >>> web_engagement_rate(1300, 2000)
    0.65
    """

def ENGAGEMENTS(likes: Cells, comments: Cells, shares: Cells, clicks: Cells = ..., other: Cells = ...) -> Any:
    """All interactions with a post.

    Args:
        likes: Likes and other one-click reactions (count).
        comments: Comments (count).
        shares: Shares and reposts (count).
        clicks: Clicks on the post (count, optional).
        other: Any other interactions (count, optional).

    Returns:
        Count.

    >>> engagements(120, 30, 18, 0, 0)
    168
    """

def ENGRATE(engagements: Cells, impressions: Cells) -> Any:
    """Interactions for each impression.

    Args:
        engagements: Interactions, see ENGAGEMENTS (count of events: may exceed impressions).
        impressions: Impressions; pass reach or followers for those variants (count).

    Returns:
        Fraction.

    >>> engagement_rate(168, 5600)
    0.03
    """

def COMMCONV(conversions: Cells, community_size: Cells) -> Any:
    """Conversions for each member of a community.

    Args:
        conversions: Conversions that came from the community, every one (count of events: may exceed community_size).
        community_size: Members or followers (count).

    Returns:
        Fraction.

    >>> community_conversion_rate(45, 3000)
    0.015
    """

def IMPRESSIONS(impression_counts: Cells) -> Any:
    """Impressions, summed up.

    Args:
        impression_counts: Impressions of each day, ad or channel (range of count).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.IMPRESSIONS([1200, None, 1450])
    2650.0
    """

def REACH(impressions: Cells, frequency: Cells) -> Any:
    """People reached, from impressions and frequency.

    Args:
        impressions: Impressions (count).
        frequency: Impressions for each person reached, at least 1 (ratio).

    Returns:
        Count.

    >>> reach(6000, 3)
    2000.0
    """

def ADFREQ(impressions: Cells, reach: Cells) -> Any:
    """Impressions for each person reached.

    Args:
        impressions: Impressions (count).
        reach: People reached (count, each once: at most impressions).

    Returns:
        Ratio.

    >>> ad_frequency(6000, 2000)
    3.0
    """

def CTR(clicks: Cells, impressions: Cells) -> Any:
    """Clicks for each impression.

    Args:
        clicks: Clicks, every one (count of events: may exceed impressions).
        impressions: Impressions (count).

    Returns:
        Fraction.

    >>> click_through_rate(120, 6000)
    0.02
    """

def CPC(cost: Cells, clicks: Cells) -> Any:
    """Advertising cost of one click.

    Args:
        cost: Advertising cost (money).
        clicks: Clicks (count).

    Returns:
        Money.

    >>> cost_per_click(300, 120)
    2.5
    """

def CPM(cost: Cells, impressions: Cells) -> Any:
    """Advertising cost of a thousand impressions.

    Args:
        cost: Advertising cost (money).
        impressions: Impressions (count).

    Returns:
        Money.

    >>> cost_per_mille(50, 10000)
    5.0
    """
