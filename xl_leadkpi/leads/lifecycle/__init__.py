"""What a row says of its lead: outcome, stages, duplicates, deals, contradictions."""
