"""Reads PyTorch checkpoints without running what they contain."""

import pickle
import warnings
from pathlib import Path

import torch

from converters.errors import ConversionError

_STAGE = "checkpoint"
# torch.nn.DataParallel, with which checkpoints are often saved, puts this before every name.
_PARALLEL = "module."
_SHOWN = 3
# Under which training programs put the weights beside other things.
_NESTED = ("state_dict", "model_state_dict", "model", "params", "net", "network", "weights", "ema")


def load(path: Path) -> object:
    """Reads what torch.save has written, in either of its formats: tensors on the CPU and plain values.

    Raises:
        ConversionError: The file is absent, truncated, no checkpoint, or would run code when it is unpickled.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of archives of TorchScript, which are refused below
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ConversionError(_STAGE, f"expected the checkpoint {path}, found none") from None
    except pickle.UnpicklingError as error:
        if "global" in str(error).lower():  # the name of a function or class that is not on PyTorch's list
            raise ConversionError(
                _STAGE, f"{path}: expected tensors only, found a pickle that would run code when it is read, and did "
                "not read it. Get the file from its publisher, or save the model's state_dict() alone"
            ) from None
        raise ConversionError(_STAGE, _damaged(path, error)) from None
    except RuntimeError as error:
        if "TorchScript" in str(error):
            raise ConversionError(
                _STAGE, f"{path}: expected tensors only, found a TorchScript archive, which holds code; save "
                "model.state_dict() alone, or a program of torch.export (.pt2)"
            ) from None
        raise ConversionError(_STAGE, _damaged(path, error)) from None
    except (EOFError, ValueError, LookupError, AttributeError, TypeError, OSError) as error:
        # What torch.load meets in a file that ends early or never was a checkpoint depends on where it ends.
        raise ConversionError(_STAGE, _damaged(path, error)) from None


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Reads a state dict saved by torch.save.

    Args:
        path: The checkpoint.

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
        raise ConversionError(
            _STAGE, f"{path}: expected a state dict (tensors by name), found {type(state).__name__}; "
            "save model.state_dict()"
        )
    if all(name.startswith(_PARALLEL) for name in state):
        return {name[len(_PARALLEL) :]: tensor for name, tensor in state.items()}
    return dict(state)


def load_into(module: torch.nn.Module, state: dict[str, torch.Tensor], name: str) -> torch.nn.Module:
    """Puts a state dict into a network whose parameters have exactly its names and shapes.

    Args:
        module: Changed in place.
        state: From `load_state_dict`.
        name: What the weights are called in an error.

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
        for key in wanted if key in state and state[key].shape != wanted[key].shape
    ]
    if missing or unknown or shapes:
        found = [
            f"{len(items)} {what} ({', '.join(items[:_SHOWN])}{', ...' if len(items) > _SHOWN else ''})"
            for what, items in (("missing", missing), ("unknown", unknown), ("of another shape", shapes)) if items
        ]
        raise ConversionError(
            _STAGE, f"{name}: expected the {len(wanted)} parameters of this architecture, found {'; '.join(found)}; "
            "is it the checkpoint of another model?"
        )
    broken = [key for key, tensor in state.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        raise ConversionError(_STAGE, f"{name}: expected finite weights, found NaN or infinity in {broken[0]}")
    module.load_state_dict(state, strict=True)
    return module.eval()


def _damaged(path: Path, error: Exception) -> str:
    reason = " ".join(str(error).split())[:160] or type(error).__name__
    return f"{path}: expected a PyTorch checkpoint, found a damaged or truncated file ({reason}); get it again"
