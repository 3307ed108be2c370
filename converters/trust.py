"""What a model file of TensorFlow or Keras may hold before anything loads it: layers and operators that only compute.

Loading a Keras file makes the classes that it names, a Lambda layer unpacks Python code, and a graph may read, write
and send. So the names are read first, with nothing but JSON, HDF5 and protobuf, and compared with lists.
"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from converters.errors import ConversionError, source_error
from tflite_ocr import files

_ROOT = Path(__file__).resolve().parents[1]
_MOST_CONFIG_BYTES, _MOST_DEPTH, _MOST_ITEMS = 1 << 26, 100, 100_000
_ADVICE = (
    "and did not load it. If you trust the file, load it in a program of your own, export it as a SavedModel without "
    "that (model.export), and convert the SavedModel"
)
_LAYERS = frozenset(
    """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D AvgPool2D BatchNormalization BatchNormalizationV1 BatchNormalizationV2
    Bidirectional CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
    ConvLSTM1D ConvLSTM2D Convolution2D Cropping1D Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Dot
    Dropout ELU EinsumDense Flatten Functional GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D
    GlobalAveragePooling2D GlobalAvgPool2D GlobalMaxPool2D GlobalMaxPooling1D GlobalMaxPooling2D GroupNormalization
    Identity InputLayer LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPool2D MaxPooling1D MaxPooling2D
    MaxPooling3D Maximum Minimum Model MultiHeadAttention Multiply Normalization PReLU Permute RNN ReLU RepeatVector
    Rescaling Reshape Resizing RMSNormalization SeparableConv1D SeparableConv2D Sequential SimpleRNN SimpleRNNCell
    SlicingOpLambda Softmax SpatialDropout1D SpatialDropout2D SpectralNormalization StackedRNNCells Subtract TFOpLambda
    ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D
""".split()
)
_OTHERS = frozenset(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform Ones
    Orthogonal OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
    L1 L2 L1L2 OrthogonalRegularizer MaxNorm MinMaxNorm NonNeg UnitNorm RadialConstraint
    DTypePolicy Policy FloatDTypePolicy __keras_tensor__ __tuple__ __tensor__ __numpy__ __ellipsis__ slice TensorShape
""".split()
)
_FUNCTIONS = frozenset(
    """
    celu elu exponential gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax
    mish relu relu6 selu sigmoid silu softmax softplus softsign squareplus swish tanh tanh_shrink
""".split()
)
_HOME = re.compile(r"(?:keras|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(?:\.\w+)*|builtins")
_OPERATION_HOME = re.compile(r"keras\.(?:src\.)?ops(?:\.\w+)*")
# Of TensorFlow's functions, which a TFOpLambda names, those that compute; tf.io and others have hands and feet.
_COMPUTING = re.compile(
    r"(?:math|nn|image|linalg|bitwise|dtypes|signal|__operators__|compat\.v1\.(?:nn|math|image))(?:\.\w+)+|"
    r"(?:keras\.)?(?:activations|backend)\.\w+|"
    r"add|abs|argmax|argmin|broadcast_to|cast|ceil|clip_by_value|concat|cos|divide|equal|exp|expand_dims|fill|floor|"
    r"gather|gather_nd|greater|greater_equal|identity|less|less_equal|linspace|logical_and|logical_not|logical_or|"
    r"matmul|maximum|meshgrid|minimum|multiply|not_equal|one_hot|ones|ones_like|pad|pow|range|reduce_\w+|reshape|"
    r"reverse|round|shape|sigmoid|sin|slice|split|sqrt|square|squeeze|stack|strided_slice|subtract|tanh|tensordot|tile|"
    r"transpose|unstack|"
    r"where|zeros|zeros_like|convert_to_tensor|compat\.v1\.(?:transpose|shape|squeeze|reshape|gather|image\.\w+)"
)
_SKIPPED = ("compile_config", "training_config", "build_config", "build_input_shape")
# Operators that keep something, but only inside the session; all others with a memory are refused.
_KEEPING = re.compile(
    r"Var(?:iable(?:V2)?|HandleOp|IsInitializedOp)|ReadVariableOp|Destroy\w*Op|Assign\w*|Is(?:Variable)?Initialized|"
    r"(?:Stateful|Stateless)?PartitionedCall|While|If|Case|For|Assert|TensorArray\w*|Stack\w*V2|Placeholder\w*|Empty|"
    r"Random\w+|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial|MutexV2|DisableCopyOnRead|_Arg|_Retval"
)
_REACHING = re.compile(r"\w*(?:File|Py|Dataset|Iterator|Print|Python|Socket|Rpc|Remote|Send|Recv|Checkpoint|Reader)\w*")
_SAVING = "SaveV2 SaveSlices Save RestoreV2 Restore RestoreSlice MergeV2Checkpoints ShardedFilename".split()
_RESTORING = re.compile(
    r"Restore\w*|Assign\w*|Var(?:iable(?:V2)?|HandleOp)|Const|NoOp|Identity\w*|Placeholder\w*|Cast|Reshape|Pack|"
    r"StringJoin|Squeeze"
)


def check_keras(path: Path) -> None:
    """Reads which layers a Keras file (.h5, .keras) names.

    Raises:
        ConversionError: One of them may do more than compute, or the file is damaged.
    """
    # HDF5's own reader does not survive every damaged file: tried in a process that may end.
    tried = subprocess.run([sys.executable, "-m", __name__, str(Path(path).absolute())], cwd=_ROOT, capture_output=True)
    if tried.returncode < 0:
        raise source_error(
            f"{path}: expected a Keras model, found a damaged one, at which HDF5 ends with signal "
            f"{-tried.returncode}; export it again"
        )
    _check_keras(path)


def _check_keras(path: Path) -> None:
    try:
        if zipfile.is_zipfile(path):
            config = _archived(path)
        else:
            config = _stored(path)
    except ConversionError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, RecursionError, EOFError, zipfile.BadZipFile) as error:
        raise source_error(f"{path}: expected a Keras model, found {error}; export it again") from None
    found = next(_foreign(config, 0), None)
    if found:
        raise source_error(f"{path}: expected layers of Keras that only compute, found {found}, {_ADVICE}")


def _archived(path: Path) -> object:
    with zipfile.ZipFile(path) as archive:
        foreign = [
            name
            for name in archive.namelist()
            if not re.fullmatch(r"config\.json|metadata\.json|model\.weights\.h5|(?:assets|_layer\w*)/", name)
        ]
        if foreign:
            raise source_error(
                f"{path}: expected the configuration and weights of a Keras model, found {foreign[0]!r:.80} beside "
                f"them, {_ADVICE}"
            )
        entry = archive.getinfo("config.json")
        if entry.file_size > _MOST_CONFIG_BYTES:
            raise ValueError(f"a configuration of {entry.file_size} bytes")
        config = json.loads(archive.read(entry))
        if "model.weights.h5" in archive.namelist():
            with archive.open("model.weights.h5") as weights:
                _check_links(weights, path)
    return config


def _stored(path: Path) -> object:
    import h5py

    files.require_regular(path)
    _check_links(path, path)
    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config")
    if config is None:
        raise source_error(f"{path}: expected a whole Keras model, found weights alone; save the model")
    return json.loads(config)


def _check_links(source, path: Path) -> None:
    """HDF5 can say that data lie in another file; a model's lie in its own."""
    import h5py

    with h5py.File(source, "r") as file:
        groups, count = [file], 0
        while groups:
            group = groups.pop()
            for name in group:
                count += 1
                link = group.get(name, getlink=True)
                outside = isinstance(link, h5py.ExternalLink)
                item = None if outside or isinstance(link, h5py.SoftLink) else group[name]
                if isinstance(item, h5py.Group):
                    groups.append(item)
                elif isinstance(item, h5py.Dataset):
                    outside = bool(item.external) or item.is_virtual
                if outside or count > _MOST_ITEMS:
                    raise source_error(
                        f"{path}: expected weights in this file, found {name!r:.80} in another or too many; save the "
                        "model again"
                    )


def _foreign(value: object, depth: int) -> Iterator[str]:
    """What of a configuration is on no list, in words."""
    if depth > _MOST_DEPTH:
        yield "brackets too deep"
    elif isinstance(value, list):
        for item in value:
            yield from _foreign(item, depth + 1)
    elif isinstance(value, dict):
        if "class_name" in value:
            yield from _foreign_class(value)
        for key, item in value.items():
            if key not in _SKIPPED:
                yield from _foreign(item, depth + 1)


def _foreign_class(value: dict) -> Iterator[str]:
    name, home, config = value["class_name"], value.get("module"), value.get("config")
    registered = value.get("registered_name")
    if not isinstance(name, str) or not (home is None or isinstance(home, str)):
        yield "a class without a name"
    elif name in ("function", "__lambda__"):
        if not isinstance(config, str) or config not in _FUNCTIONS or not _HOME.fullmatch(home or "builtins"):
            yield f"the function {config!r:.80}" if name == "function" else "a lambda, which is Python code"
    elif home is not None and _OPERATION_HOME.fullmatch(home) and name[:1].isupper():
        pass
    elif name == "Lambda":
        yield "a Lambda layer, which holds Python code"
    elif name not in _LAYERS | _OTHERS or home is not None and not _HOME.fullmatch(home):
        yield f"{home + '.' if home else ''}{name}"[:120]
    elif isinstance(registered, str) and registered not in _FUNCTIONS | {name} and ">" in registered:
        yield f"the class {registered!r:.80} of somebody's own"
    elif name == "TFOpLambda":
        function = config.get("function") if isinstance(config, dict) else None
        if not isinstance(function, str) or not _COMPUTING.fullmatch(function):
            yield f"the function {function!r:.80}"


def check_operators(nodes: Iterable, path: Path, saving: bool = False) -> None:
    """Compares the operators of a graph with what may run.

    Args:
        saving: Whether operators that write and read checkpoints may stand there, because nothing runs them.

    Raises:
        ConversionError: One of them reads or writes files, calls Python, or keeps something outside.
    """
    from tensorflow.python.framework import op_def_registry

    for name in {node.op for node in nodes}:
        if saving and name in _SAVING:
            continue
        definition = op_def_registry.get(name)
        keeping = definition is not None and definition.is_stateful and not _KEEPING.fullmatch(name)
        if name in _SAVING or _REACHING.fullmatch(name) or keeping:
            raise source_error(
                f"{path}: expected operators that only compute, found {name!r:.80}, and did not run it. If you trust "
                "the file, cut it out of the graph (name the outputs before it), or export the model without it"
            )


def check_restoring(definition, operation: str, path: Path) -> None:
    """Compares what runs when a graph's weights are restored with what may.

    Raises:
        ConversionError: It runs something else than reading the checkpoint into variables.
    """
    by_name, left, seen = {node.name: node for node in definition.node}, [operation], set()
    while left:
        name = left.pop().lstrip("^").partition(":")[0]
        if name in seen or name not in by_name:
            continue
        seen.add(name)
        node = by_name[name]
        if not _RESTORING.fullmatch(node.op):
            raise source_error(
                f"{path}: expected weights to be restored by reading them alone, found the operator {node.op!r:.80}, "
                "and did not run it; freeze the graph in a program of your own if you trust it"
            )
        left += node.input


def check_saved_model(folder: Path) -> None:
    """Compares the operators of a SavedModel that loading it may run, or a call of it.

    Raises:
        ConversionError: One of them does more than compute, or the file is damaged.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    path, model = folder / "saved_model.pb", saved_model_pb2.SavedModel()
    try:
        model.ParseFromString(files.read_regular(path, 1 << 31))
    except (DecodeError, OSError) as error:
        raise source_error(f"{path}: expected a SavedModel, found {error}") from None
    for meta in model.meta_graphs:
        functions = {function.signature.name: function for function in meta.graph_def.library.function}
        called = {name for function in meta.object_graph_def.concrete_functions for name in (function,)}
        for name in _reachable(called, functions):
            check_operators(functions[name].node_def, path)
        # The graph around holds what saves and restores, which TensorFlow 2 does not run and 1 does as its saver says.
        first = not meta.object_graph_def.nodes
        check_operators(meta.graph_def.node, path, saving=True)
        if first:
            check_restoring(meta.graph_def, meta.saver_def.restore_op_name, path)
            for name in functions:
                check_operators(functions[name].node_def, path)


def _reachable(names: Iterable[str], functions: dict) -> set[str]:
    """Functions that some functions call, themselves among them."""
    left, seen = list(names), set()
    while left:
        name = left.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in functions[name].node_def:
            left.append(node.op)
            for value in node.attr.values():
                left += [value.func.name, *(item.name for item in value.list.func)]
    return seen


if __name__ == "__main__":
    try:
        _check_keras(Path(sys.argv[1]))
    except ConversionError:
        sys.exit(1)
