"""From raw columns to typed fields, in memory or on an engine."""
