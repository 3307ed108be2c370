"""Numbers as the reader sees them: as many digits as their spread allows."""

import math

_MOST_DECIMALS = 4
_DIGITS = 3  # of a number whose spread is not known


def decimals(value: float, low: float | None = None, high: float | None = None) -> int:
    """How many decimals of a value mean something.

    Half the spread is kept to one digit, or to two where it begins with 1 or 2, so that rounding adds little
    to it; without a spread the value is kept to three digits.

    Returns:
        0 to 4; 0 for a whole number given as int without a spread.
    """
    half = 0.0 if low is None or high is None else (high - low) / 2
    if half > 0:
        exponent = math.floor(math.log10(half))
        wanted = -exponent + (half / 10**exponent < 3 - 1e-9)
    elif value and not isinstance(value, int):
        wanted = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    else:
        wanted = 0
    return min(_MOST_DECIMALS, max(0, wanted))


def shown(value: float, places: int) -> str:
    """The value with this many decimals, never "-0"."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text
