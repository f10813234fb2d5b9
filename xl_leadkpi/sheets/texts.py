"""Every word the workbook shows, in its three languages side by side, so that none can be forgotten.

Names of functions, of parameters and of the recogniser's fields stay as they are in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from xl_leadkpi.sheets.finding_texts import FINDING_TEXTS

if TYPE_CHECKING:
    from xl_leadkpi.sheets.formats import Language

LANGUAGES = ("en", "pl", "ru")
OUR_WORDS = frozenset({"stage", "measure", "basis", "severity"})
"""Columns that hold names of ours, where a stage called Lost is the stage and no source of that name."""

TEXTS: dict[str, tuple[str, str, str]] = {
    # sheet and header -------------------------------------------------------------------------------------------------
    "sheet.title": ("Lead funnel", "Lejek leadów", "Воронка лидов"),
    "sheet.title_deals": ("Deal funnel", "Lejek szans sprzedaży", "Воронка сделок"),
    "sheet.map": ("Map and quality →", "Mapa i jakość →", "Карта и качество →"),
    "sheet.data": ("Leads →", "Leady →", "Лиды →"),
    "sheet.data_deals": ("Deals →", "Szanse →", "Сделки →"),
    "sheet.leads_deals": ("Deals, normalised", "Szanse, ujednolicone", "Сделки, приведённые к одному виду"),
    "sheet.leads": ("Leads, normalised", "Leady, ujednolicone", "Лиды, приведённые к одному виду"),
    "sheet.back": ("← Funnel", "← Lejek", "← Воронка"),
    "sheet.footer": ("{value}", "{value}", "{value}"),
    "sheet.page": ("Page &P of &N", "Strona &P z &N", "Стр. &P из &N"),
    "header.rows": ("{counted} ({read} read)", "{counted} (wczytano {read})", "{counted} (прочитано: {read})"),
    "count.leads_one": ("{value} lead", "{value} lead", "{value} лид"),
    "count.leads_few": ("{value} leads", "{value} leady", "{value} лида"),
    "count.leads_many": ("{value} leads", "{value} leadów", "{value} лидов"),
    "count.leads_one_deals": ("{value} deal", "{value} szansa", "{value} сделка"),
    "count.leads_few_deals": ("{value} deals", "{value} szanse", "{value} сделки"),
    "count.leads_many_deals": ("{value} deals", "{value} szans", "{value} сделок"),
    "count.rows_one": ("{value} row", "{value} wiersz", "{value} строка"),
    "count.rows_few": ("{value} rows", "{value} wiersze", "{value} строки"),
    "count.rows_many": ("{value} rows", "{value} wierszy", "{value} строк"),
    "header.source": ("source: {value}", "źródło: {value}", "источник: {value}"),
    "header.built": ("built {value}", "utworzono {value}", "построено {value}"),
    "header.as_of_today": ("as of {value}", "stan na {value}", "на {value}"),
    "header.as_of_given": ("as of {value} (given)", "stan na {value} (podany)", "на {value} (задано)"),
    "header.as_of_latest": (
        "as of {value} (latest date in the table)", "stan na {value} (najpóźniejsza data w tabeli)",
        "на {value} (последняя дата таблицы)",
    ),
    "header.reach_filled": (
        "reached = came at least that far", "osiągnął = doszedł co najmniej do etapu", "достиг = дошёл хотя бы до этапа",
    ),
    "header.reach_exact": ("reached = seen at that stage", "osiągnął = ślad na tym etapie", "достиг = есть след этапа"),
    "header.reach_strict": (
        "reached = every stage dated in order", "osiągnął = wszystkie etapy z datą po kolei",
        "достиг = все этапы с датой по порядку",
    ),
    "header.win_closed": (
        "win rate = won ÷ (won + lost opportunities)", "skuteczność = wygrane ÷ (wygrane + przegrane szanse)",
        "доля выигрышей = выиграно ÷ (выиграно + проигранные сделки)",
    ),
    "header.win_closed_all_lost": (
        "win rate = won ÷ (won + all lost)", "skuteczność = wygrane ÷ (wygrane + wszystkie przegrane)",
        "доля выигрышей = выиграно ÷ (выиграно + все проигранные)",
    ),
    "header.win_all": (
        "win rate = won ÷ all opportunities", "skuteczność = wygrane ÷ wszystkie szanse",
        "доля выигрышей = выиграно ÷ все сделки",
    ),
    "header.win_cohort": (
        "win rate = won within {value} days ÷ opportunities at least that old",
        "skuteczność = wygrane w {value} dni ÷ szanse co najmniej tak stare",
        "доля выигрышей = выиграно за {value} дн. ÷ сделки не моложе",
    ),
    "header.window": ("window {value} days", "okno {value} dni", "окно {value} дн."),
    "header.min_n": (
        "grey = fewer than {value} cases", "szare = mniej niż {value} przypadków", "серое = меньше {value} случаев",
    ),
    "header.currency": ("currency {value}", "waluta {value}", "валюта {value}"),
    "header.spend_currency": ("spend in {value}", "wydatki w {value}", "расходы в {value}"),
    "header.period": (
        "events of the months: {value}", "zdarzenia w miesiącach: {value}", "события по месяцам: {value}",
    ),
    "period.from": ("from {value}", "od {value}", "с {value}"),
    "period.to": ("until {value}", "do {value}", "по {value}"),
    "header.currencies": (
        "several currencies: {value}", "kilka walut: {value}", "несколько валют: {value}",
    ),
    # cards ------------------------------------------------------------------------------------------------------------
    "card.leads": ("Leads", "Leady", "Лиды"),
    "card.leads_deals": ("Deals", "Szanse", "Сделки"),
    "card.opportunities_deals": ("Opportunities", "Szanse (etap)", "Сделки (этап)"),
    "card.lead_conversion_mature_deals": ("Won in {value} days", "Wygrane w {value} dni", "Выигрыш за {value} дн."),
    "card.mql": ("MQL", "MQL", "MQL"),
    "card.sql": ("SQL", "SQL", "SQL"),
    "card.meetings": ("Meetings", "Spotkania", "Встречи"),
    "card.opportunities": ("Opportunities", "Szanse", "Сделки"),
    "card.won": ("Won", "Wygrane", "Выиграно"),
    "card.lost_opportunities": ("Lost opportunities", "Przegrane szanse", "Проигранные сделки"),
    "card.win_rate_closed": ("Win rate (won ÷ closed)", "Skuteczność (zamkn.)", "Выигрыши (от закр.)"),
    "card.win_rate_closed_all_lost": ("Win rate (÷ won + lost)", "Skuteczność (z przegr.)", "Выигрыши (и потери)"),
    "card.win_rate_all": ("Win rate (÷ all opps)", "Skuteczność (szanse)", "Выигрыши (от всех)"),
    "card.win_rate_cohort": ("Win rate (mature opps)", "Skuteczność (dojrzałe)", "Выигрыши (зрелые)"),
    "card.lead_conversion": ("Lead → won, all leads", "Lead → wygr., wszystkie", "Лид → выигрыш, все"),
    "card.lead_conversion_mature": ("Lead → won in {value} days", "Lead → wygr. w {value} dni", "Лид → выигр. за {value} дн."),
    "card.cycle_days_median": ("Median cycle", "Mediana cyklu", "Медиана цикла"),
    "card.response_minutes_median": ("Median response", "Mediana odpowiedzi", "Медиана ответа"),
    "card.revenue": ("Revenue (won)", "Przychód (wygrane)", "Выручка (выиграно)"),
    "card.average_deal": ("Average deal", "Średnia transakcja", "Средняя сделка"),
    "card.pipeline": ("Open pipeline", "Otwarty lejek", "Открытая воронка"),
    "card.weighted_pipeline": ("Weighted pipeline", "Lejek ważony", "Взвешенная воронка"),
    "card.velocity": ("Velocity per day", "Tempo dziennie", "Скорость в день"),
    "card.spend": ("Spend", "Wydatki", "Расходы"),
    "card.cpl": ("CPL", "CPL", "CPL"),
    "card.cac": ("CAC", "CAC", "CAC"),
    "card.roas": ("ROAS", "ROAS", "ROAS"),
    "card.romi": ("ROMI", "ROMI", "ROMI"),
    "card.unit_days": ('" days"', '" dni"', '" дн."'),
    "card.unit_minutes": ('" min"', '" min"', '" мин"'),
    "card.unit_points": ('" pt"', '" pkt"', '" п.п."'),
    "card.change": (
        "Change: {recent} against {before}", "Zmiana: {recent} wobec {before}", "Изменение: {recent} к {before}",
    ),
    # blocks -----------------------------------------------------------------------------------------------------------
    "block.stages": ("Stages", "Etapy", "Этапы"),
    "block.by": ("By {value}", "Według: {value}", "По {value}"),
    "block.months": ("Months", "Miesiące", "Месяцы"),
    "block.cohorts": (
        "Cohorts: share of a month's leads won within n calendar months",
        "Kohorty: część leadów miesiąca wygrana w n miesięcy kalendarzowych",
        "Когорты: доля лидов месяца, выигранных за n календарных месяцев",
    ),
    "block.cohorts_deals": (
        "Cohorts: share of a month's deals won within n calendar months",
        "Kohorty: część szans miesiąca wygrana w n miesięcy kalendarzowych",
        "Когорты: доля сделок месяца, выигранных за n календарных месяцев",
    ),
    "block.cohort_counts_deals": ("The same in deals, cumulative", "To samo w szansach, narastająco", "То же в сделках, нарастающим итогом"),
    "block.mature_deals": (
        "Created → won: mature windows, curve, naive", "Utworzona → wygrana: dojrzałe okna, krzywa, naiwnie",
        "Создана → выиграна: зрелые окна, кривая, наивно",
    ),
    "block.opportunity_cohorts": (
        "Cohorts: share of a month's leads that became opportunities within n calendar months",
        "Kohorty: część leadów miesiąca, które stały się szansami w n miesięcy kalendarzowych",
        "Когорты: доля лидов месяца, ставших сделками за n календарных месяцев",
    ),
    "block.cohort_counts": ("The same in leads, cumulative", "To samo w leadach, narastająco", "То же в лидах, нарастающим итогом"),
    "block.mature": (
        "Lead → won: mature windows, curve, naive", "Lead → wygrana: dojrzałe okna, krzywa, naiwnie",
        "Лид → выигрыш: зрелые окна, кривая, наивно",
    ),
    "block.stage_times": ("Days in stage", "Dni na etapie", "Дней на этапе"),
    "block.histogram": (
        "Won leads by days from creation to won", "Wygrane według dni od utworzenia do wygranej",
        "Выигранные по дням от создания до выигрыша",
    ),
    "block.histogram_deals": (
        "Won deals by days from creation to won", "Wygrane szanse według dni od utworzenia do wygranej",
        "Выигранные сделки по дням от создания до выигрыша",
    ),
    "block.opportunity_cohorts_deals": (
        "Cohorts: share of a month's deals that became opportunities within n calendar months",
        "Kohorty: część szans miesiąca, które doszły do etapu szansy w n miesięcy kalendarzowych",
        "Когорты: доля сделок месяца, дошедших до этапа сделки за n календарных месяцев",
    ),
    "block.losses": ("Losses", "Straty", "Потери"),
    "block.pipeline": ("Open pipeline", "Otwarty lejek", "Открытая воронка"),
    "block.spend": ("Spend by channel and month", "Wydatki według kanału i miesiąca", "Расходы по каналам и месяцам"),
    "block.attribution": ("Attribution", "Atrybucja", "Атрибуция"),
    "block.quality": ("Data quality", "Jakość danych", "Качество данных"),
    # short names for the line of links
    "link.months": ("Months", "Miesiące", "Месяцы"),
    "link.stage_times": ("Days in stage", "Dni na etapie", "Дней на этапе"),
    "link.losses": ("Losses", "Straty", "Потери"),
    "link.pipeline": ("Pipeline", "Lejek", "В работе"),
    "link.attribution": ("Attribution", "Atrybucja", "Атрибуция"),
    "link.quality": ("Quality", "Jakość", "Качество"),
    "link.stages": ("Stages", "Etapy", "Этапы"),
    "link.cohorts": ("Cohorts", "Kohorty", "Когорты"),
    "link.mature_deals": ("Created → won", "Utworzona → wygrana", "Создана → выигрыш"),
    "link.mature": ("Lead → won", "Lead → wygrana", "Лид → выигрыш"),
    "link.spend": ("Spend", "Wydatki", "Расходы"),
    "block.currencies": ("Money by currency", "Kwoty według walut", "Деньги по валютам"),
    "link.currencies": ("Currencies", "Waluty", "Валюты"),
    # charts -----------------------------------------------------------------------------------------------------------
    "chart.funnel": ("Leads that reached each stage", "Leady, które doszły do etapu", "Лиды, дошедшие до этапа"),
    "chart.funnel_deals": ("Deals that reached each stage", "Szanse, które doszły do etapu", "Сделки, дошедшие до этапа"),
    "chart.months_deals": ("New deals and the share won", "Nowe szanse i część wygranych", "Новые сделки и доля выигранных"),
    "chart.curve_deals": ("Share of deals won within so many days", "Część szans wygranych w tylu dniach", "Доля сделок, выигранных за столько дней"),
    "chart.win_rate_closed": (
        "Win rate (won ÷ closed), 95 % interval", "Skuteczność (wygrane ÷ zamknięte), przedział 95 %",
        "Доля выигрышей (от закрытых), интервал 95 %",
    ),
    "chart.win_rate_closed_all_lost": (
        "Win rate (won ÷ won and all lost), 95 % interval", "Skuteczność (wygrane ÷ wygrane i przegrane), przedział 95 %",
        "Доля выигрышей (от выигранных и проигранных), интервал 95 %",
    ),
    "chart.win_rate_all": (
        "Win rate (won ÷ all opportunities), 95 % interval", "Skuteczność (wygrane ÷ szanse), przedział 95 %",
        "Доля выигрышей (от всех сделок), интервал 95 %",
    ),
    "chart.win_rate_cohort": (
        "Win rate (mature opportunities), 95 % interval", "Skuteczność (dojrzałe szanse), przedział 95 %",
        "Доля выигрышей (зрелые сделки), интервал 95 %",
    ),
    "chart.spend": ("Spend and cost per lead", "Wydatki i koszt leada", "Расходы и цена лида"),
    "chart.spend_deals": ("Spend and cost per deal", "Wydatki i koszt szansy", "Расходы и цена сделки"),
    "chart.months": ("New leads and the share won", "Nowe leady i część wygranych", "Новые лиды и доля выигранных"),
    "chart.curve": ("Share of leads won within so many days", "Część leadów wygranych w tylu dniach", "Доля лидов, выигранных за столько дней"),
    "chart.stage_times": ("Days in stage: median and 90th percentile", "Dni na etapie: mediana i 90. percentyl", "Дней на этапе: медиана и 90-й процентиль"),
    "axis.days": ("days", "dni", "дни"),
    # columns ----------------------------------------------------------------------------------------------------------
    "column.stage": ("Stage", "Etap", "Этап"),
    "column.reached": ("Reached", "Osiągnęło", "Достигли"),
    "column.exact": ("Seen there", "Ślad etapu", "След этапа"),
    "column.strict": ("All dated in order", "Daty po kolei", "Даты по порядку"),
    "column.skipped": ("Skipped it", "Pominęło", "Пропуск"),
    "column.in_stage_now": ("There now", "Teraz tutaj", "Сейчас на этапе"),
    "column.next_step": ("From previous stage", "Z etapu wyżej", "С пред. этапа"),
    "column.next_step_low": ("95 % from", "95 % od", "95 % от"),
    "column.next_step_high": ("95 % to", "95 % do", "95 % до"),
    "column.cumulative": ("Of all leads", "Ze wszystk.", "Ото всех лидов"),
    "column.drop_off": ("Fewer than before", "Ubyło", "Убыло"),
    "column.drop_off_rate": ("Drop-off", "Ubytek", "Доля убыли"),
    "column.lost_here": ("Lost here", "Przegr. tutaj", "Потеря здесь"),
    "column.open_here": ("Open here", "Otwarte tutaj", "Открыты тут"),
    "column.amount_reached": ("Amount", "Kwota", "Сумма"),
    "column.median_days": ("Median days", "Mediana dni", "Дней (медиана)"),
    "column.p90_days": ("P90 days", "P90 dni", "P90 дней"),
    "column.cost_per": ("Cost per lead here", "Koszt na lead", "Цена лида здесь"),
    "column.cost_per_deals": ("Cost per deal here", "Koszt szansy", "Цена сделки здесь"),
    "column.group": ("Group", "Grupa", "Группа"),
    "column.leads": ("Leads", "Leady", "Лиды"),
    "column.leads_deals": ("Deals", "Szanse", "Сделки"),
    "column.entered_created_deals": ("New deals", "Nowe szanse", "Новых сдел."),
    "column.mature_leads_deals": ("Mature deals", "Szanse dojrz.", "Зрелые сд."),
    "column.lead_conversion_deals": ("Won ÷ deals", "Wygr. ÷ sz.", "Выигр. ÷ сделки"),
    "column.lead_conversion_mature_deals": ("Won ÷ all mature", "Wygr. ÷ dojrzałe", "Выигр. ÷ зрелые"),
    "column.cohort_conversion_deals": ("Won ÷ deals", "Wygr. ÷ sz.", "Выигр. ÷ сделки"),
    "column.cumulative_deals": ("Of all deals", "Ze wszystk.", "Ото всех сделок"),
    "column.mql": ("MQL", "MQL", "MQL"),
    "column.sql": ("SQL", "SQL", "SQL"),
    "column.meetings": ("Meetings", "Spotkania", "Встречи"),
    "column.opportunities": ("Opps", "Szanse", "Сделки"),
    "column.proposals": ("Proposals", "Oferty", "КП"),
    "column.won": ("Won", "Wygrane", "Выигр."),
    "column.lost": ("Lost", "Przegr.", "Проигр."),
    "column.lost_opportunities": ("Lost opps", "Szanse przegrane", "Проигр. сделки"),
    "column.disqualified": ("Disqualified", "Zdyskwal.", "Неквал. лиды"),
    "column.open": ("Open", "Otwarte", "Открыто"),
    "column.open_opportunities": ("Open opps", "Otwarte sz.", "Открыт. сделки"),
    "column.lead_to_opportunity": ("Lead → opp", "Lead → sz.", "Лид → сд."),
    "column.lead_conversion": ("Lead → won", "Lead → wygrana", "Лид → выигрыш"),
    "column.mature_leads": ("Mature leads", "Leady dojrz.", "Зрелые лиды"),
    "column.mature_won": ("Won of them", "Z nich wygr.", "Выигрыш из них"),
    "column.lead_conversion_mature": ("Lead → won mature", "Lead → wygr. dojrzałe", "Лид → выигрыш зрелые"),
    "column.win_rate_of_closed": ("Closed opps", "Szanse zamknięte", "Закрытые сделки"),
    "column.win_rate_of_closed_all_lost": ("Won and lost", "Wygrane i przegr.", "Выигр. и проигр."),
    "column.win_rate_of_all": ("All opps", "Wszystkie szanse", "Все сделки"),
    "column.win_rate_of_cohort": ("Mature opps", "Szanse dojrz.", "Зрелые сд."),
    "column.win_rate_closed": ("Won ÷ closed", "Wygrane ÷ zamkn.", "Выигрыш ÷ закр."),
    "column.win_rate_closed_all_lost": ("Won ÷ (won + lost)", "Wygr. ÷ (w. + przegr.)", "Выигр. ÷ (в. + проигр.)"),
    "column.win_rate_all": ("Won ÷ opps", "Wygr. ÷ sz.", "Выигр. ÷ все"),
    "column.win_rate_cohort": ("Won ÷ all mature", "Wygr. ÷ dojrzałe", "Выигр. ÷ зрелые"),
    "column.win_rate_low": ("95 % from", "95 % od", "95 % от"),
    "column.win_rate_high": ("95 % to", "95 % do", "95 % до"),
    "column.low": ("95 % from", "95 % od", "95 % от"),
    "column.high": ("95 % to", "95 % do", "95 % до"),
    "column.mature_opportunities": ("Mature opps", "Szanse dojrz.", "Зрелые сд."),
    "column.mature_opportunities_won": ("Won ÷ all mature", "Wygrane z dojrz.", "Выигр. из зрелых"),
    "column.revenue": ("Revenue", "Przychód", "Выручка"),
    "column.won_with_amount": ("Won with amount", "Wygrane z kwotą", "Выигр. с суммой"),
    "column.average_deal": ("Average deal", "Średnia transakc.", "Средняя сделка"),
    "column.pipeline": ("Open pipeline", "Otwarty lejek", "Открыт. воронка"),
    "column.cycle_days_median": ("Median cycle", "Cykl, mediana", "Медиана цикла"),
    "column.spend": ("Spend", "Wydatki", "Расходы"),
    "column.cpl": ("CPL", "CPL", "CPL"),
    "column.cost_per_mql": ("Cost per MQL", "Koszt MQL", "Цена MQL"),
    "column.cost_per_sql": ("Cost per SQL", "Koszt SQL", "Цена SQL"),
    "column.cost_per_meeting": ("Cost per meeting", "Koszt spotk.", "Стоимость встречи"),
    "column.cost_per_opportunity": ("Cost per opp", "Koszt szansy", "Цена сделки"),
    "column.cost_per_proposal": ("Cost per proposal", "Koszt oferty", "Цена КП"),
    "column.cac": ("CAC", "CAC", "CAC"),
    "column.roas": ("ROAS", "ROAS", "ROAS"),
    "column.romi": ("ROMI", "ROMI", "ROMI"),
    "column.month": ("Month", "Miesiąc", "Месяц"),
    "column.cohort_mql": ("MQL", "MQL", "MQL"),
    "column.cohort_sql": ("SQL", "SQL", "SQL"),
    "column.cohort_meetings": ("Meetings", "Spotkania", "Встречи"),
    "column.cohort_opportunities": ("Opps", "Szanse", "Сделки"),
    "column.cohort_proposals": ("Proposals", "Oferty", "КП"),
    "column.cohort_won": ("Won", "Wygrane", "Выигр."),
    "column.cohort_opportunity_rate": ("Lead → opp", "Lead → sz.", "Лид → сд."),
    "column.cohort_conversion": ("Lead → won", "Lead → wygrana", "Лид → выигрыш"),
    "column.entered_created": ("New leads", "Nowe leady", "Новые лиды"),
    "column.entered_mql": ("To MQL", "Do MQL", "В MQL"),
    "column.entered_sql": ("To SQL", "Do SQL", "В SQL"),
    "column.entered_meetings": ("To meeting", "Do spotkania", "Встречи"),
    "column.entered_opportunities": ("To opp", "Do szansy", "В сделку"),
    "column.entered_proposals": ("To proposal", "Do oferty", "В КП"),
    "column.entered_won": ("Won", "Wygrane", "Выигр."),
    "column.snapshot_mql": ("MQL ÷ new", "MQL ÷ nowe", "MQL ÷ новые"),
    "column.snapshot_sql": ("SQL ÷ stage before", "SQL ÷ etap wyżej", "SQL ÷ пред. этап"),
    "column.snapshot_meetings": ("Meeting ÷ stage before", "Spotk. ÷ etap wyżej", "Встречи ÷ пред. этап"),
    "column.snapshot_opportunities": ("Opp ÷ stage before", "Szansa ÷ etap wyżej", "Сделки ÷ предыд. этап"),
    "column.snapshot_proposals": ("Proposal ÷ stage before", "Oferta ÷ etap wyżej", "КП ÷ пред. этап"),
    "column.snapshot_won": ("Won ÷ stage before", "Wygr. ÷ etap wyżej", "Выигр. ÷ предыд. этап"),
    "column.snapshot_conversion": ("Won ÷ new leads", "Wygrane ÷ nowe leady", "Выигр. ÷ новые"),
    "column.cac_cohort": ("CAC of these leads", "CAC tych leadów", "CAC этих лидов"),
    "column.cac_period": ("CAC of the month", "CAC miesiąca", "CAC месяца"),
    "column.cac_cohort_deals": ("CAC of these deals", "CAC szans", "CAC этих сделок"),
    "column.snapshot_conversion_deals": ("Won ÷ new deals", "Wygr. ÷ nowe szanse", "Выигр. ÷ новые"),
    "column.conversion_deals": ("Created → won", "Utworzona → wygrana", "Создана → выигрыш"),
    "column.requests_deals": ("Deals", "Szanse", "Сделки"),
    "column.within_target_share_deals": ("In time ÷ all deals", "Na czas ÷ szanse", "Вовремя ÷ сделки"),
    "column.unanswered_share_deals": ("None ÷ deals", "Bez odp. ÷ szanse", "Без отв. ÷ сделки"),
    "column.basis": ("Way of counting", "Sposób liczenia", "Способ счёта"),
    "column.window": ("Days", "Dni", "Дней"),
    "column.at_risk": ("At risk", "W grze", "Под наблюд."),
    "column.curve": ("Curve", "Krzywa", "Кривая"),
    "column.conversion": ("Lead → won", "Lead → wygrana", "Лид → выигрыш"),
    "column.measure": ("From stage", "Od etapu", "С этапа"),
    "column.n": ("n", "n", "n"),
    "column.mean": ("Mean", "Średnia", "Среднее"),
    "column.median": ("Median", "Mediana", "Медиана"),
    "column.p25": ("P25", "P25", "P25"),
    "column.p75": ("P75", "P75", "P75"),
    "column.p90": ("P90", "P90", "P90"),
    "column.max": ("Max", "Maks.", "Макс."),
    "column.open_median": ("Their median age", "Wiek, med.", "Медиана возраста"),
    "column.stalled": ("Stalled", "Zastój", "Застой"),
    "column.backwards": ("Negative", "Ujemne", "Отриц."),
    "column.days_span": ("Days", "Dni", "Дни"),
    "column.reason": ("Reason", "Powód", "Причина"),
    "column.amount": ("Amount", "Kwota", "Сумма"),
    "column.closed_won": ("Closed: won", "Zamkn.: wygrane", "Закрыто: выигр."),
    "column.closed_lost": ("Closed: lost", "Zamknięte: przegr.", "Закрыто: проигр."),
    "column.prior_won": ("Won, shrunk", "Wygr. po korekcie", "Выигр. с поправк."),
    "column.prior_lost": ("Lost, shrunk", "Przegr. po korekcie", "Проигр. с поправк."),
    "column.stage_to_won": ("Won ÷ closed from here", "Wygrane ÷ zamkn. stąd", "Выигрыш ÷ закр. отсюда"),
    "column.weighted": ("Weighted", "Ważone", "Взвеш."),
    "column.open_median_days": ("Median age, days", "Mediana wieku, dni", "Возраст (медиана)"),
    "column.channel": ("Channel", "Kanał", "Канал"),
    "column.campaign": ("Campaign", "Kampania", "Кампания"),
    "column.impressions": ("Impr.", "Wyświetl.", "Показы"),
    "column.clicks": ("Clicks", "Kliknięcia", "Клики"),
    "column.currency": ("Currency", "Waluta", "Валюта"),
    "column.requests": ("Leads", "Leady", "Лиды"),
    "column.answered": ("Answered", "Z odpow.", "С ответом"),
    "column.unanswered": ("No answer", "Bez odpow.", "Без ответа"),
    "column.p95": ("P95", "P95", "P95"),
    "column.target_minutes": ("Target, min", "Cel, min", "Цель, мин"),
    "column.within_target": ("In time", "Na czas", "Вовремя"),
    "column.within_target_share": ("In time ÷ all leads", "Na czas ÷ wszystkie", "Вовремя ÷ лиды"),
    "column.unanswered_share": ("None ÷ leads", "Bez odp. ÷ leady", "Без отв. ÷ лиды"),
    "column.conversions": ("Won", "Wygrane", "Выигр."),
    "column.won_in_month": ("Won in the month", "Wygrane w mies.", "Выигр. за месяц"),
    "column.first": ("First", "Pierwszy", "Первое"),
    "column.last": ("Last", "Ostatni", "Последнее"),
    "column.last_non_direct": ("Last one not direct", "Ostatni niebezp.", "Посл. не прямое"),
    "column.linear": ("Linear", "Liniowy", "Линейная"),
    "column.position": ("Position", "Pozycja", "Позиция"),
    "column.u_shaped": ("U-shaped", "Kształt U", "U-форма"),
    "column.time_decay": ("Time decay", "Zanik czasowy", "Затухание"),
    "column.w_shaped": ("W-shaped", "Kształt W", "W-форма"),
    "column.full_path": ("Full path", "Pełna ścieżka", "Полный путь"),
    "column.markov": ("Markov", "Markow", "Марков"),
    "column.shapley": ("Shapley", "Shapley", "Шепли"),
    "column.finding": ("What was found", "Co znaleziono", "Что найдено"),
    "column.where": ("Where", "Gdzie", "Где"),
    "column.count": ("Count", "Ile", "Число"),
    "column.column": ("Column", "Kolumna", "Столбец"),
    "column.value": ("Value", "Wartość", "Значение"),
    "column.rows": ("Rows", "Wiersze", "Строки"),
    "column.severity": ("Severity", "Waga", "Важность"),
    "losses.lost": ("{value}", "{value}", "{value}"),
    "losses.amount": ("Amount: {value}", "Kwota: {value}", "Сумма: {value}"),
    "cell.no_spend": ("no data", "brak danych", "нет данных"),
    # labels of rows ---------------------------------------------------------------------------------------------------
    "label.(none)": ("(none)", "(brak)", "(нет)"),
    "label.(other)": ("(other)", "(inne)", "(прочие)"),
    "label.(total)": ("Total", "Razem", "Итого"),
    "label.(unallocated)": ("(unallocated)", "(nieprzypisane)", "(не распределено)"),
    "label.Lead": ("Lead", "Lead", "Лид"),
    "label.MQL": ("MQL", "MQL", "MQL"),
    "label.SQL": ("SQL", "SQL", "SQL"),
    "label.Meeting": ("Meeting", "Spotkanie", "Встреча"),
    "label.Opportunity": ("Opportunity", "Szansa", "Сделка"),
    "label.Proposal": ("Proposal", "Oferta", "КП"),
    "label.Won": ("Won", "Wygrana", "Выигрыш"),
    "label.Lost": ("Lost", "Przegrana", "Проигрыш"),
    "label.Open": ("Open", "Otwarte", "Открыто"),
    "label.lead_to_opportunity": ("Lead → opportunity", "Lead → szansa", "Лид → сделка"),
    "label.opportunity_to_won": ("Opportunity → won", "Szansa → wygrana", "Сделка → выигрыш"),
    "label.lead_to_won": ("Lead → won", "Lead → wygrana", "Лид → выигрыш"),
    "label.lead_to_opportunity_deals": ("Created → opportunity", "Utworzona → etap szansy", "Создана → этап сделки"),
    "label.lead_to_won_deals": ("Created → won", "Utworzona → wygrana", "Создана → выигрыш"),
    "label.first_response": ("First response", "Pierwsza odpowiedź", "Первый ответ"),
    "label.mature": ("Leads at least so old", "Leady co najmniej tak stare", "Лиды не моложе"),
    "label.mature_deals": ("Deals at least so old", "Szanse co najmniej tak stare", "Сделки не моложе"),
    "label.naive_deals": ("All deals (naive)", "Wszystkie szanse (naiwnie)", "Все сделки (наивно)"),
    "label.naive": ("All leads (naive)", "Wszystkie leady (naiwnie)", "Все лиды (наивно)"),
    "data.row_no": ("Row", "Wiersz", "Строка"),
    "data.lead_id": ("ID", "ID", "ID"),
    "data.name": ("Name", "Nazwa", "Название"),
    "data.created": ("Created", "Utworzono", "Создан"),
    "data.d_mql": ("MQL on", "MQL dnia", "MQL, дата"),
    "data.d_sql": ("SQL on", "SQL dnia", "SQL, дата"),
    "data.d_meeting": ("Meeting on", "Spotkanie dnia", "Встреча, дата"),
    "data.d_opportunity": ("Opportunity on", "Szansa dnia", "Сделка, дата"),
    "data.d_proposal": ("Proposal on", "Oferta dnia", "КП, дата"),
    "data.d_won": ("Won on", "Wygrana dnia", "Выигрыш, дата"),
    "data.d_lost": ("Lost on", "Przegrana dnia", "Проигрыш, дата"),
    "data.expected_close": ("Expected close", "Planowane zamknięcie", "План закрытия"),
    "data.outcome": ("Outcome", "Wynik", "Исход"),
    "data.stage_now": ("Stage now", "Etap teraz", "Этап сейчас"),
    "data.hw": ("Furthest stage", "Najdalszy etap", "Дальний этап"),
    "data.lost_from": ("Lost from", "Przegrana z etapu", "Потеря с этапа"),
    "data.source": ("Source", "Źródło", "Источник"),
    "data.campaign": ("Campaign", "Kampania", "Кампания"),
    "data.owner": ("Owner", "Opiekun", "Ответственный"),
    "data.lost_reason": ("Lost reason", "Powód przegranej", "Причина потери"),
    "data.amount": ("Amount", "Kwota", "Сумма"),
    "data.currency": ("Currency", "Waluta", "Валюта"),
    "data.response_min": ("Response, min", "Odpowiedź, min", "Ответ, мин"),
    "data.cohort_month": ("Month created", "Miesiąc utworzenia", "Месяц создания"),
    "data.age_days": ("Age, days", "Wiek, dni", "Возраст, дней"),
    "data.cycle_days": ("Days to won", "Dni do wygranej", "Дней до выигрыша"),
    # fields to group by -----------------------------------------------------------------------------------------------
    "field.source": ("source", "źródło", "источникам"),
    "field.campaign": ("campaign", "kampania", "кампаниям"),
    "field.owner": ("owner", "opiekun", "ответственным"),
    "group.source": ("Source", "Źródło", "Источник"),
    "group.campaign": ("Campaign", "Kampania", "Кампания"),
    "group.owner": ("Owner", "Opiekun", "Ответственный"),
    # fields of the recogniser, where a finding names one ---------------------------------------------------------------
    "known.lead_id": ("ID", "ID", "ID"),
    "known.name": ("Name", "Nazwa", "Название"),
    "known.company": ("Company", "Firma", "Компания"),
    "known.contact": ("Contact", "Kontakt", "Контакт"),
    "known.email": ("E-mail", "E-mail", "Эл. почта"),
    "known.phone": ("Phone", "Telefon", "Телефон"),
    "known.created": ("Created", "Utworzono", "Создан"),
    "known.mql_date": ("MQL on", "MQL dnia", "MQL, дата"),
    "known.sql_date": ("SQL on", "SQL dnia", "SQL, дата"),
    "known.opportunity_date": ("Opportunity on", "Szansa dnia", "Сделка, дата"),
    "known.meeting_booked": ("Meeting booked", "Spotkanie umówione", "Встреча назначена"),
    "known.meeting_held": ("Meeting held", "Spotkanie odbyte", "Встреча проведена"),
    "known.proposal_date": ("Proposal on", "Oferta dnia", "КП, дата"),
    "known.won_date": ("Won on", "Wygrana dnia", "Выигрыш, дата"),
    "known.lost_date": ("Lost on", "Przegrana dnia", "Проигрыш, дата"),
    "known.close_date": ("Closed on", "Zamknięto", "Закрыто"),
    "known.expected_close": ("Expected close", "Planowane zamknięcie", "План закрытия"),
    "known.first_response": ("First response", "Pierwsza odpowiedź", "Первый ответ"),
    "known.modified": ("Modified", "Zmieniono", "Изменено"),
    "known.stage": ("Stage", "Etap", "Этап"),
    "known.status": ("Status", "Status", "Статус"),
    "known.pipeline": ("Pipeline", "Lejek", "Воронка"),
    "known.probability": ("Probability", "Prawdopodobieństwo", "Вероятность"),
    "known.source": ("Source", "Źródło", "Источник"),
    "known.medium": ("Medium", "Medium", "Канал"),
    "known.campaign": ("Campaign", "Kampania", "Кампания"),
    "known.owner": ("Owner", "Opiekun", "Ответственный"),
    "known.amount": ("Amount", "Kwota", "Сумма"),
    "known.currency": ("Currency", "Waluta", "Валюта"),
    "known.lost_reason": ("Lost reason", "Powód przegranej", "Причина потери"),
    "known.last_open_stage": ("Last open stage", "Ostatni otwarty etap", "Последний открытый этап"),
    "known.is_won": ("Is won", "Czy wygrana", "Выигран ли"),
    "known.is_closed": ("Is closed", "Czy zamknięta", "Закрыт ли"),
    "known.is_converted": ("Is converted", "Czy przekonwertowany", "Конвертирован ли"),
    "known.link_id": ("ID of the lead", "ID leada", "ID лида"),
    "finding.tie": (
        "{field}: '{taken}' taken, '{left}' left", "{field}: wzięto „{taken}”, zostawiono „{left}”",
        "{field}: взят «{taken}», оставлен «{left}»",
    ),
    "finding.hidden": (
        "{value}: to leave them out, copy the visible rows to a sheet of their own and build from there",
        "{value}: aby je pominąć, skopiuj widoczne wiersze do osobnego arkusza i zbuduj lejek z niego",
        "{value}: чтобы не учитывать их, скопируйте видимые строки на отдельный лист и постройте воронку по нему",
    ),
    "finding.days": ("{value} d", "{value} dni", "{value} дн."),
    # map --------------------------------------------------------------------------------------------------------------
    "map.none": ("none", "brak", "нет"),
    "map.title": ("Map and quality", "Mapa i jakość danych", "Карта и качество данных"),
    "map.how": (
        "How the export was understood. Change a shaded cell and press Refresh (or run again with --reuse-map and this "
        "file): what you have changed is kept, the rest is recognised anew.",
        "Jak zrozumiano eksport. Zmień komórkę z tłem i naciśnij Odśwież (albo uruchom ponownie z --reuse-map i tym "
        "plikiem): Twoje zmiany zostaną, resztę program rozpozna na nowo.",
        "Как понята выгрузка. Измените ячейку с фоном и нажмите «Обновить» (или запустите снова с --reuse-map и этим "
        "файлом): ваши правки останутся, остальное распознаётся заново.",
    ),
    "map.tblParameters": ("Parameters", "Parametry", "Параметры"),
    "map.tblColumns": ("Columns", "Kolumny", "Столбцы"),
    "map.tblStageWords": ("Stage words", "Słowa etapów", "Слова этапов"),
    "map.tblQuality": ("Data quality", "Jakość danych", "Качество данных"),
    "map.tblBackward": (
        "Stages left before they were entered", "Etapy opuszczone przed wejściem", "Этапы, покинутые до входа",
    ),
    "map.column_parameter": ("Parameter", "Parametr", "Параметр"),
    "map.column_value": ("Value", "Wartość", "Значение"),
    "map.column_default": ("Without your choice", "Bez Twojego wyboru", "Без вашего выбора"),
    "map.column_meaning": ("Meaning", "Znaczenie", "Смысл"),
    "map.column_header": ("Header in the export", "Nagłówek w eksporcie", "Заголовок в выгрузке"),
    "map.column_field": ("Used as", "Użyto jako", "Используется как"),
    "map.column_recognised": ("Recognised as", "Rozpoznano jako", "Распознано как"),
    "map.column_score": ("Score", "Pewność", "Уверенность"),
    "map.column_reason": ("Why", "Dlaczego", "Почему"),
    "map.column_second": ("Second best", "Drugi wybór", "Второй вариант"),
    "map.column_table": ("Table", "Tabela", "Таблица"),
    "map.column_word": ("Word in the export", "Słowo w eksporcie", "Слово в выгрузке"),
    "map.column_stage": ("Stage", "Etap", "Этап"),
    "map.counted_as": ("counted as {value}", "liczone jako {value}", "считается как {value}"),
    "map.column_rows": ("Rows", "Wiersze", "Строки"),
    "map.column_origin": ("Known from", "Skąd wiadomo", "Откуда известно"),
    "map.column_finding": ("What was found", "Co znaleziono", "Что найдено"),
    "map.column_column": ("Column", "Kolumna", "Столбец"),
    "map.column_count": ("Count", "Ile", "Число"),
    "map.column_severity": ("Severity", "Waga", "Важность"),
    "map.column_lead_id": ("ID", "ID", "ID"),
    "map.column_measure": ("Stage", "Etap", "Этап"),
    "map.column_days": ("Days", "Dni", "Дней"),
    "map.column_row": ("Row", "Wiersz", "Строка"),
    "severity.error": ("error", "błąd", "ошибка"),
    "severity.warning": ("warning", "ostrzeżenie", "предупреждение"),
    "severity.info": ("note", "informacja", "сведение"),
    "origin.vocabulary": ("vocabulary", "słownik", "словарь"),
    "origin.guessed": ("guessed: please check", "odgadnięte: proszę sprawdzić", "угадано: проверьте"),
    "origin.user": ("your choice", "Twój wybór", "ваш выбор"),
    "origin.unknown": ("unknown: treated as Lead", "nieznane: przyjęto Lead", "неизвестно: принято за лид"),
    "reason.exact": ("same header", "ten sam nagłówek", "тот же заголовок"),
    "reason.words": ("all words found", "wszystkie słowa", "все слова найдены"),
    "reason.contained": ("part of the header", "część nagłówka", "часть заголовка"),
    "reason.near": ("spelt alike", "podobna pisownia", "похожее написание"),
    "reason.values": ("its values", "wartości kolumny", "значения столбца"),
    "reason.user": ("your choice", "Twój wybór", "ваш выбор"),
    "reason.never": ("never used for this", "nigdy nieużywana", "не используется"),
    "parameter.as_of": ("Nothing after this day has happened yet", "Po tym dniu nic się jeszcze nie stało", "После этого дня ещё ничего не произошло"),
    "parameter.window_days_deals": ("Days a deal is given to be won", "Dni na wygranie szansy", "Дней на выигрыш сделки"),
    "parameter.reach": ("When a stage counts as reached", "Kiedy etap jest osiągnięty", "Когда этап считается достигнутым"),
    "parameter.window_days": ("Days a lead is given to be won", "Dni na wygranie leada", "Дней на выигрыш лида"),
    "parameter.win_basis": ("What won deals are divided by", "Przez co dzieli się wygrane", "На что делятся выигрыши"),
    "parameter.min_n": ("Rates on fewer cases are grey", "Wskaźniki z mniejszej liczby są szare", "Доли по меньшему числу серые"),
    "parameter.half_life": ("Days in which a touch loses half its weight", "Dni, po których kontakt traci połowę wagi", "Дней, за которые касание теряет половину веса"),
    "parameter.gross_margin": ("Share of revenue that is margin, for ROMI", "Marża jako część przychodu, do ROMI", "Доля маржи в выручке, для ROMI"),
    "parameter.top_groups": ("Groups shown, the others together", "Ile grup osobno, reszta razem", "Сколько групп отдельно, прочие вместе"),
    "parameter.period_from": ("First day of the monthly figures", "Pierwszy dzień danych miesięcznych", "Первый день помесячных данных"),
    "parameter.period_to": ("Last day of the monthly figures", "Ostatni dzień danych miesięcznych", "Последний день помесячных данных"),
    "parameter.cohort_months": ("Months that cohorts are followed", "Miesiące obserwacji kohort", "Месяцев наблюдения когорт"),
    "parameter.spend_table": (
        "Sheet or Excel table with the spend; several with ; between, or none",
        "Arkusz lub tabela Excela z wydatkami; kilka oddziel ; albo wpisz brak",
        "Лист или таблица Excel с расходами; несколько через ; либо нет",
    ),
    "parameter.touches_table": (
        "Sheet or Excel table with the touches, or none",
        "Arkusz lub tabela Excela z kontaktami albo brak",
        "Лист или таблица Excel с касаниями либо нет",
    ),
    "parameter.target_minutes": ("Response time promised, minutes", "Obiecany czas odpowiedzi, minuty", "Обещанное время ответа, минут"),
    # notes under a heading --------------------------------------------------------------------------------------------
    "note.months_cohort": (
        "Leads created in the month, and what has become of them since; grey = not yet {value} days old",
        "Leady utworzone w miesiącu i co się z nimi stało; szare = młodsze niż {value} dni",
        "Лиды, созданные в месяце, и что с ними стало; серое = моложе {value} дн.",
    ),
    "note.months_cohort_deals": (
        "Deals created in the month, and what has become of them since; grey = not yet {value} days old",
        "Szanse utworzone w miesiącu i co się z nimi stało; szare = młodsze niż {value} dni",
        "Сделки, созданные в месяце, и что с ними стало; серое = моложе {value} дн.",
    ),
    "note.months_period_deals": (
        "What happened in the month, whenever the deals were created: a rate may exceed 100 %",
        "Co się wydarzyło w miesiącu, niezależnie od daty szansy: wskaźnik może przekroczyć 100 %",
        "Что произошло в месяце, когда бы ни была создана сделка: доля может превысить 100 %",
    ),
    "note.shrunk_below_deals": (
        "Below {value} closed deals the rate is drawn towards one half: two more won, two more lost",
        "Poniżej {value} zamkniętych wskaźnik jest ściągany do połowy: +2 wygrane, +2 przegrane",
        "Если закрытых меньше {value}, доля стягивается к половине: +2 выигрыша, +2 проигрыша",
    ),
    "note.one_touch_a_lead_deals": (
        "One source a deal: all models agree", "Jedno źródło na szansę: wszystkie modele dają to samo",
        "Один источник у сделки: все модели совпадают",
    ),
    "note.no_losses_recorded": (
        "No losses are recorded: rates over closed deals say nothing", "Nie zapisano przegranych: brak wskaźników od zamkniętych",
        "Проигрыши не записаны: долей от закрытых нет",
    ),
    "note.reach_of_lost_unknown": (
        "How far the lost ones came is not recorded: stages count what is known of them, the win rate counts all lost",
        "Nie zapisano, jak daleko doszły przegrane: etapy liczą to, co o nich wiadomo, skuteczność liczy wszystkie przegrane",
        "Не записано, докуда дошли проигранные: этапы считают известное о них, доля выигрышей считает всех проигранных",
    ),
    "note.reach_mode_scope": (
        "The way of counting ({value}) applies to the table of stages; all other tables count who came at least that far",
        "Sposób liczenia ({value}) dotyczy tabeli etapów; inne tabele liczą tych, którzy doszli co najmniej do etapu",
        "Способ счёта ({value}) относится к таблице этапов; прочие таблицы считают дошедших хотя бы до этапа",
    ),
    "note.months_period": (
        "What happened in the month, whenever the leads were created: a rate may exceed 100 %",
        "Co się wydarzyło w miesiącu, niezależnie od daty leada: wskaźnik może przekroczyć 100 %",
        "Что произошло в месяце, когда бы ни был создан лид: доля может превысить 100 %",
    ),
    "note.cohort_cells": (
        "A cell appears once its calendar month is over; deeper shade = larger share",
        "Komórka pojawia się po końcu miesiąca; ciemniej = większa część",
        "Ячейка появляется, когда месяц кончился; темнее = больше доля",
    ),
    "note.groups": (
        "A rate is grey where it rests on too few cases; groups whose intervals overlap do not differ for certain",
        "Wskaźnik szary, gdy przypadków za mało; grupy o nachodzących przedziałach nie różnią się na pewno",
        "Доля серая, если случаев мало; группы с пересекающимися интервалами могут не различаться",
    ),
    "note.quality": (
        "Nothing is dropped in silence: the whole list with row numbers is in Funnel_Map",
        "Nic nie znika po cichu: cała lista z numerami wierszy jest w arkuszu Funnel_Map",
        "Ничего не отбрасывается молча: весь список с номерами строк на листе Funnel_Map",
    ),
    "quality.rows": ("rows {value}", "wiersze {value}", "строки {value}"),
    "note.attributed_revenue": (
        "Revenue credited in the same way", "Przychód przypisany tak samo", "Выручка, распределённая так же",
    ),
    "note.change": ("{value}", "{value}", "{value}"),
    "note.response": (
        "Minutes from creation to the first response", "Minuty od utworzenia do pierwszej odpowiedzi",
        "Минут от создания до первого ответа",
    ),
    "note.one_touch_a_lead": (
        "One source a lead: all models agree", "Jedno źródło na lead: wszystkie modele dają to samo",
        "Один источник у лида: все модели совпадают",
    ),
    "note.mixed_currencies": (
        "Several currencies ({value}): amounts are not added up", "Kilka walut ({value}): kwoty nie są sumowane",
        "Несколько валют ({value}): суммы не складываются",
    ),
    "note.undated_opportunities": (
        "Opportunities not in the table, without a day in order: {value}", "Szanse spoza tabeli, bez daty po kolei: {value}",
        "Сделки вне таблицы, без даты по порядку: {value}",
    ),
    "note.undated_wins": (
        "Wins not in the table, without a day in order: {value}", "Wygrane spoza tabeli, bez daty po kolei: {value}",
        "Выигрыши вне таблицы, без даты по порядку: {value}",
    ),
    "note.no_spend_data": ("no spend data", "brak danych o wydatkach", "нет данных о расходах"),
    "note.no_win_days": (
        "No day of winning is known: no windows, no curve", "Brak dat wygranych: bez okien i krzywej",
        "Дни выигрышей неизвестны: ни окон, ни кривой",
    ),
    "note.shrunk_below": (
        "Below {value} closed leads the rate is drawn towards one half: two more won, two more lost",
        "Poniżej {value} zamkniętych wskaźnik jest ściągany do połowy: +2 wygrane, +2 przegrane",
        "Если закрытых меньше {value}, доля стягивается к половине: +2 выигрыша, +2 проигрыша",
    ),
}  # fmt: skip


def _plural_form(number: int, language: Language) -> str:
    """Form of a noun after a number: the rules of Unicode CLDR for whole numbers in these three languages."""
    if language == "en":
        return "one" if number == 1 else "many"
    ones, tens = number % 10, number % 100 // 10
    if number == 1 or (language == "ru" and ones == 1 and tens != 1):
        return "one"
    return "few" if ones in (2, 3, 4) and tens != 1 else "many"


@cache
def _position(language: str) -> int:
    return LANGUAGES.index(language)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one workbook.

    >>> Texts("pl", "closed")("card.won"), Texts("ru", "closed").column("cpl")
    ('Wygrane', 'CPL')
    >>> Texts("en", "all").column("win_rate")
    'Won ÷ opps'
    """

    language: Language
    win_basis: str = "closed"
    is_deals: bool = False

    def __call__(self, key: str, **values: str) -> str:
        """The text of a key, its placeholders filled in."""
        variants = next(TEXTS[name] for name in self._names(key) if name in TEXTS)
        text = variants[_position(self.language)]
        return text.format(**values) if values else text

    def _names(self, key: str) -> tuple[str, ...]:
        """Where a text may stand: under a name for deals, under its own, under one for the basis of the win rate."""
        own = (key, f"{key}_{self.win_basis}")
        return (f"{key}_deals", *own) if self.is_deals else own

    def counted(self, key: str, number: int, shown: str) -> str:
        """A number with its noun in the form that the number asks for.

        Args:
            key: ``leads`` (deals, where the rows are deals) or ``rows``.
            number: How many.
            shown: The number as it is to be written.

        >>> [Texts("pl", "closed").counted("leads", n, str(n)) for n in (1, 3, 12, 22)]
        ['1 lead', '3 leady', '12 leadów', '22 leady']
        >>> Texts("en", "closed", is_deals=True).counted("leads", 1, "1")
        '1 deal'
        """
        return self(f"count.{key}_{_plural_form(number, self.language)}", value=shown)

    def finding_value(self, kind: str, value: str) -> str:
        """What a finding says besides: names of stages and fields are ours, all else is from the export.

        >>> Texts("pl").finding_value("meeting_order", "Meeting, Opportunity (4 d)")
        'Spotkanie, Szansa (4 dni)'
        >>> Texts("ru").finding_value("times_dropped", "created, won_date")
        'Создан, Выигрыш, дата'
        """
        text = value
        match kind:
            case "meeting_order":
                order, _, gap = value.removesuffix(" d)").partition(" (")
                stages = ", ".join(self.known(f"label.{stage}", stage) for stage in order.split(", "))
                text = f"{stages} ({self('finding.days', value=gap)})" if gap else stages
            case "negative_duration":
                text = self.label(value, "measure")
            case "times_dropped" | "refused_column":
                text = ", ".join(self.known_field(name) for name in value.split(", "))
            case "guessed_column":
                name, _, score = value.rpartition(" ")
                text = f"{self.known_field(name)} {score}"
            case "guessed_stage_words":
                pairs = [pair.rpartition(" = ") for pair in value.split("; ")]
                text = "; ".join(f"{word} = {self.known(f'label.{stage}', stage)}" for word, _, stage in pairs)
            case "hidden_rows":
                text = self("finding.hidden", value=value)
            case "column_tie":
                name, _, rest = value.partition(": '")
                taken, _, left = rest.removesuffix("' left").partition("' taken, '")
                text = self("finding.tie", field=self.known_field(name), taken=taken, left=left)
        return text

    def known_field(self, name: str) -> str:
        """A field of the recogniser in the reader's words; its own name where it has none."""
        return self.known(f"known.{name}", name)

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key, or another text where the key has none."""
        return self(key) if any(name in TEXTS for name in self._names(key)) else otherwise

    def column(self, key: str) -> str:
        """Header of a column; a key without a text of its own is shown as it is."""
        key = key.removesuffix("_revenue")  # of a model of attribution
        return self.known(f"column.{key}", key.replace("_", " ").capitalize())

    def label(self, value: str, column: str = "") -> str:
        """A label of a row: totals and the like are translated, stages in columns of stages; the user's words are not."""
        ours = value.startswith("(") or column in OUR_WORDS
        return self.known(f"label.{value}", value) if ours else value

    def note(self, code: str, value: str = "") -> str:
        """A remark."""
        return self(f"note.{code}", value=value) if f"note.{code}" in TEXTS else f"{code} {value}".strip()

    def group(self, field: str) -> str:
        """Header of the column that names the groups of a field."""
        return self.known(f"group.{field}", field)

    def finding(self, kind: str) -> str:
        """What was odd, in a few words."""
        found = FINDING_TEXTS.get(kind)
        return found[_position(self.language)] if found else kind.replace("_", " ").capitalize()

    def field(self, name: str) -> str:
        """A field to group by, as it stands in a heading."""
        return self.known(f"field.{name}", name)
