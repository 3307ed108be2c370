"""Columns: groups of lines that are read one after the other, cut apart at gutters of whitespace.

A gutter is whitespace with text on either side that is read down, not across. Rows of tables and receipts have
whitespace between their cells too, so both sides must look like text: lines that do not stand level with each other, or
are long and fill their column.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tflite_ocr.layout.continued import joined_parts
from tflite_ocr.layout.straight import Straight

# Of the usual height: a line reaches so far into a gutter before it blocks it, and a gutter is so wide at least: quads
# are wider than their text, so that those on either side of a narrow one overlap.
INTO, _LEAST_GUTTER = 0.3, -0.5
# A column has at least so many rows beside the other one.
_LEAST_ROWS = 3
# Rows of two columns are level when their middles differ by less than this, in heights.
_LEVEL = 0.25
# Where at most this share of rows is level with one of the other column, each is read by itself.
_MOSTLY_LEVEL = 0.7
# Rows stand beside one of the other column when their middles differ by less than this, in heights; so many have to.
_BESIDE, _MOSTLY_BESIDE = 0.8, 0.5
# Rows of text have so many characters, and fill so much of their column, by the median; where rows are level, more so.
_LEAST_CHARACTERS, _LEAST_FILL = 10, 0.5
_MANY_ROWS, _FILL_OF_MANY = 8, 0.3  # of many rows that are not level, short ones may be most: plays, dialogues
_LEVEL_CHARACTERS, _LEVEL_FILL = 18, 0.6
# Of the characters that are not blanks: so many are letters in text, fewer in columns of numbers.
_LETTERS = 0.6
# Of the usual height: lines whose middles differ by less are of one row, and whitespace inside a column is narrower,
# narrower too than this share of the gutter beside it.
_SAME_ROW, _INNER_GAP, _INNER_SHARE = 0.4, 0.7, 0.8
# A page's head and foot: so many heights of whitespace part them from all the rest, and they have no more lines.
_MARGIN_GAP, _MARGIN_LINES = 1.2, 3
# Steps between rows that are wider than from line to line by this factor part the rows of a table, where most of them
# stand beside such gaps of the other side, and there are so many.
_WIDE_STEP, _COMMON_GAPS, _LEAST_GAPS = 1.4, 0.7, 3
# Lines that a cell has on average at most.
_MOST_LINES = 4
# This share of the steps between rows are from line to line at least.
_NARROW_STEPS = 0.2
# Of the usual height: so high at most is a line that two columns share by mistake, where many do so; so far away the
# next one that blocks their gutter, and so near the rows above and below.
JOINED_HEIGHT, MOST_HEIGHT, _ALONE, CLOSE = 1.3, 1.5, 2.5, 1.5
# How many places for a gutter are looked at, those first that fewest lines block.
_PLACES = 12


@dataclass(frozen=True)
class Gutter:
    """Whitespace between two columns: its sides, the heights at which they begin and end, and their rows."""

    left: float
    right: float
    top: float
    bottom: float
    text: float

    @property
    def x(self) -> float:
        """Its middle."""
        return (self.left + self.right) / 2


def columns(lines: Straight) -> tuple[list[list[int]], list[Gutter]]:
    """Indices of lines by column, in the order in which columns are read, and the gutters between them.

    Within a column lines have no order.
    """
    if not len(lines.lines):
        return [], []
    head, body, foot = _without_margins(lines)
    gutters: list[Gutter] = []
    parts = list(_cut(lines, body, gutters))
    if not gutters:  # the page is one column, and what seemed its head may be that of a table
        return [list(range(len(lines.lines)))], []
    return [*head, *joined_parts(lines, parts), *foot], gutters


def _without_margins(lines: Straight) -> tuple[list[list[int]], np.ndarray, list[list[int]]]:
    """The page's running head, all the rest, and its foot: few lines beyond whitespace that runs across it."""
    order = np.argsort(lines.middle, kind="stable")
    usual = float(np.median(lines.height))
    tops, bottoms = lines.top[order], np.maximum.accumulate(lines.bottom[order])
    gaps = np.flatnonzero(tops[1:] - bottoms[:-1] >= _MARGIN_GAP * usual) + 1
    begin = max((gap for gap in gaps.tolist() if gap <= _MARGIN_LINES), default=0)
    end = min((gap for gap in gaps.tolist() if gap >= len(order) - _MARGIN_LINES), default=len(order))
    if end - begin < 2 * _LEAST_ROWS:
        return [], order, []
    parts = order[:begin], order[end:]
    head, foot = ([part.tolist()] if len(part) else [] for part in parts)
    return head, order[begin:end], foot


def _cut(lines: Straight, members: np.ndarray, gutters: list[Gutter]) -> Iterator[list[int]]:
    """The columns of some lines; adds the gutters between them to those given."""
    best = max(_gutters(lines, members), key=lambda cut: cut.text, default=None)
    if best is None:
        yield members.tolist()
        return
    gutters.append(best)
    left, right = lines.left[members], lines.right[members]
    into = INTO * float(np.median(lines.height[members]))
    # A line that both columns share by mistake is read with the first.
    first = ((left + right) / 2 < best.x) | ((left < best.x - into) & (right > best.x + into))
    above = lines.middle[members] < best.top
    below = lines.middle[members] > best.bottom
    beside = ~above & ~below
    for part in (above, beside & first, beside & ~first, below):
        if part.any():
            yield from _cut(lines, members[part], gutters)


def _gutters(lines: Straight, members: np.ndarray) -> Iterator[Gutter]:
    """Gutters between text on either side."""
    if len(members) < 2 * _LEAST_ROWS:
        return
    left, right, middle = lines.left[members], lines.right[members], lines.middle[members]
    usual = float(np.median(lines.height[members]))
    order = np.argsort(middle, kind="stable")
    seen = set()
    for x in _places(left, right, INTO * usual):
        blocks = (left < x - INTO * usual) & (right > x + INTO * usual)
        joined = _joined(middle, lines.height[members], blocks, usual)
        blocks &= ~joined
        if blocks.any():  # what stands beside a line that is in the way is of its row
            blocks |= np.abs(middle[:, np.newaxis] - middle[blocks]).min(axis=1) < _SAME_ROW * usual
        # Stretches of lines, from the top, that nothing blocks.
        borders = np.flatnonzero(np.concatenate([[True], blocks[order], [True]]))
        for begin, end in zip(borders, borders[1:] - 1, strict=False):
            if end - begin < 2 * _LEAST_ROWS:
                continue
            inside = order[begin:end]
            inside = inside[~joined[inside]]
            on_left = (left[inside] + right[inside]) / 2 < x
            key = (int(begin), int(end), on_left.tobytes())
            if key in seen:
                continue
            seen.add(key)
            cut = _between(lines, members[inside[on_left]], members[inside[~on_left]], usual)
            if cut:
                yield cut


def _joined(middle: np.ndarray, height: np.ndarray, blocks: np.ndarray, usual: float) -> np.ndarray:
    """Which of the lines that block a gutter are two lines that a detector took for one, bool [N].

    Such a line is no higher than others, alone, and as close to those above and below as they are to each other; a
    heading has whitespace around it.
    """
    found = np.zeros(len(middle), bool)
    free = middle[~blocks]
    for i in np.flatnonzero(blocks & (height < JOINED_HEIGHT * usual)).tolist():
        off = np.sort(np.abs(middle[blocks] - middle[i]))
        above, below = free[free < middle[i]], free[free > middle[i]]
        alone = len(off) == 1 or off[1] > _ALONE * usual
        if alone and len(above) and len(below):
            found[i] = max(middle[i] - above.max(), below.min() - middle[i]) < CLOSE * usual
    return found


def _places(left: np.ndarray, right: np.ndarray, into: float) -> list[float]:
    """Places x for gutters: between two edges, where fewest lines are in the way."""
    edges = np.unique(np.concatenate([left, right]))
    places = (edges[1:] + edges[:-1]) / 2
    counts = ((left[:, np.newaxis] < places - into) & (right[:, np.newaxis] > places + into)).sum(axis=0)
    # Of neighbouring places that as many lines block, the one in the widest gap between edges.
    widths = np.diff(edges)
    falls = np.concatenate([[True], counts[1:] < counts[:-1]])
    rises = np.concatenate([counts[1:] > counts[:-1], [True]])
    found, start = [], 0
    for i in range(len(places)):
        if i and counts[i] != counts[i - 1]:
            start = i
        if rises[i] and falls[start]:
            widest = start + int(widths[start : i + 1].argmax())
            found.append((int(counts[i]), -float(widths[widest]), float(places[widest])))
    return [x for _, _, x in sorted(found)[:_PLACES]]


def _between(lines: Straight, one: np.ndarray, other: np.ndarray, usual: float) -> Gutter | None:
    """The gutter between two groups of lines, if both are text that is read down."""
    if min(len(one), len(other)) < _LEAST_ROWS:
        return None
    edges = _quantile(lines.right[one], 0.95), _quantile(lines.left[other], 0.05)
    if edges[1] - edges[0] < _LEAST_GUTTER * usual:
        return None
    # Only what stands beside the other side tells.
    top = max(lines.middle[one].min(), lines.middle[other].min()) - usual
    bottom = min(lines.middle[one].max(), lines.middle[other].max()) + usual
    # Other columns are as far away as this one, words of a column nearer.
    inner = max(0.0, min(_INNER_GAP * usual, _INNER_SHARE * (edges[1] - edges[0])))
    sides = []
    for group in (one, other):
        near = group[(lines.middle[group] >= top) & (lines.middle[group] <= bottom)]
        sides.append(_Side(lines, near, usual, inner, group is other) if len(near) >= _LEAST_ROWS else None)
    left, right = sides
    if left is None or right is None or not _read_down(left, right, usual):
        return None
    group = np.concatenate([one, other])
    top, bottom = float(lines.middle[group].min()), float(lines.middle[group].max())
    return Gutter(*edges, top, bottom, min(len(left.middles), len(right.middles)))


class _Side:
    """The text beside a gutter: of each row the part next to it.

    Attributes:
        middles: At which height each row stands.
        characters: How many characters a row has, by the median.
        fill: How much of their common width rows fill, by the median.
        letters: Share of letters among the characters.
    """

    def __init__(self, lines: Straight, group: np.ndarray, usual: float, inner: float, leftmost: bool):
        group = group[np.argsort(lines.middle[group], kind="stable")]
        starts = np.flatnonzero(np.diff(lines.middle[group], prepend=-np.inf) > _SAME_ROW * usual)
        left, right, rows = lines.left.tolist(), lines.right.tolist(), []
        for row in np.split(group, starts[1:]):
            ordered = sorted(row.tolist(), key=left.__getitem__, reverse=not leftmost)
            near = ordered[:1]
            for i in ordered[1:]:
                if max(left[i], left[near[-1]]) - min(right[i], right[near[-1]]) > inner:
                    break
                near.append(i)
            rows.append(near)
        # Where a row of this column is missing, its neighbour beyond is not of it.
        nearest = min(rows, key=lambda row: left[row[0]] if leftmost else -right[row[0]])
        begin, end = min(left[i] for i in nearest), max(right[i] for i in nearest)
        own = [max(right[i] for i in row) > begin and min(left[i] for i in row) < end for row in rows]
        rows, starts = [row for row, kept in zip(rows, own, strict=True) if kept], starts[own]
        texts = ["".join([lines.lines[i].text for i in row]) for row in rows]
        begins = np.array([min(left[i] for i in row) for row in rows])
        ends = np.array([max(right[i] for i in row) for row in rows])
        self.middles = lines.middle[group][starts]
        self.characters = _quantile([len(text) for text in texts], 0.5)
        self.fill = _quantile(ends - begins, 0.5) / max(_quantile(ends, 0.9) - _quantile(begins, 0.1), 1e-6)
        letters = "".join("".join(texts).split())
        self.letters = sum(map(str.isalpha, letters)) / max(1, len(letters))


def _read_down(one: _Side, other: _Side, usual: float) -> bool:
    if min(len(one.middles), len(other.middles)) < _LEAST_ROWS:
        return False
    characters, fill = min(one.characters, other.characters), min(one.fill, other.fill)
    rows = min(len(one.middles), len(other.middles))
    least = _LEAST_FILL if rows < _MANY_ROWS else _FILL_OF_MANY
    if characters < _LEAST_CHARACTERS or fill < least or min(one.letters, other.letters) < _LETTERS:
        return False
    if _share_gaps(one.middles, other.middles):
        return False
    fewer, more = sorted((one.middles, other.middles), key=len)
    nearest = np.abs(fewer[:, np.newaxis] - more).min(axis=1)
    if np.mean(nearest < _BESIDE * usual) < _MOSTLY_BESIDE:  # one after the other, as headings and what they head
        return False
    if np.mean(nearest < _LEVEL * usual) <= _MOSTLY_LEVEL:
        return True
    return characters >= _LEVEL_CHARACTERS and fill >= _LEVEL_FILL


def _quantile(values: np.ndarray | list, share: float) -> float:
    """One of the values: so many are below. NumPy's own, which interpolates, takes ten times as long."""
    return float(np.sort(values)[round(share * (len(values) - 1))])


def _share_gaps(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the wide gaps between rows are the same on either side, as between the rows of a table."""
    fewer, more = sorted((_wide_gaps(one), _wide_gaps(other)), key=len)
    if len(fewer) < max(_LEAST_GAPS, max(len(one), len(other)) / _MOST_LINES):
        return False
    common = np.minimum(fewer[:, np.newaxis, 1], more[:, 1]) - np.maximum(fewer[:, np.newaxis, 0], more[:, 0])
    narrower = np.minimum(np.diff(fewer, axis=1), np.diff(more, axis=1).T)
    shared = (common > 0.5 * narrower).any(axis=1)
    return bool(shared.mean() >= _COMMON_GAPS and len(fewer) >= _COMMON_GAPS * len(more))


def _wide_gaps(middles: np.ndarray) -> np.ndarray:
    """(from, to) of the steps between rows that are wider than from line to line, [N, 2]."""
    steps = np.diff(middles)
    wide = steps > _WIDE_STEP * _quantile(steps, _NARROW_STEPS)
    return np.stack([middles[:-1][wide], middles[1:][wide]], axis=1)
