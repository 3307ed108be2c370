"""What the graphs of other people hold: swish, switches for training, channels first, scaling of pixels."""

import json

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs the [convert] extra")

import tensorflow as tf

from converters import pipeline
from converters.errors import ConversionError
from converters.sources import tensorflow as source
from tests.converters.tensorflow_models import tf1, variable

SIZE = (32, 64)
FACTS = {"detector": {"decoder": "db", "mean": [0.5] * 3, "std": [0.5] * 3, "canvases": [list(SIZE)]}}


def planned(path, outputs, tmp_path, **fields):
    """The plan of a graph with a map."""
    detector = {**FACTS["detector"], "outputs": outputs, **fields}
    detector = {name: value for name, value in detector.items() if value is not None}
    (tmp_path / "facts.json").write_text(json.dumps({"detector": detector}))
    return source.plan(f"{path},{tmp_path / 'facts.json'}")


def converted(plan, out, *precisions):
    """Parity figures of the converted detector by precision, as the manifest has them."""
    rng = np.random.default_rng(8)
    pictures = tuple(rng.integers(0, 256, (*SIZE, 3), np.uint8) for _ in range(3))
    folder, _ = pipeline.convert(plan, out, pipeline.Settings(precisions, pictures, ()))
    files = json.loads((folder / "manifest.json").read_text())["detector"]["files"]
    return {file["precision"]: file["parity"] for file in files}


@pytest.mark.parametrize(("package", "suffix"), [("tf_keras", ".h5"), ("keras", ".keras")])
def test_swish_of_both_keras(tmp_path, package, suffix):
    keras = pytest.importorskip(package)
    keras.utils.set_random_seed(5)
    layers = keras.layers
    x = layers.Input((*SIZE, 3))
    y = layers.Conv2D(6, 3, padding="same", activation="silu")(x)
    y = layers.Activation("swish")(layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same")(y)))
    model = keras.Model(x, layers.Conv2D(1, 1, activation="sigmoid", name="map")(y))
    model.save(str(tmp_path / f"model{suffix}"))
    plan = planned(tmp_path / f"model{suffix}", [model.output_names[0]], tmp_path)
    assert converted(plan, tmp_path / "out", "float32")["float32"]["max_abs_error"] < 1e-5


def frozen(build, path):
    graph = tf.Graph()
    with graph.as_default(), tf1.Session(graph=graph) as session:
        build()
        session.run(tf1.global_variables_initializer())
        content = tf1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["map"])
    path.write_bytes(content.SerializeToString())
    return path


def normalized(images, training):
    """Convolution and batch normalization, whose statistics hang on the switch."""
    rng = np.random.default_rng(2)
    y = tf.nn.conv2d(images, variable("k", rng.normal(0, 0.4, (3, 3, 3, 4))), 1, "SAME")
    known = tf.identity(variable("m", [0.3, -0.2, 0.1, 0.4])), tf.identity(variable("v", [0.5, 2.0, 1.0, 0.8]))
    mean, spread = tf1.cond(training, lambda: tuple(tf.nn.moments(y, [0, 1, 2])), lambda: known)
    y = tf.nn.relu((y - mean) * tf1.rsqrt(spread + 1e-3))
    tf.sigmoid(tf.nn.conv2d(y, variable("o", rng.normal(0, 0.4, (1, 1, 4, 1))), 1, "SAME"), name="map")


@pytest.mark.parametrize("second_kind", [False, True], ids=["switches", "branches"])
def test_a_switch_for_training_is_off(tmp_path, second_kind):
    def build():
        (tf1.enable_control_flow_v2 if second_kind else tf1.disable_control_flow_v2)()
        try:
            normalized(
                tf1.placeholder(tf.float32, [None, None, None, 3], "images"),
                tf1.placeholder(tf.bool, name="is_training"),
            )
        finally:
            tf1.enable_control_flow_v2()

    path = frozen(build, tmp_path / "g.pb")
    plan = planned(path, ["map"], tmp_path)
    assert converted(plan, tmp_path / "out", "float32")["float32"]["max_abs_error"] < 1e-5
    x = np.random.default_rng(3).normal(0, 1, (1, *SIZE, 3)).astype(np.float32)
    definition = tf1.GraphDef.FromString(path.read_bytes())
    for training in (False, True):
        graph = tf.Graph()
        with graph.as_default(), tf1.Session(graph=graph) as session:
            tf.import_graph_def(definition, name="")
            wanted = session.run("map:0", {"images:0": x, "is_training:0": training})
        assert np.allclose(plan.networks[0].reference(x), wanted, atol=1e-5) == (not training)


def test_channels_first_is_refused_by_name(tmp_path):
    def image_first():
        image = tf1.placeholder(tf.float32, [None, 3, None, None], "image")
        kernel = variable("k", np.ones((3, 3, 3, 1)))
        tf.nn.conv2d(tf.transpose(image, [0, 2, 3, 1]), kernel, 1, "SAME", name="map")

    def operator_first():
        image = tf1.placeholder(tf.float32, [None, None, None, 3], "image")
        kernel = variable("k", np.ones((3, 3, 3, 1)))
        first = tf.nn.conv2d(tf.transpose(image, [0, 3, 1, 2]), kernel, 1, "SAME", data_format="NCHW", name="inner")
        tf.identity(first, name="map")

    for build, named in (
        (image_first, r"image:0 of shape \[None, 3, None, None\]"),
        (operator_first, r"operator Conv2D \(node inner\) in NCHW"),
    ):
        path = frozen(build, tmp_path / "g.pb")
        with pytest.raises(ConversionError, match=f"channels last .NHWC., found {named}; export it with .*onnx:") as e:
            planned(path, ["map"], tmp_path)
        assert "\n" not in str(e.value)


@pytest.mark.parametrize(("factor", "raw"), [(1 / 255, True), (1 / 127.5, True), (0.7, False)])
def test_scaling_inside_the_graph_is_seen(tmp_path, factor, raw):
    def build():
        image = tf1.placeholder(tf.float32, [None, None, None, 3], "image")
        pixels = image * tf.constant(factor, tf.float32) + tf.constant(-1.0)
        tf.nn.conv2d(pixels, variable("k", np.ones((3, 3, 3, 1))), 1, "SAME", name="map")

    path = frozen(build, tmp_path / "g.pb")
    if raw:
        plan = planned(path, ["map"], tmp_path, mean=None, std=None)
        assert plan.detector.input.mean == (0.0,) * 3 and plan.detector.input.std == (1 / 255,) * 3
    else:
        with pytest.raises(ConversionError, match="expected .mean. and .std."):
            planned(path, ["map"], tmp_path, mean=None, std=None)
