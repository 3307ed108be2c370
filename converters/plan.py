"""What a source hands to the chain: the networks to convert and the facts for the manifest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tflite_ocr.manifest import Detector, DirectionClassifier, Recognizer, Source

Forward = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class PlannedNetwork:
    """One network on its way from the source's weights to a .tflite file.

    Attributes:
        name: Stem of its files, such as "detector" or "recognizer_latin_features".
        role: "detector", "recognizer" or "direction": the entry of the manifest that owns it.
        owner: Name of the recogniser in the manifest when role is "recognizer".
        stage: Place among the networks of one owner, from 0.
        shape: NCHW shape at which it is exported.
        fingerprint: Text that changes whenever the weights or the network change.
        write_onnx: Writes the original as ONNX (input "x") to a path; None for a network that comes from TensorFlow.
        reference: The original itself, NCHW float32 -> NCHW float32; None when the ONNX file is the original. Of a
            network that comes from TensorFlow: NHWC -> what tflite_ocr.detection.detector.join makes of its outputs.
        write_saved_model: For networks that TensorFlow has to build itself (fused LSTM) or that come from it: writes
            the SavedModel in place of the ONNX stage; None otherwise.
        outputs: (name, channels) of each output of a network that has several; () for one.
        unordered: The network chooses boxes itself: their order counts for nothing when it is compared.
        resizable: Height and width of the converted network may be changed at run time.
        quantized: False keeps it float32 in "int8" and "dynamic" models, where that is faster or better.
        int8_passes: Extra ONNX rewrites for the int8 graph only.
        refit: The int8 graph is fitted to the exact one first, see converters.refit; needs int8_passes.
        equalize: How far channels of the int8 graph are given similar ranges first, 0 (not) to 1 (equal ones); the
            balance of converters.equalize.
        int8_as: Precision that it has in an "int8" model; "dynamic" where activations do not suit a fixed scale.
        step: One time step of a recurrent layer, see tflite_ocr.recognition.recurrent.
        samples: Makes its inputs (NHWC) from those of the owner's stage 0; None when they are the outputs of
            the stage before, as they are.
    """

    name: str
    role: str
    shape: tuple[int, int, int, int]
    fingerprint: str
    write_onnx: Callable[[Path], None] | None
    owner: str = ""
    stage: int = 0
    reference: Forward | None = None
    write_saved_model: Callable[[Path], None] | None = None
    resizable: bool = False
    quantized: bool = True
    int8_passes: tuple = ()
    refit: bool = False
    equalize: float = 0.0
    int8_as: str = "int8"
    step: bool = False
    samples: Callable[[list[np.ndarray]], list[np.ndarray]] | None = None
    outputs: tuple[tuple[str, int], ...] = ()
    unordered: bool = False

    @property
    def follows_width(self) -> bool:
        """Whether it is the first network of a recogniser that takes crops of any width."""
        return self.resizable and self.role == "recognizer" and not self.stage


@dataclass(frozen=True)
class Plan:
    """A model to be converted. The `files` of the manifest parts are still empty; see Manifest for `read_by`.

    Attributes:
        attached: Files that stand beside the networks as they are, such as a language model.
    """

    name: str
    source: Source
    default_precision: str
    detector: Detector
    recognizers: tuple[Recognizer, ...]
    networks: tuple[PlannedNetwork, ...]
    direction: DirectionClassifier | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    read_by: str = ""
    attached: tuple[Path, ...] = ()

    def recognizer(self, network: PlannedNetwork) -> Recognizer:
        """The facts of the recogniser that a network belongs to."""
        return next(facts for facts in self.recognizers if facts.name == network.owner)

    @property
    def text_threshold(self) -> float:
        """Above which a pixel of the detector's first map is text."""
        options = self.detector.options
        return options.get("threshold", options.get("low_text", 0.4))
