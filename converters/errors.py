"""Errors of the conversion; each carries the exit code of the command line."""

from tflite_ocr.errors import OcrError


class ConversionError(OcrError):
    """A stage of the conversion cannot continue.

    Attributes:
        stage: Name of the stage: "source", "download", "checkpoint", "onnx", "saved_model", "tflite" ...
        reason: The message without it.
    """

    exit_code = 7

    def __init__(self, stage: str, message: str):
        super().__init__(f"{stage}: {message}")
        self.stage = stage
        self.reason = message


class ParityError(OcrError):
    """A converted model differs from the model that it came from by more than a limit allows.

    Attributes:
        metric: What was measured, such as "detector int8 cosine".
        measured: Its value.
        limit: The value that it had to reach or to stay under.
    """

    exit_code = 8

    def __init__(self, metric: str, measured: float, limit: float):
        super().__init__(
            f"{metric}: expected {limit:g} or better, measured {measured:g}; no artifact was written. "
            "Try more calibration images (--calibration DIR) or a wider precision (--precision float32)"
        )
        self.metric = metric
        self.measured = measured
        self.limit = limit
