"""One attack: files in a folder and a command line that reads them, both told by a seed and a number."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.attack import columnar, formats, more, options, tables
from tests.attack.maps import map_workbook
from tests.attack.processes import Command

OLD = b"what stood here before"
_FILE_NAMES = (
    "leads",
    "leads 2025",
    "Лиды",
    "zażółć",
    "a'b",
    "a[1]",
    "a*b",
    "-x",
    "%41",
    "sales;1",
    "x" * 120,
    "leads.2025",
    "le\udcffads",
    *(name for name in tables.PROJECT_NAMES if not set(name) & {"/", "\n"} and name != ".."),
)


@dataclass
class Attack:
    """A command in its folder.

    Attributes:
        name: Seed and number, as ``--only`` takes them.
        command: What is run.
        tags: What was done to it.
        outputs: Paths that may be new or changed afterwards.
        size: Bytes of all files it may read.
    """

    name: str
    command: Command
    tags: list[str]
    outputs: list[Path]
    size: int = 0
    readable: list[Path] = field(default_factory=list)


def make(seed: int, number: int, folder: Path) -> Attack:
    """Make the files of an attack in an empty folder.

    Args:
        seed: Of the run.
        number: Of the attack in it.
        folder: Where ``work``, ``tmp`` and ``home`` are made.
    """
    random = Random(f"{seed}-{number}")
    work = folder / "work"
    for name in ("work", "tmp", "home"):
        (folder / name).mkdir()
    maker = _Maker(work, random)
    command = maker.command(_Maker(work, Random(f"{seed}-{number}-more")))
    files = [path for path in work.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    return Attack(f"{seed}:{number}", command, maker.tags, [work / name for name in maker.outputs], size, files)


class _Maker:
    """Chooses and writes."""

    def __init__(self, work: Path, random: Random) -> None:
        self.work = work
        self.random = random
        self.tags: list[str] = []
        self.outputs: list[str] = []
        self.stdin = os.devnull

    def command(self, beside: _Maker) -> Command:
        """The command line, its files written; what it reads beside the leads another one chooses."""
        random = self.random
        table = tables.make("leads" if random.random() < 0.6 else "deals", random)
        leads = self._leads(table)
        said = [
            leads,
            *self._seconds(table),
            *options.counting(table, random),
            *self._outputs(leads),
            *options.writing(random),
        ]
        if random.random() < 0.07:
            (self.work / "earlier.xlsx").write_bytes(map_workbook(random))
            said += ["--reuse-map", "earlier.xlsx"]
            self.tags.append("map")
        said += beside.more(table)
        self.tags += beside.tags
        said = ["funnel", *(["--", *said] if said[0].startswith("-") and random.random() < 0.1 else said)]
        return self._circumstances(Command(said, self.work, self.stdin))

    # tables

    def more(self, leads: tables.Table) -> list[str]:
        """Histories, reports, rates, more files of leads and a project file."""
        said, tags = more.beside(leads, self.work, self._more_table, self.random)
        self.tags += tags
        return said

    def _more_table(self, table: tables.Table, stem: str) -> str:
        if self.random.random() < 0.5:
            self._table(table)
        if self.random.random() < 0.15:
            self._write(f"{stem}.parquet", columnar.parquet_file(table, self.random))
            return f"{stem}.parquet"
        form = self.random.choice(("text", "text", "text", "xlsx", "ods"))
        return self._file(table, form, f"{stem}{'.csv' if form == 'text' else f'.{form}'}")

    def _table(self, table: tables.Table) -> None:
        self.tags += tables.spoil(table, self.random)

    def _name(self, ending: str) -> str:
        return (self.random.choice(_FILE_NAMES) if self.random.random() < 0.15 else "leads") + ending

    def _leads(self, table: tables.Table) -> str:
        random = self.random
        self._table(table)
        kind = random.choice(
            ("text",) * 9 + ("xlsx",) * 4 + ("ods", "xlsb", "xls") + ("parquet",) * 3 + ("parts", "duckdb", "duckdb")
        )
        if random.random() < 0.02:
            kind = "nothing"
        self.tags.append(kind)
        match kind:
            case "parquet":
                name = self._name(".parquet")
                self._write(name, columnar.parquet_file(table, random))
                return self._engine(name)
            case "parts":
                (self.work / "parts").mkdir()
                for part in "abc"[: random.randint(1, 3)]:
                    if random.random() < 0.1:
                        self._table(table)
                    self._write(f"parts/{part}.parquet", columnar.parquet_file(table, random))
                return self._engine(
                    random.choice(
                        (
                            "parts/*.parquet",
                            "parts/[ab].parquet",
                            "parts/*.parquet",
                            "parts/**",
                            "parts/*",
                            "parts/?.csv",
                        )
                    )
                )
            case "duckdb":
                self._write_secret()
                names = columnar.duckdb_file(table, self.work / "sales.db", self.work.parent / "secret.txt", random)
                name = "leads" if random.random() < 0.5 else random.choice(names)
                self._spoil_bytes("sales.db", 0.1)
                root = random.choice(("duckdb:///",) * 8 + (f"duckdb:///{self.work}/", "duckdb://", "duckdb:"))
                return f"{root}sales.db" + random.choice(
                    (f"?table={name}",) * 40 + ("", "?table=", f"?table={name}&x=1#y")
                )
            case "nothing":
                return random.choice(
                    (
                        "missing.csv",
                        "",
                        ".",
                        "work",
                        "/",
                        "*.csv",
                        "[",
                        "-",
                        "/dev/null",
                        "duckdb:///missing.db?table=x",
                    )
                )
        return self._file(table, kind)

    def _engine(self, name: str) -> str:
        self.engine = True
        return name

    def _file(self, table: tables.Table, kind: str, name: str = "") -> str:
        random = self.random
        if kind == "text":
            name = name or self._name(random.choice((".csv", ".csv", ".csv", ".tsv", ".txt", ".CSV", "", ".xlsx")))
            self._write(name, formats.text_file(table, random))
            return name
        name = name or self._name(f".{kind}")
        write = {
            "xlsx": formats.xlsx_file,
            "ods": formats.ods_file,
            "xlsb": formats.xlsb_file,
            "xls": formats.xls_file,
        }[kind]
        sheets = [("Leads", table.lines())]
        if random.random() < 0.3:
            sheets.insert(
                random.randint(0, 1),
                (random.choice(("Notes", "Other", "Funnel", "Лист")), [["note", hidden_cell(random)]]),
            )
        if random.random() < 0.1:
            at = random.randrange(len(sheets))
            sheets[at] = (random.choice(tables.PROJECT_NAMES)[:31], sheets[at][1])
        self._write(name, write(sheets, random))
        return name

    def _write(self, name: str, content: bytes) -> None:
        (self.work / name).write_bytes(content)
        self._spoil_bytes(name, 0.1)

    def _spoil_bytes(self, name: str, share: float) -> None:
        if self.random.random() < share:
            path = self.work / name
            content, what = spoiled(path.read_bytes(), self.random)
            path.write_bytes(content)
            self.tags.append(what)

    def _seconds(self, leads: tables.Table) -> list[str]:
        """Spend, touches and deals beside the leads."""
        random, said = self.random, []
        if getattr(self, "engine", False) and random.random() < 0.6:
            said += ["--engine", random.choice(("polars", "duckdb", "duckdb"))]
            self.tags.append(said[-1])
        elif random.random() < 0.03:
            said += ["--engine", random.choice(("polars", "duckdb", "pandas"))]
        for option, share in (("--spend", 0.15), ("--touches", 0.12), ("--deals", 0.12)):
            while random.random() < share:
                kind = option.removeprefix("--")
                if random.random() < 0.06:
                    said += [option, random.choice(("missing.csv", "leads.csv", ".", "/dev/null", "*.parquet"))]
                    break
                table = tables.make(kind, random)
                if kind != "spend" and leads.rows and random.random() < 0.6:
                    for row, lead in zip(table.rows, leads.rows, strict=False):
                        if row and lead:
                            row[0] = lead[0]
                self._table(table)
                name = f"{kind}{len(said)}"
                if random.random() < 0.35:
                    said += [option, self._second_in_parquet(option, name, table)]
                else:
                    form = random.choice(("text", "text", "text", "xlsx", "ods", "xlsb", "xls"))
                    said += [option, self._file(table, form, f"{name}{'.csv' if form == 'text' else f'.{form}'}")]
                self.tags.append(kind)
        return said

    def _second_in_parquet(self, option: str, name: str, table: tables.Table) -> str:
        """A second table in Parquet; touches also in several parts, or in a database."""
        random = self.random
        chosen = random.random() if option == "--touches" else 1
        if chosen < 0.1:
            self._write_secret()
            database = self.work / f"{name}.db"
            columnar.duckdb_file(table, database, self.work.parent / "secret.txt", random)
            return f"duckdb:///{name}.db?table={random.choice(('leads', 'leads', 'leads', 'v', 's.leads', 'missing'))}"
        self._write(f"{name}.parquet", columnar.parquet_file(table, random))
        if chosen < 0.25:
            self._write(f"{name}-2.parquet", columnar.parquet_file(table, random))
            return f"{name}*.parquet"
        return f"{name}.parquet"

    def _write_secret(self) -> None:
        (self.work.parent / "secret.txt").write_text(columnar.SECRET)

    # outputs and circumstances

    def _outputs(self, leads: str) -> list[str]:
        random, said = self.random, []
        chosen = random.random()
        if chosen < 0.45:
            said += self._output(
                "-o", random.choice(("funnel.xlsx", "out/funnel.xlsx", "Воронка.xlsx", "old.xlsx", "old.xlsx"))
            )
        if chosen > 0.3:
            said += self._output("--json", random.choice(("funnel.json", "old.json", "-", "-")))
        if chosen > 0.97:
            said = []
        elif chosen > 0.8:
            said += self._output("--html", random.choice(("page.html", "old.html")))
        if random.random() < 0.04:
            read = sorted(str(path.relative_to(self.work)) for path in self.work.rglob("*.*") if path.is_file())
            odd = random.choice(("x.csv", "missing/x.xlsx", ".", "/dev/full", "old.xlsx", *read * 3))
            said += self._output(random.choice(("-o", "--json")), odd)
        if not said:
            stem = "leads" if set(leads) & set("*?[") else Path(leads).stem
            self.outputs.append(f"{stem}-funnel.xlsx")
        (self.work / "out").mkdir(exist_ok=True)
        return said

    def _output(self, option: str, name: str) -> list[str]:
        path = self.work / name
        if name.startswith("old.") and not path.exists():
            read = [one.name for one in self.work.iterdir() if one.is_file()]
            if read and self.random.random() < 0.05:
                path.symlink_to(self.random.choice(read))
                return [option, name]
            if self.random.random() < 0.3:
                (self.work / f"real.{name}").write_bytes(OLD)
                path.symlink_to(f"real.{name}")
                self.outputs.append(f"real.{name}")
            else:
                path.write_bytes(OLD)
        is_read = path.is_file() and path.read_bytes() != OLD  # which must never be written to
        if not name.startswith(("/", "-")) and not is_read:
            self.outputs.append(name)
        return [option, name]

    def _circumstances(self, command: Command) -> Command:
        """Some are interrupted; some have streams in another encoding, closed or full, or read a pipe."""
        random = self.random
        chosen = random.random()
        if chosen < 0.03:
            number = random.choice((signal.SIGINT, signal.SIGTERM))
            command.signal = {"number": int(number), "after": random.uniform(0, 0.25)}
            self.tags.append(number.name)
        elif chosen < 0.05:
            page = random.choice(("cp1252", "cp1250", "cp1251", "cp852", "ascii", "cp1252", "latin-1:strict"))
            command.environment = {"PYTHONIOENCODING": page, "PYTHONUTF8": "0"}
            self.tags.append(page)
        elif chosen < 0.065:
            command.alone = True
            command.streams = {random.choice(("stdout", "stderr")): random.choice(("closed", "full", "left"))}
            self.tags += [f"{name} {how}" for name, how in command.streams.items()]
        elif chosen < 0.075 and (self.work / command.words[1]).is_file():
            command.stdin = str(self.work / command.words[1])
            command.words[1] = random.choice(("-", "/dev/stdin"))
            if not {"-o", "--json", "--html"} & set(command.words):
                command.words += self._output("-o", "funnel.xlsx")
            self.tags.append("stdin")
        return command


def hidden_cell(random: Random) -> Any:
    """A cell of another sheet."""
    return random.choice(("x", None, 1, tables.hostile(random)))


def spoiled(content: bytes, random: Random) -> tuple[bytes, str]:
    """Bytes as a broken download, disk or program leaves them."""
    at = random.randrange(len(content) + 1)
    some = random.choice((1, 4, 64, 5_000))
    changed = bytearray(content)
    match random.randrange(9):
        case 0:
            return content[:at], "cut off"
        case 1 | 2 | 3:
            for _ in range(random.choice((1, 3, 20))):
                if changed:
                    changed[random.randrange(len(changed))] = random.randrange(256)
            return bytes(changed), "bytes changed"
        case 4:
            return content[:at] + random.randbytes(some) + content[at:], "bytes inserted"
        case 5:
            return content[:at] + content[at + some :], "bytes lost"
        case 6:
            return content[:at] + bytes(some) + content[at + some :], "zeros"
        case 7:
            return content + content, "twice"
        case _:
            return content[at:], "start lost"
