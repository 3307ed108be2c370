"""Detection counts by hand, and against the published protocol written down again with shapely."""

import numpy as np
import pytest

from evaluation.detection import MatchCounts, detection_counts


def rectangle(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


WORDS = [rectangle(0, 0, 40, 20), rectangle(50, 0, 90, 20), rectangle(100, 0, 160, 20)]
LINE = rectangle(-2, -2, 162, 22)
BELOW = rectangle(0, 40, 160, 60)


def published(found, asked, ignored):
    """The protocol of ICDAR 2015, challenge 4, on quads that have an area."""
    shapely = pytest.importorskip("shapely", reason="shapely comes with the [convert] extra")
    found, asked, ignored = ([shapely.Polygon(quad) for quad in part] for part in (found, asked, ignored))
    skipped = {
        i
        for i, region in enumerate(found)
        if any(region.intersection(label).area / region.area >= 0.5 for label in ignored)
    }
    used = set()
    for label in asked:
        for i, region in enumerate(found):
            share = region.intersection(label).area / region.union(label).area
            if i not in used | skipped and share >= 0.5:
                used.add(i)
                break
    return MatchCounts(len(used), len(found) - len(skipped), len(asked))


def test_the_published_protocol_where_regions_and_labels_are_divided_alike():
    rng = np.random.default_rng(3)
    matched = missed = 0
    for _ in range(40):
        places = [(x, y) for x in range(0, 900, 300) for y in range(0, 600, 120)]
        labels = [rectangle(x, y, x + rng.uniform(60, 200), y + rng.uniform(15, 50)) for x, y in places]
        is_ignored = rng.random(len(labels)) < 0.3
        found = [
            label * rng.uniform(0.9, 1.1) + rng.normal(0, 6, 2) + rng.normal(0, 3, (4, 2))
            for label in labels
            if rng.random() < 0.8
        ]
        found += [rectangle(x + 230, y + 60, x + 290, y + 90) for x, y in places if rng.random() < 0.2]
        asked = [label for label, skip in zip(labels, is_ignored, strict=True) if not skip]
        ignored = [label for label, skip in zip(labels, is_ignored, strict=True) if skip]
        counts = detection_counts([found[i] for i in rng.permutation(len(found))], asked, ignored)
        assert counts == published(found, asked, ignored)
        matched, missed = matched + counts.matched, missed + counts.true - counts.matched
    assert matched > 100 and missed > 50


def test_a_region_just_over_half_matches_and_one_under_does_not():
    label = rectangle(0, 0, 100, 10)
    assert detection_counts([rectangle(0, 0, 51, 10)], [label]) == MatchCounts(1, 1, 1)
    assert detection_counts([rectangle(0, 0, 49, 10)], [label]) == MatchCounts(0, 1, 1)


def test_each_region_and_each_label_matches_once():
    label = rectangle(0, 0, 100, 10)
    near = rectangle(0, 0, 90, 10)
    assert detection_counts([label, near, near], [label]) == MatchCounts(1, 3, 1)
    assert detection_counts([label], [label, near]) == MatchCounts(1, 1, 2)


def test_don_t_cares_are_not_asked_for_and_what_lies_on_them_is_not_counted():
    assert detection_counts([], [], [BELOW]) == MatchCounts(0, 0, 0)
    assert detection_counts([rectangle(0, 40, 30, 60)], [], [BELOW]) == MatchCounts(0, 0, 0)
    assert detection_counts([rectangle(0, 51, 160, 71)], [], [BELOW]) == MatchCounts(0, 1, 0)


def test_a_line_over_words_finds_them_all():
    assert detection_counts([LINE], WORDS) == MatchCounts(3, 3, 3)
    assert detection_counts(WORDS, WORDS) == MatchCounts(3, 3, 3)


def test_words_over_a_labelled_line_find_it_once():
    assert detection_counts(WORDS, [LINE]) == MatchCounts(1, 1, 1)
    assert detection_counts([LINE], [LINE]) == MatchCounts(1, 1, 1)


def test_a_wrong_region_weighs_the_same_beside_lines_and_words():
    stray = rectangle(0, 200, 50, 220)
    assert detection_counts([LINE, stray], WORDS) == detection_counts([*WORDS, stray], WORDS)
    assert detection_counts([*WORDS, stray], [LINE]) == detection_counts([LINE, stray], [LINE])


def test_a_block_over_two_rows_matches_neither():
    rows = [WORDS[0], WORDS[1], BELOW]
    assert detection_counts([rectangle(0, 0, 160, 60)], rows) == MatchCounts(0, 3, 3)


def test_a_line_that_reaches_far_past_its_words_does_not_match():
    assert detection_counts([rectangle(-300, 0, 400, 20)], WORDS) == MatchCounts(0, 3, 3)


def test_pieces_that_cover_too_little_of_a_line_are_one_wrong_region():
    line = rectangle(0, 0, 400, 20)
    assert detection_counts([WORDS[0], WORDS[1]], [line, BELOW]) == MatchCounts(0, 1, 2)


def test_a_line_over_words_and_don_t_cares_finds_the_words():
    assert detection_counts([LINE], [WORDS[0]], WORDS[1:]) == MatchCounts(1, 1, 1)
    assert detection_counts([LINE], [], WORDS) == MatchCounts(0, 0, 0)


def test_regions_without_area_are_wrong():
    assert detection_counts([rectangle(5, 5, 5, 5)], WORDS[:1]) == MatchCounts(0, 1, 1)


def test_nothing_found_and_nothing_asked():
    assert detection_counts([], []) == MatchCounts(0, 0, 0)
    assert detection_counts([], WORDS) == MatchCounts(0, 0, 3)
    assert detection_counts(WORDS, []) == MatchCounts(0, 3, 0)
