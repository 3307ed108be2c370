"""Names the images of a folder that contain a word.

python examples/search_folder.py photos "invoice"
"""

import sys
from pathlib import Path

from tflite_ocr import ImageReadError, Reader

folder, word = Path(sys.argv[1]), sys.argv[2].lower()
reader = Reader()
for path in sorted(folder.iterdir()):
    if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"):
        continue
    try:
        hits = [line.text for line in reader.read(path) if word in line.text.lower()]
    except ImageReadError as error:
        print(error, file=sys.stderr)
        continue
    for text in hits:
        print(f"{path}: {text}")
