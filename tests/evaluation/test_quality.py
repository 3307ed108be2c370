"""Counts of images and the figures made of them, by hand; slips of every kind must show up as worse."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evaluation import quality
from evaluation.labels import Label, Sample
from evaluation.quality import COLUMNS, METRICS, ImageCounts, count, set_kind, summary

PATH = Path("a.png")


@dataclass(frozen=True)
class Line:
    text: str
    quad: np.ndarray | None = None


def quad(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def line(text, *place):
    return Line(text, np.array(quad(*place)))


PAGE = Sample(
    PATH,
    (
        Label("Gate", quad(0, 0, 40, 20)),
        Label("5", quad(50, 0, 60, 20)),
        Label("Exit", quad(0, 40, 40, 60)),
        Label("", quad(100, 0, 150, 20), ignore=True),
    ),
)
RIGHT = [line("Gate 5", 0, 0, 60, 20), line("Exit", 0, 40, 40, 60), line("xyz", 100, 0, 150, 20)]


def test_a_page_read_without_fault():
    counts = count("pages", PAGE, RIGHT)
    assert counts == ImageCounts(3, 3, 3, 3, 3, 0, 9, 3, 3, 3, 3, 3)
    assert {name: value["value"] for name, value in summary([counts]).items() if value} == {
        "bag_f1": 1,
        "cer": 0,
        "word_accuracy": 1,
        "exact_lines": 1,
        "detection_precision": 1,
        "detection_recall": 1,
        "detection_hmean": 1,
    }


def test_a_page_read_with_faults():
    found = [line("Gale 5", 0, 0, 60, 20), line("oh", 200, 200, 230, 220)]
    counts = count("pages", PAGE, found)
    # Bag: 5 of {gale, 5, oh}, of {gate, 5, exit}. Edits: t->l, exit missed, oh invented. Exact: 5.
    assert counts == ImageCounts(1, 3, 3, 1, 3, 1 + 4 + 2, 9, 1, 3, 2, 3, 3)
    figures = {name: value["value"] for name, value in summary([counts]).items() if value}
    assert figures == pytest.approx(
        {
            "bag_f1": 2 / 6,
            "cer": 7 / 9,
            "word_accuracy": 1 / 3,
            "exact_lines": 1 / 3,
            "detection_precision": 2 / 3,
            "detection_recall": 2 / 3,
            "detection_hmean": 2 / 3,
        }
    )


@pytest.mark.parametrize(
    ("slip", "worse"),
    [
        ([line("Gate S", 0, 0, 60, 20), *RIGHT[1:]], {"bag_f1", "cer", "word_accuracy", "exact_lines"}),
        ([line("Gate, 5", 0, 0, 60, 20), *RIGHT[1:]], {"cer", "word_accuracy"}),
        (RIGHT[:1], {"bag_f1", "cer", "word_accuracy", "exact_lines", "detection_recall", "detection_hmean"}),
        ([*RIGHT, line("", 0, 100, 40, 120)], {"detection_precision", "detection_hmean"}),
        ([line("Gate 5 Exit", 0, 0, 60, 60), RIGHT[2]], {"detection_precision", "detection_recall", "detection_hmean"}),
    ],
)
def test_a_slip_makes_the_figures_that_it_concerns_worse(slip, worse):
    best, slipped = summary([count("pages", PAGE, RIGHT)]), summary([count("pages", PAGE, slip)])
    for name, metric in METRICS.items():
        if best[name] is None:  # boxes have no order
            assert name == "word_order"
            continue
        loss = best[name]["value"] - slipped[name]["value"]
        assert (loss if metric.higher_is_better else -loss) == pytest.approx(0) or name in worse
        assert (loss if metric.higher_is_better else -loss) > 0 or name not in worse


def test_without_quads_nothing_is_counted_by_place():
    counts = count("pages", PAGE, [Line("Gate 5"), Line("Exit")])
    assert counts == ImageCounts(3, 3, 3, 3, 3)
    figures = summary([counts])
    assert figures["bag_f1"]["value"] == 1.0
    assert all(figures[name] is None for name in METRICS if name not in ("bag_f1", "word_accuracy"))


def test_one_image_without_quads_takes_the_figures_by_place_from_the_set():
    figures = summary([count("pages", PAGE, RIGHT), count("pages", PAGE, [Line("Gate")])])
    assert figures["cer"] is None and figures["bag_f1"] is not None


def test_a_page_without_found_lines():
    assert count("pages", PAGE, []) == ImageCounts(0, 0, 3, 0, 3, 9, 9, 0, 3, 0, 0, 3)
    figures = summary([count("pages", PAGE, [])])
    assert figures["detection_precision"] is None  # nothing was found that could be right or wrong
    assert (figures["detection_recall"]["value"], figures["detection_hmean"]["value"]) == (0, 0)
    assert figures["cer"]["value"] == 1


def test_a_page_without_text():
    empty = Sample(PATH, ())
    assert count("pages", empty, []) == ImageCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert count("pages", empty, RIGHT[1:2]) == ImageCounts(0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0)


def test_a_cropped_word():
    sample = Sample(PATH, (Label("E14-x!"),))
    counts = count("lines", sample, [Line("e14X")])
    assert (counts.bag_matched, counts.bag_found, counts.bag_true) == (0, 1, 2)  # "e14x" against "e14", "x"
    assert (counts.edits, counts.characters, counts.exact, counts.exact_asked) == (2, 6, 1, 1)
    assert (counts.words_matched, counts.words_true, counts.regions_true) == (0, 1, None)
    assert count("lines", sample, []).edits == 6


def test_a_page_text_has_no_places_and_so_no_error_rate():
    sample = Sample(PATH, (Label("one two\nthree"),))
    counts = count("page_text", sample, [Line("three"), Line("one too")])
    assert counts == ImageCounts(2, 3, 3, 2, 3, in_order=1, order_asked=2)
    assert summary([counts])["word_order"]["value"] == 0.5 and summary([counts])["cer"] is None


def test_kinds_of_sets():
    crop, page_text = Sample(PATH, (Label("word"),)), Sample(PATH, (Label("one\ntwo"),))
    assert set_kind([PAGE, PAGE]) == "pages"
    assert set_kind([Sample(PATH, ())]) == "pages"
    assert set_kind([crop, crop]) == "lines"
    assert set_kind([crop, page_text]) == "page_text"
    with pytest.raises(ValueError, match="expected pages, lines or page_text, found 'words'"):
        count("words", crop, [])


def test_counts_are_summed_over_images_and_sets_are_averaged():
    small = [ImageCounts(1, 1, 1, 1, 1)]
    large = [ImageCounts(0, 10, 10, 5, 10), ImageCounts(10, 10, 10, 10, 10)]
    assert summary(large)["bag_f1"]["value"] == pytest.approx(20 / 40)
    assert summary(large)["word_accuracy"]["value"] == pytest.approx(15 / 20)
    assert summary(small, large)["bag_f1"]["value"] == pytest.approx((1 + 0.5) / 2)


def test_a_metric_over_sets_is_the_mean_of_those_to_which_it_applies():
    pages, crops = [count("pages", PAGE, RIGHT)], [count("lines", Sample(PATH, (Label("ab"),)), [Line("ax")])]
    figures = summary(pages, crops)
    assert figures["detection_hmean"]["value"] == 1.0
    assert figures["cer"]["value"] == pytest.approx((0 + 0.5) / 2)


def test_counts_as_json_are_rows_of_named_columns():
    counts = [count("pages", PAGE, RIGHT), ImageCounts(1, 2, 3, 4, 5)]
    data = quality.counts_as_json(["a.png", "b.png"], counts)
    assert data["columns"] == list(COLUMNS) and data["images"] == ["a.png", "b.png"]
    assert data["rows"][1] == [1, 2, 3, 4, 5] + [None] * (len(COLUMNS) - 5)
    with pytest.raises(ValueError, match="expected counts of 1 images, found 2"):
        quality.counts_as_json(["a.png"], counts)
