"""What a table of leads is: stages, columns, findings, options."""
