"""Whether converted networks still read and find: what every model passes before it is published.

Networks were compared one by one, output by output, when they were made (converters.parity). Here a recogniser's
networks run one after the other, as in the runtime, and their text is compared with that of the source; what a
detector finds is compared at several sizes. Where int8 fails, converters.mend takes over.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from converters import cache, judges, limits, mend, onnx_rewrite, parity, reading, saved_model
from converters.errors import ConversionError
from converters.inputs import reference
from converters.parity import Forward
from converters.plan import Plan
from converters.publish import Made
from tflite_ocr.errors import ModelContractError
from tflite_ocr.manifest import TFLITE

_FLOATS = ("float32", "float16")


def settle(plan: Plan, parts: Sequence, settings, tell: Callable[[str], None]) -> list[Made]:
    """Judges all networks of a model in every precision and mends those that fail in integers.

    Args:
        settings: The converters.pipeline.Settings, with what is read and found.

    Returns:
        What is to be published, in the plan's order.

    Raises:
        ParityError: A network fails in floats.
    """
    settled = {part.network.name: part.made for part in parts}
    for group in _groups(parts):
        judged = _Group(plan, group, settings, tell)
        for precision in group[0].made.files:
            for made in judged.settled(precision):
                settled[made.network.name] = _merged(settled[made.network.name], made, precision)
    return [settled[part.network.name] for part in parts]


def _merged(before: Made, made: Made, precision: str) -> Made:
    return replace(
        before,
        files={**before.files, precision: made.files[precision]},
        parity={**before.parity, precision: made.parity[precision]},
        layers={**before.layers, **({precision: made.layers[precision]} if precision in made.layers else {})},
    )


def _groups(parts: Sequence) -> list[list]:
    """Networks that are judged together: the stages of a recogniser, all others alone."""
    groups: dict[tuple, list] = {}
    owners = {part.network.owner for part in parts if part.network.role == "recognizer" and part.network.stage}
    for part in parts:
        network = part.network
        together = network.role == "recognizer" and network.owner in owners
        groups.setdefault((network.role, network.owner if together else network.name), []).append(part)
    return [sorted(group, key=lambda part: part.network.stage) for group in groups.values()]


class _Group:
    """Networks that are judged together."""

    def __init__(self, plan: Plan, parts: Sequence, settings, tell):
        self._plan, self._parts, self._tell = plan, parts, tell
        self._settings = settings
        self._key, self._made_judge = settings.judged_by(parts[0].network.role), None

    def settled(self, precision: str) -> list[Made]:
        """The networks as they are published in a precision."""
        if not self._is_judged():
            for part in self._parts:
                limits.require(part.network.name, _kind(part.made.files[precision]), part.made.parity[precision])
            return [part.made for part in self._parts]
        files = {part.network.name: part.made.files[precision] for part in self._parts}
        kind = _loosest(files.values())
        figures = self._figures(files, precision) if all(map(parity.loads, files.values())) else {}
        failed = self._failed(kind, figures, precision)
        if not failed:
            return self._results(files, {}, figures, precision)
        if not self._may_be_mended(files):
            for part in self._parts:
                limits.require(part.network.name, kind, part.made.parity[precision])
            limits.require(self._parts[-1].network.name, kind, figures)
        return self._mended(files, failed, precision)

    def _is_judged(self) -> bool:
        network = self._parts[0].network
        boxes = network.unordered or self._plan.detector.decoder == "boxes"
        return network.role in ("recognizer", "direction") or (network.role == "detector" and not boxes)

    def _may_be_mended(self, files: Mapping[str, Path]) -> bool:
        return any(_kind(file) in ("int8", "dynamic", "mixed") for file in files.values())

    def _failed(self, kind: str, figures: Mapping[str, float], precision: str) -> list[limits.Failure]:
        found = limits.failures(kind, figures)
        for part in self._parts:
            found += limits.failures(_kind(part.made.files[precision]), part.made.parity[precision])
        return found

    def _figures(self, files: Mapping[str, Path], precision: str) -> dict[str, float]:
        """What these files read or find, as a stage."""
        last = self._parts[-1]
        digests = {name: cache.digest_file(file) for name, file in sorted(files.items())}
        short = hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:8]
        target = last.work / f"{precision}.gate.{short}.json"  # mended files are judged beside those that failed
        try:
            return last.chain.figures(
                f"gate {precision}",
                target,
                lambda: _judged(self, files),
                files=digests,
                facts=self._facts(),
                **self._key,
            )
        except ModelContractError as error:
            part = self._parts[0]
            fixed = onnx_rewrite.fixed_sizes(part.source, {"x": part.network.shape}) if part.network.write_onnx else []
            where = "; ".join(f"operator {saved_model.named(*one)}" for one in fixed[:3]) or "a size inside the graph"
            raise ConversionError(
                "resize",
                f"{part.network.name}: expected a network that takes inputs of any size, found that {where} keeps the "
                f'size of the conversion: say "resizable": false in the description, or export without it ({error})',
            ) from None

    def judged(self, files: Mapping[str, Path]) -> dict[str, float]:
        """What these files read or find, the other networks as they are in the source."""
        return self._judge()(self._chain(files), _loosest(files.values()) not in _FLOATS)

    def _facts(self) -> str:
        network = self._parts[0].network
        if network.role == "detector":
            return repr((self._plan.detector, self._plan.text_threshold))
        if network.role == "direction":
            return repr(self._plan.direction)
        return repr(self._plan.recognizer(network))

    def _mended(self, files: dict[str, Path], failed: list[limits.Failure], precision: str) -> list[Made]:
        """Mends one network after the other, the others as they are in the source; at last those left are float32."""
        layers: dict[str, dict[str, str]] = {}
        learnt: dict[str, Mapping[str, float]] = {}
        worst = failed[0]
        for part in self._parts:
            name = part.network.name
            if _kind(files[name]) != "int8":
                continue
            classes = part is self._parts[-1] and part.network.role != "detector" and not part.network.step
            found = mend.mend(part, files[name], functools.partial(self._alone, part), self._key, classes)
            files[name], layers[name] = found.file, dict(found.layers)
            learnt[name] = found.figures
            self._say(name, precision, worst, found)
        for part in self._parts:
            figures = self._figures(files, precision)
            if not limits.failures(_loosest(files.values()), figures):
                break
            name = part.network.name
            if _kind(files[name]) != "float32":
                files[name], layers[name], learnt[name] = part.float32(), {}, {}
                self._tell(
                    f"{self._plan.name}/{name}: stays float32 in the {precision} model, which does not read in "
                    f"{precision} ({_shown(worst)})"
                )
        figures = self._figures(files, precision)
        limits.require(self._parts[-1].network.name, _loosest(files.values()), figures)
        return self._results(files, layers, figures, precision, learnt)

    def _alone(self, part, forward: Forward) -> dict[str, float]:
        """Figures of one network among others that are as they are in the source."""
        cosine = parity.compare(self._source(part), forward, part.inputs.some(judges.PICTURES))["cosine"]
        return {"cosine": cosine, **self._judge()(self._chain({}, {part.network.name: forward}), True)}

    def _say(self, name: str, precision: str, failed: limits.Failure, found: mend.Mended) -> None:
        was = f"{precision} as it is fails ({_shown(failed)})"
        self._tell(f"{self._plan.name}/{name}: {was}; {found.message}")

    def _results(self, files, layers, figures, precision: str, learnt: Mapping | None = None) -> list[Made]:
        found = []
        for part in self._parts:
            name, parity_of = part.network.name, part.made.parity[precision]
            if files[name] != part.made.files[precision]:
                forward = parity.tflite_forward(files[name])
                parity_of = parity.compare(self._source(part), forward, part.inputs.some(judges.PICTURES))
                parity_of |= (learnt or {}).get(name, {})
            if part is self._parts[-1]:
                parity_of = {**parity_of, **figures}
            found.append(
                replace(
                    part.made,
                    files={precision: files[name]},
                    parity={precision: parity_of},
                    layers={precision: layers[name]} if layers.get(name) else {},
                )
            )
        return found

    def _chain(self, files: Mapping[str, Path], others: Mapping[str, Forward] | None = None) -> Forward:
        """The networks one after the other: converted ones, given ones, and the rest as they are in the source."""
        stages = []
        for part in self._parts:
            name = part.network.name
            if name in (others or {}):
                forward = others[name]
            elif name in files:
                forward = parity.tflite_forward(files[name])
            else:
                forward = self._source(part)
            stages.append((part.network, forward))
        return reading.chain(stages)

    def _source(self, part) -> Forward:
        return reference(part.network, part.made.source, free=True)

    def _judge(self) -> judges.Judge:
        if self._made_judge is None:
            self._made_judge = judges.judge_of(self._parts[0], self._settings, self._chain({}))
        return self._made_judge


def _judged(group: _Group, files: Mapping[str, Path]) -> dict[str, float]:
    return group.judged(files)


def _kind(file: Path) -> str:
    """The precision for which a file is named."""
    return file.name.removesuffix(f".{TFLITE}")


def _loosest(files) -> str:
    """The precision whose limits hold for networks together."""
    kinds = {_kind(file) for file in files}
    return next((kind for kind in ("int8", "mixed", "dynamic", "float16") if kind in kinds), "float32")


def _shown(failed: limits.Failure) -> str:
    sign = "at most" if failed.most else "at least"
    return f"{failed.figure} {failed.measured:.3g}, expected {sign} {failed.bound:g}"
