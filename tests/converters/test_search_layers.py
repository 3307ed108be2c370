"""Networks of mixed precision: spliced of whole files, and searched by what their layers suffer."""

import dataclasses
import functools

import numpy as np
import pytest

from converters import parity, tflite_export
from converters.errors import ConversionError

SHAPE = (1, 16, 24, 3)
RNG = np.random.default_rng(4)
TENSORS = [RNG.normal(0, 1, SHAPE).astype(np.float32) for _ in range(4)]
KINDS = ("float32", "float16", "int8", "int16x8")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Four layers in every precision; the tensor between the second and the third has ranges of 1 : 10,000."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    rng = np.random.default_rng(8)
    kernels = [
        rng.normal(0, (2 / np.prod(shape[:3])) ** 0.5, shape).astype(np.float32)
        for shape in ((3, 3, 3, 8), (1, 1, 8, 32), (1, 1, 32, 8), (3, 3, 8, 4))
    ]
    wide = np.where(np.arange(32) < 4, 1e4, 1).astype(np.float32)
    kernels[1], kernels[2] = kernels[1] * wide, kernels[2] / wide[:, None]

    def network(x):
        for kernel in kernels[:-1]:
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + 0.1)
        x = tf.nn.depth_to_space(tf.nn.conv2d(tf.pad(x, [[0, 0], [2, 0], [2, 0], [0, 0]]), kernels[-1], 1, "VALID"), 2)
        return {"y": tf.nn.sigmoid(x)}

    module, folder = tf.Module(), tmp_path_factory.mktemp("mixed")
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.forward})
    made = {}
    for kind in KINDS:
        made[kind] = folder / f"{kind}.tflite"
        tflite_export.export(folder / "saved", made[kind], kind, lambda: ([tensor] for tensor in TENSORS))
    return made


@pytest.fixture(scope="module")
def graphs(files):
    from converters.search import operators

    found = {kind: operators.read(path) for kind, path in files.items()}
    operators.require_same(list(found.values()))
    return found


def types_of_kernels(path):
    """dtype of the kernel of every convolution, as it is stored, in order."""
    from converters.search import operators

    graph = operators.read(path)
    places = [step.operands[1] for step in graph.steps if step.kernel]
    names = {0: "float32", 1: "float16", 9: "int8"}
    return [names[graph.tensor(one.widened if one.widened >= 0 else one.tensor).type] for one in places]


@pytest.mark.parametrize("kind", KINDS)
def test_all_layers_of_one_file_are_that_file(graphs, files, tmp_path, kind):
    from converters.search.splice import splice

    splice(graphs, [kind] * len(graphs[kind].steps), tmp_path / "x.tflite")
    wanted, found = (parity.tflite_forward(path)(TENSORS[0]) for path in (files[kind], tmp_path / "x.tflite"))
    np.testing.assert_allclose(found, wanted, atol=2e-5 if kind == "int16x8" else 0)


def test_layers_have_names_and_their_padding(graphs):
    from converters.search.layers import layers

    found = layers(graphs["float32"])
    assert [layer.name for layer in found] == [
        "0 CONV_2D 8x3x3x3",
        "1 CONV_2D 32x1x1x8",
        "2 CONV_2D 8x1x1x32",
        "3 CONV_2D 4x3x3x8",
    ]
    # 16 x 24 places see 27, 8, 32 and 72 weights for each output channel.
    assert [layer.multiplications for layer in found] == [384 * 27 * 8, 384 * 8 * 32, 384 * 32 * 8, 384 * 72 * 4]
    assert [(layer.first, layer.stop) for layer in found] == [(0, 1), (1, 2), (2, 3), (3, 7)]
    assert [step.name for step in graphs["float32"].steps[3:]] == ["PAD", "CONV_2D", "LOGISTIC", "DEPTH_TO_SPACE"]


def test_every_order_of_precisions_runs_near_float32(graphs, files, tmp_path):
    from converters.search.layers import by_operator, layers
    from converters.search.splice import splice

    found, path = layers(graphs["float32"]), tmp_path / "x.tflite"
    wanted = parity.tflite_forward(files["float32"])(TENSORS[1])
    rng = np.random.default_rng(0)
    for most in [2] * 8 + [4] * 4:  # around the wide tensor floats alone, then anything
        places = [rng.integers(0, 4), rng.integers(0, most), rng.integers(0, most), rng.integers(0, 4)]
        kinds = {layer.name: KINDS[i] for layer, i in zip(found, places, strict=True)}
        splice(graphs, by_operator(graphs["float32"], found, kinds, "float32"), path)
        expected = [{"int16x8": "int8"}.get(kinds[layer.name], kinds[layer.name]) for layer in found]
        assert types_of_kernels(path) == expected
        noise = np.square(parity.tflite_forward(path)(TENSORS[1]) - wanted).mean() / wanted.var()
        assert noise < 2e-3 if most == 2 else np.isfinite(noise), kinds


def test_files_of_two_networks_are_told_apart(graphs, convolutions_saved_model, tmp_path):
    from converters.search import operators

    tflite_export.export(convolutions_saved_model, tmp_path / "other.tflite", "float32")
    with pytest.raises(ConversionError, match="difference at operator 0"):
        operators.require_same([graphs["float32"], operators.read(tmp_path / "other.tflite")])


def test_the_layers_around_the_wide_tensor_are_the_most_sensitive(graphs, tmp_path):
    from converters.search import sensitivity
    from converters.search.layers import layers

    seen = []
    found = sensitivity.analyse(graphs, layers(graphs["float32"]), TENSORS, tmp_path, lambda *done: seen.append(done))
    assert {one.layer for one in found[:2]} == {"1 CONV_2D 32x1x1x8", "2 CONV_2D 8x1x1x32"}
    assert found[1].noise > 20 * found[2].noise and seen == [(i, 4) for i in range(1, 5)]
    assert not list(tmp_path.iterdir())


def test_noise_is_the_power_of_the_error(files, tmp_path):
    """int8 beside float32, by numpy."""
    from converters.search import sensitivity

    wanted, other = (
        np.float64([parity.tflite_forward(files[kind])(tensor) for tensor in TENSORS]) for kind in ("float32", "int8")
    )
    noise = sensitivity.Noise(files["float32"], TENSORS)
    power = sum(np.square(one - one.mean()).sum() for one in wanted)
    assert noise.of(files["float32"]) == 0
    assert 0 < noise.of(files["int8"]) == pytest.approx(np.square(other - wanted).sum() / power)
    (tmp_path / "broken.tflite").write_bytes(b"TFL3")
    assert noise.of(tmp_path / "broken.tflite") == np.inf


def test_what_all_classes_have_in_common_is_no_noise(tmp_path, monkeypatch):
    from converters.search import sensitivity

    logits = {"float32": [[1, 2, 3], [0, 0, 0]], "lifted": [[6, 7, 8], [-1, -1, -1]], "other": [[2, 2, 2], [0, 3, 0]]}
    monkeypatch.setattr(parity, "loads", lambda file: True)
    monkeypatch.setattr(parity, "tflite_forward", lambda file: lambda tensor: np.float32([logits[file.name]]))
    noise = sensitivity.Noise(tmp_path / "float32", TENSORS[:1], classes=True)
    assert noise.of(tmp_path / "lifted") == 0
    # Around their means (-1, 0, 1), (0, 0, 0) against (0, 0, 0), (-1, 2, -1): 2 + 6 by 2.
    assert noise.of(tmp_path / "other") == pytest.approx(4)


def test_each_layer_gets_the_better_of_two_ranges(files, tmp_path):
    """Of two forms, one with a range too narrow behind the first layer, one behind the last."""
    from converters import mixing, ranges

    whole, wanted, forms = tmp_path / "whole", {}, {}
    ranges.export(files["float32"].parent / "saved", whole, TENSORS)
    graph = mixing.graphs(mixing.measured(whole, ""))["float32"]
    kernels = [step for step in graph.steps if step.kernel]
    for name, step in (("first", kernels[0]), ("last", kernels[-1])):
        index = int(step.operator.outputs[0])
        wanted[index] = high = float(graph.tensor(index).quantization.max[0])
        ranges.replace(whole, tmp_path / name, {}, {index: (-high / 9, high / 9)})
        forms[name] = mixing.measured(tmp_path / name, name)
    network = type("Network", (), {"name": "net", "role": "recognizer"})
    part = type("Part", (), {"network": network, "inputs": type("Inputs", (), {"some": lambda self, count: TENSORS})()})
    first, last = (mixing.Mix(forms[name], part, tmp_path, None, False) for name in ("first", "last"))
    for mix, other, name in ((first, last, "one"), (last, first, "other")):
        both = mix.joined(other, tmp_path / name, "both")
        plain = mixing.graphs(both.form)["float32"]
        assert {index: float(plain.tensor(index).quantization.max[0]) for index in wanted} == pytest.approx(wanted)
        noise = [{one.layer: one.noise for one in one_of._found} for one_of in (mix, other, both)]
        assert all(noise[2][layer] == min(noise[0][layer], noise[1][layer]) for layer in noise[0])
        assert both.form.means == "both" and set(both.order) == set(mix.order)


def test_layers_of_much_noise_for_their_work_are_given_back_first():
    from converters.search.sensitivity import Sensitivity, worth

    found = [
        Sensitivity("a", 0.5, 1000),
        Sensitivity("b", 0.4, 10),
        Sensitivity("c", float("nan"), 10**6),
        Sensitivity("d", 0.001, 1),
        Sensitivity("e", 0.0, 0),
    ]
    assert worth(found) == ["c", "b", "d", "a", "e"]


@pytest.fixture
def search(files, graphs, tmp_path):
    """Searches the network alone; accuracy is 100 less the noise in percent, time goes by the kernels' types."""
    from converters.search import choose, sensitivity, variant
    from converters.search.latency import Latency
    from converters.search.layers import layers
    from converters.search.path import SearchLog

    found, costs = layers(graphs["float32"]), {"int8": 1.0, "float16": 4.0, "float32": 4.0}
    wanted = [parity.tflite_forward(files["float32"])(tensor) for tensor in TENSORS]

    def score(chosen):
        forward = parity.tflite_forward(chosen["net"])
        noise = sum(np.square(forward(x) - y).sum() for x, y in zip(TENSORS, wanted, strict=True))
        return {"tensors": 100 - 100 * float(noise / sum(np.square(y - y.mean()).sum() for y in wanted))}

    def clock(slow, name, path):
        time = sum(costs[kind] for kind in types_of_kernels(path)) / 16
        return Latency(time, slow if path.name == "int16x8_4.tflite" else time)

    def by_type(chosen):
        """As if all was lost with an int8 tensor between the second and the third layer, and nothing without."""
        from converters.search import operators

        graph = operators.read(chosen["net"])
        return {"tensors": 50.0 if graph.tensor(graph.steps[1].operator.outputs[0]).type == 9 else 100.0}

    def in_plain_graph(chosen):
        """As if the graph made for int8 lost all by itself."""
        approximate = chosen["net"] == files["int8"] or chosen["net"].parent == tmp_path
        return {"tensors": 50.0} if approximate else score(chosen)

    (tmp_path / "plain").mkdir()
    scores = {"noise": score, "type": by_type, "plain": in_plain_graph}

    def run(budget, precisions=("int8", "int16x8", "float16", "float32"), variants=("whole",), slow=15.0, by="noise"):
        prepared = variant.Prepared(
            plain=files["float32"],
            half=files["float16"],
            int8=files["int8"],
            layers=found,
            same=True,
            work=tmp_path,
            graphs={kind: graphs[kind] for kind in ("float32", "float16", "int8")},
            int16x8=lambda: graphs["int16x8"],
            sensitivity=lambda: sensitivity.analyse(graphs, found, TENSORS, tmp_path, lambda *done: None),
        )
        if by == "plain":
            plain = dataclasses.replace(prepared, work=tmp_path / "plain")
            prepared = dataclasses.replace(prepared, same=False, other=lambda: plain)
        lines = []
        steps = SearchLog(lines.append)
        one = choose.PrecisionSearch(budget, precisions, scores[by], functools.partial(clock, slow), steps)
        candidate = choose.Candidate("net", True, {name: lambda: prepared for name in variants})
        return one.run([candidate], {"net": files["float32"]})["net"], steps, lines

    return run


def test_what_breaks_in_int8_stays_float_and_the_rest_is_int8(search):
    choice, steps, lines = search(1.0)
    assert list(choice.layers.values()) == ["int8", "float16", "float16", "int8"]
    assert types_of_kernels(choice.file) == ["int8", "float16", "float16", "int8"]
    tried = [step["tried"] for step in steps.steps]
    assert tried[:4] == ["float32", "int8 everywhere", "int8 as a whole", "float32 as a whole"]
    assert tried[4] == "2 of 4 layers float32, the others int8"
    assert tried[5] == "1 of 4 layers float32, the others int8"
    assert tried[6:] == [
        "int16x8 as a whole",
        "the fastest within 1 points: 2 layers float32, 2 layers int8",
        "float32 stored in float16",
        "these stored in float16",
    ]
    assert len(lines) == len(tried) and "slower than float32" in lines[6]
    assert steps.steps[1]["loss"] > 1 >= steps.steps[-1]["loss"]
    (measured,) = steps.sensitivities
    assert (measured["network"], measured["pruning"], len(measured["layers"])) == ("net", "whole", 4)


def test_all_is_int8_where_that_is_good_enough(search):
    choice, steps, _ = search(300.0)
    assert types_of_kernels(choice.file) == ["int8"] * 4 and set(choice.layers.values()) == {"int8"}
    assert [step["tried"] for step in steps.steps][:3] == ["float32", "int8 everywhere", "int8 as a whole"]
    assert not steps.sensitivities


def test_int16x8_is_taken_where_it_is_the_fastest(search):
    choice, _, _ = search(1.0, ("int8", "int16x8", "float32"), slow=0.5, by="type")
    assert list(choice.layers.values()) == ["int8", "int16x8", "int16x8", "int8"]


def test_a_graph_that_costs_too_much_by_itself_gives_way_to_the_plain_one(search):
    choice, steps, _ = search(1.0, ("int8", "float32"), by="plain")
    assert list(choice.layers.values()) == ["int8", "float32", "float32", "int8"]
    assert [step["tried"] for step in steps.steps][4:] == [
        "float32 in the graph made for int8",
        "0 of 4 layers float32, the others int8",
        "2 of 4 layers float32, the others int8",
        "1 of 4 layers float32, the others int8",
        "the fastest within 1 points: 2 layers float32, 2 layers int8",
    ]


def test_operators_without_an_integer_kernel_stay_float():
    from converters.search.layers import NetworkLayer, by_operator
    from converters.search.operators import OperatorGraph, OperatorStep

    graph = OperatorGraph(
        None, (OperatorStep("CONV_2D", None, ()), OperatorStep("GELU", None, ()), OperatorStep("CONV_2D", None, ())), ()
    )
    found = [NetworkLayer("a", 0, 2), NetworkLayer("b", 2, 3)]
    assert by_operator(graph, found, {"b": "float16"}, "int8") == ["int8", "float32", "float16"]
    assert by_operator(graph, found, {"a": "float16"}, "int16x8") == ["float16", "float16", "int16x8"]


def test_nothing_meets_the_budget(search):
    from converters.errors import BudgetError

    with pytest.raises(BudgetError, match="loses at most 0.001 points, found none; the best .*--search") as caught:
        search(0.001, ("int8",))
    assert caught.value.exit_code == 8 and caught.value.lost > 1


def test_the_path_is_the_same_again(search):
    first, second = (search(1.0)[1] for _ in range(2))
    assert first.steps == second.steps and first.sensitivities == second.sensitivities


def test_branches_that_were_sorted_anew_are_put_back(graphs, tmp_path):
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    from converters.search import operators

    rng = np.random.default_rng(2)
    kernels = [rng.normal(0, 1, (1, 1, 3, 2)).astype(np.float32) for _ in range(2)]

    def network(x):
        left, right = (tf.nn.conv2d(x, kernel, 1, "SAME") for kernel in kernels)
        return {"y": tf.matmul(tf.exp(left), right, transpose_b=True)}

    module, path = tf.Module(), tmp_path / "branches.tflite"
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.forward})
    tflite_export.export(tmp_path / "saved", path, "float32")
    graph = operators.read(path)
    # The same graph with its two convolutions the other way round, as the converter sorts them in another precision.
    first, second = (i for i, step in enumerate(graph.steps) if step.name == "CONV_2D")
    order = [{first: second, second: first}.get(i, i) for i in range(len(graph.steps))]

    def moved(origin):
        return origin if origin is None or origin.step < 0 else operators.Origin(order[origin.step], origin.number)

    steps = tuple(
        dataclasses.replace(
            graph.steps[i],
            operands=tuple(dataclasses.replace(one, origin=moved(one.origin)) for one in graph.steps[i].operands),
        )
        for i in order
    )
    other = operators.OperatorGraph(graph.model, steps, tuple(moved(origin) for origin in graph.outputs))
    with pytest.raises(ConversionError, match="found a difference"):
        operators.require_same([graph, other])
    operators.require_same([graph, operators.aligned(other, graph)])
    assert operators.aligned(other, graph).steps == graph.steps
    assert operators.aligned(graphs["int8"], graph) is graphs["int8"]  # another network stays as it is
