"""Reads text in images on CPUs, with OCR models converted to TensorFlow Lite."""

from tflite_ocr.errors import (
    ArtifactError,
    ImageReadError,
    MissingDependencyError,
    ModelContractError,
    OcrError,
    VideoReadError,
    VideoWriteError,
)

# Not typing's: that takes the larger part of the time until script.py handles Ctrl-C.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from tflite_ocr import easyocr
    from tflite_ocr.overlay import draw
    from tflite_ocr.page import Block, Character, Page, PageOptions, Recognition, TextLine, TrackedLine, Word
    from tflite_ocr.reader import Reader
    from tflite_ocr.recognition.recognizer import Decoding
    from tflite_ocr.video.frames import VideoFrame

__version__ = "0.1.0"

__all__ = ["ArtifactError", "Block", "Character", "Decoding", "ImageReadError", "MissingDependencyError"]
__all__ += ["ModelContractError", "OcrError", "Page", "PageOptions", "Reader", "Recognition", "TextLine", "TrackedLine"]
__all__ += ["VideoFrame", "VideoReadError", "VideoWriteError", "Word", "__version__", "draw", "easyocr"]

# Most of these bring OpenCV and LiteRT; whoever wants only an error class or the version does not wait for them.
_LATE = {
    **dict.fromkeys(
        ("Block", "Character", "Page", "PageOptions", "Recognition", "TextLine", "TrackedLine", "Word"),
        "tflite_ocr.page",
    ),
    "Decoding": "tflite_ocr.recognition.recognizer",
    "Reader": "tflite_ocr.reader",
    "VideoFrame": "tflite_ocr.video.frames",
    "draw": "tflite_ocr.overlay",
}


def __getattr__(name: str) -> object:
    import importlib  # here for the same reason

    if name == "easyocr":
        return importlib.import_module("tflite_ocr.easyocr")
    if name in _LATE:
        found = getattr(importlib.import_module(_LATE[name]), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
