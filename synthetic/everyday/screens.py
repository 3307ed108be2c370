"""Screens: tall ones of phones, terminals with code, and windows of programs."""

import numpy as np

from synthetic.builtin.sheet import Color, Sheet, font
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import BLACK, SANS, WHITE, colors

_HEIGHTS = (1170, 2340, 9000, 3600, 1600, 5400)
# Background, letters, prompts.
_SCHEMES = colors("0c0c0c cccccc 78dc78  562401 eeedf0 78e6f0  242c28 f2f8f8 2ee2a6  ffffff 282828 a03c14")


def tall_screenshot(rng: np.random.Generator, number: int) -> Sheet:
    """A conversation on a phone, up to 9000 pixels high."""
    height, width = _HEIGHTS[number % len(_HEIGHTS)], 540
    sheet, size = Sheet.plain(height, width, (250, 246, 242)), int(rng.integers(18, 23))
    y, message, face = 60, 0, choose(rng, ("sans", "light sans"))
    sheet.write(wording.clock(rng), 24, 34, face, 18)
    while y < height - 90:
        message += 1
        texts = [f"paid {rng.uniform(1, 40):.1f}", f"meet on {rng.integers(1, 29)}.{rng.integers(1, 13)}"]
        texts += [f"see you at {wording.clock(rng)}", f"bring the {choose(rng, wording.NOUNS)}", wording.words(rng, 2)]
        text = f"Message {message}: {choose(rng, texts)}"
        wide, mine = font(face, size).getlength(text), rng.random() < 0.5
        left = width - wide - 40 if mine else 24
        sheet.box(left - 12, y - size - 8, left + wide + 12, y + 14, (200, 245, 215) if mine else WHITE)
        sheet.write(text, left, y, face, size)
        y += round(size * 2.9)
    return sheet


def terminal(rng: np.random.Generator, number: int) -> Sheet:
    """Code and commands in a window of a terminal: operators, brackets, paths."""
    background, ink, prompt = _SCHEMES[number % len(_SCHEMES)]
    size, rows, code = int(rng.integers(13, 22)), int(rng.integers(8, 16)), wording.TEXTS["code"]
    texts = [code[index].format(n=rng.integers(1, 99)) for index in rng.permutation(len(code))[:rows]]
    face = choose(rng, ("mono", "mono", "typewriter"))
    wide = max(font(face, size).getlength(text) for text in texts)
    sheet = Sheet.plain(round(size * 1.5 * (rows + 1)), round(wide + 4 * size), background)
    for row, text in enumerate(texts):
        sheet.write(text, size, size * (1.5 * row + 1.6), face, size, prompt if rng.random() < 0.3 else ink)
    return sheet


def window(rng: np.random.Generator, number: int) -> Sheet:
    """A program with its title, menus, fields, buttons and a list, light or dark, small or enlarged."""
    dark, size = number % 3 == 2, (13, 14, 16, 20, 26)[number % 5]
    background, panel = ((48, 44, 42), (66, 60, 58)) if dark else ((243, 243, 243), WHITE)
    ink: Color = (232, 232, 232) if dark else (30, 30, 30)
    face, unit = choose(rng, SANS[::2]), size / 13
    sheet = Sheet.plain(round(520 * unit), round(760 * unit), background)

    def write(text: str, x: float, y: float, look: str = face, color: Color = ink) -> float:
        return sheet.write(text, x * unit, y * unit, look, size, color)

    sheet.box(0, 0, sheet.width, 30 * unit, (90, 60, 30))
    write(
        f"{choose(rng, wording.NOUNS).title()} - {choose(rng, wording.NOUNS).title()} Editor",
        12,
        20,
        "sans bold",
        WHITE,
    )
    x = 12.0
    for name in ("File", "Edit", "View", "Insert", "Tools", "Help"):
        x = write(name, x, 50) / unit + 18
    fields = ("Name", "Folder", "Size", "Owner", "Changed")
    for row, name in enumerate(fields):
        y = 90 + 36 * row
        write(f"{name}:", 20, y + 4)
        sheet.box(110 * unit, (y - 14) * unit, 400 * unit, (y + 12) * unit, panel)
        sheet.box(110 * unit, (y - 14) * unit, 400 * unit, (y + 12) * unit, (150, 150, 150), 1)
        value = (
            wording.words(rng, 2),
            f"/srv/files/{choose(rng, wording.NOUNS)}",
            f"{rng.integers(1, 900)} KB",
            choose(rng, wording.NOUNS),
            f"{wording.date(rng)}, {wording.clock(rng)}",
        )[row]
        write(value, 118, y + 4)
    sheet.box(430 * unit, 76 * unit, 744 * unit, 400 * unit, panel)
    for row in range(9):
        write(f"{choose(rng, wording.NOUNS)}_{rng.integers(1, 99)}.txt", 442, 100 + 33 * row)
        sheet.write(f"{rng.integers(1, 999)} KB", 734 * unit, (100 + 33 * row) * unit, face, size, ink, "right")
    for row, text in enumerate(("Remember my choice", "Show hidden files", f"Use {rng.integers(2, 9)} threads")):
        sheet.box(20 * unit, (290 + 32 * row) * unit, 32 * unit, (302 + 32 * row) * unit, (150, 150, 150), 1)
        write(text, 42, 301 + 32 * row)
    for column, text in enumerate(("OK", "Cancel", "Apply")):
        left = (430 + 108 * column) * unit
        sheet.box(left, 430 * unit, left + 96 * unit, 462 * unit, (200, 120, 20) if column == 0 else (170, 170, 170))
        color = WHITE if column == 0 else BLACK
        sheet.write(text, left + 48 * unit, 451 * unit, face, size, color, "middle")
    write(f"{rng.integers(2, 90)} items, {rng.integers(1, 9)} selected", 12, 505)
    return sheet
