"""EasyOCR with its defaults for English: CRAFT and a CRNN, dynamically quantized on a CPU."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.installed import pipeline, require, versions
from benchmarks.running import resources
from benchmarks.running.protocol import EngineInfo, EngineLine, EngineVariant, MeasurementChoice, Skipped, corners
from tflite_ocr.files import user_folder

NAME = "easyocr"
LANGUAGE, DETECTOR, RECOGNIZER = "en", "craft", ("gen2", "english_g2")


def variants(choice: MeasurementChoice) -> list[EngineVariant]:
    """On the CPU with all threads and one, and on a GPU; nothing in a quick run, it is too slow for that."""
    if choice.quick:
        return []
    return [variant(choice, "CPU", threads) for threads in choice.thread_counts()] + [variant(choice, "GPU", None)]


def variant(choice: MeasurementChoice, device: str, threads: int | None) -> EngineVariant:
    """One configuration; skipped without the package, its weights, or the device."""
    skipped, files = None, []
    try:
        require("easyocr", ">=1.7,<2", "convert")
        require("torch", ">=2.4", "convert")
        files = _weights(choice.weights)
        if device == "GPU" and not resources.gpus():
            raise Skipped("no NVIDIA GPU is visible here")
    except Skipped as reason:
        skipped = str(reason)
    version, precision = versions("easyocr", "torch"), "dynamic" if device == "CPU" else "float32"
    info = EngineInfo(NAME, "EasyOCR", version, precision=precision, threads=threads, device=device)
    return pipeline(
        __name__,
        f"{NAME}-gpu" if device == "GPU" else f"{NAME}-t{threads}",
        info,
        {"weights": str(files[0].parent.resolve()) if files else "", "device": device, "threads": threads},
        artifact_bytes=sum(path.stat().st_size for path in files) or None,
        packages=("easyocr",),
        skipped=skipped,
    )


def create(weights: str, device: str, threads: int | None) -> EasyOcr:
    """Makes the engine in a worker; nothing is downloaded."""
    import torch

    from converters.sources.torchvision_shim import ensure_torchvision

    if device == "GPU" and not torch.cuda.is_available():
        raise Skipped(f"PyTorch {torch.__version__} sees no GPU")
    if threads:
        torch.set_num_threads(threads)
    ensure_torchvision()
    import easyocr

    reader = easyocr.Reader(
        [LANGUAGE], gpu=device == "GPU", model_storage_directory=weights, download_enabled=False, verbose=False
    )
    return EasyOcr(reader)


class EasyOcr:
    """EasyOCR as an engine."""

    def __init__(self, reader):
        self._reader = reader

    def read(self, path: Path) -> list[EngineLine]:
        return [EngineLine(text, float(score), corners(box)) for box, text, score in self._reader.readtext(str(path))]

    def recognize(self, paths: Sequence[Path]) -> list[str]:
        """See MeasuredEngine; one crop a call, which is what its interface offers."""
        import cv2

        crops = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths)
        return [" ".join(self._reader.recognize(crop, detail=0)) for crop in crops]


def tables():
    """easyocr/config.py by itself: the package's face would bring PyTorch."""
    folder = importlib.util.find_spec("easyocr").submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location("easyocr_config", Path(folder) / "config.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _weights(folder: Path | None) -> list[Path]:
    """Both checkpoints, in one folder."""
    config = tables()
    generation, name = RECOGNIZER
    wanted = [config.detection_models[DETECTOR], config.recognition_models[generation][name]]
    home = Path(os.environ.get("EASYOCR_MODULE_PATH") or os.environ.get("MODULE_PATH") or Path.home() / ".EasyOCR")
    places = [folder] if folder else [home / "model", user_folder()]
    names = [entry["filename"] for entry in wanted]
    place = next((place for place in places if all((place / name).is_file() for name in names)), None)
    if place is None:
        searched = folder or "EasyOCR's own folder, nor in the converters' cache"
        raise Skipped(
            f"no weights: {' and '.join(names)} are not in {searched}; `make convert MODEL=easyocr` "
            "downloads them, or name their folder with WEIGHTS=folder (--weights)"
        )
    for entry in wanted:
        found = _md5(place / entry["filename"])
        if found != entry["md5sum"]:
            raise Skipped(f"{place / entry['filename']}: EasyOCR takes a file of md5 {entry['md5sum']}, found {found}")
    return [place / name for name in names]


@functools.cache
def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
