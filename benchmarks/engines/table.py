"""Engines, a file each, chosen by name.

A file's `variants` says, without loading anything, in which configurations the engine is measured; its `create` makes
one in a worker process. What either cannot do it says with Skipped.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks.engines import (
    easyocr,
    easyocr_networks,
    litert,
    networks,
    onnx_runtime,
    openvino,
    ours,
    pytorch,
    rapidocr,
    saved_model,
    tesseract,
)
from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.running.protocol import EngineVariant, MeasurementChoice

# From an image file to text.
PIPELINES: dict[str, Callable[[MeasurementChoice], list[EngineVariant]]] = {
    ours.NAME: ours.variants,
    rapidocr.NAME: rapidocr.variants,
    tesseract.NAME: tesseract.variants,
    easyocr.NAME: easyocr.variants,
}
# One network of a converted model alone; the first is the original to which others are compared.
NETWORKS: dict[str, Callable[[MeasurementChoice, MeasuredNetwork], list[EngineVariant]]] = {
    onnx_runtime.NAME: onnx_runtime.variants,
    pytorch.NAME: pytorch.variants,
    saved_model.NAME: saved_model.variants,
    openvino.NAME: openvino.variants,
    litert.NAME: litert.variants,
}


def pipelines(choice: MeasurementChoice, names: Collection[str]) -> list[EngineVariant]:
    """The chosen engines that read images, in the order of the table."""
    return [variant for name, variants in PIPELINES.items() if name in names for variant in variants(choice)]


def of_networks(choice: MeasurementChoice, names: Collection[str]) -> list[tuple[MeasuredNetwork, list[EngineVariant]]]:
    """The networks that are measured alone, each with the chosen engines that run it.

    A quick run has the detector and the beginnings of the recognisers only, one image at a time.
    """
    found = [
        (
            network,
            [variant for name, variants in NETWORKS.items() if name in names for variant in variants(choice, network)],
        )
        for folder in choice.models
        for network in _sizes(folder, choice.quick)
    ]
    if easyocr.NAME in names and not choice.quick:
        found += [(network, easyocr_networks.variants(choice, network)) for network in easyocr_networks.networks()]
    return [(network, variants) for network, variants in found if variants]


def _sizes(folder: Path, quick: bool) -> list[MeasuredNetwork]:
    """The networks of a model; in a full run those that take images in batches of eight as well."""
    single = networks.networks(folder)
    if quick:
        return [network for network in single if network.input and network.title != "direction"]
    return single + [network.with_batch(8) for network in single if network.input and network.shape[0] == 1]
