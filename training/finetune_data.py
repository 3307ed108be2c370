"""A user's labelled lines, checked and parted into those to learn from and those to measure on."""

import collections
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from converters.labels import Sample
from tflite_ocr import geometry, image
from tflite_ocr.errors import ImageReadError
from tflite_ocr.recognition.ctc import UNKNOWN
from training import finetune_labels
from training.accuracy import clean
from training.errors import TrainingError
from training.finetune_batches import Sight

# Fewer lines than these say nothing about accuracy, or leave nothing to learn.
LEAST_VALIDATION, LEAST_TRAIN = 5, 5

# Around a line of a page so much of its height is kept, for cuts looser than the label.
_CONTEXT = 0.35
# How far an edge of the cut is moved outwards, in heights of the line: a page's line as detectors cut, a crop less.
_PAGE_EDGES, _CROP_EDGES = (-0.06, 0.22), (-0.06, 0.1)
_JPEG_QUALITY = 95
_LEAST_SIDE = 4  # pixels
_SHOWN = 5


@dataclass(frozen=True)
class UserLine:
    """A labelled line.

    Attributes:
        encoded: PNG or JPEG of the crop, or of its surroundings.
        text: What it says, as `clean` makes it.
        quad: float32 [4, 2], the line in its surroundings; None for a crop that is used whole.
    """

    encoded: bytes
    text: str
    quad: np.ndarray | None = None

    def picture(self) -> np.ndarray:
        """The line as it is labelled, uint8 BGR [h, w, 3]."""
        whole = cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR)
        return whole if self.quad is None else geometry.crop(whole, self.quad)

    def varied(self, rng: np.random.Generator) -> np.ndarray:
        """The line cut a little tighter, looser and askew; uint8 BGR [h, w, 3]."""
        whole = cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR)
        height, width = whole.shape[:2]
        quad, edges = self.quad, _PAGE_EDGES
        if quad is None:
            if height >= geometry.VERTICAL_RATIO * width:  # a cut so high would be turned
                return whole
            quad, edges = np.float32([[0, 0], [width, 0], [width, height], [0, height]]), _CROP_EDGES
        return geometry.crop(whole, _moved(rng, quad, edges))


@dataclass
class LeftOut:
    """What cannot be used, and why.

    Attributes:
        images: Names of images that cannot be decoded.
        characters: How often each character that the model does not know stands in the lines left out for them.
        lines: Numbers of lines left out, by reason.
    """

    images: list[str] = field(default_factory=list)
    characters: collections.Counter = field(default_factory=collections.Counter)
    lines: collections.Counter = field(default_factory=collections.Counter)

    def sentences(self) -> list[str]:
        """One a reason; none where everything is used."""
        found = []
        if self.images:
            names = ", ".join(self.images[:_SHOWN]) + (", ..." if len(self.images) > _SHOWN else "")
            found.append(f"images that cannot be decoded: {len(self.images)} ({names})")
        for reason, count in sorted(self.lines.items()):
            common = self.characters.most_common(4 * _SHOWN) if reason == _UNKNOWN else ()
            shown = " ".join(f"{character!r} {times}x" for character, times in common)
            found.append(f"lines {reason}: {count}" + (f" ({shown})" if shown else ""))
        return found


_UNKNOWN = "with characters that the model does not know"
_EMPTY, _SMALL = "without a text", f"less than {_LEAST_SIDE} pixels high or wide"
_PAGE = "that are whole pages of several lines; give items with a quad for each line"
_NARROW, _WIDE = "too narrow for the length of their text", "too wide to learn from"


@dataclass(frozen=True)
class UserData:
    """What a folder holds.

    Attributes:
        layout: Of the folder, see finetune_labels.
        train: Lines to learn from.
        validation: Lines of other images, to measure on.
        images: Number of images of both, (train, validation).
        pages: Full images among those of `train`.
        left_out: What could not be used.
    """

    layout: str
    train: tuple[UserLine, ...]
    validation: tuple[UserLine, ...]
    images: tuple[int, int]
    pages: tuple[Path, ...]
    left_out: LeftOut

    def digest(self) -> str:
        """Changes whenever a line does."""
        digest = hashlib.sha256()
        for line in (*self.train, *self.validation):
            digest.update(line.text.encode() + b"\0" + hashlib.sha256(line.encoded).digest())
            if line.quad is not None:
                digest.update(line.quad.tobytes())
        return digest.hexdigest()


def load(folder: Path, charset: Sequence[str], sight: Sight, share: float = 0.1, seed: int = 0) -> UserData:
    """Reads a folder and parts it by image, so that the lines of one page stay together.

    Args:
        folder: In one of the layouts of finetune_labels.
        charset: Characters by class; lines with others are left out.
        sight: Of the recogniser; lines that it cannot write down in its frames are left out.
        share: Of the images for validation, between 0 and 1.
        seed: Chooses them.

    Raises:
        TrainingError: The labels are not as expected, or what can be used is too little.
        DatasetError: The same.
    """
    if not 0 < share < 1:
        raise TrainingError(f"expected a share for validation between 0 and 1, found {share}")
    layout, samples = finetune_labels.load(folder)
    order = np.random.default_rng(seed).permutation(len(samples))
    held = {int(i) for i in order[: max(1, round(share * len(samples)))]}
    parts: dict[bool, list[UserLine]] = {False: [], True: []}
    images, pages, left_out = {False: 0, True: 0}, [], LeftOut()
    reader = _LineReader(charset, sight, left_out)
    for i, sample in enumerate(tqdm(samples, desc=folder.name, unit="image", disable=None, leave=False)):
        lines = list(reader.lines(sample, i in held))
        parts[i in held] += lines
        images[i in held] += bool(lines)
        if i not in held and any(label.quad for label in sample.labels) and lines:
            pages.append(sample.image_path)
    data = UserData(
        layout, tuple(parts[False]), tuple(parts[True]), (images[False], images[True]), tuple(pages), left_out
    )
    _require_enough(folder, data, len(samples))
    return data


class _LineReader:
    def __init__(self, charset: Sequence[str], sight: Sight, left_out: LeftOut):
        self._known, self._sight, self._left_out = set(charset) - {"", UNKNOWN}, sight, left_out

    def lines(self, sample: Sample, validation: bool) -> Iterator[UserLine]:
        """The usable lines of an image; for validation without any loss."""
        wanted = [label for label in sample.labels if not label.ignore]
        if not wanted:
            return
        try:
            picture = image.read(sample.image_path)
        except ImageReadError:
            self._left_out.images.append(sample.image_path.name)
            return
        for label in wanted:
            quad = None if label.quad is None else np.float32(label.quad)
            line = picture if quad is None else geometry.crop(picture, quad)
            if self._reject(label.text, line, validation):
                continue
            if quad is not None:
                line, quad = _surroundings(picture, quad)
            yield UserLine(_encode(line, lossless=validation), clean(label.text), quad)

    def _reject(self, raw: str, line: np.ndarray, validation: bool) -> bool:
        reason = self._reason(raw, line, validation)
        if reason:
            self._left_out.lines[reason] += 1
        return bool(reason)

    def _reason(self, raw: str, line: np.ndarray, validation: bool) -> str | None:
        text = clean(raw)
        if not text:
            return _EMPTY
        if "\n" in raw.strip():
            return _PAGE
        unknown = [character for character in text if character not in self._known]
        if unknown:
            self._left_out.characters.update(unknown)
            return _UNKNOWN
        if min(line.shape[:2]) < _LEAST_SIDE:
            return _SMALL
        columns = self._sight.columns(line)
        if validation:
            return None
        if columns > self._sight.widest:
            return _WIDE
        # CTC needs a frame a character, and one more between equal neighbours.
        needed = len(text) + sum(a == b for a, b in zip(text, text[1:]))
        return _NARROW if needed > self._sight.frames(columns) else None


def _surroundings(picture: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of a page around a line, and the line in it."""
    margin = math.ceil(_CONTEXT * max(_LEAST_SIDE, float(np.linalg.norm(quad[3] - quad[0]))))
    limit = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(quad.min(0)).astype(int) - margin, 0, limit - 1)
    high = np.clip(np.ceil(quad.max(0)).astype(int) + margin, low + 1, limit)
    return picture[low[1] : high[1], low[0] : high[0]], quad - low.astype(np.float32)


def _moved(rng: np.random.Generator, quad: np.ndarray, edges: tuple[float, float]) -> np.ndarray:
    """A quad whose edges are moved outwards by shares of its height within `edges`, and its corners a little."""
    height = max(4.0, float(np.linalg.norm(quad[3] - quad[0])))
    along = (quad[1] - quad[0]) / max(1.0, float(np.linalg.norm(quad[1] - quad[0])))
    across = (quad[3] - quad[0]) / height
    left, top, right, bottom = rng.uniform(*edges, 4) * height
    out = np.stack([
        -left * along - top * across, right * along - top * across,
        right * along + bottom * across, -left * along + bottom * across,
    ])
    return (quad + out + rng.normal(0, 0.02 * height, (4, 2))).astype(np.float32)


def _encode(picture: np.ndarray, lossless: bool) -> bytes:
    if lossless:
        return cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _require_enough(folder: Path, data: UserData, samples: int) -> None:
    lost = "".join(f"; left out: {sentence}" for sentence in data.left_out.sentences())
    if not data.train and not data.validation:
        raise TrainingError(f"{folder}: expected lines that can be learned, found none in {samples} images{lost}")
    for lines, least, purpose in (
        (data.train, LEAST_TRAIN, "to learn from"), (data.validation, LEAST_VALIDATION, "for validation")
    ):
        if len(lines) < least:
            raise TrainingError(
                f"{folder}: expected at least {least} lines {purpose}, found {len(lines)}: "
                f"{len(data.train)} to learn from and {len(data.validation)} for validation, of "
                f"{samples} images{lost}; label more images or choose another --validation"
            )
