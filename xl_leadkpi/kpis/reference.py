"""The reference of all KPIs, written from their declarations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.articles import ARTICLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xl_leadkpi.kpis.declaration import Argument, Example, Kpi, Language

_LANGUAGE_NAMES = {"en": "English", "pl": "Polish", "ru": "Russian"}


def markdown() -> str:
    """The whole reference as Markdown; ``reference.md`` beside this module is its output.

    >>> markdown().splitlines()[0]
    '# KPI reference'
    """
    from xl_leadkpi.kpis import CATALOGUE, FAMILIES  # noqa: PLC0415 - the catalogue imports its families first

    lines = [
        "# KPI reference",
        "",
        "Written from the declarations by `leadkpi kpis --markdown`. Rates are fractions of 0 to 1. A blank in a",
        "required argument gives a blank; an error among the arguments comes through; text and booleans are `#VALUE!`.",
    ]
    for family, title in FAMILIES.items():
        lines += ["", f"## {title}"]
        for kpi in CATALOGUE.values():
            if kpi.family == family:
                lines += ["", f"### {kpi.name}: {kpi.title['en']}", "", *_paragraphs(kpi)]
    return "\n".join(lines) + "\n"


def explanation(kpi: Kpi, language: Language = "en") -> str:
    """One KPI as plain text: formula, arguments, rules, example, pitfalls.

    >>> from xl_leadkpi import kpis
    >>> print(explanation(kpis.CATALOGUE["CPL"]).splitlines()[0])
    CPL: Cost per lead
    """
    lines = [f"{kpi.name}: {kpi.title[language]}", "", *_paragraphs(kpi)]
    return "\n".join(line.replace("`", "") for line in lines) + "\n"


def _paragraphs(kpi: Kpi) -> Iterator[str]:
    better = "neither way" if kpi.direction == "neutral" else kpi.direction
    unit = f"{kpi.unit} per {kpi.per}" if kpi.per else kpi.unit
    yield f"{_first_line(kpi)} Result: {unit}; {better} is better."
    yield ""
    yield f"    {kpi.signature}"
    formula = kpi.excel_text(*(argument.name for argument in kpi.arguments))
    yield f"    ={formula}" if not formula.startswith("LAMBDA") else "    (no formula short of the LAMBDA)"
    yield ""
    for argument in kpi.arguments:
        yield f"- `{argument.name}`: {argument.meaning} ({_kind(argument)})"
    for rule in kpi.rules:
        yield f"- `{rule.condition}` gives `{rule.error}`"
    if kpi.remarks:
        yield f"- {kpi.remarks}"
    for example in kpi.examples:
        yield f"- example: `{kpi.name}({_written(example)})` = {_result(example)}{_cited(example)}"
    if kpi.pitfalls:
        yield f"- mind: {kpi.pitfalls}"
    if kpi.references:
        yield f"- references: {kpi.references}"
    for source in kpi.sources:
        wrong = f" - wrong: {source.wrong}" if source.wrong else ""
        yield f"- {ARTICLES[source.article]}: {source.says}{wrong}"
    for language, aliases in kpi.aliases.items():
        yield f"- also called ({_LANGUAGE_NAMES[language]}): {'; '.join(aliases)}"
    if kpi.confused_with:
        yield f"- not to be confused with: {', '.join(kpi.confused_with)}"


def _first_line(kpi: Kpi) -> str:
    return (kpi.formula.__doc__ or "").splitlines()[0]


def _kind(argument: Argument) -> str:
    kind = f"range of {argument.unit}" if argument.is_range else argument.unit
    if not argument.optional:
        return kind
    without = argument.default == "" or (isinstance(argument.default, float) and abs(argument.default) >= 1e300)
    return f"{kind}, optional" if without else f"{kind}, optional, {argument.default}"


def _written(example: Example) -> str:
    return ", ".join(_value(value) for value in example.arguments)


def _value(value: object) -> str:
    if isinstance(value, list):
        return "{" + "; ".join(_value(cell) for cell in value) + "}"
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _day(value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def _day(value: datetime) -> str:
    return value.isoformat(" ", "minutes") if (value.hour or value.minute) else value.date().isoformat()


def _result(example: Example) -> str:
    expected = example.expected
    if isinstance(expected, tuple):
        return "{" + "; ".join(map(_figure, expected)) + "}"
    return f"`{expected}`" if isinstance(expected, CellError) else _figure(expected)


def _figure(value: float | CellError) -> str:
    return str(value) if isinstance(value, CellError) else f"{value:.10g}"


def _cited(example: Example) -> str:
    return f" ({example.source})" if example.source else ""
