"""Reads PyTorch checkpoints without running what they contain."""

import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import torch

from converters.errors import checkpoint_error, one_line
from tflite_ocr import files

# torch.nn.DataParallel, with which checkpoints are often saved, puts this before every name.
_PARALLEL = "module."
_SHOWN = 3
_SMALL_BYTES = 1 << 26
# What torch.load meets in a file that ends early or never was a checkpoint depends on where it ends.
_DAMAGED = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, OSError),
    *(AssertionError, MemoryError, OverflowError, struct.error),
)
# Under which training programs put the weights beside other things.
_NESTED = ("state_dict", "model_state_dict", "model", "params", "net", "network", "weights", "ema")


def load(path: Path) -> object:
    """Reads what torch.save has written, in either of its formats: tensors on the CPU and plain values.

    Raises:
        ConversionError: The file is absent, truncated, no checkpoint, or would run code when it is unpickled.
    """
    _check_file(Path(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of archives of TorchScript, which are refused below
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise checkpoint_error(f"expected the checkpoint {path}, found none") from None
    except _DAMAGED as error:
        # A function or class that is not on PyTorch's list is named in the message.
        if isinstance(error, pickle.UnpicklingError) and "global" in str(error).lower():
            raise checkpoint_error(
                f"{path}: expected tensors only, found a pickle that would run code when it is read, and did not read "
                "it. Get the file from its publisher, or save the model's state_dict() alone"
            ) from None
        if isinstance(error, RuntimeError) and "TorchScript" in str(error):
            raise checkpoint_error(
                f"{path}: expected tensors only, found a TorchScript archive, which holds code; save "
                "model.state_dict() alone, or a program of torch.export (.pt2)"
            ) from None
        raise checkpoint_error(_damaged(path, error)) from None


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Reads a state dict saved by torch.save.

    Returns:
        Tensors on the CPU by parameter name, without the prefix of DataParallel.

    Raises:
        ConversionError: As `load`, or the file holds anything but tensors by name.
    """
    return _tensors(load(path), path)


def load_nested(path: Path) -> dict[str, torch.Tensor]:
    """As load_state_dict, also where the state dict lies under a usual name beside other plain values."""
    state = load(path)
    for name in _NESTED:
        if isinstance(state, dict) and isinstance(state.get(name), dict):
            state = state[name]
            break
    return _tensors(state, path)


def _tensors(state: object, path: Path) -> dict[str, torch.Tensor]:
    if not isinstance(state, dict) or not state or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise checkpoint_error(
            f"{path}: expected a state dict (tensors by name), found {type(state).__name__}; save model.state_dict()"
        )
    names = [name for name in state if not isinstance(name, str)]
    if names:
        raise checkpoint_error(f"{path}: expected tensors by name, found one named {names[0]!r:.80}")
    for name, tensor in state.items():
        kind = _unusual(tensor)
        if kind:
            raise checkpoint_error(
                f"{path}: expected plain tensors, found {name!r:.80}, which is {kind}; save the model's float "
                "state_dict() alone"
            )
    if all(name.startswith(_PARALLEL) for name in state):
        return {name[len(_PARALLEL) :]: tensor for name, tensor in state.items()}
    return dict(state)


def load_into(module: torch.nn.Module, state: dict[str, torch.Tensor], name: str) -> torch.nn.Module:
    """Puts a state dict into a network whose parameters have exactly its names and shapes.

    Args:
        module: Changed in place.

    Returns:
        The module, in evaluation mode.

    Raises:
        ConversionError: A parameter is missing, unknown or of another shape, or is not a finite number.
    """
    wanted = module.state_dict()
    # Checkpoints of PyTorch before 0.4.1 lack this counter, which inference does not use.
    missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
    unknown = [key for key in state if key not in wanted]
    shapes = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in wanted
        if key in state and state[key].shape != wanted[key].shape
    ]
    if missing or unknown or shapes:
        found = [
            f"{len(items)} {what} ({', '.join(items[:_SHOWN])}{', ...' if len(items) > _SHOWN else ''})"
            for what, items in (("missing", missing), ("unknown", unknown), ("of another shape", shapes))
            if items
        ]
        raise checkpoint_error(
            f"{name}: expected the {len(wanted)} parameters of this architecture, found {'; '.join(found)}; is it the "
            "checkpoint of another model?"
        )
    broken = [key for key, tensor in state.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        raise checkpoint_error(f"{name}: expected finite weights, found NaN or infinity in {broken[0]}")
    module.load_state_dict(state, strict=True)
    return module.eval()


def _check_file(path: Path) -> None:
    """Refuses what is no regular file, and archives that unpack to far more than they are: torch.save packs nothing."""
    try:
        files.require_regular(path)
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > 4 * path.stat().st_size + _SMALL_BYTES:
            raise ValueError(f"it unpacks to {unpacked} bytes")
    except FileNotFoundError:
        return  # torch.load says so
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, struct.error) as error:
        raise checkpoint_error(_damaged(path, error)) from None


def _unusual(tensor: torch.Tensor) -> str:
    """Why a tensor cannot be copied into a layer; "" for usual ones."""
    if tensor.is_meta:
        return "without values"
    if tensor.is_quantized:
        return "quantized"
    return "" if tensor.layout == torch.strided else "sparse"


def _damaged(path: Path, error: Exception) -> str:
    reason = one_line(error, 160)
    return f"{path}: expected a PyTorch checkpoint, found a damaged or truncated file ({reason}); get it again"
