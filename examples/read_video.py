"""Prints the text of a video as it comes and goes.

python examples/read_video.py VIDEO
"""

import sys

from tflite_ocr import Reader

seen: set[int] = set()
with Reader().read_video(sys.argv[1]) as frames:
    for frame in frames:
        for line in frame.lines:
            if line.track not in seen:
                seen.add(line.track)
                print(f"{frame.time_s:8.2f} s  {line.text}")
