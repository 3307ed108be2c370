"""What a detector finds, beside what its source finds: text masks and quads, at several sizes of the picture."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from converters.parity import Forward
from tflite_ocr import detection
from tflite_ocr.errors import ModelContractError
from tflite_ocr.geometry import overlap
from tflite_ocr.manifest import Detector

# A quad that overlaps another one by less is no match of it.
_MATCH = 0.5
# Of fewer quads chance decides: one at a threshold comes or goes.
_FEWEST = 8
# Quads of a lower score may come and go with any change of the network.
_SURE = 0.7


class Finds:
    """What the source finds; tells how far another network is from that."""

    def __init__(
        self,
        facts: Detector,
        threshold: float,
        reference: Forward,
        sizes: Mapping[str, Sequence[np.ndarray]],
        photographs: Sequence[np.ndarray] = (),
    ):
        """Runs the source once on all inputs, on photographs when they are asked for.

        Args:
            threshold: Above which a pixel of the first map is text.
            reference: The source: NHWC -> maps NHWC.
            sizes: float32 NHWC tensors of one size each, by the ending of their figures' names.
            photographs: float32 NHWC tensors of any size.
        """
        self._decoder = detection.create(facts.decoder, facts.options)
        self._threshold, self._sizes = threshold, sizes
        self._wanted = {name: [self._found(reference, one) for one in inputs] for name, inputs in sizes.items()}
        self._reference, self._shown = reference, photographs

    @functools.cached_property
    def _photographs(self) -> list[tuple[np.ndarray, tuple]]:
        return [(one, self._found(self._reference, one)) for one in self._shown]

    def judge(self, candidate: Forward, photographs: bool = True) -> dict[str, float]:
        """Figures of another form of the network, for each size.

        Returns:
            {"mask_iou": intersection over union of the text masks, 1 without text, "quads_iou": see there}; where there
            are few quads {"mask_iou_of_few"} alone, which has no limit. Of photographs, if asked for, "sure_quads_iou",
            see there.

        Raises:
            ModelContractError: The maps have another size than the source's.
        """
        figures = {}
        for name, inputs in self._sizes.items():
            found = [self._found(candidate, one) for one in inputs]
            pairs = list(zip(self._wanted[name], found, strict=True))
            for wanted, other in pairs:
                if wanted[0].shape != other[0].shape:
                    raise ModelContractError(f"a map of {other[0].shape} pixels in place of {wanted[0].shape}")
            masks = mask_iou([(wanted[0], other[0]) for wanted, other in pairs])
            if sum(max(len(wanted[1]), len(other[1])) for wanted, other in pairs) >= _FEWEST:
                figures["mask_iou" + name] = masks
                figures["quads_iou" + name] = quads_iou([(wanted[1], other[1]) for wanted, other in pairs])
            else:
                figures["mask_iou_of_few" + name] = masks
        if photographs and self._shown:
            sure = [(wanted[1:], self._found(candidate, one)[1:]) for one, wanted in self._photographs]
            figures["sure_quads_iou"] = sure_quads_iou(sure)
        return figures

    def _found(self, forward: Forward, tensor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(mask [h, w], quads [N, 4, 2], their scores [N])."""
        maps = np.nan_to_num(np.asarray(forward(tensor), np.float32)[0])
        quads, scores = self._decoder.decode(np.ascontiguousarray(maps), 1.0)
        return maps[:, :, 0] > self._threshold, np.float32(quads).reshape(-1, 4, 2), np.float32(scores)


def sure_quads_iou(pairs: Sequence[tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]]) -> float:
    """Mean overlap of the quads that either side finds surely with the nearest one of the other side.

    Args:
        pairs: For each picture quads [N, 4, 2] and scores [N] of both sides.

    Returns:
        The mean without the worst; 1 where there are few.
    """
    overlaps = []
    for (quads, scores), (others, _) in [*pairs, *(pair[::-1] for pair in pairs)]:
        for quad in quads[scores >= _SURE]:
            near = (others.min(1) <= quad.max(0)).all(1) & (quad.min(0) <= others.max(1)).all(1)
            overlaps.append(max((overlap(quad, other) for other in others[near]), default=0.0))
    return float(np.mean(sorted(overlaps)[1:])) if len(overlaps) >= _FEWEST else 1.0


def quads_iou(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean overlap (intersection over union) of quads that belong together, over all pictures.

    Of all quads the worst is skipped: one text at a threshold may come or go, and small pictures have few.

    Args:
        pairs: For each picture [N, 4, 2] and [M, 4, 2], convex. Pairs of the largest overlap are matched first.

    Returns:
        The mean over the quads of that side which has more; without a match they count 0. 1 without quads.
    """
    overlaps: list[float] = []
    for wanted, found in pairs:
        matched = _matched(np.float32(wanted).reshape(-1, 4, 2), np.float32(found).reshape(-1, 4, 2))
        overlaps += matched + [0.0] * (max(len(wanted), len(found)) - len(matched))
    return float(np.mean(sorted(overlaps)[1:])) if len(overlaps) > 1 else 1.0


def _matched(wanted: np.ndarray, found: np.ndarray) -> list[float]:
    """Overlaps of the quads [N, 4, 2] and [M, 4, 2] that belong together, the largest first."""
    # Boxes first: a network that reads noise finds thousands of quads.
    near = ((wanted.min(1)[:, None] <= found.max(1)) & (found.min(1) <= wanted.max(1)[:, None])).all(2)
    places = list(zip(*near.nonzero(), strict=True))
    overlaps = [overlap(wanted[row], found[column]) for row, column in places]
    rows, columns, matched = set(), set(), []
    for index in np.argsort(-np.array(overlaps), kind="stable"):
        row, column = places[index]
        if overlaps[index] >= _MATCH and row not in rows and column not in columns:
            matched.append(overlaps[index])
            rows.add(row)
            columns.add(column)
    return matched


def mask_iou(pairs: Sequence[Sequence[np.ndarray]]) -> float:
    """Intersection over union of two bool masks each, over all pairs; 1 without text."""
    shared = sum(int((wanted & found).sum()) for wanted, found in pairs)
    either = sum(int((wanted | found).sum()) for wanted, found in pairs)
    return shared / either if either else 1.0
