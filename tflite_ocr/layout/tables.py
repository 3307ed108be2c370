"""Tables: rows whose cells stand in the same columns, each of one line or several."""

import itertools
from collections.abc import Sequence

import numpy as np

from tflite_ocr.layout.paragraphs import item_of
from tflite_ocr.layout.rows import Row
from tflite_ocr.layout.straight import Straight

# Heights: cells are at least so far apart.
_CELL_GAP = 1.0
# Heights: a row with further columns begins a table of its own where it is so much farther away than usual.
_APART = 0.5
# A table has so many rows with several cells; they are this share of its rows.
_LEAST_ROWS, _SHARE = 3, 0.5
# Characters of a cell over several columns at most, where it is a row.
_MOST_CHARACTERS = 40
# Rows of one cell that may stand between such of several.
_MOST_SINGLE = 2

# Steps between lines that are wider by this factor part rows, where others are from line to line of a cell.
_WIDE_STEP, _NARROW_STEPS = 1.3, 0.2
# Lines that a cell has at most. Of a cell's characters so many are letters: numbers below each other are rows.
_MOST_LINES, _LETTERS = 6, 0.6

# Where a column begins and ends.
_Columns = list[tuple[float, float]]
_Cells = list[list[int]]


def table_at(rows: Sequence[Row], start: int) -> tuple[list[_Cells], int] | None:
    """The table that begins at `start`: rows of cells of lines, as many cells in each, empty where none stands.

    Returns:
        The table, and how many of `rows` it takes; None where none begins there.
    """
    cells = rows[start].cells(_CELL_GAP)
    if len(cells) < 2:
        return None
    columns, taken, several, single = _stretches(rows[start], cells), [cells], 1, 0
    end, kept, kept_columns = start + 1, 0, columns
    while end < len(rows):
        row, before = rows[end], rows[end - 1]
        if not row.follows(before):
            break
        cells = row.cells(_CELL_GAP)
        over = _over(columns, _stretches(row, cells))
        if len(cells) == 1 and len(over[0]) > 1 and len(row.text) > _MOST_CHARACTERS:  # a sentence over the columns
            break
        merged = _widened(columns, _stretches(row, cells), over, several)
        if merged is None or len(merged) < max(2, len(cells)) or len(merged) < _fewest(columns):
            break
        if len(merged) > len(columns) and several >= _LEAST_ROWS - 1 and _stands_apart(rows[start : end + 1]):
            break
        columns = merged
        taken.append(cells)
        several, single = (several + 1, 0) if len(cells) > 1 else (several, single + 1)
        if single > _MOST_SINGLE:
            break
        end += 1
        if not single:
            kept, kept_columns = len(taken), columns
    if several < _LEAST_ROWS or several < _SHARE * kept:
        return None
    middles = np.array([row.middle for row in rows[start : start + len(taken)]])
    narrow = _narrow(middles[:kept])
    if (np.diff(middles[:kept]) > narrow).any():  # the last line of its last row may be of one cell alone
        while kept < len(taken) and middles[kept] - middles[kept - 1] <= narrow:
            kept, kept_columns = kept + 1, columns
    placed = [_placed(row, cells, kept_columns) for row, cells in zip(rows[start:], taken[:kept], strict=False)]
    if _is_list(rows[start].lines, placed):
        return None
    return _of_several_lines(rows[start : start + kept], placed), kept


def _is_list(lines: Straight, placed: Sequence[_Cells]) -> bool:
    """Whether rows are items of a list: nothing but bullets, or numbers with a point, before their text."""
    marks = [" ".join(lines.lines[i].text for i in row[0]) for row in placed if row[0]]
    return len(placed[0]) == 2 and all(item_of(f"{mark} text") for mark in marks)


def _widened(columns: _Columns, stretches: _Columns, over: list[list[int]], several: int) -> _Columns | None:
    """The columns with those of one more row; None where two of its cells stand in one column.

    A cell over several columns, once these are known by so `several` rows, does not make one of them.
    """
    taken = [i for places in over for i in places]
    if len(taken) > len(set(taken)):
        return None
    known = several >= _LEAST_ROWS - 1
    return _merged(columns, [one for one, i in zip(stretches, over, strict=True) if len(i) < 2 or not known])


def _over(columns: _Columns, stretches: _Columns) -> list[list[int]]:
    """Indices of the columns in which each cell of a row stands."""
    return [[i for i, (left, right) in enumerate(columns) if left < end and begin < right] for begin, end in stretches]


def _stands_apart(rows: Sequence[Row]) -> bool:
    """Whether the last row is farther from the one before it than rows are from each other."""
    gaps = [after.top - before.bottom for before, after in itertools.pairwise(rows)]
    return gaps[-1] - float(np.median(gaps[:-1])) > _APART * rows[-1].height


def _fewest(columns: _Columns) -> int:
    """How many columns must stay when a row is added: of many, some may be headed by one cell."""
    return max(2, (len(columns) + 1) // 2)


def _stretches(row: Row, cells: Sequence[Sequence[int]]) -> _Columns:
    begins, ends = row.lines.text
    return [(float(begins[cell[0]]), max(float(ends[i]) for i in cell)) for cell in cells]


def _merged(one: _Columns, other: _Columns) -> _Columns:
    """Columns that hold both; those that overlap are one."""
    found: _Columns = []
    for left, right in sorted(one + other):
        if found and left < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def _placed(row: Row, cells: Sequence[Sequence[int]], columns: _Columns) -> _Cells:
    """The cells of a row by column."""
    found: _Cells = [[] for _ in columns]
    for cell, (left, _) in zip(cells, _stretches(row, cells), strict=True):
        number = max((i for i, (begin, _) in enumerate(columns) if begin <= left), default=0)
        found[number] += cell
    return found


def _of_several_lines(rows: Sequence[Row], placed: Sequence[_Cells]) -> list[_Cells]:
    """The rows of a table whose cells may have several lines: whitespace parts rows, or what they lack joins them."""
    lines = rows[0].lines
    middles = np.array([row.middle for row in rows])
    steps, narrow = np.diff(middles), _narrow(middles)
    groups: list[list[_Cells]] = [[placed[0]]]
    for step, row in zip(steps.tolist(), placed[1:], strict=True):
        if step > narrow:
            groups.append([row])
        else:
            groups[-1].append(row)
    if not _are_rows(lines, groups):
        groups = [[placed[0]]]
        for step, row in zip(steps.tolist(), placed[1:], strict=True):
            # One cell of text alone, and not the first of a row, continues the one above it.
            (filled, *more) = (column for column, cell in enumerate(row) if cell)
            alone = not more and filled and groups[-1][-1][filled] and step <= narrow
            if alone and _is_text(lines, row[filled]) and len(groups[-1]) < _MOST_LINES:
                groups[-1].append(row)
            else:
                groups.append([row])
    return [[[i for row in group for i in row[column]] for column in range(len(placed[0]))] for group in groups]


def _narrow(middles: np.ndarray) -> float:
    """The widest step from line to line inside a cell, where there are wider ones."""
    steps = np.sort(np.diff(middles))
    return _WIDE_STEP * float(steps[round(_NARROW_STEPS * (len(steps) - 1))])


def _are_rows(lines: Straight, groups: Sequence[Sequence[_Cells]]) -> bool:
    """Whether what whitespace parts are rows with cells of several lines: most end at different heights."""
    several = [group for group in groups if len(group) > 1]
    if len(groups) < _LEAST_ROWS or not several or max(map(len, several)) > _MOST_LINES:
        return False
    uneven = 0
    for group in several:
        columns = [[cell for cell in column if cell] for column in zip(*group, strict=True)]
        if any(len(column) > 1 and not _is_text(lines, sum(column, [])) for column in columns):
            return False
        uneven += len({len(column) for column in columns if column}) > 1
    return 2 * uneven >= len(several)


def _is_text(lines: Straight, members: Sequence[int]) -> bool:
    characters = "".join("".join(lines.lines[i].text for i in members).split())
    return sum(map(str.isalpha, characters)) >= _LETTERS * len(characters)
