"""The training loop: steps, moving average of the weights, schedule, checkpoints, figures; knows no network."""

import copy
import csv
import math
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from training.errors import TrainingError
from training.learning import checkpoints, plot

Losses = dict[str, torch.Tensor]

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHECKPOINT, FIGURES, PLOT = "checkpoint.pt", "figures.csv", "figures.png"


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast."""

    steps: int  # Steps of the whole run
    learning_rate: float = 5e-4  # At its highest
    warmup: int = 200  # Steps over which it rises from 0
    hold: float = 0.0  # Share of the steps behind the warm-up before it falls, to 1 % along half a cosine; 1 for never
    average: float = 0.999  # Decay a step of the moving average of the weights that is evaluated and kept
    hours: float | None = None  # Stops after so long, with a checkpoint; None for no limit
    clip: float = 2.0  # Largest norm of the gradient
    save_every: int = 250  # Steps between checkpoints
    evaluate_every: int = 1000  # Steps between evaluations


def rate(step: int, settings: LoopSettings) -> float:
    """Learning rate of a step: a linear rise, as long as asked for at its highest, then half a cosine down to 1 %."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    done = min(1.0, (step - settings.warmup) / max(1, settings.steps - settings.warmup))
    done = max(0.0, done - settings.hold) / max(1e-9, 1 - settings.hold)
    return settings.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


class Training:
    """One run in one folder; made again with the same folder it resumes.

    Args:
        facts: Stored with the checkpoint; a checkpoint with other facts is refused.

    Raises:
        TrainingError: The folder's checkpoint belongs to another network.

    Attributes:
        interrupted: Whether the run was ended by SIGINT, SIGTERM or SIGHUP.
    """

    def __init__(self, folder: Path, model: nn.Module, settings: LoopSettings, facts: dict):
        self.folder, self.model, self.settings, self.facts = folder, model, settings, facts
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=1e-4, fused=True)
        self.step = 0
        self.interrupted = False
        self._ended = False
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / CHECKPOINT
        if path.is_file():
            self._restore(path)

    def run(self, batches: Iterable, losses: Callable[[object], Losses], evaluate: Callable[[nn.Module], dict]) -> None:
        """Trains until the last step, the time limit, `stop`, SIGINT, SIGTERM or SIGHUP; always ends with a checkpoint.

        Args:
            batches: Endless.
            losses: From a batch to named scalars, of which "loss" is minimized.
            evaluate: From the averaged network to named figures.
        """
        handlers = {number: signal.signal(number, self._ask_to_stop) for number in _ENDING}
        began, sums, count = time.monotonic(), {}, 0
        bar = tqdm(total=self.settings.steps, initial=self.step, unit="step", mininterval=10, dynamic_ncols=True)
        try:
            for batch in batches:
                if self.step >= self.settings.steps or self._ended or self.interrupted or self._is_late(began):
                    break
                for name, value in self._train(losses(batch)).items():
                    sums[name] = sums.get(name, 0.0) + value
                count += 1
                bar.update()
                if self.step % self.settings.evaluate_every == 0 or self.step == self.settings.steps:
                    means = {name: total / count for name, total in sums.items()}
                    bar.set_postfix(loss=f"{means['loss']:.3f}")
                    self._record(means, evaluate(self.average), time.monotonic() - began)
                    sums, count = {}, 0
                if self.step % self.settings.save_every == 0:
                    self.save()
        finally:
            bar.close()
            self.save()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Ends the run after this step; for `evaluate`, when the network does not get better any more."""
        self._ended = True

    def save(self) -> None:
        """Writes the checkpoint."""
        checkpoints.save(
            self.folder / CHECKPOINT,
            {
                "facts": self.facts,
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def _train(self, losses: Losses) -> dict[str, float]:
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, settings) * group.get("scale", 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        if torch.isfinite(norm):  # one bad batch must not spoil the run
            self.optimizer.step()
        self.step += 1
        decay = min(settings.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, value in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
                mean.lerp_(value.to(mean.dtype), 1 - decay) if mean.is_floating_point() else mean.copy_(value)
        return {name: float(value.detach()) for name, value in losses.items()} | {"norm": min(float(norm), 1e6)}

    def _record(self, means: dict[str, float], scores: dict[str, float], seconds: float) -> None:
        row = {"step": self.step, "seconds": round(seconds), "rate": rate(self.step, self.settings)}
        row |= {name: round(value, 5) for name, value in (means | scores).items()}
        path = self.folder / FIGURES
        new = not path.is_file()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        try:
            plot.draw(path, self.folder / PLOT, [name for name in means if name != "norm"], list(scores))
        except TrainingError as error:  # figures of an older run, cut or with other columns, are no reason to stop
            tqdm.write(f"no plot: {error}")
        tqdm.write(", ".join(f"{name} {value:.4g}" for name, value in row.items()))

    def _restore(self, path: Path) -> None:
        content = checkpoints.load(path)
        if content.get("facts") != self.facts:
            raise TrainingError(
                f"{path}: expected a checkpoint of {self.facts}, found {content.get('facts')}; use another folder"
            )
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.step = content["step"]

    def _is_late(self, began: float) -> bool:
        return self.settings.hours is not None and time.monotonic() - began > self.settings.hours * 3600

    def _ask_to_stop(self, *_) -> None:
        self.interrupted = True
