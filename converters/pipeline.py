"""The whole way of a model: every network of a plan through every stage, then one manifest."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from converters import calibration, gates, publish, samples, thinning
from converters.part import Part
from converters.plan import Plan
from converters.pruning.options import Thinning
from converters.publish import Made
from synthetic.calibration import scenes

_log = logging.getLogger(__name__)

BUILD_FOLDER = ".build"
# Lines that converted recognisers must read like their source; drawn with another seed than those of the calibration.
_CHECKS, _CHECKS_SEED = 96, 3
# Words of photographs that they must read like it as well, with a seed of their own.
_WORDS, _WORDS_SEED = 384, 11
# Photographs on which converted detectors are judged, with a seed of their own too.
_PHOTOGRAPHS, _PHOTOGRAPHS_SEED = 8, 4


@dataclass(frozen=True)
class Settings:
    """What the user chose.

    Attributes:
        images: BGR uint8 calibration images.
        lines: BGR uint8 crops of lines for the recognisers and the direction classifier.
        formats: Of tflite_ocr.manifest.FORMATS, those to make beside TFLITE, in float32.
        checks: BGR uint8 crops of lines, others than those, which converted recognisers must read like their source;
            () for the same.
        words: BGR uint8 crops of words of photographs that they must read like it too; () for none.
        photographs: BGR uint8 pictures, others than the images, in which converted detectors must find what their
            source finds; () for the images alone.
    """

    precisions: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    lines: tuple[np.ndarray, ...]
    formats: tuple[str, ...] = ()
    thinning: Thinning = field(default_factory=Thinning)
    checks: tuple[np.ndarray, ...] = ()
    words: tuple[np.ndarray, ...] = ()
    photographs: tuple[np.ndarray, ...] = ()

    def digest(self) -> str:
        """Of the calibration data."""
        return _digest((*self.images, *self.lines))

    def judged_by(self, role: str) -> dict[str, str]:
        """Digests of all data with which networks of a role are judged."""
        found = {"calibration": self.digest(), "checks": _digest(self.checks or self.lines)}
        if role == "detector":
            found["photographs"] = _digest(self.photographs)
        if role == "recognizer":
            found["words"] = _digest(self.words)
        return found


def _digest(pictures: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()


def convert(plan: Plan, out: Path, settings: Settings, report=_log.info) -> tuple[Path, bool]:
    """Converts a plan to the folder out/<name>.

    Stages and their results lie in out/<name>/.build and are reused; the model files and the manifest
    appear together at the end, or, after an error, not at all.

    Returns:
        The model's folder, and whether anything was made now.

    Raises:
        ConversionError: A stage failed.
        ParityError: A converted network is too far from its source.
    """
    folder = out / plan.name
    made, fresh = make(plan, folder / BUILD_FOLDER, settings, report)
    if settings.thinning:
        plan = replace(plan, parameters={**plan.parameters, **settings.thinning.parameters()})
    return folder, publish.finish(folder, plan, made, settings.precisions, fresh)


def make(plan: Plan, build: Path, settings: Settings, report=_log.info) -> tuple[list[Made], bool]:
    """All stages of all networks of a plan in the folder `build`, without publishing anything; see convert.

    Returns:
        A result for every network, and whether anything was made now.
    """
    shared: dict = {}
    parts = [Part(plan, network, build / network.name, settings, shared, report) for network in plan.networks]
    made = [part.made for part in parts]
    if not settings.thinning:
        made = gates.settle(plan, parts, settings, report)
    if settings.thinning.zeros:
        files = [path for result in made for path in result.files.values()]
        thinning.require_zeros(files, settings.thinning.zeros)
    return made, any(part.chain.fresh for part in parts)


def default_settings(
    precisions: Sequence[str], calibration_folder: Path | None, formats: Sequence[str] = ()
) -> Settings:
    """Settings with the built-in calibration images, or those of a folder."""
    images = calibration.load_images(calibration_folder) if calibration_folder else calibration.default_images(24)
    own = images if calibration_folder else None
    checks = [crop for crop, _ in calibration.rendered_lines(_CHECKS, seed=_CHECKS_SEED)]
    words = [crop for crop, _ in calibration.photographed_words(_WORDS, seed=_WORDS_SEED)]
    return Settings(
        tuple(precisions),
        tuple(images),
        tuple(samples.line_crops(own, 96)),
        tuple(formats),
        checks=tuple(checks),
        words=tuple(words),
        photographs=tuple(scenes.streets(_PHOTOGRAPHS, _PHOTOGRAPHS_SEED)),
    )
