"""Fine-tuning of the detector: on pages of bars that the start does not know as text."""

import numpy as np
import pytest
import torch

from converters import edge_weights
from converters.networks.edge_detector import DetectorShape, EdgeDetector
from converters.sources import edge
from evaluation.labels import Label, Sample
from evaluation.texts import MatchCounts
from training.errors import TrainingError
from training.finetuning import detector as finetune_detector
from training.finetuning import finding
from training.finetuning.detector import DetectorSettings, Pages

cv2 = pytest.importorskip("cv2")
QUICK = DetectorSettings(
    steps=60, rate=5e-3, evaluate_every=20, replay=0, size=64, batch=4, workers=0, patience=9, seed=1
)


def page(folder, number):
    """Grey paper with dark bars, all of them labelled; one of them as unreadable."""
    rng = np.random.default_rng(number)
    image = rng.normal(190, 6, (680, 680, 3)).clip(0, 255).astype(np.uint8)
    labels = []
    for row in range(40, 620, 90):
        left, width = int(rng.integers(20, 200)), int(rng.integers(150, 400))
        quad = [(left, row), (left + width, row), (left + width, row + 40), (left, row + 40)]
        cv2.rectangle(image, quad[0], quad[2], (20, 20, 20), -1)
        labels.append(Label("bar", tuple(quad), ignore=row == 40))
    path = folder / f"{number}.png"
    cv2.imwrite(str(path), image)
    return Sample(path, tuple(labels))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return [page(folder, number) for number in range(6)]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("start") / "detector.pt"
    network = EdgeDetector(DetectorShape((8, 8, 8, 8), (1, 1, 1, 1)))
    list(network.parameters())[-1].data.fill_(-3)  # it sees no text at all
    with path.open("wb") as file:
        edge_weights.save(file, network, edge_weights.DETECTOR)
    return path


def test_it_learns_what_the_quads_say_and_resumes(samples, start, tmp_path, monkeypatch):
    monkeypatch.setattr(finetune_detector, "_WINDOWS", 8)
    monkeypatch.setattr(finetune_detector, "_VALIDATION_WINDOWS", 4)
    data = finetune_detector.pages(samples, {1, 4})
    assert [sample.image_path.stem for sample in data.validation] == ["1", "4"] and len(data.train) == 4
    before = start.read_bytes()
    outcome = finetune_detector.tune(start, data, QUICK, tmp_path)
    assert outcome.after.iou > outcome.before.iou + 0.2, outcome
    assert outcome.best_step > 0 and outcome.steps == 60 and start.read_bytes() == before
    learned = edge_weights.detector(tmp_path / edge.DETECTOR)
    assert not torch.equal(*(next(net.parameters()) for net in (learned, edge_weights.detector(start))))

    again = finetune_detector.tune(start, data, QUICK, tmp_path)
    assert (again.steps, again.best_step, again.after) == (outcome.steps, outcome.best_step, outcome.after)
    with pytest.raises(TrainingError, match="use another folder"):
        finetune_detector.tune(start, Pages(data.train[:3], data.validation), QUICK, tmp_path)


def test_pages_need_quads(samples, tmp_path):
    crops = [Sample(tmp_path / "crop.png", (Label("text"),))] * 9
    for few in (crops, samples[:4], crops + samples[:3]):
        with pytest.raises(TrainingError, match='expected at least 4 pages .* found . and .; .*"items"'):
            finetune_detector.pages(few, {0})


class StandIn:
    def __init__(self, quads):
        self.quads = quads

    def detect(self, path):
        return np.float32(self.quads[path.stem])


def test_what_is_found_is_counted_by_labels(samples):
    true = {sample.image_path.stem: [label.quad for label in sample.labels] for sample in samples}
    whole = finding.find(StandIn(true), samples)
    asked = sum(not label.ignore for sample in samples for label in sample.labels)
    assert whole == MatchCounts(asked, asked, asked)
    # One line of each page is missed, and one quad is on the bare paper: that on the unreadable bar costs nothing.
    wrong = [(0, 640), (100, 640), (100, 670), (0, 670)]
    some = finding.find(StandIn({stem: quads[:-1] + [wrong] for stem, quads in true.items()}), samples)
    assert some.recall == pytest.approx((asked - 6) / asked) and some.precision == pytest.approx((asked - 6) / asked)
    assert finding.Finding(None, whole, some).refusal() and not finding.Finding(None, some, whole).refusal()
    assert finding.find(StandIn({stem: np.zeros((0, 4, 2)) for stem in true}), samples).f1 == 0


def test_a_model_that_finds_less_is_refused_with_the_reason():
    better, worse = MatchCounts(9, 10, 10), MatchCounts(8, 10, 10)
    assert not finding.Finding(None, worse, better).refusal()
    assert "H-mean of 0.800, 0.900 before" in finding.Finding(None, better, worse).refusal()
