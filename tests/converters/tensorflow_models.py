"""Tiny text detectors as TensorFlow 1 graphs: in the shape of the Object Detection API's exports, and of EAST.

All look for dark pixels on a light ground, so that what they find can be said by hand.
"""

import contextlib

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1

GRID = 8  # pixels of a cell of the box detectors
BOXES = "detection_boxes", "detection_scores", "num_detections", "detection_classes"
EAST = "feature_fusion/Conv_7/Sigmoid", "feature_fusion/concat_3"
MEANS = (123.68, 116.78, 103.94)


@contextlib.contextmanager
def loops_of_tensorflow_1():
    """TensorFlow 2 would build its own kind of loops."""
    tf1.disable_control_flow_v2()
    try:
        yield
    finally:
        tf1.enable_control_flow_v2()


def variable(name, values):
    return tf1.get_variable(name, initializer=np.asarray(values, np.float32))


def darkness(images, scope="FeatureExtractor"):
    """Share of dark in the cells of an image: [1, h / GRID, w / GRID, 1] in 0..1."""
    with tf1.variable_scope(scope):
        kernel = variable("weights", np.full((GRID, GRID, 3, 1), -1 / (255 * 3 * GRID * GRID)))
        bias = variable("biases", [1.0])
        return tf.nn.relu(tf.nn.conv2d(images, kernel, GRID, "VALID") + bias)


def cells(rows, columns):
    """Normalized (ymin, xmin, ymax, xmax) of all cells, [rows * columns, 4], and of their unions with the next one."""
    top, left = np.mgrid[:rows, :columns].reshape(2, -1)
    alone = np.stack([top / rows, left / columns, (top + 1) / rows, (left + 1) / columns], 1)
    wide = np.stack([top / rows, left / columns, (top + 1) / rows, np.minimum(left + 1.2, columns) / columns], 1)
    return np.concatenate([alone, wide]).astype(np.float32)


def candidates(images, size):
    """Overlapping boxes [N, 4] and scores [N] for an image of this size."""
    dark = darkness(images)
    score = tf.reshape(dark, [-1])
    anchors = tf.constant(cells(size[0] // GRID, size[1] // GRID))
    return anchors, tf.concat([score, score * 0.9], 0)


def candidates_without_variables(images, size):
    """The same with constant weights."""
    kernel = tf.fill([GRID, GRID, 3, 1], -1 / (255 * 3 * GRID * GRID))
    score = tf.reshape(tf.nn.relu(tf.nn.conv2d(images, kernel, GRID, "VALID") + 1), [-1])
    return tf.constant(cells(size[0] // GRID, size[1] // GRID)), tf.concat([score, score * 0.9], 0)


def plain_boxes(size=(64, 96), slots=12, input_size=(None, None)):
    """One class, and what the signature asks for, by plain arithmetic: the slots of highest score."""
    image = tf1.placeholder(tf.uint8, [1, *input_size, 3], "image_tensor")
    boxes, scores = candidates(tf.cast(image, tf.float32), size)
    found, order = tf.nn.top_k(scores, slots)
    tf.identity(tf.gather(boxes, order)[None], BOXES[0])
    tf.identity(found[None], BOXES[1])
    tf.reduce_sum(tf.cast(found[None] > 0.4, tf.float32), axis=1, name=BOXES[2])
    tf.ones([1, slots], name=BOXES[3])


def full_boxes(size=(64, 96), slots=32):
    """As the API exports an SSD: the resizer and the suppression are loops over the batch."""
    with loops_of_tensorflow_1():
        image = tf1.placeholder(tf.uint8, [None, None, None, 3], "image_tensor")
        pixels = tf.cast(image, tf.float32, name="Cast")
        with tf1.name_scope("Preprocessor"):
            resized = tf.map_fn(lambda one: tf1.image.resize_bilinear(one[None], size)[0], pixels, name="map")
            resized.set_shape([None, *size, 3])
        boxes, scores = candidates(resized, size)
        with tf1.name_scope("Postprocessor/"):
            boxes, scores = boxes[None, :, None], tf.stack([scores, scores * 0.5], -1)[None]
            with tf1.name_scope("BatchMultiClassNonMaxSuppression"):

                def suppress(pair):
                    kept = tf.image.non_max_suppression(pair[0][:, 0], pair[1][:, 0], slots, 0.5)
                    missing = slots - tf.size(kept)
                    return (
                        tf.pad(tf.gather(pair[0][:, 0], kept), [[0, missing], [0, 0]]),
                        tf.pad(tf.gather(pair[1][:, 0], kept), [[0, missing]]),
                        tf.cast(tf.size(kept), tf.float32),
                    )

                found = tf.map_fn(suppress, (boxes, scores), dtype=(tf.float32,) * 3, name="map")
        for values, name in zip(found, BOXES, strict=False):
            tf.identity(values, name)


def east(angle=0.0, subtract=True):
    """EAST's outputs for dark bars: score, and distances of 6, 10, 6 and 10 pixels to the edges, at a fixed angle."""
    images = tf1.placeholder(tf.float32, [None, None, None, 3], "input_images")
    pixels = images
    if subtract:
        channels = [one - mean for one, mean in zip(tf.split(images, 3, axis=3), MEANS, strict=True)]
        pixels = tf.concat(channels, 3)
    with tf1.variable_scope("resnet"):
        kernel = variable("weights", np.full((4, 4, 3, 1), -1 / (3 * 16 * 20)))
        logits = tf.nn.conv2d(pixels, kernel, 4, "VALID")
    with tf1.name_scope("feature_fusion"):
        with tf1.name_scope("Conv_7"):
            score = tf.sigmoid(logits + variable("east_bias", [-1.0]), name="Sigmoid")
        nothing = score * 0.0
        distances = tf.concat([nothing + value for value in (6.0, 10.0, 6.0, 10.0)], 3)
        tf.concat([distances, nothing + angle], 3, name="concat_3")


def save_checkpoint(build, folder, meta="model.ckpt.meta"):
    """Writes model.ckpt.* with its meta graph, and returns a function that runs the graph as it is."""
    graph = tf.Graph()
    with graph.as_default():
        build()
        session = tf1.Session()
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver()
        saver.save(session, str(folder / "model.ckpt"), write_meta_graph=False, write_state=False)
        saver.export_meta_graph(str(folder / meta))
    return lambda name, feed: session.run(f"{name}:0", feed)


def save_frozen(build, path, outputs):
    """Writes a frozen graph, and returns a function that runs it."""
    graph = tf.Graph()
    with graph.as_default():
        build()
        session = tf1.Session()
        session.run(tf1.global_variables_initializer())
        frozen = tf1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), list(outputs))
        path.write_bytes(frozen.SerializeToString())
    return lambda name, feed: session.run(f"{name}:0", feed)


def save_saved_model(build, folder, inputs, outputs):
    """Writes a SavedModel of TensorFlow 1 with a serving_default signature."""
    graph = tf.Graph()
    with graph.as_default(), tf1.Session() as session:
        build()
        session.run(tf1.global_variables_initializer())
        tensors = {name: graph.get_tensor_by_name(f"{node}:0") for name, node in (inputs | outputs).items()}
        tf1.saved_model.simple_save(
            session, str(folder), {name: tensors[name] for name in inputs}, {name: tensors[name] for name in outputs}
        )
