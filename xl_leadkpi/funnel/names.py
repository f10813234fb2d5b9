"""Names of campaigns and fields as they are compared: spellings that mean the same."""

from __future__ import annotations

import unicodedata


def same(text: str) -> str:
    """What remains of a name when it is compared: case, width and spacing do not matter.

    >>> same("  Google Ads") == same("google ads")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
