"""What an ONNX file is: a detector, a recogniser or a direction classifier, and what of its description can be seen."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters.errors import ConversionError, source_error
from converters.sources import onnx_graphs
from converters.sources.onnx_facts import UNKNOWN
from converters.sources.onnx_graphs import Session
from converters.unsupported import RECURRENT

_HALF = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
_AS_THEY_ARE = {"mean": [0, 0, 0], "std": [1 / 255] * 3}
# Sizes to try where a graph takes any.
_HEIGHTS, _WIDTH, _SIDE = (48, 32, 64), 320, 320
_TALLEST = 128  # of a crop of one line
_PADDLE = ("character", "PaddlePaddle", "paddle2onnx")


@dataclasses.dataclass
class NetworkDescription:
    """What was found of one file.

    Attributes:
        role: "detector", "recognizer" or "direction".
        charset: Characters for a file of their own; None where there are none.
    """

    role: str
    fields: dict
    notes: dict[str, str]
    charset: list[str] | None = None


class _File:
    """An ONNX file that is looked at."""

    def __init__(self, path: Path, charset: Sequence[str] | None):
        onnx_graphs.files_of(path)
        self.path, self.charset = path, charset
        self.session, self.model = Session(path), onnx.load(path)
        self.shape, self.outputs = self.session.input_shape, self.session.outputs
        self.metadata = {entry.key: entry.value for entry in self.model.metadata_props}

    def size(self, axis: int, usual: int) -> int:
        """The input's size of an axis, the usual one where it takes any."""
        return usual if self.session.is_free(axis) else self.shape[axis]

    def must_run(self, height: int, width: int, value: float = 0.0) -> dict[str, np.ndarray]:
        """All outputs at a size, or at the graph's own where it is fixed."""
        x = np.full((1, self.shape[1], self.size(2, height), self.size(3, width)), value, np.float32)
        return {name: self.session.run(x, name) for name in self.outputs}

    def run(self, height: int, width: int) -> dict[str, np.ndarray] | None:
        """As must_run; None if the network does not take the size."""
        try:
            return self.must_run(height, width)
        except ConversionError:
            return None

    def read(self, part: NetworkDescription) -> None:
        """Lets a recogniser read drawn lines to find its normalization, in place."""
        from converters import describe_reading

        fields, name = part.fields, part.fields.get("output", self.outputs[0])
        axis = 1 if fields["output_layout"] == "NCT" else 2

        def run(x: np.ndarray) -> np.ndarray:
            return _frames(self.session.run(x, name), axis)

        classes = [*part.charset[: fields["blank"]], "", *part.charset[fields["blank"] :]]
        width = None if self.session.is_free(3) else self.shape[3]
        spec, share = describe_reading.try_ways(run, fields["height"], width, classes, fields["color"])
        if share >= describe_reading.ENOUGH:
            fields["mean"], fields["std"] = list(spec.mean), list(spec.std)
            part.notes["mean"] = f"with std the way in which drawn lines are read: {share:.0%} of the characters right"


def look_at(path: Path, charset: Sequence[str] | None = None) -> NetworkDescription:
    """What one ONNX file is, see describe."""
    file = _File(path, charset)
    if len(file.shape) != 4:
        raise source_error(f"{path.name}: expected an image [1, channels, height, width] as input, found {file.shape}")
    if file.shape[1] not in (1, 3):
        last = "; it is NHWC: export it with the channels first" if file.shape[3] in (1, 3) else ""
        raise source_error(f"{path.name}: expected 1 or 3 channels in NCHW, found an input of shape {file.shape}{last}")
    spec, notes = _pixels(file)
    for look in (_direction, _recognizer, _boxes, _detector):
        found = look(file)
        if found is not None:
            found.fields, found.notes = spec | found.fields, notes | found.notes
            if found.role == "recognizer" and "mean" in notes and found.charset is not None:
                file.read(found)
            return found
    shapes = {name: list(value.shape) for name, value in file.must_run(_SIDE, _SIDE).items()}
    raise source_error(
        f"{path.name}: expected maps [1, 1 or 2, height, width], logits [1, frames, classes], boxes [1, N, 5 or more] "
        f"or a direction [1, 2], found {shapes}; take what comes behind these out of the graph"
    )


def _pixels(file: _File) -> tuple[dict, dict[str, str]]:
    """Colour and normalization of the input, and what of it is a guess."""
    channels = file.shape[1]
    paddle = any(word in file.metadata or word in file.model.producer_name for word in _PADDLE)
    paddle = paddle or "PP-OCR" in file.path.name
    color, other = ("GRAY", "") if channels == 1 else ("BGR", "RGB") if paddle else ("RGB", "BGR")
    notes = {"color": f"{color} is a guess; the other one is {other}"} if other else {}
    inside = _scales_pixels(gs.import_onnx(file.model))
    if not inside:
        notes["mean"] = "with std a guess, for pixels of -1..1: (pixel / 255 - mean) / std; the other usual one is " + (
            "mean [0.485, 0.456, 0.406] and std [0.229, 0.224, 0.225]" if channels == 3 else "mean [0] and std [1]"
        )
    values = _AS_THEY_ARE if inside else _HALF
    return {"color": color, **{name: list(value[:channels]) for name, value in values.items()}}, notes


def _scales_pixels(graph: gs.Graph) -> bool:
    """Whether the graph scales pixels of 0..255 itself in front of its first layer."""
    queue, seen = [graph.inputs[0]], set()
    while queue:
        for node in queue.pop().outputs:
            if node.op not in ("Sub", "Div", "Mul", "Add", "Cast", "Transpose", "Identity", "BatchNormalization"):
                continue
            factors = [abs(one.values).max() for one in node.inputs if isinstance(one, gs.Constant) and one.values.size]
            # A division by about 255, or a mean of 0..255.
            if factors and (node.op, True) in (
                ("Div", factors[0] >= 50),
                ("Mul", factors[0] <= 0.02),
                ("Sub", factors[0] > 1.5),
            ):
                return True
            if id(node) not in seen:
                seen.add(id(node))
                queue += node.outputs
    return False


def _direction(file: _File) -> NetworkDescription | None:
    size = [file.size(2, 48), file.size(3, 192)]
    found = list((file.run(*size) or {}).values())
    if len(found) != 1 or found[0].shape != (1, 2):
        return None
    fields = {"labels": [0, 180], "threshold": 0.9, "height": size[0], "width": size[1]}
    return NetworkDescription("direction", fields, {"labels": "degrees by class, 0 first, is a guess"})


def _recognizer(file: _File) -> NetworkDescription | None:
    free = file.session.is_free
    heights = _HEIGHTS if free(2) else (file.shape[2],)
    for height in heights if heights[0] <= _TALLEST else ():
        narrow, wide = (file.run(height, width) for width in (_WIDTH, 2 * _WIDTH))
        if narrow is None or wide is None:
            continue
        higher = file.run(4 * height, _WIDTH) if free(2) else None
        for name in file.outputs:
            layout = _layout(narrow[name].shape, wide[name].shape, free(3))
            if layout and (higher is None or higher[name].shape == narrow[name].shape):  # boxes grow with the height
                return _as_recognizer(file, name, layout, narrow[name], height)
    return None


def _layout(narrow: tuple[int, ...], wide: tuple[int, ...], free: bool) -> str | None:
    """Of an output at two widths: the axis that grows is the frames."""
    if len(narrow) == 4 and narrow[2] == 1:
        return "NCT" if narrow[0] == 1 and (not free or narrow[1] == wide[1]) and narrow[3] > 1 else None
    if len(narrow) != 3 or 1 not in narrow[:2]:
        return None
    if not free:  # classes are the most, but for short charsets
        if narrow[0] != 1:
            return "TNC"
        return "NTC" if narrow[2] >= narrow[1] else "NCT"
    growing = [axis for axis in range(3) if narrow[axis] != wide[axis]]
    return {(0,): "TNC", (1,): "NTC", (2,): "NCT"}.get(tuple(growing))


def _as_recognizer(file: _File, name: str, layout: str, value: np.ndarray, height: int) -> NetworkDescription:
    axis = 1 if layout == "NCT" else 2
    classes = value.shape[axis]
    fields = {"height": height, "output_layout": layout, "probabilities": _ends_in_softmax(file.model, name)}
    notes = {}
    if len(file.outputs) > 1:
        fields["output"] = name
    if file.session.is_free(2):
        notes["height"] = f"of the crops, {height} is a guess: the first of {', '.join(map(str, _HEIGHTS))} that runs"
    characters, note = _characters(file, classes)
    if note:
        notes["charset_file"] = note
    empty = [_frames(file.must_run(height, _WIDTH, shade)[name], axis).argmax(1) for shade in (-1.0, 0.0, 1.0)]
    fields["blank"] = int(np.bincount(np.concatenate(empty)).argmax())
    notes["blank"] = "class of the blank: the one that an empty crop gives most; 0 and the last are usual"
    if file.session.is_free(3) and not any(node.op_type in RECURRENT for node in file.model.graph.node):
        fields["resizable"] = True
        notes["resizable"] = "one network for all widths; false makes one for each, where a width is fixed inside"
    if layout != "TNC" and not file.session.is_free(3):
        notes["output_layout"] = "a guess: the longer axis is the classes"
    if characters is None:
        fields["charset_file"] = UNKNOWN
    elif fields["blank"] not in (0, classes - 1):
        fields["blank"] = 0
    return NetworkDescription("recognizer", fields, notes, characters)


def _frames(logits: np.ndarray, axis: int) -> np.ndarray:
    """Logits as [frames, classes]."""
    return np.moveaxis(logits, axis, -1).reshape(-1, logits.shape[axis])


def _characters(file: _File, classes: int) -> tuple[list[str] | None, str]:
    """The characters without the blank, and what has to be looked at."""
    if file.charset:
        found = list(file.charset)
    else:
        found = [one.rstrip("\r") for one in file.metadata.get("character", "").rstrip("\r\n").split("\n")]
    if not any(found):
        return None, f"{classes - 1} characters by class, one a line, without the blank; --charset FILE reads them"
    if len(found) == classes - 2 and " " not in found:
        return [*found, " "], "the network has one class more than characters: the space, as PP-OCR has it"
    if len(found) == classes and file.charset is None:
        return found[1:], "the first entry of the metadata was taken for the blank"
    if len(found) != classes - 1:
        raise source_error(
            f"expected {classes - 1} characters (classes of the network without the blank), found {len(found)} in "
            f"{'--charset' if file.charset else 'the metadata'}; --charset FILE takes others"
        )
    return found, ""


def _ends_in_softmax(model: onnx.ModelProto, name: str) -> bool:
    tensor = next(tensor for tensor in gs.import_onnx(model).outputs if tensor.name == name)
    node = onnx_graphs.last_operation(tensor)
    return node is not None and node.op in ("Softmax", "LogSoftmax")


def _detector(file: _File) -> NetworkDescription | None:
    for name, value in (file.run(_SIDE, _SIDE) or {}).items():
        if value.ndim != 4 or value.shape[0] != 1:
            continue
        first, last = ("NCHW", value.shape[1], value.shape[2:]), ("NHWC", value.shape[3], value.shape[1:3])
        for layout, maps, sides in (first, last):
            if maps in (1, 2) and min(sides) > 8:
                return _as_detector(file, name, layout, maps)
    return None


def _as_detector(file: _File, name: str, layout: str, maps: int) -> NetworkDescription:
    fields = {"decoder": "db" if maps == 1 else "craft", "output_layout": layout, "min_side": 736, "max_side": 2000}
    notes = {"decoder": f"{fields['decoder']}, as there {'is one map' if maps == 1 else 'are two maps'}"}
    if maps == 1:
        fields["options"] = {"threshold": 0.3, "box_threshold": 0.6, "unclip_ratio": 1.6}
        notes["options"] = "thresholds of DB as PP-OCR has them"
    if len(file.outputs) > 1:
        fields["output"] = name
        notes["output"] = f"the first of {file.outputs} that is a map"
    if file.session.is_free(2) and file.session.is_free(3):
        fields["resizable"] = True
    else:
        fields["canvases"] = [[file.size(2, 640), file.size(3, 640)]]
    return NetworkDescription("detector", fields, notes)


def _boxes(file: _File) -> NetworkDescription | None:
    found = file.run(640, 640) or file.run(_SIDE, 640) or {}
    rows = {name: value.shape for name, value in found.items() if value.ndim == 3 and value.shape[0] == 1}
    for name, shape in rows.items():
        layout = "NAC" if shape[1] >= shape[2] else "NCA"
        columns, count = sorted(shape[1:])
        scores = [other for other, size in rows.items() if other != name and max(size) == count and columns == 4]
        if count < 16 or not (scores or (columns >= 5 and len(rows) == 1)):
            continue
        form, unit = ("xyxy", "shares") if scores else ("cxcywh", "pixels")
        fields = {"decoder": "boxes", "output_layout": layout, "box_format": form, "box_unit": unit}
        fields["objectness"] = columns in (6, 85)
        if scores or len(file.outputs) > 1:
            fields |= {"output": name} | ({"scores_output": scores[0]} if scores else {})
        notes = {
            "box_format": f"{form} in {unit} is a guess; known are cxcywh, xyxy and yxyx in pixels or shares",
            "objectness": "whether column 4 is multiplied with the scores of the classes, a guess",
        }
        return NetworkDescription("detector", {**fields, "canvases": [[file.size(2, 640), file.size(3, 640)]]}, notes)
    return None
