"""Where the catalogue comes from: what articles and references say of each KPI, and where they err.

Kept in ``provenance.json`` beside the declarations: whoever uses a KPI needs none of it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class ArticleSource(NamedTuple):
    """What one of the articles behind the catalogue says about a KPI.

    Attributes:
        article: Key in :func:`articles`.
        says: Its wording or the gist of it.
        wrong: Why its formula is wrong, ``""`` where it is right or gives none.
    """

    article: str
    says: str
    wrong: str = ""


class Provenance(NamedTuple):
    """Where a KPI comes from.

    Attributes:
        articles: Which of the articles name it and what they say.
        references: What the field's own references say.
        notes: How differing definitions were weighed.
        misnomers: Mistaken names in translated articles, by language, with what they mean; a search finds them.
        examples: Where the figures of an example come from.
    """

    articles: tuple[ArticleSource, ...] = ()
    references: str = ""
    notes: str = ""
    misnomers: Mapping[str, Mapping[str, str]] = {}
    examples: Mapping[str, str] = {}


@cache
def articles() -> Mapping[str, str]:
    """The articles the catalogue goes back to, by key.

    >>> list(articles())
    ['cognism', 'ruler-metrics', 'tehnografi', 'ruler-kpis', 'automatenow']
    """
    titles: dict[str, str] = _file()["articles"]
    return titles


@cache
def provenance() -> Mapping[str, Provenance]:
    """Provenance by KPI; a KPI without any is not in it."""
    return {
        name: Provenance(**{**known, "articles": tuple(ArticleSource(**one) for one in known.get("articles", ()))})
        for name, known in _file()["kpis"].items()
    }


def misnomers(name: str) -> tuple[str, ...]:
    """Mistaken names of a KPI, in any language."""
    known = provenance().get(name, Provenance())
    return tuple(word for words in known.misnomers.values() for word in words)


def lines(name: str) -> Iterator[str]:
    """The provenance of a KPI as lines of text."""
    known = provenance().get(name, Provenance())
    for source in known.articles:
        wrong = f" - wrong: {source.wrong}" if source.wrong else ""
        yield f"- {articles()[source.article]}: {source.says}{wrong}"
    if known.references:
        yield f"- references: {known.references}"
    for example, origin in known.examples.items():
        yield f"- {example}: {origin}"
    for words in known.misnomers.values():
        for word, means in words.items():
            yield f"- mistranslated as {word}" + (f" ({means})" if means else "")
    if known.notes:
        yield f"- notes: {known.notes}"


@cache
def _file() -> Mapping[str, dict[str, Any]]:
    text = (files("xl_leadkpi.kpis") / "provenance.json").read_text(encoding="utf-8")
    known: dict[str, dict[str, Any]] = json.loads(text)
    return known
