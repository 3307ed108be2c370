"""Where models come from: one module a source, each of which makes a converters.plan.Plan."""

import argparse
from dataclasses import replace

from converters import naming
from converters.errors import source_error
from converters.plan import Plan


def plan_for(model: str, options: argparse.Namespace) -> Plan:
    """The plan of the model that the user named.

    Args:
        model: A key of SOURCES, with what the source needs behind a colon.

    Raises:
        ConversionError: No such source, or the source cannot give the model.
    """
    name, _, rest = model.partition(":")
    if name not in SOURCES:
        raise source_error(f"expected one of {', '.join(sorted(SOURCES))}, found {name!r}")
    called = naming.name_of(model, options.name)
    plan = SOURCES[name](rest, options)
    return replace(plan, name=called) if options.name is not None else plan


def _ppocr(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import ppocr

    _refuse_canvas("ppocr", options)
    return ppocr.plan(options.charset, options.weights)


def _edge(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import edge

    _refuse_canvas("edge", options)
    return edge.plan(options.weights)


def _refuse_canvas(name: str, options: argparse.Namespace) -> None:
    if options.canvas:
        raise source_error(f"expected no --canvas: {name}'s detector takes images of any size")


def _easyocr(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import easyocr

    languages = [code.strip() for code in options.langs.split(",") if code.strip()]
    if len(options.canvas or ()) > 1:
        raise source_error(
            f"expected one --canvas, at which the detector is calibrated, found {len(options.canvas)}; the converted "
            "detector takes images of any size"
        )
    return easyocr.plan(languages, options.weights, *(options.canvas or ()))


def _onnx(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import onnx_facts

    onnx_facts.opened("onnx", rest)  # what is wrong with it is said before ONNX Runtime is loaded
    from converters.sources import onnx_file

    return onnx_file.plan(rest, options.canvas or (), _name(options), options.recognizer)


def _tensorflow(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import tensorflow

    return tensorflow.plan(rest, options.canvas or (), options.recognizer, _name(options))


def _torch(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import onnx_facts

    onnx_facts.opened_torch(rest)  # what is wrong with it is said before PyTorch is loaded
    from converters.pipeline import BUILD_FOLDER
    from converters.sources import torch_module

    work, weights = options.out / _name(options) / BUILD_FOLDER / "torch", str(options.weights or "")
    return torch_module.plan(rest, weights, work, options.canvas or (), _name(options), options.recognizer)


def _name(options: argparse.Namespace) -> str:
    return naming.name_of(options.model, options.name)


SOURCES = {
    "edge": _edge,
    "ppocr": _ppocr,
    "easyocr": _easyocr,
    "onnx": _onnx,
    "tensorflow": _tensorflow,
    "torch": _torch,
}
