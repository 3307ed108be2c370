"""What fine-tunings share: their evaluations with the best weights in a file, their schedule, and when they end."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import nn

from training.errors import TrainingError
from training.learning import checkpoints, loop

_WARMUP_SHARE, _MOST_WARMUP = 0.1, 100


class Best:
    """Keeps the best weights of a run.

    Args:
        path: The file; one that exists is resumed.
        facts: What must match to resume it.
        evaluate: From a network to its figures, of the class below.
        figures: Class of the figures, a dataclass of numbers.
        better: Whether weights with the first figures are to be kept rather than those with the second.

    Attributes:
        history: Figures by step; those of the start at 0.
        step: Of the best ones.
        state: Weights of that step.
    """

    def __init__(
        self,
        path: Path,
        facts: dict,
        evaluate: Callable[[nn.Module], Any],
        figures: type,
        better: Callable[[Any, Any], bool],
    ):
        self._path, self._facts, self._evaluate, self._figures, self._better = path, facts, evaluate, figures, better
        self.history: dict[int, Any] = {}
        self.step, self.state = 0, {}

    def begin(self, model: nn.Module) -> None:
        """Resumes the file; where there is none, evaluates the start.

        Raises:
            TrainingError: The file belongs to another run.
        """
        if not self._path.is_file():
            self.add(0, model)
            return
        content = checkpoints.load(self._path)
        if content.get("facts") != self._facts:
            raise TrainingError(
                f"{self._path}: expected a training of this data and these weights, found another; "
                "use another folder for --out"
            )
        self.history = {step: self._figures(**fields) for step, fields in content["history"].items()}
        self.step, self.state = content["step"], content["state"]

    def add(self, step: int, model: nn.Module) -> Any:
        """Evaluates, and keeps the weights where they are the best so far."""
        found = self._evaluate(model)
        if not self.history or self._better(found, self.history[self.step]):
            self.step = step
            self.state = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
        self.history[step] = found
        history = {step: dataclasses.asdict(figures) for step, figures in self.history.items()}
        checkpoints.save(self._path, {"facts": self._facts, "history": history, "step": self.step, "state": self.state})
        return found

    def stale(self) -> int:
        """Evaluations since the best one."""
        return sum(step > self.step for step in self.history)


def schedule(steps: int, rate: float, evaluate_every: int, average: float = 0.999) -> loop.Settings:
    """Settings of the loop: a short warm-up, and a checkpoint at every evaluation; see loop.Settings."""
    every = min(evaluate_every, steps)
    return loop.Settings(
        steps,
        learning_rate=rate,
        warmup=max(1, min(_MOST_WARMUP, round(_WARMUP_SHARE * steps))),
        average=average,
        save_every=every,
        evaluate_every=every,
    )


def run(
    training: loop.Training,
    best: Best,
    patience: int,
    batches: Callable[[], Iterable],
    losses: Callable[[Any], loop.Losses],
) -> None:
    """Trains until the last step, or until the best evaluation is too long ago.

    Args:
        training: Begun or resumed.
        best: Begun; takes every evaluation.
        patience: Evaluations without a better one after which it ends.
        batches: Makes the endless stream of batches; called only where there is something left to do.
        losses: See loop.Training.run.

    Raises:
        KeyboardInterrupt: It was interrupted; a checkpoint is written.
    """

    def evaluate(model: nn.Module) -> dict[str, float]:
        found = best.add(training.step, model)
        if best.stale() >= patience:
            training.stop()
        return {name: value for name, value in dataclasses.asdict(found).items() if name != "lines"}

    if training.step < training.settings.steps and best.stale() < patience:
        training.run(batches(), losses, evaluate)
        if training.interrupted:
            raise KeyboardInterrupt
