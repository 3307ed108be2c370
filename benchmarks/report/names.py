"""What stages, axes and sets are called in the report."""

STAGES = {"source": "source", "onnx": "ONNX", "saved_model": "SavedModel", "tflite": "TFLite"}
AXES = {"threads": "threads", "batch": "images a batch", "size": "longer side, pixels"}
SET_KINDS = {
    "pages": "pages, lines with boxes",
    "page_text": "pages, text without boxes",
    "lines": "cropped words or lines",
}
ALL_SETS, ALL_PAGES = "all sets", "all sets of pages"
