"""The settings of a project file: every option of ``leadkpi funnel``, under the name that it has there.

The options are declared once, as arguments of the command line. A new one is a setting of its own name, at the top of
the file, as soon as it is there; only those that stand elsewhere or are called otherwise are listed here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cli.argument_types import ANY, FLAG, KINDS, NUMBERS, PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xl_leadkpi.cli.argument_types import TomlKind
    from xl_leadkpi.cli.project_file import ProjectFile

_INPUTS = (
    "leads", "sheet", "deals", "spend", "traffic", "email", "social", "history", "touches", "engine", "spark_master",
    "reuse_map",
)  # fmt: skip
_OUTPUT = {
    "output": "workbook",
    "json": "json",
    "html": "html",
    "formulas": "formulas",
    "data": "data_rows",
    "fresh": "fresh",
    "quiet": "quiet",
}
_NAMES = {
    "stage": "stage_words",
    "channel": "channels",
    "encoding": "encodings",
    "target": "targets",
}
PROJECT = "leadkpi.toml"
"""The project file of a folder."""
NOT_KEPT = frozenset({"help", "project"})
"""Options that are of the command line alone."""
READ = frozenset({"leads", "deals", "spend", "traffic", "email", "social", "history", "touches", "reuse_map"})
"""Settings that name what is read: a file, a pattern or an address."""
REPLACED = frozenset({"leads", "deals"})
"""Settings of several files that the command line says anew instead of adding to them: they are one table."""
WRITTEN = frozenset({"output", "json", "html"})
"""Settings that name what is written."""
PARAMETERS = {
    "as_of": "as_of",
    "reach": "reach",
    "window": "window_days",
    "win_basis": "win_basis",
    "margin": "gross_margin",
    "amount_per": "amount_per",
    "top": "top_groups",
}
"""By setting, its name among the parameters of Settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: Where its value is in the options.
        section: Table of the project file that it stands in, ``""`` for the top.
        key: Its name there.
        kind: What it is there.
        several: It may be given more than once.
        choices: The words it may be, None for any value.
        convert: Makes the option's value of a text.
        option: As the command line calls it.
        meaning: What it is for.
    """

    name: str
    section: str
    key: str
    kind: TomlKind
    several: bool
    choices: tuple[str, ...] | None
    convert: Callable[[str], Any]
    option: str
    meaning: str

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to it."""
        return (self.section, self.key) if self.section else (self.key,)

    @property
    def is_table(self) -> bool:
        """It is a table of the user's own names."""
        return self.kind in (PAIRS, NUMBERS)


def settings() -> Mapping[str, Setting]:
    """All settings, by name, in the order of the command's help."""
    from xl_leadkpi.cli import funnel

    parser = argparse.ArgumentParser(add_help=False)
    funnel.add_arguments(parser)
    actions = parser._actions  # noqa: SLF001 (argparse lists what it takes nowhere else)
    return {action.dest: _setting(action) for action in actions if action.dest not in NOT_KEPT}


def _kind(convert: Any) -> TomlKind:
    return KINDS.get(convert, ANY)


def _setting(action: argparse.Action) -> Setting:
    name = action.dest
    section, key = "", _NAMES.get(name, name)
    if name in _INPUTS:
        section = "inputs"
    elif name in _OUTPUT:
        section, key = "output", _OUTPUT[name]
    kind = FLAG if action.nargs == 0 else _kind(action.type)
    convert: Any = action.type or str
    return Setting(
        name,
        section,
        key,
        kind,
        several=isinstance(action.default, list) or action.nargs in ("*", "+"),
        choices=tuple(map(str, action.choices)) if action.choices else None,
        convert=convert,
        option=next((one for one in action.option_strings if one.startswith("--")), action.metavar or name),  # type: ignore[arg-type]
        meaning=(action.help or "").replace("%%", "%"),  # as argparse itself would show it
    )


def merged(said: argparse.Namespace, project: ProjectFile | None) -> argparse.Namespace:
    """The options in force: those of the project file, overruled by those of the command line.

    What may be given several times is added to what the file has. ``said`` and ``filed`` keep the two apart for what
    the sheets Settings and Funnel_Map have a say in as well.

    Args:
        said: The command line.
        project: The project file, None for none.
    """
    filed: dict[str, Any] = dict(project.values) if project else {}
    values = vars(said) | {"said": said, "filed": filed, "project_file": project}
    for name, value in filed.items():
        own = values.get(name)
        if isinstance(value, list) and not (own and name in REPLACED):
            values[name] = [*value, *(own or ())]
        elif own is None or own is False:
            values[name] = value
    return argparse.Namespace(**values)


def chosen_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of counting that are given, by the names that Settings has for them.

    >>> chosen_parameters({"window": 60, "top": None, "map": []})
    {'window_days': 60}
    """
    return {name: values[key] for key, name in PARAMETERS.items() if values.get(key) is not None}


def overlaid(lower: Mapping[str, str], upper: Mapping[str, str]) -> dict[str, str]:
    """Fields and their headers, the upper ones instead of the lower: a header feeds one field of a table.

    >>> overlaid({"created": "Date", "amount": "Sum"}, {"close_date": "Date"})
    {'amount': 'Sum', 'close_date': 'Date'}
    """

    def place(name: str, header: str) -> tuple[str, str]:
        table, _, own = name.rpartition(".")
        return table or (own[:3] if own.startswith(("sp_", "to_", "tr_", "em_", "so_")) else ""), header.casefold()

    taken = {place(name, header) for name, header in upper.items() if header != "-"}
    return {name: header for name, header in lower.items() if place(name, header) not in taken} | dict(upper)
