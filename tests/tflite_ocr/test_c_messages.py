"""LiteRT's line is kept from the terminal, and nothing of what other threads write is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tflite_ocr import c_messages

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(c_messages._standard_error() is None, reason="the C library is not GNU's")

READING = """
import ctypes, sys, threading
import numpy as np
import tflite_ocr
from tflite_ocr import c_messages

libc = ctypes.CDLL(None)
def say(text):
    libc.fputs(text, ctypes.c_void_p.in_dll(libc, "stderr"))
ended = threading.Event()
count = 0
def write():
    global count
    while not ended.is_set() and count < 20000:
        print("line", count, file=sys.stderr)
        count += 1
writer = threading.Thread(target=write)
writer.start()
{before}
readers = [tflite_ocr.Reader("artifacts/edge", threads=1) for _ in range(3)]
reading = [threading.Thread(target=r.read, args=(np.full((60, 200, 3), 255, np.uint8),)) for r in readers]
[thread.start() for thread in reading]
[thread.join() for thread in reading]
ended.set()
writer.join()
say(b"C goes on\\n")
print(count)
"""


def run(code):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-400:]
    return done.stdout, done.stderr.splitlines()


def test_only_the_line_is_missing():
    count, lines = run(READING.format(before=""))
    assert lines == [f"line {i}" for i in range(int(count))] + ["C goes on"]


def test_the_line_is_logged():
    _, lines = run(READING.format(before="import logging; logging.basicConfig(level=logging.DEBUG); ended.set()"))
    found = [line for line in lines if line.startswith("DEBUG:tflite_ocr.c_messages:")]
    assert found == ["DEBUG:tflite_ocr.c_messages:INFO: Created TensorFlow Lite XNNPACK delegate for CPU."]


def test_where_the_variable_is_not_known_the_line_appears():
    known = "c_messages._standard_error = lambda: None; ended.set()"
    assert "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." in run(READING.format(before=known))[1]


def test_after_an_error_and_in_a_child_c_writes_as_before():
    failing = """
import ctypes, os
from tflite_ocr import c_messages
libc = ctypes.CDLL(None)
def say(text):
    libc.fputs(text, ctypes.c_void_p.in_dll(libc, "stderr"))
try:
    with c_messages.first_logged():
        say(b"kept\\n")
        raise ValueError
except ValueError:
    say(b"after\\n")
with c_messages.first_logged():
    say(b"later\\n")
child = os.fork()
if not child:
    say(b"child\\n")
    os._exit(0)
os.waitpid(child, 0)
"""
    assert run(failing)[1] == ["after", "later", "child"]
