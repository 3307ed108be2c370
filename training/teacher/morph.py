"""A recogniser between the teacher's layers and the student's.

The student has no layers for which int8 delegates have no fast kernel. GELU is replaced at once, by a ReLU that
is fitted to it (relu_fit.py), and channels inside the blocks are removed at once as well (thinning.py). The rest would
cost the teacher's accuracy if it were removed at once; so it is faded out while an amount a grows from 0 to 1 and the
weights follow. A superfluous block is skipped for a share a of the lines, drawn anew in each step (as in stochastic
depth, arXiv 1603.09382): faded out gradually, the network would depend on it to the end. The branched stem is blended,
(1 - a) old + a new, into a plain one that learns to give the same output; a gate that the student does not have is
blended into a constant. At a = 1 the old layers have no weight, and the student is cut out.
"""

import copy
import itertools
from collections.abc import Sequence

import torch
from torch import nn

from converters.networks.edge_recognizer import Features, Gate, RecognizerBlock, staged
from training.teacher import relu_fit, thinning
from training.teacher.recognizer import TeacherRecognizer

# Shares of the steps before which nothing is blended (the plain stem learns), and after which nothing is left to blend.
BEGIN, END = 0.08, 0.98


class Amount:
    """The amount a, 0 to 1; copies of a network share it."""

    def __init__(self) -> None:
        self.value = 0.0

    def __deepcopy__(self, _) -> "Amount":
        return self

    def set(self, step: int, steps: int) -> None:
        """The amount of a step of this many."""
        self.value = min(1.0, max(0.0, (step / steps - BEGIN) / (END - BEGIN)))

    def blend(self, old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """(1 - a) old + a new."""
        return (1 - self.value) * old + self.value * new


class MorphingBlock(nn.Module):
    """A block of the teacher.

    Args:
        block: With the teacher's weights, fitted to ReLU unless it fades; changed in training.
        constant: [C], what its gate becomes; None where it has none or keeps it.
        fades: Whether it shall hand on what it is given in the end; when nothing is trained, it does so as soon as the
            way has begun. Its weights stay as they are.
    """

    def __init__(self, block: RecognizerBlock, constant: torch.Tensor | None, fades: bool, amount: Amount):
        super().__init__()
        self.block, self.fades, self.amount = block, fades, amount
        block.requires_grad_(not fades)
        self.constant = None if constant is None else nn.Parameter(constant[:, None, None].clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        block = self.block
        mixed = block.mix(x)
        if self.constant is None:
            mixed = block.gate(mixed)
        else:
            mixed = mixed * self.amount.blend(block.gate.weights(mixed), self.constant)
        y = block.reduce(block.activation(block.expand(mixed)))
        if block.residual:
            y = mixed + y
        if not self.fades or self.amount.value == 0:
            return y
        if not self.training:
            return x
        skipped = torch.rand(len(x), 1, 1, 1, device=x.device) < self.amount.value
        return torch.where(skipped, x, y)

    def state(self) -> dict[str, torch.Tensor]:
        """The weights of the student's block: a constant goes into the convolution before it."""
        found = self.block.state_dict()
        if self.constant is not None:
            found = {name: value for name, value in found.items() if not name.startswith("gate.")}
            found["mix.weight"] = found["mix.weight"] * self.constant[..., None]
            found["mix.bias"] = found["mix.bias"] * self.constant.flatten()
        return found


class MorphingFeatures(nn.Module):
    """Begins near the teacher's features, ends as the student's; replaces them in the student during the transition.

    Args:
        student: The features at the end: their sizes, and the stem that learns to be one.
        teacher: Of at least as many blocks; its weights are copied.
        images: float32 [N, 3, H, W] in [-1, 1] each, over which gates are averaged and ReLUs fitted.

    Attributes:
        amount: Progress of the transition.
        distance: How far the plain stem was from the branched one at the last call, as a share of its variance.
    """

    def __init__(self, student: Features, teacher: TeacherRecognizer, images: Sequence[torch.Tensor]):
        super().__init__()
        self.amount, self.stem = Amount(), student.stem
        old = copy.deepcopy(teacher.features).requires_grad_(True)
        gates = [module for module in teacher.features.modules() if isinstance(module, Gate)]
        constants = relu_fit.gate_means(teacher.features, gates, "weights", images)
        self.old_stem = old.stem.requires_grad_(False)
        self.stages = nn.ModuleList()
        for blocks, sources, kept in zip(old.stages, teacher.features.stages, student.stages, strict=True):
            ends = [*kept, *[None] * (len(blocks) - len(kept))]  # the ones that fade are the last
            between = [
                MorphingBlock(block, None if _keeps_gate(end) else constants.get(source.gate), end is None, self.amount)
                for block, source, end in zip(blocks, sources, ends, strict=True)
            ]
            self.stages.append(nn.Sequential(*between))
        self._fit(images, student)

    @torch.no_grad()
    def _fit(self, images: Sequence[torch.Tensor], student: Features) -> None:
        """Fits and thins block after block, on what the ones before it give by then."""
        inputs = [self.old_stem(x) for x in images]
        for stage, kept in zip(self.stages, student.stages, strict=True):
            for morphing, end in itertools.zip_longest(stage, kept):
                if end is not None:
                    relu_fit.replace(morphing.block, inputs)
                    thinning.thin(morphing.block, inputs, end.expand.out_channels)
                inputs = [morphing(x) for x in inputs]

    def staged(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the stem and each of the stages gives."""
        y = self.stem(x)
        self.distance = y.new_zeros(()).float()
        if self.amount.value < 1:
            with torch.no_grad():
                old = self.old_stem(x)
            self.distance = ((y.float() - old.float()) ** 2).mean() / old.float().var().clamp(min=1e-6)
            y = self.amount.blend(old, y)
        return staged(y, self.stages)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.staged(x)[-1]


@torch.no_grad()
def settle(morphing: MorphingFeatures, features: Features) -> None:
    """Gives a student's features the weights at the end of the transition, in place.

    Raises:
        ValueError: The way is not at its end.
    """
    if morphing.amount.value != 1:
        raise ValueError(f"expected a transition at its end, found {morphing.amount.value:.2f} of it")
    features.stem.load_state_dict(morphing.stem.state_dict())
    for small, stage in zip(features.stages, morphing.stages, strict=True):
        for block, source in zip(small, stage):  # the ones that faded are the last
            block.load_state_dict(source.state())


def _keeps_gate(end: RecognizerBlock | None) -> bool:
    """Whether a block that becomes this one keeps its gate; one that fades does."""
    return end is None or isinstance(end.gate, Gate)
