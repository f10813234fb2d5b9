"""What all rooms' exceptions for the user have in common."""


class UserError(Exception):
    """Something the user can mend; the message says where the fault is and how. The command line prints just that."""
