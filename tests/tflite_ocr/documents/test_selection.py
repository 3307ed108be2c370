"""Which pages are wanted."""

import pytest

from tflite_ocr.documents import selection
from tflite_ocr.errors import OcrError


@pytest.mark.parametrize(
    ("text", "count", "numbers"),
    [
        ("2-5", 9, [2, 3, 4, 5]),
        ("3", 9, [3]),
        ("1,3,7-", 9, [1, 3, 7, 8, 9]),
        ("-2", 9, [1, 2]),
        (" 4 - 5 , 2", 9, [2, 4, 5]),
        ("5-99", 6, [5, 6]),
        ("7-9", 6, []),
        ("2,2-3,3", 6, [2, 3]),
    ],
)
def test_pages(text, count, numbers):
    assert selection.chosen(selection.parse(text), count) == numbers


def test_all_pages():
    assert selection.chosen(None, 3) == [1, 2, 3]


@pytest.mark.parametrize("text", ["", "0", "5-2", "a", "1;2", "1--3", "-", "1,,2", "0-3", "1.5", "²"])
def test_what_names_no_pages(text):
    with pytest.raises(OcrError, match="expected pages such as"):
        selection.parse(text)
