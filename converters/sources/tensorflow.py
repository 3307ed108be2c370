"""A text detector of TensorFlow 1 or 2: checkpoint with meta graph, frozen graph, SavedModel or Keras file.

It has no recogniser: what it finds is read by Tesseract or by another model. The graph goes to .tflite as it is, with
the image's size fixed; the original runs where TensorFlow puts it, on a GPU where there is one.
"""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from converters import cache
from converters.errors import ConversionError, one_line, source_error
from converters.plan import Plan, PlannedNetwork
from converters.quiet import Quiet
from converters.sources import tensorflow_facts, tensorflow_files, tensorflow_heads
from converters.sources.tensorflow_facts import EAST_MEAN, RAW_MEAN, RAW_STD, TensorFlowFacts
from converters.sources.tensorflow_files import TensorFlowGraph
from converters.sources.tensorflow_heads import Head, node_of
from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Source

NAME = "tensorflow"
# Where neither the graph nor the user gives a size: two thirds of full HD, in multiples of 32.
CANVAS = (704, 1280)
_STRIDE = 4  # pixels of the input a pixel of EAST's maps


def plan(words: str, canvases: Sequence[tuple[int, int]] = (), read_by: str = "", name: str = NAME) -> Plan:
    """The conversion of a graph.

    Args:
        words: "PATH" or "PATH,FACTS.json"; see tensorflow_files.open_graph and tensorflow_facts.
        canvases: (height, width) in pixels in place of those of the description.
        read_by: What reads the text by default: "tesseract" or the name of another model.

    Raises:
        ConversionError: There is no graph, its outputs are no text detector's, or the description is wrong.
    """
    parts = [part.strip() for part in words.split(",") if part.strip()]
    if len(parts) not in (1, 2):
        raise source_error(f"expected {NAME}:PATH[,FACTS.json], found {NAME}:{words}")
    facts = tensorflow_facts.load(Path(parts[1]) if len(parts) == 2 else None)
    graph = tensorflow_files.open_graph(Path(parts[0]))
    detector = facts.detector
    with Quiet():
        shapes = tensorflow_heads.Shapes(graph)
        head = tensorflow_heads.recognise(shapes, detector.decoder, detector.outputs, detector.input)
        frozen = _frozen(graph, head, shapes.dtype(head.input))
    sizes = _canvases(head, canvases, facts)
    spec = _pixels(head, facts)
    options = dict(detector.options) or ({"stride": float(_STRIDE)} if head.decoder == "east" else {})
    largest = max(max(size) for size in sizes)
    return Plan(
        name=name,
        source=Source(
            facts.name or Path(parts[0]).name,
            facts.version,
            facts.url,
            facts.licence,
            {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in graph.files},
        ),
        default_precision=facts.default_precision,
        detector=Detector(
            decoder=head.decoder,
            input=spec,
            files=(),
            options=options,
            resize=DetectorResize(min_side=min(min(size) for size in sizes), max_side=largest, multiple=1, fit="pad"),
        ),
        recognizers=(),
        read_by=read_by,
        networks=tuple(_network(frozen, head, facts, size, len(sizes) == 1) for size in sizes),
    )


def _frozen(graph: TensorFlowGraph, head: Head, dtype: str):
    """The part of the graph between the head's input, which becomes a placeholder, and its outputs; no variables."""
    import tensorflow as tf

    wanted = [node_of(name) for name in head.tensors]
    try:
        frozen = graph.freeze(sorted({*wanted, node_of(head.input)}))
        definition = tf.compat.v1.GraphDef()
        definition.CopyFrom(frozen)
        for node in definition.node:
            kind = tf.bool.as_datatype_enum
            if node.op == "Placeholder" and node.attr["dtype"].type == kind:
                # A switch such as is_training, which training graphs leave open, becomes the constant False.
                node.op = "Const"
                node.ClearField("attr")
                node.attr["dtype"].type = kind
                node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(False))
            if node.name == node_of(head.input):
                node.Clear()
                node.name, node.op = node_of(head.input), "Placeholder"
                node.attr["dtype"].type = tf.as_dtype(dtype).as_datatype_enum
        return tf.compat.v1.graph_util.extract_sub_graph(definition, wanted)
    except Exception as error:  # a damaged checkpoint, or one of another graph
        raise source_error(f"{graph.files[0]}: the graph cannot be frozen: {one_line(error)}") from None


def _canvases(head: Head, canvases: Sequence[tuple[int, int]], facts: TensorFlowFacts) -> list[tuple[int, ...]]:
    wanted = list(canvases) or list(facts.detector.canvases)
    if head.canvas:
        if wanted and wanted != [head.canvas]:
            asked = ", ".join(f"{height}x{width}" for height, width in wanted)
            fixed = f"{head.canvas[0]}x{head.canvas[1]}"
            raise source_error(f"expected the canvas {fixed}, which is fixed in the graph, found {asked}")
        return [head.canvas]
    return wanted or [CANVAS]


def _pixels(head: Head, facts: TensorFlowFacts) -> ImageInput:
    given = facts.detector
    if given.mean:
        return ImageInput(given.color, given.mean, given.std, pad="black")
    if head.raw:
        return ImageInput(given.color, RAW_MEAN, RAW_STD, pad="black")
    if head.decoder != "east":
        raise source_error(
            f'decoder {head.decoder!r}: expected "mean" and "std" in the description, found none; for pixels of '
            '0..255 as they are "mean": [0, 0, 0] and three times 0.00392156862745098 as "std"'
        )
    return ImageInput(given.color, EAST_MEAN, RAW_STD, pad="zero")


def _network(frozen, head: Head, facts: TensorFlowFacts, canvas: tuple[int, ...], alone: bool) -> PlannedNetwork:
    height, width = canvas
    described = json.dumps([asdict(head), asdict(facts), canvas], sort_keys=True)
    code = cache.digest_code(tensorflow_heads) + cache.digest_file(Path(__file__))
    content = hashlib.sha256(frozen.SerializeToString(deterministic=True) + described.encode() + code.encode())
    return PlannedNetwork(
        name="detector" if alone else f"detector_{height}x{width}",
        role="detector",
        shape=(1, 3, height, width),
        fingerprint=content.hexdigest(),
        write_onnx=None,
        outputs=head.outputs,
        # Suppression of boxes is no matter of quantized arithmetic.
        quantized=facts.detector.quantized and not head.whole,
        unordered=head.whole,
        write_saved_model=functools.partial(_write_saved_model, frozen, head, canvas),
        reference=_Original(frozen, head, canvas),
    )


def _write_saved_model(frozen, head: Head, canvas: tuple[int, ...], target: Path) -> None:
    """Writes the graph at a fixed size: "x", float32 NHWC, to "maps_0", "maps_1" ... or "maps"."""
    import tensorflow as tf

    definition, floating = _without_cast(frozen, head.input)
    done = tensorflow_heads.finish(head)

    class Detecting(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, *canvas, 3), tf.float32, name="x")])
        def __call__(self, x):
            image = x if floating else tf.cast(x, _dtype(frozen, head.input))
            found = done(_imported(definition, head, image))
            return {f"maps_{i}": maps for i, maps in enumerate(found)} if len(found) > 1 else {"maps": found[0]}

    try:
        with Quiet():
            module = Detecting()
            tf.saved_model.save(
                module,
                str(target),
                signatures={tensorflow_files.SIGNATURE: module.__call__},
                # Nobody trains the result, and swish's gradient holds variables that are constants here.
                options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
            )
    except (ValueError, TypeError, tf.errors.OpError) as error:
        size = f"{canvas[0]}x{canvas[1]}"
        raise ConversionError("saved_model", f"the graph cannot be fixed at {size}: {one_line(error, 400)}") from None


def _imported(definition, head: Head, image) -> list:
    """The head's tensors for an image, in the graph that is being built."""
    import tensorflow as tf

    return tf.import_graph_def(definition, input_map={head.input: image}, return_elements=list(head.tensors), name="")


def _without_cast(frozen, image: str) -> tuple[object, bool]:
    """The graph for float pixels: casts of a uint8 input are taken out, where nothing else reads it.

    Returns:
        The graph, and whether it takes floats.
    """
    import tensorflow as tf

    if _dtype(frozen, image) == tf.float32:
        return frozen, True
    definition = tf.compat.v1.GraphDef()
    definition.CopyFrom(frozen)
    readers = [node for node in definition.node if node_of(image) in map(node_of, node.input)]
    if not all(node.op == "Cast" and node.attr["DstT"].type == tf.float32.as_datatype_enum for node in readers):
        return frozen, False
    for node in readers:
        node.op = "Identity"
        node.ClearField("attr")
        node.attr["T"].type = tf.float32.as_datatype_enum
    for node in definition.node:
        if node.name == node_of(image):
            node.attr["dtype"].type = tf.float32.as_datatype_enum
    return definition, True


def _dtype(frozen, tensor: str):
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        (found,) = tf.import_graph_def(frozen, return_elements=[tensor], name="")
    return found.dtype


class _Original:
    """The graph as it came, in a Session of TensorFlow 1, which is opened at the first call."""

    def __init__(self, frozen, head: Head, canvas: tuple[int, ...]):
        self._frozen, self._head, self._canvas = frozen, head, canvas
        self._session = None

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """float32 [1, H, W, 3] -> the outputs beside each other, float32."""
        if self._session is None:
            self._open()
        values = np.rint(tensor) if self._image.dtype.is_integer else tensor
        found = self._session.run(self._outputs, {self._image: values.astype(self._image.dtype.as_numpy_dtype)})
        return np.concatenate(found, axis=-1)

    def _open(self) -> None:
        import tensorflow as tf

        graph = tf.Graph()
        with graph.as_default():
            self._image = tf.compat.v1.placeholder(_dtype(self._frozen, self._head.input), (1, *self._canvas, 3))
            self._outputs = tensorflow_heads.finish(self._head)(_imported(self._frozen, self._head, self._image))
        self._session = tf.compat.v1.Session(graph=graph)
