"""What a recogniser reads, beside what its source reads: a cosine of logits does not see letters that change.

Over thousands of classes the blank's and the others' common level carries the cosine: a network that reads one word
in five may keep .93 of it. So the text of calibration lines is compared, and the best class of every frame.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from converters.parity import Forward
from converters.plan import PlannedNetwork
from converters.samples import crop_tensors
from evaluation.texts import edit_distance
from tflite_ocr import image
from tflite_ocr.manifest import Recognizer
from tflite_ocr.recognition import ctc
from tflite_ocr.recognition.recurrent import unroll

# Resamplings of the lines, for the interval of the changed characters, and its upper end.
_RESAMPLINGS, _END = 1000, 0.95
# Lines that the source reads with less confidence are not asked for: in them, as in networks without training, classes
# are about equally likely and any change turns some.
_SURE = 0.5


def tensors(facts: Recognizer, network: PlannedNetwork, crops: Sequence[np.ndarray], free: bool) -> list[np.ndarray]:
    """Crops as a recogniser gets them when it reads: none repeated.

    Args:
        crops: BGR uint8.
        free: Each crop has the narrowest of the recogniser's widths that holds it; else all have the network's own.

    Returns:
        float32 NHWC, one a crop; what is too wide is squeezed.
    """
    found = []
    for crop in crops:
        width = network.shape[3]
        if free:
            wanted = image.resized_width(crop, facts.height, facts.stretch)
            width = next((one for one in facts.widths if one >= wanted), facts.widths[-1])
        found += crop_tensors(facts.input, facts.height, width, [crop], facts.stretch)
    return found


def chain(stages: Sequence[tuple[PlannedNetwork, Forward]]) -> Forward:
    """The networks of a recogniser one after the other, NHWC, as the runtime runs them."""

    def forward(tensor: np.ndarray) -> np.ndarray:
        for network, stage in stages:
            tensor = unroll(stage, tensor) if network.step else stage(tensor)
        return tensor

    return forward


def photographed(figures: Mapping[str, float]) -> dict[str, float]:
    """Of the figures of Texts those that have a limit for words of photographs, by its name."""
    errors = ("character_error", "character_error_most")
    return {f"photographed_{name}": figures[name] for name in errors if name in figures}


class Texts:
    """What the source reads; tells how far another network is from that."""

    def __init__(self, facts: Recognizer, reference: Forward, inputs: Sequence[np.ndarray]):
        """Reads all inputs once, and keeps those that the source reads surely.

        Args:
            reference: The source: NHWC -> logits with the classes last.
            inputs: float32 NHWC.
        """
        self._facts = facts
        read = [(tensor, *self._read(reference, tensor)) for tensor in inputs]
        sure = [one for one in read if one[3] >= _SURE]
        self._inputs = [tensor for tensor, *_ in sure]
        self._frames, self._texts = [one[1] for one in sure], [one[2] for one in sure]

    def judge(self, candidate: Forward) -> dict[str, float]:
        """Figures of another form of the network.

        Returns:
            {"frames_equal": share of frames with the same best class, "texts_equal": share of lines with the same
            text, "character_error": characters to insert, delete or replace, by those that the source reads,
            "character_error_most": upper end of its interval of 90 %, over resampled lines}; {} when the source reads
            no line surely.
        """
        if not self._texts:
            return {}
        read = [self._read(candidate, tensor) for tensor in self._inputs]
        frames, texts = [one[0] for one in read], [one[1] for one in read]
        if any(len(found) != len(wanted) for found, wanted in zip(frames, self._frames, strict=True)):
            return {"frames_equal": 0.0, "texts_equal": 0.0, "character_error": 1.0, "character_error_most": 1.0}
        pairs = list(zip(self._texts, texts, strict=True))
        wrong = np.array([edit_distance(wanted, found) for wanted, found in pairs])
        characters = np.array([len(wanted) for wanted, _ in pairs])
        drawn = np.random.default_rng(0).integers(0, len(pairs), (_RESAMPLINGS, len(pairs)))
        errors = wrong[drawn].sum(1) / np.maximum(1, characters[drawn].sum(1))
        return {
            "frames_equal": float(np.mean(np.concatenate(frames) == np.concatenate(self._frames))),
            "texts_equal": float(np.mean([wanted == found for wanted, found in pairs])),
            "character_error": float(wrong.sum() / max(1, characters.sum())),
            "character_error_most": float(np.quantile(errors, _END)),
        }

    def _read(self, forward: Forward, tensor: np.ndarray) -> tuple[np.ndarray, str, float]:
        """(best class of every frame, text, mean probability of its characters); what is no number is class 0."""
        logits = np.nan_to_num(np.asarray(forward(tensor), np.float32), nan=-np.inf, neginf=-1e9)
        logits = ctc.by_frame(logits, self._facts.frames)
        text, likely = ctc.greedy([logits], self._facts.charset, self._facts.blank)[0]
        return logits.argmax(axis=1), text, ctc.confidence(likely, "mean")
