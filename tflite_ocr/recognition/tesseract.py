"""Tesseract as a recogniser: it sees only the crops that a detector found. The only import of tesserocr.

With the package tesserocr it runs in this process; else the program `tesseract` is called, once for many crops. Either
way one crop is read by one thread, and as many at once as the Reader has threads: Tesseract's own threads slow it down.
"""

import csv
import functools
import importlib.util
import math
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import cv2
import numpy as np

from tflite_ocr.errors import MissingDependencyError
from tflite_ocr.manifest import ImageInput, Recognizer
from tflite_ocr.page import Recognition
from tflite_ocr.recognition.recognizer import Decoding

NAME = "tesseract"
# Two letters as users of readers write them, to Tesseract's names; others are taken for Tesseract's own.
_CODES = {
    "en": "eng",
    "de": "deu",
    "fr": "fra",
    "es": "spa",
    "it": "ita",
    "pt": "por",
    "nl": "nld",
    "sv": "swe",
    "da": "dan",
    "no": "nor",
    "fi": "fin",
    "pl": "pol",
    "cs": "ces",
    "tr": "tur",
    "ru": "rus",
    "el": "ell",
    "ja": "jpn",
    "ko": "kor",
}
# Page segmentation mode: the image is one line of text.
_LINE = 7
# Pixels of the crop's own border colour around it: glyphs that touch the edge are misread.
_BORDER = 8
# Lower crops are enlarged to this height in pixels; Tesseract's networks see lines 36 pixels high.
_LEAST_HEIGHT = 36
_WORD_LEVEL = "5"
# Where Debian and Fedora put the languages, for a tesserocr built elsewhere.
_DATA_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
)
_INSTALL = "apt-get install tesseract-ocr"

# What a Reader asks a manifest about: Tesseract has no charset that could be restricted here.
FACTS = Recognizer(
    name=NAME,
    languages=(),
    input=ImageInput("BGR", (0.0,), (1.0,)),
    height=0,
    widths=(),
    charset=(),
    files=(),
    min_confidence=0.3,
)


def language_codes(languages: Sequence[str] | None) -> str:
    """Tesseract's name of some languages, such as "eng+deu"; English when None or empty."""
    return "+".join(_CODES.get(language, language) for language in languages or ("en",))


def require(codes: str) -> None:
    """Checks that Tesseract and its languages are there.

    Raises:
        MissingDependencyError: It names the package to install.
    """
    if importlib.util.find_spec("tesserocr") is None and shutil.which(NAME) is None:
        raise MissingDependencyError(
            f"recogniser {NAME!r}: expected the program tesseract or the package tesserocr, found neither; {_INSTALL}"
        )
    folder, known = _installed()
    missing = [code for code in codes.split("+") if code not in known]
    if missing:
        raise MissingDependencyError(
            f"recogniser {NAME!r}: expected the language {', '.join(missing)} in {folder or 'a folder of languages'}, "
            f"found {', '.join(sorted(known)) or 'none'}; {_INSTALL}"
            + "".join(f" tesseract-ocr-{code.replace('_', '-').lower()}" for code in missing)
        )


class TesseractRecognizer:
    """Reads crops by Tesseract; safe to call from many threads."""

    def __init__(self, codes: str, executor: Executor):
        """Chooses how Tesseract is called.

        Args:
            codes: Languages, see language_codes and require.
            executor: Its threads read crops side by side.
        """
        self._codes, self._executor = codes, executor
        self._local = threading.local()
        inside = importlib.util.find_spec("tesserocr") is not None
        self._read = self._read_inside if inside else functools.partial(_read_by_program, codes)

    def recognize(self, crops: Sequence[np.ndarray], decoding: Decoding | None = None) -> list[Recognition]:
        """Reads crops of single lines or words.

        Args:
            crops: BGR uint8 [h, w, 3] each, of any sizes.
            decoding: Only the default: Tesseract decodes by itself.

        Returns:
            One result a crop, in order; the confidence is the mean of its words'.

        Raises:
            ValueError: Another decoding.
            MissingDependencyError: The program failed.
        """
        if decoding is not None and (decoding.decoder != "greedy" or decoding.ignored):
            raise ValueError("expected the default decoding, found another: Tesseract decodes by itself")
        pictures = [_prepare(crop) for crop in crops]
        share = max(1, math.ceil(len(pictures) / getattr(self._executor, "_max_workers", 1)))
        groups = [pictures[start : start + share] for start in range(0, len(pictures), share)]
        return [result for found in self._executor.map(self._read, groups) for result in found]

    def _read_inside(self, pictures: list[np.ndarray]) -> list[Recognition]:
        """By this thread's own instance of the library."""
        if not hasattr(self._local, "api"):
            library = _library()
            folder, _ = _installed()
            self._local.api = library.PyTessBaseAPI(path=folder, lang=self._codes, psm=_LINE)
        api, results = self._local.api, []
        for picture in pictures:
            height, width = picture.shape
            api.SetImageBytes(picture.tobytes(), width, height, 1, width)
            text = " ".join(api.GetUTF8Text().split())
            words = api.AllWordConfidences()
            results.append(Recognition(text, sum(words) / len(words) / 100 if text and words else 0.0))
        return results


def _prepare(crop: np.ndarray) -> np.ndarray:
    """A grey crop, uint8 [h, w], large enough and with a border."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    if grey.shape[0] < _LEAST_HEIGHT:
        factor = _LEAST_HEIGHT / grey.shape[0]
        grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(cv2.copyMakeBorder(grey, *[_BORDER] * 4, cv2.BORDER_REPLICATE))


def _read_by_program(codes: str, pictures: list[np.ndarray]) -> list[Recognition]:
    with tempfile.TemporaryDirectory(prefix="tflite-ocr-") as folder:
        paths = [Path(folder) / f"{i}.pgm" for i in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            cv2.imwrite(str(path), picture)
        names = Path(folder) / "crops.txt"
        names.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        command = [NAME, str(names), "stdout", "-l", codes, "--psm", str(_LINE), "tsv"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise MissingDependencyError(f"the program tesseract failed with {done.returncode}: {said}; {_INSTALL}")
    return read_table(done.stdout, len(pictures))


def read_table(tsv: str, count: int) -> list[Recognition]:
    """Texts out of Tesseract's TSV output.

    Args:
        tsv: A heading and rows; those of level 5 are words with page_num from 1, conf in percent and text.
        count: Number of pages.
    """
    words: list[list[tuple[str, float]]] = [[] for _ in range(count)]
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and row["text"].strip():
            words[int(row["page_num"]) - 1].append((row["text"].strip(), float(row["conf"]) / 100))
    return [
        Recognition(" ".join(text for text, _ in page), sum(score for _, score in page) / len(page) if page else 0.0)
        for page in words
    ]


@functools.cache
def _library():
    """tesserocr, which reads the limit of its threads when it is loaded."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        import tesserocr
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
    return tesserocr


def _installed() -> tuple[str, set[str]]:
    """The folder of the languages, with a slash at its end, and their names."""
    if importlib.util.find_spec("tesserocr") is not None:
        given = os.environ.get("TESSDATA_PREFIX")
        for folder in (given,) if given else _DATA_FOLDERS:
            names = {path.stem for path in Path(folder).glob("*.traineddata")}
            if names:
                return f"{folder.rstrip('/')}/", names
        return "", set()
    listing = subprocess.run([NAME, "--list-langs"], capture_output=True, encoding="utf-8", check=False)
    heading, *names = (listing.stdout or listing.stderr).splitlines() or [""]
    return heading.split('"')[1] if '"' in heading else "", {name.strip() for name in names}
