"""Plain text in which columns and rows stand where they stand on the page, as on a sheet of squared paper."""

import numpy as np

from tflite_ocr.formats.result import words_of
from tflite_ocr.page import Page

# Of a row: how far the middles of its words may lie apart, in heights. Of the paper: blank rows and columns at most.
_SAME_ROW, _MOST_EMPTY_ROWS, _MOST_COLUMNS = 0.5, 2, 400


def to_layout(page: Page) -> str:
    """The words of a page on a grid of letters of one width; "" for a page without text.

    A tilted page is laid straight first: the direction of most of the text is across.
    """
    words = [word for line in page.lines for word in words_of(line)]
    if not words:
        return ""
    quads = np.array([word.quad for word in words], np.float64)
    right = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]).sum(axis=0)
    right = right / (np.linalg.norm(right) or 1.0) if right.any() else np.array([1.0, 0.0])
    across, down = quads @ right, quads @ np.array([-right[1], right[0]])
    lefts, rights = across.min(axis=1), across.max(axis=1)
    middles, heights = down.mean(axis=1), np.maximum(np.ptp(down, axis=1), 1.0)
    lengths = np.array([len(word.text) for word in words])
    letter = max(float(np.median((rights - lefts) / lengths)), (rights.max() - lefts.min()) / _MOST_COLUMNS, 0.1)
    rows = _rows(middles, heights, lefts, rights)
    pitch = _pitch([float(middles[row].mean()) for row in rows], float(np.median(heights)))
    out: list[str] = []
    before = None
    for row in rows:
        middle = float(middles[row].mean())
        if before is not None:
            out += [""] * min(max(round((middle - before) / pitch) - 1, 0), _MOST_EMPTY_ROWS)
        before = middle
        text, end = "", None
        for i in sorted(row, key=lambda i: lefts[i]):
            column = round((lefts[i] - lefts.min()) / letter)
            # What stands close follows with one blank, whatever the grid says: a word must not fall apart.
            close = end is not None and lefts[i] - end < 1.2 * letter + 0.25 * heights[i]
            text += " " if close else " " * max(column - len(text), 2 if text else 0)
            text, end = text + words[i].text, rights[i]
        out.append(text.rstrip())
    return "\n".join(out) + "\n"


def _rows(middles: np.ndarray, heights: np.ndarray, lefts: np.ndarray, rights: np.ndarray) -> list[list[int]]:
    """Words that stand side by side, from the top."""
    rows: list[list[int]] = []
    for i in np.argsort(middles, kind="stable").tolist():
        if rows:
            row = rows[-1]
            apart = abs(middles[i] - np.mean(middles[row])) < _SAME_ROW * min(heights[i], np.median(heights[row]))
            beside = all(min(rights[i], rights[j]) - max(lefts[i], lefts[j]) < 0.5 * heights[i] for j in row)
            if apart and beside:
                row.append(i)
                continue
        rows.append([i])
    return rows


def _pitch(middles: list[float], height: float) -> float:
    """The usual way from one row to the next."""
    steps = [step for step in np.diff(middles) if step > 0.5 * height]
    return max(float(np.median(steps)) if steps else 0.0, height)
