"""TensorFlow's converter in a process of its own: some graphs end it with a signal, which no `except` can catch.

The process starts at the first conversion, serves all that follow, since importing TensorFlow takes seconds, and
ends with its parent. Requests and answers are pickles on its standard input and output.
"""

import atexit
import functools
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from converters.errors import export_error, one_line
from converters.quiet import tensorflow_environment

INT16X8 = "int16x8"
CRASHED = "TensorFlow's converter crashed"
_ROOT = Path(__file__).resolve().parents[1]
_SHOWN = 600  # characters of an answer that goes wrong


def convert(source: Path, precision: str, samples: Sequence[list[np.ndarray]], sparse: bool) -> bytes:
    """What TensorFlow's converter makes of a SavedModel, see tflite_export.export.

    Args:
        samples: Lists of float32 inputs; empty where the precision needs none.
        sparse: Stores kernels of many zeros in the format's own encoding.

    Raises:
        ConversionError: The converter refuses the graph or has crashed.
    """
    with _lock:
        return _process().ask(source.absolute(), precision, samples, sparse)


class _Process:
    def __init__(self):
        environment = dict(os.environ)
        tensorflow_environment(environment)
        self._said = tempfile.TemporaryFile()
        self._child = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )

    def ask(self, source: Path, precision: str, samples, sparse: bool) -> bytes:
        try:
            pickle.dump((source, precision, samples, sparse), self._child.stdin, pickle.HIGHEST_PROTOCOL)
            self._child.stdin.flush()
            made, answer = pickle.load(self._child.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise export_error(f"{source}: {precision} failed: {self._death()}") from None
        except BaseException:  # an answer that nobody waits for must not be taken for the next one
            self.end()
            raise
        if not made:
            raise export_error(f"{source}: {precision} failed: {answer}")
        return answer

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                pipe.close()
            except OSError:  # what was not written yet has nobody to read it
                pass
        self._child.kill()
        self._child.wait()
        self._said.close()

    def _death(self) -> str:
        code = self._child.wait()
        self._said.seek(0)
        said = " ".join(self._said.read().decode(errors="replace").split())[-_SHOWN:]
        self.end()
        reason = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"{CRASHED} ({reason}){f': {said}' if said and code >= 0 else ''}"


_lock = threading.Lock()
_running: list[_Process] = []


def _process() -> _Process:
    while _running and not _running[-1].alive:
        _running.pop()
    if not _running:
        _running.append(_Process())
    return _running[-1]


@atexit.register
def _end() -> None:
    while _running:
        _running.pop().end()


def _serve() -> None:
    """Answers requests until the parent has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what TensorFlow prints is no answer
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = True, _convert(*request)
        except Exception as error:  # the converter raises its own and TensorFlow's errors, with no common base
            answer = False, one_line(error, _SHOWN)
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _convert(source: Path, precision: str, samples: Iterable[list[np.ndarray]], sparse: bool) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(source))
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if sparse:
        converter.optimizations = [*converter.optimizations, tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision in ("int8", INT16X8):
        converter.representative_dataset = functools.partial(iter, samples)
    if precision == INT16X8:
        sets = tf.lite.OpsSet
        converter.target_spec.supported_ops = [
            sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            sets.TFLITE_BUILTINS,
        ]
    if precision == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


if __name__ == "__main__":
    _serve()
