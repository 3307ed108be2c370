"""Files of TensorFlow and Keras that would do more than compute are refused before anything loads them."""

import io
import json
import os
import zipfile

import pytest

from converters import trust
from converters.errors import ConversionError

h5py = pytest.importorskip("h5py", reason="Keras files need the [convert] extra")


def layer(name: str, module: str | None = None, **config) -> dict:
    made = {"class_name": name, "config": {"name": "a", **config}}
    return made if module is None else {**made, "module": module, "registered_name": None}


def model(*layers: dict) -> dict:
    return {"class_name": "Functional", "config": {"layers": [layer("InputLayer", shape=[None, 64, 64, 3]), *layers]}}


PLAIN = [
    layer("Conv2D", activation="relu", kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": None}}),
    layer(
        "Conv2D",
        "keras.layers",
        dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
        activation={"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "relu"},
    ),
    layer("TFOpLambda", function="math.reduce_mean"),
    layer("TFOpLambda", function="concat"),
    layer("TFOpLambda", function="nn.relu6"),
    layer("SlicingOpLambda", function="__operators__.getitem"),
    layer("GetItem", "keras.src.ops.numpy"),
    layer("Add", "keras.layers"),
    layer("Bidirectional", layer=layer("LSTM", units=4)),
]
HOSTILE = [
    layer("Lambda", function={"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}),
    layer("Lambda", function="relu"),
    {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
    layer("Dense", activation={"class_name": "function", "config": "system", "module": "os"}),
    layer(
        "Dense",
        activation={"class_name": "function", "config": "enable_unsafe_deserialization", "module": "keras.config"},
    ),
    layer("Popen", "subprocess"),
    layer("BytesIO", "_io"),
    layer("get_file", "keras.utils"),
    layer("Dense", "evil.package"),
    layer("load_model", "keras.src.ops"),
    layer("TorchModuleWrapper", "keras.layers"),
    layer("TFSMLayer", "keras.layers"),
    layer("StringLookup", "keras.layers", vocabulary="/etc/passwd"),
    layer("MyLayer"),
    layer("package>MyLayer"),
    {**layer("Dense", "keras.layers"), "registered_name": "package>Dense"},
    layer("TFOpLambda", function="io.write_file"),
    layer("TFOpLambda", function="io.gfile.remove"),
    layer("TFOpLambda", function="py_function"),
    layer("TFOpLambda", function=["math"]),
    layer("TFOpLambda"),
    layer("Bidirectional", layer=layer("Lambda")),
    {"class_name": 5, "config": {}},
    layer("Dense", "keras.layers\nos"),
]


def stored(path, config) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.create_dataset("model_weights/a/kernel", data=[1.0, 2.0])


def archived(path, config, *others) -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/a/vars/0", data=[1.0])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", weights.getvalue())
        for name in others:
            archive.writestr(name, b"x")


@pytest.mark.parametrize("write", [stored, archived])
def test_layers_that_compute_are_taken_and_all_others_refused(write, tmp_path):
    path = tmp_path / "model"
    write(path, model(*PLAIN))
    trust.check_keras(path)
    for hostile in HOSTILE:
        write(path, model(PLAIN[0], hostile))
        with pytest.raises(ConversionError, match="expected layers of Keras") as caught:
            trust.check_keras(path)
        assert "If you trust the file" in str(caught.value) and str(caught.value).isprintable()


def test_every_layer_that_is_taken_is_one_of_keras():
    names = set(json.loads(json.dumps(sorted(trust._LAYERS))))
    assert not names & {
        "Lambda",
        "TorchModuleWrapper",
        "FlaxLayer",
        "JaxLayer",
        "TFSMLayer",
        "StringLookup",
        "TextVectorization",
    }
    assert {"Conv2D", "BatchNormalization", "Concatenate", "UpSampling2D", "ReLU", "Functional"} <= names


def test_archives_and_weights_hold_nothing_else(tmp_path):
    path = tmp_path / "model.keras"
    for name in ("code.py", "../../escape", "assets/vocabulary.txt", "/etc/cron.d/x"):
        archived(path, model(PLAIN[0]), name)
        with pytest.raises(ConversionError, match="beside them"):
            trust.check_keras(path)
    for outside in ("link", "external", "virtual"):
        stored(path, model(PLAIN[0]))
        with h5py.File(path, "a") as file:
            if outside == "link":
                file["more"] = h5py.ExternalLink("/etc/other.h5", "/x")
            elif outside == "external":
                file.create_dataset("more", (4,), "f4", external=[("/etc/hostname", 0, 16)])
            else:
                layout = h5py.VirtualLayout((2,), "f4")
                layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (2,))
                file.create_virtual_dataset("more", layout)
        with pytest.raises(ConversionError, match="in this file"):
            trust.check_keras(path)


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "model.h5"
    for data in (b"", b"\x89HDF\r\n\x1a\n", b"PK\3\4", os.urandom(500)):
        path.write_bytes(data)
        with pytest.raises(ConversionError):
            trust.check_keras(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("kernel", data=[1.0])
    with pytest.raises(ConversionError, match="weights alone"):
        trust.check_keras(path)
    for text in ("[" * 5000, "{", '{"class_name"'):
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = text
        with pytest.raises(ConversionError):
            trust.check_keras(path)


class Node:
    def __init__(self, op: str, name: str = "", inputs=()):
        self.op, self.name, self.input = op, name or op, list(inputs)


def test_operators_with_hands_and_feet_are_refused():
    pytest.importorskip("tensorflow")
    plain = [
        "Conv2D",
        "Relu",
        "NonMaxSuppressionV3",
        "TensorArrayV3",
        "VarHandleOp",
        "ReadVariableOp",
        "Const",
        "While",
        "StatefulPartitionedCall",
        "RandomUniform",
        "Placeholder",
        "ResizeBilinear",
        "Assert",
    ]
    trust.check_operators([Node(name) for name in plain], "a.pb")
    hostile = [
        "WriteFile",
        "ReadFile",
        "MatchingFiles",
        "PyFunc",
        "EagerPyFunc",
        "PyFuncStateless",
        "SaveV2",
        "RestoreV2",
        "MergeV2Checkpoints",
        "PrintV2",
        "TextLineDataset",
        "TensorDataset",
        "IteratorV2",
        "WholeFileReaderV2",
        "InitializeTableFromTextFileV2",
        "SummaryWriter",
        "WriteSummary",
        "_Send",
        "FIFOQueueV2",
        "LookupTableExportV2",
        "DebugIdentityV2",
        "RemoteCall",
        "RpcClient",
    ]
    for name in hostile:
        with pytest.raises(ConversionError, match=f"'{name}', and did not run it"):
            trust.check_operators([Node("Conv2D"), Node(name)], "a.pb")


def test_restoring_may_only_read_weights():
    class Graph:
        node = [
            Node("Const", "where"),
            Node("RestoreV2", "read", ["where"]),
            Node("VariableV2", "v"),
            Node("Assign", "put", ["v", "read:0"]),
            Node("NoOp", "all", ["^put"]),
            Node("WriteFile", "write", ["where"]),
        ]

    trust.check_restoring(Graph, "all", "a.meta")
    for name in ("write", "late"):
        Graph.node.append(Node("NoOp", "late", ["^put", "^write"]))
        with pytest.raises(ConversionError, match="'WriteFile', and did not run it"):
            trust.check_restoring(Graph, name, "a.meta")
