"""Which tensors of a TensorFlow graph are the text: recognised by the names that exporters give them.

Of the Object Detection API's exports the loops over the batch, which TensorFlow Lite has no operators for, are left
out where they are: images enter behind the resizer, and boxes leave in front of the suppression of overlapping ones,
which the runtime does itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from converters.errors import source_error
from converters.sources.tensorflow_files import TensorFlowGraph

BOXES, SCORES, COUNT = "detection_boxes", "detection_scores", "num_detections"
EAST_NAMES = ("feature_fusion/Conv_7/Sigmoid", "feature_fusion/concat_3")
_EAST_CHANNELS, _QUAD_CHANNELS = (1, 5), (1, 8)
_SUPPRESSION = "BatchMultiClassNonMaxSuppression/"
# What gathers the results of a loop over images, in TensorFlow 1 and 2.
_STACKS = ("TensorArrayGatherV3", "TensorListStack")
# Images (height, width) of other shapes, for what a resizer makes of them.
_PROBES = ((48, 64), (80, 56))
_FIRST_LAYERS = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
# A factor at most so large in front of the first layer brings pixels of 0..255 to about 0..1.
_PIXEL_FACTOR = 0.02
_EXPECTED = "detection_boxes and detection_scores (Object Detection API) or score map and 5-channel geometry (EAST)"


@dataclass(frozen=True)
class Head:
    """What is taken out of a graph.

    Attributes:
        outputs: (name, channels) of what `finish` makes of them; () for a single map.
        canvas: (height, width) that the graph itself asks for; None where it takes any.
        raw: The graph takes pixels of 0..255 as they are.
    """

    decoder: str
    input: str
    tensors: tuple[str, ...]
    outputs: tuple[tuple[str, int], ...] = ()
    whole: bool = False
    canvas: tuple[int, int] | None = None
    raw: bool = False


class Shapes:
    """Static shapes, operators and edges of a graph."""

    def __init__(self, graph: TensorFlowGraph):
        import tensorflow as tf

        self.graph = graph
        self.nodes = {node.name: node for node in graph.definition.node}
        self._imported = tf.Graph()
        with self._imported.as_default():
            try:
                tf.import_graph_def(graph.definition, name="")
            except (ValueError, tf.errors.OpError) as error:
                raise source_error(_unknown(graph, error)) from None

    def of(self, tensor: str) -> list[int | None] | None:
        """The shape of a tensor, None where it is not known."""
        shape = self._imported.get_tensor_by_name(tensor).shape
        return None if shape.rank is None else shape.as_list()

    def dtype(self, tensor: str) -> str:
        return self._imported.get_tensor_by_name(tensor).dtype.name

    def run(self, tensor: str, image: str, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape that a tensor really has for an image [1, *size, 3]; what it depends on has no variables."""
        import numpy as np
        import tensorflow as tf

        kind = self._imported.get_tensor_by_name(image).dtype.as_numpy_dtype
        with tf.compat.v1.Session(graph=self._imported) as session:
            return session.run(tensor, {image: np.zeros((1, *size, 3), kind)}).shape

    def constant(self, tensor: str):
        """The value of a constant as an array, None for what is computed."""
        import tensorflow as tf

        node = self.nodes.get(node_of(tensor))
        while node is not None and node.op == "Identity":
            node = self.nodes.get(node_of(node.input[0]))
        return tf.make_ndarray(node.attr["value"].tensor) if node is not None and node.op == "Const" else None

    def leaves(self) -> list[str]:
        """Float tensors that nobody reads, maps before others; what only training wants is no output."""
        nodes = self.graph.definition.node
        read = {node_of(name) for node in nodes for name in node.input}
        ends = [node.name for node in nodes if node.name not in read]
        ends = [name for name in ends if not self.nodes[name].op.startswith(("Assign", "Apply", "ResourceApply"))]
        found = [f"{name}:0" for name in ends if self._imported.get_operation_by_name(name).outputs]
        found = [name for name in found if self.dtype(name).startswith("float")]
        return sorted(found, key=lambda name: len(self.of(name) or ()) != 4)

    def ancestors(self, tensors: Sequence[str]) -> set[str]:
        """Names of all nodes that some tensors depend on, with their own."""
        queue, seen = [node_of(tensor) for tensor in tensors], set()
        while queue:
            name = queue.pop()
            if name not in seen:
                seen.add(name)
                queue += [node_of(one) for one in self.nodes[name].input]
        return seen


def node_of(tensor: str) -> str:
    """The name of the node that makes a tensor, as node definitions and sessions write it."""
    return tensor.lstrip("^").split(":")[0]


def recognise(
    shapes: Shapes, decoder: str | None = None, outputs: Sequence[str] = (), image: str | None = None
) -> Head:
    """Finds the input and the outputs of a text detector.

    Args:
        decoder: As the user describes it; None to go by names.
        outputs: Names of the tensors, or keys of the signature, as the user describes them: of "boxes" the boxes and
            the scores, of "east" the score map and the geometry, of others the map.

    Raises:
        ConversionError: Nothing that is known as the output of a text detector, or no image input.
    """
    given = [_tensor(shapes, name) for name in outputs]
    if decoder in ("db", "craft"):
        if len(given) != 1:
            raise source_error(f'decoder {decoder!r}: expected one of "outputs", found {len(given)}')
        return _with_input(shapes, image, decoder, given)
    boxes = given if decoder == "boxes" and given else _named(shapes, (BOXES, SCORES))
    maps = given if decoder == "east" and given else _named(shapes, EAST_NAMES) or _by_channels(shapes)
    if boxes and decoder in (None, "boxes"):
        return _boxes(shapes, image, boxes)
    if maps and decoder in (None, "east"):
        return _with_input(shapes, image, "east", maps, (("score", 1), ("geometry", 5)))
    keys = {tensor: key for key, tensor in shapes.graph.outputs.items()}
    found = ", ".join(f"{keys.get(name, node_of(name))} {shapes.of(name)}" for name in _candidates(shapes)[:12])
    raise source_error(
        f"{shapes.graph.files[0]}: expected a text detector's outputs, {_EXPECTED}, found {found or 'none'}; a "
        "network with other names is described by a JSON file: tensorflow:PATH,FACTS.json"
    )


def _boxes(shapes: Shapes, image: str | None, tensors: list[str]) -> Head:
    outputs = (("scores", 1), ("boxes", 4))
    inside = [name for name in shapes.ancestors(tensors) if _SUPPRESSION in name]
    if not inside:
        count = list(_named(shapes, (COUNT,)))
        return _with_input(shapes, image, "boxes", [tensors[1], tensors[0], *count], outputs, whole=True)
    entering = _entering(shapes, inside)
    boxes = [name for name, shape in entering.items() if len(shape) == 4 and shape[2:] == [1, 4]]
    scores = [name for name, shape in entering.items() if len(shape) == 3]
    if len(boxes) != 1 or len(scores) != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in entering.items())
        raise source_error(
            f"expected boxes [1, N, 1, 4] and scores [1, N, classes] to enter {_SUPPRESSION.rstrip('/')}, found {found}"
        )
    head = _with_input(shapes, image, "boxes", [*scores, *boxes], outputs)
    resized = _resized(shapes, head)
    return head if resized is None else replace(head, input=resized[0], canvas=resized[1])


def _resized(shapes: Shapes, head: Head) -> tuple[str, tuple[int, int] | None] | None:
    """The images that leave a resizer's loop, and their (height, width) where it is the same for all images.

    Graphs do not note the sizes that their loops make, so small images are sent through this part of it.
    """
    stacks = [f"{name}:0" for name in sorted(shapes.ancestors(head.tensors)) if shapes.nodes[name].op in _STACKS]
    stacks = [name for name in stacks if shapes.dtype(name) == "float32"]
    found = {name: [shapes.run(name, head.input, size) for size in _PROBES] for name in stacks}
    images = {name: sizes for name, sizes in found.items() if all(len(size) == 4 for size in sizes)}
    if len(images) > 1:
        raise source_error(f"expected one resizer in the graph, found {', '.join(images)}")
    for name, (first, second) in images.items():
        return name, tuple(first[1:3]) if first == second else None
    return None


def _entering(shapes: Shapes, inside: Sequence[str]) -> dict[str, list]:
    """Float tensors of known rank that nodes outside a scope hand to nodes inside."""
    read = [tensor for name in inside for tensor in shapes.nodes[name].input]
    read = [tensor for tensor in read if not tensor.startswith("^") and _SUPPRESSION not in tensor]
    names = dict.fromkeys(tensor if ":" in tensor else f"{tensor}:0" for tensor in read)
    return {name: shapes.of(name) for name in names if shapes.dtype(name) == "float32" and shapes.of(name)}


def _with_input(
    shapes: Shapes, image: str | None, decoder: str, tensors: Sequence[str], outputs=(), whole: bool = False
) -> Head:
    needed = shapes.ancestors(tensors)
    found = [f"{name}:0" for name in needed if shapes.nodes[name].op == "Placeholder"]
    found = [name for name in found if shapes.dtype(name) != "bool"]  # such as is_training
    found = [name for name in found if len(shapes.of(name) or [0] * 4) == 4]
    if image is not None:
        found = [_tensor(shapes, image)]
    if len(found) != 1:
        raise source_error(
            f"{shapes.graph.files[0]}: expected one input for images [1, height, width, 3], found "
            f'{", ".join(sorted(found)) or "none"}; name it in the description: "input": "images"'
        )
    shape = shapes.of(found[0]) or [None] * 4
    _require_channels_last(shapes, found[0], shape, needed)
    if shape[0] not in (None, 1) or shape[3] not in (None, 3):
        raise source_error(f"{found[0]}: expected images [1, height, width, 3], found {shape}")
    canvas = (shape[1], shape[2]) if shape[1] and shape[2] else None
    raw = decoder == "boxes" or shapes.dtype(found[0]) == "uint8" or _normalizes(shapes, found[0], needed)
    return Head(decoder, found[0], tuple(tensors), tuple(outputs), whole, canvas, raw)


def _require_channels_last(shapes: Shapes, image: str, shape: Sequence[int | None], needed: set[str]) -> None:
    """Refuses graphs whose convolutions have the channels first, which TensorFlow Lite does not have."""
    layers = [shapes.nodes[name] for name in sorted(needed) if shapes.nodes[name].op in _FIRST_LAYERS]
    first = [node for node in layers if node.attr["data_format"].s == b"NCHW"]
    if first or (len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3)):
        what = f"operator {first[0].op} (node {first[0].name}) in NCHW" if first else f"{image} of shape {shape}"
        raise source_error(
            f"{shapes.graph.files[0]}: expected a graph with the channels last (NHWC), found {what}; export it with "
            'data_format="channels_last", or convert the ONNX file from which it was made (onnx:MODEL.onnx)'
        )


def _normalizes(shapes: Shapes, image: str, needed: set[str]) -> bool:
    """Whether a mean is taken away, or pixels are scaled by about 1 / 255, between the input and the first layer."""
    reached, queue = set(), [node_of(image)]
    while queue:
        name = queue.pop()
        for node in (shapes.nodes[one] for one in needed):
            if node.name not in reached and name in map(node_of, node.input) and node.op not in _FIRST_LAYERS:
                if node.op == "Sub" or _scales_pixels(shapes, node):
                    return True
                reached.add(node.name)
                queue.append(node.name)
    return False


def _scales_pixels(shapes: Shapes, node) -> bool:
    if node.op not in ("Mul", "RealDiv", "Div"):
        return False
    factors = [value for value in map(shapes.constant, node.input) if value is not None and value.size]
    if len(factors) != 1:
        return False
    largest = float(abs(factors[0]).max())
    return largest <= _PIXEL_FACTOR if node.op == "Mul" else largest >= 1 / _PIXEL_FACTOR


def _named(shapes: Shapes, names: Sequence[str]) -> list[str]:
    """Tensors of the signature, or nodes, of all these names; [] where one is absent."""
    found = [_lookup(shapes, name) for name in names]
    return [tensor for tensor in found if tensor] if all(found) else []


def _lookup(shapes: Shapes, name: str) -> str | None:
    if shapes.graph.outputs:
        return shapes.graph.outputs.get(name)
    if name in shapes.nodes:
        return f"{name}:0"
    inner = [node for node in shapes.nodes if node.endswith(f"/{name}")]
    return f"{inner[0]}:0" if len(inner) == 1 else None


def _tensor(shapes: Shapes, name: str) -> str:
    """A tensor that the user named."""
    for signature in (shapes.graph.outputs, shapes.graph.inputs):
        if name in signature:
            return signature[name]
    tensor = name if ":" in name else f"{name}:0"
    if node_of(tensor) not in shapes.nodes:
        known = ", ".join([*shapes.graph.outputs, *(node_of(leaf) for leaf in shapes.leaves())][:12])
        raise source_error(f"{shapes.graph.files[0]}: expected a tensor {name!r}, found {known}")
    return tensor


def _candidates(shapes: Shapes) -> list[str]:
    return list(shapes.graph.outputs.values()) or shapes.leaves()


def _by_channels(shapes: Shapes) -> list[str]:
    """The two outputs of a graph that has just these: a map of one channel and one of five."""
    maps = [name for name in _candidates(shapes) if len(shapes.of(name) or ()) == 4]
    if len(maps) != 2:
        return []
    maps.sort(key=lambda name: shapes.of(name)[3] or 0)
    channels = tuple(shapes.of(name)[3] for name in maps)
    if channels == _QUAD_CHANNELS:
        raise source_error(
            f"{shapes.graph.files[0]}: expected EAST's geometry as RBOX (5 channels), found QUAD (8); there is no "
            "decoder for it here: export a network trained with geometry RBOX"
        )
    return maps if channels == _EAST_CHANNELS else []


def _unknown(graph: TensorFlowGraph, error: Exception) -> str:
    """A message that names the node of an operator that this TensorFlow does not know."""
    reason = " ".join(str(error).split())
    name = reason.split("Op type not registered '")[-1].split("'")[0] if "Op type not registered" in reason else None
    nodes = [node.name for node in graph.definition.node if node.op == name]
    if not nodes:
        return f"{graph.files[0]}: expected a graph that TensorFlow can import, found: {reason[:300]}"
    return f"{graph.files[0]}: operator {name} (node {nodes[0]}) is not one of TensorFlow's; it cannot be converted"


def finish(head: Head) -> Callable[[Sequence], list]:
    """What turns the fetched tensors into the outputs that the decoder expects, in TensorFlow."""
    import tensorflow as tf

    def boxes(tensors: Sequence) -> list:
        scores, corners, *count = tensors
        if scores.shape.rank == 3:  # a column a class; text of any class is text
            scores = tf.reduce_max(scores, axis=2)
        slots = scores.shape[1]
        scores = tf.reshape(scores, [1, slots, 1])
        if count:
            used = tf.range(slots, dtype=tf.float32) < tf.cast(tf.reshape(count[0], []), tf.float32)
            scores = scores * tf.reshape(tf.cast(used, tf.float32), [1, slots, 1])
        return [scores, tf.reshape(corners, [1, slots, 4])]

    return boxes if head.decoder == "boxes" else list
