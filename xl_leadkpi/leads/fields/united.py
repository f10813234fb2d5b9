"""Several files as one table: each is read as what it is, and what a column means puts it below another's.

A text says something only in the file it stands in: 03/04/2026 is a day in March or in April, 1.234 a thousand or one,
an amount is in what its header says. So days, amounts and their currencies become values here, file by file; words and
names stay as they are written, as what they mean is told by all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.cells.raw_table import SAMPLE_ROWS, Loaded, RawColumn, RawTable, from_texts, stacked
from xl_leadkpi.leads.cells.vocabulary import header_currency
from xl_leadkpi.leads.fields.in_memory import Decoder, odd_cells, wanted_columns
from xl_leadkpi.leads.fields.rules import (
    currency_codes,
    read_amounts,
    read_dates,
    read_identifiers,
    read_response,
    table_locale,
)
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.sources import SourceFiles, named
from xl_leadkpi.leads.recognition.cell_types import cell_types
from xl_leadkpi.leads.recognition.columns import ColumnMap, date_fields
from xl_leadkpi.leads.recognition.stage_words import names_stages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.dates import Order
    from xl_leadkpi.leads.fields.rules import DateColumns, Odd, ReadAmounts
    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import ColumnMatch

_MONEY = ("amount", "amount_estimated")
_MOSTLY = 0.8
_FEWEST_SAMPLED = 50
_PLAIN_AMOUNT = "Amount"
"""What a column of amounts is called whose files name different units or currencies in its header."""
_LATER = frozenset({FindingKind.NEGATIVE_AMOUNTS})
"""What is looked for among the values of all files together."""


def unite(
    files: Sequence[tuple[RawTable, ColumnMap]], options: ReadOptions, *, after: int = 0
) -> tuple[RawTable, ColumnMap]:
    """Put the rows of several files below each other.

    Columns that feed the same field are one; of the others those whose headers are alike. A column that a file has not
    is blank in its rows. Totals, repeated headers and other rows that are no records are left out.

    Args:
        files: The files in order, each with what its columns mean.
        options: How to read them.
        after: The last number that is taken by rows of another table.

    Returns:
        The table, whose rows are numbered through all files, and what its columns mean.
    """
    return _Union(files, options, after).table()


def only_latest(grid: RawTable, mapped: ColumnMap) -> RawTable:
    """Leave the rows of an identifier that a later file has as well to the last of these files.

    Args:
        grid: The table of several files.
        mapped: What its columns mean.

    Returns:
        The table without them; as it is where nothing is repeated.
    """
    place = mapped.position.get("lead_id")
    if place is None or grid.sources is None or grid.row_no is None:
        return grid
    column = grid.load([place], frozenset({place})).columns[place]
    frame = pl.DataFrame({"id": column.spread(read_identifiers(column).texts), "row": grid.row_no})
    ends = pl.Series(grid.sources.ends, dtype=pl.Int64)
    frame = frame.with_columns(file=ends.search_sorted(frame["row"], side="left"))
    frame = frame.with_columns(last=pl.col("file").max().over("id"))
    beaten = frame["id"].is_not_null() & (frame["file"] < frame["last"])
    if not beaten.any():
        return grid
    dropped = frame.filter(beaten)
    details: dict[str, Detail] = {
        "ids": float(dropped["id"].n_unique()),
        "earlier": tuple(grid.sources.names[at] for at in sorted(dropped["file"].unique())),
        "later": tuple(grid.sources.names[at] for at in sorted(dropped["last"].unique())),
    }
    rows = tuple(dropped["row"].head(ROWS_NAMED).to_list())
    found = Finding(FindingKind.LATER_FILE, len(dropped), grid.headers[place], rows, details)
    return _picked(grid.noting(found), (~beaten).arg_true())


def _picked(grid: RawTable, places: pl.Series) -> RawTable:
    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        loaded = grid.load(positions, identifiers)
        columns = {position: column.pick(places) for position, column in loaded.columns.items()}
        return replace(loaded, columns=columns, rows=len(places))

    return replace(grid, load=load, row_no=grid.numbered(places))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table: where each file has it, None where it has not."""

    header: str
    field: str | None
    places: tuple[int | None, ...]


class _File:
    """One of the files: its records, and what its days and amounts are."""

    def __init__(self, grid: RawTable, mapped: ColumnMap, options: ReadOptions, after: int) -> None:
        self.name = grid.name
        self.mapped = mapped
        self.options = options
        positions, identifiers = wanted_columns(mapped, (), options.pipeline)
        loaded = grid.load(positions, identifiers)
        decoder = Decoder(grid, loaded, mapped, options, is_deals=False)
        dropped = decoder.other_rows()
        self.rows_read = loaded.rows
        self.places: pl.Series | None = None if dropped is None else (~dropped).arg_true()
        every = pl.int_range(loaded.rows, dtype=pl.Int64, eager=True)
        numbers = grid.numbered(every if self.places is None else self.places)
        self.rows = len(numbers)
        self.header = decoder.header
        self.fields: dict[str, RawColumn] = {name: self._records(column) for name, column in decoder.raw.items()}
        found = [*grid.notes, *loaded.findings, *decoder.findings]
        # a note may name a row above the table or below it
        self.end = after + max(grid.first_row + loaded.rows, *(row for one in found for row in one.rows), 0)
        self.grid = replace(grid, row_no=numbers + after)
        self.findings = [self._located(one, after) for one in found]
        self.findings += [
            Finding(FindingKind.REFUSED_COLUMN, 1, grid.headers[place], details={"field": name}, files=(self.name,))
            for name, place in mapped.refused.items()
        ]

    def _records(self, column: RawColumn) -> RawColumn:
        return column if self.places is None else column.pick(self.places)

    def _located(self, finding: Finding, after: int = 0) -> Finding:
        if finding.rows:
            return replace(finding, rows=tuple(row + after for row in finding.rows))
        return replace(finding, files=(self.name,))

    def _note(self, odd: Odd, field: str) -> None:
        self.findings += [
            self._located(one) for one in odd_cells(odd, self.fields[field], self.grid, self.header[field])
        ]

    # --- days

    def dates(self, of_others: Order | None = None) -> DateColumns:
        """Read its days; ``of_others`` is the order of day and month that the other files tell."""
        names = [name for name in self.fields if name in date_fields(self.options.pipeline)]
        if of_others == "month first" and not table_locale(self.grid, "en"):
            of_others = None  # where the headers are in a language that writes the day first, it stands first
        return read_dates(
            {name: self.fields[name] for name in names},
            self.header,
            self.grid,
            locale=self.options.locale,
            of_others=of_others,
        )

    def take_dates(self, dates: DateColumns) -> None:
        """Make values of the days."""
        if dates.odd:
            self.findings.append(Finding(dates.odd.kind, self.rows, details=dates.odd.details, files=(self.name,)))
        if "first_response" in self.fields:
            self._take_response(dates)
        for name, read in dates.read.items():
            for odd in read.odd:
                self._note(odd, name)
            days = read.days
            if days is None:
                days = pl.repeat(None, len(self.fields[name].text), dtype=pl.Float64, eager=True)
            self.fields[name] = _dated(self.fields[name], days)

    def _take_response(self, dates: DateColumns) -> None:
        column = self.fields["first_response"]
        read = read_response(column, dates.order, locale=dates.locale, date1904=self.grid.date1904)
        if read.days is not None:
            self.fields["first_response"] = _dated(column, read.days)

    # --- money

    def take_amounts(self, scale: Mapping[str, int]) -> None:
        """Make values of the amounts, and of the currencies whatever tells them.

        Args:
            scale: The power of ten that the amounts of a field are counted in.
        """
        currencies: list[pl.Series] = []
        for name in _MONEY:
            if name in self.fields:
                read = read_amounts(self.fields[name], self.header[name])
                self._note_amounts(name, read, scale[name])
                if read.currency is not None:
                    currencies.append(self.fields[name].spread(read.currency))
                values = read.values.cast(pl.Float64) / 10.0 ** scale[name]
                blank = pl.repeat(None, len(values), dtype=pl.String, eager=True)
                self.fields[name] = RawColumn(blank, values, codes=self.fields[name].codes)
        if "currency" in self.fields:
            column = self.fields["currency"]
            currencies.append(column.spread(currency_codes(column.as_text())))
        if "amount" in self.fields and (code := header_currency(self.header["amount"])):
            currencies.append(pl.Series([code]).new_from_index(0, self.rows))
        if currencies:
            frame = pl.DataFrame([one.alias(str(place)) for place, one in enumerate(currencies)])
            self.fields["currency"] = from_texts(frame.select(pl.coalesce(pl.all())).to_series(), distinct=True)

    def _note_amounts(self, name: str, read: ReadAmounts, scale: int) -> None:
        for odd in read.odd:
            if odd.kind not in _LATER and not (odd.kind is FindingKind.SCALED_COLUMN and scale):
                self._note(odd, name)

    # --- the rest

    def take_status_as_stage(self) -> None:
        """Take its statuses for stages, where the other files have a column of these and its statuses are such."""
        if "stage" in self.fields or "status" not in self.fields:
            return
        if names_stages(self.fields["status"].text.drop_nulls(), self.options.pipeline):
            self.fields["stage"], self.header["stage"] = self.fields.pop("status"), self.header.pop("status")
            position = {"stage" if name == "status" else name: at for name, at in self.mapped.position.items()}
            self.mapped = replace(self.mapped, position=position)

    def probabilities(self) -> float | None:
        """The greatest probability that is told in the file, None where there is none."""
        if "probability" not in self.fields:
            return None
        column = self.fields["probability"]
        top = parse_amounts(column.as_text().str.replace(r"\s*%\s*$", "")).values.max()
        return top if isinstance(top, float) else None

    def others(self, places: Sequence[int]) -> dict[int, RawColumn]:
        """Columns that feed no field; days and numbers among them as values where the file tells how it writes them."""
        loaded = self.grid.load(list(places), frozenset())
        return {place: self._as_values(self._records(column), place) for place, column in loaded.columns.items()}

    def _as_values(self, column: RawColumn, place: int) -> RawColumn:
        profile = cell_types(self.grid.sample[place], self.options.pipeline)
        filled = column.text.drop_nulls()
        if profile.dates >= _MOSTLY and filled.str.contains(r"^\s*\d{1,2}[-/.]\d{1,2}[-/.]\d").any():
            header = self.grid.headers[place]
            read = read_dates({header: column}, {header: header}, self.grid, locale=self.options.locale).read[header]
            return column if read.days is None else _dated(column, read.days, keeps_texts=True)
        if profile.numbers >= _MOSTLY and filled.str.contains(r"[.,]").any():
            found = parse_amounts(column.text, self.grid.headers[place])
            is_bare = ~found.in_units & found.currency.is_null()
            return _numbered(column, found.values.set(~is_bare, None))
        return column


def _dated(column: RawColumn, days: pl.Series, *, keeps_texts: bool = False) -> RawColumn:
    """The column with these days instead of its texts; what could not be read is blank, or stays where it is kept."""
    known = days.is_not_null()
    if keeps_texts:
        texts = column.text.set(known, None)
        number = days.cast(pl.Float64)
        number = number if column.number is None else number.fill_null(column.number)
        return replace(column, text=texts, number=number, is_date=known | column.mark(column.is_date), is_flag=None)
    blank = pl.repeat(None, len(days), dtype=pl.String, eager=True)
    return RawColumn(blank, days.cast(pl.Float64), is_date=known, codes=column.codes)


def _numbered(column: RawColumn, values: pl.Series) -> RawColumn:
    known = values.is_not_null()
    number = values.cast(pl.Float64)
    number = number if column.number is None else number.fill_null(column.number)
    return replace(column, text=column.text.set(known, None), number=number)


class _Union:
    """The files on their way to one table."""

    def __init__(self, files: Sequence[tuple[RawTable, ColumnMap]], options: ReadOptions, after: int) -> None:
        self.options = options
        self.files: list[_File] = []
        for grid, mapped in files:
            self.files.append(_File(grid, mapped, options, after))
            after = self.files[-1].end

    def table(self) -> tuple[RawTable, ColumnMap]:
        """Make values of what only its own file tells, and put the columns below each other."""
        self._settle_dates()
        if any("stage" in one.fields for one in self.files):
            for one in self.files:
                one.take_status_as_stage()
        headers = {name: self._header_of_amounts(name) for name in _MONEY}
        for one in self.files:
            one.take_amounts({name: _power(header) for name, header in headers.items()})
        self._note_currencies()
        self._settle_probabilities()
        columns = [*self._of_fields(headers), *self._of_headers()]
        position = {column.field: place for place, column in enumerate(columns) if column.field}
        first = self.files[0].grid
        names = tuple(one.name for one in self.files)
        grid = RawTable(
            named(names),
            "",
            tuple(column.header for column in columns),
            self._samples(columns),
            first.first_row,
            tuple(line for one in self.files for line in one.grid.title),
            self._loader(columns),
            tuple(found for one in self.files for found in one.findings),
            row_no=pl.concat([one.grid.row_no.alias("row_no") for one in self.files if one.grid.row_no is not None]),
            also=self._other_headers(columns),
            sources=SourceFiles(names, tuple(one.end for one in self.files)),
            rows=sum(one.rows_read for one in self.files),
        )
        return grid, self._map(position)

    # --- what the files tell together

    def _settle_dates(self) -> None:
        """Read the days of each file by its own evidence; a file without any goes by what the others agree on."""
        dates = [one.dates() for one in self.files]
        orders = {found.order for found in dates if found.order}
        if len(orders) == 1:
            [order] = orders
            dates = [
                one.dates(order) if _is_undecided(found) else found
                for one, found in zip(self.files, dates, strict=True)
            ]
        for one, found in zip(self.files, dates, strict=True):
            one.take_dates(found)

    def _note_currencies(self) -> None:
        """Say which file's amounts are in a currency that only the others name."""
        codes: set[str] = set()
        for one in self.files:
            if "currency" in one.fields:
                codes.update(one.fields["currency"].text.drop_nulls().to_list())
        for one in self.files:
            if codes and "amount" in one.fields and "currency" not in one.fields:
                count = int(one.fields["amount"].filled().sum())
                header = one.header["amount"]
                details = {"currencies": tuple(sorted(codes))}
                found = Finding(FindingKind.FILE_WITHOUT_CURRENCY, count, header, details=details, files=(one.name,))
                one.findings += [found] if count else []

    def _settle_probabilities(self) -> None:
        """Write all probabilities as per cent; a file with nothing but 0 and 1 goes by what the others have."""
        tops = [one.probabilities() for one in self.files]
        are_shares = [top is not None and top <= 1 for top in tops]
        if all(are_shares[place] for place, top in enumerate(tops) if top is not None) or not any(are_shares):
            return
        for one, is_share in zip(self.files, are_shares, strict=True):
            if "probability" not in one.fields:
                continue
            column = one.fields["probability"]
            values = parse_amounts(column.as_text().str.replace(r"\s*%\s*$", "")).values.cast(pl.Float64)
            if is_share and bool(((values > 0) & (values < 1)).any()):
                values = values * 100
            blank = pl.repeat(None, len(values), dtype=pl.String, eager=True)
            one.fields["probability"] = RawColumn(blank, values, codes=column.codes)

    def _header_of_amounts(self, field: str) -> str:
        """What a column of amounts is called: with a unit or a currency only where every file names the same."""
        headers = [one.header[field] for one in self.files if field in one.fields]
        marks = {(_power(header), header_currency(header)) for header in headers}
        if len(marks) <= 1:
            return headers[0] if headers else ""
        return next((one for one in headers if not _power(one) and not header_currency(one)), _PLAIN_AMOUNT)

    # --- the columns

    def _of_fields(self, headers: Mapping[str, str]) -> Iterator[_Column]:
        """The columns that feed a field, each under the first of its headers."""
        found: dict[str, str] = {}
        for one in self.files:
            for name in (*one.fields, *one.mapped.position):
                found[name] = found.get(name) or headers.get(name) or one.header.get(name, "")
        for name, header in found.items():
            yield _Column(header, name, tuple(one.mapped.position.get(name) for one in self.files))

    def _of_headers(self) -> Iterator[_Column]:
        """The columns that feed none, by their headers; of two alike in one file the first goes with the first."""
        found: dict[tuple[str, int], list[int | None]] = {}
        shown: dict[tuple[str, int], str] = {}
        for at, one in enumerate(self.files):
            fed, met = set(one.mapped.position.values()), dict[str, int]()
            for place, header in enumerate(one.grid.headers):
                if place in fed or not header.strip():
                    continue
                text = " ".join(header.casefold().split())
                key = (text, met.get(text, 0))
                met[text] = key[1] + 1
                shown.setdefault(key, header)
                found.setdefault(key, [None] * len(self.files))[at] = place
        for key, places in found.items():
            yield _Column(shown[key], None, tuple(places))

    def _samples(self, columns: Sequence[_Column]) -> tuple[tuple[object, ...], ...]:
        most = max(_FEWEST_SAMPLED, SAMPLE_ROWS // len(self.files))
        return tuple(
            tuple(
                cell
                for one, place in zip(self.files, column.places, strict=True)
                for cell in _sample(one, column.field, place, most)
            )
            for column in columns
        )

    def _loader(self, columns: Sequence[_Column]) -> Any:
        rows = sum(one.rows for one in self.files)

        def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
            parts: dict[int, list[tuple[RawColumn | None, int]]] = {position: [] for position in positions}
            for at, one in enumerate(self.files):
                wanted = {position: columns[position].places[at] for position in positions}
                made = {
                    position: column
                    for position in positions
                    if (column := one.fields.get(columns[position].field or "")) is not None
                }
                further = {place for position, place in wanted.items() if place is not None and position not in made}
                loaded = one.others(sorted(further)) if further else {}
                for position, place in wanted.items():
                    parts[position].append((made.get(position) or loaded.get(-1 if place is None else place), one.rows))
            return Loaded({position: stacked(some) for position, some in parts.items()}, rows)

        return load

    def _other_headers(self, columns: Sequence[_Column]) -> dict[str, int]:
        """Headers of a column in the files that call it otherwise; none that means two of them."""
        found: dict[str, set[int]] = {}
        for position, column in enumerate(columns):
            for one, place in zip(self.files, column.places, strict=True):
                if place is not None and one.grid.headers[place] != column.header:
                    found.setdefault(one.grid.headers[place], set()).add(position)
        return {header: positions.pop() for header, positions in found.items() if len(positions) == 1}

    def _map(self, position: dict[str, int]) -> ColumnMap:
        matches: dict[tuple[str, str | None], ColumnMatch] = {}
        for one in self.files:
            for match in one.mapped.columns:
                matches.setdefault((match.header.casefold(), match.field), match)
        every = [one.mapped for one in self.files]
        return ColumnMap(
            tuple(matches.values()),
            position,
            {},
            tuple(dict.fromkeys(tie for one in every for tie in one.ties)),
            tuple(dict.fromkeys(tie for one in every for tie in one.headline_ties)),
            tuple(dict.fromkeys(header for one in every for header in one.free_dates)),
        )


def _is_undecided(dates: DateColumns) -> bool:
    return any(odd.kind is FindingKind.AMBIGUOUS_DATES for read in dates.read.values() for odd in read.odd)


def _power(header: str) -> int:
    unit = header_unit(header) if header else None
    return unit.power if unit else 0


def _sample(one: _File, field: str | None, place: int | None, most: int) -> Sequence[object]:
    if place is not None:
        return one.grid.sample[place][:most]
    column = one.fields.get(field or "")
    rows = pl.int_range(min(most, one.rows), dtype=pl.UInt32, eager=True)
    return [None] * min(most, one.rows) if column is None else column.at(rows)
