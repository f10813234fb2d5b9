"""The ribbon's macros, on xlwings' public calls only, so that they run on any of its engines.

A macro gets the open workbook and gives what to tell the user (``""`` for nothing). It never raises: on any failure the
workbook is as it was before, and the text says why.
"""

from __future__ import annotations

import platform
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from xl_leadkpi.addin.selection import Table
    from xl_leadkpi.leads.model.table import SpendTable, TouchTable
    from xl_leadkpi.sheets.editable import TableChoice
    from xl_leadkpi.sheets.edits import WorkbookEdits
    from xl_leadkpi.sheets.hosts import Host
    from xl_leadkpi.sheets.layout import Layout, Sheet

DATA_ROWS = 50_000
"""How many leads go into Funnel_Data at most: more make a workbook slow."""
_OPTION = re.compile(r"(?:^|[\s('\"])--[a-z]")
SHEETS = ("Funnel_Summary", "Funnel", "Funnel_Data", "Settings", "Funnel_Map", "Funnel_Charts")
SOURCE = "leadkpi_source"
"""Defined name that says what the funnel was built from: a cell of a growing table, or the very range."""
SAMPLES = ("Sample leads", "Sample spend", "Sample touches")

_MOST_FAILURES, _MOST_TEXT = 8, 900


def build_funnel(workbook: Any) -> str:
    """Build the funnel from the selected table, or refresh it if it is there."""
    return _run("Build funnel", workbook, _build)


def refresh(workbook: Any) -> str:
    """Build the funnel again from the table it was built from."""
    return _run("Refresh", workbook, _refresh)


def insert_kpi(workbook: Any, name: str) -> str:
    """Write a KPI's formula into the selected cell, its arguments taken from the headers beside it."""
    return _run("Insert KPI", workbook, partial(_insert, name=name), adds_sheets=False)


def scorecard(workbook: Any) -> str:
    """Make or refresh the sheet of chosen KPIs with target and status."""
    return _run("Scorecard", workbook, _scorecard)


def load_sample_data(workbook: Any) -> str:
    """Add sheets with a made-up sample of leads, spend and touches."""
    return _run("Load sample data", workbook, _load_sample_data)


def diagnostics(workbook: Any) -> str:
    """Tell versions and the last failures."""
    from xl_leadkpi.addin.diagnostics import failures  # noqa: PLC0415

    lines = [
        f"xl_leadkpi {__version__}, Python {platform.python_version()}, {_host_name(workbook)}",
        "",
        "Last failures:",
    ]
    for row in failures.table()[1 : _MOST_FAILURES + 1]:
        when, cell, function, arguments, result, reason = map(str, row)
        lines.append(
            " ".join(part for part in (when, cell, f"{function}({arguments})" if function else "", result) if part)
        )
        lines.append(f"    {reason}")
    return "\n".join(lines)[:_MOST_TEXT]


def help_text(workbook: Any) -> str:
    """Tell what the selected cell's KPI means, else how to begin."""
    from xl_leadkpi.kpis import CATALOGUE  # noqa: PLC0415

    with suppress(Exception):  # no workbook, a chart selected: the general help will do
        formula = str(_as_book(workbook)[0].app.selection[0, 0].formula)
        name = formula.lstrip("=@").partition("(")[0].upper()
        if name in CATALOGUE:
            kpi = CATALOGUE[name]
            arguments = "\n".join(f"  {argument.name}: {argument.meaning}" for argument in kpi.arguments)
            return f"{name}: {kpi.title}\n{arguments}\n{kpi.pitfalls}".strip()[:_MOST_TEXT]
    return (
        "1. Open your CRM export, select one cell of the table and press Build funnel.\n"
        "2. Funnel_Map shows how each column and word was understood, Settings what is counted: period, filters, "
        "targets, stages, channels. Change a shaded cell of either and press Refresh.\n"
        '3. Insert KPI writes a single figure, such as =CPL(B2,C2). =KPIHELP("CPL") explains it.\n'
        "Tables of spend and touches on other sheets are found by their headers; Settings names others.\n"
        "No data at hand? Load sample data."
    )


# the work -------------------------------------------------------------------------------------------------------------


def _build(book: Any, host: Host, report_progress: Callable[[str], None]) -> str:
    from xl_leadkpi.addin.selection import selected_table  # noqa: PLC0415
    from xl_leadkpi.sheets.book import find  # noqa: PLC0415

    ours = find(book, SHEETS)
    chosen = host.selection()
    if ours and chosen is not None and chosen.sheet.name in ours.values():
        return _refresh(book, host, report_progress)
    report_progress("reading the selected table")
    return _build_from(book, host, selected_table(chosen), ours, report_progress)


def _refresh(book: Any, host: Host, report_progress: Callable[[str], None]) -> str:
    from xl_leadkpi.addin.selection import SelectionError, table_at  # noqa: PLC0415
    from xl_leadkpi.sheets.book import find, has_name, read_text_name, split_reference  # noqa: PLC0415

    ours = find(book, SHEETS)
    source = None
    if has_name(book.names, SOURCE):
        written = read_text_name(book, SOURCE)
        sheet, _, address = (written or "").rpartition("!")
        if written is None:
            sheet, address = split_reference(book.names[SOURCE].refers_to) or ("", "")
        if sheet in book.sheet_names:
            source = book.sheets[sheet].range(address)
    if source is None or not ours:
        raise SelectionError(
            "There is no funnel in this workbook whose table could be found. Select a cell of your table of leads and "
            "press Build funnel."
        )
    report_progress("reading the table")
    return _build_from(book, host, table_at(source), ours, report_progress)


def _build_from(
    book: Any, host: Host, table: Table, ours: Mapping[str, str], report_progress: Callable[[str], None]
) -> str:
    from xl_leadkpi.funnel import FunnelOptions, build  # noqa: PLC0415
    from xl_leadkpi.leads import InputError, ReadOptions, read_frame  # noqa: PLC0415
    from xl_leadkpi.leads.channels import with_channels  # noqa: PLC0415
    from xl_leadkpi.leads.model.conditions import parse_condition  # noqa: PLC0415
    from xl_leadkpi.sheets import lay_out  # noqa: PLC0415
    from xl_leadkpi.sheets.book import to_book  # noqa: PLC0415
    from xl_leadkpi.sheets.edits import asked_period  # noqa: PLC0415

    edits = _edits(book, ours)
    language = _language(host, header_texts(table.rows))
    headers = {str(cell) for row in table.rows[:15] for cell in row if cell is not None}
    parameters = {**edits.parameters, **asked_period(edits, edits.period), "targets": edits.targets}
    options = ReadOptions(
        fields={field: header for field, header in edits.fields.items() if header == "-" or header in headers},
        words=edits.words,
        own_stages=edits.stages,
        stages=edits.stages_wanted or "auto",
        sales_pipeline=next(iter(edits.filters.get("pipeline", ())), ""),
        where=tuple(map(parse_condition, edits.filters.get("where", ()))),
        exclude=edits.filters.get("exclude", ()),
        channels=edits.channels,
        as_of=parameters.pop("as_of", None),
        locale=language,
    )
    try:
        counting = FunnelOptions(**parameters)
    except (TypeError, ValueError) as problem:
        raise InputError(f"Settings: {problem}") from None
    report_progress("recognising columns")
    with edits.naming_cells():
        read = read_frame(table.rows, options, table.address, table.first_row)
    leads = _telling_hidden(read, table, host)
    others = _Others.of(book, edits, table.sheet, set(ours.values()), report_progress)
    spend, touches = others.read(options, host)
    report_progress(f"counting {leads.rows_read:,} rows")
    leads, spend, touches = with_channels(leads, spend, touches)
    with edits.naming_cells():
        report = build(leads, spend, touches, counting)
    report_progress("laying out")
    layout = lay_out(report, leads, language=language, data_rows=DATA_ROWS, tables=others.choices())
    names = {SOURCE: _source_name(table), **_summary_name(layout)}
    written = to_book(
        layout,
        book,
        host=host,
        ours=ours,
        names=names,
        after=table.sheet,
        progress=lambda name: report_progress(f"writing {name}"),
    )
    moved = [f"Cells of yours were in the way of a block and now stand at {place}." for place in written.moved]
    return "\n".join([*table.notes, *others.notes(), *moved])


def _telling_hidden(read: Any, table: Table, host: Host) -> Any:
    """What was read from a table, with a line in its quality list if hidden rows were counted."""
    from xl_leadkpi.leads.model.findings import Finding, FindingKind  # noqa: PLC0415

    visible = host.visible_rows(table.cells) if table.cells is not None else None
    hidden = 0 if visible is None else table.cells.shape[0] - visible
    if not hidden:
        return read
    found = Finding(FindingKind.HIDDEN_ROWS, hidden, details={"cells": table.address})
    return replace(read, findings=(found, *read.findings))


def _edits(book: Any, ours: Mapping[str, str]) -> WorkbookEdits:
    """What the user has changed in Settings and Funnel_Map."""
    from xl_leadkpi.sheets.editable import EDITABLE_TABLES  # noqa: PLC0415
    from xl_leadkpi.sheets.edits import FoundTable, check_whole, edits_in  # noqa: PLC0415

    tables: dict[str, FoundTable] = {}
    for sheet in (ours[name] for name in dict.fromkeys(EDITABLE_TABLES.values()) if name in ours):
        for table in book.sheets[sheet].tables:
            name = table.name.rstrip("_0123456789")
            if name in EDITABLE_TABLES:
                place = table.range
                tables[name] = FoundTable(_cells_of(place)[1:], sheet, place.row + 1, place.column - 1)
    if tables:
        check_whole(tables)
    return edits_in(tables)


def _cells_of(place: Any) -> list[list[Any]]:
    """The cells of a range: ``""`` for an empty one, and errors, which xlwings takes for empty ones too."""
    from xl_leadkpi.cells import CellError  # noqa: PLC0415

    known = {error.value: error for error in CellError}
    shown = place.options(ndim=2, err_to_str=True).value
    return [
        ["" if text is None else known[text] if cell is None else cell for cell, text in zip(row, texts, strict=True)]
        for row, texts in zip(place.options(ndim=2).value, shown, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Others:
    """Tables of spend and touches: those found by their headers, and those in force because the user has named them."""

    spend: Sequence[Table]
    touches: Sequence[Table]
    found_spend: Sequence[Table]
    found_touches: Sequence[Table]
    named: Mapping[str, str]

    @classmethod
    def of(
        cls, book: Any, edits: WorkbookEdits, leads: str, ours: set[str], report_progress: Callable[[str], None]
    ) -> _Others:
        """Look on all sheets but ours and that of the leads; what is named in Settings comes before what is found."""
        from xl_leadkpi.addin.selection import find_tables, named_tables  # noqa: PLC0415

        named = edits.tables
        report_progress("looking for spend and touches")
        spend, touches = found = find_tables(book, {leads, *ours})
        if "spend_table" in named:
            spend = named_tables(book, named["spend_table"], "spend", ours, edits.places["spend_table", ""])
        if "touches_table" in named:
            touches = named_tables(book, named["touches_table"], "touches", ours, edits.places["touches_table", ""])
        return cls(spend, touches[:1], found[0], found[1], named)

    def read(self, options: Any, host: Host) -> tuple[SpendTable | None, TouchTable | None]:
        """Read them."""
        from xl_leadkpi.leads import read_spend_frame, read_touches_frame  # noqa: PLC0415

        spend = [_telling_hidden(read_spend_frame(one.rows, options, one.address), one, host) for one in self.spend]
        touches = [
            _telling_hidden(read_touches_frame(one.rows, options, one.address), one, host) for one in self.touches
        ]
        return _together(spend), touches[0] if touches else None

    def choices(self) -> dict[str, TableChoice]:
        """What Settings shows: what is in force and what is found."""
        from xl_leadkpi.sheets.editable import TableChoice  # noqa: PLC0415

        found = {
            "spend_table": "; ".join(table.sheet for table in self.found_spend),
            "touches_table": "; ".join(table.sheet for table in self.found_touches[:1]),
        }
        return {name: TableChoice(self.named.get(name, sheets), sheets) for name, sheets in found.items()}

    def notes(self) -> list[str]:
        """What the user should know about the choice that was made for her."""
        if len(self.found_touches) < 2 or "touches_table" in self.named:
            return []
        first, *others = (table.sheet for table in self.found_touches)
        return [f"Touches were read from {first}, not from {', '.join(others)}: name another in Settings."]


def _together(tables: Sequence[SpendTable]) -> SpendTable | None:
    """Several tables of spend as one."""
    from xl_leadkpi.leads import InputError  # noqa: PLC0415
    from xl_leadkpi.leads.model.table import SpendTable  # noqa: PLC0415

    if len(tables) < 2:
        return tables[0] if tables else None
    currencies = {table.currency for table in tables if table.currency}
    if len(currencies) > 1:
        raise InputError(
            f"{', '.join(table.source_name for table in tables)}: the spend is in {' and '.join(sorted(currencies))}. "
            "Amounts of different currencies cannot be added up: hide one of the sheets."
        )
    sums: dict[Any, list[float | None]] = {}
    for *key, spend, impressions, clicks in (row for table in tables for row in table.rows):
        known = sums.setdefault(tuple(key), [0.0, None, None])
        for i, value in enumerate((spend, impressions, clicks)):
            if value is not None:
                known[i] = (known[i] or 0.0) + value
    rows = tuple((*key, known[0] or 0.0, known[1], known[2]) for key, known in sums.items())
    return SpendTable(
        rows,
        next(iter(currencies), None),
        tuple(column for table in tables for column in table.columns),
        tuple(found for table in tables for found in table.findings),
        ", ".join(table.source_name for table in tables),
    )


def _source_name(table: Table) -> str:
    """What the defined name of the source refers to; a growing table is found again from its first cell."""
    from xl_leadkpi.sheets.drawing import quoted  # noqa: PLC0415
    from xl_leadkpi.sheets.layout import address  # noqa: PLC0415

    if table.grown is not None:
        return f"={quoted(table.sheet)}!{address(*table.grown, absolute=True)}"
    where = table.address.rpartition("!")[2]
    return f'="{table.sheet.replace(chr(34), chr(34) * 2)}!{where}"'


def _summary_name(layout: Layout) -> dict[str, str]:
    """Where the summary's keys and figures stand, for the scorecard."""
    from xl_leadkpi.addin.scorecard import SUMMARY  # noqa: PLC0415

    for sheet in layout.sheets:
        for table in sheet.tables:
            if table.name == "tblSummary":
                return {SUMMARY: f"={table.place.full}"}
    return {}


def _insert(book: Any, _: Host, __: Callable[[str], None], *, name: str) -> str:
    from xl_leadkpi.addin.insert import insert  # noqa: PLC0415

    return insert(book, name)


def _scorecard(book: Any, host: Host, report_progress: Callable[[str], None]) -> str:
    from xl_leadkpi.addin.scorecard import SHEET, SUMMARY, TABLE, chosen_rows, lay_out_scorecard  # noqa: PLC0415
    from xl_leadkpi.addin.selection import SelectionError  # noqa: PLC0415
    from xl_leadkpi.sheets.book import find, has_name, to_book  # noqa: PLC0415

    ours = find(book, (*SHEETS, SHEET))
    if "Funnel" not in ours or not has_name(book.names, SUMMARY):
        raise SelectionError("The scorecard shows figures of the funnel. Press Build funnel first.")
    report_progress("reading the figures")
    keys, figures = book.names[SUMMARY].refers_to_range.options(ndim=2).value
    values = {str(key): value for key, value in zip(keys, figures, strict=True) if isinstance(value, int | float)}
    before: list[list[Any]] = []
    if SHEET in ours:
        before = next(
            (table.range.options(ndim=2).value[1:] for table in book.sheets[ours[SHEET]].tables if TABLE in table.name),
            [],
        )
    language = _language_of(book.sheets[ours["Funnel"]].range("B1").value)
    currency = _currency(book, ours)
    layout = lay_out_scorecard(chosen_rows(list(values), before), values, language, currency)
    to_book(
        layout,
        book,
        host=host,
        ours=ours,
        after=ours["Funnel"],
        progress=lambda name: report_progress(f"writing {name}"),
    )
    return ""


def _currency(book: Any, ours: Mapping[str, str]) -> str | None:
    """Currency of the leads in Funnel_Data, None if there is none or several."""
    if "Funnel_Data" not in ours:
        return None
    rows = book.sheets[ours["Funnel_Data"]].range("A1:AZ2").value
    codes = {cell for cell in rows[1] if isinstance(cell, str) and len(cell) == 3 and cell.isupper() and cell.isalpha()}
    return codes.pop() if len(codes) == 1 else None


def _load_sample_data(book: Any, host: Host, report_progress: Callable[[str], None]) -> str:
    from xl_leadkpi import sample  # noqa: PLC0415
    from xl_leadkpi.sheets.book import find, to_book  # noqa: PLC0415
    from xl_leadkpi.sheets.layout import Layout  # noqa: PLC0415

    there = find(book, SAMPLES)
    if not there:
        report_progress("making a sample")
        leads = sample.leads()
        frames = (leads, sample.spend(leads), sample.touches(leads))
        layout = Layout("Sample", tuple(_sheet_of(name, frame) for name, frame in zip(SAMPLES, frames, strict=True)))
        there = to_book(layout, book, host=host, progress=lambda name: report_progress(f"writing {name}")).names
    sheet = book.sheets[there.get(SAMPLES[0], next(iter(there.values())))]
    host.activate(sheet)
    sheet.range("A1").select()
    return ""


def _sheet_of(name: str, frame: Any) -> Sheet:
    """A data frame as a sheet with one Excel table."""
    from xl_leadkpi.sheets import styles  # noqa: PLC0415
    from xl_leadkpi.sheets.layout import Area, Cells, Range, Sheet, Style, Table  # noqa: PLC0415

    styled = {"Date": "yyyy-mm-dd", "Datetime": "yyyy-mm-dd hh:mm", "String": "@"}
    columns = tuple(
        Cells(column.to_list(), Style(number_format=styled.get(type(column.dtype).__name__, "General")))
        for column in frame
    )
    return Sheet(
        name=name,
        areas=(Area(0, 0, tuple(Cells((header,), styles.DATA_HEADER) for header in frame.columns)),),
        bulk=Area(1, 0, columns),
        tables=(
            Table(
                "tbl" + name.title().replace(" ", ""),
                Range(name, 0, 0, frame.height, frame.width - 1),
                tuple(frame.columns),
                filters=True,
            ),
        ),
        widths=((0, frame.width - 1, 110),),
        freeze=(1, 0),
        gridlines=True,
    )


# around the work ------------------------------------------------------------------------------------------------------


def _run(
    title: str, workbook: Any, work: Callable[[Any, Host, Callable[[str], None]], str], *, adds_sheets: bool = True
) -> str:
    """Do the work with the screen still; whatever happens, the application is as it was and one text says why."""
    from xl_leadkpi.addin.scorecard import SHEET  # noqa: PLC0415
    from xl_leadkpi.addin.selection import SelectionError  # noqa: PLC0415
    from xl_leadkpi.leads import InputError  # noqa: PLC0415
    from xl_leadkpi.sheets.book import BookError, recover  # noqa: PLC0415
    from xl_leadkpi.sheets.com import ExcelAwayError  # noqa: PLC0415
    from xl_leadkpi.sheets.hosts import host_of  # noqa: PLC0415

    if workbook is None:
        return (
            f"{title} needs a workbook that can be edited, and none is open. If a bar above the sheet says Protected "
            "View, press Enable Editing there and try again."
        )
    try:
        book, engine = _as_book(workbook)
        host = host_of(book, engine)
        refusal = host.refusal(adds_sheets=adds_sheets)
        if refusal:
            return refusal
        recover(book, (*SHEETS, SHEET, *SAMPLES))
        with _Still(book.app, title, host) as report_progress:
            return work(book, host, report_progress)
    except (InputError, SelectionError, BookError) as problem:
        return _for_excel(str(problem))
    except ExcelAwayError as problem:
        _remember(title, str(problem))
        return (
            f"{title} could not be finished. {problem} What it had begun is put right, at the latest by the next macro."
        )
    except Exception as problem:  # noqa: BLE001 - a traceback in a box helps nobody; Diagnostics keeps it
        reason = _reason(problem)
        _remember(title, reason)
        return (
            f"{title} could not be finished; the workbook is as it was. {reason}\n"
            "If the workbook or a sheet is protected, take the protection off (Review) and try again."
        )


class _Still:
    """Keeps the screen, events, alerts and recalculation still, and shows progress in the status bar.

    Args:
        app: The application (``xlwings.App``).
        title: What is going on.
        host: The same as the writer knows it.
    """

    WANTED: Final = {"screen_updating": False, "display_alerts": False, "enable_events": False, "calculation": "manual"}

    def __init__(self, app: Any, title: str, host: Host) -> None:
        self._app, self._title, self._host = app, title, host
        self._before: dict[str, Any] = {}
        self._style: Callable[[], None] = lambda: None

    def report_progress(self, step: str) -> None:
        """Say what is being done."""
        self._app.status_bar = f"{self._title}: {step} …"

    def __enter__(self) -> Callable[[str], None]:
        try:
            for name, value in self.WANTED.items():
                self._before[name] = getattr(self._app, name)
                setattr(self._app, name, value)
            self._style = self._host.read_a1()
        except BaseException:
            self.restore()
            raise
        return self.report_progress

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def restore(self) -> None:
        """Put everything back that was changed."""
        values = {**dict(reversed(self._before.items())), "status_bar": False}
        steps: list[Callable[[], None]] = [self._style]
        steps += [partial(setattr, self._app, name, value) for name, value in values.items()]
        for put_back in steps:
            for _ in range(2):  # one refusal may be an accident, and a window that stays still is none that can be used
                with suppress(Exception):  # one that cannot be restored must not keep the others
                    put_back()
                    break


def _as_book(workbook: Any) -> tuple[Any, str]:
    """The workbook as xlwings knows it, and the name of its engine; VBA hands over Excel's own object."""
    import xlwings  # noqa: PLC0415

    if isinstance(workbook, xlwings.Book) and (engine := workbook.app.engine.name) != "excel":
        return workbook, engine
    from xlwings import _xlwindows  # noqa: PLC0415 - Windows only

    from xl_leadkpi.sheets.com import in_english  # noqa: PLC0415

    excel = workbook.api if isinstance(workbook, xlwings.Book) else workbook
    return xlwings.Book(impl=_xlwindows.Book(xl=in_english(excel))), "excel"  # type: ignore[no-untyped-call]


def header_texts(rows: Sequence[Sequence[Any]]) -> list[str]:
    """The headers of a table; the texts of its first rows if it has none."""
    from xl_leadkpi.leads.model.stage import PIPELINE  # noqa: PLC0415
    from xl_leadkpi.leads.recognition.headers import HEADER_ROWS, ExpectedHeaders, find_header  # noqa: PLC0415

    place, score = find_header(rows, ExpectedHeaders("leads", PIPELINE))
    lines = [rows[place]] if score else rows[:HEADER_ROWS]
    return [str(cell) for line in lines for cell in line if cell is not None]


def _language(host: Host, headers: Sequence[str]) -> str:
    """Language of the workbook: that of most of its headers, else that of the program's menus.

    Names of people and companies below the headers say nothing: a Polish client is no Polish reader.
    """
    from xl_leadkpi.locales import ENGLISH, every_locale  # noqa: PLC0415

    told = {
        one.language: sum(
            bool(one.header_letters & set(header) or one.header_words & set(header.split()))
            for header in map(str.lower, headers)
        )
        for one in every_locale()
    }
    if any(told.values()):
        return max(told, key=lambda language: told[language])
    return host.language() or ENGLISH


def _language_of(title: Any) -> str:
    """Language of a funnel sheet by its title."""
    from xl_leadkpi.locales import ENGLISH, every_locale  # noqa: PLC0415

    titles = {one.funnel[key]: one.language for one in every_locale() for key in ("sheet.title", "sheet.title_deals")}
    return titles.get(str(title), ENGLISH)


def _for_excel(message: str) -> str:
    """A message of the command line for somebody without one: what speaks of options is left out."""
    sentences = message.split(". ")
    text = ". ".join([one for one in sentences if not _OPTION.search(one)] or sentences).rstrip(".")
    return f"{text}."


def _reason(problem: Exception) -> str:
    """What Excel says in a COM error, else the error's own text."""
    details = getattr(problem, "excepinfo", None)
    said = details[2] if details and len(details) > 2 else None
    return str(said or problem) or type(problem).__name__


def _remember(title: str, reason: str) -> None:
    from xl_leadkpi.addin.diagnostics import failures  # noqa: PLC0415
    from xl_leadkpi.cells import CellError  # noqa: PLC0415

    failures.record("", title, (), CellError.VALUE, reason)


def _host_name(workbook: Any) -> str:
    with suppress(Exception):  # without a workbook there is still something to tell
        app = _as_book(workbook)[0].app
        return f"{app.engine.name} {app.version}"
    return "no workbook"


def _macros() -> dict[str, Callable[[Any], str]]:
    from xl_leadkpi.kpis import CATALOGUE  # noqa: PLC0415

    return {
        "BuildFunnel": build_funnel,
        "Refresh": refresh,
        "Scorecard": scorecard,
        "LoadSampleData": load_sample_data,
        "Diagnostics": diagnostics,
        "Help": help_text,
        **{f"InsertKpi.{name}": partial(insert_kpi, name=name) for name in CATALOGUE},
    }


MACROS: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(_macros())
"""Every macro of the ribbon, by the name under which the server runs it; one for each KPI of the picker."""
