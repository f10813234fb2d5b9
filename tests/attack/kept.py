"""Inputs that failed once, each small and in a file of its own (``kept/*.json``): they must never fail again.

Where one was refused and should have been read, ``exit`` says how it is to end.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.attack import judge
from tests.attack.inputs import Attack
from tests.attack.processes import Command, Forks, Outcome, run_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = Path(__file__).parent / "kept"
LARGEST = 40_000
"""Bytes of the file of one kept input: what is larger is better made by a test of its own."""
LONGEST_TEXT = 10_000
"""Characters of a file that is kept readable; a longer one is packed."""
_HERE = "{work}"
_MOST_TRIES = 32
Recipe = dict[str, Any]


def packed(content: bytes) -> dict[str, str]:
    """The content of a file as JSON holds it: as a text where it is one."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    for one in (encoding, "latin-1"):
        try:
            text = content.decode(one)
        except UnicodeDecodeError:
            continue
        odd = sum(not sign.isprintable() and sign not in "\r\n\t" for sign in text)
        if len(text) < LONGEST_TEXT and text.encode(one) == content and odd * 10 <= len(text):
            return {"text": text, "encoding": one}
    return {"zlib85": base64.b85encode(zlib.compress(content, 9)).decode()}


def unpacked(entry: dict[str, str]) -> bytes:
    """The content of a file."""
    if "text" in entry:
        return entry["text"].encode(entry["encoding"])
    return zlib.decompress(base64.b85decode(entry["zlib85"]))


def recipe_of(attack: Attack) -> Recipe:
    """All of an attack that has not been run yet."""
    work = attack.command.folder
    files: dict[str, Any] = {}
    for path in sorted(work.rglob("*")):
        name = os.fsencode(path.relative_to(work)).decode("utf-8", "surrogateescape")
        if path.is_symlink():
            files[name] = {"link": str(path.readlink())}
        elif path.is_dir():
            files[f"{name}/"] = {}
        else:
            files[name] = packed(path.read_bytes())
    command = attack.command
    return {
        "words": [word.replace(str(work), _HERE) for word in command.words],
        "files": files,
        "outputs": [str(path.relative_to(work)) for path in attack.outputs if path.is_relative_to(work)],
        "stdin": "" if command.stdin == os.devnull else str(Path(command.stdin).relative_to(work)),
        "environment": command.environment,
        "streams": command.streams,
        "alone": command.alone,
    }


def attack_of(name: str, recipe: Recipe, folder: Path) -> Attack:
    """Write the files of a recipe into an empty folder."""
    work = folder / "work"
    for place in ("work", "tmp", "home"):
        (folder / place).mkdir(parents=True)
    size = 0
    for file, entry in recipe["files"].items():
        path = work / file
        if "link" in entry:
            path.symlink_to(entry["link"])
        elif not entry:
            path.mkdir(exist_ok=True)
        else:
            content = unpacked(entry)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            size += len(content)
    command = Command(
        [word.replace(_HERE, str(work)) for word in recipe["words"]],
        work,
        str(work / recipe["stdin"]) if recipe.get("stdin") else os.devnull,
        recipe.get("environment", {}),
        alone=recipe.get("alone", False),
        streams=recipe.get("streams", {}),
    )
    outputs = [work / output for output in recipe["outputs"]]
    return Attack(name, command, [], outputs, size, [work / file for file in recipe["files"]])


def attempt(name: str, recipe: Recipe, folder: Path, forks: Forks | None) -> tuple[Outcome, list[str]]:
    """Run a recipe in a new folder; in a process of its own where there are no forks."""
    attack = attack_of(name, recipe, folder)
    before = judge.state(folder)
    outcome = run_alone(attack.command) if forks is None or attack.command.alone else forks.run(attack.command)
    return outcome, judge.faults(attack, outcome, before)


def load(path: Path) -> Recipe:
    """Read a kept input."""
    recipe: Recipe = json.loads(path.read_text(encoding="utf-8"))
    return recipe


# keeping ------------------------------------------------------------------------------------------


def keep(name: str, attack: Attack, kind: str, folder: Path) -> Path | None:
    """Make a failing attack as small as it still fails, and keep it.

    Args:
        name: What it is called, like ``lone-carriage-return``.
        attack: Not run yet.
        kind: The kind of its fault, as :func:`~tests.attack.judge.kind_of` gives it.
        folder: For tries.

    Returns:
        The file; None where it stays too large.
    """
    with Forks() as forks:

        def fails(recipe: Recipe) -> bool:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                _, found = attempt(name, recipe, folder, forks)
            except OSError:
                return False
            return kind in map(judge.kind_of, found)

        recipe = smaller(recipe_of(attack), fails)
    shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps({"what": kind, **recipe}, ensure_ascii=True, indent=1)
    if len(text) > LARGEST:
        return None
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{name}.json"
    path.write_text(text + "\n", encoding="utf-8")
    return path


def smaller(recipe: Recipe, fails: Callable[[Recipe], bool]) -> Recipe:
    """Leave out options, files, lines and columns as long as it still fails."""
    usual = {**recipe, "alone": False, "environment": {}, "streams": {}}
    if usual != recipe and fails(usual):
        recipe = usual
    changed = True
    while changed:
        changed = False
        for less in _options_less(recipe):
            if fails(less):
                recipe, changed = less, True
                break
    for file in list(recipe["files"]):
        less = {**recipe, "files": {name: entry for name, entry in recipe["files"].items() if name != file}}
        if fails(less):
            recipe = less
    for file, entry in list(recipe["files"].items()):
        if "text" in entry:
            recipe = _fewer_lines(recipe, file, fails)
            recipe = _fewer_columns(recipe, file, fails)
        if entry and "link" not in entry:
            recipe = _fewer_bytes(recipe, file, fails)
    return recipe


def _options_less(recipe: Recipe) -> Iterator[Recipe]:
    words = recipe["words"]
    for at in range(2, len(words)):
        if words[at].startswith("--") or words[at] == "-o":
            length = 1 if words[at] in {"--quiet", "--"} else 2
            left = [*words[:at], *words[at + length :]]
            if {"-o", "--json", "--html"} & set(left):
                yield {**recipe, "words": left}


def _with_text(recipe: Recipe, file: str, text: str) -> Recipe:
    return {**recipe, "files": {**recipe["files"], file: {**recipe["files"][file], "text": text}}}


def _fewer_lines(recipe: Recipe, file: str, fails: Callable[[Recipe], bool]) -> Recipe:
    lines = recipe["files"][file]["text"].splitlines(keepends=True)
    step = max(1, len(lines) // 2)
    while True:
        at = 0
        while at < len(lines):
            less = [*lines[:at], *lines[at + step :]]
            if less and fails(_with_text(recipe, file, "".join(less))):
                lines = less
            else:
                at += step
        if step == 1:
            return _with_text(recipe, file, "".join(lines))
        step //= 2


def _fewer_bytes(recipe: Recipe, file: str, fails: Callable[[Recipe], bool]) -> Recipe:
    content = unpacked(recipe["files"][file])
    step = len(content) // 2
    while step and step * _MOST_TRIES >= len(content):
        at = 0
        while at < len(content):
            less = content[:at] + content[at + step :]
            if fails(tried := {**recipe, "files": {**recipe["files"], file: packed(less)}}):
                content, recipe = less, tried
            else:
                at += step
        step //= 2
    return recipe


def _fewer_columns(recipe: Recipe, file: str, fails: Callable[[Recipe], bool]) -> Recipe:
    text = recipe["files"][file]["text"]
    delimiter = max(",;\t|", key=text.count)
    rows = [line.split(delimiter) for line in text.split("\n")]
    width = max(map(len, rows))
    if width > 60 or '"' in text:
        return recipe
    for column in reversed(range(width)):
        less = [row[:column] + row[column + 1 :] if len(row) > 1 else row for row in rows]
        if fails(_with_text(recipe, file, "\n".join(map(delimiter.join, less)))):
            rows = less
    return _with_text(recipe, file, "\n".join(map(delimiter.join, rows)))
