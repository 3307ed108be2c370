"""PDFs in a process of their own: the same pages, and what ends that process is an error of the page."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from tests.tflite_ocr.documents.test_pdf import encrypted, made
from tflite_ocr import documents
from tflite_ocr.documents import pdf_process
from tflite_ocr.errors import ImageReadError, OcrError, OcrWarning


def opened(source, **options):
    return documents.open_document(source, documents.DocumentOptions(isolate=True, **options))


def nested(levels: int) -> bytes:
    """A page whose form shows another twice, and so on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
        b"<</Length 5>>stream\n/F Do\nendstream",
    ]
    for number in range(5, 5 + levels):
        inside = b"/Resources<</XObject<</F %d 0 R>>>>" % (number + 1)
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 11" + inside
        objects.append(head + b">>stream\n/F Do /F Do\nendstream")
    objects.append(b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 12>>stream\n0 0 5 5 re f\nendstream")
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (i, item) for i, item in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer <</Root 1 0 R/Size %d>>\n%%%%EOF" % (len(objects) + 1)


@pytest.mark.slow
def test_pages_messages_and_warnings_are_those_of_this_process(tmp_path):
    data = made("One page", "Two")
    (tmp_path / "ä b.pdf").write_bytes(data)
    for source in (data, tmp_path / "ä b.pdf"):
        with documents.open_document(source, documents.DocumentOptions(skip_text=True)) as here:
            with opened(source, skip_text=True) as there:
                assert (there.count, there.name) == (here.count, here.name) == (2, here.name)
                for ours, other in zip(here, there, strict=True):
                    np.testing.assert_array_equal(ours.picture(), other.picture())
                    assert ours.lines == other.lines and ours.lines and ours.dpi == other.dpi
                assert there.frame(2) == tuple(here.frame(2)) and there.has_text(1)
            with pytest.raises(ValueError, match="closed"):
                there.page(1)
    locked = encrypted(data, owner="o", user="u")
    assert opened(locked, password="u").count == 2
    for source, options in ((data[:200], {}), (locked, {}), (locked, {"password": "no"}), (data, {"dpi": -1})):
        with pytest.raises(OcrError) as here:
            documents.open_document(source, documents.DocumentOptions(**options))
        with pytest.raises(type(here.value)) as there:
            opened(source, **options)
        assert str(there.value) == str(here.value)
    with pytest.warns(OcrWarning, match="200 x 200 inches"):
        opened(made("Poster", size=(14_400, 14_400), unit="pt"), dpi=60).page(1)


@pytest.mark.slow
def test_what_ends_it_is_an_error_and_the_next_page_is_read():
    with opened(made("One", "Two")) as document:
        for number in (signal.SIGSEGV, signal.SIGXCPU):
            process = document._worker.process
            os.kill(process.pid, signal.SIGSTOP)
            signals = (number, signal.SIGCONT)
            stopper = threading.Timer(0.2, lambda: [os.kill(process.pid, one) for one in signals])
            stopper.start()
            with pytest.raises(ImageReadError, match=f"page 2: expected .* ended the process .*signal {int(number)}."):
                document.page(2)
            stopper.join()
            assert document.page(1).picture().min() < 100


def test_a_page_that_would_take_hours_is_refused(monkeypatch):
    monkeypatch.setattr(pdf_process, "MOST_CPU_S", 1)
    with opened(nested(3)) as document:
        assert document.page(1).picture()[-3:, :3].max() < 100
    with opened(nested(38)) as document:
        with pytest.raises(ImageReadError, match="at most 1 s of the processor"):
            document.page(1)


def test_children_of_a_fork_have_their_own():
    with opened(made("One", "Two")) as document, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest has threads
        pid = os.fork()
        if pid == 0:
            signal.alarm(60)
            os._exit(0 if document.page(2).picture().min() < 100 else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert document.page(1).picture().min() < 100
