"""Stage ONNX -> TensorFlow SavedModel, by onnx2tf."""

import copy
import importlib.util
import itertools
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from converters import limits, locating, parity, slice_ends
from converters.errors import ConversionError, ParityError, one_line
from converters.quiet import Quiet, tensorflow_environment

_log = logging.getLogger(__name__)

# onnx2tf downloads this file for every RGB input unless one lies in the working directory.
_SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"
# Operators of onnx2tf that ONNX Runtime, with which everything is compared, does not run.
_NOT_COMPARED = {"DeformConv"}
# What onnx2tf prints of the node at which it fails, and how much of its last words is searched for that.
_FAILED = re.compile(r"onnx_op_name: (\w+)")
_PRINTED = 8000


@dataclass(frozen=True)
class Attempt:
    """Options of one call of onnx2tf; none is exact for all graphs.

    Attributes:
        shapes: Whether the recorded shapes of sums of images are kept, see _save_copy.
        strict: Whether onnx2tf runs the graph itself and tries layouts until a node's values agree with it.
        names: Whether onnx2tf simplifies the graph again and gives its nodes names.
    """

    name: str
    shapes: bool = False
    strict: bool = False
    names: bool = False


# The first makes the fewest transposes and follows other sizes; the others are for graphs that it gets wrong.
ATTEMPTS = (
    Attempt("without the shapes of sums"),
    Attempt("with all shapes", shapes=True),
    Attempt("strict", shapes=True, strict=True),
    Attempt("strict, without the shapes of sums", strict=True),
    Attempt("onnx2tf's own", shapes=True, strict=True, names=True),
)
# The largest error, as a share of the largest output, up to which a conversion counts as exact. Another order of
# float additions makes up to 1e-4 in deep networks; a wrong layout or a shifted pixel makes 1e-2 and more.
EXACT = 1e-3


def convert(
    source: Path, target: Path, tensors: Sequence[np.ndarray] = (), attempts: Sequence[Attempt] = ATTEMPTS
) -> Attempt:
    """Converts an ONNX file of fixed input shapes (NCHW) to a SavedModel (NHWC), by the first call that is exact.

    onnx2tf runs in a temporary working directory on a copy of the file, since it may rewrite its
    input and looks there for sample data.

    Args:
        tensors: Inputs (NHWC, float32) at which results are compared with the source; noise if there are none.

    Returns:
        The options of the exact call, or of the nearest where none is exact.

    Raises:
        ConversionError: onnx2tf cannot convert the graph, or makes another one of it; operator and node are named.
    """
    target = target.absolute()  # the working directory changes
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=target.name + ".") as work:
        try:
            model = onnx.load(source)
        except (OSError, DecodeError) as error:
            raise ConversionError("saved_model", f"{source}: expected an ONNX model, found {error}") from None
        require_known(model, source)
        best, failed = None, None
        tensors = tensors or _noise(model)
        for number, attempt in enumerate(attempts):
            folder = Path(work) / str(number)
            try:
                made = _converted(model, source, folder, attempt)
            except ConversionError as error:
                failed = failed or error
                continue
            error = _error(source, made, tensors)
            _log.info("%s: %s: error %.3g of the largest output", source.name, attempt.name, error)
            if best is None or error < best[0]:
                best = error, attempt, made
            if error <= EXACT:
                break
        if best is None:
            raise failed
        if limits.failures("saved_model", {"relative_error": best[0]}):
            raise _wrong(model, source, Path(work), best[1], tensors)
        shutil.rmtree(target, ignore_errors=True)
        best[2].rename(target)
        return best[1]


def _converted(model: onnx.ModelProto, source: Path, folder: Path, attempt: Attempt) -> Path:
    """The SavedModel that onnx2tf makes in one way, in a folder of its own."""
    tensorflow_environment(os.environ)
    said = Quiet()
    with said:
        import onnx2tf
        import tf_keras

    # Layers are named by counters of the process: with them as they are at its start, what other stages ran before
    # changes no byte of the result.
    tf_keras.backend.clear_session()
    folder.mkdir()
    graph_file, parameters, output = folder / "model.onnx", folder / "parameters.json", folder / "saved_model"
    names = _save_copy(model, graph_file, attempt.shapes)
    np.save(folder / _SAMPLE, np.random.default_rng(0).random((20, 128, 128, 3), np.float32))
    parameters.write_text(json.dumps(slice_ends.replacements(graph_file)))
    home = os.getcwd()
    try:
        os.chdir(folder)
        with said:
            made = onnx2tf.convert(
                input_onnx_file_path=str(graph_file),
                output_folder_path=str(output),
                output_signaturedefs=True,
                param_replacement_file=str(parameters),
                not_use_onnxsim=not attempt.names,
                not_use_opname_auto_generate=not attempt.names,  # it would infer the shapes again
                disable_strict_mode=not attempt.strict,
                non_verbose=True,
                disable_model_save=True,  # it would also write two .tflite files, for minutes
            )
            _save(made, output)
    except (Exception, SystemExit) as error:  # onnx2tf ends some failures with sys.exit
        raise ConversionError("saved_model", f"{source.name}: {_reason(error, said, names)}") from None
    finally:
        os.chdir(home)
    return output


def _reason(error: BaseException, said: Quiet, names: dict[str, str]) -> str:
    """One line that names operator and node, out of what onnx2tf printed before it gave up."""
    marked = _FAILED.findall(said.tail(_PRINTED))
    where = f"operator {names[marked[-1]]}" if marked and marked[-1] in names else "the graph"
    advice = "export the network again with fixed sizes and without this operator"
    return f"onnx2tf failed at {where}: {one_line(error)}; {advice}"


def require_known(model: onnx.ModelProto, source: Path) -> None:
    """Refuses operators that onnx2tf does not have, before it is started.

    Raises:
        ConversionError: There are some; they are named with their nodes.
    """
    operators = Path(importlib.util.find_spec("onnx2tf").submodule_search_locations[0]) / "ops"
    known = {path.stem for path in operators.glob("*.py")} - _NOT_COMPARED
    known |= {function.name for function in model.functions}  # local ones, which are written out before
    unknown = [node for node in model.graph.node if node.op_type not in known]
    if unknown:
        named = "; ".join(f"operator {described(node)}" for node in unknown[:3])
        raise ConversionError(
            "saved_model",
            f"{source.name}: {named} has no form in TensorFlow here; export the network without it (a quantized file "
            "from its float original)",
        )


def described(node: onnx.NodeProto) -> str:
    """Type and name of a node, or what it makes where it has no name, for messages."""
    domain = f"{node.domain}." if node.domain not in ("", "ai.onnx") else ""
    return named(f"{domain}{node.op_type}", node.name or f"that makes {node.output[0]}")


def named(operator: str, node: str) -> str:
    """An operator and its node, for messages."""
    return f"{operator} (node {node})"


def _noise(model: onnx.ModelProto) -> list[np.ndarray]:
    constants = {item.name for item in model.graph.initializer}
    x = next(item for item in model.graph.input if item.name not in constants)
    shape = [size.dim_value for size in x.type.tensor_type.shape.dim]
    shape = [shape[0], *shape[2:], shape[1]] if len(shape) == 4 else shape
    rng = np.random.default_rng(0)
    return [rng.normal(0, 1, shape).astype(np.float32) for _ in range(2)]


def _error(source: Path, made: Path, tensors: Sequence[np.ndarray]) -> float:
    """Largest difference as a share of the largest output; infinite for one of another size or none at all."""
    import tensorflow as tf

    with Quiet():
        reference, candidate = parity.onnx_forward(source), parity.saved_model_forward(made)
    try:
        found = parity.compare(reference, candidate, tensors)
    except (ParityError, tf.errors.OpError):  # some operators are made that TensorFlow cannot run
        return float("inf")
    return found["relative_error"] if np.isfinite(found["cosine"]) else float("inf")


def _wrong(
    model: onnx.ModelProto, source: Path, work: Path, attempt: Attempt, tensors: Sequence[np.ndarray]
) -> ConversionError:
    """Says at which node the nearest conversion begins to be another graph."""
    import tensorflow as tf

    numbers = itertools.count()

    def wrong(part: onnx.ModelProto) -> bool:
        path = work / f"part{next(numbers)}.onnx"
        onnx.save(part, path)
        try:
            made = _converted(part, path, path.with_suffix(""), attempt)
        except ConversionError:
            return True
        with Quiet():
            forms = parity.onnx_forward(path), parity.saved_model_forward(made)
        try:
            return not locating.difference(*(form(tensors[0]) for form in forms)) <= EXACT
        except tf.errors.OpError:
            return True

    node = locating.first_wrong(model, wrong)
    return ConversionError(
        "saved_model",
        f"{source.name}: onnx2tf makes something else of operator {described(node)}; export the network without it, at "
        "another size, or in another way (torch.onnx.export(dynamo=True))",
    )


def _save(model, folder: Path) -> None:
    """Writes a Keras model as a SavedModel whose serving_default has the names and shapes of its inputs."""
    import tensorflow as tf
    import tf_keras

    archive = tf_keras.export.ExportArchive()
    archive.add_endpoint(
        name="serving_default",
        fn=lambda *inputs: model(inputs),
        input_signature=[tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in model.inputs],
    )
    archive.write_out(str(folder))


def _save_copy(model: onnx.ModelProto, target: Path, shapes: bool) -> dict[str, str]:
    """Writes a graph with plain node names, and without the recorded shapes of sums of images unless they are wanted.

    onnx2tf compares the shape of every sum with the recorded NCHW one and, as its own is NHWC,
    wraps the sum into transposes; without a record it leaves the sum alone. Sums of other ranks keep
    theirs: there onnx2tf needs it to tell tokens from channels.

    Returns:
        What each node was, by the name that it has now.
    """
    model = copy.deepcopy(model)
    if not shapes:
        sums = {output for node in model.graph.node if node.op_type == "Add" for output in node.output}
        images = {info.name for info in model.graph.value_info if len(info.type.tensor_type.shape.dim) == 4}
        kept = [info for info in model.graph.value_info if info.name not in sums & images]
        del model.graph.value_info[:]
        model.graph.value_info.extend(kept)
    names = {}
    for i, node in enumerate(model.graph.node):
        plain = f"{node.op_type}_{i}"  # some exporters use characters that TensorFlow refuses
        names[plain], node.name = described(node), plain
    onnx.save(model, target)
    return names
