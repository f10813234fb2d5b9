"""The reference of all KPIs, written from their declarations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis import provenance
from xl_leadkpi.locales import ENGLISH, every_locale, locale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xl_leadkpi.kpis.declaration import Argument, Example, Kpi


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
                lines += ["", f"### {kpi.name}: {kpi.title}", "", *_paragraphs(kpi, ENGLISH)]
    return "\n".join(lines) + "\n"


def explanation(kpi: Kpi, language: str = ENGLISH, *, with_sources: bool = False) -> str:
    """One KPI as plain text: formula, arguments, rules, examples, pitfalls.

    Args:
        kpi: The KPI.
        language: Of all texts; where it comes from is told in English.
        with_sources: Add where it comes from: what articles and references say of it.

    >>> from xl_leadkpi import kpis
    >>> print(explanation(kpis.CATALOGUE["CPL"]).splitlines()[0])
    CPL: Cost per lead
    """
    paragraphs = (f"{kpi.name}: {kpi.title_in(language)}", "", *_paragraphs(kpi, language))
    lines = [line.replace("`", "") for line in paragraphs]
    if with_sources and (sources := list(provenance.lines(kpi.name))):
        lines += ["", _text("sources", language), *sources]
    return "\n".join(lines) + "\n"


def _paragraphs(kpi: Kpi, language: str) -> Iterator[str]:
    texts = kpi.texts_in(language)
    yield f"{texts.meaning} {_result_line(kpi, language)}"
    yield ""
    yield f"    {kpi.signature}"
    formula = kpi.excel_text(*(argument.name for argument in kpi.arguments))
    yield f"    ={formula}" if not formula.startswith("LAMBDA") else f"    {_text('no_formula', language)}"
    yield ""
    for argument in kpi.arguments:
        yield f"- `{argument.name}`: {texts.arguments[argument.name]} ({_kind(argument, language)})"
    for rule in kpi.rules:
        condition = locale(language).explain.get(f"condition.{rule.condition}", rule.condition)
        yield f"- {_text('rule', language, condition=condition, error=str(rule.error))}"
    if texts.remarks:
        yield f"- {texts.remarks}"
    for example in kpi.examples:
        call = f"{kpi.name}({_written(example)})"
        yield f"- {_text('example', language, call=call, result=_result(example))}"
    if texts.pitfalls:
        yield f"- {_text('mind', language, text=texts.pitfalls)}"
    yield from _aliases(kpi, language)
    if kpi.confused_with:
        yield f"- {_text('confused', language, names=', '.join(kpi.confused_with))}"


def _aliases(kpi: Kpi, language: str) -> Iterator[str]:
    for one in every_locale():
        names = "; ".join(kpi.aliases_in(one.language))
        if names and one.language == language:
            yield f"- {_text('aliases', language, names=names)}"
        elif names:
            spoken = one.name_in_english if language == ENGLISH else one.name
            yield f"- {_text('aliases_elsewhere', language, language=spoken, names=names)}"


def _result_line(kpi: Kpi, language: str) -> str:
    unit = _text(f"unit.{kpi.unit}", language)
    if kpi.per:
        unit = _text("unit_per", language, unit=unit, per=_text(f"per.{kpi.per}", language))
    return _text("result", language, unit=unit, better=_text(f"better.{kpi.direction}", language))


def _kind(argument: Argument, language: str) -> str:
    unit = _text(f"unit.{argument.unit}", language)
    kind = _text("range", language, unit=unit) if argument.is_range else unit
    if argument.out_of:
        kind = _text("unique", language, kind=kind, whole=argument.out_of)
    if argument.may_exceed:
        kind = _text("events", language, kind=kind, whole=argument.may_exceed)
    if not argument.optional:
        return kind
    without = argument.default == "" or (isinstance(argument.default, float) and abs(argument.default) >= 1e300)
    if without:
        return _text("optional", language, kind=kind)
    return _text("default", language, kind=kind, default=str(argument.default))


def _text(key: str, spoken_in: str, **parts: str) -> str:
    return locale(spoken_in).text("explain", key).format(**parts)


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
