"""Imports torchvision, and EasyOCR's own networks behind it, beside a torch of another build.

A torchvision linked for CUDA beside a torch for the CPU stops at import because its compiled operators are not
registered. EasyOCR uses none of them, only layers and transforms, so a schema without a kernel is
enough. Where the plain import works nothing is changed.
"""

import sys


def ensure_torchvision() -> None:
    """Makes `import torchvision` work.

    Raises:
        ImportError: torchvision is not installed.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _declare_operators()
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision  # noqa: F401


# Kept for the life of the process: when a Library goes, its schemas go.
_libraries = []


def _declare_operators() -> None:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _libraries.append(library)
