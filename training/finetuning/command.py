"""`python -m training finetune`: a recogniser learns from a user's own labelled images."""

import argparse
import dataclasses
import json
import shutil
import time
from pathlib import Path

EDGE, EASYOCR = "edge", "easyocr"
LABELS, PICTURE = "labels", "picture"
REPORT = "report.json"
_TRAINING = "training"


def add_command(commands) -> argparse.ArgumentParser:
    """Adds the sub-command to those of an argument parser; nothing heavy is imported before it runs."""
    command = commands.add_parser(
        "finetune",
        help="let a recogniser learn from your own labelled images",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Fine-tunes a recogniser on a folder with labels.jsonl (crops with texts, or full images with "
        "texts and quads) or with EasyOCR's labels.csv, measures it on images held back, and writes a model.",
    )
    command.set_defaults(run=run)
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of labelled images")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the results; run again to resume"
    )
    command.add_argument("--model", choices=(EDGE, EASYOCR), default=EDGE, help="recogniser to start from")
    command.add_argument("--weights", type=Path, metavar="DIR", help="folder of its weights; edge brings its own")
    command.add_argument("--langs", default="en", metavar="L[,L]", help="easyocr: languages of the recogniser")
    command.add_argument("--name", default="finetuned", help="of the result")
    command.add_argument("--steps", type=int, default=2000, metavar="N", help="largest number of steps")
    command.add_argument("--rate", type=float, default=1e-4, metavar="R", help="highest learning rate")
    command.add_argument(
        "--patience", type=int, default=8, metavar="N", help="evaluations without a better one after which it ends"
    )
    command.add_argument("--evaluate-every", type=int, default=100, metavar="N", help="steps")
    command.add_argument("--validation", type=float, default=0.1, metavar="S", help="share of the images held back")
    command.add_argument(
        "--replay",
        type=float,
        default=0.3,
        metavar="S",
        help="share of drawn lines among those learned, so that other text stays readable",
    )
    command.add_argument(
        "--case",
        choices=(LABELS, PICTURE),
        default=LABELS,
        help="picture: where labels are in capitals only, keep the case that the model reads",
    )
    command.add_argument(
        "--accept-worse",
        action="store_true",
        help="write a model also where it reads less of the images held back than before",
    )
    command.add_argument(
        "--detector",
        action="store_true",
        help="edge: let the detector learn too, from images whose texts have quads, so that it finds more of them",
    )
    command.add_argument("--detector-steps", type=int, default=600, metavar="N", help="of the detector, at most")
    command.add_argument("--seed", type=int, default=0, help="of everything random")
    command.add_argument("--workers", type=int, default=1, metavar="N", help="processes that prepare lines")
    command.add_argument("--threads", type=int, default=2, metavar="N", help="of PyTorch")
    command.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="of PyTorch")
    return command


def run(options: argparse.Namespace) -> int:
    """Fine-tunes, converts and reports; returns the exit code.

    Raises:
        OcrError: The data, the weights or an option are not as expected, or the conversion fails.
    """
    import torch

    from training.errors import TrainingError
    from training.finetuning import accuracy
    from training.finetuning import case as finetune_case
    from training.finetuning import data as finetune_data
    from training.finetuning import finding as finetune_finding
    from training.finetuning.loop import tune

    began = time.monotonic()
    torch.set_num_threads(options.threads)
    settings = _settings(options)
    settings.check()
    student = _student(options)
    data = finetune_data.load(options.data, student.charset, student.line_format, options.validation, options.seed)
    if options.case == PICTURE:
        data = finetune_case.follow_picture(student, data, settings.columns)
    _describe(data)
    pages = _pages(options)
    if options.case == LABELS and finetune_case.all_capitals(data, student.charset):
        print("no label has a small letter: capitals are learned for small ones, too; --case picture keeps them apart")
    settings = _with_fonts(settings)
    outcome = tune(student, data, settings, options.out / _TRAINING, _say_before)
    _conclude(outcome)
    detector = None
    if pages:
        detector = finetune_finding.learn(options, _start_detector(options), pages, options.out / _TRAINING)
    form, written, made = _finish(options, student, data, detector)
    rows = [("before", outcome.before), (f"after (step {outcome.best_step})", outcome.after), (form, written)]
    print(f"\n{outcome.after.lines} validation lines of {data.images[1]} images:\n{accuracy.table(rows)}")
    finding = None
    if pages:
        before = _converted_start(options, student, data)
        finding = finetune_finding.compare(detector, pages, before, options.out / options.name, options.threads)
    _write_report(options, settings, data, outcome, written, finding, time.monotonic() - began)
    if finding and finding.refusal() and not options.accept_worse:
        raise TrainingError(finding.refusal() + _put_aside(options))
    if written.reads_less_than(outcome.before, settings.cased) and not options.accept_worse:
        capitals = finetune_case.all_capitals(data, student.charset)
        raise TrainingError(_refusal(options, written, outcome.before, capitals) + _put_aside(options))
    print(made)
    return 0


def _say_before(before) -> None:
    print(
        f"before: {100 * before.exact:.1f} % of the lines held back are read without an error, "
        f"{100 * before.cer:.2f} % of their characters are wrong",
        flush=True,
    )


def _refusal(options: argparse.Namespace, written, before, all_capitals: bool) -> str:
    """Why a model is not called ready, and what to do."""
    if all_capitals and options.case == LABELS:
        reason = "no label has a small letter, so that capitals were learned for small ones: try --case picture"
    else:
        reason = "try a lower --rate, more --replay or more images, or look at the labels"
    return (
        f"expected a model that reads no less than before, found {100 * written.cer_any_case:.2f} % of the characters "
        f"wrong in any case, {100 * before.cer_any_case:.2f} % before, and {100 * written.exact:.1f} % of the lines "
        f"right, {100 * before.exact:.1f} % before; {reason}; --accept-worse takes it as it is"
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


def _settings(options: argparse.Namespace):
    from training.finetuning.loop import TuneSettings

    return TuneSettings(
        steps=options.steps,
        rate=options.rate,
        patience=options.patience,
        evaluate_every=options.evaluate_every,
        replay=options.replay,
        workers=options.workers,
        seed=options.seed,
        device=options.device,
        cased=options.case == LABELS,
    )


def _student(options: argparse.Namespace):
    if options.model == EDGE:
        from training.finetuning import edge as finetune_edge

        finetune_edge.check_name(options.name)
        return finetune_edge.student(options.weights)
    from training.finetuning import easyocr as finetune_easyocr

    finetune_easyocr.check_name(options.name)
    return finetune_easyocr.student(_languages(options), options.weights)


def _with_fonts(settings):
    """Without fonts or words on this machine nothing is drawn, and a message says so."""
    import numpy as np

    from synthetic.errors import DrawingError

    if not settings.replay:
        return settings
    try:
        from synthetic.pictures.lines import render_line

        render_line(np.random.default_rng(settings.seed))
    except DrawingError as error:
        print(f"no lines are drawn beside yours, so that other text may be forgotten: {error}")
        return dataclasses.replace(settings, replay=0.0)
    return settings


def _finish(options: argparse.Namespace, student, data, detector):
    """What is written: its form, its accuracy on the validation lines, and how to use it."""
    if options.model == EDGE:
        from training.finetuning import edge as finetune_edge

        weights = detector.weights if detector else _start_detector(options)
        folder = finetune_edge.convert(student, data, weights, options.out, options.name, _stage)
        found = finetune_edge.converted_accuracy(folder, data, options.threads)
        return "int8 .tflite", found, f"{folder} is ready: tflite-ocr read --model {folder} IMAGE"
    from training.finetuning import batches as finetune_batches
    from training.finetuning import easyocr as finetune_easyocr
    from training.finetuning.loop import read_accuracy

    languages = _languages(options)
    networks, storage = finetune_easyocr.save(student, languages, options.out, options.name)
    written = finetune_easyocr.saved(student, options.out, options.name)
    lines = [line.picture() for line in data.validation], [line.text for line in data.validation]
    found = read_accuracy(written, written.network, finetune_batches.fixed(*lines, student.line_format, 1))
    return (
        "as saved",
        found,
        (
            f"ready: easyocr.Reader({languages!r}, recog_network={options.name!r}, "
            f"user_network_directory={str(networks)!r}, model_storage_directory={str(storage)!r})"
        ),
    )


def _pages(options: argparse.Namespace):
    """The pages that the detector learns from; None where it is not asked to."""
    from training.errors import TrainingError
    from training.finetuning import finding as finetune_finding

    if not options.detector:
        return None
    if options.model != EDGE:
        raise TrainingError(f"expected --model {EDGE} with --detector, found {options.model}: that trains no detector")
    return finetune_finding.pages_of(options)


def _start_detector(options: argparse.Namespace) -> Path:
    from converters.sources import edge

    return (options.weights or edge.WEIGHTS_FOLDER) / edge.DETECTOR


def _converted_start(options: argparse.Namespace, student, data) -> Path:
    """The converted model that was started from: where its weights are, or made with them."""
    from converters.sources import edge
    from tflite_ocr import manifest
    from training.finetuning import edge as finetune_edge

    folder = options.weights or edge.WEIGHTS_FOLDER
    if (folder / manifest.FILE_NAME).is_file():
        return folder
    return finetune_edge.convert(student, data, _start_detector(options), options.out / _TRAINING, "start", _stage)


def _languages(options: argparse.Namespace) -> list[str]:
    return [code.strip() for code in options.langs.split(",") if code.strip()]


def _stage(line: str) -> None:
    if not line.endswith(" reused"):
        print(line, flush=True)


def _describe(data) -> None:
    train, validation = data.images
    print(
        f"{data.layout}: {len(data.train)} lines of {train} images to learn from, "
        f"{len(data.validation)} lines of {validation} images for validation"
    )
    for sentence in data.left_out.sentences():
        print(f"skipped: {sentence}")


def _conclude(outcome) -> None:
    if outcome.best_step:
        print(f"{outcome.steps} steps; the weights of step {outcome.best_step} are the best")
    else:
        print(f"{outcome.steps} steps, none better on the validation lines than the start: its weights are kept")


def _write_report(options: argparse.Namespace, settings, data, outcome, written, finding, seconds: float) -> None:
    from tflite_ocr import files

    content = {
        "model": options.model,
        "name": options.name,
        "data": {
            "folder": str(options.data),
            "layout": data.layout,
            "train": {"images": data.images[0], "lines": len(data.train)},
            "validation": {"images": data.images[1], "lines": len(data.validation)},
            "left_out": data.left_out.sentences(),
        },
        "settings": dataclasses.asdict(settings) | {"validation": options.validation},
        "steps": outcome.steps,
        "best_step": outcome.best_step,
        "accuracy": {
            name: dataclasses.asdict(found)
            for name, found in (("before", outcome.before), ("after", outcome.after), ("written", written))
        },
        "seconds": round(seconds, 1),
    }
    if finding:
        content["finding"] = finding.figures()
    with files.replacing(options.out / REPORT, parents=True) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    print(f"figures: {options.out / REPORT}")
