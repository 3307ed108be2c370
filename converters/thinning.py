"""What the chain does when a model is to be pruned: two more stages, and other comparisons.

Channels go out of the ONNX graph before anything else, zeros into the SavedModel's kernels after everything
else, so that every rewrite and the quantization see an ordinary network. A pruned network is no copy of its
source; its arrows are held to the limits around the pruning, and the distance from the source is only recorded.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters import progress
from converters.errors import prune_error
from converters.plan import PlannedNetwork
from converters.pruning import sparsity
from converters.pruning.options import PruneOptions

# A network that can be resized learns on windows of its inputs: as good, and several times as fast.
_WINDOW = (192, 320)


def without_channels(part) -> tuple[PlannedNetwork, Path]:
    """The network of a converters.part.Part and its ONNX file, with fewer channels if that is possible and wanted."""
    network, source, options = part.network, part.source, part.settings.thinning.channels
    if not options or not can_lose_channels(network):
        return network, source
    from converters.pruning import channels

    def make(path: Path) -> None:
        with progress.bar(f"{network.name} channels") as advance:
            channels.slim(source, path, options, windows(network, part.inputs.all()), advance)

    target = part.work / "slim.onnx"
    part.chain.step("channels", target, make, source, options=str(options), **part.calibration)
    return replace(network, reference=None, fingerprint=f"{network.fingerprint} {options}"), target


def can_lose_channels(network: PlannedNetwork) -> bool:
    """Whether channels are taken out of a network: not of recurrent steps and of networks that TensorFlow builds."""
    return not (network.step or network.write_saved_model or network.stage)


def put_zeros(
    source: Path,
    target: Path,
    options: PruneOptions,
    tensors: Sequence[np.ndarray],
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> None:
    """Prunes the convolutions and dense layers of a SavedModel by magnitude, distilled from itself.

    Args:
        target: SavedModel directory, made; a copy of `source` when it has no kernel that can be pruned so.
        tensors: float32 NHWC inputs to learn on, all of one shape, which may be smaller than that of the network when
            it can be resized; no labels.

    Raises:
        ConversionError: There are no tensors, the network cannot be run at their size, or the training diverged.
    """
    if not tensors:
        raise prune_error("expected calibration images to learn on, found none; give --calibration DIR")
    from converters.pruning import frozen, lift, magnitude

    graph = frozen.load(source)
    try:
        lifted = lift.lift(replace(graph, shape=tensors[0].shape), pointwise_as_dense=options.pattern == "block")
    except ValueError as error:  # TensorFlow's, of the operator that cannot follow
        size = list(tensors[0].shape)
        raise prune_error(
            f"{source}: the network cannot be run at {size}: {str(error)[:300]}; convert without --prune"
        ) from None
    model = magnitude.prune(lifted, options, tensors, progress)
    if model is None:
        shutil.copytree(source, target)
    else:
        frozen.save(lift.lower(graph, lifted, model), target)


def with_zeros(part, saved: Path) -> Path:
    """A SavedModel of a converters.part.Part with zeros in its kernels, or `saved` itself without options."""
    network, options = part.network, part.settings.thinning.zeros
    if not options:
        return saved

    def make(path: Path) -> None:
        with progress.bar(f"{network.name} prune") as advance:
            put_zeros(saved, path, options, windows(network, part.inputs.all()), advance)

    name, target = f"prune {saved.name}", saved.with_name(f"{saved.name}_pruned")
    return part.chain.step(name, target, make, saved, options=str(options), **part.calibration)


def windows(network: PlannedNetwork, tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Inputs of one shape to learn on, in an order of their own.

    Args:
        network: Detectors that can be resized get windows, all others the tensors as they are.
        tensors: float32 NHWC.
    """
    rng = np.random.default_rng(0)
    if network.role != "detector" or not network.resizable:
        return [tensors[i] for i in rng.permutation(len(tensors))]
    height, width = (min(side, most) for side, most in zip(tensors[0].shape[1:3], _WINDOW, strict=True))
    made = [
        np.ascontiguousarray(tensor[:, top : top + height, left : left + width])
        for tensor in tensors
        for top in range(0, tensor.shape[1] - height + 1, height)
        for left in range(0, tensor.shape[2] - width + 1, width)
    ]
    return [made[i] for i in rng.permutation(len(made))]


def require_zeros(files: Sequence[Path], options: PruneOptions) -> None:
    """Raises ConversionError when no kernel of any file has the zeros that were asked for."""
    shares = [share for path in files for share in sparsity.of_kernels(path).values()]
    if not any(abs(share - options.ratio) < 0.02 for share in shares):
        raise prune_error(
            f"expected a kernel with a share of {options.ratio:g} zeros, found none: no network of this model has "
            f"kernels that the pattern {options.pattern!r} and the policy {options.policy!r} allow"
        )
