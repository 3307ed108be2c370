"""Text detectors of TensorFlow: every kind of file gives the graph that it holds, and what cannot be one is refused."""

import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs the [convert] extra")

import tensorflow as tf

from converters import pipeline, sources
from converters.__main__ import main
from converters.errors import ConversionError, ParityError
from converters.sources import tensorflow as source
from tests.converters import tensorflow_models as models
from tflite_ocr import Reader, manifest
from tflite_ocr.errors import ArtifactError

SIZE = (64, 96)


def page(seed=0, height=64, width=96):
    """A dark bar, each of whose pixels has a shade of its own, on white: rows 16 to 40, columns 24 to 72."""
    picture = np.full((height, width, 3), 255, np.uint8)
    picture[16:40, 24:72] = np.random.default_rng(seed).integers(0, 60, (24, 48, 1))
    return picture


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """Folder of every kind of file, and a function that runs the original of the checkpoint."""
    folder = tmp_path_factory.mktemp("graphs")
    (folder / "ckpt").mkdir()
    original = models.save_checkpoint(models.full_boxes, folder / "ckpt")
    models.save_frozen(models.plain_boxes, folder / "plain.pb", models.BOXES)
    models.save_frozen(models.full_boxes, folder / "full.pb", models.BOXES[:3])
    models.save_frozen(models.east, folder / "east.pb", models.EAST)
    outputs = {name: name for name in models.BOXES}
    models.save_saved_model(models.plain_boxes, folder / "one", {"inputs": "image_tensor"}, outputs)
    return folder, original


def settings(*precisions):
    pictures = tuple(page(seed) for seed in range(1, 4))
    return pipeline.Settings(precisions or ("float32",), pictures, ())


@pytest.fixture(autouse=True)
def readable(monkeypatch):
    """Detectors are looked at here: nothing reads."""
    monkeypatch.setattr("tflite_ocr.recognition.tesseract.require", lambda codes: None)


def found(folder, picture, precision="float32", engine="tflite"):
    """(quads, scores) of a converted detector."""
    return Reader(folder, precision=precision, engine=engine)._loaded().detector.detect(picture)


def corners(quads):
    """Upright quads as rounded (left, top, right, bottom), sorted."""
    return sorted(tuple(np.rint([*quad[0], *quad[2]]).astype(int).tolist()) for quad in quads)


@pytest.mark.parametrize(
    "path", ["ckpt/model.ckpt.meta", "ckpt/model.ckpt", "ckpt", "plain.pb", "full.pb", "one", "one/saved_model.pb"]
)
def test_boxes_are_recognised_in_every_kind_of_file(graphs, path):
    folder, _ = graphs
    whole = "plain" in path or "one" in path
    plan = source.plan(str(folder / path), [SIZE] if whole else (), "tesseract")
    assert (plan.name, plan.detector.decoder, plan.read_by) == ("tensorflow", "boxes", "tesseract")
    assert plan.recognizers == ()
    assert plan.detector.input.color == "RGB" and plan.detector.input.mean == (0.0,) * 3
    (network,) = plan.networks
    assert network.shape == (1, 3, *SIZE)  # of the loops, the size that the graph's own resizer makes
    assert network.quantized != whole and network.unordered == whole
    assert all(len(digest) == 64 for digest in plan.source.sha256.values()) and plan.source.sha256


def test_all_files_of_one_graph_give_the_same_outputs(graphs):
    folder, _ = graphs
    x = page(5)[None].astype(np.float32)
    plain, one = (source.plan(str(folder / n), [SIZE]).networks[0].reference(x) for n in ("plain.pb", "one"))
    np.testing.assert_allclose(plain, one, atol=1e-6)
    frozen, checkpoint = (source.plan(str(folder / n)).networks[0].reference(x) for n in ("full.pb", "ckpt"))
    np.testing.assert_allclose(frozen, checkpoint, atol=1e-6)
    assert frozen.shape == (1, 192, 5) and frozen[..., 0].max() > 0.8


def test_a_checkpoint_converts_and_finds_what_its_graph_finds(graphs, tmp_path):
    folder, original = graphs
    plan = source.plan(str(folder / "ckpt" / "model.ckpt.meta"))
    options = dataclasses.replace(settings("float32", "int8"), formats=("onnx",))
    converted, _ = pipeline.convert(plan, tmp_path, options)
    facts = manifest.load(converted)
    assert [spec.shape for spec in facts.detector.files[0].outputs] == [(1, 192, 1), (1, 192, 4)]
    assert facts.detector.files[0].parity["scores_cosine"] > 0.9999
    picture = page(7)
    feed = {"image_tensor:0": picture[None, :, :, ::-1]}
    boxes, scores = original("detection_boxes", feed)[0], original("detection_scores", feed)[0]
    wanted = boxes[scores > 0.5] * [64, 96, 64, 96]
    wanted = sorted(tuple(np.rint(box[[1, 0, 3, 2]]).astype(int).tolist()) for box in wanted)
    assert len(wanted) > 4
    facts = dataclasses.replace(facts, read_by="tesseract")
    (converted / "manifest.json").write_text(manifest.dump(facts))
    for precision, engine in (("float32", "tflite"), ("float32", "onnxruntime")):
        quads, confidences = found(converted, picture, precision, engine)
        assert corners(quads) == wanted
        np.testing.assert_allclose(sorted(confidences), sorted(scores[scores > 0.5]), atol=1e-4)
    quads, _ = found(converted, picture, "int8")
    left, top, right, bottom = np.array(corners(quads)).T
    assert (left.min(), top.min(), right.max(), bottom.max()) == (24, 16, 72, 40)


def test_boxes_that_the_graph_suppresses_itself_stay_float(graphs, tmp_path):
    folder, _ = graphs
    plan = source.plan(str(folder / "plain.pb"), [SIZE], "tesseract")
    converted, _ = pipeline.convert(plan, tmp_path, settings("float32", "int8"))
    files = manifest.load(converted).detector.files
    assert {file.path for file in files} == {"detector_float32.tflite"}
    assert files[0].parity["painted_cosine"] > 0.98
    assert corners(found(converted, page(8))[0])[0] == (24, 16, 32, 24)


@pytest.mark.parametrize("name", ["plain.pb", "full.pb"])
def test_a_detector_unlike_its_source_is_refused(graphs, tmp_path, name):
    folder, _ = graphs
    plan = source.plan(str(folder / name), [SIZE])
    (network,) = plan.networks

    def mirrored(x):
        return network.reference(np.ascontiguousarray(x[:, :, ::-1] * np.float32(0.7)))

    plan = dataclasses.replace(plan, networks=(dataclasses.replace(network, reference=mirrored),))
    with pytest.raises(ParityError, match="detector .*float32 .*cosine"):
        pipeline.convert(plan, tmp_path, settings())
    assert [path for path in (tmp_path / "tensorflow").iterdir() if path.is_file()] == []


def test_east_converts_and_finds_the_bar(graphs, tmp_path):
    folder, _ = graphs
    plan = source.plan(str(folder / "east.pb"), [SIZE], "tesseract")
    assert plan.detector.decoder == "east" and plan.detector.options == {"stride": 4.0}
    assert plan.detector.input.mean == (0.0,) * 3  # the graph subtracts its means
    converted, _ = pipeline.convert(plan, tmp_path, settings("float32", "int8"))
    parity = manifest.load(converted).detector.files[0].parity
    assert parity["score_cosine"] > 0.9999 and parity["geometry_cosine"] > 0.9999
    for precision in ("float32", "int8"):
        quads, scores = found(converted, page(9), precision)
        assert len(quads) and (scores > 0.8).all()
        sides = np.ptp(quads, axis=1)
        np.testing.assert_allclose(sides, np.tile([20, 12], (len(quads), 1)), atol=0.5)  # 10 + 10 by 6 + 6 pixels
        inside = quads.mean(axis=1)  # every pixel of text tells a box around itself
        assert (inside >= [22, 14]).all() and (inside <= [74, 42]).all()


def test_east_without_means_of_its_own_gets_them(tmp_path):
    models.save_frozen(lambda: models.east(subtract=False), tmp_path / "east.pb", models.EAST)
    plan = source.plan(str(tmp_path / "east.pb"), [SIZE])
    assert plan.detector.input.mean == pytest.approx([value / 255 for value in models.MEANS])
    assert plan.detector.input.std == (1 / 255,) * 3 and plan.detector.input.color == "RGB"


def test_pixels_reach_the_graph_as_they_are(graphs):
    from tflite_ocr import image
    from tflite_ocr.manifest import TensorSpec

    plan = source.plan(str(graphs[0] / "plain.pb"), [SIZE])
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    tensor = image.to_tensor(picture, plan.detector.input, TensorSpec("x", (), "float32"))
    np.testing.assert_array_equal(tensor[0], picture.astype(np.float32))


def keras_detector(package):
    x = package.Input((None, None, 3), name="image")
    y = package.layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    return package.Model(x, package.layers.Conv2D(1, 1, activation="sigmoid", name="probability")(y))


DB = {
    "name": "Mine",
    "licence": "MIT",
    "detector": {
        "decoder": "db",
        "outputs": ["probability"],
        "color": "BGR",
        "mean": [0.5] * 3,
        "std": [0.25] * 3,
        "canvases": [[64, 96], [32, 64]],
        "options": {"box_threshold": 0.6},
    },
}


@pytest.mark.parametrize(("package", "name"), [("tf_keras", "m.h5"), ("tf_keras", "m.keras"), ("keras", "m.keras")])
def test_keras_files_of_both_generations(tmp_path, package, name):
    package = pytest.importorskip(package)
    package.utils.set_random_seed(1)
    model = keras_detector(package)
    model.save(tmp_path / name)
    (tmp_path / "facts.json").write_text(json.dumps(DB))
    plan = source.plan(f"{tmp_path / name},{tmp_path / 'facts.json'}")
    assert plan.detector.decoder == "db" and plan.detector.options == {"box_threshold": 0.6}
    assert plan.detector.input.color == "BGR" and plan.detector.input.std == (0.25,) * 3
    assert (plan.source.name, plan.source.licence, set(plan.source.sha256)) == ("Mine", "MIT", {name})
    assert [network.name for network in plan.networks] == ["detector_64x96", "detector_32x64"]
    x = np.random.default_rng(0).normal(0, 1, (1, 64, 96, 3)).astype(np.float32)
    np.testing.assert_allclose(plan.networks[0].reference(x), model(x).numpy(), atol=1e-5)


def test_a_saved_model_of_tensorflow_2(tmp_path):
    class Detecting(tf.Module):
        def __init__(self):
            self.gain = tf.Variable(0.5)

        @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.uint8, name="input_tensor")])
        def __call__(self, input_tensor):
            boxes, scores = models.candidates_without_variables(tf.cast(input_tensor, tf.float32), SIZE)
            return {"detection_boxes": boxes[None], "detection_scores": scores[None] * self.gain}

    module = Detecting()
    tf.saved_model.save(module, str(tmp_path / "two"), signatures={"serving_default": module.__call__})
    plan = source.plan(str(tmp_path / "two"), [SIZE])
    assert plan.detector.decoder == "boxes" and "variables.index" in plan.source.sha256
    x = page()[None]
    wanted = module(x)
    found = plan.networks[0].reference(x.astype(np.float32))
    np.testing.assert_allclose(found[..., 1:], wanted["detection_boxes"], atol=1e-6)
    np.testing.assert_allclose(found[..., 0], wanted["detection_scores"], atol=1e-6)


def frozen(tmp_path, build, *outputs):
    models.save_frozen(build, tmp_path / "g.pb", outputs)
    return str(tmp_path / "g.pb")


def classifier():
    x = models.tf1.placeholder(tf.float32, [1, 8, 8, 3], "pixels")
    tf.nn.softmax(tf.reduce_mean(x, [1, 2]), name="classes")


def quads():
    x = models.tf1.placeholder(tf.float32, [1, 64, 64, 3], "pixels")
    tf.identity(x[..., :1], "score")
    tf.concat([x, x, x[..., :2]], 3, name="geometry")


def two_inputs():
    models.plain_boxes()
    other = models.tf1.placeholder(tf.float32, [1, 4, 4, 3], "other")
    graph = tf.compat.v1.get_default_graph()
    tf.identity(graph.get_tensor_by_name("detection_scores:0") + tf.reduce_sum(other), "together")


def test_a_graph_without_text_says_what_it_has(tmp_path):
    with pytest.raises(ConversionError, match=r"expected a text detector's outputs, .*, found classes \[1, 3\]"):
        source.plan(frozen(tmp_path, classifier, "classes"))


def test_geometry_of_quads_is_refused_by_name(tmp_path):
    with pytest.raises(ConversionError, match=r"RBOX \(5 channels\), found QUAD"):
        source.plan(frozen(tmp_path, quads, "score", "geometry"))


def test_two_inputs_are_refused_by_name(tmp_path):
    path = frozen(tmp_path, two_inputs, "together", "detection_boxes")
    (tmp_path / "f.json").write_text(
        json.dumps({"detector": {"decoder": "boxes", "outputs": ["detection_boxes", "together"]}})
    )
    with pytest.raises(ConversionError, match="one input for images .* found image_tensor:0, other:0"):
        source.plan(f"{path},{tmp_path / 'f.json'}")


def test_a_checkpoint_without_its_meta_graph(graphs, tmp_path):
    for path in (graphs[0] / "ckpt").glob("model.ckpt.*"):
        if path.suffix != ".meta":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    for path in (tmp_path / "model.ckpt", tmp_path):
        with pytest.raises(ConversionError, match="expected the meta graph model.ckpt.meta .*export_meta_graph"):
            source.plan(str(path))


def test_a_meta_graph_beside_a_checkpoint_of_another_name(graphs, tmp_path):
    for path in (graphs[0] / "ckpt").glob("model.ckpt.*"):
        name = "model.meta" if path.suffix == ".meta" else path.name
        (tmp_path / name).write_bytes(path.read_bytes())
    assert source.plan(str(tmp_path / "model.meta")).detector.decoder == "boxes"
    for path in tmp_path.glob("*.index"):
        path.unlink()
    with pytest.raises(ConversionError, match="expected the weights .*found none"):
        source.plan(str(tmp_path / "model.meta"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("g.pb", b"no graph", "expected a frozen TensorFlow graph"),
        ("g.pb", b"", "found no operators"),
        ("m.h5", b"no model", "m.h5: "),
        ("m.keras", b"no model", "m.keras: "),
        ("m.txt", b"text", "found another file"),
        ("m.meta", b"text", "expected the weights m.index|m.meta: "),
    ],
)
def test_files_that_hold_something_else(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConversionError, match=message) as caught:
        source.plan(str(tmp_path / name))
    assert caught.value.stage == "source"


def test_a_graph_with_variables_is_not_frozen(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        models.plain_boxes()
    (tmp_path / "g.pb").write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(ConversionError, match="found 2 variables such as .*convert the checkpoint"):
        source.plan(str(tmp_path / "g.pb"))


def two_stages():
    image = models.tf1.placeholder(tf.uint8, [1, *SIZE, 3], "image_tensor")
    pixels = tf.cast(image, tf.float32)
    boxes, _ = models.candidates_without_variables(pixels, SIZE)
    crops = tf.image.crop_and_resize(pixels, boxes, tf.zeros([192], tf.int32), [4, 4], name="SecondStage/CropAndResize")
    tf.identity(boxes[None], "detection_boxes")
    tf.identity(tf.reduce_mean(crops, [1, 2, 3])[None] / 255, "detection_scores")


def test_an_operator_that_cannot_be_converted_is_named_with_its_node(tmp_path, capsys):
    path = frozen(tmp_path, two_stages, "detection_boxes", "detection_scores")
    out = tmp_path / "out"
    assert main([f"tensorflow:{path}", "--out", str(out), "--precision", "float32"]) == 7
    said = capsys.readouterr().err
    assert "no operator for CropAndResize (node SecondStage/CropAndResize)" in said and "Traceback" not in said
    names = [path.name for path in out.rglob("*")]
    assert names
    assert [name for name in names if name.endswith((".tflite", ".partial")) or name == "manifest.json"] == []


def test_an_operator_unknown_to_tensorflow_is_named_with_its_node(graphs, tmp_path):
    definition = models.tf1.GraphDef()
    definition.ParseFromString((graphs[0] / "plain.pb").read_bytes())
    node = next(node for node in definition.node if node.op == "Conv2D")
    node.op = "MyConvolution"
    (tmp_path / "g.pb").write_bytes(definition.SerializeToString())
    with pytest.raises(ConversionError, match=f"operator MyConvolution .node {node.name}. is not one of TensorFlow's"):
        source.plan(str(tmp_path / "g.pb"))


def test_a_canvas_other_than_the_graphs_own_is_refused(graphs):
    with pytest.raises(ConversionError, match="expected the canvas 64x96, which is fixed in the graph, found 96x96"):
        source.plan(str(graphs[0] / "full.pb"), [(96, 96)])


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"detector": {"decoder": "yolo"}}, "expected boxes or craft or db or east, found 'yolo'"),
        ({"detector": {"decoder": "db"}}, "outputs: expected 1 names, found"),
        ({"detector": {"decoder": "east", "outputs": ["a", "b"]}}, "expected a tensor 'a', found .*detection_boxes"),
        ({"detector": {"decoder": "boxes", "options": {"nms": 1}}}, "'nms'"),
        ({"detector": {"mean": [0.5]}}, "detector.mean: expected 3 numbers"),
        ({"detector": {"canvases": [[64]]}}, r"canvases\[0\]: expected \[height, width\]"),
        ({"detectors": {}}, "found 'detectors'"),
        ({"default_precision": "int4"}, "default_precision: expected float32 or"),
    ],
)
def test_a_wrong_description_is_refused_by_name(graphs, tmp_path, facts, message):
    (tmp_path / "f.json").write_text(json.dumps(facts))
    with pytest.raises(ConversionError, match=message):
        source.plan(f"{graphs[0] / 'full.pb'},{tmp_path / 'f.json'}")


def test_maps_of_float_pixels_need_their_mean(tmp_path):
    path = frozen(tmp_path, classifier, "classes")
    (tmp_path / "f.json").write_text(json.dumps({"detector": {"decoder": "db", "outputs": ["classes"]}}))
    with pytest.raises(ConversionError, match="decoder 'db': expected .mean. and .std. in the description"):
        source.plan(f"{path},{tmp_path / 'f.json'}")


def test_the_command_line_hands_everything_on(graphs, monkeypatch):
    seen = []
    monkeypatch.setattr(source, "plan", lambda *arguments: seen.append(arguments))
    from converters.__main__ import _parser

    options = _parser().parse_args(["tensorflow:g.pb,f.json", "--canvas", "64x96", "--recognizer", "ppocr"])
    sources.plan_for(options.model, options)
    assert seen == [("g.pb,f.json", [(64, 96)], "ppocr", "tensorflow")]


def test_a_detector_alone_asks_for_a_recogniser(graphs, tmp_path):
    plan = source.plan(str(graphs[0] / "full.pb"))
    converted, _ = pipeline.convert(plan, tmp_path, settings())
    with pytest.raises(ArtifactError, match="finds text but does not read it"):
        Reader(converted)
    assert Reader(converted, recognizer="tesseract")
