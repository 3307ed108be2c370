"""The labelled images that are read: the user's folders, or a set that the project draws itself."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation import labels, quality
from evaluation.labels import DatasetError, Sample
from tflite_ocr import image
from tflite_ocr.errors import ImageReadError

EVERYDAY = "everyday"


def together(kinds: Mapping[str, str]) -> list[str]:
    """Names of the sets that one figure may be made of: of pages, or of lines where there are no pages."""
    pages = [name for name, kind in kinds.items() if kind != quality.LINES]
    return pages or list(kinds)


@dataclass(frozen=True)
class EvaluationSet:
    """Labelled images of one kind."""

    name: str  # Name of its folder
    folder: Path  # Where its labels lie
    kind: str  # "pages", "lines" or "page_text", see quality.set_kind
    samples: tuple[Sample, ...]  # Images that can be decoded
    left_out: tuple[tuple[str, str], ...] = ()  # (file name, reason) of those that cannot
    built_in: bool = False  # Whether the project has drawn it
    licence: str | None = None  # Where it is known

    @property
    def has_kinds(self) -> bool:
        """Whether its pictures are of named kinds, see benchmarks/measures/by_kind.py."""
        return any(sample.kind is not None for sample in self.samples)

    def image_name(self, sample: Sample) -> str:
        """Path of an image relative to the folder: unique, and the same on every machine."""
        return _name(sample, self.folder)


def load(folder: Path, limits: Mapping[str, int], **more) -> EvaluationSet:
    """Reads the labels of a folder and tries all its images.

    Args:
        folder: With labels.jsonl, see evaluation.labels.
        limits: Most images of a set by its kind, the first ones; kinds that are not listed have no limit.
        more: "built_in" and "licence" of EvaluationSet.

    Raises:
        DatasetError: The folder or its labels cannot be read, or no image can.
    """
    folder, samples = Path(folder), labels.load(folder)
    limit = limits.get(quality.set_kind(samples))
    samples = samples[:limit]
    good, left_out = [], []
    for sample in samples:
        try:
            image.read(sample.image_path)
            good.append(sample)
        except ImageReadError as error:
            left_out.append((_name(sample, folder), str(error).removeprefix(f"{sample.image_path}: ")))
    if not good:
        name, reason = left_out[0]
        raise DatasetError(
            f"{folder}: expected at least one image that can be read, found {len(left_out)} that "
            f"cannot; the first is {name}: {reason}"
        )
    kind = quality.set_kind(samples)
    return EvaluationSet(folder.resolve().name, folder, kind, tuple(good), tuple(left_out), **more)


def load_all(folders: Sequence[Path], limits: dict[str, int]) -> list[EvaluationSet]:
    """Reads the user's folders; those of the same name are distinguished by a number."""
    found: list[EvaluationSet] = []
    for folder in folders:
        loaded = load(folder, limits)
        same = sum(other.name.partition("#")[0] == loaded.name for other in found)
        found.append(replace(loaded, name=f"{loaded.name}#{same + 1}") if same else loaded)
    return found


def built_in(root: Path, limits: dict[str, int]) -> list[EvaluationSet]:
    """The sets that the project draws itself, drawn first where they are not there."""
    from synthetic.builtin import builtin_set
    from synthetic.everyday import stored

    drawn = builtin_set.ensure(root / "builtin")
    everyday = stored.ensure(root / EVERYDAY, "test")
    known = {quality.PAGES: limits[EVERYDAY]} if EVERYDAY in limits else {}
    return [
        *(load(folder, limits, built_in=True, licence=builtin_set.LICENCE) for folder in drawn),
        load(everyday, known, built_in=True, licence=stored.LICENCE),
    ]


def digest(samples: Sequence[Sample]) -> str:
    """Of the images' bytes; labels do not matter to what an engine reads."""
    return digest_files([sample.image_path for sample in samples])


def digest_files(paths: Sequence[Path]) -> str:
    """SHA-256 of files and their order."""
    result = hashlib.sha256()
    for path in paths:
        result.update(hashlib.sha256(path.read_bytes()).digest())
    return result.hexdigest()


def _name(sample: Sample, folder: Path) -> str:
    try:
        return sample.image_path.relative_to(folder).as_posix()
    except ValueError:  # labels may name images elsewhere
        return sample.image_path.as_posix()
