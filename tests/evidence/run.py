"""``python -m tests.evidence.run --tables 500 --seed N``: tries tables and prints what is wrong, by kind."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from .exports import make
from .judge import Failure, judge

Line = tuple[int, str, str, str, list[Failure], int, int]


def kind_of(path: str) -> str:
    """A figure without the row it stands in."""
    return re.sub(r"\[[^\]]*\]", "[]", path)


def try_out(seed: int) -> Line:
    """Judge the table of one seed."""
    export = make(seed)
    verdict = judge(export)
    return seed, export.layout.name, export.kind, str(export.dress), verdict.failures, verdict.right, verdict.unknown


def main() -> int:
    """Try the tables and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="the first one (default: 0)")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--show", type=int, metavar="SEED", help="print the files and failures of one table")
    options = parser.parse_args()
    if options.show is not None:
        return show(options.show)
    seeds = range(options.seed, options.seed + options.tables)
    if options.workers > 1:
        with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
            lines = list(pool.map(try_out, seeds, chunksize=8))
    else:
        lines = [try_out(seed) for seed in seeds]
    summary(lines)
    return any(line[4] for line in lines)


def summary(lines: list[Line]) -> None:
    """Print tables right by system and by what is missing, then the failures by kind with their first seeds."""
    for title, place in (("system", 1), ("kind", 2)):
        print(f"\n{title:45} right  tables")
        tables, right = Counter(line[place] for line in lines), Counter(line[place] for line in lines if not line[4])
        for name in sorted(tables):
            print(f"{name:45} {right[name]:5}  {tables[name]:6}")
    kinds: dict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for seed, system, missing, _, failures, _, _ in lines:
        for fault, path in {(one.fault, kind_of(one.path)) for one in failures}:
            kinds[fault, path, missing][system].append(seed)
    print("\ntables  fault, figure, kind; systems with the first seed of each")
    for (fault, path, missing), systems in sorted(kinds.items(), key=lambda item: -sum(map(len, item[1].values()))):
        n = sum(map(len, systems.values()))
        names = ", ".join(f"{name} {seeds[0]}" for name, seeds in sorted(systems.items())[:6])
        print(f"{n:6}  {fault}: {path}, {missing}: {names}{' ...' if len(systems) > 6 else ''}")
    right, unknown = sum(line[5] for line in lines), sum(line[6] for line in lines)
    wrong = sum(len(line[4]) for line in lines)
    tables = sum(not line[4] for line in lines)
    print(f"\n{tables} of {len(lines)} tables right; figures: {right} right, {unknown} unknown, {wrong} at fault")


def show(seed: int) -> int:
    """Print one table, as it is written, and what is wrong with its report."""
    import tempfile
    from pathlib import Path

    export = make(seed)
    print(f"{export.layout.name}, {export.kind}; {export.dress}")
    with tempfile.TemporaryDirectory() as folder:
        files = export.write(Path(folder))
        for path in [files["leads"], files["deals"], *files["spend"]]:
            if path is not None and path.suffix == ".csv":
                print(f"--- {path.name}\n{path.read_bytes().decode(export.dress.encoding, 'replace')}")
        if export.layout.workbook:
            for row in export.leads:
                print(" | ".join("" if cell is None else str(cell) for cell in row))
    verdict = judge(export)
    for failure in verdict.failures:
        print(failure)
    return bool(verdict.failures)


if __name__ == "__main__":
    sys.exit(main())
