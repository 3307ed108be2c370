"""Packages that bring models: where they are installed, and in which version."""

import importlib.metadata
import importlib.util
from pathlib import Path

from converters.errors import source_error


def folder_of(package: str) -> Path:
    """The folder of a package, which is not imported.

    Raises:
        ConversionError: It is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise source_error(f"expected the package {package}, found none; pip install 'tflite-ocr[convert]'")
    return Path(next(iter(found.submodule_search_locations)))


def version_of(package: str) -> str:
    """Its version; "unknown" where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
