"""The old code pages, told apart by what the words then mean, or named by the user."""

from datetime import date

import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read, read_spend
from xl_leadkpi.leads.files.encodings import single_byte
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

OPTIONS = ReadOptions(today=date(2026, 3, 1))
POLISH = (
    "Nr;Data utworzenia;Źródło;Opiekun;Etap;Wartość",
    ["Żaneta Ćwik", "Świętosława Ług", "Grzegorz Źrebiec", "Łucja Gąska", "Zdzisław Koń"],
    "Wygrana",
)
RUSSIAN = (
    "ID;Дата создания;Источник;Ответственный;Этап;Бюджет",
    ["Пётр Щукин", "Юлия Эйзен", "ООО «Ёлка»", "Фёдор Цой"],
    "Успешно реализовано",
)
UKRAINIAN = ("ID;Created;Source;Owner;Stage;Amount", ["Їжак Євген", "Сергій Львів", "Ґанна Київ"], "Won")
GERMAN = ("ID;Erstellt am;Quelle;Zuständig;Phase;Betrag", ["Jürgen Groß", "Käthe Öhler", "Köln"], "Gewonnen")
FRENCH = ("ID;Date de création;Origine;Propriétaire;Étape;Montant", ["Hélène Noël", "Françoise Côté"], "Gagné")
CZECH = ("ID;Created;Source;Owner;Stage;Amount", ["Jiří Dvořák", "Žaneta Černá", "Luděk Šťastný", "Plzeň"], "Won")
BARE = ("ID;Created;Source;Owner;Stage;Amount", ["Zięba", "Łoś", "Żabka", "Wrocław"], "Won")


def written(header, names, won):
    rows = [f"{n};0{n % 8 + 1}.02.2026;Web;{names[n % len(names)]};{won};{n},50" for n in range(12)]
    return "\n".join([header, *rows, ""])


@pytest.mark.parametrize(
    ("table", "pages"),
    [
        (POLISH, ("cp1250", "iso8859-2", "cp852", "mac-latin2")),
        (BARE, ("cp1250", "iso8859-2", "cp852")),
        (CZECH, ("cp1250", "iso8859-2", "cp852")),
        (RUSSIAN, ("cp1251", "cp866", "mac-cyrillic")),
        (UKRAINIAN, ("cp1251", "mac-cyrillic")),
        (GERMAN, ("cp1252", "cp850", "mac-roman")),
        (FRENCH, ("cp1252", "cp850", "mac-roman")),
    ],
)
def test_a_page_is_chosen_in_which_the_words_mean_something(tmp_path, table, pages):
    for page in pages:
        text = written(*table).replace("«", '"').replace("»", '"') if page == "cp866" else written(*table)
        path = tmp_path / f"{page}.csv"
        path.write_bytes(text.encode(page))
        read_back = read(path, OPTIONS).frame
        assert set(read_back["owner"].to_list()) == {name.replace("«", '"').replace("»", '"') for name in table[1]} or (
            set(read_back["owner"].to_list()) == set(table[1])
        ), page
        assert read_back["outcome"].to_list() == ["won"] * 12, page
        assert sum(read_back["amount"].to_list()) == 72


@pytest.mark.parametrize(
    "name", ["Zięba", "Łoś", "Żabka", "Gdańsk", "Kraków", "ŻÓŁTY", "Jürgen", "Muñoz", "Grün", "João"]
)
def test_one_word_is_enough_for_the_pages_of_windows(name):
    page = "cp1252" if name in {"Jürgen", "Muñoz", "Grün", "João"} else "cp1250"
    text = f"ID;Created;Owner;Stage\n1;2026-01-02;{name};Won\n".encode(page)
    assert text.decode(single_byte(text, ExpectedHeaders("leads", PIPELINE))) == text.decode(page)


def test_the_user_has_the_last_word(tmp_path):
    path, cost = tmp_path / "leads.csv", tmp_path / "cost.csv"
    path.write_bytes("ID;Created;Owner;Stage\n1;2026-01-02;Ňňň;Won\n".encode("cp1250"))
    cost.write_bytes("Date;Channel;Cost\n2026-01-02;Плакат;5\n".encode("koi8-r"))
    options = ReadOptions(today=date(2026, 3, 1), encodings={"": "Windows-1250", "spend": "KOI8-R"})
    table = read(path, options)
    assert table.frame["owner"].to_list() == ["Ňňň"]
    assert "encoding" not in {found.kind for found in table.findings}
    assert read_spend([cost], options).rows[0][0] == "Плакат"
    assert read(path, ReadOptions(encodings={"leads": "cp1252"})).frame["owner"].to_list() == ["Òòò"]


@pytest.mark.parametrize("wrong", [{"": "cp9999"}, {"leads": "hex"}, {"spend": "punycode"}, {"": "a\0b"}])
def test_an_unknown_encoding_is_refused_with_the_list(tmp_path, wrong):
    path = tmp_path / "leads.csv"
    path.write_text("ID,Created,Stage\n1,2026-01-02,Won\n")
    with pytest.raises(InputError, match=r"there is no encoding '.*'\. The usual ones are: utf-8, .*cp1250"):
        read(path, ReadOptions(encodings=wrong))
    with pytest.raises(InputError, match=r"'lead' is no table\. The tables are: leads, deals, history, spend, touches"):
        read(path, ReadOptions(encodings={"lead": "utf-8"}))


@pytest.mark.parametrize("given", ["utf-16", "utf-32"])
@pytest.mark.parametrize("order", ["le", "be"])
def test_a_wide_encoding_that_is_given_needs_no_mark(tmp_path, given, order):
    path = tmp_path / "leads.csv"
    path.write_bytes("ID,Created,Stage,Owner\n1,2026-01-02,Won,Łoś\n".encode(f"{given}-{order}"))
    wanted = given if given == "utf-16" or order == "le" else "utf-32-be"
    assert read(path, ReadOptions(encodings={"": wanted})).frame["owner"].to_list() == ["Łoś"]


@pytest.mark.parametrize("given", ["utf-16", "utf-32"])
def test_a_wide_encoding_of_a_narrow_text_is_refused(tmp_path, given):
    path = tmp_path / "leads.csv"
    path.write_text("ID,Created,Stage\n1,2026-01-02,Won\n")
    with pytest.raises(InputError, match=r"leads\.csv"):
        read(path, ReadOptions(encodings={"": given}))
