"""Which PINs are too easy to guess."""

PIN_DIGITS = 6

_UP = "01234567890123456789"
_ROWS = (_UP, _UP[::-1])


def is_pin(text: str) -> bool:
    """Tell whether a text is six digits, and nothing else."""
    return len(text) == PIN_DIGITS and text.isascii() and text.isdigit()


def is_guessable(pin: str) -> bool:
    """Tell whether a PIN is among those that people try first.

    Digits in a row, up or down, and one, two or three digits over and over:
    123456, 000000, 121212, 123123.
    """
    return any(pin in row for row in _ROWS) or any(
        pin == pin[:length] * (PIN_DIGITS // length) for length in (1, 2, 3)
    )
