"""The golden table: a few leads and spend, and every figure worked out by hand (funnel/rules.md, section 13)."""

from pathlib import Path

GOLDEN = Path(__file__).parent
