"""Stage words: the vocabulary, its negations, numbers and weak words (funnel specification, section 11.3)."""

from datetime import date

import pytest

from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.leads.cells.vocabulary import vocabulary
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.headers import meanings
from xl_leadkpi.leads.recognition.stage_words import find_stage, read_words


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Не реализовано", "Lost"),  # contains «реализовано»
        ("Успешно реализовано", "Won"),
        ("Закрыто и не реализовано", "Lost"),
        ("Closed - Not Converted", "Lost"),
        ("Niezakwalifikowany", "Lost"),
        ("Unqualified", "Lost"),
        ("Некачественный лид", "Lost"),
        ("Качественный лид", "SQL"),
        ("Анализ причины провала", "Lost"),
        ("Обработан", "Lead"),
        ("Не обработан", "Lead"),
        ("Closed Lost to Competition", "Lost"),
        ("3. Proposal", "Proposal"),
        ("03 - Negotiation/Review", "Proposal"),
        ("closedwon", "Won"),
        ("decisionmakerboughtin", "Opportunity"),
        ("MARKETING_QUALIFIED_LEAD", "MQL"),
        ("Oferta wysłana mailem", "Proposal"),
        ("Deal was lost after offer", "Lost"),
        ("Demo scheduled for May", "Meeting"),
        ("Engaging", "MQL"),
        ("Wygrana", "Won"),
        ("Gagné", "Won"),
        ("Verloren", "Lost"),
        ("not yet qualified", None),
        ("nie wygrana", None),
        ("Handshake", None),
        ("Potential customer", None),
        ("Former client", None),
        ("Waiting for customer", None),
        ("Customer call", None),
        ("Клиент думает", None),
        ("Klient zrezygnował", None),
        ("Almost won", None),
        ("Deal won!", "Won"),
        ("Closed / won (renewal)", "Won"),
        ("Deal is won", "Won"),
        ("Qualified out", "Lost"),
        ("Offer accepted", "Won"),
        ("Contract signed", "Won"),
        ("Сделка заключена", "Won"),
        ("7. Customer", "Won"),
        ("", None),
    ],
)
def test_stage_word(word, stage):
    assert find_stage(word, PIPELINE) == stage


def test_every_word_of_the_vocabulary_means_its_stage():
    wrong = {
        word: (stage, find_stage(word, PIPELINE))
        for stage, words in vocabulary()["stages"].items()
        for word in words
        if find_stage(word, PIPELINE) != ("Lead" if stage == "Visitor" else stage)
    }
    assert wrong == {}


def test_weak_words_depend_on_the_table():
    words = [("Open", 3), ("В работе", 2)]
    leads, _ = read_words(words, {}, PIPELINE, is_status=False, is_deals=False)
    deals, _ = read_words(words, {}, PIPELINE, is_status=False, is_deals=True)
    assert set(leads.values()) == {PIPELINE.codes["Lead"]}
    assert set(deals.values()) == {PIPELINE.codes["Opportunity"]}


def test_a_status_column_knows_won_lost_and_open_only():
    codes, words = read_words(
        [("Qualified", 1), ("won", 2), ("Lost", 1), ("odd", 1)], {}, PIPELINE, is_status=True, is_deals=False
    )
    assert codes == {"Qualified": PIPELINE.codes["Open"], "won": PIPELINE.codes["Won"], "Lost": PIPELINE.codes["Lost"]}
    assert [word.origin for word in words] == ["vocabulary", "vocabulary", "vocabulary", "unknown"]


def test_the_user_has_the_last_word():
    codes, words = read_words(
        [("Handshake", 1), ("Won", 1)],
        {"handshake": "Won", "WON": "Proposal"},
        PIPELINE,
        is_status=False,
        is_deals=False,
    )
    assert codes == {"Handshake": PIPELINE.codes["Won"], "Won": PIPELINE.codes["Proposal"]}
    assert {word.origin for word in words} == {"user"}


def test_numbers_place_unknown_stages_between_known_ones():
    words = [("1. New", 1), ("2. Mystery", 1), ("3. Proposal", 1), ("4. Riddle", 1)]
    codes, _ = read_words(words, {}, PIPELINE, is_status=False, is_deals=False)
    assert codes["2. Mystery"] == PIPELINE.codes["Lead"]
    assert codes["4. Riddle"] == PIPELINE.codes["Proposal"]
    partly, _ = read_words([*words, ("Enigma", 1)], {}, PIPELINE, is_status=False, is_deals=False)
    assert "2. Mystery" not in partly


def test_a_word_found_inside_a_text_is_a_guess():
    words = [("Proposal", 1), ("Demo for May", 2), ("3. Offer sent", 1), ("Handshake", 1), ("Potential customer", 1)]
    _, understood = read_words(words, {}, PIPELINE, is_status=False, is_deals=False)
    assert [word.origin for word in understood] == ["vocabulary", "guessed", "vocabulary", "unknown", "unknown"]
    rows = [["Lead ID", "Created", "Stage"], *[[str(n), "2025-05-05", word] for n, (word, _) in enumerate(words)]]
    table = read_frame(rows, ReadOptions(today=date(2025, 6, 1)))
    found = {finding.kind: finding for finding in table.findings}
    guess = found["guessed_stage_words"]
    assert (guess.count, guess.column, guess.value, guess.rows) == (1, "Stage", "Demo for May = Meeting", (3,))
    assert guess.severity == "warning"
    assert table.frame["outcome"].to_list() == ["open"] * 5


def test_the_pipeline_in_a_hubspot_header_is_no_stage():
    found, _ = meanings('Date entered "Customer (Lifecycle Stage Pipeline)"', "leads", PIPELINE)
    assert max(found, key=lambda meaning: meaning.score).field == "won_date"


# Default stages and statuses of CRMs, as they come out of the box in some language.
DEFAULTS = {
    "HubSpot": "Appointment Scheduled=Meeting, Qualified To Buy=SQL, Presentation Scheduled=Meeting, "
    "Decision Maker Bought-In=Opportunity, Contract Sent=Proposal, Closed Won=Won, Closed Lost=Lost",
    "HubSpot lead status": "New=Lead, Attempted to Contact=Lead, Connected=Lead, Open Deal=Opportunity, "
    "Unqualified=Lost, Bad Timing=Lost",
    "HubSpot de": "Termin geplant=Meeting, Qualifiziert zum Kauf=SQL, Präsentation geplant=Meeting, "
    "Entscheider überzeugt=Opportunity, Vertrag gesendet=Proposal, Abgeschlossen und gewonnen=Won, "
    "Abgeschlossen und verloren=Lost",
    "HubSpot es": "Cita programada=Meeting, Calificado para comprar=SQL, Presentación programada=Meeting, "
    "Contrato enviado=Proposal, Cierre ganado=Won, Cierre perdido=Lost",
    "HubSpot fr": "Rendez-vous planifié=Meeting, Qualifié pour l'achat=SQL, Présentation planifiée=Meeting, "
    "Décisionnaire convaincu=Opportunity, Contrat envoyé=Proposal, Fermée gagnée=Won, Fermée perdue=Lost",
    "HubSpot pt": "Assinante=Lead, Lead qualificado pelo marketing=MQL, Lead qualificado por vendas=SQL, "
    "Oportunidade=Opportunity, Cliente=Won, Reunião agendada=Meeting, Contrato enviado=Proposal",
    "Salesforce": "Prospecting=Lead, Qualification=SQL, Needs Analysis=SQL, Value Proposition=SQL, "
    "Perception Analysis=SQL, Proposal/Price Quote=Proposal, Negotiation/Review=Proposal, "
    "Working - Contacted=Lead, Closed - Converted=SQL, Closed - Not Converted=Lost",
    "Pipedrive": "Qualified=SQL, Contact Made=SQL, Demo Scheduled=Meeting, Proposal Made=Proposal, "
    "Negotiations Started=Proposal",
    "Pipedrive pt": "Qualificado=SQL, Contato feito=SQL, Demo agendada=Meeting, Proposta feita=Proposal, "
    "Negociações iniciadas=Proposal, Ganho=Won, Perdido=Lost",
    "Zoho": "Attempted to Contact=Lead, Contact in Future=Lead, Contacted=Lead, Junk Lead=Lost, Lost Lead=Lost, "
    "Not Contacted=Lead, Pre-Qualified=MQL, Not Qualified=Lost, Identify Decision Makers=SQL, "
    "Closed-Lost to Competition=Lost",
    "Dynamics": "1-Qualify=SQL, 3-Propose=Proposal, Canceled=Lost, Out-Sold=Lost, Cannot Contact=Lost, "
    "No Longer Interested=Lost",
    "Bitrix24 pt": "Não atribuído=Lead, Processado=Lead, Lead convertido=SQL, Lead descartado=Lost, "
    "Em Desenvolvimento=Lead, Criar documentos=Proposal, Fatura=Proposal, Fatura final=Proposal, "
    "Negociação/Revisão=Proposal, Orçamento=Proposal, Negócio ganho=Won, Negócio perdido=Lost",
    "Bitrix24 es": "Sin asignar=Lead, Procesado=Lead, Prospecto no útil=Lost, Negociación ganada=Won, "
    "Negociación perdida=Lost, Factura final=Proposal, Cotización=Proposal",
    "Bitrix24 fr": "Non affecté=Lead, Traité=Lead, Mauvais prospect=Lost, Transaction gagnée=Won, "
    "Transaction perdue=Lost, Négociations en cours=Proposal, Offre commerciale=Proposal",
    "Bitrix24 pl": "Nieprzydzielony=Lead, Przetworzone=Lead, Lead śmieciowy=Lost, Deal wygrany=Won, "
    "Deal przegrany=Lost, Faktura końcowa=Proposal, Negocjacje=Proposal",
    "amoCRM": "Неразобранное=Lead, Первичный контакт=Lead, Переговоры=Proposal, Принимают решение=Opportunity, "
    "Согласование договора=Proposal, Успешно реализовано=Won, Закрыто и не реализовано=Lost",
    "Kommo": "Incoming leads=Lead, Initial contact=Lead, Discussions=Proposal, Decision making=Opportunity, "
    "Contract discussion=Proposal, Closed - won=Won, Closed - lost=Lost",
    "Freshsales": "Discovery=Meeting, Demo=Meeting, Negotiation=Proposal, Interested=Lead",
    "Close": "Demo Completed=Meeting, Proposal Sent=Proposal, Contract Sent=Proposal, Bad Fit=Lost, "
    "Not Interested=Lost, Customer=Won",
    "Copper": "Follow-up=Lead, Presentation=Meeting, Contract Sent=Proposal, Abandoned=Lost",
    "Odoo": "New=Lead, Qualified=SQL, Proposition=Proposal, Won=Won",
    "RD Station": "Sem contato=Lead, Contato feito=SQL, Identificação do interesse=SQL, Apresentação=Meeting, "
    "Proposta enviada=Proposal, Vendida=Won, Perdida=Lost",
    "Agendor": "Contato=Lead, Envio de proposta=Proposal, Fechamento=Proposal, Ganho=Won, Perdido=Lost",
    "monday": "New lead=Lead, Legal=Proposal, Unqualified=Lost",
    "ActiveCampaign": "To Contact=Lead, In Contact=Lead, Follow Up=Lead",
    "usual ones": "Working=Lead, Negotiations=Proposal, Trial=Opportunity, Payment=Proposal, Invoiced=Proposal, "
    "Verbal commitment=Proposal, Nurture=MQL, Recycled=Lost, Angebot versendet=Proposal, In Verhandlung=Proposal, "
    "Propuesta enviada=Proposal, En négociation=Proposal, Em negociação=Proposal, W negocjacjach=Proposal, "
    "Testphase=Opportunity, Essai=Opportunity, Período de prueba=Opportunity, Okres próbny=Opportunity, "
    "Пробный период=Opportunity, Período de teste=Opportunity, Zahlung=Proposal, Płatność=Proposal, "
    "Kein Interesse=Lost, Sin interés=Lost, Pas intéressé=Lost, Sem interesse=Lost, Zły moment=Lost",
}


@pytest.mark.parametrize("system", DEFAULTS)
def test_default_stages_of_crms(system):
    pairs = [pair.rsplit("=", 1) for pair in DEFAULTS[system].split(", ")]
    wrong = {word: find_stage(word, PIPELINE) for word, stage in pairs if find_stage(word, PIPELINE) != stage}
    assert wrong == {}


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Não qualificado ainda", None),
        ("Not qualified yet", None),
        ("Noch nicht qualifiziert", None),
        ("Ainda não ganho", None),
        ("Sem proposta", None),
        ("Aguardando cliente", None),
        ("NDA signed", None),
        ("Teilweise bezahlt", None),
        ("Contato com o cliente", None),
        ("Payment reminder", None),
    ],
)
def test_words_that_are_merely_mentioned(word, stage):
    assert find_stage(word, PIPELINE) == stage


@pytest.mark.parametrize("word", ["Em andamento", "Working", "En curso", "In Bearbeitung", "On hold", "Pausada"])
def test_an_open_word_is_the_first_stage(word):
    leads, _ = read_words([(word, 1)], {}, PIPELINE, is_status=False, is_deals=False)
    deals, _ = read_words([(word, 1)], {}, PIPELINE, is_status=False, is_deals=True)
    status, _ = read_words([(word, 1)], {}, PIPELINE, is_status=True, is_deals=False)
    assert (leads[word], deals[word], status[word]) == tuple(map(PIPELINE.codes.get, ("Lead", "Opportunity", "Open")))
