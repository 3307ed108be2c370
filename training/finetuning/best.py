"""What fine-tunings share: their settings, evaluations with the best weights in a file, and when they end."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from synthetic.errors import DrawingError
from training.errors import TrainingError
from training.learning import checkpoints, loop

BEST = "best.pt"
_WARMUP_SHARE, _MOST_WARMUP = 0.1, 100


@dataclass(frozen=True)
class Tuning:
    """How to fine-tune."""

    steps: int = 2000  # At most
    rate: float = 1e-4  # Highest learning rate
    patience: int = 8  # Evaluations without a better one after which it ends
    evaluate_every: int = 100  # Steps between evaluations
    device: Literal["cpu", "cuda"] = "cpu"  # Where it is trained
    replay: float = 0.3  # Share of drawn pictures among those learned, against forgetting
    workers: int = 1  # Processes that prepare batches
    seed: int = 0  # Seed of all chance

    def check(self) -> None:
        """Raises TrainingError where a value makes no sense, or the device is absent."""
        for name in ("steps", "patience", "evaluate_every"):
            if getattr(self, name) < 1:
                raise TrainingError(f"expected at least 1 for {name}, found {getattr(self, name)}")
        if not 0 <= self.replay < 1:
            raise TrainingError(f"expected a share of drawn lines from 0 to below 1, found {self.replay}")
        if self.rate < 0:
            raise TrainingError(f"expected a learning rate of 0 or more, found {self.rate}")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise TrainingError("expected a GPU that PyTorch can use, found none; choose --device cpu")

    def drawable(self, draw: Callable[[np.random.Generator], object], lost: str) -> "Tuning":
        """The same, without drawn pictures where this machine has no fonts or words for them, which is said."""
        try:
            if self.replay:
                draw(np.random.default_rng(self.seed))
        except DrawingError as error:
            print(f"{lost}: {error}")
            return dataclasses.replace(self, replay=0.0)
        return self


@dataclass(frozen=True)
class Outcome:
    """What came of it; the network holds the best weights."""

    before: Any  # Figures at the start
    after: Any  # Figures of the best weights
    best_step: int  # Step of these; 0 where nothing was better than the start
    steps: int  # Steps made


@dataclass(frozen=True)
class Judge:
    """How weights are measured."""

    evaluate: Callable[[nn.Module], Any]  # From a network to its figures
    figures: type  # Class of the figures, a dataclass of numbers
    # Whether weights with the first figures are to be kept rather than those with the second
    better: Callable[[Any, Any], bool]


class Best:
    """Keeps the best weights of a run in a file; one that exists is resumed.

    Args:
        facts: What must match to resume it.
        model: Evaluated as the start where there is no file.

    Raises:
        TrainingError: The file belongs to another run.

    Attributes:
        history: Figures by step; those of the start at 0.
        step: Step of the best ones.
        state: Weights of that step.
    """

    def __init__(self, path: Path, facts: dict, judge: Judge, model: nn.Module):
        self._path, self._facts, self._judge = path, facts, judge
        self.history: dict[int, Any] = {}
        self.step, self.state = 0, {}
        if not path.is_file():
            self.add(0, model)
            return
        content = checkpoints.load(path)
        if content.get("facts") != facts:
            raise TrainingError(
                f"{path}: expected a training of this data and these weights, found another; "
                "use another folder for --out"
            )
        self.history = {step: judge.figures(**fields) for step, fields in content["history"].items()}
        self.step, self.state = content["step"], content["state"]

    def add(self, step: int, model: nn.Module) -> Any:
        """Evaluates, and keeps the weights where they are the best so far."""
        found = self._judge.evaluate(model)
        if not self.history or self._judge.better(found, self.history[self.step]):
            self.step = step
            self.state = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
        self.history[step] = found
        history = {step: dataclasses.asdict(figures) for step, figures in self.history.items()}
        checkpoints.save(self._path, {"facts": self._facts, "history": history, "step": self.step, "state": self.state})
        return found

    def stale(self) -> int:
        """Evaluations since the best one."""
        return sum(step > self.step for step in self.history)


def tune(
    folder: Path,
    network: nn.Module,
    settings: Tuning,
    facts: dict,
    judge: Judge,
    batches: Callable[[int], Iterable],
    losses: Callable[[Any], loop.Losses],
    average: float = 0.999,
    begun: Callable[[Any], None] | None = None,
) -> Outcome:
    """Trains until the last step, or until the best evaluation is too long ago; or resumes that.

    Args:
        network: Trained in place; holds the best weights at the end.
        facts: What must match to resume the folder's training.
        batches: From a step to the endless stream of batches; called only where there is something left to do.
        average: Decay a step of the mean of the weights.
        begun: Called with the figures at the start before anything is learned.

    Raises:
        TrainingError: The folder holds a training of other data or weights.
        KeyboardInterrupt: It was interrupted; a checkpoint is written.
    """
    every = min(settings.evaluate_every, settings.steps)
    schedule = loop.LoopSettings(
        settings.steps,
        learning_rate=settings.rate,
        warmup=max(1, min(_MOST_WARMUP, round(_WARMUP_SHARE * settings.steps))),
        average=average,
        save_every=every,
        evaluate_every=every,
    )
    training = loop.Training(folder, network, schedule, facts)
    best = Best(folder / BEST, facts, judge, training.average)
    if begun:
        begun(best.history[0])

    def evaluate(model: nn.Module) -> dict[str, float]:
        found = best.add(training.step, model)
        if best.stale() >= settings.patience:
            training.stop()
        return {name: value for name, value in dataclasses.asdict(found).items() if name != "lines"}

    if training.step < settings.steps and best.stale() < settings.patience:
        training.run(batches(training.step), losses, evaluate)
        if training.interrupted:
            raise KeyboardInterrupt
    network.load_state_dict(best.state)
    network.cpu().eval()
    return Outcome(best.history[0], best.history[best.step], best.step, training.step)
