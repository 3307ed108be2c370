"""Equalized graphs compute the same, with channels of more equal ranges."""

import numpy as np
import onnx
import pytest

from converters import equalize, parity

SIZE = (12, 16)
# Channel ranges of the toy differ by this much: what equalization is for.
SPREAD = np.geomspace(0.05, 4, 8)


def kernel(*shape, by_output=None):
    values = np.random.default_rng(shape).normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))
    return values if by_output is None else values * by_output[:, None, None, None]


NODES = [
    ("Conv", "x k1 b1", "c1", {"pads": [1, 1, 1, 1]}),
    ("Relu", "c1", "r1", {}),
    ("Conv", "r1 kd bd", "d", {"pads": [1, 1, 1, 1], "group": 8}),
    ("Relu", "d", "dr", {}),
    ("Conv", "dr k2 b2", "c2", {}),
    ("Add", "c2 r1", "sum", {}),  # a residual ties both sides
    ("GlobalAveragePool", "sum", "pool", {}),
    ("Conv", "pool ks bs", "s", {}),
    ("Relu", "s", "sr", {}),
    ("Conv", "sr ke be", "e", {}),
    ("Sigmoid", "e", "gate", {}),
    ("Mul", "sum gate", "gated", {}),
    ("Conv", "gated k3 b3", "c3", {}),
    ("Relu", "c3", "r3", {}),
    ("Conv", "gated k4 b4", "c4", {}),
    ("Concat", "r3 c4", "both", {"axis": 1}),
    ("Conv", "both k5 b5", "y", {}),
]


@pytest.fixture(scope="module")
def graph(tiny_onnx, tmp_path_factory):
    order = np.random.default_rng(17).permutation(8)
    constants = {
        "k1": kernel(8, 4, 3, 3, by_output=SPREAD),
        "b1": 0.1 * SPREAD,
        "kd": kernel(8, 1, 3, 3, by_output=SPREAD[order]),
        "bd": 0.1 * SPREAD,
        "k2": kernel(8, 8, 1, 1, by_output=SPREAD),
        "b2": np.zeros(8),
        "ks": kernel(4, 8, 1, 1),
        "bs": np.full(4, 0.5),
        "ke": kernel(8, 4, 1, 1),
        "be": np.zeros(8),
        "k3": kernel(6, 8, 1, 1, by_output=SPREAD[:6]),
        "b3": 0.3 * SPREAD[:6],
        "k4": kernel(5, 8, 1, 1, by_output=SPREAD[3:]),
        "b4": 0.1 * SPREAD[3:],
        "k5": kernel(3, 11, 1, 1),
        "b5": np.zeros(3),
    }
    model = tiny_onnx(NODES, {name: np.float32(values) for name, values in constants.items()})
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], SIZE, strict=True):
        dim.dim_value = size
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    path = tmp_path_factory.mktemp("equalize") / "a.onnx"
    onnx.save(onnx.shape_inference.infer_shapes(model, strict_mode=True), path)
    return path


@pytest.fixture(scope="module")
def tensors():
    rng = np.random.default_rng(18)
    return [rng.normal(0, 1, (1, *SIZE, 4)).astype(np.float32) for _ in range(6)]


def spread(path, name, tensors, run_onnx):
    """Ratio of the widest to the narrowest channel of a tensor, by ONNX Runtime without rewrites."""
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.append(onnx.ValueInfoProto(name=name))
    values = [run_onnx(model, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))[0] for x in tensors]
    ranges = np.abs(np.concatenate(values)).max(axis=(0, 2, 3))
    return ranges.max() / ranges.min()


def difference(path, other, run_onnx):
    errors = []
    for seed in (1, 2):  # other inputs than those of the calibration
        x = np.random.default_rng(seed).normal(0, 2, (1, 4, *SIZE)).astype(np.float32)
        wanted = run_onnx(path, x)[0]
        errors.append(np.abs(wanted - run_onnx(other, x)[0]).max() / np.abs(wanted).max())
    return max(errors)


def test_the_function_stays_and_ranges_become_equal(graph, tensors, run_onnx, tmp_path):
    before = graph.read_bytes()
    assert equalize.equalize(graph, tmp_path / "e.onnx", tensors, 1.0) >= 5
    assert difference(graph, tmp_path / "e.onnx", run_onnx) < 1e-4
    assert spread(graph, "c4", tensors, run_onnx) > 5
    assert spread(tmp_path / "e.onnx", "c4", tensors, run_onnx) < 1.01  # tied to no other tensor: quite equal
    for name in ("dr", "r3", "r1", "sum", "gated"):  # tied by Relu, sum and gate: one set of factors for several
        assert spread(tmp_path / "e.onnx", name, tensors, run_onnx) < spread(graph, name, tensors, run_onnx) / 2
    assert graph.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["e.onnx"]


def test_new_constants_stand_beside_those_of_another_process(graph, tensors, run_onnx, tmp_path, monkeypatch):
    other = onnx.load(graph)
    for constant in other.graph.initializer:
        if constant.name in ("k1", "b5"):
            for node in other.graph.node:
                node.input[:] = [f"rw_const_{constant.name}" if n == constant.name else n for n in node.input]
            constant.name = f"rw_const_{constant.name}"
    onnx.save(other, tmp_path / "b.onnx")
    monkeypatch.setattr("converters.rewrites.graph._counter", iter(["b5", *range(1000)]))  # the first to be written
    equalize.equalize(tmp_path / "b.onnx", tmp_path / "e.onnx", tensors, 1.0)
    assert difference(graph, tmp_path / "e.onnx", run_onnx) < 1e-4


def test_no_balance_changes_nothing(graph, tensors, run_onnx, tmp_path):
    equalize.equalize(graph, tmp_path / "e.onnx", tensors, balance=0.0)
    assert difference(graph, tmp_path / "e.onnx", run_onnx) < 1e-6
    assert spread(tmp_path / "e.onnx", "dr", tensors, run_onnx) == pytest.approx(
        spread(graph, "dr", tensors, run_onnx), rel=1e-4
    )


def test_half_the_balance_is_the_square_root(graph, tensors, run_onnx, tmp_path):
    equalize.equalize(graph, tmp_path / "e.onnx", tensors, balance=0.5)
    wanted = np.sqrt(spread(graph, "c4", tensors, run_onnx))
    assert spread(tmp_path / "e.onnx", "c4", tensors, run_onnx) == pytest.approx(wanted, rel=0.01)
    assert difference(graph, tmp_path / "e.onnx", run_onnx) < 1e-4


def test_factors_by_hand():
    # Ranges 1, 1/2 and 1/4 of the widest; nearly dead channels are raised by no more than the largest factor.
    np.testing.assert_allclose(equalize._factors([np.float32([8, 4, 2])], 1.0), [1, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(equalize._factors([np.float32([8, 4, 2])], 0.5), [1, 2**0.5, 2], rtol=1e-6)
    np.testing.assert_allclose(equalize._factors([np.float32([1, 0])], 1.0), [1, 64], rtol=1e-5)
    # Two tensors of one group: the geometric mean, whatever the scale of each.
    found = equalize._factors([np.float32([1, 0.25]), np.float32([100, 100])], 1.0)
    np.testing.assert_allclose(found, [1, 2], rtol=1e-6)


@pytest.mark.parametrize("op", ["Sigmoid", "HardSwish", "Tanh", "Softmax"])
def test_what_is_not_linear_keeps_its_scale(tiny_onnx, run_onnx, tmp_path, tensors, op):
    nodes = [("Conv", "x k", "c", {}), (op, "c", "n", {}), ("Conv", "n m", "y", {})]
    constants = {"k": kernel(8, 4, 1, 1, by_output=SPREAD), "m": kernel(2, 8, 1, 1)}
    model = tiny_onnx(nodes, {name: np.float32(values) for name, values in constants.items()})
    onnx.save(model, tmp_path / "a.onnx")
    assert equalize.equalize(tmp_path / "a.onnx", tmp_path / "e.onnx", tensors, 1.0) == 0
    assert difference(tmp_path / "a.onnx", tmp_path / "e.onnx", run_onnx) == 0


def test_a_wrong_scaling_is_seen(graph, tensors, run_onnx, tmp_path, monkeypatch):
    monkeypatch.setattr(equalize, "_read_factors", lambda tensor, factors: None)  # nobody divides
    equalize.equalize(graph, tmp_path / "e.onnx", tensors, 1.0)
    assert difference(graph, tmp_path / "e.onnx", run_onnx) > 0.1
    broken, original = parity.onnx_forward(tmp_path / "e.onnx"), parity.onnx_forward(graph)
    assert parity.compare(original, broken, tensors)["cosine"] < parity.LIMITS["onnx"]
