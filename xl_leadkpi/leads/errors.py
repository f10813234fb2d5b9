"""The one exception of this room."""

from xl_leadkpi.errors import UserError


class InputError(UserError):
    """An export that cannot be used: the message names file, sheet, row, column, the expectation and the remedy."""
