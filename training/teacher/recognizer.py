"""The teacher: PP-OCRv6 small as torch modules with the weights of the installed rapidocr package."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_recognizer import BranchedStem, Features, RecognizerShape
from converters.networks.svtr_neck import SvtrNeck
from converters.sources import ppocr

RECOGNIZER_SHAPE = RecognizerShape(height=48, stem=48, blocks=(3, 6, 2), gated=((0,), (0, 2, 4), (0,)), neck=120)


class TeacherRecognizer(nn.Module):
    """[N, 3, 48, W] in [-1, 1] -> stages, pooled features [N, 384, 1, W / 8] and logits [N, classes, 1, W / 8].

    Stages are what the stem and each stage of blocks but the last gives: [N, 96, 12, W / 4] twice, [N, 192, 6, W / 4].

    Args:
        charset: Characters of the student, blank first.
        folder: Where the ONNX files lie; None for the installed rapidocr package.

    Attributes:
        known: bool [classes], the student's characters that the teacher can read; logits of others are -inf.
    """

    def __init__(self, charset: tuple[str, ...], folder: Path | None = None):
        super().__init__()
        path = (folder or ppocr.package_folder()) / ppocr.RECOGNIZER
        classes = {character: i for i, character in reversed(list(enumerate(ppocr.read_charset(path))))}
        known = [character in classes for character in charset]
        self.register_buffer("known", torch.tensor(known))
        self.features = Features(RECOGNIZER_SHAPE, nn.GELU, BranchedStem)
        self.features.load_state_dict(_features_state(path, self.features))
        self.neck: SvtrNeck = ppocr.read_neck(path, [classes[c] for c in charset if c in classes])
        self.eval().requires_grad_(False)

    def forward(self, x: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        *stages, last = self.features.staged(x)
        pooled = functional.avg_pool2d(last, (3, 2))
        logits = self.neck(pooled)
        full = logits.new_full((*logits.shape[:1], len(self.known), *logits.shape[2:]), -torch.inf)
        full[:, self.known] = logits
        return stages, pooled, full


def _features_state(path: Path, features: Features) -> dict[str, torch.Tensor]:
    """The convolutions of the file, in its order, by the names of `features`; both have the same order."""
    graph = ppocr.simplified(path)
    pooling = next(i for i, node in enumerate(graph.nodes) if node.op == "AveragePool")
    found = [node for node in list(graph.nodes)[:pooling] if node.op == "Conv"]
    state = {}
    names = [name for name, module in features.named_modules() if isinstance(module, nn.Conv2d)]
    for name, node in zip(names, found, strict=True):
        weight, bias = (torch.from_numpy(np.array(tensor.values)) for tensor in node.inputs[1:3])
        state[f"{name}.weight"], state[f"{name}.bias"] = weight, bias.reshape(-1)
    return state
