"""Times of a GPU that is not here, from the recordings that the project keeps."""

import math
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.measures import recordings
from tflite_ocr.image import resize_for_detector
from tflite_ocr.manifest import DetectorResize

_ENGINE = "PyTorch"


@dataclass(frozen=True)
class Replay:
    """What a frame takes on a recorded GPU: its networks alone, from host memory to host memory.

    Attributes:
        recorded_on: Device and date.
        detector_ms: Time of one picture of the clip's size.
        batch_ms: Time of a batch of crops.
        batch: Crops in a batch.
    """

    recorded_on: str
    detector_ms: float
    batch_ms: float
    batch: int

    def frame_ms(self, lines: int) -> float:
        """Of a frame with some lines of text."""
        return self.detector_ms + math.ceil(lines / self.batch) * self.batch_ms


def find(found: list[dict], model: str, resize: DetectorResize, width: int, height: int) -> Replay | None:
    """The first recording that has PyTorch's float32 times of a model.

    Args:
        found: As benchmarks.measures.recordings.recordings gives them.
        model: Its name.
        resize: How its detector scales pictures; its time is taken to grow with the number of pixels.
        width: Width of the clip in pixels.
        height: Height of the clip in pixels.
    """
    for recording in found:
        samples = [
            row
            for row in recording["samples"]
            if (row["model"], row["engine"], row["precision"]) == (model, _ENGINE, "float32")
        ]
        detectors = [row for row in samples if row["network"] == "detector" and row["shape"][0] == 1]
        crops = [row for row in samples if row["network"].startswith("recognizer") and row["shape"][-1] == 3]
        if detectors and crops:
            pixels = _pixels(resize, width, height) / math.prod(detectors[0]["shape"][1:3])
            largest = max(crops, key=lambda row: row["shape"][0])
            return Replay(
                f"{recording['device']}, {recording['date']}",
                median(detectors[0]["samples_ms"]) * pixels,
                median(largest["samples_ms"]),
                largest["shape"][0],
            )
    return None


def here(model: str, resize: DetectorResize, width: int, height: int) -> Replay | None:
    """See find; of the recordings in benchmarks/measures/recorded.

    Raises:
        RecordingError: One of them cannot be read.
    """
    return find(recordings.recordings(), model, resize, width, height)


def _pixels(resize: DetectorResize, width: int, height: int) -> int:
    return math.prod(resize_for_detector(np.zeros((height, width, 3), np.uint8), resize).image.shape[:2])
