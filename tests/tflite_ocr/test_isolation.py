"""Images decoded in a process of their own: the same pixels, and a crash there is an error here."""

import os
import signal
import threading
import warnings

import cv2
import numpy as np
import pytest

from tests.hostile_images import animated_png, jpeg2000
from tflite_ocr import image, isolation
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning


@pytest.fixture
def reading():
    made = isolation.IsolatedReading()
    yield made
    made.close()


def test_pixels_messages_and_warnings_are_those_of_this_process(reading, tmp_path):
    rng = np.random.default_rng(0)
    for size in ((40, 60, 3), (7, 5, 4), (300, 500)):
        picture = rng.integers(0, 256, size, np.uint8)
        data = cv2.imencode(".png", picture)[1].tobytes()
        (tmp_path / "ä\n.png").write_bytes(data)
        for source in (data, tmp_path / "ä\n.png"):
            np.testing.assert_array_equal(reading.read(source), image.read(source))
    for source in (tmp_path / "absent.png", b"no image", jpeg2000(13_000, 13_000, 64), b""):
        with pytest.raises(ImageReadError) as here:
            image.read(source)
        with pytest.raises(ImageReadError) as there:
            reading.read(source)
        assert str(there.value) == str(here.value)
    import zlib

    with pytest.warns(PagesLeftOutWarning, match="holds 2 pages"):
        reading.read(animated_png(30, zlib.compress(bytes(91 * 30))))
    array = np.zeros((4, 5, 3), np.uint8)
    assert reading.read(array) is array


def test_a_crash_and_a_hang_there_are_errors_here_and_the_next_image_is_read(reading):
    data = cv2.imencode(".png", np.full((9, 9, 3), 7, np.uint8))[1].tobytes()
    for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU):
        assert (reading.read(data) == 7).all()
        process = reading._worker.process
        os.kill(process.pid, signal.SIGSTOP)
        stopper = threading.Timer(0.2, lambda: (os.kill(process.pid, number), os.kill(process.pid, signal.SIGCONT)))
        stopper.start()
        with pytest.raises(ImageReadError, match=f"ended the process which tried it .signal {int(number)}."):
            reading.read(data)
        stopper.join()
    assert (reading.read(data) == 7).all()


def test_threads_share_it_and_close_ends_it(reading):
    files = [cv2.imencode(".png", np.full((9, 9 + i, 3), i, np.uint8))[1].tobytes() for i in range(12)]
    found = [None] * 12

    def read(i: int) -> None:
        found[i] = reading.read(files[i])

    threads = [threading.Thread(target=read, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((picture == i).all() and picture.shape[1] == 9 + i for i, picture in enumerate(found))
    process = reading._worker.process
    reading.close()
    assert process.poll() is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reading.read(files[3]).shape == (9, 12, 3)
