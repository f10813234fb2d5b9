"""Files of every kind, whole and damaged: what is read, what is reported, and what is refused with a clear message."""

import io
import os
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame

OPTIONS = ReadOptions(today=date(2025, 7, 1))
HEADER = ["Lead ID", "Created", "Stage", "Source", "Amount", "Owner"]
ROWS = [
    [f"L{n}", f"2025-0{n % 6 + 1}-1{n % 9}", ("New", "Won", "Lost", "MQL")[n % 4], "SEO", f"{n * 100}.50", "Anna"]
    for n in range(40)
]


def text(*rows: list[str], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


PLAIN = text(HEADER, *ROWS)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def saved(tmp_path):
    def save(content: str | bytes, name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return save


def test_a_message_lists_some_of_many_sheets(tmp_path):
    book = openpyxl.Workbook()
    for number in range(300):
        book.create_sheet(f"Month {number}")
    book.save(tmp_path / "leads.xlsx")
    with pytest.raises(InputError, match=r"'Leads'\. The sheets are: Sheet, Month 0, .* and 271 more\.") as told:
        read(tmp_path / "leads.xlsx", ReadOptions(sheet="Leads"))
    assert len(str(told.value)) < 500


def kinds(table):
    return {found.kind: (found.count, found.rows) for found in table.findings}


def values(table):
    return table.frame.drop("row_no").rows()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN, "utf-8-sig"),
        (PLAIN, "utf-16"),
        (PLAIN, "utf-16-le"),
        (PLAIN.replace(",", ";"), "utf-8"),
        (PLAIN.replace(",", "\t"), "utf-16"),
        (PLAIN.replace(",", "|"), "utf-8"),
        (PLAIN.replace("\n", "\r\n"), "utf-8"),
        (PLAIN.replace("\n", "\r"), "utf-8"),
        ("sep=;\n" + PLAIN.replace(",", ";"), "utf-8"),
        ("Leads of the spring\nfrom 2025-01-01\n\n" + PLAIN, "utf-8"),
        (PLAIN + "\n\n", "utf-8"),
        (PLAIN + "Total,,,,1234.50,\n", "utf-8"),
        (text(["Lead", "", "", "Deal", "", ""]) + PLAIN, "utf-8"),
        (text(HEADER, HEADER, *ROWS), "utf-8"),
        (text(HEADER, ["identifier", "date", "text", "text", "number", "text"], *ROWS), "utf-8"),
    ],
)
def test_every_way_to_write_a_text_table_gives_the_same_leads(saved, content, encoding):
    assert values(read(saved(content.encode(encoding)), OPTIONS)) == values(read_frame([HEADER, *ROWS], OPTIONS))


@pytest.mark.parametrize(
    ("encoding", "header", "row", "source"),
    [
        (
            "cp1250",
            "Nr;Utworzono dnia;Etap;Źródło;Kwota;Handlowiec",
            "1;05.06.2025;Wygrana;Źródło płatne;1 234,50 zł;Łukasz",
            "Źródło płatne",
        ),
        (
            "cp1251",
            "ID;Дата создания;Этап;Источник;Бюджет;Ответственный",
            "1;05.06.2025;Успешно реализовано;Яндекс;1 234,50;Иван",
            "Яндекс",
        ),
        (
            "cp1252",
            "ID;Erstellt am;Phase;Quelle;Betrag;Zuständig",
            "1;05.06.2025;Gewonnen;Straßenwerbung;1.234,50 €;Jürgen",
            "Straßenwerbung",
        ),
        (
            "cp1252",
            "ID;Date de création;Étape;Origine;Montant;Responsable",
            "1;05/06/2025;Gagné;Référence;1 234,50;Hélène",
            "Référence",
        ),
    ],
)
def test_code_pages_are_told_apart_by_their_letters(saved, encoding, header, row, source):
    table = read(saved(f"{header}\n{row}\n{row.replace('1;', '2;', 1)}\n".encode(encoding)), OPTIONS)
    lead = table.frame.rows(named=True)[0]
    assert (lead["source"], lead["outcome"], lead["amount"]) == (source, "won", 1234.5)
    assert lead["created"] == 45813  # 5 June: a semicolon or an accent in the header speaks for the day first
    assert next(found.value for found in table.findings if found.kind == "encoding") == encoding


def test_rows_keep_the_numbers_of_the_source(saved):
    table = read(saved("Report\n\n" + PLAIN), OPTIONS)
    assert table.frame["row_no"].to_list() == list(range(4, 44))
    assert kinds(table)["title_rows"][0] == 2
    again = read(saved(PLAIN + "Total,,,,5,\n\n"), OPTIONS)
    assert kinds(again)["total_rows"] == (1, (42,))


def test_ragged_rows_are_padded_and_reported(saved):
    odd = 'L90,2025-01-01\nL91,2025-01-02,New,SEO,10,Anna,extra,more\nL92,2025-01-02,New,"a,b",10,x\n'
    table = read(saved(PLAIN + odd), OPTIONS)
    assert len(table.frame) == 43
    assert kinds(table)["short_rows"] == (1, (42,))
    assert kinds(table)["long_rows"] == (1, (43,))
    assert table.frame["source"].to_list()[-3:] == [None, "SEO", "a,b"]


def test_stray_quotes_and_line_breaks(saved):
    odd = 'L90,2025-01-01,New,"a "b" c",5,x\nL93,2025-01-01,New,"line\nbreak",5,x\nL94,2025-01-01,New,ok,5,x\n'
    table = read(saved(PLAIN + odd), OPTIONS)
    assert len(table.frame) == 43
    assert table.frame["lead_id"].to_list()[-2:] == ["L93", "L94"]
    assert table.frame["source"].to_list()[-2:] == ["line break", "ok"]


def test_a_quote_that_is_never_closed_swallows_one_line_only(saved):
    table = read(saved(text(HEADER, *ROWS[:20]) + 'L90,2025-01-01,New,"abc,5,x\n' + text(*ROWS[20:])), OPTIONS)
    assert len(table.frame) == 41
    assert kinds(table)["open_quote"] == (1, (22,))


def test_wrong_bytes_are_reported_and_cost_one_cell(saved):
    good, bad = "L90,2025-01-01,New,Źródło,5,x\n", b"L91,2025-01-01,New,\xff\xb9x,5,x\n"
    table = read(saved((PLAIN + good).encode() + bad), OPTIONS)
    assert kinds(table)["damaged_text"] == (1, (43,))
    assert table.frame["source"].to_list()[-2] == "Źródło"


def test_very_long_cells_and_very_many_columns(saved):
    assert len(read(saved(PLAIN + f"L90,2025-01-01,New,{'x' * 100_000},5,x\n"), OPTIONS).frame) == 41
    wide = [*HEADER, *(f"column {n}" for n in range(16_384 - len(HEADER)))]
    table = read(saved(text(wide, *[[*row, *[""] * (len(wide) - len(HEADER))] for row in ROWS])), OPTIONS)
    assert values(table) == values(read_frame([HEADER, *ROWS], OPTIONS))


def test_texts_that_look_like_formulas_stay_text(saved):
    formulas = ["=1+1", "2025-01-01", "Won", "+48 600", "5", "@SUM(A1)"]
    table = read(saved(text(HEADER, formulas, ["-x", "2025-01-01", "Won", "-1+2", "5", "x"])), OPTIONS)
    assert table.frame["lead_id"].to_list() == ["=1+1", "-x"]
    assert table.frame["source"].to_list() == ["+48 600", "-1+2"]
    assert table.frame["owner"].to_list() == ["@SUM(A1)", "x"]


def test_cells_a_spreadsheet_damaged_are_reported(saved):
    rows = [[f"{n}", "2018.02.26 19:58", "Won", "x", "20.5", "y"] for n in range(20)]
    rows += [["21", "20.máj", "Won", "x", "05.jan", "y"]]
    table = read(saved(text(HEADER, *rows)), OPTIONS)
    assert kinds(table)["unreadable_dates"] == (1, (22,))
    assert kinds(table)["unparsed_amounts"] == (1, (22,))


def test_one_bad_row_in_many_is_one_line(saved):
    lines = [f"L{n},2025-01-{n % 28 + 1:02},New,SEO,{n}.25,Anna" for n in range(20_000)]
    lines[12_345] = "L12345,never,New,SEO,much,Anna"
    table = read(saved("\n".join([",".join(HEADER), *lines])), OPTIONS)
    assert len(table.frame) == 20_000
    assert kinds(table) == {
        "unreadable_dates": (1, (12_347,)),
        "no_created_date": (1, (12_347,)),
        "unparsed_amounts": (1, (12_347,)),
        "as_of_latest": (1, ()),
    }


def test_currencies(saved):
    money = ["1 234,50 zł", "€500", "-20 €", "12 €"]
    rows = [[f"{n}", "2025-01-01", "Won", "x", f'"{amount}"', "y"] for n, amount in enumerate(money)]
    table = read(saved(text(HEADER, *rows)), OPTIONS)
    assert (table.currency, table.currencies) == (None, ("EUR", "PLN"))
    assert {"mixed_currencies", "negative_amounts"} <= set(kinds(table))
    named = [["Amount (PLN)" if name == "Amount" else name for name in HEADER], *ROWS]
    assert read(saved(text(*named)), OPTIONS).currency == "PLN"


def test_dates_in_both_orders_refuse_the_column(saved):
    rows = [["1", "13/05/2025", "New", "", "", ""], ["2", "05/13/2025", "Won", "", "", ""]]
    table = read(saved(text(HEADER, *rows)), OPTIONS)
    assert "mixed_date_order" in kinds(table)
    assert "created" not in table.fields


def test_ambiguous_dates_are_decided_and_said(saved):
    rows = [[f"{n}", f"0{n % 6 + 1}/0{n % 7 + 1}/2025", "New", "", "", ""] for n in range(30)]
    table = read(saved(text(HEADER, *rows)), OPTIONS)
    assert [(f.value, f.column) for f in table.findings if f.kind == "ambiguous_dates"] == [("month first", "Created")]


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["A1"] = "Read me"
    sheet = book.create_sheet("Export")
    sheet.append(["Leads of the spring"])
    sheet.append([])
    sheet.append(HEADER)
    for lead, created, stage, source, amount, owner in ROWS:
        sheet.append([lead, datetime.fromisoformat(created), stage, source, float(amount), owner])
    sheet.append(["Total", None, None, None, 1.0])
    book.save(path)
    return path


def test_workbooks(tmp_path):
    table = read(workbook(tmp_path / "leads.xlsx"), OPTIONS)
    assert values(table) == values(read_frame([HEADER, *ROWS], OPTIONS))
    assert table.frame["row_no"][0] == 4
    renamed = tmp_path / "renamed.csv"
    renamed.write_bytes((tmp_path / "leads.xlsx").read_bytes())
    assert values(read(renamed, OPTIONS)) == values(table)
    with pytest.raises(InputError, match=r"no sheet 'Leads'.*Notes, Export"):
        read(tmp_path / "leads.xlsx", ReadOptions(sheet="Leads"))


def test_frames_and_parquet(tmp_path):
    pandas = pytest.importorskip("pandas")
    expected = values(read_frame([HEADER, *ROWS], OPTIONS))
    frame = pl.DataFrame(ROWS, schema=HEADER, orient="row").with_columns(
        pl.col("Created").str.to_date(), pl.col("Amount").cast(pl.Float64)
    )
    assert values(read_frame(frame, OPTIONS)) == expected
    frame.write_parquet(tmp_path / "leads.parquet")
    assert values(read(tmp_path / "leads.parquet", OPTIONS)) == expected
    native = pandas.DataFrame(ROWS, columns=HEADER)
    native["Created"] = pandas.to_datetime(native["Created"])
    table = read_frame(native, OPTIONS)
    assert isinstance(table.frame.to_native(), pandas.DataFrame)
    found = [tuple(None if pandas.isna(cell) else cell for cell in row) for row in values(table)]
    assert found == expected


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    data = bytearray(packed.getvalue())
    place = data.index(b"PK\x01\x02")  # the directory declares what no reader should begin to unpack
    data[place + 24 : place + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\n", "is empty"),
        (text(HEADER), "row 1: there is a header line but no data row"),
        ("foo,bar\n1,2\n", "no column of a lead table was recognised. Found: foo, bar. Needed: .*--map"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(3000), "is a PNG picture"),
        (b"\x00\x01\x02\x03" * 3000, "binary data"),
        (bytes(range(256)) * 20, "binary data"),
        (b"PK\x03\x04" + os.urandom(2000), "damaged or no workbook"),
        (OLE + b"\0" * 3000, "damaged or no workbook"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 900, "password"),
        (b"PAR1" + os.urandom(200), "damaged Parquet file"),
        (
            text(HEADER, *[[f"{n}", f"some day {n}", "New", "", "", ""] for n in range(9)]),
            "column 'Created', row 2: 'some day 0' is not a date",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(saved, content, message):
    path = saved(content)
    with pytest.raises(InputError, match=message) as caught:
        read(path, OPTIONS)
    assert path.name in str(caught.value)


def test_no_such_file_and_folders(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv: there is no such file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


def test_a_zip_bomb_is_not_unpacked(saved):
    with pytest.raises(InputError, match=re.escape("leads.xlsx would unpack to 4.0 GB or more")):
        read(saved(bomb(), "leads.xlsx"))


def test_maps_of_the_user(saved):
    path = saved(PLAIN)
    table = read(
        path, ReadOptions(today=date(2025, 7, 1), fields={"campaign": "Owner", "amount": "-"}, by=("Stage", "source"))
    )
    assert table.frame["campaign"].to_list()[0] == "Anna"
    assert "amount" not in table.fields
    assert table.by_labels == {"by_0": "Stage", "by_1": "Source"}
    assert table.frame["by_0"].to_list()[:2] == ["New", "Won"]
    with pytest.raises(InputError, match=r"no column 'Price' to map to amount.*Lead ID, Created"):
        read(path, ReadOptions(fields={"amount": "Price"}))
    with pytest.raises(InputError, match="no column 'Region' to group by"):
        read(path, ReadOptions(by=("Region",)))


def test_nul_bytes_in_a_text_are_left_out(saved):
    lines = PLAIN.splitlines()
    lines[3] = lines[3].replace("SEO", "S\0E\0O")
    lines[30] += "\0"
    table = read(saved("\n".join(lines) + "\n"), OPTIONS)
    assert table.frame["source"].to_list() == ["SEO"] * 40
    assert table.frame["owner"].to_list() == ["Anna"] * 40
    assert [(found.count, found.rows) for found in table.findings if found.kind == "nul_bytes"] == [(2, (4, 31))]


def test_nul_bytes_far_down_and_between_stray_quotes(saved):
    body = "".join(f'L{n},2025-01-01,New,"SEO ""x""",1,{"A" * 90}\n' for n in range(8000))
    table = read(saved(text(HEADER) + body + 'L9999,2025-01-01,New,S\0EO "y,1,Anna\n'), OPTIONS)
    assert table.frame["source"].to_list()[-1].startswith("SEO")
    assert "nul_bytes" in {found.kind for found in table.findings}
