"""onnx2tf as its documentation calls it; runs in an environment that has nothing of this project.

onnx2tf_peer.py float32|int8 SOURCE.onnx CALIBRATION.npy FOLDER writes FOLDER/float32.tflite or FOLDER/int8.tflite
"""

import shutil
import sys
import tempfile
from pathlib import Path

_INT8 = "_full_integer_quant.tflite"


def main(form: str, source: Path, calibration: Path, folder: Path) -> None:
    """Converts one file in one form."""
    import numpy
    import onnx
    import onnx2tf

    name = onnx.load(source, load_external_data=False).graph.input[0].name
    channels = numpy.load(calibration, mmap_mode="r").shape[-1]
    more = {}
    if form == "int8":
        nothing, one = [[[[0.0] * channels]]], [[[[1.0] * channels]]]
        more = {
            "output_integer_quantized_tflite": True,
            "quant_type": "per-channel",
            "custom_input_op_name_np_data_path": [[name, str(calibration), nothing, one]],
        }
    with tempfile.TemporaryDirectory() as work:
        onnx2tf.convert(input_onnx_file_path=str(source), output_folder_path=work, non_verbose=True, **more)
        made = sorted(Path(work).glob("*_float32.tflite" if form == "float32" else f"*{_INT8}"))
        if not made:
            raise SystemExit(f"no {form} file among {sorted(path.name for path in Path(work).iterdir())}")
        shutil.copyfile(made[0], folder / f"{form}.tflite")


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
