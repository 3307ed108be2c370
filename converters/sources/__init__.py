"""Where models come from: one module a source, each of which makes a converters.plan.Plan."""

import argparse

from converters.errors import ConversionError
from converters.plan import Plan


def plan_for(model: str, options: argparse.Namespace) -> Plan:
    """The plan of the model that the user named.

    Args:
        model: A key of SOURCES, with what the source needs behind a colon.
        options: The command line, see converters.__main__.

    Raises:
        ConversionError: No such source, or the source cannot give the model.
    """
    name, _, rest = model.partition(":")
    if name not in SOURCES:
        raise ConversionError("source", f"expected one of {', '.join(sorted(SOURCES))}, found {name!r}")
    return SOURCES[name](rest, options)


def _ppocr(rest: str, options: argparse.Namespace) -> Plan:
    from converters.sources import ppocr

    return ppocr.plan(options.charset, options.weights)


SOURCES = {"ppocr": _ppocr}
