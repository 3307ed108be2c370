"""Pruning on the command line: options, and what they mean to the chain."""

import argparse

from converters.pruning.options import (
    CHANNEL_STEPS,
    PATTERNS,
    POLICIES,
    SCHEDULES,
    STEPS,
    ChannelOptions,
    PruneOptions,
    Thinning,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds a group of options to the converters' parser."""
    group = parser.add_argument_group("pruning", "Networks learn meanwhile from the whole network, on --calibration.")
    group.add_argument("--prune", type=_share, metavar="RATIO", help="share of zeros in every kernel, such as 0.5")
    group.add_argument(
        "--prune-pattern",
        choices=PATTERNS,
        default=PATTERNS[0],
        help="zeros one by one; in blocks of four output channels; two of four input channels",
    )
    group.add_argument("--prune-schedule", choices=SCHEDULES, default="polynomial", help="how the share grows")
    group.add_argument(
        "--prune-policy",
        choices=POLICIES,
        default=POLICIES[0],
        help="xnnpack: 1x1 convolutions alone, as its sparse kernels ask for",
    )
    group.add_argument(
        "--prune-steps", type=_count, default=STEPS, metavar="N", help=f"steps to learn, by default {STEPS}"
    )
    group.add_argument("--channels", type=_share, metavar="RATIO", help="share of channels to take out, such as 0.5")
    group.add_argument(
        "--channel-steps",
        type=_count,
        default=CHANNEL_STEPS,
        metavar="N",
        help=f"steps to learn, by default {CHANNEL_STEPS}",
    )


def thinning(options: argparse.Namespace) -> Thinning:
    """What was asked for.

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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, such as 0.5, found {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of steps from 1 on, found {text!r}")
    return int(text)
