import numpy as np
import onnxruntime
import pytest
import torch

from converters.sources import ppocr
from synthetic.charset import edge_charset
from training.teacher.recognizer import TeacherRecognizer


def run(name: str, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(ppocr.package_folder() / name))
    return session.run(None, {session.get_inputs()[0].name: x})[0]


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 160)).astype(np.float32)


def test_the_recogniser_is_that_of_the_onnx_file(line):
    charset = edge_charset()
    teacher = TeacherRecognizer(charset)
    stages, pooled, logits = teacher(torch.from_numpy(line))
    assert [stage.shape for stage in stages] == [(1, 96, 12, 40), (1, 96, 12, 40), (1, 192, 6, 40)]
    assert pooled.shape == (1, 384, 1, 20) and logits.shape == (1, len(charset), 1, 20)
    known = teacher.known.numpy()
    assert 340 < known.sum() < len(charset)  # a few typographic marks it cannot read
    assert np.isneginf(logits[0, ~teacher.known].numpy()).all()
    classes = ppocr.read_charset(ppocr.package_folder() / ppocr.RECOGNIZER)
    indices = [classes.index(c) for c, one in zip(charset, known, strict=True) if one]
    expected = run(ppocr.RECOGNIZER, line)[0][:, indices]
    found = torch.softmax(logits[0, teacher.known, 0], 0).T.numpy()
    assert np.abs(found - expected / expected.sum(1, keepdims=True)).max() < 1e-4
    with torch.no_grad():
        teacher.features.stages[0][0].mix.weight *= 1.05
        broken = torch.softmax(teacher(torch.from_numpy(line))[2][0, teacher.known, 0], 0).T.numpy()
    assert np.abs(broken - expected / expected.sum(1, keepdims=True)).max() > 1e-3
