"""Web pages and SpreadsheetML by the name of a workbook: read as a browser and Excel show them, at a bounded cost."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame

OPTIONS = ReadOptions(today=date(2026, 3, 1))
HEADER = ["Lead ID", "Created", "Stage", "Source", "Amount"]
ROWS = [[f"L{n}", f"2026-01-{n % 28 + 1:02}", ("New", "Won", "Lost")[n % 3], "R&D <b>", f"{n}.50"] for n in range(12)]
SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&#62;")


def page(*rows, cell="td"):
    lines = ("".join(f"<{cell} class='x>y'>{escape(text)}</{cell}>" for text in row) for row in rows)
    return "<table border=1>" + "".join(f"<tr>{line}</tr>\n" for line in lines) + "</table>"


def workbook(*rows, name="Leads"):
    lines = ("".join(f'<Cell><Data ss:Type="String">{escape(text)}</Data></Cell>' for text in row) for row in rows)
    sheet = "".join(f"<Row>{line}</Row>" for line in lines)
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{SPREADSHEET}" xmlns:ss="{SPREADSHEET}">'
        f'<Worksheet ss:Name="{name}"><Table>{sheet}</Table></Worksheet></Workbook>'
    )


@pytest.fixture
def saved(tmp_path):
    def save(content, name="leads.xls"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save


def values(table):
    return table.frame.drop("row_no").rows()


LOOSE = "<TABLE><TR><TH>" + "<TH>".join(HEADER) + "".join("<TR><TD>" + "<TD>".join(map(escape, row)) for row in ROWS)


@pytest.mark.parametrize(
    "content",
    [
        page(HEADER, *ROWS),
        "<!DOCTYPE html>\n<html><head><style>td < tr {}</style><script>'<table>'</script></head><body>"
        + page(HEADER, *ROWS, cell="th"),
        "\n\n <html xmlns:x='urn:schemas-microsoft-com:office:excel'><!-- <td>no</td> --><body>" + page(HEADER, *ROWS),
        "<html>" + page(["Menu", "Home"]) + page(["Total", "12"]) + page(HEADER, *ROWS) + page(["Page", "1"]),
        "<html><table><tr><td>" + page(HEADER, *ROWS) + "</td><td>" + page(["Menu"]) + "</td></tr></table>",
        LOOSE,
        page(HEADER, *ROWS).replace("<tr>", "<tr valign=top>").replace("</td>", "<br></td >"),
        workbook(HEADER, *ROWS),
        workbook(HEADER, *ROWS).replace("<Worksheet", '<Worksheet ss:Name="Notes"><Table/></Worksheet><Worksheet', 1),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_every_way_to_write_the_table_gives_the_same_leads(saved, content, encoding):
    table = read(saved(content.encode(encoding)), OPTIONS)
    assert values(table) == values(read_frame([HEADER, *ROWS], OPTIONS))
    assert table.frame["source"].to_list() == ["R&D <b>"] * 12


@pytest.mark.parametrize(
    ("charset", "encoding", "owner"),
    [
        ("windows-1251", "cp1251", "Щукин"),
        ("iso-8859-1", "cp1252", "Jürgen – “x”"),
        ("utf-8", "cp1250", "Łukasz Żak"),
        ("nonsense", "cp1251", "Фёдор"),
        ("", "utf-8", "Żółć"),
    ],
)
def test_the_encoding_is_the_one_that_the_page_names_if_it_can_be(saved, charset, encoding, owner):
    meta = f'<html><meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    table = page(["ID", "Created", "Stage", "Owner"], ["1", "2026-01-02", "Won", owner])
    assert read(saved((meta + table).encode(encoding)), OPTIONS).frame["owner"].to_list() == [owner]
    options = ReadOptions(today=date(2026, 3, 1), encodings={"leads": "koi8-r"})
    content = (meta + table.replace(owner, "Юг")).encode("koi8-r")
    assert read(saved(content), options).frame["owner"].to_list() == ["Юг"]


def test_merged_cells_stand_in_each_of_their_rows(saved):
    rows = "<tr><th rowspan=2>Lead ID</th><th colspan='2'>When and where</th><th rowspan=2>Owner</th></tr>"
    rows += "<tr><th>Created</th><th>Stage</th></tr>"
    rows += "<tr><td>1</td><td>2026-01-02</td><td>Won</td><td rowspan=3>Eva</td></tr>"
    rows += "<tr><td>2</td><td>2026-01-03</td><td>Lost</td></tr><tr><td>3</td><td colspan=2>2026-01-04</td></tr>"
    rows += "<tr><td>4</td><td>2026-01-05</td><td>New</td><td>Jan</td></tr>"
    table = read(saved(f"<table>{rows}</table>"), OPTIONS)
    found = table.frame.select("row_no", "lead_id", "outcome", "owner").rows()
    assert found == [(3, "1", "won", "Eva"), (4, "2", "lost", "Eva"), (5, "3", "open", "Eva"), (6, "4", "open", "Jan")]


def test_spreadsheetml_has_types_gaps_and_merged_cells(saved):
    content = workbook(["Lead ID", "Created", "Stage", "Amount", "Won"]).replace("</Table>", """
      <Row ss:Index="4"><Cell><Data ss:Type="String">1</Data></Cell>
        <Cell><Data ss:Type="DateTime">2026-01-02T10:30:00.000</Data></Cell><Cell ss:Index="4"><Data
        ss:Type="Number">12.5</Data></Cell><Cell><Data ss:Type="Boolean">1</Data></Cell></Row>
      <Row><Cell ss:MergeAcross="2"><Data ss:Type="String">2</Data></Cell><Cell><Data ss:Type="Error">#N/A</Data></Cell>
        <Cell><Data ss:Type="Boolean">0</Data></Cell></Row></Table>""")  # fmt: skip
    lead, other = read(saved(content), OPTIONS).frame.rows(named=True)
    assert (lead["row_no"], lead["lead_id"], lead["amount"], lead["outcome"]) == (4, "1", 12.5, "won")
    assert int(lead["created"]) == 46024
    assert (other["row_no"], other["lead_id"], other["created"], other["amount"]) == (5, "2", None, None)


def test_a_sheet_is_chosen_by_its_header_or_by_name(saved):
    two = workbook(HEADER, *ROWS, name="All").replace("</Workbook>", "")
    two += workbook(HEADER, ROWS[1], name="Won").split("?>")[1].partition(">")[2]
    path = saved(two)
    assert len(read(path, OPTIONS).frame) == 12
    assert len(read(path, ReadOptions(sheet="won", today=date(2026, 3, 1))).frame) == 1
    with pytest.raises(InputError, match=r"there is no sheet 'Lost'\. The sheets are: All, Won"):
        read(path, ReadOptions(sheet="Lost"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<html><body><form>Log in</form></body></html>", "is a web page without a table.*the login has run out"),
        ("<html><table></table><table><tr></tr></table>", "is a web page without a table"),
        ("<html>" + page(HEADER), "row 1: there is a header line but no data row below it. Check the filter"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html>", r"is a web archive \(MHTML\)"),
        ('<?xml version="1.0"?><leads><lead id="1"/></leads>', "is XML of a kind that no spreadsheet writes"),
        (workbook(HEADER, *ROWS)[:700], "leads.xls, line 1: damaged XML"),
        (
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
            + workbook(HEADER, *ROWS).split("?>")[1].replace("L1<", "&b;<"),
            "declares a document type or entities",
        ),
        (
            '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">' + workbook(HEADER, *ROWS).split("?>")[1],
            "declares a document type or entities",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_one_message(saved, content, says):
    with pytest.raises(InputError, match=says):
        read(saved(content), OPTIONS)


FAR_SHEET = '<Worksheet ss:Name="x"><Table><Row ss:Index="1048576"/></Table></Worksheet>'
BOMBS = {
    "wide": "<table><tr>" + "<td colspan=1000>x" * 3000,
    "high": "<table>" + "<tr><td rowspan=65534>x" * 20_000,
    "deep": "<table><tr><td>" * 200_000,
    "many": "<table><tr><td>x</table>" * 200_000,
    "quotes": "<table><tr><td>x" + '<a b="' * 300_000,
    "open tags": "<table><tr><td " + "<td " * 500_000,
    "comments": "<table><tr><td>x" + "<!-" * 500_000 + "<!--" * 500_000,
    "scripts": "<table><tr><td>x" + "<script>" * 500_000,
    "far rows": workbook(HEADER).replace("</Workbook>", FAR_SHEET * 50 + "</Workbook>"),
    "far cells": workbook(HEADER).replace("</Table>", '<Row><Cell ss:Index="16384"/></Row>' * 20_000 + "</Table>"),
    "merged": workbook(HEADER).replace(
        "</Table>", '<Row><Cell ss:MergeDown="1048575" ss:MergeAcross="16000"/></Row>' * 99 + "</Table>"
    ),
    "nested": workbook(HEADER).replace("</Table>", "<x>" * 300_000),
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited by setrlimit here")
@pytest.mark.parametrize("bomb", BOMBS)
def test_what_asks_for_far_more_than_it_holds_is_refused_soon(saved, bomb):
    path = saved(BOMBS[bomb])
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
        "from xl_leadkpi.leads import InputError, read\n"
        "try: read(sys.argv[1])\n"
        "except InputError as error: print('refused', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith("refused leads.xls"), done.stdout
    assert str(Path(path).parent) not in done.stdout
