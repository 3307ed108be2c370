"""Tables as data: cells of ready text, which the writers of HTML and Markdown only lay out."""

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ABSENT = "–"
_MOST_DECIMALS = 4
_DIGITS = 3  # of a number whose spread is not known


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str  # What is shown
    spread: str = ""  # The ends of its spread, shown behind it
    kind: str = ""  # "", "quiet" or "code": how it is set
    sort: float | str | None = None  # What rows are sorted by; None comes last
    family: str | None = None  # The engine whose mark is in front
    badges: tuple[str, ...] = ()  # Remarks set apart behind the text, such as "recorded on ..."
    # The text cut into (piece, whether it is marked); empty where nothing is marked
    pieces: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str  # Its heading
    unit: str = ""  # Set below the heading
    text: bool = False  # True for words, which stand on the left; numbers stand on the right
    meaning: str = ""  # Explains the heading


@dataclass(frozen=True)
class Table:
    """A table."""

    title: str  # What it shows; a sentence without its stop, or the rest of one after the name
    columns: tuple[Column, ...]  # Its headings
    rows: tuple[tuple[Cell, ...], ...]  # Of as many cells as there are columns
    name: str = ""  # In front of the title, tells it from its neighbours
    model: str = ""  # Model that it is about, where the page lets choose among several
    dataset: str = ""  # Set that it is about, likewise


def table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], **more: str) -> Table | None:
    """A table without those columns in which no row has anything; None without rows."""
    rows = [tuple(row) for row in rows]
    kept = [i for i in range(len(columns)) if any(row[i].text != ABSENT for row in rows)]
    picked = (tuple(part[i] for i in kept) for part in (columns, *rows))
    return Table(title, next(picked), tuple(picked), **more) if rows else None


def texts(*titles: str) -> tuple[Column, ...]:
    """Columns of words."""
    return tuple(Column(title, text=True) for title in titles)


def words(
    text: str | None, kind: str = "", family: str | None = None, badges: Sequence[str] = (), order: bool = True
) -> Cell:
    """A cell of text as it is, a dash where there is none; sorted by the text unless `order` is false."""
    if text is None:
        return absent()
    return Cell(text or "(empty)", "", kind if text else "quiet", text.lower() if order else None, family, (*badges,))


def absent() -> Cell:
    """A cell for a figure that was not taken."""
    return Cell(ABSENT, kind="quiet")


def figure(value: float | None, places: int | None = None) -> Cell:
    """A cell of a number, to three digits unless the decimals are given."""
    return absent() if value is None else Cell(number(value, places), sort=value)


def spread(interval: dict | None, key: str) -> Cell:
    """A cell of a value with its spread, both to the decimals that the spread allows.

    Args:
        interval: {key, "low", "high"}, or None.
        key: Key of the value: "value" or "median".
    """
    if interval is None:
        return absent()
    value, low, high = interval[key], interval.get("low"), interval.get("high")
    places = decimals(value, low, high)
    ends = "" if low is None or high is None else f"{number(low, places)}–{number(high, places)}"
    return Cell(number(value, places), ends, sort=value)


def in_line(interval: dict, key: str) -> str:
    """The text of `spread`: a value and its spread."""
    cell = spread(interval, key)
    return f"{cell.text}\u2002{cell.spread}" if cell.spread else cell.text


def difference(one: str, other: str) -> tuple[Cell, Cell]:
    """Two texts with the words marked that the other does not have at that place."""
    cut = [re.findall(r"\S+\s*|^\s+", text) for text in (one, other)]
    bare = [[word.strip() for word in words_of] for words_of in cut]
    same = difflib.SequenceMatcher(None, *bare, autojunk=False).get_matching_blocks()
    cells = []
    for side, (text, found) in enumerate(zip((one, other), cut, strict=True)):
        pieces, end = [], 0
        for block in same:
            start = block[side]
            pieces += [("".join(found[end:start]), True), ("".join(found[start : start + block.size]), False)]
            end = start + block.size
        kept = tuple(piece for piece in pieces if piece[0])
        cells.append(Cell(text, kind="code", sort=text.lower(), pieces=kept) if text else words(""))
    return cells[0], cells[1]


def decimals(value: float, low: float | None = None, high: float | None = None) -> int:
    """How many decimals of a value mean something: 0 to 4; 0 for a whole number given as int without a spread.

    Half the spread is kept to one digit, or to two where it begins with 1 or 2, so that rounding adds little
    to it; without a spread the value is kept to three digits.
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


def number(value: float, places: int | None = None) -> str:
    """The value with this many decimals, by default those of `decimals`; never "-0"."""
    text = f"{value:.{decimals(value) if places is None else places}f}"
    return text.lstrip("-") if float(text) == 0 else text
