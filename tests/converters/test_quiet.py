"""Output of Python and of C is taken and kept, and afterwards goes to the terminal as before."""

import ctypes
import os
import subprocess
import sys

import pytest

from converters.quiet import Quiet, tensorflow_environment


def test_python_c_and_child_processes_are_taken(capfd):
    with Quiet() as said:
        print("from python")
        print("to the error stream", file=sys.stderr)
        os.write(2, b"from the descriptor\n")
        ctypes.CDLL(None).puts(b"from a C buffer")
        subprocess.run(["echo", "from a child"], check=True)
    assert capfd.readouterr() == ("", "")
    for words in ("python", "the error stream", "the descriptor", "a C buffer", "a child"):
        assert words in said.tail()


def test_output_before_and_after_is_left_alone(capfd):
    ctypes.CDLL(None).puts(b"before")
    with Quiet():
        os.write(1, b"inside\n")
    os.write(1, b"after\n")
    os.write(2, b"error\n")
    assert capfd.readouterr() == ("before\nafter\n", "error\n")


def test_an_exception_passes_and_the_last_lines_are_kept(capfd):
    said = Quiet()
    with pytest.raises(ValueError, match="broken"), said:
        os.write(2, b"x" * 1000 + b"\nthe  reason\n")
        raise ValueError("broken")
    assert said.tail().endswith("x the reason") and len(said.tail()) == 600
    assert said.tail(6) == "reason"
    print("heard")
    assert capfd.readouterr().out == "heard\n"


def test_one_inside_the_other(capfd):
    with Quiet() as outer:
        os.write(1, b"one\n")
        with Quiet() as inner:
            os.write(1, b"two\n")
        os.write(1, b"three\n")
    assert (inner.tail(), outer.tail()) == ("two", "one three")
    assert capfd.readouterr().out == ""


def test_no_descriptor_is_left_open():
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list open descriptors")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with Quiet():
            pass
    assert len(os.listdir("/proc/self/fd")) == before


def test_bytes_that_are_no_text_do_not_break_it():
    with Quiet() as said:
        os.write(2, b"\xff\xfe end\n")
    assert said.tail().endswith("end")


def test_what_a_user_has_set_for_tensorflow_stays():
    environment = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    tensorflow_environment(environment)
    assert environment.pop("TF_ENABLE_ONEDNN_OPTS") == "1" and len(environment) == 2
    tensorflow_environment(environment)
    assert environment["TF_ENABLE_ONEDNN_OPTS"] == "0"
