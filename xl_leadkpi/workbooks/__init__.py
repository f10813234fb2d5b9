"""The workbooks to hand out, built from text sources and the catalogue, and their installation in Excel."""
