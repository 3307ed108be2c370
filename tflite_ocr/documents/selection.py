"""Which pages of a document are wanted: "2-5", "1,3,7-", "-1" for the last."""

import re

from tflite_ocr.errors import OcrError


def parse(text: str) -> tuple[tuple[int | None, int | None], ...]:
    """The ranges that a text names.

    Args:
        text: Numbers from 1 and ranges of them, separated by commas; "7-" is up to the last page, "-3" up to the third.

    Returns:
        (first, last) of each range, both included; None for an end that is open.

    Raises:
        OcrError: It names no pages.
    """
    ranges = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})?\s*(-)?\s*(\d{1,9})?\s*", word)
        first, dash, last = match.groups() if match else (None, None, None)
        numbers = [int(number) for number in (first, last) if number]
        if not numbers or (first and last and not dash) or 0 in numbers or numbers != sorted(numbers):
            raise OcrError(f"--pages {text}: expected pages such as 2-5 or 1,3,7-, found {word.strip() or 'nothing'!r}")
        ranges.append((int(first) if first else None, int(last) if last else None) if dash else (numbers[0],) * 2)
    return tuple(ranges)


def chosen(ranges: tuple[tuple[int | None, int | None], ...] | None, count: int) -> list[int]:
    """The numbers, from 1 and rising, of the pages that ranges choose of so many; all of them for None."""
    if ranges is None:
        return list(range(1, count + 1))
    wanted: set[int] = set()
    for first, last in ranges:
        wanted |= set(range(first or 1, min(last or count, count) + 1))
    return sorted(wanted)
