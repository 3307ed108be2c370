"""C++ code that writes meets no exception; what went wrong is raised afterwards."""

import io

import pytest

from tflite_ocr.command_line import Stopped
from tflite_ocr.formats.careful import CarefulStream


class Full(io.BytesIO):
    def __init__(self, most, error):
        super().__init__()
        self.most, self.error = most, error

    def write(self, data):
        if self.tell() + len(data) > self.most:
            raise self.error
        return super().write(data)


def test_what_is_written_arrives():
    target = io.BytesIO()
    stream = CarefulStream(target)
    assert (stream.write(b"abc"), stream.write(memoryview(b"de"))) == (3, 2)
    stream.check()
    assert target.getvalue() == b"abcde" and stream.writable()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "<file>"), Stopped(15), MemoryError("x")])
def test_an_error_is_kept_and_nothing_is_written_after_it(error):
    target = Full(3, error)
    stream = CarefulStream(target)
    assert [stream.write(part) for part in (b"ab", b"cd", b"e")] == [2, 2, 1]
    assert target.getvalue() == b"ab"
    with pytest.raises(type(error)) as raised:
        stream.check()
    assert getattr(raised.value, "errno", None) == getattr(error, "errno", None) and "<file>" not in str(raised.value)
    stream.check()
