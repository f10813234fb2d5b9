"""Two columns of words: one says how far a lead came, the other what became of it."""

import pytest

from .same_reading import found, read_everywhere

LIVES = (
    "1|2025-01-02|Lead|Bad timing",
    "2|2025-01-03|Marketing Qualified Lead|Attempted to contact",
    "3|2025-01-04|Opportunity|Open deal",
    "4|2025-01-05|Opportunity|Unqualified",
    "5|2025-01-06|Customer|Open deal",
    "6|2025-01-07|Customer|Connected",
)


@pytest.mark.parametrize(
    "header", ["Record ID|Create Date|Lifecycle Stage|Lead Status", "Record ID|Create Date|Lifecycle Stage|Status"]
)
def test_the_stage_tells_the_reach_and_the_status_the_loss(header):
    table = read_everywhere(header, *LIVES)
    assert table.frame["outcome"].to_list() == ["lost", "open", "open", "lost", "won", "won"]
    assert table.frame["furthest_stage"].to_list() == [1, 2, 5, 5, 7, 7]
    assert table.frame["lost_stage"].to_list() == [1, None, None, 5, None, None]
    assert found(table, "contradictions") == []


@pytest.mark.parametrize(
    ("header", "lost", "customer", "still"),
    [
        ("ID|Criado em|Fase do ciclo de vida|Status do lead", "Oportunidade|Não qualificado", "Cliente|Negócio aberto",
         "Lead|Tentativa de contato"),
        ("ID|Erstellt am|Lebenszyklusphase|Lead-Status", "Opportunity|Schlechter Zeitpunkt", "Kunde|Verbunden",
         "Lead|Kontaktversuch"),
        ("ID|Creado el|Etapa del ciclo de vida|Estado del lead", "Oportunidad|No calificado", "Cliente|Conectado",
         "Lead|Nuevo"),
        ("ID|Créé le|Phase du cycle de vie|Statut du lead", "Opportunité|Mauvais moment", "Client|Connecté",
         "Lead|Tentative de contact"),
        ("ID|Utworzono|Etap cyklu życia|Status leada", "Szansa|Zły moment", "Klient|W kontakcie", "Lead|Nowy"),
        ("ID|Создан|Стадия жизненного цикла|Статус лида", "Возможность|Неподходящее время", "Клиент|Контакт установлен",
         "Лид|Новый"),
    ],
)  # fmt: skip
def test_lives_of_leads_in_other_languages(header, lost, customer, still):
    lines = [f"{key}|2025-01-0{key}|{words}" for key, words in enumerate((lost, customer, still), 1)]
    table = read_everywhere(header, *lines)
    assert table.frame["outcome"].to_list() == ["lost", "won", "open"]
    assert table.frame["furthest_stage"].to_list() == [5, 7, 1]
    assert found(table, "unknown_words") == found(table, "contradictions") == []


def test_the_order_of_the_columns_does_not_matter():
    lines = [f"{key}|{created}|{status}|{stage}" for key, created, stage, status in (one.split("|") for one in LIVES)]
    table = read_everywhere("Record ID|Create Date|Lead Status|Lifecycle Stage", *lines)
    assert {column.header: column.field for column in table.columns}["Lead Status"] == "status"
    assert table.frame["outcome"].to_list() == ["lost", "open", "open", "lost", "won", "won"]


@pytest.mark.parametrize(
    ("header", "won", "lost", "still"),
    [
        ("Deal|Deal Stage|Deal Status|Created", "Proposal|Won", "Demo|Lost", "Demo|Open"),
        ("Negócio|Estágio|Estado|Criado em", "Proposta enviada|Ganho", "Reunião agendada|Perdido", "Novo|Em aberto"),
        ("Negocio|Etapa|Estado|Creado el", "Propuesta enviada|Ganado", "Demo agendada|Perdido", "Nuevo|Abierto"),
        ("Deal|Stufe|Status|Erstellt am", "Angebot versendet|Gewonnen", "Termin geplant|Verloren", "Neu|Offen"),
        ("Affaire|Étape|Statut|Créé le", "Devis envoyé|Gagnée", "RDV planifié|Perdue", "Nouveau|En cours"),
        ("Szansa|Etap|Stan|Utworzono", "Oferta złożona|Wygrana", "Spotkanie umówione|Przegrana", "Nowa|Otwarta"),
        ("Сделка|Этап|Состояние|Создана", "КП отправлено|Выиграна", "Встреча|Проиграна", "Новая|Открыта"),
    ],
)
def test_both_are_read_in_seven_languages(header, won, lost, still):
    lines = [f"{name}|{words}|2025-01-0{name}" for name, words in enumerate((won, lost, still), 1)]
    table = read_everywhere(header, *lines, kind="deals")
    assert table.frame["outcome"].to_list() == ["won", "lost", "open"]
    assert table.frame["furthest_stage"].to_list()[0] == 7
    assert found(table, "unknown_words") == []


def test_contradictions_are_named_with_their_words():
    table = read_everywhere(
        "Deal ID|Created|Stage|Deal Status",
        "1|2025-01-02|Closed Won|Lost",
        "2|2025-01-02|Closed Won|Lost",
        "3|2025-01-02|Closed Lost|Open",
        "4|2025-01-02|Closed Won|Won",
    )
    assert table.frame["outcome"].to_list() == ["lost", "lost", "open", "won"]
    assert found(table, "contradictions") == [(3, "Deal Status", "Closed Won / Lost: 2, Closed Lost / Open: 1")]


def test_a_customer_stays_one_and_the_words_are_named():
    table = read_everywhere(
        "Record ID|Create Date|Lifecycle Stage|Lead Status",
        "1|2025-01-02|Customer|Unqualified",
        "2|2025-01-03|Lead|Unqualified",
        "3|2025-01-04|Customer|New",
    )
    assert table.frame["outcome"].to_list() == ["won", "lost", "won"]
    assert found(table, "contradictions") == [(1, "Lead Status", "Customer / Unqualified: 1")]


def test_a_status_of_outcomes_alone_denies_what_the_stage_says():
    table = read_everywhere(
        "Deal ID|Created|Stage|Status", "1|2025-01-02|Closed Won|Open", "2|2025-01-02|Proposal|Lost"
    )
    assert table.frame["outcome"].to_list() == ["open", "lost"]
    assert found(table, "contradictions") == [(1, "Status", "Closed Won / Open: 1")]


@pytest.mark.parametrize("province", ["SP", "Sonora", "Bayern"])
def test_a_state_may_be_a_province(province):
    table = read_everywhere(
        "Negócio|Etapa|Estado|Criado em", f"A|Ganho|{province}|2025-01-02", f"B|Perdido|{province}|2025-01-03"
    )
    assert {column.header: column.field for column in table.columns}["Estado"] is None
    assert table.frame["outcome"].to_list() == ["won", "lost"]


def test_the_user_says_which_is_which():
    table = read_everywhere(
        "Record ID|Create Date|Lifecycle Stage|Lead Status", *LIVES, fields={"stage": "Lead Status", "status": "-"}
    )
    assert {column.header: column.field for column in table.columns}["Lifecycle Stage"] is None
