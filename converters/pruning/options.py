"""What the user may choose about pruning, checked before anything runs, and how the command line says it."""

import argparse
from dataclasses import dataclass

from converters import arguments
from converters.errors import prune_error

PATTERNS = ("single", "block", "2:4")
SCHEDULES = ("constant", "polynomial")
POLICIES = ("all", "xnnpack")
STEPS = 48
CHANNEL_STEPS = 480
# Beyond this a probability is 0 or 1; a student need not learn how far.
LARGEST_LOGIT = 8.0


@dataclass(frozen=True)
class PruneOptions:
    """Magnitude pruning of one model.

    Attributes:
        ratio: Share of zeros in every pruned kernel, between 0 and 1, both excluded.
        pattern: "single" weights; "block": four neighbouring output channels of a 1x1 convolution or dense layer at
            once (kernels of other sizes have no such blocks and lose single weights); "2:4": two of any four
            neighbouring input channels, which is a ratio of 0.5.
        schedule: "constant": the whole ratio from the first step on; "polynomial": rising over the first two
            thirds of the steps (cubic, Zhu & Gupta 2017, arXiv 1710.01878, equation 1).
        policy: "all" kernels, or "xnnpack": 1x1 convolutions alone, as its sparse kernels ask for (Elsen et al. 2019,
            arXiv 1911.09723).
        steps: Steps of distillation from the unpruned network, one calibration tensor each.
    """

    ratio: float
    pattern: str = "single"
    schedule: str = "polynomial"
    policy: str = "all"
    steps: int = STEPS

    def __post_init__(self):
        if self.pattern == "2:4" and self.ratio != 0.5:
            raise prune_error(f"the pattern 2:4 is a ratio of 0.5, found {self.ratio:g}; give --prune 0.5")

    def __str__(self) -> str:
        return f"{self.ratio:g} {self.pattern} {self.schedule} {self.policy} {self.steps} steps"


@dataclass(frozen=True)
class ChannelOptions:
    """Removal of whole channels.

    Attributes:
        ratio: Share of the channels of every layer that goes, between 0 and 1, both excluded. Half of the channels
            is about a quarter of the multiplications.
        steps: Steps of distillation from the whole network, one calibration tensor each; 0 for none.
    """

    ratio: float
    steps: int = CHANNEL_STEPS

    def __str__(self) -> str:
        return f"{self.ratio:g} {self.steps} steps"


@dataclass(frozen=True)
class Thinning:
    """What is to be taken out of a model; nothing by default."""

    zeros: PruneOptions | None = None
    channels: ChannelOptions | None = None

    def __bool__(self) -> bool:
        return bool(self.zeros or self.channels)

    def parameters(self) -> dict[str, str]:
        """For the manifest."""
        chosen = {"prune": self.zeros, "channels": self.channels}
        return {name: str(options) for name, options in chosen.items() if options}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds a group of options to the converters' parser."""
    group = parser.add_argument_group("pruning", "Networks learn meanwhile from the whole network, on --calibration.")
    add = group.add_argument
    add("--prune", type=arguments.share, metavar="RATIO", help="share of zeros in every kernel, such as 0.5")
    patterns = "zeros one by one; in blocks of four output channels; two of four input channels"
    add("--prune-pattern", choices=PATTERNS, default=PATTERNS[0], help=patterns)
    add("--prune-schedule", choices=SCHEDULES, default="polynomial", help="how the share grows")
    policies = "xnnpack: 1x1 convolutions alone, as its sparse kernels ask for"
    add("--prune-policy", choices=POLICIES, default=POLICIES[0], help=policies)
    add("--channels", type=arguments.share, metavar="RATIO", help="share of channels to take out, such as 0.5")
    for name, steps in (("--prune-steps", STEPS), ("--channel-steps", CHANNEL_STEPS)):
        shown = f"steps to learn, by default {steps}"
        add(name, type=arguments.count_of("number of steps"), default=steps, metavar="N", help=shown)


def thinning_of(options: argparse.Namespace) -> Thinning:
    """What the command line asks for.

    Raises:
        ConversionError: Options that do not go together.
    """
    zeros = channels = None
    if options.prune is not None:
        zeros = PruneOptions(
            options.prune, options.prune_pattern, options.prune_schedule, options.prune_policy, options.prune_steps
        )
    if options.channels is not None:
        channels = ChannelOptions(options.channels, options.channel_steps)
    return Thinning(zeros, channels)
