"""The drop-in for EasyOCR: change `import easyocr` to `from tflite_ocr import easyocr`, and nothing else.

Signatures are those of EasyOCR 1.7.2. docs/easyocr.md says what each argument does here.
"""

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import cv2
import numpy as np

from tflite_ocr import calls, easyocr_reading, languages, manifest, models
from tflite_ocr import reader as readers
from tflite_ocr.easyocr_options import split, warn
from tflite_ocr.easyocr_reading import EasyOcrSource
from tflite_ocr.errors import ArtifactError

_NETWORKS = ("craft", "dbnet18")
_READTEXT = dict(inspect.signature(readers.Reader.readtext).parameters)
_KEYWORDS = " ".join(list(_READTEXT)[2:])
_OF_NETWORKS = "getDetectorPath initDetector setDetector setModelLanguage getChar setLanguageList".split()
_DETECT = """
    min_size text_threshold low_text link_threshold canvas_size mag_ratio slope_ths ycenter_ths height_ths width_ths
    add_margin reformat optimal_num_chars threshold bbox_min_score bbox_min_size max_candidates
"""
_RECOGNIZE = """
    horizontal_list free_list decoder beamWidth batch_size workers allowlist blocklist detail rotation_info paragraph
    contrast_ths adjust_contrast filter_ths y_ths x_ths reformat output_format
"""
_OTHERS: dict[str, Any] = {
    **dict.fromkeys(("horizontal_list", "free_list"), Sequence | None),
    **dict.fromkeys(("n_width", "n_height", "optimal_num_chars"), int | None),
}
_Result = TypeVar("_Result")


def _signed(image: str, names: str) -> Callable[[Callable[..., _Result]], Callable[..., _Result]]:
    """Gives a method arguments of EasyOCR's: an image, and by their names those of readtext and others."""
    own, first = _READTEXT["self"], _READTEXT["image"].replace(name=image)
    known = _READTEXT | {
        "reformat": first.replace(name="reformat", default=True, annotation=bool),
        **{name: first.replace(name=name, default=None, annotation=kind) for name, kind in _OTHERS.items()},
    }
    signature = inspect.Signature([own, first, *(known[name] for name in names.split())])

    def decorate(method: Callable[..., _Result]) -> Callable[..., _Result]:
        @functools.wraps(method)
        def call(*arguments: Any, **keywords: Any) -> _Result:
            return method(**signature.bind(*arguments, **keywords).arguments)

        cast(Any, call).__signature__ = signature
        return call

    return decorate


@calls.explained
class Reader:
    """EasyOCR's Reader. `reader` is the tflite_ocr.Reader that does the work."""

    def __init__(
        self,
        lang_list: Sequence[str] | str,
        gpu: bool | str = True,
        model_storage_directory: str | None = None,
        user_network_directory: str | None = None,
        detect_network: str = "craft",
        recog_network: str = "standard",
        download_enabled: bool = True,
        detector: bool = True,
        recognizer: bool = True,
        verbose: bool = True,
        quantize: bool = True,
        cudnn_benchmark: bool = False,
        *,
        model: str | os.PathLike | None = None,
        threads: int | None = None,
    ):
        """Chooses a model that reads the languages; it loads at the first call.

        Args:
            lang_list: Codes such as "en"; the first installed model that reads all of them is taken.
            gpu: Ignored: everything runs on the CPU.
            quantize: False for the float32 form of the model, if it has one.
            model: A model as for tflite_ocr.Reader, instead of the first that reads the languages.

        Raises:
            ArtifactError: No installed model reads the languages; the message says which would.
            ValueError: There is no such detect_network.
        """
        if detect_network not in _NETWORKS:
            raise ValueError(f"expected a detect_network of {', '.join(_NETWORKS)}, found {detect_network!r}")
        useless = {
            "model_storage_directory": model_storage_directory is not None,
            "user_network_directory": user_network_directory is not None,
            "detect_network": detect_network != "craft",
            "recog_network": recog_network != "standard",
            "cudnn_benchmark": cudnn_benchmark,
            "gpu": gpu not in (True, False, "cpu"),
        }
        self.lang_list = list(languages.listed(lang_list))
        folder = _folder(self.lang_list, model)
        precision = None
        if not quantize and folder is not None:
            precision = "float32" if "float32" in manifest.load(Path(folder)).precisions() else None
            useless["quantize"] = precision is None
        warn({name for name, given in useless.items() if given})
        self.reader = readers.Reader(folder or model, precision, threads, self.lang_list)
        self.device, self.verbose, self.quantize = "cpu", verbose, quantize
        self.download_enabled, self.detect_network, self.recog_network = download_enabled, detect_network, recog_network
        self.character = self.lang_char = "".join(self.reader.charset)
        self._detects, self._recognizes = detector, recognizer

    def __getattr__(self, name: str) -> Any:
        """Tells callers of methods that load EasyOCR's own networks what to do."""
        advice = "; it loads EasyOCR's networks, models come from `make convert`" if name in _OF_NETWORKS else ""
        raise AttributeError(f"easyocr.Reader has no attribute {name!r} here{advice}")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *error: object) -> None:
        self.reader.close()

    @_signed("img", _DETECT)
    def detect(self, img: EasyOcrSource, **keywords: Any) -> tuple[list, list]:
        """Finds text: for each image level boxes [x_min, x_max, y_min, y_max], and the corners of turned ones.

        Args:
            img: One image, or several as a list or an array [N, H, W, C].

        Raises:
            ImageReadError: An image cannot be read.
        """
        wanted, _ = split(keywords)
        self._require(self._detects, "detector")
        found = [easyocr_reading.find(self.reader, easyocr_reading.picture(one), wanted) for one in _images(img)]
        lists = [easyocr_reading.boxes(quads, wanted.slope_ths) for quads in found]
        return [horizontal for horizontal, _ in lists], [free for _, free in lists]

    @_signed("img_cv_grey", _RECOGNIZE)
    def recognize(
        self,
        img_cv_grey: EasyOcrSource,
        horizontal_list: Sequence | None = None,
        free_list: Sequence | None = None,
        **keywords: Any,
    ) -> list:
        """Reads the boxes of one image, each of them; without boxes the image is one.

        Raises:
            ImageReadError: The image cannot be read.
            ValueError: Unknown decoder or output_format.
        """
        _, wanted = split(keywords)
        self._require(self._recognizes, "recognizer")
        pixels = easyocr_reading.picture(img_cv_grey)
        return easyocr_reading.recognize(self.reader, pixels, horizontal_list, free_list, wanted)

    @_signed("image", _KEYWORDS)
    def readtext(self, image: EasyOcrSource, **keywords: Any) -> list:
        """Finds and reads the text of one image; see tflite_ocr.Reader.readtext."""
        return self._readtext(image, keywords)

    @_signed("image", _KEYWORDS)
    def readtextlang(self, image: EasyOcrSource, **keywords: Any) -> list:
        """The triples of readtext, each with the first language of lang_list that has all its letters as a fourth."""
        fixed = {"detail": 1, "output_format": "standard", "paragraph": False}
        warn({name for name, value in fixed.items() if keywords.get(name, value) != value})
        keywords |= fixed
        return [
            (*item, next((code for code in self.lang_list if languages.writes(code, item[1])), self.lang_list[0]))
            for item in self._readtext(image, keywords)
        ]

    @_signed("image", f"n_width n_height {_KEYWORDS}")
    def readtext_batched(
        self, image: EasyOcrSource, n_width: int | None = None, n_height: int | None = None, **keywords: Any
    ) -> list[list]:
        """A result of readtext for each image of a list or of an array [N, H, W, C]; sizes may differ.

        Args:
            n_width: Width in pixels to which all images are scaled first.
            n_height: Height in pixels to which all images are scaled first.

        Raises:
            ValueError: One of them is below 1.
        """
        if any(side is not None and side < 1 for side in (n_width, n_height)):
            raise ValueError(f"expected n_width and n_height of at least 1, found {n_width} and {n_height}")
        found = []
        for one in _images(image):
            pixels = easyocr_reading.picture(one)
            if n_width is not None and n_height is not None:
                pixels = cv2.resize(pixels, (n_width, n_height))
            found.append(self._readtext(pixels, keywords))
        return found

    def _readtext(self, image: EasyOcrSource, keywords: dict) -> list:
        self._require(self._detects, "detector")
        self._require(self._recognizes, "recognizer")
        return easyocr_reading.readtext(self.reader, image, *split(keywords))

    @staticmethod
    def _require(there: bool, name: str) -> None:
        if not there:
            raise ValueError(f"expected a Reader with a {name}, found one made with {name}=False")


def _images(source: EasyOcrSource) -> Sequence:
    many = isinstance(source, (list, tuple)) or (isinstance(source, np.ndarray) and source.ndim == 4)
    return source if many else [source]


def _folder(codes: Sequence[str], model: str | os.PathLike | None) -> os.PathLike | None:
    """The folder of the given model, or of the first installed one that reads all languages; None if none does."""
    if model is not None:
        return models.find(model)
    for folder in [models.find(None), *models.installed()]:
        try:
            recognizers = manifest.load(folder).recognizers
        except ArtifactError:  # `tflite-ocr models` reports broken ones
            continue
        if any(all(languages.reads(recognizer, code) for code in codes) for recognizer in recognizers):
            return folder
    return None
