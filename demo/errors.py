"""What goes wrong while the demonstration is made."""

from tflite_ocr.errors import OcrError


class DemoError(OcrError):
    """The film's script, or what it is made of, cannot be used."""

    exit_code = 12
