"""Stage SavedModel -> SavedModel with zeros in its kernels."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters.errors import ConversionError
from converters.pruning.options import PruneOptions


def prune(
    source: Path,
    target: Path,
    options: PruneOptions,
    tensors: Sequence[np.ndarray],
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> None:
    """Prunes the convolutions and dense layers of a SavedModel by magnitude, distilled from itself.

    Args:
        source: SavedModel with one input and one output.
        target: SavedModel directory, made; a copy of `source` when it has no kernel that can be pruned so.
        options: How much, in which pattern, how long.
        tensors: float32 NHWC inputs to learn on, all of one shape, which may be smaller than that of the network when
            it can be resized; no labels.
        progress: Called with the step that is done and their number.

    Raises:
        ConversionError: There are no tensors, the network cannot be run at their size, or the training diverged.
    """
    if not tensors:
        raise ConversionError("prune", "expected calibration images to learn on, found none; give --calibration DIR")
    from converters.pruning import frozen, lift, magnitude

    graph = frozen.load(source)
    try:
        lifted = lift.lift(replace(graph, shape=tensors[0].shape), pointwise_as_dense=options.pattern == "block")
    except ValueError as error:  # TensorFlow's, of the operator that cannot follow
        size = list(tensors[0].shape)
        raise ConversionError(
            "prune", f"{source}: the network cannot be run at {size}: {str(error)[:300]}; convert without --prune"
        ) from None
    model = magnitude.prune(lifted, options, tensors, progress)
    if model is None:
        shutil.copytree(source, target)
    else:
        frozen.save(lift.lower(graph, lifted, model), target)
