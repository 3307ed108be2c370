"""What the chain does when a model is to be pruned: two more stages, and other comparisons.

Channels go out of the ONNX graph before anything else, zeros into the SavedModel's kernels after everything
else, so that every rewrite and the quantization see an ordinary network. A pruned network is no copy of its
source; its arrows are held to the limits around the pruning, and the distance from the source is only recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters import cache, parity, progress, prune
from converters.errors import ConversionError
from converters.plan import Network, Plan
from converters.pruning import options as option_file
from converters.pruning import sparsity
from converters.pruning.options import ChannelOptions, PruneOptions

# A network that can be resized learns on windows of its inputs: as good, and several times as fast.
_WINDOW = (192, 320)
Stage = Callable[[str, Path, dict, Callable[[Path], None]], Path]


def without_channels(
    stage: Stage, network: Network, work: Path, source: Path, options: ChannelOptions | None, key: dict, tensors
) -> tuple[Network, Path]:
    """The network with fewer channels and its ONNX file; recurrent steps and networks that TensorFlow builds stay.

    Args:
        stage: Stage of the chain.
        network: As the source has it.
        work: Folder of its stages.
        source: Its ONNX file.
        options: None to leave all in.
        key: What the tensors depend on.
        tensors: Gives its inputs, float32 NHWC.
    """
    if not options or not can_lose_channels(network):
        return network, source
    from converters.pruning import channels

    def make(path: Path) -> None:
        with progress.bar(f"{network.name} channels") as advance:
            channels.slim(source, path, options, windows(network, tensors()), advance)

    key = {"from": cache.digest_file(source), **key, "options": str(options), "code": cache.digest_code(channels)}
    target = stage("channels", work / "slim.onnx", key, make)
    return replace(network, reference=None, fingerprint=f"{network.fingerprint} {options}"), target


def can_lose_channels(network: Network) -> bool:
    """Whether channels are taken out of a network: not of recurrent steps and of networks that TensorFlow builds."""
    return not (network.step or network.write_saved_model or network.stage)


def with_zeros(stage: Stage, network: Network, saved: Path, options: PruneOptions | None, key: dict, tensors) -> Path:
    """The SavedModel with zeros in its kernels, or `saved` itself when there are no options."""
    if not options:
        return saved

    def make(path: Path) -> None:
        with progress.bar(f"{network.name} prune") as advance:
            prune.prune(saved, path, options, windows(network, tensors()), advance)

    key = {"from": cache.digest_file(saved), **key, "options": str(options), "code": cache.digest_code(*_prune_code())}
    return stage(f"prune {saved.name}", saved.with_name(f"{saved.name}_pruned"), key, make)


def windows(network: Network, tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
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


def _prune_code() -> tuple:
    from converters.pruning import frozen, lift, magnitude, operators

    return prune, frozen, lift, magnitude, operators, option_file


def measure(
    plan: Plan,
    network: Network,
    original: parity.Forward,
    slim: Path,
    saved: tuple[Path, Path],
    target: Path,
    stored: str,
    tensors: Sequence[np.ndarray],
) -> dict[str, float]:
    """Differences at every arrow but the pruning with the limits enforced, and from the source without.

    Args:
        plan: For the detector's threshold.
        network: The slim one.
        original: The network as its source has it.
        slim: ONNX file without the channels.
        saved: SavedModels before and after zeros came in.
        target: .tflite file.
        stored: Its precision.
        tensors: float32 NHWC.

    Raises:
        ParityError: An arrow changed the network more than its limit allows.
    """
    before, after = (parity.saved_model_forward(folder) for folder in saved)
    final = parity.tflite_forward(target)
    figures = {}
    arrows = {stored: (after, final)}
    if stored != "int8" or not network.int8_passes:
        arrows = {"saved_model": (parity.onnx_forward(slim), before), **arrows}
    for name, (first, second) in arrows.items():
        cosine = parity.compare(first, second, tensors)["cosine"]
        parity.require(f"{network.name} {name} cosine", cosine, parity.LIMITS[name])
        figures[f"{name}_step_cosine"] = cosine
    figures |= parity.compare(original, final, tensors)
    if network.role == "detector":
        figures["mask_iou"] = parity.mask_iou(original, final, tensors, plan.text_threshold)
    return figures


def require_zeros(files: Sequence[Path], options: PruneOptions) -> None:
    """Raises ConversionError when no kernel of any file has the zeros that were asked for."""
    shares = [share for path in files for share in sparsity.of_kernels(path).values()]
    if not any(abs(share - options.ratio) < 0.02 for share in shares):
        raise ConversionError(
            "prune",
            f"expected a kernel with a share of {options.ratio:g} zeros, found none: no network of this model "
            f"has kernels that the pattern {options.pattern!r} and the policy {options.policy!r} allow",
        )
