"""The pictures that fill a scene store: drawn pages and scenes, photographs without text, real pages."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch

from converters.networks.edge_detector import MAP_STRIDE
from evaluation import labels
from synthetic.pictures.closeups import render_closeup
from synthetic.pictures.pages import render_page
from synthetic.pictures.scenes import render_scene
from synthetic.surfaces import backgrounds
from tflite_ocr import image
from tflite_ocr.manifest import DetectorResize
from training.data.real_lines import RealLines
from training.learning import precision
from training.runs.run import to_input
from training.teacher.layers import TeacherLayers

SIDE = 640  # of a picture in pixels
Made = tuple[np.ndarray, np.ndarray, np.ndarray, bool]
_NO_QUADS = np.zeros((0, 4, 2), np.float32)
_DEV_EVERY = 20  # as in real_lines: these pages are not trained on
# What a drawn picture is, in rotation.
_KINDS = ("closeup", "scene", "page", "closeup", "scene", "closeup", "page", "scene", "closeup", "photograph")
# Windows of a folder of real pages, about, and of one page.
_WINDOWS, _FEWEST, _MOST = 1200, 1, 8
_CROPS = 400  # word crops at hand for the scenes


def pictures(
    count: int, seed: int, pages: tuple[Path, ...] = (), words: tuple[Path, ...] = ()
) -> Iterator[tuple[str, Callable[[], Made]]]:
    """Names and makers of the pictures of a store, see scene_store.fill.

    Args:
        count: Drawn pictures; equal seeds and numbers give equal ones.
        pages: Folders of real pages, labelled or not; small folders give more windows of every page.
        words: Folders of labelled word crops, which are pasted into scenes.
    """
    for folder in pages:
        samples = labels.load(folder, unlabelled=True)
        windows = max(_FEWEST, min(_MOST, round(_WINDOWS / max(1, len(samples)))))
        for number, sample in enumerate(samples):
            for part in range(windows if number % _DEV_EVERY else 0):
                make = functools.partial(window_of, sample, (seed, number, part))
                yield f"real_{folder.name}_{number:05d}_{part}", make
    crops = _crops(words, seed)
    for number in range(count):
        kind = _KINDS[number % len(_KINDS)]
        yield f"drawn_{seed}_{number:06d}_{kind}", functools.partial(_drawn, kind, (seed, number), crops)


class Teacher:
    """From a picture of SIDE x SIDE pixels to the teacher's map at half of its size."""

    def __init__(self, device: str = "cpu"):
        self._device = device
        self._network = TeacherLayers().to(device, memory_format=torch.channels_last)

    def __call__(self, image_bgr: np.ndarray) -> np.ndarray:
        images = torch.from_numpy(image_bgr[None]).permute(0, 3, 1, 2)
        with torch.inference_mode(), precision.autocast(self._device):
            found = torch.sigmoid(self._network(to_input(images, self._device)).float())
        return torch.nn.functional.avg_pool2d(found, MAP_STRIDE)[0, 0].cpu().numpy()


def _drawn(kind: str, seed: tuple[int, int], crops: list) -> Made:
    rng = np.random.default_rng(seed)
    if kind == "photograph":
        # What the teacher sees there is none.
        return backgrounds.crop(rng, SIDE, SIDE), _NO_QUADS, np.zeros(0, bool), True
    if kind == "closeup":
        scene = render_closeup(rng, SIDE, SIDE)
    else:
        scene = render_page(rng, SIDE, SIDE) if kind == "page" else render_scene(rng, SIDE, SIDE, crops or None)
    return scene.image_bgr, scene.quads, scene.ignore, True


def window_of(sample: labels.Sample, seed: tuple[int, int, int], resize: DetectorResize | None = None) -> Made:
    """A window of a real page at a random scale; what its labels do not tell the teacher knows.

    Args:
        resize: How the runtime scales pages, so that windows are about as large as it shows them; None for pages whose
            pixels are about right.

    Returns:
        BGR uint8 [SIDE, SIDE, 3], quads float32 [N, 4, 2] in it, which of them cannot be read, and False: not all text
        needs to lie in the quads.
    """
    rng = np.random.default_rng(seed)
    picture = image.read(sample.image_path)
    base = image.resize_for_detector(picture, resize).scale_x if resize else 1.0
    scale = base * float(np.exp(rng.uniform(np.log(0.8), np.log(1.5))))
    scale = max(scale, SIDE / min(picture.shape[:2]))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=interpolation)
    top = int(rng.integers(0, resized.shape[0] - SIDE + 1))
    left = int(rng.integers(0, resized.shape[1] - SIDE + 1))
    marked = [label for label in sample.labels if label.quad is not None]
    quads = np.float32([label.quad for label in marked]).reshape(-1, 4, 2) * scale - np.float32([left, top])
    inside = ((quads > 0) & (quads < SIDE)).all((1, 2))
    ignore = np.array([label.ignore for label in marked], bool)
    return resized[top : top + SIDE, left : left + SIDE], quads[inside], ignore[inside], False


def _crops(folders: tuple[Path, ...], seed: int) -> list[tuple[np.ndarray, str]]:
    if not folders:
        return []
    lines = RealLines(list(folders))
    rng = np.random.default_rng(seed)
    drawn = [lines.draw(rng) for _ in range(_CROPS)]
    return [(line.image_bgr, line.text or "") for line in drawn]
