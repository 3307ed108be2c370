"""Tables: rows whose cells stand in the same columns."""

from collections.abc import Sequence

from tflite_ocr.layout.rows import Row

# Heights: cells are at least so far apart, and a row so far below the last one ends the table.
_CELL_GAP, _ROW_GAP = 1.0, 3.0
# A table has so many rows with several cells; they are this share of its rows.
_LEAST_ROWS, _SHARE = 3, 0.5
# Rows of one cell that may stand between such of several.
_MOST_SINGLE = 2

# Where a column begins and ends.
_Columns = list[tuple[float, float]]


def table_at(rows: Sequence[Row], start: int) -> list[list[list[int]]] | None:
    """The table whose first row is at `start`: rows of cells of lines, as many cells in each, empty where none stands.

    None where none begins there.
    """
    cells = rows[start].cells(_CELL_GAP)
    if len(cells) < 2:
        return None
    columns, taken, several, single = _stretches(rows[start], cells), [cells], 1, 0
    end, kept, kept_columns = start + 1, 0, columns
    while end < len(rows):
        row, before = rows[end], rows[end - 1]
        if row.top - before.bottom > _ROW_GAP * min(row.height, before.height):
            break
        cells = row.cells(_CELL_GAP)
        merged = _merged(columns, _stretches(row, cells))
        if len(merged) < max(2, len(cells)) or len(merged) < _fewest(columns):
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
    return [_placed(row, cells, kept_columns) for row, cells in zip(rows[start:], taken[:kept], strict=False)]


def _fewest(columns: _Columns) -> int:
    """How many columns must stay when a row is added: of many, some may be headed by one cell."""
    return max(2, (len(columns) + 1) // 2)


def _stretches(row: Row, cells: Sequence[Sequence[int]]) -> _Columns:
    return [(float(row.lines.left[cell[0]]), max(float(row.lines.right[i]) for i in cell)) for cell in cells]


def _merged(one: _Columns, other: _Columns) -> _Columns:
    """Columns that hold both; those that overlap are one."""
    found: _Columns = []
    for left, right in sorted(one + other):
        if found and left < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def _placed(row: Row, cells: Sequence[Sequence[int]], columns: _Columns) -> list[list[int]]:
    """The cells of a row by column."""
    found: list[list[int]] = [[] for _ in columns]
    for cell, (left, _) in zip(cells, _stretches(row, cells), strict=True):
        number = max(i for i, (begin, _) in enumerate(columns) if begin <= left)
        found[number] += cell
    return found
