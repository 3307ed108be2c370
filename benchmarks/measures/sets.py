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
    """Names of the sets that one figure may be made of: of pages, or of lines where there are no pages.

    Args:
        kinds: Of the sets, by their names.
    """
    pages = [name for name, kind in kinds.items() if kind != quality.LINES]
    return pages or list(kinds)


@dataclass(frozen=True)
class EvaluationSet:
    """Labelled images of one kind.

    Attributes:
        name: Name of its folder.
        folder: Where its labels lie.
        kind: "pages", "lines" or "page_text", see quality.set_kind.
        samples: Images that can be decoded.
        left_out: (file name, reason) of those that cannot.
        built_in: Whether the project has drawn it.
        licence: Where it is known.
    """

    name: str
    folder: Path
    kind: str
    samples: tuple[Sample, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    built_in: bool = False
    licence: str | None = None

    @property
    def has_kinds(self) -> bool:
        """Whether its pictures are of named kinds, see benchmarks/measures/by_kind.py."""
        return any(sample.kind is not None for sample in self.samples)

    def image_name(self, sample: Sample) -> str:
        """Path of an image relative to the folder: unique, and the same on every machine."""
        return _name(sample, self.folder)


def load(folder: Path, limit: int | None = None, built_in: bool = False, licence: str | None = None) -> EvaluationSet:
    """Reads the labels of a folder and tries all its images.

    Args:
        folder: With labels.jsonl, see evaluation.labels.
        limit: The largest number of images, the first ones; None for all.
        built_in: As in EvaluationSet.
        licence: As in EvaluationSet.

    Raises:
        DatasetError: The folder or its labels cannot be read, or no image can.
    """
    folder = Path(folder)
    samples = labels.load(folder)[:limit]
    kind = quality.set_kind(samples)
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
    name = folder.resolve().name
    return EvaluationSet(name, folder, kind, tuple(good), tuple(left_out), built_in, licence)


def load_all(folders: Sequence[Path], limits: dict[str, int]) -> list[EvaluationSet]:
    """Reads the user's folders; those of the same name are distinguished by a number.

    Args:
        folders: As in load.
        limits: Most images of a set by its kind; kinds that are not listed have no limit.

    Raises:
        DatasetError: As in load.
    """
    found: list[EvaluationSet] = []
    for folder in folders:
        loaded = load(folder, limits.get(quality.set_kind(labels.load(folder))))
        same = sum(other.name.partition("#")[0] == loaded.name for other in found)
        found.append(replace(loaded, name=f"{loaded.name}#{same + 1}") if same else loaded)
    return found


def built_in(root: Path, limits: dict[str, int]) -> list[EvaluationSet]:
    """The sets that the project draws itself, drawn first where they are not there.

    Args:
        root: Folder that gets a folder for each.
        limits: As in load_all; under EVERYDAY the most images of the everyday set.

    Raises:
        DatasetError: The folder holds something else, or cannot be written.
        MissingDependencyError: A package that drawing needs is not installed.
    """
    from synthetic.builtin import builtin_set
    from synthetic.everyday import stored

    drawn = [
        load(folder, limits.get(quality.set_kind(labels.load(folder))), True, builtin_set.LICENCE)
        for folder in builtin_set.ensure(root / "builtin")
    ]
    everyday = stored.ensure(root / EVERYDAY, "test")
    return [*drawn, load(everyday, limits.get(EVERYDAY), True, stored.LICENCE)]


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
