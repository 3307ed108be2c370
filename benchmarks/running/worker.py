"""A process that holds one engine: requests come as JSON lines on standard input, answers go to a pipe of their own.

    python -m benchmarks.running.worker DESCRIPTOR     (started by benchmarks.running.supervisor)

The first line is {"factory", "options", "threads"}; it is answered when the engine is made. Then come requests:

    {"do": "read", "image": PATH}           -> {"ms", "lines": [{"text", "confidence", "quad"}]}
    {"do": "recognize", "images": [PATH]}   -> {"ms", "lines": [{"text"}]}, a line an image
    {"do": "prepare", "tensor": NPY}        -> {}
    {"do": "run"}                           -> {"ms"}
    {"do": "output", "tensor": NPY}         -> {}, the last output written there

"ms" is the time of the engine's call alone. {"skipped": reason} answers what the engine cannot do. Any other error
ends the process with its traceback on standard error, which is how the other side learns of it.

Little is imported here: the cold start of an engine is measured through this process.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.running.protocol import Skipped

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main(arguments: list[str]) -> int:
    """Answers requests until standard input ends."""
    _die_with_parent()
    answers = os.fdopen(int(arguments[0]), "w", encoding="utf-8", buffering=1)
    requests = sys.stdin
    # What an engine prints must not be taken for an answer; what it reads must not be a request.
    os.dup2(2, 1)
    engine = None
    for line in requests:
        request = json.loads(line)
        try:
            if engine is None:
                engine, answer = _make(**request), {}
            else:
                answer = _DO[request.pop("do")](engine, **request)
        except Skipped as reason:
            answer = {"skipped": str(reason)}
        answers.write(json.dumps(answer | {"children_peak_bytes": _children_peak_bytes()}) + "\n")
    return 0


def _make(factory: str, options: dict, threads: int | None):
    module, _, function = factory.partition(":")
    engine = getattr(importlib.import_module(module), function)(**options)
    if threads and "cv2" in sys.modules:  # every engine that uses OpenCV gets as many threads as its networks
        sys.modules["cv2"].setNumThreads(threads)
    return engine


def _timed(call: Callable, *arguments) -> tuple[Any, float]:
    """What a call gives, and its milliseconds."""
    start = time.perf_counter()
    found = call(*arguments)
    return found, 1000 * (time.perf_counter() - start)


def _read(engine, image: str) -> dict:
    lines, ms = _timed(engine.read, Path(image))
    return {"ms": ms, "lines": [vars(line) for line in lines]}


def _recognize(engine, images: list[str]) -> dict:
    texts, ms = _timed(engine.recognize, [Path(image) for image in images])
    return {"ms": ms, "lines": [{"text": text, "confidence": None, "quad": None} for text in texts]}


def _prepare(engine, tensor: str) -> dict:
    import numpy as np

    engine.prepare(np.load(tensor))
    return {}


def _output(engine, tensor: str) -> dict:
    import numpy as np

    np.save(tensor, engine.output())
    return {}


_DO = {
    "read": _read,
    "recognize": _recognize,
    "prepare": _prepare,
    "run": lambda engine: {"ms": _timed(engine.run)[1]},
    "output": _output,
}


def _children_peak_bytes() -> int:
    """Largest resident size of a program that the engine ran and that has ended; 0 where it ran none."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _die_with_parent() -> None:
    """A parent that is killed cannot end its workers; Linux does it then."""
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
