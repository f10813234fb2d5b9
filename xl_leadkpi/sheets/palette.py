"""The few colours and lines of the workbook: each means one thing."""

from __future__ import annotations

from typing import Literal

Line = tuple[Literal["thin", "hair", "medium"], str]
"""A border: its weight and its colour."""

INK = "#1B2A3A"
MUTED = "#6B7785"  # headers, notes
FAINT = "#9AA4AF"  # uncertain: fewer cases than min_n, a month not yet over
RULE = "#D9DEE4"
BAND = "#F4F6F8"
NAVY = "#17406D"  # structure
PALE_NAVY = "#C9D8E6"
TEAL = "#1E8E7E"  # good
RED = "#B3382C"  # bad
STEPS = ("#17406D", "#1F5A8C", "#2B76A5", "#3D92B5", "#59ADBF", "#7CC4C6", TEAL)
HEAT = ("#EAF4F2", "#D0E8E4", "#AFD8D1", "#8AC6BC", "#62B2A5")
"""Shades of the cohort grids, from little to much; dark text stays readable on all of them."""
