"""What command lines check alike."""

import argparse


def positive(text: str) -> int:
    """An argument that counts something: a whole number of at least 1.

    Raises:
        ValueError: Not a whole number; argparse then names the argument and what was given.
        argparse.ArgumentTypeError: It is below 1.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {value}")
    return value
