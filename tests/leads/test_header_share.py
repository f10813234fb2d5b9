"""Genuine header rows, and the field each header should feed: the share the recogniser maps as expected."""

import json
from pathlib import Path

import pytest

from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import Kind

DATE = ("2025-05-31 10:00", "2025-06-01 11:30")
NUMBER = ("1200.50", "99.90")
TEXT = ("alpha", "beta")
FLAG = ("TRUE", "FALSE")
STAGE = ("New", "Closed Won")

_CELLS = {
    "amount": NUMBER, "probability": NUMBER, "is_won": FLAG, "is_closed": FLAG, "is_converted": FLAG, "is_active": FLAG,
    "is_deleted": FLAG, "sync_deleted": FLAG, "stage": STAGE,
    "status": ("Open", "Won"), "last_open_stage": STAGE, "sp_spend": NUMBER, "sp_impressions": NUMBER,
    "sp_clicks": NUMBER, "sp_reach": NUMBER, "sp_conversions": NUMBER,
}  # fmt: skip
_DATES = {
    "created", "mql_date", "sql_date", "opportunity_date", "meeting_booked", "meeting_held", "proposal_date",
    "won_date", "lost_date", "close_date", "expected_close", "modified", "first_response", "sp_date", "sp_end",
    "to_time",
}  # fmt: skip


def cells_for(header: str, field: str | None) -> tuple[str, ...]:
    """Give a column cells of the type its field has; an unmapped one cells that its header suggests."""
    if field in _DATES:
        return DATE
    if field:
        return _CELLS.get(field, TEXT)
    low = header.casefold()
    if any(word in low for word in ("date", "дата", "data ")):
        return DATE
    numeric = ("revenue", "avg", "cost", "cpc", "ctr", "frequency", "цена", "прибыль", "комиссия", "сбор", "koszt",
               "kosten", "количество", "dochód", "age in", "involved", "budżet")  # fmt: skip
    return NUMBER if any(word in low for word in numeric) else TEXT


def mapped(expected: list[tuple[str, str | None]], kind: Kind) -> list[str | None]:
    headers = [header for header, _ in expected]
    sample = [cells_for(header, field) for header, field in expected]
    return [column.field for column in recognise(headers, sample, kind, PIPELINE).columns]


def pairs(text: str) -> list[tuple[str, str | None]]:
    """Read ``Header = field`` lines; ``-`` is a column that must stay unmapped."""
    found = []
    for line in text.strip().splitlines():
        header, _, field = line.strip().rpartition(" = ")
        found.append((header, None if field == "-" else field))
    return found


# Section 10 of the funnel specification: every system's headers with the field each feeds.
SPECIFIED: dict[str, tuple[Kind, str]] = {
    "HubSpot contacts": ("leads", """
        Record ID = lead_id
        First Name = contact
        Last Name = -
        Email = email
        Lifecycle Stage = stage
        Lead Status = status
        Original Source = source
        Create Date = created
        Became a Subscriber Date = -
        Became a Lead Date = -
        Became a Marketing Qualified Lead Date = mql_date
        Became a Sales Qualified Lead Date = sql_date
        Became an Opportunity Date = opportunity_date
        Became a Customer Date = won_date
        Became an Evangelist Date = -
        Close Date = close_date
        Contact owner = owner
        Total Revenue = amount
    """),
    "HubSpot deals": ("leads", """
        Record ID = lead_id
        Deal Name = name
        Deal Stage = stage
        Pipeline = pipeline
        Amount = amount
        Close Date = close_date
        Create Date = created
        Deal owner = owner
        Date entered "Appointment Scheduled (Sales Pipeline)" = meeting_booked
        Date entered "Contract Sent (Sales Pipeline)" = proposal_date
        Date entered "Closed Won (Sales Pipeline)" = won_date
        Is Closed Won = is_won
        Is Deal Closed? = is_closed
    """),
    "HubSpot deals FR": ("leads", """
        ID de fiche d’informations = lead_id
        Phase de la transaction = stage
        Montant = amount
        Date de fermeture = close_date
        Propriétaire de la transaction = owner
    """),
    "Salesforce leads": ("leads", """
        Lead ID = lead_id
        First Name = contact
        Last Name = -
        Company = company
        Lead Source = source
        Lead Status = stage
        Lead Owner = owner
        Created Date = created
        Converted = is_converted
        Converted Date = opportunity_date
        Converted Opportunity ID = link_id
    """),
    "Salesforce opportunities": ("leads", """
        Opportunity ID = lead_id
        Opportunity Name = name
        Account Name = company
        Stage = stage
        Amount = amount
        Close Date = close_date
        Created Date = created
        Lead Source = source
        Probability (%) = probability
        Closed = is_closed
        Won = is_won
        Opportunity Owner = owner
        Last Stage Change Date = modified
        Loss Reason = lost_reason
    """),
    "Salesforce API": ("leads", """
        Id = lead_id
        Name = name
        StageName = stage
        CloseDate = close_date
        CreatedDate = created
        LeadSource = source
        IsWon = is_won
        IsClosed = is_closed
        Amount = amount
    """),
    "Pipedrive": ("leads", """
        Deal - ID = lead_id
        Deal - Title = name
        Deal - Value = amount
        Deal - Currency = currency
        Deal - Stage = stage
        Deal - Status = status
        Deal - Owner = owner
        Deal - Deal created = created
        Deal - Won time = won_date
        Deal - Lost time = lost_date
        Deal - Deal closed on = close_date
        Deal - Expected close date = expected_close
        Deal - Lost reason = lost_reason
        Deal - Last stage change = modified
        Deal - Pipeline = pipeline
    """),
    "Zoho deals": ("leads", """
        Deal Owner = owner
        Deal Name = name
        Account Name = company
        Lead Source = source
        Campaign Source = campaign
        Amount = amount
        Closing Date = close_date
        Stage = stage
        Probability = probability
        Expected Revenue = -
        Created By = -
    """),
    "Zoho deals FR": ("leads", """
        Nom de la transaction = name
        Origine du lead = source
        Montant = amount
        Date d’échéance = close_date
        Étape = stage
    """),
    "Bitrix24 lead RU": ("leads", """
        ID = lead_id
        Название лида = name
        Статус = status
        Источник = source
        Дата создания = created
        Дата завершения = close_date
        Сумма = amount
        Валюта = currency
        Ответственный = owner
        Рекламная система (utm_source) = -
        Тип трафика = medium
        Обозначение рекламной кампании = campaign
    """),
    "Bitrix24 deal RU": ("leads", """
        ID = lead_id
        Название = name
        Стадия сделки = stage
        Воронка = pipeline
        Сумма = amount
        Валюта = currency
        Вероятность = probability
        Дата начала = -
        Дата завершения = close_date
        Закрыта = is_closed
        Ответственный = owner
        Источник = source
        Дата создания = created
        Лид = -
        Компания = company
        Группа стадии = status
    """),
    "Bitrix24 deal PL": ("leads", """
        Nazwa = name
        Etap deala = stage
        Lejek = pipeline
        Razem = amount
        Waluta = currency
        Data zakończenia = close_date
        Osoba odpowiedzialna = owner
        Źródło = source
        Utworzono dnia = created
    """),
    "Bitrix24 deal DE": ("leads", """
        Name = name
        Phase = stage
        Gewinn = amount
        Abschlussdatum = close_date
        Verantwortlich = owner
    """),
    "Bitrix24 deal ES": ("leads", """
        Nombre = name
        Etapa de la negociación = stage
        Total = amount
        Fecha de finalización = close_date
        Persona responsable = owner
        Origen = source
        Creado el = created
    """),
    "Bitrix24 deal FR": ("leads", """
        Dénomination = name
        Face stade = stage
        Total = amount
        Date de clôture = close_date
        Responsable = owner
    """),
    "amoCRM deals": ("leads", """
        ID = lead_id
        Название сделки = name
        Бюджет ₽ = amount
        Ответственный = owner
        Дата создания (сделки) = created
        Дата закрытия = close_date
        Теги (сделки) = -
        Этап сделки = stage
        Воронка = pipeline
        Основной контакт = contact
        Компания = company
        utm_source = source
    """),
    "SugarCRM PL": ("leads", """
        Nazwa szansy sprzedaży = name
        Nazwa klienta = company
        Kwota = amount
        Waluta = currency
        Etap sprzedaży = stage
        Przewidywana data zamknięcia = expected_close
        Źródło leadu = source
        Prawdopodobieństwo (%) = probability
        Przydzielono do = owner
        Kampania = campaign
    """),
    "Google Ads": ("spend", """
        Day = sp_date
        Campaign = sp_campaign
        Campaign ID = -
        Currency code = sp_currency
        Cost = sp_spend
        Impr. = sp_impressions
        Clicks = sp_clicks
        Conversions = sp_conversions
        Cost / conv. = -
        Avg. CPC = -
    """),
    "Google Ads DE": ("spend", """
        Tag = sp_date
        Kampagne = sp_campaign
        Währungscode = sp_currency
        Kosten = sp_spend
        Impr. = sp_impressions
        Klicks = sp_clicks
    """),
    "Google Ads FR": ("spend", """
        Jour = sp_date
        Campagne = sp_campaign
        Code de la devise = sp_currency
        Coût = sp_spend
        Impr. = sp_impressions
        Clics = sp_clicks
    """),
    "Meta": ("spend", """
        Campaign name = sp_campaign
        Ad set name = -
        Reporting starts = sp_date
        Reporting ends = sp_end
        Amount spent (USD) = sp_spend
        Impressions = sp_impressions
        Reach = sp_reach
        Frequency = -
        Link clicks = sp_clicks
        Clicks (all) = -
        Results = sp_conversions
    """),
    "Pipedrive PT": ("leads", """
        Negócio - ID = lead_id
        Negócio - Título = name
        Negócio - Valor = amount
        Negócio - Moeda = currency
        Negócio - Funil = pipeline
        Negócio - Etapa = stage
        Negócio - Status = status
        Negócio - Proprietário = owner
        Negócio - Criado por = -
        Negócio - Negócio criado em = created
        Negócio - Ganho em = won_date
        Negócio - Data de perda = lost_date
        Negócio - Negócio fechado em = close_date
        Negócio - Data de fechamento esperada = expected_close
        Negócio - Motivo da perda = lost_reason
        Negócio - Atualizado em = modified
        Negócio - Origem = source
        Negócio - Pessoa de contato = contact
        Negócio - ID da pessoa de contato = -
        Pessoa - E-mail - Trabalho = email
        Pessoa - Telefone - Celular = phone
        Organização - Nome = company
    """),
    "Pipedrive FR": ("leads", """
        Affaire - Titre = name
        Affaire - Valeur = amount
        Affaire - Étape = stage
        Affaire - Statut = status
        Affaire - Pipeline = pipeline
        Affaire - Affaire créée = created
        Affaire - Date de gain = won_date
        Affaire - Date de perte = lost_date
        Affaire - Date de clôture prévue = expected_close
        Affaire - Raison de la perte = lost_reason
        Affaire - Personne à contacter = contact
        Organisation - ID = -
        Organisation - Propriétaire = -
    """),
    "Pipedrive ES": ("leads", """
        Trato - Título = name
        Trato - Valor = amount
        Trato - Moneda = currency
        Trato - Etapa = stage
        Trato - Estado = status
        Trato - Propietario = owner
        Trato - Fecha de cierre prevista = expected_close
    """),
    "RD Station": ("leads", """
        Nome = name
        Empresa = company
        Estado = status
        Etapa = stage
        Funil de vendas = pipeline
        Motivo de Perda = lost_reason
        Valor Único = amount
        Valor Recorrente = -
        Data de criação = created
        Data de fechamento = close_date
        Previsão de fechamento = expected_close
        Fonte = source
        Campanha = campaign
        Responsável = owner
        Email = email
        Telefone = phone
    """),
    "Agendor": ("leads", """
        Título do negócio = name
        Empresa = company
        Pessoa = contact
        Funil = pipeline
        Etapa = stage
        Status = status
        Responsável = owner
        Valor = amount
        Data de início = created
        Data de conclusão = close_date
        Motivo da perda = lost_reason
        Origem do cliente = source
    """),
    "Bitrix24 PT": ("leads", """
        ID = lead_id
        Nome do negócio = name
        Fase do negócio = stage
        Pipeline = pipeline
        Total = amount
        Moeda = currency
        Probabilidade = probability
        Data de término = close_date
        Fechado = is_closed
        Pessoa responsável = owner
        Fonte = source
        Criado em = created
        Modificado em = modified
        Criado por = -
        Modificado por = -
        Empresa = company
        Contato = contact
        Fonte externa = -
        Informações da fonte = -
        Médio = medium
    """),
    "HubSpot PT": ("leads", """
        ID do registro = lead_id
        Nome do negócio = name
        Etapa do negócio = stage
        Valor = amount
        Data de fechamento = close_date
        Data de criação = created
        Proprietário do negócio = owner
    """),
    "Odoo": ("leads", """
        Opportunity = name
        Stage = stage
        Active = is_active
        Probability = probability
        Expected Closing = expected_close
        Created on = created
        Salesperson = owner
        Lost Reason = lost_reason
    """),
    "Warehouse": ("leads", """
        id = lead_id
        stage_name = stage
        amount = amount
        close_date = close_date
        created_date = created
        is_closed = is_closed
        is_won = is_won
        is_deleted = is_deleted
        _fivetran_deleted = sync_deleted
        lead_source = source
        owner_id = owner
        probability = probability
    """),
    "Meta PT": ("spend", """
        Início dos relatórios = sp_date
        Término dos relatórios = sp_end
        Nome da campanha = sp_campaign
        Nome do conjunto de anúncios = -
        Valor usado (BRL) = sp_spend
        Impressões = sp_impressions
        Alcance = sp_reach
        Cliques no link = sp_clicks
        Cliques (todos) = -
        Resultados = sp_conversions
        Custo por resultado = -
    """),
    "Google Ads PT": ("spend", """
        Dia = sp_date
        Campanha = sp_campaign
        Código da moeda = sp_currency
        Custo = sp_spend
        Impr. = sp_impressions
        Cliques = sp_clicks
        Conversões = sp_conversions
        Custo / conv. = -
        CPC méd. = -
    """),
    "Touches PT": ("touches", """
        ID do lead = lead_id
        Data do contato = to_time
        Canal = to_channel
        Campanha = to_campaign
    """),
    "Meta PL": ("spend", """
        Nazwa kampanii = sp_campaign
        Dzień = sp_date
        Wydana kwota (PLN) = sp_spend
        Wyświetlenia = sp_impressions
        Zasięg = sp_reach
        Kliknięcia linku = sp_clicks
        Wyniki = sp_conversions
    """),
    "Meta RU": ("spend", """
        Название кампании = sp_campaign
        Дата начала отчетности = sp_date
        Потраченная сумма (UAH) = sp_spend
        Показы = sp_impressions
        Результаты = sp_conversions
    """),
    "Meta ES": ("spend", """
        Día = sp_date
        Nombre de la campaña = sp_campaign
        Importe gastado (EUR) = sp_spend
        Impresiones = sp_impressions
        Alcance = sp_reach
    """),
    "LinkedIn": ("spend", """
        Start Date (in UTC) = sp_date
        Account Name = sp_channel
        Campaign Group Name = -
        Campaign Name = sp_campaign
        Total Spent = sp_spend
        Impressions = sp_impressions
        Clicks = sp_clicks
        Conversions = sp_conversions
        Currency = sp_currency
    """),
    "Yandex Direct": ("spend", """
        Дата = sp_date
        Кампания = sp_campaign
        Показы = sp_impressions
        Клики = sp_clicks
        Расход (руб.) = sp_spend
        CTR (%) = -
        Ср. цена клика (руб.) = -
        Конверсии = sp_conversions
    """),
}  # fmt: skip

# Fields of the genuine header rows; every header that is not named must stay unmapped.
GENUINE: dict[str, dict[str, str]] = {
    "amocrm_export_ru_classic": {
        "ID": "lead_id", "Название сделки": "name", "Бюджет": "amount", "Ответственный": "owner",
        "Дата создания сделки": "created", "Дата редактирования": "modified", "Дата закрытия": "close_date",
        "Этап сделки": "stage", "Воронка": "pipeline", "Полное имя контакта": "contact",
        "Компания контакта": "company", "Рабочий телефон": "phone", "Рабочий email": "email", "Источник": "source",
        "utm_medium": "medium", "utm_campaign": "campaign",
    },
    "bitrix24_report_ru_new": {
        "ID": "lead_id", "Название": "name", "Дата создания": "created", "Стадия": "stage", "Ответственный": "owner",
        "Клиент": "company", "Дата оплаты Клиентом": "won_date", "Плановая дата закрытия": "expected_close",
        "Дата последней активности": "modified", "Источник": "source", "Результат сделки": "status",
        "Причина стадии Сделка проиграна": "lost_reason", "Всего к оплате Клиентом": "amount",
    },
    "bitrix24_report_ru_old": {
        "Номер сделки": "lead_id", "Название сделки": "name", "Дата создания сделки": "created",
        "Статус сделки": "status", "Ответственное лицо": "owner", "Клиент": "company",
        "Дата платы клиентом": "won_date", "Сумма продажи": "amount", "Маркетинговый канал": "source",
        "Причина стадии Сделка проиграна": "lost_reason",
    },
    "bitrix24_rest_codes": {
        "ID": "lead_id", "STAGE_ID": "stage", "ASSIGNED_BY_ID": "owner", "OPPORTUNITY": "amount",
        "CLOSEDATE": "close_date", "CLOSED": "is_closed", "SOURCE_ID": "source", "TITLE": "name",
        "DATE_CREATE": "created",
    },
    "pipedrive_official_sample_import_en": {
        "Person - Name*": "contact", "Person - Phone": "phone", "Person - Email (Work)": "email",
        "Organization - Name*": "company", "Deal - Title": "name", "Deal - Value": "amount",
    },
    "pipedrive_deal_fields_en": {
        "Deal - ID": "lead_id", "Deal - Title": "name", "Deal - Stage": "stage", "Deal - Pipeline": "pipeline",
        "Deal - Status": "status", "Deal - Value": "amount", "Deal - Currency of value": "currency",
        "Deal - Owner": "owner", "Deal - Lost reason": "lost_reason", "Deal - Expected close date": "expected_close",
        "Deal - Won time": "won_date", "Deal - Lost time": "lost_date", "Deal - Closed on": "close_date",
        "Deal - Creation date": "created", "Deal - Probability": "probability", "Organization - Name": "company",
    },
    "hubspot_deals_en": {
        "Record ID": "lead_id", "Deal Name": "name", "Deal Stage": "stage", "Amount": "amount", "Deal owner": "owner",
        "Close Date": "close_date", "Create Date": "created", "Last Activity Date": "modified",
        "Associated Company": "company", "Pipeline": "pipeline",
    },
    "hubspot_contacts_en": {
        "Record ID": "lead_id", "Email": "email", "Contact owner": "owner", "Lifecycle Stage": "stage",
        "Last Activity Date": "modified",
    },
    "hubspot_deals_pt_br": {
        "Data de criação": "created", "Etapa do negócio": "stage", "Data Contato": "first_response",
        "Data Agendamento": "meeting_booked", "Data Reuniao": "meeting_held", "Data Fechamento": "close_date",
    },
    "sugarcrm_vtiger_opportunity_pl": {
        "Nazwa Szansy sprzedaży": "name", "Kwota Szansy sprzedaży": "amount", "Etap Szansy sprzedaży": "stage",
        "Szansa sprzedaży przypisana do": "owner", "Nazwa kontrahenta": "company",
    },
    "zoho_crm_en leads": {
        "LEADID": "lead_id", "Last Name": "contact", "Company": "company", "Lead Owner": "owner", "Email": "email",
        "Mobile": "phone", "Lead Source": "source", "Lead Status": "stage", "Created Time": "created",
        "CONVERTED": "is_converted",
    },
    "zoho_crm_en potentials": {
        "Potential Name": "name", "Potential Owner": "owner", "Created Time": "created", "Closing Date": "close_date",
        "Amount": "amount", "Stage": "stage", "Lead Source": "source", "Probability": "probability",
        "LEADID": "lead_id", "Campaign Id": "campaign",
    },
}  # fmt: skip


def misses(name: str, expected: list[tuple[str, str | None]], kind: Kind) -> list[str]:
    found = mapped(expected, kind)
    return [
        f"{name}: '{header}' should be {field}, is {got}"
        for (header, field), got in zip(expected, found, strict=True)
        if got != field
    ]


@pytest.mark.parametrize("system", SPECIFIED)
def test_specified_headers(system):
    kind, text = SPECIFIED[system]
    assert misses(system, pairs(text), kind) == []


def genuine_rows(shared: Path) -> dict[str, list[str]]:
    known = json.loads((shared / "data" / "crm_header_rows.json").read_text())
    rows = {}
    for name, entry in known.items():
        if name != "_note":
            rows |= {f"{name} {part}" if part != "columns" else name: entry[part]
                     for part in ("columns", "leads", "potentials") if part in entry}  # fmt: skip
    return rows


def test_genuine_headers(shared):
    rows = genuine_rows(shared)
    assert set(rows) == set(GENUINE)
    wrong, total, due = [], 0, 0
    for name, headers in rows.items():
        first = {header: headers.index(header) for header in headers}
        expected = [
            (header, GENUINE[name].get(header) if first[header] == place else None)
            for place, header in enumerate(headers)
        ]
        wrong += misses(name, expected, "leads")
        total += len(expected)
        due += sum(1 for _, field in expected if field)
    print(f"{total - len(wrong)} of {total} genuine headers understood as meant, {due} of them feed a field")
    assert wrong == []
