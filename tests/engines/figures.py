"""Comparing two reports figure by figure."""

import math


def differences(one, other, place="figures"):
    """Every place at which two reports as JSON differ by more than 1e-9."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {**one, **other}
        return [d for key in keys for d in differences(one.get(key, "?"), other.get(key, "?"), f"{place}.{key}")]
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return [f"{place}: {len(one)} and {len(other)} rows"]
        pairs = enumerate(zip(one, other, strict=True))
        return [d for number, (a, b) in pairs for d in differences(a, b, f"{place}[{number}]")]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    same = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if numbers else one == other
    return [] if same else [f"{place}: {one!r} and {other!r}"]
