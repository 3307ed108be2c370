"""Opens what TensorFlow users have: checkpoints with a meta graph, frozen graphs, SavedModels and Keras files."""

import importlib
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from converters import trust
from converters.errors import ConversionError, one_line, source_error
from converters.quiet import Quiet, tensorflow_environment

tensorflow_environment(os.environ)
SIGNATURE = "serving_default"
_META = ".meta"
_INDEX = ".index"


@dataclass(frozen=True)
class TensorFlowGraph:
    """A graph that is not frozen yet.

    Attributes:
        freeze: Gives a GraphDef without variables for the names of the nodes that are wanted.
        inputs: Tensor name of each input of the signature; {} where the file has no signature.
    """

    files: tuple[Path, ...]
    definition: object
    freeze: Callable[[Sequence[str]], object]
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def open_graph(path: Path) -> TensorFlowGraph:
    """Reads a graph of any of the four kinds; which one it is follows from the files.

    Args:
        path: A SavedModel's folder (or its saved_model.pb), a frozen graph (.pb), a Keras file (.h5, .keras), or a
            checkpoint: the meta graph (.meta), the prefix of its files, or the folder in which they lie.

    No code of the file runs: what is to be loaded, and later what is to be frozen, is compared with lists first.

    Raises:
        ConversionError: There is nothing that can be read, or it holds more than computing; the message says what.
    """
    path = Path(path)
    try:
        with Quiet():
            graph = _open(path)
            return replace(graph, freeze=lambda names: _checked(graph.freeze(names), path))
    except ConversionError:
        raise
    except Exception as error:  # TensorFlow and Keras raise errors with no common base
        raise source_error(f"{path}: {type(error).__name__}: {one_line(error, 400)}") from None


def _checked(definition, path: Path):
    trust.check_operators(definition.node, path)
    for function in definition.library.function:
        trust.check_operators(function.node_def, path)
    return definition


def _open(path: Path) -> TensorFlowGraph:
    path = path.parent if path.name == "saved_model.pb" else path
    if (path / "saved_model.pb").is_file():
        return _saved_model(path)
    if path.suffix in (".h5", ".hdf5", ".keras") and path.is_file():
        return _keras(path)
    return _frozen(path) if path.suffix == ".pb" and path.is_file() else _checkpoint(*_checkpoint_files(path))


def _checkpoint_files(path: Path) -> tuple[Path, Path]:
    """(meta graph, prefix of the checkpoint) for either of them, or for the folder in which they lie."""
    if path.is_dir():
        return _in_folder(path)
    if path.suffix == _META:
        prefixes = [path.with_suffix(""), path.with_suffix(".ckpt"), *_prefixes(path.parent)]
        meta = path
    else:
        prefixes = [path]
        if not _is_checkpoint(path):
            raise source_error(
                f"{path}: expected a SavedModel, a frozen graph (.pb), a Keras file (.h5, .keras) or a checkpoint "
                f"(.meta beside .index and .data files), found {'another file' if path.exists() else 'none'}"
            )
        meta = next((m for m in (Path(f"{path}{_META}"), path.with_suffix(_META)) if m.is_file()), None)
        if meta is None:
            raise source_error(
                f"{path}: expected the meta graph {path.name}{_META} beside the checkpoint, found none; a checkpoint "
                "holds the weights alone: export the meta graph (tf.train.export_meta_graph), or freeze the graph and "
                "convert the .pb"
            )
    if not meta.is_file():
        raise source_error(f"{meta}: expected a meta graph, found none")
    prefix = next((prefix for prefix in prefixes if _is_checkpoint(prefix)), None)
    if prefix is None:
        raise source_error(
            f"{meta}: expected the weights {prefixes[0].name}{_INDEX} and .data files beside it, found none"
        )
    return meta, prefix


def _in_folder(folder: Path) -> tuple[Path, Path]:
    metas, prefixes = sorted(folder.glob(f"*{_META}")), _prefixes(folder)
    if len(metas) == 1:
        return _checkpoint_files(metas[0])
    if len(prefixes) == 1 and not metas:
        return _checkpoint_files(prefixes[0])  # says that the meta graph is missing
    found = ", ".join(meta.name for meta in metas) or "none"
    raise source_error(f"{folder}: expected saved_model.pb or one meta graph (.meta), found {found}")


def _prefixes(folder: Path) -> list[Path]:
    return sorted(path.with_suffix("") for path in folder.glob(f"*{_INDEX}"))


def _is_checkpoint(prefix: Path) -> bool:
    """Whether weights lie there: in the format with an index, or in the older one of a single file."""
    return Path(f"{prefix}{_INDEX}").is_file() or (prefix.is_file() and prefix.suffix == ".ckpt")


def _checkpoint(meta: Path, prefix: Path) -> TensorFlowGraph:
    """The way of TensorFlow 1: import_meta_graph, restore, and variables to constants, in one Session."""
    import tensorflow as tf

    tf1 = tf.compat.v1
    graph = tf1.Graph()
    with graph.as_default():
        saver = tf1.train.import_meta_graph(str(meta), clear_devices=True)
    if saver is None:
        raise source_error(f"{meta}: expected a graph with variables and a saver, found none")
    definition = graph.as_graph_def()
    trust.check_restoring(definition, saver.saver_def.restore_op_name, meta)

    def freeze(names: Sequence[str]):
        with tf1.Session(graph=graph) as session:
            saver.restore(session, str(prefix))
            return tf1.graph_util.convert_variables_to_constants(session, definition, list(names))

    weights = [path for path in prefix.parent.glob(f"{prefix.name}*") if path.suffix != _META]
    return TensorFlowGraph((meta, *sorted(weights)), definition, freeze)


def _frozen(path: Path) -> TensorFlowGraph:
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    definition = tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
    except DecodeError:
        raise source_error(f"{path}: expected a frozen TensorFlow graph, found another file") from None
    if not definition.node:
        raise source_error(f"{path}: expected a frozen TensorFlow graph, found no operators")
    variables = [node.name for node in definition.node if node.op in ("Variable", "VariableV2", "VarHandleOp")]
    if variables:
        raise source_error(
            f"{path}: expected a frozen graph, found {len(variables)} variables such as {variables[0]!r}; freeze it "
            "with its checkpoint, or convert the checkpoint"
        )
    return TensorFlowGraph(
        (path,), definition, lambda names: tf.compat.v1.graph_util.extract_sub_graph(definition, list(names))
    )


def _saved_model(folder: Path) -> TensorFlowGraph:
    import tensorflow as tf

    trust.check_saved_model(folder)
    loaded = tf.saved_model.load(str(folder))
    signatures = dict(loaded.signatures)
    name = SIGNATURE if SIGNATURE in signatures else next(iter(signatures), None)
    if name is None or (name != SIGNATURE and len(signatures) > 1):
        found = ", ".join(signatures) or "none"
        raise source_error(f"{folder}: expected the signature {SIGNATURE}, found {found}")
    files = [path for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: (path.name != "saved_model.pb", path))  # the first one is named in messages
    return _of_function(signatures[name], tuple(files))


def _keras(path: Path) -> TensorFlowGraph:
    trust.check_keras(path)  # before TensorFlow is imported, which takes long
    import tensorflow as tf

    model = _keras_package(path).models.load_model(path, compile=False)
    if len(model.inputs) != 1:
        raise source_error(f"{path}: expected a model with one input, found {len(model.inputs)}")
    (x,) = model.inputs
    names = list(model.output_names)

    @tf.function(input_signature=[tf.TensorSpec([1, *x.shape[1:]], x.dtype, "image")])
    def call(image):
        found = model(image, training=False)
        found = list(found.values()) if isinstance(found, dict) else found
        return dict(zip(names, found if isinstance(found, (list, tuple)) else [found], strict=True))

    return _of_function(call.get_concrete_function(), (path,))


def _keras_package(path: Path):
    """The Keras that wrote the file: 3, or 2, which lives on as tf_keras."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            version = json.loads(archive.read("metadata.json"))["keras_version"]
    else:
        import h5py

        with h5py.File(path) as file:
            version = file.attrs.get("keras_version", "2")
            version = version.decode() if isinstance(version, bytes) else str(version)
    return importlib.import_module("keras" if version.startswith("3") else "tf_keras")


def _of_function(function, files: tuple[Path, ...]) -> TensorFlowGraph:
    """A graph out of a concrete function; its variables are constants at once."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False)
    named = function.structured_input_signature[1] or {
        spec.name: spec for spec in function.structured_input_signature[0]
    }
    inputs = dict(zip(sorted(named), sorted(tensor.name for tensor in frozen.inputs), strict=True))
    outputs = dict(zip(sorted(function.structured_outputs), (tensor.name for tensor in frozen.outputs), strict=True))
    definition = frozen.graph.as_graph_def()
    return TensorFlowGraph(files, definition, lambda names: definition, inputs, outputs)
