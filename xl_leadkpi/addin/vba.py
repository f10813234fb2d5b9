"""Writes the VBA module with one wrapper a function, from what Excel may call.

``python -m xl_leadkpi.addin.vba`` prints it; ``workbook_template/vba/KpiFunctions.bas`` is its golden output. The rest
of the VBA (``KpiCells.cls``, ``KpiBridge.cls``) is written by hand: it does not depend on the catalogue.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from xl_leadkpi.addin.exports import FUNCTIONS, ExcelFunction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MODULE: Final = "KpiFunctions"

USER_DEFINED: Final = 14
"""Number of the wizard's category "User Defined"; a category of one's own needs a call to Excel at run time."""

# A line of VBA takes 1,023 characters; 24 continuations end a statement.
_LINE: Final = 115

_KEYWORDS: Final = frozenset(
    """
    abs addressof alias and any append array as attribute base binary boolean byref byte byval call case cbool cbyte
    ccur cdate cdbl cdec cint circle clng clnglng clngptr close compare const csng cstr currency cvar cverr date debug
    decimal declare defbool defbyte defcur defdate defdbl defint deflng defobj defsng defstr defvar dim do doevents
    double each else elseif empty end endif enum eqv erase error event exit explicit false fix for friend function get
    global go gosub goto if imp implements in input inputb int integer is lbound len lenb let lib like line linput
    local lock long longlong longptr loop lset me mid midb mod module name new next not nothing null object on open
    option optional or output paramarray preserve print private property pset public put raiseevent random randomize
    read redim rem reset resume return rset scale seek select set sgn shared single spc static step stop string sub tab
    text then time to true type typeof ubound unknown until variant wend while width with withevents write xor
    """.split()  # noqa: SIM905 - one string reads better than two hundred
)
_CELL_LIKE: Final = re.compile(r"[a-z]{1,3}[0-9]+|r[0-9]*|c[0-9]*|r[0-9]*c[0-9]*", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_NAME: Final = 255
_LONGEST_LIST: Final = 254
"""Letters of all parameters and one for each of them; of more the wizard shows none (xlwings issue 1489)."""


def name_problem(name: str) -> str | None:
    """Why VBA or a cell would not take a name, None if they do.

    >>> name_problem("CPL"), name_problem("CPL2"), name_problem("Date")
    (None, 'looks like a cell', 'is a word of VBA')
    """
    if not _IDENTIFIER.fullmatch(name) or len(name) > _LONGEST_NAME:
        return "is no identifier"
    if _CELL_LIKE.fullmatch(name):
        return "looks like a cell"
    if name.lower() in _KEYWORDS:
        return "is a word of VBA"
    return None


def functions_module(functions: Iterable[ExcelFunction] | None = None) -> str:
    """Write the module: ASCII, CRLF.

    Args:
        functions: What to wrap; None takes every function.

    Returns:
        Text of the module as VBA exports it.

    Raises:
        ValueError: If a name or a text is not fit for VBA.
    """
    wrapped = tuple(FUNCTIONS.values() if functions is None else functions)
    _check_spelling(wrapped)
    lines = [
        f'Attribute VB_Name = "{MODULE}"',
        "'Written by python -m xl_leadkpi.addin.vba; changes belong into the catalogue.",
        "Option Explicit",
        "",
        "Public KpiEngine As New KpiCells",
    ]
    for function in wrapped:
        lines += ["", *_wrapper(function)]
    text = "\r\n".join(lines) + "\r\n"
    if not text.isascii():
        odd = next(line for line in lines if not line.isascii())
        raise ValueError(f"VBA takes ASCII only: {odd}")
    return text


def _wrapper(function: ExcelFunction) -> Iterator[str]:
    _check_names(function)
    parameters = ", ".join(
        f"Optional {parameter.shown} As Variant" if parameter.optional else f"{parameter.shown} As Variant"
        for parameter in function.parameters
    )
    yield from _wrapped(f"Public Function {function.name}({parameters}) As Variant")
    yield f'Attribute {function.name}.VB_Description = "{_quoted(_ascii(function.help))}"'
    yield f'Attribute {function.name}.VB_ProcData.VB_Invoke_Func = " \\n{USER_DEFINED}"'
    names = ", ".join(parameter.shown for parameter in function.parameters)
    if any(parameter.by_address for parameter in function.parameters):
        # Without a cell the answer changes whenever another cell fails.
        yield f"    If IsMissing({names}) Then Application.Volatile"
        yield f'    {function.name} = KpiEngine.Why("{function.name}", {names})'
    else:
        blank = function.required if function.blank_if_blank else 0
        rest = f", {blank}, True" if function.minds_days else f", {blank}" if blank else ""
        yield from _wrapped(f'    {function.name} = KpiEngine.Value("{function.name}", Array({names}){rest})')
    yield "End Function"


def _check_names(function: ExcelFunction) -> None:
    names = [function.name, *(parameter.shown for parameter in function.parameters)]
    for name in names:
        problem = name_problem(name)
        # A parameter may look like a cell; inside VBA it is none.
        if problem is not None and not (problem == "looks like a cell" and name != function.name):
            raise ValueError(f"{function.name}: the name {name!r} {problem}")
    if len({name.lower() for name in names}) < len(names):
        raise ValueError(f"{function.name}: VBA does not tell names apart by case: {', '.join(names)}")
    if sum(len(name) + 1 for name in names[1:]) > _LONGEST_LIST:
        raise ValueError(f"{function.name}: the names of its parameters are too long for Excel's function wizard")


def _check_spelling(functions: Sequence[ExcelFunction]) -> None:
    written = {function.name.lower(): function.name for function in functions}
    for function in functions:
        for parameter in function.parameters:
            name = written.get(parameter.shown.lower(), function.name)
            if name != function.name:
                raise ValueError(
                    f"{function.name}: the parameter {parameter.shown!r} is spelled like the function {name}, and VBA "
                    "keeps one spelling of both; give it another name in exports._SHOWN"
                )


def _wrapped(line: str) -> Iterator[str]:
    """Break a long line after commas, as VBA continues lines."""
    indent = "        "
    while len(line) > _LINE and (comma := line.find(", ", len(indent))) > 0:
        cut = max(line.rfind(", ", 0, _LINE), comma) + 2
        yield line[:cut] + "_"
        line = indent + line[cut:]
    yield line


_PLAIN: Final = str.maketrans(
    {"÷": "/", "×": "x", "–": "-", "—": "-", "≥": ">=", "≤": "<=", "→": "->", "’": "'", "“": '"', "”": '"', "…": "..."}
)


def _ascii(text: str) -> str:
    return text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")


def _quoted(text: str) -> str:
    return text.replace('"', '""')


if __name__ == "__main__":
    sys.stdout.buffer.write(functions_module().encode("ascii"))
