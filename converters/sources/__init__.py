"""Where models come from: one module a source, each of which makes a converters.plan.Plan."""

import argparse
from dataclasses import replace

from converters import naming
from converters.errors import ConversionError
from converters.plan import Plan


def plan_for(model: str, options: argparse.Namespace) -> Plan:
    """The plan of the model that the user named.

    Args:
        model: A key of SOURCES, with what the source needs behind a colon.
        options: The command line, see converters.__main__.

    Raises:
        ConversionError: No such source, or the source cannot give the model.
    """
    name, _, rest = model.partition(":")
    if name not in SOURCES:
        raise ConversionError("source", f"expected one of {', '.join(sorted(SOURCES))}, found {name!r}")
    called = naming.name_of(model, options.name)
    plan = SOURCES[name](rest, options)
    return replace(plan, name=called) if options.name is not None else plan


def _ppocr(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import ppocr

    if options.canvas:
        raise ConversionError("source", "expected no --canvas: ppocr's detector takes images of any size")
    return ppocr.plan(options.charset, options.weights)


def _easyocr(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import easyocr

    languages = [code.strip() for code in options.langs.split(",") if code.strip()]
    if len(options.canvas or ()) > 1:
        raise ConversionError(
            "source",
            f"expected one --canvas, at which the detector is calibrated, found {len(options.canvas)}; "
            "the converted detector takes images of any size",
        )
    extra = {"canvas": options.canvas[0]} if options.canvas else {}
    return easyocr.plan(languages, options.weights, **extra)


def _onnx(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import onnx_facts

    onnx_facts.opened("onnx", rest)  # what is wrong with it is said before ONNX Runtime is loaded
    from converters.sources import onnx_file

    name = naming.name_of(options.model, options.name)
    return onnx_file.plan(rest, options.canvas or (), name, options.recognizer)


def _edge(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import edge

    if options.canvas:
        raise ConversionError("source", "expected no --canvas: edge's detector takes images of any size")
    return edge.plan(options.weights)


def _tensorflow(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import tensorflow

    name = naming.name_of(options.model, options.name)
    return tensorflow.plan(rest, options.canvas or (), options.recognizer, name)


def _torch(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import torch_words

    torch_words.opened(rest)  # what is wrong with it is said before PyTorch is loaded
    from converters.pipeline import BUILD_FOLDER
    from converters.sources import torch_module

    name = naming.name_of(options.model, options.name)
    work = options.out / name / BUILD_FOLDER / "torch"
    return torch_module.plan(rest, str(options.weights or ""), work, options.canvas or (), name, options.recognizer)


SOURCES = {
    "edge": _edge,
    "ppocr": _ppocr,
    "easyocr": _easyocr,
    "onnx": _onnx,
    "tensorflow": _tensorflow,
    "torch": _torch,
}
