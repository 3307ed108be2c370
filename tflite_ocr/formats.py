"""Writes what was read: plain text, JSON, JSON lines, and the lists that EasyOCR's callers expect."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.errors import printable
from tflite_ocr.page import Block, Character, Page, TextLine, TrackedLine, Word

# EasyOCR's grouping of lines to paragraphs, in mean line heights: how far apart a line may start from the
# paragraph's sides (x) and from its top or bottom (y), and how far below the highest line still counts as level.
PARAGRAPH_X = 1.0
PARAGRAPH_Y = 0.5
_LEVEL = 0.4
# Of a row of text, in line heights: how far middles differ at most, and how wide the gap within a column is.
_SAME_ROW, _WORD_GAP = 0.5, 0.7
_COLUMN_GAP = "   "


# Of the JSON objects; a change that readers of the last one would trip over makes it one more.
JSON_VERSION = 2


def to_dict(page: Page, image: str, model: str) -> dict:
    """The JSON object of one image; page.schema.json beside this file describes it.

    Args:
        page: What was read.
        image: Name of the image, as the user gave it.
        model: Name of the model that read it.

    Returns:
        {"version", "image", "width", "height", "angle", "language", "model", "lines": [{"text", "confidence",
        "quad": [[x, y] * 4], "words": [{"text", "confidence", "quad", "characters"}]}], "blocks": [{"kind", "lines",
        "paragraphs", "rows"}], "timing_ms": {"decode", "detect", "recognize", "total"}}. Pixels and degrees have two
        decimals, confidences four, milliseconds three. Blocks name lines by their index in "lines"; "characters" is
        there where they were asked for.
    """
    stages = ("decode", "detect", "recognize", "total")
    numbers = {line: index for index, line in reversed(list(enumerate(page.lines)))}
    return {
        "version": JSON_VERSION,
        "image": image,
        "width": int(page.width),
        "height": int(page.height),
        "angle": round(float(page.angle), 2),
        "language": page.language,
        "model": model,
        "lines": [
            {**_text_to_dict(line), "words": [_word_to_dict(word) for word in line.words]} for line in page.lines
        ],
        "blocks": [_block_to_dict(block, numbers) for block in page.blocks],
        "timing_ms": {stage: round(float(page.timing_ms[stage]), 3) for stage in stages},
    }


def _block_to_dict(block: Block, numbers: Mapping[TextLine, int]) -> dict:
    return {
        "kind": block.kind,
        "lines": [numbers[line] for line in block.lines],
        "paragraphs": [[numbers[line] for line in paragraph] for paragraph in block.paragraphs],
        "rows": [[[numbers[line] for line in cell] for cell in row] for row in block.rows],
    }


def _word_to_dict(word: Word) -> dict:
    characters = [_text_to_dict(character) for character in word.characters]
    return {**_text_to_dict(word), **({"characters": characters} if characters else {})}


def frame_to_dict(index: int, time_s: float, lines: Sequence[TrackedLine]) -> dict:
    """The JSON object of one frame of a video.

    Returns:
        {"frame", "time_s", "lines": [{"track", "text", "confidence", "quad": [[x, y] * 4]}]}; seconds to six
        decimals, pixels to two, confidences to four.
    """
    return {
        "frame": int(index),
        "time_s": round(float(time_s), 6),
        "lines": [{"track": line.track, **_text_to_dict(line)} for line in lines],
    }


def _text_to_dict(line: TextLine | Word | Character) -> dict:
    return {
        "text": line.text,
        "confidence": round(float(line.confidence), 4),
        "quad": [[round(float(x), 2), round(float(y), 2)] for x, y in line.quad],
    }


def to_text(page: Page) -> str:
    """The lines of a page, each ended by a newline; "" for a page without text."""
    return "".join(line.text + "\n" for line in page.lines)


def to_rows(page: Page) -> str:
    """The lines of a page as rows: what stands beside each other is on one line, with three blanks between columns.

    Rows are told in the direction in which most of the text runs, so that a page may be tilted or turned.
    """
    if not page.lines:
        return ""
    quads = np.array([line.quad for line in page.lines], np.float64)
    # Long lines tell the direction best; the sum of their upper and lower edges weighs them so.
    right = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]).sum(axis=0)
    right = right / (np.linalg.norm(right) or 1.0) if right.any() else np.array([1.0, 0.0])
    along, down = quads @ right, quads @ np.array([-right[1], right[0]])
    middles, heights = down.mean(axis=1), np.ptp(down, axis=1)
    rows: list[list[int]] = []
    for i in np.argsort(middles, kind="stable").tolist():
        # Pieces of a row do not lie over each other.
        fits = rows and all(_apart(along[i], along[j]) > -0.5 * min(heights[i], heights[j]) for j in rows[-1])
        if fits and abs(middles[i] - np.mean(middles[rows[-1]])) < _SAME_ROW * min(heights[i], heights[rows[-1][-1]]):
            rows[-1].append(i)
        else:
            rows.append([i])
    text = []
    for row in rows:
        row.sort(key=lambda i: along[i].min())
        pieces = [page.lines[row[0]].text]
        for before, i in zip(row, row[1:], strict=False):
            near = _apart(along[i], along[before]) < _WORD_GAP * min(heights[i], heights[before])
            pieces += [" " if near else _COLUMN_GAP, page.lines[i].text]
        text.append("".join(pieces) + "\n")
    return "".join(text)


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """The gap between two stretches of a line, each by the places of its points; negative where they overlap."""
    return max(first.min(), second.min()) - min(first.max(), second.max())


def write_rows(pages: Iterable[tuple[str, Page]], model: str, many: bool) -> Iterator[str]:
    """Like write_text, with to_rows."""
    for number, (image, page) in enumerate(pages):
        yield _heading(number, image, many) + to_rows(page)


def _heading(number: int, image: str, many: bool) -> str:
    return ("\n" if number else "") + f"==> {printable(image)} <==\n" if many else ""


def write_text(pages: Iterable[tuple[str, Page]], model: str, many: bool) -> Iterator[str]:
    """Pieces of plain text; with `many`, each image's name stands above its lines, as in `head`."""
    for number, (image, page) in enumerate(pages):
        yield _heading(number, image, many) + to_text(page)


def write_json(pages: Iterable[tuple[str, Page]], model: str, many: bool) -> Iterator[str]:
    """Pieces of one JSON document, {"version", "pages": [the object of an image]}, the same for one image and many."""
    yield f'{{"version": {JSON_VERSION}, "pages": ['
    separator = "\n"
    for image, page in pages:
        yield separator + json.dumps(to_dict(page, image, model), ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"


def write_jsonl(pages: Iterable[tuple[str, Page]], model: str, many: bool) -> Iterator[str]:
    """Pieces of JSON lines: one object a line, one line an image."""
    for image, page in pages:
        yield json.dumps(to_dict(page, image, model), ensure_ascii=False) + "\n"


WRITERS = {"text": write_text, "rows": write_rows, "json": write_json, "jsonl": write_jsonl}


def to_easyocr(
    lines: Sequence[TextLine],
    detail: int = 1,
    paragraph: bool = False,
    x_ths: float = PARAGRAPH_X,
    y_ths: float = PARAGRAPH_Y,
    output_format: str = "standard",
) -> list:
    """The return value of EasyOCR's `readtext` for the same lines.

    Args:
        lines: Lines in reading order.
        detail: 0 for texts alone.
        paragraph: Whether lines are joined to paragraphs; boxes are then upright and confidences left out.
        x_ths: See PARAGRAPH_X.
        y_ths: See PARAGRAPH_Y.
        output_format: "standard"; "dict" for {"boxes", "text", "confident"}; "json" for those as JSON texts;
            "free_merge" is "standard" here, where lines are in reading order anyway.

    Returns:
        [(box, text, confidence)], box being four [x, y] lists of int; [[box, text]] with `paragraph`; [text]
        with `detail` 0, whatever the format.
    """
    boxes = [[[round(float(x)), round(float(y))] for x, y in line.quad] for line in lines]
    if paragraph:
        items = _paragraphs(boxes, [line.text for line in lines], x_ths, y_ths)
    else:
        items = [(box, line.text, float(line.confidence)) for box, line in zip(boxes, lines, strict=True)]
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
