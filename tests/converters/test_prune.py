"""Magnitude pruning: the lifted network is the old one, and the zeros asked for are in the .tflite file."""

import dataclasses

import numpy as np
import pytest

from converters import parity, pipeline, tflite_export, thinning
from converters.errors import ConversionError
from converters.pruning import sparsity
from converters.pruning.options import PruneOptions, Thinning
from tflite_ocr import manifest

RNG = np.random.default_rng(3)
SHAPE = (1, 24, 32, 3)
TENSORS = [RNG.normal(0, 1, SHAPE).astype(np.float32) for _ in range(4)]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """SavedModel of a network with every kind of layer: strided, dilated, depthwise, grouped, 1x1, dense, a gate."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    rng = np.random.default_rng(5)

    def weight(*shape):
        return rng.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape).astype(np.float32)

    first, depthwise, point = weight(3, 3, 3, 16), weight(3, 3, 16, 1), weight(1, 1, 16, 16)
    dilated, grouped, dense, bias = weight(3, 3, 16, 16), weight(1, 1, 8, 16), weight(16, 12), weight(1, 16)[0]
    copies = np.ones((1, 1, 16, 16), np.float32)

    def network(x):
        x = tf.nn.relu(tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), first, 2, "VALID") + bias)
        y = tf.nn.depthwise_conv2d(x, depthwise, [1] * 4, "SAME")
        y = tf.nn.bias_add(tf.nn.conv2d(y, point, 1, "SAME"), bias)
        z = tf.nn.sigmoid(tf.nn.convolution(y, dilated, padding="SAME", dilations=[2, 2]) + bias) * x + y
        z = tf.nn.conv2d(tf.nn.conv2d(z, copies, 1, "SAME"), grouped, 1, "VALID")
        z = z * tf.reduce_mean(z, [1, 2], keepdims=True)
        return {"y": tf.reshape(tf.matmul(tf.reshape(z, [-1, 16]), dense), [1, 12, 16, 12])}

    module, folder = tf.Module(), tmp_path_factory.mktemp("prune") / "saved"
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.forward})
    return folder


@pytest.fixture(scope="module")
def pruned(source, tmp_path_factory):
    """Prunes the network once for each choice of options; gives the .tflite file and the SavedModel."""
    folder, made = tmp_path_factory.mktemp("pruned"), {}

    def make(precision="float32", **options):
        chosen = PruneOptions(0.5, steps=6, **options)
        if chosen not in made:
            made[chosen] = folder / str(len(made))
            thinning.put_zeros(source, made[chosen], chosen, TENSORS)
        target = folder / f"{made[chosen].name}_{precision}.tflite"
        tflite_export.export(made[chosen], target, precision, lambda: ([tensor] for tensor in TENSORS))
        return target, made[chosen]

    return make


def test_the_lifted_network_is_the_old_one_and_every_weight_leads_back(source, tmp_path):
    from converters.pruning import frozen, lift

    graph = frozen.load(source)
    wanted = frozen.forward(graph)(TENSORS[0])
    np.testing.assert_allclose(parity.saved_model_forward(source)(TENSORS[0]), wanted, atol=1e-6)
    lifted = lift.lift(graph)
    np.testing.assert_allclose(lifted.model(TENSORS[0]).numpy(), wanted, atol=1e-5)
    kinds = [type(layer).__name__ for layer in lifted.model.layers]
    assert [kinds.count(kind) for kind in ("Conv2D", "DepthwiseConv2D", "Dense", "ReLU")] == [5, 1, 1, 1]
    for number, weights in enumerate(lifted.weights):
        layer = lifted.model.get_layer(weights.layer)
        layer.set_weights([values * (1.1 + 0.1 * number) for values in layer.get_weights()])
    changed = lifted.model(TENSORS[0]).numpy()
    assert np.abs(changed - wanted).max() > 0.1
    frozen.save(lift.lower(graph, lifted, lifted.model), tmp_path / "again")
    np.testing.assert_allclose(parity.saved_model_forward(tmp_path / "again")(TENSORS[0]), changed, atol=1e-4)


@pytest.mark.parametrize(
    ("precision", "schedule"),
    [
        ("float32", "polynomial"),
        ("float16", "polynomial"),
        ("dynamic", "polynomial"),
        ("int8", "polynomial"),
        ("float32", "constant"),
    ],
)
def test_half_of_every_kernel_is_zero_in_the_file(pruned, precision, schedule):
    path, folder = pruned(precision, schedule=schedule)
    found = sparsity.of_kernels(path)
    kept = {name for name in found if "DEPTHWISE" in name or " 16x1x1x16" in name}
    dense = [share for name, share in found.items() if name not in kept]
    assert len(dense) >= 4 and all(abs(share - 0.5) <= 0.005 for share in dense), found
    shares = [float((kernel == 0).mean()) for kernel in kernels(folder)]
    assert sorted(shares) == [0.0, 0.5, 0.5, 0.5, 0.5]  # the copies, and all that was learnt


def test_the_copying_kernel_is_left_alone(pruned):
    _, folder = pruned()
    assert any(kernel.shape == (1, 1, 16, 16) and (kernel == 1).all() for kernel in kernels(folder))


def test_pattern_2_4_leaves_two_of_four_input_channels(source, tmp_path):
    thinning.put_zeros(source, tmp_path / "x", PruneOptions(0.5, pattern="2:4", steps=2), TENSORS)
    found = [kernel for kernel in kernels(tmp_path / "x") if (kernel == 0).any()]
    assert len(found) == 3  # an image has three channels
    for kernel in found:
        assert ((np.moveaxis(kernel, 2, 3).reshape(-1, 4) != 0).sum(1) == 2).all()


def test_blocks_of_four_output_channels_are_zero_together(source, tmp_path):
    thinning.put_zeros(source, tmp_path / "x", PruneOptions(0.5, pattern="block", steps=2), TENSORS)
    found = [kernel for kernel in kernels(tmp_path / "x") if kernel.shape == (1, 1, 16, 16) and (kernel == 0).any()]
    assert len(found) == 1
    blocks = (found[0].reshape(-1, 4) == 0).sum(1)
    assert set(blocks.tolist()) == {0, 4} and (blocks == 4).mean() == 0.5


def test_xnnpack_policy_prunes_1x1_convolutions_alone(source, tmp_path):
    thinning.put_zeros(source, tmp_path / "x", PruneOptions(0.5, policy="xnnpack", steps=2), TENSORS)
    found = {kernel.shape: bool((kernel == 0).any()) for kernel in kernels(tmp_path / "x") if (kernel != 1).any()}
    assert found == {(3, 3, 3, 16): False, (1, 1, 16, 16): True, (3, 3, 16, 16): False, (1, 1, 8, 16): True}


def kernels(folder):
    """Constant kernels of the convolutions of a SavedModel, HWIO."""
    from converters.pruning import frozen

    graph = frozen.load(folder)
    nodes = {node.name: node for node in graph.definition.node}
    return [frozen.value_of(nodes, node.input[1]) for node in nodes.values() if node.op == "Conv2D"]


def test_a_dilated_convolution_learns_on_smaller_windows(tmp_path):
    """As TensorFlow writes it, on sub-images of a fixed size, it runs at one size alone."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    kernel = np.random.default_rng(1).normal(0, 0.2, (3, 3, 3, 8)).astype(np.float32)

    def network(x):
        parts = tf.space_to_batch(x, [6, 6], [[6, 6], [6, 10]])
        return {"y": tf.batch_to_space(tf.nn.conv2d(parts, kernel, 1, "VALID"), [6, 6], [[0, 0], [0, 4]])}

    module = tf.Module()
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.forward})
    wanted = tf.nn.conv2d(TENSORS[0], kernel, 1, "SAME", dilations=6).numpy()
    np.testing.assert_allclose(parity.saved_model_forward(tmp_path / "saved")(TENSORS[0]), wanted, atol=1e-4)
    windows = [tensor[:, :16, :20] for tensor in TENSORS]
    thinning.put_zeros(tmp_path / "saved", tmp_path / "pruned", PruneOptions(0.5, steps=4), windows)
    assert [float((kernel == 0).mean()) for kernel in kernels(tmp_path / "pruned")] == [0.5]
    assert parity.saved_model_forward(tmp_path / "pruned")(TENSORS[0]).shape == wanted.shape


def test_a_probability_map_is_compared_before_its_sigmoid(tmp_path):
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    from converters.pruning import frozen, lift, magnitude

    kernel = np.random.default_rng(1).normal(0, 0.5, (3, 3, 3, 4)).astype(np.float32)
    module = tf.Module()
    module.forward = tf.function(
        lambda x: {"y": tf.nn.depth_to_space(tf.sigmoid(tf.nn.conv2d(x, kernel, 1, "SAME")), 2)},
        input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")],
    )
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.forward})
    model = lift.lift(frozen.load(tmp_path / "saved")).model
    wanted = tf.nn.conv2d(TENSORS[0], kernel, 1, "SAME").numpy()
    np.testing.assert_allclose(magnitude._compared(model)(TENSORS[0]).numpy(), wanted, atol=1e-4)


def test_a_network_of_fixed_size_refuses_smaller_windows(source, tmp_path):
    with pytest.raises(ConversionError, match=r"cannot be run at \[1, 16, 20, 3\]"):
        thinning.put_zeros(source, tmp_path / "pruned", PruneOptions(0.5, steps=1), [TENSORS[0][:, :16, :20]])
    assert not (tmp_path / "pruned").exists()


def test_distillation_brings_the_network_nearer(source, tmp_path):
    wanted = parity.saved_model_forward(source)
    errors = []
    for steps in (1, 40):
        thinning.put_zeros(source, tmp_path / str(steps), PruneOptions(0.5, schedule="constant", steps=steps), TENSORS)
        found = parity.saved_model_forward(tmp_path / str(steps))
        errors.append(np.mean([np.square(found(x) - wanted(x)).mean() for x in TENSORS]))
    assert errors[1] < 0.8 * errors[0]


def test_a_pattern_has_its_own_ratio():
    with pytest.raises(ConversionError, match="2:4 is a ratio of 0.5"):
        PruneOptions(0.6, pattern="2:4")


def test_without_images_or_model_nothing_is_written(source, tmp_path):
    with pytest.raises(ConversionError, match="calibration"):
        thinning.put_zeros(source, tmp_path / "x", PruneOptions(0.5), [])
    with pytest.raises(ConversionError, match="expected a SavedModel"):
        thinning.put_zeros(tmp_path, tmp_path / "x", PruneOptions(0.5), TENSORS)
    assert not list(tmp_path.iterdir())


def test_the_chain_prunes_and_quantizes_in_one_go(tiny_plan, tiny_settings, tmp_path):
    zeros = Thinning(zeros=PruneOptions(0.5, steps=2))
    settings = dataclasses.replace(tiny_settings(["int8"]), thinning=zeros)
    folder, fresh = pipeline.convert(tiny_plan(), tmp_path, settings)
    model = manifest.load(folder)
    assert fresh and model.parameters["prune"] == "0.5 single polynomial all 2 steps"
    features = next(file for file in model.files() if file.path == "features_int8.tflite")
    assert features.sparsity["0 CONV_2D 8x3x3x3"] == 0.5 and features.parity["int8_step_cosine"] > 0.8
    lines = []
    assert not pipeline.convert(tiny_plan(), tmp_path, settings, lines.append)[1]
    assert all(line.endswith("reused") for line in lines)
