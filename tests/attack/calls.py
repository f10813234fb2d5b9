"""Calls of single KPIs with arguments that no sheet should hold: from a cell and from the command line."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

from tests.attack.judge import ENGINES_OWN_WORDS
from tests.attack.tables import HOSTILE_TEXTS, make
from xl_leadkpi.addin import exports
from xl_leadkpi.addin.variants import OMITTED
from xl_leadkpi.cli import main
from xl_leadkpi.errors import UserError
from xl_leadkpi.kpis import CATALOGUE

_NUMBERS = (
    0.0, 1.0, -1.0, 0.5, 12.0, 340.0, 12_000.0, 45_782.0, 1e-320, 5e-324, -1e-300, 1e15, 1e16, 1e154, 1e200, 1e300,
    1e308, -1e308, 1.7976931348623157e308, 2_958_465.0, 2_958_466.0, 60.0, -0.0, 0.1, 1 / 3, 100.0, 365.0, 1e9,
    float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (
    None, "", " ", True, False, "x", "12", "1,5", "2025-05-31", "2025-02-30", "Won", "linear", "#N/A", -2146826281,
    -2146826246, -2146826288, -2146826189, OMITTED.value, 7, -1, 10**30, datetime(2025, 5, 31), datetime.max, date.min,
    Decimal("1.5"), Decimal("NaN"), Decimal("1e400"), b"x", 1 + 2j, object(),
)  # fmt: skip
_MODELS = ("first", "last", "linear", "position", "time decay", "markov", "shapley", "u", "", "nonsense")


def _cell(random: Random) -> Any:
    chosen = random.random()
    if chosen < 0.6:
        return random.choice(_NUMBERS)
    return random.choice(_OTHERS) if chosen < 0.9 else random.choice(HOSTILE_TEXTS)[:5_000]


def _range(random: Random) -> Any:
    rows, width = random.choice((1, 2, 3, 12, 60)), random.choice((1, 1, 1, 2, 5))
    plain = random.random() < 0.5
    cells = [[random.choice(_NUMBERS[:30]) if plain else _cell(random) for _ in range(width)] for _ in range(rows)]
    if random.random() < 0.1:
        return tuple(cell for row in cells for cell in row)
    return tuple(map(tuple, cells))


def _leads(random: Random, kind: str) -> Any:
    """A selected table as COM brings it."""
    table = make(kind, random)
    lines = [table.headers, *table.rows[: random.randint(0, 40)]]
    return tuple(tuple((cell if random.random() > 0.03 else _cell(random)) for cell in line) for line in lines)


def udf_call(random: Random) -> tuple[str, tuple[Any, ...], bool]:
    """A function and arguments as a cell passes them, and whether days are counted from 1904."""
    name = random.choice(sorted(exports.FUNCTIONS))
    function = exports.FUNCTIONS[name]
    values: list[Any] = []
    for parameter in function.parameters[: random.choice((len(function.parameters), function.required))]:
        if parameter.name in {"leads", "spend", "touches"} and random.random() < 0.9:
            values.append(_leads(random, parameter.name))
        elif parameter.by_address:
            values.append(random.choice(("[Book1]Sheet1!A1", "", "x")))
        elif parameter.name in {"by", "model", "kpi", "topic", "stage"} and random.random() < 0.6:
            values.append(random.choice((*_MODELS, "source", "month", "owner", "CPL", "WINRATE", "Won", "Opportunity")))
        else:
            values.append(_range(random) if random.random() < 0.4 else _cell(random))
    if random.random() < 0.02:
        values += [1.0] * 20
    return name, tuple(values), random.random() < 0.2


def udf_faults(name: str, values: tuple[Any, ...], date1904: bool) -> list[str]:
    """What is wrong with what a cell is given."""
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns where it gives inf or nan, which become error values
        try:
            rows = exports.call(name, values, date1904=date1904, caller="[Book1]Sheet1!A1")
        except Exception as error:  # noqa: BLE001 - any is a fault
            return [f"raises {type(error).__name__}: {error}"]
        found += _odd_cells(rows)
        function = exports.FUNCTIONS[name]
        if rows == [["#VALUE!"]]:  # which hides what was raised
            try:
                arguments = exports._decode_arguments(function, values, date1904=date1904)
                exports._compute(function, arguments, date1904=date1904)
            except (UserError, TypeError, ValueError) as error:
                if not _is_explained(error):
                    found.append(f"hides {type(error).__name__}: {str(error)[:100]}")
            except Exception as error:  # noqa: BLE001 - any is a fault
                found.append(f"hides {type(error).__name__}: {str(error)[:100]}")
    return found


def _is_explained(error: Exception) -> bool:
    """Whether a person wrote the message: the package raises it, for the reader of ``KPIWHY``."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return isinstance(error, UserError) or bool(
        trace and "xl_leadkpi" in trace.tb_frame.f_code.co_filename and _raised_here(trace)
    )


def _raised_here(trace: Any) -> bool:
    import linecache

    line = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return "raise" in line or "inspect" in line


def _odd_cells(rows: Any) -> list[str]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        return ["gives no rows"]
    if len({len(row) for row in rows}) > 1:
        return ["gives rows of different lengths"]
    found = []
    for row in rows:
        for cell in row:
            if isinstance(cell, float) and not math.isfinite(cell):
                found.append(f"gives {cell}")
            elif not isinstance(cell, (float, str, bool, int)):
                found.append(f"gives a {type(cell).__name__}")
            elif isinstance(cell, str) and len(cell) > 32_767:
                found.append("gives a text longer than a cell")
    return sorted(set(found))


def command_words(random: Random) -> list[str]:
    """What follows ``leadkpi`` for a KPI, the list of KPIs or an explanation."""
    name = random.choice(sorted(CATALOGUE))
    chosen = random.random()
    if chosen < 0.04:
        return ["explain", random.choice((name, name.lower(), random.choice(HOSTILE_TEXTS)[:300])), "--language", "ru"]
    if chosen < 0.08:
        return [
            "kpis",
            random.choice(("--search", "--family")),
            random.choice((name, "koszt", random.choice(HOSTILE_TEXTS)[:300])),
        ]
    values = []
    for argument in CATALOGUE[name].arguments[: random.choice((99, 99, 99, 2))]:
        if argument.is_range and random.random() < 0.8:
            values.append(",".join(_word(random) for _ in range(random.choice((0, 1, 3, 12)))))
        elif random.random() < 0.1:
            values.append(f"{argument.name}={_word(random)}")
        else:
            values.append(_word(random))
    if random.random() < 0.03:
        name = random.choice(HOSTILE_TEXTS)[:300]
    return ["kpi", "--", name, *values] if random.random() < 0.7 else ["kpi", name, *values]


def _word(random: Random) -> str:
    chosen = random.random()
    if chosen < 0.7:
        return repr(random.choice(_NUMBERS))
    if chosen < 0.85:
        return random.choice(("", "TRUE", "2025-05-31", "2025-02-30", "Won", "x", "1,5", "1 000", "=", "a=b", "linear"))
    return random.choice(HOSTILE_TEXTS).replace("\0", "")[:300]


def command_faults(words: list[str]) -> list[str]:
    """What is wrong with how a command ends and what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            code = main(words)
        except SystemExit as exit_code:
            code = exit_code.code if isinstance(exit_code.code, int) else -1
        except BaseException as error:  # noqa: BLE001 - any is a fault
            return [f"raises {type(error).__name__}: {str(error)[:100]}"]
    found = []
    if code not in {0, 1, 2}:
        found.append(f"exit {code}")
    if words[0] == "kpi" and code == 0:
        printed = [line.strip() for line in out.getvalue().splitlines()]
        found += [f"prints {line}" for line in printed if line.lower() in {"nan", "inf", "-inf", "none"}]
    return found + ([] if code == 2 else _message_faults(err.getvalue(), words, refused=code == 1))


def _message_faults(said: str, words: list[str], *, refused: bool) -> list[str]:
    found = ["a refusal without a message"] if refused and not said.startswith("leadkpi: ") else []
    for word in sorted(words, key=len, reverse=True):
        said = said.replace(word, "") if len(word) > 3 else said
    if own := ENGINES_OWN_WORDS.search(said):
        found.append(f"an engine's own words ({own[0]})")
    if len(said) > 3_000:
        found.append("a message of thousands of characters")
    return found


def faults_of(seed: int, number: int) -> list[str]:
    """Make one call of each kind; say what is wrong, with the call."""
    random = Random(f"call-{seed}-{number}")
    name, values, date1904 = udf_call(random)
    words = command_words(random)
    found = [f"{fault} <- ={name}{values!r:.400}" for fault in udf_faults(name, values, date1904)]
    return found + [f"{fault} <- leadkpi {words!r:.400}" for fault in command_faults(words)]
