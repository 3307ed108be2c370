"""A page that was read upright, as it lies in its image."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tflite_ocr.geometry import corners_of
from tflite_ocr.layout.angle import wrapped
from tflite_ocr.page import Block, Page, Quad, TextLine


def turned(page: Page, quarters: int) -> Page:
    """The page of an image as that of the same image turned clockwise.

    Args:
        page: Of the image that was turned counter-clockwise by so many quarters.
        quarters: 0 to 3.
    """
    width, height = page.width, page.height
    # In pixels of the upright image's sides: where a corner (x, y) of it lies in the turned one.
    matrices = {0: (1, 0, 0, 1), 1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}
    a, b, c, d = matrices[quarters]
    shift = {0: (0, 0), 1: (height, 0), 2: (width, height), 3: (0, width)}[quarters]
    matrix = np.array([[a, b], [c, d]], np.float64).T

    def moved(quad: Quad) -> Quad:
        return corners_of(np.array(quad, np.float64) @ matrix + shift)

    lines = {id(line): _line(line, moved) for line in page.lines}
    blocks = tuple(_block(block, lines) for block in page.blocks)
    across = quarters % 2
    return dataclasses.replace(
        page,
        lines=tuple(lines[id(line)] for line in page.lines),
        width=height if across else width,
        height=width if across else height,
        blocks=blocks,
        angle=wrapped(page.angle + 90.0 * quarters),
    )


def _line(line: TextLine, moved: Callable[[Quad], Quad]) -> TextLine:
    words = tuple(
        dataclasses.replace(
            word,
            quad=moved(word.quad),
            characters=tuple(dataclasses.replace(one, quad=moved(one.quad)) for one in word.characters),
        )
        for word in line.words
    )
    return dataclasses.replace(line, quad=moved(line.quad), words=words)


def _block(block: Block, lines: dict[int, TextLine]) -> Block:
    def mapped(parts: Any) -> Any:
        return lines[id(parts)] if isinstance(parts, TextLine) else tuple(mapped(part) for part in parts)

    return Block(block.kind, mapped(block.lines), mapped(block.paragraphs), mapped(block.rows))
