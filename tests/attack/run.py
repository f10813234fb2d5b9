"""Attack the command with thousands of made-up inputs, and say what became of them.

python tests/attack/run.py --inputs 12000 --seed 7
python tests/attack/run.py --only 7:4711 --keep-files FOLDER    one of them again, its files kept
"""

from __future__ import annotations

import argparse
import collections
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ is None or not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.attack import judge
from tests.attack.inputs import Attack, make
from tests.attack.kept import keep
from tests.attack.processes import Forks, Outcome, run_alone

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Result:
    """One attack and what is wrong with its outcome."""

    attack: Attack
    outcome: Outcome
    faults: list[str]
    only_forked: bool = False

    @property
    def kinds(self) -> set[str]:
        """Its faults, without what differs from input to input."""
        return set(map(judge.kind_of, self.faults))

    @property
    def report(self) -> str:
        """How it ended and how to see it again."""
        lines = [
            f"{self.attack.name} ({', '.join(self.attack.tags)}): {'; '.join(self.faults)}",
            f"  leadkpi {self.attack.command.shown}",
            f"  exit {self.outcome.code}, {self.outcome.cpu:.1f} s, {self.outcome.peak >> 20} MB",
            f"  again: python tests/attack/run.py --only {self.attack.name} --keep-files FOLDER",
        ]
        return "\n".join(lines).encode("utf-8", "backslashreplace").decode()


def attempt(seed: int, number: int, folder: Path, forks: Forks) -> Result:
    """Make one attack in an empty folder, run it and judge it.

    A fault that a forked process shows must show in a process of its own too, as a user would start it; but not what
    depends on the moment of a signal.
    """
    attack = make(seed, number, folder)
    before = judge.state(folder)
    if attack.command.alone:
        outcome = run_alone(attack.command)
        return Result(attack, outcome, judge.faults(attack, outcome, before))
    outcome = forks.run(attack.command)
    found = judge.faults(attack, outcome, before)
    if not found or attack.command.signal:
        return Result(attack, outcome, found)
    shutil.rmtree(folder)
    folder.mkdir()
    attack = make(seed, number, folder)
    before = judge.state(folder)
    outcome = run_alone(attack.command)
    confirmed = judge.faults(attack, outcome, before)
    return Result(attack, outcome, confirmed, only_forked=not confirmed)


@dataclass
class Summary:
    """Counts over a run."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    faults: dict[str, list[Result]] = field(default_factory=lambda: collections.defaultdict(list))
    slowest: list[tuple[float, str, str]] = field(default_factory=list)
    largest: list[tuple[int, str, str]] = field(default_factory=list)
    only_forked: list[str] = field(default_factory=list)
    runs: int = 0

    def add(self, result: Result) -> None:
        """Count a result."""
        self.runs += 1
        self.outcomes[f"exit {result.outcome.code}" if result.outcome.in_time else "hangs"] += 1
        for kind in result.kinds:
            self.faults[kind].append(result)
        if result.only_forked:
            self.only_forked.append(result.attack.name)
        what = ", ".join(result.attack.tags)
        self.slowest = sorted([*self.slowest, (result.outcome.cpu, result.attack.name, what)])[-5:]
        self.largest = sorted([*self.largest, (result.outcome.peak, result.attack.name, what)])[-5:]

    def show(self) -> None:
        """Print it."""
        print(f"{self.runs:,} inputs:", ", ".join(f"{count:,} {name}" for name, count in self.outcomes.most_common()))
        print("slowest (s):", "; ".join(f"{cpu:.1f} {name} [{what}]" for cpu, name, what in reversed(self.slowest)))
        print(
            "largest (MB):", "; ".join(f"{peak >> 20} {name} [{what}]" for peak, name, what in reversed(self.largest))
        )
        if self.only_forked:
            print(f"at fault only where forked ({len(self.only_forked)}):", " ".join(self.only_forked[:20]))
        failed = {result.attack.name for results in self.faults.values() for result in results}
        print(f"{len(failed):,} inputs at fault, {len(self.faults):,} kinds")
        for fault, results in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            names = " ".join(result.attack.name for result in results[:4])
            print(f"{len(results):>5}  {fault}  ({names})".encode("utf-8", "backslashreplace").decode())


def attacks(seed: int, numbers: Iterator[int], upto: int, workers: int) -> Iterator[Result]:
    """Run attacks side by side.

    Args:
        seed: Of the run.
        numbers: Which ones, taken in turn.
        upto: The first number that is not run any more.
        workers: How many at once.
    """
    results: collections.deque[Result | BaseException | None] = collections.deque()
    ready = threading.Semaphore(0)
    taking = threading.Lock()

    def work() -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="attack-", ignore_cleanup_errors=True) as place, Forks() as forks:
                while True:
                    with taking:
                        number = next(numbers)
                    if number >= upto:
                        break
                    folder = Path(place, str(number))
                    folder.mkdir()
                    results.append(attempt(seed, number, folder, forks))
                    ready.release()
                    shutil.rmtree(folder, ignore_errors=True)
            results.append(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the results are taken
            results.append(error)
        ready.release()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    working = len(threads)
    while working:
        ready.acquire()
        result = results.popleft()
        if isinstance(result, BaseException):
            raise result
        if result is None:
            working -= 1
        else:
            yield result


def save(result: Result, place: Path) -> None:
    """Make the files of an attack again, and its command line beside them."""
    folder = place / result.attack.name.replace(":", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(*map(int, result.attack.name.split(":")), folder)
    said = f"{result.report}\n\n{result.outcome.err[-4_000:]}"
    (folder / "what.txt").write_text(said, encoding="utf-8", errors="backslashreplace")


def main() -> int:
    """Run what the arguments ask for; 1 where anything is at fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other inputs (default: 1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument("--only", metavar="SEED:NUMBER", help="this one alone")
    parser.add_argument("--keep-files", type=Path, metavar="FOLDER", help="with --only: leave its files there")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="make the first input of every kind of fault there")
    parser.add_argument(
        "--keep", metavar="NAME", help="with --only: make it small and keep it as tests/attack/kept/NAME.json"
    )
    options = parser.parse_args()
    if options.keep:
        return _keep(*map(int, options.only.split(":")), options.keep)
    if options.only:
        return _one(*map(int, options.only.split(":")), options.keep_files)
    summary = Summary()
    started = time.monotonic()
    for result in attacks(options.seed, count(options.first), options.first + options.inputs, options.workers):
        if result.kinds - summary.faults.keys():
            print(result.report, file=sys.stderr)
            if options.save:
                save(result, options.save)
        summary.add(result)
        if summary.runs % 250 == 0:
            seconds = time.monotonic() - started
            print(
                f"{summary.runs:,} of {options.inputs:,} in {seconds:,.0f} s, {len(summary.faults)} kinds",
                file=sys.stderr,
            )
    summary.show()
    return 1 if summary.faults else 0


def _one(seed: int, number: int, keep: Path | None) -> int:
    folder = keep or Path(tempfile.mkdtemp(prefix="attack-"))
    folder.mkdir(parents=True, exist_ok=True)
    with Forks() as forks:
        result = attempt(seed, number, folder, forks)
    print(result.report)
    print(result.outcome.err[-6_000:].encode("utf-8", "backslashreplace").decode())
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if result.faults else 0


def _keep(seed: int, number: int, name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="attack-") as place, Forks() as forks:
        (Path(place) / "first").mkdir()
        result = attempt(seed, number, Path(place) / "first", forks)
        (Path(place) / "again").mkdir()
        kinds = sorted(result.kinds)
        kept = kinds and keep(name, make(seed, number, Path(place) / "again"), kinds[-1], Path(place) / "tries")
    print(f"{kept}: {kinds[-1]}" if kept else f"not kept: {', '.join(kinds) or 'nothing is wrong with it'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
