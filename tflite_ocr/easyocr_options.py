"""EasyOCR's keywords and their meaning for our models.

One rule for all: a keyword at EasyOCR's default means the model's own setting. EasyOCR's defaults suit its own
networks; from another value the model's setting is derived.
"""

import dataclasses
import math
import numbers
import sys
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tflite_ocr import manifest
from tflite_ocr.calls import check_choice, check_range
from tflite_ocr.detection import scales
from tflite_ocr.manifest import DetectorResize
from tflite_ocr.manifest_check import MOST_SIDE

OUTPUT_FORMATS = ("standard", "dict", "json", "free_merge")
DECODERS = ("greedy", "beamsearch", "wordbeamsearch")
_HIGHEST = 0.99  # largest value of a threshold that is a probability
_LEAST_RATIO = 0.01


@dataclass(frozen=True)
class Detecting:
    """Keywords of EasyOCR's detect; see docs/easyocr.md."""

    min_size: float = 20
    text_threshold: float = 0.7
    low_text: float = 0.4
    link_threshold: float = 0.4
    canvas_size: float = 2560
    mag_ratio: float = 1.0
    slope_ths: float = 0.1
    ycenter_ths: float = 0.5
    height_ths: float = 0.5
    width_ths: float = 0.5
    add_margin: float = 0.1
    threshold: float = 0.2
    bbox_min_score: float = 0.2
    bbox_min_size: float = 3
    max_candidates: int = 0
    optimal_num_chars: int | None = None

    def __post_init__(self) -> None:
        check_range(self, "text_threshold low_text link_threshold threshold bbox_min_score", 0, 1)
        check_range(self, "min_size slope_ths ycenter_ths height_ths width_ths bbox_min_size max_candidates", 0)
        check_range(self, "add_margin")
        check_range(self, "canvas_size", 1)
        check_range(self, "mag_ratio", _LEAST_RATIO)

    @property
    def changed(self) -> set[str]:
        """The keywords that are not at their defaults."""
        return {item.name for item in dataclasses.fields(self) if getattr(self, item.name) != item.default}

    @property
    def groups(self) -> bool:
        """Whether lines are grouped anew."""
        return bool(self.changed & {"slope_ths", "ycenter_ths", "height_ths", "width_ths"})


@dataclass(frozen=True)
class Recognizing:
    """Keywords of EasyOCR's recognize; see docs/easyocr.md."""

    decoder: str = "greedy"
    beamWidth: int = 5  # noqa: N815 - EasyOCR's spelling
    batch_size: int = 1
    workers: int = 0
    allowlist: str | Sequence[str] | None = None
    blocklist: str | Sequence[str] | None = None
    detail: int = 1
    rotation_info: Sequence[float] | None = None
    paragraph: bool = False
    contrast_ths: float = 0.1
    adjust_contrast: float = 0.5
    filter_ths: float = 0.003
    y_ths: float = 0.5
    x_ths: float = 1.0
    output_format: str = "standard"

    def __post_init__(self) -> None:
        check_choice(self, "decoder", DECODERS)
        check_choice(self, "output_format", OUTPUT_FORMATS)
        check_range(self, "beamWidth", 1)
        check_range(self, "contrast_ths adjust_contrast filter_ths y_ths x_ths", 0)
        if not all(isinstance(angle, numbers.Real) and math.isfinite(angle) for angle in self.rotation_info or ()):
            raise ValueError(f"expected rotation_info in degrees, as [90, 180, 270], found {self.rotation_info!r}")

    @property
    def reads_again(self) -> bool:
        """Whether crops are read turned, or with more contrast."""
        return bool(self.rotation_info) or (self.contrast_ths, self.adjust_contrast) != (0.1, 0.5)


def split(keywords: dict) -> tuple[Detecting, Recognizing]:
    """The keywords of readtext for its two parts; others are skipped."""

    def own(kind: Any) -> dict[str, Any]:
        names = {item.name for item in dataclasses.fields(kind)}
        return {name: value for name, value in keywords.items() if name in names}

    return Detecting(**own(Detecting)), Recognizing(**own(Recognizing))


def decoder_options(facts: manifest.Detector, wanted: Detecting, own: dict[str, float]) -> tuple[dict, set[str]]:
    """Options of a model's decoder for EasyOCR's keywords, of which `own` are all with the model's values.

    Returns:
        The options that change, and the keywords that have no equivalent for this decoder.
    """
    usual = Detecting()
    direct, derived = _EQUIVALENTS[facts.decoder]
    options = {}
    for keyword in wanted.changed & set(direct):
        options[direct[keyword]] = float(getattr(wanted, keyword))
    for keyword in wanted.changed & set(derived):
        share = getattr(wanted, keyword) / getattr(usual, keyword)
        options.setdefault(derived[keyword], min(_HIGHEST, max(0.0, own[derived[keyword]] * share)))
    return options, wanted.changed - set(direct) - set(derived) - _ELSEWHERE


# Decoder to EasyOCR's keywords for which it has the same option, and to those whose value relative to EasyOCR's default
# gives its own.
_DB = {"threshold": "threshold", "bbox_min_score": "box_threshold", "bbox_min_size": "min_size"}
_EQUIVALENTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "craft": ({name: name for name in ("text_threshold", "low_text", "link_threshold")}, {}),
    "db": (_DB | {"max_candidates": "max_candidates"}, {"text_threshold": "box_threshold", "low_text": "threshold"}),
    "east": ({}, {"text_threshold": "score_threshold"}),
    "boxes": ({}, {"text_threshold": "score_threshold"}),
}
# Keywords applied to the picture before, or to the lines after.
_ELSEWHERE = set("min_size canvas_size mag_ratio slope_ths ycenter_ths height_ths width_ths add_margin".split())


def resize_for(own: DetectorResize, wanted: Detecting, height: int, width: int) -> DetectorResize | None:
    """The rules of scaling an image of this size; None for the model's own."""
    if not wanted.changed & {"canvas_size", "mag_ratio"}:
        return None
    longest = own.max_side
    if "canvas_size" in wanted.changed:
        longest = max(own.multiple, int(wanted.canvas_size) // own.multiple * own.multiple)
    short, long = min(height, width), max(height, width)
    usual = scales.first_scale(height, width, dataclasses.replace(own, max_side=MOST_SIDE))
    scale = min(usual * wanted.mag_ratio, longest / (short if scales.is_tall(height, width, own) else long))
    if scales.is_small(height, width, own):
        least = max(own.min_side, int(short * scale) + 1)
        return dataclasses.replace(own, min_side=least, max_side=longest, max_scale=scale)
    target = max(own.multiple, round(long * scale / own.multiple) * own.multiple)
    return dataclasses.replace(own, min_side=max(1, round(short * scale)), max_side=min(longest, target), max_scale=0.0)


def warn(names: Collection[str]) -> None:
    """Warns the caller of the package once about all arguments that have no equivalent here."""
    if not names:
        return
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    listed = ", ".join(sorted(names))
    message = f"accepted without effect, as tflite-ocr has no equivalent: {listed}; see docs/easyocr.md"
    warnings.warn(message, UserWarning, stacklevel=level)
