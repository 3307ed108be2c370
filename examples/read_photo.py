"""Prints the lines of text in a photo with their confidence and place.

python examples/read_photo.py photo.jpg
"""

import sys

from tflite_ocr import Reader

reader = Reader()
for line in reader.read(sys.argv[1]):
    (left, top), *_ = line.quad
    print(f"{line.confidence:.2f}  at ({left:.0f}, {top:.0f})  {line.text}")
