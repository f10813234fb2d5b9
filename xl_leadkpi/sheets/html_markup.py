"""The page of :mod:`summary_page` as HTML: one file with its styles and drawings in it, and nothing else needed.

What is written is XML as well: every element is closed. All texts go through one gate, so that none becomes markup.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from xl_leadkpi.output_files import OutputFiles
from xl_leadkpi.sheets import svg
from xl_leadkpi.sheets.palette import BAND, FAINT, INK, MUTED, NAVY, RED, RULE, TEAL
from xl_leadkpi.sheets.summary_page import Charts, Table, page_of
from xl_leadkpi.sheets.text_cells import line_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.sheets.summary_page import Card, Cell, Figure, Lines, Page, Row, Task

GENERATOR = '<meta name="generator" content="leadkpi"/>'
LONGEST = 4_000
"""Letters of a line."""
LONGEST_NAME = 120
"""Letters of the name of a group or a stage."""
MOST_BESIDE = 3
"""Figures that a phone has room for beside the name of their row."""
MOST_TOGETHER = 12
"""Rows of a table that is printed on one page."""
_BEGINNING = 400
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
_CSS = f"""
*{{box-sizing:border-box}}
html{{-webkit-text-size-adjust:100%}}
body{{margin:0 auto;padding:16px;max-width:960px;color:{INK};background:#fff;line-height:1.4;
font:15px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;overflow-wrap:break-word;
-webkit-print-color-adjust:exact;print-color-adjust:exact}}
h1{{font-size:24px;margin:0;color:{NAVY}}}
h2{{font-size:17px;margin:26px 0 8px;padding-top:8px;border-top:1px solid {RULE};color:{NAVY}}}
h3{{font-size:13px;margin:0;font-weight:600}}
p{{margin:3px 0}}
small,.note,.basis{{font-size:12px;color:{MUTED}}}
.warning{{margin:8px 0;padding:7px 10px;border-left:3px solid {RED};background:{BAND};font-size:13px}}
.cards,.charts{{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));margin-top:14px}}
.charts{{grid-template-columns:repeat(auto-fit,minmax(260px,1fr))}}
.card{{border:1px solid {RULE};border-radius:6px;padding:9px 10px}}
.value{{font-size:23px;font-weight:600;line-height:1.25}}
.better{{color:{TEAL}}}.worse{{color:{RED}}}.faint{{color:{FAINT}}}
td bdi{{display:inline-block;max-width:min(38vw,22em)}}.wide{{overflow-x:auto}}[data-figure]{{white-space:nowrap}}
svg{{display:block}}
svg.bar{{width:100%;height:10px}}svg.spark{{width:100%;height:28px;margin-top:4px}}svg.columns{{width:100%;height:auto}}
table{{border-collapse:collapse;width:100%;font-size:14px}}
th,td{{padding:5px 6px;text-align:right;vertical-align:top;border-bottom:1px solid {RULE}}}
th{{font-size:12px;font-weight:600;color:{MUTED};vertical-align:bottom}}
th:first-child,td:first-child{{text-align:left;padding-left:0}}
td small{{display:block}}
td.drawn{{width:26%;vertical-align:middle}}
tr.total td{{font-weight:600;border-bottom:0}}
ol,ul{{margin:0;padding-left:20px}}li{{margin:6px 0}}
@media (max-width:480px){{
body{{padding:12px;font-size:14px}}table{{font-size:13px}}th,td{{padding:5px 3px}}
.cards{{grid-template-columns:repeat(2,minmax(0,1fr))}}td.drawn{{width:20%}}
@supports (grid-template-columns:subgrid){{
.many{{display:grid;grid-template-columns:repeat(var(--figures),auto)}}
.many thead,.many tbody,.many tr{{display:grid;grid-column:1/-1;grid-template-columns:subgrid}}
.many td,.many th{{border:0;padding-top:1px}}.many th{{font-size:11px;align-self:end}}
.many td:first-child,.many th:first-child{{grid-column:1/-1;padding-top:5px;font-weight:600}}
.many tr{{border-bottom:1px solid {RULE}}}.many bdi{{max-width:100%}}}}}}
@page{{size:A4;margin:13mm}}
@media print{{
body{{padding:0;max-width:none;font-size:10pt}}table{{font-size:9.5pt}}th,td{{padding:3px 6px}}h2{{margin-top:16px}}
td small{{display:inline;margin-left:6px}}
.cards{{grid-template-columns:repeat(5,minmax(0,1fr))}}.charts{{grid-template-columns:repeat(3,minmax(0,1fr))}}
.value{{font-size:15pt}}h2{{break-after:avoid}}.card,tr,li,.charts>div,.warning,.short{{break-inside:avoid}}}}
"""


def to_html(
    report: FunnelReport, path: str | os.PathLike[str], *, language: str = "en", outputs: OutputFiles | None = None
) -> None:
    """Write the page of a report; on any failure the file that was there stays as it was.

    Args:
        report: The report.
        path: The file; its folder must exist.
        language: ``en``, ``pl`` or ``ru``.
        outputs: The files it is to be put in place with, by the caller; None puts it there at once.

    Raises:
        OutputError: If the folder is missing or may not be written to, or the file is open in another program.
    """
    if outputs is None:
        with OutputFiles() as alone:
            to_html(report, path, language=language, outputs=alone)
            alone.put_in_place()
        return
    outputs.new(path).write(markup(page_of(report, language)).encode("utf-8", "replace"))


def is_funnel_page(path: Path) -> bool:
    """Tell whether a file begins as a page of :func:`to_html` does."""
    try:
        with path.open("rb") as stream:
            return GENERATOR.encode() in stream.read(_BEGINNING)
    except OSError:
        return False


def markup(page: Page) -> str:
    """The page as text of an HTML file."""
    return "".join(_page(page))


def _page(page: Page) -> Iterator[str]:
    yield f'<!DOCTYPE html>\n<html lang="{page.language}" xmlns="http://www.w3.org/1999/xhtml"><head>'
    yield f'<meta charset="utf-8"/>{GENERATOR}'
    # a reader's program may fetch and run nothing, whatever a text of the export says
    yield (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"
        '<meta name="viewport" content="width=device-width,initial-scale=1"/>'
        '<meta name="format-detection" content="telephone=no"/>'
    )
    yield f"<title>{_text(f'{page.title} – {page.source}')}</title><style>{_CSS}</style></head>\n<body>\n"
    yield f"<header><h1>{_text(page.title)}</h1><p>{_own(page.source, LONGEST_NAME)}</p>"
    yield "".join(f'<p class="note">{_own(line)}</p>' for line in page.about)
    yield "".join(f'<p class="warning">{_own(line)}</p>' for line in page.warnings)
    yield "</header>\n"
    if page.cards:
        yield f'<section class="cards">{"".join(map(_card, page.cards))}</section>\n'
        yield f'<p class="note">{_text(page.cards_note)}</p>\n' if page.cards_note else ""
    for part in (page.changes, page.stages, page.months, page.forecast, page.forecast_check):
        yield _part(part)
    if page.tasks:
        yield f"<section><h2>{_text(page.tasks_title)}</h2><ol>{''.join(map(_task, page.tasks))}</ol></section>\n"
    yield _part(page.sources)
    yield f"<footer>{_lines(page.how)}<p><small>{_text(page.foot)}</small></p></footer>\n</body></html>\n"


def _part(part: Table | Charts | Lines | None) -> str:
    if part is None:
        return ""
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Charts):
        return _charts(part)
    return f"<section>{_lines(part)}</section>\n"


def _card(card: Card) -> str:
    parts = [f"<h3>{_own(card.name, LONGEST_NAME)}</h3>", f'<div class="value">{_figure(card.figure)}</div>']
    if card.recent is not None:
        parts.append(f"<div><small>{_text(card.recent[0])}: {_figure(card.recent[1])}</small></div>")
    if card.change is not None:
        parts.append(
            f'<div><small><span class="{card.tone}">{_figure(card.change)}</span> {_text(card.against)}</small></div>'
        )
    if card.target is not None:
        met = f' <span class="{card.met_tone}">{_text(card.met)}</span>' if card.met else ""
        attained = f" · {_figure(card.attained)}" if card.attained is not None else ""
        parts.append(f"<div><small>{_text(card.target_name)}: {_figure(card.target)}{attained}{met}</small></div>")
    parts += [f'<div class="basis">{_own(one)}</div>' for one in card.basis]
    if card.months:
        names = f"{card.months[0].month} – {card.months[-1].month}"
        parts.append(svg.spark([point.figure.value for point in card.months]))
        parts.append(f'<div class="basis">{_text(names)}</div>')
    return f'<div class="card">{"".join(parts)}</div>'


def _table(table: Table) -> str:
    drawn = any(row.bar is not None for row in table.rows)
    first, *others = table.headers
    head = f"<th>{_text(first)}</th>{'<th></th>' if drawn else ''}{''.join(f'<th>{_text(one)}</th>' for one in others)}"
    rows = "".join(_row(row, drawn=drawn) for row in table.rows)
    # on a phone the name of a row stands above its figures where these alone fill the width
    many = f' class="many" style="--figures:{len(others)}"' if len(others) > MOST_BESIDE and not drawn else ""
    short = ' class="short"' if len(table.rows) <= MOST_TOGETHER else ""
    return (
        f'<section{short}><h2>{_text(table.title)}</h2><div class="wide"><table{many}><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f"{_notes(table.notes)}</section>\n"
    )


def _row(row: Row, *, drawn: bool) -> str:
    bar = row.bar
    shape = "" if bar is None else svg.range_bar(*bar) if isinstance(bar, tuple) else svg.bar(bar)
    total = ' class="total"' if row.is_total else ""
    picture = f'<td class="drawn">{shape}</td>' if drawn else ""
    return f"<tr{total}><td>{_own(row.label, LONGEST_NAME)}</td>{picture}{''.join(map(_cell, row.cells))}</tr>"


def _cell(cell: Cell) -> str:
    shown = "" if cell.figure is None else f'<span class="{cell.tone}">{_figure(cell.figure)}</span>'
    if cell.ends is not None:
        ends = " – ".join(map(_figure, cell.ends))
        shown += f"<small>{ends}</small>" if shown else ends
    if cell.remark:
        shown += f'<small class="{cell.tone}">{_text(cell.remark)}</small>' if shown else _text(cell.remark)
    return f"<td>{shown}</td>"


def _charts(part: Charts) -> str:
    drawn = "".join(
        f"<div><h3>{_text(chart.title)}</h3>"
        + svg.columns(
            [point.month for point in chart.points],
            [point.figure.value for point in chart.points],
            [point.figure.text for point in chart.points],
            [point.is_running for point in chart.points],
        )
        + "</div>"
        for chart in part.charts
    )
    return f'<section><h2>{_text(part.title)}</h2><div class="charts">{drawn}</div>{_notes(part.notes)}</section>\n'


def _lines(part: Lines) -> str:
    lines = "".join(f"<p>{_own(line)}</p>" for line in part.lines)
    return f"<h2>{_text(part.title)}</h2>{lines}"


def _task(task: Task) -> str:
    figures = [one for one in (task.count, task.amount) if one is not None]
    shown = f": {' · '.join(map(_figure, figures))}" if figures else ""
    return f"<li><strong>{_own(task.what, LONGEST_NAME * 2)}{shown}</strong><br/>{_own(task.advice)}</li>"


def _notes(notes: Sequence[str]) -> str:
    return "".join(f'<p class="note">{_own(note)}</p>' for note in notes)


def _figure(figure: Figure) -> str:
    """A number, with its path in ``--json``."""
    return f'<span data-figure="{_text(figure.path)}">{_text(figure.text)}</span>'


def _own(text: str, longest: int = LONGEST) -> str:
    """A text with words of the export in it: whatever direction they are written in, what is around stays as it is."""
    return f"<bdi>{_text(text, longest)}</bdi>"


def _text(text: str, longest: int = LONGEST) -> str:
    """The gate for every text: on one line, no control character, nothing that is markup."""
    return escape(_CONTROLS.sub("", line_text(text, longest)))
