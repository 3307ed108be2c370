"""What the user may choose about a search, and how the command line says it."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from converters import arguments
from converters.converter_process import INT16X8
from converters.errors import search_error
from converters.pruning.options import CHANNEL_STEPS

# Of a layer, from the one that is as a rule the fastest on; float16 are kernels in half precision, computed in float32.
PRECISIONS = ("int8", INT16X8, "float16", "float32")
CHANNELS = (0.0, 0.25)
PAGES, LINES = 32, 1000


@dataclass(frozen=True)
class SearchOptions:
    """A search.

    Attributes:
        budget: Points (percent) of accuracy that may be lost against float32, on each of the sets.
        data: Folders of labelled images, see evaluation.labels; one of them with pages.
        channels: Shares of channels to take out of a network that are tried; 0 leaves it whole.
        pages: Most pages of a set that are read.
        lines: Most cropped lines of a set that are read.
        channel_steps: Steps that a network learns after its channels were taken out.
    """

    budget: float
    data: tuple[Path, ...]
    channels: tuple[float, ...] = CHANNELS
    precisions: tuple[str, ...] = PRECISIONS
    pages: int = PAGES
    lines: int = LINES
    channel_steps: int = CHANNEL_STEPS

    def __str__(self) -> str:
        return f"{self.budget:g} points on {', '.join(folder.resolve().name for folder in self.data)}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds a group of options to the converters' parser."""
    group = parser.add_argument_group(
        "search",
        "The fastest combination of pruning and per-layer precision within a budget; adds the precision 'mixed' to "
        "the model, and a report of the path taken.",
    )
    add = group.add_argument
    points = "percentage points of accuracy that may be lost against float32, such as 0.5"
    add("--search", type=_points, metavar="POINTS", help=points)
    folders = "folders of labelled images (labels.jsonl) to measure on; one of them with pages"
    add("--data", type=Path, nargs="+", default=(), metavar="DIR", help=folders)
    usual = ",".join(f"{share:g}" for share in CHANNELS)
    shares = f"shares of channels to try to take out, 0 for none; by default {usual}"
    add("--search-channels", type=_shares, default=CHANNELS, metavar="S[,S]", help=shares)
    read = arguments.names_of(PRECISIONS)
    kinds = f"what a layer may have, of {','.join(PRECISIONS)}; all by default"
    add("--search-precision", type=read, default=PRECISIONS, metavar="P[,P]", help=kinds)
    for name, what, most in (("pages", "pages", PAGES), ("lines", "cropped lines", LINES)):
        described = f"most {what} of a folder to read, by default {most}"
        add(f"--search-{name}", type=arguments.count_of("number"), default=most, metavar="N", help=described)


def options_of(options: argparse.Namespace) -> SearchOptions | None:
    """What was asked for; None for no search.

    Raises:
        ConversionError: Options that do not go together.
    """
    if options.search is None:
        if options.data:
            raise search_error("expected --search POINTS with --data, found none, such as --search 0.5")
        return None
    if options.channels is not None:
        raise search_error("expected --search-channels with --search, found --channels")
    if not options.data:
        raise search_error("expected folders of labelled images, found none; name them with --data")
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
    return arguments.number(text, 100, "points from 0 to below 100, such as 0.5", zero=True)


def _shares(text: str) -> tuple[float, ...]:
    wanted = "shares from 0 to below 1, such as 0,0.25"
    return tuple(dict.fromkeys(arguments.number(part, 1, wanted, zero=True) for part in text.split(",")))
