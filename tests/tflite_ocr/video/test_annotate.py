"""Boxes and labels in frames."""

import cv2
import numpy as np

from tflite_ocr.page import TrackedLine
from tflite_ocr.video.annotate import Annotator
from tflite_ocr.video.frames import Frame, Picture


def grey(width=321, height=241):
    return Frame(0, 0.0, 0.1, Picture.from_bgr(np.full((height, width, 3), 128, np.uint8)))


def line(text, track, left, top, right, bottom):
    return TrackedLine(text, 0.9, ((left, top), (right, top), (right, bottom), (left, bottom)), track)


def changed(frame, plain):
    return np.abs(frame.picture.bgr().astype(int) - plain.picture.bgr()).max(axis=2) > 20


def test_a_frame_without_text_stays_itself():
    frame = grey()
    assert Annotator(321, 241).draw(frame, []) is frame


def test_what_is_not_under_an_outline_or_a_plate_keeps_its_pixels():
    frame, annotator = grey(), Annotator(321, 241)
    drawn = annotator.draw(frame, [line("HELLO", 1, 60, 100, 200, 130)])
    difference = changed(drawn, frame)
    assert not changed(frame, grey()).any()
    rows, columns = np.nonzero(difference)
    assert 70 <= rows.min() < 95 and rows.max() <= 134 and 54 <= columns.min() and columns.max() <= 206
    assert not difference[106:124, 68:192].any()  # the text itself stays to be seen


def test_labels_of_lines_close_together_lie_apart_and_inside():
    frame = grey()
    lines = [line("FIRST", 1, 60, 4, 200, 34), line("SECOND", 2, 60, 60, 200, 90)]
    plates = []
    for chosen in ([lines[0]], lines):
        drawn = Annotator(321, 241).draw(frame, chosen)
        plates.append(changed(drawn, frame))
    first, both = plates
    assert first[36:50].any()  # there is no room above the first one
    assert (both & ~first)[91:110].any()  # and between them only for its label


def test_trembling_is_smoothed_and_movement_is_not_delayed():
    annotator, lefts = Annotator(320, 240), []
    for step in (0, 1, -1, 1, -1, 40, 80):
        annotator.draw(grey(320, 240), [line("A", 1, 60 + step, 100, 120 + step, 130)])
        lefts.append(annotator._quads[1][0, 0] - 60)
    assert np.abs(lefts[1:5]).max() < 0.8
    assert lefts[5:] == [40, 80]


def test_a_text_wider_than_the_picture_is_drawn_smaller():
    frame = grey()
    drawn = Annotator(321, 241).draw(frame, [line("W" * 120, 1, 5, 100, 315, 130)])
    assert changed(drawn, frame)[60:95].any() and cv2.countNonZero(changed(drawn, frame)[:60].astype(np.uint8)) == 0
