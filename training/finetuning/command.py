"""`python -m training finetune`: a recogniser learns from a user's own labelled images."""

import argparse
import dataclasses
import json
import shutil
import time
from pathlib import Path

from converters.sources import edge as edge_source
from synthetic.pictures import lines
from tflite_ocr import files, manifest
from training.commands import filled
from training.errors import TrainingError
from training.finetuning import accuracy, case, easyocr, edge, finding, loop
from training.finetuning import data as finetune_data
from training.finetuning.accuracy import Accuracy
from training.finetuning.best import Outcome
from training.finetuning.data import UserData
from training.finetuning.loop import Student, TuneSettings

EDGE, PICTURE = "edge", "picture"
REPORT = "report.json"
_TRAINING, _DETECTOR = "training", "detector"


def run(options: argparse.Namespace) -> None:
    """Fine-tunes, converts and reports.

    Raises:
        OcrError: The data, the weights or an option are not as expected, or the conversion fails.
    """
    began = time.monotonic()
    settings = filled(TuneSettings, options, cased=options.case != PICTURE)
    settings.check()
    student = _student(options)
    data = finetune_data.load(options.data, student.charset, student.line_format, options.validation, options.seed)
    if options.case == PICTURE:
        data = case.follow_picture(student, data, settings.columns)
    _describe(data)
    pages = _pages(options)
    capitals = options.case != PICTURE and case.all_capitals(data, student.charset)
    if capitals:
        print(
            "no label has a lower-case letter, so the model learns to read capitals only; --case picture keeps the case"
        )
    settings = drawable(settings)
    outcome = loop.tune(student, data, settings, options.out / _TRAINING, _say_before)
    _conclude(outcome)
    if pages:
        learned = finding.learn(options, _start_detector(options), pages, options.out / _TRAINING / _DETECTOR)
    form, written, made = _finish(options, student, data)
    rows = [("before", outcome.before), (f"after (step {outcome.best_step})", outcome.after), (form, written)]
    print(f"\n{outcome.after.lines} validation lines of {data.images[1]} images:\n{accuracy.table(rows)}")
    found = None
    if pages:
        before = _converted_start(options, student, data)
        found = finding.compare(learned, pages, before, options.out / options.name, options.threads)
    _write_report(options, settings, data, outcome, written, found, time.monotonic() - began)
    refusal = found.refusal() if found else ""
    if not refusal and written.reads_less_than(outcome.before, settings.cased):
        refusal = _refusal(written, outcome.before, capitals)
    if refusal and not options.accept_worse:
        raise TrainingError(refusal + _put_aside(options))
    print(made)


def drawable(settings: TuneSettings) -> TuneSettings:
    """The settings, without drawn lines where this machine has no fonts or words for them, which is said."""
    return settings.drawable(
        lambda rng: lines.render_line(rng), "no lines are drawn beside yours, so that other text may be forgotten"
    )


def _say_before(before: Accuracy) -> None:
    print(
        f"before: {100 * before.exact:.1f} % of the held-out lines are read without an error, "
        f"{100 * before.cer:.2f} % of their characters are wrong",
        flush=True,
    )


def _refusal(written: Accuracy, before: Accuracy, capitals: bool) -> str:
    """Why a model is not called ready, and what to do."""
    if capitals:
        reason = "no label has a lower-case letter, so the model learned to read capitals only: try --case picture"
    else:
        reason = "try a lower --rate, more --replay or more images, or look at the labels"
    return (
        f"expected a model that reads at least as well as before, found {100 * written.cer_any_case:.2f} % of the "
        f"characters wrong in any case, {100 * before.cer_any_case:.2f} % before, and "
        f"{100 * written.exact:.1f} % of the lines right, {100 * before.exact:.1f} % before; {reason}; "
        "--accept-worse takes it as it is"
    )


def _put_aside(options: argparse.Namespace) -> str:
    """Takes a refused model from where it would be looked for, and says where it is."""
    folder = options.out / options.name
    if options.model != EDGE or not folder.is_dir():
        return ""
    aside = folder.with_name(f"{folder.name}.refused")
    if aside.exists():
        shutil.rmtree(aside)
    folder.rename(aside)
    return f" ({aside})"


def _student(options: argparse.Namespace) -> Student:
    if options.model == EDGE:
        edge.check_name(options.name)
        return edge.student(options.weights)
    easyocr.check_name(options.name)
    return easyocr.student(_languages(options), options.weights)


def _finish(options: argparse.Namespace, student: Student, data: UserData) -> tuple[str, Accuracy, str]:
    """What is written: its form, its accuracy on the validation lines, and how to use it."""
    if options.model == EDGE:
        learned = options.out / _TRAINING / _DETECTOR / edge_source.DETECTOR
        weights = learned if options.detector else _start_detector(options)
        folder = edge.convert(student, data, weights, options.out, options.name, _stage)
        found = edge.converted_accuracy(folder, data, options.threads)
        return "int8 .tflite", found, f"{folder} is ready: tflite-ocr read --model {folder} IMAGE"
    languages = _languages(options)
    networks, storage = easyocr.save(student, languages, options.out, options.name)
    written = easyocr.saved(student, options.out, options.name)
    found = loop.read_accuracy(written, written.network, data.batches(student.line_format, 1))
    use = (
        f"ready: easyocr.Reader({languages!r}, recog_network={options.name!r}, "
        f"user_network_directory={str(networks)!r}, model_storage_directory={str(storage)!r})"
    )
    return "as saved", found, use


def _pages(options: argparse.Namespace):
    """The pages that the detector learns from; None where it is not asked to."""
    if not options.detector:
        return None
    if options.model != EDGE:
        raise TrainingError(f"expected --model {EDGE} with --detector, found {options.model}: that trains no detector")
    return finding.pages_of(options)


def _start_detector(options: argparse.Namespace) -> Path:
    return (options.weights or edge_source.WEIGHTS_FOLDER) / edge_source.DETECTOR


def _converted_start(options: argparse.Namespace, student: Student, data: UserData) -> Path:
    """The converted model that was started from: where its weights are, or made with them."""
    folder = options.weights or edge_source.WEIGHTS_FOLDER
    if (folder / manifest.FILE_NAME).is_file():
        return folder
    return edge.convert(student, data, _start_detector(options), options.out / _TRAINING, "start", _stage)


def _languages(options: argparse.Namespace) -> list[str]:
    return [code.strip() for code in options.langs.split(",") if code.strip()]


def _stage(line: str) -> None:
    if not line.endswith(" reused"):
        print(line, flush=True)


def _describe(data: UserData) -> None:
    train, validation = data.images
    print(
        f"{data.layout}: {len(data.train)} lines of {train} images to learn from, "
        f"{len(data.validation)} lines of {validation} images for validation"
    )
    for sentence in data.skipped.sentences():
        print(f"skipped: {sentence}")


def _conclude(outcome: Outcome) -> None:
    if outcome.best_step:
        print(f"{outcome.steps} steps; the weights of step {outcome.best_step} are the best")
    else:
        print(
            f"{outcome.steps} steps, none of them better on the validation lines than the start, whose weights are kept"
        )


def _write_report(options: argparse.Namespace, settings, data: UserData, outcome, written, found, seconds) -> None:
    figures = {"before": outcome.before, "after": outcome.after, "written": written}
    content = {
        "model": options.model,
        "name": options.name,
        "data": {
            "folder": str(options.data),
            "layout": data.layout,
            "train": {"images": data.images[0], "lines": len(data.train)},
            "validation": {"images": data.images[1], "lines": len(data.validation)},
            "left_out": data.skipped.sentences(),
        },
        "settings": dataclasses.asdict(settings) | {"validation": options.validation},
        "steps": outcome.steps,
        "best_step": outcome.best_step,
        "accuracy": {name: dataclasses.asdict(one) for name, one in figures.items()},
        "seconds": round(seconds, 1),
    }
    if found:
        content["finding"] = found.figures()
    with files.replacing(options.out / REPORT, parents=True) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    print(f"figures: {options.out / REPORT}")
