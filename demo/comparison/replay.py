"""Times of a GPU that is not here, from the recordings that the project keeps."""

import math
from dataclasses import dataclass
from statistics import median

import numpy as np

from tflite_ocr.image import resize_for_detector
from tflite_ocr.manifest import DetectorResize

_ENGINE = "PyTorch"


@dataclass(frozen=True)
class Replay:
    """What a frame takes on a recorded GPU: its networks alone, from host memory to host memory."""

    recorded_on: str  # Device and date
    detector_ms: float  # Time of one picture of the clip's size
    batch_ms: float  # Time of a batch of crops
    batch: int  # Crops in a batch

    def frame_ms(self, lines: int) -> float:
        """Of a frame with some lines of text."""
        return self.detector_ms + math.ceil(lines / self.batch) * self.batch_ms


def find(found: list[dict], model: str, resize: DetectorResize, width: int, height: int) -> Replay | None:
    """The first recording that has PyTorch's float32 times of a model.

    Args:
        found: As benchmarks.measures.recordings.recordings gives them.
        resize: How its detector scales pictures; its time is taken to grow with the number of pixels.
    """
    for recording in found:
        wanted = (model, _ENGINE, "float32")
        samples = [r for r in recording["samples"] if (r["model"], r["engine"], r["precision"]) == wanted]
        detectors = [row for row in samples if row["network"] == "detector" and row["shape"][0] == 1]
        crops = [row for row in samples if row["network"].startswith("recognizer") and row["shape"][-1] == 3]
        if detectors and crops:
            resized = resize_for_detector(np.zeros((height, width, 3), np.uint8), resize).image
            pixels = math.prod(resized.shape[:2]) / math.prod(detectors[0]["shape"][1:3])
            largest = max(crops, key=lambda row: row["shape"][0])
            times = median(detectors[0]["samples_ms"]) * pixels, median(largest["samples_ms"])
            return Replay(f"{recording['device']}, {recording['date']}", *times, largest["shape"][0])
    return None
