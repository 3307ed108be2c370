"""Reads text in images on CPUs, with OCR models converted to TensorFlow Lite."""

from typing import TYPE_CHECKING

from tflite_ocr.errors import ArtifactError, ImageReadError, MissingDependencyError, ModelContractError, OcrError
from tflite_ocr.results import Page, Recognition, TextLine

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader

__version__ = "0.1.0"

__all__ = [
    "ArtifactError",
    "ImageReadError",
    "MissingDependencyError",
    "ModelContractError",
    "OcrError",
    "Page",
    "Reader",
    "Recognition",
    "TextLine",
    "__version__",
]


def __getattr__(name: str):
    # Reader brings OpenCV and LiteRT; whoever wants only an error class or the version does not wait for them.
    if name == "Reader":
        from tflite_ocr.reader import Reader

        return Reader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
