"""What the student recogniser is trained to: the text (CTC), the teacher's frames, its features at every stage."""

import math
from collections.abc import Sequence

import torch
from torch.nn import functional

# Factors of the parts of the loss.
WEIGHTS = {"text": 1.0, "frames": 1.0, "features": 0.5, "stages": 0.5}


def frame_mask(frames: torch.Tensor, total: int) -> torch.Tensor:
    """bool [N, T]: the frames that a line fills."""
    return torch.arange(total) < frames[:, None]


def frame_loss(student: torch.Tensor, teacher: torch.Tensor, mask: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of the student's posteriors from the teacher's (arXiv 1503.02531).

    Most frames are blank and soon right; those in which the teacher sees a character count four times.

    Args:
        student: Logits float32 [N, C, T].
        teacher: Logits float32 [N, C, T]; -inf for classes that it does not know.
        mask: bool [N, T], frames that count.
        weight: float32 [N], of the lines.

    Returns:
        Scalar, nats a frame.
    """
    log_student = functional.log_softmax(student, 1)
    target = functional.softmax(teacher, 1)
    divergence = (torch.xlogy(target, target) - target * log_student).sum(1)
    counted = mask * weight[:, None] * (1 + 3 * (1 - target[:, 0]))
    return (divergence * counted).sum() / counted.sum().clamp(min=1)


def by_column(logits: torch.Tensor, frames: int) -> torch.Tensor:
    """Logarithm of the mean of the posteriors of a column's frames, [N, C, T], of logits [N, C, frames * T].

    A column in which both frames see the same is as one frame, so that a teacher of one frame a column can be followed.
    """
    if frames == 1:
        return logits
    parts = functional.log_softmax(logits, 1).unflatten(2, (-1, frames))
    return parts.logsumexp(3) - math.log(frames)


def feature_loss(student: torch.Tensor, teacher: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean squared error over frames [N, C, T] in units of the teacher's variance."""
    counted = mask[:, None].float()
    scale = counted.sum().clamp(min=1) * teacher.shape[1]
    mean = (teacher * counted).sum((0, 2), keepdim=True) / counted.sum().clamp(min=1)
    variance = ((teacher - mean) ** 2 * counted).sum() / scale
    return (((student - teacher) ** 2) * counted).sum() / scale / variance.clamp(min=1e-6)


def stage_loss(student: Sequence[torch.Tensor], teacher: Sequence[torch.Tensor]) -> torch.Tensor:
    """Mean squared error of maps [N, C, H, W] in units of the teacher's variance, averaged over the maps.

    The rows of the teacher's are averaged to the student's (as in arXiv 1412.6550, without a layer between them).
    """
    shares = []
    for found, taught in zip(student, teacher, strict=True):
        wanted = functional.adaptive_avg_pool2d(taught, found.shape[2:]).float()
        shares.append(functional.mse_loss(found.float(), wanted) / wanted.var())
    return torch.stack(shares).mean()


def text_loss(student: torch.Tensor, frames: torch.Tensor, targets: Sequence[Sequence[int] | None]) -> torch.Tensor:
    """CTC loss (Graves 2006) a character, averaged over the lines with a text that fits their frames.

    Args:
        student: Logits float32 [N, C, T].
        frames: int64 [N].
        targets: Classes of each line's text; None where it is unknown.
    """
    known = [i for i, target in enumerate(targets) if target is not None and _fits(target, int(frames[i]))]
    if not known:
        return student.sum() * 0
    log_probabilities = functional.log_softmax(student[known], 1).permute(2, 0, 1)
    flat = torch.tensor([c for i in known for c in targets[i]], dtype=torch.long)
    lengths = torch.tensor([len(targets[i]) for i in known])
    losses = functional.ctc_loss(
        log_probabilities, flat, frames[known], lengths, blank=0, reduction="none", zero_infinity=True
    )
    return (losses / lengths.clamp(min=1)).mean()


def _fits(target: Sequence[int], frames: int) -> bool:
    """CTC needs a frame a character, and one more between equal neighbours."""
    return len(target) + sum(a == b for a, b in zip(target, target[1:])) <= frames


def decode(logits: torch.Tensor, frames: torch.Tensor, charset: Sequence[str]) -> list[str]:
    """Greedy texts of logits [N, C, T]."""
    best = logits.argmax(1).numpy()
    texts = []
    for row, count in zip(best, frames.tolist(), strict=True):
        row = row[:count]
        kept = [c for i, c in enumerate(row) if c and (i == 0 or c != row[i - 1])]
        texts.append("".join(charset[c] for c in kept))
    return texts


def settle(
    texts: Sequence[str | None], cased: Sequence[bool], read: Sequence[str]
) -> tuple[list[str | None], list[float]]:
    """What to learn from each line, knowing what the teacher read.

    Where the teacher agrees its frames are followed; where it only differs in case they count half; otherwise
    the text alone counts. A text whose case is not known takes the teacher's case where both agree otherwise,
    and is kept as it is where the teacher reads no small letters.

    Args:
        texts: Labels; None where unknown, only the teacher is followed then.
        cased: Whether the case of a label is known.

    Returns:
        The texts to learn, None for no text; and the weights of the teacher's frames.
    """
    settled, weights = [], []
    for text, sure, found in zip(texts, cased, read, strict=True):
        if text is None or text == found:
            settled.append(text)
            weights.append(1.0)
        elif text.lower().replace(" ", "") == found.lower().replace(" ", ""):
            settled.append(text if sure else found)
            weights.append(0.5 if sure else 1.0)
        else:
            settled.append(text if sure or not any(c.islower() for c in found) else None)
            weights.append(0.0)
    return settled, weights
