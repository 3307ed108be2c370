"""The call of EasyOCR: only the import and the constructor differ.

    python examples/instead_of_easyocr.py photo.jpg
"""

import sys

from tflite_ocr import Reader  # was: import easyocr

reader = Reader()  # was: easyocr.Reader(["en"])
for quad, text, confidence in reader.readtext(sys.argv[1]):
    print(quad, text, round(confidence, 2))
print(*reader.readtext(sys.argv[1], detail=0, paragraph=True), sep="\n")
