"""What an ONNX file is: a detector, a recogniser or a direction classifier, and what of its description can be seen."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters.errors import ConversionError
from converters.sources import onnx_graphs
from converters.sources.onnx_facts import UNKNOWN
from converters.sources.onnx_graphs import Session

_HALF = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
_AS_THEY_ARE = {"mean": [0, 0, 0], "std": [1 / 255] * 3}
# Sizes to try where a graph takes any.
_HEIGHTS, _WIDTH, _SIDE = (48, 32, 64), 320, 320
_TALLEST = 128  # of a crop of one line
_RECURRENT = ("GRU", "LSTM", "Loop", "RNN", "Scan")
_PADDLE = ("character", "PaddlePaddle", "paddle2onnx")


@dataclasses.dataclass
class Part:
    """What was found of one file.

    Attributes:
        role: "detector", "recognizer" or "direction".
        fields: Fields of the description.
        notes: By field, what is not sure.
        charset: Characters for a file of their own; None where there are none.
    """

    role: str
    fields: dict
    notes: dict[str, str]
    charset: list[str] | None = None


def look_at(path: Path, charset: Sequence[str] | None = None) -> Part:
    """What one ONNX file is, see describe."""
    onnx_graphs.files_of(path)
    session, model = Session(path), onnx.load(path)
    if len(session.input_shape) != 4:
        raise ConversionError(
            "source",
            f"{path.name}: expected an image [1, channels, height, width] as input, found {session.input_shape}",
        )
    channels = session.input_shape[1]
    if channels not in (1, 3):
        last = session.input_shape[3] in (1, 3)
        raise ConversionError(
            "source",
            f"{path.name}: expected 1 or 3 channels in NCHW, found an input of shape {session.input_shape}"
            + ("; it is NHWC: export it with the channels first" if last else ""),
        )
    spec, notes = _pixels(path, model, channels)
    guessed = "mean" in notes
    for look in (_direction, _recognizer, _boxes, _detector):
        found = look(path, session, model, channels, charset)
        if found is not None:
            found.fields = spec | found.fields
            found.notes = {**notes, **found.notes}
            if found.role == "recognizer" and guessed and found.charset is not None:
                _read(session, found)
            return found
    shapes = {name: list(value.shape) for name, value in _run(session, channels, _SIDE, _SIDE).items()}
    raise ConversionError(
        "source",
        f"{path.name}: expected maps [1, 1 or 2, height, width], logits [1, frames, classes], boxes "
        f"[1, N, 5 or more] or a direction [1, 2], found {shapes}; take what comes behind these out of the graph",
    )


def _read(session: Session, part: Part) -> None:
    """Lets a recogniser read drawn lines to find its normalization, in place."""
    from converters import describe_reading

    fields, name = part.fields, part.fields.get("output", session.outputs[0])
    axis = 1 if fields["output_layout"] == "NCT" else 2

    def run(x: np.ndarray) -> np.ndarray:
        found = session.run(x, name)
        return np.moveaxis(found, axis, -1).reshape(-1, found.shape[axis])

    classes = [*part.charset[: fields["blank"]], "", *part.charset[fields["blank"] :]]
    width = None if session.is_free(3) else session.input_shape[3]
    spec, share = describe_reading.try_ways(run, fields["height"], width, classes, fields["color"])
    if share >= describe_reading.ENOUGH:
        fields["mean"], fields["std"] = list(spec.mean), list(spec.std)
        part.notes["mean"] = f"with std the way in which drawn lines are read: {share:.0%} of the characters right"


def _pixels(path: Path, model: onnx.ModelProto, channels: int) -> tuple[dict, dict[str, str]]:
    """Colour and normalization of the input, and what of it is a guess."""
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    paddle = any(word in metadata or word in model.producer_name for word in _PADDLE) or "PP-OCR" in path.name
    color = "GRAY" if channels == 1 else "BGR" if paddle else "RGB"
    notes = {} if channels == 1 else {"color": f"{color} is a guess; the other one is {'RGB' if paddle else 'BGR'}"}
    inside = _inside(gs.import_onnx(model))
    values = _AS_THEY_ARE if inside else _HALF
    if not inside:
        notes["mean"] = "with std a guess, for pixels of -1..1: (pixel / 255 - mean) / std; the other usual one is " + (
            "mean [0.485, 0.456, 0.406] and std [0.229, 0.224, 0.225]" if channels == 3 else "mean [0] and std [1]"
        )
    return {"color": color, **{name: list(value[:channels]) for name, value in values.items()}}, notes


def _inside(graph: gs.Graph) -> bool:
    """Whether the graph scales pixels of 0..255 itself in front of its first layer."""
    queue, seen = [graph.inputs[0]], set()
    while queue:
        tensor = queue.pop()
        for node in tensor.outputs:
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


def _run(session: Session, channels: int, height: int, width: int) -> dict[str, np.ndarray]:
    """All outputs at a size, or at the graph's own where it is fixed."""
    height = height if session.is_free(2) else session.input_shape[2]
    width = width if session.is_free(3) else session.input_shape[3]
    x = np.zeros((1, channels, height, width), np.float32)
    return {name: session.run(x, name) for name in session.outputs}


def _direction(path, session: Session, model, channels: int, charset) -> Part | None:
    found = _tried(session, channels, (48,), 192)
    if found is None or len(found) != 1:
        return None
    ((name, value),) = found.items()
    if value.shape != (1, 2):
        return None
    size = [48 if session.is_free(2) else session.input_shape[2], 192 if session.is_free(3) else session.input_shape[3]]
    fields = {"labels": [0, 180], "threshold": 0.9, "height": size[0], "width": size[1]}
    return Part("direction", fields, {"labels": "degrees by class, 0 first, is a guess"})


def _tried(session: Session, channels: int, heights: Sequence[int], width: int) -> dict[str, np.ndarray] | None:
    """Outputs at the first height that the network takes."""
    for height in heights:
        try:
            return _run(session, channels, height, width)
        except ConversionError:
            continue
    return None


def _recognizer(path, session: Session, model, channels: int, charset) -> Part | None:
    heights = _HEIGHTS if session.is_free(2) else (session.input_shape[2],)
    if heights[0] > _TALLEST:
        return None
    for height in heights:
        narrow, wide = (_tried(session, channels, (height,), width) for width in (_WIDTH, 2 * _WIDTH))
        if narrow is None or wide is None:
            continue
        for name in session.outputs:
            layout = _layout(narrow[name].shape, wide[name].shape, session.is_free(3))
            higher = _tried(session, channels, (4 * height,), _WIDTH) if session.is_free(2) else None
            if layout and (higher is None or higher[name].shape == narrow[name].shape):  # boxes grow with the height
                return _as_recognizer(path, session, model, name, layout, narrow[name], height, charset)
    return None


def _layout(narrow: tuple[int, ...], wide: tuple[int, ...], free: bool) -> str | None:
    """Of an output at two widths: the axis that grows is the frames."""
    if len(narrow) == 4 and narrow[2] == 1:
        narrow, wide = (narrow[0], narrow[1], narrow[3]), (wide[0], wide[1], wide[3])
        return "NCT" if narrow[0] == 1 and (not free or narrow[1] == wide[1]) and narrow[2] > 1 else None
    if len(narrow) != 3 or 1 not in narrow[:2]:
        return None
    if not free:  # classes are the most, but for short charsets
        if narrow[0] != 1:
            return "TNC"
        return "NTC" if narrow[2] >= narrow[1] else "NCT"
    growing = [axis for axis in range(3) if narrow[axis] != wide[axis]]
    return {(0,): "TNC", (1,): "NTC", (2,): "NCT"}.get(tuple(growing))


def _as_recognizer(path, session, model, name, layout, value, height, charset) -> Part:
    axis = 1 if layout == "NCT" else 2
    classes = value.shape[axis]
    fields = {"height": height, "output_layout": layout, "probabilities": _ends_in_softmax(model, name)}
    notes = {}
    if len(session.outputs) > 1:
        fields["output"] = name
    if session.is_free(2):
        notes["height"] = f"of the crops, {height} is a guess: the first of {', '.join(map(str, _HEIGHTS))} that runs"
    characters, note = _characters(model, charset, classes)
    if note:
        notes["charset_file"] = note
    fields["blank"] = _blank(session, name, axis, value.shape, height)
    notes["blank"] = "class of the blank: the one that an empty crop gives most; 0 and the last are usual"
    if session.is_free(3) and not any(node.op_type in _RECURRENT for node in model.graph.node):
        fields["resizable"] = True
        notes["resizable"] = "one network for all widths; false makes one for each, where a width is fixed inside"
    if layout != "TNC" and not session.is_free(3):
        notes["output_layout"] = "a guess: the longer axis is the classes"
    if characters is None:
        fields["charset_file"] = UNKNOWN
    elif fields["blank"] not in (0, classes - 1):
        fields["blank"] = 0
    return Part("recognizer", fields, notes, characters)


def _characters(model: onnx.ModelProto, given: Sequence[str] | None, classes: int) -> tuple[list[str] | None, str]:
    """The characters without the blank, and what has to be looked at."""
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    found = list(given) if given else [one.rstrip("\r") for one in metadata.get("character", "").split("\n")]
    if not given:
        while found and found[-1] == "":
            found.pop()
    if not found:
        return None, f"{classes - 1} characters by class, one a line, without the blank; --charset FILE reads them"
    if len(found) == classes - 2 and " " not in found:
        return [*found, " "], "the network has one class more than characters: the space, as PP-OCR has it"
    if len(found) == classes and given is None:
        return found[1:], "the first entry of the metadata was taken for the blank"
    if len(found) != classes - 1:
        raise ConversionError(
            "source",
            f"expected {classes - 1} characters (classes of the network without the blank), found "
            f"{len(found)} in {'--charset' if given else 'the metadata'}; --charset FILE takes others",
        )
    return found, ""


def _blank(session: Session, name: str, axis: int, shape: tuple[int, ...], height: int) -> int:
    channels = session.input_shape[1]
    width = _WIDTH if session.is_free(3) else session.input_shape[3]
    best = []
    for value in (-1.0, 0.0, 1.0):
        logits = session.run(np.full((1, channels, height, width), value, np.float32), name)
        best += np.moveaxis(logits, axis, -1).reshape(-1, shape[axis]).argmax(1).tolist()
    return int(np.bincount(best).argmax())


def _ends_in_softmax(model: onnx.ModelProto, name: str) -> bool:
    graph = gs.import_onnx(model)
    tensor = next(tensor for tensor in graph.outputs if tensor.name == name)
    node = onnx_graphs.last_operation(tensor)
    return node is not None and node.op in ("Softmax", "LogSoftmax")


def _detector(path, session: Session, model, channels: int, charset) -> Part | None:
    found = _tried(session, channels, (_SIDE,), _SIDE)
    for name, value in (found or {}).items():
        if value.ndim != 4 or value.shape[0] != 1:
            continue
        first, last = ("NCHW", value.shape[1], value.shape[2:]), ("NHWC", value.shape[3], value.shape[1:3])
        for layout, maps, sides in (first, last):
            if maps in (1, 2) and min(sides) > 8:
                return _as_detector(session, name, layout, maps)
    return None


def _as_detector(session: Session, name: str, layout: str, maps: int) -> Part:
    fields = {"decoder": "db" if maps == 1 else "craft", "output_layout": layout, "min_side": 736, "max_side": 2000}
    notes = {"decoder": f"{fields['decoder']}, as there {'is one map' if maps == 1 else 'are two maps'}"}
    if maps == 1:
        fields["options"] = {"threshold": 0.3, "box_threshold": 0.6, "unclip_ratio": 1.6}
        notes["options"] = "thresholds of DB as PP-OCR has them"
    if len(session.outputs) > 1:
        fields["output"] = name
        notes["output"] = f"the first of {session.outputs} that is a map"
    if session.is_free(2) and session.is_free(3):
        fields["resizable"] = True
    else:
        fields["canvases"] = [[640 if session.is_free(i) else session.input_shape[i] for i in (2, 3)]]
    return Part("detector", fields, notes)


def _boxes(path, session: Session, model, channels: int, charset) -> Part | None:
    found = _tried(session, channels, (640, _SIDE), 640)
    rows = {name: value.shape for name, value in (found or {}).items() if value.ndim == 3 and value.shape[0] == 1}
    for name, shape in rows.items():
        layout = "NAC" if shape[1] >= shape[2] else "NCA"
        columns, count = (shape[2], shape[1]) if layout == "NAC" else (shape[1], shape[2])
        scores = [other for other, size in rows.items() if other != name and sorted(size)[-1] == count and columns == 4]
        if count < 16 or not (scores or (columns >= 5 and len(rows) == 1)):
            continue
        fields = {
            "decoder": "boxes",
            "output_layout": layout,
            "box_format": "xyxy" if scores else "cxcywh",
            "box_unit": "shares" if scores else "pixels",
            "objectness": columns == 6 or columns == 85,
        }
        if scores or len(session.outputs) > 1:
            fields |= {"output": name} | ({"scores_output": scores[0]} if scores else {})
        fixed = [640 if session.is_free(i) else session.input_shape[i] for i in (2, 3)]
        notes = {
            "box_format": f"{fields['box_format']} in {fields['box_unit']} is a guess; known are cxcywh, xyxy and "
            "yxyx in pixels or shares",
            "objectness": "whether column 4 is multiplied with the scores of the classes, a guess",
        }
        return Part("detector", fields | {"canvases": [fixed]}, notes)
    return None
