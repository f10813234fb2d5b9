"""How the work of a function grows with its input."""

import time
from collections.abc import Callable
from functools import partial
from timeit import timeit

TIMES = 4


def growth(work: Callable[[int], object], size: int) -> float:
    """Processor time for `TIMES` times the size, over that for the size: 4 where it is linear, 16 where quadratic.

    Both are taken in one run and the least of three, so that what else the machine does matters to neither.
    """
    small, large = (_least_time(work, length) for length in (size, TIMES * size))
    return large / small


def _least_time(work: Callable[[int], object], length: int) -> float:
    # three lengths, not one: what is remembered of the first would make the second cost nothing
    return min(timeit(partial(work, length + more), number=1, timer=time.process_time) for more in range(3))
