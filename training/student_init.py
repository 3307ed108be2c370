"""A student recogniser that starts from the teacher's weights."""

import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_recognizer import EdgeRecognizer, Gate
from training.teacher import TeacherRecognizer


def block_map(teacher_blocks: int, student_blocks: int) -> list[range]:
    """Which consecutive blocks of the teacher each block of the student stands for; the first ones stand for more.

    >>> block_map(6, 4)
    [range(0, 2), range(2, 4), range(4, 5), range(5, 6)]
    """
    shares = [teacher_blocks // student_blocks + (i < teacher_blocks % student_blocks) for i in range(student_blocks)]
    ends = [sum(shares[: i + 1]) for i in range(student_blocks)]
    return [range(end - share, end) for end, share in zip(ends, shares, strict=True)]


def pairs(student: EdgeRecognizer, teacher: TeacherRecognizer) -> list[tuple[nn.Module, list[nn.Module]]]:
    """The student's stem and blocks, each with the teacher's modules that it replaces, in order."""
    found: list[tuple[nn.Module, list[nn.Module]]] = [(student.features.stem, [teacher.features.stem])]
    for stage, (small, large) in enumerate(zip(student.features.stages, teacher.features.stages, strict=True)):
        shrinking = int(stage > 0)  # its first block halves the height and stands for itself
        if shrinking:
            found.append((small[0], [large[0]]))
        for i, members in enumerate(block_map(len(large) - shrinking, len(small) - shrinking)):
            found.append((small[shrinking + i], [large[shrinking + k] for k in members]))
    return found


@torch.no_grad()
def copy_weights(student: EdgeRecognizer, teacher: TeacherRecognizer, images: torch.Tensor) -> None:
    """Gives every block of the student the weights of the first block that it replaces.

    The stem, which is built otherwise, keeps its own. A gate becomes the constant that it is on average, multiplied
    into the convolution before it.

    Args:
        student: Changed in place; of the teacher's channels.
        teacher: Whose weights are copied.
        images: float32 [N, 3, H, W] in [-1, 1], over which the gates are averaged.
    """
    means = gate_means(teacher, images)
    for small, members in pairs(student, teacher)[1:]:
        source = members[0]
        gate = getattr(source, "gate", None)
        state = {name: value.clone() for name, value in source.state_dict().items() if not name.startswith("gate.")}
        if isinstance(gate, Gate):
            factor = means[gate]
            state["mix.weight"] *= factor[:, None, None, None]
            state["mix.bias"] *= factor
        small.load_state_dict(state)


@torch.no_grad()
def gate_means(teacher: TeacherRecognizer, images: torch.Tensor) -> dict[Gate, torch.Tensor]:
    """The mean factor of each channel of each gate, [C]."""
    seen: dict[Gate, torch.Tensor] = {}
    gates = [module for module in teacher.features.modules() if isinstance(module, Gate)]

    def note(gate: Gate, inputs: tuple[torch.Tensor], _) -> None:
        seen[gate] = gate.weights(inputs[0]).mean((0, 2, 3))

    hooks = [gate.register_forward_hook(note) for gate in gates]
    teacher.features(images)
    for hook in hooks:
        hook.remove()
    return seen


def local_losses(student: EdgeRecognizer, teacher: TeacherRecognizer, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """How far each block of the student is from the blocks that it replaces, on what the teacher hands to them.

    All blocks learn at once and none waits for the ones before it.

    Args:
        images: float32 [N, 3, H, W] in [-1, 1], at the student's height for both.
    """
    total = images.new_zeros(())
    x = images
    for small, members in pairs(student, teacher):
        with torch.no_grad():
            target = x
            for member in members:
                target = member(target)
        found = small(x)
        total = total + ((found.float() - target.float()) ** 2).mean() / target.float().var().clamp(min=1e-6)
        x = target
    return {"loss": total}


def neck_losses(student: EdgeRecognizer, pooled: torch.Tensor) -> torch.Tensor:
    """The student's logits [N, classes, 1, T] on the teacher's features [N, C, 1, T]."""
    return student.head(student.neck(functional.relu(student.enter(pooled))))
