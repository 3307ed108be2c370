"""Graphs of kinds that no model here has: each is converted exactly, or refused in one line that names the node."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from converters import onnx_rewrite, parity, saved_model, tflite_export, unsupported
from converters.errors import ConversionError
from tests.converters import small_networks as nets

RNG = np.random.default_rng(43)
GRID = functional.affine_grid(torch.eye(2, 3)[None] * 0.8, (1, 8, 16, 24), align_corners=True)
PLACES = torch.from_numpy(np.argsort(RNG.random((1, 8, 16, 24)), 3)[..., :5].copy())
COLUMNS = torch.from_numpy(RNG.normal(0, 1, (8, 8)).astype(np.float32))


def resized(**options):
    return lambda x: functional.interpolate(x, **options)


def pooled(**options):
    return lambda x: functional.avg_pool2d(x, 3, 2, **options)


def padded(mode, **options):
    return lambda x: functional.pad(x, (1, 2, 0, 3), mode, **options)


FUNCTIONS = {
    "bilinear, corners aligned": resized(scale_factor=2, mode="bilinear", align_corners=True),
    "bilinear, corners aligned, to a size": resized(size=(9, 31), mode="bilinear", align_corners=True),
    "bicubic": resized(scale_factor=2, mode="bicubic", align_corners=False),
    "bicubic, to as many rows as channels": resized(scale_factor=0.5, mode="bicubic", align_corners=False),
    "nearest, to a size": resized(size=(25, 31)),
    "grid sample": lambda x: functional.grid_sample(x, GRID, align_corners=True),
    "pixel shuffle": lambda x: torch.cat([functional.pixel_shuffle(x, 2)] * 4, 1),
    "roll": lambda x: torch.roll(x, (1, -3), (2, 3)),
    "einsum": lambda x: torch.einsum("bchw,cd->bdhw", x, COLUMNS),
    "einsum, attention": lambda x: torch.einsum(
        "bcij,bcjk->bcik", x, torch.softmax(0.1 * torch.einsum("bcij,bcik->bcjk", x, x), -1)
    ),
    "einsum, columns first": lambda x: torch.einsum("dc,bchw->bdhw", COLUMNS, x),
    "sums along a row": lambda x: x.cumsum(3) * 0.1,
    "sums along the channels": lambda x: x.cumsum(1) * 0.1,
    "halves": lambda x: torch.cat([x[:, :, : x.shape[2] // 2], 2 * x[:, :, x.shape[2] // 2 :]], 2),
    "average, ceil": pooled(padding=1, ceil_mode=True),
    "average, without the border": pooled(padding=1, count_include_pad=False),
    "reflected": padded("reflect"),
    "padded with a value": padded("constant", value=0.7),
    "mish": functional.mish,
    "largest": lambda x: torch.topk(x, 8, dim=3)[0],
}
MODULES = {
    "ConvNeXt": nets.Block,
    "instance norm": lambda: nn.InstanceNorm2d(8, affine=True),
    "group norm": lambda: nn.GroupNorm(4, 8),
    "gated": lambda: nn.Sequential(nn.Conv2d(8, 16, 1), nn.GLU(1)),
    "transposed, output padding": lambda: nn.ConvTranspose2d(8, 8, 3, 2, 1, output_padding=1),
    "transposed, dilated": lambda: nn.ConvTranspose2d(8, 8, 3, 2, 2, output_padding=1, dilation=2),
    "dilated, depthwise": lambda: nn.Conv2d(8, 8, 3, padding=3, dilation=3, groups=8),
}


def network(name):
    body = MODULES[name]() if name in MODULES else nets.Function(FUNCTIONS[name])
    return nets.seeded(nets.Around(body))


def converted(made, folder, opset=17, passes=onnx_rewrite.EXACT_PASSES):
    """Error of the .tflite file, by the network's own answer."""
    tensors = [RNG.normal(0, 1, (1, 32, 48, 3)).astype(np.float32) for _ in range(2)]
    path, saved = nets.write(made, folder / "net.onnx", opset), folder / "saved"
    onnx_rewrite.rewrite(path, folder / "r.onnx", {"image": made.shape}, passes)
    saved_model.convert(folder / "r.onnx", saved, tensors)
    try:
        tflite_export.export(saved, folder / "net.tflite", "float32")
    except ConversionError as error:
        raise unsupported.explained(error, saved) from None

    def reference(tensor):
        with torch.no_grad():
            return made(torch.from_numpy(tensor.transpose(0, 3, 1, 2).copy())).numpy().transpose(0, 2, 3, 1)

    return parity.compare(reference, parity.tflite_forward(folder / "net.tflite"), tensors)["relative_error"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FUNCTIONS, *MODULES])
def test_a_graph_is_converted_exactly(name, tmp_path):
    assert converted(network(name), tmp_path) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("opset", [11, 13])
def test_a_norm_that_is_spelled_out(opset, tmp_path):
    assert converted(network("ConvNeXt"), tmp_path, opset) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [nets.Windows, lambda: nn.LocalResponseNorm(3), lambda: nets.Function(lambda x: x.scatter(3, PLACES, 1.0))],
    ids=["shifted windows", "local norm", "scattered"],
)
def test_what_onnx2tf_fails_at_is_refused_by_name(body, tmp_path):
    with pytest.raises(ConversionError, match=r"failed at operator \w+ \(node /body/.*export the network") as caught:
        converted(nets.seeded(nets.Around(body())), tmp_path)
    assert "\n" not in str(caught.value) and not (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    ("name", "one_pass", "operator"),
    [
        ("bilinear, corners aligned", "resize_to_matrices", "Resize"),
        ("sums along a row", "sums_to_matrix", "CumSum"),
        ("transposed, dilated", "dilated_transposed_to_plain", "ConvTranspose"),
    ],
)
def test_without_its_rewrite_a_graph_is_refused_by_the_name_of_its_node(name, one_pass, operator, tmp_path):
    """What onnx2tf makes of it is another network, or none that runs."""
    passes = [one for one in onnx_rewrite.EXACT_PASSES if one.__name__ != one_pass]
    with pytest.raises(ConversionError) as caught:
        converted(network(name), tmp_path, passes=passes)
    said = str(caught.value)
    assert f"operator {operator} (node /body/{operator})" in said and "export the network" in said and "\n" not in said
    assert not (tmp_path / "saved").exists() and not (tmp_path / "net.tflite").exists()


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("bilinear, corners aligned", [("Resize", "/body/Resize")]),
        ("sums along a row", [("CumSum", "/body/CumSum")]),
        ("einsum, attention", []),
        ("average, ceil", []),
    ],
)
def test_what_keeps_the_size_of_the_conversion_is_named(name, fixed, tmp_path):
    path = nets.write(network(name), tmp_path / "net.onnx", 17)
    assert onnx_rewrite.fixed_sizes(path, {"image": network(name).shape}) == fixed


def test_an_operator_that_nothing_here_runs_is_refused_by_name(tiny_onnx, tmp_path):
    constants = {"o": np.zeros((1, 18, 30, 46), np.float32), "k": np.ones((4, 3, 3, 3), np.float32)}
    model = tiny_onnx([("DeformConv", "x k o", "y", {})], constants)
    with pytest.raises(ConversionError, match=r"operator DeformConv \(node .*; export the network without it"):
        saved_model.require_known(model, tmp_path / "net.onnx")
