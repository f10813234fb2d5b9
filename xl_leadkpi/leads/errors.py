"""The one exception of this room."""


class InputError(Exception):
    """An export that cannot be used: the message names file, sheet, row, column, the expectation and the remedy."""
