"""Tesseract as a recogniser: it sees only the crops that a detector found. The only import of tesserocr.

With the package tesserocr it runs in this process; otherwise the program `tesseract` is called, once for many crops.
In both cases one thread reads one crop, and as many in parallel as the Reader has threads: Tesseract's own threads
slow it down.
"""

import csv
import dataclasses
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tflite_ocr.errors import MissingDependencyError
from tflite_ocr.manifest import ImageInput, Recognizer
from tflite_ocr.page import Place, Recognition
from tflite_ocr.recognition.recognizer import Decoding

NAME = "tesseract"
# Two-letter codes to Tesseract's names; other codes are taken for Tesseract's own.
_CODES = dict(
    pair.split("=")
    for pair in """
    en=eng de=deu fr=fra es=spa it=ita pt=por nl=nld sv=swe da=dan no=nor fi=fin pl=pol cs=ces tr=tur ru=rus el=ell
    ja=jpn ko=kor
""".split()
)
# Page segmentation mode: the image is one line of text.
_LINE = 7
# Pixels of the crop's own border colour around it: glyphs that touch the edge are misread.
_BORDER = 8
# Lower crops are enlarged to this height in pixels; Tesseract's networks see lines 36 pixels high.
_LEAST_HEIGHT = 36
_WORD_LEVEL = "5"
# Where Debian and Fedora put the languages, for a tesserocr built elsewhere.
_DATA_FOLDERS = (
    *("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract/tessdata", "/usr/share/tessdata"),
    "/usr/local/share/tessdata",
)
_INSTALL = "apt-get install tesseract-ocr"

# The manifest's entry for a Reader: Tesseract has no charset that could be restricted here.
FACTS = Recognizer(NAME, (), ImageInput("BGR", (0.0,), (1.0,)), 0, widths=(), charset=(), files=(), min_confidence=0.3)


@dataclass(frozen=True)
class _Box:
    """A word of Tesseract's, from left to right in pixels of the picture that it saw."""

    text: str
    confidence: float
    left: float
    right: float


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
        """Chooses how Tesseract is called, for languages of language_codes; the executor's threads read at once."""
        self._codes, self._executor = codes, executor
        self._local = threading.local()
        inside = importlib.util.find_spec("tesserocr") is not None
        self._read = self._read_inside if inside else functools.partial(_read_by_program, codes)

    def recognize(self, crops: Sequence[np.ndarray], decoding: Decoding | None = None) -> list[Recognition]:
        """Reads crops of single lines or words, BGR uint8 [h, w, 3] of any sizes, with the default decoding.

        A confidence is the mean of its words'. Places are spread evenly over the boxes that Tesseract gives of words.

        Raises:
            ValueError: Another decoding.
            MissingDependencyError: The program failed.
        """
        if decoding is not None and (decoding.decoder != "greedy" or decoding.ignored):
            raise ValueError("expected the default decoding, found another: Tesseract decodes by itself")
        pictures = [_prepare(crop) for crop in crops]
        share = max(1, math.ceil(len(pictures) / getattr(self._executor, "_max_workers", 1)))
        groups = [pictures[start : start + share] for start in range(0, len(pictures), share)]
        read = functools.partial(self._read, places=decoding is not None and decoding.places)
        return [result for found in self._executor.map(read, groups) for result in found]

    def foreign(self, texts: Sequence[str]) -> list[bool]:
        """None: Tesseract has no character for unknown ones."""
        return [False] * len(texts)

    def _read_inside(self, pictures: list[np.ndarray], places: bool) -> list[Recognition]:
        """Reads a crop with this thread's own instance of the library."""
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
            result = Recognition(text, sum(words) / len(words) / 100 if text and words else 0.0)
            results.append(_placed(result, self._boxes(), width) if places and text else result)
        return results

    def _boxes(self) -> list[_Box]:
        """The words of the picture that was read last."""
        library = _library()
        level, found = library.RIL.WORD, []
        for word in library.iterate_level(self._local.api.GetIterator(), level):
            left, _, right, _ = word.BoundingBox(level)
            text = "".join(word.GetUTF8Text(level).split())
            found.append(_Box(text, word.Confidence(level) / 100, left, right))
        return found


def _prepare(crop: np.ndarray) -> np.ndarray:
    """A grey crop, uint8 [h, w], large enough and with a border."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    if grey.shape[0] < _LEAST_HEIGHT:
        factor = _LEAST_HEIGHT / grey.shape[0]
        grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(cv2.copyMakeBorder(grey, _BORDER, _BORDER, _BORDER, _BORDER, cv2.BORDER_REPLICATE))


def _placed(result: Recognition, boxes: Sequence[_Box], width: int) -> Recognition:
    """A result with places; where its words are not those of the boxes, spread over a picture's width."""
    if [box.text for box in boxes] != result.text.split(" "):
        boxes = [_Box(result.text, result.confidence, _BORDER, width - _BORDER)]
    places: list[Place] = []
    for box in boxes:
        if places:  # the blank before it
            places.append(Place((places[-1].x + _share(box.left, width)) / 2, box.confidence))
        step = (box.right - box.left) / len(box.text)
        middles = [_share(box.left + (i + 0.5) * step, width) for i in range(len(box.text))]
        places += [Place(x, box.confidence) for x in middles]
    return dataclasses.replace(result, places=tuple(places))


def _share(x: float, width: int) -> float:
    """A place of a picture with its border as a share of the crop's width."""
    return min(1.0, max(0.0, (x - _BORDER) / (width - 2 * _BORDER)))


def _read_by_program(codes: str, pictures: list[np.ndarray], places: bool) -> list[Recognition]:
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
    return read_table(done.stdout, len(pictures), [picture.shape[1] for picture in pictures] if places else None)


def read_table(tsv: str, count: int, widths: Sequence[int] | None = None) -> list[Recognition]:
    """Reads texts from Tesseract's TSV output: one result for each of `count` pages.

    Rows of level 5 are words with page_num from 1, left and width in pixels, conf in percent and text. Widths of the
    pages in pixels, with their border, are needed for results with places.
    """
    words: list[list[_Box]] = [[] for _ in range(count)]
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and row["text"].strip():
            left = int(row["left"]) if widths else 0
            right = left + int(row["width"]) if widths else 0
            box = _Box(row["text"].strip(), float(row["conf"]) / 100, left, right)
            words[int(row["page_num"]) - 1].append(box)
    results = []
    for i, boxes in enumerate(words):
        score = sum(box.confidence for box in boxes) / len(boxes) if boxes else 0.0
        result = Recognition(" ".join(box.text for box in boxes), score)
        results.append(_placed(result, boxes, widths[i]) if widths and boxes else result)
    return results


@functools.cache
def _library() -> Any:
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
    heading, *listed = (listing.stdout or listing.stderr).splitlines() or [""]
    return heading.split('"')[1] if '"' in heading else "", {name.strip() for name in listed}
