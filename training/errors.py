"""Errors of the training: what was expected, what was found, what to do."""

from tflite_ocr.errors import OcrError


class TrainingError(OcrError):
    """The training cannot continue with what it was given."""

    exit_code = 9
