"""Images made to hurt, each in a process of its own: refused or read, never a crash, little memory and time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hostile_images import hostile

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES, MOST_CPU_S = 1 << 30, 10
CHILD = """
import json, sys, time
from pathlib import Path
import numpy as np
from tflite_ocr import errors, image
said = []
for path in sorted(Path(sys.argv[1]).iterdir()):
    began = time.process_time()
    try:
        found = image.read(path)
        right = found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3
        text = "read" if right else f"{found.dtype} {found.shape}"
    except errors.ImageReadError as error:
        text = "refused" if str(error).isprintable() else "refused in several lines"
    peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if "VmHWM" in line)
    print(json.dumps([path.name, text, time.process_time() - began, peak]), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux does")
@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_images_cost_little(seed, tmp_path):
    names = []
    for number, (name, data) in enumerate(hostile(np.random.default_rng(seed))):
        (tmp_path / f"{number:02}").write_bytes(data)
        names.append(name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, env=environment)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(found) == len(names), f"{names[len(found)]}: {done.stderr[-300:]}"
    for name, (_, text, cpu_s, peak) in zip(names, found, strict=True):
        assert text in ("read", "refused"), name
        assert cpu_s < MOST_CPU_S and peak < MOST_BYTES, (name, cpu_s, peak)
    assert {text for _, text, *_ in found} == {"read", "refused"}
