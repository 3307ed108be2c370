"""The lists that EasyOCR's callers expect."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Box:
    text: str
    left: int
    right: int
    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def _paragraphs(boxes: list, texts: list[str], x_ths: float, y_ths: float) -> list:
    """Grows each paragraph from the first line left, one reachable line at a time, as EasyOCR does."""
    left_over = []
    for corners, text in zip(boxes, texts, strict=True):
        xs, ys = zip(*corners, strict=True)
        left_over.append(_Box(text, min(xs), max(xs), min(ys), max(ys)))
    result = []
    while left_over:
        group = [left_over.pop(0)]
        while (found := _first_reachable(group, left_over, x_ths, y_ths)) is not None:
            group.append(left_over.pop(found))
        left, right = min(box.left for box in group), max(box.right for box in group)
        top, bottom = min(box.top for box in group), max(box.bottom for box in group)
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        result.append([corners, " ".join(_ordered_texts(group))])
    return result


def _first_reachable(group: list[_Box], candidates: list[_Box], x_ths: float, y_ths: float) -> int | None:
    """Index of the first box whose sides, across and down, reach into the group widened by its thresholds."""
    height = sum(box.height for box in group) / len(group)
    left = min(box.left for box in group) - x_ths * height
    right = max(box.right for box in group) + x_ths * height
    top = min(box.top for box in group) - y_ths * height
    bottom = max(box.bottom for box in group) + y_ths * height
    for index, box in enumerate(candidates):
        across = left <= box.left <= right or left <= box.right <= right
        down = top <= box.top <= bottom or top <= box.bottom <= bottom
        if across and down:
            return index
    return None


def _ordered_texts(group: list[_Box]) -> list[str]:
    """Texts from the top; of boxes about level the leftmost first, the later of two equally left."""
    height = sum(box.height for box in group) / len(group)
    positions = list(range(len(group)))
    texts = []
    while positions:
        highest = min(group[i].middle for i in positions)
        level = [i for i in positions if group[i].middle < highest + _LEVEL * height]
        # Boxes without height are level with nothing, not even with themselves.
        best = min(level or positions, key=lambda i: (group[i].left, -i))
        texts.append(group[best].text)
        positions.remove(best)
    return texts
