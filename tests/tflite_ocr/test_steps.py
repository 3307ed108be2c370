"""Steps of reading are timed while they are recorded, each its own time, from all threads."""

import threading
import time
from pathlib import Path

import pytest

from tflite_ocr import Reader, steps

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
PAGE = Path(__file__).resolve().parents[1] / "golden" / "page.png"


def test_time_of_an_inner_step_is_not_that_of_the_outer():
    timed = steps.Steps()
    with timed.step("outer"), timed.step("inner"):
        time.sleep(0.05)
    assert timed.seconds["inner"] >= 0.05 > timed.seconds["outer"]
    assert timed.calls == {"outer": 1, "inner": 1}


def test_nothing_is_timed_where_nobody_records():
    with steps.step("before"):
        pass
    with steps.recording() as recorded:
        with steps.step("while"), steps.recording() as inner, steps.step("inside"):
            pass
    with steps.step("after"):
        pass
    assert set(recorded.calls) == {"while"} and set(inner.calls) == {"inside"}


def test_an_error_leaves_the_step_and_ends_the_recording():
    with pytest.raises(RuntimeError), steps.recording() as recorded, steps.step("fails"):
        raise RuntimeError
    with steps.step("after"):
        pass
    assert recorded.calls == {"fails": 1}


def test_threads_add_up():
    with steps.recording() as recorded:

        def work():
            for _ in range(50):
                with steps.step("part"):
                    pass

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recorded.calls == {"part": 200}


def test_the_steps_of_the_embedded_model_appear_and_add_up():
    """CTC, resizing and the language model among them, with their calls; together no more than the whole."""
    with Reader("edge", threads=1) as reader:
        reader.read(PAGE)
        with steps.recording() as recorded:
            start = time.perf_counter()
            page = reader.read_page(PAGE)
            whole = time.perf_counter() - start
    lines = len(page.lines)
    for name in ("resize the lines", "network recognizer_latin_int8.tflite"):
        assert recorded.calls[name] >= lines > 3
    assert {"decode characters (CTC)", "decide doubtful words (language model)", "resize for the detector"} <= set(
        recorded.calls
    )
    assert recorded.calls["decode the image file"] == 1
    assert 0.5 * whole < sum(recorded.seconds.values()) <= whole
    assert sum(page.timing_ms[name] for name in ("decode", "detect", "recognize")) == pytest.approx(
        page.timing_ms["total"], abs=0.01
    )
