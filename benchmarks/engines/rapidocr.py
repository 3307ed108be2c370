"""RapidOCR with the PP-OCR networks of its wheel: its default on ONNX Runtime, and on OpenVINO."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.installed import lacking, pipeline, versions
from benchmarks.running.protocol import EngineInfo, EngineLine, EngineVariant, MeasurementChoice, corners

NAME = "rapidocr"
# RapidOCR's name of each library that runs the networks: its package, versions, and the option for threads.
_RUNTIMES = {
    "onnxruntime": ("onnxruntime", ">=1.16", "intra_op_num_threads", "ONNX Runtime", "float32"),
    # OpenVINO chooses bf16 where the processor has instructions for it.
    "openvino": ("openvino", ">=2025", "inference_num_threads", "OpenVINO", None),
}


def variants(choice: MeasurementChoice) -> list[EngineVariant]:
    """Both libraries x threads."""
    return [variant(runtime, threads) for runtime in _RUNTIMES for threads in choice.thread_counts()]


def variant(runtime: str, threads: int) -> EngineVariant:
    """One configuration; skipped where a package is absent or of another version."""
    package, accepted, _, title, precision = _RUNTIMES[runtime]
    version = versions("rapidocr", package)
    info = EngineInfo(NAME, f"RapidOCR, {title}", version, precision=precision, threads=threads)
    return pipeline(
        __name__,
        f"{NAME}-{runtime}-t{threads}",
        info,
        {"runtime": runtime, "threads": threads},
        artifact_bytes=_artifact_bytes(),
        packages=("rapidocr", package),
        skipped=lacking(("rapidocr", ">=3.10,<4", "bench"), (package, accepted, "bench")),
    )


def create(runtime: str, threads: int) -> RapidOcr:
    """Makes the engine in a worker."""
    from rapidocr import EngineType
    from rapidocr import RapidOCR as Reader

    option = _RUNTIMES[runtime][2]
    parts = {f"{part}.engine_type": EngineType(runtime) for part in ("Det", "Cls", "Rec")}
    parameters = {"Global.log_level": "error", f"EngineConfig.{runtime}.{option}": threads, **parts}
    return RapidOcr(Reader(params=parameters))


class RapidOcr:
    """RapidOCR as an engine."""

    def __init__(self, reader):
        self._reader = reader

    def read(self, path: Path) -> list[EngineLine]:
        # Said in full: the flags of one call hold for the next.
        found = self._reader(str(path), use_det=True, use_cls=True, use_rec=True)
        if found.txts is None:
            return []
        return [
            EngineLine(text, float(score), corners(box))
            for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True)
        ]

    def recognize(self, paths: Sequence[Path]) -> list[str]:
        """See MeasuredEngine; one crop a call, which is what its interface offers."""
        texts = []
        for path in paths:
            found = self._reader(str(path), use_det=False, use_cls=False, use_rec=True)
            texts.append(" ".join(found.txts or ()))
        return texts


def _artifact_bytes() -> int | None:
    """Of the networks in its wheel that it uses by default."""
    package = importlib.util.find_spec("rapidocr")
    if package is None:
        return None
    folder = Path(package.submodule_search_locations[0]) / "models"
    return sum(path.stat().st_size for path in folder.glob("*.onnx"))
