"""Everything counted of a lead in one number, so that a few hundred groups hold millions of leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw

OPEN, WON, LOST = 0, 1, 2
_OUTCOMES = 3
MATURITY_FLAGS = ("mature_leads", "mature_won", "mature_opportunities", "mature_opportunities_won")
"""What the bits of ``maturity_flags`` say of a lead, the lowest first: old enough for the window; won within it;
likewise as an opportunity."""
_SMALL, _MIDDLE = 1 << 15, 1 << 31


class LeadState(NamedTuple):
    """What is counted of a lead.

    Attributes:
        maturity_flags: A bit for each of ``MATURITY_FLAGS``.
        reach: A bit for each stage reached by the chosen rule, the first stage's the lowest.
        furthest_rank: Rank of the furthest stage: its number from 1 among those in force.
        outcome: ``OPEN``, ``WON`` or ``LOST``.
    """

    maturity_flags: int
    reach: int
    furthest_rank: int
    outcome: int


@dataclass(frozen=True, slots=True)
class StatePacking:
    """How wide each part of the number is.

    Attributes:
        stages: How many stages are in force.

    >>> packing = StatePacking(12)
    >>> packing.unpack(packing.pack(LeadState(3, 0b1111, 4, LOST)))
    LeadState(maturity_flags=3, reach=15, furthest_rank=4, outcome=2)
    """

    stages: int

    @property
    def bits_type(self) -> Any:
        """Type of a number with a bit for each stage."""
        return _type_below(1 << self.stages)

    @property
    def state_type(self) -> Any:
        """Type of the whole number."""
        return _type_below(self.pack(LeadState(1 << len(MATURITY_FLAGS), 0, 0, 0)))

    def pack(self, state: Any) -> Any:
        """The parts - numbers, or expressions for them in the same order - in one."""
        maturity_flags, reach, furthest_rank, outcome = state
        return ((maturity_flags * (1 << self.stages) + reach) * (self.stages + 1) + furthest_rank) * _OUTCOMES + outcome

    def packed_columns(self) -> nw.Expr:
        """The columns named as the parts in one."""
        kind = self.state_type
        state: nw.Expr = self.pack([nw.col(name).cast(kind) for name in LeadState._fields])
        return state

    def unpack(self, state: int) -> LeadState:
        """The parts out of the number."""
        rest, outcome = divmod(int(state), _OUTCOMES)
        rest, furthest_rank = divmod(rest, self.stages + 1)
        return LeadState(*divmod(rest, 1 << self.stages), furthest_rank, outcome)


def _type_below(most: int) -> Any:
    """The narrowest type for numbers below: on an engine every byte is written once and read by each query.

    >>> _type_below(1 << 7).__name__, _type_below(1 << 21).__name__, _type_below(1 << 40).__name__
    ('Int16', 'Int32', 'Int64')
    """
    return nw.Int16 if most <= _SMALL else nw.Int32 if most <= _MIDDLE else nw.Int64
