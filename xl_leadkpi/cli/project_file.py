"""``leadkpi.toml``: the settings of a monthly run in a file, checked, each fault with its line and its remedy."""

from __future__ import annotations

import argparse
import glob
import re
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cli.argument_types import DAY, FLAG, NUMBER, NUMBERS, WHOLE
from xl_leadkpi.cli.inputs import REPORTS
from xl_leadkpi.cli.settings import PROJECT, READ, WRITTEN, settings
from xl_leadkpi.errors import OWN_STAGES, InputError, UserError, brief

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.cli.argument_types import TomlKind
    from xl_leadkpi.cli.settings import Setting
    from xl_leadkpi.leads.model.stage import OwnStage

VERSION = 1
"""Of what a project file may hold: higher as soon as it holds what an older program would read otherwise."""
STAGES = "stages"
"""Key of the stages of the user's own, where it is a list and no mode."""
_OF_STAGE = ("name", "words", "stands_for")
EVERY_TABLE = "all"
"""Stands among the encodings for the tables that are not named."""
_MOST_BYTES = 1 << 20
_LONGEST_STATEMENT = 1_000
_STDIN = _STDOUT = "-"
_SIGNS = "*?["
"""What stands for any letters in a pattern."""
_SECTIONS = ("inputs", "output")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A project file that has been read.

    Attributes:
        path: The file.
        values: By setting, what the command line would have made of it; files relative to the file's folder.
        text: What stands in it.
    """

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    def place(self, *keys: str) -> str:
        """Where something stands, for a message: file, line and key."""
        line = line_of(self.text, keys)
        return (
            f"{self.path}, "
            + (f"line {line}: " if line else "")
            + ".".join(brief(" ".join(key.split())) for key in keys)
        )

    def place_of(self, setting: str, entry: str) -> str:
        """Where what an error calls a setting stands, and the entry of it; ``""`` where the file has none of it."""
        if setting.startswith(OWN_STAGES):
            listed = [stage.name for name in ("own_stages", "own_win") for stage in _in_list(self.values.get(name))]
            numbers = [number for number, name in enumerate(listed, start=1) if name == entry]
            # of two with one name the later is at fault
            return self.place_of_stage(numbers[-1] if numbers else 1, setting.partition(".")[2]) if listed else ""
        if setting == "pipeline" and setting not in self.values:  # which a condition may name as well
            setting, entry = "where", f"{setting} = {entry}"
        filed, known = self.values.get(setting), settings().get(setting)
        if known is None or filed is None:
            return ""
        if known.is_table:
            # figures may be named in any letters
            entry = next((name for name, _ in filed if name.casefold() == entry.casefold()), entry)
            shown = EVERY_TABLE if setting == "encoding" and not entry else entry
            return self.place(*known.path, shown) if entry in dict(filed) else ""
        entries = {str(one).strip().casefold() for one in _in_list(filed)}
        is_there = not known.several or not entry or entry.strip().casefold() in entries
        return self.place(*known.path) if is_there else ""

    def place_of_stage(self, number: int, key: str = "") -> str:
        """Where the stage of a number, from 1, begins, or a key of it stands."""
        lines = list(_lines_of_stages(self.text))
        if not 1 <= number <= len(lines):
            return self.place(STAGES)
        line = lines[number - 1].get(key) if key else None
        return f"{self.path}, line {line or lines[number - 1]['']}: {STAGES}" + (f".{key}" if line else "")


def read_project(path: Path) -> ProjectFile:
    """Read a project file.

    Args:
        path: The file.

    Raises:
        UserError: It cannot be read, is no TOML, or holds what it may not; a line for each fault.
    """
    text = _text_of(path)
    try:
        content = tomllib.loads(text)
    except ValueError as error:  # of a number with thousands of digits too
        raise _no_toml(path, text, error) from None
    except RecursionError:
        raise UserError(f"{path}: brackets stand in brackets more than any setting does; remove them") from None
    reader = _Reader(ProjectFile(path, {}, text))
    reader.check_version(content.pop("version", VERSION))
    reader.take(content)
    if reader.faults:
        raise UserError("\n".join(reader.faults))
    return ProjectFile(path, reader.values, text)


def _text_of(path: Path) -> str:
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder; name the project file in it, such as {path / PROJECT}")
        if not path.exists():
            raise UserError(f"{path}: there is no such project file; `leadkpi check LEADS --write` writes one")
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({said}); check the name and the rights") from None
    if len(content) > _MOST_BYTES:
        raise UserError(f"{path}: more than {_MOST_BYTES >> 20} MB are no project file; name another with --project")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: this is no text in UTF-8; save the file with that encoding") from None


def _no_toml(path: Path, text: str, error: ValueError) -> UserError:
    said = str(error)
    found = _PLACE.search(said)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    reason = said[: found.start()] if found else said
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    remedy = "write a setting as key = value, texts in quotation marks, a name with spaces in them too"
    if "\\" in written:
        remedy = "in double quotation marks \\ has a meaning of its own: write 'C:\\data' or \"C:/data\""
    elif "verwrite" in reason or "twice" in reason:
        remedy = "it stands there already: remove one of the two"
    return UserError(f"{path}, line {line}: this is no TOML ({brief(reason)}); {remedy}")


def line_of(text: str, keys: Keys) -> int | None:
    r"""The line in which a key is given a value, or a table begins; the nearest that is there.

    >>> line_of('top = 3\n\n[stage_words]\n"Hot" = "SQL"\n', ("stage_words", "Hot"))
    4
    """
    found: dict[Keys, int] = {}
    for line, header, statement in _statements(text):
        for path in [()] if statement is None else _paths(statement):
            for end in range(1, len(header) + len(path) + 1):
                found.setdefault((*header, *path)[:end], line)
    return next((found[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in found), None)


def _statements(text: str) -> Iterator[tuple[int, Keys, dict[str, Any] | None]]:
    """Every statement of a text that is TOML: its line, the table it is in, its content; None where a table begins."""
    header: Keys = ()
    start, lines = 0, text.split("\n")
    while start < len(lines):
        stripped = lines[start].strip()
        end = start + 1
        if stripped and not stripped.startswith("#"):
            statement = _parsed(lines[start:end])
            while statement is None and end < min(len(lines), start + _LONGEST_STATEMENT):
                end += 1
                statement = _parsed(lines[start:end])
            if statement is None:
                return
            if stripped.startswith("["):
                header = next(iter(_paths(statement)), ())
                yield start + 1, header, None
            else:
                yield start + 1, header, statement
        start = end


def _lines_of_stages(text: str) -> Iterator[dict[str, int]]:
    r"""Of each stage of the user's own the line that it begins in, by ``""``, and those of its keys.

    >>> list(_lines_of_stages('[[ stages ]]  # first\nname = "A"\n'))
    [{'': 1, 'name': 2}]
    >>> list(_lines_of_stages('stages = [\n  {name = "A"},\n\n  {name = "B"}]\n'))
    [{'': 2}, {'': 4}]
    """
    found: dict[str, int] = {}
    for line, header, statement in _statements(text):
        if header == (STAGES,) and statement is None:
            if found:
                yield found
            found = {"": line}
        elif header == (STAGES,):
            found |= dict.fromkeys(statement or (), line)
        elif not header and isinstance((statement or {}).get(STAGES), list):
            yield from ({"": line + at} for at in _ends_of_items(text.split("\n")[line - 1 :]))
            return
    if found:
        yield found


def _ends_of_items(lines: list[str]) -> Iterator[int]:
    """Of each item of a list that a text begins with the line, from 0, in which it ends."""
    known = 0
    for at in range(min(len(lines), _LONGEST_STATEMENT)):
        # what is complete with a bracket has no item that goes on
        whole = _parsed(lines[: at + 1])
        content = whole or _parsed([*lines[: at + 1], "]"])
        items = len(content[STAGES]) if content else known
        yield from [at] * (items - known)
        known = items
        if whole:
            return


def _in_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value] if value is not None else []


def _parsed(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _paths(content: Mapping[str, Any]) -> Iterator[Keys]:
    """The keys that lead to every value; to an empty table too."""
    for key, value in content.items():
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict) and inner:
            yield from ((key, *rest) for rest in _paths(inner))
        else:
            yield (key,)


class _Reader:
    """Takes the values of a project file, and keeps a list of what is wrong with it."""

    def __init__(self, file: ProjectFile) -> None:
        self.file = file
        self.folder = file.path.parent
        self.values: dict[str, Any] = {}
        self.faults: list[str] = []
        self.known = {setting.path: setting for setting in settings().values()}
        self.listed: dict[str, Any] = {}

    def fault(self, keys: Keys, text: str) -> None:
        self.faults.append(f"{self.file.place(*keys)}: {text}")

    def fault_of_stage(self, number: int, text: str) -> None:
        self.faults.append(f"{self.file.place_of_stage(number)}: {text}")

    def check_version(self, version: Any) -> None:
        if type(version) is not int or version < 1:
            self.fault(("version",), f"{brief(repr(version))} is no version; write version = {VERSION}")
        elif version > VERSION:
            raise UserError(
                f"{self.file.place('version')}: the file is for a newer leadkpi (version {version}, this one knows "
                f"{VERSION}): install the newer one (pip install --upgrade), or write the file anew with `leadkpi "
                "check LEADS --write --force`"
            )

    def take(self, content: Mapping[str, Any]) -> None:
        listed = content.get(STAGES)
        if isinstance(listed, list):
            self._stages(listed)
        for key, value in content.items():
            if key == STAGES and isinstance(value, list):
                continue
            if key == STAGES and isinstance(value, dict):
                said = "write words of stages below [stage_words], begin each stage of your own with [[stages]]"
                self.fault((key,), f"this is no list of stages; {said}")
            elif key not in _SECTIONS:
                self._take((key,), value)
            elif not isinstance(value, dict):
                self.fault((key,), f"{_shown(value)} does not fit; write its settings below a line [{key}]")
            else:
                for inner, one in value.items():
                    self._take((key, inner), one)

    def _take(self, path: Keys, value: Any) -> None:
        setting = self.known.get(path)
        if setting is None:
            self.fault(path, self._unknown(path))
        elif setting.is_table:
            self.values[setting.name] = list(self._pairs(setting, value))
        elif isinstance(value, list) and setting.several:
            taken = [self._one(setting, one) for one in value]
            self.values[setting.name] = [one for each in taken for one in each]
        else:
            taken_one = self._one(setting, value)
            if taken_one:
                self.values[setting.name] = taken_one if setting.several else taken_one[0]

    def _stages(self, listed: Sequence[Any]) -> None:
        """The stages of the user's own, in order; the one that stands for the win last."""
        from xl_leadkpi.leads.model.stage import WON, OwnStage, possible_pipelines

        stages: list[OwnStage] = []
        for number, one in enumerate(listed, start=1):
            if not isinstance(one, dict):
                self.fault((STAGES,), f"{_shown(one)} is no stage: begin each with [[stages]] and give it a name")
                return
            odd = next((key for key in one if key not in _OF_STAGE), None)
            if odd is not None:
                self.fault((STAGES, odd), f"there is no such setting of a stage; use {', '.join(_OF_STAGE)}")
            name, words, stands_for = one.get("name", ""), one.get("words", []), one.get("stands_for", "")
            texts = [name, stands_for, *(words if isinstance(words, list) else [0])]
            if not all(isinstance(text, str) for text in texts) or not name.strip():
                said = "give it a name (a text), and if need be words (a list of texts) and stands_for (a text)"
                self.fault_of_stage(number, f"this is no stage; {said}")
                return
            stages.append(OwnStage(name.strip(), tuple(text.strip() for text in words), stands_for.strip()))
        wins = [stage for stage in stages if stage.stands_for.casefold() == WON.casefold()]
        if len(wins) > 1 or (wins and stages[-1] is not wins[0]):
            self.fault(
                (STAGES,), f"put one stage at most for {WON}, and put it last: '{wins[0].name}' is not alone there"
            )
            return
        win = OwnStage(wins[0].name, wins[0].words) if wins else OwnStage(WON)
        open_stages = tuple(stage for stage in stages if stage not in wins)
        try:
            possible_pipelines(open_stages, win)
        except InputError as error:
            file = replace(self.file, values={"own_stages": open_stages, "own_win": win})
            place = file.place_of(*error.setting or (OWN_STAGES, ""))
            self.faults.append(f"{place}: {str(error).removeprefix('Stages: ')}")
            return
        self.listed = {"own_stages": open_stages, "own_win": win}
        self.values |= self.listed

    def _unknown(self, path: Keys) -> str:
        """Say which setting a key that is none may stand for: the same elsewhere, else the nearest."""
        import difflib

        name = path[-1]
        writings = {".".join(one): one for one in self.known}
        elsewhere = [full for full, one in writings.items() if one[-1] == name]
        options = {setting.option.lstrip("-").replace("-", "_"): setting for setting in self.known.values()}
        if not elsewhere and name.replace("-", "_") in options:
            elsewhere = [".".join(options[name.replace("-", "_")].path)]
        if elsewhere:
            place = writings[elsewhere[0]]
            return f"there is no such setting here; move {place[-1]} {_where(place, to=True)}"
        last = {one[-1]: one for one in writings.values()}
        near = difflib.get_close_matches(name, [*last, *options, "version"], 1)
        if near and near[0] != "version":
            place = last.get(near[0]) or options[near[0]].path
            return f"there is no such setting; did you mean {place[-1]}? It stands {_where(place)}"
        said = "version" if near else ", ".join(sorted(writings))
        return f"there is no such setting; {'did you mean version?' if near else f'the settings are: {said}'}"

    def _one(self, setting: Setting, value: Any) -> list[Any]:
        """A single value as the command line has it, in a list; none where it is wrong."""
        if not _is_of(setting.kind, value):
            expected = setting.kind.words
            if setting.choices:
                expected = f"one of {', '.join(setting.choices)}, in quotation marks"
            several = " or a list of them" if setting.several else ""
            several = " or a list of [[stages]]" if setting.path == (STAGES,) else several
            self.fault(setting.path, f"{_shown(value)} does not fit; write {expected}{several}")
            return []
        if setting.kind is FLAG:
            return [value]
        text = str(value)
        try:
            taken = setting.convert(text)
        except argparse.ArgumentTypeError as error:
            self.fault(setting.path, str(error))
            return []
        if setting.choices and taken not in setting.choices:
            import difflib

            near = difflib.get_close_matches(text, setting.choices, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            self.fault(setting.path, f"{_shown(value)} is unknown; {hint}write one of {', '.join(setting.choices)}")
            return []
        if setting.name in READ | WRITTEN:
            return self._files(setting, text)
        is_rates_file = setting.name == "rate" and "=" not in text
        return [_in_folder(text, self.folder, is_output=False) if is_rates_file else taken]

    def _files(self, setting: Setting, text: str) -> list[Any]:
        if not text.strip() or "\0" in text:
            self.fault(setting.path, f"{_shown(text)} names no file; write its name, or remove the line")
            return []
        place = _in_folder(text, self.folder, is_output=setting.name in WRITTEN)
        if setting.name in ("spend", *REPORTS) and is_pattern(place):  # those of leads and deals are read as patterns
            found = sorted(glob.glob(place, recursive=True))  # noqa: PTH207 (may be absolute)
            if not found:
                self.fault(setting.path, f"no file fits {_shown(text)}; check the folder and the name")
            return [setting.convert(one) for one in found]
        return [setting.convert(place)]

    def _pairs(self, setting: Setting, value: Any) -> Iterator[tuple[str, Any]]:
        if not isinstance(value, dict):
            self.fault(
                setting.path,
                f"{_shown(value)} does not fit; write {setting.kind.words}, in a part that begins with [{setting.key}]",
            )
            return
        for keys, one in _flat(value):
            path = (*setting.path, *keys)
            if setting.kind is NUMBERS:
                yield from self._number(setting, path, one)
                continue
            if not isinstance(one, str) or not one.strip():
                self.fault(path, f"{_shown(one)} does not fit; write a text in quotation marks")
                continue
            left, right = ".".join(keys).strip(), one.strip()
            if setting.name == "encoding" and left == EVERY_TABLE:
                left = ""
            said = _entry_fault(setting.name, left, right, self.listed)
            if said:
                self.fault(path, said)
            yield left, right

    def _number(self, setting: Setting, path: Keys, value: Any) -> Iterator[tuple[str, float]]:
        """An entry of a table of numbers; a share may be a text such as ``"25%"``."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.fault(path, f"{_shown(value)} is no number; write one such as 250, or a share such as 0.25")
            return
        try:
            yield setting.convert(f"{path[-1]}={value}")
        except argparse.ArgumentTypeError as error:
            self.fault(path, str(error))


def _where(path: Keys, *, to: bool = False) -> str:
    if len(path) > 1:
        return f"below [{path[0]}]"
    return f"{'to' if to else 'at'} the top, above all parts in brackets"


def _is_of(kind: TomlKind, value: Any) -> bool:
    if kind is DAY:
        return type(value) is date
    if kind in (WHOLE, NUMBER):
        return type(value) in kind.types
    return isinstance(value, kind.types) and (kind is FLAG or not isinstance(value, bool))


def _shown(value: Any) -> str:
    """A value as it may stand in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return brief(f"'{value}'" if isinstance(value, str) else str(value))


def _flat(value: Mapping[str, Any]) -> Iterator[tuple[Keys, Any]]:
    """The values of a table and of those in it: ``deals.amount`` without quotation marks is a table in a table."""
    for key, one in value.items():
        if isinstance(one, dict) and one:
            yield from (((key, *rest), inner) for rest, inner in _flat(one))
        else:
            yield (key,), one


def _entry_fault(name: str, left: str, right: str, listed: Mapping[str, Any]) -> str:
    """What is wrong with one entry of a table of words, ``""`` if nothing is."""
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.leads.overrides import checked

    entry = {left: right}
    options = {
        "map": lambda: ReadOptions(fields=entry, **listed),
        "stage": lambda: ReadOptions(words=entry, **listed),
        "encoding": lambda: ReadOptions(encodings=entry),
    }
    try:
        if name in options:
            checked(options[name]())
    except InputError as error:
        return str(error).removeprefix("--encoding: ")
    return ""


def is_pattern(text: str) -> bool:
    """Tell whether a name stands for all files that fit it."""
    return bool(set(text) & set(_SIGNS)) and not Path(text).exists()


def _in_folder(text: str, folder: Path, *, is_output: bool) -> str:
    """A file, a pattern or an address of the project, as seen from where the command runs."""
    if text in (_STDIN, _STDOUT) or folder == Path():
        return text
    if text.startswith("duckdb:"):
        from urllib.parse import quote, unquote

        name, sign, query = text.removeprefix("duckdb:").partition("?")
        inner = unquote(name.removeprefix("//").removeprefix("/"))
        return f"duckdb:///{quote((folder / inner).as_posix())}{sign}{query}"
    if Path(text).is_absolute():
        return text
    whole = folder / text
    is_one = is_output or not set(text) & set(_SIGNS) or whole.exists()
    return str(whole) if is_one else str(Path(glob.escape(str(folder)), text))


def check_present(project: ProjectFile, names: Iterable[str]) -> None:
    """Check that there is what the project file says is to be read.

    Args:
        project: The project file.
        names: Its settings that are in force.

    Raises:
        UserError: A file is not there, or a pattern fits none; a line for each.
    """
    faults = []
    known = settings()
    for name in names:
        value = project.values.get(name)
        for one in value if isinstance(value, list) else [value] if value is not None else []:
            said = _missing(str(one))
            if said:
                faults.append(f"{project.place(*known[name].path)}: {said}")
    if faults:
        raise UserError("\n".join(faults))


def _missing(name: str) -> str:
    if name == _STDIN:
        return ""
    if name.startswith("duckdb:"):
        from xl_leadkpi.leads.files.warehouse import find_table

        try:
            place = find_table(name)
        except InputError as error:
            return str(error)
        return "" if place is None or place.database is None else _missing(str(place.database))
    if Path(name).exists():
        return ""
    if is_pattern(name):
        is_met = any(glob.iglob(name, recursive=True))  # noqa: PTH207 (may be absolute)
        return "" if is_met else f"no file fits '{brief(name)}'; check the folder and the name"
    return f"there is no file '{brief(name)}'; put it there, or correct the name"
