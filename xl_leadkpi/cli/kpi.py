"""``leadkpi kpi``, ``leadkpi kpis``, ``leadkpi explain``: compute one KPI, list the catalogue, explain a KPI."""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cli.streams import print_message
from xl_leadkpi.locales import languages

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xl_leadkpi.kpis.declaration import Argument, Kpi

DONE, NO_VALUE = 0, 1
_SEPARATED = re.compile(r"[-+]?[\d\s.,]*\d[\s,][\d\s.,]*")


def add_parsers(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the three commands."""
    one = subparsers.add_parser(
        "kpi",
        help="compute one KPI",
        description="Compute one KPI and print the result. A range is written as comma-separated values, a date as "
        "2025-05-31; leave a cell of a range empty for a blank.",
        epilog="examples: leadkpi kpi CPL 12000 340;  leadkpi kpi WPIPE 120000,80000 0.25,0.5;  "
        "leadkpi kpi CAC 12000 40 sales_cost=3000",
    )
    one.add_argument("name", metavar="NAME", help="name of the KPI, e.g. CPL")
    one.add_argument("values", metavar="VALUE", nargs="*", help="its arguments, in order or as NAME=VALUE")
    one.set_defaults(run=_compute)

    listing = subparsers.add_parser("kpis", help="list the KPIs", description="List the KPIs of the catalogue.")
    listing.add_argument("--family", metavar="FAMILY", help="only this family, e.g. cost")
    listing.add_argument("--language", choices=languages(), default="en", help="language of the titles (default: en)")
    listing.add_argument("--search", metavar="WORD", help="only those with these words in a name, in any language")
    listing.add_argument("--markdown", action="store_true", help="print the whole reference as Markdown")
    listing.set_defaults(run=_list)

    explanation = subparsers.add_parser(
        "explain", help="explain one KPI", description="Formula, arguments, rules, example and pitfalls of one KPI."
    )
    explanation.add_argument("name", metavar="NAME", help="name of the KPI, e.g. WINRATE")
    explanation.add_argument("--language", choices=languages(), default="en", help="language of the text (default: en)")
    explanation.add_argument("--sources", action="store_true", help="add what articles and references say of it")
    explanation.set_defaults(run=_explain)


def _compute(options: argparse.Namespace) -> int:
    from xl_leadkpi.kpis.reasons import reason

    kpi = _find(options.name)
    if kpi is None:
        return NO_VALUE
    try:
        values = kpi.bind(*_arguments(options.values, kpi))
    except TypeError as problem:  # too few or too many arguments, or one of an unknown name
        print_message(f"leadkpi: {problem}")
        return NO_VALUE
    result = kpi(*values)
    results = result if isinstance(result, (tuple, list)) else [result]
    for value in results:
        print(_shown(value))
    errors = dict.fromkeys(value for value in results if not isinstance(value, (float, str)))
    separated = any(isinstance(value, str) and _SEPARATED.fullmatch(value) for value in values)
    hint = "; write a number without separators, its decimals after a point" if separated else ""
    for error in errors:
        print_message(f"leadkpi: {kpi.name} gives {error}: {reason(kpi, values, error)}{hint}")
    return NO_VALUE if errors else DONE


def _list(options: argparse.Namespace) -> int:
    from xl_leadkpi.kpis import CATALOGUE, FAMILIES, reference, search

    if options.markdown:
        print(reference.markdown(), end="")
        return DONE
    family = options.family and _family(options.family)
    if options.family and not family:
        print_message(f"leadkpi: no family is called {options.family!r}; there are {', '.join(FAMILIES)}")
        return NO_VALUE
    found = search.search(options.search) if options.search else list(CATALOGUE.values())
    found = [kpi for kpi in found if kpi.family == family or not family]
    if not found:
        print_message(f"leadkpi: no KPI has {options.search!r} in its names")
        return NO_VALUE
    wide = max(len(kpi.name) for kpi in found)
    for kpi in found:
        print(f"{kpi.name:<{wide}}  {kpi.title_in(options.language)}")
    return DONE


def _explain(options: argparse.Namespace) -> int:
    from xl_leadkpi.kpis import reference

    kpi = _find(options.name)
    if kpi is None:
        return NO_VALUE
    print(reference.explanation(kpi, options.language, with_sources=options.sources), end="")
    return DONE


def _find(name: str) -> Kpi | None:
    """The KPI of that name in any case; None after saying which names come near."""
    from xl_leadkpi.kpis import CATALOGUE, search

    kpi = CATALOGUE.get(name.upper())
    if kpi is None:
        near = search.nearest(name) or [found.name for found in search.search(name)[:3]]
        hint = f"did you mean {', '.join(near)}?" if near else "`leadkpi kpis` lists all"
        print_message(f"leadkpi: no KPI is called {name!r}; {hint}")
    return kpi


def _family(wanted: str) -> str | None:
    """The family a user means: its key, its letter in the catalogue (A to J) or a word of its title."""
    from xl_leadkpi.kpis import FAMILIES

    wanted = wanted.casefold()
    by_letter = dict(zip("abcdefghij", FAMILIES, strict=True))
    return by_letter.get(wanted) or next(
        (key for key, title in FAMILIES.items() if wanted == key or wanted in title.casefold()), None
    )


def _arguments(texts: Sequence[str], kpi: Kpi) -> tuple[list[Any], dict[str, Any]]:
    """The words of the command line as arguments by place and by name (``sales_cost=3000``)."""
    by_name = {argument.name: argument for argument in kpi.arguments}
    values: list[Any] = []
    named: dict[str, Any] = {}
    for text in texts:
        name, is_named, value = text.partition("=")
        place = kpi.arguments[len(values)] if len(values) < len(kpi.arguments) else None
        if is_named and name.lower() in by_name:
            named[name.lower()] = _value(value, by_name[name.lower()])
        elif is_named and name.isidentifier() and (place is None or place.needs_number):
            near = "".join(f"; did you mean {one}?" for one in get_close_matches(name.lower(), by_name, n=1))
            raise TypeError(f"{kpi.signature} has no argument {name!r}{near}")
        else:
            values.append(_value(text, place))
    return values, named


def _value(text: str, argument: Argument | None) -> Any:
    """What a word of the command line stands for, as a cell would take it."""
    if argument is not None and argument.is_range:
        return [_cell(part.strip()) for part in text.split(",")]
    return _cell(text)


def _cell(text: str) -> float | str | bool:
    """A number, TRUE or FALSE, or the text itself; days are read from texts by the KPIs that take them."""
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    try:
        number = float(text)
    except ValueError:
        return text
    return text if math.isnan(number) else number


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) and abs(value) < 1e15 else str(value)
