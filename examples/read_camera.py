"""Reads the text that a camera sees, about twice a second, until Ctrl-C.

python examples/read_camera.py [camera number]
"""

import sys
import time

import cv2

from tflite_ocr import Reader

camera = cv2.VideoCapture(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
if not camera.isOpened():
    sys.exit("no camera found")
reader = Reader()
seen = []
try:
    while True:
        ok, frame_bgr = camera.read()
        if not ok:
            break
        texts = [line.text for line in reader.read(frame_bgr)]
        if texts != seen:
            print(" | ".join(texts) or "(no text)")
            seen = texts
        time.sleep(0.5)
except KeyboardInterrupt:
    pass
finally:
    camera.release()
