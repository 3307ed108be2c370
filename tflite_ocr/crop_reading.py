"""Reads pictures that are one word or line each, as they are or as their text lies in them.

A word that was cut out along the axes of a photograph is often slanted, or runs up or down. What is read without
confidence is therefore read again, turned where it is high, and cut out anew where a line is found in it.
"""

import dataclasses
import time
from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr import geometry, zeros
from tflite_ocr.assembly import FoundLine
from tflite_ocr.page import Page
from tflite_ocr.page_reading import PageReading, Wanted, timing_ms
from tflite_ocr.recognition.ctc import likelihood
from tflite_ocr.recognition.recognizer import Decoding

# What is less likely is read again, and the other reading counts where it is so much likelier.
_DOUBTFUL, _GAIN = 0.8, 0.1


def read(reading: PageReading, pictures: Sequence[np.ndarray], decoding: Decoding | None) -> list[FoundLine]:
    """Reads pictures of one line each.

    Args:
        pictures: BGR uint8 [h, w, 3] each.
        decoding: Greedy when None.

    Returns:
        For each picture its line; its quad is that of the whole picture, or of the line in it.
    """
    read = reading.straightened(pictures, decoding)
    quads = [geometry.whole(*picture.shape[1::-1]) for picture in pictures]
    lines = [FoundLine(quad, *one, picture) for quad, picture, one in zip(quads, pictures, read, strict=True)]
    likely = [likelihood(line.result) for line in lines]
    doubtful = [i for i, one in enumerate(likely) if one < _DOUBTFUL]
    views = [(i, view) for i in doubtful for view in _views(reading, lines[i])]
    again = reading.recognizer.recognize([view.upright for _, view in views], decoding)
    for (i, view), result in zip(views, again, strict=True):
        if likelihood(result) >= max(likely[i] + _GAIN, likelihood(lines[i].result)):
            lines[i] = dataclasses.replace(view, result=result)
    lines = [dataclasses.replace(line, result=zeros.corrected(line.result, line.upright)) for line in lines]
    return [line for one in lines for line in reading.doubting([one])]


def page(reading: PageReading, picture: np.ndarray, decode_s: float, wanted: Wanted) -> Page:
    """The page of a picture that is one line and was decoded in so many seconds."""
    began = time.perf_counter()
    lines = reading.lines(wanted.kept(read(reading, [picture], wanted.decoding)), wanted)
    seconds = {"decode": decode_s, "detect": 0.0, "recognize": time.perf_counter() - began}
    return Page(tuple(lines), picture.shape[1], picture.shape[0], timing_ms(seconds))


def _views(reading: PageReading, line: FoundLine) -> list[FoundLine]:
    """What a picture's line may be, unread: what is found in it, all of it; each turned, too, where it runs up."""
    found, _ = reading.detector.detect(line.crop)
    quads = sorted(found, key=cv2.contourArea, reverse=True)[:1]
    if len(found) > 1:
        quads.append(geometry.order_quad(cv2.boxPoints(cv2.minAreaRect(np.concatenate(list(found))))))
    views = [(quad, False) for quad in quads]
    views.append((line.quad, not geometry.is_vertical(line.quad)))
    views += [(quad, True) for quad, turned in views if not turned and geometry.is_vertical(quad)]
    return [FoundLine(quad, line.result, turned, geometry.crop(line.crop, quad)) for quad, turned in views]
