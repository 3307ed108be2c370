"""Errors of the conversion; each carries the exit code of the command line."""

import functools

from tflite_ocr.errors import OcrError


class ConversionError(OcrError):
    """A stage of the conversion cannot continue.

    Attributes:
        stage: Name of the stage: "source", "download", "checkpoint", "onnx", "saved_model", "tflite" ...
    """

    exit_code = 7

    def __init__(self, stage: str, message: str):
        super().__init__(f"{stage}: {message}")
        self.stage = stage
        self.reason = message


# Of the stages in which many places stop, called with the message alone.
source_error = functools.partial(ConversionError, "source")
checkpoint_error = functools.partial(ConversionError, "checkpoint")
download_error = functools.partial(ConversionError, "download")
export_error = functools.partial(ConversionError, "tflite")
prune_error = functools.partial(ConversionError, "prune")
search_error = functools.partial(ConversionError, "search")


def one_line(error: BaseException, most: int = 300) -> str:
    """The beginning of another library's message, as one line; its kind where there is no message."""
    return " ".join(str(error).split())[:most] or type(error).__name__


class ParityError(OcrError):
    """A converted model differs from the model that it came from by more than a limit allows.

    Attributes:
        metric: What was measured, such as "detector int8 cosine".
    """

    exit_code = 8

    def __init__(self, metric: str, measured: float, limit: float):
        super().__init__(
            f"{metric}: expected {limit:g} or better, measured {measured:g}; no artifact was written. Try more "
            "calibration images (--calibration DIR) or a wider precision (--precision float32)"
        )
        self.metric = metric
        self.measured = measured
        self.limit = limit


class BudgetError(OcrError):
    """No combination that was allowed stays within the budget."""

    exit_code = 8

    def __init__(self, budget: float, lost: float, best: str):
        super().__init__(
            f"search: expected a combination that loses at most {budget:g} points, found none; the best ({best}) "
            f"loses {lost:.2f}, and nothing was written. Allow more (--search {lost + 0.01:.2f}), leave the networks "
            "whole (--search-channels 0), allow more precisions (--search-precision), or let pruned networks learn "
            "longer (--channel-steps)"
        )
        self.budget = budget
        self.lost = lost
