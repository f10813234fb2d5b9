"""The text of a project file: the options in force and what was understood, open to the user's edits."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from xl_leadkpi.cli.project_file import EVERY_TABLE, VERSION, is_pattern
from xl_leadkpi.cli.settings import PROJECT, READ, REPLACED, WRITTEN, settings
from xl_leadkpi.errors import UserError
from xl_leadkpi.leads.model.stage import FEWEST_OPEN, LOST, MOST_OPEN, WON, listed_stages
from xl_leadkpi.leads.model.table import has_joined_deals

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.cli.settings import Setting
    from xl_leadkpi.funnel.understanding import Understanding
    from xl_leadkpi.leads.model.table import ColumnMatch, StageWord

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MOST_ENTRIES = 300
_LONGEST_WORD = 200
_HEAD = f"""\
# {PROJECT}: the settings of a funnel that is made again and again. `leadkpi check --write` has written them as it has
# understood the files; edit them freely, then run `leadkpi funnel` in this folder. Options of the command line overrule
# what stands here. Files are named as seen from this file. A line that begins with # does nothing.
"""
_ABOUT = {
    "inputs": "What is read. New files under the same names need no change here.",
    "output": "What is written.",
    "map": 'Columns: field = "Header". "-" instead of a header: no column feeds the field.',
    "stage_words": 'Stage and status words: "Word" = "Stage", which is one of {stages}.',
    "channels": 'Spellings of channels: "spelling" = "Channel", as on "source / medium".',
    "encodings": "Encodings of text files by table: leads, deals, spend, traffic, email, social, history, touches, or "
    f"{EVERY_TABLE} for all of them.",
    "targets": 'Targets of key figures, named as in the summary of --json: won = 40, win_rate = "25%".',
}


def project_text(options: argparse.Namespace, seen: Understanding, path: Path) -> str:
    """Write a project file.

    Args:
        options: The options in force.
        seen: What was understood of the tables.
        path: Where the file will be.

    Raises:
        UserError: A name that the file would hold is no text.
    """
    known = settings()
    parts: dict[str, list[str]] = defaultdict(list)
    for setting in known.values():
        if not setting.is_table:
            parts[setting.section].append(_line(setting, _value(setting, options, seen, path)))
    entries = {
        "map": _columns(options, seen),
        "stage": _words(options, seen),
        "channel": _channels(options, seen),
        "encoding": _encodings(options),
    }
    text = f"{_HEAD}version = {VERSION}\n\n" + "\n".join(parts.pop("")) + "\n"
    text += _own_stages(seen)
    for section, lines in parts.items():
        text += _part(section, lines, seen)
    for setting in known.values():
        if setting.is_table:
            lines = list(entries[setting.name] if setting.name in entries else _pairs(getattr(options, setting.name)))
            text += _part(setting.key, lines or [f"# {setting.meaning}"], seen)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        said = error.object[max(0, error.start - 20) : error.end].encode("utf-8", "replace").decode()
        raise UserError(f"--write: the name '{said}' is no text in this system's encoding; rename the file") from None
    return text


def _part(section: str, lines: Iterable[str], seen: Understanding) -> str:
    stages = ", ".join(seen.pipeline.codes)
    about = f"# {_ABOUT[section].replace('{stages}', stages)}\n" if section in _ABOUT else ""
    return f"\n[{section}]\n{about}" + "".join(f"{line}\n" for line in lines)


def _value(setting: Setting, options: argparse.Namespace, seen: Understanding, path: Path) -> Any:
    """The value of a setting that is to be written, None for none."""
    value = getattr(options, setting.name, None)
    if setting.name == "stages" and any(stage.is_own for stage in seen.pipeline):
        return None  # they are listed, which is said under the same name
    folder = path.parent
    if setting.name in WRITTEN:  # those that a project file has said before
        value = options.filed.get(setting.name)
    if setting.name == "output" and value is None:
        value = _workbook(options.leads, folder)
    if setting.name == "kind" and value is None and not options.deals:
        value = "deals" if seen.is_deals else "leads"
    if setting.name == "rate" and value:
        value = [one if "=" in one else _named(one, folder) for one in value]
    if setting.name in READ | WRITTEN and value:
        several = isinstance(value, list)
        named = [_named(str(one), folder) for one in (value if several else [value])]
        is_list = several and (len(named) > 1 or setting.name not in REPLACED)
        value = named if is_list else named[0]
    return value


def _workbook(leads: Sequence[str], folder: Path) -> str:
    nameless = len(leads) > 1 or leads[0].startswith("duckdb:") or is_pattern(leads[0])
    return str(folder / ("leads-funnel.xlsx" if nameless else f"{Path(leads[0]).stem}-funnel.xlsx"))


def _named(name: str, folder: Path) -> str:
    """A file, pattern or address as seen from the folder of the project file."""
    if name == "-":
        return name
    if name.startswith("duckdb:"):
        from urllib.parse import quote

        from xl_leadkpi.leads.files.warehouse import find_table

        place = find_table(name)
        if place is None or place.database is None:
            return name
        return f"duckdb:///{quote(_named(str(place.database), folder))}?table={quote(place.table)}"
    path = Path(name)
    try:
        seen = Path(os.path.relpath(path, folder))
    except ValueError:  # on another drive
        return name
    return path.as_posix() if path.is_absolute() and ".." in seen.parts else seen.as_posix()


def _line(setting: Setting, value: Any) -> str:
    """A setting with its meaning; as a remark where it has no value."""
    meaning = " ".join(setting.meaning.split())
    choices = f" ({', '.join(setting.choices)})" if setting.choices else ""
    if value in (None, [], False):
        example = _written(setting.choices[0]) if setting.choices else setting.kind.example
        written = f"# {setting.key} = {f'[{example}]' if setting.several else example}"
    else:
        written = f"{setting.key} = {_written(value)}"
    return f"{written}  # {meaning}{choices}"


def _written(value: Any) -> str:
    r"""A value as TOML has it.

    >>> _written(["a.csv", 'b "1".csv']), _written(True), _written(0.5), _written(date(2026, 6, 30))
    ('["a.csv", "b \\"1\\".csv"]', 'true', '0.5', '2026-06-30')
    """
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case date():
            return value.isoformat()
        case int() | float():
            return str(int(value) if value == int(value) else value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _written(name)


def _field_key(name: str) -> str:
    return ".".join(map(_key, name.split(".")))


def _remark(text: str) -> str:
    """A line that does nothing, whatever an export has in its cells."""
    return "# " + "".join(" " if category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)


def _pairs(given: Sequence[tuple[str, str]] | None) -> Iterator[str]:
    yield from (f"{_key(name)} = {_written(value)}" for name, value in dict(given or ()).items())


def _columns(options: argparse.Namespace, seen: Understanding) -> Iterator[str]:
    """Every column that feeds a field; beside deals, those that join the tables are left to be found."""
    given = dict(options.map)
    yield from (f"{_field_key(name)} = {_written(header)}" for name, header in given.items())
    done = {*given.values()}
    fed = {name.rpartition(".")[2] for name in given}
    has_deals = has_joined_deals(seen.columns)
    files = len(options.spend)
    for column in seen.columns:
        if column.header in done or column.field in fed or not column.field or column.header.strip() in ("", "-"):
            continue
        name = f"{column.table}.{column.field}" if has_deals and column.table in ("leads", "deals") else column.field
        line = f"{_field_key(name)} = {_written(column.header)}"
        # without samples: a file of settings is passed on, and cells may be a person's
        yield _remark(line) if _is_found_anew(column, seen, has_deals=has_deals, spend_files=files) else line
    unused = [column.header for column in seen.columns if not column.field and column.header not in done]
    if unused:
        yield _remark("feed nothing: " + ", ".join(_written(header) for header in unused[:_MOST_ENTRIES]))


def _is_found_anew(column: ColumnMatch, seen: Understanding, *, has_deals: bool, spend_files: int) -> bool:
    """Whether naming the column would say more than was understood.

    Leads put together of several rows have columns of their own, what joins two tables is found by what it joins,
    several files of spend have headers of their own, as reports of other tools have, the lead of a touch is a column of
    the touches alone, and of two columns with one header neither can be named.
    """
    from xl_leadkpi.leads.model.findings import FindingKind

    if column.table in ("leads", "deals"):
        same = [one for one in seen.columns if (one.table, _same(one.header)) == (column.table, _same(column.header))]
        joins = {
            text for one in seen.join if one.kind is FindingKind.JOINED_ON for text in map(str, one.details.values())
        }
        is_key = column.field in _KEYS or column.header in joins
        # of several files each has a header of its own for the field
        feeding = [one for one in seen.columns if (one.table, one.field) == (column.table, column.field)]
        return seen.is_folded or len(same) > 1 or len(feeding) > 1 or (has_deals and is_key)
    return column.table != "spend" or spend_files > 1


def _same(header: str) -> str:
    return " ".join(header.casefold().split())


_KEYS = frozenset({"lead_id", "link_id", "email", "phone", "company", "contact", "name"})


def _own_stages(seen: Understanding) -> str:
    """The stages of the user's own, one after the other; as remarks where the usual ones are in force."""
    from xl_leadkpi.leads.recognition.stage_order import in_order, open_words

    has_deals = has_joined_deals(seen.columns)
    if any(stage.is_own for stage in seen.pipeline):
        told = f", in order (by {seen.stages_told_by})" if seen.stages_told_by else ""
        text = (
            f"\n# Stages before the win{told}: move, rename or remove them. stands_for names one of the usual funnel.\n"
        )
        *listed, win = listed_stages(seen.pipeline, is_deals=seen.is_deals or has_deals)
        for stage in [*listed, *([win] if win.stands_for else [])]:
            words = f"words = {_written(stage.words)}\n" if stage.words else ""
            stands_for = f"stands_for = {_written(stage.stands_for)}\n" if stage.stands_for else ""
            text += f"[[stages]]\nname = {_written(stage.name)}\n{words}{stands_for}"
        return text
    found = open_words(seen.words, of_deals_alone=has_deals)
    if not FEWEST_OPEN <= len(found) <= MOST_OPEN:
        return ""
    ordered = in_order(found, {})  # of numbers, chances and names, as far as they tell
    remarks = [
        "To see your own stages, put them in order and remove the # (words = [...] and stands_for may follow a name):"
    ]
    remarks += [
        line
        for word in (ordered.words if ordered else found)
        for line in ("[[stages]]", f"name = {_written(word.name)}")
    ]
    return "\n" + "".join(f"{_remark(line)}\n" for line in remarks)


def _words(options: argparse.Namespace, seen: Understanding) -> Iterator[str]:
    """Every word with the stage it was taken for; one that means two things, or nothing, is only named."""
    from xl_leadkpi.leads.cells.vocabulary import plain
    from xl_leadkpi.leads.model.findings import FindingKind

    given = dict(options.stage)
    yield from _pairs(list(given.items()))
    by_word: dict[str, list[StageWord]] = defaultdict(list)
    are_several = any(one.kind is FindingKind.SEVERAL_PIPELINES for one in seen.findings)
    own = {plain(text) for stage in seen.pipeline if stage.is_own for text in (stage.name, *stage.words)}
    for word in seen.words:
        if plain(word.word) not in own:
            by_word[plain(word.word)].append(word)
    left = {key: words for key, words in by_word.items() if key and key not in {plain(word) for word in given}}
    for words in list(left.values())[:_MOST_ENTRIES]:
        first, count = words[0], max(word.count for word in words)
        stages = {word.stage for word in words}
        known = first.stage if len(stages) == 1 else None
        if are_several and first.stage not in (WON, LOST, None):
            yield _remark(f"{_written(first.word)}: {count:,} rows; each pipeline has stages of its own")
            continue
        remark = f"{count:,} rows" + (", guessed: please check" if first.origin == "guessed" else "")
        if known and len(first.word) <= _LONGEST_WORD:
            yield f"{_written(first.word)} = {_written(known)}  # {remark}"
        elif len(stages) > 1:
            meanings = ", ".join(sorted(str(stage) for stage in stages if stage))
            yield _remark(f"{_written(first.word)}: {remark}; it depends on the column: {meanings}")
        elif len(first.word) <= _LONGEST_WORD:
            yield _remark(f'{_written(first.word)} = "SQL"  # {remark}, unknown: counted as Lead')
    if len(left) > _MOST_ENTRIES:
        yield _remark(f"and {len(left) - _MOST_ENTRIES:,} more words, as leadkpi understands them")


def _channels(options: argparse.Namespace, seen: Understanding) -> Iterator[str]:
    given = dict(options.channel)
    yield from _pairs(list(given.items()))
    for one in seen.channels[:_MOST_ENTRIES]:
        if one.spelling not in given and one.channel != one.spelling:
            yield _remark(f"{_written(one.spelling)} = {_written(one.channel)}")


def _encodings(options: argparse.Namespace) -> Iterator[str]:
    named: Mapping[str, str] = {table or EVERY_TABLE: name for table, name in options.encoding}
    yield from _pairs(list(named.items()))
