"""What the figures are called, and which way is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Attributes:
        title: In running text and headings.
        higher_is_better: False for error rates.
        meaning: One sentence for the reader.
    """

    title: str
    higher_is_better: bool
    meaning: str


# The first one that a set has is the one that engines are chosen by.
METRICS = {
    "bag_f1": Metric(
        "bag-of-words F1",
        True,
        "Words (runs of letters and digits) both found and true, whatever their order: harmonic mean of the share of "
        "found words that are true and of true words that are found.",
    ),
    "word_accuracy": Metric("word accuracy", True, "Share of the true words that were read without any fault."),
    "exact_lines": Metric("exact lines", True, "Share of the true lines that were read without any fault."),
    "cer": Metric(
        "character error rate",
        False,
        "Characters to insert, delete and replace to get from the found to the true text, over the length of the true "
        "one.",
    ),
    "word_order": Metric(
        "words in order",
        True,
        "Share of the words both found and true that stand in the order of the true text: the longest common "
        "subsequence; columns that are read across lose half.",
    ),
    "detection_hmean": Metric(
        "detection H-mean", True, "Harmonic mean of detection precision and recall, without regard to the text."
    ),
    "detection_precision": Metric(
        "detection precision", True, "Share of the found boxes that match a true one; don't-care areas are ignored."
    ),
    "detection_recall": Metric("detection recall", True, "Share of the true boxes that match a found one."),
}
STAGES = {"source": "source", "onnx": "ONNX", "saved_model": "SavedModel", "tflite": "TFLite"}
AXES = {"threads": "threads", "batch": "images a batch", "size": "longer side, pixels"}
SET_KINDS = {
    "pages": "pages, lines with boxes",
    "page_text": "pages, text without boxes",
    "lines": "cropped words or lines",
}
ALL_SETS, ALL_PAGES = "all sets", "all sets of pages"
