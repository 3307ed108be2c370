"""Pages with known words for the tests of formats."""

import dataclasses

import numpy as np

from tflite_ocr.page import Block, Page, TextLine, Word

TIMING = {"decode": 1.0, "detect": 2.0, "recognize": 3.0, "total": 6.0}
TEXTS = (
    'Grüße & <Maß> "12" für €5',
    "naïve ﬁne 東京 𝛼𝛽 test",
    "x = y_1 * [2] | `z` \\ #",
    "żółć İstanbul Ωmega",
    "plain words only here",
)


def line(text, left, top, height=20, angle=0.0, words=True) -> TextLine:
    """A line of letters of one width, turned by degrees clockwise around its top-left corner."""
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def quad(first, last):
        corners = np.array([(first, 0), (last, 0), (last, height), (first, height)]) @ matrix + (left, top)
        return tuple(map(tuple, corners.tolist()))

    letter, found, position = 0.5 * height, [], 0
    for piece in text.split():
        position = text.index(piece, position)
        found.append(Word(piece, 0.75, quad(letter * position, letter * (position + len(piece)))))
        position += len(piece)
    whole = TextLine(text, 0.9, quad(0, letter * len(text)))
    return dataclasses.replace(whole, words=tuple(found)) if words else whole


def page(blocks=True, words=True, angle=0.0) -> Page:
    """A heading, a table with an empty cell, and a text of two paragraphs; or the same lines alone."""
    title = line("A Heading", 40, 20, 40, angle, words)
    cells = [
        line(text, 40 + 200 * (i % 2), 100 + 40 * (i // 2), 20, angle, words)
        for i, text in enumerate(("Tea", "1.50", "Bun"))
    ]
    texts = [line(text, 40, 250 + 30 * i, 20, angle, words) for i, text in enumerate(TEXTS)]
    found = (
        Block("heading", (title,), ((title,),)),
        Block("table", tuple(cells), rows=(((cells[0],), (cells[1],)), ((cells[2],), ()))),
        Block("text", tuple(texts), (tuple(texts[:2]), tuple(texts[2:]))),
    )
    return Page((title, *cells, *texts), 640, 480, TIMING, found if blocks else ())
