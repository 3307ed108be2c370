"""Makes the files of which the search splices networks: whole, and with something taken out."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters import pipeline, progress, tflite_export, thinning
from converters.cache import Chain
from converters.converter_process import INT16X8
from converters.errors import ConversionError
from converters.inputs import Inputs
from converters.pipeline import Settings
from converters.plan import Plan, PlannedNetwork
from converters.pruning.options import ChannelOptions, Thinning
from converters.publish import Made
from converters.search import accuracy, operators, sensitivity
from converters.search.accuracy import LabelledSet
from converters.search.choose import Candidate
from converters.search.layers import layers
from converters.search.operators import OperatorGraph
from converters.search.options import SearchOptions
from converters.search.path import WHOLE
from converters.search.variant import Prepared

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

    def _thinnings(self, network: PlannedNetwork) -> dict[str, Thinning]:
        """What may be taken out of a network, by name."""
        whole, found = {WHOLE: Thinning()}, {}
        for ratio in self._options.channels:
            if not ratio:
                found |= whole
            elif network.quantized and thinning.can_lose_channels(network):
                found[f"channels {ratio:g}"] = Thinning(channels=ChannelOptions(ratio, self._options.channel_steps))
        zeros = self._settings.thinning.zeros
        if zeros and network.quantized:
            found[f"zeros {zeros.ratio:g} {zeros.pattern}"] = Thinning(zeros=zeros)
        return found or whole  # what cannot be pruned stays as it is

    def _prepared(self, network: PlannedNetwork, label: str, thin: Thinning) -> Prepared:
        made, work = self._made[network.name], self._work / network.name / label.replace(" ", "_").replace(":", "_")
        if thin:
            plan = replace(self._plan, networks=(network,))
            settings = replace(self._settings, thinning=thin, precisions=CHAIN, formats=())
            (made,), _ = pipeline.make(plan, work / "chain", settings, self._report)
        saved, plain = made.saved["int8"], made.saved["float32"]
        int8, other = made.plain["int8"] if network.quantized else None, None
        graphs: Mapping[str, OperatorGraph] = {}
        if int8 and network.int8_as == "int8":
            files = {"int8": int8}
            for kind in ("float32", "float16"):
                files[kind] = made.files[kind] if saved == plain else self._export(network, saved, work, kind)
            try:
                graphs = operators.read_aligned(files)
            except ConversionError as error:
                self._report(f"{network.name}: cannot be divided into layers: {error}")
            if graphs and saved != plain:
                other = functools.partial(self._plain, network, made, work / "plain")
        found = self._divided(network, made, graphs, saved, int8, work)
        return replace(found, int8_name=network.int8_as, same=not other, other=other)

    def _plain(self, network: PlannedNetwork, made: Made, work: Path) -> Prepared:
        """The network before its graph was changed for int8."""
        saved = made.saved["float32"]
        int8 = self._export(network, saved, work, "int8")
        graphs = operators.read_aligned({**{kind: made.files[kind] for kind in ("float32", "float16")}, "int8": int8})
        return self._divided(network, made, graphs, saved, int8, work)

    def _divided(
        self,
        network: PlannedNetwork,
        made: Made,
        graphs: Mapping[str, OperatorGraph],
        saved: Path,
        int8: Path | None,
        work: Path,
    ) -> Prepared:
        work.mkdir(parents=True, exist_ok=True)
        found = layers(graphs["float32"]) if graphs else []

        def int16x8() -> OperatorGraph:
            files = {"float32": graphs["float32"], INT16X8: self._export(network, saved, work, INT16X8)}
            return operators.read_aligned(files)[INT16X8]

        def suffering() -> list[sensitivity.Sensitivity]:
            with progress.bar(f"{network.name} sensitivity") as advance:
                return sensitivity.analyse(graphs, found, self.tensors(network.name), work, advance)

        plain, half = made.files["float32"], made.files["float16"]
        return Prepared(plain, half, int8, graphs, found, True, int16x8, suffering, work)

    def _export(self, network: PlannedNetwork, saved: Path, work: Path, kind: str) -> Path:
        samples, calibration = None, {}
        if kind in ("int8", INT16X8):
            samples = self._calibration[network.name].representative
            calibration = {"calibration": self._settings.digest()}
        return Chain(f"{self._plan.name}/{network.name}", self._report).step(
            f"search {kind}",
            work / f"graph_{kind}.tflite",
            lambda path: tflite_export.export(saved, path, kind, samples),
            saved,
            **calibration,
        )


def inputs_of(
    plan: Plan, made: Sequence[Made], images: Sequence[np.ndarray], lines: Sequence[np.ndarray]
) -> dict[str, Inputs]:
    """Inputs of all networks of a model by their names, made of BGR uint8 pictures and lines."""
    shared: dict[tuple, Inputs] = {}
    return {one.network.name: Inputs(plan, one.network, images, lines, shared, one.source) for one in made}
