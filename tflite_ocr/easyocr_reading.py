"""EasyOCR's calls, done by our Reader; easyocr_options has the meaning of the keywords."""

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tflite_ocr import fetch, formats, geometry, image, layout
from tflite_ocr.detection.grouping import GroupingOptions, group_words, is_level
from tflite_ocr.easyocr_options import Detecting, Recognizing, decoder_options, resize_for, warn
from tflite_ocr.page import Page, PageOptions, Recognition, TextLine
from tflite_ocr.recognition.ctc import likelihood
from tflite_ocr.recognition.recognizer import Decoding

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader

# ImageSource, a web address, or a Pillow image.
EasyOcrSource = Any
# EasyOCR's own margin, the default of add_margin.
_USUAL_MARGIN = 0.1
# Contrast is stretched between these percentiles of the brightness.
_DARK, _LIGHT = 10, 90
_STRETCHED, _BELOW = 200.0, 25.0
_HORIZONTAL = "horizontal_list of [x_min, x_max, y_min, y_max], of one image: the first item of detect's list"
_FREE = "free_list of four corners [x, y] each, of one image: the first item of detect's list"


def picture(source: EasyOcrSource) -> np.ndarray:
    """Loads an image as EasyOCR does: also from an address, `~`, or with four channels R, G, B and A; BGR uint8."""
    if fetch.is_address(source):
        return image.read(fetch.fetch(source))
    if isinstance(source, str):
        return image.read(os.path.expanduser(source))
    if isinstance(source, np.ndarray) and source.ndim == 3 and source.shape[2] == 4 and source.dtype == np.uint8:
        return image.read(np.ascontiguousarray(source[..., [2, 1, 0, 3]]))
    return image.read(source)


def readtext(
    reader: "Reader", source: EasyOcrSource, detecting: Detecting, recognizing: Recognizing, ours: bool = False
) -> list:
    """EasyOCR's readtext; with `ours` paragraphs are those of Page.blocks.

    Raises:
        ImageReadError: The source is not a readable image.
        ValueError: Lists of characters for a recogniser that has none.
    """
    pixels, decoding = picture(source), decoding_of(reader, recognizing)
    limit = recognizing.filter_ths if recognizing.filter_ths != Recognizing().filter_ths else reader.min_confidence
    if detecting.changed or recognizing.reads_again:
        quads = find(reader, pixels, detecting)
        read = _lines(reader, pixels, quads, decoding, recognizing)
        lines = [line for line in read if line.text.strip("\ufffd ") and line.confidence >= limit]
    else:
        lines = list(reader.read_page(pixels, limit, decoding, PageOptions(layout=ours)).lines)
    usual = Recognizing()
    if ours and recognizing.paragraph and (recognizing.x_ths, recognizing.y_ths) == (usual.x_ths, usual.y_ths):
        page = layout.arranged(Page(tuple(lines), pixels.shape[1], pixels.shape[0], {}))
        joined = [_joined(part) for part in layout.paragraphs_of(page)]
        return formats.to_easyocr(joined, recognizing.detail, output_format=recognizing.output_format, scores=False)
    return shaped(lines, recognizing)


def _joined(lines: Sequence[TextLine]) -> TextLine:
    """A paragraph as a line in an upright rectangle."""
    corners = np.array([line.quad for line in lines]).reshape(-1, 2)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    confidence = min(line.confidence for line in lines)
    quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    return TextLine(layout.paragraph_text(lines, join_hyphens=False), confidence, quad)


def shaped(lines: Sequence[TextLine], recognizing: Recognizing) -> list:
    """Lines in the result format of the keywords."""
    joining = recognizing.paragraph, recognizing.x_ths, recognizing.y_ths
    return formats.to_easyocr(lines, recognizing.detail, *joining, recognizing.output_format)


def decoding_of(reader: "Reader", wanted: Recognizing) -> Decoding:
    """The decoding options of the keywords; as in EasyOCR, a list of what is read makes one of what is not useless."""
    if wanted.decoder == "wordbeamsearch":
        warn({"decoder='wordbeamsearch' (read as 'beamsearch')"})
    decoder = "greedy" if wanted.decoder == "greedy" else "beamsearch"
    blocklist = None if wanted.allowlist else wanted.blocklist
    return reader.decoding(wanted.allowlist, blocklist, decoder, wanted.beamWidth)


def find(reader: "Reader", pixels: np.ndarray, wanted: Detecting) -> np.ndarray:
    """Quads of the lines of a picture, float32 [N, 4, 2], in reading order."""
    facts = reader.manifest.detector
    options, useless = decoder_options(facts, wanted, reader.detector_options)
    warn(useless)
    quads = reader.detect(pixels, resize_for(facts.resize, wanted, *pixels.shape[:2]), options)
    if wanted.groups and len(quads):
        grouping = GroupingOptions(wanted.slope_ths, wanted.ycenter_ths, wanted.height_ths, wanted.width_ths, 0.0)
        quads = group_words(np.rint(quads).astype(np.int32), grouping)[0]
    if "add_margin" in wanted.changed:
        quads = _grown(quads, wanted.add_margin - _USUAL_MARGIN)
    quads = geometry.clip_quads(quads, pixels.shape[1], pixels.shape[0])
    extents = np.ptp(quads, axis=1).max(axis=1) if len(quads) else np.zeros(0)
    quads = quads[extents > (wanted.min_size if "min_size" in wanted.changed else 0)]
    return quads[geometry.reading_order(quads)]


def boxes(quads: np.ndarray, slope_ths: float) -> tuple[list[list[int]], list[list[list[int]]]]:
    """EasyOCR's two lists: level boxes [x_min, x_max, y_min, y_max], and the corners of all others."""
    level: Sequence[bool] = is_level(quads.astype(np.float64), slope_ths).tolist() if len(quads) else []
    horizontal, free = [], []
    for quad, flat in zip(np.rint(quads).astype(int), level, strict=True):
        (left, top), (right, bottom) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
        if flat:
            horizontal.append([left, right, top, bottom])
        else:
            free.append(quad.tolist())
    return horizontal, free


def recognize(
    reader: "Reader", pixels: np.ndarray, horizontal: Sequence | None, free: Sequence | None, wanted: Recognizing
) -> list:
    """EasyOCR's recognize: a result for every box, "" where nothing can be read; the whole picture without boxes."""
    height, width = pixels.shape[:2]
    if horizontal is None and free is None:
        horizontal = [[0, width, 0, height]]
    quads = np.concatenate([_level_quads(horizontal), geometry.checked_quads(() if free is None else free, _FREE)])
    lines = _lines(reader, pixels, geometry.clip_quads(quads, width, height), decoding_of(reader, wanted), wanted)
    if wanted.output_format == "free_merge" and wanted.detail:
        lines = [lines[i] for i in geometry.reading_order(np.array([line.quad for line in lines]))]
    return shaped(lines, wanted)


def _level_quads(boxes: Sequence | None) -> np.ndarray:
    """Quads of level boxes [x_min, x_max, y_min, y_max]."""
    boxes = () if boxes is None else boxes
    if not all(np.shape(box) == (4,) for box in boxes):
        raise ValueError(f"expected {_HORIZONTAL}, found {boxes!r:.80}")
    corners = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, x1, y0, y1 in boxes]
    return geometry.checked_quads(corners, _HORIZONTAL)


def _lines(
    reader: "Reader", pixels: np.ndarray, quads: np.ndarray, decoding: Decoding, wanted: Recognizing
) -> list[TextLine]:
    """The best reading of every quad."""
    read = reader.read_quads(pixels, list(quads), decoding, min_confidence=0.0)
    lines = [line or TextLine("", 0.0, geometry.corners_of(quad)) for line, quad in zip(read, quads, strict=True)]
    if not wanted.reads_again:
        return lines
    crops = [geometry.crop(pixels, quad) for quad in quads]
    for angle in wanted.rotation_info or ():
        turned = reader.recognize([_rotated(crop, angle) for crop in crops], decoding)
        lines = [_better(line, result) for line, result in zip(lines, turned, strict=True)]
    faint = [i for i, line in enumerate(lines) if line.confidence < wanted.contrast_ths]
    clearer = reader.recognize([_with_contrast(crops[i], wanted.adjust_contrast) for i in faint], decoding)
    for i, result in zip(faint, clearer, strict=True):
        lines[i] = _better(lines[i], result)
    return lines


def _better(line: TextLine, other: Recognition) -> TextLine:
    return TextLine(other.text, other.confidence, line.quad) if likelihood(other) > likelihood(line) else line


def _rotated(crop: np.ndarray, degrees: float) -> np.ndarray:
    """A crop turned counter-clockwise; black where it has no pixels."""
    quarter, rest = divmod(degrees, 90)
    if not rest:
        return np.ascontiguousarray(np.rot90(crop, int(quarter) % 4))
    height, width = crop.shape[:2]
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    size = max(1, round(width * cosine + height * sine)), max(1, round(width * sine + height * cosine))
    matrix: np.ndarray = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    matrix[:, 2] += np.array([size[0] / 2 - width / 2, size[1] / 2 - height / 2])
    return cv2.warpAffine(crop, matrix, size, flags=cv2.INTER_LINEAR)


def _with_contrast(crop: np.ndarray, target: float) -> np.ndarray:
    """A grey crop (as BGR) whose contrast is stretched where it is below the target, a share of the brightness."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    low, high = np.percentile(grey, (_DARK, _LIGHT))
    if (high - low) / max(10, high + low) < target:
        grey = np.clip((grey - low + _BELOW) * (_STRETCHED / max(10, high - low)), 0, 255).astype(np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def _grown(quads: np.ndarray, share: float) -> np.ndarray:
    """Quads [N, 4, 2] made larger on all sides by a share of their shorter side; smaller by a negative one."""
    along, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    lengths = [np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6) for side in (along, down)]
    margin = share * np.minimum(*lengths)
    along, down = along / lengths[0] * margin, down / lengths[1] * margin
    return quads + np.stack([-along - down, along - down, along + down, down - along], axis=1)
