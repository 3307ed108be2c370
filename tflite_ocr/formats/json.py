"""JSON, one document or a line a page, and the objects of a video's frames."""

import json
from collections.abc import Mapping, Sequence

from tflite_ocr.formats.result import Result, Unframed
from tflite_ocr.page import Block, Character, Page, TextLine, TrackedLine, Word

# Of the JSON objects; a change that readers of the last one would trip over makes it one more.
JSON_VERSION = 2


def to_dict(page: Page, image: str, model: str, number: int = 1, dpi: float | None = None) -> dict:
    """The JSON object of one image; page.schema.json beside this file describes it.

    Args:
        page: What was read.
        image: Name of the image, as the user gave it.
        model: Name of the model that read it.
        number: Of the page in its document, from 1.
        dpi: Pixels an inch; None where nothing tells.

    Returns:
        {"version", "image", "page", "dpi", "width", "height", "angle", "language", "model", "lines": [{"text",
        "confidence", "quad": [[x, y] * 4], "words": [{"text", "confidence", "quad", "characters"}]}], "blocks":
        [{"kind", "lines", "paragraphs", "rows"}], "timing_ms": {"decode", "detect", "recognize", "total"}}. Pixels,
        degrees and dots have two decimals, confidences four, milliseconds three. Blocks name lines by their index in
        "lines"; "characters" is there where they were asked for.
    """
    stages = ("decode", "detect", "recognize", "total")
    numbers = {line: index for index, line in reversed(list(enumerate(page.lines)))}
    return {
        "version": JSON_VERSION,
        "image": image,
        "page": int(number),
        "dpi": None if dpi is None else round(float(dpi), 2),
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


class Json:
    """Writes one document, {"version", "pages": [the object of a page]}, the same for one page and many."""

    suffix = ".json"

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model."""
        self._model, self._separator = model, "\n"

    def head(self) -> str:
        """What stands before the pages."""
        return f'{{"version": {JSON_VERSION}, "pages": ['

    def tail(self) -> str:
        """What ends the document."""
        return "\n]}\n"

    def body(self, result: Result) -> str:
        """The object of one page."""
        separator, self._separator = self._separator, ",\n"
        return separator + _line(result, self._model)


class JsonLines(Unframed):
    """Writes an object a line, a line a page."""

    suffix = ".jsonl"

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model."""
        self._model = model

    def body(self, result: Result) -> str:
        """The line of one page."""
        return _line(result, self._model) + "\n"


def _line(result: Result, model: str) -> str:
    found = to_dict(result.page, result.name, model, result.number, result.dpi)
    return json.dumps(found, ensure_ascii=False)
