"""Where models are looked for, and what is said when there is none."""

import os
from pathlib import Path

import pytest

from tflite_ocr import models
from tflite_ocr.errors import ArtifactError


@pytest.fixture
def places(tmp_path, monkeypatch):
    """An empty working directory, and no checkout or package folder with models."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(models.ENVIRONMENT, raising=False)
    package = tmp_path / "site" / "tflite_ocr"
    package.mkdir(parents=True)
    monkeypatch.setattr(models, "__file__", str(package / "models.py"))
    return tmp_path


def install(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    return folder


def test_nothing_installed_names_the_command(places):
    assert models.installed() == []
    for name in (None, "ppocr"):
        with pytest.raises(ArtifactError, match="make convert"):
            models.find(name)


def test_default_is_the_preferred_one(places):
    install(places / "artifacts" / "zebra")
    install(places / "artifacts" / "aardvark")
    assert models.find().name == "aardvark"
    for name in ("easyocr", "edge", "ppocr"):
        install(places / "artifacts" / name)
        assert models.find().name == name


def test_a_folder_without_a_manifest_is_no_model(places):
    (places / "artifacts" / "edge").mkdir(parents=True)
    assert models.installed() == []


def test_search_order(places, monkeypatch):
    site = places / "site"
    order = [
        install(site / "tflite_ocr" / "artifacts" / "ppocr"),
        install(site / "artifacts" / "ppocr"),
        install(places / "artifacts" / "ppocr"),
        install(places / "second" / "ppocr"),
        install(places / "first" / "ppocr"),
    ]
    assert models.find("ppocr").resolve() == order[2]  # site/ is no checkout yet: it has no setup.cfg
    monkeypatch.setenv(models.ENVIRONMENT, os.pathsep.join((str(places / "first"), str(places / "second"))))
    for index in (4, 3, 2):
        assert models.find("ppocr").resolve() == order[index]
        assert [path.resolve() for path in models.installed()] == [order[index]]
        (order[index] / "manifest.json").unlink()
    (site / "setup.cfg").touch()
    assert models.find("ppocr").resolve() == order[1]
    (site / "setup.cfg").unlink()
    assert models.find("ppocr").resolve() == order[0]


def test_explicit_folders(places):
    folder = install(places / "elsewhere" / "mine")
    assert models.find(folder) == models.find(str(folder)) == folder
    assert models.find("elsewhere/mine").resolve() == folder
    install(places / "artifacts" / "ppocr")
    for path, words in (("elsewhere/absent", "nothing there"), ("elsewhere/", "found"), (places, "folder without one")):
        with pytest.raises(ArtifactError, match=words):
            models.find(path)


def test_an_unknown_name_lists_the_known(places):
    install(places / "artifacts" / "ppocr")
    with pytest.raises(ArtifactError, match="found ppocr.*MODEL=easyocr"):
        models.find("easyocr")
    with pytest.raises(ArtifactError, match="makes ppocr, easyocr, or name the folder of a model") as caught:
        models.find("nosuch")
    assert "MODEL=nosuch" not in str(caught.value)
    for trick in ("..", ".", ""):
        with pytest.raises(ArtifactError):
            models.find(trick)
