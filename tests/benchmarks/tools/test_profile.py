"""The profile of the tiny model: its parts add up, its page is whole, and what cannot be measured says why."""

import json

import cv2
import pytest

from benchmarks.__main__ import main
from benchmarks.engines import networks
from benchmarks.running.protocol import Skipped
from benchmarks.tools import litert_profiler, profile
from tflite_ocr.interpreter import quantize, tensor_specs


@pytest.fixture(scope="module")
def picture(spotted_image, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "page.png"
    cv2.imwrite(str(path), spotted_image)
    return path


@pytest.fixture(scope="module")
def result(tiny_model, picture, tmp_path_factory):
    out = tmp_path_factory.mktemp("profile")
    found = profile.profile(tiny_model, out, picture, 2, 1, "python -m benchmarks profile tiny")
    profile.write(found, out)
    return found, out


def test_every_operator_of_a_tflite_file_is_timed(result):
    files = {row["file"]: row for network in result[0]["networks"] for row in network["files"].values()}
    detector = files["detector_float32.tflite"]
    if "skipped" in detector:
        pytest.skip(detector["skipped"])
    assert len([one for one in detector["operators"] if "Convolution" in one["name"] or "GEMM" in one["name"]]) == 2
    assert all(one["delegated"] for one in detector["operators"])
    assert detector["sum_ms"] == pytest.approx(sum(one["ms"] for one in detector["operators"]))
    assert 0 <= detector["sum_ms"] <= detector["invoke_ms"] + 0.001 * len(detector["operators"])
    assert detector["without_xnnpack"]["ms"] > 0


def test_the_profiler_runs_the_model_on_the_input_that_it_is_given(tiny_model):
    network = next(n for n in networks.networks(tiny_model) if n.title == "detector")
    path = tiny_model / network.files["int8"]
    inputs, _ = tensor_specs(path.read_bytes())
    found = litert_profiler.profile(path, quantize(networks.tensors(network)[0], inputs[0]), 3, 1)
    assert found["runs"] == 3 and found["operators"]


def test_a_broken_file_is_said_to_have_failed(tmp_path):
    import numpy as np

    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no model")
    with pytest.raises(Skipped, match="exit code"):
        litert_profiler.profile(broken, np.zeros((1, 4, 4, 3), np.float32), 1, 1)


def test_steps_of_the_reader_add_up(result):
    reader = result[0]["reader"]["float32"]
    names = {step["name"] for step in reader["steps"]}
    assert names == {
        "decode the image file",
        "resize for the detector",
        "make tensors",
        "network detector_float32",
        "decode the detector's maps",
        "order the lines",
        "cut out the lines",
        "resize the lines",
        "network features_float32",
        "network head_float32",
        "decode characters (CTC)",
        profile.REST,
    }
    assert sum(step["ms"] for step in reader["steps"]) == pytest.approx(reader["total_ms"], rel=1e-6)
    assert reader["lines"] > 0


def test_kinds_of_operators_add_up_and_the_tail_is_one_row():
    operators = [{"name": f"op {i % 20}", "delegated": True, "ms": 1.0 + i % 20} for i in range(40)]
    kinds = profile.by_kind(operators)
    assert kinds[0] == {"name": "op 19", "delegated": True, "calls": 2, "ms": 40.0}
    assert kinds[-1]["name"] == "8 others" and len(kinds) == 13
    assert sum(kind["ms"] for kind in kinds) == pytest.approx(sum(one["ms"] for one in operators))


def test_the_page_is_whole_and_needs_no_other_file(result):
    found, out = result
    page = (out / profile.PAGE).read_text(encoding="utf-8")
    assert json.loads((out / profile.DATA).read_text(encoding="utf-8")) == found
    assert '<link rel="stylesheet"' not in page and 'src="http' not in page
    for network in found["networks"]:
        for file in network["files"].values():
            assert file["file"] in page
            assert f"{file['plain_ms']:.2f}" in page


def test_a_reason_stands_on_the_page(result):
    found = json.loads(json.dumps(result[0]))
    file = found["networks"][0]["files"]["float32"]
    found["networks"][0]["files"]["float32"] = {
        "file": file["file"],
        "skipped": "no <profiler> here",
        "plain_ms": 1.0,
        "without_xnnpack": {"skipped": "no plain"},
    }
    page = profile.html(found)
    assert "no &lt;profiler&gt; here" in page and "no plain" in page


def test_an_unknown_model_is_an_error_without_a_traceback(capsys, tmp_path):
    assert main(["profile", str(tmp_path / "absent"), "--out", str(tmp_path / "out")]) == 4
    assert "absent" in capsys.readouterr().err
