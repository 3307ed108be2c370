import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from tflite_ocr.arguments import positive, seconds, share


def test_counts_begin_at_one():
    assert [positive("1"), positive("12")] == [1, 12]
    with pytest.raises(argparse.ArgumentTypeError, match="expected at least 1, found 0"):
        positive("0")
    with pytest.raises(ValueError):
        positive("many")


def test_shares_and_times():
    assert [share("0"), share("0.25"), share("1")] == [0, 0.25, 1]
    for text in ("-0.1", "1.01"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"expected 0 to 1, found {text}"):
            share(text)
    assert [seconds("83.5"), seconds("1:23.5"), seconds("1:00:00")] == [83.5, 83.5, 3600]
    for text in ("soon", "-1", "1:-2", "nan", "1e9", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="expected seconds or hh:mm:ss"):
            seconds(text)


def test_parsing_times_needs_no_video(tmp_path):
    """fcntl is not everywhere, and --help does not wait for OpenCV."""
    code = (
        "import sys; from tflite_ocr.__main__ import _parser as parser\n"
        "parser().parse_args(['video', 'a.mp4', '--from', '1:2'])\n"
        "assert not {'fcntl', 'cv2', 'tflite_ocr.video.command'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)
