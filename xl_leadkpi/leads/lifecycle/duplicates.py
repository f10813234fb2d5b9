"""Rows that stand for the same lead (section 4.7), in memory or, where the rows are on an engine, by joins there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from xl_leadkpi.leads.model.options import Dedupe

    Classify = Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]

_SAME = {"email": FindingKind.SAME_EMAIL, "phone": FindingKind.SAME_PHONE}


def drop_duplicates(
    frame: nw.DataFrame[Any], dedupe: Dedupe, unique: Collection[str] = (), *, is_deals: bool
) -> tuple[nw.DataFrame[Any], list[Finding]]:
    """Keep one row an identifier: the furthest stage, then the latest modified, then the first.

    Rows with the same e-mail or phone but different identifiers are only reported, as several deals a buyer are normal;
    ``id+email`` merges them in a table of leads, keeping the earliest creation and the furthest stage. Nothing is ever
    merged by name or company.

    Args:
        frame: Rows with ``row_no``, ``position`` and the identifiers.
        dedupe: What counts as the same lead.
        unique: Identifiers known to stand only once.
        is_deals: The rows are deals.

    Returns:
        The rows kept, and what was found.
    """
    findings: list[Finding] = []
    if dedupe != "none" and "lead_id" in frame.columns and "lead_id" not in unique:
        frame, dropped = _keep_best(frame, "lead_id")
        if dropped:
            findings.append(Finding(FindingKind.DUPLICATE_IDS, len(dropped), rows=tuple(dropped[:ROWS_NAMED])))
    for name in ("email", "phone"):
        if name not in frame.columns:
            continue
        key = f"{name}_key"
        frame = frame.with_columns(_contact_key(name).alias(key))
        if name == "email" and dedupe == "id+email" and not is_deals:
            frame, dropped = _keep_best(frame, key, earliest=("created", "cohort_month"))
            if dropped:
                findings.append(Finding(FindingKind.DUPLICATE_EMAILS, len(dropped), rows=tuple(dropped[:ROWS_NAMED])))
        else:
            same = _repeated(frame, key)
            if same:
                findings.append(Finding(_SAME[name], len(same), rows=tuple(same[:ROWS_NAMED])))
        frame = frame.drop(key)
    return frame, findings


def _contact_key(name: str) -> nw.Expr:
    if name == "email":
        return nw.col(name).str.to_lowercase().str.strip_chars()
    digits = nw.col(name).str.replace_all(r"[^0-9]", "")
    return nw.when(digits.str.len_chars() >= 7).then(digits)


def _repeated(frame: nw.DataFrame[Any], key: str) -> list[int]:
    keys = frame.select("row_no", key).drop_nulls(key)
    if keys[key].n_unique() == len(keys):
        return []
    return [int(row) for row in keys.filter(nw.col(key).is_duplicated())["row_no"].to_list()]


def _keep_best(
    frame: nw.DataFrame[Any], key: str, earliest: Collection[str] = ()
) -> tuple[nw.DataFrame[Any], list[int]]:
    repeated = _repeated(frame, key)
    if not repeated:
        return frame, []
    columns = ["row_no", key, "furthest_rank"]
    order, descending = ["furthest_rank"], [True]
    if "modified" in frame.columns:
        columns.append("modified")
        order.append("modified")
        descending.append(True)
    firsts = [name for name in earliest if name in frame.columns]
    columns += firsts
    doubles = frame.select(*columns).filter(nw.col(key).is_duplicated() & ~nw.col(key).is_null())
    best = doubles.sort(*order, "row_no", descending=[*descending, False], nulls_last=True).unique(
        key, keep="first", maintain_order=True
    )
    kept = set(best["row_no"].to_list())
    dropped = sorted(int(row) for row in repeated if row not in kept)
    frame = frame.filter(~nw.col("row_no").is_in(dropped))
    if firsts:
        first = doubles.group_by(key).agg(*[nw.col(name).min().alias(f"first_{name}") for name in firsts])
        frame = frame.join(first, on=key, how="left").sort("row_no")
        frame = frame.with_columns(**{name: nw.coalesce(f"first_{name}", name) for name in firsts})
    return frame, dropped


def drop_duplicates_lazy(
    read: nw.LazyFrame[Any], classified: Classify, dedupe: Dedupe, *, is_deals: bool
) -> tuple[nw.LazyFrame[Any], list[Finding]]:
    """Keep one row an identifier, as :func:`drop_duplicates` does, of rows that stay on their engine.

    The few rows that share an identifier are found first and only they are classified to choose among them.

    Args:
        read: Rows with ``row_no`` and the fields as read.
        classified: Adds to rows what :func:`drop_duplicates` wants of them.
        dedupe: What counts as the same lead.
        is_deals: The rows are deals.

    Returns:
        The rows kept, classified, and what was found.
    """
    findings: list[Finding] = []
    earliest: nw.LazyFrame[Any] | None = None
    names = read.collect_schema().names()
    if dedupe != "none" and "lead_id" in names:
        doubles = _duplicates_lazy(read, classified, "lead_id")
        read, found = _without_worse(read, doubles, "lead_id", FindingKind.DUPLICATE_IDS)
        findings += found
    for name in ("email", "phone"):
        if name not in names:
            continue
        key = f"{name}_key"
        read = read.with_columns(_contact_key(name).alias(key))
        if name == "email" and dedupe == "id+email" and not is_deals:
            firsts = [day for day in ("created", "cohort_month") if day in names]
            doubles = _duplicates_lazy(read, classified, key, firsts)
            read, found = _without_worse(read, doubles, key, FindingKind.DUPLICATE_EMAILS)
            if firsts and doubles is not None:
                earliest = doubles.group_by(key).agg(*[nw.col(day).min().alias(f"first_{day}") for day in firsts])
        else:
            found = _shared_in_engine(read, key, _SAME[name])
        findings += found
    frame = classified(read)
    if earliest is not None:
        first_days = [name for name in earliest.collect_schema().names() if name.startswith("first_")]
        frame = frame.join(earliest, on="email_key", how="left")
        frame = frame.with_columns(
            **{name.removeprefix("first_"): nw.coalesce(name, name.removeprefix("first_")) for name in first_days}
        ).drop(*first_days)
    return frame.drop("email_key", "phone_key", strict=False), findings


def _duplicates_lazy(
    read: nw.LazyFrame[Any], classified: Classify, key: str, kept: Collection[str] = ()
) -> nw.LazyFrame[Any] | None:
    """The rows that share a key, with what ranks them; None where there are none."""
    keys = engines.materialised(engines.repeated(read, key), in_memory=True)
    [[repeated]] = engines.collect([keys.select(nw.len().alias("n"))])
    if not repeated["n"]:
        return None
    shared = classified(read.join(keys.select(key), on=key, how="semi"))
    # ascending order on every engine: the furthest and the latest have the least number
    modified = "modified" in read.collect_schema().names()
    shared = shared.with_columns(
        far=-nw.col("furthest_rank").cast(nw.Int32),
        late=(-nw.col("modified").cast(nw.Float64)).fill_null(1.0) if modified else nw.lit(0.0),
        one=nw.lit(1),
    )
    return engines.materialised(shared.select("row_no", key, "far", "late", "one", *kept), in_memory=True)


def _without_worse(
    read: nw.LazyFrame[Any], doubles: nw.LazyFrame[Any] | None, key: str, kind: FindingKind
) -> tuple[nw.LazyFrame[Any], list[Finding]]:
    """The rows but for those that another one of the same key beats."""
    if doubles is None:
        return read, []
    place = nw.col("one").cum_sum().over(key, order_by=("far", "late", "row_no"))
    dropped = doubles.with_columns(place=place).filter(nw.col("place") > 1).select("row_no")
    dropped = engines.materialised(dropped, in_memory=True)
    [[total], first] = engines.collect([dropped.select(nw.len().alias("n")), dropped.sort("row_no").head(ROWS_NAMED)])
    rows = tuple(int(row["row_no"]) for row in first)
    return read.join(dropped, on="row_no", how="anti"), [Finding(kind, int(total["n"]), rows=rows)]


def _shared_in_engine(frame: nw.LazyFrame[Any], key: str, kind: FindingKind) -> list[Finding]:
    keys = engines.materialised(engines.repeated(frame, key), in_memory=True)
    same = frame.select("row_no", key).join(keys, on=key, how="inner").select("row_no")
    [[total], first] = engines.collect([keys.select(nw.col("n").sum()), same.sort("row_no").head(ROWS_NAMED)])
    if not total["n"]:
        return []
    return [Finding(kind, int(total["n"]), rows=tuple(int(row["row_no"]) for row in first))]
