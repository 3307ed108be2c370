"""Values of the command line that several groups of options take; each reads a text or says what it expected."""

import argparse
from collections.abc import Callable, Sequence


def names_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Some of the known names with commas between, in their order."""

    def read(text: str) -> tuple[str, ...]:
        names = {part.strip() for part in text.split(",") if part.strip()}
        if not names or names - set(known):
            raise argparse.ArgumentTypeError(f"expected some of {','.join(known)}, found {text!r}")
        return tuple(name for name in known if name in names)

    return read


def number(text: str, most: float, wanted: str, zero: bool = False) -> float:
    """A number from 0, without it unless `zero`, to below `most`."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < most or (value == 0 and not zero):
        raise argparse.ArgumentTypeError(f"expected {wanted}, found {text!r}")
    return value


def share(text: str) -> float:
    """A share between 0 and 1, both excluded."""
    return number(text, 1, "a share between 0 and 1, such as 0.5")


def count_of(what: str) -> Callable[[str], int]:
    """A number from 1 on, of what it counts."""

    def read(text: str) -> int:
        if not text.isdigit() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"expected a {what} from 1 on, found {text!r}")
        return int(text)

    return read
