"""Fixtures that tests of several packages share."""

import importlib
import importlib.util
import sys
import types

import pytest


@pytest.fixture(scope="session")
def easyocr_module():
    """Loads single modules of EasyOCR by name, without the package's face, which needs a working torchvision."""
    spec = importlib.util.find_spec("easyocr")
    if spec is None:
        pytest.skip("easyocr is not installed (the [convert] extra brings it)")
    alias = "easyocr_without_face"
    if alias not in sys.modules:
        package = types.ModuleType(alias)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[alias] = package
    return lambda name: importlib.import_module(f"{alias}.{name}")
