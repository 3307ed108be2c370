"""Time of every operator of a .tflite file, from the profiler inside LiteRT.

LiteRT's Python has no profiler, but its library exports one for C (litert/c/litert_profiler.h): every operator that a
built-in kernel runs, and every one that XNNPACK runs, reports its time in whole microseconds. It is called here through
ctypes, in a process of its own: where another version lays out its structures differently, that process fails and not
this one.

    python -m benchmarks.tools.litert_profiler FILE INPUT.npy RUNS THREADS     prints what `measure` returns, as JSON
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
import time
from ctypes import byref, c_bool, c_char_p, c_int, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

import numpy as np

from benchmarks.running.protocol import Skipped

# Versions whose C structures are those below.
VERSIONS = ">=2.1,<2.1.2"
METHOD = (
    "LiteRT's own profiler, called through its C library: times in whole microseconds, cut off; means over the runs"
)
_CPU = 1
_WRITE = 1
_WHOLE, _BUILT_IN, _DELEGATED = 1, 2, 8  # kinds of events: of the runtime, of an operator, of a delegate's operator
_INVOKE = "Invoke"
_ELEMENTS = {"float32": 1, "int8": 9}
_WARM_UP = 2
_LIMIT_S = 300.0
_ROOT = Path(__file__).resolve().parents[2]


class _TensorType(ctypes.Structure):
    _fields_ = [("element", c_int32), ("rank", c_uint32), ("sizes", c_int32 * 8), ("strides", c_uint32 * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("tag", c_char_p),
        ("kind", c_int),
        ("start_us", c_uint64),
        ("elapsed_us", c_uint64),
        ("memory", c_uint64 * 6),
        ("index", c_uint64),
        ("subgraph", c_uint64),
        ("source", c_int),
    ]


def profile(path: Path, tensor: np.ndarray, runs: int, threads: int) -> dict:
    """Runs a .tflite file in a process of its own and returns the time of its operators.

    Returns:
        As measure.

    Raises:
        Skipped: This LiteRT has no such profiler, or the process failed.
    """
    from benchmarks.engines.installed import require

    require("ai-edge-litert", VERSIONS, "convert")
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "input.npy"
        np.save(given, tensor)
        given_words = [str(path.resolve()), str(given), str(runs), str(threads)]
        command = [sys.executable, "-m", "benchmarks.tools.litert_profiler", *given_words]
        try:
            done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            raise Skipped(f"LiteRT's profiler gave no answer within {_LIMIT_S:g} s") from None
    if done.returncode:
        words = " ".join(done.stderr.split())[-200:]
        raise Skipped(f"LiteRT's profiler ended with exit code {done.returncode}: {words}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(path: Path, tensor: np.ndarray, runs: int, threads: int) -> dict:
    """Runs a .tflite file in this process with the profiler on.

    Returns:
        {"operators": [{"name", "delegated", "ms"}] in the order of the graph, "sum_ms", "invoke_ms": time of the whole
        as the profiler saw it, "runs", "threads"}; times are means over the runs.

    Raises:
        RuntimeError: LiteRT refuses a call, or runs differ in their operators.
    """
    model = _CompiledModel(path, threads)
    model.write(tensor)
    for _ in range(_WARM_UP):
        model.run()
    profiled = [model.profiled_run() for _ in range(runs)]
    names = [[event[:2] for event in operators] for _, operators in profiled]
    if any(other != names[0] for other in names):
        raise RuntimeError("expected the same operators in every run, found others")
    times_us = np.array([[us for *_, us in operators] for _, operators in profiled], float)
    means_ms = (times_us.reshape(runs, -1).mean(axis=0) / 1000).tolist()
    operators = zip(names[0], means_ms, strict=True)
    return {
        "operators": [{"name": name, "delegated": delegated, "ms": ms} for (name, delegated), ms in operators],
        "sum_ms": sum(means_ms),
        "invoke_ms": float(np.mean([whole for whole, _ in profiled])) / 1000,
        "runs": runs,
        "threads": threads,
    }


class _CompiledModel:
    """A model of one input and one output in LiteRT's C library, its profiler on; freed when the process ends."""

    def __init__(self, path: Path, threads: int):
        import ai_edge_litert

        self._library = ctypes.CDLL(str(Path(ai_edge_litert.__file__).parent / "libLiteRt.so"))
        self._environment = self._made("LiteRtCreateEnvironment", c_int(0), None)
        model = self._made("LiteRtCreateModelFromFile", str(path).encode())
        options = self._made("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, c_int(_CPU))
        self._set(options, "RuntimeOptions", "LiteRtSetRuntimeOptionsEnableProfiling", c_bool(True))
        self._set(options, "CpuOptions", "LiteRtSetCpuOptionsNumThread", c_int(threads))
        self._model = self._made("LiteRtCreateCompiledModel", self._environment, model, options)
        self._profiler = self._made("LiteRtCompiledModelGetProfiler", self._model)
        self._input, self._output = (self._buffer(*part) for part in _tensors(path))

    def write(self, tensor: np.ndarray) -> None:
        """Sets the input."""
        place, values = c_void_p(), np.ascontiguousarray(tensor)
        self._call("LiteRtLockTensorBuffer", self._input, byref(place), c_int(_WRITE))
        ctypes.memmove(place, values.ctypes.data, values.nbytes)
        self._call("LiteRtUnlockTensorBuffer", self._input)

    def run(self) -> None:
        """Runs the model."""
        ends = [part for buffer in (self._input, self._output) for part in (c_size_t(1), (c_void_p * 1)(buffer))]
        self._call("LiteRtRunCompiledModel", self._model, c_size_t(0), *ends)

    def profiled_run(self) -> tuple[int, list[tuple[str, bool, int]]]:
        """Runs the model; microseconds of the whole, and (name, whether it is delegated, microseconds) by operator."""
        self._call("LiteRtResetProfiler", self._profiler)
        self._call("LiteRtStartProfiler", self._profiler)
        self.run()
        self._call("LiteRtStopProfiler", self._profiler)
        count = c_int()
        self._call("LiteRtGetNumProfilerEvents", self._profiler, byref(count))
        events = (_Event * count.value)()
        self._call("LiteRtGetProfilerEvents", self._profiler, count, events)
        whole = [event.elapsed_us for event in events if event.kind == _WHOLE and event.tag == _INVOKE.encode()]
        if len(whole) != 1:
            raise RuntimeError(f"expected one event {_INVOKE!r}, found {len(whole)}")
        operators = (event for event in events if event.kind in (_BUILT_IN, _DELEGATED))
        return whole[0], [(event.tag.decode(), event.kind == _DELEGATED, event.elapsed_us) for event in operators]

    def _buffer(self, kind: str, detail: dict) -> c_void_p:
        zero = c_size_t(0)
        needed = self._made(f"LiteRtGetCompiledModel{kind}BufferRequirements", self._model, zero, zero)
        sizes = [int(size) for size in detail["shape"]]
        of_tensor = _TensorType(_ELEMENTS[np.dtype(detail["dtype"]).name], len(sizes), (c_int32 * 8)(*sizes))
        return self._made(
            "LiteRtCreateManagedTensorBufferFromRequirements", self._environment, byref(of_tensor), needed
        )

    def _set(self, options: c_void_p, kind: str, setter: str, value) -> None:
        opaque = self._made(f"LiteRtCreate{kind}")
        self._call(setter, self._made(f"LiteRtFind{kind}", opaque), value)
        self._call("LiteRtAddOpaqueOptions", options, opaque)

    def _made(self, function: str, *arguments) -> c_void_p:
        """What a function gives through its last argument."""
        result = c_void_p()
        self._call(function, *arguments, byref(result))
        return result

    def _call(self, function: str, *arguments) -> None:
        status = getattr(self._library, function)(*arguments)
        if status:
            raise RuntimeError(f"{function} failed with status {status}")


def whole_ms(path: Path, tensor: np.ndarray, runs: int, threads: int, xnnpack: bool = True) -> float:
    """Mean milliseconds of the whole file, no profiler: as the reader runs it, or on built-in kernels alone.

    Raises:
        Skipped: It does not run so; some files run only with XNNPACK.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(str(path), num_threads=threads, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    times = []
    for _ in range(_WARM_UP + runs):
        start = time.perf_counter()
        try:
            interpreter.invoke()
        except RuntimeError as error:
            raise Skipped(f"LiteRT cannot run it so: {' '.join(str(error).split())}") from None
        times.append(time.perf_counter() - start)
    return 1000 * float(np.mean(times[_WARM_UP:]))


def _tensors(path: Path) -> list[tuple[str, dict]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise RuntimeError(f"expected one input and one output, found {len(inputs)} and {len(outputs)}")
    return [("Input", inputs[0]), ("Output", outputs[0])]


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
