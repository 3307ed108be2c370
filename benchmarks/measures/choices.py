"""Arguments that name some of a table."""

import argparse
from collections.abc import Callable, Collection


def of(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """A type of arguments: some of the known names, with commas between them."""

    def parse(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            wanted = ", ".join(known)
            raise argparse.ArgumentTypeError(f"expected names of {wanted}, found {', '.join(unknown) or text!r}")
        return names

    return parse
