"""The call of EasyOCR: only the import differs.

python examples/instead_of_easyocr.py photo.jpg
"""

import sys

from tflite_ocr import easyocr  # was: import easyocr

reader = easyocr.Reader(["en"])
for quad, text, confidence in reader.readtext(sys.argv[1]):
    print(quad, text, round(confidence, 2))
print(*reader.readtext(sys.argv[1], detail=0, paragraph=True), sep="\n")
