"""The lists that EasyOCR's callers expect."""

import json
from collections.abc import Sequence

from tflite_ocr.page import TextLine

# EasyOCR's grouping of lines to paragraphs, in mean line heights: how far apart a line may start from the
# paragraph's sides (x) and from its top or bottom (y), and how far below the highest line still counts as level.
PARAGRAPH_X = 1.0
PARAGRAPH_Y = 0.5
_LEVEL = 0.4


def to_easyocr(
    lines: Sequence[TextLine],
    detail: int = 1,
    paragraph: bool = False,
    x_ths: float = PARAGRAPH_X,
    y_ths: float = PARAGRAPH_Y,
    output_format: str = "standard",
    scores: bool = True,
) -> list:
    """The return value of EasyOCR's `readtext` for the same lines.

    Args:
        lines: Lines in reading order.
        detail: 0 for texts alone.
        paragraph: Whether lines are joined to paragraphs; boxes are then upright and have no confidences.
        x_ths: See PARAGRAPH_X.
        y_ths: See PARAGRAPH_Y.
        output_format: "standard"; "dict" for {"boxes", "text", "confident"}; "json" for those as JSON texts;
            "free_merge" is "standard" here, where lines are in reading order anyway.
        scores: Whether items have confidences.

    Returns:
        [(box, text, confidence)], box being four [x, y] lists of int; [[box, text]] with `paragraph` or without
        scores; [text] with `detail` 0, whatever the format.
    """
    boxes = [[[round(float(x)), round(float(y))] for x, y in line.quad] for line in lines]
    if paragraph:
        items = _paragraphs(boxes, [line.text for line in lines], x_ths, y_ths)
    else:
        items = [(box, line.text, float(line.confidence)) for box, line in zip(boxes, lines, strict=True)]
        items = items if scores else [[box, text] for box, text, _ in items]
    if detail == 0:
        return [item[1] for item in items]
    if output_format not in ("dict", "json"):
        return items
    named = [dict(zip(("boxes", "text", "confident"), item, strict=False)) for item in items]
    return named if output_format == "dict" else [json.dumps(item, ensure_ascii=False) for item in named]


# Text, and left, top, right and bottom in pixels.
_Box = tuple[str, int, int, int, int]


def _paragraphs(boxes: list, texts: list[str], x_ths: float, y_ths: float) -> list:
    """Grows each paragraph from the first line left, one reachable line at a time, as EasyOCR does."""
    left_over = []
    for corners, text in zip(boxes, texts, strict=True):
        xs, ys = zip(*corners, strict=True)
        left_over.append((text, min(xs), min(ys), max(xs), max(ys)))
    result = []
    while left_over:
        group = [left_over.pop(0)]
        while (found := _first_reachable(group, left_over, x_ths, y_ths)) is not None:
            group.append(left_over.pop(found))
        left, top, right, bottom = _around(group)
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        result.append([corners, " ".join(_ordered_texts(group))])
    return result


def _around(group: list[_Box]) -> tuple[int, int, int, int]:
    _, lefts, tops, rights, bottoms = zip(*group, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _height(group: list[_Box]) -> float:
    return sum(bottom - top for _, _, top, _, bottom in group) / len(group)


def _first_reachable(group: list[_Box], candidates: list[_Box], x_ths: float, y_ths: float) -> int | None:
    """Index of the first box whose sides, across and down, reach into the group widened by its thresholds."""
    beside, over = x_ths * _height(group), y_ths * _height(group)
    least_x, least_y, most_x, most_y = _around(group)
    for index, (_, left, top, right, bottom) in enumerate(candidates):
        across = any(least_x - beside <= x <= most_x + beside for x in (left, right))
        if across and any(least_y - over <= y <= most_y + over for y in (top, bottom)):
            return index
    return None


def _ordered_texts(group: list[_Box]) -> list[str]:
    """Texts from the top; of boxes about level the leftmost first, the later of two equally left."""
    within, left_over, texts = _LEVEL * _height(group), list(group), []
    while left_over:
        highest = min(top + bottom for _, _, top, _, bottom in left_over) / 2
        level = [box for box in left_over if (box[2] + box[4]) / 2 < highest + within]
        # Boxes without height are level with nothing, not even with themselves.
        best = min(reversed(level or left_over), key=lambda box: box[1])
        texts.append(best[0])
        left_over.remove(best)
    return texts
