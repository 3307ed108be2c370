"""Errors of drawing: what was expected, what was found, what to do."""

from tflite_ocr.errors import OcrError


class DrawingError(OcrError):
    """Text cannot be drawn on this machine: fonts, word lists or characters are missing."""

    exit_code = 9
