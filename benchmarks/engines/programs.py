"""SavedModels as StableHLO: written by TensorFlow on any machine, run by XLA's GPU backend through JAX on another.

TensorFlow's wheels bring no CUDA, JAX's do. The graph is that of the SavedModel, its weights inside; XLA compiles it
for the GPU, which is not what TensorFlow's own GPU kernels would do: such times are always titled "XLA through JAX".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.engines.networks import Network, networks, tensors
from benchmarks.running.protocol import Skipped
from tflite_ocr.errors import ArtifactError, MissingDependencyError
from tflite_ocr.files import replacing

TITLE = "TensorFlow SavedModel's StableHLO, XLA through JAX"
INDEX = "programs.json"


def export(model: Path, folder: Path, batches: Sequence[int]) -> list[Path]:
    """Writes the networks of a model that take images as StableHLO, with an input for each.

    Args:
        model: Folder of a converted model.
        folder: For the files; made where it does not exist.
        batches: Sizes of batches; each is a program of its own.

    Returns:
        The files' paths, programs.json last.

    Raises:
        ArtifactError: The folder has no valid manifest, or a SavedModel was not kept.
        MissingDependencyError: TensorFlow is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows, paths = [], []
    for network in (single.with_batch(size) for single in networks(model) if single.input for size in batches):
        tensor = tensors(network)[0]
        program, given = folder / f"{network.key}.stablehlo", folder / f"{network.key}.npy"
        for path, content in ((program, stablehlo(network, tensor)), (given, None)):
            with replacing(path) as stream:
                np.save(stream, tensor) if content is None else stream.write(content)
        rows.append(
            {
                "model": network.model,
                "network": network.title,
                "shape": list(network.shape),
                "program": program.name,
                "input": given.name,
            }
        )
        paths += [program, given]
    with replacing(folder / INDEX) as stream:
        stream.write((json.dumps(rows, indent=1) + "\n").encode())
    return [*paths, folder / INDEX]


def stablehlo(network: Network, tensor: np.ndarray) -> bytes:
    """The SavedModel of a network, for inputs of the shape of `tensor` (float32 NHWC), as serialized StableHLO.

    Raises:
        ArtifactError: It was not kept.
        MissingDependencyError: TensorFlow is not installed.
    """
    try:
        import tensorflow as tf
    except ImportError:
        raise MissingDependencyError("TensorFlow is not installed: pip install -e '.[convert]'") from None
    from benchmarks.engines import exchanged

    if not network.saved_model.is_dir():
        raise ArtifactError(f"{network.saved_model}: expected a SavedModel, found none; convert the model again")
    spec = tf.TensorSpec(tensor.shape, tf.float32)
    function = tf.function(exchanged.frozen(network.saved_model), input_signature=[spec], jit_compile=True)
    return function.experimental_get_compiler_ir(spec)(stage="stablehlo_serialized")


def on_gpu(folder: Path) -> Iterator[tuple[dict, Callable]]:
    """What `export` wrote: for each program what a recording says of it, and what prepares its call."""
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder / INDEX}: expected what --export writes, found {error}") from None
    for row in rows:
        described = {key: row[key] for key in ("model", "network", "shape")} | {"engine": TITLE, "precision": "float32"}
        yield described, lambda row=row: call_of(folder / row["program"], np.load(folder / row["input"]), "gpu")


def call_of(program: Path, tensor: np.ndarray, platform: str) -> Callable[[], np.ndarray]:
    """A call that runs a program on JAX's backend, from host memory to host memory.

    Args:
        program: File of serialized StableHLO with one argument.
        tensor: Its input.
        platform: "gpu" or "cpu".

    Raises:
        Skipped: JAX is not installed, or has no such backend.
    """
    try:
        import jax
        from jax.extend import backend
    except ImportError:
        raise Skipped("JAX is not installed: pip install 'jax[cuda12]'") from None
    try:
        client = backend.get_backend(platform)
    except RuntimeError as error:
        raise Skipped(f"JAX {jax.__version__} has no backend {platform}: {error}") from None
    device = client.devices()[0]
    executable = client.compile_and_load(program.read_bytes(), [device])

    def call() -> np.ndarray:
        (result,) = executable.execute_sharded([jax.device_put(tensor, device)]).consume_with_handlers(
            [lambda parts: np.asarray(parts[0])]
        )
        return result

    return call
