"""Stage ONNX -> TensorFlow SavedModel, by onnx2tf."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from converters import slice_ends
from converters.errors import ConversionError
from converters.quiet import Quiet

# onnx2tf downloads this file for every RGB input unless one lies in the working directory.
_SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"


def convert(source: Path, target: Path) -> None:
    """Converts an ONNX file of fixed input shapes (NCHW) to a SavedModel (NHWC).

    onnx2tf runs in a temporary working directory on a copy of the file, since it may rewrite its
    input and looks there for sample data.

    Args:
        source: ONNX file.
        target: SavedModel directory, replaced once the new one is complete.

    Raises:
        ConversionError: onnx2tf cannot convert the graph; its last lines are in the message.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    said = Quiet()
    with said:
        import onnx2tf

    target = target.absolute()  # the working directory changes
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=target.name + ".") as work:
        copy = Path(work) / "model.onnx"
        try:
            _save_copy(source, copy)
        except (OSError, DecodeError) as error:
            raise ConversionError("saved_model", f"{source}: expected an ONNX model, found {error}") from None
        np.save(Path(work) / _SAMPLE, np.random.default_rng(0).random((20, 128, 128, 3), np.float32))
        parameters = Path(work) / "parameters.json"
        parameters.write_text(json.dumps(slice_ends.replacements(copy)))
        output = Path(work) / "saved_model"
        home = os.getcwd()
        try:
            os.chdir(work)
            with said:
                model = onnx2tf.convert(
                    input_onnx_file_path=str(copy),
                    output_folder_path=str(output),
                    output_signaturedefs=True,
                    param_replacement_file=str(parameters),
                    not_use_onnxsim=True,
                    not_use_opname_auto_generate=True,  # it would infer the shapes again
                    disable_strict_mode=True,
                    non_verbose=True,
                    disable_model_save=True,  # it would also write two .tflite files, for minutes
                )
                _save(model, output)
        except (Exception, SystemExit) as error:  # onnx2tf ends some failures with sys.exit
            raise ConversionError("saved_model", f"{source.name}: onnx2tf failed: {error!r} {said.tail()}") from None
        finally:
            os.chdir(home)
        if target.exists():
            shutil.rmtree(target)
        output.rename(target)


def _save(model, folder: Path) -> None:
    """Writes a Keras model as a SavedModel whose serving_default has the names and shapes of its inputs."""
    import tensorflow as tf
    import tf_keras

    archive = tf_keras.export.ExportArchive()
    archive.add_endpoint(
        name="serving_default", fn=lambda *inputs: model(inputs),
        input_signature=[tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in model.inputs],
    )  # fmt: skip
    archive.write_out(str(folder))


def _save_copy(source: Path, target: Path) -> None:
    """Copies an ONNX file without the recorded shapes of sums of images and with plain node names.

    onnx2tf compares the shape of every sum with the recorded NCHW one and, as its own is NHWC,
    wraps the sum into transposes; without a record it leaves the sum alone. Sums of other ranks keep
    theirs: there onnx2tf needs it to tell tokens from channels.
    """
    model = onnx.load(source)
    sums = {output for node in model.graph.node if node.op_type == "Add" for output in node.output}
    images = {info.name for info in model.graph.value_info if len(info.type.tensor_type.shape.dim) == 4}
    kept = [info for info in model.graph.value_info if info.name not in sums & images]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    for i, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{i}"  # some exporters use characters that TensorFlow refuses
    onnx.save(model, target)
