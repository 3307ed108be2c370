"""Finds installed models: folders that hold a manifest.json."""

import os
from pathlib import Path

from tflite_ocr.errors import ArtifactError
from tflite_ocr.manifest import FILE_NAME

ENVIRONMENT = "TFLITE_OCR_MODELS"
# The default model is the first of these that is installed, or else the first by name; edge comes with the package.
CONVERTIBLE = ("ppocr", "easyocr")  # by their names alone
PREFERENCE = ("ppocr", "edge", "easyocr")


def roots() -> tuple[Path, ...]:
    """Folders searched for models, most particular first.

    $TFLITE_OCR_MODELS (one folder or several, separated as in PATH), artifacts/ in the working directory,
    artifacts/ of the checkout that this package runs from, artifacts/ inside the package.
    """
    package = Path(__file__).resolve().parent
    given = [Path(part) for part in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if part]
    checkout = [package.parent / "artifacts"] if (package.parent / "setup.cfg").is_file() else []
    return (*given, Path("artifacts"), *checkout, package / "artifacts")


def installed() -> list[Path]:
    """Folders of all models found; of two with one name, the one found first."""
    found: dict[str, Path] = {}
    for root in roots():
        for path in sorted(root.glob(f"*/{FILE_NAME}")):
            found.setdefault(path.parent.name, path.parent)
    return list(found.values())


def find(model: str | os.PathLike | None = None) -> Path:
    """Folder of a model.

    Args:
        model: Folder of a model, or the name of an installed one, or None for the default.

    Raises:
        ArtifactError: There is no such model.
    """
    if model is not None:
        folder = Path(model)
        if os.path.isfile(folder / FILE_NAME):  # of too long a name pathlib raises an error
            return folder
        is_name = folder.name == os.fspath(model) and folder.name not in ("", ".", "..")
        if not is_name:
            found = "a folder without one" if os.path.isdir(folder) else "nothing there"
            raise ArtifactError(
                f"{folder}: expected a model folder with {FILE_NAME}, found {found}; run `make convert`"
            )
    by_name = {path.name: path for path in installed()}
    if model is None:
        if not by_name:
            places = ", ".join(str(root) for root in roots())
            raise ArtifactError(f"expected an installed model, found none in {places}; run `make convert`")
        return by_name[next((name for name in PREFERENCE if name in by_name), min(by_name))]
    if os.fspath(model) not in by_name:
        raise ArtifactError(
            f"expected an installed model named {os.fspath(model)!r}, found {', '.join(sorted(by_name)) or 'none'}; "
            + _advice(os.fspath(model))
        )
    return by_name[os.fspath(model)]


def _advice(name: str) -> str:
    if name in CONVERTIBLE:
        return f"run `make convert MODEL={name}`"
    return f"`make convert` makes {', '.join(CONVERTIBLE)}, or name the folder of a model"
