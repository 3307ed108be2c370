"""Trains a small SSD for words within minutes, and exports it as a Keras file and as the Object Detection API does.

    python examples/ssd_detector.py out/ssd

makes out/ssd/frozen_inference_graph.pb (image_tensor -> detection_boxes, detection_scores, num_detections, the loops
for resizing and suppression around the network) and out/ssd/ssd.keras with ssd.json; needs TensorFlow (the [convert]
extra). Then, with `--recognizer tesseract` or a converted model to read what it finds:

    python -m converters tensorflow:out/ssd/frozen_inference_graph.pb --canvas 320x480
    tflite-ocr read out/ssd/sample.png --model artifacts/ssd
"""

import argparse
import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import tensorflow as tf
import tf_keras

from tflite_ocr import OcrError

tf1 = tf.compat.v1
tf1.logging.set_verbosity(tf1.logging.ERROR)
HEIGHT, WIDTH, CELL = 320, 480, 8
WORDS = "total open gate exit station 2026 invoice price Market 14:35 closed No. 7 street Hotel left 19.90".split()
REACH = 64.0  # pixels: distances to the sides of a box are learnt in this unit
SLOTS = 100


def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture of words, RGB uint8 [HEIGHT, WIDTH, 3], and their boxes (top, left, bottom, right) in pixels."""
    background = rng.integers(0, 256, 3)
    ink = np.where(background > 127, rng.integers(0, 60, 3), rng.integers(195, 256, 3))
    image = np.full((HEIGHT, WIDTH, 3), background, np.uint8)
    boxes, top = [], int(rng.integers(4, 30))
    while top < HEIGHT - 45:
        scale, left = rng.uniform(0.5, 1.2), int(rng.integers(4, 120))
        for word in rng.choice(WORDS, 8):
            (width, height), base = cv2.getTextSize(word, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
            if left + width > WIDTH - 4:
                break
            place = left, top + height
            cv2.putText(image, word, place, cv2.FONT_HERSHEY_SIMPLEX, scale, ink.tolist(), 2, cv2.LINE_AA)
            boxes.append((top - 2, left - 2, top + height + base // 2, left + width + 2))
            left += width + int(rng.integers(18, 60))
        top += int(38 * scale) + int(rng.integers(8, 40))
    noise = rng.normal(0, rng.uniform(0, 12), image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), np.array(boxes, np.float32)


def targets(boxes: np.ndarray) -> np.ndarray:
    """[h, w, 5] of the cells: 1 inside a box, and the distances to its top, left, bottom and right in REACH."""
    y, x = (np.mgrid[: HEIGHT // CELL, : WIDTH // CELL] + 0.5) * CELL
    found = np.zeros((*y.shape, 5), np.float32)
    for top, left, bottom, right in boxes:
        inside = (y > top) & (y < bottom) & (x > left) & (x < right)
        found[inside] = np.stack([np.ones_like(y), y - top, x - left, bottom - y, right - x], -1)[inside]
    return found / np.array([1, REACH, REACH, REACH, REACH], np.float32)


def network() -> tf_keras.Model:
    """Pixels 0..255 [1, HEIGHT, WIDTH, 3] -> scores [1, cells] and distances to the sides of a box [1, cells, 4]."""
    layers = tf_keras.layers
    x = source = layers.Input((HEIGHT, WIDTH, 3), batch_size=1, name="images")
    x = layers.Rescaling(1 / 127.5, -1.0)(x)
    for channels, stride, rate in ((16, 2, 1), (32, 2, 1), (48, 2, 1), (48, 1, 1), (48, 1, 2), (48, 1, 4), (48, 1, 1)):
        x = layers.Conv2D(channels, 3, stride, "same", dilation_rate=rate, activation="relu")(x)
    scores = layers.Reshape((-1,))(layers.Conv2D(1, 1, activation="sigmoid")(x))
    distances = layers.Reshape((-1, 4))(layers.Conv2D(4, 1, activation="relu", bias_initializer="ones")(x))
    return tf_keras.Model(source, [scores, distances])


def normalized(distances: tf.Tensor) -> tf.Tensor:
    """Boxes [1, cells, 4] (top, left, bottom, right) as shares of height and width."""
    y, x = ((np.mgrid[: HEIGHT // CELL, : WIDTH // CELL] + 0.5) * CELL).reshape(2, -1)
    size = np.array([HEIGHT, WIDTH, HEIGHT, WIDTH], np.float32)
    centres = (np.stack([y, x, y, x], -1)[None] / size).astype(np.float32)
    return distances * (np.array([-1, -1, 1, 1], np.float32) * REACH / size) + centres


def train(model: tf_keras.Model, steps: int) -> None:
    """Learns where words are, one drawn picture a step."""
    rng, optimizer = np.random.default_rng(0), tf_keras.optimizers.Adam(2e-3)

    @tf.function
    def step(image, wanted):
        inside, sides = wanted[..., 0], wanted[..., 1:]
        with tf.GradientTape() as tape:
            scores, distances = model(image)
            loss = tf.reduce_mean(tf.keras.losses.binary_crossentropy(inside, scores))
            apart = tf.reduce_sum(tf.abs(distances - sides), -1) * inside
            loss += tf.reduce_sum(apart) / tf.maximum(tf.reduce_sum(inside), 1.0)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    for number in range(1, steps + 1):
        image, boxes = draw(rng)
        loss = step(image[None].astype(np.float32), targets(boxes).reshape(1, -1, 5))
        if number % 100 == 0 or number == steps:
            optimizer.learning_rate = 2e-3 * (1 - number / (steps + 1))
            print(f"step {number} of {steps}: loss {float(loss):.3f}", flush=True)


def export(weights: list[np.ndarray]) -> bytes:
    """The frozen graph with the scopes, names and loops of the Object Detection API's SSD."""
    tf1.disable_control_flow_v2()
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        images = tf1.placeholder(tf.uint8, [None, None, None, 3], "image_tensor")
        with tf1.name_scope("Preprocessor"):
            pixels = tf.cast(images, tf.float32)
            resized = tf.map_fn(lambda one: tf1.image.resize_bilinear(one[None], [HEIGHT, WIDTH])[0], pixels)
            resized.set_shape([1, HEIGHT, WIDTH, 3])
        tf1.keras.backend.set_session(session)
        model = network()
        scores, distances = model(resized)
        boxes, scores = normalized(distances)[:, :, None], scores[..., None]  # one box and one class a cell
        with tf1.name_scope("Postprocessor/BatchMultiClassNonMaxSuppression"):

            def suppress(pair):
                boxes, scores = pair[0][:, 0], pair[1][:, 0]
                kept = tf.image.non_max_suppression(boxes, scores, SLOTS, 0.3, 0.5)
                missing = SLOTS - tf.size(kept)
                return (
                    tf.pad(tf.gather(boxes, kept), [[0, missing], [0, 0]]),
                    tf.pad(tf.gather(scores, kept), [[0, missing]]),
                    tf.cast(tf.size(kept), tf.float32),
                )

            found = tf.map_fn(suppress, (boxes, scores), fn_output_signature=(tf.float32,) * 3)
        names = "detection_boxes", "detection_scores", "num_detections"
        for values, name in zip(found, names, strict=True):
            tf.identity(values, name)
        session.run(tf1.global_variables_initializer())
        model.set_weights(weights)
        return tf1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), names).SerializeToString()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = network()
    train(model, options.steps)
    scores, distances = model.outputs
    ends = {"boxes": normalized(distances), "scores": scores}
    named = [tf_keras.layers.Activation("linear", name=name)(tensor) for name, tensor in ends.items()]
    tf_keras.Model(model.inputs, named).save(options.out / "ssd.keras")
    facts = {"detector": {"decoder": "boxes", "outputs": ["boxes", "scores"], "color": "RGB"}}
    (options.out / "ssd.json").write_text(json.dumps(facts), encoding="utf-8")
    (options.out / "frozen_inference_graph.pb").write_bytes(export(model.get_weights()))
    cv2.imwrite(str(options.out / "sample.png"), draw(np.random.default_rng(1))[0][..., ::-1])
    print(*sorted(str(path) for path in options.out.iterdir()), sep="\n")


if __name__ == "__main__":
    try:
        main()
    except (OSError, OcrError) as error:
        sys.exit(f"error: {error}")
