"""Boxes with scores, as of single-shot and two-stage detectors (the TensorFlow Object Detection API's layout).

Whether or not the network has suppressed overlapping boxes already, greedy non-maximum suppression is done here: it
does not change boxes that do not overlap.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import cv2
import numpy as np

from tflite_ocr.detection.decoder import Decoder, Found, Placing
from tflite_ocr.errors import ModelContractError
from tflite_ocr.geometry import upright_quads

# Pixels of the image: a box with a side below this cannot be read.
_UNREADABLE_SIDE = 3


@dataclass(frozen=True)
class BoxesDecoder(Decoder):
    """Decodes upright boxes.

    Attributes:
        score_threshold: A box must score more than this.
        nms_threshold: Of two boxes whose intersection over union exceeds this, the one of lower score is removed.
        max_boxes: Largest number of boxes, those of the highest scores; 0 for all.
    """

    score_threshold: float = 0.5
    nms_threshold: float = 0.5
    max_boxes: int = 0
    normalized: ClassVar[bool] = True

    def _decode(self, maps: np.ndarray, placing: Placing) -> Found:
        """See Decoder.decode; scores fall.

        Maps are float32 [N, 5]: score in [0, 1], then ymin, xmin, ymax, xmax as shares of the canvas; scale is a factor
        of the scores.
        """
        scale, to_image, image_size = placing
        if maps.dtype != np.float32 or maps.ndim != 2 or maps.shape[1] != 5:
            raise ModelContractError(
                f"expected boxes and scores as float32 [N, 5], found {maps.dtype} {maps.shape}; check the decoder"
            )
        scores = maps[:, 0] * np.float32(scale)
        chosen = np.flatnonzero(scores > self.score_threshold)
        limits = np.array(image_size or to_image, np.float32)
        corners = maps[chosen][:, [2, 1, 4, 3]].reshape(-1, 2, 2) * np.array(to_image, np.float32)
        corners = np.clip(np.nan_to_num(corners), 0, limits)
        large = (corners[:, 1] - corners[:, 0] >= _UNREADABLE_SIDE).all(axis=1)
        corners, scores = corners[large], scores[chosen][large]
        boxes = np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1).astype(np.float64)
        found = cv2.dnn.NMSBoxes(boxes, cast(Any, scores), self.score_threshold, self.nms_threshold, top_k=0)
        kept = np.asarray(found, np.int64).reshape(-1)[: self.max_boxes or None]  # by falling score
        quads = upright_quads(corners[kept].reshape(-1, 4))
        return quads.astype(np.float32), scores[kept].astype(np.float32)
