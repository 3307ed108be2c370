"""The search on the command line: options, and what they mean to the chain."""

import argparse
from pathlib import Path

from converters.errors import ConversionError
from converters.search.errors import STAGE
from converters.search.options import CHANNELS, LINES, PAGES, PRECISIONS, SearchOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds a group of options to the converters' parser."""
    group = parser.add_argument_group(
        "search",
        "The fastest combination of pruning and per-layer precision within a budget; adds the precision "
        "'mixed' to the model, and a report of the path taken.",
    )
    group.add_argument(
        "--search",
        type=_points,
        metavar="POINTS",
        help="percentage points of accuracy that may be lost against float32, such as 0.5",
    )
    group.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=(),
        metavar="DIR",
        help="folders of labelled images (labels.jsonl) to measure on; one of them with pages",
    )
    group.add_argument(
        "--search-channels",
        type=_shares,
        default=CHANNELS,
        metavar="S[,S]",
        help="shares of channels to try to take out, 0 for none; by default "
        + ",".join(f"{share:g}" for share in CHANNELS),
    )
    group.add_argument(
        "--search-precision",
        type=_precisions,
        default=PRECISIONS,
        metavar="P[,P]",
        help=f"what a layer may have, of {','.join(PRECISIONS)}; all by default",
    )
    group.add_argument(
        "--search-pages",
        type=_count,
        default=PAGES,
        metavar="N",
        help=f"most pages of a folder to read, by default {PAGES}",
    )
    group.add_argument(
        "--search-lines",
        type=_count,
        default=LINES,
        metavar="N",
        help=f"most cropped lines of a folder to read, by default {LINES}",
    )


def options_of(options: argparse.Namespace) -> SearchOptions | None:
    """What was asked for; None for no search.

    Raises:
        ConversionError: Options that do not go together.
    """
    if options.search is None:
        if options.data:
            raise ConversionError(STAGE, "expected --search POINTS with --data, found none, such as --search 0.5")
        return None
    if options.channels is not None:
        raise ConversionError(STAGE, "expected --search-channels with --search, found --channels")
    return SearchOptions(
        options.search,
        tuple(options.data),
        options.search_channels,
        options.search_precision,
        options.search_pages,
        options.search_lines,
        options.channel_steps,
    )


def _points(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 100:
        raise argparse.ArgumentTypeError(f"expected points from 0 to below 100, such as 0.5, found {text!r}")
    return value


def _shares(text: str) -> tuple[float, ...]:
    try:
        shares = tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        shares = ()
    if not shares or not all(0 <= share < 1 for share in shares):
        raise argparse.ArgumentTypeError(f"expected shares from 0 to below 1, such as 0,0.25, found {text!r}")
    return shares


def _precisions(text: str) -> tuple[str, ...]:
    names = {part.strip() for part in text.split(",") if part.strip()}
    if not names or names - set(PRECISIONS):
        raise argparse.ArgumentTypeError(f"expected some of {','.join(PRECISIONS)}, found {text!r}")
    return tuple(name for name in PRECISIONS if name in names)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, found {text!r}")
    return int(text)
