"""The one exception a user reads."""


class SttmError(Exception):
    """Something the user can put right; the text is Italian and is shown as it is.

    It says what is wrong, where, with which value, and what to do.
    """
