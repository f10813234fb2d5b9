"""What all rooms' exceptions for the user have in common, and how their messages quote."""

_LONGEST_QUOTE = 60


class UserError(Exception):
    """Something the user can mend; the message says where the fault is and how. The command line prints just that."""


class InputError(UserError):
    """An export that cannot be used: the message names file, sheet, row, column, the expectation and the remedy.

    Attributes:
        setting: The option that is at fault and the value or the entry of it, None where the export is.
    """

    def __init__(self, message: str, setting: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.setting = setting


def brief(text: str) -> str:
    """The beginning of a text that a message quotes, which need not hold thousands of letters.

    >>> brief("Source"), brief("x" * 1000) == "x" * 60 + "..."
    ('Source', True)
    """
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
