"""A few pictures of each set with their labels and with what the engines found."""

import base64
from collections.abc import Iterator, Sequence

import cv2

from benchmarks.measures.reading import SetResult
from benchmarks.running.protocol import EngineVariant
from evaluation import quality
from tflite_ocr import image

# Pictures of a set, by its kind.
_COUNT = {quality.PAGES: 3, quality.PAGE_TEXT: 2, quality.LINES: 8}
_LONGER_SIDE = 900  # of a thumbnail, in pixels
_JPEG_QUALITY = 72


def pictures(found: Sequence[tuple[EngineVariant, Sequence[SetResult]]]) -> Iterator[dict]:
    """Rows of "gallery" in the report.

    Args:
        found: What each engine did with each set. Of engines that differ in threads alone the first is shown, as they
            read the same.
    """
    shown: dict[tuple, tuple[EngineVariant, Sequence[SetResult]]] = {}
    for variant, results in found:
        info = variant.info
        shown.setdefault((info.title, info.model, info.precision, info.device), (variant, results))
    by_set: dict[str, list[tuple[EngineVariant, SetResult]]] = {}
    for variant, results in shown.values():
        for result in results:
            by_set.setdefault(result.dataset.name, []).append((variant, result))
    for engines in by_set.values():
        dataset = engines[0][1].dataset
        for index in range(min(_COUNT[dataset.kind], len(dataset.samples))):
            yield _picture(index, engines)


def _picture(index: int, engines: list[tuple[EngineVariant, SetResult]]) -> dict:
    dataset = engines[0][1].dataset
    sample = dataset.samples[index]
    pixels = image.read(sample.image_path)
    height, width = pixels.shape[:2]
    return {
        "set": dataset.name,
        "image": dataset.image_name(sample),
        "thumbnail": _thumbnail(pixels),
        "width": width,
        "height": height,
        "truth": [vars(label) for label in sample.labels],
        "found": {variant.id: [vars(line) for line in result.found[index]] for variant, result in engines},
    }


def _thumbnail(pixels) -> str:
    height, width = pixels.shape[:2]
    scale = min(1.0, _LONGER_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
