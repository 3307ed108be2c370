"""Tables as data: every number carries the pointer to its value, the writers of HTML and Markdown only lay out."""

import difflib
import re
from dataclasses import dataclass, field, replace

from benchmarks.report import numbers
from benchmarks.report.pointer import Node

ABSENT = "–"


@dataclass(frozen=True)
class Span:
    """A piece of text.

    Attributes:
        text: What is shown.
        path: JSON pointer of the value that is shown; None for the page's own words.
        kind: "" or how it is set: "spread", "quiet", "strong", "code".
        is_key: The text is the last key of the path instead of the value behind it.
        pieces: The text cut into (piece, whether it is marked); empty where nothing is marked.
    """

    text: str
    path: str | None = None
    kind: str = ""
    is_key: bool = False
    pieces: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        spans: Its text.
        sort: What rows are sorted by; None comes last.
        family: The engine whose mark is in front.
        badges: Remarks set apart behind the text, such as "recorded on ...".
    """

    spans: tuple[Span, ...]
    sort: float | str | None = None
    family: str | None = None
    badges: tuple[tuple[Span, ...], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        unit: Set below the heading.
        text: True for words, which stand on the left; numbers stand on the right.
        meaning: Explains the heading.
        path: JSON pointer of a heading that is a value of the report.
    """

    title: str
    unit: str = ""
    text: bool = False
    meaning: str = ""
    path: str | None = None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: What it shows; a sentence without its stop, or the rest of one after the name.
        columns: Its headings.
        rows: Of as many cells as there are columns.
        name: Spans in front of the title that tell it from its neighbours, such as the name of a set.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    name: tuple[Span, ...] = field(default=())


def words(*spans: Span, family: str | None = None, badges: tuple[tuple[Span, ...], ...] = ()) -> Cell:
    """A cell of text, sorted by it."""
    return Cell(spans, plain(spans).lower() or None, family, badges)


def absent() -> Cell:
    """A cell for a figure that was not taken."""
    return Cell((Span(ABSENT, kind="quiet"),))


def text(node: Node, kind: str = "") -> Span:
    """A text of the report as it is; a dash where there is none."""
    if node.value is None:
        return Span(ABSENT, kind="quiet")
    if node.value == "":
        return Span("(empty)", kind="quiet")
    return Span(str(node.value), node.path, kind)


def difference(one: Node, other: Node) -> tuple[Span, Span]:
    """Two texts with the words marked that the other does not have at that place."""
    words_of = [re.findall(r"\S+\s*|^\s+", node.value) for node in (one, other)]
    bare = [[word.strip() for word in found] for found in words_of]
    same = difflib.SequenceMatcher(None, *bare, autojunk=False).get_matching_blocks()
    spans = []
    for node, found, starts in ((one, words_of[0], "a"), (other, words_of[1], "b")):
        pieces, end = [], 0
        for block in same:
            start = getattr(block, starts)
            pieces += [("".join(found[end:start]), True), ("".join(found[start : start + block.size]), False)]
            end = start + block.size
        kept = tuple(piece for piece in pieces if piece[0])
        spans.append(replace(text(node, "code"), pieces=kept) if node.value else text(node))
    return spans[0], spans[1]


def key(node: Node) -> Span:
    """The key of an object under which a node stands."""
    return Span(node.key, node.path, is_key=True)


def exact(node: Node) -> Span:
    """A setting: a number as it was given."""
    return Span(f"{node.value:.12g}", node.path)


def number(node: Node, places: int | None = None) -> Span:
    """A number of the report, to three digits unless the decimals are given."""
    if node.value is None:
        return Span(ABSENT, kind="quiet")
    return Span(numbers.shown(node.value, numbers.decimals(node.value) if places is None else places), node.path)


def interval(node: Node, key: str) -> tuple[Span, ...]:
    """A value and its spread, both to the decimals that the spread allows.

    Args:
        node: {key, "low", "high"}, or a node of None.
        key: Key of the value: "value" or "median".
    """
    if node.value is None:
        return (Span(ABSENT, kind="quiet"),)
    low, high = node.get("low"), node.get("high")
    places = numbers.decimals(node.value[key], low.value, high.value)
    value = number(node[key], places)
    if low.value is None or high.value is None:
        return (value,)
    ends = [Span(numbers.shown(end.value, places), end.path, "spread") for end in (low, high)]
    return (value, Span("\u2002", kind="spread"), ends[0], Span("–", kind="spread"), ends[1])


def figure(node: Node, places: int | None = None) -> Cell:
    """A cell of a number."""
    return Cell((number(node, places),), node.value)


def spread(node: Node, key: str) -> Cell:
    """A cell of a value with its spread."""
    return Cell(interval(node, key), None if node.value is None else node.value[key])


def without_empty(table: Table) -> Table:
    """The table without those columns in which no row has anything."""
    kept = [
        index
        for index in range(len(table.columns))
        if any(span.path for row in table.rows for span in row[index].spans)
        or any(row[index].sort is not None for row in table.rows)
    ]
    columns = tuple(table.columns[index] for index in kept)
    return Table(table.title, columns, tuple(tuple(row[index] for index in kept) for row in table.rows), table.name)


def plain(spans: tuple[Span, ...]) -> str:
    """The text of spans."""
    return "".join(span.text for span in spans)
