"""Texts compared by place, by hand."""

from dataclasses import dataclass

import numpy as np
import pytest

from evaluation.labels import Label
from evaluation.places import PlaceCounts, place_counts
from evaluation.quads import overlaps


@dataclass(frozen=True)
class Line:
    text: str
    quad: np.ndarray


def quad(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def counted(found, labels):
    found = [Line(text, np.array(place)) for text, place in found]
    table = overlaps([line.quad for line in found], [label.quad for label in labels])
    ignored = np.array([label.ignore for label in labels], bool)
    return place_counts(found, labels, table, table.of_found[:, ignored].sum(axis=1) >= 0.5)


FIRST, SECOND, BELOW = quad(0, 0, 50, 20), quad(60, 0, 120, 20), quad(0, 40, 80, 60)
BOTH = quad(0, 0, 120, 20)


def test_each_place_by_itself():
    labels = [Label("Total", FIRST), Label("12.50", SECOND)]
    assert counted([("total", FIRST), ("12.60", SECOND)], labels) == PlaceCounts(1, 10, 1, 2)


def test_a_line_over_words_is_read_in_order_whatever_the_order_of_the_labels():
    labels = [Label("12.50", SECOND), Label("Total", FIRST)]
    assert counted([("Total 12.50", BOTH)], labels) == PlaceCounts(0, 10, 2, 2)
    assert counted([("Total12.50", BOTH)], labels) == PlaceCounts(1, 10, 2, 2)  # the blank


def test_words_over_a_labelled_line():
    assert counted([("12.50", SECOND), ("Total", FIRST)], [Label("Total 12.50", BOTH)]) == PlaceCounts(0, 11, 1, 1)


def test_characters_are_the_same_whatever_was_found():
    labels = [Label("Total", FIRST), Label("12.50", SECOND)]
    found = [[], [("x", FIRST)], [("Total 12.50", BOTH)], [("Total", FIRST), ("12.50", SECOND)]]
    assert [counted(lines, labels).characters for lines in found] == [10] * 4


def test_missed_labels_and_invented_texts():
    labels = [Label("Total", FIRST), Label("--", BELOW)]
    assert counted([], labels) == PlaceCounts(7, 7, 0, 1)
    assert counted([("ab", quad(300, 0, 340, 20))], labels) == PlaceCounts(9, 7, 0, 1)
    assert counted([("ab", quad(300, 0, 340, 20))], []) == PlaceCounts(2, 0, 0, 0)


def test_don_t_cares_cost_nothing():
    labels = [Label("Total", FIRST), Label("", SECOND, ignore=True)]
    assert counted([("Total abcd", BOTH)], labels) == PlaceCounts(0, 5, 1, 1)
    assert counted([("Tota abcd", BOTH)], labels) == PlaceCounts(1, 5, 0, 1)
    assert counted([("Total", FIRST), ("abcd", SECOND)], labels) == PlaceCounts(0, 5, 1, 1)


def test_text_on_parts_of_several_don_t_cares_is_left_out():
    left, right = quad(0, 0, 60, 60), quad(60, 0, 120, 60)
    labels = [Label("", left, ignore=True), Label("", right, ignore=True)]
    assert counted([("abc", quad(30, 30, 90, 70))], labels) == PlaceCounts(0, 0, 0, 0)


def test_a_block_over_two_rows_is_compared_in_reading_order():
    labels = [Label("Total", FIRST), Label("12.50", SECOND), Label("Cash", BELOW)]
    assert counted([("Total 12.50 Cash", quad(0, 0, 120, 60))], labels) == PlaceCounts(0, 14, 3, 3)


@pytest.mark.parametrize("degrees", [90, 180, 270, 25])
def test_order_follows_the_direction_of_the_text(degrees):
    radians = np.deg2rad(degrees)
    matrix = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    labels = [Label("12.50", np.array(SECOND) @ matrix), Label("Total", np.array(FIRST) @ matrix)]
    found = [("Total 12.50", np.roll(np.array(BOTH) @ matrix, 1, axis=0))]  # a region that begins at another corner
    assert counted(found, labels) == PlaceCounts(0, 10, 2, 2)
