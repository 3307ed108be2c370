"""Grounds are of the size asked for, repeat with their seed, stay in the budget, and need no package."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from synthetic.surfaces import backgrounds, textures

PACKAGES = Path(backgrounds.__file__).parents[1] / "packages" / "backgrounds.txt"


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Three photographs in the place of the installed ones; the second is small, as textures are."""
    paths = []
    for index, (height, width) in enumerate(((300, 1200), (90, 120), (700, 640))):
        image = np.random.default_rng(index).integers(0, 256, (height, width, 3)).astype(np.uint8)
        path = tmp_path / f"{index}.png"
        cv2.imwrite(str(path), image)
        paths.append(path)
    monkeypatch.setattr(backgrounds, "photographs", lambda: tuple(paths))
    monkeypatch.setattr(backgrounds, "_loaded", {})
    return paths


@pytest.mark.parametrize("draw", textures._SURFACES, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("shape", [(50, 70), (33, 9), (2, 3)])
def test_surfaces_have_the_size_asked_for_and_repeat(draw, shape):
    first, again, other = (draw(np.random.default_rng(seed), *shape) for seed in (3, 3, 4))
    assert first.shape == (*shape, 3) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert draw is textures._plain or shape != (50, 70) or not np.array_equal(first, other)


@pytest.mark.parametrize("shape", [(64, 64), (40, 200), (300, 31)])
def test_crops_have_the_size_asked_for_and_repeat(pictures, shape):
    drawn = [backgrounds.crop(np.random.default_rng(seed), *shape) for seed in (*range(12), *range(12))]
    assert all(image.shape == (*shape, 3) and image.dtype == np.uint8 for image in drawn)
    assert all(np.array_equal(first, again) for first, again in zip(drawn[:12], drawn[12:], strict=True))
    assert len({image.tobytes() for image in drawn}) == 12


def test_a_crop_does_not_depend_on_what_was_loaded_before(pictures, monkeypatch):
    cold = backgrounds.photograph_crop(np.random.default_rng(5), 50, 60)
    for seed in range(10):
        backgrounds.photograph_crop(np.random.default_rng(seed), 20, 20)
    assert np.array_equal(cold, backgrounds.photograph_crop(np.random.default_rng(5), 50, 60))


def test_photographs_come_from_the_files(pictures):
    cv2.imwrite(str(pictures[0]), np.full((200, 300, 3), (10, 60, 200), np.uint8))
    loaded = backgrounds._load(pictures[0])
    assert (loaded[0, 0] == (10, 60, 200)).all()


def test_loaded_photographs_stay_within_the_budget(pictures, monkeypatch):
    monkeypatch.setattr(backgrounds, "_BUDGET_BYTES", 2_000_000)
    for path in (*pictures, pictures[0], pictures[2]):
        backgrounds._load(path)
        assert sum(image.nbytes for image in backgrounds._loaded.values()) <= 2_000_000
    assert pictures[2] in backgrounds._loaded and pictures[0] not in backgrounds._loaded


def test_large_photographs_shrink_and_small_textures_repeat(pictures):
    assert backgrounds._load(pictures[0]).shape == (256, 1024, 3)
    tiled = backgrounds._load(pictures[1])
    assert min(tiled.shape[:2]) > 400
    assert np.array_equal(tiled[:90, :120], tiled[90:180, 120:240])


def test_without_photographs_grounds_are_drawn(monkeypatch):
    monkeypatch.setattr(backgrounds, "photographs", lambda: ())
    for make in (backgrounds.crop, backgrounds.photograph_crop):
        assert make(np.random.default_rng(0), 30, 40).shape == (30, 40, 3)


def test_an_unreadable_photograph_is_replaced_with_a_warning(pictures, caplog):
    pictures[0].write_bytes(b"no picture")
    assert backgrounds._load(pictures[0]).dtype == np.uint8
    assert "cannot read" in caplog.text


def test_installed_photographs_exclude_lettering_and_list_each_picture_once():
    found = backgrounds.photographs()
    assert all(path.is_file() for path in found)
    assert len({(path.name, path.stat().st_size) for path in found}) == len(found)
    assert not [path for path in found if backgrounds._UNFIT.search(path.as_posix())]
    assert list(found) == sorted(found, key=lambda path: (path.name, path.as_posix()))


def test_the_list_of_packages_has_one_name_a_line():
    lines = PACKAGES.read_text(encoding="utf-8").splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name) for name in names if name)
    assert len(set(filter(None, names))) == len(list(filter(None, names))) >= 5


def test_noise_has_mean_zero_and_deviation_one():
    field = textures.noise(np.random.default_rng(1), 200, 300, 7)
    assert abs(field.mean()) < 1e-3 and abs(field.std() - 1) < 1e-2
