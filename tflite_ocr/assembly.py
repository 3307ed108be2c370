"""Assembles the lines of a page from quads and their readings."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.page import Character, PageOptions, Quad, Recognition, TextLine, Word
from tflite_ocr.recognition import ctc, extents
from tflite_ocr.recognition.direction import turn


@dataclass(frozen=True)
class FoundLine:
    """A quad of an image and its reading.

    Attributes:
        quad: float32 [4, 2], clockwise from its top-left as geometry.order_quad has it.
        doubt: What its confidence loses, as the detector is not sure of the quad.
    """

    quad: np.ndarray
    result: Recognition
    turned: bool
    crop: np.ndarray
    doubt: float = 0.0

    @property
    def upright(self) -> np.ndarray:
        """The crop as it was read."""
        return turn(self.crop) if self.turned else self.crop

    def doubted(self, foreign: bool) -> "FoundLine":
        """The line with a confidence that is lower by its doubt, and half of that where its script is foreign."""
        if not self.doubt and not foreign:
            return self
        confidence = max(0.0, self.result.confidence - self.doubt) * (0.5 if foreign else 1.0)
        return dataclasses.replace(self, result=dataclasses.replace(self.result, confidence=confidence))

    @property
    def says_something(self) -> bool:
        """Whether the reading has a known character."""
        return bool(self.result.text.replace(ctc.UNKNOWN, "").strip())

    @property
    def corners(self) -> np.ndarray:
        """The quad from the corner that is top-left for a reader of the text; a single character may be high itself."""
        across = geometry.is_vertical(self.quad) and len(self.result.text) > 1
        return geometry.reading_corners(self.quad, across, self.turned)

    def line(self) -> TextLine:
        """The line without words."""
        return TextLine(self.result.text, self.result.confidence, geometry.corners_of(self.corners))


def with_words(found: FoundLine, options: PageOptions, confidence: str) -> TextLine:
    """The line with its words."""
    reach = extents.words(found.result, found.upright, options.characters)
    corners = geometry.reading_corners(found.quad, geometry.is_vertical(found.quad), found.turned)
    parts = [part for one in reach for part in one.parts]
    quads = iter(_quads([*reach, *parts], corners))
    text, places = found.result.text, found.result.places
    words = []
    for one in reach:
        likely = np.array([place.confidence for place in places[one.start : one.end]])
        words.append(Word(text[one.start : one.end], ctc.confidence(likely, confidence), next(quads)))
    if options.characters:
        characters = iter([Character(text[part.start], places[part.start].confidence, next(quads)) for part in parts])
        words = [
            dataclasses.replace(word, characters=tuple(itertools.islice(characters, len(word.text)))) for word in words
        ]
    return dataclasses.replace(found.line(), words=tuple(words))


def blanks(found: FoundLine) -> np.ndarray:
    """Where a line has no ink from top to bottom, float64 [N, 2]: from and to, as shares of its length."""
    shares = extents.blanks(found.upright)
    if not len(shares):
        return shares
    corners = geometry.reading_corners(found.quad, geometry.is_vertical(found.quad), found.turned)
    points = geometry.inside(corners, np.stack([shares, np.full(shares.shape, 0.5)], axis=-1))
    start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    along = (end - start) / max(float((end - start) @ (end - start)), 1e-6)
    # What begins and ends a crop does so too where rounding says otherwise.
    return np.where((shares > 0) & (shares < 1), (points - start) @ along, shares)


def in_rows(found: Sequence[FoundLine]) -> list[FoundLine]:
    """Lines by rows from the top, for a reader who turns the page so that most characters are upright."""
    characters: dict[tuple[bool, bool], int] = {}
    for line in found:
        direction = geometry.is_vertical(line.quad), line.turned
        characters[direction] = characters.get(direction, 0) + len(line.result.text)
    most = max(characters, key=characters.__getitem__, default=(False, False))
    if most == (False, False) or 2 * characters[most] <= sum(characters.values()):
        return list(found)
    turns = {(False, True): ((-1, 0), (0, -1)), (True, False): ((0, -1), (1, 0)), (True, True): ((0, 1), (-1, 0))}
    seen = [geometry.order_quad(line.quad @ np.array(turns[most], np.float32)) for line in found]
    return [found[i] for i in geometry.reading_order(np.array(seen))]


def _quads(reach: Sequence[extents.Extent], corners: np.ndarray) -> list[Quad]:
    """Where parts of a crop lie in the image."""
    if not reach:
        return []
    sides = np.array([(one.left, one.top, one.right, one.bottom) for one in reach])
    return [geometry.corners_of(quad) for quad in geometry.inside(corners, geometry.upright_quads(sides))]
