"""Grids with little in each cell: sudokus, tables of figures, calendars, and sheets of scores."""

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import BLACK, PRINT, SANS, WHITE, photographed, rotated

_ROWS = ("Sales", "Cost", "Net", "Qty", "Tax", "Stock", "Loss", "Rent", "Power", "Other")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sudoku(rng: np.random.Generator, number: int) -> Sheet:
    """A sudoku with about thirty digits, printed or photographed."""
    cell, margin = int(rng.integers(36, 64)), 14
    side = 9 * cell + 2 * margin
    sheet, face = Sheet.plain(side, side, WHITE), choose(rng, ("sans", "serif", "light sans", "sans bold"))
    size = round(cell * rng.uniform(0.45, 0.68))
    for index in range(10):
        at, thickness = margin + index * cell, 3 if index % 3 == 0 else 1
        sheet.rule(margin, at, side - margin, at, thickness, BLACK)
        sheet.rule(at, margin, at, side - margin, thickness, BLACK)
    shift = rng.permutation(9)
    for row in range(9):
        for column in range(9):
            if rng.random() < 0.37:
                digit = shift[(row * 3 + row // 3 + column) % 9] + 1  # a valid sudoku, its digits renamed
                x, y = margin + (column + 0.5) * cell, margin + (row + 0.5) * cell + size * 0.36
                sheet.write(str(digit), x, y, face, size, BLACK, "middle")
    if number % 2:
        sheet = photographed(rng, rotated(sheet, float(rng.uniform(-2, 2)), WHITE), rng.uniform(0.5, 0.9))
    return sheet


def figures_table(rng: np.random.Generator, number: int) -> Sheet:
    """A table whose cells hold single digits, negative numbers and amounts; ruled, or with blanks alone."""
    columns, rows = int(rng.integers(3, 6)), int(rng.integers(4, 8))
    size, face = int(rng.integers(14, 24)), choose(rng, PRINT)
    high, wide, first = round(size * rng.uniform(1.7, 2.4)), round(size * 5.6), round(size * 5.0)
    left = top = 20
    sheet = Sheet.plain(2 * top + high * (rows + 1), 2 * left + first + wide * columns, WHITE)
    ruled = number % 3 != 2
    for row in range(rows + 2 if ruled else 0):
        sheet.rule(left, top + row * high, sheet.width - left, top + row * high)
    for x in [left, *(left + first + wide * column for column in range(columns + 1))] if ruled else []:
        sheet.rule(x, top, x, top + high * (rows + 1))
    heads, names = rng.permutation(_MONTHS)[:columns], rng.permutation(_ROWS)[:rows]
    for row, name in enumerate(("Item", *names)):
        baseline = top + row * high + high / 2 + size * 0.36
        sheet.write(str(name), left + 8, baseline, face, size)
        for column in range(columns):
            text = str(heads[column]) if row == 0 else _entry(rng)
            sheet.write(text, left + first + wide * (column + 1) - 8, baseline, face, size, align="right")
    return sheet


def calendar(rng: np.random.Generator, number: int) -> Sheet:
    """A month: single digits and pairs in seven columns."""
    size, face = int(rng.integers(16, 30)), choose(rng, SANS)
    wide, high = round(size * 2.6), round(size * 2.1)
    sheet = Sheet.plain(high * 9, wide * 7 + 40, (250, 250, 252))
    title = f"{choose(rng, _MONTHS)} {rng.integers(2000, 2031)}"
    sheet.write(title, sheet.width / 2, high, face, round(size * 1.2), (40, 40, 160), "middle")
    for column, day in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")):
        sheet.write(day, 20 + (column + 0.5) * wide, 2.2 * high, face, size, (110, 110, 110), "middle")
    start = int(rng.integers(7))
    for day in range(1, 31):
        row, column = divmod(start + day - 1, 7)
        sheet.write(str(day), 20 + (column + 0.5) * wide, (3.2 + row) * high, face, size, BLACK, "middle")
    return sheet


def scores(rng: np.random.Generator, number: int) -> Sheet:
    """A sheet of players and their single digits, in cells."""
    size, face, players, rounds = int(rng.integers(18, 28)), choose(rng, PRINT), 5, int(rng.integers(4, 8))
    cell, first = round(size * 2.2), round(size * 6.5)
    sheet = Sheet.plain(cell * (players + 1) + 30, first + cell * rounds + 30, WHITE)
    for row in range(players + 2):
        sheet.rule(15, 15 + row * cell, sheet.width - 15, 15 + row * cell)
    for column in range(rounds + 1):
        x = 15 + first + column * cell
        sheet.rule(x, 15, x, sheet.height - 15)
    for row in range(players + 1):
        baseline = 15 + (row + 0.5) * cell + size * 0.36
        sheet.write("Player" if row == 0 else choose(rng, wording.NOUNS).title(), 24, baseline, face, size)
        for column in range(rounds):
            text = str(column + 1) if row == 0 else str(rng.integers(10))
            sheet.write(text, 15 + first + (column + 0.5) * cell, baseline, face, size, BLACK, "middle")
    return sheet


def _entry(rng: np.random.Generator) -> str:
    texts = [f"-{rng.integers(1, 10)}", str(rng.integers(0, 10)), str(rng.integers(10, 1000))]
    texts += [f"-{rng.uniform(0, 10):.1f}", f"-{rng.uniform(10, 1000):.2f}", wording.amount(rng)]
    texts += [str(rng.integers(0, 10)), f"{rng.uniform(0, 1):.2f}", f"{rng.integers(1, 100)}%"]
    return choose(rng, texts)
