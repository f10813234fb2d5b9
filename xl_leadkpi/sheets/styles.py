"""How each kind of cell looks; the blocks differ in nothing but number formats."""

from __future__ import annotations

from dataclasses import replace

from xl_leadkpi.sheets.layout import Style
from xl_leadkpi.sheets.palette import BAND, INK, MUTED, NAVY, PALE_NAVY, RULE

SIZE = 10.0
SMALL = 9.0

TITLE = Style(size=20, bold=True, color=NAVY)
SUBTITLE = Style(size=SMALL, color=MUTED)
HEADING = Style(size=12, bold=True, color=NAVY, top=("thin", RULE), valign="center")
NOTE = Style(size=SMALL, color=MUTED)
SENTENCE = Style(size=SIZE, color=INK)
LABEL = Style(size=SIZE, bottom=("hair", RULE), wrap=True)
FIGURE = Style(size=SIZE, bottom=("hair", RULE), align="right")
HEADER = Style(size=8.0, color=MUTED, wrap=True, align="right", valign="bottom", bottom=("thin", INK))
LABEL_HEADER = replace(HEADER, align="left")
TOTAL_LABEL = replace(LABEL, bold=True, top=("thin", INK), bottom=None)
TOTAL = replace(FIGURE, bold=True, top=("thin", INK), bottom=None)
CARD_NAME = Style(size=SMALL, color=NAVY, fill=BAND, indent=1, top=("thin", RULE))
"""A link to the line that says how the figure is counted."""
CARD_VALUE = Style(size=16, bold=True, fill=BAND, indent=1)
CARD_CHANGE = Style(size=SMALL, color=MUTED, fill=BAND, indent=1)
LINK = Style(size=SMALL, color=NAVY)
HEADING_LINK = replace(LINK, top=("thin", RULE))
METHOD = Style(size=SMALL, color=INK)
BARS = Style(size=SMALL, color=PALE_NAVY)
DATA_HEADER = Style(size=SIZE, bold=True, color=NAVY, fill=BAND, bottom=("thin", INK))
EDITABLE = Style(size=SIZE, color=NAVY, fill=BAND, bottom=("hair", RULE), wrap=True)
ORIGINAL = Style(size=SIZE, color=MUTED, bottom=("hair", RULE), wrap=True, indent=1)
WRAPPED = LABEL
HIDDEN = Style(number_format=";;;", size=SMALL)
"""For a name that only the program reads: Funnel_Map's sections are found by it in every language."""
