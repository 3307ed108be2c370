"""Figures of the film, all from report.json and a model's manifest: nothing is written into scenes by hand."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report.derive import derived
from benchmarks.report.palette import family
from benchmarks.report.validate import load
from demo.errors import DemoError
from tflite_ocr import manifest
from tflite_ocr.manifest import Manifest

_MB = 1e6
_STAGES = {"source": "pytorch", "onnx": "onnxruntime", "saved_model": "savedmodel"}


@dataclass(frozen=True)
class Bar:
    """One measured thing."""

    label: str  # What was measured
    family: str  # Decides its colour, see benchmarks.report.palette
    value: float  # In the unit of its chart
    low: float  # Lower end of its spread; equal to value where there is none
    high: float  # Upper end of its spread; equal to value where there is none
    second: float | None = None  # A figure that stands beside it, such as F1; None where there is none
    recorded_on: str | None = None  # On which machine a recorded figure was taken; None for this one


@dataclass
class FilmFacts:
    """What scenes draw."""

    texts: dict[str, str]  # By the names that the script writes in braces
    engines: list[Bar] = field(default_factory=list)  # Milliseconds a page, F1 beside it
    networks: list[Bar] = field(default_factory=list)  # Milliseconds of one run of the detector on identical tensors
    stages: list[Bar] = field(default_factory=list)  # F1 after every arrow of the conversion
    # Megabytes of the model's files, a bar a precision, that of the original first
    sizes: list[Bar] = field(default_factory=list)
    # Cosines of the detector's output with the source's, by precision
    cosines: dict[str, float] = field(default_factory=dict)
    mask_ious: dict[str, float] = field(default_factory=dict)  # IoU of the text masks that follow from it
    # Partitions of the network that leaves the delegate most often, by precision
    partitions: dict[str, int] = field(default_factory=dict)
    widths: tuple[int, ...] = ()  # At which the recogniser runs, in pixels

    def fill(self, text: str) -> str | None:
        """The text with figures in its braces; None where one of them was not measured."""
        names = re.findall(r"\{(\w+)\}", text)
        return text.format(**self.texts) if all(name in self.texts for name in names) else None


def gather(report_path: Path, model: Path) -> FilmFacts:
    """Reads a report and a manifest.

    Raises:
        DemoError: There is no report, or it speaks of another model alone.
        ReportError: It does not fit its schema.
        ArtifactError: There is no valid manifest.
    """
    if not report_path.is_file():
        raise DemoError(f"{report_path}: expected a report, found none; run make benchmark QUICK=1 first")
    return collect(load(report_path), manifest.load(model))


def collect(report: dict, model: Manifest) -> FilmFacts:
    """See gather; `report` is valid."""
    report = report | {"derived": derived(report)}
    pages = page_set(report)
    found = FilmFacts(
        {},
        _engines(report, model.name, pages["name"]),
        _networks(report, model.name),
        _stages(report, model.name, pages["name"]),
        _sizes(report, model),
        widths=tuple(model.recognizers[0].widths),
    )
    for file in model.detector.files:
        found.cosines[file.precision] = file.parity["cosine"]
        if "mask_iou" in file.parity:
            found.mask_ious[file.precision] = file.parity["mask_iou"]
    for file in model.files():
        if file.delegation:
            most = max(found.partitions.get(file.precision, 0), file.delegation.partitions)
            found.partitions[file.precision] = most
    found.texts = _texts(report, model, found, pages)
    return found


def page_set(report: dict) -> dict:
    """The first set of whole pages that our engine has read."""
    timed = {row["set"] for row in report["speed"]}
    for row in report["sets"]:
        if row["kind"] == "pages" and row["name"] in timed:
            return row
    raise DemoError("the report: expected a set of pages that was timed, found none; run make benchmark again")


def _engines(report: dict, model: str, name: str) -> list[Bar]:
    titles = {row["engine"]: row for row in report["derived"]["engines"]}
    scores = {row["engine"]: row["metrics"]["bag_f1"] for row in report["quality"] if row["set"] == name}
    others = {row["id"] for row in report["engines"] if row["name"] == "ours" and row["model"] != model}
    bars = []
    for row in report["speed"]:
        if row["set"] == name and row["ms"] and row["engine"] not in others:
            title, score = titles[row["engine"]], scores.get(row["engine"])
            f1 = score and score["value"]
            bars.append(Bar(title["label"], title["family"], *_spread(row["ms"], "median"), f1, title["recorded_on"]))
    if not any(bar.family == "ours" for bar in bars):
        raise DemoError(f"the report: expected figures of {model}, found none; run make benchmark MODEL={model}")
    return sorted(bars, key=lambda bar: bar.value)


def _networks(report: dict, model: str) -> list[Bar]:
    bars: dict[str, Bar] = {}
    rows = zip(report["networks"], report["derived"]["recorded_on"], strict=True)
    for row, recorded_on in sorted(rows, key=lambda pair: -(pair[0]["threads"] or 0)):
        title = f"{row['engine']} {row['precision']}" + (", GPU" if row["device"] == "GPU" else "")
        if (row["model"], row["network"], row["shape"][0]) == (model, "detector", 1) and row.get("ms"):
            bar = Bar(title, family(row["engine"]), *_spread(row["ms"], "median"), recorded_on=recorded_on)
            bars.setdefault(title, bar)
    return sorted(bars.values(), key=lambda bar: bar.value)


def _stages(report: dict, model: str, name: str) -> list[Bar]:
    return [
        Bar(f"{row['stage']} {row['precision']}", _STAGES.get(row["stage"], "ours"), *_spread(score, "value"))
        for row in report["conversion"]
        if row["model"] == model and row["set"] == name and (score := row["metrics"].get("bag_f1"))
    ]


def _sizes(report: dict, model: Manifest) -> list[Bar]:
    original = next((row for row in report["engines"] if row["name"] == "rapidocr" and row.get("artifact_bytes")), None)
    sizes = {precision: model.size_bytes(precision) for precision in model.precisions()}
    if original and "PP-OCR" in model.source.name:
        sizes = {"original, ONNX": original["artifact_bytes"], **sizes}
    kinds = {"original, ONNX": "onnxruntime"}
    return [Bar(label, kinds.get(label, "ours"), *[size / _MB] * 3) for label, size in sizes.items()]


def _spread(interval: dict, key: str) -> tuple[float, float, float]:
    return interval[key], interval["low"], interval["high"]


def _texts(report: dict, model: Manifest, found: FilmFacts, pages: dict) -> dict[str, str]:
    machine, ours = report["machine"], next(bar for bar in found.engines if bar.family == "ours")
    texts = {
        "model": model.name,
        "source": model.source.name,
        "precision": model.default_precision,
        "ours_ms": f"{ours.value:.0f}",
        "cpu": _short(machine["cpu"]),
        "cores": str(machine["cores"]),
        "date": report["created"][:10],
        "load": f", load {machine['load']:.1f} when the run began" if machine.get("load") is not None else "",
        "set": pages["name"],
        "pages": str(pages["images"]),
        "set_title": "pages that the project draws" if pages["built_in"] else pages["name"],
        "classes": f"{len(model.recognizers[0].charset):,}",
        "widths": str(len(found.widths)),
    }
    if ours.second is not None:
        texts["ours_f1"] = f"{ours.second:.3f}"
    for name in ("rapidocr", "tesseract", "easyocr"):
        peers = [bar for bar in found.engines if bar.family == name and bar.recorded_on is None]
        if peers:
            peer = max(peers, key=lambda bar: bar.value)  # the engine as its package runs it by default
            texts |= {f"{name}_ms": f"{peer.value:.0f}", f"{name}_ratio": ratio(peer.value / ours.value)}
            if peer.second is not None:
                texts[f"{name}_f1"] = f"{peer.second:.3f}"
    texts |= _network_texts(found)
    sizes = {"original" if bar.family == "onnxruntime" else bar.label: bar.value for bar in found.sizes}
    texts |= {f"mb_{name}": f"{size:.1f}" for name, size in sizes.items()}
    texts |= {f"about_mb_{name}": f"{float(f'{size:.1f}'):.0f}" for name, size in sizes.items()}  # for the voice
    scores = {bar.label: bar.value for bar in found.stages}
    if {"source float32", "tflite int8"} <= set(scores):
        texts |= {"f1_source": f"{scores['source float32']:.3f}", "f1_int8": f"{scores['tflite int8']:.3f}"}
    texts |= {f"cosine_{precision}": f"{value:.4f}" for precision, value in found.cosines.items()}
    return texts | {f"partitions_{precision}": str(count) for precision, count in found.partitions.items()}


def _network_texts(found: FilmFacts) -> dict[str, str]:
    local = {bar.label: bar.value for bar in found.networks if bar.recorded_on is None and "GPU" not in bar.label}
    texts = {}
    if "PyTorch float32" in local and "LiteRT int8" in local:
        first, last = local["PyTorch float32"], local["LiteRT int8"]
        texts |= {"pytorch_ms": f"{first:.0f}", "litert_ms": f"{last:.0f}", "network_ratio": ratio(first / last)}
    recorded = [bar for bar in found.networks if bar.recorded_on]
    if recorded:
        best = min(recorded, key=lambda bar: bar.value)
        texts |= {"gpu_ms": f"{best.value:.1f}", "gpu": best.recorded_on}
    return texts


def ratio(value: float) -> str:
    """A quotient for people: one digit behind the point below ten."""
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _short(cpu: str) -> str:
    return re.sub(r"\((R|TM|r|tm)\)|CPU|Processor|@.*", "", cpu).replace("  ", " ").strip() or cpu
