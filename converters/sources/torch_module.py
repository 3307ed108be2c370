"""A user's own networks out of PyTorch: classes with checkpoints, and exported programs; the chain writes the ONNX.

Nothing but the class that the user names is run: checkpoints are read with weights_only, programs are looked through.
"""

import copy
import functools
import hashlib
import importlib
import importlib.util
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from converters import checkpoints, onnx_export, parity, saved_model
from converters.errors import ConversionError, ParityError, one_line, source_error
from converters.plan import Plan
from converters.sources import onnx_facts, onnx_file, onnx_graphs, torch_program
from converters.sources.onnx_facts import ONNX, PROGRAM, TORCH, OnnxFacts


class _Program(torch.nn.Module):
    """An exported program as a module whose mode cannot be changed, and need not be."""

    def __init__(self, program: torch.export.ExportedProgram):
        super().__init__()
        self.program = program.module()

    def train(self, mode: bool = True) -> "_Program":
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.program(x)


class _Mean(torch.nn.Module):
    """An average over some axes, which stay with the size 1."""

    def __init__(self, axes: tuple[int, ...]):
        super().__init__()
        self.axes = axes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(self.axes, keepdim=True)


def plan(
    words: str,
    weights: str,
    work: Path,
    canvases: Sequence[tuple[int, int]] = (),
    name: str = TORCH,
    read_by: str = "tesseract",
) -> Plan:
    """The conversion of networks out of PyTorch.

    Args:
        words: "MODULE:CLASS,FACTS.json", with a part for each network of the description: MODULE:CLASS (a module or a
            .py file), PROGRAM.pt2 or MODEL.onnx.
        weights: Checkpoints of the classes, in their order, with commas between.
        canvases: (height, width) in pixels in place of those of the description.

    Raises:
        ConversionError: A file is missing, damaged or would run code; there is no such class; or it cannot be exported.
    """
    parts, facts = onnx_facts.opened_torch(words)
    files = [Path(part.strip()) for part in weights.split(",") if part.strip()]
    classes = [part for part in parts if not part.endswith((PROGRAM, ONNX))]
    if len(files) != len(classes):
        raise source_error(
            f"expected a checkpoint for each of {', '.join(classes) or 'no class'} (WEIGHTS=A.pth,B.pth), found "
            f"{', '.join(map(str, files)) or 'none'}"
        )
    if canvases and facts.detector:
        facts = onnx_facts.with_canvases(facts, canvases)
    paths, digests, given = [], {}, iter(files)
    for role, part in zip(facts.roles(), parts, strict=True):
        if part.endswith(ONNX):
            paths.append(Path(part))
            digests |= onnx_graphs.digests_of(paths[-1])
            continue
        file = Path(part) if part.endswith(PROGRAM) else next(given)
        if part.endswith(PROGRAM):
            program = torch_program.load(file)
            module, example = _Program(program), _example(program, file)
        else:
            module, example = _module(part, file, getattr(facts, role).arguments), None
        digests[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
        paths.append(work / f"{role}{ONNX}")
        shapes = [example] if example else _shapes(facts, role)
        _export(module, part, role, shapes, paths[-1])
    return onnx_file.plan_of(paths, facts, (), name, read_by, digests)


def _module(part: str, weights: Path, arguments: dict[str, object]) -> torch.nn.Module:
    """The user's class with the checkpoint's weights."""
    place, _, name = part.rpartition(":")
    found = getattr(_imported(place), name, None)
    if not callable(found):
        raise source_error(f"{part}: expected a class or a function {name} in {place}, found none")
    try:
        module = found(**arguments)
    except Exception as error:  # the user's own code
        raise source_error(
            f'{part}: cannot be built with "arguments" {arguments}: {type(error).__name__}: {one_line(error)}'
        ) from None
    if not isinstance(module, torch.nn.Module):
        raise source_error(f"{part}: expected a torch.nn.Module, found {type(module).__name__}")
    return checkpoints.load_into(module, checkpoints.load_nested(weights), str(weights))


def _imported(place: str):
    """A module by its name or its file."""
    try:
        if not place.endswith(".py"):
            if "" not in sys.path:
                sys.path.insert(0, "")  # a file in the working directory, as for `python -m`
            return importlib.import_module(place)
        path = Path(place)
        if not path.is_file():
            raise source_error(f"{place}: expected a Python file, found none")
        sys.path.insert(0, str(path.parent.absolute()))  # for what it imports itself
        spec = importlib.util.spec_from_file_location(f"converted_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    except ConversionError:
        raise
    except Exception as error:  # the user's own code
        raise source_error(f"{place}: cannot be imported: {type(error).__name__}: {one_line(error)}") from None


def _example(program: torch.export.ExportedProgram, file: Path) -> tuple[int, ...]:
    """The fixed shape of a program's input."""
    wanted = program.graph_signature.user_inputs
    inputs = [node for node in program.graph.nodes if node.op == "placeholder" and node.name in wanted]
    shapes = [node.meta["val"].shape for node in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise source_error(f"{file}: expected one input [1, channels, height, width], found {shapes}")
    if not all(isinstance(size, int) for size in shapes[0]):
        raise source_error(
            f"{file}: expected a program of fixed sizes, found an input of shape {tuple(shapes[0])}; export it "
            "without dynamic_shapes, or convert its class with a checkpoint (torch:MODULE:CLASS)"
        )
    return tuple(shapes[0])


def _shapes(facts: OnnxFacts, role: str) -> list[tuple[int, ...]]:
    """The input shapes at which a class is wanted."""
    part = getattr(facts, role)
    channels = len(part.mean)
    if role == "detector":
        sizes = part.canvases or (onnx_facts.CANVAS,)
        shapes = [(1, channels, *size) for size in sizes]
        # Of any size: the half is looked at as well.
        half = (1, channels, *(max(part.multiple, side // 2 // part.multiple * part.multiple) for side in sizes[0]))
        return shapes if part.canvases and not part.resizable else [shapes[0], half]
    widths = (part.widths or onnx_facts.WIDTHS) if role == "recognizer" else (part.width,)
    return [(1, channels, part.height, width) for width in widths]


def _export(module: torch.nn.Module, part: str, role: str, shapes: Sequence[tuple[int, ...]], target: Path) -> None:
    """Writes a module as ONNX and compares the file with it at all shapes; axes are free where there are several."""
    target.parent.mkdir(parents=True, exist_ok=True)
    free = tuple(axis for axis in (2, 3) if len({shape[axis] for shape in shapes}) > 1)
    forward = functools.partial(_forward, module, part)
    for shape in shapes:
        forward(np.zeros(shape, np.float32))  # what goes wrong here is the user's own code
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        onnx_export.export(_exportable(module), shapes[0], target, free=free)
    session = onnx_graphs.Session(target)
    rng = np.random.default_rng(0)
    for shape in shapes:
        x = rng.normal(0, 1, shape).astype(np.float32)
        wanted = forward(x)
        try:
            found = session.run(x, session.outputs[0])
        except ConversionError:
            found = None
        if found is None or found.shape != wanted.shape:
            raise ConversionError(
                "onnx",
                f"{part}: the exported {role} has a size fixed inside and does not follow {shapes[0][2:]} to "
                f'{shape[2:]}; ask for one size ("widths" or "canvases" with one entry)',
            )
        error = parity.compare(lambda _, y=wanted: y, lambda _, y=found: y, [x])["relative_error"]
        if not error <= saved_model.EXACT or not np.isfinite(found).all():
            raise ParityError(f"{part} onnx error at {shape[2]}x{shape[3]}", error, saved_model.EXACT)


def _exportable(module: torch.nn.Module) -> torch.nn.Module:
    """A copy in which AdaptiveAvgPool2d((None, 1)), which ONNX has no form for, is a mean over that axis."""
    module = copy.deepcopy(module)
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            size = child.output_size if isinstance(child, torch.nn.AdaptiveAvgPool2d) else None
            if isinstance(size, (tuple, list)) and sorted(map(str, size)) == ["1", "None"]:
                setattr(parent, name, _Mean((-1 if size[1] == 1 else -2,)))
    return module


def _forward(module: torch.nn.Module, part: str, x: np.ndarray) -> np.ndarray:
    try:
        with torch.no_grad():
            found = module(torch.from_numpy(x))
    except Exception as error:  # the user's own code
        raise source_error(
            f"{part}: cannot run at {list(x.shape)}: {type(error).__name__}: {one_line(error)}; look at the sizes and "
            '"color" of the description'
        ) from None
    if not isinstance(found, torch.Tensor):
        raise source_error(
            f"{part}: expected one tensor, found {type(found).__name__}; wrap the class in one that gives the output "
            "for inference"
        )
    return found.numpy()
