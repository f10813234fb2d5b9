"""What is wrong with an outcome: a crash, a message of no use, a file lost, left or broken."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import signal
import stat
import zipfile
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

import python_calamine

from tests.attack.columnar import SECRET
from tests.attack.processes import MOST_BYTES, MOST_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attack.inputs import Attack
    from tests.attack.processes import Outcome

EXIT_CODES = {0, 1, 2, 130}
INTERRUPTED = {
    # a process that is at its end already takes the signal itself
    signal.SIGINT: EXIT_CODES | {-signal.SIGINT},
    # the usual ways to say that one was ended: by the signal itself, or by 128 + its number
    signal.SIGTERM: EXIT_CODES | {-signal.SIGTERM, 128 + signal.SIGTERM},
}
SMALL = 5_000_000
LONGEST_MESSAGE = 1_500
LONGEST_CELL, LONGEST_FORMULA = 32_767, 8_192
ABORTS = {-signal.SIGABRT: "abort", -signal.SIGSEGV: "segmentation fault", -signal.SIGBUS: "bus error"}
ENGINES_OWN_WORDS = re.compile(
    r"panicked|Traceback|\w(?:Error|Exception|Warning)\b|cannot be counted where it is|thread '|"
    r"RUST_BACKTRACE|core dumped|Exception ignored"
)
OWN_FAULT = "this is a fault of leadkpi, not of your file: "
"""What the command says instead of a traceback."""
REMEDY = re.compile(
    r"\b(export|save|open|name|check|write|give|use|leave|install|convert|close|start|make|add|choose|rename|split|"
    r"remove|delete|lists all|retry|again|read|shorten|join|did you mean|there are|wait|free|send|keep|correct|set|"
    r"replace|pass|run|move|put|ask|filter|count|map|copy|try|unpack|enter|exchange|select|change|sort|tell|say|store|link)\b|--\w|"
    r"\bare: |must be|at least|at most",
    re.IGNORECASE,
)
_ESCAPE = re.compile("_x[0-9A-Fa-f]{4}_")
State = dict[str, tuple[str, str]]


def state(folder: Path) -> State:
    """Every file below a folder: its kind and mode, and its content."""
    found: State = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        name = str(path.relative_to(folder))
        if stat.S_ISLNK(status.st_mode):
            found[name] = ("link", str(path.readlink()))
        elif stat.S_ISREG(status.st_mode):
            found[name] = (oct(status.st_mode), hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest())
        else:
            found[name] = (oct(status.st_mode), "")
    return found


def faults(attack: Attack, outcome: Outcome, before: State) -> list[str]:
    """Everything that is wrong, the worst first; nothing if all is well.

    Args:
        attack: What was run.
        outcome: How it ended.
        before: The state of the folder before.
    """
    found = [*_ended(attack, outcome), *_said(attack, outcome)]
    found += _files(attack, outcome, before)
    if SECRET.encode() in outcome.out or SECRET in outcome.err:
        found.append("read a file that was not named: it is on the screen")
    return found


def _ended(attack: Attack, outcome: Outcome) -> list[str]:
    sent = attack.command.signal.get("number")
    found = []
    if not outcome.in_time:
        found.append("hangs")
    elif outcome.code in ABORTS:
        found.append(f"{ABORTS[outcome.code]}: {_last(outcome.err)}")
    elif outcome.code not in (INTERRUPTED[signal.Signals(sent)] if sent else EXIT_CODES):
        found.append(f"exit {outcome.code}: {_last(outcome.err)}")
    if outcome.peak > MOST_BYTES and attack.size < SMALL:
        found.append(f"memory: more than {MOST_BYTES >> 30} GB")
    if outcome.cpu > MOST_SECONDS and attack.size < SMALL:
        found.append(f"slow: more than {MOST_SECONDS} s")
    return found


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""


def kind_of(fault: str) -> str:
    """A fault without what differs from input to input: exception and place, or the beginning of what was said."""
    what, _, said = fault.partition(": ")
    if what == "own fault":
        said = re.sub(r":.*(?= \()", "", said, flags=re.DOTALL)
    if what in {"traceback", "panic shown"}:
        said = re.sub(r":.*?(?= in [\w/.]+\.py |$)", "", said)
    if what.startswith("a message"):
        said = re.sub(r"[^\s:,]*\.\w{2,8}(?=[\s:,.])", "FILE", said)
    said = re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "*", said)
    return f"{what}: {said[:110]}"


def place_of(err: str) -> str:
    """The exception and the last place of the package's own in a traceback."""
    places = re.findall(r'File "[^"]*xl_leadkpi/([^"]+)", line (\d+), in (\S+)', err)
    kinds = re.findall(
        r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Warning|Panic\w*|Interrupt|Exit|ExceptionGroup))\b(.*)",
        err,
        re.MULTILINE,
    )
    where = f" in {places[-1][0]} {places[-1][2]}" if places else ""
    return (f"{kinds[-1][0]}{kinds[-1][1][:90]}" if kinds else _last(err)) + where


def _said(attack: Attack, outcome: Outcome) -> list[str]:
    err = outcome.err
    if attack.command.signal and err.rstrip().endswith("KeyboardInterrupt") and "xl_leadkpi/" not in err:
        return []  # not one line of the package's own had run, or the last one had: Python itself was told to end
    if "Traceback (most recent call last)" in err or "panicked at" in err:
        kind = "panic shown" if "panicked at" in err else "traceback"
        return [f"{kind}: {place_of(err)}"]
    if OWN_FAULT in err:
        return [f"own fault: {err.partition(OWN_FAULT)[2].partition('; please')[0].strip()}"]
    if attack.command.streams.get("stderr"):
        return []
    found = []
    if words := ENGINES_OWN_WORDS.search(_without_the_users(err, attack)):
        found.append(f"an engine's own words ({words[0]}): {_last(err)}")
    if outcome.code == 1:
        found += _message(attack, err)
    if outcome.code == 0 and len(err) > 10 * LONGEST_MESSAGE:
        found.append("remarks of thousands of characters")
    return found


def _without_the_users(err: str, attack: Attack) -> str:
    for word in sorted(attack.command.words, key=len, reverse=True):
        if len(word) > 3:
            err = err.replace(word, "")
    return err


def _message(attack: Attack, err: str) -> list[str]:
    """A refusal is one message: which file or option, and what to do."""
    messages = [line for line in err.split("\n") if line.startswith("leadkpi: ")]
    if len(messages) != 1:
        return [f"{len(messages)} messages for a refusal: {_last(err)}"]
    message = err[err.index("leadkpi: ") :].strip()
    found = []
    if len(message) > LONGEST_MESSAGE:
        found.append(f"a message of thousands of characters: {message[:80]}")
    encoding = attack.command.environment.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
    said = [*attack.command.words[1:], *(path.name for path in attack.readable)]
    named = [name for word in said for name in _names(word, encoding)]
    named += ["standard input", "standard output", "standard error"]
    if not any(name.casefold() in message.casefold() for name in named):
        found.append(f"a message that names no file: {message[:160]}")
    if not REMEDY.search(message):
        found.append(f"a message without remedy: {message[:160]}")
    return found


def _names(said: str, encoding: str) -> list[str]:
    """Ways to write a name in a message, also where the stream does not have all its letters."""
    names = {said or ".", *said.split("="), re.split(r"[/\\]", said)[-1]}
    names.add(re.split(r"[?]", said)[0].removeprefix("duckdb:").strip("/"))
    shown = {
        name.encode(encoding, unfit).decode(encoding, unfit)
        for name in names
        for unfit in ("backslashreplace", "replace")
    }
    return [name for name in shown if name]


# files --------------------------------------------------------------------------------------------


def _files(attack: Attack, outcome: Outcome, before: State) -> list[str]:
    folder = attack.command.folder.parent
    after = state(folder)
    after.pop("stdout", None)
    after.pop("stderr", None)
    wanted = {str(path.relative_to(folder)) for path in attack.outputs}
    found = [f"lost: {_kind(name)}" for name in sorted(before.keys() - after.keys())]
    found += [f"left: {_kind(name)}" for name in sorted(after.keys() - before.keys() - wanted)]
    changed = [name for name in after if before.get(name, after[name]) != after[name]]
    found += [f"changed: {_kind(name)}" for name in changed if name not in wanted]
    found += [
        f"what kind of file an output is was not kept: {before[name][0]} to {after[name][0]}"
        for name in changed
        if name in wanted and before[name][0] != after[name][0]
    ]
    written = [
        name for name in wanted if name in after and before.get(name) != after[name] and after[name][0] != "link"
    ]
    if outcome.code == 0:
        found += _missing(attack, folder, after, before)
    elif written and not attack.command.signal and not attack.command.streams:
        found.append(f"exit {outcome.code}, and written: {', '.join(map(_kind, written))}")
    elif attack.command.signal and written and len(written) < len(_asked(attack, folder)):
        found.append(f"half of what was asked for is written: {', '.join(map(_kind, written))}")
    elif outcome.code == 130 and "nothing was written" in outcome.err and written:
        found.append("says that nothing was written, and wrote")
    figures = {option: name for option, name in pairwise(attack.command.words) if option == "--json"}.get("--json")
    for name in written:
        is_json = figures is not None and (folder / name).resolve() == (attack.command.folder / figures).resolve()
        found += check_json((folder / name).read_bytes()) if is_json else check_output(folder / name)
    if outcome.code == 0 and "-" in attack.command.words and _json_to_screen(attack) and not attack.command.streams:
        found += check_json(outcome.out)  # UTF-8, as JSON is, whatever the stream is for other texts
    return found


def _json_to_screen(attack: Attack) -> bool:
    said = [name for option, name in pairwise(attack.command.words) if option == "--json"]
    return said[-1:] == ["-"]


def _missing(attack: Attack, folder: Path, after: State, before: State) -> list[str]:
    """What was asked for and is not there, though all was said to be well."""
    asked = _asked(attack, folder)
    missing = [name for name in asked if name not in after]
    untouched = [
        name for name in asked if name in after and before.get(name) == after[name] and after[name][0] != "link"
    ]
    return [f"exit 0, and not written: {_kind(name)}" for name in (*missing, *untouched)]


def _asked(attack: Attack, folder: Path) -> list[str]:
    """The files that the last ``-o``, ``--json`` and ``--html`` name."""
    asked = {option: name for option, name in pairwise(attack.command.words) if option in {"-o", "--json", "--html"}}
    return [
        str((attack.command.folder / name).relative_to(folder))
        for name in asked.values()
        if not name.startswith(("-", "/"))
    ]


def _kind(name: str) -> str:
    """A name without what is different each time."""
    return re.sub(r"[0-9a-f]{8,}|\d+|(?<=leadkpi-)\w+|(?<=tmp)\w{8}", "*", name)[:90]


def check_output(path: Path) -> list[str]:
    """What is wrong with a file that was written."""
    content = path.read_bytes()
    if path.suffix == ".json":
        return check_json(content)
    if path.suffix == ".html":
        return check_page(content)
    return check_workbook(content) if path.suffix.lower() == ".xlsx" else []


def check_page(content: bytes) -> list[str]:
    """What is wrong with a page: it is XML as well, and nothing in it runs or is fetched."""
    try:
        elements = list(ET.fromstring(content).iter())
    except ET.ParseError as error:
        return [f"the page: {_kind(str(error))}"]
    named = {element.tag.rpartition("}")[2] for element in elements} & {"script", "link", "img", "iframe", "object"}
    fetched = {name for element in elements for name in element.attrib if name in {"src", "href"} or name[:2] == "on"}
    return [f"the page: {name}" for name in sorted(named | fetched)]


def _never(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def check_json(content: bytes) -> list[str]:
    """What is wrong with figures written as JSON."""
    try:
        figures = json.loads(content.decode(), parse_constant=_never)
    except ValueError as error:
        return [f"broken JSON: {str(error)[:100]}"]
    found = [] if _finite(figures) else ["a figure beyond all numbers in the JSON"]
    if SECRET.encode() in content:
        found.append("read a file that was not named: it is in the JSON")
    return found


def check_workbook(content: bytes) -> list[str]:
    """What Excel would refuse or repair in a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            parts = {name: archive.read(name) for name in names}
    except zipfile.BadZipFile as error:
        return [f"broken workbook: {error}"]
    found = ["the same part twice in the workbook"] if len(set(names)) < len(names) else []
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            found += [f"workbook, {_kind(name)}: {fault}" for fault in _xml_faults(part)]
    if found:
        return found
    if SECRET.encode() in b"".join(parts.values()):
        found.append("read a file that was not named: it is in the workbook")
    found += _table_faults(parts)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        for sheet in book.sheet_names:
            book.get_sheet_by_name(sheet).to_python()
    except Exception as error:  # noqa: BLE001 - whatever its reader finds
        found.append(f"workbook cannot be read: {type(error).__name__}: {error}")
    return found


def _xml_faults(part: bytes) -> list[str]:
    faults: list[str] = []
    text: list[str] = []
    inside = {"open": False}

    def begin(tag: str, attributes: dict[str, str]) -> None:
        inside["open"] = tag in {"t", "v", "f", "a:t", "c:v"}
        text.clear()
        for key, value in attributes.items():
            _check_text(value, f"{tag} {key}", faults)
        if tag == "tableColumn" and not 0 < len(attributes["name"]) <= 255:
            faults.append("a table header that is empty or longer than 255 characters")
        if tag == "sheet" and (len(attributes["name"]) > 31 or set(attributes["name"]) & set("[]:*?/\\")):
            faults.append("a sheet name that is none")

    def end(tag: str) -> None:
        if inside["open"]:
            faults.extend(_cell_faults("".join(text), tag))
        inside["open"] = False

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.buffer_text = True
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        faults.append(re.sub(r": line.*", "", str(error)))
    return sorted(set(faults))[:5]


def _cell_faults(text: str, tag: str) -> list[str]:
    faults: list[str] = []
    _check_text(text, tag, faults)
    # Excel counts what an escape stands for, and in UTF-16 units
    if tag in {"t", "v"} and len(_ESCAPE.sub("_", text).encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_CELL:
        faults.append("a cell longer than 32,767 characters")
    if tag == "f" and len(text) > LONGEST_FORMULA:
        faults.append("a formula longer than 8,192 characters")
    if tag == "v" and text.lower() in {"nan", "inf", "-inf"}:
        faults.append("a cell that is no number")
    return faults


def _check_text(text: str, where: str, faults: list[str]) -> None:
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text):
        faults.append(f"a character that XML does not have in {where}")


def _table_faults(parts: dict[str, bytes]) -> list[str]:
    """Tables whose headers are not those in the cells, or stand twice: Excel repairs such a workbook."""
    found = []
    for name, part in parts.items():
        if not name.startswith("xl/tables/"):
            continue
        headers: list[str] = []

        def begin(tag: str, attributes: dict[str, str], headers: list[str] = headers) -> None:
            if tag == "tableColumn":
                headers.append(attributes["name"])

        parser = expat.ParserCreate()
        parser.StartElementHandler = begin
        parser.Parse(part, True)
        if len({header.casefold() for header in headers}) < len(headers):
            found.append("a table with the same header twice")
    return found
