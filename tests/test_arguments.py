import argparse

import pytest

from tflite_ocr.arguments import positive


def test_counts_begin_at_one():
    assert [positive("1"), positive("12")] == [1, 12]
    with pytest.raises(argparse.ArgumentTypeError, match="expected at least 1, found 0"):
        positive("0")
    with pytest.raises(ValueError):
        positive("many")
