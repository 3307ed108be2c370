"""Pruned networks beside whole ones: sizes of files on disk, the sparse encoding, and what cannot be compared."""

import dataclasses
import zlib

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.engines.networks import networks
from benchmarks.measures import pruned


@pytest.fixture(scope="module")
def thin_model(tiny_plan, tiny_settings, tmp_path_factory):
    from converters import pipeline
    from converters.pruning.options import PruneOptions, Thinning

    settings = dataclasses.replace(tiny_settings(["float32"]), thinning=Thinning(zeros=PruneOptions(0.5, steps=2)))
    return pipeline.convert(tiny_plan(), tmp_path_factory.mktemp("thin"), settings)[0]


def test_sizes_are_those_of_the_files_and_zeros_pack_well(tiny_model, thin_model):
    rows = pruned.compare(tiny_model, thin_model, "float32", threads=1, rounds=3)
    (title,) = (network.title for network in networks(thin_model) if network.part == "features")
    by_variant = {row.variant: row for row in rows if row.network == title}
    assert list(by_variant) == ["whole", "pruned", "sparse"]
    path = thin_model / "features_float32.tflite"
    assert by_variant["pruned"].size_bytes == path.stat().st_size
    assert by_variant["pruned"].packed_bytes == len(zlib.compress(path.read_bytes(), 9))
    assert by_variant["pruned"].packed_bytes < by_variant["whole"].packed_bytes
    assert by_variant["whole"].cosine > 0.9999 > by_variant["pruned"].cosine and by_variant["sparse"].cosine is None
    assert all(row.ms > 0 for row in rows)


def test_the_sparse_file_gives_what_the_pruned_one_gives(thin_model, tmp_path):
    from converters import parity

    network = next(network for network in networks(thin_model) if network.part == "features")
    encoded = tmp_path / "sparse.tflite"
    encoded.write_bytes(pruned._sparse_encoded(network, "float32"))
    x = np.random.default_rng(0).normal(size=network.shape).astype(np.float32)
    plain = parity.tflite_forward(thin_model / network.files["float32"])(x)
    np.testing.assert_allclose(parity.tflite_forward(encoded)(x), plain, atol=1e-5)
    assert "DENSIFY" in _operators(encoded)


def test_models_without_a_common_precision_are_refused(tiny_model, thin_model, capsys):
    assert main(["pruned", str(tiny_model), str(thin_model), "--precision", "int8"]) == 1
    assert "convert both with --precision int8" in capsys.readouterr().err


def test_the_table_has_a_line_a_file(tiny_model, thin_model, capsys):
    assert main(["pruned", str(tiny_model), str(thin_model), "--rounds", "1", "--threads", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| network | file | MB") and all(line.count("|") == 7 for line in lines)
    assert sum("| sparse |" in line for line in lines) >= 1


def _operators(path):
    from ai_edge_litert.interpreter import Interpreter

    return " ".join(operator["op_name"] for operator in Interpreter(str(path))._get_ops_details())
