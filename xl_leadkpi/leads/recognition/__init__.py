"""Which column holds what: headers, cells, stage words."""
