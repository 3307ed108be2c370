"""Makes the files of which the search splices networks: whole, and with something taken out."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters import cache, pipeline, progress, tflite_export, thinning
from converters.errors import ConversionError
from converters.inputs import Inputs
from converters.pipeline import Settings
from converters.plan import Network, Plan
from converters.pruning.options import ChannelOptions, Thinning
from converters.publish import Made
from converters.search import accuracy, operators, sensitivity
from converters.search.accuracy import LabelledSet
from converters.search.candidates import Candidate, Prepared
from converters.search.layers import layers
from converters.search.options import SearchOptions
from converters.search.path import WHOLE
from converters.tflite_export import INT16X8

# What the chain makes of a network for the search.
CHAIN = ("float32", "float16", "int8")
# Inputs on which the sensitivity is measured, by the role of a network.
_PICTURES, _CROPS = 4, 16


class Preparation:
    """Makes variants of a model's networks when they are asked for, each once."""

    def __init__(
        self,
        plan: Plan,
        made: Sequence[Made],
        settings: Settings,
        options: SearchOptions,
        sets: Sequence[LabelledSet],
        work: Path,
        report: Callable[[str], None],
    ):
        """Prepares nothing yet.

        Args:
            plan: Plan of the model.
            made: Its networks, whole, with the precisions CHAIN.
            settings: With which they were made.
            options: Options of the search.
            sets: Images for the sensitivity.
            work: Folder for files.
            report: Takes a line a stage.
        """
        self._plan, self._settings, self._options = plan, settings, options
        self._work, self._report = work, report
        self._made = {one.network.name: one for one in made}
        crops = accuracy.crops(sets, _CROPS) or list(settings.lines)
        self._inputs = inputs_of(plan, made, accuracy.pictures(sets, _PICTURES), crops)
        self._calibration = inputs_of(plan, made, settings.images, settings.lines)

    def candidates(self) -> list[Candidate]:
        """All networks, with their variants."""
        return [
            Candidate(
                network.name,
                network.quantized,
                {
                    label: functools.cache(functools.partial(self._prepared, network, label, thin))
                    for label, thin in self._thinnings(network).items()
                },
            )
            for network in self._plan.networks
        ]

    def tensors(self, name: str) -> list[np.ndarray]:
        """Inputs of a network, of the labelled images."""
        network = self._made[name].network
        return self._inputs[name].some(_PICTURES if network.role == "detector" else _CROPS)

    def _thinnings(self, network: Network) -> dict[str, Thinning]:
        """What may be taken out of a network, by name."""
        whole, found = {WHOLE: Thinning()}, {}
        for ratio in self._options.channels:
            if not ratio:
                found |= whole
            elif network.quantized and thinning.can_lose_channels(network):
                found[f"channels {ratio:g}"] = Thinning(channels=ChannelOptions(ratio, self._options.channel_steps))
        if self._settings.thinning.zeros and network.quantized:
            zeros = self._settings.thinning.zeros
            found[f"zeros {zeros.ratio:g} {zeros.pattern}"] = Thinning(zeros=zeros)
        return found or whole  # what cannot be pruned stays as it is

    def _prepared(self, network: Network, label: str, thin: Thinning) -> Prepared:
        made, work = self._made[network.name], self._work / network.name / label.replace(" ", "_").replace(":", "_")
        work.mkdir(parents=True, exist_ok=True)
        if thin:
            plan, settings = replace(self._plan, networks=(network,)), replace(self._settings, thinning=thin)
            settings = replace(settings, precisions=CHAIN, formats=())
            (made,), _ = pipeline.make(plan, work / "chain", settings, self._report)
        graphs, same = self._graphs(made, work) if network.quantized and network.int8_as == "int8" else ({}, True)
        int8 = made.plain["int8"] if network.quantized else None
        found = self._divided(network, made, graphs, made.saved["int8"], int8, work)
        other = None if same or not graphs else functools.partial(self._plain, network, made, work / "plain")
        return replace(found, int8_name=network.int8_as, same=same, other=other)

    def _plain(self, network: Network, made: Made, work: Path) -> Prepared:
        """The network before its graph was changed for int8."""
        work.mkdir(parents=True, exist_ok=True)
        saved, inputs = made.saved["float32"], self._calibration[network.name]
        int8 = self._export(saved, work, "int8", inputs.representative)
        files = {"float32": made.files["float32"], "float16": made.files["float16"], "int8": int8}
        graphs = _aligned(files)
        operators.require_same(list(graphs.values()))
        return self._divided(network, made, graphs, saved, int8, work)

    def _divided(
        self,
        network: Network,
        made: Made,
        graphs: Mapping[str, operators.Graph],
        saved: Path,
        int8: Path | None,
        work: Path,
    ) -> Prepared:
        found = layers(graphs["float32"]) if graphs else []
        return Prepared(
            plain=made.files["float32"],
            half=made.files["float16"],
            int8=int8,
            graphs=graphs,
            layers=found,
            same=True,
            int16x8=lambda: self._int16x8(network, saved, work, graphs),
            work=work,
            sensitivity=lambda: self._sensitivity(network, graphs, found, work),
        )

    def _graphs(self, made: Made, work: Path) -> tuple[Mapping[str, operators.Graph], bool]:
        """The graph made for int8 in all precisions of the chain, and whether it is the plain graph."""
        saved = made.saved["int8"]
        same = saved == made.saved["float32"]
        files = {"int8": made.plain["int8"]}
        for precision in ("float32", "float16"):
            files[precision] = made.files[precision] if same else self._export(saved, work, precision, None)
        try:
            graphs = _aligned(files)
            operators.require_same(list(graphs.values()))
        except ConversionError as error:
            self._report(f"{made.network.name}: cannot be divided into layers: {error}")
            return {}, same
        return graphs, same

    def _int16x8(
        self, network: Network, saved: Path, work: Path, graphs: Mapping[str, operators.Graph]
    ) -> operators.Graph:
        inputs = self._calibration[network.name]
        graph = operators.read(self._export(saved, work, INT16X8, inputs.representative))
        graph = operators.aligned(graph, graphs["float32"])
        operators.require_same([graphs["float32"], graph])
        return graph

    def _export(self, saved: Path, work: Path, precision: str, samples) -> Path:
        target = work / f"graph_{precision}.tflite"
        key = {"from": cache.digest_file(saved), "code": cache.digest_code(tflite_export)}
        if samples:
            key["calibration"] = self._settings.digest()
        now = cache.build(target, key, lambda path: tflite_export.export(saved, path, precision, samples))
        network = work.relative_to(self._work).parts[0]
        self._report(f"{self._plan.name}/{network}: search {precision} {'made' if now else 'reused'}")
        return target

    def _sensitivity(self, network: Network, graphs, found, work: Path) -> list[sensitivity.Sensitivity]:
        with progress.bar(f"{network.name} sensitivity") as advance:
            return sensitivity.analyse(graphs, found, self.tensors(network.name), work, advance)


def _aligned(files: Mapping[str, Path]) -> dict[str, operators.Graph]:
    """Files of one network, their operators in the order of float32."""
    first = operators.read(files["float32"])
    return {precision: operators.aligned(operators.read(file), first) for precision, file in files.items()}


def inputs_of(
    plan: Plan, made: Sequence[Made], images: Sequence[np.ndarray], lines: Sequence[np.ndarray]
) -> dict[str, Inputs]:
    """Inputs of all networks of a model by their names, made of BGR uint8 pictures and lines."""
    shared: dict[tuple, Inputs] = {}
    return {one.network.name: Inputs(plan, one.network, images, lines, shared, one.source) for one in made}
