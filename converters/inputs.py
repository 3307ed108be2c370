"""What goes into a network while it is converted: calibration tensors, and the source's own answer to them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from converters import parity, samples
from converters.plan import Plan, PlannedNetwork


def reference(network: PlannedNetwork, source: Path, free: bool = False) -> parity.Forward:
    """The network as its source has it, on NHWC tensors.

    Args:
        free: Where there is an ONNX file, it runs there, at any size that it takes: it was compared with the original
            at its own size, and PyTorch takes far longer for many small pictures.
    """
    if not network.write_onnx:
        return network.reference
    if network.reference and not free:
        return parity.module_forward(network.reference)
    return parity.onnx_forward(source, free)


class Inputs:
    """Tensors for one network, made only when a stage asks for them.

    Args:
        images: BGR uint8 calibration images.
        lines: BGR uint8 crops of lines.
        shared: The Inputs of the plan's networks so far, by owner, role and stage; this one is added.
        source: The network as its source has it, an ONNX file or a SavedModel.
    """

    def __init__(
        self,
        plan: Plan,
        network: PlannedNetwork,
        images: Sequence[np.ndarray],
        lines: Sequence[np.ndarray],
        shared: dict[tuple, "Inputs"],
        source: Path,
    ):
        self._plan, self._network, self._source = plan, network, source
        self._images, self._lines = images, lines
        self._shared = shared
        self._own: list[np.ndarray] | None = None
        # The next stage of the same owner is calibrated on what this stage makes of its own samples.
        self._shared[network.owner, network.role, network.stage] = self

    def all(self) -> list[np.ndarray]:
        """float32 NHWC, one sample each."""
        if self._own is None:
            self._own = self._make()
        return self._own

    def some(self, count: int) -> list[np.ndarray]:
        """At most `count` of them, evenly spread."""
        tensors = self.all()
        return [tensors[i] for i in np.linspace(0, len(tensors) - 1, min(count, len(tensors))).astype(int)]

    def outputs(self) -> list[np.ndarray]:
        """What the source makes of all of them."""
        forward = reference(self._network, self._source)
        return [forward(tensor) for tensor in self.all()]

    def representative(self):
        """For the TFLite converter."""
        return ([tensor] for tensor in self.all())

    def _make(self) -> list[np.ndarray]:
        plan, network = self._plan, self._network
        if network.role == "detector":
            return samples.detector_tensors(plan, network, self._images)
        if network.samples:
            return network.samples(self._shared[network.owner, network.role, 0].all())
        if network.stage:
            return self._shared[network.owner, network.role, network.stage - 1].outputs()
        if network.role == "direction":
            lines = [line[::-1, ::-1] if i % 2 else line for i, line in enumerate(self._lines)]
            return samples.crop_tensors(plan.direction.input, network.shape[2], network.shape[3], lines)
        return samples.recognizer_tensors(plan.recognizer(network), network, self._lines)
