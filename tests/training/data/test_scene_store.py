import numpy as np
import pytest

from training.data import scene_store
from training.data.detector_batches import DetectorMixture, WindowStream, split, window
from training.errors import TrainingError

QUAD = np.float32([[[16, 16], [80, 16], [80, 32], [16, 32]]])


def teach(image_bgr: np.ndarray) -> np.ndarray:
    """Text is where the picture is bright."""
    return (image_bgr[::2, ::2, 0] > 128).astype(np.float32)


def picture() -> np.ndarray:
    image_bgr = np.full((128, 160, 3), 30, np.uint8)
    image_bgr[16:32, 16:80] = 220
    return image_bgr


def fill(folder, count=3):
    made = []

    def make(number):
        made.append(number)
        return picture(), QUAD, np.array([False]), True

    added = scene_store.fill(folder, ((f"p{i}", lambda i=i: make(i)) for i in range(count)), teach)
    return added, made


def test_what_is_stored_comes_back(tmp_path):
    fill(tmp_path)
    taught = scene_store.load(scene_store.names(tmp_path)[0])
    assert np.abs(taught.image_bgr.astype(int) - picture()).mean() < 3  # JPEG
    assert np.array_equal(taught.teacher, teach(picture()) * 255)
    assert np.array_equal(taught.quads, QUAD)
    assert taught.ignore.tolist() == [False] and taught.complete is True


def test_only_what_is_missing_is_made(tmp_path):
    assert fill(tmp_path) == (3, [0, 1, 2])
    (tmp_path / "p1.npz").unlink()
    assert fill(tmp_path, 4) == (2, [1, 3])


def test_a_picture_whose_making_fails_leaves_nothing(tmp_path):
    def fail():
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        scene_store.fill(tmp_path, iter([("p", fail)]), teach)
    assert list(tmp_path.iterdir()) == []


def test_errors_name_the_folder_and_the_file(tmp_path):
    with pytest.raises(TrainingError, match="python -m training scenes"):
        scene_store.names(tmp_path)
    fill(tmp_path, 1)
    path = tmp_path / "p0.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TrainingError, match="p0.npz"):
        scene_store.load(path)


def test_image_and_target_of_a_window_stay_together(tmp_path):
    fill(tmp_path, 1)
    taught = scene_store.load(scene_store.names(tmp_path)[0])
    agreements = []
    for seed in range(8):
        image_bgr, target, _ = window(np.random.default_rng(seed), taught, 96)
        assert image_bgr.shape == (96, 96, 3) and target.shape == (48, 48)
        bright = image_bgr[..., 0].reshape(48, 2, 48, 2).mean((1, 3)) > 150  # the surroundings are 128
        agreements.append(((target > 0.5) == bright).mean())
        shifted = np.roll(target > 0.5, 3, axis=0) == bright
        assert shifted.mean() <= agreements[-1]
    assert min(agreements) > 0.97


def test_equal_seeds_give_equal_batches(tmp_path):
    fill(tmp_path, 30)
    mixture = DetectorMixture(tmp_path, size=64, batch=2)
    first, again, other = (next(iter(WindowStream(mixture, seed))) for seed in (1, 1, 2))
    assert first.images.shape == (2, 3, 64, 64) and first.targets.shape == first.weights.shape == (2, 1, 32, 32)
    assert (first.images == again.images).all() and not (first.images == other.images).all()


def test_real_and_drawn_pictures_come_by_their_share_and_never_those_of_the_development_set(tmp_path):
    def make(value):
        return np.full((96, 96, 3), value, np.uint8), QUAD[:0], np.zeros(0, bool), True

    names = [(f"{kind}_{i}", value) for kind, value in (("real", 60), ("drawn", 190)) for i in range(60)]
    scene_store.fill(tmp_path, ((name, lambda value=value: make(value)) for name, value in names), teach)
    training, dev = split(DetectorMixture(tmp_path))
    assert len(training[True]) + len(training[False]) + len(dev) == 120 and dev
    scene_store.fill(tmp_path, iter([("drawn_more", lambda: make(190))]), teach)
    assert set(dev) <= set(split(DetectorMixture(tmp_path))[1])  # a store that grows does not hand pictures over
    stream, rng = WindowStream(DetectorMixture(tmp_path, real=0.25), 0), np.random.default_rng(0)
    real = [stream._choose(rng, training).name.startswith("real_") for _ in range(400)]
    assert 0.18 < np.mean(real) < 0.32
    assert stream._choose(rng, {True: [], False: training[False]}).name.startswith("drawn_")
