"""How the systems lay out their exports: headers, words, and how each writes days and numbers.

Headers and words are those of public documentation and of export files in public repositories; a header of which only
the English name is known stands in English alone. All values are made up.

What a column tells is its *meaning*:

==================== ==================================================================================================
``stage``            the stage now; once closed the word for won or lost, nothing of the way there
``open_stage``       the last open stage, which stays when the record is closed
``lifecycle``        the furthest stage, with a word for customers; lost ones keep theirs
``last_open``        of lost records, the stage they were lost from
``status``           open, won or lost
``lead_status``      what became of a lead; a word for the lost ones, several for the others
``is_won``           a flag; with ``is_closed`` beside it the closed ones without it are lost
``is_active``        a flag that is off for what was lost
``day:STAGE``        the day on which the stage was entered
``won_day`` ...      the day of winning, of losing, of either (``closed_day``: blank while open)
``close_day``        the day of either; while open the day on which that is expected
``expected_day``     that expectation alone
``actual``           what was paid for the won ones
==================== ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Layout:
    """One export of one system in one language.

    Attributes:
        system: Name of the system and the table.
        language: Of headers and words.
        kind: ``leads`` or ``deals``.
        columns: Meaning and header, in order.
        words: By stage, the words the system has for it.
        won: Words for won; ``lost``: words for lost.
        states: Words of ``status``: open, won, lost.
        fates: Words of ``lead_status``: of lost ones, and of all others.
        lifecycle_won: Word of ``lifecycle`` for customers.
        days: Formats of days that the system, or its users, write.
        numbers: Formats of amounts.
        delimiters: Between cells.
        encodings: Of the file.
        flags: Words for on and off.
        not_closed: What stands for the day of closing while a record is open.
        workbook: It is an .xlsx file with true days and numbers; ``page``: now and then an .xls that is a web page.
        habits: What else its exports have now and then: ``groups`` (rows that head a group, with its sum), ``products``
            (a row for each product of a deal), ``ruined ids`` (long ids opened and saved in Excel).
        footers: What stands under the rows (``salesforce``, ``total``), one of them.
        sources: Names of channels where the system has its own.
    """

    system: str
    language: str
    kind: str
    columns: tuple[tuple[str, str], ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    states: tuple[str, str, str] = ("Open", "Won", "Lost")
    fates: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    lifecycle_won: str = ""
    days: tuple[str, ...] = ("iso",)
    numbers: tuple[str, ...] = ("plain",)
    delimiters: tuple[str, ...] = (",",)
    encodings: tuple[str, ...] = ("utf-8",)
    flags: tuple[str, str] = ("TRUE", "FALSE")
    not_closed: str = ""
    workbook: bool = False
    page: bool = False
    habits: tuple[str, ...] = ()
    footers: tuple[str, ...] = ("", "", "total")
    sources: tuple[str, ...] = ("Google Ads", "LinkedIn", "Referral", "Trade Show", "Organic Search")

    @property
    def name(self) -> str:
        """System and language."""
        return f"{self.system} ({self.language})"

    def without(self, meanings: set[str]) -> Layout:
        """The layout less some columns."""
        return replace(self, columns=tuple(one for one in self.columns if one[0] not in meanings))


_EN_DEAL_WORDS = {
    "Opportunity": ("Prospecting", "Qualification", "Needs Analysis"),
    "Proposal": ("Proposal/Price Quote", "Negotiation/Review"),
}
_US = ("m/d/y", "m/d/y time")
_DOTS = ("d.m.y", "d.m.y time")
_SLASHES = ("d/m/y", "d/m/y time")

SALESFORCE_OPPORTUNITIES = Layout(
    "Salesforce opportunities",
    "en",
    "deals",
    (
        ("owner", "Opportunity Owner"),
        ("company", "Account Name"),
        ("name", "Opportunity Name"),
        ("id", "Opportunity ID"),
        ("stage", "Stage"),
        ("text:Q2-2026", "Fiscal Period"),
        ("amount", "Amount"),
        ("probability", "Probability (%)"),
        ("created", "Created Date"),
        ("close_day", "Close Date"),
        ("source", "Lead Source"),
        ("reason", "Loss Reason"),
        ("text:New Business", "Type"),
    ),
    _EN_DEAL_WORDS,
    ("Closed Won",),
    ("Closed Lost",),
    days=(*_US, "iso"),
    numbers=("plain", "decimals", "us", "us $"),
    footers=("", "salesforce", "salesforce", "total"),
    page=True,
    habits=("products",),
)

SALESFORCE_FLAGS = replace(
    SALESFORCE_OPPORTUNITIES,
    system="Salesforce objects",
    columns=(
        ("id", "Id"),
        ("name", "Name"),
        ("stage", "StageName"),
        ("created", "CreatedDate"),
        ("close_day", "CloseDate"),
        ("amount", "Amount"),
        ("source", "LeadSource"),
        ("owner_id", "OwnerId"),
        ("is_won", "IsWon"),
        ("is_closed", "IsClosed"),
        ("deleted", "IsDeleted"),
    ),
    days=("iso", "iso z"),
    numbers=("plain", "decimals"),
    footers=("",),
    flags=("true", "false"),
    page=False,
    habits=(),
)

SALESFORCE_LEADS = Layout(
    "Salesforce leads",
    "en",
    "leads",
    (
        ("id", "Lead ID"),
        ("person", "Last Name"),
        ("company", "Company / Account"),
        ("email", "Email"),
        ("source", "Lead Source"),
        ("lead_stage", "Lead Status"),
        ("created", "Create Date"),
        ("owner", "Lead Owner"),
        ("text:No", "Do Not Email"),
        ("is_converted", "Converted"),
        ("deal_id", "Converted Opportunity ID"),
    ),
    {"Lead": ("Open - Not Contacted", "Working - Contacted"), "SQL": ("Closed - Converted",)},
    lost=("Closed - Not Converted",),
    days=(*_US, "iso"),
    flags=("1", "0"),
    footers=("", "salesforce"),
)

_HUBSPOT_SOURCES = ("Organic Search", "Direct Traffic", "Referrals", "Email Marketing", "Offline Sources")

HUBSPOT_DEALS = Layout(
    "HubSpot deals",
    "en",
    "deals",
    (
        ("id", "Record ID"),
        ("name", "Deal Name"),
        ("text:Sales Pipeline", "Pipeline"),
        ("stage", "Deal Stage"),
        ("amount", "Amount"),
        ("probability_share", "Deal probability"),
        ("created", "Create Date"),
        ("close_day", "Close Date"),
        ("owner", "Deal owner"),
        ("source", "Original Traffic Source"),
        ("reason", "Closed Lost Reason"),
        ("modified", "Last Activity Date"),
    ),
    {
        "Opportunity": ("Qualified To Buy", "Decision Maker Bought-In"),
        "Meeting": ("Appointment Scheduled", "Presentation Scheduled"),
        "Proposal": ("Contract Sent",),
    },
    ("Closed Won",),
    ("Closed Lost",),
    days=("iso time", "iso"),
    numbers=("plain", "decimals"),
    encodings=("utf-8", "utf-8-sig"),
    footers=("",),
    sources=_HUBSPOT_SOURCES,
    habits=("ruined ids",),
)

HUBSPOT_DEALS_DATED = replace(
    HUBSPOT_DEALS,
    system="HubSpot deals with days of stages",
    columns=(
        *HUBSPOT_DEALS.columns[:8],
        ("day:Meeting", 'Date entered "Presentation Scheduled (Sales Pipeline)"'),
        ("day:Proposal", 'Date entered "Contract Sent (Sales Pipeline)"'),
        *HUBSPOT_DEALS.columns[8:],
    ),
    words={
        "Opportunity": ("Qualified To Buy",),
        "Meeting": ("Presentation Scheduled",),
        "Proposal": ("Contract Sent",),
    },
)

_HUBSPOT_HEADERS = {
    "de": ("Datensatz-ID", "Deal-Name", "Deal-Phase", "Betrag", "Erstellungsdatum", "Abschlussdatum", "Deal-Inhaber"),
    "es": (
        "ID de registro",
        "Nombre del negocio",
        "Etapa del negocio",
        "Valor",
        "Fecha de creación",
        "Fecha de cierre",
        "Propietario del negocio",
    ),
    "fr": (
        "ID de fiche d'informations",
        "Nom de la transaction",
        "Phase de la transaction",
        "Montant",
        "Date de création",
        "Date de fermeture",
        "Propriétaire de la transaction",
    ),
    "pt": (
        "ID do registro",
        "Nome do negócio",
        "Etapa do negócio",
        "Valor",
        "Data de criação",
        "Data de fechamento",
        "Proprietário do negócio",
    ),
}
_HUBSPOT_WORDS = {
    "de": ("Qualifiziert für Kauf", "Präsentation geplant", "Vertrag gesendet", "Abgeschlossen und gewonnen",
           "Abgeschlossen und verloren"),
    "es": ("Calificado para comprar", "Presentación programada", "Contrato enviado", "Cierre ganado", "Cierre perdido"),
    "fr": ("Qualifié pour acheter", "Présentation planifiée", "Contrat envoyé", "Fermé gagné", "Fermé perdu"),
    "pt": ("Qualificado para comprar", "Apresentação agendada", "Contrato enviado", "Negócio fechado",
           "Negócio perdido"),
}  # fmt: skip


def _hubspot(language: str) -> Layout:
    meanings = ("id", "name", "stage", "amount", "created", "close_day", "owner")
    first, meeting, proposal, won, lost = _HUBSPOT_WORDS[language]
    return replace(
        HUBSPOT_DEALS,
        language=language,
        columns=tuple(zip(meanings, _HUBSPOT_HEADERS[language], strict=True)),
        words={"Opportunity": (first,), "Meeting": (meeting,), "Proposal": (proposal,)},
        won=(won,),
        lost=(lost,),
    )


HUBSPOT_CONTACTS = Layout(
    "HubSpot contacts",
    "en",
    "leads",
    (
        ("id", "Record ID"),
        ("person", "First Name"),
        ("email", "Email"),
        ("lifecycle", "Lifecycle Stage"),
        ("lead_status", "Lead Status"),
        ("source", "Original Source"),
        ("created", "Create Date"),
        ("owner", "Contact owner"),
        ("text:PL", "Country/Region"),
        ("day:MQL", "Became a Marketing Qualified Lead Date"),
        ("day:SQL", "Became a Sales Qualified Lead Date"),
        ("day:Opportunity", "Became an Opportunity Date"),
        ("won_day", "Became a Customer Date"),
    ),
    {
        "Lead": ("Lead",),
        "MQL": ("Marketing Qualified Lead",),
        "SQL": ("Sales Qualified Lead",),
        "Opportunity": ("Opportunity",),
    },
    fates=(("Unqualified",), ("New", "Open", "In Progress", "Connected")),
    lifecycle_won="Customer",
    days=("iso", "iso time"),
    encodings=("utf-8", "utf-8-sig"),
    footers=("",),
    sources=_HUBSPOT_SOURCES,
    habits=("ruined ids",),
)

HUBSPOT_CONTACTS_UNDATED = replace(
    HUBSPOT_CONTACTS, system="HubSpot contacts without days", columns=HUBSPOT_CONTACTS.columns[:9]
)

PIPEDRIVE = Layout(
    "Pipedrive deals",
    "en",
    "deals",
    (
        ("id", "Deal - ID"),
        ("name", "Deal - Title"),
        ("company", "Deal - Organization"),
        ("text:Pipeline", "Deal - Pipeline"),
        ("open_stage", "Deal - Stage"),
        ("status", "Deal - Status"),
        ("amount", "Deal - Value"),
        ("currency", "Deal - Currency of value"),
        ("owner", "Deal - Owner"),
        ("created", "Deal - Deal created"),
        ("won_day", "Deal - Won time"),
        ("lost_day", "Deal - Lost time"),
        ("expected_day", "Deal - Expected close date"),
        ("reason", "Deal - Lost reason"),
        ("source", "Deal - Source channel"),
    ),
    {
        "Opportunity": ("Qualified", "Contact Made"),
        "Meeting": ("Demo Scheduled",),
        "Proposal": ("Proposal Made", "Negotiations Started"),
    },
    days=("iso time", "iso"),
    numbers=("plain", "decimals"),
    encodings=("utf-8", "utf-8-sig"),
    footers=("",),
)

PIPEDRIVE_PT = replace(
    PIPEDRIVE,
    language="pt",
    columns=(
        ("id", "Negócio - ID"),
        ("name", "Negócio - Título"),
        ("open_stage", "Negócio - Etapa"),
        ("status", "Negócio - Status"),
        ("amount", "Negócio - Valor"),
        ("owner", "Negócio - Proprietário"),
        ("created", "Negócio - Negócio criado em"),
        ("won_day", "Negócio - Ganho em"),
        ("lost_day", "Negócio - Data de perda"),
        ("expected_day", "Negócio - Data de fechamento esperada"),
        ("reason", "Negócio - Motivo da perda"),
        ("source", "Negócio - Fonte do Lead"),
    ),
    words={
        "Opportunity": ("Qualificado", "Contato feito"),
        "Meeting": ("Demonstração agendada",),
        "Proposal": ("Proposta feita", "Negociações iniciadas"),
    },
    states=("Aberto", "Ganho", "Perdido"),
    days=("iso time", "iso", "d/m/y"),
    numbers=("plain", "european"),
    delimiters=(",", ";"),
)

ZOHO = Layout(
    "Zoho deals",
    "en",
    "deals",
    (
        ("id", "Record Id"),
        ("owner", "Deal Owner"),
        ("amount", "Amount"),
        ("name", "Deal Name"),
        ("close_day", "Closing Date"),
        ("company", "Account Name"),
        ("stage", "Stage"),
        ("text:New Business", "Type"),
        ("probability", "Probability (%)"),
        ("expected_revenue", "Expected Revenue"),
        ("source", "Lead Source"),
        ("created", "Created Time"),
        ("modified", "Modified Time"),
        ("reason", "Reason For Loss"),
    ),
    _EN_DEAL_WORDS,
    ("Closed Won",),
    ("Closed Lost", "Closed Lost to Competition"),
    days=("iso time", "iso", "m/d/y"),
    numbers=("plain", "decimals", "us $"),
)

DYNAMICS = Layout(
    "Dynamics 365 opportunities",
    "en",
    "deals",
    (
        ("guid", "(Do Not Modify) Opportunity"),
        ("checksum", "(Do Not Modify) Row Checksum"),
        ("modified", "(Do Not Modify) Modified On"),
        ("name", "Topic"),
        ("company", "Potential Customer"),
        ("status", "Status"),
        ("status_reason", "Status Reason"),
        ("open_stage", "Pipeline Phase"),
        ("estimate", "Est. Revenue"),
        ("actual", "Actual Revenue"),
        ("expected_day", "Est. Close Date"),
        ("closed_day", "Actual Close Date"),
        ("probability_any", "Probability"),
        ("created", "Created On"),
        ("owner", "Owner"),
    ),
    {"Opportunity": ("1-Qualify", "2-Develop"), "Proposal": ("3-Propose",)},
    workbook=True,
    footers=("",),
)

BITRIX_RU = Layout(
    "Bitrix24 deals",
    "ru",
    "deals",
    (
        ("id", "ID"),
        ("name", "Название сделки"),
        ("stage", "Стадия сделки"),
        ("amount", "Сумма"),
        ("currency", "Валюта"),
        ("company", "Компания"),
        ("owner", "Ответственный"),
        ("created", "Дата создания"),
        ("close_day", "Дата завершения"),
        ("source", "Источник"),
        ("modified", "Дата изменения"),
    ),
    {
        "Opportunity": ("Новая", "В работе"),
        "Proposal": ("Подготовка документов", "Счёт на предоплату", "Финальный счёт"),
    },
    ("Сделка успешна",),
    ("Сделка провалена", "Анализ причины провала"),
    days=_DOTS,
    numbers=("plain", "decimals", "spaces"),
    delimiters=(";", ","),
    encodings=("utf-8", "utf-8-sig", "cp1251"),
    page=True,
    sources=("Яндекс Директ", "Рекомендация", "Выставка", "Звонок"),
)

BITRIX_PL = Layout(
    "Bitrix24 deals",
    "pl",
    "deals",
    (
        ("id", "ID"),
        ("name", "Nazwa deala"),
        ("stage", "Etap deala"),
        ("amount", "Kwota"),
        ("currency", "Waluta"),
        ("owner", "Osoba odpowiedzialna"),
        ("created", "Utworzono dnia"),
        ("close_day", "Data zakończenia"),
        ("source", "Źródło"),
    ),
    {"Opportunity": ("Nowy", "W toku"), "Proposal": ("Umowa wysłana", "Negocjacje")},
    ("Wygrana",),
    ("Przegrana",),
    days=_DOTS,
    numbers=("plain", "spaces", "spaces zł"),
    delimiters=(";",),
    encodings=("utf-8", "utf-8-sig", "cp1250"),
    page=True,
    sources=("Google Ads", "Polecenie", "Targi", "Telefon"),
)

AMOCRM = Layout(
    "amoCRM deals",
    "ru",
    "deals",
    (
        ("id", "ID"),
        ("name", "Название сделки"),
        ("amount", "Бюджет"),
        ("owner", "Ответственный"),
        ("created", "Дата создания сделки"),
        ("text:Система", "Кем создана сделка"),
        ("modified", "Дата редактирования"),
        ("closed_day", "Дата закрытия"),
        ("stage", "Этап сделки"),
        ("text:Воронка", "Воронка"),
        ("reason", "Причина отказа"),
        ("source", "Источник"),
    ),
    {
        "Opportunity": ("Первичный контакт", "Принимают решение"),
        "Proposal": ("Переговоры", "Согласование договора"),
    },
    ("Успешно реализовано",),
    ("Закрыто и не реализовано",),
    days=("d.m.y time",),
    numbers=("plain",),
    delimiters=(",", ";"),
    encodings=("utf-8", "utf-8-sig", "cp1251"),
    not_closed="не закрыта",
    sources=("Яндекс Директ", "Рекомендация", "Выставка", "Звонок"),
)

ODOO = Layout(
    "Odoo pipeline",
    "en",
    "deals",
    (
        ("created", "Created on"),
        ("name", "Opportunity"),
        ("person", "Contact Name"),
        ("email", "Email"),
        ("owner", "Salesperson"),
        ("estimate", "Expected Revenue"),
        ("odoo_stage", "Stage"),
        ("closed_day", "Closed Date"),
        ("is_active", "Active"),
        ("reason", "Lost Reason"),
        ("source", "Source"),
    ),
    {"Opportunity": ("New", "Qualified"), "Proposal": ("Proposition",)},
    ("Won",),
    workbook=True,
    footers=("",),
    habits=("groups",),
)

SUGAR = Layout(
    "SugarCRM opportunities",
    "en",
    "deals",
    (
        ("id", "ID"),
        ("name", "Opportunity Name"),
        ("company", "Account Name"),
        ("stage", "Sales Stage"),
        ("amount", "Opportunity Amount"),
        ("currency", "Currency"),
        ("expected_day", "Expected Close Date"),
        ("created", "Date Created"),
        ("source", "Lead Source"),
        ("owner", "Assigned To"),
        ("probability", "Probability (%)"),
    ),
    _EN_DEAL_WORDS,
    ("Closed Won",),
    ("Closed Lost",),
    days=("iso", "m/d/y", "d-m-y"),
    numbers=("plain", "decimals", "us"),
    delimiters=(",", ";"),
)

SUGAR_PL = replace(
    SUGAR,
    language="pl",
    columns=(
        ("id", "ID"),
        ("name", "Nazwa Szansy sprzedaży"),
        ("company", "Nazwa kontrahenta"),
        ("stage", "Etap Szansy sprzedaży"),
        ("amount", "Kwota Szansy sprzedaży"),
        ("expected_day", "Oczekiwana data zamknięcia"),
        ("created", "Data utworzenia"),
        ("source", "Źródło"),
        ("owner", "Szansa sprzedaży przypisana do"),
    ),
    words={
        "Opportunity": ("Prospekt", "Kwalifikacja", "Analiza potrzeb"),
        "Proposal": ("Oferta", "Negocjacje"),
    },
    won=("Zakończone wygraną",),
    lost=("Zakończone przegraną",),
    days=("iso", "d.m.y", "d-m-y"),
    numbers=("plain", "spaces"),
    delimiters=(",", ";"),
    encodings=("utf-8", "cp1250"),
    sources=("Google Ads", "Polecenie", "Targi", "Telefon"),
)

RD_STATION = Layout(
    "RD Station deals",
    "pt",
    "deals",
    (
        ("name", "Nome da negociação"),
        ("open_stage", "Etapa do funil de vendas"),
        ("status", "Estado"),
        ("owner", "Responsável pela negociação"),
        ("amount", "Valor da negociação"),
        ("created", "Data de criação"),
        ("closed_day", "Data de fechamento"),
        ("text:Funil de Vendas", "Funil"),
        ("source", "Origem"),
        ("reason", "Motivo de perda"),
    ),
    {"Opportunity": ("Qualificação", "Contato feito"), "Proposal": ("Proposta enviada", "Negociação")},
    states=("Em andamento", "Vendida", "Perdida"),
    days=_SLASHES,
    numbers=("european", "european R$"),
    delimiters=(";", ","),
    encodings=("utf-8", "utf-8-sig", "cp1252"),
    sources=("Google Ads", "Indicação", "Feira", "Busca orgânica"),
)

AGENDOR = Layout(
    "Agendor deals",
    "pt",
    "deals",
    (
        ("name", "Negócio"),
        ("open_stage", "Etapa"),
        ("status", "Status"),
        ("owner", "Responsável"),
        ("amount", "Valor"),
        ("created", "Data de início"),
        ("closed_day", "Data de conclusão"),
        ("text:Funil Principal", "Funil"),
        ("source", "Origem"),
    ),
    {"Opportunity": ("Contato", "Qualificação"), "Proposal": ("Proposta enviada", "Negociação")},
    states=("Em andamento", "Ganho", "Perdido"),
    days=_SLASHES,
    numbers=("european",),
    delimiters=(";",),
    encodings=("utf-8", "cp1252"),
    sources=("Google Ads", "Indicação", "Feira", "Busca orgânica"),
)

FRESHSALES = Layout(
    "Freshsales deals",
    "en",
    "deals",
    (
        ("id", "ID"),
        ("name", "Deal name"),
        ("amount", "Deal value"),
        ("stage", "Deal stage"),
        ("expected_day", "Expected close date"),
        ("closed_day", "Closed date"),
        ("owner", "Sales owner"),
        ("text:Default Pipeline", "Pipeline"),
        ("source", "Source"),
        ("reason", "Lost reason"),
        ("created", "Created at"),
    ),
    {"Opportunity": ("New", "Qualification"), "Meeting": ("Demo",), "Proposal": ("Negotiation",)},
    ("Won",),
    ("Lost",),
    days=("d-m-y", "iso", "iso time"),
    numbers=("plain", "decimals", "us $"),
)

WAREHOUSE = Layout(
    "warehouse leads",
    "en",
    "leads",
    (
        ("id", "lead_id"),
        ("created", "created_at"),
        ("day:MQL", "mql_date"),
        ("day:SQL", "sql_date"),
        ("day:Opportunity", "opportunity_date"),
        ("day:Proposal", "proposal_date"),
        ("won_day", "won_date"),
        ("lost_day", "lost_date"),
        ("status", "status"),
        ("amount", "amount"),
        ("currency", "currency"),
        ("source", "lead_source"),
        ("owner", "owner"),
        ("reason", "lost_reason"),
        ("deleted", "is_deleted"),
    ),
    states=("open", "won", "lost"),
    days=("iso", "iso time", "iso z"),
    numbers=("plain", "decimals"),
    delimiters=(",", "\t", "|"),
    flags=("true", "false"),
    footers=("",),
)

WAREHOUSE_DEALS = Layout(
    "warehouse opportunities",
    "en",
    "deals",
    (
        ("id", "opportunity_id"),
        ("name", "opportunity_name"),
        ("stage", "stage_name"),
        ("amount", "amount"),
        ("created", "created_date"),
        ("close_day", "close_date"),
        ("is_closed", "is_closed"),
        ("is_won", "is_won"),
        ("source", "lead_source"),
        ("owner_id", "owner_id"),
        ("deleted", "is_deleted"),
        ("probability", "probability"),
    ),
    {"Opportunity": ("Qualification", "Needs Analysis"), "Proposal": ("Proposal/Price Quote",)},
    ("Closed Won",),
    ("Closed Lost",),
    days=("iso", "iso time"),
    numbers=("plain", "decimals"),
    delimiters=(",", "\t", "|"),
    flags=("true", "false"),
    footers=("",),
)

_SHEET_MEANINGS = (
    "row_number", "created", "company", "source", "stage", "last_open", "amount", "won_day", "lost_day", "owner",
)  # fmt: skip
_SHEET_HEADERS = {
    "en": ("No.", "Date created", "Company", "Source", "Stage", "Last open stage", "Amount", "Won date", "Lost date",
           "Owner"),
    "pl": ("Lp.", "Data zgłoszenia", "Firma", "Źródło", "Etap", "Ostatni etap", "Wartość", "Data wygranej",
           "Data przegranej", "Handlowiec"),
    "ru": ("№", "Дата заявки", "Компания", "Источник", "Этап", "Последний этап", "Сумма", "Дата продажи",
           "Дата отказа", "Менеджер"),
    "de": ("Nr.", "Erstellt am", "Firma", "Quelle", "Stufe", "Letzte Phase", "Betrag", "Gewonnen am", "Verloren am",
           "Zuständig"),
    "es": ("N.º", "Fecha de alta", "Empresa", "Origen", "Etapa", "Última etapa", "Importe", "Fecha de venta",
           "Fecha de pérdida", "Responsable"),
    "fr": ("N°", "Date de création", "Société", "Origine", "Étape", "Dernière étape", "Montant", "Gagné le",
           "Perdu le", "Responsable"),
    "pt": ("N.º", "Data de criação", "Empresa", "Origem", "Etapa", "Última etapa", "Valor", "Data de ganho",
           "Data de perda", "Responsável"),
}  # fmt: skip
_SHEET_WORDS = {
    "en": ("New", "MQL", "Qualified", "Meeting booked", "Opportunity", "Offer sent", "Won", "Lost"),
    "pl": ("Nowy", "MQL", "Zakwalifikowany", "Spotkanie umówione", "Szansa sprzedaży", "Oferta wysłana", "Wygrana",
           "Przegrana"),
    "ru": ("Новый", "MQL", "Квалифицирован", "Встреча назначена", "Возможность", "КП отправлено", "Продажа", "Отказ"),
    "de": ("Neu", "MQL", "Qualifiziert", "Termin vereinbart", "Verkaufschance", "Angebot gesendet", "Gewonnen",
           "Verloren"),
    "es": ("Nuevo", "MQL", "Calificado", "Reunión", "Oportunidad", "Propuesta", "Ganado", "Perdido"),
    "fr": ("Nouveau", "MQL", "Qualifié", "Rendez-vous", "Opportunité", "Devis", "Gagné", "Perdu"),
    "pt": ("Novo", "MQL", "Qualificado", "Reunião agendada", "Oportunidade", "Proposta enviada", "Ganho", "Perdido"),
}  # fmt: skip
_SHEET_STYLE: dict[str, dict[str, Any]] = {
    "en": {"days": ("iso", "m/d/y", "d mon y"), "numbers": ("plain", "us", "us $", "K"), "delimiters": (",", "\t")},
    "pl": {"days": ("d.m.y", "iso"), "numbers": ("spaces", "spaces zł", "tys."), "encodings": ("utf-8", "cp1250")},
    "ru": {"days": ("d.m.y",), "numbers": ("spaces", "spaces ₽", "тыс."), "encodings": ("utf-8", "cp1251")},
    "de": {"days": ("d.m.y",), "numbers": ("european", "european €"), "encodings": ("utf-8", "cp1252")},
    "es": {"days": ("d/m/y",), "numbers": ("european", "european €"), "encodings": ("utf-8", "cp1252")},
    "fr": {"days": ("d/m/y",), "numbers": ("spaces", "spaces €"), "encodings": ("utf-8", "cp1252")},
    "pt": {"days": ("d/m/y",), "numbers": ("european", "european R$"), "encodings": ("utf-8", "cp1252")},
}
_SHEET_SOURCES = {
    "en": ("Google Ads", "LinkedIn", "Referral", "Trade Show"),
    "pl": ("Google Ads", "LinkedIn", "Polecenie", "Targi"),
    "ru": ("Яндекс Директ", "Рекомендация", "Выставка"),
    "de": ("Google Ads", "LinkedIn", "Empfehlung", "Messe"),
    "es": ("Google Ads", "LinkedIn", "Recomendación", "Feria"),
    "fr": ("Google Ads", "LinkedIn", "Recommandation", "Salon"),
    "pt": ("Google Ads", "LinkedIn", "Indicação", "Feira"),
}


def _sheet(language: str, *, workbook: bool) -> Layout:
    words = _SHEET_WORDS[language]
    stages = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal")
    style: dict[str, Any] = {"delimiters": (";",), **_SHEET_STYLE[language]}
    return Layout(
        "hand-made workbook" if workbook else "hand-made list",
        language,
        "leads",
        tuple(zip(_SHEET_MEANINGS, _SHEET_HEADERS[language], strict=True)),
        {stage: (word,) for stage, word in zip(stages, words[:6], strict=True)},
        (words[6],),
        (words[7],),
        sources=_SHEET_SOURCES[language],
        workbook=workbook,
        footers=("", "total", "total"),
        **style,
    )


LAYOUTS: tuple[Layout, ...] = (
    SALESFORCE_OPPORTUNITIES,
    SALESFORCE_FLAGS,
    HUBSPOT_DEALS,
    HUBSPOT_DEALS_DATED,
    *(_hubspot(language) for language in _HUBSPOT_HEADERS),
    HUBSPOT_CONTACTS,
    HUBSPOT_CONTACTS_UNDATED,
    PIPEDRIVE,
    PIPEDRIVE_PT,
    ZOHO,
    DYNAMICS,
    BITRIX_RU,
    BITRIX_PL,
    AMOCRM,
    ODOO,
    SUGAR,
    SUGAR_PL,
    RD_STATION,
    AGENDOR,
    FRESHSALES,
    WAREHOUSE,
    WAREHOUSE_DEALS,
    *(_sheet(language, workbook=False) for language in _SHEET_HEADERS),
    *(_sheet(language, workbook=True) for language in ("en", "pl", "de")),
)
"""Every export that stands for itself."""

TWO_FILES: tuple[tuple[Layout, Layout, str], ...] = (
    (SALESFORCE_LEADS, SALESFORCE_OPPORTUNITIES, "deal_id"),
    (
        replace(HUBSPOT_CONTACTS_UNDATED, system="HubSpot contacts and deals"),
        replace(
            HUBSPOT_DEALS,
            columns=(*HUBSPOT_DEALS.columns, ("lead_ids", "Associated Contact IDs")),
            words={"Opportunity": ("Qualified To Buy", "Decision Maker Bought-In"), "Proposal": ("Contract Sent",)},
        ),
        "lead_ids",
    ),
    (
        replace(
            WAREHOUSE,
            system="warehouse leads and opportunities",
            columns=(
                ("id", "lead_id"),
                ("created", "created_at"),
                ("day:MQL", "mql_date"),
                ("day:SQL", "sql_date"),
                ("source", "lead_source"),
                ("owner", "owner"),
            ),
        ),
        replace(WAREHOUSE_DEALS, columns=(*WAREHOUSE_DEALS.columns, ("lead_id", "lead_id"))),
        "lead_id",
    ),
    (
        Layout(
            "hand-made leads and deals",
            "en",
            "leads",
            (("id", "ID"), ("created", "Date created"), ("source", "Source"), ("lead_stage", "Status")),
            {"Lead": ("New", "Contacted"), "SQL": ("Qualified",)},
            lost=("Disqualified",),
        ),
        Layout(
            "hand-made deals",
            "en",
            "deals",
            (
                ("id", "ID"),
                ("lead_id", "Lead ID"),
                ("stage", "Stage"),
                ("created", "Created"),
                ("close_day", "Close Date"),
                ("amount", "Amount"),
            ),
            {"Opportunity": ("Qualification",), "Proposal": ("Proposal",)},
            ("Closed Won",),
            ("Closed Lost",),
            footers=("",),
        ),
        "lead_id",
    ),
)
"""Leads, their deals, and the column that links them."""
