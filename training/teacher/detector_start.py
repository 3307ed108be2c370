"""A student detector from the teacher's own layers, before any training.

The blocks are copied, their GELUs become ReLUs that are fitted to them (relu_fit.py), and channels inside them go
(thinning.py). Gates of the pyramid become constants. What a constant makes linear is multiplied out, so that the level
at 1/4 of the resolution has a quarter of the channels; 7x7 kernels are cut to 5x5; what was computed on enlarged
levels is computed before they are enlarged. Then the stem, which is of another kind, and at last everything are trained
to give what the teacher's layers give.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional

from converters.networks.block_detector import BlockDetector
from training.learning import precision
from training.teacher import relu_fit, thinning
from training.teacher.layers import FUSED, AddedGate, TeacherLayers

_STEM_STEPS, _STEPS, _RATE, _SIDE, _BATCH = 400, 400, 2e-3, 224, 8
# From a 3x3 kernel on a picture that was doubled by repeating pixels to one on the picture itself, along one side:
# the mean of what even and odd pixels see.
_HALVED = torch.tensor([[0.5, 0.0, 0.0], [0.5, 1.0, 0.5], [0.0, 0.0, 0.5]])


def begin(student: BlockDetector, images: Sequence[torch.Tensor], teacher: TeacherLayers | None = None) -> float:
    """Gives a student the teacher's layers, in place.

    Args:
        student: Student of the teacher's channels and blocks.
        images: float32 [N, 3, H, W] in [-1, 1] each, on which what is replaced is fitted.
        teacher: None for the installed one.

    Returns:
        What the student's stem, stages and pyramid are off, as shares of the variance of the teacher's.
    """
    teacher = teacher or TeacherLayers()
    pictures = torch.cat(list(images))
    gates = _mean_gates(teacher, images)
    _copy_pyramid(student, teacher, gates)
    _copy_head(student, teacher)
    _train(student.stem, pictures, _STEM_STEPS, lambda x: [(student.stem(x), teacher.stem(x))])
    _copy_blocks(student, copy.deepcopy(teacher), images)
    return _train(student, pictures, _STEPS, lambda x: _pairs(student, teacher, x))


def _pairs(student: BlockDetector, teacher: TeacherLayers, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    found, wanted = student.levels(x), teacher.levels(x)
    pairs = list(zip(found, wanted, strict=True))
    return [*pairs, (student.joined(found[1:]), teacher.joined(wanted[1:]))]


def _train(
    part: nn.Module,
    pictures: torch.Tensor,
    steps: int,
    pairs: Callable[[torch.Tensor], list[tuple[torch.Tensor, torch.Tensor]]],
) -> list[float]:
    """Trains a part of a student to give what the teacher gives; returns its errors as shares of the variance."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(part.parameters(), lr=_RATE)
    errors: list[float] = []
    for step in range(steps):
        x = torch.stack([_window(pictures, generator) for _ in range(_BATCH)])
        x = x.contiguous(memory_format=torch.channels_last)
        with precision.autocast(x.device):
            parts = [
                functional.mse_loss(a.float(), b.detach().float()) / b.detach().float().var().clamp(min=1e-6)
                for a, b in pairs(x)
            ]
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1, (step + 1) / 30, 1.02 - step / steps)
        optimizer.zero_grad()
        sum(parts).backward()
        nn.utils.clip_grad_norm_(part.parameters(), 2.0)
        optimizer.step()
        found = [float(value.detach()) for value in parts]
        errors = [0.95 * old + 0.05 * new for old, new in zip(errors or found, found, strict=True)]
    return errors


def _window(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    index, top, left = (
        int(torch.randint(0, high, (1,), generator=generator))
        for high in (len(pictures), pictures.shape[2] - _SIDE + 1, pictures.shape[3] - _SIDE + 1)
    )
    return pictures[index, :, top : top + _SIDE, left : left + _SIDE]


@torch.no_grad()
def _copy_blocks(student: BlockDetector, teacher: TeacherLayers, images: Sequence[torch.Tensor]) -> None:
    """Fits and thins block after block, on what the ones before it give by then."""
    inputs = [student.stem(x) for x in images]
    for stage, source in zip(student.stages, teacher.stages, strict=True):
        for block, taught in zip(stage, source, strict=True):
            relu_fit.replace(taught, inputs)
            thinning.thin(taught, inputs, block.expand.out_channels)
            state = taught.state_dict()
            block.load_state_dict({name: value for name, value in state.items() if name in block.state_dict()})
            inputs = [block(x) for x in inputs]


def _mean_gates(teacher: TeacherLayers, images: Sequence[torch.Tensor]) -> dict[nn.Module, torch.Tensor]:
    gates = [module for module in teacher.modules() if isinstance(module, AddedGate)]
    return relu_fit.gate_means(teacher, gates, "factors", images)


@torch.no_grad()
def _copy_pyramid(student: BlockDetector, teacher: TeacherLayers, factors: dict[nn.Module, torch.Tensor]) -> None:
    last = len(student.lateral) - 1
    for i in range(len(student.lateral)):
        convolution, gate = teacher.lateral[last - i]
        weight, bias = _scaled(convolution, factors[gate])
        wide, narrow, gate = teacher.spread[last - i]
        mix, mix_bias = _scaled(narrow, factors[gate])
        part = teacher.fuse.weight[:, FUSED * (last - i) : FUSED * (last - i + 1)]
        # The constant that the wide kernel adds goes through the convolutions behind it.
        mix_bias = mix_bias + mix[:, :, 0, 0] @ wide.bias
        if i == 0:  # the 1x1 convolution changes places with the kernel before it
            _set(
                student.lateral[0],
                torch.einsum("om,mi->oi", mix[:, :, 0, 0], weight[:, :, 0, 0])[..., None, None],
                mix[:, :, 0, 0] @ bias,
            )
            _unfold(student.unfold[0], mix)
            shares = mix[:, :, 0, 0].abs()
            kernel = torch.einsum("om,mxyz->oxyz", shares / shares.sum(1, keepdim=True), wide.weight)
            _set(student.spread[0], _cut(kernel), torch.zeros(len(kernel)))
            _set(student.fuse[0], part, teacher.fuse.bias + part.sum((2, 3)) @ mix_bias)
            continue
        _set(student.lateral[i], weight, bias)
        if i < last:
            _unfold(student.unfold[i], torch.eye(len(weight))[:, :, None, None])
        _set(student.spread[i], _cut(wide.weight), torch.zeros(len(wide.weight)))
        if i == 1:
            part = torch.einsum("ax,by,oixy->oiab", _HALVED, _HALVED, part)
        else:
            part = part.sum((2, 3), keepdim=True)
        _unfold(student.raised[i - 1], torch.eye(FUSED)[:, :, None, None])
        joined = torch.einsum("omxy,mi->oixy", part, mix[:, :, 0, 0])
        _set(student.fuse[i], joined, part.sum((2, 3)) @ mix_bias)


@torch.no_grad()
def _copy_head(student: BlockDetector, teacher: TeacherLayers) -> None:
    fused = teacher.enlarge.in_channels
    kernel = teacher.enlarge.weight  # [in, out, 2, 2]
    _set(student.fine, kernel.permute(2, 3, 1, 0).reshape(4 * fused, fused, 1, 1), teacher.enlarge.bias.repeat(4))
    weight = torch.zeros_like(student.map.weight)
    for place in range(4):  # four pixels of the teacher's map are one of the student's
        weight[place, fused * place : fused * (place + 1), 0, 0] = teacher.map.weight.mean((1, 2, 3))
    _set(student.map, weight, teacher.map.bias.repeat(4))


def _unfold(convolution: nn.Conv2d, weight: torch.Tensor) -> None:
    """Four equal pixels of each, as the teacher has them."""
    _set(convolution, weight.repeat_interleave(4, 0), torch.zeros(4 * len(weight)))


def _scaled(convolution: nn.Conv2d, factors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return convolution.weight * factors[:, None, None, None], convolution.bias * factors


def _cut(kernel: torch.Tensor) -> torch.Tensor:
    """The middle 5x5 of 7x7 kernels, with the sum of all."""
    middle = kernel[:, :, 1:-1, 1:-1]
    missing = kernel.sum((2, 3), keepdim=True) - middle.sum((2, 3), keepdim=True)
    return middle + missing / middle[0, 0].numel()


def _set(convolution: nn.Conv2d, weight: torch.Tensor, bias: torch.Tensor) -> None:
    convolution.weight.copy_(weight)
    convolution.bias.copy_(bias)
