"""Reads images and writes a JSON line for each; run on both sides, with the installed package alone.

python reading.py MODEL PRECISION OUT IMAGE...   (an empty PRECISION is the model's own)
"""

import json
import platform
import sys
import time

from tflite_ocr import Reader


def main(model: str, precision: str, out: str, *images: str) -> None:
    """Reads the images with one Reader."""
    reader = Reader(model, precision=precision or None)
    with open(out, "w", encoding="utf-8") as stream:
        for image in images:
            began = time.perf_counter()
            lines = [[line.text, line.confidence, line.quad] for line in reader.read(image)]
            seconds = time.perf_counter() - began
            record = {"image": image, "machine": platform.machine(), "seconds": seconds, "lines": lines}
            stream.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
