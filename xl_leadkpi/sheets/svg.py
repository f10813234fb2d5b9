"""Small drawings inside a page: a bar, a range, a line of months, columns of months. No number is written but given."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xl_leadkpi.sheets.palette import FAINT, INK, MUTED, NAVY, PALE_NAVY, RULE, TEAL

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 240, 92
_TOP, _BOTTOM = 14, 13
_LETTER = 5.0
"""Width of a letter of the labels, about."""
_SIZE = 9


def bar(share: float) -> str:
    """A bar of so much of its width.

    >>> bar(0.5).count("rect"), 'width="50"' in bar(0.5)
    (2, True)
    """
    return _svg(
        100, 10, f'<rect width="100" height="10" fill="{RULE}"/><rect width="{_at(share * 100)}" height="10" '
        f'fill="{NAVY}"/>', "bar", stretch=True,
    )  # fmt: skip


def range_bar(low: float, middle: float, high: float) -> str:
    """A range of its width, and a mark in it."""
    begins, ends = low * 100, max(high * 100, low * 100 + 1)
    at = min(max(middle * 100 - 0.75, 0), 98.5)
    drawn = (
        f'<rect x="{_at(begins)}" y="2" width="{_at(ends - begins)}" height="6" fill="{PALE_NAVY}"/>'
        f'<rect x="{_at(at)}" width="1.5" height="10" fill="{NAVY}"/>'
    )
    return _svg(100, 10, drawn, "bar", stretch=True)


def spark(values: Sequence[float | None]) -> str:
    """A line through the values that are known; it breaks where one is not."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(*known, 0), max(*known, 0)
    span = (high - low) or 1
    step = 116 / max(len(values) - 1, 1)
    spots = [None if one is None else (2 + i * step, 26 - 24 * ((one - low) / span)) for i, one in enumerate(values)]
    lines: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            lines.append([])
        else:
            lines[-1].append(spot)
    drawn = "".join(
        f'<polyline points="{" ".join(f"{_at(x)},{_at(y)}" for x, y in line)}" fill="none" stroke="{NAVY}" '
        'stroke-width="1.5"/>'
        for line in lines
        if len(line) > 1
    )
    last = next(spot for spot in reversed(spots) if spot is not None)
    drawn += f'<circle cx="{_at(last[0])}" cy="{_at(last[1])}" r="2" fill="{TEAL}"/>'
    return _svg(120, 28, drawn, "spark")


def columns(months: Sequence[str], values: Sequence[float | None], texts: Sequence[str], pale: Sequence[bool]) -> str:
    """Columns from the ground up, those below it downwards; the highest and the last have their figure.

    Args:
        months: What each is called; the first and the last stand below.
        values: How high each is; none where it is unknown.
        texts: Its figure as it is written.
        pale: It is not complete.
    """
    known = [value for value in values if value is not None]
    high, low = max([*known, 0]), min([*known, 0])
    scale = (HEIGHT - _TOP - _BOTTOM) / ((high - low) or 1)
    ground = _TOP + high * scale
    step = WIDTH / max(len(values), 1)
    drawn = [f'<line x1="0" y1="{_at(ground)}" x2="{WIDTH}" y2="{_at(ground)}" stroke="{RULE}"/>']
    for i, (month, value, text) in enumerate(zip(months, values, texts, strict=True)):
        if value is None:
            continue
        top = ground - max(value, 0) * scale
        color = PALE_NAVY if pale[i] else NAVY
        drawn.append(
            f'<rect x="{_at(i * step + step * 0.12)}" y="{_at(top)}" width="{_at(step * 0.76)}" '
            f'height="{_at(abs(value) * scale)}" fill="{color}"><title>{escape(f"{month}: {text}")}</title></rect>'
        )
    for i in _labelled(values, texts, step):
        value = values[i] or 0
        drawn.append(_text(texts[i], (i + 0.5) * step, ground - max(value, 0) * scale - 4, INK))
    drawn += [_text(months[0], 0, HEIGHT - 3, MUTED), _text(months[-1], WIDTH, HEIGHT - 3, MUTED)] if months else []
    return _svg(WIDTH, HEIGHT, "".join(drawn), "columns")


def _labelled(values: Sequence[float | None], texts: Sequence[str], step: float) -> list[int]:
    """Columns with their figure: the highest, and the last where its figure stands over no column."""
    known = [i for i, value in enumerate(values) if value is not None]
    if not known:
        return []
    heights = [max(value or 0, 0) for value in values]
    highest, last = max(known, key=lambda i: heights[i]), known[-1]
    under = range(max(int(last - len(texts[last]) * _LETTER / step), 0), last)
    most = max((heights[i] for i in under), default=0)
    return [highest] if last == highest or highest in under or most > heights[last] else [highest, last]


def _text(text: str, x: float, y: float, color: str) -> str:
    """A label, inside the drawing also at its edges."""
    half = len(text) * _LETTER / 2
    anchor, x = ("start", 0.0) if x < half else ("end", float(WIDTH)) if x > WIDTH - half else ("middle", x)
    return (
        f'<text x="{_at(x)}" y="{_at(y)}" font-size="{_SIZE}" fill="{color}" text-anchor="{anchor}">{escape(text)}'
        "</text>"
    )


def _svg(width: int, height: int, drawn: str, kind: str, *, stretch: bool = False) -> str:
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="0 0 {width} {height}"{ratio} role="img" '
        f'aria-hidden="true" stroke-linejoin="round" color="{FAINT}">{drawn}</svg>'
    )


def _at(number: float) -> str:
    """A place as short as it can be written."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
