"""Listings in letters of one width are blocks that keep their indentation; typescripts and receipts are none."""

import numpy as np
import pytest

from tests.tflite_ocr.layout.test_reading_order import sentence
from tflite_ocr import layout
from tflite_ocr.formats.markdown import to_markdown
from tflite_ocr.page import Page, TextLine

PYTHON = """def total(items):
    amount = 0
    for item in items:
        if item.paid:
            continue
        amount += item.price

    return round(amount, 2)"""
SHELL = """$ make all
cc -c one.c
cc -c two.c
$ ./run --fast
ready
$ echo $?
0"""
KEYS = """server:
  port: 8080
  hosts:
    - name: one
      user: nobody
log:
  level: info"""
LETTER = 0.55  # heights


def placed(rng, rows, top, size, letter=None):
    """Lines of rows of text, their blanks at the left as indentation, with a detector's errors."""
    lines = []
    for i, row in enumerate(rows):
        text = row.strip()
        if not text:
            continue
        wide = letter or LETTER * rng.uniform(0.92, 1.08)  # of letters of many widths a row has its own mean
        left = 40 + size * (len(row) - len(row.lstrip())) * (letter or LETTER) - 0.25 * size
        right = left + size * len(text) * wide + 0.5 * size
        left, right, high, low = np.array([left, right, -0.1 * size, 1.1 * size]) + rng.normal(0, 0.03 * size, 4)
        y = top + 1.4 * size * i
        lines.append(TextLine(text, 0.9, ((left, y + high), (right, y + high), (right, y + low), (left, y + low))))
    return lines


def page(rng, source, letter=LETTER):
    """Text, a listing, and text."""
    size = float(rng.uniform(14, 30))
    text = [sentence(rng, 900, 20) for _ in range(8)]
    rows = source.split("\n")
    return [
        *placed(rng, text[:4], 40, size),
        *placed(rng, rows, 40 + 7 * size, size, letter),
        *placed(rng, text[4:], 40 + (9 + 1.4 * len(rows)) * size, size),
    ]


def arranged(lines):
    return layout.arranged(Page(tuple(lines), 2000, 2000, {}))


@pytest.mark.parametrize("source", [PYTHON, SHELL, KEYS])
def test_listings_keep_their_indentation(source):
    rng = np.random.default_rng(71)
    right = 0
    for _ in range(20):
        found = arranged(page(rng, source))
        codes = [block for block in found.blocks if block.kind == "code"]
        right += len(codes) == 1 and layout.listing_text(codes[0].lines, found.angle) == source
    assert right >= 18
    assert f"\n```\n{source}\n```\n" in to_markdown(arranged(page(np.random.default_rng(1), source)))


def test_fences_are_longer_than_those_inside():
    rng = np.random.default_rng(72)
    found = arranged(page(rng, PYTHON.replace("continue", 'print("```")')))
    assert "\n````\ndef" in to_markdown(found)


def test_source_in_letters_of_many_widths_and_typescripts_are_no_listings():
    rng = np.random.default_rng(73)
    for _ in range(20):
        prose = "\n".join(sentence(rng, 700, 20) for _ in range(9))
        assert all(block.kind != "code" for block in arranged(page(rng, prose)).blocks)
        receipt = "\n".join(f"{sentence(rng, 200, 20)} (2x): {rng.uniform(1, 99):.2f}" for _ in range(9))
        assert all(block.kind != "code" for block in arranged(page(rng, receipt)).blocks)
