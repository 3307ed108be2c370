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


@dataclass(frozen=True)
class Bar:
    """One measured thing.

    Attributes:
        label: What was measured.
        family: Decides its colour, see benchmarks.report.palette.
        value: In the unit of its chart.
        low: Lower end of its spread; equal to value where there is none.
        high: Upper end of its spread; equal to value where there is none.
        second: A figure that stands beside it, such as F1; None where there is none.
        recorded_on: On which machine a recorded figure was taken; None for this one.
    """

    label: str
    family: str
    value: float
    low: float
    high: float
    second: float | None = None
    recorded_on: str | None = None


@dataclass
class Facts:
    """What scenes draw.

    Attributes:
        texts: By the names that the script writes in braces.
        engines: Milliseconds a page, F1 beside it.
        networks: Milliseconds of one run of the detector on identical tensors.
        stages: F1 after every arrow of the conversion.
        sizes: Megabytes of the model's files, a bar a precision, that of the original first.
        cosines: Cosines of the detector's output with the source's, by precision.
        mask_ious: IoU of the text masks that follow from it.
        partitions: Partitions of the network that leaves the delegate most often, by precision.
        widths: At which the recogniser runs, in pixels.
    """

    texts: dict[str, str]
    engines: list[Bar] = field(default_factory=list)
    networks: list[Bar] = field(default_factory=list)
    stages: list[Bar] = field(default_factory=list)
    sizes: list[Bar] = field(default_factory=list)
    cosines: dict[str, float] = field(default_factory=dict)
    mask_ious: dict[str, float] = field(default_factory=dict)
    partitions: dict[str, int] = field(default_factory=dict)
    widths: tuple[int, ...] = ()

    def fill(self, text: str) -> str | None:
        """The text with figures in its braces; None where one of them was not measured."""
        names = re.findall(r"\{(\w+)\}", text)
        return text.format(**self.texts) if all(name in self.texts for name in names) else None


def gather(report_path: Path, model: Path) -> Facts:
    """Reads a report and a manifest.

    Args:
        report_path: report.json of `python -m benchmarks`.
        model: Folder of the converted model that the report speaks of.

    Raises:
        DemoError: There is no report, or it speaks of another model alone.
        ReportError: It does not fit its schema.
        ArtifactError: There is no valid manifest.
    """
    if not report_path.is_file():
        raise DemoError(f"{report_path}: expected a report, found none; run make benchmark QUICK=1 first")
    report = load(report_path)
    return collect(report, manifest.load(model))


def collect(report: dict, model: Manifest) -> Facts:
    """See gather; `report` is valid."""
    found = Facts({})
    found.engines = _engines(report, model.name)
    found.networks = _networks(report, model.name)
    found.stages = _stages(report, model.name)
    found.sizes = _sizes(report, model)
    for file in model.detector.files:
        found.cosines[file.precision] = file.parity["cosine"]
        if "mask_iou" in file.parity:
            found.mask_ious[file.precision] = file.parity["mask_iou"]
    for file in model.files():
        if file.delegation:
            most = max(found.partitions.get(file.precision, 0), file.delegation.partitions)
            found.partitions[file.precision] = most
    found.widths = tuple(model.recognizers[0].widths)
    found.texts = _texts(report, model, found)
    return found


def page_set(report: dict) -> dict:
    """The first set of whole pages that our engine has read.

    Raises:
        DemoError: There is none.
    """
    timed = {row["set"] for row in report["speed"]}
    for row in report["sets"]:
        if row["kind"] == "pages" and row["name"] in timed:
            return row
    raise DemoError("the report: expected a set of pages that was timed, found none; run make benchmark again")


def _engines(report: dict, model: str) -> list[Bar]:
    name = page_set(report)["name"]
    titles = {row["engine"]: row for row in derived(report)["engines"]}
    scores = {row["engine"]: row["metrics"]["bag_f1"] for row in report["quality"] if row["set"] == name}
    by_id = {row["id"]: row for row in report["engines"]}
    bars = []
    for row in report["speed"]:
        engine, score = by_id[row["engine"]], scores.get(row["engine"])
        if row["set"] != name or not row["ms"] or (engine["name"] == "ours" and engine["model"] != model):
            continue
        title = titles[row["engine"]]
        bars.append(
            Bar(
                title["label"],
                title["family"],
                row["ms"]["median"],
                row["ms"]["low"],
                row["ms"]["high"],
                score and score["value"],
                title["recorded_on"],
            )
        )
    if not any(bar.family == "ours" for bar in bars):
        raise DemoError(f"the report: expected figures of {model}, found none; run make benchmark MODEL={model}")
    return sorted(bars, key=lambda bar: bar.value)


def _networks(report: dict, model: str) -> list[Bar]:
    bars, seen = [], set()
    rows = zip(report["networks"], derived(report)["recorded_on"], strict=True)
    for row, recorded_on in sorted(rows, key=lambda pair: -(pair[0]["threads"] or 0)):
        title = f"{row['engine']} {row['precision']}" + (", GPU" if row["device"] == "GPU" else "")
        fits = row["model"] == model and row["network"] == "detector" and row["shape"][0] == 1
        if not fits or not row.get("ms") or title in seen:
            continue
        seen.add(title)
        ms = row["ms"]
        bars.append(Bar(title, family(row["engine"]), ms["median"], ms["low"], ms["high"], recorded_on=recorded_on))
    return sorted(bars, key=lambda bar: bar.value)


def _stages(report: dict, model: str) -> list[Bar]:
    name, bars = page_set(report)["name"], []
    for row in report["conversion"]:
        if row["model"] == model and row["set"] == name and row["metrics"].get("bag_f1"):
            score = row["metrics"]["bag_f1"]
            bars.append(
                Bar(
                    f"{row['stage']} {row['precision']}",
                    _stage_family(row["stage"]),
                    score["value"],
                    score["low"],
                    score["high"],
                )
            )
    return bars


def _stage_family(stage: str) -> str:
    return {"source": "pytorch", "onnx": "onnxruntime", "saved_model": "savedmodel"}.get(stage, "ours")


def _sizes(report: dict, model: Manifest) -> list[Bar]:
    original = next((row for row in report["engines"] if row["name"] == "rapidocr" and row.get("artifact_bytes")), None)
    bars = []
    if original and "PP-OCR" in model.source.name:
        size = original["artifact_bytes"] / _MB
        bars.append(Bar("original, ONNX", "onnxruntime", size, size, size))
    for precision in model.precisions():
        size = model.size_bytes(precision) / _MB
        bars.append(Bar(precision, "ours", size, size, size))
    return bars


def _texts(report: dict, model: Manifest, found: Facts) -> dict[str, str]:
    pages, machine = page_set(report), report["machine"]
    ours = next(bar for bar in found.engines if bar.family == "ours")
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
    texts |= _network_texts(found) | _size_texts(found)
    scores = {bar.label: bar.value for bar in found.stages}
    if {"source float32", "tflite int8"} <= set(scores):
        texts |= {"f1_source": f"{scores['source float32']:.3f}", "f1_int8": f"{scores['tflite int8']:.3f}"}
    for precision, value in found.cosines.items():
        texts[f"cosine_{precision}"] = f"{value:.4f}"
    for precision, count in found.partitions.items():
        texts[f"partitions_{precision}"] = str(count)
    return texts


def _network_texts(found: Facts) -> dict[str, str]:
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


def _size_texts(found: Facts) -> dict[str, str]:
    texts = {f"mb_{bar.label}": f"{bar.value:.1f}" for bar in found.sizes if bar.family == "ours"}
    for bar in found.sizes:
        if bar.family == "onnxruntime":
            texts["mb_original"] = f"{bar.value:.1f}"
    texts |= {f"about_{name}": f"{float(text):.0f}" for name, text in texts.items()}  # for the voice
    return texts


def ratio(value: float) -> str:
    """A quotient for people: one digit behind the point below ten."""
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _short(cpu: str) -> str:
    return re.sub(r"\((R|TM|r|tm)\)|CPU|Processor|@.*", "", cpu).replace("  ", " ").strip() or cpu
