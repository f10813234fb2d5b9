"""Holds what the package says of an export against what is right: every figure true, or unknown with a reason."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.errors import UserError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read, read_spend
from xl_leadkpi.leads.model.options import ReadOptions

from .pipelines import AS_OF
from .spending import CHANNEL_NAMES

if TYPE_CHECKING:
    from .exports import Export

_NAMES = {name.casefold(): channel for channel, names in CHANNEL_NAMES.items() for name in names}


@dataclass(frozen=True)
class Failure:
    """A figure that is neither right nor unknown.

    Attributes:
        path: Which.
        got: What the package says.
        right: What would have been right.
        fault: ``wrong``, ``no reason``, ``needless`` (unknown, though the file lacks nothing), ``refused``, ``crash``,
            ``split`` (one channel in several rows), ``word not named``.
    """

    path: str
    got: Any
    right: str
    fault: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.path} = {self.got!r}, right {self.right}"


@dataclass
class Verdict:
    """What came of one export.

    Attributes:
        right: Figures that are true; ``unknown``: those that are not given; ``withheld``: of these, those that the file
            supports.
    """

    failures: list[Failure] = field(default_factory=list)
    right: int = 0
    unknown: int = 0
    withheld: int = 0
    report: dict[str, Any] = field(default_factory=dict)


def judge(export: Export) -> Verdict:
    """Run an export through the package and look at every figure."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = report_of(export, Path(folder))
        except UserError as error:
            return Verdict([Failure("(all)", str(error).replace(folder, ""), "a report", "refused")])
        except Exception as error:  # noqa: BLE001 (a crash is what this looks for)
            return Verdict([Failure("(all)", f"{type(error).__name__}: {error}", "a report", "crash")])
    return compare(export, report)


def report_of(export: Export, folder: Path) -> dict[str, Any]:
    """The JSON report of an export, read and counted in this process."""
    files = export.write(folder)
    # the recount knows the usual stages; those of an export's own are held against theirs in tests/leads
    options = ReadOptions(as_of=AS_OF, today=AS_OF, stages="canonical")
    leads = read(files["leads"], options, deals=files["deals"])
    spend = read_spend(files["spend"], options) if files["spend"] else None
    return as_json(build(leads, spend))


def compare(export: Export, report: dict[str, Any]) -> Verdict:
    """Look at every figure of a report."""
    verdict = Verdict(report=report)
    reasons = report.get("unknown")
    found = {row["finding"] for row in report["quality"]}
    for word in export.words:
        told = " ".join(f"{row['column']} {row['value']}" for row in report["quality"])
        if word not in told:
            verdict.failures.append(Failure("quality", None, f"a finding that names {word!r}", "word not named"))
    for path, figure in export.figures.items():
        got = find(report, path)
        right = _written(figure)
        if isinstance(got, str):
            verdict.failures.append(Failure(path, got, right, "split"))
        elif got is None:
            if figure.blank:
                continue
            verdict.unknown += 1
            verdict.withheld += figure.known
            if not export.missing and figure.known:
                verdict.failures.append(Failure(path, got, right, "needless"))
            elif reasons is not None and not reason_for(reasons, path):
                verdict.failures.append(Failure(path, got, right, "no reason"))
        elif figure.fits(got) and (not figure.if_found or found & set(figure.if_found)):
            verdict.right += 1
        else:
            verdict.failures.append(Failure(path, got, right, "wrong"))
    return verdict


def _written(figure: Any) -> str:
    values = [f"{one:.6g}" for one in figure.values]
    if figure.low is not None:
        values.append(f"{figure.low:.6g} to {figure.high:.6g}")
    text = " or ".join(values) or ("blank" if figure.blank else "unknown")
    return f"{text} beside {'/'.join(figure.if_found)}" if figure.if_found else text


def find(report: Any, path: str) -> Any:
    """A figure of the report; None where there is none, a text where rows contradict each other.

    A channel may stand under any of its names, but in one row.
    """
    data = report
    for name, key in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        if key:
            rows = [row for row in data or () if _same(str(next(iter(row.values()))), key)]
            if len(rows) > 1:
                return f"{len(rows)} rows: {', '.join(str(next(iter(row.values()))) for row in rows)}"
            data = rows[0] if rows else None
        else:
            data = data.get(name) if isinstance(data, dict) else None
        if data is None:
            return None
    return data


def _same(name: str, key: str) -> bool:
    left, right = name.casefold(), key.casefold()
    return _NAMES.get(left, left) == _NAMES.get(right, right).casefold() or (
        _NAMES.get(left, left) == _NAMES.get(right, right)
    )


def reason_for(reasons: dict[str, Any], path: str) -> str:
    """Why a figure is unknown: its own reason, that of its column in all rows or in this one, or that of its block."""
    column = re.sub(r"\[[^\]]*\]", "", path)
    row = re.search(r"\[([^\]]*)\]", path)
    block = column.rpartition(".")[0]
    key_figure = f"summary.{column.rpartition('.')[2]}"
    for place in (path, column, block, key_figure):
        own = reasons.get(place)
        rows = own.get("rows") if own else None
        if own and own.get("why") and (not rows or row is None or any(_same(str(one), row[1]) for one in rows)):
            return str(own["why"])
    return ""
