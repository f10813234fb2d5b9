"""Tables as people export them, and what can be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from xl_leadkpi.leads.cells.vocabulary import vocabulary

if TYPE_CHECKING:
    from random import Random

VOCABULARY = vocabulary()
DATES = (
    "created", "mql_date", "sql_date", "opportunity_date", "meeting_booked", "meeting_held", "proposal_date",
    "won_date", "lost_date", "close_date", "expected_close", "modified", "sp_date", "sp_end", "to_time",
)  # fmt: skip
FAMILIES = {
    "leads": (
        "lead_id", "created", "stage", "source", "campaign", "owner", "amount", "won_date", "lost_date", "mql_date",
        "sql_date", "opportunity_date", "company", "email", "phone", "lost_reason", "status", "currency", "name",
    ),
    "deals": (
        "lead_id", "stage", "amount", "close_date", "created", "owner", "probability", "is_won", "is_closed",
        "currency", "pipeline", "expected_close", "link_id", "name", "product", "lost_reason",
    ),
    "spend": (
        "sp_date", "sp_channel", "sp_spend", "sp_end", "sp_campaign", "sp_clicks", "sp_impressions", "sp_currency",
    ),
    "touches": ("lead_id", "to_time", "to_channel", "to_campaign"),
}  # fmt: skip
SOURCES = ("Google Ads", "google / cpc", "Facebook", "LinkedIn", "E-mail", "Polecenie", "Яндекс.Директ", "", "(direct)")
DAY_STYLES = ("iso", "clock", "dots", "slashes", "american", "utc", "serial", "typed", "words")
AMOUNT_STYLES = ("plain", "typed", "typed", "comma", "dots", "spaces", "dollar", "euro", "thousands", "cents")
OTHER_DIGITS = ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "۰۱۲۳۴۵۶۷۸۹", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⁰¹²³⁴⁵⁶⁷⁸⁹")
ENGINE_NAMES = (
    "filename", "file_row_number", "row_no", "row_index", "rowid", "index", "literal", "len", "count", "n", "key",
    "hash", "part", "c0", "column_0", "lead_id", "row_nr", "_metadata", "line", "code", "value", "rank", "created",
    "NULL", "select", "__index_level_0__", "month", "group", "leads", "stage", "order", "place",
)  # fmt: skip
HOSTILE_TEXTS = (
    "", " ", "\xa0", "nan", "NaN", "inf", "-inf", "Infinity", "1e308", "1e309", "-1e308", "1.7976931348623157e308",
    "9" * 400, "-" + "9" * 310, "1e-320", "1e400000000", "½", "②", "1_000", "0x1F", "--5", "$", "1,2,3.4", "1.2.3,4",
    "12'000", "(500)", "5-", "100%", "0.1e", "+", "-", ".", ",", "=cmd|' /C calc'!A0", "=1+1", "@SUM(A1)", "+1",
    "\t=1", "\x00", "\x01\x02", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\x7f", "\x85", "\u2028", "_x000D_", "_x0000_",
    "_xD800_", "_x005F_", "\ufffe", "\uffff", "\ufffd", "\ud800", "\udfff", "\u202e", "\u200b", "\ufeff", "\U0010ffff",
    "x" * 255, "x" * 256, "y" * 300, "z" * 32_767, "w" * 32_768, "v" * 70_000, "a " * 15_000, "1" * 30_000,
    "a@b." * 4_000, '"', '"a', 'a"b', '""', "'", "''", "a\rb", "a\nb", "a\r\nb", "\r", "\n", ";", ",", "|", "\\", "\\N",
    "0001-01-01", "9999-12-31", "9999-12-31 23:59:59.999999", "10000-01-01", "-0001-01-01", "1583-01-01", "1582-10-10",
    "1899-12-30", "1900-02-29", "0000-00-00", "2025-02-30", "31.04.2025", "2025-13-01", "2958465", "2958466", "-1",
    "99999999", "253402300799000", "253402300800000", "-62135596800", "2025-06-30T24:00:00", "2025-06-30T10:00:60Z",
    "2025-06-30T10:00:00+99:99", "2025-W27-1", "30/02/99", "00.00.00", "12:30", "2025", "202506", "20250630",
    "TRUE", "FALSE", "#N/A", "#REF!", "#DIV/0!", "NULL", "None", "null", "n/a", "-", "<script>alert(1)</script>",
    "&amp;",
    "]]>", "<!--", "{{x}}", "%s%n%x", "{0}", "../../etc/passwd", "C:\\x", "https://example.com/?a=b", "🦄", "👩‍👩‍👧‍👦",
    "e\u0301" * 60, "ǅ", "İ", "ß", "ﬁ", "Won", "Lost", "Total", "Razem", "Итого", "Ω" * 300, "Lead\x00ID", "a\x00b",
    "[Table]", "'sheet'!A1", "#", "@", "*", "?", "~", "[", "]", "con", "__proto__",
)  # fmt: skip
PROJECT_NAMES = (
    "Projekt «Альфа» / Phase 2", "A/B: test – Q3 (v1.0) [final]", "№ 12: Łódź & Sons", "Kunde: Müller, Söhne",
    "R&D #7", "50% rabatt!", "'quoted' \"twice\"", "[Table]!A1", "C++ / C#", "e-mail; webinar; fair", "a=b", "{name}",
    "~$lock", "Проект «Сибирь» — 2025/II", "プロジェクト①", "مشروع ألفا", "🚀 launch", "naïve\u200bzero", "tab\there",
    "-o", "--deals", "x*y?", "con.csv", "a|b", "back\\slash", "C:relative", "new\nline", " leading", "trailing ",
    "dot.", "..", "%20", "e\u0301galite\u0301", "ǅ", "ﬁnal", "İstanbul", "A\u00a0B", "A\u2011B", "\u202eevil", "$HOME",
    "`id`", "@mention", "=name",
)  # fmt: skip
"""Names as people give them to projects, campaigns and deals, and then to columns, sheets, files and tables."""
HOSTILE_TYPED = (
    float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 1.7e308, 5e-324, -0.0, 10**30, 10**400, 2**63, -(2**63),
    2**53 + 1, True, False, None, date.min, date.max, datetime.min, datetime.max, date(1900, 2, 28), date(1582, 10, 10),
    time(23, 59, 59), timedelta(days=3), timedelta.max, Decimal("1.10"), Decimal("1e50"), b"\xff\xfe", 2958466.0,
    -1.0, 1e10, 0.5, 60.0,
)  # fmt: skip


@dataclass
class Table:
    """Rows below a header line; what stands around them; what the columns are."""

    headers: list[Any]
    rows: list[list[Any]]
    fields: list[str]
    above: list[list[Any]] = field(default_factory=list)
    below: list[list[Any]] = field(default_factory=list)

    def lines(self) -> list[list[Any]]:
        """Every line from the top of the sheet."""
        return [*self.above, self.headers, *self.rows, *self.below]


def header_of(name: str, random: Random) -> str:
    """A header that a column of this field has in some system and language."""
    for table in ("lead", "deal", "spend", "touch", "touches"):
        if name in VOCABULARY.get(table, {}):
            return random.choice(VOCABULARY[table][name])
    for table in VOCABULARY.values():
        if isinstance(table, dict) and isinstance(table.get(name), list):
            return random.choice(table[name])
    return name.replace("_", " ").title()


def make(kind: str, random: Random) -> Table:
    """A table of leads, deals, spend or touches as some system exports it; nothing is wrong with it yet."""
    known = FAMILIES[kind]
    if random.random() < (0.15 if kind in {"leads", "deals"} else 0.04):
        fields = random.sample(known, random.randint(1, min(4, len(known))))
    else:
        fields = list(known[: random.randint(3, len(known))])
    rows = random.choice((1, 2, 3, 5, 12, 40, 40, 120))
    columns = [_column(name, rows, random) for name in fields]
    return Table(
        [header_of(name, random) for name in fields], [list(row) for row in zip(*columns, strict=True)], fields
    )


_FLAGS = (("TRUE", "FALSE"), (True, False), ("Yes", "No"), ("1", "0"), ("Tak", "Nie"))
_CHOICES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("is_won", "is_closed"), _FLAGS),
    **dict.fromkeys(("probability", "sp_clicks", "sp_impressions"), (range(101),)),
    **dict.fromkeys(("currency", "sp_currency"), (("PLN", "PLN", "EUR"), ("USD",))),
    **dict.fromkeys(("source", "sp_channel", "to_channel"), (SOURCES,)),
}


def _column(name: str, rows: int, random: Random) -> list[Any]:
    if name in DATES:
        style, filled = random.choice(DAY_STYLES), random.choice((1, 1, 0.7, 0.3, 0))
        first = date(2025, 1, 1) + timedelta(days=random.randint(-400, 400))
        days = [
            datetime(first.year, first.month, first.day) + timedelta(hours=random.randint(0, 9000)) for _ in range(rows)
        ]
        return [day_of(day, style) if random.random() < filled else None for day in days]
    if name in {"amount", "sp_spend"}:
        style = random.choice(AMOUNT_STYLES)
        return [
            _amount(round(random.lognormvariate(8, 1.5), 2), style) if random.random() < 0.8 else None
            for _ in range(rows)
        ]
    if name in {"lead_id", "link_id"}:
        form = random.choice(("{}", "L-{:05}", "00{}", "003{:012}AAX"))
        return [form.format(random.randint(1, max(2, rows)) if random.random() < 0.1 else i + 1) for i in range(rows)]
    if name in {"stage", "status"}:
        stages = VOCABULARY["stages"]
        wanted = random.sample(sorted(stages), random.randint(1, len(stages)))
        if random.random() < 0.3:
            wanted = [random.choice(("Won", "Lost"))]
        words = [random.choice(stages[stage]) for stage in wanted]
        return [random.choice(words) for _ in range(rows)]
    if name in _CHOICES:
        words = random.choice(_CHOICES[name])
        return [random.choice(words) for _ in range(rows)]
    if name == "email":
        return [f"a{random.randint(1, rows)}@example.com" for _ in range(rows)]
    words = [f"{name} {chr(65 + random.randint(0, 25))}" for _ in range(random.randint(1, 20))]
    if random.random() < 0.15:
        words = random.sample(PROJECT_NAMES, random.randint(1, 20))
    return [random.choice(words) for _ in range(rows)]


def day_of(day: datetime, style: str) -> Any:
    """A day as some program writes it."""
    match style:
        case "iso":
            return day.strftime("%Y-%m-%d")
        case "clock":
            return day.strftime("%Y-%m-%d %H:%M:%S")
        case "dots":
            return day.strftime("%d.%m.%Y")
        case "slashes":
            return day.strftime("%d/%m/%Y %H:%M")
        case "american":
            return day.strftime("%m/%d/%Y")
        case "utc":
            return day.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        case "serial":
            return (day - datetime(1899, 12, 30)).total_seconds() / 86400
        case "words":
            return day.strftime("%d %b %Y")
        case _:
            return day


def _amount(value: float, style: str) -> Any:
    match style:
        case "comma":
            return f"{value:.2f}".replace(".", ",")
        case "dots":
            return f"{value:,.2f}".translate({44: ".", 46: ","})
        case "spaces":
            return f"{value:,.2f}".translate({44: "\xa0", 46: ","})
        case "dollar":
            return f"${value:,.2f}"
        case "euro":
            return f"{value:.2f} EUR"
        case "thousands":
            return f"{value / 1000:.1f}k"
        case "cents":
            return str(int(value * 100))
        case "plain":
            return str(value)
        case _:
            return value


# what can be wrong with a table -------------------------------------------------------------------


def hostile(random: Random) -> Any:
    """A cell that no export should hold."""
    if random.random() < 0.03:
        return random.choice(PROJECT_NAMES)
    if random.random() < 0.1:
        digits = random.choice(OTHER_DIGITS)
        return str(random.randint(1, 99_999)).translate(dict(zip(map(ord, "0123456789"), digits, strict=True)))
    return random.choice(HOSTILE_TYPED if random.random() < 0.3 else HOSTILE_TEXTS)


def spoil_cells(table: Table, random: Random) -> None:
    """Odd values here and there in one column or anywhere."""
    if not table.rows:
        return
    share, same = random.choice((0.01, 0.05, 0.2, 1.0)), hostile(random) if random.random() < 0.4 else ...
    columns = [random.randrange(len(table.headers))] if random.random() < 0.7 else range(len(table.headers))
    for row in table.rows:
        for column in columns:
            if column < len(row) and random.random() < share:
                row[column] = hostile(random) if same is ... else same


def spoil_one_field(table: Table, random: Random) -> None:
    """Odd values where days or amounts are read."""
    places = [i for i, name in enumerate(table.fields) if name in DATES or name in {"amount", "sp_spend", "lead_id"}]
    if places:
        column, share = random.choice(places), random.choice((0.03, 0.1, 0.5))
        for row in table.rows:
            if column < len(row) and random.random() < share:
                row[column] = hostile(random)


def few_rows(table: Table, random: Random) -> None:
    """One row, two, none."""
    del table.rows[random.choice((0, 1, 1, 1, 2, 2)) :]


def few_columns(table: Table, random: Random) -> None:
    """One column more than needed, or one less."""
    keep = sorted(random.sample(range(len(table.headers)), random.randint(1, min(3, len(table.headers)))))
    table.headers = [table.headers[i] for i in keep]
    table.fields = [table.fields[i] for i in keep]
    table.rows = [[row[i] for i in keep if i < len(row)] for row in table.rows]


def drop_column(table: Table, random: Random) -> None:
    """A column the rest relies on is missing."""
    if len(table.headers) > 1:
        gone = random.randrange(len(table.headers))
        for line in (table.headers, table.fields, *table.rows):
            del line[gone : gone + 1]


def odd_headers(table: Table, random: Random) -> None:
    """Headers twice, empty, of numbers or signs, hundreds of characters long, named as the engines name theirs."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(table.headers))
        table.headers[at] = random.choice((
            table.headers[random.randrange(len(table.headers))],
            "",
            None,
            random.choice(HOSTILE_TEXTS),
            random.choice(ENGINE_NAMES),
            random.choice(PROJECT_NAMES),
            str(table.headers[at]) + random.choice((" ", '"', "\n", "\xa0", ' 24"', "\r")),
            str(table.headers[at]).swapcase(),
            random.randint(0, 3000),
        ))  # fmt: skip


def no_headers(table: Table, random: Random) -> None:
    """No header line at all, or an empty one."""
    table.headers = (
        [random.choice(("", None, "x")) for _ in table.headers]
        if random.random() < 0.5
        else table.rows[0][:]
        if table.rows
        else []
    )


def extra_columns(table: Table, random: Random) -> None:
    """More columns than a person looks at."""
    more = random.choice((1, 3, 60, 300, 1_500))
    names = [random.choice(ENGINE_NAMES) if random.random() < 0.05 else f"Field {i}" for i in range(more)]
    fill = random.choice((None, "x", 7))
    table.headers += names
    table.fields += ["" for _ in names]
    for row in table.rows:
        row.extend([fill] * more)


def many_columns(table: Table, random: Random) -> None:
    """20,000 columns, in few rows."""
    more = random.choice((16_384, 20_000))
    table.headers += [f"F{i}" for i in range(more)]
    table.fields += ["" for _ in range(more)]
    del table.rows[3:]
    for row in table.rows:
        row.extend([None] * more)


def lines_around(table: Table, random: Random) -> None:
    """Title lines above, totals and remarks below, blank lines between."""
    if random.random() < 0.6:
        table.above = [
            [random.choice(("Report", "Leads 2025", "", hostile(random)))] for _ in range(random.randint(1, 12))
        ]
    if random.random() < 0.5:
        table.below = [
            [
                random.choice(("Total", "Razem", "Итого", "")),
                *[random.choice((None, 1234.5, "", "Total")) for _ in table.headers[1:]],
            ]
        ]
    if random.random() < 0.4 and table.rows:
        table.rows.insert(
            random.randrange(len(table.rows)), random.choice(([], [None] * len(table.headers), table.headers[:]))
        )


def ragged(table: Table, random: Random) -> None:
    """Rows that are too short or too long."""
    for row in table.rows:
        if random.random() < 0.3:
            if random.random() < 0.5:
                del row[random.randrange(len(row) + 1) :]
            else:
                row += [hostile(random) if random.random() < 0.5 else "x" for _ in range(random.choice((1, 2, 50)))]


def repeated_rows(table: Table, random: Random) -> None:
    """The same lead again and again."""
    if table.rows:
        table.rows += [table.rows[random.randrange(len(table.rows))][:] for _ in range(random.choice((1, 20, 2_000)))]


def same_everywhere(table: Table, random: Random) -> None:
    """A column in which every cell is the same, or none is filled."""
    at, value = random.randrange(len(table.headers)), random.choice((None, "", "x", hostile(random)))
    for row in table.rows:
        if at < len(row):
            row[at] = value


def long_texts(table: Table, random: Random) -> None:
    """Notes of tens of thousands of characters."""
    unit = random.choice(
        ("a", "1", " ", "a@b.c", "1.", "2025-01-01 ", "\n", "(", "-", "ą", "=", "https://x.y/", "_x000D_", "x,")
    )
    at, length = random.randrange(len(table.headers)), random.choice((5_000, 30_000, 100_000))
    for row in table.rows[:50]:
        if at < len(row):
            row[at] = (unit * length)[:length]


def far_days(table: Table, random: Random) -> None:
    """Every day at an end of time."""
    far = random.choice(
        (date.max, date.min, datetime.max, "9999-12-31", "0001-01-01", "31.12.9999", date(9998, 1, 1), 2958465)
    )
    for at, name in enumerate(table.fields):
        if name in DATES:
            for row in table.rows:
                if at < len(row) and random.random() < 0.6:
                    row[at] = far


def huge_amounts(table: Table, random: Random) -> None:
    """Amounts whose sum, square or share is no number any more."""
    huge = random.choice(
        (1e308, 1.7e308, "1e308", "9" * 309, "9" * 400, "inf", float("inf"), -1e308, 1e200, "1e-310", 5e-324, "nan")
    )
    for at, name in enumerate(table.fields):
        if name in {"amount", "sp_spend", "probability", "sp_clicks"}:
            for row in table.rows:
                if at < len(row) and random.random() < 0.7:
                    row[at] = huge


def wide_decimals(table: Table, random: Random) -> None:
    """Amounts, probabilities or identifiers of more digits than a number has, as decimals or as texts."""
    digits, scale = random.choice((16, 18, 19, 38, 39, 60, 76)), random.choice((0, 1, 2, 10, 18, 37))
    wanted = {"amount", "sp_spend", "probability", "lead_id", "link_id", "sp_clicks"}
    places = [at for at, name in enumerate(table.fields) if name in wanted]
    typed = random.random() < 0.7
    for row in table.rows:
        for at in places:
            if at < len(row) and random.random() < 0.8:
                sign, whole = random.choice(("", "", "", "-")), "".join(random.choices("0123456789", k=digits))
                wide = Decimal(f"{sign}{whole}").scaleb(-min(scale, digits - 1))
                row[at] = wide if typed else f"{wide:f}"


def ends_of_periods(table: Table, random: Random) -> None:
    """Periods that end before they begin, with the day they begin, after years, never, or at an end of time."""
    if "sp_date" not in table.fields:
        return
    begin = table.fields.index("sp_date")
    if "sp_end" not in table.fields:
        table.fields.append("sp_end")
        table.headers.append(header_of("sp_end", random))
        for row in table.rows:
            row.append(None)
    end, style, same = table.fields.index("sp_end"), random.choice(DAY_STYLES), random.random() < 0.5
    one = random.choice(_PERIODS)
    for row in table.rows:
        if max(begin, end) >= len(row):
            continue
        first = datetime(2025, random.randint(1, 12), random.randint(1, 28), random.choice((0, 0, 12)))
        days = one if same else random.choice(_PERIODS)
        row[begin] = day_of(first, style)
        if isinstance(days, int):
            far = first.toordinal() + days
            row[end] = day_of(datetime.fromordinal(max(1, min(far, date.max.toordinal()))), style)
        else:
            row[end] = days
    if random.random() < 0.15:  # what the period ends with is there, what it begins with is not
        for line in (table.headers, table.fields, *table.rows):
            del line[begin : begin + 1]


_PERIODS: tuple[Any, ...] = (
    0, 0, 1, 6, 6, 13, 27, 28, 29, 30, 30, 30, 89, 364, 365, 3_650, 36_500, 3_000_000, -1, -1, -30, -400, -800_000,
    None, "", "open", "-", "9999-12-31", "31.12.2099", date.max, date.min, 2_958_465, 2_958_466, 0.5, "2025",
    "2025-05", "May 2025", "Q2 2025", "2025-W22", "2025-05-01 - 2025-05-31", "today", True,
)  # fmt: skip

VALUES = (
    spoil_cells, spoil_cells, spoil_cells, spoil_one_field, spoil_one_field, same_everywhere, long_texts, far_days,
    huge_amounts, repeated_rows, ragged, wide_decimals,
)  # fmt: skip
SHAPES = (
    few_rows, few_columns, few_columns, drop_column, odd_headers, odd_headers, no_headers, extra_columns, lines_around,
)  # fmt: skip
"""What often leaves no table that can be counted."""


def spoil(table: Table, random: Random) -> list[str]:
    """Do up to three things to a table; return their names."""
    done = []
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        mutation = random.choice(VALUES if random.random() < 0.75 else SHAPES)
        if "sp_date" in table.fields and random.random() < 0.3:
            mutation = ends_of_periods
        if random.random() < 0.01:
            mutation = many_columns
        if table.headers:
            mutation(table, random)
            done.append(mutation.__name__)
    _bound(table)
    return done


_MOST_LETTERS, _MOST_CELLS = 3_000_000, 100_000


def _bound(table: Table) -> None:
    """Cut down what is so large that only its size is tried: limits of time and memory are for inputs under 5 MB."""
    del table.rows[max(3, _MOST_CELLS // max(1, len(table.headers))) :]
    left = _MOST_LETTERS
    for row in table.rows:
        for at, cell in enumerate(row):
            if isinstance(cell, str):
                left -= len(cell)
                if left < 0 and len(cell) > 300:
                    row[at] = cell[:300]
