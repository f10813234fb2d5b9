"""The closed list of what can be odd about an export, what it means and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Oddity:
    """One kind of finding.

    Attributes:
        meaning: What was found and how it was treated.
        remedy: What the user can do, ``""`` where nothing need be done.
    """

    meaning: str
    remedy: str = ""


FINDINGS: dict[str, Oddity] = {
    # the file
    "encoding": Oddity("The text file is not UTF-8; the encoding named was found by its letters.",
                       "If letters look wrong, export as UTF-8."),
    "damaged_text": Oddity("Bytes that are no letters in the file's encoding were replaced by a sign.",
                           "Export the file again as UTF-8."),
    "nul_bytes": Oddity("Lines with NUL bytes, which no text has; the bytes were left out.", "Export the file again."),
    "open_quote": Oddity("A quotation mark is opened and never closed; the line was read as it stands.",
                         "Close or remove the quotation mark in these rows."),
    "title_rows": Oddity("Lines above the header were skipped."),
    "empty_rows": Oddity("Rows without any value were left out."),
    "header_again": Oddity("The header line stands again among the rows and was left out."),
    "total_rows": Oddity("Rows with totals were left out."),
    "short_rows": Oddity("Rows with fewer cells than the header: the missing cells count as blank.",
                         "Check these rows in the export."),
    "long_rows": Oddity("Rows with more cells than the header: the extra cells were not read.",
                        "A delimiter inside a text without quotes shifts the cells: check these rows."),
    # the columns
    "taken_for_deals": Oddity("The rows were taken for deals: each has reached Opportunity. Named is what told so.",
                              "If they are leads, say --kind leads."),
    "guessed_column": Oddity("The column was recognised with little certainty.",
                             "Check it in Funnel_Map; name another with --map FIELD=HEADER."),
    "column_tie": Oddity("Two columns fit the same field equally well; the left one was taken.",
                         "Name the right one with --map FIELD=HEADER."),
    "refused_column": Oddity("The header fits the field, but the cells are of another type; the column is not used.",
                             "Check the cells, or force the column with --map FIELD=HEADER."),
    # dates
    "date_order": Oddity("Order of day and month, decided by the dates of the table."),
    "ambiguous_dates": Oddity("No date of the table tells day from month; the order of the language was taken.",
                              "Export dates as 2025-05-31, or state --locale."),
    "mixed_date_order": Oddity("Day and month stand in both orders; the column is not used.",
                               "Export dates as 2025-05-31."),
    "unreadable_dates": Oddity("Cells of a date column that are no dates; they count as blank.",
                               "Correct these cells."),
    "impossible_dates": Oddity("Dates that no calendar has (31 February); they count as blank.",
                               "Correct these cells."),
    "zero_dates": Oddity("Zero dates (0000, 1900, 1970-01-01) stand for no date."),
    "future_dates": Oddity("Dates after the censoring date: not counted as happened.", "Correct them or set --as-of."),
    "no_created_date": Oddity("Rows without creation date: counted in totals, not in cohorts, windows and durations.",
                              "Fill in the creation date."),
    "times_dropped": Oddity("Some stage dates have a time of day, others have not: durations are in calendar days."),
    "negative_response": Oddity("The first response is earlier than the creation; no response time is counted.",
                                "Check the two columns."),
    "as_of_latest": Oddity("The table ends more than 60 days ago; its latest date is the censoring date.",
                           "Set another with --as-of."),
    "after_as_of": Oddity("Rows created after the censoring date were left out: they were not there yet."),
    "moved_after_as_of": Oddity("Rows won, lost or moved on after the censoring date: they count as their dates up to "
                                "that day say."),
    "undated_outcomes": Oddity("Won or lost without a date: kept, though it may have happened after the censoring "
                               "date.", "Export the dates of winning and losing."),
    # stages
    "unknown_words": Oddity("Stage or status words nobody knows; the row counts as Lead, or as its dates say.",
                            "Say what they mean with --stage WORD=STAGE or in Funnel_Map."),
    "guessed_stage_words": Oddity("Stage or status texts that were understood by a word in them.",
                                  "Check them; say what they mean with --stage WORD=STAGE or in Funnel_Map."),
    "unused_stage_word": Oddity("A word whose stage was given stands in no stage or status column.",
                                "Check its spelling; Funnel_Map lists the words there are."),
    "contradictions": Oddity("Status, stage and dates disagree; the status was believed.", "Correct these rows."),
    "meeting_order": Oddity("Whether meetings come before or after opportunities, by the median of the dates.",
                            "Set another order with --stage-order."),
    "no_outcome": Oddity("No column says whether a lead is won or lost: all rows count as open.",
                         "Export the status or stage, or name it with --map status=HEADER."),
    "lost_reach_unknown": Oddity("Nothing tells how far lost rows came before the loss: each counts as a Lead only, "
                                 "which makes the lower rates too low.",
                                 "Export stage dates or the last open stage."),
    "won_without_date": Oddity("Won rows without a date of winning: no sales cycle.", "Fill in the date."),
    "won_without_amount": Oddity("Won rows without an amount: nothing in revenue, left out of averages.",
                                 "Fill in the amount."),
    "lost_without_reason": Oddity("Lost rows without a reason.", "Fill in the reason."),
    # money
    "unparsed_amounts": Oddity("Texts in the amount column that are no amounts; they count as blank.",
                               "Correct these cells."),
    "ambiguous_amounts": Oddity("One separator before three digits and nothing in the column to tell what it means: "
                                "read as thousands.", "Export amounts with two decimals."),
    "negative_amounts": Oddity("Negative amounts: kept.", "Check whether they are credits."),
    "mixed_currencies": Oddity("More than one currency: money is shown a currency, without grand total.",
                               "Export the amounts in one currency."),
    # identity
    "duplicate_ids": Oddity("Rows with an identifier that occurs before: the one with the furthest stage was kept.",
                            "Keep all with --dedupe none."),
    "duplicate_emails": Oddity("Leads with the same e-mail address were merged: earliest creation, furthest stage.",
                               "Keep all with --dedupe id."),
    "same_email": Oddity("Rows that share an e-mail address with others; all are kept.",
                         "Merge leads with --dedupe id+email."),
    "same_phone": Oddity("Rows that share a phone number with others; all are kept."),
    # two tables
    "joined_on": Oddity("The identifier that joins the deals to the leads, and how many deals it joined."),
    "deals_without_lead": Oddity("Deals whose lead is not in the table of leads; they are left out.",
                                 "Export the leads of the same period."),
    "several_deals": Oddity("Leads with several deals: won if any is, amounts of the won deals added up."),
    # spend and touches
    "spend_without_date": Oddity("Spend without a day or month: counts in totals only.",
                                 "Export the report by day or month."),
    "spend_range": Oddity("The report covers more than one month and has no day column: counts in totals only.",
                          "Export it by day or month."),
    "weeks_split": Oddity("Rows of weeks were shared out over months by days."),
    "channel_from_file": Oddity("No column names the channel; it was told by the export's form.",
                                "Add a Channel column if it is another."),
    "incomplete_touches": Oddity("Touches without lead, time or channel were left out.", "Correct these rows."),
}  # fmt: skip
"""Every kind of :class:`~xl_leadkpi.leads.table.Finding` this room can raise."""
