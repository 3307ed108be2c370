"""Labels cover neither symbols nor each other, whatever the symbols."""

import itertools

import numpy as np

from benchmarks.report.labels import PlotBox, Request, place

PLOT = PlotBox(0, 0, 760, 440)


def requests_of(seed, count=25):
    rng = np.random.default_rng(seed)
    points = rng.uniform((0, 0), (760, 440), (count, 2))
    words = [("a label" * int(rng.integers(1, 4)), bool(rng.random() < 0.3)) for _ in points]
    return [Request(float(x), float(y), text, bold) for (x, y), (text, bold) in zip(points, words)]


def test_nothing_overlaps_and_nothing_leaves_the_plot():
    placed_in_all = 0
    for seed in range(10):
        requests = requests_of(seed)
        boxes = place(requests, PLOT, 11)
        found = [box for box in boxes if box]
        placed_in_all += len(found)
        for one, two in itertools.combinations(found, 2):
            assert not one.overlaps(two)
        for box in found:
            assert box.inside(PLOT)
            for request in requests:
                assert not (box.left < request.x < box.right and box.top < request.y < box.bottom)
    assert placed_in_all > 150  # of 250


def test_a_lone_symbol_has_its_label_below_on_the_right():
    (box,) = place([Request(100, 100, "alone")], PLOT, 11)
    assert box.left > 100 and box.top > 100


def test_bold_labels_come_first():
    crowd = [Request(380, 220, "plain one"), Request(381, 221, "plain two"), Request(382, 222, "bold", True)]
    narrow = PlotBox(360, 200, 430, 250)
    assert place(crowd, narrow, 11)[2] is not None
    assert sum(box is not None for box in place(crowd, narrow, 11)) < 3


def test_a_label_without_room_is_left_out():
    assert place([Request(5, 5, "far too long a label for this plot")], PlotBox(0, 0, 50, 50), 11) == [None]
