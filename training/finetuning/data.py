"""A user's labelled lines, checked and parted into those to learn from and those to measure on."""

import collections
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from evaluation.labels import Sample
from tflite_ocr import geometry, image
from tflite_ocr.errors import ImageReadError
from tflite_ocr.recognition.ctc import UNKNOWN
from training.data.stored_lines import LEAST_SIDE, StoredLine, stored
from training.errors import TrainingError
from training.finetuning import labels as finetune_labels
from training.finetuning.accuracy import clean
from training.finetuning.batches import Batch, LineFormat, fixed

# Fewer lines than these say nothing about accuracy, or leave nothing to learn.
LEAST_VALIDATION, LEAST_TRAIN = 5, 5

_SHOWN = 5


@dataclass
class SkippedData:
    """What cannot be used, and why."""

    images: list[str] = field(default_factory=list)  # Names of images that cannot be decoded
    # How often each character that the model does not know is in the lines skipped for them
    characters: collections.Counter = field(default_factory=collections.Counter)
    lines: collections.Counter = field(default_factory=collections.Counter)  # Numbers of lines skipped, by reason

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
_EMPTY, _SMALL = "without a text", f"less than {LEAST_SIDE} pixels high or wide"
_PAGE = "that are whole pages of several lines; give items with a quad for each line"
_NARROW, _WIDE = "too narrow for the length of their text", "too wide to learn from"


@dataclass(frozen=True)
class UserData:
    """What a folder holds."""

    layout: str  # Layout of the folder, see finetune_labels
    train: tuple[StoredLine, ...]  # Lines to learn from
    validation: tuple[StoredLine, ...]  # Lines of other images, to measure on
    images: tuple[int, int]  # Number of images of both, (train, validation)
    pages: tuple[Path, ...]  # Full images among those of `train`
    skipped: SkippedData  # What could not be used

    def digest(self) -> str:
        """Changes whenever a line does."""
        digest = hashlib.sha256()
        for line in (*self.train, *self.validation):
            digest.update(line.text.encode() + b"\0" + hashlib.sha256(line.encoded).digest())
            if line.quad is not None:
                digest.update(line.quad.tobytes())
        return digest.hexdigest()

    def batches(self, line_format: LineFormat, columns: int) -> list[Batch]:
        """The lines for validation, narrow ones first; see batches.fixed."""
        lines = self.validation
        return fixed([line.picture() for line in lines], [line.text for line in lines], line_format, columns)


def load(folder: Path, charset: Sequence[str], line_format: LineFormat, share: float = 0.1, seed: int = 0) -> UserData:
    """Reads a folder and parts it by image, so that the lines of one page stay together.

    Args:
        charset: Characters by class; lines with others are skipped.
        line_format: Input format of the recogniser; lines that it cannot write down in its frames are skipped.
        share: Share of the images for validation, between 0 and 1.

    Raises:
        TrainingError: The labels are not as expected, or what can be used is too little.
        DatasetError: The same.
    """
    if not 0 < share < 1:
        raise TrainingError(f"expected a share for validation between 0 and 1, found {share}")
    layout, samples = finetune_labels.load(folder)
    held = held_back(len(samples), share, seed)
    parts: dict[bool, list[StoredLine]] = {False: [], True: []}
    images, pages, skipped = {False: 0, True: 0}, [], SkippedData()
    reader = _LineReader(charset, line_format, skipped)
    for i, sample in enumerate(tqdm(samples, desc=folder.name, unit="image", disable=None, leave=False)):
        lines = list(reader.lines(sample, i in held))
        parts[i in held] += lines
        images[i in held] += bool(lines)
        if i not in held and any(label.quad for label in sample.labels) and lines:
            pages.append(sample.image_path)
    data = UserData(
        layout, tuple(parts[False]), tuple(parts[True]), (images[False], images[True]), tuple(pages), skipped
    )
    _require_enough(folder, data, len(samples))
    return data


def held_back(count: int, share: float, seed: int) -> set[int]:
    """Indices of the images for validation, out of `count`; see load."""
    order = np.random.default_rng(seed).permutation(count)
    return {int(i) for i in order[: max(1, round(share * count))]}


class _LineReader:
    def __init__(self, charset: Sequence[str], line_format: LineFormat, skipped: SkippedData):
        self._known, self._format, self._skipped = set(charset) - {"", UNKNOWN}, line_format, skipped

    def lines(self, sample: Sample, validation: bool) -> Iterator[StoredLine]:
        """The usable lines of an image; for validation without any loss."""
        wanted = [label for label in sample.labels if not label.ignore]
        if not wanted:
            return
        try:
            picture = image.read(sample.image_path)
        except ImageReadError:
            self._skipped.images.append(sample.image_path.name)
            return
        for label in wanted:
            quad = None if label.quad is None else np.float32(label.quad)
            line = picture if quad is None else geometry.crop(picture, quad)
            if self._reject(label.text, line, validation):
                continue
            yield stored(picture, quad, clean(label.text), lossless=validation)

    def _reject(self, raw: str, line: np.ndarray, validation: bool) -> bool:
        reason = self._reason(raw, line, validation)
        if reason:
            self._skipped.lines[reason] += 1
        return bool(reason)

    def _reason(self, raw: str, line: np.ndarray, validation: bool) -> str | None:
        text = clean(raw)
        if not text:
            return _EMPTY
        if "\n" in raw.strip():
            return _PAGE
        unknown = [character for character in text if character not in self._known]
        if unknown:
            self._skipped.characters.update(unknown)
            return _UNKNOWN
        if min(line.shape[:2]) < LEAST_SIDE:
            return _SMALL
        columns = self._format.columns(line)
        if validation:
            return None
        if columns > self._format.widest:
            return _WIDE
        # CTC needs a frame a character, and one more between equal neighbours.
        needed = len(text) + sum(a == b for a, b in zip(text, text[1:]))
        return _NARROW if needed > self._format.frames(columns) else None


def _require_enough(folder: Path, data: UserData, samples: int) -> None:
    lost = "".join(f"; skipped: {sentence}" for sentence in data.skipped.sentences())
    if not data.train and not data.validation:
        raise TrainingError(f"{folder}: expected lines that can be learned, found none in {samples} images{lost}")
    for lines, least, purpose in (
        (data.train, LEAST_TRAIN, "to learn from"),
        (data.validation, LEAST_VALIDATION, "for validation"),
    ):
        if len(lines) < least:
            raise TrainingError(
                f"{folder}: expected at least {least} lines {purpose}, found {len(lines)}: "
                f"{len(data.train)} to learn from and {len(data.validation)} for validation, of "
                f"{samples} images{lost}; label more images or choose another --validation"
            )
