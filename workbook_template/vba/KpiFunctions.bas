Attribute VB_Name = "KpiFunctions"
'Written by python -m xl_leadkpi.addin.vba; changes belong into the catalogue.
Option Explicit

Public KpiEngine As New KpiCells

Public Function CONVRATE(conversions As Variant, total As Variant) As Variant
Attribute CONVRATE.VB_Description = "Conversion rate: Desired actions for each visitor, session or click."
Attribute CONVRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    CONVRATE = KpiEngine.Value("CONVRATE", Array(conversions, total), 2)
End Function

Public Function LEADCONV(customers As Variant, leads As Variant) As Variant
Attribute LEADCONV.VB_Description = "Lead conversion rate: Share of the leads that became customers."
Attribute LEADCONV.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADCONV = KpiEngine.Value("LEADCONV", Array(customers, leads), 2)
End Function

Public Function LEADTOOPP(opportunities As Variant, leads As Variant) As Variant
Attribute LEADTOOPP.VB_Description = "Lead -> opportunity rate: Share of the leads that became opportunities."
Attribute LEADTOOPP.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADTOOPP = KpiEngine.Value("LEADTOOPP", Array(opportunities, leads), 2)
End Function

Public Function LEADQUAL(qualified As Variant, leads As Variant) As Variant
Attribute LEADQUAL.VB_Description = "Lead quality (qualification rate): Share of the leads that were qualified."
Attribute LEADQUAL.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADQUAL = KpiEngine.Value("LEADQUAL", Array(qualified, leads), 2)
End Function

Public Function MQLTOSQL(sqls As Variant, mqls As Variant) As Variant
Attribute MQLTOSQL.VB_Description = "MQL -> SQL rate: Share of the marketing qualified leads that sales accepted."
Attribute MQLTOSQL.VB_ProcData.VB_Invoke_Func = " \n14"
    MQLTOSQL = KpiEngine.Value("MQLTOSQL", Array(sqls, mqls), 2)
End Function

Public Function SQLTOOPP(opportunities As Variant, sqls As Variant) As Variant
Attribute SQLTOOPP.VB_Description = "SQL -> opportunity rate: Share of the sales qualified leads that became opportunities."
Attribute SQLTOOPP.VB_ProcData.VB_Invoke_Func = " \n14"
    SQLTOOPP = KpiEngine.Value("SQLTOOPP", Array(opportunities, sqls), 2)
End Function

Public Function SQLTOWIN(customers As Variant, qualified As Variant) As Variant
Attribute SQLTOWIN.VB_Description = "Qualified lead -> customer rate: Share of the qualified leads that became customers."
Attribute SQLTOWIN.VB_ProcData.VB_Invoke_Func = " \n14"
    SQLTOWIN = KpiEngine.Value("SQLTOWIN", Array(customers, qualified), 2)
End Function

Public Function OPPTOWIN(won As Variant, opportunities As Variant) As Variant
Attribute OPPTOWIN.VB_Description = "Opportunity-to-win ratio: Share of all opportunities that were won."
Attribute OPPTOWIN.VB_ProcData.VB_Invoke_Func = " \n14"
    OPPTOWIN = KpiEngine.Value("OPPTOWIN", Array(won, opportunities), 2)
End Function

Public Function WINRATE(won As Variant, lost As Variant, Optional open_opps As Variant) As Variant
Attribute WINRATE.VB_Description = "Win rate: Share of the closed opportunities that were won; of all opportunities with the third argument."
Attribute WINRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    WINRATE = KpiEngine.Value("WINRATE", Array(won, lost, open_opps), 2)
End Function

Public Function WINRATEIF(status_range As Variant, crit_range As Variant, criterion As Variant, _
        Optional crit_range2 As Variant, Optional criterion2 As Variant, Optional crit_range3 As Variant, _
        Optional criterion3 As Variant, Optional crit_range4 As Variant, Optional criterion4 As Variant, _
        Optional opp_range As Variant) As Variant
Attribute WINRATEIF.VB_Description = "Win rate by owner, source or campaign: Share of the closed opportunities of one owner, source or campaign that were won."
Attribute WINRATEIF.VB_ProcData.VB_Invoke_Func = " \n14"
    WINRATEIF = KpiEngine.Value("WINRATEIF", Array(status_range, crit_range, criterion, crit_range2, criterion2, _
        crit_range3, criterion3, crit_range4, criterion4, opp_range))
End Function

Public Function LEADCONVIF(status_range As Variant, crit_range As Variant, criterion As Variant, _
        Optional crit_range2 As Variant, Optional criterion2 As Variant, Optional crit_range3 As Variant, _
        Optional criterion3 As Variant, Optional crit_range4 As Variant, Optional criterion4 As Variant) As Variant
Attribute LEADCONVIF.VB_Description = "Lead conversion by channel or campaign: Share of the leads of one channel or campaign that were won."
Attribute LEADCONVIF.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADCONVIF = KpiEngine.Value("LEADCONVIF", Array(status_range, crit_range, criterion, crit_range2, criterion2, _
        crit_range3, criterion3, crit_range4, criterion4))
End Function

Public Function LOSSRATE(won As Variant, lost As Variant) As Variant
Attribute LOSSRATE.VB_Description = "Loss rate: Share of the closed opportunities that were lost; 1 - WINRATE."
Attribute LOSSRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    LOSSRATE = KpiEngine.Value("LOSSRATE", Array(won, lost), 2)
End Function

Public Function WINLOSS(won As Variant, lost As Variant) As Variant
Attribute WINLOSS.VB_Description = "Win-loss ratio: Opportunities won for each one lost."
Attribute WINLOSS.VB_ProcData.VB_Invoke_Func = " \n14"
    WINLOSS = KpiEngine.Value("WINLOSS", Array(won, lost), 2)
End Function

Public Function DROPOFF(entered As Variant, passed As Variant) As Variant
Attribute DROPOFF.VB_Description = "Stage drop-off: Share of the records that did not get past a stage."
Attribute DROPOFF.VB_ProcData.VB_Invoke_Func = " \n14"
    DROPOFF = KpiEngine.Value("DROPOFF", Array(entered, passed), 2)
End Function

Public Function STEPCONV(counts As Variant) As Variant
Attribute STEPCONV.VB_Description = "Step conversions of a funnel column: Each count of a funnel column as a share of the one above; the first row is 1."
Attribute STEPCONV.VB_ProcData.VB_Invoke_Func = " \n14"
    STEPCONV = KpiEngine.Value("STEPCONV", Array(counts))
End Function

Public Function CUMCONV(counts As Variant) As Variant
Attribute CUMCONV.VB_Description = "Cumulative conversions of a funnel column: Each count of a funnel column as a share of the first."
Attribute CUMCONV.VB_ProcData.VB_Invoke_Func = " \n14"
    CUMCONV = KpiEngine.Value("CUMCONV", Array(counts))
End Function

Public Function CONVCI(conversions As Variant, total As Variant, Optional confidence As Variant) As Variant
Attribute CONVCI.VB_Description = "Confidence interval of a rate (Wilson): Wilson score interval of a rate: its low and its high end."
Attribute CONVCI.VB_ProcData.VB_Invoke_Func = " \n14"
    CONVCI = KpiEngine.Value("CONVCI", Array(conversions, total, confidence), 2)
End Function

Public Function RATEDIFF(conversions_a As Variant, total_a As Variant, conversions_b As Variant, _
        total_b As Variant) As Variant
Attribute RATEDIFF.VB_Description = "Difference of two rates: Rate of the first group less that of the second."
Attribute RATEDIFF.VB_ProcData.VB_Invoke_Func = " \n14"
    RATEDIFF = KpiEngine.Value("RATEDIFF", Array(conversions_a, total_a, conversions_b, total_b), 4)
End Function

Public Function RATEDIFFCI(conversions_a As Variant, total_a As Variant, conversions_b As Variant, _
        total_b As Variant, Optional confidence As Variant) As Variant
Attribute RATEDIFFCI.VB_Description = "Confidence interval of the difference of two rates (Newcombe): Interval of the rate of the first group less that of the second: its low and its high end."
Attribute RATEDIFFCI.VB_ProcData.VB_Invoke_Func = " \n14"
    RATEDIFFCI = KpiEngine.Value("RATEDIFFCI", Array(conversions_a, total_a, conversions_b, total_b, confidence), _
        4)
End Function

Public Function RATETEST(conversions_a As Variant, total_a As Variant, conversions_b As Variant, _
        total_b As Variant) As Variant
Attribute RATETEST.VB_Description = "Test of two rates (p-value): Chance of a difference at least as large if both groups have one rate: two-sided z test with pooled variance."
Attribute RATETEST.VB_ProcData.VB_Invoke_Func = " \n14"
    RATETEST = KpiEngine.Value("RATETEST", Array(conversions_a, total_a, conversions_b, total_b), 4)
End Function

Public Function SAMPLESIZE(rate_a As Variant, rate_b As Variant, Optional confidence As Variant, _
        Optional power As Variant) As Variant
Attribute SAMPLESIZE.VB_Description = "Sample size to tell two rates apart: Records that each of two groups takes until a test tells their rates apart, rounded up."
Attribute SAMPLESIZE.VB_ProcData.VB_Invoke_Func = " \n14"
    SAMPLESIZE = KpiEngine.Value("SAMPLESIZE", Array(rate_a, rate_b, confidence, power), 2)
End Function

Public Function CPL(spend As Variant, leads As Variant) As Variant
Attribute CPL.VB_Description = "Cost per lead: Marketing spend divided by the leads it brought."
Attribute CPL.VB_ProcData.VB_Invoke_Func = " \n14"
    CPL = KpiEngine.Value("CPL", Array(spend, leads), 2)
End Function

Public Function CPMQL(spend As Variant, mqls As Variant) As Variant
Attribute CPMQL.VB_Description = "Cost per MQL: Marketing spend divided by the marketing qualified leads; CPL divided by the qualification rate."
Attribute CPMQL.VB_ProcData.VB_Invoke_Func = " \n14"
    CPMQL = KpiEngine.Value("CPMQL", Array(spend, mqls), 2)
End Function

Public Function CPSQL(spend As Variant, sqls As Variant) As Variant
Attribute CPSQL.VB_Description = "Cost per SQL: Marketing spend divided by the sales qualified leads."
Attribute CPSQL.VB_ProcData.VB_Invoke_Func = " \n14"
    CPSQL = KpiEngine.Value("CPSQL", Array(spend, sqls), 2)
End Function

Public Function CPSQO(spend As Variant, sqos As Variant) As Variant
Attribute CPSQO.VB_Description = "Cost per SQO: Marketing spend divided by the sales qualified opportunities."
Attribute CPSQO.VB_ProcData.VB_Invoke_Func = " \n14"
    CPSQO = KpiEngine.Value("CPSQO", Array(spend, sqos), 2)
End Function

Public Function CPOPP(spend As Variant, opportunities As Variant) As Variant
Attribute CPOPP.VB_Description = "Cost per opportunity: Marketing spend divided by the opportunities it brought."
Attribute CPOPP.VB_ProcData.VB_Invoke_Func = " \n14"
    CPOPP = KpiEngine.Value("CPOPP", Array(spend, opportunities), 2)
End Function

Public Function CPMTG(spend As Variant, meetings As Variant) As Variant
Attribute CPMTG.VB_Description = "Cost per meeting: Marketing spend divided by the meetings held."
Attribute CPMTG.VB_ProcData.VB_Invoke_Func = " \n14"
    CPMTG = KpiEngine.Value("CPMTG", Array(spend, meetings), 2)
End Function

Public Function CPA(spend As Variant, acquisitions As Variant) As Variant
Attribute CPA.VB_Description = "Cost per acquisition: Campaign spend divided by the actions it was after."
Attribute CPA.VB_ProcData.VB_Invoke_Func = " \n14"
    CPA = KpiEngine.Value("CPA", Array(spend, acquisitions), 2)
End Function

Public Function CAC(marketing_cost As Variant, new_customers As Variant, Optional sales_cost As Variant) As Variant
Attribute CAC.VB_Description = "Customer acquisition cost: Marketing and sales cost divided by the customers won; marketing alone without the third argument."
Attribute CAC.VB_ProcData.VB_Invoke_Func = " \n14"
    CAC = KpiEngine.Value("CAC", Array(marketing_cost, new_customers, sales_cost), 2)
End Function

Public Function CACPAYBACK(acquisition_cost As Variant, arpc_month As Variant, _
        Optional gross_margin As Variant) As Variant
Attribute CACPAYBACK.VB_Description = "CAC payback: Months until a customer's gross profit has paid back what winning it cost."
Attribute CACPAYBACK.VB_ProcData.VB_Invoke_Func = " \n14"
    CACPAYBACK = KpiEngine.Value("CACPAYBACK", Array(acquisition_cost, arpc_month, gross_margin), 2)
End Function

Public Function OPENRATE(opens As Variant, delivered As Variant) As Variant
Attribute OPENRATE.VB_Description = "Email open rate: Share of the e-mails delivered that were opened."
Attribute OPENRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    OPENRATE = KpiEngine.Value("OPENRATE", Array(opens, delivered), 2)
End Function

Public Function EMAILCTR(clicks As Variant, delivered As Variant) As Variant
Attribute EMAILCTR.VB_Description = "Email click-through rate: Share of the e-mails delivered that were clicked."
Attribute EMAILCTR.VB_ProcData.VB_Invoke_Func = " \n14"
    EMAILCTR = KpiEngine.Value("EMAILCTR", Array(clicks, delivered), 2)
End Function

Public Function CTOR(clicks As Variant, opens As Variant) As Variant
Attribute CTOR.VB_Description = "Click-to-open rate: Share of the e-mails opened that were clicked."
Attribute CTOR.VB_ProcData.VB_Invoke_Func = " \n14"
    CTOR = KpiEngine.Value("CTOR", Array(clicks, opens), 2)
End Function

Public Function LISTGROWTH(new_subs As Variant, lost_subs As Variant, list_size As Variant) As Variant
Attribute LISTGROWTH.VB_Description = "List growth rate: Net new subscribers as a share of the list."
Attribute LISTGROWTH.VB_ProcData.VB_Invoke_Func = " \n14"
    LISTGROWTH = KpiEngine.Value("LISTGROWTH", Array(new_subs, lost_subs, list_size), 3)
End Function

Public Function FWDRATE(forwards As Variant, delivered As Variant) As Variant
Attribute FWDRATE.VB_Description = "Forward / share rate: Forwards and shares for each e-mail delivered."
Attribute FWDRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    FWDRATE = KpiEngine.Value("FWDRATE", Array(forwards, delivered), 2)
End Function

Public Function DELIVRATE(delivered As Variant, sent As Variant) As Variant
Attribute DELIVRATE.VB_Description = "Delivery rate: Share of the e-mails sent that were delivered."
Attribute DELIVRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    DELIVRATE = KpiEngine.Value("DELIVRATE", Array(delivered, sent), 2)
End Function

Public Function EMAILBOUNCE(bounced As Variant, sent As Variant) As Variant
Attribute EMAILBOUNCE.VB_Description = "Email bounce rate: Share of the e-mails sent that bounced."
Attribute EMAILBOUNCE.VB_ProcData.VB_Invoke_Func = " \n14"
    EMAILBOUNCE = KpiEngine.Value("EMAILBOUNCE", Array(bounced, sent), 2)
End Function

Public Function UNSUBRATE(unsubs As Variant, delivered As Variant) As Variant
Attribute UNSUBRATE.VB_Description = "Unsubscribe rate: Unsubscriptions as a share of the e-mails delivered."
Attribute UNSUBRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    UNSUBRATE = KpiEngine.Value("UNSUBRATE", Array(unsubs, delivered), 2)
End Function

Public Function FCSTACC(actual As Variant, forecast As Variant) As Variant
Attribute FCSTACC.VB_Description = "Sales forecast accuracy: 1 less the absolute errors as a share of what came (1 - WAPE)."
Attribute FCSTACC.VB_ProcData.VB_Invoke_Func = " \n14"
    FCSTACC = KpiEngine.Value("FCSTACC", Array(actual, forecast))
End Function

Public Function FCSTBIAS(actual As Variant, forecast As Variant) As Variant
Attribute FCSTBIAS.VB_Description = "Forecast bias: How much more was forecast than came, as a share of what came."
Attribute FCSTBIAS.VB_ProcData.VB_Invoke_Func = " \n14"
    FCSTBIAS = KpiEngine.Value("FCSTBIAS", Array(actual, forecast))
End Function

Public Function QUOTAATT(actual As Variant, quota As Variant) As Variant
Attribute QUOTAATT.VB_Description = "Quota attainment: Sales reached as a share of the target."
Attribute QUOTAATT.VB_ProcData.VB_Invoke_Func = " \n14"
    QUOTAATT = KpiEngine.Value("QUOTAATT", Array(actual, quota), 2)
End Function

Public Function LEADSNEEDED(revenue_target As Variant, avg_deal As Variant, lead_conv As Variant) As Variant
Attribute LEADSNEEDED.VB_Description = "Required leads for a target: Leads that a revenue target takes, rounded up."
Attribute LEADSNEEDED.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADSNEEDED = KpiEngine.Value("LEADSNEEDED", Array(revenue_target, avg_deal, lead_conv), 3)
End Function

Public Function ATTRIB(touches As Variant, model As Variant, Optional days_before As Variant, _
        Optional half_life As Variant, Optional lead_touch As Variant, Optional opp_touch As Variant) As Variant
Attribute ATTRIB.VB_Description = "Attribution weights: Share of the credit for a conversion that each touch gets; together 1."
Attribute ATTRIB.VB_ProcData.VB_Invoke_Func = " \n14"
    ATTRIB = KpiEngine.Value("ATTRIB", Array(touches, model, days_before, half_life, lead_touch, opp_touch))
End Function

Public Function CHURNRATE(lost_customers As Variant, start_customers As Variant) As Variant
Attribute CHURNRATE.VB_Description = "Churn rate (customers): Share of the customers at the start who left."
Attribute CHURNRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    CHURNRATE = KpiEngine.Value("CHURNRATE", Array(lost_customers, start_customers), 2)
End Function

Public Function RETRATE(end_customers As Variant, new_customers As Variant, start_customers As Variant) As Variant
Attribute RETRATE.VB_Description = "Customer retention rate: Share of the customers at the start who are still there."
Attribute RETRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    RETRATE = KpiEngine.Value("RETRATE", Array(end_customers, new_customers, start_customers), 3)
End Function

Public Function REPEATRATE(repeat_customers As Variant, customers As Variant) As Variant
Attribute REPEATRATE.VB_Description = "Repeat purchase rate: Share of the customers who bought again."
Attribute REPEATRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    REPEATRATE = KpiEngine.Value("REPEATRATE", Array(repeat_customers, customers), 2)
End Function

Public Function REFRATE(referring_customers As Variant, customers As Variant) As Variant
Attribute REFRATE.VB_Description = "Referral rate: Customers who bring others as a share of all customers."
Attribute REFRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    REFRATE = KpiEngine.Value("REFRATE", Array(referring_customers, customers), 2)
End Function

Public Function CSAT(satisfied As Variant, responses As Variant) As Variant
Attribute CSAT.VB_Description = "Customer satisfaction: Share of the answers that are satisfied."
Attribute CSAT.VB_ProcData.VB_Invoke_Func = " \n14"
    CSAT = KpiEngine.Value("CSAT", Array(satisfied, responses), 2)
End Function

Public Function CSATTOP(ratings As Variant, Optional min_rating As Variant) As Variant
Attribute CSATTOP.VB_Description = "Customer satisfaction (ratings): Share of the ratings at the top of the scale."
Attribute CSATTOP.VB_ProcData.VB_Invoke_Func = " \n14"
    CSATTOP = KpiEngine.Value("CSATTOP", Array(ratings, min_rating))
End Function

Public Function NPS(promoters As Variant, detractors As Variant, responses As Variant) As Variant
Attribute NPS.VB_Description = "Net promoter score (counts): Promoters less detractors among a hundred answers."
Attribute NPS.VB_ProcData.VB_Invoke_Func = " \n14"
    NPS = KpiEngine.Value("NPS", Array(promoters, detractors, responses), 3)
End Function

Public Function NPSCORE(ratings As Variant) As Variant
Attribute NPSCORE.VB_Description = "Net promoter score (ratings): Promoters (9, 10) less detractors (0 to 6) among a hundred ratings."
Attribute NPSCORE.VB_ProcData.VB_Invoke_Func = " \n14"
    NPSCORE = KpiEngine.Value("NPSCORE", Array(ratings))
End Function

Public Function GRR(start_mrr As Variant, contraction As Variant, churned As Variant) As Variant
Attribute GRR.VB_Description = "Gross revenue retention: Share of the recurring revenue that is still there, without gains."
Attribute GRR.VB_ProcData.VB_Invoke_Func = " \n14"
    GRR = KpiEngine.Value("GRR", Array(start_mrr, contraction, churned), 3)
End Function

Public Function MRRCHURN(churned As Variant, start_mrr As Variant, Optional contraction As Variant) As Variant
Attribute MRRCHURN.VB_Description = "MRR churn rate: Share of the recurring revenue at the start that was lost."
Attribute MRRCHURN.VB_ProcData.VB_Invoke_Func = " \n14"
    MRRCHURN = KpiEngine.Value("MRRCHURN", Array(churned, start_mrr, contraction), 2)
End Function

Public Function NRR(start_mrr As Variant, expansion As Variant, contraction As Variant, _
        churned As Variant) As Variant
Attribute NRR.VB_Description = "Net revenue retention: Recurring revenue of the same customers at the end for each unit at the start."
Attribute NRR.VB_ProcData.VB_Invoke_Func = " \n14"
    NRR = KpiEngine.Value("NRR", Array(start_mrr, expansion, contraction, churned), 4)
End Function

Public Function QUICKRATIO(new_mrr As Variant, expansion As Variant, contraction As Variant, _
        churned As Variant) As Variant
Attribute QUICKRATIO.VB_Description = "SaaS quick ratio: Recurring revenue gained for each unit lost."
Attribute QUICKRATIO.VB_ProcData.VB_Invoke_Func = " \n14"
    QUICKRATIO = KpiEngine.Value("QUICKRATIO", Array(new_mrr, expansion, contraction, churned), 4)
End Function

Public Function ROI(gain As Variant, cost As Variant) As Variant
Attribute ROI.VB_Description = "Return on investment: Net gain for each unit of cost."
Attribute ROI.VB_ProcData.VB_Invoke_Func = " \n14"
    ROI = KpiEngine.Value("ROI", Array(gain, cost), 2)
End Function

Public Function ROMI(revenue_amount As Variant, marketing_cost As Variant, _
        Optional gross_margin As Variant) As Variant
Attribute ROMI.VB_Description = "Marketing ROI: Gross profit less marketing cost for each unit of marketing cost."
Attribute ROMI.VB_ProcData.VB_Invoke_Func = " \n14"
    ROMI = KpiEngine.Value("ROMI", Array(revenue_amount, marketing_cost, gross_margin), 2)
End Function

Public Function ROAS(revenue_amount As Variant, ad_spend As Variant) As Variant
Attribute ROAS.VB_Description = "Return on ad spend: Revenue for each unit of ad spend; ROMI on revenue + 1."
Attribute ROAS.VB_ProcData.VB_Invoke_Func = " \n14"
    ROAS = KpiEngine.Value("ROAS", Array(revenue_amount, ad_spend), 2)
End Function

Public Function MER(total_revenue As Variant, total_spend As Variant) As Variant
Attribute MER.VB_Description = "Marketing efficiency ratio: All revenue for each unit of all marketing spend."
Attribute MER.VB_ProcData.VB_Invoke_Func = " \n14"
    MER = KpiEngine.Value("MER", Array(total_revenue, total_spend), 2)
End Function

Public Function BEROAS(gross_margin As Variant) As Variant
Attribute BEROAS.VB_Description = "Break-even ROAS: The ROAS at which the gross profit just pays the ads."
Attribute BEROAS.VB_ProcData.VB_Invoke_Func = " \n14"
    BEROAS = KpiEngine.Value("BEROAS", Array(gross_margin), 1)
End Function

Public Function NETMARGIN(profit As Variant, revenue_amount As Variant) As Variant
Attribute NETMARGIN.VB_Description = "Profit margin (net): Profit for each unit of revenue."
Attribute NETMARGIN.VB_ProcData.VB_Invoke_Func = " \n14"
    NETMARGIN = KpiEngine.Value("NETMARGIN", Array(profit, revenue_amount), 2)
End Function

Public Function GROSSMARGIN(revenue_amount As Variant, cogs As Variant) As Variant
Attribute GROSSMARGIN.VB_Description = "Gross margin: Gross profit for each unit of revenue."
Attribute GROSSMARGIN.VB_ProcData.VB_Invoke_Func = " \n14"
    GROSSMARGIN = KpiEngine.Value("GROSSMARGIN", Array(revenue_amount, cogs), 2)
End Function

Public Function GROWTHRATE(current As Variant, previous As Variant) As Variant
Attribute GROWTHRATE.VB_Description = "Growth rate (sales, revenue): Change against the period before."
Attribute GROWTHRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    GROWTHRATE = KpiEngine.Value("GROWTHRATE", Array(current, previous), 2)
End Function

Public Function CMGR(first As Variant, last As Variant, periods As Variant) As Variant
Attribute CMGR.VB_Description = "Compound growth rate per period: The same growth in every period that leads from the first figure to the last."
Attribute CMGR.VB_ProcData.VB_Invoke_Func = " \n14"
    CMGR = KpiEngine.Value("CMGR", Array(first, last, periods), 3)
End Function

Public Function LVR(current_qualified As Variant, previous_qualified As Variant) As Variant
Attribute LVR.VB_Description = "Lead velocity rate: Growth of qualified leads against the month before."
Attribute LVR.VB_ProcData.VB_Invoke_Func = " \n14"
    LVR = KpiEngine.Value("LVR", Array(current_qualified, previous_qualified), 2)
End Function

Public Function MAGICNUMBER(revenue_amount As Variant, previous_revenue As Variant, _
        previous_spend As Variant) As Variant
Attribute MAGICNUMBER.VB_Description = "SaaS magic number: Recurring revenue a quarter added, as of a year, for each unit of marketing and sales spend before it."
Attribute MAGICNUMBER.VB_ProcData.VB_Invoke_Func = " \n14"
    MAGICNUMBER = KpiEngine.Value("MAGICNUMBER", Array(revenue_amount, previous_revenue, previous_spend), 3)
End Function

Public Function BURNMULTIPLE(net_burn As Variant, net_new_arr As Variant) As Variant
Attribute BURNMULTIPLE.VB_Description = "Burn multiple: Cash burned for each unit of recurring revenue added."
Attribute BURNMULTIPLE.VB_ProcData.VB_Invoke_Func = " \n14"
    BURNMULTIPLE = KpiEngine.Value("BURNMULTIPLE", Array(net_burn, net_new_arr), 2)
End Function

Public Function RULEOF40(growth As Variant, profit_margin As Variant) As Variant
Attribute RULEOF40.VB_Description = "Rule of 40: Growth and profit margin of a year, added up."
Attribute RULEOF40.VB_ProcData.VB_Invoke_Func = " \n14"
    RULEOF40 = KpiEngine.Value("RULEOF40", Array(growth, profit_margin), 2)
End Function

Public Function SALESCYCLE(start_dates As Variant, end_dates As Variant, Optional stat As Variant) As Variant
Attribute SALESCYCLE.VB_Description = "Sales cycle length: Days from the start to the win, over the deals won."
Attribute SALESCYCLE.VB_ProcData.VB_Invoke_Func = " \n14"
    SALESCYCLE = KpiEngine.Value("SALESCYCLE", Array(start_dates, end_dates, stat), 0, True)
End Function

Public Function TIMETOCONV(lead_dates As Variant, conv_dates As Variant, Optional stat As Variant) As Variant
Attribute TIMETOCONV.VB_Description = "Time to conversion: Days from the lead to any later stage."
Attribute TIMETOCONV.VB_ProcData.VB_Invoke_Func = " \n14"
    TIMETOCONV = KpiEngine.Value("TIMETOCONV", Array(lead_dates, conv_dates, stat), 0, True)
End Function

Public Function RESPTIME(request_times As Variant, response_times As Variant, Optional stat As Variant) As Variant
Attribute RESPTIME.VB_Description = "Inbound response time: Minutes to the first response, over the requests answered; to the second."
Attribute RESPTIME.VB_ProcData.VB_Invoke_Func = " \n14"
    RESPTIME = KpiEngine.Value("RESPTIME", Array(request_times, response_times, stat), 0, True)
End Function

Public Function RESPSLA(request_times As Variant, response_times As Variant, _
        Optional target_minutes As Variant) As Variant
Attribute RESPSLA.VB_Description = "Share answered within target: Share of all requests that were answered within the target."
Attribute RESPSLA.VB_ProcData.VB_Invoke_Func = " \n14"
    RESPSLA = KpiEngine.Value("RESPSLA", Array(request_times, response_times, target_minutes), 0, True)
End Function

Public Function OUTCOMERATE(with_outcome As Variant, requests As Variant) As Variant
Attribute OUTCOMERATE.VB_Description = "Outcome rate of inbound requests: Share of the inbound requests that reached an outcome."
Attribute OUTCOMERATE.VB_ProcData.VB_Invoke_Func = " \n14"
    OUTCOMERATE = KpiEngine.Value("OUTCOMERATE", Array(with_outcome, requests), 2)
End Function

Public Function LEADVALUE(sales_value As Variant, leads As Variant) As Variant
Attribute LEADVALUE.VB_Description = "Lead value: Sales divided by the leads they came from: average deal times lead conversion."
Attribute LEADVALUE.VB_ProcData.VB_Invoke_Func = " \n14"
    LEADVALUE = KpiEngine.Value("LEADVALUE", Array(sales_value, leads), 2)
End Function

Public Function REVENUE(amounts As Variant, Optional status_range As Variant) As Variant
Attribute REVENUE.VB_Description = "Revenue: Amounts of the deals won, summed up."
Attribute REVENUE.VB_ProcData.VB_Invoke_Func = " \n14"
    REVENUE = KpiEngine.Value("REVENUE", Array(amounts, status_range))
End Function

Public Function AVGDEAL(revenue_amount As Variant, won_deals As Variant) As Variant
Attribute AVGDEAL.VB_Description = "Average deal size: Average amount of a deal won."
Attribute AVGDEAL.VB_ProcData.VB_Invoke_Func = " \n14"
    AVGDEAL = KpiEngine.Value("AVGDEAL", Array(revenue_amount, won_deals), 2)
End Function

Public Function AOV(revenue_amount As Variant, orders As Variant) As Variant
Attribute AOV.VB_Description = "Average order value: Average revenue of an order."
Attribute AOV.VB_ProcData.VB_Invoke_Func = " \n14"
    AOV = KpiEngine.Value("AOV", Array(revenue_amount, orders), 2)
End Function

Public Function ARPC(revenue_amount As Variant, customers As Variant) As Variant
Attribute ARPC.VB_Description = "Average revenue per customer: Revenue of a period for each active customer."
Attribute ARPC.VB_ProcData.VB_Invoke_Func = " \n14"
    ARPC = KpiEngine.Value("ARPC", Array(revenue_amount, customers), 2)
End Function

Public Function CLTV(value_per_period As Variant, customer_lifetime As Variant, _
        Optional gross_margin As Variant) As Variant
Attribute CLTV.VB_Description = "Customer lifetime value: What a customer brings over its lifetime."
Attribute CLTV.VB_ProcData.VB_Invoke_Func = " \n14"
    CLTV = KpiEngine.Value("CLTV", Array(value_per_period, customer_lifetime, gross_margin), 2)
End Function

Public Function CLTVCHURN(revenue_per_customer As Variant, churn As Variant, _
        Optional gross_margin As Variant) As Variant
Attribute CLTVCHURN.VB_Description = "Customer lifetime value (churn form): What a customer brings until it churns."
Attribute CLTVCHURN.VB_ProcData.VB_Invoke_Func = " \n14"
    CLTVCHURN = KpiEngine.Value("CLTVCHURN", Array(revenue_per_customer, churn, gross_margin), 2)
End Function

Public Function LIFETIME(churn As Variant) As Variant
Attribute LIFETIME.VB_Description = "Average customer lifetime: Periods a customer stays on average."
Attribute LIFETIME.VB_ProcData.VB_Invoke_Func = " \n14"
    LIFETIME = KpiEngine.Value("LIFETIME", Array(churn), 1)
End Function

Public Function LTVCAC(lifetime_value As Variant, acquisition_cost As Variant) As Variant
Attribute LTVCAC.VB_Description = "LTV : CAC: Lifetime value of a customer for each unit of money that winning it cost."
Attribute LTVCAC.VB_ProcData.VB_Invoke_Func = " \n14"
    LTVCAC = KpiEngine.Value("LTVCAC", Array(lifetime_value, acquisition_cost), 2)
End Function

Public Function MRR(amounts As Variant, Optional months As Variant) As Variant
Attribute MRR.VB_Description = "Monthly recurring revenue: Prices of the active subscriptions brought to one month and summed up."
Attribute MRR.VB_ProcData.VB_Invoke_Func = " \n14"
    MRR = KpiEngine.Value("MRR", Array(amounts, months))
End Function

Public Function ARR(monthly_recurring_revenue As Variant) As Variant
Attribute ARR.VB_Description = "Annual recurring revenue: Recurring revenue of a month, times twelve."
Attribute ARR.VB_ProcData.VB_Invoke_Func = " \n14"
    ARR = KpiEngine.Value("ARR", Array(monthly_recurring_revenue), 1)
End Function

Public Function NETNEWMRR(new_mrr As Variant, expansion As Variant, contraction As Variant, churned As Variant, _
        Optional reactivation As Variant) As Variant
Attribute NETNEWMRR.VB_Description = "Net new MRR: What the month added to recurring revenue."
Attribute NETNEWMRR.VB_ProcData.VB_Invoke_Func = " \n14"
    NETNEWMRR = KpiEngine.Value("NETNEWMRR", Array(new_mrr, expansion, contraction, churned, reactivation), 4)
End Function

Public Function PIPEVALUE(amounts As Variant, status_range As Variant) As Variant
Attribute PIPEVALUE.VB_Description = "Pipeline value: Amounts of the open deals, summed up."
Attribute PIPEVALUE.VB_ProcData.VB_Invoke_Func = " \n14"
    PIPEVALUE = KpiEngine.Value("PIPEVALUE", Array(amounts, status_range))
End Function

Public Function WPIPE(amounts As Variant, probabilities As Variant) As Variant
Attribute WPIPE.VB_Description = "Weighted pipeline: Amounts weighted with the chance that each is won."
Attribute WPIPE.VB_ProcData.VB_Invoke_Func = " \n14"
    WPIPE = KpiEngine.Value("WPIPE", Array(amounts, probabilities))
End Function

Public Function PIPEVEL(opportunities As Variant, deal_value As Variant, win_rate As Variant, _
        cycle_days As Variant) As Variant
Attribute PIPEVEL.VB_Description = "Pipeline (sales) velocity: Revenue the pipeline yields in a day."
Attribute PIPEVEL.VB_ProcData.VB_Invoke_Func = " \n14"
    PIPEVEL = KpiEngine.Value("PIPEVEL", Array(opportunities, deal_value, win_rate, cycle_days), 4)
End Function

Public Function PIPECOV(pipeline As Variant, target As Variant, Optional won As Variant) As Variant
Attribute PIPECOV.VB_Description = "Pipeline coverage: Open pipeline for each unit of the target, or of what is left of it."
Attribute PIPECOV.VB_ProcData.VB_Invoke_Func = " \n14"
    PIPECOV = KpiEngine.Value("PIPECOV", Array(pipeline, target, won), 2)
End Function

Public Function WPIPECOV(weighted_pipeline As Variant, target As Variant, Optional won As Variant) As Variant
Attribute WPIPECOV.VB_Description = "Weighted pipeline coverage: Revenue to be expected of the pipeline for each unit of the target, or of what is left of it."
Attribute WPIPECOV.VB_ProcData.VB_Invoke_Func = " \n14"
    WPIPECOV = KpiEngine.Value("WPIPECOV", Array(weighted_pipeline, target, won), 2)
End Function

Public Function DATECOUNT(date_range As Variant, Optional from_date As Variant, _
        Optional to_date As Variant) As Variant
Attribute DATECOUNT.VB_Description = "Leads generated (records by date): Rows whose date lies in a period."
Attribute DATECOUNT.VB_ProcData.VB_Invoke_Func = " \n14"
    DATECOUNT = KpiEngine.Value("DATECOUNT", Array(date_range, from_date, to_date), 0, True)
End Function

Public Function STAGECOUNT(stage_range As Variant, stage As Variant) As Variant
Attribute STAGECOUNT.VB_Description = "Records at a stage: Records whose current stage is the one asked for."
Attribute STAGECOUNT.VB_ProcData.VB_Invoke_Func = " \n14"
    STAGECOUNT = KpiEngine.Value("STAGECOUNT", Array(stage_range, stage))
End Function

Public Function STAGEREACH(stage_range As Variant, stage As Variant, order As Variant) As Variant
Attribute STAGEREACH.VB_Description = "Records that reached a stage: Records whose furthest stage is the one asked for or a later one."
Attribute STAGEREACH.VB_ProcData.VB_Invoke_Func = " \n14"
    STAGEREACH = KpiEngine.Value("STAGEREACH", Array(stage_range, stage, order))
End Function

Public Function SHOWRATE(attended As Variant, booked As Variant) As Variant
Attribute SHOWRATE.VB_Description = "Meeting show rate: Meetings held as a share of the meetings booked."
Attribute SHOWRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    SHOWRATE = KpiEngine.Value("SHOWRATE", Array(attended, booked), 2)
End Function

Public Function NOSHOWRATE(no_shows As Variant, booked As Variant) As Variant
Attribute NOSHOWRATE.VB_Description = "No-show rate: Meetings nobody came to as a share of the meetings booked; 1 - SHOWRATE."
Attribute NOSHOWRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    NOSHOWRATE = KpiEngine.Value("NOSHOWRATE", Array(no_shows, booked), 2)
End Function

Public Function WEBTRAFFIC(sessions As Variant) As Variant
Attribute WEBTRAFFIC.VB_Description = "Website traffic: Sessions, summed up."
Attribute WEBTRAFFIC.VB_ProcData.VB_Invoke_Func = " \n14"
    WEBTRAFFIC = KpiEngine.Value("WEBTRAFFIC", Array(sessions))
End Function

Public Function ACTPERREP(activities As Variant, reps As Variant) As Variant
Attribute ACTPERREP.VB_Description = "Activities per rep: Calls or other activities for each sales representative."
Attribute ACTPERREP.VB_ProcData.VB_Invoke_Func = " \n14"
    ACTPERREP = KpiEngine.Value("ACTPERREP", Array(activities, reps), 2)
End Function

Public Function CRMADOPT(active_reps As Variant, reps As Variant) As Variant
Attribute CRMADOPT.VB_Description = "CRM adoption rate: Share of the sales representatives who use the CRM."
Attribute CRMADOPT.VB_ProcData.VB_Invoke_Func = " \n14"
    CRMADOPT = KpiEngine.Value("CRMADOPT", Array(active_reps, reps), 2)
End Function

Public Function BOUNCERATE(bounced As Variant, sessions As Variant) As Variant
Attribute BOUNCERATE.VB_Description = "Bounce rate: Share of the sessions that bounced."
Attribute BOUNCERATE.VB_ProcData.VB_Invoke_Func = " \n14"
    BOUNCERATE = KpiEngine.Value("BOUNCERATE", Array(bounced, sessions), 2)
End Function

Public Function WEBENGRATE(engaged_sessions As Variant, sessions As Variant) As Variant
Attribute WEBENGRATE.VB_Description = "Web engagement rate (GA4): Share of the sessions with engagement; 1 - BOUNCERATE where both follow GA4."
Attribute WEBENGRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    WEBENGRATE = KpiEngine.Value("WEBENGRATE", Array(engaged_sessions, sessions), 2)
End Function

Public Function ENGAGEMENTS(likes As Variant, comments As Variant, shares As Variant, Optional clicks As Variant, _
        Optional other As Variant) As Variant
Attribute ENGAGEMENTS.VB_Description = "Engagements (interactions): All interactions with a post."
Attribute ENGAGEMENTS.VB_ProcData.VB_Invoke_Func = " \n14"
    ENGAGEMENTS = KpiEngine.Value("ENGAGEMENTS", Array(likes, comments, shares, clicks, other))
End Function

Public Function ENGRATE(interactions As Variant, impressions_served As Variant) As Variant
Attribute ENGRATE.VB_Description = "Engagement rate (social): Interactions for each impression."
Attribute ENGRATE.VB_ProcData.VB_Invoke_Func = " \n14"
    ENGRATE = KpiEngine.Value("ENGRATE", Array(interactions, impressions_served), 2)
End Function

Public Function COMMCONV(conversions As Variant, community_size As Variant) As Variant
Attribute COMMCONV.VB_Description = "Community conversion rate: Conversions for each member of a community."
Attribute COMMCONV.VB_ProcData.VB_Invoke_Func = " \n14"
    COMMCONV = KpiEngine.Value("COMMCONV", Array(conversions, community_size), 2)
End Function

Public Function IMPRESSIONS(impression_counts As Variant) As Variant
Attribute IMPRESSIONS.VB_Description = "Impressions: Impressions, summed up."
Attribute IMPRESSIONS.VB_ProcData.VB_Invoke_Func = " \n14"
    IMPRESSIONS = KpiEngine.Value("IMPRESSIONS", Array(impression_counts))
End Function

Public Function REACH(impressions_served As Variant, frequency As Variant) As Variant
Attribute REACH.VB_Description = "Reach: People reached, from impressions and frequency."
Attribute REACH.VB_ProcData.VB_Invoke_Func = " \n14"
    REACH = KpiEngine.Value("REACH", Array(impressions_served, frequency), 2)
End Function

Public Function ADFREQ(impressions_served As Variant, people_reached As Variant) As Variant
Attribute ADFREQ.VB_Description = "Ad frequency: Impressions for each person reached."
Attribute ADFREQ.VB_ProcData.VB_Invoke_Func = " \n14"
    ADFREQ = KpiEngine.Value("ADFREQ", Array(impressions_served, people_reached), 2)
End Function

Public Function CTR(clicks As Variant, impressions_served As Variant) As Variant
Attribute CTR.VB_Description = "Click-through rate: Clicks for each impression."
Attribute CTR.VB_ProcData.VB_Invoke_Func = " \n14"
    CTR = KpiEngine.Value("CTR", Array(clicks, impressions_served), 2)
End Function

Public Function CPC(cost As Variant, clicks As Variant) As Variant
Attribute CPC.VB_Description = "Cost per click: Advertising cost of one click."
Attribute CPC.VB_ProcData.VB_Invoke_Func = " \n14"
    CPC = KpiEngine.Value("CPC", Array(cost, clicks), 2)
End Function

Public Function CPM(cost As Variant, impressions_served As Variant) As Variant
Attribute CPM.VB_Description = "Cost per mille: Advertising cost of a thousand impressions."
Attribute CPM.VB_ProcData.VB_Invoke_Func = " \n14"
    CPM = KpiEngine.Value("CPM", Array(cost, impressions_served), 2)
End Function

Public Function FUNNEL(leads As Variant, Optional by As Variant, Optional spend As Variant) As Variant
Attribute FUNNEL.VB_Description = "Funnel of a table of raw leads: how many reach each stage, yours or the usual ones, step and cumulative conversion; or one row a group."
Attribute FUNNEL.VB_ProcData.VB_Invoke_Func = " \n14"
    FUNNEL = KpiEngine.Value("FUNNEL", Array(leads, by, spend), 0, True)
End Function

Public Function KPITABLE(kpi As Variant, leads As Variant, by As Variant, Optional spend As Variant) As Variant
Attribute KPITABLE.VB_Description = "One KPI for each group of a table of raw leads, with a total."
Attribute KPITABLE.VB_ProcData.VB_Invoke_Func = " \n14"
    KPITABLE = KpiEngine.Value("KPITABLE", Array(kpi, leads, by, spend), 0, True)
End Function

Public Function COHORTS(leads As Variant, Optional stage As Variant) As Variant
Attribute COHORTS.VB_Description = "Share of each month's leads that got to a stage, by months since they came in."
Attribute COHORTS.VB_ProcData.VB_Invoke_Func = " \n14"
    COHORTS = KpiEngine.Value("COHORTS", Array(leads, stage), 0, True)
End Function

Public Function EXPLAIN(leads As Variant, measure As Variant, by As Variant, period As Variant, _
        Optional compared As Variant, Optional spend As Variant) As Variant
Attribute EXPLAIN.VB_Description = "What each factor, or each group, adds to the change of a figure between two periods: exact parts, and whether each can be told from chance."
Attribute EXPLAIN.VB_ProcData.VB_Invoke_Func = " \n14"
    EXPLAIN = KpiEngine.Value("EXPLAIN", Array(leads, measure, by, period, compared, spend), 0, True)
End Function

Public Function ATTRIBUTION(touches As Variant, model As Variant, Optional leads As Variant) As Variant
Attribute ATTRIBUTION.VB_Description = "Credit of each channel for conversions, from a table of touches."
Attribute ATTRIBUTION.VB_ProcData.VB_Invoke_Func = " \n14"
    ATTRIBUTION = KpiEngine.Value("ATTRIBUTION", Array(touches, model, leads), 0, True)
End Function

Public Function KPIHELP(Optional topic As Variant) As Variant
Attribute KPIHELP.VB_Description = "What a KPI means: formula, arguments, rules, pitfalls. Without a name: the list of all KPIs."
Attribute KPIHELP.VB_ProcData.VB_Invoke_Func = " \n14"
    KPIHELP = KpiEngine.Value("KPIHELP", Array(topic))
End Function

Public Function KPIWHY(Optional cell As Variant) As Variant
Attribute KPIWHY.VB_Description = "Why a cell with a KPI shows an error. Without a cell: the last failures."
Attribute KPIWHY.VB_ProcData.VB_Invoke_Func = " \n14"
    If IsMissing(cell) Then Application.Volatile
    KPIWHY = KpiEngine.Why("KPIWHY", cell)
End Function
