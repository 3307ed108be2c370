"""Convolutions behind an approximated activation come nearer to the exact graph; others stay as they are."""

import numpy as np
import onnx
import pytest

from converters.refit import refit

RNG = np.random.default_rng(6)
TENSORS = [RNG.normal(0, 1, (1, 12, 16, 4)).astype(np.float32) for _ in range(4)]
KERNELS = {
    name: RNG.normal(0, 0.5, shape).astype(np.float32) for name, shape in (("k", (6, 4, 1, 1)), ("m", (3, 6, 1, 1)))
}
SILU = [("Sigmoid", "z", "s", {}), ("Mul", "z s", "a", {})]
GELU = [("Gelu", "z", "a", {})]


@pytest.fixture
def files(tiny_onnx, tmp_path):
    """Writes a convolution, some activation z -> a and another convolution; the files by name."""

    def write(**activations):
        paths = {}
        for name, nodes in activations.items():
            model = tiny_onnx([("Conv", "x k", "z", {}), *nodes, ("Conv", "a m", "y", {})], KERNELS)
            paths[name] = tmp_path / f"{name}.onnx"
            onnx.save(model, paths[name])
        return paths

    return write


def error(run_onnx, one, other):
    return float(
        np.mean(
            [
                np.square(
                    run_onnx(one, x.transpose(0, 3, 1, 2))[0] - run_onnx(other, x.transpose(0, 3, 1, 2))[0]
                ).mean()
                for x in TENSORS
            ]
        )
    )


def test_a_convolution_behind_an_approximation_is_fitted(files, run_onnx, tmp_path):
    both = files(exact=GELU, near=SILU)
    assert refit(both["near"], both["exact"], tmp_path / "fitted.onnx", TENSORS) == 1
    before, after = (error(run_onnx, both["exact"], file) for file in (both["near"], tmp_path / "fitted.onnx"))
    assert after < 0.5 * before


def test_a_network_without_one_stays_as_it_is(files, run_onnx, tmp_path):
    (plain,) = files(plain=GELU).values()
    assert refit(plain, plain, tmp_path / "fitted.onnx", TENSORS) == 0
    assert error(run_onnx, plain, tmp_path / "fitted.onnx") == 0
